//! Reads single objects by name, from any pack or loose file.
//!
//! This is the careful path for a few objects; to read a whole history, use
//! [`walk`](super::walk). Sizes are checked against a limit before memory is allocated,
//! delta chains are bounded, and an object that is damaged in one place is searched in
//! the others.

use std::collections::{HashMap, HashSet};
use std::io::Read;

use gix::ObjectId;
use gix::hash::oid;
use gix::object::Kind;

use super::allowance::Allowance;
use super::delta::{self, Runs};
use super::error::{GitError, Reason};
use super::inflate::{InflateReader, Inflater};
use super::pack::Pack;
use super::pack::entry::{self, Base, Header, MAX_HEADER};
use super::pack::file::{Blocks, RandomFile};
use super::store::Store;
use super::tree::{self, EntryKind};

/// The default limit of an object's size in bytes: 256 MiB.
pub(crate) const DEFAULT_LIMIT: u64 = 256 << 20;

/// The longest delta chain that is followed. Git itself makes none above 4,095.
const MAX_CHAIN: usize = 10_000;

/// A pack's number and an offset in it.
type Place = (u32, u64);

/// Reads objects of a store. It owns buffers, so keep one per thread.
pub struct Reader<'s> {
    store: &'s Store,
    allowance: Allowance<'s>,
    limit: u64,
    inflater: Inflater,
    blocks: Blocks,
    stream: Vec<u8>,
    other: Vec<u8>,
    runs: Runs,
    /// Pack entries known to be undecodable. Without this, thousands of deltas on one
    /// broken base would each walk their whole chain.
    bad: HashSet<Place>,
    /// Unpacked objects that are likely to be the bases of the next ones.
    bases: HashMap<Place, (Kind, Box<[u8]>)>,
    cached: usize,
}

/// Bytes of bases that are cached.
const CACHE: usize = 24 << 20;
/// Larger objects are not cached.
const CACHED_OBJECT: usize = 1 << 20;

/// One delta of a chain: its pack, the start of its data, and its size.
struct Link {
    pack: u32,
    entry: u64,
    data: u64,
    size: u64,
}

impl<'s> Reader<'s> {
    /// Creates a reader that refuses objects of more than `limit` bytes.
    pub fn new(store: &'s Store, limit: u64) -> Self {
        Self {
            store,
            allowance: Allowance::new(store),
            limit: limit.min(u64::from(u32::MAX)),
            inflater: Inflater::default(),
            blocks: Blocks::default(),
            stream: Vec::new(),
            other: Vec::new(),
            runs: Runs::default(),
            bad: HashSet::new(),
            bases: HashMap::new(),
            cached: 0,
        }
    }

    /// Reads object `id` into `out`, replacing its contents. Returns None if no pack or
    /// loose file has it, and an error if one has it but it cannot be decoded.
    pub fn find(&mut self, id: &oid, out: &mut Vec<u8>) -> Result<Option<Kind>, Reason> {
        let store = self.store;
        let mut failure = None;
        for (number, pack) in store.packs().packs.iter().enumerate() {
            let result = match pack.index().offset_of(id) {
                Ok(None) => continue,
                Ok(Some(offset)) => self.packed(number as u32, offset, out),
                Err(error) => Err(error.into()),
            };
            match result {
                Ok(kind) => return Ok(Some(kind)),
                Err(reason) => failure = failure.or(Some(reason)),
            }
        }
        for path in store.loose_paths(id) {
            match self.loose(path, out) {
                Ok(None) => {}
                Ok(kind) => return Ok(kind),
                Err(reason) => failure = failure.or(Some(reason)),
            }
        }
        failure.map_or(Ok(None), Err)
    }

    /// Passes blob `id`, of any size, to `read` as a stream: its size in bytes, and its
    /// content. Only whole objects can be streamed. Returns false, without a call, if the
    /// blob is missing or if all its copies are deltas or cannot be opened. A stream that
    /// is damaged or too short ends with an error.
    pub(crate) fn stream(
        &mut self,
        id: &oid,
        mut read: impl FnMut(u64, &mut dyn Read),
    ) -> Result<bool, Reason> {
        let store = self.store;
        for (number, pack) in store.packs().packs.iter().enumerate() {
            let Some(offset) = pack.index().offset_of(id)? else {
                continue;
            };
            let (header, _) = header(&mut self.blocks, pack, (number as u32, offset))?;
            if let Base::Whole(Kind::Blob) = header.base {
                let section = Section::new(pack.data()?, offset + header.len as u64, pack.end()?);
                let stream = InflateReader::new(section);
                read(header.size, &mut Exact::new(stream, header.size));
                return Ok(true);
            }
        }
        for path in store.loose_paths(id) {
            let Ok(file) = RandomFile::open(path) else {
                continue;
            };
            if let (Kind::Blob, size, stream) = open_loose(&file)? {
                read(size, &mut Exact::new(stream, size));
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads object `id`; fails if it is missing or of another kind.
    pub(crate) fn expect(
        &mut self,
        id: &oid,
        kind: Kind,
        out: &mut Vec<u8>,
    ) -> Result<(), GitError> {
        let reason = match self.find(id, out) {
            Ok(Some(found)) if found == kind => return Ok(()),
            Ok(Some(_)) => Reason::WrongKind,
            Ok(None) => Reason::Missing,
            Err(reason) => reason,
        };
        Err(GitError::Object {
            id: id.to_owned(),
            reason,
        })
    }

    /// Returns the kind and name of the entry at `path` below the tree `root`, or None if
    /// there is none. Fails if a tree on the way cannot be read completely.
    pub(crate) fn find_path(
        &mut self,
        root: &oid,
        path: &[u8],
    ) -> Result<Option<(EntryKind, ObjectId)>, GitError> {
        let hash_len = self.store.hash().len_in_bytes();
        let mut at = (EntryKind::Tree, root.to_owned());
        let mut raw = Vec::new();
        for part in path.split(|b| *b == b'/').filter(|part| !part.is_empty()) {
            if at.0 != EntryKind::Tree {
                return Ok(None);
            }
            self.expect(&at.1, Kind::Tree, &mut raw)?;
            let entries: Result<Vec<_>, _> = tree::entries(&raw, hash_len).collect();
            let entries = entries.map_err(|_| GitError::Object {
                id: at.1,
                reason: Reason::BadHeader,
            })?;
            match entries.into_iter().find(|entry| entry.name == part) {
                Some(entry) => at = (tree::entry_kind(entry.mode), entry.id.to_owned()),
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    /// Reads a loose object file. Returns None if it does not exist.
    pub(in crate::git) fn loose(
        &mut self,
        path: std::path::PathBuf,
        out: &mut Vec<u8>,
    ) -> Result<Option<Kind>, Reason> {
        match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        let file = RandomFile::open(path)?;
        let mut head = [0u8; 512];
        let mut unpacked = [0u8; 64];
        let n = file.read_at(&mut head, 0)?;
        let m = self.inflater.prefix(&head[..n], &mut unpacked)?;
        let (kind, size, header_len) = loose_header(&unpacked[..m]).ok_or(Reason::BadHeader)?;
        if size > self.limit {
            return Err(Reason::TooLarge(size));
        }
        let total = size as usize + header_len;
        let packed_len = usize::try_from(file.len()).map_err(|_| Reason::Inflate)?;
        if packed_len > bound(total) {
            return Err(Reason::SizeMismatch);
        }
        self.stream.resize(packed_len.max(self.stream.len()), 0);
        file.read_exact_at(&mut self.stream[..packed_len], 0)?;
        out.clear();
        out.resize(total, 0);
        let used = self.inflater.exact(&self.stream[..packed_len], out)?;
        if used != packed_len {
            return Err(Reason::SizeMismatch);
        }
        out.drain(..header_len);
        Ok(Some(kind))
    }

    /// Decodes the entry at `offset` of pack `number`.
    fn packed(&mut self, number: u32, offset: u64, out: &mut Vec<u8>) -> Result<Kind, Reason> {
        let mut chain = Vec::new();
        let result = self.chain(number, offset, &mut chain, out);
        let result = result.and_then(|kind| {
            for link in chain.iter().rev() {
                self.read_entry(link.pack, link.data, link.size)?;
                let size = link.size as usize;
                self.allowance.take(&self.stream[..size], self.limit)?;
                delta::apply(
                    &self.stream[..size],
                    out,
                    self.limit,
                    &mut self.other,
                    &mut self.runs,
                )?;
                std::mem::swap(out, &mut self.other);
                self.keep((link.pack, link.entry), kind, out);
            }
            Ok(kind)
        });
        if result.is_err() {
            self.bad
                .extend(chain.iter().map(|link| (link.pack, link.entry)));
        }
        result
    }

    fn keep(&mut self, place: Place, kind: Kind, bytes: &[u8]) {
        if bytes.len() > CACHED_OBJECT {
            return;
        }
        if self.cached > CACHE {
            self.bases.clear();
            self.cached = 0;
        }
        self.cached += bytes.len();
        self.bases.insert(place, (kind, bytes.into()));
    }

    /// Collects the deltas from `offset` down to a whole object, and decodes that object.
    fn chain(
        &mut self,
        number: u32,
        offset: u64,
        chain: &mut Vec<Link>,
        out: &mut Vec<u8>,
    ) -> Result<Kind, Reason> {
        let store = self.store;
        let mut at = (number, offset);
        loop {
            if let Some((kind, bytes)) = self.bases.get(&at) {
                out.clear();
                out.extend_from_slice(bytes);
                return Ok(*kind);
            }
            if self.bad.contains(&at) {
                return Err(Reason::BaseFailed);
            }
            if chain.len() > MAX_CHAIN {
                return Err(Reason::Cycle);
            }
            let pack = store
                .packs()
                .packs
                .get(at.0 as usize)
                .ok_or(Reason::BaseMissing)?;
            let (header, bytes) = header(&mut self.blocks, pack, at)?;
            if header.size > self.limit {
                return Err(Reason::TooLarge(header.size));
            }
            let data = at.1 + header.len as u64;
            let base = match header.base {
                Base::Whole(kind) => {
                    if let Err(reason) = self.read_entry(at.0, data, header.size) {
                        self.bad.insert(at);
                        return Err(reason);
                    }
                    out.clear();
                    out.extend_from_slice(&self.stream[..header.size as usize]);
                    self.keep(at, kind, out);
                    return Ok(kind);
                }
                Base::Offset(offset) => Some((at.0, offset)),
                Base::Name(from) => {
                    let name = oid::try_from_bytes(&bytes[from..from + pack.hash_len()])
                        .map_err(|_| Reason::BadHeader)?
                        .to_owned();
                    let base = self.locate(at.0, &name)?;
                    if base.is_none() {
                        chain.push(Link {
                            pack: at.0,
                            entry: at.1,
                            data,
                            size: header.size,
                        });
                        return self.loose_base(&name, out);
                    }
                    base
                }
            };
            chain.push(Link {
                pack: at.0,
                entry: at.1,
                data,
                size: header.size,
            });
            at = base.ok_or(Reason::BaseMissing)?;
        }
    }

    /// Finds the packed object `id`: in pack `first` if possible, else in any other.
    fn locate(&self, first: u32, id: &oid) -> Result<Option<(u32, u64)>, Reason> {
        let packs = &self.store.packs().packs;
        let others = (0..packs.len() as u32).filter(|number| *number != first);
        for number in std::iter::once(first).chain(others) {
            if let Some(offset) = packs[number as usize].index().offset_of(id)? {
                return Ok(Some((number, offset)));
            }
        }
        Ok(None)
    }

    fn loose_base(&mut self, id: &oid, out: &mut Vec<u8>) -> Result<Kind, Reason> {
        for path in self.store.loose_paths(id) {
            if let Some(kind) = self.loose(path, out)? {
                return Ok(kind);
            }
        }
        Err(Reason::BaseMissing)
    }

    /// Unpacks `size` bytes at `data` of pack `number` into the front of `self.stream`.
    fn read_entry(&mut self, number: u32, data: u64, size: u64) -> Result<(), Reason> {
        let pack = self
            .store
            .packs()
            .packs
            .get(number as usize)
            .ok_or(Reason::BaseMissing)?;
        let room = pack.end()?.checked_sub(data).ok_or(Reason::Truncated)?;
        let size = size as usize;
        if self.stream.len() < size {
            self.stream.resize(size, 0);
        }
        let len = room.min(bound(size) as u64) as usize;
        let input = self.blocks.get(number, pack.data()?, data, len)?;
        match self.inflater.exact(input, &mut self.stream[..size]) {
            Err(Reason::Truncated) if (len as u64) < room => {
                // Empty blocks can make a valid stream longer than any sensible one.
                let section = Section::new(pack.data()?, data, data + room);
                let mut reader = InflateReader::new(section);
                reader
                    .read_exact(&mut self.stream[..size])
                    .map_err(|_| Reason::Inflate)?;
                match reader.read(&mut [0u8]) {
                    Ok(0) => Ok(()),
                    Ok(_) => Err(Reason::SizeMismatch),
                    Err(_) => Err(Reason::Inflate),
                }
            }
            result => result.map(drop),
        }
    }
}

/// Returns the header of the entry at `place` in `pack`, and the bytes that start with it.
fn header<'b>(
    blocks: &'b mut Blocks,
    pack: &Pack,
    (number, offset): Place,
) -> Result<(Header, &'b [u8]), Reason> {
    let room = pack.end()?.checked_sub(offset).ok_or(Reason::Truncated)?;
    let len = room.min(MAX_HEADER as u64) as usize;
    let bytes = blocks.get(number, pack.data()?, offset, len)?;
    let header = entry::header(bytes, offset, pack.hash_len()).ok_or(Reason::BadHeader)?;
    Ok((header, bytes))
}

/// Returns the maximum size of a sensible zlib stream of `size` bytes.
pub(in crate::git) fn bound(size: usize) -> usize {
    size + size / 256 + 1024
}

/// Parses `kind size\0`. The last value is the header's length.
fn loose_header(bytes: &[u8]) -> Option<(Kind, u64, usize)> {
    let end = memchr::memchr(0, bytes)?;
    let space = memchr::memchr(b' ', &bytes[..end])?;
    let kind = Kind::from_bytes(&bytes[..space]).ok()?;
    let digits = &bytes[space + 1..end];
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let size = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((kind, size, end + 1))
}

/// Opens a loose object above the limit for reading in pieces. The stream starts at the
/// object's first byte.
pub(in crate::git) fn open_loose(file: &RandomFile) -> Result<(Kind, u64, impl Read + '_), Reason> {
    let mut reader = InflateReader::new(Section::new(file, 0, file.len()));
    let mut head = Vec::new();
    while head.last() != Some(&0) && head.len() < 64 {
        let mut byte = [0u8];
        reader.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let (kind, size, _) = loose_header(&head).ok_or(Reason::BadHeader)?;
    Ok((kind, size, reader))
}

/// A stream that fails unless it has the size that its header says.
struct Exact<R> {
    stream: R,
    left: u64,
}

impl<R> Exact<R> {
    fn new(stream: R, size: u64) -> Self {
        Self { stream, left: size }
    }
}

impl<R: Read> Read for Exact<R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.stream.read(buf)?;
        let short = n == 0 && self.left > 0 && !buf.is_empty();
        if short || n as u64 > self.left {
            return Err(std::io::Error::other(Reason::SizeMismatch.to_string()));
        }
        self.left -= n as u64;
        Ok(n)
    }
}

/// A part of a file as a stream.
pub(in crate::git) struct Section<'f> {
    file: &'f RandomFile,
    at: u64,
    end: u64,
}

impl<'f> Section<'f> {
    pub(in crate::git) fn new(file: &'f RandomFile, at: u64, end: u64) -> Self {
        Self { file, at, end }
    }
}

impl Read for Section<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let room = self.end.saturating_sub(self.at).min(buf.len() as u64) as usize;
        let n = self.file.read_at(&mut buf[..room], self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

//! Reads single objects by name, from any pack or loose file.
//!
//! This is the careful path for a few objects; to read a whole history, use
//! [`walk`](super::walk). Sizes are checked against a limit before memory is allocated,
//! delta chains are bounded, and an object that is damaged in one place is searched in
//! the others.

use std::collections::HashMap;
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
use super::pack::file::{Blocks, RandomFile, Section};
use super::store::Store;
use super::tree::{self, EntryKind};

/// The default limit of an object's size in bytes: 256 MiB.
pub(crate) const DEFAULT_LIMIT: u64 = 256 << 20;

/// The longest delta chain that is followed. Git itself makes none above 4,095.
pub(in crate::git) const MAX_CHAIN: usize = 10_000;

/// A pack's number and an offset in it.
pub(in crate::git) type Place = (u32, u64);

/// Reads objects of a store. It owns buffers, so keep one per thread.
pub struct Reader<'s> {
    store: &'s Store,
    /// None if the caller counts what is unpacked.
    allowance: Option<Allowance<'s>>,
    limit: u64,
    inflater: Inflater,
    blocks: Blocks,
    stream: Vec<u8>,
    other: Vec<u8>,
    runs: Runs,
    /// Pack entries known to be undecodable: why, and the length of their chains. Without
    /// this, thousands of deltas on one broken base would each walk their whole chain.
    bad: HashMap<Place, (Reason, usize)>,
    /// Entries on chains that are too long: at least this many deltas are below.
    deep: HashMap<Place, usize>,
    /// Unpacked objects that are likely to be the bases of the next ones.
    bases: HashMap<Place, Unpacked>,
    cached: usize,
}

/// An unpacked pack entry.
struct Unpacked {
    kind: Kind,
    /// The number of deltas in its chain.
    depth: usize,
    bytes: Box<[u8]>,
}

/// Bytes of bases that are cached.
pub(in crate::git) const CACHE: usize = 24 << 20;
/// Larger objects are not cached.
pub(in crate::git) const CACHED_OBJECT: usize = 1 << 20;
/// What a cached object takes besides its content.
pub(in crate::git) const CACHED_ENTRY: usize = 64;

/// One delta of a chain: its pack, the start of its data, and its size.
struct Link {
    place: Place,
    data: u64,
    size: u64,
}

/// The entry at which a chain cannot be decoded.
struct Fault {
    /// The number of deltas of the chain above it.
    above: usize,
    /// The number of deltas below it that were looked at.
    below: usize,
    reason: Reason,
}

impl<'s> Reader<'s> {
    /// Creates a reader that refuses objects of more than `limit` bytes.
    pub fn new(store: &'s Store, limit: u64) -> Self {
        Self {
            store,
            allowance: Some(Allowance::new(store)),
            limit: limit.min(u64::from(u32::MAX)),
            inflater: Inflater::default(),
            blocks: Blocks::default(),
            stream: Vec::new(),
            other: Vec::new(),
            runs: Runs::default(),
            bad: HashMap::new(),
            deep: HashMap::new(),
            bases: HashMap::new(),
            cached: 0,
        }
    }

    /// Returns this reader without a limit of its own to what deltas unpack to. The
    /// caller counts that in a [`Budget`](super::budget::Budget), because what one of
    /// several threads unpacks depends on what the others take.
    #[must_use]
    pub(crate) fn counted_elsewhere(self) -> Self {
        Self {
            allowance: None,
            ..self
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
    ///
    /// Why it fails is a property of the entry: it does not depend on what was read before.
    fn packed(&mut self, number: u32, offset: u64, out: &mut Vec<u8>) -> Result<Kind, Reason> {
        let mut chain = Vec::new();
        let decoded = self
            .chain((number, offset), &mut chain, out)
            .and_then(|(kind, depth)| self.build(&chain, kind, depth, out));
        decoded.map_err(|fault| self.note(&chain, (number, offset), fault))
    }

    /// Applies the deltas of `chain`, the last one first, to the object in `out`, which is
    /// itself on a chain of `depth` deltas.
    fn build(
        &mut self,
        chain: &[Link],
        kind: Kind,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<Kind, Fault> {
        for (above, link) in chain.iter().enumerate().rev() {
            let depth = depth + chain.len() - above;
            self.apply(link, out).map_err(|reason| Fault {
                above,
                below: depth,
                reason,
            })?;
            self.keep(link.place, kind, depth, out);
        }
        Ok(kind)
    }

    /// Replaces a base in `out` by the result of the delta `link`.
    fn apply(&mut self, link: &Link, out: &mut Vec<u8>) -> Result<(), Reason> {
        self.read_entry(link.place.0, link.data, link.size)?;
        let delta = &self.stream[..link.size as usize];
        if let Some(allowance) = &self.allowance {
            allowance.take_delta(delta, self.limit)?;
        }
        delta::apply(delta, out, self.limit, &mut self.other, &mut self.runs)?;
        std::mem::swap(out, &mut self.other);
        Ok(())
    }

    /// Remembers why the entries of `chain` cannot be decoded. Returns the reason for the
    /// first of them, which is at `place`.
    fn note(&mut self, chain: &[Link], place: Place, fault: Fault) -> Reason {
        let Fault {
            above,
            below,
            reason,
        } = fault;
        let places = chain.iter().map(|link| link.place);
        match reason {
            // What was used up says nothing about the entries.
            Reason::Allowance(_) => return reason,
            // An entry further down may be within the limit.
            Reason::Cycle => {
                for (at, place) in places.take(above).enumerate() {
                    let known = self.deep.entry(place).or_default();
                    *known = (*known).max(above + below - at);
                }
                return reason;
            }
            _ => {}
        }
        let of_others = reason.clone().of_base();
        let of_first = if above == 0 { &reason } else { &of_others }.clone();
        for (at, place) in places.take(above).enumerate() {
            let known = (of_others.clone(), above + below - at);
            self.bad.insert(place, known);
        }
        let own = chain.get(above).map(|link| link.place);
        if let Some(own) = own.or((above == 0).then_some(place)) {
            self.bad.insert(own, (reason, below));
        }
        of_first
    }

    fn keep(&mut self, place: Place, kind: Kind, depth: usize, bytes: &[u8]) {
        if bytes.len() > CACHED_OBJECT {
            return;
        }
        if self.cached > CACHE {
            self.bases.clear();
            self.cached = 0;
        }
        self.cached += bytes.len() + CACHED_ENTRY;
        let bytes = bytes.into();
        self.bases.insert(place, Unpacked { kind, depth, bytes });
    }

    /// Collects the deltas from `at` down to a whole object or one that is unpacked
    /// already, and decodes that object. Returns its kind, and the number of deltas in its
    /// own chain.
    fn chain(
        &mut self,
        mut at: Place,
        chain: &mut Vec<Link>,
        out: &mut Vec<u8>,
    ) -> Result<(Kind, usize), Fault> {
        loop {
            let above = chain.len();
            let fault = |below, reason| Fault {
                above,
                below,
                reason,
            };
            let cached = self.bases.get(&at);
            let known = self.bad.get(&at);
            let below = cached.map(|base| base.depth);
            let below = below.or(known.map(|(_, below)| *below));
            let below = below.max(self.deep.get(&at).copied()).unwrap_or(0);
            if above + below > MAX_CHAIN {
                return Err(fault(below, Reason::Cycle));
            }
            if let Some(base) = cached {
                out.clear();
                out.extend_from_slice(&base.bytes);
                return Ok((base.kind, base.depth));
            }
            if let Some((reason, below)) = known {
                return Err(fault(*below, reason.clone()));
            }
            let (link, base) = self.link(at).map_err(|reason| fault(0, reason))?;
            match base {
                Below::Whole(kind) => {
                    self.read_entry(at.0, link.data, link.size)
                        .map_err(|reason| fault(0, reason))?;
                    out.clear();
                    out.extend_from_slice(&self.stream[..link.size as usize]);
                    self.keep(at, kind, 0, out);
                    return Ok((kind, 0));
                }
                Below::Entry(base) => {
                    chain.push(link);
                    at = base;
                }
                Below::Loose(name) => {
                    let kind = self.loose_base(&name, out).map_err(|reason| match reason {
                        Reason::BaseMissing => fault(0, reason),
                        reason => fault(0, reason.of_base()),
                    })?;
                    chain.push(link);
                    return Ok((kind, 0));
                }
            }
        }
    }

    /// Reads the header of the entry at `at`, and finds its base.
    fn link(&mut self, at: Place) -> Result<(Link, Below), Reason> {
        let packs = &self.store.packs().packs;
        let pack = packs.get(at.0 as usize).ok_or(Reason::BaseMissing)?;
        let (header, bytes) = header(&mut self.blocks, pack, at)?;
        if header.size > self.limit {
            return Err(Reason::TooLarge(header.size));
        }
        let below = below(self.store, at, &header, bytes)?;
        let link = Link {
            place: at,
            data: at.1 + header.len as u64,
            size: header.size,
        };
        Ok((link, below))
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

/// Where the base of an entry is.
pub(in crate::git) enum Below {
    /// It has none.
    Whole(Kind),
    /// In a pack.
    Entry(Place),
    /// In no pack.
    Loose(ObjectId),
}

/// Returns where the base of the entry at `at` is, whose header is at the start of `bytes`.
pub(in crate::git) fn below(
    store: &Store,
    at: Place,
    header: &Header,
    bytes: &[u8],
) -> Result<Below, Reason> {
    match header.base {
        Base::Whole(kind) => Ok(Below::Whole(kind)),
        Base::Offset(offset) => Ok(Below::Entry((at.0, offset))),
        Base::Name(from) => {
            let name = bytes.get(from..from + store.hash().len_in_bytes());
            let name = name.and_then(|name| oid::try_from_bytes(name).ok());
            let name = name.ok_or(Reason::BadHeader)?.to_owned();
            let place = locate(store, at.0, &name)?;
            Ok(place.map_or(Below::Loose(name), Below::Entry))
        }
    }
}

/// Finds the packed object `id`: in pack `first` if possible, else in any other.
fn locate(store: &Store, first: u32, id: &oid) -> Result<Option<Place>, Reason> {
    let packs = &store.packs().packs;
    let others = (0..packs.len() as u32).filter(|number| *number != first);
    for number in std::iter::once(first).chain(others) {
        if let Some(offset) = packs[number as usize].index().offset_of(id)? {
            return Ok(Some((number, offset)));
        }
    }
    Ok(None)
}

/// Returns the header of the entry at `place` in `pack`, and the bytes that start with it.
pub(in crate::git) fn header<'b>(
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

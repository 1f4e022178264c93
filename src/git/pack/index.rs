//! Pack index files (`.idx`, versions 1 and 2), which map objects to offsets.
//!
//! Index files are read, not mapped: a file that shrinks during use must be an error, not
//! a signal. A look-up of one object reads only its bucket. To look up everything, call
//! [`PackIndex::load`] first. Format: git's `gitformat-pack`.

use std::cmp::Ordering;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::OnceLock;

use gix::hash::oid;

use super::file::RandomFile;

const V2_MAGIC: [u8; 4] = [0xff, b't', b'O', b'c'];
const FAN: usize = 256;

/// An open index file whose header and length were checked.
pub struct PackIndex {
    file: RandomFile,
    hash_len: usize,
    version: u8,
    fan: Box<[u32; FAN]>,
    loaded: OnceLock<Table>,
}

/// Where a name is relative to a part of the index.
enum Search {
    Found(u64),
    Before,
    Between,
    After,
}

/// All names and offsets, by rank (the position in the order of names).
pub struct Table {
    hash_len: usize,
    names: Vec<u8>,
    offsets: Vec<u64>,
    /// First rank for each value of a name's leading bits, and the total.
    fan: Vec<u32>,
    /// The shift that reduces the first four bytes to those bits.
    shift: u32,
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn be32(bytes: &[u8]) -> u32 {
    bytes
        .try_into()
        .map_or(0, |four: [u8; 4]| u32::from_be_bytes(four))
}

fn be64(bytes: &[u8]) -> u64 {
    bytes
        .try_into()
        .map_or(0, |eight: [u8; 8]| u64::from_be_bytes(eight))
}

impl PackIndex {
    /// Opens the file and reads its fan-out table. Fails if the file is cut off or of an
    /// unknown version.
    pub fn open(path: PathBuf, hash_len: usize) -> io::Result<Self> {
        let file = RandomFile::open(path)?;
        let mut head = [0u8; 8];
        file.read_exact_at(&mut head, 0)?;
        let version = match (head[..4] == V2_MAGIC, be32(&head[4..])) {
            (true, 2) => 2,
            (true, _) => return Err(invalid("unknown index version")),
            (false, _) => 1,
        };
        let mut bytes = [0u8; 4 * FAN];
        file.read_exact_at(&mut bytes, if version == 2 { 8 } else { 0 })?;
        let mut fan = Box::new([0u32; FAN]);
        for (slot, four) in fan.iter_mut().zip(bytes.chunks_exact(4)) {
            *slot = be32(four);
        }
        if fan.windows(2).any(|pair| pair[0] > pair[1]) {
            return Err(invalid("fan-out table is not sorted"));
        }
        let index = Self {
            file,
            hash_len,
            version,
            fan,
            loaded: OnceLock::new(),
        };
        let tables = match version {
            2 => index.offsets_at() + 4 * u64::from(index.len()),
            _ => index.names_at() + u64::from(index.len()) * (4 + hash_len as u64),
        };
        if tables + 2 * hash_len as u64 > index.file.len() {
            return Err(invalid("index is truncated"));
        }
        Ok(index)
    }

    /// Returns the number of objects.
    pub fn len(&self) -> u32 {
        self.fan[FAN - 1]
    }

    /// Returns whether it lists no objects.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn names_at(&self) -> u64 {
        let head = if self.version == 2 { 8 } else { 0 };
        head + 4 * FAN as u64
    }

    /// Returns the offset of version 2's 4-byte offsets: after names and checksums.
    fn offsets_at(&self) -> u64 {
        self.names_at() + u64::from(self.len()) * (self.hash_len as u64 + 4)
    }

    /// Returns the offset in the pack of object `id`, or None if the pack does not have
    /// it.
    pub fn offset_of(&self, id: &oid) -> io::Result<Option<u64>> {
        if id.as_bytes().len() != self.hash_len {
            return Ok(None);
        }
        if let Some(table) = self.loaded.get() {
            return Ok(table.rank_of(id).map(|rank| table.offset(rank)));
        }
        let first = usize::from(id.as_bytes()[0]);
        let start = if first == 0 { 0 } else { self.fan[first - 1] };
        let bucket = start..self.fan[first];
        // Names are evenly distributed, so a few blocks around the expected place nearly
        // always contain it.
        let count = u64::from(bucket.end - bucket.start);
        let next = id.as_bytes().get(1..5).map_or(0, be32);
        let guess = start + ((count * u64::from(next)) >> 32) as u32;
        let margin = 16 + 2 * count.isqrt() as u32;
        let near =
            guess.saturating_sub(margin).max(start)..guess.saturating_add(margin).min(bucket.end);
        match self.search(id, near.clone())? {
            Search::Found(offset) => Ok(Some(offset)),
            Search::Before if near.start > bucket.start => self.whole_bucket(id, bucket),
            Search::After if near.end < bucket.end => self.whole_bucket(id, bucket),
            _ => Ok(None),
        }
    }

    fn whole_bucket(&self, id: &oid, bucket: Range<u32>) -> io::Result<Option<u64>> {
        match self.search(id, bucket)? {
            Search::Found(offset) => Ok(Some(offset)),
            _ => Ok(None),
        }
    }

    /// Searches for `id` among the objects of these ranks.
    fn search(&self, id: &oid, ranks: Range<u32>) -> io::Result<Search> {
        let (prefix, width) = match self.version {
            2 => (0, self.hash_len),
            _ => (4, 4 + self.hash_len),
        };
        let count = (ranks.end - ranks.start) as usize;
        let mut names = vec![0u8; count * width];
        let at = self.names_at() + u64::from(ranks.start) * width as u64;
        self.file.read_exact_at(&mut names, at)?;
        let entry = |i: usize| &names[i * width..(i + 1) * width];
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            match entry(middle)[prefix..].cmp(id.as_bytes()) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal if self.version == 1 => {
                    return Ok(Search::Found(u64::from(be32(&entry(middle)[..4]))));
                }
                Ordering::Equal => {
                    let offset = self.read_offset(ranks.start + middle as u32)?;
                    return Ok(Search::Found(offset));
                }
            }
        }
        Ok(match low {
            0 => Search::Before,
            _ if low == count => Search::After,
            _ => Search::Between,
        })
    }

    fn read_offset(&self, rank: u32) -> io::Result<u64> {
        let mut four = [0u8; 4];
        self.file
            .read_exact_at(&mut four, self.offsets_at() + 4 * u64::from(rank))?;
        let low = be32(&four);
        if low & 0x8000_0000 == 0 {
            return Ok(u64::from(low));
        }
        let mut eight = [0u8; 8];
        let large = self.offsets_at() + 4 * u64::from(self.len());
        self.file
            .read_exact_at(&mut eight, large + 8 * u64::from(low & 0x7fff_ffff))?;
        Ok(be64(&eight))
    }

    /// Reads all names and offsets into memory (28 bytes per object with SHA-1). Later
    /// calls return the same table.
    pub fn load(&self) -> io::Result<&Table> {
        if let Some(table) = self.loaded.get() {
            return Ok(table);
        }
        let table = if self.version == 2 {
            self.read_v2()?
        } else {
            self.read_v1()?
        };
        Ok(self.loaded.get_or_init(|| table))
    }

    fn read_v2(&self) -> io::Result<Table> {
        let count = self.len() as usize;
        let mut names = vec![0u8; count * self.hash_len];
        self.file.read_exact_at(&mut names, self.names_at())?;
        let mut low = vec![0u8; 4 * count];
        self.file.read_exact_at(&mut low, self.offsets_at())?;
        let large_at = self.offsets_at() + 4 * count as u64;
        let large_len = self
            .file
            .len()
            .saturating_sub(large_at + 2 * self.hash_len as u64);
        let mut large = vec![0u8; large_len as usize / 8 * 8];
        self.file.read_exact_at(&mut large, large_at)?;
        let mut offsets = Vec::with_capacity(count);
        for four in low.chunks_exact(4) {
            let low = be32(four);
            offsets.push(if low & 0x8000_0000 == 0 {
                u64::from(low)
            } else {
                let at = 8 * (low & 0x7fff_ffff) as usize;
                be64(
                    large
                        .get(at..at + 8)
                        .ok_or_else(|| invalid("bad 64-bit offset"))?,
                )
            });
        }
        Ok(Table::new(names, offsets, self.hash_len))
    }

    fn read_v1(&self) -> io::Result<Table> {
        let count = self.len() as usize;
        let mut entries = vec![0u8; count * (4 + self.hash_len)];
        self.file.read_exact_at(&mut entries, self.names_at())?;
        let mut names = Vec::with_capacity(count * self.hash_len);
        let mut offsets = Vec::with_capacity(count);
        for entry in entries.chunks_exact(4 + self.hash_len) {
            offsets.push(u64::from(be32(&entry[..4])));
            names.extend_from_slice(&entry[4..]);
        }
        Ok(Table::new(names, offsets, self.hash_len))
    }
}

impl Table {
    fn new(names: Vec<u8>, offsets: Vec<u64>, hash_len: usize) -> Self {
        // Names are evenly distributed, so each value has about one name.
        let bits = (offsets.len().max(1).ilog2() + 1).clamp(8, 24);
        let shift = 32 - bits;
        let mut fan = vec![0u32; (1 << bits) + 1];
        for name in names.chunks_exact(hash_len) {
            fan[slot(name, shift) + 1] += 1;
        }
        for i in 1..fan.len() {
            fan[i] += fan[i - 1];
        }
        Self {
            hash_len,
            names,
            offsets,
            fan,
            shift,
        }
    }

    /// Returns all names, one after another, in their order.
    pub(crate) fn names(&self) -> &[u8] {
        &self.names
    }

    /// Returns the number of objects.
    pub fn len(&self) -> u32 {
        self.offsets.len() as u32
    }

    /// Returns whether it lists no objects.
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// Returns the name at `rank`.
    ///
    /// # Panics
    /// Panics if `rank` is not below [`Table::len`].
    #[inline]
    pub fn name(&self, rank: u32) -> &oid {
        let at = rank as usize * self.hash_len;
        oid::from_bytes_unchecked(&self.names[at..at + self.hash_len])
    }

    /// Returns the offset in the pack of the object at `rank`.
    ///
    /// # Panics
    /// Panics if `rank` is not below [`Table::len`].
    #[inline]
    pub fn offset(&self, rank: u32) -> u64 {
        self.offsets[rank as usize]
    }

    /// Returns the rank of the object named `id`, or None if it is not in the table.
    #[inline]
    pub fn rank_of(&self, id: &oid) -> Option<u32> {
        self.rank_of_bytes(id.as_bytes())
    }

    /// Returns the rank of the object whose name has these bytes, or None.
    #[inline]
    pub(crate) fn rank_of_bytes(&self, id: &[u8]) -> Option<u32> {
        if id.len() != self.hash_len {
            return None;
        }
        let bucket = slot(id, self.shift);
        let (mut low, mut high) = (self.fan[bucket], self.fan[bucket + 1]);
        let wanted = head(id);
        while low < high {
            let middle = low + (high - low) / 2;
            let at = middle as usize * self.hash_len;
            let name = &self.names[at..at + self.hash_len];
            // Eight bytes distinguish nearly all names, without a call.
            match head(name).cmp(&wanted).then_with(|| name.cmp(id)) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Some(middle),
            }
        }
        None
    }
}

/// Returns the leading bits of a name, see [`Table`].
fn slot(name: &[u8], shift: u32) -> usize {
    (be32(&name[..4]) >> shift) as usize
}

/// Returns the first eight bytes of a name as a number that sorts the same way.
fn head(name: &[u8]) -> u64 {
    be64(&name[..8])
}

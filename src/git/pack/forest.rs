//! The delta trees of a pack: which entry is a delta on which.
//!
//! Built in one pass over the pack from the entries' headers alone, without inflating
//! anything. Takes about 38 bytes per object. Entries are numbered in the order of their
//! offsets; [`Forest::rank`] returns an entry's rank in the index.

use std::collections::HashSet;
use std::io;

use gix::object::Kind;

use super::entry::{self, Base, MAX_HEADER};
use super::file::RandomFile;
use super::index::Table;
use super::{PACK_HEADER, Pack};
use crate::git::error::Reason;

const NONE: u32 = u32::MAX;
/// Bytes that are read at once to collect headers.
const CHUNK: usize = 1 << 20;

/// All entries of a pack with their bases and children.
pub(crate) struct Forest {
    /// Sorted; the last element is the end of the last entry.
    offsets: Vec<u64>,
    ranks: Vec<u32>,
    heads: Vec<u8>,
    /// Unpacked sizes; `u32::MAX` stands for that or more.
    sizes: Vec<u32>,
    kinds: Vec<u8>,
    bases: Vec<u32>,
    child_starts: Vec<u32>,
    children: Vec<u32>,
    /// Every reachable entry, bases before the deltas on them.
    order: Vec<u32>,
    /// Estimated unpacked size of each subtree in units of 64 bytes, saturating.
    weights: Vec<u32>,
    broken: Vec<(u32, Reason)>,
}

/// Headers of a contiguous part of the entries.
#[derive(Default)]
struct Part {
    heads: Vec<u8>,
    sizes: Vec<u32>,
    kinds: Vec<u8>,
    bases: Vec<u32>,
    broken: Vec<(u32, Reason)>,
}

impl Forest {
    /// Reads every entry's header with up to `threads` threads.
    ///
    /// Fails only if the pack cannot be read at all. Single bad entries are listed in
    /// [`Forest::broken`].
    pub(crate) fn read(pack: &Pack, threads: usize) -> io::Result<Self> {
        let table = pack.index().load()?;
        let file = pack.data()?;
        let end = pack.end()?;
        let (mut offsets, ranks) = sorted(table);
        let count = ranks.len();
        offsets.push(end.max(offsets.last().copied().unwrap_or(PACK_HEADER)));
        let scan = Scan {
            table,
            file,
            end,
            offsets: &offsets,
            ranks: &ranks,
            hash_len: pack.hash_len(),
        };
        let per = count.div_ceil(threads.clamp(1, 64)).max(1);
        let parts: Vec<Part> = std::thread::scope(|scope| {
            let running: Vec<_> = (0..count)
                .step_by(per)
                .map(|start| {
                    let (scan, end) = (&scan, (start + per).min(count));
                    let thread = std::thread::Builder::new();
                    (
                        thread.spawn_scoped(scope, move || scan.part(start, end)),
                        start..end,
                    )
                })
                .collect();
            running
                .into_iter()
                .map(|(thread, part)| match thread {
                    Ok(thread) => thread
                        .join()
                        .unwrap_or_else(|_| Err(io::ErrorKind::Other.into())),
                    // The system gives no more threads: continue on this one.
                    Err(_) => scan.part(part.start, part.end),
                })
                .collect::<io::Result<_>>()
        })?;
        let mut all = Part::default();
        for part in parts {
            all.heads.extend(part.heads);
            all.sizes.extend(part.sizes);
            all.kinds.extend(part.kinds);
            all.bases.extend(part.bases);
            all.broken.extend(part.broken);
        }
        Ok(Self::link(offsets, ranks, all))
    }

    fn link(offsets: Vec<u64>, ranks: Vec<u32>, part: Part) -> Self {
        let count = ranks.len();
        let Part {
            heads,
            sizes,
            mut kinds,
            bases,
            mut broken,
        } = part;
        let mut child_starts = vec![0u32; count + 1];
        for &base in bases.iter().filter(|base| **base != NONE) {
            child_starts[base as usize + 1] += 1;
        }
        for i in 0..count {
            child_starts[i + 1] += child_starts[i];
        }
        let mut fill = child_starts.clone();
        let mut children = vec![0u32; child_starts[count] as usize];
        for (child, &base) in bases.iter().enumerate().filter(|(_, base)| **base != NONE) {
            let slot = &mut fill[base as usize];
            children[*slot as usize] = child as u32;
            *slot += 1;
        }
        drop(fill);

        let mut order: Vec<u32> = (0..count as u32)
            .filter(|&p| kinds[p as usize] != 0)
            .collect();
        let mut weights = vec![0u32; count];
        for &root in &order {
            weights[root as usize] = sizes[root as usize] / 64 + 1;
        }
        let mut next = 0;
        while let Some(&parent) = order.get(next) {
            next += 1;
            let of =
                child_starts[parent as usize] as usize..child_starts[parent as usize + 1] as usize;
            for &child in &children[of] {
                kinds[child as usize] = kinds[parent as usize];
                // The size of a delta's result is unknown before it is inflated; the size
                // of its base is the best estimate.
                weights[child as usize] = weights[parent as usize];
                order.push(child);
            }
        }
        for &p in order.iter().rev() {
            let base = bases[p as usize];
            if base != NONE {
                let sum = weights[base as usize].saturating_add(weights[p as usize]);
                weights[base as usize] = sum;
            }
        }
        for parent in 0..count {
            let of = child_starts[parent] as usize..child_starts[parent + 1] as usize;
            children[of].sort_by_key(|&child| (weights[child as usize], child));
        }
        // What has no root is a delta on one of these, or on itself.
        let mut known: HashSet<u32> = broken.iter().map(|(p, _)| *p).collect();
        let mut next = 0;
        while let Some((base, reason)) = broken.get(next).cloned() {
            next += 1;
            let of = child_starts[base as usize] as usize..child_starts[base as usize + 1] as usize;
            let new = children[of].iter().filter(|child| known.insert(**child));
            broken.extend(new.map(|&child| (child, reason.clone().of_base())));
        }
        let endless = |p: &u32| kinds[*p as usize] == 0 && !known.contains(p);
        broken.extend(
            (0..count as u32)
                .filter(endless)
                .map(|p| (p, Reason::Cycle)),
        );
        Self {
            offsets,
            ranks,
            heads,
            sizes,
            kinds,
            bases,
            child_starts,
            children,
            order,
            weights,
            broken,
        }
    }

    /// Returns the number of entries.
    pub(crate) fn len(&self) -> u32 {
        self.ranks.len() as u32
    }

    /// Returns the rank of entry `p` in the pack's index.
    pub(crate) fn rank(&self, p: u32) -> u32 {
        self.ranks[p as usize]
    }

    /// Returns the kind of entry `p`, or None if it has no root. A delta has the kind of
    /// its chain's root.
    pub(crate) fn kind(&self, p: u32) -> Option<Kind> {
        kind_of(self.kinds[p as usize])
    }

    /// Returns the kind of the object at `rank` of the pack's index, see
    /// [`Forest::kind`].
    pub(crate) fn kind_of_rank(&self, table: &Table, rank: u32) -> Option<Kind> {
        let entries = &self.offsets[..self.ranks.len()];
        let p = entries.binary_search(&table.offset(rank)).ok()?;
        self.kind(p as u32)
    }

    /// Returns the base of entry `p`, or None for a whole object.
    pub(crate) fn base(&self, p: u32) -> Option<u32> {
        Some(self.bases[p as usize]).filter(|base| *base != NONE)
    }

    /// Returns the deltas on entry `p`, lightest subtree first.
    pub(crate) fn children(&self, p: u32) -> &[u32] {
        let of = self.child_starts[p as usize] as usize..self.child_starts[p as usize + 1] as usize;
        &self.children[of]
    }

    /// Returns every entry that has a root, bases before the deltas on them.
    pub(crate) fn order(&self) -> &[u32] {
        &self.order
    }

    /// Returns the estimated number of bytes from unpacking `p` and all deltas on it.
    pub(crate) fn weight(&self, p: u32) -> u64 {
        u64::from(self.weights[p as usize]) * 64
    }

    /// Returns the unpacked size in bytes of a whole object, or of a delta's
    /// instructions; `u32::MAX` stands for that or more.
    pub(crate) fn size(&self, p: u32) -> u32 {
        self.sizes[p as usize]
    }

    /// Returns the range that contains the compressed data of entry `p`; the data may end
    /// earlier.
    pub(crate) fn data(&self, p: u32) -> std::ops::Range<u64> {
        let at = self.offsets[p as usize];
        let mut next = p as usize + 1;
        // If two names share one offset, the entry ends where the next offset starts.
        while next + 1 < self.offsets.len() && self.offsets[next] == at {
            next += 1;
        }
        at + u64::from(self.heads[p as usize])..self.offsets[next]
    }

    /// Returns the entries that cannot be decoded from this pack, and why.
    pub(crate) fn broken(&self) -> &[(u32, Reason)] {
        &self.broken
    }
}

/// Returns the offsets in order and the rank of each.
fn sorted(table: &Table) -> (Vec<u64>, Vec<u32>) {
    let mut ranks: Vec<u32> = (0..table.len()).collect();
    ranks.sort_unstable_by_key(|&rank| table.offset(rank));
    let offsets = ranks.iter().map(|&rank| table.offset(rank)).collect();
    (offsets, ranks)
}

pub(super) fn kind_number(kind: Kind) -> u8 {
    match kind {
        Kind::Commit => 1,
        Kind::Tree => 2,
        Kind::Blob => 3,
        Kind::Tag => 4,
    }
}

fn kind_of(number: u8) -> Option<Kind> {
    match number {
        1 => Some(Kind::Commit),
        2 => Some(Kind::Tree),
        3 => Some(Kind::Blob),
        4 => Some(Kind::Tag),
        _ => None,
    }
}

struct Scan<'a> {
    table: &'a Table,
    file: &'a RandomFile,
    end: u64,
    offsets: &'a [u64],
    ranks: &'a [u32],
    hash_len: usize,
}

impl Scan<'_> {
    fn part(&self, start: usize, end: usize) -> io::Result<Part> {
        let mut part = Part::default();
        let mut buffer = vec![0u8; CHUNK];
        let mut held = 0..0u64;
        for p in start..end {
            let at = self.offsets[p];
            if at < held.start || at + MAX_HEADER as u64 > held.end {
                let n = self.file.read_at(&mut buffer, at)?;
                held = at..at.saturating_add(n as u64).min(self.end.max(at));
            }
            let from = (at - held.start) as usize;
            let to = ((held.end - held.start) as usize).min(from + MAX_HEADER);
            self.entry(p, at, buffer.get(from..to).unwrap_or_default(), &mut part);
        }
        Ok(part)
    }

    fn entry(&self, p: usize, at: u64, bytes: &[u8], part: &mut Part) {
        let header = if at < PACK_HEADER {
            None
        } else {
            entry::header(bytes, at, self.hash_len)
        };
        let mut base = NONE;
        let mut kind = 0;
        match header.map(|found| found.base) {
            None if at >= self.end => part.broken.push((p as u32, Reason::Truncated)),
            None => part.broken.push((p as u32, Reason::BadHeader)),
            Some(Base::Whole(whole)) => kind = kind_number(whole),
            Some(Base::Offset(offset)) => base = self.position_before(p, offset),
            Some(Base::Name(from)) => {
                let name = &bytes[from..from + self.hash_len];
                if let Some(rank) = self.table.rank_of_bytes(name) {
                    base = self.position(self.table.offset(rank));
                }
            }
        }
        if header.is_some() && base == NONE && kind == 0 {
            part.broken.push((p as u32, Reason::BaseMissing));
        }
        part.heads.push(header.map_or(0, |found| found.len as u8));
        part.sizes
            .push(header.map_or(0, |found| u32::try_from(found.size).unwrap_or(u32::MAX)));
        part.kinds.push(kind);
        part.bases.push(base);
    }

    /// Finds the entry at an offset before entry `p` like [`Scan::position`]; most are
    /// close to it.
    fn position_before(&self, p: usize, offset: u64) -> u32 {
        let mut step = 1;
        let mut low = p;
        while low > 0 && self.offsets[low] > offset {
            low = low.saturating_sub(step);
            step *= 2;
        }
        let near = &self.offsets[low..p];
        near.binary_search(&offset)
            .map_or(NONE, |at| (low + at) as u32)
    }

    fn position(&self, offset: u64) -> u32 {
        let entries = &self.offsets[..self.ranks.len()];
        entries.binary_search(&offset).map_or(NONE, |p| p as u32)
    }
}

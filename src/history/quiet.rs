//! Blobs of which nothing is told: what a cache knows of them, and what it may learn.
//!
//! A blob that the cache knows is not unpacked. What it counts in the summary comes from the cache.
//! What it adds to the values that reports mask does not: the cache has only marks of these. So for
//! each mark one blob that has it is judged again. Versions of a file mostly have the same marks,
//! and most blobs have none.

use std::collections::HashSet;

use crate::cache::{Builder, Cache, Facts, Judge, Key, Known};
use crate::finding::Candidate;
use crate::git::graph::least;
use crate::git::walk::WalkStats;
use crate::git::{Bits, Kind, Objects};
use crate::scan::Known as Values;

/// A cache, and what judges in this run.
#[derive(Clone, Copy)]
pub struct Memory<'a> {
    /// The cache.
    pub cache: &'a Cache,
    /// A digest of all on which the result of a single blob depends.
    pub judge: Judge,
    /// A digest of that, and of all else on which the result of a whole history depends, but for
    /// the repository, the other options, and what people accepted: the rest of the configuration,
    /// and which references count.
    pub whole: Judge,
    /// The fewest bytes of blobs for which it pays to write.
    pub pays: u64,
    /// Whether to keep blobs by repository: a run over thousands would read all of them for each.
    /// Forks, which have the same first objects, share them all the same.
    pub apart: bool,
}

impl Memory<'_> {
    /// Returns the judges under which blobs are looked for; the first one is written.
    fn of_blobs(&self, objects: &Objects<'_>) -> Vec<Judge> {
        match self.apart {
            true => by_name(&self.judge.and(b"apart"), objects),
            false => vec![self.judge],
        }
    }
}

/// Under how many names a repository is looked for.
const TRIES: usize = 3;

/// Returns `judge` for single repositories, by the first names of all objects: a repository that
/// grew, another clone and a fork mostly have the same.
pub(super) fn by_name(judge: &Judge, objects: &Objects<'_>) -> Vec<Judge> {
    let names = least(objects, TRIES);
    names.iter().map(|name| judge.and(name)).collect()
}

/// Returns what candidates add to the values that a report masks, as a mark; None if nothing.
pub(super) fn marked(key: Option<&Key>, candidates: &[Candidate], bytes: &[u8]) -> Option<u64> {
    let key = key.filter(|_| !candidates.is_empty())?;
    match &Values::gist(candidates, bytes)[..] {
        [] => None,
        gist => Some(key.mark(gist).max(1)),
    }
}

/// A blob that was judged, and of which nothing is told.
pub(super) struct Quiet {
    pub(super) rank: u32,
    pub(super) size: u64,
    pub(super) members: u64,
    pub(super) binary: bool,
    /// Sorted.
    pub(super) marks: Box<[u64]>,
}

/// What the cache knows of a repository's blobs.
pub(super) struct Recalled<'a> {
    memory: Memory<'a>,
    known: Known,
    /// The ranks of all objects that must be looked at.
    pub(super) want: Bits,
    /// What the others count.
    pub(super) stats: WalkStats,
    pub(super) members: u64,
    pub(super) binary: u64,
}

impl<'a> Recalled<'a> {
    /// Looks up all blobs of a repository.
    pub(super) fn of(objects: &Objects<'_>, memory: Memory<'a>) -> Self {
        let mut recalled = Self {
            memory,
            known: memory.cache.objects(&memory.of_blobs(objects)),
            want: Bits::new(objects.len()),
            stats: WalkStats::default(),
            members: 0,
            binary: 0,
        };
        if recalled.known.is_empty() {
            for rank in 0..objects.len() {
                recalled.want.insert(rank);
            }
            return recalled;
        }
        // Blobs with marks: first those that are not stored as deltas, which are read faster.
        let mut marked: Vec<(bool, u32)> = Vec::new();
        for pack in objects.packs() {
            let forest = &pack.forest;
            for p in 0..forest.len() {
                let rank = pack.first + forest.rank(p);
                if forest.kind(p) != Some(Kind::Blob) {
                    recalled.want.insert(rank);
                } else if recalled.look_up(objects, rank) {
                    marked.push((forest.base(p).is_some(), rank));
                }
            }
        }
        for rank in objects.loose_first()..objects.len() {
            if recalled.look_up(objects, rank) {
                marked.push((true, rank));
            }
            if !recalled.want.contains(rank) {
                objects.note_blob(rank);
            }
        }
        marked.sort_unstable();
        recalled.cover(objects, &marked);
        let looked_at = |rank: &u32| !recalled.want.contains(*rank);
        let known: Vec<u32> = (0..objects.len()).filter(looked_at).collect();
        for rank in known {
            recalled.count(objects, rank);
        }
        recalled
    }

    /// Wants an object unless it is known. Returns whether it is known and has marks.
    fn look_up(&mut self, objects: &Objects<'_>, rank: u32) -> bool {
        match self.known.find(objects.id(rank).as_bytes()) {
            Some(facts) => !facts.marks.is_empty() && objects.owned(rank),
            None => {
                self.want.insert(rank);
                false
            }
        }
    }

    /// Wants as many of the marked blobs as have all marks between them.
    fn cover(&mut self, objects: &Objects<'_>, marked: &[(bool, u32)]) {
        let mut seen: HashSet<u64> = HashSet::new();
        for &(_, rank) in marked {
            let facts = self.known.find(objects.id(rank).as_bytes());
            let marks = facts.map_or(&[][..], |facts| facts.marks);
            let known = seen.len();
            seen.extend(marks);
            if seen.len() > known {
                self.want.insert(rank);
            }
        }
    }

    fn count(&mut self, objects: &Objects<'_>, rank: u32) {
        if let (true, Some(facts)) = (
            objects.owned(rank),
            self.known.find(objects.id(rank).as_bytes()),
        ) {
            self.stats.visited += 1;
            self.stats.bytes += facts.size;
            self.members += u64::from(facts.members);
            self.binary += u64::from(facts.binary);
        }
    }

    /// Keeps what was found out, for the next run.
    pub(super) fn learn(
        self,
        objects: &Objects<'_>,
        quiet: impl Iterator<Item = Quiet>,
        stats: &WalkStats,
    ) {
        if !self.memory.cache.writes() || stats.bytes < self.memory.pays {
            return;
        }
        let mut new = Builder::default();
        for quiet in quiet {
            let id = objects.id(quiet.rank).as_bytes();
            let Ok(members) = u32::try_from(quiet.members) else {
                continue;
            };
            if self.known.find(id).is_none() {
                new.add(
                    id,
                    &Facts {
                        size: quiet.size,
                        binary: quiet.binary,
                        members,
                        marks: &quiet.marks,
                    },
                );
            }
        }
        let id_len = objects.store().hash().len_in_bytes();
        if let Some(judge) = self.memory.of_blobs(objects).first() {
            let cache = self.memory.cache;
            cache.add_objects(judge, &self.known, new, id_len);
        }
    }
}

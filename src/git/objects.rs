//! Numbers all objects of all packs and object directories.
//!
//! An object's number (its *rank*) is the position of its name in the index of a pack,
//! plus the counts of the packs before; loose objects come last. An object that is stored
//! several times has several ranks. The first of them counts, see [`Objects::owned`].

use gix::ObjectId;
use gix::hash::oid;
use gix::object::Kind;
use std::sync::atomic::{AtomicU8, Ordering};

use super::bits::Bits;
use super::error::{GitError, Problem};
use super::pack::Pack;
use super::pack::forest::Forest;
use super::pack::index::Table;
use super::store::Store;

/// A pack with its names and delta trees in memory.
pub(crate) struct LoadedPack<'s> {
    /// The pack's number in [`Store::packs`].
    pub number: u32,
    /// The opened files.
    pub pack: &'s Pack,
    /// Names and offsets.
    pub table: &'s Table,
    /// The delta trees.
    pub forest: Forest,
    /// Rank of the pack's first object.
    pub first: u32,
}

/// Every object of a repository, numbered.
pub struct Objects<'s> {
    store: &'s Store,
    packs: Vec<LoadedPack<'s>>,
    loose: Vec<ObjectId>,
    /// Kinds of loose objects that a walk has visited; 0 if unknown.
    loose_kinds: Vec<AtomicU8>,
    loose_first: u32,
    /// Ranks of objects that also have a lower rank; None if there are none.
    repeated: Option<Bits>,
    problems: Vec<Problem>,
}

impl<'s> Objects<'s> {
    /// Reads all pack indexes and entry headers and lists loose objects, with up to
    /// `threads` threads. Unreadable packs become problems. Fails only if there are more
    /// objects than can be counted.
    pub fn load(store: &'s Store, threads: usize) -> Result<Self, GitError> {
        let mut problems = store.problems().to_vec();
        let list = store.packs();
        problems.extend_from_slice(&list.problems);
        let mut packs: Vec<LoadedPack<'s>> = Vec::new();
        let mut first = 0u32;
        for (number, pack) in list.packs.iter().enumerate() {
            let loaded = pack
                .index()
                .load()
                .and_then(|table| Ok((table, Forest::read(pack, threads)?, pack.announced()?)));
            match loaded {
                Ok((table, forest, announced)) => {
                    if announced != table.len() {
                        let what = format!(
                            "its header announces {announced} objects, its index lists {}",
                            table.len()
                        );
                        problems.push(Problem {
                            path: pack.path().to_owned(),
                            what,
                        });
                    }
                    let count = table.len();
                    packs.push(LoadedPack {
                        number: number as u32,
                        pack,
                        table,
                        forest,
                        first,
                    });
                    first = add(first, count)?;
                }
                Err(error) => {
                    problems.push(Problem {
                        path: pack.path().to_owned(),
                        what: error.to_string(),
                    });
                }
            }
        }
        let (loose, more) = store.loose();
        problems.extend(more);
        let count =
            u32::try_from(loose.len()).map_err(|_| GitError::TooMany { what: "objects" })?;
        add(first, count)?;
        let loose_kinds = loose.iter().map(|_| AtomicU8::new(0)).collect();
        let mut all = Self {
            store,
            packs,
            loose,
            loose_kinds,
            loose_first: first,
            repeated: None,
            problems,
        };
        all.mark_repeated();
        Ok(all)
    }

    fn mark_repeated(&mut self) {
        if self.packs.len() + usize::from(!self.loose.is_empty()) < 2 {
            return;
        }
        let mut repeated = Bits::new(self.len());
        for (i, later) in self.packs.iter().enumerate().skip(1) {
            for rank in 0..later.table.len() {
                let name = later.table.name(rank).as_bytes();
                if self.packs[..i]
                    .iter()
                    .any(|p| p.table.rank_of_bytes(name).is_some())
                {
                    repeated.insert(later.first + rank);
                }
            }
        }
        for (i, id) in self.loose.iter().enumerate() {
            if self.packs.iter().any(|p| p.table.rank_of(id).is_some()) {
                repeated.insert(self.loose_first + i as u32);
            }
        }
        self.repeated = Some(repeated);
    }

    /// Returns the store that the objects are from.
    pub(crate) fn store(&self) -> &'s Store {
        self.store
    }

    /// Returns the number of ranks.
    pub fn len(&self) -> u32 {
        self.loose_first + self.loose.len() as u32
    }

    /// Returns the number of objects of a kind in packs, each copy counted.
    pub(crate) fn packed(&self, kind: Kind) -> u64 {
        let of_pack = |pack: &LoadedPack<'_>| {
            let entries = pack.forest.order().iter();
            let of_kind = entries.filter(|p| pack.forest.kind(**p) == Some(kind));
            of_kind.count() as u64
        };
        self.packs().iter().map(of_pack).sum()
    }

    /// Returns whether there are no objects.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the packs, largest first.
    pub(crate) fn packs(&self) -> &[LoadedPack<'s>] {
        &self.packs
    }

    /// Returns the names of the loose objects, sorted. Their ranks follow those of the
    /// packs.
    pub(crate) fn loose(&self) -> &[ObjectId] {
        &self.loose
    }

    /// Returns the rank of the first loose object.
    pub(crate) fn loose_first(&self) -> u32 {
        self.loose_first
    }

    /// Returns packs, directories and alternates that could not be read.
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Returns whether `rank` is the first rank of its object, the one that reports use.
    pub(crate) fn owned(&self, rank: u32) -> bool {
        !self
            .repeated
            .as_ref()
            .is_some_and(|bits| bits.contains(rank))
    }

    /// Returns the first rank of the object named `id`, or None if it is not stored here.
    #[inline]
    pub(crate) fn rank_of(&self, id: &[u8]) -> Option<u32> {
        for pack in &self.packs {
            if let Some(rank) = pack.table.rank_of_bytes(id) {
                return Some(pack.first + rank);
            }
        }
        if self.loose.is_empty() {
            return None;
        }
        let at = self
            .loose
            .binary_search_by(|loose| loose.as_bytes().cmp(id))
            .ok()?;
        Some(self.loose_first + at as u32)
    }

    /// Returns the name of the object with this rank.
    ///
    /// # Panics
    /// Panics if `rank` is not below [`Objects::len`].
    pub(crate) fn id(&self, rank: u32) -> &oid {
        if rank >= self.loose_first {
            return &self.loose[(rank - self.loose_first) as usize];
        }
        let after = self.packs.partition_point(|pack| pack.first <= rank);
        let pack = &self.packs[after - 1];
        pack.table.name(rank - pack.first)
    }

    /// Returns the kind of each object by rank, as far as headers show it. The kinds of
    /// loose objects are known after a walk over them. Takes a pass over all objects.
    pub(crate) fn kinds(&self) -> Vec<Option<Kind>> {
        let mut kinds = vec![None; self.len() as usize];
        for pack in &self.packs {
            for p in 0..pack.forest.len() {
                let rank = pack.first + pack.forest.rank(p);
                if let Some(place) = kinds.get_mut(rank as usize) {
                    *place = pack.forest.kind(p);
                }
            }
        }
        for i in 0..self.loose.len() {
            if let Some(place) = kinds.get_mut(self.loose_first as usize + i) {
                *place = self.loose_kind(i);
            }
        }
        kinds
    }

    pub(in crate::git) fn loose_kind(&self, i: usize) -> Option<Kind> {
        match self.loose_kinds[i].load(Ordering::Relaxed) {
            1 => Some(Kind::Commit),
            2 => Some(Kind::Tree),
            3 => Some(Kind::Blob),
            4 => Some(Kind::Tag),
            _ => None,
        }
    }

    /// Notes that the object with this rank is a blob, if it is loose: its kind is not known
    /// from headers.
    pub(crate) fn note_blob(&self, rank: u32) {
        if let Some(i) = rank.checked_sub(self.loose_first) {
            self.set_loose_kind(i as usize, Kind::Blob);
        }
    }

    pub(in crate::git) fn set_loose_kind(&self, i: usize, kind: Kind) {
        let number = match kind {
            Kind::Commit => 1,
            Kind::Tree => 2,
            Kind::Blob => 3,
            Kind::Tag => 4,
        };
        self.loose_kinds[i].store(number, Ordering::Relaxed);
    }
}

/// Adds to a rank. Ranks stay below 2^30, which leaves two bits for marks.
fn add(first: u32, count: u32) -> Result<u32, GitError> {
    first
        .checked_add(count)
        .filter(|sum| *sum < 1 << 30)
        .ok_or(GitError::TooMany { what: "objects" })
}

//! What an earlier run read of commits and trees: their headers and edges, by name.
//!
//! All of it follows from the content of the objects and from which blobs were of interest, so it
//! counts in any repository that has them, however they are packed and whatever leads to them. The
//! graph itself is made anew each time.
//!
//! A tree is kept as what differs from another one: its edges, and the blobs that it names without
//! an edge. Of these it is enough to know whether one of them is missing here.

use std::cmp::Ordering;

use gix::hash::oid;
use gix::object::Kind;

use crate::git::objects::Objects;

/// No commit, rank or position.
pub(super) const NONE: u32 = u32::MAX;

/// A part of [`Kept::numbers`].
pub(crate) type Span = std::ops::Range<u32>;

/// Commits and trees that were read. Objects have numbers: the position of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The length of a name in bytes.
    pub(crate) id_len: usize,
    /// All names that anything here refers to, sorted, one after another.
    pub(crate) ids: Vec<u8>,
    /// Commits whose texts say nothing.
    pub(crate) commits: Vec<CommitRow>,
    /// Trees, each after the one that it differs from.
    pub(crate) trees: Vec<TreeRow>,
    /// Lists of numbers.
    pub(crate) numbers: Vec<u32>,
    /// Names of files and directories.
    pub(crate) names: Vec<Vec<u8>>,
    /// What trees call the targets of edges: an object, and positions in `names`. Nothing if that
    /// is too much to tell.
    pub(crate) called: Vec<(u32, Span)>,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommitRow {
    pub(crate) id: u32,
    pub(crate) tree: u32,
    pub(crate) parents: Span,
    pub(crate) time: i64,
}

/// A tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeRow {
    pub(crate) id: u32,
    /// The position of the tree from which it differs, or `u32::MAX`.
    pub(crate) base: u32,
    /// Whether one of its names says something, so that it has to be read.
    pub(crate) loud: bool,
    /// In the order of the tree: twice the number of a target, and one more if that is a blob.
    pub(crate) edges: Span,
    /// Blobs without an edge that it has and the other tree has not; those that it has not.
    pub(crate) added: Span,
    pub(crate) removed: Span,
}

impl Kept {
    /// Returns the number of names.
    pub(crate) fn len(&self) -> usize {
        self.ids.len().checked_div(self.id_len).unwrap_or(0)
    }

    /// Returns a name.
    pub(crate) fn id(&self, number: u32) -> &[u8] {
        &self.ids[number as usize * self.id_len..][..self.id_len]
    }

    /// Returns a list of numbers.
    pub(crate) fn list(&self, span: &Span) -> &[u32] {
        &self.numbers[span.start as usize..span.end as usize]
    }

    /// Returns a list as a part of [`Kept::numbers`]; None if there are too many.
    pub(crate) fn add(&mut self, list: impl IntoIterator<Item = u32>) -> Option<Span> {
        let start = u32::try_from(self.numbers.len()).ok()?;
        self.numbers.extend(list);
        Some(start..u32::try_from(self.numbers.len()).ok()?)
    }

    /// Whether a tree has the edges of the tree from which it differs, at the same place.
    pub(crate) fn is_like_base(&self, row: &TreeRow) -> bool {
        let base = self.trees.get(row.base as usize);
        base.is_some_and(|base| base.edges == row.edges)
    }

    /// Whether every number leads to something.
    pub(crate) fn is_sound(&self) -> bool {
        let len = self.len();
        if !matches!(self.id_len, 20 | 32) || !self.ids.len().is_multiple_of(self.id_len) {
            return false;
        }
        let is_in = |number: u32, len: usize| (number as usize) < len;
        let has = |span: &Span| span.start <= span.end && span.end as usize <= self.numbers.len();
        let all = |span: &Span, shift: u32, len: usize| {
            has(span) && self.list(span).iter().all(|n| is_in(n >> shift, len))
        };
        let names = self.ids.chunks_exact(self.id_len);
        names.clone().zip(names.skip(1)).all(|(a, b)| a < b)
            && len < 1 << 30
            && self
                .commits
                .iter()
                .all(|row| is_in(row.id, len) && is_in(row.tree, len) && all(&row.parents, 0, len))
            && self.trees.iter().enumerate().all(|(at, row)| {
                is_in(row.id, len)
                    && (row.base == NONE || is_in(row.base, at))
                    && (self.is_like_base(row) || all(&row.edges, 1, len))
                    && all(&row.added, 0, len)
                    && all(&row.removed, 0, len)
            })
            && self
                .called
                .iter()
                .all(|(number, names)| is_in(*number, len) && all(names, 0, self.names.len()))
    }
}

/// What is kept, and which of it is here.
pub struct Matched<'k> {
    pub(super) kept: &'k Kept,
    /// The first rank of each object by number; `NONE` if it is not here.
    pub(super) ranks: Vec<u32>,
}

impl<'k> Matched<'k> {
    /// Looks up all that is kept. None if hardly any of it is here, or it has names of another kind.
    pub(crate) fn new(objects: &Objects<'_>, kept: &'k Kept) -> Option<Self> {
        if kept.id_len != objects.store().hash().len_in_bytes() {
            return None;
        }
        let ranks = ranks(objects, &kept.ids, kept.id_len);
        let here = ranks.iter().filter(|rank| **rank != NONE).count();
        // What is not here is kept on: it may come back, and forks take turns.
        if here * 8 < ranks.len() {
            return None;
        }
        // The kind of a loose object is known only from reading it.
        let commits = kept.commits.iter().map(|row| (row.id, Kind::Commit));
        let trees = kept.trees.iter().map(|row| (row.id, Kind::Tree));
        for (number, kind) in commits.chain(trees) {
            let rank = ranks[number as usize];
            if rank != NONE && rank >= objects.loose_first() {
                objects.set_loose_kind((rank - objects.loose_first()) as usize, kind);
            }
        }
        Some(Self { kept, ranks })
    }

    /// Returns the rank of an object that is here and not known to be of another kind.
    pub(super) fn rank(&self, number: u32, kind: Kind, kinds: &[Option<Kind>]) -> Option<u32> {
        let rank = self.ranks[number as usize];
        let known = kinds.get(rank as usize)?;
        known.is_none_or(|known| known == kind).then_some(rank)
    }

    /// Returns, for each tree, whether all that is kept of it counts here: it names no blob that is
    /// missing. None if a blob without an edge is of interest now.
    pub(super) fn whole(
        &self,
        kinds: &[Option<Kind>],
        is_wanted: impl Fn(u32) -> bool,
    ) -> Option<Vec<bool>> {
        let kept = self.kept;
        let mut lacks = false;
        let mut is_lacking = vec![false; self.ranks.len()];
        for row in &kept.trees {
            for &number in kept.list(&row.added) {
                match self.rank(number, Kind::Blob, kinds) {
                    Some(rank) if is_wanted(rank) => return None,
                    Some(_) => {}
                    None => {
                        lacks = true;
                        is_lacking[number as usize] = true;
                    }
                }
            }
        }
        if !lacks {
            return Some(vec![true; kept.trees.len()]);
        }
        let mut lacking: Vec<i64> = Vec::with_capacity(kept.trees.len());
        let count = |span: &Span| {
            let list = kept.list(span).iter();
            list.filter(|number| is_lacking[**number as usize]).count() as i64
        };
        for row in &kept.trees {
            let base = lacking.get(row.base as usize).copied().unwrap_or(0);
            lacking.push(base + count(&row.added) - count(&row.removed));
        }
        Some(lacking.into_iter().map(|count| count == 0).collect())
    }
}

/// Returns the first rank of each of `ids`, which are sorted; `NONE` for those that are not here.
pub(super) fn ranks(objects: &Objects<'_>, ids: &[u8], id_len: usize) -> Vec<u32> {
    let mut ranks = vec![NONE; ids.len() / id_len];
    let mut merge = |names: &mut dyn Iterator<Item = (&[u8], u32)>| {
        let mut name = names.next();
        for (rank, id) in ranks.iter_mut().zip(ids.chunks_exact(id_len)) {
            while let Some((known, first)) = name {
                match known.cmp(id) {
                    Ordering::Less => name = names.next(),
                    Ordering::Greater => break,
                    Ordering::Equal => {
                        *rank = (*rank).min(first);
                        break;
                    }
                }
            }
        }
    };
    for pack in objects.packs() {
        let names = pack.table.names().chunks_exact(id_len);
        merge(&mut names.zip(pack.first..));
    }
    let loose = objects.loose().iter().map(|id| id.as_bytes());
    merge(&mut loose.zip(objects.loose_first()..));
    ranks
}

/// Returns the names of the first `count` of all objects here, sorted: repositories that have most
/// objects in common mostly have these in common.
pub(crate) fn least(objects: &Objects<'_>, count: usize) -> Vec<Vec<u8>> {
    let id_len = objects.store().hash().len_in_bytes();
    let packs = objects.packs().iter();
    let packed = packs.flat_map(|pack| pack.table.names().chunks_exact(id_len).take(count));
    let loose = objects.loose().iter().take(count);
    let mut all: Vec<&[u8]> = packed.chain(loose.map(oid_bytes)).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().take(count).map(<[u8]>::to_vec).collect()
}

fn oid_bytes(id: &gix::ObjectId) -> &[u8] {
    let id: &oid = id;
    id.as_bytes()
}

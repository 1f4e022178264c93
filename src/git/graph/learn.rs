//! What a run read of commits and trees, for the next one.

use gix::ObjectId;
use gix::hash::oid;
use gix::object::Kind;

use super::called::Call;
use super::fresh::{Learned, Row};
use super::history::History;
use super::kept::{CommitRow, Kept, Matched, NONE, Span, TreeRow, ranks};
use super::trees::{Edge, Trees, edge};
use crate::git::bits::Bits;
use crate::git::objects::Objects;

/// What was read in addition to what is kept is kept as well from this share on: to write all takes
/// as long as to read a part of it again.
const SHARE: usize = 64;

/// Returns what `old` has and what was read in addition; None if that is too little, or too much.
pub(super) fn next(
    objects: &Objects<'_>,
    history: &History,
    trees: &Trees,
    old: Option<&Matched<'_>>,
) -> Option<Kept> {
    let learned = trees.learned.as_ref().filter(|learned| !learned.over)?;
    let mut is_known = Bits::new(objects.len());
    if let Some(old) = old {
        for row in &old.kept.trees {
            is_known.insert(old.ranks[row.id as usize]);
        }
    }
    let new = learned.rows.iter();
    let new: Vec<&Row> = new.filter(|row| !is_known.contains(row.rank)).collect();
    let fresh = history.fresh + new.len();
    let known = old.map_or(0, |old| old.kept.commits.len() + old.kept.trees.len());
    if fresh == 0 || fresh < known / SHARE {
        return None;
    }
    let mut next = Next::new(objects, history, (trees, learned, &new), old);
    next.commits(history)?;
    next.trees((trees, learned, &new))?;
    next.called(trees)?;
    Some(next.kept)
}

/// Everything that is read anew of trees.
type New<'a> = (&'a Trees, &'a Learned, &'a [&'a Row]);

struct Next<'a> {
    objects: &'a Objects<'a>,
    old: Option<&'a Matched<'a>>,
    kept: Kept,
    /// The first rank of each object by number, and the number of each by rank.
    ranks: Vec<u32>,
    numbers: Vec<u32>,
    /// By old number.
    moved: Vec<u32>,
}

impl<'a> Next<'a> {
    /// Gives all objects numbers.
    fn new(
        objects: &'a Objects<'a>,
        history: &History,
        (trees, learned, new): New<'_>,
        old: Option<&'a Matched<'a>>,
    ) -> Self {
        let id_len = objects.store().hash().len_in_bytes();
        let mut here = Bits::new(objects.len());
        let mut missing: Vec<ObjectId> = Vec::new();
        for row in history.rows.iter().filter(|row| !row.loud) {
            for id in row.head.parents.iter().chain([&row.id, &row.head.tree]) {
                match objects.rank_of(id.as_bytes()) {
                    Some(rank) => drop(here.insert(rank)),
                    None => missing.push(*id),
                }
            }
        }
        for row in new {
            here.insert(row.rank);
            for &code in trees.edges(row.rank) {
                match edge(code) {
                    Edge::Tree(rank) | Edge::Blob(rank) => drop(here.insert(rank)),
                    Edge::Missing(number) => missing.push(trees.missing[number as usize].0),
                }
            }
            for blob in learned.added(row).iter().chain(learned.removed(row)) {
                here.insert(*blob);
            }
        }
        let mut ids: Vec<&[u8]> = here
            .iter()
            .map(|rank| objects.id(rank).as_bytes())
            .collect();
        ids.extend(missing.iter().map(|id| id.as_bytes()));
        ids.extend(old.iter().flat_map(|old| old.kept.ids.chunks_exact(id_len)));
        // Made of sorted parts, which a stable sort merges.
        ids.sort();
        ids.dedup();
        let ids = ids.concat();
        let ranks = ranks(objects, &ids, id_len);
        let mut numbers = vec![NONE; objects.len() as usize];
        for (number, rank) in (0u32..).zip(&ranks) {
            if let Some(place) = numbers.get_mut(*rank as usize) {
                *place = number;
            }
        }
        let mut all = ids.chunks_exact(id_len).zip(0u32..);
        let old_ids = old.iter().flat_map(|old| old.kept.ids.chunks_exact(id_len));
        let moved = old_ids.map(|id| {
            all.find(|(known, _)| *known == id)
                .map_or(NONE, |found| found.1)
        });
        let moved = moved.collect();
        Self {
            objects,
            old,
            kept: Kept {
                id_len,
                ids,
                ..Kept::default()
            },
            ranks,
            numbers,
            moved,
        }
    }

    /// Returns the number of the object named `id`.
    fn number(&self, id: &oid) -> Option<u32> {
        if let Some(rank) = self.objects.rank_of(id.as_bytes()) {
            return Some(self.numbers[rank as usize]).filter(|number| *number != NONE);
        }
        let (mut low, mut high) = (0, self.kept.len() as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.kept.id(middle).cmp(id.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// Adds all commits.
    fn commits(&mut self, history: &History) -> Option<()> {
        let mut has = vec![false; self.kept.len()];
        for row in history.rows.iter().filter(|row| !row.loud) {
            let parents = row.head.parents.iter();
            let parents: Option<Vec<u32>> = parents.map(|id| self.number(id)).collect();
            let id = self.number(&row.id)?;
            has[id as usize] = true;
            let (tree, parents) = (self.number(&row.head.tree)?, self.kept.add(parents?)?);
            self.kept.commits.push(CommitRow {
                id,
                tree,
                parents,
                time: row.head.time,
            });
        }
        let old = self.old;
        for row in old.iter().flat_map(|old| &old.kept.commits) {
            let id = self.moved[row.id as usize];
            if !has[id as usize] {
                let parents = self.moved(&row.parents, 0)?;
                self.kept.commits.push(CommitRow {
                    id,
                    tree: self.moved[row.tree as usize],
                    parents,
                    time: row.time,
                });
            }
        }
        self.kept.commits.sort_unstable_by_key(|row| row.id);
        Some(())
    }

    /// Adds an old list of numbers, above `shift` other bits.
    fn moved(&mut self, span: &Span, shift: u32) -> Option<Span> {
        let old = self.old?.kept.list(span).iter();
        let low = (1 << shift) - 1;
        let moved = &self.moved;
        let list = old.map(|n| moved[(n >> shift) as usize] << shift | n & low);
        self.kept.add(list)
    }

    /// Adds all trees: the old ones, and then each new one after that on which it is a delta.
    fn trees(&mut self, (trees, learned, new): New<'_>) -> Option<()> {
        let mut position = vec![NONE; self.kept.len()];
        let old = self.old;
        for (at, row) in (0u32..).zip(old.iter().flat_map(|old| &old.kept.trees)) {
            let id = self.moved[row.id as usize];
            position[id as usize] = at;
            let edges = match old.is_some_and(|old| old.kept.is_like_base(row)) {
                true => self.kept.trees.get(row.base as usize)?.edges.clone(),
                false => self.moved(&row.edges, 1)?,
            };
            let added = self.moved(&row.added, 0)?;
            let removed = self.moved(&row.removed, 0)?;
            self.kept.trees.push(TreeRow {
                id,
                edges,
                added,
                removed,
                ..*row
            });
        }
        let mut at = vec![NONE; self.objects.len() as usize];
        for (i, row) in (0u32..).zip(new) {
            at[row.rank as usize] = i;
        }
        let mut is_begun = vec![false; new.len()];
        let mut todo = Vec::new();
        for first in 0..new.len() {
            todo.push(first);
            while let Some(&i) = todo.last() {
                let row = new[i];
                let base = match row.base {
                    NONE => Some(NONE),
                    rank => match self.numbers[rank as usize] {
                        NONE => None,
                        number => Some(position[number as usize]).filter(|at| *at != NONE),
                    },
                };
                let id = self.numbers[row.rank as usize];
                let is_done = position[id as usize] != NONE;
                match base {
                    Some(base) if !is_done => {
                        position[id as usize] = self.kept.trees.len() as u32;
                        self.tree((trees, learned, row), base)?;
                    }
                    None if !is_begun[i] => {
                        is_begun[i] = true;
                        // A base that was not read to its end has no row, nor has what is on it.
                        let below = at[row.base as usize];
                        if below != NONE {
                            todo.push(below as usize);
                            continue;
                        }
                    }
                    _ => {}
                }
                todo.pop();
            }
        }
        Some(())
    }

    fn tree(&mut self, (trees, learned, row): (&Trees, &Learned, &Row), base: u32) -> Option<()> {
        let edges = trees.edges(row.rank).iter();
        let edges: Option<Vec<u32>> = edges
            .map(|code| match edge(*code) {
                Edge::Tree(rank) => Some(self.numbers[rank as usize] << 1),
                Edge::Blob(rank) => Some(self.numbers[rank as usize] << 1 | 1),
                Edge::Missing(number) => {
                    let (id, kind, _) = &trees.missing[number as usize];
                    Some(self.number(id)? << 1 | u32::from(*kind == Kind::Blob))
                }
            })
            .collect();
        let numbers = &self.numbers;
        let number = |rank: &u32| numbers[*rank as usize];
        let added = self.kept.add(learned.added(row).iter().map(number))?;
        let removed = self.kept.add(learned.removed(row).iter().map(number))?;
        let edges = self.kept.add(edges?)?;
        self.kept.trees.push(TreeRow {
            id: self.numbers[row.rank as usize],
            base,
            loud: row.loud,
            edges,
            added,
            removed,
        });
        Some(())
    }

    /// Adds what trees call the targets of edges. What was called something before and is not here
    /// now may be called something else where it is.
    fn called(&mut self, trees: &Trees) -> Option<()> {
        let names = trees.called.names();
        self.kept.names = (0..names.len()).map(|n| names.name(n).to_vec()).collect();
        let old = self.old.iter().flat_map(|old| &old.kept.called);
        let gone = old.map(|(number, _)| self.moved[*number as usize]);
        let gone = gone.filter(|number| self.ranks[*number as usize] == NONE);
        let gone: Vec<u32> = gone.collect();
        let mut called = Vec::new();
        for (number, &rank) in (0u32..).zip(&self.ranks) {
            if rank != NONE && trees.called.is_called(rank) {
                let list = match trees.called.call(rank) {
                    Call::Always(one) => self.kept.add([one]),
                    Call::Either(one, more) => self.kept.add([&[one], more].concat()),
                    Call::Unknown => self.kept.add([]),
                };
                called.push((number, list?));
            }
        }
        for number in gone {
            called.push((number, self.kept.add([])?));
        }
        called.sort_unstable_by_key(|(number, _)| *number);
        self.kept.called = called;
        Some(())
    }
}

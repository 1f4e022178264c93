//! Finds the commits that introduced blobs: reachability and attribution.
//!
//! Commits are judged oldest first and each tree is expanded only once, so the first
//! commit whose tree has a blob is the one that introduced it. Callers request only the
//! blobs of interest (those with findings). This keeps the graph small: its only edges
//! lead to subtrees and to those blobs.

mod answer;
mod called;
mod classes;
mod fresh;
mod history;
mod kept;
mod learn;
mod mark;
mod paths;
#[cfg(test)]
mod tests;
mod trees;

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use gix::ObjectId;
use gix::hash::oid;
use gix::object::Kind;

use super::bits::Bits;
use super::error::{GitError, Problem, Reason};
use super::object::Reader;
use super::objects::Objects;
use super::refs::{self, Tip, TipSource};
use super::walk::WalkOptions;
pub(crate) use answer::{Attribution, Reach};
use classes::{Classes, Runs};
pub(crate) use history::OnCommit;
use history::{History, NONE};
pub(crate) use kept::{CommitRow, Span, TreeRow, least};
pub use kept::{Kept, Matched};
pub(crate) use paths::Stood;
use trees::{Edge, Interest, Trees, edge};
pub(crate) use trees::{Named, OnName};

/// Returns whether the reference with this full name counts.
pub type RefFilter<'a> = &'a dyn Fn(&[u8]) -> bool;

/// Options for building a graph.
#[derive(Clone, Copy, Default)]
pub struct GraphOptions<'a> {
    /// Threads and limits.
    pub walk: WalkOptions<'a>,
    /// Which references count, by full name (`HEAD` and `worktrees/NAME/HEAD` included);
    /// None for all.
    pub refs: Option<RefFilter<'a>>,
    /// Whether entries of reference logs are tips as well.
    pub reflogs: bool,
    /// Whether to look up every blob to detect missing ones. Costs about a CPU second per
    /// ten million parsed entries.
    pub check_missing: bool,
    /// Receives every commit while it is read, e.g. to scan its message.
    pub on_commit: Option<OnCommit<'a>>,
    /// Receives the entries of all trees, except entries that a tree inherits from its
    /// delta base. Each name is passed at least once.
    pub on_name: Option<OnName<'a>>,
    /// What an earlier run read. It is not read again, and not passed to the two functions above:
    /// these had nothing to say. Counts only with `check_missing`.
    pub kept: Option<&'a Matched<'a>>,
    /// Whether to collect what the next run need not read, see `Graph::learned`.
    pub learn: bool,
}

/// A tip and its target.
#[derive(Clone, Debug)]
pub(crate) struct GraphTip {
    /// The reference or log entry.
    pub tip: Tip,
    /// Its target after annotated tags are followed, or why that failed.
    pub peeled: Result<refs::Peeled, Reason>,
}

/// An object that history needs and that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hole {
    /// The object.
    pub id: ObjectId,
    /// Its kind, if known.
    pub kind: Option<Kind>,
    /// Why it cannot be read, for people.
    pub why: String,
}

/// Commits and trees of a repository, for a set of blobs of interest.
pub struct Graph<'s> {
    objects: &'s Objects<'s>,
    options: WalkOptions<'s>,
    history: History,
    trees: Trees,
    tips: Vec<GraphTip>,
    problems: Vec<Problem>,
    /// Commits reachable from tips: as a set, and (in `order`) as a list.
    reachable: Bits,
    order: Vec<u32>,
    /// See [`Graph::position`].
    positions: OnceLock<Vec<u32>>,
    /// By rank: trees and blobs of interest reachable from tips.
    seen: Bits,
    met: Vec<answer::Met>,
    /// Trees that lead to blobs of interest, children before parents.
    hot: Vec<u32>,
    is_hot: Bits,
    /// Groups of trees that were expanded, and those that lead to blobs of interest.
    expanded: Bits,
    hot_groups: Bits,
    /// See [`Graph::classes`], [`Graph::named`] and [`Graph::runs`].
    classes: OnceLock<Classes>,
    named: OnceLock<Classes>,
    runs: OnceLock<Runs>,
    /// Numbers in [`Trees::missing`] that a reachable tree names.
    missing: Bits,
    holes: Vec<Hole>,
    /// See [`Graph::cut_off`].
    cut_off: usize,
    unread: Mutex<BTreeSet<Hole>>,
}

impl<'s> Graph<'s> {
    /// Reads all commits and trees of `objects`, and walks them from all tips.
    ///
    /// `interest` contains the ranks of the blobs that can be attributed later. Missing
    /// and damaged objects are collected, see [`Graph::holes`]. Fails only if references
    /// cannot be read or counters overflow.
    pub fn build(
        objects: &'s Objects<'s>,
        interest: &Bits,
        options: &GraphOptions<'s>,
    ) -> Result<Self, GitError> {
        let listed = refs::tips(objects.store(), options.reflogs)?;
        let kinds = objects.kinds();
        let history = History::read(objects, &kinds, options)?;
        let interest = Interest {
            blobs: interest,
            missing: options.check_missing,
        };
        let trees = Trees::read(objects, &kinds, interest, options)?;
        let mut reader = Reader::new(objects.store(), options.walk.limit);
        let tips = listed
            .tips
            .into_iter()
            .filter(|tip| options.refs.is_none_or(|wanted| wanted(&tip.name)))
            .map(|tip| GraphTip {
                peeled: refs::peel(&mut reader, &tip.id),
                tip,
            })
            .collect();
        let mut graph = Self {
            objects,
            options: options.walk,
            history,
            trees,
            tips,
            problems: listed.problems,
            reachable: Bits::default(),
            order: Vec::new(),
            positions: OnceLock::new(),
            seen: Bits::new(objects.len()),
            met: Vec::new(),
            hot: Vec::new(),
            is_hot: Bits::new(objects.len()),
            expanded: Bits::default(),
            hot_groups: Bits::default(),
            classes: OnceLock::new(),
            named: OnceLock::new(),
            runs: OnceLock::new(),
            missing: Bits::default(),
            holes: Vec::new(),
            cut_off: 0,
            unread: Mutex::default(),
        };
        graph.missing = Bits::new(graph.trees.missing.len() as u32);
        graph.expanded = Bits::new(graph.trees.len());
        graph.hot_groups = Bits::new(graph.trees.len());
        graph.walk_tips();
        graph.collect_holes();
        graph.walk_dangling(interest.blobs);
        graph.met.sort_unstable_by_key(|met| met.blob);
        Ok(graph)
    }

    /// Returns the tips from which history was walked, HEAD first.
    pub(crate) fn tips(&self) -> &[GraphTip] {
        &self.tips
    }

    /// Returns references that could not be read.
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Returns reachable objects that are missing or damaged, sorted by name: missing
    /// parents and trees and, with `check_missing`, missing blobs. Does not include
    /// parents beyond the boundary of a shallow repository.
    pub(crate) fn holes(&self) -> &[Hole] {
        &self.holes
    }

    /// Returns the number of commits whose parents a shallow repository lacks.
    pub(crate) fn cut_off(&self) -> usize {
        self.cut_off
    }

    /// Returns objects that could be read when the graph was built, but not later. Their
    /// names, paths and commits are missing in answers. Sorted by name.
    pub(crate) fn unread(&self) -> Vec<Hole> {
        let unread = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
        unread.iter().cloned().collect()
    }

    /// Records an object that a caller could not read again.
    pub(crate) fn note_unread(&self, id: &oid, kind: Kind, why: impl ToString) {
        let mut unread = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
        unread.insert(Hole {
            id: id.to_owned(),
            kind: Some(kind),
            why: why.to_string(),
        });
    }

    /// Returns what the next run need not read: what is kept, and what was read in addition. None
    /// if there is nothing new, too much, or [`GraphOptions::learn`] was not asked for.
    pub(crate) fn learned(&self, kept: Option<&Matched<'_>>) -> Option<Kept> {
        let kept = kept.filter(|_| self.trees.is_kept);
        learn::next(self.objects, &self.history, &self.trees, kept)
    }

    /// Returns the number of commits reachable from the tips.
    pub(crate) fn commits(&self) -> u32 {
        self.order.len() as u32
    }

    /// Returns the position of commit `id` in the order in which commits that the tips reach were
    /// judged: parents before children, then by committer time.
    pub(crate) fn position(&self, id: &oid) -> Option<u32> {
        let positions = self.positions.get_or_init(|| {
            let mut positions = vec![NONE; self.history.len() as usize];
            for (at, commit) in (0u32..).zip(&self.order) {
                positions[*commit as usize] = at;
            }
            positions
        });
        let commit = self.history.find(id)?;
        Some(positions[commit as usize]).filter(|at| *at != NONE)
    }

    /// Returns whether commit `id` is reachable from a tip.
    pub(crate) fn reaches_commit(&self, id: &oid) -> bool {
        self.history
            .find(id)
            .is_some_and(|commit| self.reachable.contains(commit))
    }

    /// Returns whether commit `id` was read. [`GraphOptions::on_commit`] may have received
    /// more, if all commits unpack to too much.
    pub(crate) fn has_commit(&self, id: &oid) -> bool {
        self.history.find(id).is_some()
    }

    /// Returns whether the tree with this rank was read, see [`Graph::has_commit`].
    pub(crate) fn has_tree(&self, rank: u32) -> bool {
        self.trees.is_read(rank)
    }

    /// Returns whether the tree or blob of interest with this rank is reachable from a
    /// tip.
    pub(crate) fn reaches(&self, rank: u32) -> bool {
        self.seen.contains(rank)
    }

    /// Returns all blobs reachable from the tips, by rank, whether of interest or not.
    /// Takes a second pass over all reachable trees (1 to 2 CPU seconds on large
    /// repositories).
    pub fn reachable_blobs(&self) -> Bits {
        let mut blobs = mark::blobs_of(self.objects, &self.seen, &self.options);
        for tip in &self.tips {
            if let Ok(peeled) = &tip.peeled
                && peeled.kind == Kind::Blob
                && let Some(rank) = self.objects.rank_of(peeled.id.as_bytes())
            {
                blobs.insert(rank);
            }
        }
        blobs
    }

    /// Returns the trees that lead to blobs of interest, as classes.
    fn classes(&self) -> &Classes {
        self.classes.get_or_init(|| Classes::new(self, false))
    }

    /// Returns the same, as classes that have the same names as well.
    fn named(&self) -> &Classes {
        self.named.get_or_init(|| Classes::new(self, true))
    }

    /// Returns the commits that tips reach, as runs that have the same blobs of interest.
    fn runs(&self) -> &Runs {
        self.runs.get_or_init(|| Runs::new(self, self.classes()))
    }

    /// Returns the number of the commit that HEAD names.
    fn head(&self) -> Option<u32> {
        let head = self
            .tips
            .iter()
            .find(|tip| tip.tip.source == TipSource::Head)?;
        self.history.find(&head.peeled.as_ref().ok()?.id)
    }

    fn walk_tips(&mut self) {
        let targets: Vec<_> = self
            .tips
            .iter()
            .filter_map(|tip| tip.peeled.clone().ok())
            .collect();
        let commits = targets
            .iter()
            .filter_map(|target| self.history.find(&target.id));
        self.reachable = self.history.reachable(commits, None);
        self.order = self.history.oldest_first(&self.reachable);
        for i in 0..self.order.len() {
            let commit = self.order[i];
            self.expand(self.history.trees[commit as usize], Some(commit), true);
        }
        for target in &targets {
            let Some(rank) = self.objects.rank_of(target.id.as_bytes()) else {
                continue;
            };
            match target.kind {
                Kind::Tree => self.expand(rank, None, true),
                Kind::Blob if self.seen.insert(rank) => {
                    self.met.push(answer::Met {
                        blob: rank,
                        commit: None,
                        trees: Vec::new(),
                        reachable: true,
                    });
                }
                _ => {}
            }
        }
    }

    /// Collects reachable objects that are missing or damaged.
    fn collect_holes(&mut self) {
        let failed: std::collections::HashMap<ObjectId, &Reason> = self
            .history
            .failed
            .iter()
            .chain(&self.trees.failed)
            .map(|(id, _, reason)| (*id, reason))
            .collect();
        let boundary = self.objects.store().shallow_commits();
        let why = |id: &ObjectId| match failed.get(id) {
            Some(reason) => reason.to_string(),
            // The object exists and reading it did not fail, so it is of another kind.
            None if self.objects.rank_of(id.as_bytes()).is_some() => Reason::WrongKind.to_string(),
            None => Reason::Missing.to_string(),
        };
        let hole = |id: &ObjectId, kind: Option<Kind>| Hole {
            id: *id,
            kind,
            why: why(id),
        };
        let mut holes = Vec::new();
        let mut ends = BTreeSet::new();
        for (commit, id, kind) in &self.history.missing {
            if !self.reachable.contains(*commit) {
                continue;
            }
            let at_boundary = boundary.binary_search(&self.history.ids[*commit as usize]);
            if *kind == Kind::Commit && at_boundary.is_ok() {
                ends.insert(*commit);
            } else {
                holes.push(hole(id, Some(*kind)));
            }
        }
        for number in self.missing.iter() {
            let (id, kind, reason) = &self.trees.missing[number as usize];
            holes.push(match reason {
                Reason::Missing => hole(id, Some(*kind)),
                reason => Hole {
                    id: *id,
                    kind: Some(*kind),
                    why: reason.to_string(),
                },
            });
        }
        for (id, kind, _) in &self.trees.failed {
            let rank = self.objects.rank_of(id.as_bytes());
            if rank.is_some_and(|rank| self.seen.contains(rank)) {
                holes.push(hole(id, *kind));
            }
        }
        for tip in &self.tips {
            match &tip.peeled {
                Ok(peeled)
                    if peeled.kind == Kind::Commit && self.history.find(&peeled.id).is_none() =>
                {
                    holes.push(hole(&peeled.id, Some(Kind::Commit)));
                }
                Ok(peeled) if peeled.kind != Kind::Commit && tip.tip.is_branch() => {
                    holes.push(Hole {
                        id: peeled.id,
                        kind: Some(Kind::Commit),
                        why: Reason::WrongKind.to_string(),
                    });
                }
                Ok(_) => {}
                Err(reason) => holes.push(Hole {
                    id: tip.tip.id,
                    kind: None,
                    why: reason.to_string(),
                }),
            }
        }
        holes.sort();
        holes.dedup();
        self.cut_off = ends.len();
        self.holes = holes;
    }

    /// Attributes the remaining blobs to commits that no tip leads to.
    fn walk_dangling(&mut self, interest: &Bits) {
        if interest.iter().all(|blob| self.seen.contains(blob)) {
            return;
        }
        let seen = self.seen.clone();
        let hot = (self.hot.len(), self.is_hot.clone());
        let all = 0..self.history.len();
        let rest = self.history.reachable(all, Some(&self.reachable));
        for commit in self.history.oldest_first(&rest) {
            self.expand(self.history.trees[commit as usize], Some(commit), false);
        }
        self.seen = seen;
        self.hot.truncate(hot.0);
        self.is_hot = hot.1;
    }

    /// Whether a tree with the same edges was expanded. This one then leads to the same.
    fn is_like_expanded(&mut self, tree: u32) -> bool {
        let group = self.trees.group(tree);
        let Some(group) = group.filter(|group| self.expanded.contains(*group)) else {
            return false;
        };
        if self.hot_groups.contains(group) {
            self.hot.push(tree);
            self.is_hot.insert(tree);
        }
        true
    }

    /// Expands a tree, and everything below it, unless it was met before.
    fn expand(&mut self, root: u32, commit: Option<u32>, reachable: bool) {
        if root == NONE || !self.seen.insert(root) {
            return;
        }
        if self.is_like_expanded(root) {
            return;
        }
        // (tree, next edge, leads to a blob of interest)
        let mut stack = vec![(root, 0usize, false)];
        while let Some(top) = stack.last_mut() {
            let (tree, at) = (top.0, top.1);
            let Some(&code) = self.trees.edges(tree).get(at) else {
                let is_hot = top.2;
                stack.pop();
                if let Some(group) = self.trees.group(tree) {
                    self.expanded.insert(group);
                    if is_hot {
                        self.hot_groups.insert(group);
                    }
                }
                if is_hot {
                    self.hot.push(tree);
                    self.is_hot.insert(tree);
                    if let Some(parent) = stack.last_mut() {
                        parent.2 = true;
                    }
                }
                continue;
            };
            top.1 += 1;
            match edge(code) {
                Edge::Missing(number) => {
                    if reachable {
                        self.missing.insert(number);
                    }
                }
                Edge::Blob(blob) => {
                    top.2 = true;
                    if self.seen.insert(blob) {
                        let trees = stack.iter().map(|(tree, ..)| *tree).collect();
                        self.met.push(answer::Met {
                            blob,
                            commit,
                            trees,
                            reachable,
                        });
                    }
                }
                Edge::Tree(child) => {
                    if self.seen.insert(child) && !self.is_like_expanded(child) {
                        stack.push((child, 0, false));
                        continue;
                    }
                    if !top.2 && self.is_hot.contains(child) {
                        top.2 = true;
                    }
                }
            }
        }
    }
}

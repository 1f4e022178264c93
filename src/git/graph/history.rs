//! All commits of a repository as a graph, and the order in which they are judged.

use std::collections::HashMap;

use gix::ObjectId;
use gix::hash::oid;
use gix::object::Kind;

use super::GraphOptions;
use super::kept::Matched;
use crate::git::bits::Bits;
use crate::git::commit;
use crate::git::error::{GitError, Reason};
use crate::git::objects::Objects;
use crate::git::refs;
use crate::git::walk::{Derived, Failure, Item, Visitor, Want, walk};

pub(super) use super::kept::NONE;

/// Receives each commit's name and raw bytes while the graph is read. Returns whether they say
/// something, so that the commit has to be read in the next run as well.
pub(crate) type OnCommit<'a> = &'a (dyn Fn(&oid, &[u8]) -> bool + Sync);

/// Commits numbered by the order of their names.
pub(super) struct History {
    pub(super) ids: Vec<ObjectId>,
    /// Rank of the tree in [`Objects`]; `NONE` if the tree is missing.
    pub(super) trees: Vec<u32>,
    pub(super) times: Vec<i64>,
    parent_starts: Vec<u32>,
    /// Commit numbers; `NONE` for a missing parent.
    parents: Vec<u32>,
    /// What `info/grafts` adds to the parents. They can lead in a circle, so they only tell what
    /// is reachable, and not what comes first.
    grafts: HashMap<u32, Vec<u32>>,
    /// Parents and trees that are missing or stored as another kind: (commit, name,
    /// kind).
    pub(super) missing: Vec<(u32, ObjectId, Kind)>,
    pub(super) failed: Vec<(ObjectId, Option<Kind>, Reason)>,
    /// What is kept for the next run, if that was asked for.
    pub(super) rows: Vec<Row>,
    /// How many of the commits to keep were not kept before.
    pub(super) fresh: usize,
}

pub(super) struct Row {
    pub(super) id: ObjectId,
    pub(super) head: commit::CommitHead,
    /// See [`OnCommit`].
    pub(super) loud: bool,
}

#[derive(Default)]
struct Local {
    rows: Vec<Row>,
    failed: Vec<(ObjectId, Option<Kind>, Reason)>,
}

struct Collect<'a> {
    on_commit: Option<OnCommit<'a>>,
}

impl Visitor for Collect<'_> {
    type Local = Local;
    type State = ();

    fn local(&self) -> Local {
        Local::default()
    }

    fn whole(&self, local: &mut Local, item: Item<'_>, bytes: &[u8]) {
        if !item.wanted {
            return;
        }
        // Of what nobody looked at, nothing is known.
        let loud = self.on_commit.is_none_or(|call| call(item.id, bytes));
        match commit::head(bytes) {
            Some(head) => local.rows.push(Row {
                id: item.id.to_owned(),
                head,
                loud,
            }),
            None => local
                .failed
                .push((item.id.to_owned(), Some(Kind::Commit), Reason::BadHeader)),
        }
    }

    fn delta(&self, local: &mut Local, item: Item<'_>, bytes: &[u8], _: Derived<'_, ()>) {
        self.whole(local, item, bytes);
    }

    fn failed(&self, local: &mut Local, failure: Failure<'_>) {
        local
            .failed
            .push((failure.id.to_owned(), failure.kind, failure.reason));
    }
}

/// Returns which of the kept commits are here, and the ranks of all other objects.
fn kept_here(
    objects: &Objects<'_>,
    kinds: &[Option<Kind>],
    matched: Option<&Matched<'_>>,
) -> (Vec<usize>, Option<Bits>) {
    let Some(matched) = matched else {
        return (Vec::new(), None);
    };
    let mut want = Bits::full(objects.len());
    let commits = matched.kept.commits.iter().enumerate();
    let here = commits.filter_map(|(at, row)| {
        want.remove(matched.rank(row.id, Kind::Commit, kinds)?);
        Some(at)
    });
    (here.collect(), Some(want))
}

/// Where a commit comes from: a position among what is kept, or among what was read.
enum From {
    Kept(usize),
    Read(usize),
}

/// Returns all commits in the order of their names.
fn merged(matched: Option<&Matched<'_>>, here: Vec<usize>, rows: &[Row]) -> Vec<From> {
    let mut all = Vec::with_capacity(here.len() + rows.len());
    let mut read = rows.iter().enumerate().peekable();
    if let Some(matched) = matched {
        for at in here {
            let id = matched.kept.id(matched.kept.commits[at].id);
            while let Some((at, _)) = read.next_if(|(_, row)| row.id.as_bytes() < id) {
                all.push(From::Read(at));
            }
            all.push(From::Kept(at));
        }
    }
    all.extend(read.map(|(at, _)| From::Read(at)));
    all
}

impl History {
    pub(super) fn read(
        objects: &Objects<'_>,
        kinds: &[Option<Kind>],
        options: &GraphOptions<'_>,
    ) -> Result<Self, GitError> {
        let grafts = refs::grafts(objects.store())?;
        let (here, want) = kept_here(objects, kinds, options.kept);
        let collect = Collect {
            on_commit: options.on_commit,
        };
        let want = want.as_ref().map_or(Want::All, Want::Only);
        let (locals, _) = walk(objects, Kind::Commit, want, &options.walk, &collect);
        let (mut rows, mut failed) = (Vec::new(), Vec::new());
        for local in locals {
            rows.extend(local.rows);
            failed.extend(local.failed);
        }
        rows.sort_unstable_by_key(|row| row.id);
        let all = merged(options.kept, here, &rows);
        let mut history = Self {
            ids: Vec::with_capacity(all.len()),
            trees: Vec::with_capacity(all.len()),
            times: Vec::with_capacity(all.len()),
            parent_starts: vec![0],
            parents: Vec::new(),
            grafts: HashMap::new(),
            missing: Vec::new(),
            failed,
            fresh: rows.iter().filter(|row| !row.loud).count(),
            rows: Vec::new(),
        };
        history.link(objects, kinds, options.kept, &all, &rows);
        if options.learn {
            history.rows = rows;
        }
        for (id, parents) in grafts {
            let Some(commit) = history.find(&id) else {
                continue;
            };
            for parent in parents {
                match history.find(&parent) {
                    Some(parent) => history.grafts.entry(commit).or_default().push(parent),
                    None => history.missing.push((commit, parent, Kind::Commit)),
                }
            }
        }
        Ok(history)
    }

    /// Adds all commits.
    fn link(
        &mut self,
        objects: &Objects<'_>,
        kinds: &[Option<Kind>],
        matched: Option<&Matched<'_>>,
        all: &[From],
        rows: &[Row],
    ) {
        // By number of what is kept: the number of a commit.
        let mut numbers = vec![NONE; matched.map_or(0, |matched| matched.ranks.len())];
        for (number, from) in (0u32..).zip(all) {
            self.ids.push(match (from, matched) {
                (From::Kept(at), Some(matched)) => {
                    let id = matched.kept.commits[*at].id;
                    numbers[id as usize] = number;
                    ObjectId::from_bytes_or_panic(matched.kept.id(id))
                }
                (From::Read(at), _) => rows[*at].id,
                (From::Kept(_), None) => continue,
            });
        }
        let is_tree = |rank: &u32| {
            let kind = kinds.get(*rank as usize).copied().flatten();
            kind.is_none_or(|kind| kind == Kind::Tree)
        };
        for (number, from) in (0u32..).zip(all) {
            match (from, matched) {
                (From::Kept(at), Some(matched)) => {
                    let kept = matched.kept;
                    let row = &kept.commits[*at];
                    let id = |number: u32| ObjectId::from_bytes_or_panic(kept.id(number));
                    let tree = Some(matched.ranks[row.tree as usize]);
                    let tree = tree.filter(|rank| *rank != NONE).filter(is_tree);
                    self.add_tree(number, tree, || id(row.tree));
                    self.times.push(row.time);
                    for &parent in kept.list(&row.parents) {
                        match numbers[parent as usize] {
                            // Another one may have been read in this run.
                            NONE => self.add_parent(number, &id(parent)),
                            known => self.parents.push(known),
                        }
                    }
                }
                (From::Read(at), _) => {
                    let head = &rows[*at].head;
                    let tree = objects.rank_of(head.tree.as_bytes()).filter(is_tree);
                    self.add_tree(number, tree, || head.tree);
                    self.times.push(head.time);
                    for parent in &head.parents {
                        self.add_parent(number, parent);
                    }
                }
                (From::Kept(_), None) => {}
            }
            self.parent_starts.push(self.parents.len() as u32);
        }
    }

    fn add_tree(&mut self, commit: u32, tree: Option<u32>, id: impl Fn() -> ObjectId) {
        // The empty tree does not need to be stored.
        if tree.is_none() && !id().is_empty_tree() {
            self.missing.push((commit, id(), Kind::Tree));
        }
        self.trees.push(tree.unwrap_or(NONE));
    }

    fn add_parent(&mut self, commit: u32, parent: &ObjectId) {
        let found = self.find(parent);
        if found.is_none() {
            self.missing.push((commit, *parent, Kind::Commit));
        }
        self.parents.push(found.unwrap_or(NONE));
    }

    pub(super) fn len(&self) -> u32 {
        self.ids.len() as u32
    }

    /// Returns the number of commit `id`.
    pub(super) fn find(&self, id: &oid) -> Option<u32> {
        let at = self.ids.binary_search_by(|known| known.as_ref().cmp(id));
        at.ok().map(|at| at as u32)
    }

    /// Returns the parents of `commit` that are not missing.
    pub(super) fn parents(&self, commit: u32) -> impl Iterator<Item = u32> + '_ {
        let of = self.parent_starts[commit as usize] as usize
            ..self.parent_starts[commit as usize + 1] as usize;
        self.parents[of]
            .iter()
            .copied()
            .filter(|parent| *parent != NONE)
    }

    /// Returns all commits reachable from `tips`, except those in `without`.
    pub(super) fn reachable(
        &self,
        tips: impl IntoIterator<Item = u32>,
        without: Option<&Bits>,
    ) -> Bits {
        let mut seen = Bits::new(self.len());
        let mut todo: Vec<u32> = tips.into_iter().collect();
        while let Some(commit) = todo.pop() {
            let hidden = without.is_some_and(|set| set.contains(commit));
            if !hidden && seen.insert(commit) {
                todo.extend(self.parents(commit));
                todo.extend(self.grafts.get(&commit).into_iter().flatten());
            }
        }
        seen
    }

    /// Returns the commits of `among`: parents before children, otherwise oldest first by
    /// committer time, then by name.
    pub(super) fn oldest_first(&self, among: &Bits) -> Vec<u32> {
        use std::cmp::Reverse;
        let mut waiting = vec![0u32; self.ids.len()];
        let mut child_starts = vec![0u32; self.ids.len() + 1];
        for commit in among.iter() {
            for parent in self.parents(commit).filter(|p| among.contains(*p)) {
                waiting[commit as usize] += 1;
                child_starts[parent as usize + 1] += 1;
            }
        }
        for i in 0..self.ids.len() {
            child_starts[i + 1] += child_starts[i];
        }
        let mut fill = child_starts.clone();
        let mut children = vec![0u32; child_starts[self.ids.len()] as usize];
        for commit in among.iter() {
            for parent in self.parents(commit).filter(|p| among.contains(*p)) {
                children[fill[parent as usize] as usize] = commit;
                fill[parent as usize] += 1;
            }
        }
        let mut ready: std::collections::BinaryHeap<_> = among
            .iter()
            .filter(|commit| waiting[*commit as usize] == 0)
            .map(|commit| Reverse((self.times[commit as usize], commit)))
            .collect();
        let mut order = Vec::new();
        while let Some(Reverse((_, commit))) = ready.pop() {
            order.push(commit);
            let of =
                child_starts[commit as usize] as usize..child_starts[commit as usize + 1] as usize;
            for &child in &children[of] {
                waiting[child as usize] -= 1;
                if waiting[child as usize] == 0 {
                    ready.push(Reverse((self.times[child as usize], child)));
                }
            }
        }
        order
    }
}

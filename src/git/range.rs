//! Commit ranges: the commits of a set of revisions, and the changes of each commit.

use std::collections::{BTreeMap, BinaryHeap, HashMap};

use gix::ObjectId;

use super::commit::{self, CommitHead};
use super::diff::{Changes, Differ};
use super::error::{GitError, Reason};
use super::object::Reader;
use super::refs;
use super::revision::Revisions;
use super::store::Store;

/// A commit of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RangeCommit {
    /// Its name.
    pub id: ObjectId,
    /// Its headers.
    pub head: CommitHead,
    /// Whether some of its parents are missing (a shallow repository). Its changes are
    /// then relative to the remaining parents only.
    pub cut_off: bool,
}

const LEFT: u8 = 1;
const RIGHT: u8 = 2;

/// The number of extra commits that are read after the queue has no wanted commit left,
/// because wrong clocks can make old commits look new. (Git reads 5.)
const SLOP: u32 = 64;

/// A commit that the walk has met.
struct Met {
    head: CommitHead,
    marks: u8,
    cut_off: bool,
}

struct Walk<'w, 's> {
    reader: &'w mut Reader<'s>,
    boundary: Vec<ObjectId>,
    grafts: BTreeMap<ObjectId, Vec<ObjectId>>,
    met: HashMap<ObjectId, Met>,
    queue: BinaryHeap<(i64, ObjectId)>,
    /// Returns whether these marks make a commit unwanted: any of the marks, or all of
    /// them.
    unwanted: fn(u8) -> bool,
}

impl<'w, 's> Walk<'w, 's> {
    fn new(
        reader: &'w mut Reader<'s>,
        store: &Store,
        unwanted: fn(u8) -> bool,
    ) -> Result<Self, GitError> {
        Ok(Self {
            reader,
            boundary: store.shallow_commits(),
            grafts: refs::grafts(store)?,
            met: HashMap::new(),
            queue: BinaryHeap::new(),
            unwanted,
        })
    }

    /// Adds `marks` to a commit, and queues it if a mark is new.
    fn mark(&mut self, id: ObjectId, marks: u8) -> Result<(), GitError> {
        if !self.met.contains_key(&id) {
            let mut head = commit::read(self.reader, &id)?;
            let mut cut_off = false;
            if self.boundary.binary_search(&id).is_ok() {
                let mut raw = Vec::new();
                let mut parents = Vec::new();
                for parent in &head.parents {
                    match self.reader.find(parent, &mut raw) {
                        Ok(Some(_)) => parents.push(*parent),
                        Ok(None) => cut_off = true,
                        Err(reason) => {
                            return Err(GitError::Object {
                                id: *parent,
                                reason,
                            });
                        }
                    }
                }
                head.parents = parents;
            }
            self.met.insert(
                id,
                Met {
                    head,
                    marks: 0,
                    cut_off,
                },
            );
        }
        if let Some(met) = self.met.get_mut(&id) {
            let before = met.marks;
            met.marks |= marks;
            if met.marks != before {
                // Queues it again, even if it was queued before: its parents need the new
                // marks.
                self.queue.push((met.head.time, id));
            }
        }
        Ok(())
    }

    fn run(&mut self) -> Result<(), GitError> {
        let mut slop = 0;
        while let Some((_, id)) = self.queue.pop() {
            let Some(met) = self.met.get(&id) else {
                continue;
            };
            let (marks, parents) = (met.marks, met.head.parents.clone());
            if (self.unwanted)(marks) {
                slop += 1;
                if slop % SLOP == 0 && !self.queue.iter().any(|(_, id)| self.wanted(id)) {
                    break;
                }
            } else {
                slop = 0;
            }
            for parent in parents {
                self.mark(parent, marks)?;
            }
            // git sends what it adds to the parents; nothing says that others have it.
            if marks == LEFT {
                for parent in self.grafts.get(&id).cloned().unwrap_or_default() {
                    self.mark(parent, LEFT)?;
                }
            }
        }
        Ok(())
    }

    fn wanted(&self, id: &ObjectId) -> bool {
        self.met
            .get(id)
            .is_some_and(|met| !(self.unwanted)(met.marks))
    }
}

/// Whether `target` is `tip` or one of the commits that `tip` reaches.
///
/// If clocks are very wrong, the answer may be no for a commit that `tip` does reach. Then
/// [`commits`] does not exclude it either.
///
/// # Errors
/// Fails if a needed commit cannot be read.
pub(crate) fn reaches(
    reader: &mut Reader<'_>,
    store: &Store,
    tip: &ObjectId,
    target: &ObjectId,
) -> Result<bool, GitError> {
    if tip == target {
        return Ok(true);
    }
    let mut walk = Walk::new(reader, store, |marks| marks & RIGHT != 0)?;
    walk.mark(*tip, RIGHT)?;
    walk.mark(*target, LEFT)?;
    walk.run()?;
    Ok(walk
        .met
        .get(target)
        .is_some_and(|met| met.marks & RIGHT != 0))
}

/// Returns the newest commit that `tip` reaches and whose id starts with these hexadecimal
/// digits.
///
/// # Errors
/// Fails if a needed commit cannot be read.
pub(crate) fn abbreviated(
    reader: &mut Reader<'_>,
    store: &Store,
    tip: &ObjectId,
    digits: &str,
) -> Result<Option<ObjectId>, GitError> {
    let digits = digits.to_ascii_lowercase();
    let mut walk = Walk::new(reader, store, |_| false)?;
    walk.mark(*tip, LEFT)?;
    while let Some((_, id)) = walk.queue.pop() {
        if id.to_string().starts_with(&digits) {
            return Ok(Some(id));
        }
        let parents = walk.met.get(&id).map(|met| met.head.parents.clone());
        for parent in parents.unwrap_or_default() {
            walk.mark(parent, LEFT)?;
        }
    }
    Ok(None)
}

/// Returns the commits of a set: parents before children, otherwise oldest first.
///
/// If clocks are very wrong, the result may contain an excluded commit; it always
/// contains every included one. Fails if a needed commit cannot be read. Parents that a
/// shallow repository lacks are not an error, see [`RangeCommit::cut_off`].
pub(crate) fn commits(
    reader: &mut Reader<'_>,
    store: &Store,
    revisions: &Revisions,
) -> Result<Vec<RangeCommit>, GitError> {
    let any_right = |marks: u8| marks & RIGHT != 0;
    let both = |marks: u8| marks == LEFT | RIGHT;
    let symmetric = matches!(revisions, Revisions::Symmetric(..));
    let unwanted: fn(u8) -> bool = if symmetric { both } else { any_right };
    let mut walk = Walk::new(reader, store, unwanted)?;
    match revisions {
        Revisions::Reachable { include, exclude } => {
            for id in exclude {
                walk.mark(*id, RIGHT)?;
            }
            for id in include {
                walk.mark(*id, LEFT)?;
            }
            walk.run()?;
        }
        Revisions::Symmetric(left, right) => {
            walk.mark(*left, LEFT)?;
            walk.mark(*right, RIGHT)?;
            walk.run()?;
        }
        Revisions::Since { include, .. } => {
            for id in include {
                walk.mark(*id, LEFT)?;
            }
            walk.run()?;
        }
        Revisions::Single(id) => walk.mark(*id, LEFT)?,
    }
    let from = match revisions {
        Revisions::Since { time, .. } => *time,
        _ => i64::MIN,
    };
    let unwanted = walk.unwanted;
    let found = walk
        .met
        .into_iter()
        .filter(|(_, met)| met.marks != 0 && !unwanted(met.marks) && met.head.time >= from)
        .map(|(id, met)| {
            (
                id,
                RangeCommit {
                    id,
                    head: met.head,
                    cut_off: met.cut_off,
                },
            )
        })
        .collect();
    Ok(oldest_first(found))
}

fn oldest_first(mut found: HashMap<ObjectId, RangeCommit>) -> Vec<RangeCommit> {
    use std::cmp::Reverse;
    let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
    let mut waiting: HashMap<ObjectId, usize> = HashMap::new();
    let mut ready = BinaryHeap::new();
    for commit in found.values() {
        let inside = commit
            .head
            .parents
            .iter()
            .filter(|parent| found.contains_key(*parent));
        let mut count = 0;
        for parent in inside {
            children.entry(*parent).or_default().push(commit.id);
            count += 1;
        }
        if count == 0 {
            ready.push(Reverse((commit.head.time, commit.id)));
        }
        waiting.insert(commit.id, count);
    }
    let mut order = Vec::with_capacity(found.len());
    while let Some(Reverse((_, id))) = ready.pop() {
        for child in children.remove(&id).unwrap_or_default() {
            let left = waiting.entry(child).or_default();
            *left -= 1;
            if *left == 0
                && let Some(commit) = found.get(&child)
            {
                ready.push(Reverse((commit.head.time, child)));
            }
        }
        order.extend(found.remove(&id));
    }
    order
}

/// Returns the differences between `commit` and all its parents.
///
/// Parents beyond a shallow boundary are already removed; any other missing tree is an
/// error.
pub(crate) fn changes(differ: &mut Differ<'_>, commit: &RangeCommit) -> Result<Changes, GitError> {
    let mut parents = Vec::with_capacity(commit.head.parents.len());
    for parent in &commit.head.parents {
        match differ.tree_of(parent) {
            Ok(tree) => parents.push(tree),
            Err(GitError::Object {
                id,
                reason: Reason::Missing,
            }) if commit.cut_off && id == *parent => {}
            Err(error) => return Err(error),
        }
    }
    differ.changes(&commit.head.tree, &parents)
}

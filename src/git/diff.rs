//! Compares a tree with its parents: the base of commit ranges and of staged changes.
//!
//! A blob is new if it differs from every parent's blob at its path. So a merge brings
//! only what it adds itself, and nothing that a side already has.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use gix::ObjectId;
use gix::hash::oid;
use gix::object::Kind;

use super::commit;
use super::error::GitError;
use super::object::Reader;
use super::store::Store;
use super::tree::{self, EntryKind, TreeEntry};

/// A blob at a path where no parent has the same blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBlob {
    /// The path from the top of the repository, raw, with `/` between names.
    pub path: Vec<u8>,
    /// The blob.
    pub id: ObjectId,
    /// Its mode, e.g. `0o100644`.
    pub mode: u32,
    /// The parents' blobs at this path, each once; empty if the path is new. Content that
    /// is also in one of them is not new.
    pub old: Vec<ObjectId>,
    /// The removed path at which a parent has the same blob: a pure rename. Its content is
    /// not new, but the path can make a secret of it. If several paths qualify, one with
    /// the same file name is preferred, then the first.
    pub renamed_from: Option<Vec<u8>>,
}

/// A parent's blob whose path was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoneBlob {
    /// Its path in the parent.
    pub path: Vec<u8>,
    /// The blob.
    pub id: ObjectId,
}

/// The differences between a tree and all its parents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New blobs: files and symbolic links, in the order of the tree.
    pub new: Vec<NewBlob>,
    /// Blobs of the parents whose paths were removed: the old content of files that were
    /// moved and edited. Empty unless there is a new blob at a path that no parent has,
    /// because nothing else needs it.
    pub gone: Vec<GoneBlob>,
    /// Paths of changed submodules; their content belongs to other repositories.
    pub submodules: Vec<Vec<u8>>,
}

/// The deepest nesting of directories that is followed.
const MAX_DEPTH: usize = 4096;
/// Bytes of trees that are cached.
const CACHE: usize = 64 << 20;

/// The maximum number of entries in which one commit may differ from its parents. Ten
/// trees, each of which names the next one ten times, make a commit of 10,000,000,000
/// files.
const MAX_CHANGED: usize = 2_000_000;

/// The maximum for all commits that one differ compares.
const MAX_IN_ALL: usize = 16_000_000;

/// Compares trees and caches those it has read.
pub struct Differ<'s> {
    reader: Reader<'s>,
    hash_len: usize,
    cache: HashMap<ObjectId, Rc<[u8]>>,
    cached: usize,
    /// Entries in which commits differed so far.
    changed: usize,
}

/// A directory of the new tree and the same directory of each parent.
struct Level {
    prefix: Vec<u8>,
    depth: usize,
    tree: ObjectId,
    parents: Vec<ObjectId>,
}

impl<'s> Differ<'s> {
    /// Creates a differ that refuses trees of more than `limit` bytes.
    pub fn new(store: &'s Store, limit: u64) -> Self {
        Self {
            reader: Reader::new(store, limit),
            hash_len: store.hash().len_in_bytes(),
            cache: HashMap::new(),
            cached: 0,
            changed: 0,
        }
    }

    /// Fails if the commits differ in more entries than allowed; `now` is the count of
    /// this commit so far.
    fn bounded(&self, now: usize) -> Result<(), GitError> {
        let what = match now {
            _ if now > MAX_CHANGED => "a commit changes more than 2,000,000 files",
            _ if self.changed + now > MAX_IN_ALL => "its commits change more than 16,000,000 files",
            _ => return Ok(()),
        };
        Err(GitError::TooMany { what })
    }

    /// Returns the inner reader, for other objects.
    pub(crate) fn reader(&mut self) -> &mut Reader<'s> {
        &mut self.reader
    }

    /// Returns the raw bytes of tree `id`.
    pub(crate) fn tree(&mut self, id: &oid) -> Result<Rc<[u8]>, GitError> {
        if let Some(bytes) = self.cache.get(id) {
            return Ok(Rc::clone(bytes));
        }
        let mut bytes = Vec::new();
        if !id.is_empty_tree() {
            self.reader.expect(id, Kind::Tree, &mut bytes)?;
        }
        if self.cached > CACHE {
            self.cache.clear();
            self.cached = 0;
        }
        self.cached += bytes.len();
        let bytes: Rc<[u8]> = bytes.into();
        self.cache.insert(id.to_owned(), Rc::clone(&bytes));
        Ok(bytes)
    }

    /// Returns the tree of commit `id`.
    pub(crate) fn tree_of(&mut self, id: &oid) -> Result<ObjectId, GitError> {
        Ok(commit::read(self.reader(), id)?.tree)
    }

    /// Returns the differences between `tree` and all trees in `parents`: everything if
    /// there are no parents.
    pub(crate) fn changes(
        &mut self,
        tree: &oid,
        parents: &[ObjectId],
    ) -> Result<Changes, GitError> {
        let mut changes = Changes::default();
        let mut gone = Vec::new();
        let found = self.below(Vec::new(), tree, parents, &mut changes, &mut gone);
        let found = found.and_then(|()| self.settle(&mut changes, gone));
        self.changed += changes.new.len() + changes.gone.len();
        found.map(|()| changes)
    }

    /// Does the same as [`Differ::changes`] for the directory `prefix` (empty, or ending
    /// in `/`), but does not search for renames. Entries that only the parents have go to
    /// `gone`; directories among them are not read.
    pub(in crate::git) fn below(
        &mut self,
        prefix: Vec<u8>,
        tree: &oid,
        parents: &[ObjectId],
        changes: &mut Changes,
        gone: &mut Vec<Gone>,
    ) -> Result<(), GitError> {
        let top = Level {
            prefix,
            depth: 0,
            tree: tree.to_owned(),
            parents: parents.to_vec(),
        };
        let mut todo = vec![top];
        while let Some(level) = todo.pop() {
            if level.parents.contains(&level.tree) {
                continue;
            }
            if level.depth > MAX_DEPTH {
                return Err(GitError::damaged(&level.tree));
            }
            let first = todo.len();
            self.level(&level, changes, gone, &mut todo)?;
            todo[first..].reverse();
        }
        Ok(())
    }

    fn level(
        &mut self,
        level: &Level,
        changes: &mut Changes,
        gone: &mut Vec<Gone>,
        todo: &mut Vec<Level>,
    ) -> Result<(), GitError> {
        let bytes = self.tree(&level.tree)?;
        let old = level.parents.iter().map(|id| Ok((*id, self.tree(id)?)));
        let old = old.collect::<Result<Vec<_>, GitError>>()?;
        let old = old
            .iter()
            .map(|(id, bytes)| names(id, bytes, self.hash_len))
            .collect::<Result<Vec<_>, _>>()?;
        let mut here = HashSet::new();
        for entry in tree::entries(&bytes, self.hash_len) {
            let entry = entry.map_err(|_| GitError::damaged(&level.tree))?;
            here.insert(entry.name);
            let before: Vec<&TreeEntry<'_>> = old
                .iter()
                .filter_map(|names| names.get(entry.name))
                .collect();
            let mut path = level.prefix.clone();
            path.extend_from_slice(entry.name);
            if tree::entry_kind(entry.mode) == EntryKind::Tree {
                let trees = before
                    .iter()
                    .filter(|old| tree::entry_kind(old.mode) == EntryKind::Tree);
                let parents = trees.map(|old| old.id.to_owned()).collect();
                path.push(b'/');
                todo.push(Level {
                    prefix: path,
                    depth: level.depth + 1,
                    tree: entry.id.to_owned(),
                    parents,
                });
            } else {
                add(changes, path, entry.mode, entry.id, &before);
            }
            self.bounded(changes.new.len() + gone.len() + todo.len())?;
        }
        for entry in old
            .iter()
            .flat_map(HashMap::values)
            .filter(|entry| !here.contains(entry.name))
        {
            let mut path = level.prefix.clone();
            path.extend_from_slice(entry.name);
            gone.push(Gone {
                path,
                mode: entry.mode,
                id: entry.id.to_owned(),
            });
        }
        self.bounded(changes.new.len() + gone.len() + todo.len())
    }

    /// Finds pure renames between new and removed paths, unless there are too many.
    pub(in crate::git) fn settle(
        &mut self,
        changes: &mut Changes,
        gone: Vec<Gone>,
    ) -> Result<(), GitError> {
        if !changes.new.iter().any(|new| new.old.is_empty()) {
            return Ok(());
        }
        let mut todo = gone;
        while let Some(entry) = todo.pop() {
            match tree::entry_kind(entry.mode) {
                EntryKind::Submodule => {}
                EntryKind::File | EntryKind::Link => {
                    changes.gone.push(GoneBlob {
                        path: entry.path,
                        id: entry.id,
                    });
                }
                EntryKind::Tree => {
                    if memchr::memchr_iter(b'/', &entry.path).count() > MAX_DEPTH {
                        return Err(GitError::damaged(&entry.id));
                    }
                    let bytes = self.tree(&entry.id)?;
                    for below in tree::entries(&bytes, self.hash_len) {
                        let below = below.map_err(|_| GitError::damaged(&entry.id))?;
                        let mut path = entry.path.clone();
                        path.push(b'/');
                        path.extend_from_slice(below.name);
                        todo.push(Gone {
                            path,
                            mode: below.mode,
                            id: below.id.to_owned(),
                        });
                    }
                }
            }
            if changes.gone.len() + todo.len() > MAX_CHANGED {
                // Without renames, all new paths are judged as new.
                changes.gone.clear();
                return Ok(());
            }
        }
        changes
            .gone
            .sort_unstable_by(|a, b| (&a.path, a.id).cmp(&(&b.path, b.id)));
        changes.gone.dedup();
        let mut by_id: HashMap<ObjectId, &GoneBlob> = HashMap::new();
        let mut by_name: HashMap<(ObjectId, &[u8]), &GoneBlob> = HashMap::new();
        for gone in &changes.gone {
            by_id.entry(gone.id).or_insert(gone);
            by_name
                .entry((gone.id, file_name(&gone.path)))
                .or_insert(gone);
        }
        for new in changes.new.iter_mut().filter(|new| new.old.is_empty()) {
            let same_name = by_name.get(&(new.id, file_name(&new.path)));
            let from = same_name.or_else(|| by_id.get(&new.id));
            new.renamed_from = from.map(|gone| gone.path.clone());
        }
        Ok(())
    }
}

/// An entry that a parent has and the new tree does not: a blob or a whole directory.
pub(in crate::git) struct Gone {
    pub(in crate::git) path: Vec<u8>,
    pub(in crate::git) mode: u32,
    pub(in crate::git) id: ObjectId,
}

/// Returns the last component of a path.
pub(crate) fn file_name(path: &[u8]) -> &[u8] {
    &path[memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1)..]
}

/// Adds a blob or submodule unless a parent has the same one at this path. A submodule can
/// name the id of a blob, and is another thing all the same.
pub(in crate::git) fn add(
    changes: &mut Changes,
    path: Vec<u8>,
    mode: u32,
    id: &oid,
    before: &[&TreeEntry<'_>],
) {
    let is_blob = |mode| matches!(tree::entry_kind(mode), EntryKind::File | EntryKind::Link);
    let of_its_kind = || {
        let alike = |old: &&&TreeEntry<'_>| match tree::entry_kind(old.mode) {
            EntryKind::Tree => false,
            _ => is_blob(old.mode) == is_blob(mode),
        };
        before.iter().filter(alike)
    };
    if of_its_kind().any(|old| old.id == id) {
        return;
    }
    if !is_blob(mode) {
        changes.submodules.push(path);
        return;
    }
    let mut old: Vec<ObjectId> = of_its_kind().map(|old| old.id.to_owned()).collect();
    old.sort_unstable();
    old.dedup();
    changes.new.push(NewBlob {
        path,
        id: id.to_owned(),
        mode,
        old,
        renamed_from: None,
    });
}

/// Returns a tree's entries by name.
pub(in crate::git) fn names<'a>(
    id: &oid,
    bytes: &'a [u8],
    hash_len: usize,
) -> Result<HashMap<&'a [u8], TreeEntry<'a>>, GitError> {
    tree::entries(bytes, hash_len)
        .map(|entry| {
            entry
                .map(|entry| (entry.name, entry))
                .map_err(|_| GitError::damaged(id))
        })
        .collect()
}

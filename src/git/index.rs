//! Compares the index with HEAD: the changes that `git commit` would record.
//!
//! The index caches the tree of each directory that did not change since the index was
//! last written (extension TREE), and git commits those trees as they are. A directory
//! whose cached tree equals HEAD's is skipped unread, so a small commit in a large
//! repository takes microseconds. Nothing is written.

use std::collections::HashSet;
use std::ops::Range;

use gix::ObjectId;
use gix::hash::oid;
use gix::index::entry::{Flags, Mode};
use gix::index::extension::Tree;

use super::diff::{self, Changes, Differ, Gone};
use super::error::GitError;
use super::object::{DEFAULT_LIMIT, Reader};
use super::plain;
use super::refs;
use super::store::Store;
use super::tree::{self, EntryKind, TreeEntry};

/// The largest MERGE_HEAD that is read: enough for half a million merged commits.
const MAX_MERGE_HEAD: u64 = 16 << 20;

/// The staged changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staged {
    /// The entries that are in the index, but not in HEAD or, in a merge, a merged
    /// commit.
    pub changes: Changes,
    /// Paths added with intent only (`git add -N`): a commit would not record them.
    pub intent_to_add: Vec<Vec<u8>>,
    /// Paths with conflicts; git refuses to commit until they are resolved. Each side
    /// that differs from all parents is among the changes.
    pub unmerged: Vec<Vec<u8>>,
    /// The commits compared with: HEAD unless it is unborn, and the merged commits.
    pub parents: Vec<ObjectId>,
}

/// One directory to compare.
struct Level<'i> {
    prefix: Vec<u8>,
    entries: Range<usize>,
    cached: Option<&'i Tree>,
    parents: Vec<ObjectId>,
}

struct Compare<'a, 's, 'i> {
    index: &'i gix::index::File,
    differ: &'a mut Differ<'s>,
    hash_len: usize,
    staged: Staged,
    gone: Vec<Gone>,
}

/// Compares the index (see `Store::index_path`) with HEAD and, in a merge, with the
/// merged commits. A missing index counts as empty.
pub fn staged(store: &Store, differ: &mut Differ<'_>) -> Result<Staged, GitError> {
    staged_merging(store, differ, &[])
}

/// Does the same as [`staged`] while the commits `merging` are being merged. The hook
/// pre-merge-commit needs it: it runs before git writes MERGE_HEAD.
pub(crate) fn staged_merging(
    store: &Store,
    differ: &mut Differ<'_>,
    merging: &[ObjectId],
) -> Result<Staged, GitError> {
    let index = open(store)?;
    let mut parents: Vec<ObjectId> = refs::head(store)?.into_iter().collect();
    for parent in merge_heads(store)?.iter().chain(merging) {
        if !parents.contains(parent) {
            parents.push(*parent);
        }
    }
    let mut trees = Vec::new();
    for parent in &parents {
        trees.push(differ.tree_of(parent)?);
    }
    let staged = Staged {
        parents,
        ..Staged::default()
    };
    let hash_len = store.hash().len_in_bytes();
    let mut compare = Compare {
        index: &index,
        differ,
        hash_len,
        staged,
        gone: Vec::new(),
    };
    let top = Level {
        prefix: Vec::new(),
        entries: 0..index.entries().len(),
        cached: index.tree(),
        parents: trees,
    };
    let mut todo = vec![top];
    while let Some(level) = todo.pop() {
        if !compare.unchanged(&level) {
            let first = todo.len();
            compare.level(&level, &mut todo)?;
            todo[first..].reverse();
        }
    }
    let Compare {
        differ,
        mut staged,
        gone,
        ..
    } = compare;
    differ.settle(&mut staged.changes, gone)?;
    Ok(staged)
}

/// Returns the paths of all regular files that the index tracks, in git's order, relative
/// to the top of the working tree.
pub(crate) fn tracked(store: &Store) -> Result<Vec<Vec<u8>>, GitError> {
    Ok(files(&open(store)?).map(<[u8]>::to_vec).collect())
}

/// Returns the paths of all regular files of `index`.
fn files(index: &gix::index::File) -> impl Iterator<Item = &[u8]> {
    let files = index.entries().iter();
    files
        .filter(|e| e.mode.contains(Mode::FILE) && !e.mode.contains(Mode::SYMLINK))
        .map(|e| -> &[u8] { e.path_in(index.path_backing()) })
}

/// The entries of an index, to look up.
pub(crate) struct Entries {
    index: gix::index::File,
    /// All paths in lower case, sorted, if the case of names does not matter.
    folded: Option<Vec<Vec<u8>>>,
}

impl Entries {
    /// Reads the index of `store`. With `fold`, the case of ASCII letters does not matter.
    ///
    /// # Errors
    /// Fails if the index cannot be read.
    pub(crate) fn open(store: &Store, fold: bool) -> Result<Self, GitError> {
        let index = open(store)?;
        let folded = fold.then(|| {
            let paths = index.entries().iter().map(|e| e.path(&index));
            let mut paths: Vec<_> = paths.map(|path| path.to_ascii_lowercase()).collect();
            paths.sort_unstable();
            paths
        });
        Ok(Self { index, folded })
    }

    /// Whether the index has `path`, or may have it: of a directory outside the sparse
    /// checkout, it has only the name.
    pub(crate) fn has(&self, path: &[u8]) -> bool {
        let (before, at) = self.around(path);
        let path = self.key(path);
        at.is_some_and(|entry| entry == path)
            || before.is_some_and(|entry| entry.ends_with(b"/") && path.starts_with(entry))
    }

    /// Whether the index has anything below the directory `path`, or `path` as another
    /// repository.
    pub(crate) fn has_below(&self, path: &[u8]) -> bool {
        let dir = [path, b"/"].concat();
        let (_, at) = self.around(&dir);
        at.is_some_and(|entry| entry.starts_with(&self.key(&dir))) || self.has(path)
    }

    /// Returns the regular files below the directory `path`, in git's order.
    pub(crate) fn below(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let dir = self.key(&[path, b"/"].concat());
        let files = files(&self.index);
        let files = files.filter(|file| path.is_empty() || self.key(file).starts_with(&dir));
        files.map(<[u8]>::to_vec).collect()
    }

    fn key(&self, path: &[u8]) -> Vec<u8> {
        match self.folded {
            Some(_) => path.to_ascii_lowercase(),
            None => path.to_vec(),
        }
    }

    /// Returns the entries before `path` and at or after it.
    fn around(&self, path: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
        if let Some(paths) = &self.folded {
            let path = path.to_ascii_lowercase();
            let at = paths.partition_point(|entry| *entry < path);
            let get = |at: usize| paths.get(at).map(Vec::as_slice);
            return (at.checked_sub(1).and_then(get), get(at));
        }
        let entries = self.index.entries();
        let path_of =
            |entry: &gix::index::Entry| -> &[u8] { entry.path_in(self.index.path_backing()) };
        let at = entries.partition_point(|entry| {
            entry.path_in(self.index.path_backing()) < gix::bstr::BStr::new(path)
        });
        let get = |at: usize| entries.get(at).map(path_of);
        (at.checked_sub(1).and_then(get), get(at))
    }
}

/// Whether the index has an entry of any kind whose path `is_meant` accepts.
pub(crate) fn any(store: &Store, is_meant: impl Fn(&[u8]) -> bool) -> Result<bool, GitError> {
    let index = open(store)?;
    let mut entries = index.entries().iter();
    Ok(entries.any(|entry| is_meant(entry.path(&index))))
}

/// Whether the commit that is checked out has `path`, relative to the top of the working tree.
pub(crate) fn is_at_head(store: &Store, path: &[u8]) -> Result<bool, GitError> {
    let Some(commit) = refs::head(store)? else {
        return Ok(false);
    };
    let tree = Differ::new(store, DEFAULT_LIMIT).tree_of(&commit)?;
    let found = Reader::new(store, DEFAULT_LIMIT).find_path(&tree, path)?;
    Ok(found.is_some())
}

/// Returns the ids of all blobs that the index or the tree of one of `commits` has.
pub(crate) fn blobs(store: &Store, commits: &[ObjectId]) -> Result<HashSet<ObjectId>, GitError> {
    let index = open(store)?;
    let entries = index.entries().iter();
    let entries = entries.filter(|entry| !entry.flags.contains(Flags::INTENT_TO_ADD));
    let mut blobs: HashSet<ObjectId> = entries.map(|entry| entry.id).collect();
    // A directory that the index has as it is brings nothing else.
    let mut seen = HashSet::new();
    let mut cached: Vec<&Tree> = index.tree().into_iter().collect();
    while let Some(tree) = cached.pop() {
        if tree.num_entries.is_some() && !index.is_sparse() {
            seen.insert(tree.id);
        }
        cached.extend(&tree.children);
    }
    let mut differ = Differ::new(store, DEFAULT_LIMIT);
    let mut todo = Vec::new();
    for commit in commits {
        todo.push(differ.tree_of(commit)?);
    }
    while let Some(tree) = todo.pop() {
        if !seen.insert(tree) {
            continue;
        }
        let bytes = differ.tree(&tree)?;
        for entry in tree::entries(&bytes, store.hash().len_in_bytes()) {
            let entry = entry.map_err(|_| GitError::damaged(&tree))?;
            match tree::entry_kind(entry.mode) {
                EntryKind::Tree => todo.push(entry.id.to_owned()),
                EntryKind::File | EntryKind::Link => drop(blobs.insert(entry.id.to_owned())),
                EntryKind::Submodule => {}
            }
        }
    }
    Ok(blobs)
}

/// Opens and decodes the index file. A missing one counts as empty.
pub(in crate::git) fn open(store: &Store) -> Result<gix::index::File, GitError> {
    let path = store.index_path().to_owned();
    let options = gix::index::decode::Options {
        thread_limit: Some(1),
        ..Default::default()
    };
    gix::index::File::at_or_default(path.clone(), store.hash(), false, options).map_err(|error| {
        GitError::Index {
            path,
            why: error.to_string(),
        }
    })
}

/// Returns the commits in MERGE_HEAD during a merge.
fn merge_heads(store: &Store) -> Result<Vec<ObjectId>, GitError> {
    let path = store.git_dir().join("MERGE_HEAD");
    match plain::read(&path, MAX_MERGE_HEAD) {
        Ok(text) => text
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| {
                ObjectId::from_hex(line.trim_ascii()).map_err(|_| GitError::References {
                    why: format!("{} is malformed", path.display()),
                })
            })
            .collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(GitError::Io { path, source }),
    }
}

impl<'i> Compare<'_, '_, 'i> {
    /// Returns whether the cached tree says that a parent has the same directory.
    fn unchanged(&self, level: &Level<'_>) -> bool {
        level.cached.is_some_and(|cached| {
            let covers = cached
                .num_entries
                .is_some_and(|n| n as usize == level.entries.len());
            (covers || (cached.num_entries.is_some() && self.index.is_sparse()))
                && level.parents.contains(&cached.id)
        })
    }

    fn path(&self, at: usize) -> &'i [u8] {
        self.index.entries()[at].path_in(self.index.path_backing())
    }

    fn level(&mut self, level: &Level<'i>, todo: &mut Vec<Level<'i>>) -> Result<(), GitError> {
        let old = level
            .parents
            .iter()
            .map(|id| Ok((*id, self.differ.tree(id)?)));
        let old = old.collect::<Result<Vec<_>, GitError>>()?;
        let old = old
            .iter()
            .map(|(id, bytes)| diff::names(id, bytes, self.hash_len))
            .collect::<Result<Vec<_>, _>>()?;
        let mut here = HashSet::new();
        let mut at = level.entries.start;
        while at < level.entries.end {
            let rest = self.path(at).get(level.prefix.len()..).unwrap_or_default();
            let slash = memchr::memchr(b'/', rest);
            let name = &rest[..slash.unwrap_or(rest.len())];
            let before: Vec<&TreeEntry<'_>> =
                old.iter().filter_map(|names| names.get(name)).collect();
            if slash.is_none() {
                if self.file(at, &before) {
                    here.insert(name);
                }
                at += 1;
                continue;
            }
            here.insert(name);
            let mut prefix = level.prefix.clone();
            prefix.extend_from_slice(name);
            prefix.push(b'/');
            let end = self.end_of(&prefix, at, level.entries.end);
            let trees = before.iter().filter(|old| is_tree(old.mode));
            let parents: Vec<ObjectId> = trees.map(|old| old.id.to_owned()).collect();
            if self.path(at) == prefix {
                // A directory outside the sparse checkout: a single entry for its tree.
                let id = self.index.entries()[at].id;
                let (changes, gone) = (&mut self.staged.changes, &mut self.gone);
                self.differ.below(prefix, &id, &parents, changes, gone)?;
            } else {
                let children = level.cached.map_or(&[][..], |tree| &tree.children);
                let cached = children.iter().find(|child| child.name[..] == *name);
                todo.push(Level {
                    prefix,
                    entries: at..end,
                    cached,
                    parents,
                });
            }
            at = end;
        }
        for entry in old.iter().flat_map(std::collections::HashMap::values) {
            if !here.contains(entry.name) {
                let path = [&level.prefix, entry.name].concat();
                self.gone.push(Gone {
                    path,
                    mode: entry.mode,
                    id: entry.id.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Returns the first entry from `at` on that is not below `prefix`.
    fn end_of(&self, prefix: &[u8], at: usize, end: usize) -> usize {
        let below = &self.index.entries()[at..end];
        let backing = self.index.path_backing();
        at + below.partition_point(|entry| entry.path_in(backing).starts_with(prefix))
    }

    /// Compares a file's entry; returns whether a commit would record the path.
    fn file(&mut self, at: usize, before: &[&TreeEntry<'_>]) -> bool {
        let entry = &self.index.entries()[at];
        let path = self.path(at).to_vec();
        if entry.flags.contains(Flags::INTENT_TO_ADD) {
            self.staged.intent_to_add.push(path);
            return false;
        }
        if entry.stage_raw() != 0 && self.staged.unmerged.last() != Some(&path) {
            self.staged.unmerged.push(path.clone());
        }
        let id: &oid = &entry.id;
        diff::add(
            &mut self.staged.changes,
            path,
            mode_number(entry.mode),
            id,
            before,
        );
        true
    }
}

fn is_tree(mode: u32) -> bool {
    tree::entry_kind(mode) == EntryKind::Tree
}

fn mode_number(mode: Mode) -> u32 {
    mode.bits()
}

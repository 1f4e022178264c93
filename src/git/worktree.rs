//! Compares the working tree with the index: which tracked files may have been edited.
//!
//! Works as git does: it compares the result of `lstat` with the values that the index
//! recorded when the file was last known to be unchanged. Nothing is read or written. A
//! file that might differ is listed; the caller reads it to find out.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::index::entry::stat::Options;
use gix::index::entry::{Flags, Mode, Stat};
use gix::index::fs::Metadata;

use super::error::GitError;
use super::index;
use super::plain;
use super::store::Store;

/// The tracked files of a working tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Worktree {
    /// Files and links that may differ from the index, in the order of the index.
    pub edited: Vec<Edited>,
    /// All paths in the index, relative to the top.
    pub tracked: HashSet<Vec<u8>>,
    /// Paths of other repositories.
    pub submodules: Vec<Vec<u8>>,
    /// Paths whose state could not be read, and why.
    pub failed: Vec<(Vec<u8>, std::io::ErrorKind)>,
}

/// A tracked file that may have been edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edited {
    /// Path relative to the top.
    pub path: Vec<u8>,
    /// The versions in the index: several in a conflict, none if the path was added with
    /// intent only.
    pub staged: Vec<ObjectId>,
}

/// Compares the working tree at `store`'s top with its index.
///
/// # Errors
/// Fails if there is no working tree, or the index cannot be read.
pub(crate) fn edited(store: &Store) -> Result<Worktree, GitError> {
    let top = store.work_tree()?;
    let index = index::open(store)?;
    let written = index.timestamp();
    let options = Options {
        trust_ctime: true,
        check_stat: true,
        use_nsec: true,
        use_stdev: false,
    };
    let mut tree = Worktree::default();
    for entry in index.entries() {
        let path = entry.path(&index).to_vec();
        if entry.mode == Mode::COMMIT {
            tree.submodules.push(path);
            continue;
        }
        if entry.mode.is_sparse() {
            continue;
        }
        let Some(file) = file_name(&path).map(|name| top.join(name)) else {
            tree.failed.push((path, std::io::ErrorKind::InvalidInput));
            continue;
        };
        let same = match Metadata::from_path_no_follow(&file) {
            // The file was deleted or replaced by a directory: nothing is left of it.
            Err(e) if gone(e.kind()) => true,
            Err(e) => {
                tree.failed.push((path.clone(), e.kind()));
                true
            }
            Ok(found) if found.is_dir() => true,
            Ok(found) => Stat::from_fs(&found).is_ok_and(|now| {
                entry.stat.matches(&now, options) && !entry.stat.is_racy(written, options)
            }),
        };
        let intended = entry.flags.contains(Flags::INTENT_TO_ADD);
        if !same || intended {
            let staged = if intended { vec![] } else { vec![entry.id] };
            match tree.edited.last_mut() {
                Some(last) if last.path == path => last.staged.extend(staged),
                _ => tree.edited.push(Edited {
                    path: path.clone(),
                    staged,
                }),
            }
        }
        tree.tracked.insert(path);
    }
    Ok(tree)
}

fn gone(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(kind, NotFound | NotADirectory)
}

/// Returns the top of the working tree that contains `path`: the nearest parent with a
/// `.git`.
pub(crate) fn top_of(path: &Path) -> Option<PathBuf> {
    let mut dirs = path.ancestors();
    dirs.find(|dir| dir.join(".git").exists())
        .map(Path::to_owned)
}

/// Returns whether `dir` is the directory of a repository or of a linked working tree: what is
/// in it belongs to git.
pub(crate) fn is_git_dir(dir: &Path) -> bool {
    let is_whole = || dir.join("objects").is_dir() && dir.join("refs").is_dir();
    dir.join("HEAD").symlink_metadata().is_ok() && (is_whole() || dir.join("commondir").is_file())
}

/// Returns whether `dir` is the top of a repository's working tree, by what git asks for: a
/// `HEAD`, objects and references. A `.git` that is something else is a name like others.
pub(crate) fn is_top(dir: &Path) -> bool {
    let Some(git_dir) = git_dir_in(dir) else {
        return false;
    };
    let common = shared_by(&git_dir);
    git_dir.join("HEAD").symlink_metadata().is_ok()
        && common.join("objects").is_dir()
        && common.join("refs").is_dir()
}

/// Returns the git directory that `.git` in `dir` is or names.
fn git_dir_in(dir: &Path) -> Option<PathBuf> {
    let link = dir.join(".git");
    match std::fs::metadata(&link).ok()? {
        meta if meta.is_dir() => Some(link),
        meta if meta.is_file() => {
            let target = plain::path_in(&link, b"gitdir: ").ok()??;
            Some(dir.join(target))
        }
        _ => None,
    }
}

/// Returns the directory that a git directory shares with other working trees; itself if it
/// shares none.
fn shared_by(git_dir: &Path) -> PathBuf {
    let shared = git_dir.join("commondir");
    match shared.exists().then(|| plain::path_in(&shared, b"")) {
        Some(Ok(Some(common))) => git_dir.join(common),
        _ => git_dir.to_owned(),
    }
}

/// Returns the canonical directory of the repository of `dir`, which is a top of a working
/// tree or a git directory. All working trees of a repository have the same.
pub(crate) fn repository_of(dir: &Path) -> Option<PathBuf> {
    let git_dir = git_dir_in(dir).or_else(|| is_git_dir(dir).then(|| dir.to_owned()))?;
    std::fs::canonicalize(shared_by(&git_dir)).ok()
}

/// Returns the nearest parent of `path`, or `path` itself, that is the top of a working
/// tree. One whose `.git` cannot be read counts: what it tracks is unknown.
pub(crate) fn top_around(path: &Path) -> Option<PathBuf> {
    let mut dirs = path.ancestors();
    let top = dirs.find(|dir| {
        let link = dir.join(".git");
        is_top(dir) || link.is_file() || link.join("HEAD").symlink_metadata().is_ok()
    });
    top.map(Path::to_owned)
}

/// Converts a path of the index to a file system path below the top. Returns None if that
/// is impossible, or if the path leads outside.
pub(crate) fn file_name(path: &[u8]) -> Option<PathBuf> {
    let inside = |part: &[u8]| !matches!(part, b"" | b"." | b"..");
    if !path.split(|b| *b == b'/').all(inside) {
        return None;
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        Some(PathBuf::from(std::ffi::OsStr::from_bytes(path)))
    }
    #[cfg(not(unix))]
    {
        std::str::from_utf8(path).ok().map(PathBuf::from)
    }
}

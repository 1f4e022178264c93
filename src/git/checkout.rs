//! Which directory is the working tree of a repository: the one whose `.git` leads to it.
//!
//! `core.worktree` is a part of the repository. A scanner that obeys it reads whatever
//! directory the repository names, tells it as the repository's content, and writes files
//! there. So the key counts only where it says what the directories themselves say, as in
//! a submodule.

use std::path::{Path, PathBuf};

use super::plain;

/// The working tree of a repository.
#[derive(Default)]
pub(super) struct Checkout {
    /// Its top; None if there is none.
    pub top: Option<PathBuf>,
    /// The directory that the repository names instead, which does not lead back to it.
    pub elsewhere: Option<PathBuf>,
}

/// Decides which directory is the working tree of the repository in `git_dir`, which was
/// found at `path`.
///
/// `said` is what the repository and its place say together. It counts if its `.git` leads
/// back to `git_dir`, or if `is_named`, because the user named the git directory, and it is
/// the current directory: that is where git looks then.
pub(super) fn decide(git_dir: &Path, said: Option<&Path>, path: &Path, is_named: bool) -> Checkout {
    let Some(said) = said else {
        return Checkout::default();
    };
    if leads_to(said, git_dir) || (is_named && same(said, Path::new("."))) {
        return Checkout {
            top: Some(said.to_owned()),
            elsewhere: None,
        };
    }
    let start = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut dirs = start.ancestors();
    Checkout {
        top: dirs.find(|dir| leads_to(dir, git_dir)).map(Path::to_owned),
        elsewhere: Some(said.to_owned()),
    }
}

/// Whether the `.git` in `dir` is `git_dir`, or a file that names it.
fn leads_to(dir: &Path, git_dir: &Path) -> bool {
    let below = dir.join(".git");
    match std::fs::metadata(&below) {
        Ok(meta) if meta.is_dir() => same(&below, git_dir),
        Ok(meta) if meta.is_file() => plain::git_dir_of(&below)
            .ok()
            .flatten()
            .is_some_and(|target| same(&dir.join(target), git_dir)),
        _ => false,
    }
}

fn same(a: &Path, b: &Path) -> bool {
    match (std::fs::canonicalize(a), std::fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

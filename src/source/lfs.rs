//! Content that Git LFS stores beside a repository, if it is there.
//!
//! Source of the layout: the specification of Git LFS, "The Local Storage": an object is the file
//! `lfs/objects/OID[0:2]/OID[2:4]/OID` of the git directory.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file;
use crate::git::{Store, worktree};
use crate::inside::Pointer;

/// The directories with objects of Git LFS.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objects(Arc<[PathBuf]>);

impl Objects {
    /// Returns the objects of a repository.
    pub(crate) fn of_store(store: &Store) -> Self {
        Self::below(std::iter::once(store.common_dir()))
    }

    /// Returns the objects of the repositories in which `paths` are.
    pub(super) fn of_paths(paths: &[PathBuf]) -> Self {
        let repository = |path: &PathBuf| {
            let top = worktree::top_of(&std::fs::canonicalize(path).ok()?)?;
            worktree::repository_of(&top)
        };
        Self::below(paths.iter().filter_map(repository))
    }

    fn below(git_dirs: impl Iterator<Item = PathBuf>) -> Self {
        let objects = git_dirs.map(|dir| dir.join("lfs").join("objects"));
        let mut all: Vec<PathBuf> = objects.filter(|dir| dir.is_dir()).collect();
        all.dedup();
        Self(all.into())
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Opens the object that `pointer` names, if it is here, whole.
    pub(super) fn open(&self, pointer: &Pointer) -> Option<File> {
        let oid = pointer.oid();
        self.0.iter().find_map(|dir| {
            let path = dir.join(oid.get(..2)?).join(oid.get(2..4)?).join(oid);
            open(&path, pointer.size)
        })
    }
}

fn open(path: &Path, size: u64) -> Option<File> {
    if path.symlink_metadata().ok()?.is_symlink() {
        return None;
    }
    let (file, meta) = file::open(path).ok()?;
    (meta.is_file() && meta.len() == size).then_some(file)
}

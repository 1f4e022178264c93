//! The files that git tracks, with their content in the working tree. Paths are relative
//! to the top of the working tree, whatever the current directory is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::walk::{FileReader, FileUnit, WalkOptions, WalkSource};
use super::{Item, Piece, Sink, Source, UnitReader, Unopened};
use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::git::{GitError, Store, index, worktree};
use crate::globs::Scope;
use crate::inside::Most;
use crate::stop::{Stop, describe};

/// The tracked files of a working tree.
pub struct TrackedSource {
    walk: WalkSource,
    top: PathBuf,
}

impl TrackedSource {
    /// Lists the files in the index of `store` that `scope` includes, as far as `most`
    /// allows.
    ///
    /// # Errors
    /// Fails if there is no working tree, or if the index cannot be read.
    pub fn open(store: &Store, most: Most, scope: Arc<Scope>) -> Result<Self, GitError> {
        let top = store.work_tree()?;
        let top = std::fs::canonicalize(top).map_err(|source| GitError::Io {
            path: top.to_owned(),
            source,
        })?;
        let (mut files, mut unlisted) = (Vec::new(), Vec::new());
        for path in index::tracked(store)? {
            match worktree::file_name(&path) {
                Some(path) => files.push(top.join(path)),
                None => unlisted.push(SourceError {
                    path: BlobPath::new(path),
                    why: "this system cannot name it".to_owned(),
                }),
            }
        }
        let walk = WalkSource::without_globs(WalkOptions {
            most,
            scope,
            base: top.clone(),
            files,
            unlisted,
            ..WalkOptions::default()
        });
        Ok(Self { walk, top })
    }
}

/// Returns a path relative to `top`, in the form that reports show.
pub(super) fn below(top: &Path, path: &BlobPath) -> BlobPath {
    let top = BlobPath::shown(top);
    let rest = path.as_bytes().strip_prefix(top.as_bytes());
    match rest.and_then(|rest| rest.strip_prefix(b"/")) {
        Some(rest) => BlobPath::new(rest),
        None => path.clone(),
    }
}

impl Source for TrackedSource {
    type Unit = FileUnit;
    type Reader = TrackedReader;

    fn list(&self, emit: &mut dyn FnMut(Item<FileUnit>) -> bool) {
        self.walk.list(&mut |item| {
            emit(match item {
                Item::Unit(unit) => Item::Unit(unit),
                Item::Skipped { path, why } => Item::Skipped {
                    path: below(&self.top, &path),
                    why,
                },
                Item::Failed(error) => Item::Failed(SourceError {
                    path: below(&self.top, &error.path),
                    ..error
                }),
            })
        });
    }

    fn reader(&self) -> TrackedReader {
        TrackedReader {
            files: self.walk.reader(),
            top: self.top.clone(),
        }
    }
}

/// Reads tracked files.
pub struct TrackedReader {
    files: FileReader,
    top: PathBuf,
}

impl UnitReader for TrackedReader {
    type Unit = FileUnit;

    fn read(&mut self, unit: &FileUnit, sink: &mut dyn Sink) {
        let path = self.path_of(unit);
        self.files.read(unit, &mut Renamed { path, sink });
    }

    fn path_of(&self, unit: &FileUnit) -> BlobPath {
        below(&self.top, &self.files.path_of(unit))
    }
}

/// Passes everything on under another path.
struct Renamed<'s> {
    path: BlobPath,
    sink: &'s mut dyn Sink,
}

impl Sink for Renamed<'_> {
    fn piece(&mut self, piece: Piece<'_>) {
        let path = &piece.path.with_file(self.path.as_bytes());
        self.sink.piece(Piece { path, ..piece });
    }

    fn skipped(&mut self, _path: &BlobPath, why: SkipReason) {
        self.sink.skipped(&self.path, why);
    }

    fn failed(&mut self, error: SourceError) {
        self.sink.failed(SourceError {
            path: self.path.clone(),
            ..error
        });
    }

    fn unopened(&mut self, path: &BlobPath, what: Unopened) {
        let path = path.with_file(self.path.as_bytes());
        self.sink.unopened(&path, what);
    }
}

/// Converts paths to paths relative to the top of the working tree. Each path must be in
/// the working tree; a deleted one is not resolved further.
///
/// # Errors
/// Fails if a path is outside the working tree, or if the top cannot be read.
pub(super) fn within(store: &Store, paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, Stop> {
    let top = store.work_tree()?;
    let stop = |path: &Path, why: &str| Stop::new(format!("{}: {why}", path.display()));
    let top = std::fs::canonicalize(top).map_err(|e| stop(top, &describe(&e)))?;
    let mut out = Vec::new();
    for path in paths {
        let full = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
        let full = full.map_err(|e| stop(path, &describe(&e)))?;
        let below = full.strip_prefix(&top).map_err(|_| {
            stop(path, "not in this repository's working tree")
                .help("`scan --changed` scans the repository of the current directory")
        })?;
        out.push(BlobPath::shown(below).as_bytes().to_vec());
    }
    Ok(out)
}

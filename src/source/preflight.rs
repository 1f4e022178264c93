//! Everything that the next commits could bring: staged changes, later edits, and
//! untracked files.
//!
//! Staged content is compared with HEAD, and edited files with the staged content.
//! Untracked files count whole. So every changed line is judged once.

use std::path::{Path, PathBuf};

use super::budgeted::Budgeted;
use super::changed::{ChangedReader, ChangedUnit, Content};
use super::staged::StagedSource;
use super::tracked::{below, within};
use super::walk::WalkSource;
use super::{Item, Source};
use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::git::Store;
use crate::git::worktree::{self, Worktree};
use crate::inside::Most;
use crate::stop::Stop;

/// The changes of a working tree.
pub struct PreflightSource<'s> {
    staged: StagedSource<'s>,
    tree: Worktree,
    walk: WalkSource,
    top: PathBuf,
    within: Vec<Vec<u8>>,
}

impl<'s> PreflightSource<'s> {
    /// Compares HEAD, the index and the working tree of `store`. `walk` lists the files
    /// below its top that git does not ignore; its globs also apply to the other changes.
    /// Only paths at or below one of `paths` count, or all paths if it is empty.
    ///
    /// # Errors
    /// Fails if there is no working tree, if a path lies outside of it, or if the index,
    /// HEAD or a tree on the way cannot be read.
    pub fn open(
        store: &'s Store,
        walk: WalkSource,
        paths: &[PathBuf],
        most: Most,
    ) -> Result<Self, Stop> {
        let within = within(store, paths)?;
        let tree = worktree::edited(store)?;
        let mut staged = StagedSource::open(store, most)?;
        staged.forget(|path| worktree::file_name(path).is_some_and(|name| walk.left_out(&name)));
        Ok(Self {
            staged,
            tree,
            walk,
            top: store.work_tree()?.to_owned(),
            within,
        })
    }

    /// Returns notes for the summary.
    pub fn notes(&self) -> Vec<String> {
        self.staged.notes()
    }

    /// Lists edited tracked files.
    fn edited(&self, emit: &mut dyn FnMut(Item<ChangedUnit>) -> bool) -> bool {
        let failed = self.tree.failed.iter().all(|(path, kind)| {
            emit(Item::Failed(SourceError {
                path: BlobPath::new(path.as_slice()),
                why: crate::stop::describe(&std::io::Error::from(*kind)),
            }))
        });
        failed
            && self.tree.edited.iter().all(|edited| {
                let Some(name) = worktree::file_name(&edited.path) else {
                    return true;
                };
                let path = BlobPath::new(edited.path.as_slice());
                if self.walk.left_out(&name) {
                    return emit(Item::Skipped {
                        path,
                        why: SkipReason::Excluded,
                    });
                }
                emit(Item::Unit(ChangedUnit {
                    path,
                    content: Content::File {
                        file: self.top.join(name),
                        old: edited.staged.clone(),
                    },
                    commit: None,
                }))
            })
    }

    /// Lists files that are not in the index.
    fn untracked(&self, emit: &mut dyn FnMut(Item<ChangedUnit>) -> bool) {
        let known = |path: &BlobPath| {
            self.tree.tracked.contains(path.as_bytes())
                || self.tree.submodules.iter().any(|module| {
                    let rest = path.as_bytes().strip_prefix(module.as_slice());
                    rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
                })
        };
        self.walk.list(&mut |item| match item {
            Item::Unit(unit) => {
                let path = self.below_top(unit.path());
                known(&path)
                    || emit(Item::Unit(ChangedUnit {
                        path,
                        content: Content::File {
                            file: unit.path().to_owned(),
                            old: Vec::new(),
                        },
                        commit: None,
                    }))
            }
            Item::Skipped { path, why } => {
                let path = below(&self.top, &path);
                known(&path) || emit(Item::Skipped { path, why })
            }
            Item::Failed(error) => emit(Item::Failed(SourceError {
                path: below(&self.top, &error.path),
                ..error
            })),
        });
    }

    fn below_top(&self, path: &Path) -> BlobPath {
        BlobPath::shown(path.strip_prefix(&self.top).unwrap_or(path))
    }
}

/// Returns whether `path` is `dir` or below it. Everything is below the empty path.
fn is_below(path: &[u8], dir: &[u8]) -> bool {
    let rest = path.strip_prefix(dir);
    dir.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

impl<'s> Source for PreflightSource<'s> {
    type Unit = ChangedUnit;
    type Reader = ChangedReader<'s>;

    fn list(&self, emit: &mut dyn FnMut(Item<ChangedUnit>) -> bool) {
        let mut budget = Budgeted::new(self.staged.store);
        let emit = &mut |item: Item<ChangedUnit>| {
            let path = match &item {
                Item::Unit(unit) => &unit.path,
                Item::Skipped { path, .. } => path,
                Item::Failed(error) => &error.path,
            };
            let mut within = self.within.iter();
            let counts = self.within.is_empty() || within.any(|w| is_below(path.as_bytes(), w));
            !counts || emit(budget.checked(item))
        };
        let mut go_on = true;
        self.staged.list(&mut |item| {
            let left_out = match &item {
                Item::Unit(unit) => worktree::file_name(unit.path.as_bytes())
                    .is_some_and(|name| self.walk.left_out(&name)),
                _ => false,
            };
            go_on = match item {
                Item::Unit(ChangedUnit { path, .. }) if left_out => emit(Item::Skipped {
                    path,
                    why: SkipReason::Excluded,
                }),
                item => emit(item),
            };
            go_on
        });
        if go_on && self.edited(emit) {
            self.untracked(emit);
        }
    }

    fn reader(&self) -> ChangedReader<'s> {
        self.staged.reader()
    }
}

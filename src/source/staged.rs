//! The changes that `git commit` would record: the index compared with HEAD.

use std::sync::Arc;

use super::budgeted::Budgeted;
use super::changed::{self, ChangedReader, ChangedUnit};
use super::{Item, Parts, Source};
use crate::git::diff::Differ;
use crate::git::{GitError, ObjectId, Store, index, object};
use crate::globs::Scope;
use crate::inside::Most;
use crate::stop::counted;

/// The changed blobs of the index.
pub struct StagedSource<'s> {
    pub(super) store: &'s Store,
    staged: index::Staged,
    parts: Arc<Parts>,
    most: Most,
    scope: Arc<Scope>,
}

impl<'s> StagedSource<'s> {
    /// Compares the index with HEAD and, in a merge, with the merged commits.
    ///
    /// # Errors
    /// Fails if the index, HEAD or a tree on the way cannot be read.
    pub fn open(store: &'s Store, most: Most) -> Result<Self, GitError> {
        Self::open_merging(store, most, &[])
    }

    /// Does the same as [`StagedSource::open`] while the commits `merging` are being
    /// merged.
    ///
    /// # Errors
    /// Fails if the index, HEAD, one of the commits or a tree on the way cannot be read.
    pub fn open_merging(
        store: &'s Store,
        most: Most,
        merging: &[ObjectId],
    ) -> Result<Self, GitError> {
        let mut differ = Differ::new(store, object::DEFAULT_LIMIT);
        let staged = index::staged_merging(store, &mut differ, merging)?;
        Ok(Self {
            store,
            parts: Parts::new("file", staged.changes.new.len()),
            staged,
            most,
            scope: Arc::default(),
        })
    }

    /// Returns this source without the paths that `scope` leaves out.
    pub fn within(self, scope: Arc<Scope>) -> Self {
        Self { scope, ..self }
    }

    /// Forgets removed paths that the run leaves out: what moved from there was not scanned
    /// there, so all of it is new.
    pub(super) fn forget(&mut self, left_out: impl Fn(&[u8]) -> bool) {
        let changes = &mut self.staged.changes;
        changes.gone.retain(|gone| !left_out(&gone.path));
        for new in &mut changes.new {
            let from = new.renamed_from.take();
            new.renamed_from = from.filter(|from| !left_out(from));
        }
    }

    /// Returns the maximum number of changed blobs.
    pub fn units(&self) -> usize {
        self.staged.changes.new.len()
    }

    /// Returns notes for the summary about paths that seem staged but are not, and about
    /// conflicts.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let count = self.staged.intent_to_add.len();
        if count > 0 {
            notes.push(format!(
                "{} added with intent only: nothing of them is staged yet",
                counted(count, "path")
            ));
        }
        let count = self.staged.unmerged.len();
        if count > 0 {
            notes.push(format!(
                "{} with merge conflicts: every side was scanned",
                counted(count, "path")
            ));
        }
        notes
    }
}

impl<'s> Source for StagedSource<'s> {
    type Unit = ChangedUnit;
    type Reader = ChangedReader<'s>;

    fn list(&self, emit: &mut dyn FnMut(Item<ChangedUnit>) -> bool) {
        let mut budget = Budgeted::new(self.store);
        let emit = &mut |item| {
            self.parts.count();
            emit(budget.checked(item))
        };
        changed::units(self.staged.changes.clone(), None, &self.scope, emit);
    }

    fn parts(&self) -> Option<Arc<Parts>> {
        self.parts.shared()
    }

    fn reader(&self) -> ChangedReader<'s> {
        ChangedReader::new(self.store, self.most, false)
    }
}

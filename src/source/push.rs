//! What a push brings: the commits of a range, and content outside of commits: messages
//! of annotated tags, names of references, and trees and blobs that a tag points to.

use std::sync::Arc;

use super::budgeted::Budgeted;
use super::changed::{self, ChangedReader, ChangedUnit, Content, Old};
use super::metadata::Persons;
use super::range::{RangeOptions, RangeSource};
use super::{Item, Parts, Source};
use crate::blob::{BlobPath, SourceError};
use crate::git::diff::Differ;
use crate::git::push::Brought;
use crate::git::{GitError, Kind, Store, object};
use crate::globs::Scope;
use crate::stop::counted;

/// The commits that a push brings, oldest first, then the rest by reference.
pub struct PushSource<'s> {
    store: &'s Store,
    range: RangeSource<'s>,
    brought: Brought,
    scope: Arc<Scope>,
}

impl<'s> PushSource<'s> {
    /// Returns this source without the paths that `scope` leaves out.
    #[must_use]
    pub fn within(self, scope: Arc<Scope>) -> Self {
        Self {
            range: self.range.within(Arc::clone(&scope)),
            scope,
            ..self
        }
    }

    /// Computes the commits that the push brings.
    ///
    /// # Errors
    /// Fails if a needed commit cannot be read.
    pub fn open(
        store: &'s Store,
        brought: Brought,
        options: RangeOptions,
    ) -> Result<Self, GitError> {
        Ok(Self {
            store,
            range: RangeSource::open(store, &brought.revisions(), options)?,
            brought,
            scope: Arc::default(),
        })
    }

    /// Returns the number of commits.
    pub fn commits(&self) -> usize {
        self.range.commits()
    }

    /// Returns notes for the summary about references that could not be compared.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.range.notes();
        if let Some(remote) = &self.brought.elsewhere {
            notes.push(format!(
                "{} is not fetched from the URL that is pushed to, so nothing counts as known \
                 there; a remote of its own for that URL, fetched once, makes less to scan",
                String::from_utf8_lossy(remote)
            ));
        }
        if self.brought.unknown > 0 {
            notes.push(format!(
                "{} of the other side whose commits are not here; fetch first to scan less",
                counted(self.brought.unknown, "reference")
            ));
        }
        notes
    }

    /// Lists the messages of tags. Returns false if `emit` did.
    fn tags(
        &self,
        differ: &mut Differ<'_>,
        emit: &mut dyn FnMut(Item<ChangedUnit>) -> bool,
    ) -> bool {
        let mut raw = Vec::new();
        let mut persons = Persons::default();
        self.brought.tags.iter().all(|(name, id)| {
            let path = BlobPath::new(name.as_slice());
            match differ.reader().expect(id, Kind::Tag, &mut raw) {
                Ok(()) => {
                    let (header, message) = persons.split(&raw);
                    emit(Item::Unit(ChangedUnit {
                        path,
                        content: Content::Text { header, message },
                        commit: None,
                    }))
                }
                Err(error) => emit(failed(path, &error)),
            }
        })
    }

    /// Lists trees and blobs outside of commits. Returns false if `emit` did.
    fn bare(
        &self,
        differ: &mut Differ<'_>,
        emit: &mut dyn FnMut(Item<ChangedUnit>) -> bool,
    ) -> bool {
        let mut budget = Budgeted::new(self.store);
        let emit = &mut |item| emit(budget.checked(item));
        self.brought.bare.iter().all(|(name, kind, id)| {
            let path = BlobPath::new(name.as_slice());
            if *kind != Kind::Tree {
                return emit(Item::Unit(ChangedUnit {
                    path,
                    content: Content::Blob {
                        id: *id,
                        old: Old::At(Vec::new()),
                    },
                    commit: None,
                }));
            }
            match differ.changes(id, &[]) {
                Ok(changes) => changed::units(changes, None, &self.scope, emit),
                Err(error) => emit(failed(path, &error)),
            }
        })
    }
}

fn failed(path: BlobPath, error: &GitError) -> Item<ChangedUnit> {
    Item::Failed(SourceError {
        path,
        why: error.to_string(),
    })
}

impl<'s> Source for PushSource<'s> {
    type Unit = ChangedUnit;
    type Reader = ChangedReader<'s>;

    fn list(&self, emit: &mut dyn FnMut(Item<ChangedUnit>) -> bool) {
        let mut go_on = true;
        self.range.list(&mut |item| {
            go_on = emit(item);
            go_on
        });
        let mut differ = Differ::new(self.store, object::DEFAULT_LIMIT);
        if !go_on || !self.tags(&mut differ, emit) || !self.bare(&mut differ, emit) {
            return;
        }
        for name in &self.brought.names {
            // A reference name has no content.
            let unit = ChangedUnit {
                path: BlobPath::new(name.as_slice()),
                content: Content::Name,
                commit: None,
            };
            if !emit(Item::Unit(unit)) {
                return;
            }
        }
    }

    fn parts(&self) -> Option<Arc<Parts>> {
        self.range.parts()
    }

    fn reader(&self) -> ChangedReader<'s> {
        self.range.reader()
    }
}

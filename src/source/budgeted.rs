//! Leaves out of a listing what would unpack to more than the repository's allowance. The
//! order of the listing decides, so the result does not depend on the threads that read.

use std::sync::Arc;

use super::Item;
use super::changed::{ChangedUnit, Content, Old};
use super::moved::Gone;
use crate::blob::SourceError;
use crate::git::budget::Budget;
use crate::git::{ObjectId, Reason, Store, object};

/// Charges the units of one listing.
pub(super) struct Budgeted<'s> {
    budget: Budget<'s>,
    /// The removed files that were charged last: all new files of a change share them.
    gone: Option<Arc<Gone>>,
}

impl<'s> Budgeted<'s> {
    pub(super) fn new(store: &'s Store) -> Self {
        Self {
            budget: Budget::new(store, object::DEFAULT_LIMIT),
            gone: None,
        }
    }

    /// Returns `item`, or a failure if the objects that it needs unpack to too much.
    pub(super) fn checked(&mut self, item: Item<ChangedUnit>) -> Item<ChangedUnit> {
        let Item::Unit(unit) = &item else {
            return item;
        };
        match self.charge(unit) {
            Ok(()) => item,
            Err((id, reason)) => Item::Failed(SourceError {
                path: unit.path.clone(),
                why: format!("object {id}: {reason}"),
            }),
        }
    }

    fn charge(&mut self, unit: &ChangedUnit) -> Result<(), (ObjectId, Reason)> {
        let mut charge = |id: &ObjectId| self.budget.charge(id).map_err(|reason| (*id, reason));
        match &unit.content {
            Content::Blob { id, old } => {
                charge(id)?;
                match old {
                    Old::At(old) => old.iter().try_for_each(charge),
                    // It is the new blob itself.
                    Old::Same(_) => Ok(()),
                    Old::Gone(gone) => {
                        let charged = self.gone.replace(Arc::clone(gone));
                        if charged.is_some_and(|charged| Arc::ptr_eq(&charged, gone)) {
                            return Ok(());
                        }
                        gone.ids().try_for_each(charge)
                    }
                }
            }
            Content::File { old, .. } => old.iter().try_for_each(charge),
            Content::Text { .. } | Content::Name => Ok(()),
        }
    }
}

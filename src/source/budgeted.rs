//! Leaves out of a listing what would unpack to more than the repository's allowance. The
//! order of the listing decides, so the result does not depend on the threads that read.

use super::Item;
use super::changed::{ChangedUnit, Content, origins};
use crate::blob::SourceError;
use crate::git::budget::Budget;
use crate::git::{ObjectId, Reason, Store, object};

/// Charges the units of one listing.
pub(super) struct Budgeted<'s> {
    budget: Budget<'s>,
}

impl<'s> Budgeted<'s> {
    pub(super) fn new(store: &'s Store) -> Self {
        Self {
            budget: Budget::new(store, object::DEFAULT_LIMIT),
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
            Content::Blob { id, old, gone } => {
                charge(id)?;
                old.iter().try_for_each(&mut charge)?;
                if !old.is_empty() {
                    return Ok(());
                }
                origins(&unit.path, gone).try_for_each(|gone| charge(&gone.id))
            }
            Content::File { old, .. } => old.iter().try_for_each(charge),
            Content::Text { .. } | Content::Moved => Ok(()),
        }
    }
}

//! Counts what objects take to unpack, before several threads do so.
//!
//! Each thread keeps bases in memory, so what it unpacks for an object depends on what it
//! read before. A limit to that would depend on the threads. A budget instead counts what
//! one thread would unpack that reads all objects in the order in which they are listed:
//! the sizes that deltas declare, without those of bases that the thread still has. With
//! more threads the work is at most as many times larger.

use std::collections::HashSet;

use gix::hash::oid;

use super::allowance::{Allowance, Sizes};
use super::error::Reason;
use super::object::{self, Below, CACHE, CACHED_ENTRY, CACHED_OBJECT, MAX_CHAIN, Place};
use super::store::Store;

/// Charges objects in the order in which they are listed.
pub(crate) struct Budget<'s> {
    store: &'s Store,
    allowance: Allowance<'s>,
    /// The largest object in bytes that is unpacked.
    limit: u64,
    sizes: Sizes,
    /// Entries that one thread would still have in memory, and their size.
    held: HashSet<Place>,
    cached: usize,
    /// Why nothing more is unpacked.
    spent: Option<Reason>,
}

impl<'s> Budget<'s> {
    /// Creates a budget for readers that refuse objects of more than `limit` bytes.
    pub(crate) fn new(store: &'s Store, limit: u64) -> Self {
        Self {
            store,
            allowance: Allowance::new(store),
            limit,
            sizes: Sizes::default(),
            held: HashSet::new(),
            cached: 0,
            spent: None,
        }
    }

    /// Charges the deltas that object `id` needs.
    ///
    /// # Errors
    /// Fails with [`Reason::Allowance`] if the object is a delta and all deltas up to this
    /// one unpack to more than the repository's allowance. Whatever else is wrong with an
    /// object, its reader finds.
    pub(crate) fn charge(&mut self, id: &oid) -> Result<(), Reason> {
        let mut packs = self.store.packs().packs.iter().enumerate();
        let place = packs.find_map(|(number, pack)| {
            let offset = pack.index().offset_of(id).ok()??;
            Some((number as u32, offset))
        });
        let Some(mut at) = place else {
            return Ok(());
        };
        let mut new = Vec::new();
        while new.len() <= MAX_CHAIN && (self.spent.is_some() || !self.held.contains(&at)) {
            let Ok(Some((base, size))) = self.delta(at) else {
                break;
            };
            if let Some(spent) = &self.spent {
                return Err(spent.clone());
            }
            new.push((at, size));
            match base {
                Below::Entry(base) => at = base,
                Below::Loose(_) | Below::Whole(_) => break,
            }
        }
        for (place, size) in new.into_iter().rev() {
            if let Err(reason) = self.allowance.take(size.min(self.limit)) {
                self.spent = Some(reason.clone());
                return Err(reason);
            }
            self.hold(place, size);
        }
        Ok(())
    }

    /// Returns the base of the entry at `at` and what it unpacks to, or None if it is a
    /// whole object.
    fn delta(&mut self, at: Place) -> Result<Option<(Below, u64)>, Reason> {
        let packs = &self.store.packs().packs;
        let pack = packs.get(at.0 as usize).ok_or(Reason::BaseMissing)?;
        let (header, bytes) = object::header(self.sizes.blocks(), pack, at)?;
        let base = object::below(self.store, at, &header, bytes)?;
        if matches!(base, Below::Whole(_)) {
            return Ok(None);
        }
        let data = at.1 + header.len as u64..pack.end()?;
        Ok(Some((base, self.sizes.of_delta(at.0, pack, data)?)))
    }

    /// Holds an entry as a reader does.
    fn hold(&mut self, place: Place, size: u64) {
        if size > CACHED_OBJECT as u64 {
            return;
        }
        if self.cached > CACHE {
            self.held.clear();
            self.cached = 0;
        }
        self.cached += size as usize + CACHED_ENTRY;
        self.held.insert(place);
    }
}

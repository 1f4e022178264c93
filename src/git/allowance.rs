//! Limits the total size to which a repository's deltas may unpack.
//!
//! A delta of a few bytes can copy its base a thousand times, and a pack of a few
//! kilobytes can contain thousands of such deltas. Every object stays within its own
//! limit, but together they would take days to unpack. Real packs unpack to a few hundred
//! times their size.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::delta;
use super::error::Reason;
use super::store::Store;

/// The total that any repository may unpack to: 256 GiB.
const LEAST: u64 = 256 << 30;

/// The total for larger packs, as a multiple of their size.
const TIMES: u64 = 4096;

/// Counts the bytes that the deltas of one walk or one reader unpack to, across all
/// threads.
pub(super) struct Allowance<'s> {
    store: &'s Store,
    taken: AtomicU64,
    spent: AtomicBool,
}

impl<'s> Allowance<'s> {
    pub(super) fn new(store: &'s Store) -> Self {
        Self {
            store,
            taken: AtomicU64::new(0),
            spent: AtomicBool::new(false),
        }
    }

    /// Takes the unpacked size of `delta`, or `limit` if that is less, off the allowance.
    ///
    /// # Errors
    /// Fails with [`Reason::Allowance`] if the allowance is used up, and with
    /// [`Reason::BadDelta`] if the delta's header is invalid.
    pub(super) fn take(&self, delta: &[u8], limit: u64) -> Result<(), Reason> {
        let (_, result, _) = delta::sizes(delta)?;
        let bytes = result.min(limit);
        let before = self.taken.fetch_add(bytes, Ordering::Relaxed);
        let taken = before.saturating_add(bytes);
        let given = self.store.max_unpacked();
        // Reading the packs' sizes opens them, so it waits until it matters.
        if taken <= given.unwrap_or(LEAST) {
            return Ok(());
        }
        let limit = allowed(given, self.store.packs().bytes);
        if taken <= limit {
            return Ok(());
        }
        self.spent.store(true, Ordering::Relaxed);
        self.store.note_over_allowance(limit);
        Err(Reason::Allowance(limit))
    }

    /// Returns whether a delta exceeded the allowance.
    pub(super) fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Relaxed)
    }
}

/// Returns the bytes that packs of `packed` bytes may unpack to; `given` takes
/// precedence.
fn allowed(given: Option<u64>, packed: u64) -> u64 {
    given.unwrap_or_else(|| packed.saturating_mul(TIMES).max(LEAST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_packs_may_unpack_to_more() {
        assert_eq!(allowed(None, 0), LEAST);
        assert_eq!(allowed(None, 1 << 30), TIMES << 30);
        assert_eq!(allowed(None, u64::MAX), u64::MAX);
        assert_eq!(allowed(Some(10), 1 << 30), 10);
    }
}

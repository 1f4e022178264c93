//! How much a repository's deltas may unpack to in all.
//!
//! A delta of a few bytes can say "the base, a thousand times", and a pack of some
//! kilobytes hold thousands of them: every object is within its limit, and together
//! they would take days. Real packs unpack to some hundred times their size.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::delta;
use super::error::Reason;
use super::store::Store;

/// What any repository may unpack to: 256 GiB.
const LEAST: u64 = 256 << 30;

/// How many times their packs' bytes larger ones may.
const TIMES: u64 = 4096;

/// Counts what the deltas that one walk or one reader unpacks come to, on all threads.
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

    /// Takes what `delta` unpacks to off it, or `limit` where that is less.
    ///
    /// # Errors
    /// [`Reason::Allowance`] when that is more than is left, [`Reason::BadDelta`] when the
    /// delta does not say.
    pub(super) fn take(&self, delta: &[u8], limit: u64) -> Result<(), Reason> {
        let (_, result, _) = delta::sizes(delta)?;
        let bytes = result.min(limit);
        let before = self.taken.fetch_add(bytes, Ordering::Relaxed);
        let taken = before.saturating_add(bytes);
        let given = self.store.max_unpacked();
        // The packs are asked only when it may matter.
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

    /// Whether more was asked for than was left.
    pub(super) fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Relaxed)
    }
}

/// Bytes that packs of `packed` bytes may unpack to, if none are `given`.
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

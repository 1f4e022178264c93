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
        let excess = self.store.excess();
        // The packs are asked only when it may matter.
        if taken <= excess.least() {
            return Ok(());
        }
        let limit = excess.limit(self.store.packs().bytes);
        if taken <= limit {
            return Ok(());
        }
        self.spent.store(true, Ordering::Relaxed);
        excess.met.store(true, Ordering::Relaxed);
        Err(Reason::Allowance(limit))
    }

    /// Whether more was asked for than was left.
    pub(super) fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Relaxed)
    }
}

/// What deltas may unpack to, and whether more than that was met.
#[derive(Debug)]
pub(super) struct Excess {
    limit: Option<u64>,
    met: AtomicBool,
}

impl Excess {
    /// Beyond `limit` bytes, or beyond what suits the packs when there is none.
    pub(super) fn new(limit: Option<u64>) -> Self {
        Self {
            limit,
            met: AtomicBool::new(false),
        }
    }

    fn least(&self) -> u64 {
        self.limit.unwrap_or(LEAST)
    }

    /// Bytes that packs of `packed` bytes may unpack to.
    pub(super) fn limit(&self, packed: u64) -> u64 {
        let suits = || packed.saturating_mul(TIMES).max(LEAST);
        self.limit.unwrap_or_else(suits)
    }

    /// Whether more was asked for than is allowed.
    pub(super) fn is_met(&self) -> bool {
        self.met.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_packs_may_unpack_to_more() {
        let any = Excess::new(None);
        assert_eq!((any.least(), any.limit(0)), (LEAST, LEAST));
        assert_eq!(any.limit(1 << 30), TIMES << 30);
        assert_eq!(any.limit(u64::MAX), u64::MAX);
        let given = Excess::new(Some(10));
        assert_eq!((given.least(), given.limit(1 << 30)), (10, 10));
    }
}

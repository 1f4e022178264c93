//! Limits the total size to which a repository's deltas may unpack.
//!
//! A delta of a few bytes can copy its base a thousand times, and a pack of a few
//! kilobytes can contain thousands of such deltas. Every object stays within its own
//! limit, but together they would take days to unpack. Real packs unpack to a few hundred
//! times their size.

use std::io::Read;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::delta;
use super::error::Reason;
use super::inflate::{InflateReader, Inflater};
use super::pack::Pack;
use super::pack::file::{Blocks, Section};
use super::store::Store;

/// The total that any repository may unpack to: 256 GiB.
const LEAST: u64 = 256 << 30;

/// The total for larger packs, as a multiple of their size.
const TIMES: u64 = 4096;

/// Counts the bytes that the deltas of one walk or one reader unpack to, across all
/// threads. Which delta is one too many depends on the threads; see `walk` and
/// `budget` for how the result does not.
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

    /// Takes `bytes` off the allowance.
    ///
    /// # Errors
    /// Fails with [`Reason::Allowance`] if the allowance is used up.
    pub(super) fn take(&self, bytes: u64) -> Result<(), Reason> {
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

    /// Takes the unpacked size of `delta`, or `limit` if that is less.
    ///
    /// # Errors
    /// As [`Allowance::take`], and with [`Reason::BadDelta`] if the delta's header is
    /// invalid.
    pub(super) fn take_delta(&self, delta: &[u8], limit: u64) -> Result<(), Reason> {
        let (_, result, _) = delta::sizes(delta)?;
        self.take(result.min(limit))
    }

    /// Returns whether a delta exceeded the allowance.
    pub(super) fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Relaxed)
    }
}

/// The longest start of a delta that has both of its sizes.
const SIZES: usize = 20;

/// Compressed bytes that contain them in most deltas. Some have a long table of codes first.
const START: u64 = 256;

/// Compressed bytes that contain them, unless somebody put empty blocks first.
const LONG_START: u64 = 2048;

/// Reads what deltas say that they unpack to, without unpacking them.
#[derive(Default)]
pub(super) struct Sizes {
    blocks: Blocks,
    inflater: Inflater,
}

impl Sizes {
    /// Returns the unpacked size of the delta that is compressed in the bytes `data` of
    /// `pack`, which has this number.
    pub(super) fn of_delta(
        &mut self,
        number: u32,
        pack: &Pack,
        data: Range<u64>,
    ) -> Result<u64, Reason> {
        let mut start = [0u8; SIZES];
        let file = pack.data()?;
        let room = data.end.saturating_sub(data.start);
        let mut read = 0;
        for most in [START, LONG_START] {
            let len = room.min(most) as usize;
            let input = self.blocks.get(number, file, data.start, len)?;
            read = self.inflater.prefix(input, &mut start)?;
            if read == SIZES || room <= most {
                break;
            }
        }
        if read < SIZES && room > LONG_START {
            let mut all = InflateReader::new(Section::new(file, data.start, data.end));
            read = 0;
            while read < SIZES {
                match all.read(&mut start[read..])? {
                    0 => break,
                    more => read += more,
                }
            }
        }
        delta::sizes(&start[..read]).map(|(_, result, _)| result)
    }

    /// Returns the blocks of packs that were read.
    pub(super) fn blocks(&mut self) -> &mut Blocks {
        &mut self.blocks
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

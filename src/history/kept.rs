//! Which hits fit into memory: those of the first blobs, by rank, whatever thread visits
//! them and when.

use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// A limit of memory, shared by all threads.
pub(super) struct Kept {
    /// In bytes.
    memory: u64,
    /// The first rank that does not fit; `u64::MAX` if all do.
    end: AtomicU64,
    held: Mutex<Held>,
}

/// The blobs whose hits fit so far.
#[derive(Default)]
struct Held {
    /// Ranks, and the bytes that their hits take.
    blobs: BinaryHeap<(u32, u64)>,
    bytes: u64,
}

impl Kept {
    pub(super) fn new(memory: u64) -> Self {
        Self {
            memory,
            end: AtomicU64::new(u64::MAX),
            held: Mutex::default(),
        }
    }

    /// Returns whether the hits of the blob with this rank, which take `bytes`, are to be
    /// kept. Where memory is full, blobs of higher ranks make room, see [`Kept::end`].
    pub(super) fn takes(&self, rank: u32, bytes: u64) -> bool {
        if u64::from(rank) >= self.end() {
            return false;
        }
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.blobs.push((rank, bytes));
        held.bytes = held.bytes.saturating_add(bytes);
        while held.bytes > self.memory {
            let Some((last, bytes)) = held.blobs.pop() else {
                break;
            };
            held.bytes -= bytes;
            self.end.fetch_min(u64::from(last), Ordering::Relaxed);
        }
        u64::from(rank) < self.end()
    }

    /// Returns the rank from which on nothing is kept; `u64::MAX` if everything is. It
    /// only falls.
    pub(super) fn end(&self) -> u64 {
        self.end.load(Ordering::Relaxed)
    }

    /// Begins again.
    pub(super) fn clear(&self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Held::default();
        self.end.store(u64::MAX, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_does_not_depend_on_the_order() {
        let sizes = [30u64, 10, 25, 5, 40, 1, 1, 20];
        for memory in [0, 29, 30, 64, 65, 69, 70, 110, 1000] {
            let mut sum = 0;
            let fits = sizes.iter().take_while(|size| {
                sum += **size;
                sum <= memory
            });
            let fits = fits.count() as u64;
            for start in 0..sizes.len() {
                for step in [1, 3, 5, 7] {
                    let kept = Kept::new(memory);
                    for i in 0..sizes.len() {
                        let at = (start + i * step) % sizes.len();
                        kept.takes(at as u32, sizes[at]);
                    }
                    let end = kept.end().min(sizes.len() as u64);
                    assert_eq!(end, fits, "{memory} {start} {step}");
                }
            }
        }
    }
}

//! Bounds the results that wait behind a slow unit.
//!
//! Results are passed on in listing order. A worker that is ahead waits while too many
//! findings wait for an earlier batch. The worker with the batch whose turn it is never
//! waits, and batches are taken in order, so there always is one that goes on.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use crate::finding::{Event, Finding};

/// Bytes of results that may wait. A worker can add those of one unit.
const HELD: u64 = if cfg!(test) { 1 << 12 } else { 32 << 20 };

/// What waits, and whose turn it is; shared by all threads.
#[derive(Default)]
pub(super) struct Ahead {
    held: AtomicU64,
    /// The sequence number of the batch whose turn it is.
    next: AtomicU64,
    closed: AtomicBool,
    /// How many wait. Guards the three against changes between a look and the wait for the next
    /// change.
    look: Mutex<usize>,
    changed: Condvar,
}

impl Ahead {
    /// Waits until a unit of batch `sequence` may be judged.
    pub(super) fn wait(&self, sequence: u64) {
        if self.may_go_on(sequence) {
            return;
        }
        let mut look = self.look.lock().unwrap_or_else(PoisonError::into_inner);
        *look += 1;
        while !self.may_go_on(sequence) {
            look = self
                .changed
                .wait(look)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *look -= 1;
    }

    /// Whether it need not wait.
    pub(super) fn may_go_on(&self, sequence: u64) -> bool {
        self.held.load(Ordering::Acquire) <= HELD
            || self.next.load(Ordering::Acquire) >= sequence
            || self.closed.load(Ordering::Acquire)
    }

    /// Adds `bytes` of results that wait.
    pub(super) fn hold(&self, bytes: u64) {
        self.held.fetch_add(bytes, Ordering::AcqRel);
    }

    /// Takes off `bytes` of results that were passed on.
    pub(super) fn release(&self, bytes: u64) {
        self.change(|| {
            self.held.fetch_sub(bytes, Ordering::AcqRel);
        });
    }

    /// Says that it is the turn of batch `next`.
    pub(super) fn turn(&self, next: u64) {
        self.change(|| self.next.store(next, Ordering::Release));
    }

    /// Lets nobody wait any more.
    pub(super) fn close(&self) {
        self.change(|| self.closed.store(true, Ordering::Release));
    }

    fn change(&self, change: impl FnOnce()) {
        let look = self.look.lock().unwrap_or_else(PoisonError::into_inner);
        change();
        let waiting = *look;
        drop(look);
        // Even if nobody waits, this asks the system.
        if waiting > 0 {
            self.changed.notify_all();
        }
    }
}

/// Closes, however the thread ends that holds it: nobody must wait for one that is gone.
pub(super) struct Closing<'a>(pub(super) &'a Ahead);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Returns the memory that an event takes, in bytes; an estimate.
pub(super) fn weight(event: &Event) -> u64 {
    const PART: usize = 160;
    let more = match event {
        Event::Finding(finding) => {
            let commit = finding.commit.as_ref();
            let commit = commit.map_or(0, |commit| {
                PART + commit.id.len() + commit.author.len() + commit.subject.len()
            });
            size_of::<Finding>()
                + finding.path.as_bytes().len()
                + finding.secret.expose().len()
                + finding.snippet.line.len()
                + 16 * finding.snippet.hidden.len()
                + finding
                    .parts
                    .iter()
                    .map(|part| PART + part.secret.expose().len())
                    .sum::<usize>()
                + finding
                    .evidence
                    .iter()
                    .map(|text| 24 + text.len())
                    .sum::<usize>()
                + commit
                + finding.item.as_ref().map_or(0, |item| {
                    PART + item.url.len() + item.author.len() + item.time.len()
                })
        }
        Event::Skipped { path, .. } => path.as_bytes().len(),
        Event::Failed(error) => error.path.as_bytes().len() + error.why.len(),
    };
    (size_of::<Event>() + more) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn whose_turn_it_is_never_waits() {
        let ahead = Ahead::default();
        ahead.hold(HELD + 1);
        ahead.wait(0);
        let later = |sequence| {
            let ahead = &ahead;
            move || ahead.wait(sequence)
        };
        std::thread::scope(|scope| {
            let waits = scope.spawn(later(2));
            std::thread::sleep(Duration::from_millis(20));
            assert!(!waits.is_finished());
            ahead.turn(2);
        });
        std::thread::scope(|scope| {
            let waits = [scope.spawn(later(3)), scope.spawn(later(9))];
            std::thread::sleep(Duration::from_millis(20));
            assert!(waits.iter().all(|waits| !waits.is_finished()));
            ahead.release(1);
        });
        ahead.hold(1);
        std::thread::scope(|scope| {
            scope.spawn(later(5));
            drop(Closing(&ahead));
        });
    }
}

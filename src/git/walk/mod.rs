//! Visits every object of one kind once, deltas right after their base.
//!
//! Several threads walk the delta trees of all packs depth first. Each base is unpacked
//! once, and a visitor can carry results from a base over to its deltas. Loose objects
//! follow. If an object cannot be decoded in one place, the other places are tried before
//! it is reported as failed. Results come in no particular order.
//!
//! Memory: children are visited lightest subtree first, and a base is released before its
//! last child is visited. So a thread needs two objects on a chain and O(log n) on any
//! tree.

mod plan;
#[cfg(test)]
mod tests;
mod worker;

use std::io::Read;
use std::sync::atomic::AtomicBool;

use gix::hash::oid;
use gix::object::Kind;

use super::bits::Bits;
use super::delta::Runs;
use super::error::Reason;
use super::object::{DEFAULT_LIMIT, Reader};
use super::objects::Objects;

/// A visited object.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Its name.
    pub id: &'a oid,
    /// Its rank in [`Objects`].
    pub rank: u32,
    /// Whether the caller wants it. Other objects are visited only because a wanted
    /// object is a delta on them: keep their state, do not report them.
    pub wanted: bool,
}

/// A wanted object that could not be decoded from any place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure<'a> {
    /// Its name.
    pub id: &'a oid,
    /// Its rank in [`Objects`].
    pub rank: u32,
    /// Its kind, if known.
    pub kind: Option<Kind>,
    /// What is wrong with it.
    pub reason: Reason,
}

/// Processes each object of a walk.
///
/// A panic in [`whole`](Visitor::whole) or [`delta`](Visitor::delta) fails only that
/// object; deltas on it are then visited as whole objects.
pub trait Visitor: Sync {
    /// One thread's scratch memory and results.
    type Local: Send;
    /// The state that an object leaves for the deltas on it.
    type State: Send + Sync;

    /// Creates a thread's scratch memory; called once per thread.
    fn local(&self) -> Self::Local;

    /// Visits an object without a known base: all its bytes are new.
    fn whole(&self, local: &mut Self::Local, item: Item<'_>, bytes: &[u8]) -> Self::State;

    /// Visits a delta on an object with the bytes `base_bytes` and the state `base`.
    fn delta(
        &self,
        local: &mut Self::Local,
        item: Item<'_>,
        bytes: &[u8],
        from: Derived<'_, Self::State>,
    ) -> Self::State;

    /// Visits a whole object above the size limit as a stream. Returns false to decline;
    /// the object is then reported as too large. An error of `input` means that the
    /// object is damaged.
    fn large(
        &self,
        local: &mut Self::Local,
        item: Item<'_>,
        size: u64,
        input: &mut dyn Read,
    ) -> std::io::Result<bool> {
        let _ = (local, item, size, input);
        Ok(false)
    }

    /// Receives a wanted object that could not be decoded.
    fn failed(&self, local: &mut Self::Local, failure: Failure<'_>);

    /// Forgets what this visitor has of the walk: it begins again, with fewer objects,
    /// because all of them unpack to too much. The locals are gone already.
    fn restart(&self) {}

    /// Takes back the state of an object after the last delta on it.
    fn recycle(&self, local: &mut Self::Local, state: Self::State) {
        let _ = (local, state);
    }
}

/// The base of a delta.
#[derive(Clone, Copy, Debug)]
pub struct Derived<'a, S> {
    /// The visitor's state for the base.
    pub base: &'a S,
    /// The base's bytes.
    pub base_bytes: &'a [u8],
    /// The parts of the object that are copies of parts of the base.
    pub runs: &'a Runs,
}

/// Limits and threads of a walk.
#[derive(Clone, Copy, Debug)]
pub struct WalkOptions<'a> {
    /// Number of threads; 0 counts as 1.
    pub threads: usize,
    /// The largest object in bytes that is unpacked; at most 4 GiB - 1.
    pub limit: u64,
    /// Ends the walk early when it becomes true; the remaining objects are not visited.
    pub cancel: Option<&'a AtomicBool>,
}

impl Default for WalkOptions<'_> {
    fn default() -> Self {
        Self {
            threads: 1,
            limit: DEFAULT_LIMIT,
            cancel: None,
        }
    }
}

/// The set of wanted objects.
#[derive(Clone, Copy, Debug)]
pub enum Want<'a> {
    /// All objects of the kind.
    All,
    /// The objects whose first rank (see `Objects::rank_of`) is in the set.
    Only(&'a Bits),
}

impl Want<'_> {
    fn has(&self, rank: u32) -> bool {
        match self {
            Want::All => true,
            Want::Only(set) => set.contains(rank),
        }
    }
}

/// Counters of a walk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WalkStats {
    /// Wanted objects that were visited.
    pub visited: u64,
    /// Their total size in bytes.
    pub bytes: u64,
    /// Objects that were unpacked: wanted ones, and others needed as a base.
    pub unpacked: u64,
    /// Wanted objects that failed.
    pub failed: u64,
}

impl std::ops::AddAssign for WalkStats {
    fn add_assign(&mut self, other: Self) {
        self.visited += other.visited;
        self.bytes += other.bytes;
        self.unpacked += other.unpacked;
        self.failed += other.failed;
    }
}

/// Visits every wanted object of `kind` once, with `options.threads` threads. Returns
/// each thread's local memory and the total counters.
pub fn walk<V: Visitor>(
    objects: &Objects<'_>,
    kind: Kind,
    want: Want<'_>,
    options: &WalkOptions<'_>,
    visitor: &V,
) -> (Vec<V::Local>, WalkStats) {
    let mut plan = plan::Plan::new(objects, kind, want, options.threads.max(1));
    let mut done = match worker::run(objects, &plan, want, options, visitor) {
        Some(done) => done,
        // Which objects are within the allowance must not depend on the threads. To count
        // before unpacking costs time, so it is done only where it matters.
        None => {
            visitor.restart();
            plan.cut(objects, options.limit);
            worker::run(objects, &plan, want, options, visitor).unwrap_or_default()
        }
    };
    let mut stats = WalkStats::default();
    let mut failures = Vec::new();
    for worker in &mut done {
        stats += worker.stats;
        failures.append(&mut worker.failures);
    }
    failures.extend(plan.broken);
    failures.sort_by_key(|(rank, _)| *rank);
    failures.dedup_by_key(|(rank, _)| *rank);
    let mut locals: Vec<V::Local> = done.into_iter().map(|worker| worker.local).collect();
    if let Some(local) = locals.first_mut() {
        second_chance(objects, kind, options, visitor, local, failures, &mut stats);
    }
    (locals, stats)
}

/// Tries all places of objects that failed.
fn second_chance<V: Visitor>(
    objects: &Objects<'_>,
    kind: Kind,
    options: &WalkOptions<'_>,
    visitor: &V,
    local: &mut V::Local,
    failures: Vec<(u32, Reason)>,
    stats: &mut WalkStats,
) {
    let mut reader = Reader::new(objects.store(), options.limit);
    let mut bytes = Vec::new();
    for (rank, reason) in failures {
        if options
            .cancel
            .is_some_and(|stop| stop.load(std::sync::atomic::Ordering::Relaxed))
        {
            return;
        }
        let id = objects.id(rank);
        let retry = !matches!(reason, Reason::TooLarge(_) | Reason::Panicked);
        let found = if retry {
            reader.find(id, &mut bytes)
        } else {
            Err(reason.clone())
        };
        match found {
            Ok(Some(found)) if found == kind => {
                stats.visited += 1;
                stats.unpacked += 1;
                stats.bytes += bytes.len() as u64;
                let item = Item {
                    id,
                    rank,
                    wanted: true,
                };
                match worker::guarded(|| visitor.whole(local, item, &bytes)) {
                    Some(state) => visitor.recycle(local, state),
                    None => visitor.failed(
                        local,
                        Failure {
                            id,
                            rank,
                            kind: Some(kind),
                            reason: Reason::Panicked,
                        },
                    ),
                }
            }
            Ok(Some(_)) => {}
            _ => {
                stats.failed += 1;
                let known = worker::known_kind(objects, rank);
                visitor.failed(
                    local,
                    Failure {
                        id,
                        rank,
                        kind: known,
                        reason,
                    },
                );
            }
        }
    }
}

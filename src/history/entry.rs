//! What the walk over all blobs keeps of a blob for the deltas on it.

use std::sync::Arc;

use super::found::Found;
use super::reading::Reading;

/// A hit and its verdict.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) at: u32,
    pub(super) literal: u32,
    /// How far its verdict looked, in bytes to either side, if something is encoded there.
    pub(super) looked: u32,
    pub(super) found: Option<Arc<Found>>,
}

/// The state that a blob leaves for the deltas on it.
pub(super) enum State {
    /// All hits, by offset.
    Known(Reading, Vec<Entry>),
    /// Nothing that a delta can inherit.
    Opaque,
}

impl Entry {
    /// Whether it is more than a mark.
    pub(super) fn counts(&self) -> bool {
        self.found.as_ref().is_some_and(|found| found.counts())
    }
}

/// The results for one blob.
pub(super) struct Scanned {
    pub(super) entries: Vec<Entry>,
    /// Whether hits without candidates were dropped, so that nothing can be inherited.
    pub(super) partial: bool,
    /// Whether there were too many findings to keep all.
    pub(super) cut: bool,
}

impl Scanned {
    /// Whether more is encoded in the blob than was decoded.
    pub(super) fn is_beyond(&self) -> bool {
        let found = self.entries.iter().filter_map(|entry| entry.found.as_ref());
        found.into_iter().any(|found| found.beyond)
    }
}

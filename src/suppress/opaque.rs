//! Which content may stay shut: what a run says about containers that it could not look into.

use crate::blob::{BlobPath, SkipReason};
use crate::config::Level;
use crate::finding::Gap;
use crate::globs::{PathMap, PathSet};

/// What happens for content that cannot be looked into, by its class and path.
#[derive(Debug, Default)]
pub struct Opaque {
    /// For what nobody here opens: encrypted content, and methods without a reader. None: it is
    /// counted.
    pub shut: Option<Level>,
    /// For containers that could not be read to their end. None: the run is incomplete.
    pub damaged: Option<Level>,
    /// Paths at which anything may stay shut.
    pub accepted: PathSet,
    /// Maps shown paths below the top.
    pub map: PathMap,
}

impl Opaque {
    /// Returns what it means for a run that something at `path`, as displayed, was not looked
    /// into for this `reason`.
    pub(crate) fn gap(&self, reason: SkipReason, path: &BlobPath) -> Gap {
        let level = match reason {
            SkipReason::Damaged => self.damaged.unwrap_or(Level::Error),
            // A limit of ours is never silent.
            SkipReason::Limit => Level::Error,
            SkipReason::Compressed | SkipReason::Encrypted | SkipReason::Lfs => {
                self.shut.unwrap_or(Level::Warn)
            }
            _ => return Gap::Told,
        };
        match level {
            _ if self.accepts(path) => Gap::Accepted,
            Level::Ignore => Gap::Accepted,
            Level::Warn => Gap::Told,
            Level::Error => Gap::Fails,
        }
    }

    fn accepts(&self, path: &BlobPath) -> bool {
        let owners = || self.map.owners(&self.accepted, path.file(), path.member());
        !self.accepted.is_empty() && !owners().is_empty()
    }
}

//! What a run says about a value at a path.

use crate::finding::{SuppressedBy, Verdict};

/// What a run says about a value at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Told {
    /// Nothing that a person has to look at.
    No,
    /// It is a warning.
    Warned,
    /// It is reported, or a person accepted this very finding. Accepting one must not bring up
    /// the next path of the same blob.
    Yes,
}

impl Told {
    pub(super) fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Report
            | Verdict::Suppressed {
                by: SuppressedBy::Baseline | SuppressedBy::IgnoreFile,
                ..
            } => Self::Yes,
            Verdict::Warn { .. } => Self::Warned,
            Verdict::Suppressed { .. } => Self::No,
        }
    }
}

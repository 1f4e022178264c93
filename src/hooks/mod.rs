//! Scans in git hooks, and manages the hook files.
//!
//! [`parts`] decides what a hook has to scan, [`Ready`] scans it. [`Place`] finds where git
//! looks for hooks; [`install`], [`uninstall`] and [`status`] work on the files there.

mod advice;
mod bypass;
mod files;
mod message;
mod place;
mod record;
mod scan;
mod script;
mod work;

pub use advice::{advice, for_gitlab, is_gitlab};
pub use bypass::{Asked, Case, Settled, Stopping, asked};
pub use files::{Changed, State, changes_json, install, status, status_json, uninstall};
// For tests and fuzzing.
#[doc(hidden)]
pub use message::{Blobs, recorded};
pub use place::Place;
pub use scan::{Call, Ready, scan};
pub use work::{Part, parts};

/// A git hook, or a stage of a hook framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Before a commit is recorded.
    PreCommit,
    /// Before a merge is recorded.
    PreMergeCommit,
    /// Before a commit is recorded, when its message is known.
    CommitMsg,
    /// Before a push is sent.
    PrePush,
    /// On the receiving side of a push, for all references at once.
    PreReceive,
    /// On the receiving side of a push, for one reference.
    Update,
    /// Run by hand.
    Manual,
    /// Run by pre-commit or prek, whose variables give the stage.
    Auto,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Stage; 8] = [
        Stage::PreCommit,
        Stage::PreMergeCommit,
        Stage::CommitMsg,
        Stage::PrePush,
        Stage::PreReceive,
        Stage::Update,
        Stage::Manual,
        Stage::Auto,
    ];

    /// The stages that are files in git's hook directory.
    pub const FILES: [Stage; 5] = [
        Stage::PreCommit,
        Stage::PreMergeCommit,
        Stage::CommitMsg,
        Stage::PrePush,
        Stage::PreReceive,
    ];

    /// Returns its name in git.
    pub fn id(self) -> &'static str {
        match self {
            Stage::PreCommit => "pre-commit",
            Stage::PreMergeCommit => "pre-merge-commit",
            Stage::CommitMsg => "commit-msg",
            Stage::PrePush => "pre-push",
            Stage::PreReceive => "pre-receive",
            Stage::Update => "update",
            Stage::Manual => "manual",
            Stage::Auto => "auto",
        }
    }

    /// Whether git writes to the hook's standard input.
    fn has_input(self) -> bool {
        matches!(self, Stage::PrePush | Stage::PreReceive)
    }
}

//! Errors of a repository or of one of its objects.
//!
//! A [`GitError`] ends an operation. A [`Reason`] concerns one object; the rest is still
//! read.

use std::path::PathBuf;

use gix::ObjectId;
use gix::hash::oid;

use crate::stop::Stop;

/// Why a repository, revision or index could not be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// The path is not a git repository, or it cannot be opened.
    #[error("cannot open {} as a git repository: {why}", path.display())]
    Open {
        /// The path that the caller gave.
        path: PathBuf,
        /// The error of the repository reader.
        why: String,
    },
    /// There are reference tables, but the repository's format is that of files.
    #[error("{} has reference tables, but its configuration says that references are files", path.display())]
    Reftable {
        /// The git directory.
        path: PathBuf,
    },
    /// The repository is bare, but a working tree is needed.
    #[error("{} has no working tree", path.display())]
    NoWorkTree {
        /// The git directory.
        path: PathBuf,
    },
    /// The repository names another directory as its working tree.
    #[error(
        "the configuration in {} names {} as the working tree; a repository does not decide \
         which directory is read or written",
        path.display(), named.display()
    )]
    Elsewhere {
        /// The git directory.
        path: PathBuf,
        /// The directory that `core.worktree` names.
        named: PathBuf,
    },
    /// A revision or range does not name anything in this repository.
    #[error("bad revision '{spec}': {why}")]
    Revision {
        /// The revision as the user gave it.
        spec: String,
        /// What is wrong with it.
        why: String,
    },
    /// An object that the operation needs cannot be read.
    #[error("cannot read object {id}: {reason}")]
    Object {
        /// The object's name.
        id: ObjectId,
        /// What is wrong with it.
        reason: Reason,
    },
    /// A text is not a date.
    #[error("`{text}`: {why}")]
    Date {
        /// The text.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// The references cannot be listed.
    #[error("cannot read references: {why}")]
    References {
        /// The error of the reference reader.
        why: String,
    },
    /// The index file is unreadable.
    #[error("cannot read index {}: {why}", path.display())]
    Index {
        /// The index file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file or directory of the repository cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// There are more objects or tree entries than the program can count.
    #[error("the repository is too large: {what}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
    },
}

impl GitError {
    /// Returns the error for an object whose own content is malformed.
    pub(super) fn damaged(id: &oid) -> Self {
        GitError::Object {
            id: id.to_owned(),
            reason: Reason::BadHeader,
        }
    }

    /// Returns what a user can do about the error.
    fn help(&self) -> &'static str {
        match self {
            GitError::Open { .. } => "run it inside a git repository, or give the path of one",
            GitError::NoWorkTree { .. } => "scan its history with `stopleak history`",
            GitError::Elsewhere { .. } => {
                "set the environment variable GIT_WORK_TREE to that directory if it is right; \
                 otherwise remove the key with `git config --unset core.worktree`"
            }
            GitError::Reftable { .. } => {
                "set `extensions.refStorage = reftable`, or remove the directory `reftable`"
            }
            GitError::Date { .. } => "write a date as 2026-01-31, `2 weeks ago` or `yesterday`",
            GitError::Revision { .. } => {
                "use a revision or range that `git log` accepts in this repository"
            }
            GitError::Object { .. } | GitError::References { .. } | GitError::Index { .. } => {
                "check the repository with `git fsck`"
            }
            GitError::Io { .. } => "check the permissions of the repository",
            GitError::TooMany { .. } => "scan a smaller part of the repository",
        }
    }
}

impl From<GitError> for Stop {
    fn from(error: GitError) -> Self {
        Stop::new(error.to_string()).help(error.help())
    }
}

/// Why one object could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// No pack or loose file has it (partial clone, or damage).
    #[error("missing")]
    Missing,
    /// The pack entry or loose file does not start with a valid header.
    #[error("bad object header")]
    BadHeader,
    /// A delta's base is not the start of any entry, or is in none of the object
    /// directories.
    #[error("its delta base is missing")]
    BaseMissing,
    /// The delta chain leads back to itself, or is longer than any that git makes.
    #[error("its delta chain is a cycle")]
    Cycle,
    /// Tags point to tags for more levels than any real repository has.
    #[error("it leads through more than 64 tags")]
    TagChain,
    /// A base in the chain of this delta cannot be decoded, for this reason.
    #[error("its delta base cannot be decoded: {0}")]
    BaseFailed(Box<Reason>),
    /// The pack or file ends in the middle of the object.
    #[error("truncated")]
    Truncated,
    /// The compressed data is damaged.
    #[error("damaged compressed data")]
    Inflate,
    /// The unpacked size differs from the one in the header.
    #[error("its size differs from its header")]
    SizeMismatch,
    /// The delta's instructions are invalid.
    #[error("invalid delta instructions")]
    BadDelta,
    /// Larger than the limit. The value is its size in bytes.
    #[error("larger than the limit ({0} bytes)")]
    TooLarge(u64),
    /// The deltas of the repository unpack to more than this many bytes in total.
    #[error("the repository's deltas unpack to more than {0} bytes")]
    Allowance(u64),
    /// The visitor panicked on it: a bug in this program.
    #[error("internal error while it was scanned")]
    Panicked,
    /// Its kind differs from the kind that the reference to it names.
    #[error("of an unexpected kind")]
    WrongKind,
    /// The operating system reported an error.
    #[error("{0}")]
    Io(String),
}

impl Reason {
    /// Returns the reason of a delta whose base cannot be decoded for this one.
    pub(super) fn of_base(self) -> Self {
        match self {
            // These are about the chain as a whole.
            Reason::BaseFailed(_) | Reason::TooLarge(_) | Reason::Cycle | Reason::Allowance(_) => {
                self
            }
            own => Reason::BaseFailed(Box::new(own)),
        }
    }
}

impl From<std::io::Error> for Reason {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Reason::Truncated,
            _ => Reason::Io(error.to_string()),
        }
    }
}

/// A pack or object directory that could not be read, or only in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file or directory.
    pub path: PathBuf,
    /// What is wrong with it, for people.
    pub what: String,
}

//! Errors that end a command, as a person reads them.

use crate::git::GitError;

/// An error that ends a command: what, where and why in one line, and what to do.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(super) message: String,
    pub(super) help: String,
}

impl Stop {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: String::new(),
        }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

/// What git's errors mean for the user, and what to do.
pub(super) fn of_git(error: &GitError) -> Stop {
    let help = match error {
        GitError::Open { .. } => "run it inside a git repository, or name one",
        GitError::NoWorkTree { .. } => "scan its history with `stopleak history`",
        GitError::Reftable { .. } => {
            "convert a clone of it with `git refs migrate --ref-format=files`"
        }
        GitError::Revision { .. } => "name commits that exist here, as `git log` takes them",
        GitError::Object { .. } | GitError::References { .. } | GitError::Index { .. } => {
            "check the repository with `git fsck`"
        }
        GitError::Io { .. } => "check the permissions of the repository",
        _ => "scan a smaller part of it",
    };
    Stop::new(error.to_string()).help(help)
}

/// The value called `text` of an option with named values.
pub(super) fn named<T: Copy>(
    option: &str,
    text: &str,
    all: &[T],
    id: impl Fn(T) -> &'static str,
) -> Result<T, Stop> {
    all.iter().copied().find(|v| id(*v) == text).ok_or_else(|| {
        let known: Vec<_> = all.iter().map(|v| id(*v)).collect();
        Stop::new(format!("unknown value `{text}` for {option}"))
            .help(format!("one of: {}", known.join(", ")))
    })
}

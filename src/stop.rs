//! Errors for people: what went wrong, where, why, and what to do next.
//!
//! This module depends on no other. Modules with their own errors convert them to a
//! [`Stop`] with `From`, so that a command can use `?`.

use std::fmt;
use std::io;

/// An error that ends a command.
///
/// The message states what, where and why. It may have several lines, one per mistake.
/// Neither part contains a secret. Neither part is escaped; the code that prints it
/// escapes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// What went wrong, where and why.
    pub message: String,
    /// What to do next; may be empty.
    pub help: String,
}

impl Stop {
    /// Creates an error without help.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: String::new(),
        }
    }

    /// Adds help to the error.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.help.is_empty() {
            write!(f, "\n  help: {}", self.help)?;
        }
        Ok(())
    }
}

impl std::error::Error for Stop {}

/// Describes an I/O error for people, without the system's error number.
pub(crate) fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    chars
        .next()
        .map(|c| c.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}

/// `1 rule`, `2 rules`; `1 entry`, `2 entries`.
pub(crate) fn counted(n: usize, noun: &str) -> String {
    match noun.strip_suffix('y') {
        _ if n == 1 => format!("{n} {noun}"),
        Some(stem) => format!("{n} {stem}ies"),
        None => format!("{n} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn io_errors_read_as_words() {
        let error = io::Error::from_raw_os_error(2);
        let text = describe(&error);
        assert!(!text.contains("os error"), "{text}");
        assert!(text.starts_with(char::is_lowercase), "{text}");
    }

    #[test]
    fn counts_agree_with_their_nouns() {
        assert_eq!(counted(1, "rule"), "1 rule");
        assert_eq!(counted(0, "rule"), "0 rules");
        assert_eq!(counted(1, "entry"), "1 entry");
        assert_eq!(counted(2, "entry"), "2 entries");
    }

    #[test]
    fn advice_stands_below_the_message() {
        let stop = Stop::new("a: no such file");
        assert_eq!(stop.to_string(), "a: no such file");
        let stop = stop.help("name a file");
        assert_eq!(stop.to_string(), "a: no such file\n  help: name a file");
    }
}

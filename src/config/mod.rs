//! The configuration as it is written: `stopleak.toml`, `.stopleak.toml` or
//! `[tool.stopleak]` in `pyproject.toml`.
//!
//! A configuration is data. It runs nothing, reaches nothing outside its repository
//! and may not contain what the program does not know: every unknown key, wrong type
//! and entry without effect is an error with its place. What follows from it is
//! worked out by `cli`; this module knows files, keys and their spans.

mod discover;
mod files;
pub mod gitleaks;
mod keys;
mod load;
mod parse;
mod read;
mod size;
mod validate;

use std::fmt;
use std::sync::Arc;

pub use discover::{Found, NAMES, discover};
pub use files::{Disk, Files, MAX_BYTES};
pub use keys::{KEYS, Key};
pub use load::load;
pub use parse::{looks_like_gitleaks, parse};
pub use size::size;

pub use crate::calendar::Day;
use crate::rules::{Confidence, Rule, Severity};

/// Where something is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it is shown.
    pub file: Arc<str>,
    /// 1-based line.
    pub line: usize,
    /// 1-based column, in bytes.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A value and where it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub place: Place,
}

/// What is wrong in a configuration, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to do about it; may be empty.
    pub help: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        if !self.help.is_empty() {
            write!(f, "\n  help: {}", self.help)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// A configuration with all that it extends. What several files say stands in the
/// order of reading: what is extended first, so that the last of a kind counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The files that it was read from, as they are shown, in the order of reading.
    pub files: Vec<Arc<str>>,
    /// The least confidence of what is reported.
    pub confidence: Option<At<Confidence>>,
    /// What is scanned.
    pub scan: Scan,
    /// Which rules run.
    pub rules: RuleChoice,
    /// Rules of the user's own.
    pub custom: Vec<At<Rule>>,
    /// What is said otherwise about rules.
    pub overrides: Vec<At<Override>>,
    /// What is accepted.
    pub allow: Vec<At<Allow>>,
    /// What holds for some paths.
    pub paths: Vec<At<PathPolicy>>,
}

/// `[scan]`: what is scanned. Globs are relative to the top of the repository.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scan {
    /// Globs of what is left out.
    pub exclude: Vec<At<String>>,
    /// Globs of what alone is scanned.
    pub include: Vec<At<String>>,
    /// Files beyond this many bytes are left out.
    pub max_file_size: Option<At<u64>>,
    /// Whether symbolic links are read through.
    pub follow: Option<At<bool>>,
    /// Whether what git ignores is scanned as well.
    pub no_ignore: Option<At<bool>>,
}

/// `[rules]`: which rules run. Entries are ids, globs of ids, or `provider:NAME`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleChoice {
    /// Rules that do not run.
    pub disable: Vec<At<String>>,
    /// Rules that alone run.
    pub only: Vec<At<String>>,
}

/// `[override.RULE-ID]`: what is said otherwise about one rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Override {
    /// The rule's id.
    pub rule: String,
    /// How bad its findings are.
    pub severity: Option<Severity>,
    /// How sure its findings are before any proof.
    pub confidence: Option<Confidence>,
    /// Whether it does not run.
    pub disabled: Option<bool>,
}

/// `[[allow]]`: findings that are accepted, and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Allow {
    /// Why it is accepted; never empty.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it counts.
    pub until: Option<Day>,
    /// Whether one kind of criterion is enough; else every kind that is given must hold.
    pub any: bool,
    /// Rules, as ids, globs of ids or `provider:NAME`.
    pub rules: Vec<At<String>>,
    /// Globs of paths, relative to the top.
    pub paths: Vec<String>,
    /// Regular expressions, one of which the secret must match somewhere.
    pub values: Vec<String>,
    /// Regular expressions, one of which the secret's line must match somewhere.
    pub lines: Vec<String>,
    /// Words, one of which the secret must hold, in any ASCII case.
    pub words: Vec<String>,
    /// Identities of secrets.
    pub secrets: Vec<[u8; 16]>,
    /// Ids of commits, lower-case, whole or at least 12 digits of them.
    pub commits: Vec<String>,
}

/// `[[paths]]`: what holds for findings in some paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PathPolicy {
    /// Globs of the paths, relative to the top.
    pub paths: Vec<String>,
    /// Rules that it is about, as in [`Allow::rules`]; all when empty.
    pub rules: Vec<At<String>>,
    /// How bad findings are there.
    pub severity: Option<Severity>,
    /// Whether findings there are only warnings.
    pub warn: Option<bool>,
    /// Why.
    pub reason: Option<String>,
}

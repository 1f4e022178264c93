//! The configuration as written: `stopleak.toml`, `.stopleak.toml` or `[tool.stopleak]`
//! in `pyproject.toml`.
//!
//! A configuration is data. It runs nothing and reads nothing outside its repository.
//! Every unknown key, wrong type and entry without effect is an error with its
//! position. This module knows files, keys and their positions; it does not apply them,
//! `cli` does.

mod discover;
mod files;
// For tests and fuzzing.
#[doc(hidden)]
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
pub use files::{Disk, Files};
pub use keys::{KEYS, Key};
pub use load::load;
pub use parse::{looks_like_gitleaks, parse};
pub(crate) use size::size;

pub use crate::calendar::Day;
use crate::rules::{Confidence, Label, Rule, Severity};

/// A position in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The display name of the file.
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

/// A value and its position.
#[derive(Clone, Debug, PartialEq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Its position.
    pub place: Place,
}

/// A mistake in a configuration, and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Its position.
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

/// A configuration with everything that it extends. Settings of several files stand in
/// reading order, extended files first, so that the last setting of a kind wins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The display names of its files, in reading order.
    pub files: Vec<Arc<str>>,
    /// The least confidence of reported findings.
    pub confidence: Option<At<Confidence>>,
    /// The least severity of reported findings.
    pub severity: Option<At<Severity>>,
    /// The least severity of findings that fail a run.
    pub fail_on: Option<At<Severity>>,
    /// What happens to findings with a label; the last word about a label counts.
    pub labels: Vec<At<(Label, Action)>>,
    /// How people read findings.
    pub report: Report,
    /// What is scanned.
    pub scan: Scan,
    /// What happens for content that cannot be looked into.
    pub coverage: Coverage,
    /// Which rules run.
    pub rules: RuleChoice,
    /// The user's own rules.
    pub custom: Vec<At<Rule>>,
    /// Changes to rules.
    pub overrides: Vec<At<Override>>,
    /// Accepted findings.
    pub allow: Vec<At<Allow>>,
    /// Policies for some paths.
    pub paths: Vec<At<PathPolicy>>,
}

/// `[report]`: how people read findings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// What comes first: the name of an order.
    pub sort: Option<At<String>>,
    /// What belongs together: the name of a way to group.
    pub group: Option<At<String>>,
}

/// What happens to findings with a label. Later ones report more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// They are left out, and counted.
    Ignore,
    /// They do not fail the run.
    Warn,
    /// They fail the run.
    Report,
}

impl Action {
    /// All actions.
    pub const ALL: [Action; 3] = [Action::Ignore, Action::Warn, Action::Report];

    /// Returns the name in configurations.
    pub fn id(self) -> &'static str {
        match self {
            Action::Ignore => "ignore",
            Action::Warn => "warn",
            Action::Report => "report",
        }
    }
}

/// `[scan]`: what is scanned. Globs are relative to the top of the repository.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scan {
    /// Globs of excluded paths.
    pub exclude: Vec<At<String>>,
    /// Globs of the only paths that are scanned.
    pub include: Vec<At<String>>,
    /// Files larger than this many bytes are skipped.
    pub max_file_size: Option<At<u64>>,
    /// How many containers may lie inside each other; 0 opens none.
    pub max_archive_depth: Option<At<u64>>,
    /// The most bytes that are unpacked of one file.
    pub max_archive_size: Option<At<u64>>,
    /// How many times larger than its packed form a stream may be.
    pub max_archive_ratio: Option<At<u64>>,
    /// How many encodings are looked through that lie inside each other; 0 for none.
    pub max_decode_depth: Option<At<u64>>,
    /// Whether to follow symbolic links.
    pub follow: Option<At<bool>>,
    /// Whether to scan files that git ignores.
    pub no_ignore: Option<At<bool>>,
}

/// `[coverage]`: what happens for content that cannot be looked into.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coverage {
    /// For what nothing here opens: encrypted content, other methods, LFS pointers.
    pub opaque: Option<At<Level>>,
    /// For containers that could not be read to their end.
    pub damaged: Option<At<Level>>,
    /// Globs of paths at which anything may stay shut.
    pub accept: Vec<At<String>>,
}

/// What happens if content cannot be looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It is counted.
    Ignore,
    /// It is counted, and a failure under `--strict`.
    Warn,
    /// The run is incomplete.
    Error,
}

impl Level {
    /// All levels.
    pub const ALL: [Level; 3] = [Level::Warn, Level::Error, Level::Ignore];

    /// Returns the name in options and configurations.
    pub fn id(self) -> &'static str {
        match self {
            Level::Ignore => "ignore",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// `[rules]`: which rules run. Entries are ids, globs of ids, or `provider:NAME`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleChoice {
    /// Rules that do not run.
    pub disable: Vec<At<String>>,
    /// The only rules that run.
    pub only: Vec<At<String>>,
}

/// `[override.RULE-ID]`: changes to one rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Override {
    /// The rule's id.
    pub rule: String,
    /// The severity of its findings.
    pub severity: Option<Severity>,
    /// The confidence of its findings before any check.
    pub confidence: Option<Confidence>,
    /// Whether the rule is disabled.
    pub disabled: Option<bool>,
}

/// `[[allow]]`: findings that are accepted, and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Allow {
    /// Why it is accepted; never empty.
    pub reason: String,
    /// Who is responsible for it.
    pub owner: Option<String>,
    /// The last day on which it applies.
    pub until: Option<Day>,
    /// Whether one kind of criterion is enough; otherwise every given kind must match.
    pub any: bool,
    /// Rules, as ids, globs of ids or `provider:NAME`.
    pub rules: Vec<At<String>>,
    /// Globs of paths, relative to the top.
    pub paths: Vec<String>,
    /// Regular expressions; the secret must match one of them somewhere.
    pub values: Vec<String>,
    /// Regular expressions; the secret's line must match one of them somewhere.
    pub lines: Vec<String>,
    /// Words; the secret must contain one of them, in any ASCII case.
    pub words: Vec<String>,
    /// Identities of secrets.
    pub secrets: Vec<[u8; 16]>,
    /// Commit ids, lower-case, complete or at least 12 digits.
    pub commits: Vec<String>,
}

/// `[[paths]]`: a policy for findings in some paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PathPolicy {
    /// Globs of the paths, relative to the top.
    pub paths: Vec<String>,
    /// Rules that it applies to, as in [`Allow::rules`]; all when empty.
    pub rules: Vec<At<String>>,
    /// The severity of findings there.
    pub severity: Option<Severity>,
    /// Whether findings there are only warnings.
    pub warn: Option<bool>,
    /// Why.
    pub reason: Option<String>,
}

//! What the user requests about rules and accepted findings. Plain data.

use std::path::PathBuf;

use super::trust::PolicyFrom;
use crate::config::Level;
use crate::inside::Most;
use crate::rules::{Confidence, Labels, Severity};

/// The default of the lowest confidence to report.
pub(super) const DEFAULT_CONFIDENCE: Confidence = Confidence::Medium;
/// The default size limit of files, in bytes.
pub(super) const DEFAULT_SIZE: u64 = Most::FILE;

/// What options ask for, of what is read of a file and of what stands inside of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// The most bytes of a file.
    pub file: Option<u64>,
    /// How many containers may lie inside each other.
    pub depth: Option<u32>,
    /// The most bytes that are unpacked of a file.
    pub unpacked: Option<u64>,
    /// How many times larger than its packed form a stream may be.
    pub ratio: Option<u64>,
}

/// Which configuration to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Configuration {
    /// The one that the environment names, or the one found at the site.
    #[default]
    Found,
    /// This file.
    File(PathBuf),
    /// None.
    Off,
}

/// The user's request. The default is a run without options.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which configuration to read.
    pub configuration: Configuration,
    /// The lowest confidence to report.
    pub confidence: Option<Confidence>,
    /// The lowest severity to report.
    pub severity: Option<Severity>,
    /// The lowest severity that fails the run.
    pub fail_on: Option<Severity>,
    /// The labels, one of which a finding must have; empty for any or none.
    pub labels: Labels,
    /// The labels whose findings are left out.
    pub no_labels: Labels,
    /// The ids of the rules to run; empty for all.
    pub only: Vec<String>,
    /// The ids of the rules not to run.
    pub without: Vec<String>,
    /// Globs of paths that are left out.
    pub exclude: Vec<String>,
    /// Additional rule files.
    pub rule_files: Vec<PathBuf>,
    /// How many encodings are looked through that lie inside each other.
    pub decode_depth: Option<u32>,
    /// Whether inline markers suppress findings.
    pub inline: bool,
    /// The baseline, instead of the one at the top of the site.
    pub baseline: Option<PathBuf>,
    /// Whether there is a baseline at all: who writes one does not read it as others do.
    pub baselines: bool,
    /// The ignore file, instead of the one at the top of the site.
    pub ignore_file: Option<PathBuf>,
    /// A `.gitleaksignore` or its directory, instead of the current directory.
    pub gitleaks_ignore: Option<PathBuf>,
    /// Whose configuration, baseline, ignore files and markers count.
    pub policy_from: PolicyFrom,
    /// Whether any suppression applies.
    pub suppressions: bool,
    /// Whether an expired or unused entry is an error.
    pub strict_ignores: bool,
    /// What happens for content that nothing here opens; None for what the configuration says.
    pub opaque: Option<Level>,
    /// Whether dismissed matches become events.
    pub keep_dismissed: bool,
    /// Whether notes list every entry instead of counting them.
    pub verbose: bool,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            configuration: Configuration::Found,
            confidence: None,
            severity: None,
            fail_on: None,
            labels: Labels::NONE,
            no_labels: Labels::NONE,
            only: Vec::new(),
            without: Vec::new(),
            exclude: Vec::new(),
            rule_files: Vec::new(),
            decode_depth: None,
            inline: true,
            baseline: None,
            baselines: true,
            ignore_file: None,
            gitleaks_ignore: None,
            policy_from: PolicyFrom::Checkout,
            suppressions: true,
            strict_ignores: false,
            opaque: None,
            keep_dismissed: false,
            verbose: false,
        }
    }
}

impl Request {
    /// Returns this request with the checkout's policy.
    pub(super) fn as_checked_out(&self) -> Self {
        Self {
            policy_from: PolicyFrom::Checkout,
            ..self.clone()
        }
    }

    /// Returns a request with this configuration and no other options.
    pub fn of(configuration: Configuration) -> Self {
        Self {
            configuration,
            ..Self::default()
        }
    }
}

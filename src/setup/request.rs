//! What a person asks for, of rules and of what people accepted. Plain data.

use std::path::PathBuf;

use super::trust::PolicyFrom;
use crate::rules::Confidence;

/// Which configuration is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Configuration {
    /// The one that is found at the site, or that the environment names.
    #[default]
    Found,
    /// This file.
    File(PathBuf),
    /// None at all.
    Off,
}

/// What a person asks for. The default is a run without options.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which configuration is read.
    pub configuration: Configuration,
    /// The least confidence of what is reported.
    pub confidence: Option<Confidence>,
    /// The ids of the rules that run; all when empty.
    pub only: Vec<String>,
    /// The ids of rules that do not run.
    pub without: Vec<String>,
    /// Files of further rules.
    pub rule_files: Vec<PathBuf>,
    /// Whether markers in content count.
    pub inline: bool,
    /// A baseline instead of the one at the top of the site.
    pub baseline: Option<PathBuf>,
    /// An ignore file instead of the one at the top of the site.
    pub ignore_file: Option<PathBuf>,
    /// A `.gitleaksignore`, or its directory, instead of the current directory's.
    pub gitleaks_ignore: Option<PathBuf>,
    /// Whose configuration, baseline, ignore files and markers count.
    pub policy_from: PolicyFrom,
    /// Whether anything that people accepted counts.
    pub suppressions: bool,
    /// Whether an entry that is expired or unused is an error.
    pub strict_ignores: bool,
    /// Whether matches that the detector dismissed become events.
    pub keep_dismissed: bool,
    /// Whether notes name every entry instead of counting them.
    pub verbose: bool,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            configuration: Configuration::Found,
            confidence: None,
            only: Vec::new(),
            without: Vec::new(),
            rule_files: Vec::new(),
            inline: true,
            baseline: None,
            ignore_file: None,
            gitleaks_ignore: None,
            policy_from: PolicyFrom::Checkout,
            suppressions: true,
            strict_ignores: false,
            keep_dismissed: false,
            verbose: false,
        }
    }
}

impl Request {
    /// The same, with the policy of the checkout.
    pub(super) fn as_checked_out(&self) -> Self {
        Self {
            policy_from: PolicyFrom::Checkout,
            ..self.clone()
        }
    }

    /// A run without options, with this configuration.
    pub fn of(configuration: Configuration) -> Self {
        Self {
            configuration,
            ..Self::default()
        }
    }
}

//! Colours of text.

use crate::finding::Outcome;
use crate::rules::Severity;

/// ANSI sequences, or empty strings.
pub(super) struct Style {
    pub(super) reset: &'static str,
    pub(super) bold: &'static str,
    pub(super) critical: &'static str,
    pub(super) error: &'static str,
    pub(super) warning: &'static str,
    pub(super) note: &'static str,
    pub(super) gutter: &'static str,
    pub(super) good: &'static str,
}

/// No colours.
pub(super) const PLAIN: Style = Style {
    reset: "",
    bold: "",
    critical: "",
    error: "",
    warning: "",
    note: "",
    gutter: "",
    good: "",
};

/// The eight colours that every terminal has. Critical is white on red, high is red.
pub(super) const COLORED: Style = Style {
    reset: "\x1b[0m",
    bold: "\x1b[1m",
    critical: "\x1b[1;37;41m",
    error: "\x1b[1;31m",
    warning: "\x1b[1;33m",
    note: "\x1b[1;36m",
    gutter: "\x1b[1;34m",
    good: "\x1b[1;32m",
};

impl Style {
    /// Returns the colour of a severity.
    pub(super) fn severity(&self, severity: Severity) -> &'static str {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.error,
            Severity::Medium => self.warning,
            Severity::Low => self.note,
        }
    }

    /// Returns the colour of what marks a finding in its line.
    pub(super) fn mark(&self, severity: Severity) -> &'static str {
        match severity {
            Severity::Critical => self.error,
            other => self.severity(other),
        }
    }

    /// Returns the colour of the summary line.
    pub(super) fn outcome(&self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Clean => self.good,
            Outcome::Findings | Outcome::Incomplete => self.error,
        }
    }
}

//! The receipt of a run: what was scanned and what was not, by whose word.

use serde::Serialize;

use crate::finding::{Outcome, Summary, SuppressedBy};
use crate::report::escape::escape;

/// The receipt: what was scanned and what was not, by whose word.
#[derive(Serialize)]
pub(super) struct Receipt {
    outcome: &'static str,
    /// Whether nobody knows if the run was complete.
    unknown: bool,
    pub(super) because: String,
    files: u64,
    members: u64,
    binary: u64,
    bytes: u64,
    commits: u64,
    failed: u64,
    unread: u64,
    rules: Option<(u64, u64)>,
    skipped: Vec<(&'static str, u64, &'static str)>,
    suppressed: Vec<(&'static str, u64, &'static str)>,
    /// What filters of severities and labels leave out.
    left_out: Vec<(&'static str, u64, &'static str)>,
    narrowed: Vec<(String, String)>,
    errors: Vec<String>,
    notes: Vec<String>,
}

/// Returns who suppressed a finding, in words.
pub(super) fn who(by: SuppressedBy) -> &'static str {
    match by {
        SuppressedBy::Inline => "a marker in the source",
        SuppressedBy::Allow => "an allow entry of the configuration",
        SuppressedBy::Baseline => "the baseline",
        SuppressedBy::IgnoreFile => "the ignore file",
        SuppressedBy::Excluded => "an excluded path",
        SuppressedBy::Confidence => "the least confidence that is asked for",
        SuppressedBy::Severity => "the least severity that is asked for",
        SuppressedBy::Label => "its labels",
        SuppressedBy::Placeholder => "the detector: a placeholder",
        SuppressedBy::Reference => "the detector: a reference to a secret",
        SuppressedBy::FailedCheck => "the detector: its check failed",
        SuppressedBy::LookAlike => "the detector: a hash, an identifier or ciphertext",
    }
}

impl Receipt {
    /// Returns the outcome in a few words.
    pub(super) fn headline(&self) -> &'static str {
        match (self.outcome, self.unknown) {
            (_, true) => "Nobody knows whether this is complete",
            ("clean", _) if !self.left_out.is_empty() => "Complete, nothing that fails",
            ("clean", _) => "Complete, nothing found",
            ("findings", _) => "Complete, secrets found",
            _ => "Incomplete",
        }
    }
}

pub(super) fn receipt(summary: &Summary, outcome: Outcome) -> Receipt {
    let all = |texts: &[String]| texts.iter().map(|t| escape(t.as_bytes())).collect();
    let by = |filter: bool| {
        let all = summary.suppressed.iter();
        let those = all.filter(move |(by, _)| by.by_filter() == filter);
        those.map(|(by, n)| (by.id(), *n, who(*by))).collect()
    };
    let skipped = summary.skipped.iter();
    Receipt {
        outcome: match outcome {
            Outcome::Clean => "clean",
            Outcome::Findings => "findings",
            Outcome::Incomplete => "incomplete",
        },
        unknown: summary.unknown > 0 && outcome != Outcome::Incomplete,
        because: because(summary, outcome),
        files: summary.files,
        members: summary.members,
        binary: summary.binary,
        bytes: summary.bytes,
        commits: summary.commits,
        failed: summary.failed,
        unread: summary.unread,
        rules: summary.rules.map(|rules| (rules.run, rules.known)),
        skipped: skipped
            .map(|(why, n)| (why.id(), *n, why.describe()))
            .collect(),
        suppressed: by(false),
        left_out: by(true),
        narrowed: summary
            .narrowed
            .iter()
            .map(|n| (escape(n.by.as_bytes()), escape(n.describe().as_bytes())))
            .collect(),
        errors: all(&summary.policy_errors),
        notes: all(&summary.notes),
    }
}

/// Returns what the outcome rests on.
fn because(summary: &Summary, outcome: Outcome) -> String {
    let code = outcome.code();
    if outcome != Outcome::Incomplete && summary.unknown > 0 {
        return format!(
            "It is made from a report that does not say what was not scanned. The exit code is {code}."
        );
    }
    if outcome != Outcome::Incomplete {
        let but = match summary.skipped_total() + summary.ignored() {
            0 => "",
            _ => ", except what was skipped on purpose",
        };
        let left = match summary.left_out() {
            0 => String::new(),
            n => format!(" {n} found but left out by a filter."),
        };
        return format!(
            "Everything that was asked for was scanned{but}.{left} The exit code is {code}."
        );
    }
    let mut why = Vec::new();
    if summary.failed > 0 {
        why.push(format!("{} could not be scanned", summary.failed));
    }
    if summary.unread > 0 {
        why.push(format!("{} could not be read to the end", summary.unread));
    }
    if !summary.policy_errors.is_empty() {
        why.push(format!(
            "the policy has errors ({})",
            summary.policy_errors.len()
        ));
    }
    if why.is_empty() {
        why.push(format!(
            "{} were skipped, and --strict does not allow that",
            summary.skipped_total().saturating_sub(summary.accepted)
        ));
    }
    format!(
        "Not clean: {}. Secrets there are not in this report. The exit code is {code}.",
        why.join(", ")
    )
}

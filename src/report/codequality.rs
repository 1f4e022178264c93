//! GitLab's code quality report, which merge requests show in every tier
//! (`artifacts:reports:codequality`): the subset of Code Climate's format that GitLab reads.
//!
//! GitLab shows an issue once per fingerprint, and one that the target branch has as well not at
//! all. So what could not be scanned is an issue too, of the highest severity.

use std::collections::HashMap;
use std::io;

use serde::Serialize;

use super::encode::{json, repository_path};
use super::escape::escape;
use super::view::View;
use super::{Report, ReportOptions, advice, failed, unread};
use crate::finding::{Event, Finding, Gap, Outcome, Summary};
use crate::rules::{Ruleset, Severity};

/// The name of the check that reports what was not scanned.
const UNSCANNED: &str = "not-scanned";

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u64,
}

/// Writes one JSON array.
pub(super) struct CodequalityReport<'a> {
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
    any: bool,
    /// How often each fingerprint occurred.
    seen: HashMap<String, u64>,
}

impl<'a> CodequalityReport<'a> {
    pub(super) fn new(
        out: Box<dyn io::Write + 'a>,
        rules: &'a Ruleset,
        options: ReportOptions,
    ) -> Self {
        Self {
            out,
            rules,
            options,
            any: false,
            seen: HashMap::new(),
        }
    }

    fn issue(&mut self, mut issue: Issue) -> io::Result<()> {
        let seen = self.seen.entry(issue.fingerprint.clone()).or_default();
        *seen += 1;
        if *seen > 1 {
            issue.fingerprint = format!("{}-{seen}", issue.fingerprint);
        }
        let before = if self.any { "," } else { "[" };
        self.any = true;
        write!(self.out, "{before}\n  {}", json(&issue, false)?)
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let view = View::new(finding, self.options.show_secrets);
        let rule = self.rules.get(finding.rule);
        let secret = String::from_utf8_lossy(view.secret.bytes());
        let why = view.why_and_warning();
        let why = if why.is_empty() {
            why
        } else {
            format!(" ({why})")
        };
        let step = advice::next_step(rule);
        let text = format!("{}: {secret}{why}. What to do: {step}", rule.title);
        let severity = match view.warning {
            Some(_) => "info",
            None => level(finding.severity),
        };
        self.issue(Issue {
            description: escape(text.as_bytes()),
            check_name: escape(rule.id.as_bytes()),
            fingerprint: finding.fingerprint.to_string(),
            severity,
            location: self.place(&view.path, finding.start.line),
        })
    }

    /// Reports that something was not scanned.
    fn gap(&mut self, path: &[u8], why: &str) -> io::Result<()> {
        let location = self.place(path, 1);
        self.issue(Issue {
            description: escape(why.as_bytes()),
            check_name: UNSCANNED.to_owned(),
            fingerprint: format!("{UNSCANNED}:{}", location.path),
            severity: "blocker",
            location,
        })
    }

    fn place(&self, path: &[u8], line: u64) -> Location {
        let (Ok(path) | Err(path)) = repository_path(path, self.options.base.as_ref());
        Location {
            path: escape(&path),
            lines: Lines { begin: line.max(1) },
        }
    }
}

/// GitLab's levels: info, minor, major, critical, blocker.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "minor",
        Severity::Medium => "major",
        Severity::High => "critical",
        Severity::Critical => "blocker",
    }
}

impl Report for CodequalityReport<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Finding(finding) if finding.verdict.is_report() => self.finding(finding),
            Event::Skipped {
                path,
                why,
                detail,
                gap: Gap::Fails,
                ..
            } => self.gap(path.as_bytes(), &unread(*why, detail)),
            Event::Failed(error) => self.gap(error.path.as_bytes(), &failed(&error.why)),
            Event::Finding(_) | Event::Skipped { .. } => Ok(()),
        }
    }

    fn finish(&mut self, summary: &Summary, _: Outcome) -> io::Result<()> {
        for error in &summary.policy_errors {
            self.gap(b"stopleak.toml", error)?;
        }
        let end = if self.any { "\n]\n" } else { "[]\n" };
        self.out.write_all(end.as_bytes())?;
        self.out.flush()
    }
}

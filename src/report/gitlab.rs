//! GitLab's secret detection report, which merge requests, pipelines and the
//! vulnerability report show (`artifacts:reports:secret_detection`).
//!
//! The schema is GitLab's `secret-detection-report-format.json`. A GitLab instance
//! rejects versions newer than its own. The report therefore declares the oldest
//! version that GitLab still accepts, and is also valid under the newest (15.2.1). It
//! omits suppressed findings, because GitLab would show them as open.
//!
//! The header contains the start time of the scan, so this is the only report that
//! differs from run to run.

use std::collections::HashMap;
use std::io;

use serde::Serialize;

use crate::calendar::date;
use crate::finding::{Event, Finding, Fingerprint, ItemInfo, Outcome, Summary};
use crate::rules::{Rule, Ruleset, Severity};

use super::encode::{json, repository_path};
use super::escape::escape;
use super::view::View;
use super::{Report, ReportOptions, TOOL_NAME, TOOL_VERSION, advice};

/// The version of the schema that the report declares.
const SCHEMA_VERSION: &str = "15.0.7";

/// The commit that GitLab's own scanner names if there is none.
const NO_COMMIT: &str = "0000000";

/// The most messages in a report.
const MESSAGES: usize = 1000;

#[derive(Serialize)]
struct Document {
    version: &'static str,
    scan: Scan,
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Serialize)]
struct Scan {
    analyzer: Tool,
    scanner: Tool,
    #[serde(rename = "type")]
    kind: &'static str,
    start_time: String,
    end_time: String,
    status: &'static str,
    messages: Vec<Message>,
}

#[derive(Serialize)]
struct Tool {
    id: &'static str,
    name: &'static str,
    version: &'static str,
    vendor: Vendor,
}

#[derive(Serialize)]
struct Vendor {
    name: &'static str,
}

const TOOL: Tool = Tool {
    id: TOOL_NAME,
    name: TOOL_NAME,
    version: TOOL_VERSION,
    vendor: Vendor { name: TOOL_NAME },
};

#[derive(Serialize)]
struct Message {
    level: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Vulnerability {
    id: String,
    name: String,
    description: String,
    severity: &'static str,
    solution: String,
    identifiers: Vec<Identifier>,
    links: Vec<Link>,
    location: Location,
    raw_source_code_extract: String,
}

#[derive(Serialize)]
struct Identifier {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    value: String,
}

#[derive(Serialize)]
struct Link {
    url: String,
}

#[derive(Serialize)]
struct Location {
    file: String,
    start_line: u64,
    end_line: u64,
    commit: Commit,
}

#[derive(Serialize)]
struct Commit {
    sha: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    author: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    date: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
}

/// Collects findings and writes the document at the end.
pub(super) struct GitlabReport<'a> {
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
    vulnerabilities: Vec<Vulnerability>,
    messages: Vec<Message>,
    /// How often each fingerprint occurred.
    ids: HashMap<Fingerprint, u64>,
}

impl<'a> GitlabReport<'a> {
    pub(super) fn new(
        out: Box<dyn io::Write + 'a>,
        rules: &'a Ruleset,
        options: ReportOptions,
    ) -> Self {
        GitlabReport {
            out,
            rules,
            options,
            vulnerabilities: Vec::new(),
            messages: Vec::new(),
            ids: HashMap::new(),
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let seen = self.ids.entry(finding.fingerprint).or_default();
        let id = uuid(finding.fingerprint, *seen);
        *seen += 1;
        let view = View::new(finding, self.options.show_secrets);
        let rule = self.rules.get(finding.rule);
        let commit = view.commit.as_ref();
        let link = view.item.as_ref().and_then(ItemInfo::link);
        let posted = link.map(|url| Link {
            url: url.to_owned(),
        });
        let hosted = commit.map(|commit| commit.link.clone());
        let hosted = hosted.filter(|url| !url.is_empty()).map(|url| Link { url });
        let part = |text: &str| escape(text.as_bytes());
        let (Ok(path) | Err(path)) = repository_path(&view.path, self.options.base.as_ref());
        self.vulnerabilities.push(Vulnerability {
            id,
            name: cut(&rule.title, 255),
            description: cut(&description(&view, rule), 1 << 20),
            severity: severity(finding.severity),
            solution: cut(&advice::next_step(rule), 7000),
            identifiers: vec![Identifier {
                kind: "stopleak_rule_id",
                name: format!("stopleak rule ID {}", rule.id),
                value: rule.id.to_string(),
            }],
            links: (rule.docs.starts_with("http://") || rule.docs.starts_with("https://"))
                .then(|| Link {
                    url: rule.docs.to_string(),
                })
                .into_iter()
                .chain(posted)
                .chain(hosted)
                .collect(),
            location: Location {
                file: escape(&path),
                start_line: finding.start.line,
                end_line: finding.end.line,
                commit: Commit {
                    sha: commit.map_or(NO_COMMIT.to_owned(), |c| c.id.clone()),
                    author: commit.map_or(String::new(), |c| part(&c.author)),
                    date: commit.map_or(String::new(), |c| part(&c.date)),
                    message: commit.map_or(String::new(), |c| part(&c.subject)),
                },
            },
            raw_source_code_extract: escape(view.secret.bytes()),
        });
    }

    fn message(&mut self, level: &'static str, value: String) {
        if self.messages.len() < MESSAGES && !value.is_empty() {
            self.messages.push(Message { level, value });
        }
    }
}

impl Report for GitlabReport<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Finding(finding) if finding.verdict.is_report() => self.finding(finding),
            Event::Failed(error) => {
                let path = escape(error.path.as_bytes());
                let why = escape(error.why.as_bytes());
                self.message("fatal", format!("{path}: not scanned: {why}"));
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, outcome: Outcome) -> io::Result<()> {
        for note in &summary.notes {
            self.message("info", escape(note.as_bytes()));
        }
        let started = self.options.started;
        let seconds = i64::try_from(summary.elapsed.as_secs()).unwrap_or(0);
        let document = Document {
            version: SCHEMA_VERSION,
            scan: Scan {
                analyzer: TOOL,
                scanner: TOOL,
                kind: "secret_detection",
                start_time: time(started),
                end_time: time(started.saturating_add(seconds)),
                status: match outcome {
                    Outcome::Clean | Outcome::Findings => "success",
                    Outcome::Incomplete => "failure",
                },
                messages: std::mem::take(&mut self.messages),
            },
            vulnerabilities: std::mem::take(&mut self.vulnerabilities),
        };
        writeln!(self.out, "{}", json(&document, true)?)?;
        self.out.flush()
    }
}

fn description(view: &View<'_>, rule: &Rule) -> String {
    let secret = String::from_utf8_lossy(view.secret.bytes());
    let mut text = format!("{}: {secret}", rule.title);
    let why = view.why_and_warning();
    if !why.is_empty() {
        text.push_str(&format!(" ({why})"));
    }
    text.push('.');
    if !rule.rationale.is_empty() {
        text.push(' ');
        text.push_str(&rule.rationale);
    }
    escape(text.as_bytes())
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
    }
}

/// Makes a UUID (version 8, for custom schemes, RFC 9562) from a fingerprint and its
/// number of earlier occurrences. The same finding keeps its id.
fn uuid(fingerprint: Fingerprint, seen: u64) -> String {
    let mut id = u128::from_be_bytes(fingerprint.0).wrapping_add(u128::from(seen));
    id = (id & !(0xf << 76)) | (8 << 76);
    id = (id & !(3 << 62)) | (2 << 62);
    let hex = format!("{id:032x}");
    let part = |range: std::ops::Range<usize>| &hex[range];
    format!(
        "{}-{}-{}-{}-{}",
        part(0..8),
        part(8..12),
        part(12..16),
        part(16..20),
        part(20..32)
    )
}

/// Formats seconds since 1970 as the schema requires: UTC, without a zone.
fn time(seconds: i64) -> String {
    let of_day = seconds.rem_euclid(86_400);
    let date = date(seconds).unwrap_or_else(|| "1970-01-01".to_owned());
    format!(
        "{date}T{:02}:{:02}:{:02}",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

/// Returns the start of `text`, at most `limit` bytes, cut between characters.
fn cut(text: &str, limit: usize) -> String {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_without_a_zone() {
        assert_eq!(time(0), "1970-01-01T00:00:00");
        assert_eq!(time(1_709_251_199), "2024-02-29T23:59:59");
        assert_eq!(time(i64::MAX).len(), 19);
    }

    #[test]
    fn ids_are_uuids_of_version_8_and_differ() {
        let print = Fingerprint([0xff; 16]);
        assert_eq!(uuid(print, 0), "ffffffff-ffff-8fff-bfff-ffffffffffff");
        assert_ne!(uuid(Fingerprint([7; 16]), 0), uuid(Fingerprint([7; 16]), 1));
    }

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 3), "aé");
    }
}

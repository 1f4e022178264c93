//! The JSON formats: one document, or one record per line. `docs/json.md` and
//! `docs/schema/stopleak-1.json` describe the fields to users. Both are stable, and a
//! test checks the output against them.
//!
//! Findings are written as they arrive. Skipped and failed files stand after them in
//! the document, so their serialised records wait in memory.

use std::collections::BTreeMap;
use std::io;

use data_encoding::BASE64;
use serde::Serialize;

use crate::finding::{
    CommitInfo, Event, Gap, ItemInfo, Narrowing, Outcome, RepositoryInfo, Summary,
};
use crate::rules::{Label, Rule, Ruleset, Severity};
use crate::text::Position;

use super::encode::json;
use super::view::{Line, PartView, Shown, View};
use super::{Report, ReportOptions, TOOL_NAME, TOOL_VERSION};

/// The schema version. It changes only if a field is removed or changes its meaning.
const SCHEMA_VERSION: &str = "1";

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

const TOOL: Tool = Tool {
    name: TOOL_NAME,
    version: TOOL_VERSION,
};

/// A path as text, and its bytes if they are not UTF-8.
#[derive(Serialize)]
struct Path<'a> {
    path: std::borrow::Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
}

impl<'a> Path<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Path {
            path: String::from_utf8_lossy(bytes),
            path_bytes: std::str::from_utf8(bytes)
                .is_err()
                .then(|| BASE64.encode(bytes)),
        }
    }
}

#[derive(Serialize)]
struct Place {
    line: u64,
    column: u64,
}

impl From<Position> for Place {
    fn from(position: Position) -> Self {
        Place {
            line: position.line,
            column: position.column,
        }
    }
}

#[derive(Serialize)]
struct SecretRecord<'a> {
    redacted: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<std::borrow::Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_bytes: Option<String>,
}

impl<'a> SecretRecord<'a> {
    fn new(shown: &'a Shown<'a>, id: Option<String>) -> Self {
        SecretRecord {
            redacted: &shown.redacted,
            id,
            value: shown.value.map(String::from_utf8_lossy),
            value_bytes: shown
                .value
                .filter(|v| std::str::from_utf8(v).is_err())
                .map(|bytes| BASE64.encode(bytes)),
        }
    }
}

#[derive(Serialize)]
struct PartRecord<'a> {
    name: &'a str,
    start: Place,
    end: Place,
    secret: SecretRecord<'a>,
}

impl<'a> PartRecord<'a> {
    fn new(part: &'a PartView<'a>) -> Self {
        PartRecord {
            name: part.name,
            start: part.start.into(),
            end: part.end.into(),
            secret: SecretRecord::new(&part.secret, None),
        }
    }
}

#[derive(Serialize)]
struct SnippetRecord {
    text: String,
    /// 1-based column of the secret in `text`, in characters.
    start_column: usize,
    /// The column after the end of the secret.
    end_column: usize,
    cut_left: bool,
    cut_right: bool,
}

impl SnippetRecord {
    fn new(line: &Line) -> Self {
        let chars = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().count();
        let start_column = chars(&line.before) + 1;
        SnippetRecord {
            text: line.text(),
            start_column,
            end_column: start_column + chars(&line.mark),
            cut_left: line.cut_left,
            cut_right: line.cut_right,
        }
    }
}

#[derive(Serialize)]
struct VerdictRecord<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct CommitRecord<'a> {
    id: &'a str,
    author: &'a str,
    email: &'a str,
    date: &'a str,
    subject: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_head: Option<bool>,
    blobs: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    last: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    last_date: &'a str,
    refs: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    link: &'a str,
}

impl<'a> From<&'a CommitInfo> for CommitRecord<'a> {
    fn from(commit: &'a CommitInfo) -> Self {
        CommitRecord {
            id: &commit.id,
            author: &commit.author,
            email: &commit.email,
            date: &commit.date,
            subject: &commit.subject,
            at_head: commit.at_head,
            blobs: commit.blobs,
            last: &commit.last,
            last_date: &commit.last_date,
            refs: &commit.refs,
            link: &commit.link,
        }
    }
}

#[derive(Serialize)]
pub(super) struct FindingRecord<'a> {
    rule_id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    provider: &'a str,
    secret_type: &'static str,
    severity: &'static str,
    confidence: &'static str,
    #[serde(flatten)]
    path: Path<'a>,
    start: Place,
    end: Place,
    secret: SecretRecord<'a>,
    fingerprint: String,
    evidence: &'a [String],
    /// What it was seen through, the outermost encoding first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    through: Vec<&'static str>,
    /// What else is known about its value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<&'static str>,
    parts: Vec<PartRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<SnippetRecord>,
    verdict: VerdictRecord<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<CommitRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<ItemRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<RepositoryRecord<'a>>,
}

/// Where a text was posted that is no file.
#[derive(Serialize)]
struct ItemRecord<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    url: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    author: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    time: &'a str,
}

/// A repository of several, and where else the same secret is.
#[derive(Serialize)]
struct RepositoryRecord<'a> {
    name: &'a str,
    repositories: u64,
    others: &'a [String],
}

impl<'a> From<&'a RepositoryInfo> for RepositoryRecord<'a> {
    fn from(repository: &'a RepositoryInfo) -> Self {
        RepositoryRecord {
            name: &repository.name,
            repositories: repository.repositories,
            others: &repository.others,
        }
    }
}

impl<'a> From<&'a ItemInfo> for ItemRecord<'a> {
    fn from(item: &'a ItemInfo) -> Self {
        ItemRecord {
            url: &item.url,
            author: &item.author,
            time: &item.time,
        }
    }
}

impl<'a> FindingRecord<'a> {
    pub(super) fn new(view: &'a View<'a>, rule: &'a Rule) -> Self {
        let finding = view.finding;
        FindingRecord {
            rule_id: &rule.id,
            title: &rule.title,
            provider: &rule.provider,
            secret_type: rule.secret_type.id(),
            severity: finding.severity.id(),
            confidence: finding.confidence.id(),
            path: Path::new(&view.path),
            start: finding.start.into(),
            end: finding.end.into(),
            secret: SecretRecord::new(&view.secret, Some(finding.secret_id.to_string())),
            fingerprint: finding.fingerprint.to_string(),
            evidence: &view.evidence,
            through: finding.through.iter().map(|e| e.id()).collect(),
            labels: finding.labels.iter().map(Label::id).collect(),
            parts: view.parts.iter().map(PartRecord::new).collect(),
            snippet: view.line.as_ref().map(SnippetRecord::new),
            verdict: match (&view.suppressed, &view.warning) {
                (None, None) => VerdictRecord {
                    status: "report",
                    by: None,
                    reason: None,
                },
                (None, Some(reason)) => VerdictRecord {
                    status: "warn",
                    by: None,
                    reason: Some(reason),
                },
                (Some((by, reason)), _) => VerdictRecord {
                    status: "suppressed",
                    by: Some(by.id()),
                    reason: Some(reason),
                },
            },
            commit: view.commit.as_ref().map(CommitRecord::from),
            item: view.item.as_ref().map(ItemRecord::from),
            repository: view.repository.as_ref().map(RepositoryRecord::from),
        }
    }
}

#[derive(Serialize)]
struct SkippedRecord<'a> {
    #[serde(flatten)]
    path: Path<'a>,
    reason: &'static str,
    /// As it is stored.
    #[serde(skip_serializing_if = "is_zero")]
    bytes: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
    /// Whether the run is incomplete without it.
    #[serde(skip_serializing_if = "is_false")]
    fails: bool,
    /// Whether a person said that it may stay shut.
    #[serde(skip_serializing_if = "is_false")]
    accepted: bool,
}

/// Content that was not looked into.
#[derive(Serialize)]
struct OpaqueRecord<'a> {
    #[serde(flatten)]
    path: Path<'a>,
    class: &'static str,
    bytes: u64,
}

#[derive(Serialize)]
struct FailedRecord<'a> {
    #[serde(flatten)]
    path: Path<'a>,
    error: &'a str,
}

#[derive(Serialize)]
struct RulesRecord {
    run: u64,
    known: u64,
}

#[derive(Serialize)]
struct NarrowedRecord<'a> {
    by: &'a str,
    what: &'static str,
    count: u64,
}

impl<'a> NarrowedRecord<'a> {
    fn new(narrowing: &'a Narrowing) -> Self {
        NarrowedRecord {
            by: &narrowing.by,
            what: narrowing.what.id(),
            count: narrowing.count,
        }
    }
}

#[derive(Serialize)]
pub(super) struct SummaryRecord<'a> {
    outcome: &'static str,
    exit_code: u8,
    files: u64,
    members: u64,
    binary: u64,
    bytes: u64,
    commits: u64,
    findings: u64,
    by_severity: BTreeMap<&'static str, u64>,
    #[serde(skip_serializing_if = "is_zero")]
    warnings: u64,
    suppressed: BTreeMap<&'static str, u64>,
    skipped: BTreeMap<&'static str, u64>,
    unread: u64,
    failed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fail_on: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<RulesRecord>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    narrowed: Vec<NarrowedRecord<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    policy_errors: &'a [String],
    notes: &'a [String],
    elapsed_ms: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_false(value: &bool) -> bool {
    !*value
}

impl<'a> SummaryRecord<'a> {
    pub(super) fn new(summary: &'a Summary, outcome: Outcome) -> Self {
        SummaryRecord {
            outcome: match outcome {
                Outcome::Clean => "clean",
                Outcome::Findings => "findings",
                Outcome::Incomplete => "incomplete",
            },
            exit_code: outcome.code(),
            files: summary.files,
            members: summary.members,
            binary: summary.binary,
            bytes: summary.bytes,
            commits: summary.commits,
            findings: summary.found(),
            by_severity: summary.findings.iter().map(|(k, n)| (k.id(), *n)).collect(),
            warnings: summary.warnings,
            suppressed: summary
                .suppressed
                .iter()
                .map(|(k, n)| (k.id(), *n))
                .collect(),
            skipped: summary.skipped.iter().map(|(k, n)| (k.id(), *n)).collect(),
            unread: summary.unread,
            failed: summary.failed,
            severity: summary.least.map(Severity::id),
            fail_on: summary.fail_on.map(Severity::id),
            rules: summary.rules.map(|rules| RulesRecord {
                run: rules.run,
                known: rules.known,
            }),
            narrowed: summary.narrowed.iter().map(NarrowedRecord::new).collect(),
            policy_errors: &summary.policy_errors,
            notes: &summary.notes,
            elapsed_ms: summary.elapsed.as_millis().try_into().unwrap_or(u64::MAX),
        }
    }
}

/// Serialises an event, or returns `None` if it is not shown.
pub(super) fn record(
    event: &Event,
    rules: &Ruleset,
    options: &ReportOptions,
    typed: bool,
) -> io::Result<Option<Record>> {
    let record = match event {
        Event::Finding(finding) => {
            if !finding.verdict.is_report() && !options.show_suppressed {
                return Ok(None);
            }
            let view = View::new(finding, options.show_secrets);
            let body = FindingRecord::new(&view, rules.get(finding.rule));
            Record::Finding(line("finding", &body, typed)?)
        }
        Event::Skipped {
            path,
            why,
            bytes,
            detail,
            gap,
        } => {
            let body = SkippedRecord {
                path: Path::new(path.as_bytes()),
                reason: why.id(),
                bytes: *bytes,
                detail,
                fails: *gap == Gap::Fails,
                accepted: *gap == Gap::Accepted,
            };
            Record::Skipped(line("skipped", &body, typed)?)
        }
        Event::Failed(error) => {
            let body = FailedRecord {
                path: Path::new(error.path.as_bytes()),
                error: &error.why,
            };
            Record::Failed(line("failed", &body, typed)?)
        }
    };
    Ok(Some(record))
}

/// A serialised record.
pub(super) enum Record {
    Finding(String),
    Skipped(String),
    Failed(String),
}

#[derive(Serialize)]
struct Typed<'a, T: Serialize> {
    r#type: &'static str,
    #[serde(flatten)]
    body: &'a T,
}

/// Serialises `body` on one line, with its type as the first field if `typed`.
fn line<T: Serialize>(kind: &'static str, body: &T, typed: bool) -> io::Result<String> {
    if typed {
        json(&Typed { r#type: kind, body }, false)
    } else {
        json(body, false)
    }
}

/// Writes one JSON document.
pub(super) struct JsonReport<'a> {
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
    started: bool,
    /// The number of findings written.
    written: u64,
    skipped: Vec<String>,
    /// What of it was not looked into.
    opaque: Vec<String>,
    failed: Vec<String>,
}

impl<'a> JsonReport<'a> {
    pub(super) fn new(
        out: Box<dyn io::Write + 'a>,
        rules: &'a Ruleset,
        options: ReportOptions,
    ) -> Self {
        JsonReport {
            out,
            rules,
            options,
            started: false,
            written: 0,
            skipped: Vec::new(),
            opaque: Vec::new(),
            failed: Vec::new(),
        }
    }

    fn start(&mut self) -> io::Result<()> {
        if !self.started {
            self.started = true;
            writeln!(
                self.out,
                "{{\n  \"schema_version\": \"{SCHEMA_VERSION}\",\n  \"tool\": {},",
                json(&TOOL, false)?
            )?;
            self.out.write_all(b"  \"findings\": [")?;
        }
        Ok(())
    }
}

impl Report for JsonReport<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.start()?;
        if let Event::Skipped {
            path, why, bytes, ..
        } = event
            && let Some(class) = why.opaque()
        {
            let body = OpaqueRecord {
                path: Path::new(path.as_bytes()),
                class,
                bytes: *bytes,
            };
            self.opaque.push(json(&body, false)?);
        }
        match record(event, self.rules, &self.options, false)? {
            Some(Record::Finding(text)) => {
                let comma = if self.written > 0 { "," } else { "" };
                self.written += 1;
                write!(self.out, "{comma}\n    {text}")
            }
            Some(Record::Skipped(text)) => {
                self.skipped.push(text);
                Ok(())
            }
            Some(Record::Failed(text)) => {
                self.failed.push(text);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn finish(&mut self, summary: &Summary, outcome: Outcome) -> io::Result<()> {
        self.start()?;
        let end = |any: bool| if any { "\n  ]" } else { "]" };
        writeln!(self.out, "{},", end(self.written > 0))?;
        for (name, list) in [("skipped", &self.skipped), ("failed", &self.failed)] {
            write!(self.out, "  \"{name}\": [")?;
            for (i, text) in list.iter().enumerate() {
                write!(self.out, "{}\n    {text}", if i > 0 { "," } else { "" })?;
            }
            writeln!(self.out, "{},", end(!list.is_empty()))?;
        }
        let opaque = self.opaque.join(",\n    ");
        let (open, close) = match opaque.is_empty() {
            true => ("", ""),
            false => ("\n    ", "\n  "),
        };
        writeln!(
            self.out,
            "  \"coverage\": {{\"opaque\": [{open}{opaque}{close}]}},"
        )?;
        let summary = json(&SummaryRecord::new(summary, outcome), false)?;
        writeln!(self.out, "  \"summary\": {summary}\n}}")?;
        self.out.flush()
    }
}

/// Writes one record per line; the last is the summary.
pub(super) struct JsonlReport<'a> {
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
}

impl<'a> JsonlReport<'a> {
    pub(super) fn new(
        out: Box<dyn io::Write + 'a>,
        rules: &'a Ruleset,
        options: ReportOptions,
    ) -> Self {
        JsonlReport {
            out,
            rules,
            options,
        }
    }
}

impl Report for JsonlReport<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match record(event, self.rules, &self.options, true)? {
            Some(Record::Finding(text) | Record::Skipped(text) | Record::Failed(text)) => {
                writeln!(self.out, "{text}")
            }
            None => Ok(()),
        }
    }

    fn finish(&mut self, summary: &Summary, outcome: Outcome) -> io::Result<()> {
        #[derive(Serialize)]
        struct Last<'a> {
            schema_version: &'static str,
            tool: Tool,
            #[serde(flatten)]
            summary: SummaryRecord<'a>,
        }
        let last = Last {
            schema_version: SCHEMA_VERSION,
            tool: TOOL,
            summary: SummaryRecord::new(summary, outcome),
        };
        writeln!(self.out, "{}", line("summary", &last, true)?)?;
        self.out.flush()
    }
}

//! This program's own JSON, as a document or line by line: the counterpart of `report::json`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use data_encoding::BASE64;
use serde::Deserialize;
use serde::de::MapAccess;

use super::beyond::{ItemIn, RepositoryIn};
use super::build::BY;
use super::catalog::foreign;
use super::json::{Each, Members, Wrong, object, skip, start, values};
use super::names::{encoding, labels, narrow, reason, suppressor, unhex, web};
use super::sum::add;
use super::{Intake, Marks, Receipt};
use crate::blob::{BlobPath, SourceError};
use crate::finding::{
    CommitInfo, Event, Finding, Fingerprint, Gap, Narrowing, Part, RuleCount, SecretId, Snippet,
    Summary, Verdict,
};
use crate::report::mask::merged;
use crate::rules::{Confidence, Rule, RuleIndex, SecretType, Severity};
use crate::secret::Secret;
use crate::text::Position;

/// The schema that is read.
const SCHEMA: &str = "1";

#[derive(Clone, Copy, Deserialize)]
struct Place {
    line: u64,
    column: u64,
}

#[derive(Deserialize)]
struct SecretIn {
    redacted: String,
    id: Option<String>,
    value: Option<String>,
    value_bytes: Option<String>,
}

#[derive(Deserialize)]
struct PartIn {
    name: String,
    start: Place,
    end: Place,
    secret: SecretIn,
}

#[derive(Deserialize)]
struct SnippetIn {
    text: String,
    start_column: usize,
    end_column: usize,
    #[serde(default)]
    cut_left: bool,
    #[serde(default)]
    cut_right: bool,
}

#[derive(Deserialize)]
struct VerdictIn {
    status: String,
    by: Option<String>,
    reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CommitIn {
    id: String,
    author: String,
    email: String,
    date: String,
    subject: String,
    at_head: Option<bool>,
    blobs: u64,
    last: String,
    last_date: String,
    refs: Vec<String>,
    link: String,
}

#[derive(Deserialize)]
struct FindingIn {
    rule_id: String,
    title: String,
    #[serde(default)]
    provider: String,
    secret_type: String,
    severity: String,
    confidence: String,
    path: String,
    path_bytes: Option<String>,
    start: Place,
    end: Place,
    secret: SecretIn,
    fingerprint: String,
    #[serde(default)]
    evidence: Vec<String>,
    #[serde(default)]
    through: Vec<String>,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    parts: Vec<PartIn>,
    snippet: Option<SnippetIn>,
    verdict: VerdictIn,
    commit: Option<CommitIn>,
    item: Option<ItemIn>,
    repository: Option<RepositoryIn>,
}

#[derive(Deserialize)]
struct SkippedIn {
    path: String,
    path_bytes: Option<String>,
    reason: String,
    #[serde(default)]
    bytes: u64,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    fails: bool,
    #[serde(default)]
    accepted: bool,
}

#[derive(Deserialize)]
struct FailedIn {
    path: String,
    path_bytes: Option<String>,
    error: String,
}

#[derive(Deserialize)]
struct RulesIn {
    run: u64,
    known: u64,
}

#[derive(Deserialize)]
struct NarrowedIn {
    by: String,
    what: String,
    count: u64,
}

#[derive(Deserialize)]
struct SummaryIn {
    schema_version: Option<String>,
    outcome: String,
    #[serde(default)]
    files: u64,
    #[serde(default)]
    members: u64,
    #[serde(default)]
    binary: u64,
    #[serde(default)]
    bytes: u64,
    #[serde(default)]
    commits: u64,
    findings: u64,
    #[serde(default)]
    warnings: u64,
    #[serde(default)]
    suppressed: BTreeMap<String, u64>,
    #[serde(default)]
    skipped: BTreeMap<String, u64>,
    #[serde(default)]
    unread: u64,
    #[serde(default)]
    failed: u64,
    severity: Option<String>,
    fail_on: Option<String>,
    rules: Option<RulesIn>,
    #[serde(default)]
    narrowed: Vec<NarrowedIn>,
    #[serde(default)]
    policy_errors: Vec<String>,
    #[serde(default)]
    notes: Vec<String>,
    #[serde(default)]
    elapsed_ms: u64,
}

/// A line of JSON Lines.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum LineIn {
    Finding(Box<FindingIn>),
    Skipped(SkippedIn),
    Failed(FailedIn),
    Summary(Box<SummaryIn>),
    #[serde(other)]
    Unknown,
}

/// Reads the report.
pub(super) fn read(text: &[u8], into: &mut Intake<'_>) -> Result<(), Wrong> {
    into.out.receipt = Receipt::Full;
    let mut reading = Reading {
        into,
        receipt: Summary::default(),
        listed: (0, 0),
        ended: false,
        incomplete: false,
    };
    match is_lines(text)? {
        true => values(text, |line: LineIn| reading.line(line))?,
        false => object(text, &mut reading)?,
    }
    reading.end();
    Ok(())
}

/// Whether the first object has a type.
fn is_lines(text: &[u8]) -> Result<bool, Wrong> {
    #[derive(Deserialize)]
    struct Head {
        r#type: Option<String>,
    }
    if start(text) != Some(b'{') {
        return Ok(false);
    }
    let mut stream = serde_json::Deserializer::from_slice(text).into_iter::<Head>();
    Ok(match stream.next() {
        Some(head) => head?.r#type.is_some(),
        None => false,
    })
}

struct Reading<'a, 'b> {
    into: &'a mut Intake<'b>,
    /// What the summaries say.
    receipt: Summary,
    /// How many findings and warnings are listed.
    listed: (u64, u64),
    /// Whether the last record was a summary.
    ended: bool,
    /// Whether a summary says that the run was incomplete.
    incomplete: bool,
}

impl Members for Reading<'_, '_> {
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "schema_version" => {
                let version: String = map.next_value()?;
                is_known(&version).map_err(serde::de::Error::custom)
            }
            "findings" => {
                let mut take = |found: FindingIn| self.finding(found);
                map.next_value_seed(Each::new(&mut take))
            }
            "skipped" => {
                let mut take = |skipped: SkippedIn| self.skipped(skipped);
                map.next_value_seed(Each::new(&mut take))
            }
            "failed" => {
                let mut take = |failed: FailedIn| self.failed(failed);
                map.next_value_seed(Each::new(&mut take))
            }
            "summary" => {
                let summary: SummaryIn = map.next_value()?;
                self.summary(summary).map_err(serde::de::Error::custom)
            }
            _ => skip(map),
        }
    }
}

fn is_known(version: &str) -> Result<(), String> {
    match version {
        SCHEMA => Ok(()),
        other => Err(format!(
            "schema_version {}: this program reads {SCHEMA}",
            other.escape_default()
        )),
    }
}

impl Reading<'_, '_> {
    fn line(&mut self, line: LineIn) -> Result<(), String> {
        self.ended = false;
        match line {
            LineIn::Finding(found) => self.finding(*found),
            LineIn::Skipped(skipped) => self.skipped(skipped),
            LineIn::Failed(failed) => self.failed(failed),
            LineIn::Summary(summary) => {
                summary.schema_version.as_deref().map_or(Ok(()), is_known)?;
                self.summary(*summary)
            }
            LineIn::Unknown => Ok(()),
        }
    }

    /// Compares what is listed with what the summaries count.
    fn end(&mut self) {
        let out = &mut *self.into.out;
        let says = (self.receipt.found(), self.receipt.warnings);
        self.receipt.findings.clear();
        self.receipt.warnings = 0;
        let listed = std::mem::take(&mut out.summary);
        out.summary = std::mem::take(&mut self.receipt);
        out.summary.findings = listed.findings;
        out.summary.warnings = listed.warnings;
        if !self.ended {
            out.broken("it does not end with a summary: its run was interrupted");
        }
        let (said, told) = (says.0 + says.1, self.listed.0 + self.listed.1);
        if self.ended && says != self.listed {
            out.broken(format!(
                "its summary counts {said} findings, and {told} are listed: something is missing"
            ));
        }
        let reckoned = out.summary.outcome(false) == crate::finding::Outcome::Incomplete;
        if self.incomplete && !reckoned {
            out.broken("its run was incomplete");
        }
    }

    fn summary(&mut self, summary: SummaryIn) -> Result<(), String> {
        self.ended = true;
        self.incomplete |= summary.outcome == "incomplete";
        let mut receipt = Summary {
            files: summary.files,
            members: summary.members,
            bytes: summary.bytes,
            binary: summary.binary,
            commits: summary.commits,
            warnings: summary.warnings,
            unread: summary.unread,
            failed: summary.failed,
            least: summary.severity.as_deref().and_then(Severity::from_id),
            fail_on: summary.fail_on.as_deref().and_then(Severity::from_id),
            rules: summary.rules.map(|rules| RuleCount {
                run: rules.run,
                known: rules.known,
            }),
            policy_errors: summary.policy_errors,
            notes: summary.notes,
            elapsed: Duration::from_millis(summary.elapsed_ms),
            ..Summary::default()
        };
        // By which severity, the findings say themselves.
        receipt.findings.insert(Severity::Low, summary.findings);
        for (by, count) in summary.suppressed {
            let by = suppressor(&by).ok_or("a suppression of an unknown kind")?;
            *receipt.suppressed.entry(by).or_default() += count;
        }
        for (why, count) in summary.skipped {
            let why = reason(&why).ok_or("a skip for an unknown reason")?;
            *receipt.skipped.entry(why).or_default() += count;
        }
        for narrowed in summary.narrowed {
            receipt.narrowed.push(Narrowing {
                by: narrowed.by,
                what: narrow(&narrowed.what).ok_or("a narrowing of an unknown kind")?,
                count: narrowed.count,
            });
        }
        add(&mut self.receipt, &receipt);
        Ok(())
    }

    fn skipped(&mut self, skipped: SkippedIn) -> Result<(), String> {
        let why = reason(&skipped.reason).ok_or("a skip for an unknown reason")?;
        let gap = match (skipped.fails, skipped.accepted) {
            (true, _) => Gap::Fails,
            (false, true) => Gap::Accepted,
            (false, false) => Gap::Told,
        };
        self.receipt.accepted += u64::from(gap == Gap::Accepted);
        self.into.gap(Event::Skipped {
            path: path(&skipped.path, skipped.path_bytes.as_deref())?,
            why,
            bytes: skipped.bytes,
            detail: Cow::Owned(skipped.detail),
            gap,
        });
        Ok(())
    }

    fn failed(&mut self, failed: FailedIn) -> Result<(), String> {
        self.into.gap(Event::Failed(SourceError {
            path: path(&failed.path, failed.path_bytes.as_deref())?,
            why: failed.error,
        }));
        Ok(())
    }

    fn finding(&mut self, found: FindingIn) -> Result<(), String> {
        let verdict = verdict(&found.verdict)?;
        match &verdict {
            Verdict::Report => self.listed.0 += 1,
            Verdict::Warn { .. } => self.listed.1 += 1,
            Verdict::Suppressed { .. } => {}
        }
        let severity = Severity::from_id(&found.severity).ok_or("an unknown severity")?;
        let confidence = Confidence::from_id(&found.confidence).ok_or("an unknown confidence")?;
        let evidence = found.evidence.iter().map(|text| Cow::Owned(text.clone()));
        let mut by = found
            .evidence
            .iter()
            .filter_map(|text| text.strip_prefix(BY));
        let marks = Marks {
            tool: by.next().unwrap_or_default().to_owned(),
            sha1: None,
            by_value: true,
        };
        let secret = self.secret(&found.secret)?;
        let (line, more) = self.line_of(found.snippet.as_ref(), &secret);
        let id = found.secret.id.as_deref();
        let mut parts = Vec::with_capacity(found.parts.len());
        for part in &found.parts {
            parts.push(Part {
                name: Cow::Owned(part.name.clone()),
                start: position(part.start, 0),
                end: position(part.end, 0),
                secret: self.secret(&part.secret)?,
            });
        }
        let finding = Finding {
            rule: self.rule(&found, severity)?,
            path: path(&found.path, found.path_bytes.as_deref())?,
            start: position(found.start, more),
            end: position(found.end, more),
            secret,
            secret_id: SecretId(unhex(id.unwrap_or_default()).ok_or("no id of the secret")?),
            fingerprint: Fingerprint(unhex(&found.fingerprint).ok_or("no fingerprint")?),
            confidence,
            severity,
            evidence: evidence.collect(),
            through: found.through.iter().filter_map(|id| encoding(id)).collect(),
            parts,
            snippet: line,
            verdict,
            commit: found.commit.map(|c| Box::new(commit(c))),
            in_name: false,
            item: found.item.map(|i| Box::new(i.into())),
            repository: found.repository.map(|r| Box::new(r.into())),
            labels: labels(found.labels.iter().map(String::as_str)),
            asked: None,
        };
        self.into.finding(finding, marks);
        Ok(())
    }

    /// Returns the rule: the built-in one if it is the same, else what the report says of it.
    fn rule(&mut self, found: &FindingIn, severity: Severity) -> Result<RuleIndex, String> {
        let kind = SecretType::from_id(&found.secret_type).ok_or("an unknown secret_type")?;
        let reader = &mut *self.into.reader;
        let own = reader.catalog.find(&found.rule_id);
        if let Some(index) = own
            && reader.catalog.get(index).title == found.title
        {
            return Ok(index);
        }
        let clear = &mut reader.clear;
        reader.catalog.of("", &found.rule_id, || Rule {
            provider: Cow::Owned(clear.name(&found.provider)),
            secret_type: kind,
            ..foreign(
                &clear.name(&found.rule_id),
                &clear.name(&found.title),
                severity,
            )
        })
    }

    fn secret(&mut self, secret: &SecretIn) -> Result<Secret, String> {
        let masked = Secret::masked(&secret.redacted);
        let bytes = match (&secret.value_bytes, &secret.value) {
            (Some(coded), _) => {
                let bytes = BASE64.decode(coded.as_bytes());
                bytes.map_err(|_| "value_bytes is not base64")?
            }
            (None, Some(value)) => value.as_bytes().to_vec(),
            (None, None) => return Ok(masked),
        };
        let shown = masked.redacted().trim_end_matches('*').len();
        self.into.reader.known.note_value(&bytes);
        Ok(Secret::with_public_prefix(&bytes, shown))
    }

    /// Returns the line of a finding, and how many characters before the secret take two units
    /// of UTF-16.
    fn line_of(&mut self, line: Option<&SnippetIn>, secret: &Secret) -> (Snippet, u64) {
        let Some(line) = line else {
            return (Snippet::default(), 0);
        };
        let offset = |column: usize| {
            let mut all = line.text.char_indices();
            let at = all.nth(column.saturating_sub(1)).map(|(at, _)| at);
            at.unwrap_or(line.text.len())
        };
        let from = offset(line.start_column);
        let highlight = from..offset(line.end_column).max(from);
        let wide = line.text[..from].chars().filter(|c| c.len_utf16() > 1);
        let wide = wide.count() as u64;
        let text = line.text.as_bytes();
        let own = |range: &Range<usize>| {
            // The mask of the secret itself looks like nothing, but its surroundings may.
            secret.is_known() || range.start >= highlight.end || range.end <= highlight.start
        };
        let mut hidden = self.into.reader.clear.hidden(text);
        hidden.retain(own);
        hidden.push(highlight.clone());
        let snippet = Snippet {
            line: text.into(),
            cut_left: line.cut_left,
            cut_right: line.cut_right,
            highlight,
            hidden: match secret.is_known() {
                true => merged(hidden),
                // What is masked already is nothing to look for elsewhere.
                false => {
                    hidden.pop();
                    merged(hidden)
                }
            },
        };
        (snippet, wide)
    }
}

fn commit(commit: CommitIn) -> CommitInfo {
    CommitInfo {
        id: commit.id,
        author: commit.author,
        email: commit.email,
        date: commit.date,
        subject: commit.subject,
        at_head: commit.at_head,
        blobs: commit.blobs,
        last: commit.last,
        last_date: commit.last_date,
        refs: commit.refs,
        link: web(&commit.link),
    }
}

fn position(place: Place, wide: u64) -> Position {
    Position {
        line: place.line,
        column: place.column,
        utf16_column: place.column + wide,
        offset: 0,
    }
}

fn path(text: &str, bytes: Option<&str>) -> Result<BlobPath, String> {
    match bytes {
        None => Ok(BlobPath::from(text)),
        Some(coded) => {
            let bytes = BASE64.decode(coded.as_bytes());
            Ok(BlobPath::new(
                bytes.map_err(|_| "path_bytes is not base64")?,
            ))
        }
    }
}

fn verdict(verdict: &VerdictIn) -> Result<Verdict, String> {
    let reason = verdict.reason.clone().unwrap_or_default();
    match verdict.status.as_str() {
        "report" => Ok(Verdict::Report),
        "warn" => Ok(Verdict::Warn { reason }),
        "suppressed" => Ok(Verdict::Suppressed {
            by: verdict
                .by
                .as_deref()
                .and_then(suppressor)
                .ok_or("a suppression of an unknown kind")?,
            reason,
        }),
        _ => Err("an unknown verdict".to_owned()),
    }
}

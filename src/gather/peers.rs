//! The JSON of betterleaks 2 and of kingfisher: a document, or one record per line.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::MapAccess;

use super::build::{Place, Raw, Value};
use super::json::{Each, Members, Wrong, object, skip, start, values};
use super::names::web;
use super::{Intake, Receipt};
use crate::finding::CommitInfo;
use crate::rules::Confidence;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Match {
    full: Option<String>,
    value: Option<String>,
    fingerprint: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Location {
    path: Option<String>,
    start_line: u64,
    end_line: u64,
    start_column: u64,
    end_column: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Component {
    rule_id: Option<String>,
    r#match: Match,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Components {
    components: Option<Vec<Component>>,
}

/// A finding of betterleaks.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Found {
    rule_id: Option<String>,
    description: Option<String>,
    confidence: Option<String>,
    r#match: Match,
    attributes: Option<BTreeMap<String, serde_json::Value>>,
    location: Location,
    component_sets: Option<Vec<Components>>,
}

/// How a run of betterleaks ended.
#[derive(Deserialize)]
struct Scan {
    state: Option<String>,
    #[serde(default)]
    bytes_scanned: u64,
}

/// One line of betterleaks.
#[derive(Deserialize)]
struct Line {
    finding: Option<Found>,
    scan: Option<Scan>,
}

/// Reads a report of betterleaks.
pub(super) fn betterleaks(text: &[u8], into: &mut Intake<'_>) -> Result<(), Wrong> {
    let mut document = Document { into, ended: false };
    let is_lines = !starts_with_document(text)?;
    if is_lines {
        values(text, |line: Line| {
            line.finding.map_or(Ok(()), |found| document.found(found))?;
            line.scan.into_iter().for_each(|scan| document.scan(&scan));
            Ok(())
        })?;
    } else {
        object(text, &mut document)?;
    }
    if !document.ended {
        into.out
            .broken("it does not say how its run ended: it was interrupted");
    }
    Ok(())
}

/// Whether the first object has a list of findings.
fn starts_with_document(text: &[u8]) -> Result<bool, Wrong> {
    #[derive(Deserialize)]
    struct Head {
        findings: Option<serde::de::IgnoredAny>,
    }
    if start(text) != Some(b'{') {
        return Ok(false);
    }
    let mut stream = serde_json::Deserializer::from_slice(text).into_iter::<Head>();
    Ok(match stream.next() {
        Some(head) => head?.findings.is_some(),
        None => false,
    })
}

struct Document<'a, 'b> {
    into: &'a mut Intake<'b>,
    /// Whether the report says how the run ended.
    ended: bool,
}

impl Members for Document<'_, '_> {
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "findings" => {
                let mut take = |found| self.found(found);
                map.next_value_seed(Each::new(&mut take))
            }
            "scan" => {
                let scan: Option<Scan> = map.next_value()?;
                scan.iter().for_each(|scan| self.scan(scan));
                Ok(())
            }
            _ => skip(map),
        }
    }
}

impl Document<'_, '_> {
    fn scan(&mut self, scan: &Scan) {
        self.ended = true;
        self.into.out.receipt = Receipt::State;
        self.into.out.summary.bytes += scan.bytes_scanned;
        if scan.state.as_deref() != Some("complete") {
            self.into.out.broken("its run did not complete");
        }
    }

    fn found(&mut self, found: Found) -> Result<(), String> {
        let value = found.r#match.value.unwrap_or_default();
        let full = found.r#match.full.unwrap_or_default();
        let at = found.location;
        let before = match full.find(&value) {
            Some(at) if !value.is_empty() && !full[..at].contains('\n') => &full[..at],
            _ => "",
        };
        let signs = |text: &str| text.chars().count() as u64;
        let start = Place {
            line: at.start_line,
            column: at.start_column + signs(before),
        };
        let end = match value.contains('\n') || at.start_line != at.end_line {
            true => Place {
                line: at.end_line,
                column: at.end_column + 1,
            },
            false => Place {
                line: at.start_line,
                column: start.column + signs(&value),
            },
        };
        let sets = found.component_sets.unwrap_or_default().into_iter();
        let parts = sets.flat_map(|set| set.components.unwrap_or_default());
        let parts = parts.map(|part| {
            let value = part.r#match.value.unwrap_or_default();
            let name = part.rule_id.unwrap_or_default();
            (name, Value::shown(&value))
        });
        let mut facts = Facts(found.attributes.unwrap_or_default());
        self.into.raw(Raw {
            rule: found.rule_id.unwrap_or_default(),
            title: found.description.unwrap_or_default(),
            confidence: confidence(found.confidence.as_deref()),
            path: at.path.unwrap_or_default(),
            start,
            end: Some(end),
            value: Value::or_hash(&value, found.r#match.fingerprint.as_deref()),
            line: full,
            parts: parts.collect(),
            commit: facts.commit(),
            ..Raw::new("betterleaks")
        })
    }
}

/// Attributes with names such as `git.commit` or `git.author.name`.
struct Facts(BTreeMap<String, serde_json::Value>);

impl Facts {
    fn take(&mut self, names: &[&str]) -> Option<String> {
        let found = names.iter().find_map(|name| self.0.remove(*name))?;
        found.as_str().map(str::to_owned)
    }

    fn commit(&mut self) -> Option<CommitInfo> {
        super::gitleaks::commit(
            self.take(&["git.sha", "git.commit", "git.commit_sha", "git.commit.sha"]),
            self.take(&["git.author_name", "git.author", "git.author.name"]),
            self.take(&["git.author_email", "git.email", "git.author.email"]),
            self.take(&["git.date", "git.commit_date", "git.commit.date"]),
            self.take(&["git.message", "git.commit_message", "git.commit.message"]),
        )
    }
}

fn confidence(text: Option<&str>) -> Confidence {
    let text = text.unwrap_or_default().to_ascii_lowercase();
    Confidence::from_id(&text).unwrap_or(Confidence::Medium)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KingRule {
    name: Option<String>,
    id: Option<String>,
    description: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Person {
    name: Option<String>,
    email: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KingCommit {
    id: Option<String>,
    date: Option<String>,
    author: Option<Person>,
    message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KingFile {
    path: Option<String>,
    url: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KingGit {
    commit: Option<KingCommit>,
    file: Option<KingFile>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Validation {
    status: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KingFinding {
    dependent_captures: Option<BTreeMap<String, String>>,
    snippet: Option<String>,
    fingerprint: Option<String>,
    confidence: Option<String>,
    validation: Option<Validation>,
    line: u64,
    column_start: u64,
    column_end: u64,
    path: Option<String>,
    git_metadata: Option<KingGit>,
}

/// How the runs of kingfisher ended.
#[derive(Default, Deserialize)]
#[serde(default)]
struct AuditSummary {
    fetch_failed: u64,
    scan_partial: u64,
    scan_failed: u64,
    pending: u64,
}

#[derive(Deserialize)]
struct Audit {
    summary: Option<AuditSummary>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Counts {
    blobs_scanned: u64,
    bytes_scanned: u64,
}

#[derive(Deserialize)]
struct Metadata {
    summary: Option<Counts>,
}

/// One line of kingfisher.
#[derive(Deserialize)]
struct KingLine {
    rule: Option<KingRule>,
    finding: Option<KingFinding>,
    audit: Option<Audit>,
}

/// Reads a report of kingfisher.
pub(super) fn kingfisher(text: &[u8], into: &mut Intake<'_>) -> Result<(), Wrong> {
    let is_document = starts_with_document(text)?;
    let mut king = King { into };
    if is_document {
        return object(text, &mut king);
    }
    values(text, |line: KingLine| {
        line.audit.iter().for_each(|audit| king.audit(audit));
        match line.finding {
            Some(found) => king.found(line.rule.unwrap_or_default(), found),
            None => Ok(()),
        }
    })
}

struct King<'a, 'b> {
    into: &'a mut Intake<'b>,
}

impl Members for King<'_, '_> {
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "findings" => {
                let mut take = |line: KingLine| {
                    let found = line.finding.ok_or("a finding without `finding`")?;
                    self.found(line.rule.unwrap_or_default(), found)
                };
                map.next_value_seed(Each::new(&mut take))
            }
            "audit" => {
                let audit: Option<Audit> = map.next_value()?;
                audit.iter().for_each(|audit| self.audit(audit));
                Ok(())
            }
            "metadata" => {
                let metadata: Option<Metadata> = map.next_value()?;
                if let Some(counts) = metadata.and_then(|metadata| metadata.summary) {
                    self.into.out.summary.files += counts.blobs_scanned;
                    self.into.out.summary.bytes += counts.bytes_scanned;
                }
                Ok(())
            }
            _ => skip(map),
        }
    }
}

impl King<'_, '_> {
    fn audit(&mut self, audit: &Audit) {
        let Some(summary) = &audit.summary else {
            return;
        };
        self.into.out.receipt = Receipt::State;
        for (count, what) in [
            (summary.fetch_failed, "could not be fetched"),
            (summary.scan_failed, "could not be scanned"),
            (summary.scan_partial, "were scanned in part"),
            (summary.pending, "were not scanned"),
        ] {
            if count > 0 {
                let of = if count == 1 {
                    "repository"
                } else {
                    "repositories"
                };
                self.into.out.broken(format!("{count} {of} {what}"));
            }
        }
    }

    fn found(&mut self, rule: KingRule, found: KingFinding) -> Result<(), String> {
        let git = found.git_metadata.unwrap_or_default();
        let file = git.file.unwrap_or_default();
        let (inside, link) = (file.path, web(&file.url.unwrap_or_default()));
        let snippet = found.snippet.unwrap_or_default();
        let parts = found.dependent_captures.unwrap_or_default().into_iter();
        let parts = parts.map(|(name, value)| {
            let name = name.to_lowercase().replace('_', " ");
            (name, Value::shown(&value))
        });
        let status = found.validation.and_then(|v| v.status).unwrap_or_default();
        // Columns begin at 0, and the last one is included.
        let lines = snippet.matches('\n').count() as u64;
        let end = Place {
            line: found.line + lines,
            column: found.column_end + 2,
        };
        let hash = match snippet.starts_with("[REDACTED:") {
            true => Some(snippet.as_str()),
            false => found.fingerprint.as_deref(),
        };
        self.into.raw(Raw {
            rule: rule.id.or(rule.name).unwrap_or_default(),
            title: rule.description.unwrap_or_default(),
            confidence: confidence(found.confidence.as_deref()),
            path: inside.or(found.path).unwrap_or_default(),
            start: Place {
                line: found.line,
                column: found.column_start + 1,
            },
            end: Some(end),
            value: Value::or_hash(&snippet, hash),
            evidence: match &*status {
                "" | "Not Attempted" => Vec::new(),
                status => vec![format!("validation: {}", status.to_lowercase())],
            },
            parts: parts.collect(),
            commit: git
                .commit
                .and_then(king_commit)
                .map(|commit| CommitInfo { link, ..commit }),
            ..Raw::new("kingfisher")
        })
    }
}

fn king_commit(commit: KingCommit) -> Option<CommitInfo> {
    let author = commit.author.unwrap_or_default();
    super::gitleaks::commit(
        commit.id,
        author.name,
        author.email,
        commit.date,
        commit.message,
    )
}

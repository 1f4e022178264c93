//! SARIF 2.1.0 of any scanner, and of this one.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value as Json;

use super::build::{Place, Raw, Value};
use super::gitleaks::{Region as Columns, commit};
use super::json::{Wrong, values};
use super::{Intake, Receipt};
use crate::finding::{SuppressedBy, Verdict};
use crate::rules::{Confidence, Severity};

mod ours;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Text {
    pub(super) text: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct File {
    pub(super) uri: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Region {
    pub(super) start_line: Option<u64>,
    pub(super) start_column: Option<u64>,
    pub(super) end_line: Option<u64>,
    pub(super) end_column: Option<u64>,
    pub(super) snippet: Option<Text>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Physical {
    pub(super) artifact_location: Option<File>,
    pub(super) region: Option<Region>,
    pub(super) context_region: Option<Region>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Location {
    pub(super) physical_location: Option<Physical>,
    pub(super) message: Option<Text>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Suppression {
    pub(super) kind: Option<String>,
    pub(super) status: Option<String>,
    pub(super) justification: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RuleRef {
    id: Option<String>,
    index: Option<usize>,
}

/// A result.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Found {
    rule_id: Option<String>,
    rule_index: Option<i64>,
    rule: Option<RuleRef>,
    kind: Option<String>,
    level: Option<String>,
    pub(super) message: Option<Text>,
    pub(super) locations: Option<Vec<Location>>,
    pub(super) related_locations: Option<Vec<Location>>,
    pub(super) partial_fingerprints: Option<BTreeMap<String, String>>,
    pub(super) suppressions: Option<Vec<Suppression>>,
    pub(super) properties: Option<BTreeMap<String, Json>>,
    pub(super) hosted_viewer_uri: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Configuration {
    level: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RuleIn {
    id: Option<String>,
    pub(super) name: Option<String>,
    short_description: Option<Text>,
    full_description: Option<Text>,
    default_configuration: Option<Configuration>,
    pub(super) properties: Option<BTreeMap<String, Json>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Driver {
    name: Option<String>,
    rules: Option<Vec<RuleIn>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tool {
    driver: Driver,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Notification {
    pub(super) level: Option<String>,
    pub(super) message: Option<Text>,
    pub(super) locations: Option<Vec<Location>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Invocation {
    pub(super) execution_successful: Option<bool>,
    pub(super) tool_execution_notifications: Option<Vec<Notification>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Run {
    tool: Tool,
    results: Option<Vec<Found>>,
    invocations: Option<Vec<Invocation>>,
}

#[derive(Deserialize)]
struct Document {
    runs: Option<Vec<Run>>,
    version: Option<String>,
}

/// Reads the report.
pub(super) fn read(text: &[u8], into: &mut Intake<'_>) -> Result<(), Wrong> {
    let mut any = false;
    values(text, |document: Document| {
        any = true;
        match document.version.as_deref() {
            Some("2.1.0") | None => {}
            Some(other) => {
                let other = other.escape_default();
                return Err(format!("SARIF {other}: this program reads 2.1.0"));
            }
        }
        let Some(runs) = document.runs else {
            return Err("not SARIF: it has no `runs`".to_owned());
        };
        runs.into_iter().try_for_each(|run| of_run(run, into))
    })?;
    match any {
        true => Ok(()),
        false => Err(Wrong::new("not SARIF: it has no `runs`")),
    }
}

fn of_run(run: Run, into: &mut Intake<'_>) -> Result<(), String> {
    let tool = Tools::of(run.tool.driver.name.as_deref().unwrap_or_default());
    let rules = run.tool.driver.rules.unwrap_or_default();
    let invocations = run.invocations.unwrap_or_default();
    let has_results = run.results.is_some();
    let by_id: BTreeMap<&str, usize> = rules
        .iter()
        .enumerate()
        .filter_map(|(at, rule)| Some((rule.id.as_deref()?, at)))
        .collect();
    for found in run.results.unwrap_or_default() {
        if matches!(
            found.kind.as_deref(),
            Some("pass" | "notApplicable" | "informational")
        ) {
            continue;
        }
        let by_reference = found.rule.as_ref().and_then(|rule| rule.index);
        let by_number = found.rule_index.and_then(|n| usize::try_from(n).ok());
        let id = found.rule_id.clone();
        let id = id.or_else(|| found.rule.as_ref()?.id.clone());
        let known = id.as_deref().and_then(|id| by_id.get(id).copied());
        let index = by_number.or(by_reference).or(known);
        let rule = index.and_then(|index| rules.get(index));
        let id = id.or_else(|| rule?.id.clone()).unwrap_or_default();
        match tool {
            Tools::Ours => ours::finding(&id, &found, rule, into)?,
            Tools::Other(tool) => into.raw(raw(tool, id, found, rule))?,
        }
    }
    let name = match tool {
        Tools::Ours => "stopleak",
        Tools::Other(name) => name,
    };
    if !has_results {
        into.out.broken(format!(
            "a run of {name} has no results: it did not complete"
        ));
    }
    for invocation in &invocations {
        ours::invocation(invocation, tool == Tools::Ours, into);
    }
    Ok(())
}

/// Whose run it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tools {
    Ours,
    Other(&'static str),
}

impl Tools {
    fn of(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        const KNOWN: [&str; 6] = [
            "gitleaks",
            "betterleaks",
            "kingfisher",
            "trufflehog",
            "ggshield",
            "detect-secrets",
        ];
        match KNOWN.into_iter().find(|known| name.contains(known)) {
            _ if name == "stopleak" => Tools::Ours,
            Some(known) => Tools::Other(known),
            None => Tools::Other("another scanner"),
        }
    }
}

/// Returns what a result says.
fn raw(tool: &'static str, rule: String, found: Found, of: Option<&RuleIn>) -> Raw {
    let location = found.locations.unwrap_or_default().into_iter().next();
    let physical = location
        .and_then(|l| l.physical_location)
        .unwrap_or_default();
    let file = physical.artifact_location.and_then(|file| file.uri);
    let region = physical.region.unwrap_or_default();
    let snippet = region.snippet.and_then(|s| s.text).unwrap_or_default();
    let marks = found.partial_fingerprints.unwrap_or_default();
    let mark = |name: &str| marks.get(name).filter(|text| !text.is_empty()).cloned();
    let lines = (
        region.start_line.unwrap_or_default(),
        region.end_line.or(region.start_line).unwrap_or_default(),
    );
    let columns = (
        region.start_column.unwrap_or_default(),
        region.end_column.unwrap_or_default(),
    );
    let (start, end) = match tool {
        // As in their JSON.
        "gitleaks" => Columns { lines, columns }.of(&snippet, &snippet),
        "kingfisher" => Columns {
            lines,
            columns: (columns.0 + 1, columns.1 + 1),
        }
        .exactly(),
        _ => (
            Place {
                line: lines.0,
                column: columns.0,
            },
            (columns.1 > 0).then_some(Place {
                line: lines.1,
                column: columns.1,
            }),
        ),
    };
    let hash = mark("secret/v1").or_else(|| mark("fingerprint"));
    let title = of.and_then(|rule| {
        let texts = [&rule.short_description, &rule.full_description];
        let mut texts = texts.into_iter().flatten();
        texts
            .find_map(|text| text.text.clone())
            .or(rule.name.clone())
    });
    Raw {
        title: title.unwrap_or_default(),
        severity: severity(found.level.as_deref(), of),
        confidence: Confidence::Medium,
        path: path(&file.unwrap_or_default()),
        start,
        end,
        value: value(tool, &snippet, (start, end), hash.as_deref()),
        line: snippet,
        commit: commit(
            mark("commitSha"),
            mark("author"),
            mark("email"),
            mark("date"),
            mark("commitMessage"),
        ),
        verdict: verdict(found.suppressions.as_deref()),
        rule,
        ..Raw::new(tool)
    }
}

/// Returns the value: the snippet, if it is not longer than the region.
fn value(tool: &str, snippet: &str, at: (Place, Option<Place>), hash: Option<&str>) -> Value {
    let (start, end) = at;
    let is_exact = end.is_some_and(|end| {
        let length = end.column.saturating_sub(start.column);
        let signs = snippet.chars().count() as u64;
        end.line > start.line || signs <= length.max(1) || snippet.len() as u64 == length
    });
    match is_exact || matches!(tool, "gitleaks" | "betterleaks" | "kingfisher") {
        true => Value::or_hash(snippet, hash),
        false => Value::or_hash("", hash),
    }
}

/// Returns how bad a result is: the score of its rule, else its level.
fn severity(level: Option<&str>, rule: Option<&RuleIn>) -> Option<Severity> {
    let score = rule
        .and_then(|rule| rule.properties.as_ref()?.get("security-severity"))
        .and_then(|score| score.as_f64().or_else(|| score.as_str()?.parse().ok()));
    if let Some(score) = score {
        return Some(match score {
            9.0.. => Severity::Critical,
            7.0.. => Severity::High,
            4.0.. => Severity::Medium,
            _ => Severity::Low,
        });
    }
    let level = level
        .or_else(|| rule.and_then(|rule| rule.default_configuration.as_ref()?.level.as_deref()));
    match level? {
        "error" => Some(Severity::High),
        "warning" => Some(Severity::Medium),
        "note" | "none" => Some(Severity::Low),
        _ => None,
    }
}

/// Returns whether a result counts: a suppression counts unless it is under review or rejected.
fn verdict(suppressions: Option<&[Suppression]>) -> Verdict {
    let mut all = suppressions.unwrap_or_default().iter();
    let accepted = all.find(|s| matches!(s.status.as_deref(), None | Some("accepted")));
    match accepted {
        None => Verdict::Report,
        Some(suppression) => Verdict::Suppressed {
            by: match suppression.kind.as_deref() {
                Some("inSource") => SuppressedBy::Inline,
                _ => SuppressedBy::IgnoreFile,
            },
            reason: suppression.justification.clone().unwrap_or_default(),
        },
    }
}

/// Returns the path of a URI: a relative reference, or a `file` URI.
pub(super) fn path(uri: &str) -> String {
    let rest = uri.strip_prefix("file://").unwrap_or(uri);
    let rest = match rest.strip_prefix('/') {
        // `file:///C:/x`.
        Some(drive) if drive.as_bytes().get(1) == Some(&b':') && rest.len() < uri.len() => drive,
        _ => rest,
    };
    percent_decode_str(rest).decode_utf8_lossy().into_owned()
}

/// What a run of another scanner says of how it ended.
fn state(into: &mut Intake<'_>) {
    if into.out.receipt == Receipt::None {
        into.out.receipt = Receipt::State;
    }
}

//! What this program's SARIF says beyond that of others: the counterpart of `report::sarif`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::super::catalog::foreign;
use super::super::names::{encoding, labels, suppressor, unhex, web};
use super::super::{Intake, Marks, Receipt};
use super::{Found, Invocation, Location, Region, RuleIn, path, state};
use crate::blob::{BlobPath, SourceError};
use crate::finding::{
    CommitInfo, Event, Finding, Fingerprint, ItemInfo, Part, SecretId, Snippet, SuppressedBy,
    Verdict,
};
use crate::gather::build::BY;
use crate::report::mask::merged;
use crate::rules::{Confidence, Rule, RuleIndex, SecretType, Severity};
use crate::secret::Secret;
use crate::text::Position;

/// Takes a result.
///
/// # Errors
/// Fails if it lacks what this program writes.
pub(super) fn finding(
    id: &str,
    found: &Found,
    rule: Option<&RuleIn>,
    into: &mut Intake<'_>,
) -> Result<(), String> {
    let none = BTreeMap::new();
    let properties = found.properties.as_ref().unwrap_or(&none);
    let word = |name: &str| {
        properties
            .get(name)
            .and_then(Json::as_str)
            .unwrap_or_default()
    };
    let severity = Severity::from_id(word("severity")).ok_or("a result without severity")?;
    let confidence = Confidence::from_id(word("confidence")).unwrap_or(Confidence::Medium);
    let physical = found.locations.iter().flatten().next();
    let physical = physical.and_then(|l| l.physical_location.as_ref());
    let physical = physical.ok_or("a result without a location")?;
    let file = physical.artifact_location.as_ref();
    let uri = file
        .and_then(|file| file.uri.as_deref())
        .unwrap_or_default();
    let none = Region::default();
    let region = physical.region.as_ref().unwrap_or(&none);
    let (start, end) = span(region);
    let secret = secret(region, into);
    let context = physical.context_region.as_ref().unwrap_or(&none);
    let line = context.snippet.as_ref().and_then(|s| s.text.as_deref());
    let prints = found.partial_fingerprints.as_ref();
    let print = prints.and_then(|all| all.get("stopleakFingerprint/v1"));
    let print = print
        .and_then(|text| unhex(text))
        .ok_or("a result without fingerprint")?;
    let message = found.message.as_ref().and_then(|m| m.text.as_deref());
    let evidence = evidence(message.unwrap_or_default());
    let tool = evidence.iter().find_map(|text| text.strip_prefix(BY));
    let marks = Marks {
        tool: tool.unwrap_or_default().to_owned(),
        sha1: None,
        by_value: true,
    };
    let through = properties.get("through").and_then(Json::as_array);
    let through = through
        .into_iter()
        .flatten()
        .filter_map(|e| encoding(e.as_str()?));
    let named = properties.get("labels").and_then(Json::as_array);
    let named = named.into_iter().flatten();
    let parts = found.related_locations.iter().flatten();
    let parts = parts.map(|location| part(location, into)).collect();
    let finding = Finding {
        rule: of_rule(id, rule, severity, into)?,
        path: BlobPath::from(&*path(uri)),
        start,
        end,
        snippet: snippet(line, &secret, into),
        secret,
        secret_id: SecretId(unhex(word("secretId")).ok_or("a result without secretId")?),
        fingerprint: Fingerprint(print),
        confidence,
        severity,
        evidence: evidence.into_iter().map(Cow::Owned).collect(),
        through: through.collect(),
        parts,
        verdict: verdict(found, word("warning")),
        commit: properties.get("commit").map(|c| {
            Box::new(CommitInfo {
                link: web(found.hosted_viewer_uri.as_deref().unwrap_or_default()),
                ..commit(c)
            })
        }),
        in_name: false,
        item: match properties.contains_key("commit") {
            true => None,
            false => posted(found),
        },
        repository: None,
        labels: labels(named.filter_map(Json::as_str)),
        asked: None,
    };
    into.finding(finding, marks);
    Ok(())
}

/// Returns where a text was posted that is no file of a commit.
fn posted(found: &Found) -> Option<Box<ItemInfo>> {
    let url = web(found.hosted_viewer_uri.as_deref()?);
    (!url.is_empty()).then(|| {
        Box::new(ItemInfo {
            url,
            ..ItemInfo::default()
        })
    })
}

fn span(region: &Region) -> (Position, Position) {
    let position = |line: Option<u64>, column: Option<u64>| Position {
        line: line.unwrap_or(1),
        column: column.unwrap_or(1),
        utf16_column: column.unwrap_or(1),
        offset: 0,
    };
    let start = position(region.start_line, region.start_column);
    let line = region.end_line.or(region.start_line);
    (
        start,
        position(line, region.end_column.or(region.start_column)),
    )
}

/// Returns the secret of a region, in clear if the report shows it.
fn secret(region: &Region, into: &mut Intake<'_>) -> Secret {
    let text = region.snippet.as_ref().and_then(|s| s.text.as_deref());
    let text = text.unwrap_or_default();
    if text.is_empty() || text.ends_with(crate::secret::MASK) {
        return Secret::masked(text);
    }
    into.reader.known.note_value(text.as_bytes());
    let twin = into.reader.clear.twin(text.as_bytes());
    let prefix = twin.map_or(0, |twin| twin.public_prefix);
    Secret::with_public_prefix(text.as_bytes(), prefix.into())
}

fn part(location: &Location, into: &mut Intake<'_>) -> Part {
    let none = Region::default();
    let physical = location.physical_location.as_ref();
    let region = physical.and_then(|p| p.region.as_ref()).unwrap_or(&none);
    let (start, end) = span(region);
    let name = location.message.as_ref().and_then(|m| m.text.clone());
    Part {
        name: Cow::Owned(name.unwrap_or_default()),
        start,
        end,
        secret: secret(region, into),
    }
}

/// Returns the line, with the place of the secret in it.
fn snippet(line: Option<&str>, secret: &Secret, into: &mut Intake<'_>) -> Snippet {
    let Some(line) = line else {
        return Snippet::default();
    };
    let shown = secret.redacted().into_bytes();
    let mark = match secret.is_known() {
        true => secret.expose(),
        false => &shown,
    };
    let bytes = line.as_bytes();
    let Some(at) = memchr::memmem::find(bytes, mark).filter(|_| !mark.is_empty()) else {
        return Snippet::default();
    };
    let highlight = at..at + mark.len();
    let mut hidden = into.reader.clear.hidden(bytes);
    match secret.is_known() {
        true => hidden.push(highlight.clone()),
        false => hidden.retain(|r| r.start >= highlight.end || r.end <= highlight.start),
    }
    Snippet {
        line: bytes.into(),
        cut_left: false,
        cut_right: false,
        highlight,
        hidden: merged(hidden),
    }
}

/// Returns what stands in brackets behind the title in a message: `Title: MASK (why)`.
fn evidence(message: &str) -> Vec<String> {
    let end = [", with its [", ", introduced by commit ", ". What to do: "];
    let ends = end.iter().filter_map(|end| message.find(end));
    let head = &message[..ends.min().unwrap_or(message.len())];
    let why = head
        .split_once("******** (")
        .or_else(|| head.split_once(" ("));
    let why = why.and_then(|(_, why)| why.strip_suffix(')'));
    let why = why
        .unwrap_or_default()
        .split("; ")
        .filter(|w| !w.is_empty());
    why.map(str::to_owned).collect()
}

fn verdict(found: &Found, warning: &str) -> Verdict {
    let suppression = found.suppressions.iter().flatten().next();
    match suppression {
        Some(suppression) => {
            let said = suppression.justification.clone().unwrap_or_default();
            let (by, reason) = said.split_once(": ").unwrap_or((&*said, ""));
            let by = suppressor(by).unwrap_or(match suppression.kind.as_deref() {
                Some("inSource") => SuppressedBy::Inline,
                _ => SuppressedBy::IgnoreFile,
            });
            Verdict::Suppressed {
                by,
                reason: reason.to_owned(),
            }
        }
        None if !warning.is_empty() => Verdict::Warn {
            reason: warning.to_owned(),
        },
        None => Verdict::Report,
    }
}

fn commit(properties: &Json) -> CommitInfo {
    let text = |name: &str| {
        let text = properties.get(name).and_then(Json::as_str);
        text.unwrap_or_default().to_owned()
    };
    CommitInfo {
        id: text("id"),
        author: text("author"),
        date: text("date"),
        at_head: properties.get("atHead").and_then(Json::as_bool),
        ..CommitInfo::default()
    }
}

fn of_rule(
    id: &str,
    rule: Option<&RuleIn>,
    severity: Severity,
    into: &mut Intake<'_>,
) -> Result<RuleIndex, String> {
    let reader = &mut *into.reader;
    let title = rule.and_then(|rule| rule.name.clone());
    let title = title.unwrap_or_else(|| id.to_owned());
    if let Some(index) = reader.catalog.find(id)
        && reader.catalog.get(index).title == title
    {
        return Ok(index);
    }
    if id.is_empty() {
        return Err("a result that names no rule".to_owned());
    }
    let tags = rule.and_then(|rule| rule.properties.as_ref()?.get("tags")?.as_array().cloned());
    let mut tags = tags.into_iter().flatten();
    let kind = tags.find_map(|tag| SecretType::from_id(tag.as_str()?));
    let clear = &mut reader.clear;
    reader.catalog.of("", id, || Rule {
        secret_type: kind.unwrap_or(SecretType::ApiKey),
        ..foreign(&clear.name(id), &clear.name(&title), severity)
    })
}

/// Takes how a run ended, and what it says of what was not scanned.
pub(super) fn invocation(invocation: &Invocation, is_ours: bool, into: &mut Intake<'_>) {
    match is_ours {
        // It tells what was skipped as well.
        true => into.out.receipt = Receipt::Full,
        false => state(into),
    }
    let before = into.out.summary.failed + into.out.summary.policy_errors.len() as u64;
    for notification in invocation.tool_execution_notifications.iter().flatten() {
        let text = notification.message.as_ref().and_then(|m| m.text.clone());
        let text = text.unwrap_or_default();
        let at = notification.locations.iter().flatten().next();
        let at = at.and_then(|l| l.physical_location.as_ref()?.artifact_location.as_ref());
        let file = at.and_then(|file| file.uri.as_deref()).map(path);
        let is_error = notification.level.as_deref() == Some("error");
        match (is_error, file) {
            (true, Some(file)) => {
                let why = text.strip_prefix(&format!("{file}: ")).unwrap_or(&text);
                let why = why.strip_prefix("not scanned: ").unwrap_or(why).to_owned();
                let event = Event::Failed(SourceError {
                    path: file.as_str().into(),
                    why,
                });
                into.out.summary.count(&event);
                into.gap(event);
            }
            (true, None) => into.out.summary.policy_errors.push(text),
            (false, _) if is_ours => into.out.summary.notes.push(text),
            (false, _) => {}
        }
    }
    let after = into.out.summary.failed + into.out.summary.policy_errors.len() as u64;
    if invocation.execution_successful == Some(false) && before == after {
        into.out.broken("its run was incomplete");
    }
}

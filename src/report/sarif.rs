//! SARIF 2.1.0, the subset that GitHub code scanning reads: one run, the rules that
//! occur, one result per finding.
//!
//! The document tells how the run ended before its results, so masked results wait in memory: as
//! text, which takes a sixth of what the values of the schema take. The tests compare it with the types of
//! the schema.
//! It omits working directory, command line, user and host, because reports are
//! uploaded to other systems.

use std::collections::{BTreeMap, HashMap};
use std::io;

use serde_json::{Value, json};

use crate::blob::SkipReason;
use crate::finding::{CommitInfo, Event, Finding, Gap, Outcome, Summary, SuppressedBy};
use crate::rules::{Confidence, Label, Rule, RuleIndex, Ruleset, Severity};
use crate::text::Position;

use super::encode::{json as json_text, percent, repository_path};
use super::escape::escape;
use super::view::{PartView, View};
use super::{Base, Report, ReportOptions, TOOL_NAME, TOOL_VERSION, advice};
use super::{failed, unread};

/// The address of the schema in the OASIS standard.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The base of relative URIs; GitHub resolves it to the repository.
const SOURCE_ROOT: &str = "%SRCROOT%";

/// How many results of a run GitHub takes; it refuses a file with more.
const MOST: usize = 25_000;

/// How many of these GitHub shows: the most severe.
const SHOWN: usize = 5_000;

/// A result as text.
struct Kept {
    rule: RuleIndex,
    /// Whether it is suppressed, and how severe it is: what GitHub should rather have comes
    /// first.
    rank: (bool, std::cmp::Reverse<Severity>),
    text: Box<str>,
}

/// Collects results and writes the document at the end.
pub(super) struct SarifReport<'a> {
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
    /// Results as text, with their rule; the index into the rules array is known only at
    /// the end.
    results: Vec<Kept>,
    notifications: Vec<Value>,
    /// How often each line hash occurred.
    hashes: HashMap<String, u64>,
}

impl<'a> SarifReport<'a> {
    pub(super) fn new(
        out: Box<dyn io::Write + 'a>,
        rules: &'a Ruleset,
        options: ReportOptions,
    ) -> Self {
        SarifReport {
            out,
            rules,
            options,
            results: Vec::new(),
            notifications: Vec::new(),
            hashes: HashMap::new(),
        }
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let view = View::new(finding, self.options.show_secrets);
        let rule = self.rules.get(finding.rule);
        let file = artifact(&view.path, self.options.base.as_ref());
        let level = match view.warning {
            // A warning is never an error, whatever its severity.
            Some(_) if finding.severity > Severity::Medium => WARNING,
            _ => level_of(finding.severity),
        };
        let related = view.parts.iter().zip(1..);
        let related: Vec<Value> = related
            .map(|(part, id)| related_location(part, id, &file))
            .collect();
        let suppressed = view.suppressed.as_ref();
        let result = object([
            ("hostedViewerUri", view.link().map(Value::from)),
            ("level", Some(level.into())),
            ("locations", Some(vec![location(&view, &file)].into())),
            ("message", Some(message(&view, rule))),
            (
                "partialFingerprints",
                Some(self.partial_fingerprints(finding)),
            ),
            ("properties", Some(result_properties(&view))),
            (
                "relatedLocations",
                (!related.is_empty()).then(|| related.into()),
            ),
            ("ruleId", Some(json!(rule.id))),
            ("ruleIndex", Some(json!(0))),
            (
                "suppressions",
                suppressed.map(|(by, reason)| json!([suppression(*by, reason)])),
            ),
        ]);
        let text = json_text(&result, true)?;
        self.results.push(Kept {
            rule: finding.rule,
            rank: (
                view.suppressed.is_some(),
                std::cmp::Reverse(finding.severity),
            ),
            text: text.into(),
        });
        Ok(())
    }

    /// Writes `document`, which has an empty list of results, with the results in it.
    fn write(&mut self, document: &str, places: &BTreeMap<RuleIndex, i64>) -> io::Result<()> {
        // The text has line ends only in its layout, so these are members and no values.
        const RESULTS: &str = "\n      \"results\": [";
        const INDEX: &str = "\n  \"ruleIndex\": ";
        let at = document
            .find(RESULTS)
            .map_or(document.len(), |at| at + RESULTS.len());
        let (head, tail) = document.split_at(at);
        self.out.write_all(head.as_bytes())?;
        let results = std::mem::take(&mut self.results);
        let is_empty = results.is_empty();
        for (number, Kept { rule, text, .. }) in results.into_iter().enumerate() {
            let place = places.get(&rule).copied().unwrap_or_default();
            let text = text.replacen(&format!("{INDEX}0"), &format!("{INDEX}{place}"), 1);
            let lines = text.replace('\n', "\n        ");
            let before = if number == 0 { "" } else { "," };
            write!(self.out, "{before}\n        {lines}")?;
        }
        let close = if is_empty { "" } else { "\n      " };
        writeln!(self.out, "{close}{tail}")?;
        self.out.flush()
    }

    /// Returns fingerprints that survive line moves. GitHub matches alerts by the first
    /// one only. It expects 16 hexadecimal digits, a colon and a count that
    /// distinguishes equal ones.
    fn partial_fingerprints(&mut self, finding: &Finding) -> Value {
        let fingerprint = finding.fingerprint.to_string();
        let hash = fingerprint[..16].to_owned();
        let seen = self.hashes.entry(hash.clone()).or_default();
        *seen += 1;
        json!({
            "primaryLocationLineHash": format!("{hash}:{seen}"),
            "stopleakFingerprint/v1": fingerprint,
        })
    }

    fn notify(&mut self, level: &str, path: &[u8], why: &str) {
        let text = format!("{}: {}", escape(path), escape(why.as_bytes()));
        let mut told = notification(level, text);
        let file = artifact(path, self.options.base.as_ref());
        told["locations"] = json!([place(&file, None, None)]);
        self.notifications.push(told);
    }

    /// Leaves as many results as GitHub takes, the most severe first, and says what it takes.
    fn cap(&mut self) -> Option<Value> {
        let all = self.results.len();
        if all <= SHOWN {
            return None;
        }
        let (level, text) = if all <= MOST {
            (
                NOTE,
                format!("GitHub shows the {SHOWN} most severe of these {all} results"),
            )
        } else {
            self.results.sort_by_key(|kept| kept.rank);
            self.results.truncate(MOST);
            let left = all - MOST;
            (
                WARNING,
                format!(
                    "{left} of {all} results are left out: GitHub takes {MOST} of a run. \
                     The most severe are here; other formats have all"
                ),
            )
        };
        Some(notification(level, text))
    }

    /// Returns the rules that occur, in the set's order, and their indexes in that
    /// list.
    fn descriptors(&self) -> (Vec<Value>, BTreeMap<RuleIndex, i64>) {
        let mut places: BTreeMap<RuleIndex, i64> =
            self.results.iter().map(|kept| (kept.rule, 0)).collect();
        for (place, number) in places.values_mut().zip(0..) {
            *place = number;
        }
        let rules = places
            .keys()
            .map(|rule| descriptor(self.rules.get(*rule)))
            .collect();
        (rules, places)
    }
}

impl Report for SarifReport<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Finding(finding) => {
                if is_shown(finding, &self.options) {
                    self.finding(finding)?;
                }
            }
            // They can be many, and nobody looks for them in a code scanning service.
            Event::Skipped {
                why: SkipReason::Ignored,
                ..
            } => {}
            Event::Skipped {
                path,
                why,
                detail,
                gap,
                ..
            } => {
                let level = match gap == &Gap::Fails {
                    true => ERROR,
                    false => NOTE,
                };
                self.notify(level, path.as_bytes(), &unread(*why, detail));
            }
            Event::Failed(error) => {
                self.notify(ERROR, error.path.as_bytes(), &failed(&error.why));
            }
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, outcome: Outcome) -> io::Result<()> {
        let capped = self.cap();
        let (rules, places) = self.descriptors();
        let mut notifications = std::mem::take(&mut self.notifications);
        notifications.extend(capped);
        let ignored = summary.ignored();
        let ignored = (ignored > 0)
            .then(|| format!("{ignored} files and directories that git ignores were not scanned"));
        let notes = summary.notes.iter().chain(&ignored);
        notifications.extend(notes.map(|note| notification(NOTE, escape(note.as_bytes()))));
        let errors = summary.policy_errors.iter();
        notifications.extend(errors.map(|error| notification(ERROR, escape(error.as_bytes()))));
        let document = json!({
            "$schema": SCHEMA,
            "runs": [{
                "columnKind": "utf16CodeUnits",
                "invocations": [{
                    "executionSuccessful": outcome != Outcome::Incomplete,
                    "exitCode": outcome.code(),
                    "toolExecutionNotifications": notifications,
                }],
                "results": [],
                "tool": {
                    "driver": {
                        "name": TOOL_NAME,
                        "rules": rules,
                        "semanticVersion": TOOL_VERSION,
                        "version": TOOL_VERSION,
                    },
                },
            }],
            "version": "2.1.0",
        });
        self.write(&json_text(&document, true)?, &places)
    }
}

/// Whether a finding becomes a result: it is not suppressed, or a person suppressed it.
/// Findings that the detector dismissed appear only on request.
fn is_shown(finding: &Finding, options: &ReportOptions) -> bool {
    match &finding.verdict {
        crate::finding::Verdict::Report | crate::finding::Verdict::Warn { .. } => true,
        crate::finding::Verdict::Suppressed { by, .. } => by.by_user() || options.show_suppressed,
    }
}

/// Levels of results and notifications.
const ERROR: &str = "error";
const WARNING: &str = "warning";
const NOTE: &str = "note";

/// Makes an object of the members that have a value. Members are in alphabetical order.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let members = members.into_iter();
    let members = members.filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(members.collect())
}

fn text_of(text: impl Into<String>) -> Value {
    json!({ "text": text.into() })
}

fn notification(level: &str, text: impl Into<String>) -> Value {
    json!({ "level": level, "message": text_of(text) })
}

fn message(view: &View<'_>, rule: &Rule) -> Value {
    let why = view.why_and_labels();
    let mut text = format!("{}: {}", rule.title, view.secret.redacted);
    if !why.is_empty() {
        text.push_str(&format!(" ({why})"));
    }
    for (part, id) in view.parts.iter().zip(1..) {
        // Viewers show the related location with this id only if the message links to
        // it.
        text.push_str(&format!(", with its [{}]({id})", part.name));
    }
    if let Some(commit) = &view.commit {
        text.push_str(&format!(", introduced by commit {}", commit.id));
    }
    if let Some(item) = &view.item {
        text.push_str(&format!(", posted at {}", item.describe()));
    }
    text.push_str(". What to do: ");
    text.push_str(&advice::next_step(rule));
    text.push('.');
    text_of(escape(text.as_bytes()))
}

fn location(view: &View<'_>, file: &Value) -> Value {
    let finding = view.finding;
    let mut region = region(finding.start, finding.end);
    region["snippet"] = text_of(String::from_utf8_lossy(view.secret.bytes()));
    // A part of a line, or the first of several lines, is not the text of a region.
    let whole_line = view
        .line
        .as_ref()
        .filter(|line| !line.cut_left && !line.cut_right && !view.multi_line());
    let context = whole_line.map(|line| {
        json!({
            "endLine": finding.end.line,
            "snippet": text_of(line.text()),
            "startLine": finding.start.line,
        })
    });
    place(file, Some(region), context)
}

/// Builds a location: a file, a region of it, and the context of that region.
fn place(file: &Value, region: Option<Value>, context: Option<Value>) -> Value {
    let physical = object([
        ("artifactLocation", Some(file.clone())),
        ("contextRegion", context),
        ("region", region),
    ]);
    json!({ "physicalLocation": physical })
}

fn related_location(part: &PartView<'_>, id: i64, file: &Value) -> Value {
    let mut region = region(part.start, part.end);
    region["snippet"] = text_of(String::from_utf8_lossy(part.secret.bytes()));
    let mut location = place(file, Some(region), None);
    location["id"] = json!(id);
    location["message"] = text_of(escape(part.name.as_bytes()));
    location
}

/// Builds a region with 1-based columns in UTF-16 code units; the end is exclusive.
fn region(start: Position, end: Position) -> Value {
    json!({
        "endColumn": end.utf16_column,
        "endLine": end.line,
        "startColumn": start.utf16_column,
        "startLine": start.line,
    })
}

/// Names a file: relative to the source root if it lies below it, otherwise as an
/// absolute `file` URI.
fn artifact(path: &[u8], base: Option<&Base>) -> Value {
    match repository_path(path, base) {
        Ok(relative) => {
            let uri = percent(&relative);
            // No reader can resolve a path that leaves the root.
            match relative.starts_with(b"../") {
                true => json!({ "uri": uri }),
                false => json!({ "uri": uri, "uriBaseId": SOURCE_ROOT }),
            }
        }
        Err(full) => {
            let uri = match full.as_slice() {
                [drive, b':', rest @ ..] => {
                    format!("file:///{}:{}", char::from(*drive), percent(rest))
                }
                _ => format!("file://{}", percent(&full)),
            };
            json!({ "uri": uri })
        }
    }
}

fn level_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => ERROR,
        Severity::Medium => WARNING,
        Severity::Low => NOTE,
    }
}

/// The score by which GitHub sorts alerts: above 9.0 is critical, 7.0 high, 4.0 medium,
/// the rest low.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}

fn result_properties(view: &View<'_>) -> Value {
    let finding = view.finding;
    let mut bag = json!({});
    let mut set = |name: &str, value: Value| bag[name] = value;
    set("severity", json!(finding.severity.id()));
    set("confidence", json!(finding.confidence.id()));
    if !finding.through.is_empty() {
        let through: Vec<&str> = finding.through.iter().map(|e| e.id()).collect();
        set("through", json!(through));
    }
    if !finding.labels.is_empty() {
        let labels: Vec<&str> = finding.labels.iter().map(Label::id).collect();
        set("labels", json!(labels));
    }
    if let Some(reason) = &view.warning {
        set("warning", json!(escape(reason.as_bytes())));
    }
    set("secretId", json!(finding.secret_id.to_string()));
    if let Some(commit) = &view.commit {
        set("commit", commit_properties(commit));
    }
    if let Some(item) = &view.item {
        let (url, author, time) = (&item.url, &item.author, &item.time);
        set("item", json!({"url": url, "author": author, "time": time}));
    }
    bag
}

/// Returns the properties that identify a commit; the author's email is omitted.
fn commit_properties(commit: &CommitInfo) -> Value {
    let mut properties = json!({
        "id": commit.id,
        "author": commit.author,
        "date": commit.date,
    });
    if let Some(at_head) = commit.at_head {
        properties["atHead"] = json!(at_head);
    }
    if !commit.last_date.is_empty() {
        properties["last"] = json!(commit.last);
        properties["lastDate"] = json!(commit.last_date);
    }
    properties
}

fn suppression(by: SuppressedBy, reason: &str) -> Value {
    let kind = match by {
        SuppressedBy::Inline => "inSource",
        _ => "external",
    };
    let text = format!("{}: {}", by.id(), escape(reason.as_bytes()));
    json!({ "justification": text, "kind": kind, "status": "accepted" })
}

fn descriptor(rule: &Rule) -> Value {
    let full = if rule.rationale.is_empty() {
        &rule.title
    } else {
        &rule.rationale
    };
    let properties = json!({
        "precision": precision(rule.confidence),
        "security-severity": security_severity(rule.severity),
        "tags": ["security", "secret", rule.secret_type.id()],
    });
    let docs = (!rule.docs.is_empty()).then(|| json!(rule.docs));
    object([
        (
            "defaultConfiguration",
            Some(json!({ "level": level_of(rule.severity) })),
        ),
        ("fullDescription", Some(text_of(full.as_ref()))),
        ("help", Some(help(rule))),
        ("helpUri", docs),
        ("id", Some(json!(rule.id))),
        ("name", Some(json!(rule.title))),
        ("properties", Some(properties)),
        ("shortDescription", Some(text_of(rule.title.as_ref()))),
    ])
}

/// Builds the help of a rule: why it matters, what to do, where it is documented.
fn help(rule: &Rule) -> Value {
    let mut steps = vec![format!("{}.", capital(&advice::revoke(rule)))];
    steps.extend(advice::storage(rule).map(|storage| format!("{}.", capital(storage))));
    steps.push(format!(
        "To accept a finding, run `{}`; its fingerprint is in `partialFingerprints`.",
        advice::IGNORE_ADD
    ));
    let mut text = Vec::new();
    let mut markdown = vec![format!("# {}", rule.title)];
    if !rule.rationale.is_empty() {
        text.push(rule.rationale.to_string());
        markdown.push(rule.rationale.to_string());
    }
    if !rule.lifetime.is_empty() {
        let lifetime = format!("Lifetime: {}.", rule.lifetime.trim_end_matches('.'));
        text.push(lifetime.clone());
        markdown.push(lifetime);
    }
    text.extend(steps.iter().cloned());
    let numbered = steps
        .iter()
        .zip(1..)
        .map(|(step, n)| format!("{n}. {step}"));
    markdown.push(numbered.collect::<Vec<_>>().join("\n"));
    if !rule.docs.is_empty() {
        text.push(format!("Documentation: {}", rule.docs));
        markdown.push(format!("[Documentation of the issuer]({})", rule.docs));
    }
    json!({ "markdown": markdown.join("\n\n"), "text": text.join(" ") })
}

fn capital(clause: &str) -> String {
    let mut chars = clause.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(path: &[u8], base: Option<(&str, &str)>) -> (String, bool) {
        let base = base.map(|(current, root)| Base {
            current: current.into(),
            root: root.into(),
        });
        let location = artifact(path, base.as_ref());
        let uri = location["uri"].as_str().unwrap().to_owned();
        (uri, location.get("uriBaseId").is_some())
    }

    #[test]
    fn paths_are_relative_to_the_repository() {
        let base = Some(("/home/me/repo/sub", "/home/me/repo"));
        for (path, base, expected, relative) in [
            ("./a b.txt", None, "a%20b.txt", true),
            ("a.txt", base, "sub/a.txt", true),
            ("../a.txt", base, "a.txt", true),
            ("/home/me/repo/x", base, "x", true),
            ("../../other/x", base, "file:///home/me/other/x", false),
            (
                "/home/me/repository/x",
                base,
                "file:///home/me/repository/x",
                false,
            ),
            ("/etc/x", None, "file:///etc/x", false),
            ("C:/x y", None, "file:///C:/x%20y", false),
            ("../x", None, "../x", false),
            ("etc/x", Some(("/", "/")), "etc/x", true),
        ] {
            assert_eq!(
                uri(path.as_bytes(), base),
                (expected.to_owned(), relative),
                "{path}"
            );
        }
        assert_eq!(uri(b"caf\xe9", None).0, "caf%E9");
    }

    #[test]
    fn scores_fall_into_the_bands_of_code_scanning() {
        for severity in Severity::ALL {
            let score: f32 = security_severity(*severity).parse().unwrap();
            let band = match score {
                9.0.. => Severity::Critical,
                7.0.. => Severity::High,
                4.0.. => Severity::Medium,
                _ => Severity::Low,
            };
            assert_eq!(band, *severity);
        }
    }
}

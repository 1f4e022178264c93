//! SARIF 2.1.0, the subset that GitHub code scanning reads: one run, the rules that
//! occur, one result per finding.
//!
//! The document tells how the run ended before its results, so masked results wait in memory: as
//! text, which takes a sixth of what the values of the schema take.
//! It omits working directory, command line, user and host, because reports are
//! uploaded to other systems.

use std::collections::{BTreeMap, HashMap};
use std::io;

use serde_json::{Value, json};
use serde_sarif::sarif;

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
    notifications: Vec<sarif::Notification>,
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
        let mut result = sarif::Result::builder()
            .message(message(&view, rule))
            .build();
        result.rule_id = Some(rule.id.to_string());
        result.level = Some(match view.warning {
            // A warning is never an error, whatever its severity.
            Some(_) if finding.severity > Severity::Medium => sarif::ResultLevel::Warning,
            _ => result_level(finding.severity),
        });
        result.locations = Some(vec![location(&view, &file)]);
        let related = view.parts.iter().zip(1..);
        let related: Vec<_> = related
            .map(|(part, id)| related_location(part, id, &file))
            .collect();
        result.related_locations = (!related.is_empty()).then_some(related);
        result.partial_fingerprints = Some(self.partial_fingerprints(finding));
        result.properties = Some(result_properties(&view));
        if let Some((by, reason)) = &view.suppressed {
            result.suppressions = Some(vec![suppression(*by, reason)]);
        }
        result.hosted_viewer_uri = view.link().map(str::to_owned);
        result.rule_index = Some(0);
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
    fn partial_fingerprints(&mut self, finding: &Finding) -> BTreeMap<String, String> {
        let fingerprint = finding.fingerprint.to_string();
        let hash = fingerprint[..16].to_owned();
        let seen = self.hashes.entry(hash.clone()).or_default();
        *seen += 1;
        BTreeMap::from([
            (
                "primaryLocationLineHash".to_owned(),
                format!("{hash}:{seen}"),
            ),
            ("stopleakFingerprint/v1".to_owned(), fingerprint),
        ])
    }

    fn notify(&mut self, level: sarif::NotificationLevel, path: &[u8], why: &str) {
        let text = format!("{}: {}", escape(path), escape(why.as_bytes()));
        let mut notification = sarif::Notification::builder()
            .message(text_message(text))
            .build();
        notification.level = Some(word(&level));
        let file = artifact(path, self.options.base.as_ref());
        notification.locations = Some(vec![place(file, None, None)]);
        self.notifications.push(notification);
    }

    /// Leaves as many results as GitHub takes, the most severe first, and says what it takes.
    fn cap(&mut self) -> Option<sarif::Notification> {
        let all = self.results.len();
        if all <= SHOWN {
            return None;
        }
        let (level, text) = if all <= MOST {
            (
                sarif::NotificationLevel::Note,
                format!("GitHub shows the {SHOWN} most severe of these {all} results"),
            )
        } else {
            self.results.sort_by_key(|kept| kept.rank);
            self.results.truncate(MOST);
            let left = all - MOST;
            (
                sarif::NotificationLevel::Warning,
                format!(
                    "{left} of {all} results are left out: GitHub takes {MOST} of a run. \
                     The most severe are here; other formats have all"
                ),
            )
        };
        let message = text_message(text);
        let mut note = sarif::Notification::builder().message(message).build();
        note.level = Some(word(&level));
        Some(note)
    }

    /// Returns the rules that occur, in the set's order, and their indexes in that
    /// list.
    fn descriptors(&self) -> (Vec<sarif::ReportingDescriptor>, BTreeMap<RuleIndex, i64>) {
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
                    true => sarif::NotificationLevel::Error,
                    false => sarif::NotificationLevel::Note,
                };
                self.notify(level, path.as_bytes(), &unread(*why, detail));
            }
            Event::Failed(error) => {
                self.notify(
                    sarif::NotificationLevel::Error,
                    error.path.as_bytes(),
                    &failed(&error.why),
                );
            }
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, outcome: Outcome) -> io::Result<()> {
        let capped = self.cap();
        let (rules, places) = self.descriptors();
        let mut driver = sarif::ToolComponent::builder().name(TOOL_NAME).build();
        driver.version = Some(TOOL_VERSION.to_owned());
        driver.semantic_version = Some(TOOL_VERSION.to_owned());
        driver.rules = Some(rules);

        let mut notifications = std::mem::take(&mut self.notifications);
        notifications.extend(capped);
        let ignored = summary.ignored();
        let ignored = (ignored > 0)
            .then(|| format!("{ignored} files and directories that git ignores were not scanned"));
        notifications.extend(summary.notes.iter().chain(&ignored).map(|note| {
            let text = escape(note.as_bytes());
            let mut note = sarif::Notification::builder()
                .message(text_message(text))
                .build();
            note.level = Some(word(&sarif::NotificationLevel::Note));
            note
        }));
        notifications.extend(summary.policy_errors.iter().map(|error| {
            let text = escape(error.as_bytes());
            let mut error = sarif::Notification::builder()
                .message(text_message(text))
                .build();
            error.level = Some(word(&sarif::NotificationLevel::Error));
            error
        }));
        let mut invocation = sarif::Invocation::builder()
            .execution_successful(outcome != Outcome::Incomplete)
            .build();
        invocation.exit_code = Some(i64::from(outcome.code()));
        invocation.tool_execution_notifications = Some(notifications);

        let mut run = sarif::Run::builder().tool(driver).build();
        run.column_kind = Some(word(&sarif::ResultColumnKind::Utf16CodeUnits));
        run.invocations = Some(vec![invocation]);
        run.results = Some(Vec::new());
        let mut document = sarif::Sarif::builder()
            .version(word(&sarif::Version::V2_1_0))
            .runs(vec![run])
            .build();
        document.schema = Some(SCHEMA.to_owned());
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

/// Converts an enum of the SARIF types to the JSON value that its structs expect.
fn word<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("an enum without fields serialises to a string")
}

fn text_message(text: String) -> sarif::Message {
    sarif::Message {
        text: Some(text),
        ..sarif::Message::default()
    }
}

fn multiformat(text: String) -> sarif::MultiformatMessageString {
    sarif::MultiformatMessageString::builder()
        .text(text)
        .build()
}

fn message(view: &View<'_>, rule: &Rule) -> sarif::Message {
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
    text_message(escape(text.as_bytes()))
}

fn location(view: &View<'_>, file: &sarif::ArtifactLocation) -> sarif::Location {
    let finding = view.finding;
    let mut region = region(finding.start, finding.end);
    region.snippet = Some(content(&String::from_utf8_lossy(view.secret.bytes())));
    // A part of a line, or the first of several lines, is not the text of a region.
    let whole_line = view
        .line
        .as_ref()
        .filter(|line| !line.cut_left && !line.cut_right && !view.multi_line());
    let context = whole_line.map(|line| sarif::Region {
        start_line: number(finding.start.line),
        end_line: number(finding.end.line),
        snippet: Some(content(&line.text())),
        ..sarif::Region::default()
    });
    place(file.clone(), Some(region), context)
}

/// Builds a location: a file, a region of it, and the context of that region.
fn place(
    file: sarif::ArtifactLocation,
    region: Option<sarif::Region>,
    context_region: Option<sarif::Region>,
) -> sarif::Location {
    let mut physical = sarif::PhysicalLocation::builder().build();
    physical.artifact_location = Some(file);
    physical.region = region;
    physical.context_region = context_region;
    sarif::Location {
        physical_location: Some(physical),
        ..sarif::Location::default()
    }
}

fn related_location(
    part: &PartView<'_>,
    id: i64,
    file: &sarif::ArtifactLocation,
) -> sarif::Location {
    let mut region = region(part.start, part.end);
    region.snippet = Some(content(&String::from_utf8_lossy(part.secret.bytes())));
    sarif::Location {
        id: Some(id),
        message: Some(text_message(escape(part.name.as_bytes()))),
        ..place(file.clone(), Some(region), None)
    }
}

/// Builds a region with 1-based columns in UTF-16 code units; the end is exclusive.
fn region(start: Position, end: Position) -> sarif::Region {
    sarif::Region {
        start_line: number(start.line),
        start_column: number(start.utf16_column),
        end_line: number(end.line),
        end_column: number(end.utf16_column),
        ..sarif::Region::default()
    }
}

fn number(n: u64) -> Option<i64> {
    i64::try_from(n).ok()
}

fn content(text: &str) -> sarif::ArtifactContent {
    sarif::ArtifactContent {
        text: Some(text.to_owned()),
        ..sarif::ArtifactContent::default()
    }
}

/// Names a file: relative to the source root if it lies below it, otherwise as an
/// absolute `file` URI.
fn artifact(path: &[u8], base: Option<&Base>) -> sarif::ArtifactLocation {
    let mut location = sarif::ArtifactLocation::default();
    match repository_path(path, base) {
        Ok(relative) => {
            location.uri = Some(percent(&relative));
            // No reader can resolve a path that leaves the root.
            if !relative.starts_with(b"../") {
                location.uri_base_id = Some(SOURCE_ROOT.to_owned());
            }
        }
        Err(full) => {
            location.uri = Some(match full.as_slice() {
                [drive, b':', rest @ ..] => {
                    format!("file:///{}:{}", char::from(*drive), percent(rest))
                }
                _ => format!("file://{}", percent(&full)),
            });
        }
    }
    location
}

fn result_level(severity: Severity) -> sarif::ResultLevel {
    match severity {
        Severity::Critical | Severity::High => sarif::ResultLevel::Error,
        Severity::Medium => sarif::ResultLevel::Warning,
        Severity::Low => sarif::ResultLevel::Note,
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

fn result_properties(view: &View<'_>) -> sarif::PropertyBag {
    let finding = view.finding;
    let mut bag = sarif::PropertyBag::default();
    let mut set =
        |name: &str, value: Value| bag.additional_properties.insert(name.to_owned(), value);
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

fn suppression(by: SuppressedBy, reason: &str) -> sarif::Suppression {
    let kind = match by {
        SuppressedBy::Inline => sarif::SupressionKind::InSource,
        _ => sarif::SupressionKind::External,
    };
    let mut suppression = sarif::Suppression::builder().kind(word(&kind)).build();
    suppression.status = Some(word(&sarif::SupressionStatus::Accepted));
    let text = format!("{}: {}", by.id(), escape(reason.as_bytes()));
    suppression.justification = Some(text);
    suppression
}

fn descriptor(rule: &Rule) -> sarif::ReportingDescriptor {
    let mut descriptor = sarif::ReportingDescriptor::builder()
        .id(rule.id.as_ref())
        .build();
    descriptor.name = Some(rule.title.to_string());
    descriptor.short_description = Some(multiformat(rule.title.to_string()));
    let full = if rule.rationale.is_empty() {
        &rule.title
    } else {
        &rule.rationale
    };
    descriptor.full_description = Some(multiformat(full.to_string()));
    descriptor.help = Some(help(rule));
    descriptor.help_uri = (!rule.docs.is_empty()).then(|| rule.docs.to_string());
    descriptor.default_configuration = Some(sarif::ReportingConfiguration {
        level: Some(word(&result_level(rule.severity))),
        ..sarif::ReportingConfiguration::default()
    });
    let tags = ["security", "secret", rule.secret_type.id()];
    let mut bag = sarif::PropertyBag {
        tags: Some(tags.map(str::to_owned).to_vec()),
        ..sarif::PropertyBag::default()
    };
    let mut set = |name: &str, value: &str| {
        bag.additional_properties
            .insert(name.to_owned(), json!(value))
    };
    set("security-severity", security_severity(rule.severity));
    set("precision", precision(rule.confidence));
    descriptor.properties = Some(bag);
    descriptor
}

/// Builds the help of a rule: why it matters, what to do, where it is documented.
fn help(rule: &Rule) -> sarif::MultiformatMessageString {
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
    let mut help = multiformat(text.join(" "));
    help.markdown = Some(markdown.join("\n\n"));
    help
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
        (location.uri.unwrap(), location.uri_base_id.is_some())
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

//! From what another scanner says of a finding to a finding.

use std::ops::Range;

use sha1::{Digest, Sha1};

use super::catalog::foreign;
use super::{Intake, Marks};
use crate::blob::BlobPath;
use crate::config::gitleaks::ids;
use crate::finding::{CommitInfo, Finding, Part, Snippet, Verdict};
use crate::report::mask::merged;
use crate::rules::{Confidence, Labels, Rule, RuleIndex, Severity};
use crate::secret::Secret;
use crate::text::Position;

/// What a scanner says of a secret.
pub(super) enum Value {
    /// The secret itself.
    Clear(Vec<u8>),
    /// Something that is the same wherever the scanner finds the same secret.
    Hashed(String),
    /// Something that hides it.
    Hidden,
}

impl Value {
    /// Returns the value that a text shows, unless it is redacted in the way of any scanner.
    pub(super) fn shown(text: &str) -> Self {
        let redacted = text.is_empty()
            || text.contains("REDACTED")
            || text.ends_with("...")
            || text.ends_with('\u{2026}')
            || text.contains("**")
            || text.chars().all(|c| c == '*');
        match redacted {
            true => Value::Hidden,
            false => Value::Clear(text.as_bytes().to_vec()),
        }
    }

    /// Returns the value that a text shows, or the hash that identifies it.
    pub(super) fn or_hash(text: &str, hash: Option<&str>) -> Self {
        match (Value::shown(text), hash) {
            (Value::Hidden, Some(hash)) if !hash.is_empty() => Value::Hashed(hash.to_owned()),
            (value, _) => value,
        }
    }
}

/// A place: 1-based line and column; 0 where a scanner does not say.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) column: u64,
}

/// A finding as another scanner tells it.
pub(super) struct Raw {
    pub(super) tool: &'static str,
    /// The id of its rule there.
    pub(super) rule: String,
    /// What the rule finds, in words.
    pub(super) title: String,
    /// How bad it is, if the scanner says so.
    pub(super) severity: Option<Severity>,
    pub(super) confidence: Confidence,
    pub(super) path: String,
    pub(super) start: Place,
    /// The place after its last character.
    pub(super) end: Option<Place>,
    pub(super) value: Value,
    /// A part of the line, which may contain the value.
    pub(super) line: String,
    pub(super) evidence: Vec<String>,
    /// Names and values of further parts.
    pub(super) parts: Vec<(String, Value)>,
    pub(super) commit: Option<CommitInfo>,
    /// SHA-1 of the value.
    pub(super) sha1: Option<[u8; 20]>,
    pub(super) verdict: Verdict,
}

impl Raw {
    /// A finding of `tool`, of which nothing is known.
    pub(super) fn new(tool: &'static str) -> Self {
        Raw {
            tool,
            rule: String::new(),
            title: String::new(),
            severity: None,
            confidence: Confidence::Medium,
            path: String::new(),
            start: Place::default(),
            end: None,
            value: Value::Hidden,
            line: String::new(),
            evidence: Vec::new(),
            parts: Vec::new(),
            commit: None,
            sha1: None,
            verdict: Verdict::Report,
        }
    }
}

impl Intake<'_> {
    /// Takes the finding of another scanner.
    ///
    /// # Errors
    /// Fails if it does not name a rule and a file.
    pub(super) fn raw(&mut self, raw: Raw) -> Result<(), String> {
        if raw.rule.is_empty() {
            return Err("a finding that names no rule".to_owned());
        }
        let path = BlobPath::from(plain(&raw.path));
        let (start, end) = span(&raw);
        let bytes = match &raw.value {
            Value::Clear(bytes) => bytes.clone(),
            Value::Hashed(hash) => format!("{}\0{hash}", raw.tool).into_bytes(),
            Value::Hidden => {
                let place = (&raw.path, start.line, start.column);
                format!("{}\0{}\0{place:?}", raw.tool, raw.rule).into_bytes()
            }
        };
        let is_clear = matches!(raw.value, Value::Clear(_));
        let reader = &mut *self.reader;
        let twin = match is_clear {
            true => reader.clear.twin(&bytes),
            false => None,
        };
        // What this program calls it: its fingerprint is then that of a scan.
        let same = twin.map(|twin| twin.rule).or_else(|| {
            let id = raw.rule.rsplit('.').next().unwrap_or(&raw.rule);
            let [only] = ids::ours(id)? else { return None };
            reader.catalog.find(only)
        });
        let own = same.map(|index| reader.catalog.get(index).clone());
        let severity = raw.severity.or(twin.map(|twin| twin.severity));
        let severity = severity.or(own.as_ref().map(|rule| rule.severity));
        let severity = severity.unwrap_or(Severity::High);
        let identity = match &own {
            Some(rule) => rule.id.to_string(),
            None => format!("{}/{}", raw.tool, raw.rule),
        };
        let first = reader.key.fingerprint(&identity, &path, &bytes, 0);
        let nth = reader.seen.entry(first.0).or_default();
        let fingerprint = reader.key.fingerprint(&identity, &path, &bytes, *nth);
        *nth += 1;
        let prefix = twin.map_or(0, |twin| twin.public_prefix);
        let secret = match is_clear {
            true => Secret::with_public_prefix(&bytes, prefix.into()),
            false => Secret::masked(""),
        };
        reader.known.note_value(secret.expose());
        let marks = Marks {
            tool: raw.tool.to_owned(),
            sha1: match is_clear {
                true => Some(Sha1::digest(&bytes).into()),
                false => raw.sha1,
            },
            by_value: !matches!(raw.value, Value::Hidden),
        };
        let finding = Finding {
            labels: own.as_ref().map_or(Labels::NONE, |rule| rule.labels),
            rule: self.rule(&raw, own, severity)?,
            path,
            start,
            end,
            snippet: self.snippet(&raw, &secret),
            secret_id: self.reader.key.secret_id(&bytes),
            secret,
            fingerprint,
            confidence: raw.confidence,
            severity,
            evidence: evidence(raw.tool, raw.evidence),
            through: Vec::new(),
            parts: self.parts(raw.parts, start),
            verdict: raw.verdict,
            commit: raw.commit.map(Box::new),
            in_name: false,
            item: None,
            repository: None,
            asked: None,
        };
        self.finding(finding, marks);
        Ok(())
    }

    /// Returns the rule of a finding: named as there, with the advice of the same rule here.
    fn rule(
        &mut self,
        raw: &Raw,
        own: Option<Rule>,
        severity: Severity,
    ) -> Result<RuleIndex, String> {
        let reader = &mut *self.reader;
        let clear = &mut reader.clear;
        reader.catalog.of(raw.tool, &raw.rule, || {
            let title = match raw.title.is_empty() {
                true => &raw.rule,
                false => &raw.title,
            };
            let named = foreign(&clear.name(&raw.rule), &clear.name(title), severity);
            let own = own.unwrap_or_else(|| named.clone());
            Rule {
                id: named.id,
                title: named.title,
                matcher: named.matcher,
                ..own
            }
        })
    }

    /// Returns what is known of the line of a finding.
    fn snippet(&mut self, raw: &Raw, secret: &Secret) -> Snippet {
        let line = raw.line.as_bytes();
        let value = secret.expose();
        let at = match value.is_empty() {
            true => None,
            false => memchr::memmem::find(line, value),
        };
        match at {
            // Nothing is known but the value.
            Some(0) if line.len() == value.len() => Snippet::default(),
            Some(at) => self.cut_line(line, at..at + value.len()),
            None => Snippet::default(),
        }
    }

    /// Returns a part of a line, with everything in it that must not be shown.
    fn cut_line(&mut self, line: &[u8], highlight: Range<usize>) -> Snippet {
        let mut hidden = self.reader.clear.hidden(line);
        hidden.push(highlight.clone());
        Snippet {
            line: line.into(),
            cut_left: true,
            cut_right: true,
            highlight,
            hidden: merged(hidden),
        }
    }

    fn parts(&mut self, parts: Vec<(String, Value)>, at: Position) -> Vec<Part> {
        let known = &self.reader.known;
        let part = |(name, value): (String, Value)| {
            let secret = match value {
                Value::Clear(bytes) => Secret::new(&bytes),
                Value::Hashed(_) | Value::Hidden => Secret::masked(""),
            };
            known.note_value(secret.expose());
            Part {
                name: name.into(),
                start: at,
                end: at,
                secret,
            }
        };
        parts.into_iter().map(part).collect()
    }
}

/// Says who found it, before all else.
fn evidence(tool: &str, more: Vec<String>) -> Vec<crate::rules::Text> {
    let by = format!("{BY}{tool}");
    let all = std::iter::once(by).chain(more);
    all.map(std::borrow::Cow::Owned).collect()
}

/// How the evidence of a finding of another scanner begins.
pub(super) const BY: &str = "reported by ";

/// Returns a path without `./` before it.
pub(super) fn plain(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches('/');
    }
    path
}

/// Returns where a finding begins and ends. Where a scanner does not say, that is the first
/// character.
fn span(raw: &Raw) -> (Position, Position) {
    let position = |place: Place| Position {
        line: place.line.max(1),
        column: place.column.max(1),
        utf16_column: place.column.max(1),
        offset: 0,
    };
    let start = position(raw.start);
    let end = raw.end.map_or(start, position);
    let is_after = (end.line, end.column) >= (start.line, start.column);
    (start, if is_after { end } else { start })
}

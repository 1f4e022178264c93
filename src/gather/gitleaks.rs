//! The JSON of gitleaks, and of betterleaks 1, which has the same form.

use serde::Deserialize;

use super::Intake;
use super::build::{Place, Raw, Value};
use super::json::{Wrong, values};
use crate::config::gitleaks::ids;
use crate::finding::CommitInfo;

/// A finding. What is left out is of no use here.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Found {
    #[serde(rename = "RuleID")]
    rule: Option<String>,
    description: Option<String>,
    start_line: u64,
    end_line: u64,
    start_column: u64,
    end_column: u64,
    #[serde(rename = "Match")]
    matched: Option<String>,
    secret: Option<String>,
    file: Option<String>,
    commit: Option<String>,
    author: Option<String>,
    email: Option<String>,
    date: Option<String>,
    message: Option<String>,
    tags: Option<Vec<String>>,
}

/// Reads the report.
pub(super) fn read(text: &[u8], into: &mut Intake<'_>) -> Result<(), Wrong> {
    values(text, |found: Found| {
        let Some(rule) = found.rule else {
            return Err("not a finding of gitleaks: it has no `RuleID`".to_owned());
        };
        let secret = found.secret.unwrap_or_default();
        let matched = found.matched.unwrap_or_default();
        let places = Region {
            lines: (found.start_line, found.end_line),
            columns: (found.start_column, found.end_column),
        };
        let (start, end) = match is_theirs(&rule) {
            true => places.of(&matched, &secret),
            false => places.exactly(),
        };
        into.raw(Raw {
            title: found.description.unwrap_or_default(),
            path: found.file.unwrap_or_default(),
            start,
            end,
            value: Value::shown(&secret),
            line: matched,
            evidence: tags(found.tags.unwrap_or_default()),
            commit: commit(
                found.commit,
                found.author,
                found.email,
                found.date,
                found.message,
            ),
            rule,
            ..Raw::new("gitleaks")
        })
    })
}

/// Whether gitleaks wrote it, and not this program in its form.
fn is_theirs(rule: &str) -> bool {
    ids::ours(rule).is_some()
}

fn tags(tags: Vec<String>) -> Vec<String> {
    match tags.is_empty() {
        true => Vec::new(),
        false => vec![format!("tags: {}", tags.join(", "))],
    }
}

/// Returns the commit, if one is named.
pub(super) fn commit(
    id: Option<String>,
    author: Option<String>,
    email: Option<String>,
    date: Option<String>,
    message: Option<String>,
) -> Option<CommitInfo> {
    let id = id.filter(|id| !id.is_empty())?;
    let subject = message.unwrap_or_default();
    Some(CommitInfo {
        id,
        author: author.unwrap_or_default(),
        email: email.unwrap_or_default(),
        date: date.unwrap_or_default(),
        subject: subject.lines().next().unwrap_or_default().to_owned(),
        blobs: 1,
        ..CommitInfo::default()
    })
}

/// Lines and columns as gitleaks gives them: of the match, the last one included, and one too
/// many on every line but the first.
pub(super) struct Region {
    pub(super) lines: (u64, u64),
    pub(super) columns: (u64, u64),
}

impl Region {
    /// Returns where the secret stands in the match.
    pub(super) fn of(&self, matched: &str, secret: &str) -> (Place, Option<Place>) {
        let right = |line: u64, column: u64| column.saturating_sub(u64::from(line > 1));
        let (line, last) = self.lines;
        let column = right(line, self.columns.0);
        let before = match matched.find(secret) {
            Some(at) if !secret.is_empty() => &matched[..at],
            _ => "",
        };
        let behind = before.matches('\n').count() as u64;
        let signs = |text: &str| text.chars().count() as u64;
        let column = match before.rsplit_once('\n') {
            Some((_, rest)) => signs(rest) + 1,
            None => column + signs(before),
        };
        let start = Place {
            line: line + behind,
            column,
        };
        let end = match secret.contains('\n') || secret.is_empty() {
            true => Place {
                line: last,
                column: right(last, self.columns.1) + 1,
            },
            false => Place {
                line: start.line,
                column: column + signs(secret),
            },
        };
        (start, Some(end))
    }

    /// Returns the columns as they are, the last one included.
    pub(super) fn exactly(&self) -> (Place, Option<Place>) {
        let (line, last) = self.lines;
        let start = Place {
            line,
            column: self.columns.0,
        };
        let end = Place {
            line: last,
            column: self.columns.1 + 1,
        };
        (start, Some(end))
    }
}

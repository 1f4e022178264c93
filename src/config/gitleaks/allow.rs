//! Allowlists: matches that are not reported.

use std::collections::BTreeSet;
use std::ops::Range;

use super::regex::Pattern;

/// Whether one criterion is enough or all given ones must match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Any one is enough.
    Or,
    /// All given ones.
    And,
}

/// The text that `regexes` are searched in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The secret.
    Secret,
    /// The whole match.
    Match,
    /// The lines of the match.
    Line,
}

/// An allowlist with at least one criterion.
#[derive(Clone, Debug, PartialEq)]
pub struct Allowlist {
    /// The reason; may be empty.
    pub description: String,
    /// How criteria combine.
    pub condition: Condition,
    /// Full commit ids, lower-cased.
    pub commits: BTreeSet<String>,
    /// Alternatives, one of which matches anywhere in the path.
    pub paths: Option<Pattern>,
    /// The text that `regexes` are searched in.
    pub target: Target,
    /// Alternatives, one of which matches anywhere in the target.
    pub regexes: Option<Pattern>,
    /// Lower-cased words, one of which the secret contains.
    pub stopwords: Vec<String>,
}

/// A match in its location, for allowlists to test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// The path, with `/` separators; empty for none.
    pub path: &'a [u8],
    /// The commit's full id; empty for none.
    pub commit: &'a str,
    /// The secret.
    pub secret: &'a [u8],
    /// The whole match.
    pub matched: &'a [u8],
    /// The lines of the match. Like gitleaks, includes the line end before them, so
    /// that `^` matches only on the first line of a file.
    pub line: &'a [u8],
}

impl Allowlist {
    /// Whether it tests the text around the secret.
    pub(crate) fn looks_around(&self) -> bool {
        self.regexes.is_some() && self.target != Target::Secret
    }

    /// Whether it covers a match.
    pub(crate) fn covers(&self, place: &Place<'_>) -> bool {
        let commit = || self.commits.contains(&place.commit.to_ascii_lowercase());
        let path = || !place.path.is_empty() && matches(self.paths.as_ref(), place.path);
        let target = match self.target {
            Target::Secret => place.secret,
            Target::Match => place.matched,
            Target::Line => place.line,
        };
        let regex = || !target.is_empty() && matches(self.regexes.as_ref(), target);
        let word = || holds_any(place.secret, &self.stopwords);
        match self.condition {
            Condition::Or => commit() || path() || regex() || word(),
            Condition::And => {
                (self.commits.is_empty() || commit())
                    && (self.paths.is_none() || path())
                    && (self.regexes.is_none() || regex())
                    && (self.stopwords.is_empty() || word())
            }
        }
    }

    /// Whether it covers a file whatever its content. With `AND` and further criteria,
    /// only [`covers`](Self::covers) can decide.
    pub(crate) fn covers_file(&self, path: &[u8]) -> bool {
        let hit = !path.is_empty() && matches(self.paths.as_ref(), path);
        match self.condition {
            Condition::Or => hit,
            Condition::And => {
                hit && self.commits.is_empty()
                    && self.regexes.is_none()
                    && self.stopwords.is_empty()
            }
        }
    }

    /// Whether it tests lines.
    pub(crate) fn wants_line(&self) -> bool {
        self.target == Target::Line && self.regexes.is_some()
    }

    /// Returns its reason, in its author's words.
    pub(crate) fn reason(&self) -> &str {
        if self.description.is_empty() {
            "gitleaks allowlist"
        } else {
            &self.description
        }
    }
}

fn matches(pattern: Option<&Pattern>, text: &[u8]) -> bool {
    pattern.is_some_and(|pattern| pattern.is_match(text))
}

/// Whether `text`, lower-cased, contains one of the words.
fn holds_any(text: &[u8], words: &[String]) -> bool {
    if words.is_empty() || text.is_empty() {
        return false;
    }
    let text = text.to_ascii_lowercase();
    words
        .iter()
        .any(|word| memchr::memmem::find(&text, word.as_bytes()).is_some())
}

/// How many bytes of the lines of a match are read on either side of it.
const LINE_SIDE: usize = 16 * 1024;

/// Strips line ends from both ends of a match.
pub(crate) fn trimmed(bytes: &[u8], whole: &Range<usize>) -> Range<usize> {
    let text = bytes.get(whole.clone()).unwrap_or_default();
    let front = text.iter().take_while(|b| **b == b'\n').count();
    let back = text[front..].iter().rev().take_while(|b| **b == b'\n');
    whole.start + front..whole.end - back.count()
}

/// Returns the lines of a match as gitleaks passes them: from the line end before its
/// start to the line end after its end. Very long lines are cut to a window.
pub(crate) fn lines_of(bytes: &[u8], whole: &Range<usize>) -> Range<usize> {
    let floor = whole.start.saturating_sub(LINE_SIDE);
    let ahead = bytes
        .get(floor..(whole.start + 1).min(bytes.len()))
        .unwrap_or_default();
    let start = memchr::memrchr(b'\n', ahead).map_or(floor, |i| floor + i);
    let ceiling = whole.end.saturating_add(LINE_SIDE).min(bytes.len());
    let behind = bytes.get(whole.end..ceiling).unwrap_or_default();
    let end = memchr::memchr(b'\n', behind).map_or(ceiling, |i| whole.end + i);
    start..end.max(start)
}

//! Matches single rules as gitleaks does: expression, groups, entropy, path, allowlists.
//! `relate` decides what rules mean for each other.

use std::ops::Range;

use crate::blob::BlobPath;
use crate::config::gitleaks::{Allowlist, Place, Rule as Source, allow};
use crate::rules::entropy;

/// The rules and allowlists of a configuration.
pub(super) struct Sources {
    pub(super) rules: Vec<Source>,
    pub(super) allowlists: Vec<Allowlist>,
}

/// One piece of content.
pub(super) struct Fragment<'a> {
    /// `None` while the path is not known.
    pub(super) path: Option<&'a BlobPath>,
    pub(super) bytes: &'a [u8],
}

/// One match of one rule.
#[derive(Clone, Debug)]
pub(super) struct Match {
    /// The number of the rule.
    pub(super) rule: u16,
    /// The match without line ends behind it.
    pub(super) whole: Range<usize>,
    pub(super) secret: Range<usize>,
    /// Whether an allowlist covers it, as far as one can tell without a commit.
    pub(super) allowed: bool,
}

impl Sources {
    /// Appends the matches of a rule that has a regular expression.
    pub(super) fn matches(&self, fragment: &Fragment<'_>, number: u16, out: &mut Vec<Match>) {
        let source = &self.rules[usize::from(number)];
        let Some(regex) = source.regex.as_ref().and_then(|regex| regex.regex()) else {
            return;
        };
        if !at_path(source, fragment.path) {
            return;
        }
        let whole_file = fragment.path.is_some_and(|path| {
            let lists = self.allowlists.iter().chain(&source.allowlists);
            lists
                .into_iter()
                .any(|list| list.covers_file(path.as_bytes()))
        });
        for found in regex.find_iter(fragment.bytes) {
            let Some((whole, secret)) = parts(source, regex, fragment.bytes, found.range()) else {
                continue;
            };
            let text = &fragment.bytes[secret.clone()];
            if source.entropy != 0.0 && entropy::of_characters(text) <= source.entropy {
                continue;
            }
            let mut found = Match {
                rule: number,
                whole,
                secret,
                allowed: whole_file,
            };
            found.allowed = found.allowed || self.allows(source, fragment, &found);
            out.push(found);
        }
    }

    fn allows(&self, source: &Source, fragment: &Fragment<'_>, found: &Match) -> bool {
        let lists = || self.allowlists.iter().chain(&source.allowlists);
        if lists().next().is_none() {
            return false;
        }
        let bytes = fragment.bytes;
        let line = if lists().any(Allowlist::wants_line) {
            allow::lines_of(bytes, &found.whole)
        } else {
            0..0
        };
        let place = Place {
            path: fragment.path.map_or(b"", |path| path.as_bytes()),
            commit: "",
            secret: &bytes[found.secret.clone()],
            matched: &bytes[allow::trimmed(bytes, &found.whole)],
            line: &bytes[line],
        };
        lists().any(|list| list.covers(&place))
    }
}

/// Whether a rule looks at `path`; every rule looks where the path is not known.
pub(super) fn at_path(source: &Source, path: Option<&BlobPath>) -> bool {
    match (&source.path, path) {
        (Some(pattern), Some(path)) => pattern.is_match(path.as_bytes()),
        _ => true,
    }
}

/// Whether a rule is generic, which its id says.
pub(super) fn is_generic(id: &str) -> bool {
    id.to_ascii_lowercase().contains("generic")
}

/// The match without the line ends behind it, and the secret in it. The groups come from a
/// second match, against the trimmed text alone.
fn parts(
    source: &Source,
    regex: &regex::bytes::Regex,
    bytes: &[u8],
    found: Range<usize>,
) -> Option<(Range<usize>, Range<usize>)> {
    let trimmed = allow::trimmed(bytes, &found);
    // The start stays where the untrimmed match has it: gitleaks counts lines there.
    let whole = found.start..found.start + trimmed.len();
    let whole_end = whole.end.max(trimmed.end);
    let whole = whole.start..whole_end;
    if regex.captures_len() < 2 {
        return Some((whole, trimmed));
    }
    let Some(groups) = regex.captures(&bytes[trimmed.clone()]) else {
        return Some((whole, trimmed));
    };
    let placed =
        |group: regex::bytes::Match<'_>| trimmed.start + group.start()..trimmed.start + group.end();
    let secret = if source.secret_group > 0 {
        // A group that took no part counts as empty text.
        groups
            .get(source.secret_group)
            .map_or(trimmed.start..trimmed.start, placed)
    } else {
        (1..groups.len())
            .filter_map(|n| groups.get(n))
            .find(|group| !group.is_empty())
            .map_or(trimmed.clone(), placed)
    };
    Some((whole, secret))
}

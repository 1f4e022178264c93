//! Choosing rules by id: which of a set are on.

use super::{Rule, Ruleset};
use std::borrow::Cow;

/// An id that names no rule, with the nearest that does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no rule is called `{id}`{}", nearest.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
pub struct UnknownRule {
    /// What was asked for.
    pub id: String,
    /// The rule whose id is closest, if any is close.
    pub nearest: Option<String>,
}

/// Keeps the rules named in `only` (all when empty) and drops those in `without`.
///
/// # Errors
/// When a name is of no rule: a typing error must not turn a rule off unseen.
pub fn select(
    rules: Vec<Cow<'static, Rule>>,
    only: &[String],
    without: &[String],
) -> Result<Ruleset, UnknownRule> {
    for id in only.iter().chain(without) {
        if !rules.iter().any(|r| r.id == *id) {
            let nearest = nearest(id, rules.iter().map(|r| r.id.as_ref()));
            return Err(UnknownRule {
                id: id.clone(),
                nearest,
            });
        }
    }
    let kept = rules
        .into_iter()
        .filter(|r| only.is_empty() || only.iter().any(|id| r.id == *id))
        .filter(|r| !without.iter().any(|id| r.id == *id))
        .collect();
    Ok(Ruleset::new(kept))
}

/// The known name closest to `name` by edit distance, when it is close at all.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|k| (distance(name, k), k))
        .filter(|(d, k)| *d <= (name.len().max(k.len()) / 3).max(2))
        .min()
        .map(|(_, k)| k.to_owned())
}

/// Levenshtein distance in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn nearest_needs_to_be_near() {
        assert_eq!(
            nearest("github-pat", ["github-pats", "gitlab"].into_iter()).as_deref(),
            Some("github-pats")
        );
        assert_eq!(nearest("zzz", ["github-pats"].into_iter()), None);
    }
}

//! Selects rules by id, and suggests an id for one that does not exist.

use std::borrow::Cow;

use strsim::osa_distance;

use super::{Rule, Ruleset};

/// An id that no rule has, with the nearest existing one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no rule is called `{id}`{}", nearest.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
pub(crate) struct UnknownRule {
    /// The requested id.
    pub id: String,
    /// The closest id of a rule, if any is close.
    pub nearest: Option<String>,
}

/// Keeps the rules named in `only` (all if empty) and drops those in `without`.
///
/// # Errors
/// Fails if no rule has one of the names: a typo must not silently turn a rule off.
pub(crate) fn select(
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

/// Returns the known name that `name` probably means, if any is near. Ignores case. A name may be
/// cut short before a `-`, because ids grow to the right: `github-pat` is nearer to
/// `github-pat-classic` than to `gitlab-pat`.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let name = name.to_lowercase();
    let words = name.split('-').count();
    let distances = |known: &str| {
        let known = known.to_lowercase();
        let whole = osa_distance(&name, &known);
        let mut near = (whole <= (name.len().max(known.len()) / 3).max(2)).then_some(whole);
        if let Some((end, _)) = known.match_indices('-').nth(words - 1) {
            // Stricter, because the missing part is no evidence.
            let start = osa_distance(&name, &known[..end]);
            if start <= name.len() / 4 {
                near = Some(near.map_or(start, |whole| whole.min(start)));
            }
        }
        near.map(|near| (near, whole))
    };
    known
        .filter_map(|known| distances(known).map(|near| (near, known)))
        .min()
        .map(|(_, known)| known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the suggestion for `name` among all built-in rules.
    fn rule(name: &str) -> Option<String> {
        let rules = crate::rules::builtin::rules();
        nearest(name, rules.iter().map(|rule| rule.id.as_ref()))
    }

    #[test]
    fn names_that_were_cut_short_are_completed() {
        assert_eq!(rule("github-pat").as_deref(), Some("github-pat-classic"));
        assert_eq!(rule("githb-pat").as_deref(), Some("github-pat-classic"));
        let known = ["github-pats", "gitlab", "min-entropy"];
        let near = |name| nearest(name, known.into_iter());
        assert_eq!(near("min").as_deref(), Some("min-entropy"));
        assert_eq!(near("github-pat").as_deref(), Some("github-pats"));
    }

    #[test]
    fn letters_that_are_wrong_missing_or_swapped_are_forgiven() {
        for (name, meant) in [
            ("GITHUB-PAT-CLASSIC", "github-pat-classic"),
            ("aws-acess-key", "aws-access-key-id"),
            ("aws-accses-key-id", "aws-access-key-id"),
            ("github-pat-clasic", "github-pat-classic"),
        ] {
            assert_eq!(rule(name).as_deref(), Some(meant), "{name}");
        }
        let providers = ["GitHub", "GitLab"].into_iter();
        assert_eq!(nearest("githb", providers).as_deref(), Some("GitHub"));
    }

    #[test]
    fn nonsense_is_near_to_nothing() {
        for name in ["xyzzy", "qqqq-wwww-zzzz", "", "-", "----", "é-€"] {
            assert_eq!(rule(name), None, "{name}");
        }
        assert_eq!(nearest("zzz", ["github-pats"].into_iter()), None);
    }
}

//! Selects rules by id, and suggests ids for one that does not exist.

use std::borrow::Cow;

use strsim::osa_distance;

use super::{Rule, Ruleset};

/// The most names that a suggestion lists.
const MOST: usize = 4;

/// An id that no rule has, with those that it may stand for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no rule is called `{id}`{}", meant.question().map(|q| format!("; {q}")).unwrap_or_default())]
pub(crate) struct UnknownRule {
    /// The requested id.
    pub id: String,
    /// The ids that may be meant.
    pub meant: Meant,
}

/// The names that a mistaken one may stand for, the likeliest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meant(pub(crate) Vec<String>);

impl Meant {
    /// Returns the names as a list: "`a`, `b` or `c`". None if there are none.
    pub(crate) fn list(&self) -> Option<String> {
        let mut shown: Vec<String> = self.0.iter().take(MOST).map(|n| format!("`{n}`")).collect();
        let more = self.0.len() - shown.len();
        if more > 0 {
            shown.push(format!("one of {more} more"));
        }
        let last = shown.pop()?;
        Some(match shown.is_empty() {
            true => last,
            false => format!("{} or {last}", shown.join(", ")),
        })
    }

    /// Returns the names as a question. None if there are none.
    pub(crate) fn question(&self) -> Option<String> {
        self.list().map(|list| format!("did you mean {list}?"))
    }
}

/// Returns the known names that `name` may stand for, in any case: those that it begins, or else
/// the nearest.
pub(crate) fn meant<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Meant {
    let begun = begun(name, known.clone());
    match begun.is_empty() {
        true => Meant(nearest(name, known).into_iter().collect()),
        false => Meant(begun),
    }
}

/// Returns the known names that `name` begins, those with a whole word of it first. Two letters
/// begin too many.
pub(crate) fn begun<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let name = name.to_lowercase();
    if name.chars().count() < 3 {
        return Vec::new();
    }
    let mut found: Vec<(bool, &str)> = known
        .filter_map(|known| {
            let lower = known.to_lowercase();
            let rest = lower.strip_prefix(&name)?;
            Some((!(rest.is_empty() || rest.starts_with('-')), known))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    // If the name ends with a word, a longer word is another one.
    let whole = found.iter().any(|(part, _)| !part);
    let found = found.into_iter().filter(|(part, _)| !whole || !part);
    found.map(|(_, known)| known.to_owned()).collect()
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
            return Err(UnknownRule {
                id: id.clone(),
                meant: meant(id, rules.iter().map(|r| r.id.as_ref())),
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
    fn names_that_begin_others_mean_all_of_them() {
        let rules = crate::rules::builtin::rules();
        let meant = |name: &str| meant(name, rules.iter().map(|rule| rule.id.as_ref()));
        let both = ["github-pat-classic", "github-pat-fine-grained"];
        for name in ["github-pat", "GitHub-PAT", "github-pat-"] {
            assert_eq!(meant(name).0, both, "{name}");
        }
        assert_eq!(
            meant("github-pat").question().as_deref(),
            Some("did you mean `github-pat-classic` or `github-pat-fine-grained`?")
        );
        assert_eq!(meant("githb-pat").0, ["github-pat-classic"]);
        assert!(meant("github").list().unwrap().ends_with(" more"));
        assert!(meant("gi").0.is_empty() && meant("xyzzy").question().is_none());
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

//! The built-in rules, embedded by the build script from the files under `rules/`.

#![allow(clippy::unreadable_literal)]

#[allow(unused_imports)]
use std::borrow::Cow;

#[allow(unused_imports)]
use super::class::ByteSet;
#[allow(unused_imports)]
use super::{
    Anchor, Boundary, Companion, Confidence, Context, Label, Labels, Mark, Matcher, OnInvalid,
    Rule, Ruleset, SecretType, Sequence, Severity, Step, Within,
};

include!(concat!(env!("OUT_DIR"), "/builtin_rules.rs"));

/// Returns all built-in rules, sorted by id.
pub fn rules() -> &'static [Rule] {
    BUILTIN
}

/// Returns the set of all built-in rules.
pub fn ruleset() -> Ruleset {
    Ruleset::new(BUILTIN.iter().map(Cow::Borrowed).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_sorted_and_unique() {
        assert!(rules().windows(2).all(|w| w[0].id < w[1].id));
    }

    #[test]
    fn every_check_that_a_rule_names_exists() {
        for rule in rules() {
            let named =
                std::iter::once(&rule.check).chain(rule.companions.iter().map(|c| &c.check));
            for check in named.filter(|c| !c.is_empty()) {
                assert!(
                    crate::check::lookup(check).is_some(),
                    "{}: unknown check {check}",
                    rule.id
                );
            }
        }
    }
}

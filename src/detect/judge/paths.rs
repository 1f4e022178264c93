//! Decides by the path: a rule may look at certain paths only.

use globset::GlobSet;

use crate::blob::BlobPath;
use crate::globs;
use crate::rules::{RuleIndex, Ruleset};

/// The path conditions of all rules.
pub(in crate::detect) struct PathGlobs(Vec<(RuleIndex, GlobSet)>);

impl PathGlobs {
    /// Makes the conditions of `rules` ready.
    pub(in crate::detect) fn new(rules: &Ruleset) -> Self {
        let with_paths = rules.iter().filter(|(_, rule)| !rule.paths.is_empty());
        // Loading rules refuses a glob that does not parse. A rule with one looks everywhere.
        let sets = with_paths.filter_map(|(index, rule)| {
            let globs = globs::set(rule.paths.iter().map(AsRef::as_ref));
            Some((index, globs.ok()?))
        });
        Self(sets.collect())
    }

    /// Whether the rule looks at `path`.
    pub(super) fn allow(&self, rule: RuleIndex, path: &BlobPath) -> bool {
        match self.0.iter().find(|(index, _)| *index == rule) {
            None => true,
            Some((_, globs)) => globs.is_match(path.to_text().as_ref()),
        }
    }
}

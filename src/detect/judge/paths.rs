//! Decides by the path: a rule may look at certain paths only.

use std::sync::OnceLock;

use globset::GlobSet;

use crate::blob::BlobPath;
use crate::globs;
use crate::rules::{RuleIndex, Ruleset};

/// The path conditions of all rules. Each is made when a candidate first asks for it: most runs
/// need none, and making them all takes a fifth of a start.
pub(in crate::detect) struct PathGlobs(Vec<(RuleIndex, OnceLock<Option<GlobSet>>)>);

impl PathGlobs {
    /// Notes which of `rules` have conditions.
    pub(in crate::detect) fn new(rules: &Ruleset) -> Self {
        let with_paths = rules.iter().filter(|(_, rule)| !rule.paths.is_empty());
        let conditions = with_paths.map(|(index, _)| (index, OnceLock::new()));
        Self(conditions.collect())
    }

    /// Whether the rule looks at `path`. `rules` are those that the conditions are of.
    pub(super) fn allow(&self, rules: &Ruleset, rule: RuleIndex, path: &BlobPath) -> bool {
        let Some((_, globs)) = self.0.iter().find(|(index, _)| *index == rule) else {
            return true;
        };
        // Loading rules refuses a glob that does not parse. A rule with one looks everywhere.
        let globs = globs.get_or_init(|| {
            let paths = &rules.get(rule).paths;
            globs::set(paths.iter().map(AsRef::as_ref)).ok()
        });
        globs
            .as_ref()
            .is_none_or(|globs| globs.is_match(path.to_text().as_ref()))
    }
}

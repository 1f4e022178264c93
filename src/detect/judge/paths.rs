//! Decides by the path: a rule may look at certain paths only.

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::blob::BlobPath;
use crate::rules::{RuleIndex, Ruleset};

/// The path conditions of all rules.
pub(in crate::detect) struct PathGlobs(Vec<(RuleIndex, GlobSet)>);

impl PathGlobs {
    /// Makes the conditions of `rules` ready.
    pub(in crate::detect) fn new(rules: &Ruleset) -> Self {
        let with_paths = rules.iter().filter(|(_, rule)| !rule.paths.is_empty());
        Self(
            with_paths
                .map(|(index, rule)| {
                    let mut builder = GlobSetBuilder::new();
                    // Loading rules refuses a glob that does not parse.
                    rule.paths
                        .iter()
                        .filter_map(|p| Glob::new(p).ok())
                        .for_each(|glob| {
                            builder.add(glob);
                        });
                    (index, builder.build().unwrap_or_default())
                })
                .collect(),
        )
    }

    /// Whether the rule looks at `path`.
    pub(super) fn allow(&self, rule: RuleIndex, path: &BlobPath) -> bool {
        match self.0.iter().find(|(index, _)| *index == rule) {
            None => true,
            Some((_, globs)) => globs.is_match(path.to_text().as_ref()),
        }
    }
}

//! Reads the user's rule files, and checks rules beyond what the parser checks.

use std::path::Path;

use crate::detect::{compile_pattern, pattern_weight};
use crate::globs;
use crate::rules::{Matcher, Rule, select, spec};
use crate::stop::{Stop, describe};

/// The limit of the combined weight of all regular expressions in the user's rules; about 400
/// MB.
const WEIGHT_MAX: u64 = 2_000_000;

/// Checks rules one by one and adds up the weight of their expressions. A repository's
/// configuration is untrusted and could exhaust memory.
#[derive(Default)]
pub struct Judge {
    weight: u64,
}

/// Reads the rules of a file. The error lists all mistakes.
pub fn rule_file(file: &Path, judge: &mut Judge) -> Result<Vec<Rule>, Stop> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|e| Stop::new(format!("{name}: {}", describe(&e))))?;
    parse(file, &text, judge)
}

/// Parses `text`, the content of `file`. The error lists all mistakes.
pub(super) fn parse(file: &Path, text: &str, judge: &mut Judge) -> Result<Vec<Rule>, Stop> {
    let name = file.display();
    let mistakes = |errors: Vec<String>| {
        Stop::new(errors.join("\n")).help(format!("check it with `stopleak rules check {name}`"))
    };
    let rules = spec::parse(text)
        .map_err(|e| mistakes(e.iter().map(|e| format!("{name}:{e}")).collect()))?;
    let broken: Vec<String> = rules
        .iter()
        .filter_map(|r| {
            judge
                .broken(r)
                .map(|why| format!("{name}: rule `{}`: {why}", r.id))
        })
        .collect();
    if broken.is_empty() {
        Ok(rules)
    } else {
        Err(mistakes(broken))
    }
}

impl Judge {
    /// Returns what is wrong with a parsed rule, if anything.
    pub(super) fn broken(&mut self, rule: &Rule) -> Option<String> {
        if let Matcher::Pattern { regex, .. } = &rule.matcher {
            let before = self.weight;
            self.weight = before.saturating_add(pattern_weight(regex).unwrap_or(0));
            if before <= WEIGHT_MAX && self.weight > WEIGHT_MAX {
                let what = "the patterns up to this rule take too much memory together";
                return Some(format!("{what}: reduce their repetitions"));
            }
            // Rules beyond the limit are already refused; do not compile them.
            if self.weight <= WEIGHT_MAX
                && let Err(why) = compile_pattern(regex)
            {
                return Some(format!("the pattern does not compile: {why}"));
            }
        }
        names(rule)
    }
}

/// Returns the first invalid check name or glob of a rule.
fn names(rule: &Rule) -> Option<String> {
    let checks = std::iter::once(&rule.check).chain(rule.companions.iter().map(|c| &c.check));
    for check in checks.filter(|c| !c.is_empty()) {
        if crate::check::lookup(check).is_none() {
            let nearest =
                select::nearest(check, crate::check::CHECKS.iter().map(|(name, _)| *name));
            let hint = nearest
                .map(|n| format!("; did you mean `{n}`?"))
                .unwrap_or_default();
            return Some(format!("no check is called `{check}`{hint}"));
        }
    }
    rule.paths
        .iter()
        .find_map(|p| Some((p, globs::set([p.as_ref()]).err()?)))
        .map(|(p, why)| format!("bad glob `{}` in `paths`: {why}", globs::brief(p)))
}

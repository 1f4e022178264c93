//! Makes a set of rules ready to run: how a [`Detector`] comes about.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::Detector;
use super::find::{Bare, Finder, Role};
use super::forms::foreign::Foreign;
use super::forms::whole;
use super::judge::paths::PathGlobs;
use super::layers::written;
use super::reach::{self, Reaches};
use super::verify::Prepared;
use crate::config::gitleaks;
use crate::rules::{RuleIndex, Ruleset};

impl Detector {
    /// Makes `rules` ready to run. It enters their literals into the prefilter; regular
    /// expressions wait for their first anchor.
    pub fn new(rules: Ruleset) -> Self {
        let finder = Finder::new(&rules);
        Self::assemble(rules, finder, &HashSet::new())
    }

    /// All built-in rules, ready to run. Their tables were built with the program.
    pub fn builtin() -> Self {
        let rules = crate::rules::builtin::ruleset();
        match Finder::builtin() {
            Some(finder) => Self::assemble(rules, finder, &HashSet::new()),
            None => Self::new(rules),
        }
    }

    /// Makes `rules` ready to run: first built-in ones in their order, of which some may be
    /// missing or have another severity or confidence, then others. The tables that were
    /// built with the program serve the built-in ones, so only the others cost start-up
    /// time. [`rules`](Self::rules) then also lists the built-in rules that are missing.
    pub(crate) fn adjusted(rules: Ruleset) -> Self {
        match Self::from_builtin(&rules) {
            Some(detector) => detector,
            None => Self::new(rules),
        }
    }

    /// The detector of `rules` with the tables of the built-in ones, if they can be read.
    fn from_builtin(rules: &Ruleset) -> Option<Self> {
        let (rules, finder, off) = Finder::from_builtin(rules)?;
        Some(Self::assemble(rules, finder, &off))
    }

    /// The detector of `rules`, of which those that are `off` lead to nothing.
    fn assemble(rules: Ruleset, finder: Finder, off: &HashSet<RuleIndex>) -> Self {
        let on = || rules.iter().filter(|(index, _)| !off.contains(index));
        let prepared = rules.iter().map(|_| OnceLock::new()).collect();
        // One more number stands for a small file as a whole, one for a run, and one for a value
        // that may stand alone.
        let reach = Reaches::new(finder.targets().len() + 3);
        let alone: Vec<_> = on().filter(|(_, rule)| rule.bare).collect();
        let whole = on()
            .filter(|(_, rule)| rule.whole_file)
            .map(|(index, _)| index)
            .collect();
        let bare = Bare::of(alone.iter().map(|(_, rule)| *rule));
        let alone = alone.into_iter().map(|(index, _)| index).collect();
        let globs = PathGlobs::new(&rules);
        Self {
            finder,
            prepared,
            globs,
            reach,
            whole,
            alone,
            bare,
            rules,
            foreign: None,
            depth: super::DECODE_DEPTH,
            samples: false,
        }
    }

    /// What a rule needs to verify its hits.
    pub(super) fn prepared(&self, rule: RuleIndex) -> &Prepared {
        self.prepared[usize::from(rule.0)].get_or_init(|| {
            let rule = self.rules.get(rule);
            Prepared::new(rule, reach::plain(rule))
        })
    }

    /// How far from a hit of `literal` its verdict may look, if there is such a literal.
    pub(super) fn reach_of(&self, literal: u32) -> Option<usize> {
        let plain = |rule| self.prepared(rule).plain;
        self.reach.of(literal, || {
            let all = self.finder.targets();
            let Some(targets) = all.get(literal as usize) else {
                return match literal as usize - all.len() {
                    0 => whole::FILE_MAX + 1,
                    1 => 0,
                    _ => self
                        .alone
                        .iter()
                        .map(|rule| plain(*rule))
                        .max()
                        .unwrap_or(0),
                };
            };
            let reaches = targets.iter().map(|target| match target.role {
                Role::Coded { .. } => 0,
                role => reach::reach(plain(target.rule), role),
            });
            reaches.fold(written::BEFORE.max(written::AFTER), usize::max)
        })
    }

    /// Adds the rules of a gitleaks configuration after its own. `suppress` applies the
    /// allowlists for findings.
    #[must_use]
    pub(crate) fn with_gitleaks(mut self, config: &gitleaks::Config) -> Self {
        self.foreign = Foreign::new(config, self.rules.len());
        if self.foreign.is_some() {
            self.rules = self.rules.with(Foreign::rules(config));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{Blob, BlobPath, Fresh};
    use crate::check;
    use crate::detect::{Content, Scratch};
    use crate::finding::Candidate;
    use crate::rules::{Rule, Severity, builtin};
    use std::borrow::Cow;
    use std::ops::Range;

    /// The ids, places and severities of what `detector` finds.
    fn found(detector: &Detector, bytes: &[u8]) -> Vec<(String, Range<usize>, Severity)> {
        let path = BlobPath::from("a.txt");
        let blob = Blob {
            path: &path,
            bytes,
            fresh: Fresh::All,
        };
        let found = detector.detect(&blob, Content::Text, &mut Scratch::default());
        let id = |c: &Candidate| detector.rules().get(c.rule).id.to_string();
        found
            .iter()
            .map(|c| (id(c), c.secret.clone(), c.severity))
            .collect()
    }

    fn text_of_own(text: &mut Vec<u8>, prefix: &str) {
        text.extend_from_slice(format!("\n{prefix}qwzrtkplmnbv\n").as_bytes());
    }

    #[test]
    fn tables_of_the_builtin_rules_serve_others_with_them() {
        let mut rng = check::mint::Rng::new(5);
        let mut text = Vec::new();
        for (_, rule) in builtin::ruleset().iter() {
            if let Some(token) = check::mint::mint(&rule.check, rng.next_u64()) {
                text.extend_from_slice(b"token = \"");
                text.extend_from_slice(&token);
                text.extend_from_slice(b"\"\n");
            }
        }
        assert!(found(&Detector::builtin(), &text).len() > 20);
        for round in 0..4 {
            let mut text_own = Vec::new();
            let mut rules: Vec<Cow<'static, Rule>> = builtin::rules()
                .iter()
                .filter(|_| rng.below(4) != round)
                .map(Cow::Borrowed)
                .collect();
            let adjusted = rng.below(rules.len());
            rules[adjusted].to_mut().severity = Severity::Low;
            // A rule of one's own, and one that replaces a built-in rule.
            for (id, body) in [("own-rule", "own_"), (&*builtin::rules()[3].id, "repl_")] {
                let head = "[provider]\nname = \"A\"\n[[rule]]\nsecret_type = \"api-key\"";
                let rest =
                    format!("title = \"t\"\nseverity = \"low\"\nshape = '\"{body}\" low{{12}}'");
                let text = format!("{head}\nid = \"{id}\"\n{rest}\n");
                let rule = crate::rules::spec::parse(&text).unwrap().remove(0);
                rules.retain(|known| known.id != rule.id);
                rules.push(Cow::Owned(rule));
                text_of_own(&mut text_own, body);
            }
            let text = [&text[..], &text_own].concat();
            let part = || Ruleset::new(rules.clone());
            let served = Detector::from_builtin(&part()).unwrap();
            let served = found(&served, &text);
            assert_eq!(served, found(&Detector::new(part()), &text));
            assert!(served.iter().any(|(id, ..)| id == "own-rule"));
        }
    }
}

//! Runs the rules of another scanner, gitleaks, as gitleaks runs them: a regular expression
//! over all of a fragment, if one of the rule's keywords stands anywhere in it.
//!
//! These rules are not local: a byte far away may decide whether one matches. A run with
//! any of them therefore reads blobs whole and inherits nothing along deltas. A fragment is
//! one piece of content, which is the whole file up to 4 MiB; gitleaks cuts files into
//! pieces of 100 KB.
//!
//! A candidate that an allowlist covers stays a candidate, for `suppress` to say so. Only
//! what other rules decide (`required`, the filter of generic rules) heeds allowlists here.

mod lines;
mod matches;
mod relate;

use std::borrow::Cow;
use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::blob::{BlobPath, Fresh};
use crate::config::gitleaks::{Config, Rule as Source};
use crate::detect::content::Content;
use crate::finding::{BY_PATH, Candidate, CandidatePart, Dismissal, Open, Tails};
use crate::rules::{
    Boundary, Confidence, Labels, Matcher, OnInvalid, Rule, RuleIndex, Ruleset, SecretType,
    Severity, Text,
};
use lines::Lines;
use matches::{Fragment, Match, Sources, at_path, is_generic};

/// The evidence of a finding of these rules.
const EVIDENCE: &str = "gitleaks rule";
/// Why a match is dismissed whose companions are missing.
const ALONE: &str = "a rule that must match nearby as well does not";
/// Beyond this many bytes of keywords a smaller, slower automaton searches for them.
const DENSE: usize = 64 * 1024;

/// The rules, ready to run.
pub(in crate::detect) struct Foreign {
    sources: Sources,
    /// The index of the first one among all rules.
    first: u16,
    keywords: Option<AhoCorasick>,
    /// The rules that each keyword wakes.
    wakes: Vec<Vec<u16>>,
    /// Rules without keywords.
    always: Vec<u16>,
}

impl Foreign {
    /// Makes the rules of `config` ready; `None` if it has none.
    pub(in crate::detect) fn new(config: &Config, first: usize) -> Option<Self> {
        let first = u16::try_from(first).ok()?;
        if config.rules.is_empty() {
            return None;
        }
        let mut foreign = Self {
            sources: Sources {
                rules: config.rules.clone(),
                allowlists: config.allowlists.clone(),
            },
            first,
            keywords: None,
            wakes: Vec::new(),
            always: Vec::new(),
        };
        let mut words: Vec<&str> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        for (number, rule) in (0u16..).zip(&config.rules) {
            if rule.skip_report {
                continue;
            }
            let given = rule.keywords.iter().filter(|word| !word.is_empty());
            if given.clone().count() == 0 {
                foreign.always.push(number);
            }
            for word in given {
                let slot = *known.entry(word).or_insert_with(|| {
                    words.push(word);
                    foreign.wakes.push(Vec::new());
                    words.len() - 1
                });
                foreign.wakes[slot].push(number);
            }
        }
        if !words.is_empty() {
            let bytes: usize = words.iter().map(|word| word.len()).sum();
            let built = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .kind((bytes < DENSE).then_some(AhoCorasickKind::DFA))
                .build(&words);
            match built {
                Ok(searcher) => foreign.keywords = Some(searcher),
                // Too many keywords for the automaton: every rule always runs.
                Err(_) => foreign.always = (0..config.rules.len() as u16).collect(),
            }
        }
        Some(foreign)
    }

    /// The rules in the form that reports need.
    pub(in crate::detect) fn rules(config: &Config) -> Vec<Cow<'static, Rule>> {
        config.rules.iter().map(|r| Cow::Owned(rule(r))).collect()
    }

    /// Whether the rule is one of these.
    pub(in crate::detect) fn has(&self, rule: RuleIndex) -> bool {
        rule.0 >= self.first
    }

    /// Whether the rule looks at `path`.
    pub(in crate::detect) fn looks_at(&self, rule: RuleIndex, path: &BlobPath) -> bool {
        let number = usize::from(rule.0.saturating_sub(self.first));
        let source = self.sources.rules.get(number);
        source.is_some_and(|source| at_path(source, Some(path)))
    }

    /// Appends the candidates of a fragment; without a path, those that it has at any
    /// path. What `out` already holds comes from the rules before these.
    pub(in crate::detect) fn detect(
        &self,
        path: Option<&BlobPath>,
        bytes: &[u8],
        content: Content,
        fresh: &Fresh<'_>,
        rules: &Ruleset,
        out: &mut Vec<Candidate>,
    ) {
        let nameless = path.is_some_and(|path| path.as_bytes().is_empty());
        if nameless && content == Content::Binary {
            // This is no content but a name of a file or reference.
            return;
        }
        let fragment = Fragment { path, bytes };
        let mut found: Vec<Match> = Vec::new();
        for number in self.awake(bytes) {
            let source = &self.sources.rules[usize::from(number)];
            if content == Content::Binary && is_generic(&source.id) {
                continue;
            }
            if source.regex.is_none() {
                if !nameless && at_path(source, path) {
                    out.push(self.by_name(number, fresh));
                }
                continue;
            }
            self.sources.matches(&fragment, number, &mut found);
        }
        if found.is_empty() {
            return;
        }
        let mut lines = Lines::new(bytes);
        let verdicts = self.sources.relate(&fragment, &found, &mut lines);
        self.sources.outdo_builtin(&found, &verdicts, rules, out);
        for (found, verdict) in found.iter().zip(verdicts) {
            out.push(self.candidate(found, verdict));
        }
    }

    /// The rules that run on these bytes, in order.
    fn awake(&self, bytes: &[u8]) -> Vec<u16> {
        let mut awake = self.always.clone();
        if let Some(keywords) = &self.keywords {
            let mut seen = vec![false; self.wakes.len()];
            let mut left = seen.len();
            for found in keywords.find_overlapping_iter(bytes) {
                let slot = found.pattern().as_usize();
                if !std::mem::replace(&mut seen[slot], true) {
                    awake.extend_from_slice(&self.wakes[slot]);
                    left -= 1;
                    if left == 0 {
                        break;
                    }
                }
            }
        }
        awake.sort_unstable();
        awake.dedup();
        awake
    }

    /// The finding of a rule that looks at the path only. It stands at the first fresh
    /// byte, so that it counts in each file that was touched.
    fn by_name(&self, number: u16, fresh: &Fresh<'_>) -> Candidate {
        let at = match fresh {
            Fresh::All => 0,
            Fresh::Ranges(ranges) => ranges.first().map_or(0, |range| range.start),
        };
        let reach = match fresh {
            Fresh::All => at..at,
            Fresh::Ranges(_) => at..at + 1,
        };
        Candidate {
            rule: RuleIndex(self.first + number),
            whole: reach,
            secret: at..at,
            decoded: None,
            layers: None,
            public_prefix: 0,
            parts: Vec::new(),
            evidence: vec![BY_PATH.into()],
            confidence: confidence(&self.sources.rules[usize::from(number)]),
            severity: Severity::High,
            dismissed: None,
            traits: None,
            tails: Tails::default(),
            open: Open::No,
        }
    }

    fn candidate(&self, found: &Match, verdict: relate::Verdict) -> Candidate {
        let (dismissed, parts) = match verdict {
            relate::Verdict::Stands(parts) => (None, parts),
            relate::Verdict::Alone => (Some(Dismissal::LookAlike(ALONE)), Vec::new()),
            relate::Verdict::Generic => (Some(Dismissal::LookAlike(relate::BETTER)), Vec::new()),
        };
        let parts = parts.into_iter().map(|part| CandidatePart {
            name: self.sources.rules[usize::from(part.rule)].id.clone().into(),
            span: part.secret,
        });
        Candidate {
            rule: RuleIndex(self.first + found.rule),
            whole: found.whole.clone(),
            secret: found.secret.clone(),
            decoded: None,
            layers: None,
            public_prefix: 0,
            parts: parts.collect(),
            evidence: vec![EVIDENCE.into()],
            confidence: confidence(&self.sources.rules[usize::from(found.rule)]),
            severity: Severity::High,
            dismissed,
            traits: None,
            tails: Tails::default(),
            open: Open::No,
        }
    }
}

fn confidence(source: &Source) -> Confidence {
    if is_generic(&source.id) {
        Confidence::Medium
    } else {
        Confidence::High
    }
}

/// A rule in the form that reports need.
fn rule(source: &Source) -> Rule {
    let title = if source.description.is_empty() {
        source.id.clone()
    } else {
        source.description.clone()
    };
    Rule {
        base64: false,
        whole_file: false,
        bare: false,
        id: source.id.clone().into(),
        title: title.into(),
        rationale: Text::default(),
        provider: Text::default(),
        docs: Text::default(),
        revoke: Text::default(),
        lifetime: Text::default(),
        secret_type: SecretType::ApiKey,
        severity: Severity::High,
        confidence: confidence(source),
        matcher: Matcher::Fragment,
        anchors: Cow::Borrowed(&[]),
        context: None,
        companions: Cow::Borrowed(&[]),
        min_entropy: source.entropy as f32,
        check: Text::default(),
        on_invalid: OnInvalid::Drop,
        boundary: Boundary::None,
        binary: true,
        paths: Cow::Borrowed(&[]),
        labels: Labels::NONE,
        marks: Cow::Borrowed(&[]),
    }
}

//! Decides among the candidates of one blob: what their path says, duplicates, and which one
//! keeps the bytes that several share. A pure function of the candidates and the path; it
//! reads no content.

use std::cmp::Reverse;
use std::ops::Range;

use super::lengths::Lengths;
use super::paths::PathGlobs;
use super::{generic, grammars};
use crate::blob::BlobPath;
use crate::detect::forms::ends::Grammar;
use crate::finding::{Candidate, Open, Tails};
use crate::rules::{Confidence, Matcher, Rule, RuleIndex, Ruleset, Step};

/// The most literal bytes that count. A shape or pattern with more of them is sure anyway.
const LITERALS_MAX: usize = 12;

/// Why a candidate was dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The rule wants another path.
    Path,
    /// The same rule found the same value by another literal.
    Duplicate,
    /// Another rule describes the bytes better.
    Overlap(RuleIndex),
}

/// How closely a rule describes its values, in half literal bytes: two for each literal
/// byte that all its values hold, five more if a context word names the provider. So a
/// vendor's rule beats the rule of the form that the vendor uses (a JWT, `sk_live_…`), and
/// a distinctive prefix of three bytes or more beats a word nearby.
fn specificity(rule: &Rule) -> usize {
    let literals = match &rule.matcher {
        Matcher::Assignment | Matcher::Manifest | Matcher::Fragment => 0,
        Matcher::Pattern { .. } => LITERALS_MAX,
        Matcher::Shape(sequences) => sequences
            .iter()
            .map(|s| {
                let literal = |step: &Step| match step {
                    Step::Lit { bytes, .. } => bytes.len(),
                    Step::Run { .. } => 0,
                };
                s.steps.iter().map(literal).sum()
            })
            .min()
            .unwrap_or(0),
    };
    2 * literals.min(LITERALS_MAX) + if rule.context.is_some() { 5 } else { 0 }
}

/// The rule of the kept candidate that lies on the bytes of the one at `index`.
fn winner(candidates: &[Candidate], keep: &[bool], index: usize) -> RuleIndex {
    let span = &candidates[index].secret;
    let on = |other: &std::ops::Range<usize>| other.start < span.end && span.start < other.end;
    candidates
        .iter()
        .zip(keep)
        .find(|(c, kept)| **kept && (on(&c.secret) || c.parts.iter().any(|p| on(&p.span))))
        .map_or(candidates[index].rule, |(c, _)| c.rule)
}

/// Drops candidates whose rule wants another path, duplicates, and candidates whose secret
/// lies under a better one; sorts the rest by place. Tells `lost` of each that it drops.
/// `bytes` are read if the ends of some secrets are open.
///
/// Heads compete for bytes. Then each secret gets the length that it has in the file at
/// `path`; whole secrets may overlap, because one may hold another.
pub(in crate::detect) fn resolve(
    rules: &Ruleset,
    (path, bytes): (&BlobPath, &[u8]),
    globs: &PathGlobs,
    candidates: &mut Vec<Candidate>,
    lost: &mut impl FnMut(&Candidate, &dyn Fn() -> Lost),
) {
    choose(rules, path, globs, candidates, lost);
    if candidates
        .iter()
        .all(|c| c.open == Open::No && c.tails.is_empty())
    {
        return;
    }
    let grammar = grammars::grammar(path);
    let mut lengths = Lengths::default();
    for candidate in candidates.iter_mut() {
        // What is no value but an expression of a program ends with its head.
        if grammar.is_code() && candidate.dismissed.is_some() {
            (candidate.open, candidate.tails) = (Open::No, Tails::default());
            continue;
        }
        candidate.secret.end += lengths.take(bytes, candidate, grammar);
        candidate.whole.end = candidate.whole.end.max(candidate.secret.end);
    }
}

/// What [`resolve`] makes of a path for candidates of some rules: for paths of one class, it
/// decides the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::detect) struct PathClass {
    grammar: Grammar,
    place: generic::Place,
    /// Which of the rules want another path.
    elsewhere: Vec<RuleIndex>,
}

/// Returns the class of `path` for candidates of `of`, each once.
pub(in crate::detect) fn class(
    rules: &Ruleset,
    path: &BlobPath,
    globs: &PathGlobs,
    of: &[RuleIndex],
) -> PathClass {
    let elsewhere = of.iter().filter(|rule| !globs.allow(rules, **rule, path));
    PathClass {
        grammar: grammars::grammar(path),
        place: generic::place(path),
        elsewhere: elsewhere.copied().collect(),
    }
}

/// The ranges of `candidates`, sorted by place, of which some may share bytes. Most candidates
/// are alone.
fn groups(candidates: &[Candidate]) -> Vec<Range<usize>> {
    if candidates.iter().any(|c| !c.parts.is_empty()) {
        // Parts may stand anywhere.
        return std::iter::once(0..candidates.len()).collect();
    }
    let mut groups = Vec::new();
    let (mut from, mut end) = (0, 0);
    for (index, Candidate { secret, .. }) in candidates.iter().enumerate() {
        if secret.start >= end {
            if index - from > 1 {
                groups.push(from..index);
            }
            from = index;
        }
        end = end.max(secret.end).max(secret.start + 1);
    }
    if candidates.len() - from > 1 {
        groups.push(from..candidates.len());
    }
    groups
}

/// Lets the candidates of `group` compete for bytes: clears the flag in `keep` of each that
/// loses.
fn compete(rules: &Ruleset, candidates: &[Candidate], group: Range<usize>, keep: &mut [bool]) {
    let rank = |index: usize| {
        let c = &candidates[index];
        let rule = rules.get(c.rule);
        // Lower is better: alive before dismissed, as sure as the rule before doubted by a
        // check, a known kind before a value known by its name alone. A kind of low
        // confidence (a public key) still says more than its name does.
        let generic = matches!(rule.matcher, Matcher::Assignment);
        let weak = rule.confidence == Confidence::Low && rule.is_distinctive();
        // The decoded text of a value outranks what its encoded form looks like.
        let encoded = c.decoded.is_none();
        (
            c.dismissed.is_some() && encoded,
            c.confidence < rule.confidence && encoded,
            generic,
            weak,
            Reverse(specificity(rule)),
            Reverse(c.confidence),
            Reverse(c.parts.len()),
            Reverse(c.secret.len()),
            c.rule,
            index,
        )
    };
    let mut order: Vec<_> = group.map(rank).collect();
    order.sort_unstable();
    // The best come first, and each keeps the bytes of its secret. Kept spans are disjoint,
    // so a sorted map of starts answers whether a span is still free.
    let mut taken: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
    for (.., index) in order {
        let Candidate { secret, parts, .. } = &candidates[index];
        let free = taken
            .range(..secret.end.max(secret.start + 1))
            .next_back()
            .is_none_or(|(_, end)| *end <= secret.start);
        keep[index] = free;
        if !free {
            continue;
        }
        taken.insert(secret.start, secret.end);
        for part in parts {
            let overlaps = taken
                .range(..part.span.end)
                .next_back()
                .is_some_and(|(_, end)| *end > part.span.start);
            if !overlaps {
                taken.insert(part.span.start, part.span.end);
            }
        }
    }
}

/// [`resolve`], with heads.
fn choose(
    rules: &Ruleset,
    path: &BlobPath,
    globs: &PathGlobs,
    candidates: &mut Vec<Candidate>,
    lost: &mut impl FnMut(&Candidate, &dyn Fn() -> Lost),
) {
    candidates.retain(|c| {
        let allowed = globs.allow(rules, c.rule, path);
        if !allowed {
            lost(c, &|| Lost::Path);
        }
        allowed
    });
    if candidates.iter().any(|c| c.traits.is_some()) {
        let place = generic::place(path);
        for candidate in candidates.iter_mut() {
            generic::decide(candidate, place);
        }
    }
    if candidates.len() < 2 {
        return;
    }
    candidates.sort_by(|a, b| {
        a.secret
            .start
            .cmp(&b.secret.start)
            .then(a.secret.end.cmp(&b.secret.end))
            .then(a.rule.cmp(&b.rule))
            .then(a.whole.start.cmp(&b.whole.start))
    });
    candidates.dedup_by(|b, a| {
        let same = a.rule == b.rule && a.secret == b.secret;
        if same {
            lost(b, &|| Lost::Duplicate);
        }
        same
    });
    let mut keep = vec![true; candidates.len()];
    for group in groups(candidates) {
        compete(rules, candidates, group, &mut keep);
    }
    for (index, candidate) in candidates.iter().enumerate().filter(|(i, _)| !keep[*i]) {
        lost(candidate, &|| {
            Lost::Overlap(winner(candidates, &keep, index))
        });
    }
    let mut kept = keep.into_iter();
    candidates.retain(|_| kept.next().unwrap_or(false));
}

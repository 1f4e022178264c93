//! Who wins an overlap, and what depends on the path. A pure function of the
//! candidates of one blob and its path; it does not look at content again.

use std::cmp::Reverse;

use super::generic;
use super::trace::{Lost, Observer};
use crate::blob::BlobPath;
use crate::finding::Candidate;
use crate::rules::{Confidence, Matcher, Rule, RuleIndex, Ruleset, Step};

/// The most literal bytes that count: beyond them a shape or pattern is sure of itself.
const LITERALS_MAX: usize = 12;

/// How closely a rule describes its values: the literal bytes that each of them
/// holds, and two and a half more when a context word names the provider. So a
/// vendor's rule beats the rule of the form that the vendor uses (a JWT, `sk_live_…`),
/// and a distinctive prefix of three bytes or more beats a word nearby.
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

/// Drops candidates whose rule wants another path, duplicates, and those whose
/// secret lies under a better one; sorts what is left by place.
pub(super) fn resolve<O: Observer>(
    rules: &Ruleset,
    path: &BlobPath,
    globs: &super::PathGlobs,
    candidates: &mut Vec<Candidate>,
    observer: &mut O,
) {
    candidates.retain(|c| {
        let allowed = globs.allow(c.rule, path);
        if !allowed {
            observer.lost(c, || Lost::Path);
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
    let rank = |c: &Candidate| {
        let rule = rules.get(c.rule);
        // Lower is better: alive before dismissed, as sure as the rule says before
        // doubted by a check, a known kind before one known by its name alone. A kind
        // of low confidence (a public key) still says more than its name does.
        let generic = matches!(rule.matcher, Matcher::Assignment);
        let weak = rule.confidence == Confidence::Low && rule.is_distinctive();
        // What a decoded text says of a value outranks what its encoded form looks like.
        (
            c.dismissed.is_some() && c.decoded.is_none(),
            c.confidence < rule.confidence && c.decoded.is_none(),
            generic,
            weak,
            Reverse(specificity(rule)),
            Reverse(c.confidence),
        )
    };
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
            observer.lost(b, || Lost::Duplicate);
        }
        same
    });
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|&a, &b| {
        let (x, y) = (&candidates[a], &candidates[b]);
        rank(x)
            .cmp(&rank(y))
            .then(y.parts.len().cmp(&x.parts.len()))
            .then(y.secret.len().cmp(&x.secret.len()))
            .then(x.rule.cmp(&y.rule))
            .then(a.cmp(&b))
    });
    // Best first; each keeps its secret's bytes to itself. Kept spans are disjoint,
    // so a sorted map of starts answers whether a span is still free.
    let mut taken: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
    let mut keep = vec![false; candidates.len()];
    for index in order {
        let spans = std::iter::once(&candidates[index].secret);
        let free = |span: &std::ops::Range<usize>| {
            taken
                .range(..span.end.max(span.start + 1))
                .next_back()
                .is_none_or(|(_, end)| *end <= span.start)
        };
        if spans.clone().all(free) {
            keep[index] = true;
            taken.insert(candidates[index].secret.start, candidates[index].secret.end);
            for part in &candidates[index].parts {
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
    for (index, candidate) in candidates.iter().enumerate().filter(|(i, _)| !keep[*i]) {
        observer.lost(candidate, || {
            Lost::Overlap(winner(candidates, &keep, index))
        });
    }
    let mut kept = keep.into_iter();
    candidates.retain(|_| kept.next().unwrap_or(false));
}

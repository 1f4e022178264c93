//! Who wins an overlap, and what depends on the path. A pure function of the
//! candidates of one blob and its path; it does not look at content again.

use crate::blob::BlobPath;
use crate::finding::Candidate;
use crate::rules::{Matcher, Ruleset};

/// Drops candidates whose rule wants another path, duplicates, and those whose
/// secret lies under a better one; sorts what is left by place.
pub(super) fn resolve(
    rules: &Ruleset,
    path: &BlobPath,
    globs: &super::PathGlobs,
    candidates: &mut Vec<Candidate>,
) {
    candidates.retain(|c| globs.allow(c.rule, path));
    if candidates.len() < 2 {
        return;
    }
    let rank = |c: &Candidate| {
        let rule = rules.get(c.rule);
        // Lower is better: alive before dismissed, distinctive before contextual before generic.
        let kind = match (&rule.matcher, rule.is_distinctive()) {
            (Matcher::Assignment, _) => 2,
            (_, true) => 0,
            (_, false) => 1,
        };
        (c.dismissed.is_some(), std::cmp::Reverse(c.confidence), kind)
    };
    candidates.sort_by(|a, b| {
        a.secret
            .start
            .cmp(&b.secret.start)
            .then(a.secret.end.cmp(&b.secret.end))
            .then(a.rule.cmp(&b.rule))
            .then(a.whole.start.cmp(&b.whole.start))
    });
    candidates.dedup_by(|b, a| a.rule == b.rule && a.secret == b.secret);
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
    let mut kept = keep.into_iter();
    candidates.retain(|_| kept.next().unwrap_or(false));
}

//! Decides among the candidates of one blob: what their path says, duplicates, and which one
//! keeps the bytes that several share. A pure function of the candidates and the path; it
//! reads no content.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use super::lengths::Lengths;
use super::paths::PathGlobs;
use super::{generic, grammars};
use crate::blob::BlobPath;
use crate::detect::forms::ends::Grammar;
use crate::finding::{Candidate, Encoding, Open, Tails};
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

/// Whether two candidates at one place are one: what is encoded there may hold many.
fn is_same_text(a: &Candidate, b: &Candidate) -> bool {
    (a.layers.is_none() && b.layers.is_none()) || a.decoded == b.decoded
}

/// The bytes that are taken: those of the content, and those of each text that was decoded. Kept
/// spans are disjoint, so a sorted map of starts answers whether a span is still free.
#[derive(Default)]
struct Taken {
    plain: BTreeMap<usize, usize>,
    texts: HashMap<u64, BTreeMap<usize, usize>>,
    /// Where in the content what is taken in texts is encoded.
    encoded: BTreeMap<usize, usize>,
    /// Where each value stands that was decoded: two ways may lead to one.
    values: HashMap<Vec<u8>, BTreeMap<usize, usize>>,
}

impl Taken {
    fn is_free(&self, candidate: &Candidate) -> bool {
        let free = is_free(&self.plain, &candidate.secret);
        match text(candidate) {
            None => free && is_free(&self.encoded, &candidate.secret),
            Some((number, inner)) => {
                let text = self.texts.get(&number);
                let value = candidate.decoded.as_ref();
                let same = value.and_then(|value| self.values.get(value.expose()));
                // One text may hold a value twice.
                let known = text.is_none() && same.is_some_and(|s| !is_free(s, &candidate.secret));
                free && !known && text.is_none_or(|text| is_free(text, inner))
            }
        }
    }

    fn take(&mut self, candidate: &Candidate) {
        let Candidate { secret, parts, .. } = candidate;
        if let Some((number, inner)) = text(candidate) {
            let text = self.texts.entry(number).or_default();
            text.insert(inner.start, inner.end);
            add(&mut self.encoded, secret.clone());
            if let Some(value) = &candidate.decoded {
                let same = self.values.entry(value.expose().to_vec()).or_default();
                add(same, secret.clone());
            }
            return;
        }
        self.plain.insert(secret.start, secret.end);
        // What is dismissed says nothing of its parts: they may be secrets of other rules.
        let parts = parts.iter().filter(|_| candidate.dismissed.is_none());
        for part in parts {
            if is_free(&self.plain, &part.span) {
                self.plain.insert(part.span.start, part.span.end);
            }
        }
    }
}

/// The text in which a candidate stands, if that is not the content, and its place there.
fn text(candidate: &Candidate) -> Option<(u64, &Range<usize>)> {
    let layers = candidate.layers.as_ref()?;
    (layers.text != 0).then_some((layers.text, &layers.inner))
}

/// Drops what a name is given if single characters of it are decoded, where the same value counts
/// as it is written: it keeps its identity.
fn keep_as_written(candidates: &mut Vec<Candidate>) {
    let counts = |c: &&Candidate| text(c).is_none() && c.traits.is_some() && c.dismissed.is_none();
    let plain: HashSet<usize> = candidates
        .iter()
        .filter(counts)
        .map(|c| c.secret.start)
        .collect();
    let is_written = |c: &Candidate| {
        let through = c.layers.as_ref().map(|layers| layers.through.as_slice());
        matches!(
            through,
            Some([Encoding::Escapes
                | Encoding::Percent
                | Encoding::Entities
                | Encoding::QuotedPrintable])
        )
    };
    candidates.retain(|c| c.traits.is_none() || !is_written(c) || !plain.contains(&c.secret.start));
}

/// Adds a span that may overlap others.
fn add(spans: &mut BTreeMap<usize, usize>, mut span: Range<usize>) {
    while let Some((&start, &end)) = spans.range(..=span.end).next_back() {
        if end < span.start {
            break;
        }
        spans.remove(&start);
        span = span.start.min(start)..span.end.max(end);
    }
    spans.insert(span.start, span.end);
}

/// Whether nothing that is taken lies on `span`.
fn is_free(taken: &BTreeMap<usize, usize>, span: &Range<usize>) -> bool {
    let before = taken.range(..span.end.max(span.start + 1)).next_back();
    before.is_none_or(|(_, end)| *end <= span.start)
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
    // The best come first, and each keeps the bytes of its secret.
    let mut taken = Taken::default();
    for (.., index) in order {
        keep[index] = taken.is_free(&candidates[index]);
        if keep[index] {
            taken.take(&candidates[index]);
        }
    }
}

/// Lets the candidates of a view compete with those of the views in it, as [`compete`] does in a
/// content. What is encoded in a value that a rule describes at least as closely goes: the body of
/// a private key in PEM is base64 of that key. A value that its name tells of goes if a rule knows
/// what is encoded in it.
pub(in crate::detect) fn drop_inner(rules: &Ruleset, candidates: &mut Vec<Candidate>) {
    /// How many of the candidates in a value are looked at.
    const LOOKS: usize = 16;
    let known = |c: &&Candidate| c.dismissed.is_none() && c.traits.is_none();
    let (mut around, mut inside) = (BTreeMap::new(), Vec::new());
    for candidate in candidates.iter().filter(known) {
        let Range { start, end } = candidate.secret;
        if candidate.layers.is_some() {
            inside.push((start, end));
            continue;
        }
        let closest = around.entry(start).or_insert((end, 0));
        *closest = (*closest).max((end, specificity(rules.get(candidate.rule))));
    }
    inside.sort_unstable();
    candidates.retain(|candidate| {
        let Range { start, end } = candidate.secret;
        if candidate.layers.is_none() {
            let from = inside.partition_point(|(at, _)| *at < start);
            let mut near = inside[from..].iter().take(LOOKS);
            return candidate.traits.is_none() || !near.any(|(_, inner)| *inner <= end);
        }
        let last = around.range(..=start).next_back();
        !last.is_some_and(|(_, (outer, how_closely))| {
            *outer >= end && *how_closely >= specificity(rules.get(candidate.rule))
        })
    });
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
        candidates.retain(|c| {
            let read = generic::stands_at(c, place);
            if !read {
                lost(c, &|| Lost::Path);
            }
            read
        });
        for candidate in candidates.iter_mut() {
            generic::decide(candidate, place);
        }
    }
    if candidates.len() < 2 {
        return;
    }
    if candidates.iter().any(|c| text(c).is_some()) {
        keep_as_written(candidates);
    }
    candidates.sort_by(|a, b| {
        a.secret
            .start
            .cmp(&b.secret.start)
            .then(a.secret.end.cmp(&b.secret.end))
            .then(a.rule.cmp(&b.rule))
            .then_with(|| a.decoded.cmp(&b.decoded))
            // One value may be read in two ways; the better one counts.
            .then_with(|| a.dismissed.is_some().cmp(&b.dismissed.is_some()))
            .then(b.confidence.cmp(&a.confidence))
            .then(a.whole.start.cmp(&b.whole.start))
    });
    candidates.dedup_by(|b, a| {
        let same = a.rule == b.rule && a.secret == b.secret && is_same_text(a, b);
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

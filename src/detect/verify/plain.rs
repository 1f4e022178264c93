//! Verifies a hit in bytes as they stand, by the role of its literal.

use std::ops::Range;

use super::case::{Case, Subject};
use super::context::word_for;
use super::near::near_word;
use super::notes::{missed, note_candidates, note_dismissal};
use super::weigh::weigh;
use crate::detect::find::{Role, Target};
use crate::detect::forms::matched::Match;
use crate::detect::forms::shapes;
use crate::detect::judge::generic::Generic;
use crate::detect::judge::manifests;
use crate::detect::trace::{self, Miss, Observer};
use crate::finding::{Candidate, PUBLIC, Tails};
use crate::rules::{Matcher, Rule};

/// Appends the candidates to which the literal at `word` leads.
pub(super) fn verify_plain<O: Observer>(
    case: Case<'_>,
    word: Range<usize>,
    subject: &mut Subject<'_, O>,
    out: &mut Vec<Candidate>,
) {
    let Case {
        rule,
        prepared,
        target,
    } = case;
    match target.role {
        Role::Shape { sequence, step } => {
            let Matcher::Shape(sequences) = &rule.matcher else {
                return;
            };
            let sequence = &sequences[usize::from(sequence)];
            let found = shapes::around(
                sequence,
                usize::from(step),
                word.start,
                rule.boundary,
                subject.bytes,
                &mut subject.memo.runs,
            );
            let Some(found) = found else {
                let (step, bytes) = (usize::from(step), subject.bytes);
                return missed(subject, || {
                    trace::miss(sequence, step, word.start, rule.boundary, bytes)
                });
            };
            let Some(word) = word_for(rule, &found.secret, subject) else {
                return;
            };
            weigh(case, Match::of_shape(found, sequence, word), subject, out);
        }
        Role::Anchor => {
            let pattern = prepared.pattern.as_ref();
            let barren = subject.memo.barren(target.rule.0);
            let found = pattern.and_then(|p| p.matches(rule, subject.bytes, &word, barren));
            let Some((whole, secret)) = found else {
                return missed(subject, || Miss::Pattern);
            };
            let Some(word) = word_for(rule, &secret, subject) else {
                return;
            };
            let found = Match {
                run: secret.clone(),
                whole,
                secret,
                signs: 0,
                public_prefix: 0,
                word,
            };
            weigh(case, found, subject, out);
        }
        Role::Word => near_word(case, word, subject, out),
        Role::Kind => {
            let from = out.len();
            manifests::judge(rule, target.rule, subject.bytes, &word, out);
            note_candidates(&out[from..], subject);
        }
        // `verify_encoded` handles some of these, the others are no rules.
        Role::CodedShape { .. } | Role::CodedAnchor { .. } | Role::Coded { .. } => {}
        Role::Name => {
            let bytes = subject.bytes;
            let found = subject.memo.judged(bytes, target.rule, &word).to_vec();
            if found.is_empty() {
                return missed(subject, || trace::no_assignment(bytes, &word));
            }
            for found in found {
                push_generic(rule, target, found, subject, out);
            }
        }
    }
}

/// Appends the candidate of the generic rule.
fn push_generic<O: Observer>(
    rule: &Rule,
    target: Target,
    found: Generic,
    subject: &mut Subject<'_, O>,
    out: &mut Vec<Candidate>,
) {
    let bytes = subject.bytes;
    let name = String::from_utf8_lossy(&bytes[found.name.clone()]);
    let evidence = ["assigned to `", &name, "`"].concat();
    let whole = found.name.start.min(found.value.start)..found.value.end.max(found.name.end);
    let candidate = Candidate {
        rule: target.rule,
        tails: Tails::default(),
        open: found.open,
        whole,
        secret: found.value,
        decoded: None,
        layers: None,
        public_prefix: 0,
        parts: Vec::new(),
        evidence: std::iter::once(evidence.into())
            .chain(found.public.map(|why| [PUBLIC, why].concat().into()))
            .collect(),
        confidence: found.confidence,
        severity: rule.severity,
        dismissed: found.dismissed,
        traits: Some(found.traits),
    };
    let value = candidate.secret.clone();
    subject.observer.step(|| trace::Step::Matched { value });
    for text in subject.observer.weighed(&candidate) {
        subject.observer.step(|| trace::Step::Weighed(text));
    }
    note_dismissal(candidate.dismissed, subject.observer);
    subject.observer.step(|| trace::Step::Candidate);
    out.push(candidate);
}

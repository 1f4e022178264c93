//! Verifies hits: drives forms, layers and judges from a hit to candidates, and tells an
//! observer of every step.
//!
//! A verdict is a function of the bytes within the reach of the hit. Overlaps, paths and
//! whatever else takes more than one hit to decide come later, in `judge::overlaps`.

mod bounds;
mod case;
mod companions;
mod context;
mod encoded;
mod memo;
mod near;
mod notes;
mod plain;
mod room;
mod weigh;

pub(super) use case::{Case, Prepared, Subject};
pub(super) use memo::Memo;

use std::ops::Range;

use super::find::Role;
use super::forms::matched::Match;
use super::forms::{shapes, whole};
use super::trace::Observer;
use crate::check::Outcome;
use crate::finding::Candidate;
use crate::rules::Matcher;
use encoded::verify_encoded;
use plain::verify_plain;
use weigh::weigh;

/// Appends the candidates to which the literal at `word` leads.
pub(super) fn verify<O: Observer>(
    case: Case<'_>,
    word: Range<usize>,
    subject: &mut Subject<'_, O>,
    out: &mut Vec<Candidate>,
) {
    subject.observer.attempt(case.target, &word);
    match case.target.role {
        Role::CodedShape { .. } | Role::CodedAnchor { .. } => {
            verify_encoded(case, word.start, subject, out);
        }
        _ => verify_plain(case, word, subject, out),
    }
}

/// Appends the candidate that begins at `at`, if its check proves it: nothing else speaks for it.
pub(super) fn verify_alone<O: Observer>(
    case: Case<'_>,
    at: usize,
    subject: &mut Subject<'_, O>,
    out: &mut Vec<Candidate>,
) {
    let (Matcher::Shape(sequences), Some(check)) = (&case.rule.matcher, case.prepared.check) else {
        return;
    };
    for sequence in sequences.iter() {
        let (bytes, runs) = (subject.bytes, &mut subject.memo.runs);
        let Some(found) = shapes::starting(sequence, at, case.rule.boundary, bytes, runs) else {
            continue;
        };
        let found = Match::of_shape(found, sequence, None);
        if matches!(check(&bytes[found.secret.clone()]), Outcome::Valid(_)) {
            subject.observer.attempt(case.target, &(at..at));
            weigh(case, found, subject, out);
            return;
        }
    }
}

/// Appends the candidate that all of the content is, white space around it aside.
pub(super) fn verify_whole<O: Observer>(
    case: Case<'_>,
    subject: &mut Subject<'_, O>,
    out: &mut Vec<Candidate>,
) {
    let Matcher::Shape(sequences) = &case.rule.matcher else {
        return;
    };
    let matching = whole::matching(sequences, subject.bytes, &mut subject.memo.runs);
    let Some((found, sequence)) = matching else {
        return;
    };
    let start = found.whole.start;
    subject.observer.attempt(case.target, &(start..start));
    let found = Match::of_shape(found, sequence, None);
    weigh(case, found, subject, out);
}

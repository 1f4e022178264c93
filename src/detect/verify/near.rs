//! Finds the values of a rule from one of its context words.

use std::ops::Range;

use super::bounds::{names_other, stands_free};
use super::case::{Case, Subject};
use super::context::{context_window, values_in};
use super::notes::missed;
use super::weigh::weigh;
use crate::detect::forms::assignments;
use crate::detect::forms::matched::Match;
use crate::detect::forms::shapes::{self, ShapeMatch};
use crate::detect::trace::{Miss, Observer};
use crate::finding::Candidate;
use crate::rules::{Boundary, Matcher, Sequence, Step, Within};

/// Appends the candidates near a context word: the value assigned to it, or all values in
/// its window.
pub(super) fn near_word<O: Observer>(
    case: Case<'_>,
    word: Range<usize>,
    subject: &mut Subject<'_, O>,
    out: &mut Vec<Candidate>,
) {
    let rule = case.rule;
    let Some(context) = &rule.context else { return };
    let Matcher::Shape(sequences) = &rule.matcher else {
        return;
    };
    if !stands_free(subject.bytes, &word) {
        return missed(subject, || Miss::InsideWord);
    }
    if context.within == Within::Assignment {
        if names_other(subject.bytes, &word, rule) {
            return missed(subject, || Miss::NameOfOther);
        }
        let Some(value) = subject.memo.value_after(subject.bytes, word.end) else {
            return missed(subject, || Miss::NoValue);
        };
        let span = after_scheme(subject.bytes, &value.span);
        for sequence in sequences.iter() {
            let Some(found) = assigned(sequence, rule.boundary, &span, value.quote, subject) else {
                continue;
            };
            let found = Match::of_shape(found, sequence, Some(word));
            weigh(case, found, subject, out);
            return;
        }
        return missed(subject, || Miss::AssignedForm(value.span));
    }
    let window = context_window(context, &word, subject.bytes);
    let shape = (&sequences[..], rule.boundary);
    let values = values_in((case.target.rule.0, 0), shape, &window, &word, subject);
    if values.is_empty() {
        missed(subject, || Miss::NoneNear);
    }
    for found in values {
        let word = Some(word.clone());
        weigh(case, Match { word, ..found }, subject, out);
    }
}

/// Matches `sequence` on all of an assigned value. Without a quote the shape may say how far
/// the value goes: `token=123|abc`, or words with blanks between them.
fn assigned<O: Observer>(
    sequence: &Sequence,
    boundary: Boundary,
    span: &Range<usize>,
    quote: u8,
    subject: &mut Subject<'_, O>,
) -> Option<ShapeMatch> {
    // Most values are too short: what ends them is none of the first run.
    if let Some(Step::Run { set, min, .. }) = sequence.steps.first()
        && usize::from(*min) > span.len()
        && !subject.bytes.get(span.end).is_some_and(|b| set.has(*b))
    {
        return None;
    }
    let mut starting = |bytes: &[u8]| {
        shapes::starting(
            sequence,
            span.start,
            boundary,
            bytes,
            &mut subject.memo.runs,
        )
    };
    let cut = span.len() < assignments::VALUE_MAX;
    let inside = subject
        .bytes
        .get(..span.end)
        .filter(|_| cut)
        .and_then(&mut starting);
    inside
        .filter(|found| found.whole.end == span.end)
        .or_else(|| {
            starting(subject.bytes).filter(|found| {
                found.whole.end == span.end || (quote == 0 && found.whole.end > span.end)
            })
        })
}

/// Skips the scheme before a header's value: `Bearer …`, `token …`.
fn after_scheme(bytes: &[u8], value: &Range<usize>) -> Range<usize> {
    const SCHEMES: &[&[u8]] = &[b"bearer ", b"token ", b"basic ", b"apikey ", b"bot "];
    let text = &bytes[value.clone()];
    // The first letters of all of them.
    let may = text.first().is_some_and(|b| b"btaBTA".contains(b));
    let begins = |s: &&&[u8]| text.len() > s.len() && text[..s.len()].eq_ignore_ascii_case(s);
    let skipped = SCHEMES.iter().filter(|_| may).find(begins);
    value.start + skipped.map_or(0, |s| s.len())..value.end
}

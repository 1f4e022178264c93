//! Context: words that must stand near a value, and values that stand near a word.

use std::ops::Range;

use super::bounds::{names_other, stands_free};
use super::case::Subject;
use super::room::Room;
use crate::detect::find::left_is_free;
use crate::detect::forms::assignments;
use crate::detect::forms::matched::Match;
use crate::detect::forms::shapes;
use crate::detect::trace::{Observer, Step as Note};
use crate::rules::{Boundary, Context, Rule, Sequence, Step, Within};

/// The context word of a value, `Some(None)` if the rule wants none. `None` if the word is
/// missing, so that the value is given up.
pub(super) fn word_for<O: Observer>(
    rule: &Rule,
    secret: &Range<usize>,
    subject: &mut Subject<'_, O>,
) -> Option<Option<Range<usize>>> {
    let Some(context) = &rule.context else {
        return Some(None);
    };
    let word = context_word(context, secret, subject.bytes).filter(|word| {
        context.within != Within::Assignment || !names_other(subject.bytes, word, rule)
    });
    if word.is_none() {
        let value = secret.clone();
        subject.observer.step(|| Note::Matched { value });
        subject.observer.step(|| Note::NoWord);
    }
    word.map(Some)
}

/// The first context word that stands where the rule wants one.
fn context_word(context: &Context, secret: &Range<usize>, bytes: &[u8]) -> Option<Range<usize>> {
    let window = match context.within {
        Within::Assignment => assignments::name_before(bytes, secret.start)?,
        Within::Line | Within::Bytes(_) => context_window(context, secret, bytes),
    };
    let text = bytes[window.clone()].to_ascii_lowercase();
    context.words.iter().find_map(|w| {
        let places = memchr::memmem::find_iter(&text, w.as_bytes());
        let mut words = places.map(|at| window.start + at..window.start + at + w.len());
        words.find(|word| stands_free(bytes, word))
    })
}

/// The bytes in which a value may stand around a context word.
pub(super) fn context_window(context: &Context, word: &Range<usize>, bytes: &[u8]) -> Range<usize> {
    let far = match context.within {
        Within::Assignment | Within::Line => 400,
        Within::Bytes(n) => usize::from(n),
    };
    let mut window = word.start.saturating_sub(far)..bytes.len().min(word.end + far);
    if context.within != Within::Assignment && !matches!(context.within, Within::Bytes(_)) {
        let line_start = memchr::memrchr(b'\n', &bytes[window.start..word.start])
            .map_or(window.start, |i| window.start + i + 1);
        let line_end = memchr::memchr(b'\n', &bytes[word.end..window.end])
            .map_or(window.end, |i| word.end + i);
        window = line_start..line_end;
    }
    window
}

/// All values of the shape that stand in `window`, with all their bytes, and not on `avoid`.
/// `key` names the list of sequences.
pub(super) fn values_in<O: Observer>(
    key: (u16, u8),
    (sequences, boundary): (&[Sequence], Boundary),
    window: &Range<usize>,
    avoid: &Range<usize>,
    subject: &mut Subject<'_, O>,
) -> Vec<Match> {
    let mut near = subject.memo.take(key);
    let missing = near.missing(window);
    let mut room = Room::of(sequences);
    let mut from = missing.start;
    while let Some(at) = room.next(subject.bytes, from, missing.end) {
        from = at + 1;
        for sequence in sequences {
            let first = sequence.steps.first();
            let may = match first {
                Some(Step::Run { set, .. }) => set.has(subject.bytes[at]),
                Some(Step::Lit { bytes, fold }) => bytes.first().is_some_and(|b| {
                    *b == subject.bytes[at]
                        || (*fold && *b == subject.bytes[at].to_ascii_lowercase())
                }),
                None => false,
            };
            if !may || !left_is_free(subject.bytes, at, first) {
                continue;
            }
            let (bytes, runs) = (subject.bytes, &mut subject.memo.runs);
            if let Some(m) = shapes::starting(sequence, at, boundary, bytes, runs) {
                near.add(at, Match::of_shape(m, sequence, None));
            }
        }
    }
    // From left to right, and none inside of another.
    let mut found: Vec<Match> = Vec::new();
    let mut next = window.start;
    for (at, value) in near.within(window) {
        let whole = &value.whole;
        let beside = whole.end <= avoid.start || whole.start >= avoid.end;
        if *at >= next && whole.end <= window.end && beside {
            next = whole.end.max(at + 1);
            found.push(value.clone());
        }
    }
    subject.memo.keep(key, near);
    found
}

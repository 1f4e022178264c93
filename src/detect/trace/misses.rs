//! Works out in which respect a form was missed, after the matcher said that it was.

use std::ops::Range;

use super::steps::Miss;
use crate::detect::find::{left_is_free, right_is_free};
use crate::detect::forms::assignments;
use crate::rules::{Boundary, Sequence, Step};

/// In which respect `sequence` does not match with its literal step `step` at `at`.
pub(in crate::detect) fn miss(
    sequence: &Sequence,
    step: usize,
    at: usize,
    boundary: Boundary,
    bytes: &[u8],
) -> Miss {
    after(sequence, step, at, boundary, bytes)
        .or_else(|| before(sequence, step, at, boundary, bytes))
        .unwrap_or(Miss::Form)
}

fn after(
    sequence: &Sequence,
    step: usize,
    at: usize,
    boundary: Boundary,
    bytes: &[u8],
) -> Option<Miss> {
    let mut end = at;
    for part in sequence.steps.get(step..)? {
        match part {
            Step::Lit {
                bytes: literal,
                fold,
            } => {
                let there = bytes.get(end..end + literal.len())?;
                let same = if *fold {
                    there.eq_ignore_ascii_case(literal)
                } else {
                    there == &literal[..]
                };
                if !same {
                    return Some(Miss::OtherLiteral);
                }
                end += literal.len();
            }
            Step::Run { set, min, max } => {
                let most = usize::from(*max);
                let rest = bytes.get(end..)?.iter().take(most);
                let there = rest.take_while(|b| set.has(**b)).count();
                if there < usize::from(*min) {
                    return Some(Miss::Short {
                        wanted: usize::from(*min),
                        there,
                        before: false,
                    });
                }
                end += there;
            }
        }
    }
    let goes_on = boundary.right() && !right_is_free(bytes, end, sequence.steps.last());
    goes_on.then_some(Miss::GoesOn)
}

fn before(
    sequence: &Sequence,
    step: usize,
    at: usize,
    boundary: Boundary,
    bytes: &[u8],
) -> Option<Miss> {
    let mut start = at;
    for part in sequence.steps.get(..step)?.iter().rev() {
        match part {
            Step::Lit { bytes: literal, .. } => {
                start = start.checked_sub(literal.len())?;
            }
            Step::Run { set, min, max } => {
                let head = bytes.get(..start)?.iter().rev().take(usize::from(*max));
                let there = head.take_while(|b| set.has(**b)).count();
                if there < usize::from(*min) {
                    return Some(Miss::Short {
                        wanted: usize::from(*min),
                        there,
                        before: true,
                    });
                }
                start -= there;
            }
        }
    }
    let glued = boundary.left() && !left_is_free(bytes, start, sequence.steps.first());
    glued.then_some(Miss::GluedBefore)
}

/// Why the assignment in whose name `word` stands is no credential.
pub(in crate::detect) fn no_assignment(bytes: &[u8], word: &Range<usize>) -> Miss {
    match assignments::value_after(bytes, word.end) {
        None => Miss::NoValue,
        Some(value) => Miss::Assignment(value.span),
    }
}

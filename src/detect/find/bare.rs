//! Values that stand alone: no literal and no word leads to them, but a check proves them.
//!
//! Keys in a table or a list have no names. A word of eight bytes in every 24 shows where a long
//! token may be ([`runs`](super::runs) looks at the same words); its first byte and its length show
//! that nearly all of them are something else.

use std::ops::Range;

use super::prefilter::Hit;
use crate::rules::class::{ALNUM, ByteSet};
use crate::rules::spec::BARE_MAX;
use crate::rules::{Rule, Sequence, Step};

/// How far apart the words are that are looked at. Each token of 32 bytes holds a whole one.
pub(super) const STRIDE: usize = 24;

/// The bytes of such values.
const TOKEN: ByteSet = ALNUM.or(ByteSet::of(b"-_.+/"));

/// What the first byte and the length of a value may be.
#[derive(Clone, Debug)]
struct Form {
    first: ByteSet,
    min: usize,
    max: usize,
    /// Whether it has letters and digits only.
    solid: bool,
}

/// The forms of all values that may stand alone.
#[derive(Clone, Debug, Default)]
pub(in crate::detect) struct Bare {
    forms: Vec<Form>,
    first: ByteSet,
}

impl Bare {
    /// The forms of `rules`.
    pub(in crate::detect) fn of<'r>(rules: impl Iterator<Item = &'r Rule>) -> Self {
        let sequences = rules.filter_map(|rule| match &rule.matcher {
            crate::rules::Matcher::Shape(sequences) => Some(sequences),
            _ => None,
        });
        let forms: Vec<Form> = sequences.flat_map(|all| all.iter().map(Form::of)).collect();
        let first = forms
            .iter()
            .fold(ByteSet::EMPTY, |all, form| all.or(form.first));
        Self { forms, first }
    }

    /// Whether there are none.
    pub(in crate::detect) fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// Appends the places in `range` where a value may begin that reaches the word at `at`, as hits
    /// of number `literal`. The word is the first one of it that is looked at.
    pub(in crate::detect) fn leads(
        &self,
        bytes: &[u8],
        at: usize,
        range: &Range<usize>,
        literal: u32,
        out: &mut Vec<Hit>,
    ) {
        for start in (at.saturating_sub(STRIDE - 1)..=at).filter(|start| range.contains(start)) {
            let begins = start == 0 || !ALNUM.has(bytes[start - 1]) || is_escape(bytes, start);
            if begins && self.first.has(bytes[start]) && self.may_stand(bytes, start) {
                out.push(Hit { at: start, literal });
            }
        }
    }

    fn may_stand(&self, bytes: &[u8], start: usize) -> bool {
        /// The fewest letters and digits with which a value begins that has signs, too.
        const HEAD: usize = 16;
        let rest = &bytes[start..bytes.len().min(start + BARE_MAX + 1)];
        let run = |set: ByteSet| rest.iter().take_while(|b| set.has(**b)).count();
        let solid = run(ALNUM);
        let fits = |form: &Form| match form.solid {
            true => (form.min..=form.max).contains(&solid),
            false => solid >= HEAD && run(TOKEN) >= form.min,
        };
        let mut forms = self.forms.iter();
        forms.any(|form| form.first.has(bytes[start]) && fits(form))
    }
}

/// Whether the letter before `start` belongs to an escape: `\n`.
fn is_escape(bytes: &[u8], start: usize) -> bool {
    matches!(bytes[..start], [.., b'\\', b'n' | b'r' | b't'])
}

impl Form {
    fn of(sequence: &Sequence) -> Self {
        let (min, max) = sequence.len_bounds();
        let first = match sequence.steps.first() {
            Some(Step::Run { set, .. }) => *set,
            Some(Step::Lit { bytes, .. }) => ByteSet::of(&bytes[..1]),
            None => ByteSet::EMPTY,
        };
        let solid = sequence.steps.iter().all(|step| match step {
            Step::Run { set, .. } => set.without(ALNUM) == ByteSet::EMPTY,
            Step::Lit { bytes, .. } => bytes.iter().all(u8::is_ascii_alphanumeric),
        });
        Self {
            first,
            min,
            max,
            solid,
        }
    }
}

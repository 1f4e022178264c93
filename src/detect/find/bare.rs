//! Values that stand alone: no literal and no word leads to them, but a check proves them.
//!
//! Keys in a table or a list have no names. A block of 16 bytes without a blank or a quote shows
//! where a long token may be ([`runs`](super::runs) looks at the same blocks); its first byte and its
//! length show that nearly all of them are something else.

use std::ops::Range;

use super::prefilter::Hit;
use super::words::{self, TOKEN};
use crate::rules::class::{ALNUM, ByteSet};
use crate::rules::spec::BARE_MAX;
use crate::rules::{Rule, Sequence, Step};

/// The fewest letters and digits with which a value begins.
pub(super) const HEAD: usize = 16;

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

    /// Appends the places in `range` where a value may begin that reaches the block at `at`, as hits
    /// of number `literal`. The block is the first whole one of the value. The letters and digits
    /// around its start begin at `first`, or before, if they go on for
    /// [`STRIDE`](words::STRIDE) bytes.
    #[inline]
    pub(in crate::detect) fn leads(
        &self,
        bytes: &[u8],
        at: usize,
        first: usize,
        range: &Range<usize>,
        literal: u32,
        out: &mut Vec<Hit>,
    ) {
        // The letter of an escape is the first one of a run.
        for start in first..=at.min(first + 1) {
            if range.contains(&start)
                && self.first.has(bytes[start])
                && (start == 0 || !ALNUM.has(bytes[start - 1]) || is_escape(bytes, start))
                && self.may_stand(bytes, start)
            {
                out.push(Hit { at: start, literal });
            }
        }
    }

    #[inline(never)]
    fn may_stand(&self, bytes: &[u8], start: usize) -> bool {
        let rest = &bytes[start..bytes.len().min(start + BARE_MAX + 1)];
        let solid = words::alnums(rest);
        if solid < HEAD {
            return false;
        }
        let all = || {
            let signs = rest[solid..].iter();
            solid + signs.take_while(|b| TOKEN.has(**b)).count()
        };
        let fits = |form: &Form| match form.solid {
            true => (form.min..=form.max).contains(&solid),
            false => all() >= form.min,
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

#[cfg(test)]
mod tests {
    use super::super::words::STRIDE;
    use super::*;
    use crate::check::mint::Rng;

    /// Tries every place before the block.
    fn plain(bare: &Bare, bytes: &[u8], at: usize, range: &Range<usize>) -> Vec<usize> {
        let starts = (at.saturating_sub(STRIDE - 1)..=at).filter(|start| range.contains(start));
        let begins =
            |start: &usize| *start == 0 || !ALNUM.has(bytes[start - 1]) || is_escape(bytes, *start);
        let fits = |start: &usize| bare.first.has(bytes[*start]) && bare.may_stand(bytes, *start);
        starts.filter(begins).filter(fits).collect()
    }

    #[test]
    fn leads_are_those_of_every_place() {
        let mut rng = Rng::new(11);
        let bare = Bare::of(
            crate::rules::builtin::rules()
                .iter()
                .filter(|rule| rule.bare),
        );
        assert!(!bare.is_empty());
        let parts: [&[u8]; 10] = [
            b"\\n", b"\\", b"-", b"_", b"+", b" ", b".", b"n", b"K", b"=",
        ];
        let mut found = 0;
        for _ in 0..4_000 {
            let mut text = Vec::new();
            for _ in 0..rng.below(8) {
                let len = [1, 3, 15, 16, 17, 39, 40, 44, 51, 52, 58][rng.below(11)];
                text.extend_from_slice(rng.text(b"abcKLMN0123456789xyz5", len).as_bytes());
                text.extend_from_slice(parts[rng.below(parts.len())]);
            }
            let from = rng.below(text.len() + 1);
            let range = from..from + rng.below(text.len() + 1 - from);
            for at in 0..text.len() {
                let mut hits = Vec::new();
                let first = at - words::alnums_before(&text, at, STRIDE - 1);
                bare.leads(&text, at, first, &range, 0, &mut hits);
                let hits: Vec<usize> = hits.iter().map(|hit| hit.at).collect();
                assert_eq!(
                    hits,
                    plain(&bare, &text, at, &range),
                    "{at} {}",
                    text.escape_ascii()
                );
                found += hits.len();
            }
        }
        assert!(found > 1_000, "{found}");
    }
}

//! A search for a regular expression that is ready at once, and gives up where it is hard.
//!
//! To compile an expression costs as much as to scan a megabyte, and nearly no anchor has a match
//! around it. So the first windows are searched without: the steps of the expression are tried one
//! after the other, and the last choice is taken back where they fail. That takes a few steps where
//! nothing looks like a match. It may take very many in hostile content, so they are counted.

mod write;

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::rules::class::ByteSet;

/// The most loops around more than one byte.
const LOOPS: usize = 8;

/// The most bytes of a run that count as one step.
const RUN: usize = 16;

/// An expression, step by step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::detect) struct Attempt {
    /// What to do.
    pub(in crate::detect) ops: Cow<'static, [Op]>,
    /// The sets of bytes that are named there.
    pub(in crate::detect) sets: Cow<'static, [ByteSet]>,
    /// The literals, one after the other.
    pub(in crate::detect) text: Cow<'static, [u8]>,
}

/// What comes next. Numbers of operations are places in [`Attempt::ops`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Op {
    /// A literal: where it begins in [`Attempt::text`], and its length.
    Text(u32, u32),
    /// The number of a set, and how many of its bytes stand here at least and at most.
    Run(u16, u32, u32),
    /// A condition on the place.
    Look(Condition),
    /// The next one, or that one.
    Either(u32),
    /// That one.
    Jump(u32),
    /// Begins the loop of this number.
    Enter(u8),
    /// The head of a loop. Its body comes next.
    Loop(Loop),
}

/// A loop around more than a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) struct Loop {
    /// Its number.
    pub(in crate::detect) number: u8,
    /// How often its body comes at least.
    pub(in crate::detect) min: u32,
    /// How often its body comes at most.
    pub(in crate::detect) max: u32,
    /// What comes behind it.
    pub(in crate::detect) behind: u32,
}

/// A condition on what is beside a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Condition {
    /// Nothing stands behind it.
    End,
    /// A line begins.
    LineStart,
    /// A line ends.
    LineEnd,
    /// A word begins or ends.
    Word,
    /// None does.
    NotWord,
}

/// What to do where the steps fail.
enum Choice {
    /// Go on with an operation at one of some places.
    Try { op: u32, at: RangeInclusive<usize> },
    /// A loop had run so often.
    Count { number: u8, was: u32 },
}

impl Attempt {
    /// Whether the expression may match in `text` from one of `starts` to `end` or a place behind
    /// it. `None` if that takes more steps than `left`, from which they are taken.
    pub(in crate::detect) fn matches(
        &self,
        text: &[u8],
        starts: RangeInclusive<usize>,
        end: usize,
        left: &mut u32,
    ) -> Option<bool> {
        let mut choices = Vec::new();
        for start in starts {
            spend(left, 1)?;
            if self.may_begin(0, text, start)
                && self.begins(text, start, end, &mut choices, left)?
            {
                return Some(true);
            }
        }
        Some(false)
    }

    fn set(&self, number: u16) -> &ByteSet {
        let set = self.sets.get(usize::from(number));
        set.unwrap_or(&ByteSet::EMPTY)
    }

    /// Whether a byte at a place speaks against an operation there.
    fn may_begin(&self, op: u32, text: &[u8], at: usize) -> bool {
        match self.ops.get(op as usize) {
            Some(Op::Text(from, _)) => text.get(at) == self.text.get(*from as usize),
            Some(Op::Run(set, 1.., _)) => text.get(at).is_some_and(|b| self.set(*set).has(*b)),
            _ => true,
        }
    }

    fn begins(
        &self,
        text: &[u8],
        start: usize,
        end: usize,
        choices: &mut Vec<Choice>,
        left: &mut u32,
    ) -> Option<bool> {
        choices.clear();
        let mut counts = [0u32; LOOPS];
        let (mut op, mut at) = (0u32, start);
        loop {
            spend(left, 1)?;
            let next = match self.ops.get(op as usize) {
                None if at >= end => return Some(true),
                None => None,
                Some(Op::Text(from, len)) => {
                    let literal = self.text.get(*from as usize..(from + len) as usize)?;
                    let found = text.get(at..).is_some_and(|text| text.starts_with(literal));
                    found.then(|| (op + 1, at + literal.len()))
                }
                Some(Op::Run(set, min, max)) => {
                    let rest = text.get(at..).unwrap_or_default();
                    let most = &rest[..rest.len().min(*max as usize)];
                    let set = self.set(*set);
                    let run = most.iter().position(|byte| !set.has(*byte));
                    let run = run.unwrap_or(most.len());
                    spend(left, (run / RUN) as u32)?;
                    let least = *min as usize;
                    if run > least {
                        let at = at + least..=at + run - 1;
                        choices.push(Choice::Try { op: op + 1, at });
                    }
                    (run >= least).then_some((op + 1, at + run))
                }
                Some(Op::Look(condition)) => condition.holds(text, at).then_some((op + 1, at)),
                Some(Op::Either(other)) => {
                    let at_once = at..=at;
                    choices.push(Choice::Try {
                        op: *other,
                        at: at_once,
                    });
                    Some((op + 1, at))
                }
                Some(Op::Jump(to)) => Some((*to, at)),
                Some(Op::Enter(number)) => {
                    let was = std::mem::take(&mut counts[usize::from(*number) % LOOPS]);
                    choices.push(Choice::Count {
                        number: *number,
                        was,
                    });
                    Some((op + 1, at))
                }
                Some(Op::Loop(Loop {
                    number,
                    min,
                    max,
                    behind,
                })) => {
                    let count = &mut counts[usize::from(*number) % LOOPS];
                    let was = *count;
                    if was >= *min && was < *max {
                        choices.push(Choice::Try {
                            op: *behind,
                            at: at..=at,
                        });
                    }
                    if was < *max {
                        choices.push(Choice::Count {
                            number: *number,
                            was,
                        });
                        *count += 1;
                        Some((op + 1, at))
                    } else {
                        Some((*behind, at))
                    }
                }
            };
            (op, at) = match next {
                Some(next) => next,
                None => match self.take_back(text, choices, &mut counts, left)? {
                    Some(other) => other,
                    None => return Some(false),
                },
            };
        }
    }

    /// Returns where to go on after the steps failed.
    #[expect(clippy::option_option, reason = "out of steps, or out of choices")]
    fn take_back(
        &self,
        text: &[u8],
        choices: &mut Vec<Choice>,
        counts: &mut [u32; LOOPS],
        left: &mut u32,
    ) -> Option<Option<(u32, usize)>> {
        while let Some(choice) = choices.pop() {
            match choice {
                Choice::Count { number, was } => counts[usize::from(number) % LOOPS] = was,
                Choice::Try { op, at } => {
                    let (first, last) = at.into_inner();
                    let found = (first..=last)
                        .rev()
                        .find(|at| self.may_begin(op, text, *at));
                    spend(left, ((last - found.unwrap_or(first)) / RUN) as u32)?;
                    let Some(at) = found else { continue };
                    if at > first {
                        choices.push(Choice::Try {
                            op,
                            at: first..=at - 1,
                        });
                    }
                    return Some(Some((op, at)));
                }
            }
        }
        Some(None)
    }
}

/// Takes steps from those that are left. `None` if there are too few.
fn spend(left: &mut u32, steps: u32) -> Option<()> {
    let rest = left.checked_sub(steps);
    *left = rest.unwrap_or(0);
    rest.map(drop)
}

impl Condition {
    fn holds(self, text: &[u8], at: usize) -> bool {
        let is_word =
            |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        let before = at.checked_sub(1).and_then(|at| text.get(at));
        let behind = text.get(at);
        match self {
            Self::End => behind.is_none(),
            Self::LineStart => before.is_none_or(|byte| *byte == b'\n'),
            Self::LineEnd => behind.is_none_or(|byte| *byte == b'\n'),
            Self::Word => is_word(before) != is_word(behind),
            Self::NotWord => is_word(before) == is_word(behind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::Rng;
    use crate::detect::forms::attempts;
    use crate::detect::forms::parsed::parsed;
    use crate::detect::forms::patterns::compile;
    use crate::rules::Matcher;

    fn attempt(pattern: &str) -> Attempt {
        Attempt::of(&parsed(pattern).unwrap()).expect(pattern)
    }

    /// Whether the expression has a match from a place in `text` to `end` or behind it.
    fn has_match(attempt: &Attempt, text: &[u8], end: usize) -> Option<bool> {
        attempt.matches(text, 0..=text.len(), end, &mut (1 << 20))
    }

    #[test]
    fn an_attempt_finds_what_an_expression_finds() {
        let patterns = [
            r"a(?:b|ba)*c",
            r"(?:a{2}|b[ab]{1,3}c){2,3}",
            r"\ba+\b",
            r"a\B",
            r"(?m)^a?b$",
            r"a(?:b?c?){2}$",
            r"(?:[^-]|-[^-])+?-a",
            r"(?i)A(b(?:c|\n){0,2}){1,2}a",
            r"(?:(?:a|b){2}c){2}",
            r"[ab]{3,5}?c{0,2}b",
            r"a|b-|",
        ];
        let mut rng = Rng::new(7);
        let (mut found, mut lacked) = (0, 0);
        for pattern in patterns {
            let (attempt, regex) = (attempt(pattern), compile(pattern).unwrap());
            for _ in 0..2_000 {
                let text: Vec<u8> = (0..rng.below(14))
                    .map(|_| b"abc-\nB"[rng.below(6)])
                    .collect();
                let expected = regex.is_match(&text);
                let shown = text.escape_ascii();
                assert_eq!(
                    has_match(&attempt, &text, 0),
                    Some(expected),
                    "{pattern} {shown}"
                );
                found += usize::from(expected);
                lacked += usize::from(!expected);
            }
        }
        assert!(found > 2_000 && lacked > 2_000, "{found} {lacked}");
    }

    #[test]
    fn a_match_begins_where_it_may_and_ends_where_it_must() {
        let attempt = attempt("ab+");
        let ends = |starts, end| attempt.matches(b"xabbx", starts, end, &mut 99);
        assert_eq!(ends(0..=1, 4), Some(true));
        assert_eq!(ends(0..=1, 5), Some(false));
        assert_eq!(ends(0..=0, 0), Some(false));
        assert_eq!(ends(2..=4, 0), Some(false));
    }

    #[test]
    fn an_attempt_gives_up() {
        for pattern in [r"(?:a*b?)*c", r"(?:a|a)*c"] {
            let text = "a".repeat(3_000);
            let mut left = 1 << 14;
            let found = attempt(pattern).matches(text.as_bytes(), 0..=3_000, 0, &mut left);
            assert_eq!((found, left), (None, 0), "{pattern}");
        }
    }

    #[test]
    fn every_pattern_of_a_rule_is_written_down() {
        for rule in crate::rules::builtin::rules() {
            if let Matcher::Pattern { regex, .. } = &rule.matcher {
                let written = Attempt::of(&parsed(regex).unwrap());
                let known = attempts::of(regex);
                assert!(written.is_some() && written == known, "{}", rule.id);
            }
        }
        let other = Attempt::of(&parsed("acme_[0-9]{8}").unwrap());
        assert_eq!(attempts::of("acme_[0-9]{8}"), other);
        assert_eq!(attempts::of(r"\A[0-9]"), None);
    }
}

//! Looks at the neighbours of a literal, which settles most of its occurrences.
//!
//! The three letters of a token's prefix stand in every other word. A few bytes show that
//! a letter glues them to what stands before, or that the next byte is not of the token's
//! alphabet. Such an occurrence is no hit: nobody sorts it, verifies it, or keeps it for
//! the blobs that are deltas on this one.

use std::sync::LazyLock;

use super::coded::{self, Lead};
use super::compile::{Role, Target};
use super::edges::{LEFT_EDGE, left_is_free, right_is_free};
use super::literal::Literal;
use super::runs::RUN_BESIDE;
use super::{ascii85, base85, cut, dump, numbers, signs, turned, uuencode};
use crate::rules::class::ByteSet;
use crate::rules::{Matcher, Ruleset, Step};

/// How many bytes on either side of a literal decide whether an occurrence is a hit.
pub(crate) const BESIDE: usize = RUN_BESIDE;
const _: () = assert!(PARTS + LEFT_EDGE <= BESIDE);
const _: () = assert!(PARTS + OPEN + JOINED <= BESIDE);

/// How many bytes of a form the gate reads on one side. The boundary behind them reads up
/// to [`LEFT_EDGE`] more.
const PARTS: usize = 18;

/// How many bytes more of a run of no fixed length a gate reads, to see what it ends at.
const OPEN: usize = 160;
/// How many bytes behind a quote show whether a string is joined to the next one.
const JOINED: usize = 12;

/// The literals that lead to what is encoded, with the classes beside them.
static LEADS: LazyLock<Vec<(Literal, u8)>> = LazyLock::new(coded::leads);

/// What the targets of a literal ask of the bytes next to it. Each target is one way, and
/// one way that fits is enough. Without any way, everything passes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gate {
    ways: Vec<Way>,
    /// Set if the literal is the beginning of a sign, and stands for no rule.
    lead: Option<Lead>,
    /// The classes of the bytes beside such a literal, nearest first. The prefilter looks at some
    /// of them, and at which depends on where the search began.
    classes: [Vec<ByteSet>; 2],
}

/// What one form asks of the bytes next to its literal.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Way {
    before: Side,
    after: Side,
}

/// The steps of a form on one side of its literal, nearest first, as long as their lengths
/// are fixed; then the fewest bytes of the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Side {
    steps: Vec<Step>,
    /// Whether these are all steps of the side, and nothing may be glued to them.
    bound: bool,
    /// The form's outermost step on this side.
    last: Option<Step>,
    /// What follows the steps.
    open: Option<Open>,
}

/// A run of no fixed length: its bytes, and those with one of which the next step begins. No byte is
/// in both.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Open {
    set: ByteSet,
    next: ByteSet,
}

impl Open {
    fn of(run: &Step, next: Option<&Step>) -> Option<Self> {
        let Step::Run { set, .. } = run else {
            return None;
        };
        let next = match next? {
            Step::Lit { bytes, fold } => {
                let first = *bytes.first()?;
                match fold {
                    true => ByteSet::of(&[first.to_ascii_lowercase(), first.to_ascii_uppercase()]),
                    false => ByteSet::of(&[first]),
                }
            }
            Step::Run { min: 0, .. } => return None,
            Step::Run { set, .. } => *set,
        };
        (set.without(next) == *set).then_some(Self { set: *set, next })
    }

    /// The place of the byte at which the run at `at` ends and the next step does not begin.
    fn odd(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let run = bytes[at.min(bytes.len())..].iter().take(OPEN);
        let len = run.take_while(|byte| self.set.has(**byte)).count();
        let goes_on = |byte: &u8| len == OPEN || self.next.has(*byte);
        (!bytes.get(at + len).is_some_and(goes_on)).then_some(at + len)
    }
}

impl Side {
    fn of<'s>(steps: impl Iterator<Item = &'s Step>, bound: bool, last: Option<&Step>) -> Self {
        let mut side = Self {
            steps: Vec::new(),
            bound,
            last: last.cloned(),
            open: None,
        };
        let mut left = PARTS;
        let mut steps = steps.peekable();
        while let Some(step) = steps.next() {
            let (least, most) = step.len_bounds();
            if least == most && least <= left {
                side.steps.push(step.clone());
                left -= least;
                continue;
            }
            if let Step::Run { set, .. } = *step {
                let min = least.min(left) as u16;
                side.steps.push(Step::Run { set, min, max: min });
                if usize::from(min) == least {
                    side.open = Open::of(step, steps.peek().copied());
                }
            }
            side.bound = false;
            break;
        }
        side
    }

    fn before(&self, bytes: &[u8], literal: usize) -> bool {
        let mut at = literal;
        for step in &self.steps {
            let Some(start) = at.checked_sub(step.len_bounds().0) else {
                return false;
            };
            if !stands(step, bytes, start) {
                return false;
            }
            at = start;
        }
        !self.bound || left_is_free(bytes, at, self.last.as_ref())
    }

    fn after(&self, bytes: &[u8], end: usize) -> bool {
        // What is encoded, or the next piece of the value, may stand up to the first byte that does
        // not fit.
        let may_mean = |odd: usize| signs::are_in(bytes, end..odd + 1);
        let mut at = end;
        for step in &self.steps {
            if let Some(odd) = odd(step, bytes, at) {
                return may_mean(odd);
            }
            at += step.len_bounds().0;
        }
        if let Some(odd) = self.open.as_ref().and_then(|open| open.odd(bytes, at)) {
            return may_mean(odd);
        }
        !self.bound || right_is_free(bytes, at, self.last.as_ref()) || may_mean(at)
    }
}

/// Whether the fewest bytes of `step` stand at `at`.
fn stands(step: &Step, bytes: &[u8], at: usize) -> bool {
    odd(step, bytes, at).is_none()
}

/// The place of the first byte of those from `at` on that `step` does not begin with. That of the end
/// of the content counts as one.
#[inline]
fn odd(step: &Step, bytes: &[u8], at: usize) -> Option<usize> {
    let there = &bytes[at.min(bytes.len())..];
    let (len, least) = match step {
        Step::Lit {
            bytes: literal,
            fold,
        } => {
            let equal = |(a, b): &(&u8, &u8)| a == b || *fold && a.eq_ignore_ascii_case(b);
            let len = there.iter().zip(literal.iter()).take_while(equal).count();
            (len, literal.len())
        }
        Step::Run { set, min, .. } => {
            let min = usize::from(*min);
            let run = there.iter().take(min);
            (run.take_while(|byte| set.has(**byte)).count(), min)
        }
    };
    (len < least).then_some(at + len)
}

impl Gate {
    /// The gate of a literal with `targets`.
    pub(super) fn of(rules: &Ruleset, targets: &[Target], literal: &[u8]) -> Self {
        let mut ways = Vec::new();
        for target in targets {
            if let Role::Coded { lead } = target.role {
                let mut all = LEADS.iter().map(|(known, _)| known);
                let known = all.find(|known| *known.bytes == *literal);
                let classes = known.map(|known| {
                    let before = known.before.iter().rev().copied().collect();
                    [before, known.after.clone()]
                });
                return Self {
                    ways,
                    lead: Lead::ALL.get(usize::from(lead)).copied(),
                    classes: classes.unwrap_or_default(),
                };
            }
            match Way::of(rules, target) {
                Some(way) if ways.contains(&way) => {}
                Some(way) => ways.push(way),
                None => return Self::default(),
            }
        }
        Self {
            ways,
            ..Self::default()
        }
    }

    /// Whether the bytes beside a literal of `len` bytes at `at` are of its classes. The ends of
    /// the content fit all.
    fn fits(&self, bytes: &[u8], at: usize, len: usize) -> bool {
        let [before, after] = &self.classes;
        let mut left = before.iter().zip(bytes[..at].iter().rev());
        let mut right = after.iter().zip(&bytes[at + len..]);
        left.all(|(class, byte)| class.has(*byte)) && right.all(|(class, byte)| class.has(*byte))
    }

    /// Whether a literal of `len` bytes at `at` can lead to anything.
    #[inline]
    pub(super) fn passes(&self, bytes: &[u8], at: usize, len: usize) -> bool {
        let passes = |way: &Way| way.before.before(bytes, at) && way.after.after(bytes, at + len);
        if self.lead.is_some() && !self.fits(bytes, at, len) {
            return false;
        }
        match self.lead {
            Some(Lead::Numbers) => numbers::is_lead(bytes, at),
            Some(Lead::Ascii85) => ascii85::is_lead(bytes, at),
            Some(Lead::Dump) => dump::is_lead(bytes, at),
            Some(Lead::Uuencode) => uuencode::is_lead(bytes, at),
            Some(Lead::Base85) => base85::is_lead(bytes, at),
            Some(Lead::Cut) => cut::is_lead(bytes, at, len),
            Some(Lead::Reversed) => turned::is_reversed(bytes, at, len),
            Some(Lead::Rot13) => turned::is_moved(bytes, at, len),
            Some(Lead::Sign(writing)) => signs::is_lead(writing, bytes, at),
            Some(Lead::Joint) => signs::joins(bytes, at, at + len),
            // What stands before the text is read where it is put together.
            Some(Lead::Text) => true,
            None => self.ways.is_empty() || self.ways.iter().any(passes),
        }
    }
}

impl Way {
    /// The way of one target; `None` if the literal is no part of the value.
    fn of(rules: &Ruleset, target: &Target) -> Option<Self> {
        let rule = rules.get(target.rule);
        let (Role::Shape { sequence, step }, Matcher::Shape(sequences)) =
            (target.role, &rule.matcher)
        else {
            return None;
        };
        let steps = &sequences.get(usize::from(sequence))?.steps;
        let (before, rest) = steps.split_at_checked(usize::from(step))?;
        let (_, after) = rest.split_first()?;
        Some(Self {
            before: Side {
                open: None,
                ..Side::of(before.iter().rev(), rule.boundary.left(), steps.first())
            },
            after: Side::of(after.iter(), rule.boundary.right(), steps.last()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{Blob, BlobPath, Fresh};
    use crate::detect::{Content, Detector, Scratch};
    use crate::rules::spec;
    use std::borrow::Cow;

    const RULES: &str = r##"
[provider]
name = "A"
[[rule]]
id = "first"
title = "A"
secret_type = "api-key"
severity = "high"
shape = '"abcd" hex{8}'
[[rule]]
id = "same-literal"
title = "A"
secret_type = "api-key"
severity = "high"
shape = '"abcd" up{7}'
[[rule]]
id = "middle"
title = "A"
secret_type = "api-key"
severity = "high"
shape = 'dig{4} "-xyz-" dig{2..9}'
[[rule]]
id = "glued"
title = "A"
secret_type = "api-key"
severity = "high"
boundary = "none"
shape = '"qrst" low{3..}'
[[rule]]
id = "long-way-round"
title = "A"
secret_type = "api-key"
severity = "high"
shape = '"6" i"l" dig b64u{14} "LONG" b64u{27}'
"##;

    fn detector() -> Detector {
        let rules = spec::parse(RULES).unwrap();
        Detector::new(Ruleset::new(rules.into_iter().map(Cow::Owned).collect()))
    }

    /// Hits with and without the gate lead to the same candidates, on content made of
    /// what the rules are made of.
    #[test]
    fn what_is_kept_back_leads_to_nothing() {
        let detector = detector();
        let parts: &[&[u8]] = &[
            b"abcd",
            b"1f00",
            b"ab12",
            b"ABCDEFG",
            b"-xyz-",
            b"12",
            b"2345",
            b"qrst",
            b"low",
            b"6L4",
            b"abcdefghij-_ab",
            b"LONG",
            b"abcdefghij-_abcdefghij-_abc",
            b"\\n",
            b"\\",
            b"%3D",
            b"\\u003d",
            b" ",
            b"=",
            b"-",
            b"9",
            b"z",
        ];
        let mut rng = crate::check::mint::Rng::new(11);
        let (mut kept_back, mut found) = (0, 0);
        for _ in 0..20_000 {
            let content: Vec<u8> = (0..rng.below(9))
                .flat_map(|_| parts[rng.below(parts.len())].to_vec())
                .collect();
            let mut scratch = Scratch::default();
            let (mut all, mut gated) = (Vec::new(), Vec::new());
            detector.occurrences(&content, 0..content.len(), &mut all);
            detector.hits(&content, 0..content.len(), &mut gated);
            // Others than those of rules mean something only if the gate says so.
            all.retain(|hit| detector.coded(*hit).is_none());
            gated.retain(|hit| detector.coded(*hit).is_none());
            kept_back += all.len() - gated.len();
            let mut candidates = [Vec::new(), Vec::new()];
            for (hits, out) in [&all, &gated].into_iter().zip(&mut candidates) {
                detector.begin(&mut scratch);
                for &hit in hits {
                    detector.verify(&content, hit, Content::Text, &mut scratch, out);
                }
            }
            let [plain, short] = candidates;
            assert_eq!(plain, short, "{}", content.escape_ascii());
            found += plain.len();
        }
        assert!(kept_back > 1000 && found > 100, "{kept_back} {found}");
    }

    /// Every hit of a rule in a file is what it is in a part of the file with the
    /// bytes beside it.
    #[test]
    fn a_gate_looks_no_farther_than_it_says() {
        let detector = detector();
        let path = BlobPath::from("a");
        for text in [
            "\\u003dabcd12345678 ",
            "abcdABCDEFG",
            "x1234-xyz-12",
            "aqrstlow",
        ] {
            let blob = Blob {
                path: &path,
                bytes: text.as_bytes(),
                fresh: Fresh::All,
            };
            let found = detector.detect(&blob, Content::Text, &mut Scratch::default());
            assert_eq!(found.len(), usize::from(!text.starts_with('x')), "{text}");
            let mut hits = Vec::new();
            let edge = "_".repeat(BESIDE);
            let around = [&edge, text, &edge].concat();
            detector.hits(around.as_bytes(), 0..around.len(), &mut hits);
            for hit in hits {
                let from = hit.at - BESIDE;
                let mut again = Vec::new();
                detector.hits(&around.as_bytes()[from..], BESIDE..BESIDE + 1, &mut again);
                assert_eq!(again.len(), 1, "{text}");
            }
        }
    }
}

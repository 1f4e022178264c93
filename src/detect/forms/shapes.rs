//! Matches a shape around one of its literals, without an automaton.
//!
//! A match is a function of the bytes within the shape's bounds around the hit, and of a
//! few bytes more for the boundaries. Reading in chunks and inheritance along deltas rest
//! on that.

use std::ops::Range;

use crate::detect::find::{left_is_free, literal_at, right_is_free};
use crate::rules::class::ByteSet;
use crate::rules::{Boundary, Sequence, Step};

/// Where a shape matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::detect) struct ShapeMatch {
    /// All of it.
    pub(in crate::detect) whole: Range<usize>,
    /// The part that is the secret.
    pub(in crate::detect) secret: Range<usize>,
    /// The longest run of one class in the secret; empty when it is all literal.
    pub(in crate::detect) run: Range<usize>,
    /// How many bytes may stand at each place of it.
    pub(in crate::detect) signs: u32,
}

/// Remembers the ends of long runs. Content made of anchors inside one run is then walked
/// once, and not once per anchor.
#[derive(Default)]
pub(in crate::detect) struct RunCache {
    entries: Vec<(ByteSet, Range<usize>)>,
}

impl RunCache {
    /// Forgets everything, before the next content.
    pub(in crate::detect) fn clear(&mut self) {
        self.entries.clear();
    }

    /// How many bytes of `set` follow from `at`, but at most `max`.
    fn run(&mut self, bytes: &[u8], at: usize, set: &ByteSet, max: usize) -> usize {
        let limit = bytes.len().min(at.saturating_add(max));
        if max <= 128 {
            return count(bytes, at, limit, set);
        }
        let slot = self.entries.iter().position(|(known, _)| known == set);
        let known = slot
            .map(|i| self.entries[i].1.clone())
            .filter(|r| r.contains(&at));
        let from = known.as_ref().map_or(at, |r| r.end);
        if from >= limit {
            return limit - at;
        }
        // This walk goes on where the limit stopped an earlier one.
        let end = from + count(bytes, from, limit, set);
        let span = known.map_or(at, |r| r.start)..end;
        match slot {
            Some(i) => self.entries[i].1 = span,
            None => {
                if self.entries.len() >= 16 {
                    self.entries.clear();
                }
                self.entries.push((*set, span));
            }
        }
        end - at
    }
}

fn count(bytes: &[u8], at: usize, limit: usize, set: &ByteSet) -> usize {
    let span = bytes.get(at..limit).unwrap_or(&[]);
    span.iter().position(|b| !set.has(*b)).unwrap_or(span.len())
}

/// Matches `sequence` so that its literal step `step` stands at `at`.
pub(in crate::detect) fn around(
    sequence: &Sequence,
    step: usize,
    at: usize,
    boundary: Boundary,
    bytes: &[u8],
    runs: &mut RunCache,
) -> Option<ShapeMatch> {
    let mut walk = Walk {
        steps: &sequence.steps,
        bytes,
        boundary,
        runs,
        marks: [0; MARKS],
        beyond: false,
    };
    if walk.steps.len() >= MARKS {
        return None;
    }
    if !walk.backward(step, at) {
        return None;
    }
    walk.marks[step] = at;
    if !walk.forward(step, at) {
        return None;
    }
    Some(walk.result(sequence))
}

/// Whether `sequence` does not match so that its literal step `step` stands at `at`, whatever
/// follows `bytes`.
pub(in crate::detect) fn is_excluded(
    sequence: &Sequence,
    step: usize,
    at: usize,
    boundary: Boundary,
    bytes: &[u8],
) -> bool {
    let mut walk = Walk {
        steps: &sequence.steps,
        bytes,
        boundary,
        runs: &mut RunCache::default(),
        marks: [0; MARKS],
        beyond: false,
    };
    walk.steps.len() >= MARKS || !walk.backward(step, at) || !walk.forward(step, at) && !walk.beyond
}

/// Matches `sequence` so that it starts at `at`.
pub(in crate::detect) fn starting(
    sequence: &Sequence,
    at: usize,
    boundary: Boundary,
    bytes: &[u8],
    runs: &mut RunCache,
) -> Option<ShapeMatch> {
    match may_start(sequence, at, bytes) {
        true => around(sequence, 0, at, boundary, bytes, runs),
        false => None,
    }
}

/// Whether two bytes of the first step look as if `sequence` matched from `at` on. Most values
/// are told by them.
fn may_start(sequence: &Sequence, at: usize, bytes: &[u8]) -> bool {
    let has = |at: usize, set: &ByteSet| bytes.get(at).is_some_and(|b| set.has(*b));
    match sequence.steps.first() {
        Some(Step::Run { set, min, .. }) if *min > 0 => {
            has(at, set) && has(at + usize::from(*min) - 1, set)
        }
        Some(Step::Lit {
            bytes: literal,
            fold,
        }) => literal_at(bytes, at, literal, *fold),
        _ => true,
    }
}

/// One more than the most steps that a shape may have.
const MARKS: usize = 42;

struct Walk<'a> {
    steps: &'a [Step],
    bytes: &'a [u8],
    boundary: Boundary,
    runs: &'a mut RunCache,
    /// Where each step starts, and after the last one where the match ends.
    marks: [usize; MARKS],
    /// Whether bytes behind the end might have decided otherwise.
    beyond: bool,
}

impl Walk<'_> {
    fn result(&self, sequence: &Sequence) -> ShapeMatch {
        let (first, last) = sequence.secret;
        let runs = (usize::from(first)..usize::from(last)).filter_map(|k| {
            let Some(Step::Run { set, .. }) = self.steps.get(k) else {
                return None;
            };
            Some((self.marks[k]..self.marks[k + 1], set.len()))
        });
        let longest = runs.max_by_key(|(span, _)| span.len());
        let (run, signs) = longest.unwrap_or((0..0, 0));
        ShapeMatch {
            run,
            signs,
            whole: self.marks[0]..self.marks[self.steps.len()],
            secret: self.marks[usize::from(first)]..self.marks[usize::from(last)],
        }
    }

    /// Matches the steps from `k` on, from `at`. The number of steps bounds the depth.
    fn forward(&mut self, k: usize, at: usize) -> bool {
        self.marks[k] = at;
        let Some(step) = self.steps.get(k) else {
            self.beyond |= at >= self.bytes.len();
            return !self.boundary.right() || right_is_free(self.bytes, at, self.steps.last());
        };
        match step {
            Step::Lit { bytes, fold } => {
                self.beyond |= at + bytes.len() > self.bytes.len();
                literal_at(self.bytes, at, bytes, *fold) && self.forward(k + 1, at + bytes.len())
            }
            Step::Run { set, min, max } => {
                let (min, max) = (usize::from(*min), usize::from(*max));
                let most = self.runs.run(self.bytes, at, set, max);
                self.beyond |= at + most >= self.bytes.len();
                if most < min {
                    return false;
                }
                if self.only_whole_run(k, set) {
                    return self.forward(k + 1, at + most);
                }
                if let Some(Step::Lit { bytes, fold }) = self.steps.get(k + 1) {
                    return self.before_literal(k + 1, at + min..at + most + 1, bytes, *fold);
                }
                (min..=most)
                    .rev()
                    .any(|taken| self.forward(k + 1, at + taken))
            }
        }
    }

    /// Matches the steps from `k` on, the first of which is a literal that starts in `range`,
    /// as far to the right as possible. Looks only where the rarest byte of the literal is.
    fn before_literal(
        &mut self,
        k: usize,
        range: Range<usize>,
        literal: &[u8],
        fold: bool,
    ) -> bool {
        let rarest = (0..literal.len()).min_by_key(|i| frequency(literal[*i]));
        let Some(offset) = rarest else {
            return false;
        };
        let (rare, base) = (literal[offset], range.start + offset);
        self.beyond |= range.end + literal.len() > self.bytes.len();
        let upper = if fold {
            rare.to_ascii_uppercase()
        } else {
            rare
        };
        let mut end = self.bytes.len().min(range.end + offset);
        while let Some(span) = self.bytes.get(base..end) {
            let Some(found) = memchr::memrchr2(rare, upper, span) else {
                return false;
            };
            end = base + found;
            if self.forward(k, end - offset) {
                return true;
            }
        }
        false
    }

    /// Whether a run cannot give bytes back, since what follows cannot begin inside it.
    fn only_whole_run(&self, k: usize, set: &ByteSet) -> bool {
        match self.steps.get(k + 1) {
            None => self.boundary.right(),
            Some(Step::Lit { bytes, fold }) => bytes
                .first()
                .is_some_and(|b| !(set.has(*b) || *fold && set.has(b.to_ascii_uppercase()))),
            Some(Step::Run { set: next, min, .. }) => {
                *min > 0 && next.0.iter().zip(set.0).all(|(a, b)| a & b == 0)
            }
        }
    }

    /// Matches the steps before `k` so that they end at `at`, and the left boundary.
    fn backward(&mut self, k: usize, at: usize) -> bool {
        self.marks[k] = at;
        let Some(previous) = k.checked_sub(1) else {
            return !self.boundary.left() || left_is_free(self.bytes, at, self.steps.first());
        };
        match &self.steps[previous] {
            Step::Lit { bytes, fold } => at.checked_sub(bytes.len()).is_some_and(|start| {
                literal_at(self.bytes, start, bytes, *fold) && self.backward(previous, start)
            }),
            Step::Run { set, min, max } => {
                let (min, max) = (usize::from(*min), usize::from(*max));
                let lowest = at.saturating_sub(max);
                let span = &self.bytes[lowest..at];
                let most = span
                    .iter()
                    .rev()
                    .position(|b| !set.has(*b))
                    .unwrap_or(span.len());
                if most < min {
                    return false;
                }
                if previous == 0 && self.boundary.left() {
                    return self.backward(0, at - most);
                }
                (min..=most)
                    .rev()
                    .any(|taken| self.backward(previous, at - taken))
            }
        }
    }
}

/// How often a byte occurs in text, roughly. The case of letters does not count.
fn frequency(byte: u8) -> usize {
    const COMMON: &[u8] = b"qzjxkvbywgpfmucdlhrsinoat/.e -:_";
    let byte = byte.to_ascii_lowercase();
    COMMON.iter().position(|b| *b == byte).map_or(0, |i| i + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::shape;

    fn find(notation: &str, text: &str) -> Option<(Range<usize>, Range<usize>)> {
        let sequences = shape::parse(notation).unwrap();
        let mut runs = RunCache::default();
        for sequence in &sequences {
            let step = sequence
                .steps
                .iter()
                .position(|s| matches!(s, Step::Lit { .. }))
                .unwrap();
            for at in 0..text.len() {
                if !matches!(&sequence.steps[step], Step::Lit { bytes, fold } if literal_at(text.as_bytes(), at, bytes, *fold))
                {
                    continue;
                }
                if let Some(m) = around(
                    sequence,
                    step,
                    at,
                    Boundary::Token,
                    text.as_bytes(),
                    &mut runs,
                ) {
                    return Some((m.whole, m.secret));
                }
            }
        }
        None
    }

    #[test]
    fn what_the_first_bytes_exclude_no_continuation_matches() {
        let shapes = [
            r#""ab" hex{4}"#,
            r#""ab" hex{2..6} "c""#,
            r#"word{1..3} "ab" b64{2..200} "a" "b" any"#,
        ];
        let mut state = 88_172_645_463_325_252_u64;
        let (mut excluded, mut matched) = (0, 0);
        for round in 0..20_000 {
            let mut text = b"x=aab".to_vec();
            for _ in 0..round % 12 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                text.push(b"abc0 "[(state % 5) as usize]);
            }
            let sequence = &shape::parse(shapes[round % 3]).unwrap()[0];
            let is_literal = |s: &Step| matches!(s, Step::Lit { .. });
            let step = sequence.steps.iter().position(is_literal).unwrap();
            let (token, runs) = (Boundary::Token, &mut RunCache::default());
            let found = around(sequence, step, 3, token, &text, runs);
            matched += usize::from(found.is_some());
            for end in 5..=text.len() {
                let never = is_excluded(sequence, step, 3, token, &text[..end]);
                excluded += usize::from(never);
                assert!(found.is_none() || !never, "{:?}", text.escape_ascii());
            }
        }
        assert!(excluded > 1000 && matched > 100, "{excluded} {matched}");
    }

    #[test]
    fn a_fixed_shape_matches_only_at_its_length() {
        assert_eq!(
            find(r#""ab_" hex{4}"#, "x = ab_12ef;"),
            Some((4..11, 4..11))
        );
        assert_eq!(find(r#""ab_" hex{4}"#, "x = ab_12ef0;"), None);
        assert_eq!(find(r#""ab_" hex{4}"#, "x = ab_12e;"), None);
        assert_eq!(find(r#""ab_" hex{4}"#, "xab_12ef"), None);
    }

    #[test]
    fn an_escape_before_the_value_does_not_glue() {
        assert!(find(r#""ab_" hex{4}"#, r"a\nab_12ef").is_some());
        assert!(find(r#""ab_" hex{4}"#, "t%3Dab_12ef").is_some());
        assert!(find(r#""ab_" hex{4}"#, r"\u003dab_12ef").is_some());
    }

    #[test]
    fn an_equals_sign_before_padded_base64_does_not_glue() {
        let class = b64_with_padding();
        assert!(left_is_free(b"KEY=abcd", 4, Some(&class)));
        assert!(!left_is_free(b"KEY+abcd", 4, Some(&class)));
    }

    fn b64_with_padding() -> Step {
        Step::Run {
            set: crate::rules::class::named("b64pad").unwrap(),
            min: 4,
            max: 4,
        }
    }

    #[test]
    fn a_run_before_the_literal_matches_backwards() {
        assert_eq!(
            find(r#"word.~-{3} "8Q~" base62{4}"#, "s=abc8Q~wxyz"),
            Some((2..12, 2..12))
        );
        assert_eq!(find(r#"word.~-{3} "8Q~" base62{4}"#, "s=zabc8Q~wxyz"), None);
    }

    #[test]
    fn the_secret_is_the_bracketed_part() {
        let (whole, secret) = find(r#""Key=" [ b64{4} "==" ] ";""#, "Key=abcd==;").unwrap();
        assert_eq!((whole, secret), (0..11, 4..10));
    }

    #[test]
    fn runs_give_bytes_back_when_what_follows_needs_them() {
        assert!(find(r#""k-" base62{2..9} "Z9" base62{2}"#, "k-abcdZ9zz").is_some());
    }

    /// Every shape of this subset says the same as an equivalent regular expression.
    #[test]
    fn agrees_with_an_equivalent_regex_on_random_bytes() {
        let cases = [
            (r#""ab" hex{2..4}"#, r"ab[0-9a-f]{2,4}"),
            (r#""ab" ("-" dig{1..2})? "z""#, r"ab(?:-[0-9]{1,2})?z"),
            (r#"low{1..3} "-" low{2}"#, r"[a-z]{1,3}-[a-z]{2}"),
            (r#"("ab"|"ba") ["-" low{1..} ] "-""#, r"(?:ab|ba)-[a-z]+-"),
            (
                r#"i"ab" base62{1..5} "b" dig"#,
                r"(?i:ab)[0-9A-Za-z]{1,5}b[0-9]",
            ),
        ];
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for (notation, pattern) in cases {
            let regex = regex::bytes::Regex::new(&format!("(?-u)^(?:{pattern})$")).unwrap();
            let mut matched = 0;
            for _ in 0..20_000 {
                let len = next() % 9;
                let text: String = (0..len)
                    .map(|_| b"abAB-z1"[(next() % 7) as usize] as char)
                    .collect();
                let ours = find_whole(notation, &text);
                assert_eq!(
                    ours,
                    regex.is_match(text.as_bytes()),
                    "{notation} on {text:?}"
                );
                matched += usize::from(ours);
            }
            assert!(
                matched > 0,
                "{notation} never matched: the test proves nothing"
            );
        }
    }

    /// Whether the shape matches all of `text`, wherever its literal stands.
    fn find_whole(notation: &str, text: &str) -> bool {
        let bytes = text.as_bytes();
        shape::parse(notation).unwrap().iter().any(|sequence| {
            let step = sequence
                .steps
                .iter()
                .position(|s| matches!(s, Step::Lit { .. }))
                .unwrap();
            let Step::Lit {
                bytes: literal,
                fold,
            } = &sequence.steps[step]
            else {
                return false;
            };
            (0..bytes.len()).any(|at| {
                literal_at(bytes, at, literal, *fold)
                    && around(
                        sequence,
                        step,
                        at,
                        Boundary::Token,
                        bytes,
                        &mut RunCache::default(),
                    )
                    .is_some_and(|m| m.whole == (0..bytes.len()))
            })
        })
    }
}

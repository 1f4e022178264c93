//! Everything that a run found, from all of its threads.
//!
//! A report is masked by this, not by each finding alone: a password of one file may stand
//! in the line, the commit subject or the path of another finding.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::forms::decoded;
use super::windows::{Bloom, WINDOW, packed};
use super::words;
use super::{Level, Needle, Needles, kinds, marked};
use crate::finding::{Candidate, Dismissal};
use crate::rules::Confidence;

/// The most that is kept exactly, in bytes of values. Beyond it, windows are kept in
/// constant memory.
const MOST: usize = 8 << 20;

/// What a value costs in addition to its bytes.
const COST: usize = 16;

/// The shortest value that the whole run masks.
const SHORTEST: usize = 5;

/// The shortest value that counts although a rule doubts it.
const SHORTEST_DOUBT: usize = 8;

/// The values that a run found. The same for any order in which they come.
#[derive(Default)]
pub struct Known(Mutex<Values>);

enum Values {
    Exact {
        values: HashMap<Box<[u8]>, Kind>,
        cost: usize,
    },
    /// Too many to keep.
    Bloom(Arc<Bloom>),
}

#[derive(Clone, Copy)]
struct Kind {
    /// How many leading bytes all values of the rule have; the least, if several rules
    /// found it.
    fixed: u8,
    level: Level,
    /// At which level its decoded forms are known, if they are.
    forms: Option<Level>,
}

impl Default for Values {
    fn default() -> Self {
        Values::Exact {
            values: HashMap::new(),
            cost: 0,
        }
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Known(values, masked)")
    }
}

impl Known {
    /// Notes what rules found in `bytes`: values, their parts, and their decoded forms.
    /// Values below the confidence `least`, and those that the detector dismisses, count
    /// only if they look like a secret.
    pub(crate) fn note(&self, candidates: &[Candidate], bytes: &[u8], least: Confidence) {
        let mut noted = 0..0;
        for candidate in candidates {
            self.note_as(candidate, bytes, candidate.confidence < least, &mut noted);
        }
    }

    /// Notes a candidate of which it is not known yet whether it counts, as one that is
    /// doubted.
    pub(crate) fn note_undecided(&self, candidate: &Candidate, bytes: &[u8]) {
        self.note_as(candidate, bytes, true, &mut (0..0));
    }

    /// Notes a candidate. `noted` is a stretch of `bytes` whose windows are noted: values may
    /// begin inside each other, and each may be long.
    fn note_as(
        &self,
        candidate: &Candidate,
        bytes: &[u8],
        doubted: bool,
        noted: &mut Range<usize>,
    ) {
        let counts: fn(&[u8]) -> bool = match candidate.dismissed {
            None if !doubted => |_| true,
            None => |value| has_letters_and_digits(value) && !is_path(value),
            Some(Dismissal::FailedCheck(_)) => has_letters_and_digits,
            // The name of a place where a secret is kept.
            Some(Dismissal::Reference(_)) => return,
            Some(Dismissal::Placeholder(_) | Dismissal::LookAlike(_)) => is_mixed,
        };
        let level = match candidate.dismissed.is_some() || doubted {
            true => Level::Doubt,
            false => Level::Sure,
        };
        let fixed = match candidate.decoded {
            None => candidate.public_prefix,
            Some(_) => 0,
        };
        let parts = candidate.parts.iter().map(|part| (&part.span, 0));
        for (span, fixed) in std::iter::once((&candidate.secret, fixed)).chain(parts) {
            let value = bytes.get(span.clone()).unwrap_or_default();
            if counts(value) {
                self.add(value, shared(noted, span), fixed, level);
            }
        }
        if let Some(secret) = &candidate.decoded
            && counts(secret.expose())
        {
            self.add(secret.expose(), 0, candidate.public_prefix, level);
        }
    }

    /// Adds a value and its decoded forms. The windows of its first `noted` bytes are known.
    fn add(&self, value: &[u8], noted: usize, fixed: u8, level: Level) {
        let forms = Some(level);
        let kind = Kind {
            fixed,
            level,
            forms,
        };
        if !self.insert(value, noted, kind) {
            return;
        }
        let (fixed, forms) = (0, None);
        for form in decoded(value) {
            let kind = Kind {
                fixed,
                level,
                forms,
            };
            self.insert(&form, 0, kind);
        }
    }

    /// Returns whether the decoded forms of the value are still unknown.
    fn insert(&self, value: &[u8], noted: usize, kind: Kind) -> bool {
        if value.len() < SHORTEST || (value.len() < WINDOW && kinds(value) < 2) {
            return true;
        }
        let mut unknown = true;
        let level = match kind.level {
            // An ordinary word, as far as anybody can see.
            Level::Sure if value.len() < 12 && value.iter().all(u8::is_ascii_lowercase) => {
                Level::Doubt
            }
            level => level,
        };
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *values {
            Values::Exact { values, cost } => match values.get_mut(value) {
                Some(known) => {
                    known.level = known.level.max(level);
                    known.fixed = known.fixed.min(kind.fixed);
                    unknown = known.forms < kind.forms;
                    known.forms = known.forms.max(kind.forms);
                }
                None => {
                    *cost += value.len() + COST;
                    values.insert(value.into(), Kind { level, ..kind });
                }
            },
            Values::Bloom(bloom) => {
                let bloom = Arc::make_mut(bloom);
                match noted < WINDOW {
                    true => add(bloom, value),
                    false => add_windows(bloom, &value[noted + 1 - WINDOW..]),
                }
            }
        }
        if let Values::Exact { values: all, cost } = &mut *values
            && *cost > MOST
        {
            let mut bloom = Bloom::new();
            all.keys().for_each(|value| add(&mut bloom, value));
            *values = Values::Bloom(Arc::new(bloom));
        }
        unknown
    }

    /// Returns the needles. Call it when the run has read everything.
    pub(crate) fn needles(&self) -> Needles {
        let values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*values {
            Values::Exact { values, .. } => {
                let needles: Vec<Needle<'_>> = values
                    .iter()
                    .map(|(bytes, kind)| Needle {
                        bytes,
                        fixed: kind.fixed.into(),
                        level: kind.level,
                    })
                    .collect();
                // A number is one of many: a long token shares it with counts and sizes.
                Needles::of(&needles, Level::Doubt).with_short(values.keys().map(|value| &**value))
            }
            Values::Bloom(bloom) => Needles::of_bloom(Arc::clone(bloom)),
        }
    }

    /// Whether there is more than is kept exactly. Other texts may then be masked by
    /// chance.
    pub fn is_full(&self) -> bool {
        let values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*values, Values::Bloom(_))
    }
}

/// Returns how many bytes at the start of `span` are in `noted`, and adds `span` to it. Only if they
/// share a window, all windows of both together are noted.
fn shared(noted: &mut Range<usize>, span: &Range<usize>) -> usize {
    let shared = match noted.contains(&span.start) {
        true => noted.end.min(span.end) - span.start,
        false => 0,
    };
    if shared >= WINDOW {
        noted.end = noted.end.max(span.end);
    } else if span.len() >= WINDOW {
        *noted = span.clone();
    }
    shared
}

fn add(bloom: &mut Bloom, value: &[u8]) {
    match value.len() < WINDOW {
        true => bloom.add(marked(value)),
        false => add_windows(bloom, value),
    }
}

fn add_windows(bloom: &mut Bloom, value: &[u8]) {
    let windows = value.windows(WINDOW).filter(|w| !words::has(w));
    windows.for_each(|w| bloom.add(packed(w)));
}

/// Whether a doubted value may be a secret: it is no single word and no number.
fn has_letters_and_digits(value: &[u8]) -> bool {
    value.len() >= SHORTEST_DOUBT
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
}

/// Whether a doubted value reads as a path or the place of a line: `lib/session.ts:23`. To
/// mask it would hide the places of other findings.
fn is_path(value: &[u8]) -> bool {
    let is_name = |part: &[u8]| {
        let all = |wanted: fn(&u8) -> bool| part.iter().any(wanted);
        part.len() < 24
            && part
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b"_-.:".contains(b))
            && !(all(u8::is_ascii_uppercase)
                && all(u8::is_ascii_lowercase)
                && all(u8::is_ascii_digit))
    };
    value.contains(&b'/') && value.split(|b| *b == b'/').all(is_name)
}

/// Whether a dismissed value may still be a secret: it has digits and either case, or a
/// sign that names, paths and hashes do not have.
fn is_mixed(value: &[u8]) -> bool {
    let sign = |b: &u8| b.is_ascii_punctuation() && !b"_-./:,$%<>{}()[]\"'".contains(b);
    let both = value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    has_letters_and_digits(value) && (both || value.iter().any(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sure(known: &Known, value: &[u8]) {
        known.add(value, 0, 0, Level::Sure);
    }

    #[test]
    fn paths_are_told_from_doubted_secrets() {
        for path in [
            "lib/session.ts:23",
            "a/b2",
            "/srv/app-1/key.pem",
            "Lib/Some.cs",
        ] {
            assert!(is_path(path.as_bytes()), "{path}");
        }
        for other in [
            "winter-2031",
            "Ab3/x",
            "aGk/bGk7+",
            "a/b=1",
            "v1.session.ts",
        ] {
            assert!(!is_path(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn values_are_masked_in_each_form_and_words_only_as_a_whole() {
        let known = Known::default();
        sure(&known, b"p%40ss%2Bword-9");
        sure(&known, b"vendor");
        sure(&known, b"abc");
        sure(&known, b"admin");
        let needles = known.needles();
        assert_eq!(
            needles.mask("is p@ss+word-9, abc admin"),
            "is ********, abc admin"
        );
        assert_eq!(needles.mask("endors the vendor"), "endors the ********");
        sure(&known, b"ab100000cd-20310417xy");
        sure(&known, b"24681012");
        let needles = known.needles();
        assert_eq!(needles.mask("100000 of 24681012"), "100000 of ********");
        assert_eq!(needles.mask("ab100000 d-20310417"), "******** ********");
    }

    #[test]
    fn dismissed_values_count_if_they_look_like_secrets() {
        for value in [&b"Winterlich-2031x"[..], b"sommer!2024"] {
            assert!(is_mixed(value));
        }
        for value in [
            &b"info_128_gcm-"[..],
            b"0102030405060708",
            b"mypassword",
            b"6f1e1f0a-8f11-4c0f",
        ] {
            assert!(!is_mixed(value), "{value:?}");
        }
    }

    /// Values that begin inside each other are masked as if each came alone.
    #[test]
    fn windows_of_overlapping_values_are_noted_once() {
        let mut rng = crate::check::mint::Rng::new(5);
        let bytes: Vec<u8> = (0..60_000).map(|_| b'!' + rng.below(90) as u8).collect();
        let known = Known::default();
        sure(&known, &b"x".repeat(MOST));
        assert!(known.is_full());
        let (mut at, mut noted) = (0usize, 0..0);
        let mut spans = Vec::new();
        while at < bytes.len() - 20 {
            let span = at..(at + 1 + rng.below(60)).min(bytes.len());
            let before = shared(&mut noted, &span);
            known.add(&bytes[span.clone()], before, 0, Level::Sure);
            spans.push(span);
            at = (at + rng.below(40)).saturating_sub(rng.below(9));
        }
        let values = known.0.lock().unwrap();
        let Values::Bloom(bloom) = &*values else {
            panic!("not full");
        };
        for span in spans.iter().filter(|span| span.len() >= WINDOW) {
            for window in bytes[span.clone()].windows(WINDOW) {
                assert!(words::has(window) || bloom.has(packed(window)), "{span:?}");
            }
        }
    }

    #[test]
    fn more_than_is_kept_is_still_masked_in_any_order() {
        let values: Vec<String> = (0..9).map(|n| format!("{n}Q7zx").repeat(200_000)).collect();
        let masked = |values: &mut dyn Iterator<Item = &String>| {
            let known = Known::default();
            values.for_each(|value| sure(&known, value.as_bytes()));
            sure(&known, b"x9!Qz");
            assert!(known.is_full());
            let path = known.needles().mask_path(b"a/8Q7zx8/b x9!Qz");
            (known.needles().mask("say 3Q7zx3 or 0Q7zx, x9!Qz"), path)
        };
        let forward = masked(&mut values.iter());
        assert_eq!(forward.0, "say ******** or 0Q7zx, ********");
        assert_eq!(forward.1, b"a/********/b ********");
        assert_eq!(masked(&mut values.iter().rev()), forward);
    }
}

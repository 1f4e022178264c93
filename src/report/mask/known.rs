//! Everything that a run found, from all of its threads.
//!
//! A report is masked by this, not by each finding alone: a password of one file may stand
//! in the line, the commit subject or the path of another finding.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::forms::{decoded, hidden};
use super::stretch::{New, Noted};
use super::windows::{Bloom, WINDOW, packed};
use super::words;
use super::{Level, Needle, Needles, kinds, marked};
use crate::finding::{Candidate, Dismissal};
use crate::rules::Confidence;

/// The most that is kept exactly, in bytes of memory. Beyond it, windows are kept in constant
/// memory.
const MOST: usize = 48 << 20;

/// What a value costs in addition to its bytes: its place in the table, which is half empty at
/// worst, and what the allocator adds.
const COST: usize = 64;

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
    /// Whether it is a value, and not a part of one.
    is_whole: bool,
    /// Whether it stands on several lines, wherever it was found.
    over_lines: bool,
}

/// Returns what a value costs, with its windows, of which each is a number in the end.
fn cost_of(value: &[u8]) -> usize {
    COST + value.len() * (1 + size_of::<u64>())
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
        let mut noted = Noted::default();
        for candidate in candidates {
            self.note_as(candidate, bytes, candidate.confidence < least, &mut noted);
        }
    }

    /// Notes a value that a report names.
    pub(crate) fn note_value(&self, value: &[u8]) {
        self.add(value, 0, Level::Sure);
    }

    /// Notes candidates of which it is not known yet whether they count, as ones that are
    /// doubted.
    pub(crate) fn note_undecided(&self, candidates: &[Candidate], bytes: &[u8]) {
        let mut noted = Noted::default();
        for candidate in candidates {
            self.note_as(candidate, bytes, true, &mut noted);
        }
    }

    /// Returns all that [`note_undecided`](Self::note_undecided) takes of candidates: those with
    /// the same gist add the same. Empty if they add nothing.
    pub(crate) fn gist(candidates: &[Candidate], bytes: &[u8]) -> Vec<u8> {
        let mut gist = Vec::new();
        let from = candidates.first().map_or(0, |first| first.secret.start);
        // Where values lie to one another decides which windows of them are new.
        let mut add = |kind: u8, at: usize, fixed: u8, value: &[u8]| {
            gist.extend_from_slice(&[kind, fixed]);
            gist.extend_from_slice(&(at.wrapping_sub(from) as u64).to_le_bytes());
            gist.extend_from_slice(&(value.len() as u64).to_le_bytes());
            gist.extend_from_slice(value);
        };
        for candidate in candidates {
            let Some(counts) = counts(candidate, true) else {
                continue;
            };
            let value = bytes.get(candidate.secret.clone()).unwrap_or_default();
            let fixed = candidate.public_prefix;
            if counts(value) {
                let kind = u8::from(candidate.decoded.is_some());
                add(kind, candidate.secret.start, fixed, value);
            }
            for part in &candidate.parts {
                let value = bytes.get(part.span.clone()).unwrap_or_default();
                if counts(value) {
                    add(2, part.span.start, 0, value);
                }
            }
            if let Some(secret) = &candidate.decoded
                && counts(secret.expose())
            {
                add(3, from, fixed, secret.expose());
            }
        }
        gist
    }

    /// Notes a candidate. `noted` are the stretches of `bytes` in which the last values and
    /// further parts stand.
    fn note_as(&self, candidate: &Candidate, bytes: &[u8], doubted: bool, noted: &mut Noted) {
        let Some(counts) = counts(candidate, doubted) else {
            return;
        };
        let level = match candidate.dismissed.is_some() || doubted {
            true => Level::Doubt,
            false => Level::Sure,
        };
        let fixed = match candidate.decoded {
            None => candidate.public_prefix,
            Some(_) => 0,
        };
        let value = bytes.get(candidate.secret.clone()).unwrap_or_default();
        if counts(value) {
            self.add_of(
                bytes,
                &candidate.secret,
                (fixed, level),
                noted.add(bytes, &candidate.secret, level, false),
            );
        }
        for part in &candidate.parts {
            let value = bytes.get(part.span.clone()).unwrap_or_default();
            if counts(value) {
                self.add_of(
                    bytes,
                    &part.span,
                    (0, level),
                    noted.add(bytes, &part.span, level, true),
                );
            }
        }
        if let Some(secret) = &candidate.decoded
            && counts(secret.expose())
        {
            self.add(secret.expose(), candidate.public_prefix, level);
        }
    }

    /// Adds the value at `span` of `bytes` and its decoded forms, of which these are
    /// `new`.
    fn add_of(
        &self,
        bytes: &[u8],
        span: &Range<usize>,
        (fixed, level): (u8, Level),
        new: (New, New),
    ) {
        let value = &bytes[span.clone()];
        let (New::Parts(new), forms) = new else {
            return self.add(value, fixed, level);
        };
        // Its start stands in another value, so it is part of a secret there.
        let part = Kind {
            fixed: 0,
            level,
            forms: None,
            is_whole: false,
            over_lines: value.contains(&b'\n'),
        };
        for new in &new {
            self.insert(new, part);
        }
        match forms {
            New::All => self.add_forms(decoded(value), level),
            New::Parts(forms) => {
                for form in &forms {
                    self.insert(form, part);
                }
                self.add_forms(hidden(value), level);
            }
        }
    }

    /// Adds a value and its decoded forms.
    fn add(&self, value: &[u8], fixed: u8, level: Level) {
        let kind = Kind {
            fixed,
            level,
            forms: Some(level),
            is_whole: true,
            over_lines: value.contains(&b'\n'),
        };
        if self.insert(value, kind) {
            self.add_forms(decoded(value), level);
        }
    }

    fn add_forms(&self, forms: Vec<Vec<u8>>, level: Level) {
        for form in forms {
            let kind = Kind {
                fixed: 0,
                level,
                forms: None,
                is_whole: true,
                over_lines: form.contains(&b'\n'),
            };
            self.insert(&form, kind);
        }
    }

    /// Returns whether the decoded forms of the value are still unknown.
    fn insert(&self, value: &[u8], kind: Kind) -> bool {
        if value.len() < SHORTEST || (value.len() < WINDOW && kinds(value) < 2) {
            return true;
        }
        if value.len() < WINDOW && !kind.is_whole {
            return true;
        }
        let mut unknown = true;
        let is_word = || value.len() < 12 && value.iter().all(u8::is_ascii_lowercase);
        let level = match kind.level {
            // An ordinary word, as far as anybody can see.
            Level::Sure if kind.is_whole && is_word() => Level::Doubt,
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
                    known.is_whole |= kind.is_whole;
                    known.over_lines &= kind.over_lines;
                }
                None => {
                    *cost += cost_of(value);
                    values.insert(value.into(), Kind { level, ..kind });
                }
            },
            Values::Bloom(bloom) => add(Arc::make_mut(bloom), value),
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
                        is_whole: kind.is_whole,
                        over_lines: kind.over_lines,
                    })
                    .collect();
                // A number is one of many: a long token shares it with counts and sizes.
                let short = needles.iter().filter(|needle| needle.is_whole);
                Needles::of(&needles, Level::Doubt).with_short(short.map(|needle| needle.bytes))
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

/// Returns which values of a candidate count; None if none does.
fn counts(candidate: &Candidate, doubted: bool) -> Option<fn(&[u8]) -> bool> {
    Some(match candidate.dismissed {
        None if !doubted => |_| true,
        None => |value| has_letters_and_digits(value) && !is_path(value) && !is_address(value),
        Some(Dismissal::FailedCheck(_)) => has_letters_and_digits,
        // The name of a place where a secret is kept.
        Some(Dismissal::Reference(_)) => return None,
        Some(Dismissal::Placeholder(_) | Dismissal::LookAlike(_)) => {
            |value| is_mixed(value) && !is_address(value)
        }
    })
}

fn add(bloom: &mut Bloom, value: &[u8]) {
    match value.len() < WINDOW {
        true => bloom.add(marked(value)),
        false => add_windows(bloom, value),
    }
}

fn add_windows(bloom: &mut Bloom, value: &[u8]) {
    let windows = value
        .windows(WINDOW)
        .filter(|w| !words::has(words::lower(w)));
    windows.for_each(|w| bloom.add(packed(w)));
}

/// Whether a doubted value is an address of mail, as authors of commits have them.
fn is_address(value: &[u8]) -> bool {
    let Some(at) = value.iter().position(|b| *b == b'@') else {
        return false;
    };
    let (name, host) = (&value[..at], &value[at + 1..]);
    let mut labels = host.split(|b| *b == b'.');
    let is_label = |label: &[u8]| {
        let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
        !label.is_empty() && label.iter().all(plain)
    };
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || b".-_+".contains(b);
    let top = labels.next_back().unwrap_or_default();
    at > 0
        && name.iter().all(is_word)
        && top.len() > 1
        && top.iter().all(u8::is_ascii_lowercase)
        && labels.clone().next().is_some()
        && labels.all(is_label)
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
        known.add(value, 0, Level::Sure);
    }

    #[test]
    fn addresses_of_mail_are_told_from_passwords() {
        for (value, expected) in [
            ("a.b+c@mail.example.org", true),
            ("jo2@ex-ample.de", true),
            ("P4ssw@rd", false),
            ("P4ssw@Rd.com", false),
            ("@example.org", false),
            ("a:b@example.org", false),
            ("a@b@example.org", false),
            ("a@example.", false),
            ("a@.org", false),
        ] {
            assert_eq!(is_address(value.as_bytes()), expected, "{value}");
        }
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
    fn windows_of_overlapping_values_and_of_their_forms_are_known() {
        const PIECES: &[&str] = &[
            "\\\n",
            "\\n",
            "\\\\",
            "\\u00",
            "5c",
            "%",
            "25",
            "41",
            "&#x",
            "26;",
            "&amp;",
            "''",
            "'",
            "^^",
            "^",
            "`",
            "$",
            "password=",
            "Q7zx81",
            "kl",
            " ",
            "\n",
            "{",
            "abcdefghijk",
        ];
        let mut rng = crate::check::mint::Rng::new(5);
        let (mut parts, mut all) = (0, 0);
        for round in 0..12 {
            let mut bytes = Vec::new();
            while bytes.len() < 4_000 {
                // Some stretches have few kinds of pieces, so that escapes are of escapes.
                let few = 1 + rng.below(PIECES.len());
                for _ in 0..rng.below(40) {
                    bytes.extend(PIECES[(round + rng.below(few)) % PIECES.len()].bytes());
                }
            }
            let (known, plain) = (Known::default(), Known::default());
            let mut noted = Noted::default();
            let mut at = 0;
            while at < bytes.len() - 20 {
                let len = [20, 130, 400, 900][rng.below(4)] + rng.below(60);
                let span = at..(at + len).min(bytes.len());
                let level = if rng.below(9) == 0 {
                    Level::Doubt
                } else {
                    Level::Sure
                };
                let new = noted.add(&bytes, &span, level, false);
                all += 1;
                parts += usize::from(matches!(new, (_, New::Parts(_))));
                known.add_of(&bytes, &span, (0, level), new);
                plain.add(&bytes[span], 0, level);
                at += rng.below(50);
            }
            let (known, plain) = (known.0.lock().unwrap(), plain.0.lock().unwrap());
            let (Values::Exact { values: known, .. }, Values::Exact { values: plain, .. }) =
                (&*known, &*plain)
            else {
                panic!("full");
            };
            assert_eq!(windows_of(known), windows_of(plain), "round {round}");
        }
        assert!(parts > all / 2, "{parts} of {all}");
    }

    /// Returns all windows with their levels, as needles have them.
    fn windows_of(values: &HashMap<Box<[u8]>, Kind>) -> Vec<(String, Level)> {
        let mut all = std::collections::BTreeMap::new();
        for (value, kind) in values {
            for window in value.windows(WINDOW) {
                let window = String::from_utf8_lossy(window).into_owned();
                let level = all.entry(window).or_insert(kind.level);
                *level = kind.level.max(*level);
            }
        }
        all.into_iter().collect()
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

//! Masks secrets in other texts: lines, paths, reasons, names, messages.
//!
//! [`Needles`] are the values that must not appear: those of one finding, or those that a
//! whole run found ([`Known`]).

mod forms;
mod known;
mod layers;
mod memory;
mod stretch;
mod windows;
mod words;

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::secret::MASK;
pub use known::Known;
use memory::{Memory, Words};
use windows::{Bloom, Key, WINDOW, Windows, packed};

/// A run of a secret this long is masked in a path even if the rest is missing.
const PATH_RUN: usize = 12;

/// The shortest value that is masked elsewhere than in its own place. Three bytes are too
/// few to be a password, and stand in every line by chance.
const SHORTEST: usize = 3;

/// Where an encoded form is cut, so many of its first or last signs may be no byte.
const ENCODED: usize = 4;

/// How sure it is that a run of bytes may not be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// Part of a secret, but a word that everybody knows: masked only beside other bytes of it.
    Word = 0,
    /// Of a value that may be none: masked where it is complete, or long.
    Doubt = 1,
    /// Of a secret: masked wherever it stands.
    Sure = 2,
}

impl Level {
    fn of(bits: u64) -> Self {
        match bits {
            0 => Level::Word,
            1 => Level::Doubt,
            _ => Level::Sure,
        }
    }
}

/// A value that must not appear.
#[derive(Clone, Copy)]
struct Needle<'a> {
    bytes: &'a [u8],
    /// How many leading bytes every value of its kind has.
    fixed: usize,
    level: Level,
    /// Whether it is a value, and not a part of one.
    is_whole: bool,
    /// Whether it stands on several lines. What indents them is no secret.
    over_lines: bool,
}

impl<'a> Needle<'a> {
    fn new(bytes: &'a [u8], level: Level) -> Self {
        Needle {
            bytes,
            fixed: 0,
            level,
            is_whole: true,
            over_lines: bytes.contains(&b'\n'),
        }
    }

    /// Adds its windows. Those of digits only are at most of the level `numbers`.
    fn add_windows(&self, numbers: Level, windows: &mut Vec<Key>) {
        let private = match self.is_whole {
            true => forms::private(self.bytes),
            false => None,
        };
        let is_open = |at: usize, private: &Vec<Range<usize>>| {
            let next = private.partition_point(|range| range.end <= at);
            private
                .get(next)
                .is_none_or(|range| range.start >= at + WINDOW)
        };
        // The last window, the same in lower case, and how many digits stand at its end.
        let (mut window, mut lower, mut digits) = (0, 0, 0);
        for (end, byte) in (1..).zip(self.bytes) {
            window = windows::next(window, *byte);
            lower = windows::next(lower, byte.to_ascii_lowercase());
            digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
            let Some(at) = usize::checked_sub(end, WINDOW) else {
                continue;
            };
            let known = end <= self.fixed
                || words::has(lower)
                || self.over_lines && is_indentation(&self.bytes[at..end])
                || private.as_ref().is_some_and(|private| is_open(at, private));
            let level = match known {
                true => Level::Word,
                false if digits >= WINDOW => self.level.min(numbers),
                false => self.level,
            };
            windows.push(Key::new(window, level));
        }
    }
}

/// Values, and their windows, which must not appear in a text.
#[derive(Default)]
pub struct Needles {
    windows: Windows,
    /// The values that are complete in less than [`PATH_RUN`] bytes, as numbers, sorted.
    complete: Vec<u128>,
    short: Shorts,
    memory: Mutex<Memory>,
}

impl Needles {
    /// Collects the windows of `secrets`; a secret shorter than a window has none.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let secrets = secrets.into_iter();
        let needles: Vec<Needle<'_>> = secrets
            .map(|bytes| Needle::new(bytes, Level::Sure))
            .collect();
        Self::of(&needles, Level::Sure)
    }

    /// Adds the values of `secrets` that are shorter than a window.
    #[must_use]
    pub(crate) fn with_short<'a>(mut self, secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        self.short = Shorts::of(secrets.into_iter());
        self
    }

    /// Collects the windows of `needles`. Those of digits only are at most of the level
    /// `numbers`.
    fn of(needles: &[Needle<'_>], numbers: Level) -> Self {
        let long = || needles.iter().filter(|n| n.bytes.len() >= WINDOW);
        let count = long().map(|n| n.bytes.len() + 1 - WINDOW).sum();
        let mut windows = Vec::with_capacity(count);
        for needle in long() {
            needle.add_windows(numbers, &mut windows);
        }
        let whole = long().filter(|n| n.is_whole && n.bytes.len() < PATH_RUN);
        let mut complete: Vec<u128> = whole.map(|n| numbered(n.bytes)).collect();
        complete.sort_unstable();
        Needles {
            windows: Windows::new(windows),
            complete,
            short: Shorts::default(),
            memory: Mutex::default(),
        }
    }

    /// Needles in constant memory. Windows count by themselves, and so does every value
    /// shorter than one.
    fn of_bloom(bloom: Arc<Bloom>) -> Self {
        Needles {
            short: Shorts::Bloom(Arc::clone(&bloom)),
            windows: Windows::Bloom(bloom),
            complete: Vec::new(),
            memory: Mutex::default(),
        }
    }

    /// Whether there is nothing to mask.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty() && self.short.is_empty()
    }

    /// Whether `text` contains something to mask.
    pub(crate) fn found_in(&self, text: &[u8]) -> bool {
        !self.hidden(text).is_empty()
    }

    /// Returns the runs of `text` that windows cover, each with the highest level in it.
    fn runs(&self, text: &[u8]) -> Vec<(Range<usize>, Level)> {
        let mut runs: Vec<(Range<usize>, Level)> = Vec::new();
        if self.windows.is_empty() {
            return runs;
        }
        let mut window = 0;
        for (end, byte) in (1..).zip(text) {
            window = windows::next(window, *byte);
            let Some(at) = usize::checked_sub(end, WINDOW) else {
                continue;
            };
            if let Some(level) = self.windows.level(window) {
                match runs.last_mut() {
                    Some((last, highest)) if at <= last.end => {
                        last.end = end;
                        *highest = level.max(*highest);
                    }
                    _ => runs.push((at..end, level)),
                }
            }
        }
        runs
    }

    /// [`runs`](Self::runs) of a text that may be nearly the last one.
    fn runs_again(&self, text: &[u8], memory: &mut Memory) -> Vec<(Range<usize>, Level)> {
        if self.windows.is_empty() {
            return Vec::new();
        }
        let levels = memory.levels(text, |window| self.windows.level(window));
        let Some(levels) = levels else {
            return self.runs(text);
        };
        let mut runs: Vec<(Range<usize>, Level)> = Vec::new();
        for (at, level) in levels.iter().enumerate() {
            let Some(level) = *level else { continue };
            match runs.last_mut() {
                Some((last, highest)) if at <= last.end => {
                    last.end = at + WINDOW;
                    *highest = level.max(*highest);
                }
                _ => runs.push((at..at + WINDOW, level)),
            }
        }
        runs
    }

    /// Whether `run` contains a value as a whole.
    fn completes(&self, run: &[u8], counts: impl Fn(&[u8]) -> bool) -> bool {
        let lengths = WINDOW..PATH_RUN.min(run.len() + 1);
        lengths.into_iter().any(|len| {
            run.windows(len)
                .any(|part| self.complete.binary_search(&numbered(part)).is_ok() && counts(part))
        })
    }

    /// Returns the ranges of `text` that must not be shown: ascending, disjoint.
    pub(crate) fn hidden(&self, text: &[u8]) -> Vec<Range<usize>> {
        self.hidden_in_cut(text, (false, false))
    }

    /// Like [`hidden`](Self::hidden), for a text that is `cut` on the left or the right:
    /// what the cut divides may be the rest of a value.
    pub(crate) fn hidden_in_cut(&self, text: &[u8], cut: (bool, bool)) -> Vec<Range<usize>> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut hidden = Vec::new();
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let runs = self.runs_again(text, &mut memory);
        // In a decoded text, more counts as divided.
        let is_near = |run: &Range<usize>| {
            cut.0 && run.start < ENCODED || cut.1 && run.end + ENCODED > text.len()
        };
        let all = !self.short.is_empty() || runs.iter().any(|(run, _)| is_near(run));
        for (run, level) in runs {
            let divided = cut.0 && run.start == 0 || cut.1 && run.end == text.len();
            if self.counts(&text[run.clone()], level, divided) {
                hidden.push(run);
            }
        }
        self.short.find(text, &mut hidden);
        let is_known = |window| self.windows.level(window).is_some();
        layers::each(text, all, is_known, &mut memory.words, |layer| {
            for (run, level) in self.runs(&layer.bytes) {
                let place = layer.place(&run);
                let divided = is_near(&place);
                if self.counts(&layer.bytes[run], level, divided) {
                    hidden.push(place);
                }
            }
            if layer.is_escaped() {
                let mut short = Vec::new();
                self.short.find(&layer.bytes, &mut short);
                hidden.extend(short.iter().map(|run| layer.place(run)));
            }
        });
        merged(hidden)
    }

    /// Whether a run of windows with the highest level `level` must not be shown. `divided`
    /// says that more of it may have been cut off.
    fn counts(&self, run: &[u8], level: Level, divided: bool) -> bool {
        match level {
            Level::Sure => true,
            Level::Doubt => divided || run.len() >= PATH_RUN || self.completes(run, |_| true),
            Level::Word => false,
        }
    }

    /// Masks everything in `text` that must not be shown.
    pub(crate) fn mask_bytes(&self, text: &[u8]) -> Vec<u8> {
        replace(text, &self.hidden(text))
    }

    /// Like [`mask_bytes`](Self::mask_bytes), for a `str`.
    pub(crate) fn mask(&self, text: &str) -> String {
        let mut runs = self.hidden(text.as_bytes());
        for run in &mut runs {
            while !text.is_char_boundary(run.start) {
                run.start -= 1;
            }
            while !text.is_char_boundary(run.end) {
                run.end += 1;
            }
        }
        String::from_utf8_lossy(&replace(text.as_bytes(), &runs)).into_owned()
    }

    /// Masks a whole secret, or a long run of one, in a path.
    ///
    /// A word that the path shares with the secret (`deploy/postgres.yml` and a
    /// password `postgres-2024`) stays. Without the path, the user cannot locate the
    /// finding, and the word alone does not reveal that it is part of the secret. The
    /// same holds for a password that is only a word of the path (`vendor` in
    /// `vendor/.env`), and for doubtful values that share directories with it.
    pub(crate) fn mask_path(&self, path: &[u8]) -> Vec<u8> {
        if self.is_empty() {
            return path.to_vec();
        }
        let all = matches!(self.windows, Windows::Bloom(_));
        let no_word = |value: &[u8]| !value.iter().all(u8::is_ascii_lowercase);
        let counts = |text: &[u8], level: Level| {
            // What may be no secret at all and goes over a directory is the name of a place.
            let is_place = level == Level::Doubt && text.contains(&b'/');
            let long = text.len() >= PATH_RUN && level > Level::Word && !is_place;
            all || long || self.completes(text, no_word)
        };
        let mut hidden = Vec::new();
        for (run, level) in self.runs(path) {
            if counts(&path[run.clone()], level) {
                hidden.push(run);
            }
        }
        self.short.find(path, &mut hidden);
        let is_known = |window| self.windows.level(window).is_some();
        layers::each(path, false, is_known, &mut Words::default(), |layer| {
            for (run, level) in self.runs(&layer.bytes) {
                if counts(&layer.bytes[run.clone()], level) {
                    hidden.push(layer.place(&run));
                }
            }
        });
        replace(path, &merged(hidden))
    }
}

/// Whether a window lies in the indentation of a line, as other lines have it.
fn is_indentation(window: &[u8]) -> bool {
    let blank = |b: &u8| b" \t\r\n".contains(b);
    window.windows(3).any(|three| three.iter().all(blank))
}

/// Values that are shorter than a window.
///
/// A value of three kinds of characters (`x9!Qz`) is masked wherever it stands; any other
/// (`admin`, `12345`) only as a word of its own.
enum Shorts {
    Exact(Few),
    /// In constant memory, [marked](marked) so that no window is mistaken for one.
    Bloom(Arc<Bloom>),
}

/// Short values.
#[derive(Default)]
struct Few {
    /// Length and bytes as one number, sorted.
    keys: Vec<u64>,
    /// For each byte, the lengths of the values that start with it, as bits.
    starts: Vec<u8>,
}

impl Default for Shorts {
    fn default() -> Self {
        Shorts::Exact(Few::default())
    }
}

/// Returns a short value with its length as one number.
fn marked(value: &[u8]) -> u64 {
    (value.len() as u64) << 48 | packed(value)
}

impl Shorts {
    fn of<'a>(values: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut few = Few::default();
        for value in values.filter(|v| (SHORTEST..WINDOW).contains(&v.len())) {
            few.starts.resize(256, 0);
            few.starts[usize::from(value[0])] |= 1 << value.len();
            few.keys.push(marked(value));
        }
        few.keys.sort_unstable();
        few.keys.dedup();
        Shorts::Exact(few)
    }

    fn is_empty(&self) -> bool {
        matches!(self, Shorts::Exact(few) if few.keys.is_empty())
    }

    /// How long the values may be that start with `first`.
    fn lengths(&self, first: u8) -> impl Iterator<Item = usize> + use<> {
        let bits = match self {
            Shorts::Exact(few) => few.starts[usize::from(first)],
            Shorts::Bloom(_) => u8::MAX,
        };
        let lengths = if bits == 0 { 0..0 } else { SHORTEST..WINDOW };
        lengths.filter(move |len| bits >> len & 1 != 0)
    }

    fn has(&self, value: &[u8]) -> bool {
        match self {
            Shorts::Exact(few) => few.keys.binary_search(&marked(value)).is_ok(),
            Shorts::Bloom(bloom) => bloom.has(marked(value)),
        }
    }

    /// Appends the ranges of `text` that are short values.
    fn find(&self, text: &[u8], found: &mut Vec<Range<usize>>) {
        if self.is_empty() {
            return;
        }
        for at in 0..text.len() {
            for len in self.lengths(text[at]) {
                let value = text.get(at..at + len).filter(|value| self.has(value));
                let counts = |v: &[u8]| kinds(v) >= 3 || stands_alone(text, at..at + len);
                if value.is_some_and(counts) {
                    found.push(at..at + len);
                }
            }
        }
    }
}

/// Returns a value of less than [`PATH_RUN`] bytes with its length as one number.
fn numbered(value: &[u8]) -> u128 {
    let sum = |sum: u128, byte: &u8| sum << 8 | u128::from(*byte);
    value.iter().fold(value.len() as u128, sum)
}

/// Returns how many kinds of characters a value has: lower case, upper case, digits, signs.
fn kinds(value: &[u8]) -> usize {
    let kinds: [fn(&u8) -> bool; 4] = [
        u8::is_ascii_lowercase,
        u8::is_ascii_uppercase,
        u8::is_ascii_digit,
        |b| !b.is_ascii_alphanumeric(),
    ];
    kinds.iter().filter(|is| value.iter().any(**is)).count()
}

/// Whether neither side of `range` continues with a letter or digit.
fn stands_alone(text: &[u8], range: Range<usize>) -> bool {
    let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
    let before = range.start.checked_sub(1).and_then(|at| text.get(at));
    !word(before) && !word(text.get(range.end))
}

/// Sorts ranges and joins those that touch or overlap.
pub(crate) fn merged(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    if !spans.is_sorted_by_key(|s| (s.start, s.end)) {
        // They are rows in order, one behind the other, which this sort joins.
        spans.sort_by_key(|s| (s.start, s.end));
    }
    let mut out: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match out.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => out.push(span),
        }
    }
    out
}

/// Returns the passwords of the addresses in `text`: of `https://user:PASSWORD@host`, also
/// with a slash too few, as a path has it.
pub fn url_passwords(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for colon in memchr::memmem::find_iter(text, b":/") {
        let scheme = text[..colon].last().is_some_and(u8::is_ascii_alphanumeric);
        let slashes = text[colon + 1..].iter().take_while(|b| **b == b'/').count();
        let start = colon + 1 + slashes;
        let ends = |b: &u8| b.is_ascii_whitespace() || b"/?#\"'`<>".contains(b);
        let len = text[start..].iter().position(ends);
        let authority = &text[start..start + len.unwrap_or(text.len() - start)];
        if let (true, Some(at)) = (scheme, memchr::memrchr(b'@', authority))
            && let Some(user) = memchr::memchr(b':', &authority[..at])
            && user + 1 < at
        {
            found.push(start + user + 1..start + at);
        }
    }
    found
}

/// Masks each of `runs` in `text`. `runs` is ascending; overlaps are clipped.
pub(crate) fn replace(text: &[u8], runs: &[Range<usize>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    for run in runs {
        let run = run.start.clamp(at, text.len())..run.end.clamp(at, text.len());
        out.extend_from_slice(&text[at..run.start]);
        out.extend_from_slice(MASK.as_bytes());
        at = run.end;
    }
    out.extend_from_slice(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needles(secret: &[u8]) -> Needles {
        Needles::new([secret])
    }

    #[test]
    fn a_doubtful_value_over_directories_does_not_hide_a_path() {
        let path = b"data/static/users.yml";
        let of = |level| Needles::of(&[Needle::new(b"x/data/static/pw", level)], level);
        assert_eq!(of(Level::Doubt).mask_path(path), path);
        assert_eq!(of(Level::Sure).mask_path(path), b"********users.yml");
        let of = |level| Needles::of(&[Needle::new(b"zx8Qk41mPw0s", level)], level);
        assert_eq!(of(Level::Doubt).mask_path(b"a/zx8Qk41mPw0s"), b"a/********");
    }

    #[test]
    fn a_word_that_everybody_knows_is_masked_only_as_part_of_a_secret() {
        let needles = needles(b"github_pat_q7Zx81");
        assert_eq!(
            needles.mask("1+a@users.noreply.github.com"),
            "1+a@users.noreply.github.com"
        );
        assert_eq!(needles.mask("x github_pat_q7Zx81 y"), "x ******** y");
        assert_eq!(needles.mask("github_pat_q7"), "********");
    }

    #[test]
    fn a_value_shorter_than_a_window_has_no_windows() {
        let needles = needles(b"q7Zx81");
        assert!(!needles.is_empty() && Needles::new([&b"x9!Qz"[..]]).is_empty());
    }

    #[test]
    fn a_short_value_is_masked_as_a_word_or_if_nobody_writes_it_by_chance() {
        let short = |value: &'static [u8]| Needles::default().with_short([value]);
        assert_eq!(short(b"x9!Qz").mask("ax9!Qzb x9!Q"), "a********b x9!Q");
        assert_eq!(
            short(b"admin").mask("admin administrator"),
            "******** administrator"
        );
        assert_eq!(short(b"ab").mask("ab ab"), "ab ab");
    }

    #[test]
    fn passwords_of_addresses_are_found() {
        let of = |text: &str| {
            let masked = replace(text.as_bytes(), &url_passwords(text.as_bytes()));
            String::from_utf8(masked).unwrap()
        };
        for (text, masked) in [
            ("https://u:p@h/r.git", "https://u:********@h/r.git"),
            ("x https:/u:p@w@h:80/ y", "x https:/u:********@h:80/ y"),
            ("ssh://git@h/r", "ssh://git@h/r"),
            ("http://h:8080/a@b", "http://h:8080/a@b"),
            ("://u:p@h", "://u:p@h"),
            ("a://:p@h b://u:q@i", "a://:********@h b://u:********@i"),
        ] {
            assert_eq!(of(text), masked);
        }
    }

    #[test]
    fn a_doubted_value_is_masked_only_as_a_whole_or_in_long_runs() {
        let of = |bytes: &[u8]| Needles::of(&[Needle::new(bytes, Level::Doubt)], Level::Doubt);
        assert_eq!(
            of(b"sommer24").mask("sommer2 sommer24x"),
            "sommer2 ********x"
        );
        let long = of(b"abcdefgh12345678");
        assert_eq!(long.mask("abcdefgh1 cdefgh123456"), "abcdefgh1 ********");
        let cut = |cut| long.hidden_in_cut(b"fgh1234 abcdefg", cut).pop();
        assert_eq!(cut((true, false)), Some(0..7));
        assert_eq!(cut((false, true)), Some(8..15));
        assert_eq!(cut((false, false)), None);
    }
}

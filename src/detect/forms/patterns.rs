//! Runs the regular expression of a rule that no shape can express. The expression is compiled
//! when an anchor is first seen where a match may be, and runs only in the window around the anchor.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use regex::bytes::{Captures, Regex, RegexBuilder};
use regex_syntax::hir::{Class, ClassBytesRange, ClassUnicodeRange, Hir, HirKind, Look};

use super::attempt::Attempt;
use super::attempts;
use super::needed::{LONGEST, Needed};
use super::parsed::parsed;
use crate::rules::{Matcher, Rule};

/// How many steps are tried before an expression is compiled. They take about as long as that.
const STEPS: u32 = 1 << 18;

/// How many of them a window gets.
const ONCE: u32 = 1 << 14;

/// A regular expression that compiles itself on first use.
#[derive(Default)]
pub(in crate::detect) struct LazyPattern {
    /// Searches until the expression is compiled. `None` if it cannot.
    attempt: OnceLock<Option<Attempt>>,
    /// How many steps such searches took.
    steps: AtomicU32,
    /// What every match has. Only asked once too many steps were taken, and until the expression
    /// is compiled.
    needed: OnceLock<Needed>,
    compiled: OnceLock<Option<Regex>>,
    /// The same without conditions on what is beside a match, which the edges of a stretch
    /// make or break: what does not match it in a stretch does not match in any part of it.
    loose: OnceLock<Option<Regex>>,
    /// The same for the beginning of a line, if a match begins there and ends on that line.
    line: OnceLock<Option<Regex>>,
}

/// A stretch of content in which a pattern does not match, so that content made of anchors
/// is searched once and not once per anchor.
#[derive(Default)]
pub(in crate::detect) struct Barren {
    /// The window of the last anchor.
    last: Range<usize>,
    /// No match starts in here that ends before `limit`.
    starts: Range<usize>,
    limit: usize,
    /// None of what every match needs stands in here.
    lacking: Range<usize>,
    /// How much more than its window the last anchor had searched.
    more: usize,
    /// How many anchors are not searched for, and how many were not the last time: where
    /// the pattern matches at anchors, such a search only costs.
    pause: u32,
    paused: u32,
}

impl Barren {
    /// The most bytes that are searched beyond a window.
    const MOST: usize = 64 << 10;

    /// Whether what every match needs stands in `window`. Reads only what no earlier window held.
    fn has_needed(&mut self, needed: &Needed, bytes: &[u8], window: &Range<usize>) -> bool {
        let known = self.lacking.clone();
        let goes_on = (known.start..=known.end).contains(&window.start);
        if goes_on && window.end <= known.end {
            return false;
        }
        let from = match goes_on {
            true => window.start.max(known.end.saturating_sub(LONGEST)),
            false => window.start,
        };
        if needed.is_in(&bytes[from..window.end]) {
            return true;
        }
        self.lacking = match goes_on {
            true => known.start..window.end,
            false => window.clone(),
        };
        false
    }

    /// Returns the first place in `window` where a match can start, or a place behind it.
    /// Searches only if the windows of anchors overlap.
    fn first_start<'r>(
        &mut self,
        loose: impl FnOnce() -> Option<&'r Regex>,
        bytes: &[u8],
        window: &Range<usize>,
    ) -> usize {
        let last = std::mem::replace(&mut self.last, window.clone());
        if !last.contains(&window.start) {
            self.more = 0;
            return window.start;
        }
        if self.starts.contains(&window.start) && window.end <= self.limit {
            return self.starts.end;
        }
        if self.pause > 0 {
            self.pause -= 1;
            return window.start;
        }
        let Some(loose) = loose() else {
            return window.start;
        };
        self.more = (self.more * 2).max(window.len()).min(Self::MOST);
        self.limit = bytes.len().min(window.end + self.more);
        let found = loose.find(&bytes[window.start..self.limit]);
        let end = found.map_or(self.limit, |found| window.start + found.start());
        self.paused = match end < window.end {
            true => (self.paused * 2).clamp(1, 64),
            false => 0,
        };
        if self.paused > 0 {
            (self.more, self.pause) = (0, self.paused);
        }
        self.starts = window.start..end;
        end
    }
}

/// Compiles a rule's regular expression: bytes, ASCII classes, bounded size.
///
/// # Errors
/// The message of the regex parser, for a rule file's author.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .unicode(false)
        .size_limit(16 << 20)
        .dfa_size_limit(4 << 20)
        .build()
        .map_err(|e| {
            e.to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned()
        })
}

/// How large a regular expression becomes when it is compiled, in ranges of bytes with
/// repetitions written out; each range takes some two hundred bytes. `None` if the
/// expression does not parse.
pub(crate) fn weight(pattern: &str) -> Option<u64> {
    let mut parser = regex_syntax::ParserBuilder::new();
    let parser = parser.unicode(false).utf8(false).nest_limit(250);
    Some(weigh(&parser.build().parse(pattern).ok()?))
}

fn weigh(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Bytes(class)) => class.ranges().len() as u64,
        // A character beyond ASCII is up to four bytes.
        HirKind::Class(Class::Unicode(class)) => 4 * class.ranges().len() as u64,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(1);
            weigh(&repetition.sub).saturating_mul(u64::from(times))
        }
        HirKind::Capture(capture) => 2 + weigh(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts
            .iter()
            .map(weigh)
            .fold(1, |sum, part| part.saturating_add(sum)),
    }
}

impl LazyPattern {
    /// Whether a match may be in `window` that covers `anchor`, without compiling the expression.
    /// `None` if that takes too many steps.
    fn may_match(&self, regex: &str, window: &[u8], anchor: Range<usize>) -> Option<bool> {
        let spent = self.steps.load(Ordering::Relaxed);
        let most = STEPS.saturating_sub(spent).min(ONCE);
        let attempt = self.attempt.get_or_init(|| attempts::of(regex)).as_ref()?;
        let mut left = most;
        let found = attempt.matches(window, 0..=anchor.start, anchor.end, &mut left);
        self.steps.store(spent + most - left, Ordering::Relaxed);
        found
    }

    /// The first match in the anchor's window that covers the anchor: the whole match, and
    /// the secret in it.
    pub(in crate::detect) fn matches(
        &self,
        rule: &Rule,
        bytes: &[u8],
        anchor: &Range<usize>,
        barren: &mut Barren,
    ) -> Option<(Range<usize>, Range<usize>)> {
        let Matcher::Pattern {
            regex,
            before,
            after,
        } = &rule.matcher
        else {
            return None;
        };
        let start = anchor.start.saturating_sub(usize::from(*before));
        let end = bytes
            .len()
            .min(anchor.start + usize::from(*after))
            .max(anchor.end);
        if end > bytes.len() {
            return None;
        }
        let window = &bytes[start..end];
        if self.compiled.get().is_none() && !matches!(self.line.get(), Some(Some(_))) {
            let around = anchor.start - start..anchor.end - start;
            let may_match = self.may_match(regex, window, around).unwrap_or_else(|| {
                let anchors = rule.anchors.iter().map(|anchor| &*anchor.bytes);
                let needed = self.needed.get_or_init(|| Needed::of(regex, anchors));
                barren.has_needed(needed, bytes, &(start..end))
            });
            if !may_match {
                return None;
            }
        }
        let compile_line = || {
            let bound = *before > 0 && is_bound_to_line(regex);
            bound.then(|| compile(&format!(r"\A(?:{regex})")).ok())?
        };
        if let Some(of_line) = self.line.get_or_init(compile_line) {
            // Only a match that begins on the anchor's line can cover the anchor.
            let line = memchr::memrchr(b'\n', &bytes[start..anchor.start]);
            let start = start + line.map_or(0, |newline| newline + 1);
            let groups = of_line.captures(&bytes[start..end])?;
            let covers = start + groups.get(0)?.end() >= anchor.end;
            return covers.then(|| spans(&groups, start))?;
        }
        // Loading rules refuses a pattern that does not compile.
        // Without bytes before the anchor, only a match that begins at the anchor counts. A
        // search beyond it would read the window once per anchor in content made of anchors.
        let compile_it = || match before {
            0 => compile(&format!(r"\A(?:{regex})"))
                .or_else(|_| compile(regex))
                .ok(),
            _ => compile(regex).ok(),
        };
        let compiled = self.compiled.get_or_init(compile_it).as_ref()?;
        let mut from = 0;
        if *before > 0 {
            let compile_loose = || loosened(regex).and_then(|loose| compile(&loose).ok());
            let loose = || self.loose.get_or_init(compile_loose).as_ref();
            let first = barren.first_start(loose, bytes, &(start..end));
            if first > anchor.start {
                return None;
            }
            from = first - start;
        }
        while from <= window.len() {
            let groups = compiled.captures_at(window, from)?;
            let whole = groups.get(0)?.range();
            if start + whole.start > anchor.start {
                return None;
            }
            if start + whole.end >= anchor.end {
                return spans(&groups, start);
            }
            from = whole.end.max(whole.start + 1);
        }
        None
    }
}

/// The whole match and the secret in it, of a search that began at `start`.
fn spans(groups: &Captures<'_>, start: usize) -> Option<(Range<usize>, Range<usize>)> {
    let whole = groups.get(0)?;
    let secret = groups.name("secret").or_else(|| groups.get(1));
    let secret = secret.unwrap_or(whole).range();
    Some((shift(whole.range(), start), shift(secret, start)))
}

/// Whether every match of `pattern` begins at the beginning of a line and ends on that line.
fn is_bound_to_line(pattern: &str) -> bool {
    parsed(pattern).is_some_and(|hir| {
        let begins = hir.properties().look_set_prefix().contains(Look::StartLF);
        begins && !may_hold_newline(&hir)
    })
}

/// Whether a newline may be part of a match. The parser limits how deep an expression is
/// nested.
fn may_hold_newline(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.contains(&b'\n'),
        HirKind::Class(Class::Bytes(class)) => {
            let holds = |r: &ClassBytesRange| (r.start()..=r.end()).contains(&b'\n');
            class.ranges().iter().any(holds)
        }
        HirKind::Class(Class::Unicode(class)) => {
            let holds = |r: &ClassUnicodeRange| (r.start()..=r.end()).contains(&'\n');
            class.ranges().iter().any(holds)
        }
        HirKind::Repetition(repetition) => may_hold_newline(&repetition.sub),
        HirKind::Capture(capture) => may_hold_newline(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(may_hold_newline),
    }
}

/// Returns `pattern` without `\b`, `^` and `$`. It matches wherever `pattern` does.
fn loosened(pattern: &str) -> Option<String> {
    Some(without_looks(&parsed(pattern)?).to_string())
}

/// The parser limits how deep an expression is nested.
fn without_looks(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Look(_) => Hir::empty(),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => hir.clone(),
        HirKind::Repetition(repetition) => {
            Hir::repetition(repetition.with(without_looks(&repetition.sub)))
        }
        HirKind::Capture(capture) => without_looks(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(without_looks).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(without_looks).collect()),
    }
}

fn shift(range: Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows that overlap are searched once, and what stands across their ends is found.
    #[test]
    fn what_is_needed_is_found_wherever_windows_end() {
        let needed = Needed::of("key .*pass-word", [&b"key "[..]].into_iter());
        let text = [&b"key ".repeat(40)[..], b"pass-word ", &b"key ".repeat(40)].concat();
        for width in [5, 9, 12, 20, 60] {
            for step in [1, 4, 7, 30] {
                let mut barren = Barren::default();
                for start in (0..text.len()).step_by(step) {
                    let window = start..text.len().min(start + width);
                    let expected = needed.is_in(&text[window.clone()]);
                    let found = barren.has_needed(&needed, &text, &window);
                    assert_eq!(found, expected, "{window:?}");
                }
            }
        }
    }

    #[test]
    fn a_loosened_pattern_matches_wherever_the_pattern_does() {
        for (pattern, text) in [
            (r"(?m)^ab+\b", "x\nabb c"),
            (r"(?i)\b(?:\xFE|x)[^\x00]y$", "+X_Y"),
            (r"(?s)a.{2,3}?\z", "aä\n"),
        ] {
            let loose = compile(&loosened(pattern).unwrap()).unwrap();
            for cut in 0..text.len() {
                let text = &text.as_bytes()[cut..];
                let found = compile(pattern).unwrap().find(text).map(|m| m.start());
                let first = loose.find(text).map(|m| m.start());
                assert!(found.is_none_or(|found| first.is_some_and(|first| first <= found)));
            }
            assert!(loose.is_match(format!("({text}z").as_bytes()), "{pattern}");
        }
    }

    #[test]
    fn repetitions_weigh_what_they_repeat() {
        assert_eq!(weight("abc"), Some(3));
        assert_eq!(weight("[a-z]{9}"), Some(9));
        assert!(weight("([a-c]{100}|x){1,1000}") > Some(100_000));
        assert!(weight("((((a{1000}){1000}){1000}){1000}){1000}") > Some(1 << 40));
        assert_eq!(weight("a("), None);
    }
}

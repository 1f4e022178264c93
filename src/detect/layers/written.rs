//! Texts in which single characters are written otherwise: percent-encoding, escapes of
//! programming languages, references to characters, quoted-printable, characters that nobody
//! sees.
//!
//! Each encoding is read by itself: what escapes in one is a letter in another.

use std::ops::Range;

use super::view::View;
use crate::detect::find::Writing;
use crate::detect::find::signs::{in_word, sign_at};
use crate::finding::Encoding;
use crate::rules::class::{ALNUM, ByteSet};

/// How far around a literal signs are looked for.
pub(in crate::detect) const BEFORE: usize = 160;
pub(in crate::detect) const AFTER: usize = 640;
/// What is shown beside a word with signs, in bytes.
const BESIDE: usize = 200;
/// The longest word with signs that is decoded, in bytes, from its first sign on.
pub(in crate::detect) const WORD: usize = 32 << 10;
/// How far a word may begin before its first sign.
const START: usize = 256;

fn encoding(writing: Writing) -> Encoding {
    match writing {
        Writing::Percent => Encoding::Percent,
        Writing::Backslash => Encoding::Escapes,
        Writing::Entity => Encoding::Entities,
        Writing::Quoted => Encoding::QuotedPrintable,
        Writing::Invisible => Encoding::Invisible,
    }
}

/// The view of the word in which the sign at `at` stands.
pub(in crate::detect) fn word(writing: Writing, bytes: &[u8], at: usize) -> Option<View> {
    let floor = at.saturating_sub(START);
    let before = bytes[floor..at].iter().rev();
    let start = at - before.take_while(|b| in_word(**b)).count();
    let ceiling = bytes.len().min(at + WORD);
    let mut end = at;
    while end < ceiling {
        match sign_at(writing, bytes, end) {
            Some(sign) => end += sign.width,
            None if in_word(bytes[end]) => end += 1,
            None => break,
        }
    }
    let from = start.saturating_sub(BESIDE);
    let to = bytes.len().min(end + BESIDE);
    let mut view = decoded(writing, bytes, from..to)?;
    view.is_cut = end >= ceiling && end < bytes.len();
    Some(view)
}

/// What a literal is to its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Literal {
    /// A part of a value. Signs next to its token matter.
    Value,
    /// A word behind which a value stands. Signs behind it on its line matter.
    Name,
}

/// How far behind a name a sign matters, in bytes.
const NAMED: usize = 120;
/// Which bytes of a content are known to hold no sign, so that the line of many names is read once.
#[derive(Default)]
pub(in crate::detect) struct Signs {
    /// No byte in here begins a sign or ends a line.
    plain: Range<usize>,
    /// Whether the byte behind them does.
    ended: bool,
}

impl Signs {
    /// Forgets everything, before the next content.
    pub(in crate::detect) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether a sign that matters to a name may stand in `range`, before the end of a line.
    fn may_be_in(&mut self, bytes: &[u8], range: Range<usize>) -> bool {
        const STOPS: [bool; 256] = ByteSet::of(b"\n\\%&=\xe2\xef\xc2").table();
        if range.start < self.plain.start || range.start > self.plain.end {
            self.plain = range.start..range.start;
            self.ended = false;
        }
        while !self.ended && self.plain.end < range.end {
            let rest = &bytes[self.plain.end..range.end];
            let stop = rest.iter().position(|b| STOPS[usize::from(*b)]);
            self.plain.end += stop.unwrap_or(rest.len());
            let at = self.plain.end;
            match bytes.get(at) {
                Some(b'=') if stop.is_some() && !bytes[at..].starts_with(b"=3D") => {
                    self.plain.end += 1;
                }
                _ => self.ended = stop.is_some(),
            }
        }
        let at = self.plain.end;
        self.ended && at < range.end && bytes[at] != b'\n'
    }
}

/// How far the token of a literal may go on to a sign that matters, in bytes.
const TOKEN: usize = 256;

/// The views of what stands around the literal at `word`, each in one encoding whose signs matter
/// to it. The literal itself stands in each as it is.
pub(in crate::detect) fn around(
    bytes: &[u8],
    word: &Range<usize>,
    literal: Literal,
    signs: &mut Signs,
) -> Vec<View> {
    let mut views = Vec::new();
    let line = word.end..bytes.len().min(word.end + NAMED);
    if literal == Literal::Name && !signs.may_be_in(bytes, line) {
        return views;
    }
    for writing in writings(bytes, word, literal).into_iter().flatten() {
        let window = word.start.saturating_sub(BEFORE)..bytes.len().min(word.end + AFTER);
        views.extend(decoded(writing, bytes, window));
    }
    views
}

/// The encodings whose signs matter to the literal at `word`. Hardly any literal has some, and
/// nearly all of them pass through here.
fn writings(bytes: &[u8], word: &Range<usize>, literal: Literal) -> [Option<Writing>; 4] {
    let mut writings = [None; 4];
    let mut add = |at: usize| {
        let Some(writing) = matters(bytes, at) else {
            return;
        };
        if let Some(free) = writings.iter_mut().find(|l| l.is_none_or(|l| l == writing)) {
            *free = Some(writing);
        }
    };
    match literal {
        Literal::Value => {
            let rest = &bytes[word.end..bytes.len().min(word.end + TOKEN)];
            let after = rest.iter().position(|b| !ALNUM_AND.has(*b));
            add(word.end + after.unwrap_or(rest.len()));
            let before = &bytes[word.start.saturating_sub(TOKEN)..word.start];
            let before = before.iter().rposition(|b| !ALNUM_AND.has(*b));
            let Some(before) = before else {
                return writings;
            };
            let before = word.start.saturating_sub(TOKEN) + before;
            match bytes[before] {
                // The end of a sign; it may begin a few bytes before.
                b';' | b'}' => (before.saturating_sub(10)..before).for_each(add),
                // `\x5f` may be glued to the literal, and so may a longer one.
                _ => add(before),
            }
        }
        Literal::Name => {
            let rest = &bytes[word.end..bytes.len().min(word.end + NAMED)];
            let line = memchr::memchr(b'\n', rest).map_or(rest, |end| &rest[..end]);
            for at in memchr::memchr3_iter(b'\\', b'%', b'&', line) {
                add(word.end + at);
            }
            for at in memchr::memchr3_iter(0xe2, 0xef, 0xc2, line) {
                add(word.end + at);
            }
            let mut equals = memchr::memchr_iter(b'=', line);
            if let Some(at) = equals.find(|at| line[*at..].starts_with(b"=3D")) {
                add(word.end + at);
            }
        }
    }
    writings
}

/// Whether the token that goes on at `at` ends at an escaped quote behind which another string
/// may follow.
pub(in crate::detect) fn ends_escaped(bytes: &[u8], at: usize) -> bool {
    const GAP: usize = 16;
    let rest = bytes
        .get(at..bytes.len().min(at + TOKEN))
        .unwrap_or_default();
    let end = rest.iter().position(|b| !ALNUM_AND.has(*b));
    let Some([b'\\', b'"' | b'\'', rest @ ..]) = end.map(|end| &rest[end..]) else {
        return false;
    };
    let signs = &rest[..rest.len().min(GAP)];
    let next = signs.iter().find(|b| !b" \\nt)".contains(b));
    next.is_some_and(|b| b"+.&|,<%~^\"'".contains(b))
        || signs.windows(2).any(|two| two == b"\\\"" || two == b"\\'")
}

/// The view of what stands around `word` with escapes of strings decoded.
pub(in crate::detect) fn unescaped(bytes: &[u8], word: &Range<usize>) -> Option<View> {
    let window = word.start.saturating_sub(BEFORE)..bytes.len().min(word.end + AFTER);
    decoded(Writing::Backslash, bytes, window)
}

/// Bytes of tokens.
const ALNUM_AND: ByteSet = ALNUM.or(ByteSet::of(b"_-"));

/// The encoding of the sign at `at`, if it may change what a rule finds: it means something that
/// can be seen, and is no escape that every other string has.
fn matters(bytes: &[u8], at: usize) -> Option<Writing> {
    let writing = match bytes.get(at)? {
        b'%' => Writing::Percent,
        b'\\' => Writing::Backslash,
        b'&' | b']' => Writing::Entity,
        b'=' => Writing::Quoted,
        0xe2 | 0xef | 0xc2 => Writing::Invisible,
        _ => return None,
    };
    let sign = sign_at(writing, bytes, at)?;
    let before = at.checked_sub(1).map_or(b' ', |i| bytes[i]);
    let after = bytes.get(at + sign.width).copied().unwrap_or(b' ');
    let glued = |byte: u8| ALNUM_AND.has(byte);
    let matters = match (writing, sign.meaning()) {
        (_, []) => glued(before) && glued(after),
        // `%2d` of `printf` stands behind a blank or a quote.
        (Writing::Percent, [b' '..=b'~']) => glued(before) || b"=.~/".contains(&before),
        (Writing::Backslash, [b'/']) => glued(before) && glued(after),
        // A string in a string in a string.
        (Writing::Backslash, [b'\\']) => bytes[at..].starts_with(b"\\\\\\\""),
        (Writing::Backslash, [b' '..=b'~']) => sign.width > 2,
        (Writing::Quoted, [byte @ b' '..=b'~']) => glued(before) && !ALNUM.has(*byte),
        (Writing::Entity, [b' '..=b'~']) => true,
        _ => false,
    };
    matters.then_some(writing)
}

/// A view of `range` with all signs decoded; None if there are none that change anything.
fn decoded(writing: Writing, bytes: &[u8], range: Range<usize>) -> Option<View> {
    let mut view = View::new(encoding(writing)).counting_names();
    view.saw(range.clone());
    let (mut copied, mut at) = (range.start, range.start);
    let openers: &[u8] = match writing {
        Writing::Percent => b"%",
        Writing::Backslash => b"\\",
        Writing::Entity => b"&]",
        Writing::Quoted => b"=",
        Writing::Invisible => b"\xe2\xef\xc2",
    };
    while at < range.end {
        let rest = &bytes[at..range.end];
        let next = match *openers {
            [one] => memchr::memchr(one, rest),
            [one, two] => memchr::memchr2(one, two, rest),
            _ => rest.iter().position(|b| openers.contains(b)),
        };
        let Some(next) = next else { break };
        at += next;
        match sign_at(writing, bytes, at).filter(|sign| at + sign.width <= range.end) {
            Some(sign) => {
                if view.is_plain() {
                    view.bytes.reserve_exact(range.len());
                }
                view.copy(bytes, copied..at);
                view.whole(sign.meaning(), at..at + sign.width);
                at += sign.width;
                copied = at;
            }
            None => at += 1,
        }
    }
    if view.is_plain() {
        return None;
    }
    view.copy(bytes, copied..range.end);
    Some(view)
}

//! Values without quotes in text of no known grammar: they end with the string that they
//! stand in, at a blank, or at the sign that separates pairs (`a=b&c=d`, `a=b;c=d`).

use std::ops::Range;

use super::Head;
use super::around::{Around, bracket, closes};
use super::quoted::line;
use crate::rules::class::{ByteSet, WORD};

/// The bytes of a name in a list of pairs.
const NAME: ByteSet = WORD.or(ByteSet::of(b".-"));
/// The signs that separate pairs.
const SEPARATORS: &[u8] = b"&;,|";
/// The signs that are no part of a value if nothing follows them.
const LAST: &[u8] = b",;&|)]}>\"'`\\<([{.:";

/// Where a value without quotes ends.
pub(super) fn end(bytes: &[u8], head: &Head, around: &Around) -> usize {
    let from = head.value.end;
    let ceiling = match around.string {
        Some(open) => open.end,
        None => from + line(bytes, from).len(),
    };
    let walk = Walk {
        bytes,
        ceiling,
        separator: separator(around),
        spaced: holds_blanks(bytes, head, around, ceiling),
        escapes: around.string.is_some() || !around.whole_line,
        // Of a line without its beginning nobody knows which of its quotes open.
        over_quotes: around.string.is_some() || around.whole_line,
    };
    let to = walk.end(in_entity(bytes, from).min(ceiling), around.brackets);
    let signs: &[u8] = if around.string.is_some() {
        b",;&"
    } else {
        LAST
    };
    let kept = bytes[from..to]
        .iter()
        .rev()
        .take_while(|b| signs.contains(b));
    to - kept.count()
}

/// `all` or, if a list of pairs goes on before it, the end of this pair.
pub(super) fn cut(bytes: &[u8], head: &Head, around: &Around, all: usize) -> usize {
    let from = head.value.end.min(all);
    let separator = separator(around);
    let ends = |i: &usize| {
        let byte = bytes[*i];
        Some(byte) == separator
            || SEPARATORS.contains(&byte) && pair_at(bytes, *i + 1, all)
            || closes(&around.brackets, byte)
    };
    (from..all).find(ends).unwrap_or(all)
}

/// The end of `range`, or the separator in it that another pair follows.
pub(super) fn before_pair(bytes: &[u8], range: Range<usize>) -> usize {
    let mut all = range.clone();
    let found = all.find(|&i| b",;".contains(&bytes[i]) && pair_at(bytes, i + 1, range.end));
    found.unwrap_or(range.end)
}

/// The end of `range`, or the separator or blank in it that another pair follows.
pub(super) fn before_any_pair(bytes: &[u8], range: Range<usize>) -> usize {
    let mut all = range.clone();
    let separates = |b: u8| SEPARATORS.contains(&b) || b == b' ';
    let found = all.find(|&i| separates(bytes[i]) && pair_at(bytes, i + 1, range.end));
    found.unwrap_or(range.end)
}

/// The sign that separates the pairs of the list that the name stands in.
fn separator(around: &Around) -> Option<u8> {
    match around.before_name {
        _ if around.name.is_none() => None,
        b'?' | b'&' => Some(b'&'),
        sign @ (b';' | b',' | b'|') => Some(sign),
        _ => None,
    }
}

/// Whether the value may hold blanks: a connection string separates its pairs otherwise, or
/// the whole string is the assignment (`"NAME=…"`), or it began inside the match.
fn holds_blanks(bytes: &[u8], head: &Head, around: &Around, ceiling: usize) -> bool {
    let Some(open) = around.string else {
        return false;
    };
    if separator(around) == Some(b';') || open.at > head.whole.start {
        return true;
    }
    let Some(name) = &around.name else {
        return false;
    };
    let own = open.at + 1 == name.start && bytes.get(name.end) == Some(&b'=');
    let mut after = head.value.end..ceiling;
    let mut listed = || after.any(|i| b" \t".contains(&bytes[i]) && pair_at(bytes, i, ceiling));
    own && head.value.start == name.end + 1 && !listed()
}

/// Whether the name of a further pair stands at `at`, behind blanks.
pub(super) fn pair_at(bytes: &[u8], at: usize, ceiling: usize) -> bool {
    const NAME_MAX: usize = 40;
    let rest = &bytes[at.min(ceiling)..ceiling.min(at + NAME_MAX + 8)];
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b"amp;").unwrap_or(rest);
    let rest = match rest.first() {
        Some(b'"' | b'\'') => &rest[1..],
        _ => rest,
    };
    let mut name = rest.iter().take_while(|b| NAME.has(**b)).count();
    // Names of connection strings may be two words: `User ID=`.
    let second = rest.get(name + 1..).unwrap_or_default();
    let letters = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    if rest.get(name) == Some(&b' ') && letters(rest) == name {
        name += 1 + letters(second);
    }
    let link = rest.get(name..).unwrap_or_default();
    let link = link
        .strip_prefix(b"\"")
        .or(link.strip_prefix(b"'"))
        .unwrap_or(link);
    let starts = rest
        .first()
        .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    let links = match link {
        // Padding of base64.
        [b'=', b'=', ..] | [b'='] => false,
        [b'=', ..] => true,
        [b':', b':' | b'/', ..] => false,
        [b':', ..] => true,
        _ => false,
    };
    starts && links
}

struct Walk<'a> {
    bytes: &'a [u8],
    ceiling: usize,
    separator: Option<u8>,
    spaced: bool,
    /// Whether `\n` stands for the end of a line, and `${` for something else.
    escapes: bool,
    over_quotes: bool,
}

impl Walk<'_> {
    /// Where the value ends that goes on at `from` at least.
    fn end(&self, from: usize, brackets: [u8; 4]) -> usize {
        let mut brackets = brackets;
        let mut at = from;
        while at < self.ceiling {
            let byte = self.bytes[at];
            let next = self
                .bytes
                .get(at + 1)
                .copied()
                .filter(|_| at + 1 < self.ceiling);
            if closes(&brackets, byte) || self.stops(at, byte, next) {
                break;
            }
            bracket(&mut brackets, byte, next);
            at += entity(&self.bytes[at..self.ceiling]).max(1);
        }
        at
    }

    fn stops(&self, at: usize, byte: u8, next: Option<u8>) -> bool {
        let follows = || pair_at(self.bytes, at + 1, self.ceiling);
        match byte {
            b' ' | b'\t' => !self.spaced,
            _ if Some(byte) == self.separator => true,
            b'#' if self.separator == Some(b'&') => true,
            b'&' | b';' | b',' | b'|' => follows(),
            b'<' => next.is_some_and(|b| b.is_ascii_alphabetic() || b == b'/'),
            b'"' | b'\'' | b'`' => !self.over_quotes,
            b'$' | b'#' | b'{' if self.escapes => next == Some(b'{'),
            b'\\' if self.escapes => next.is_some_and(|b| b"nrt".contains(&b)),
            _ => false,
        }
    }
}

/// The end of the entity of XML that `at` stands in, or `at`.
fn in_entity(bytes: &[u8], at: usize) -> usize {
    const LONGEST: usize = 8;
    let near = &bytes[at.saturating_sub(LONGEST)..at];
    let Some(start) = memchr::memrchr(b'&', near) else {
        return at;
    };
    let start = at - near.len() + start;
    at.max(start + entity(&bytes[start..]))
}

/// The length of an entity of XML at the beginning of `text`; its semicolon separates nothing.
fn entity(text: &[u8]) -> usize {
    const NAMES: &[&[u8]] = &[b"&amp;", b"&lt;", b"&gt;", b"&quot;", b"&apos;"];
    if let Some(digits) = text.strip_prefix(b"&#") {
        let len = digits
            .iter()
            .take(6)
            .take_while(|b| b.is_ascii_alphanumeric())
            .count();
        return if digits.get(len) == Some(&b';') {
            len + 3
        } else {
            0
        };
    }
    let name = NAMES.iter().find(|name| text.starts_with(name));
    name.map_or(0, |name| name.len())
}

/// Where the value ends of which a piece in quotes ends at `to`: a word of a shell may go on.
pub(super) fn after_quote(bytes: &[u8], to: usize, quote: u8, around: &Around) -> usize {
    let next = bytes.get(to + 1).copied().unwrap_or(b'\n');
    let more = bytes.get(to) == Some(&quote) && next.is_ascii_alphanumeric();
    if !more || !around.whole_line || quote == b'`' {
        return to;
    }
    let rest = line(bytes, to + 1);
    let word = rest.iter().position(|b| b" \t,;()[]{}<>&|`".contains(b));
    let end = to + 1 + word.unwrap_or(rest.len());
    let last = bytes[to + 1..end]
        .iter()
        .rev()
        .take_while(|b| b"\"'.:\\".contains(b));
    end - last.count()
}

//! Values without quotes in text of no known grammar: they end with the string that they
//! stand in, at a blank, or at the sign that separates pairs (`a=b&c=d`, `a=b;c=d`).

use super::Head;
use super::around::{Around, bracket, closes};
use super::pairs::{SEPARATORS, escaped_and, pair_at};
use super::quoted::{Open, line};
use crate::rules::class::ByteSet;

/// The signs that are no part of a value if nothing follows them.
const LAST: &[u8] = b",;&|)]}>\"'`\\<([{.:";

/// Where a value without quotes ends, at `ceiling` at most. In a line of `settings` nothing
/// but a pair of its list follows the value.
pub(super) fn end(
    bytes: &[u8],
    head: &Head,
    around: &Around,
    ceiling: usize,
    settings: bool,
) -> usize {
    let from = head.value.end;
    let separator = separator(around);
    let spaced = settings || holds_blanks(bytes, head, around, ceiling);
    let paired = matches!(separator, Some(b';' | b'&'));
    let in_string = around.string.is_some();
    let walk = Walk {
        bytes,
        ceiling,
        separator,
        spaced,
        loose: spaced || paired,
        in_string,
        in_code: in_string || !around.whole_line,
        // Of a line without its beginning nobody knows which of its quotes open.
        over_quotes: in_string || around.whole_line,
        brackets: around.brackets,
    };
    let to = walk.end(in_entity(bytes, from).min(ceiling));
    let signs: &[u8] = match in_string || settings {
        true => b",;& ",
        false => LAST,
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
            || escaped_and_ends(bytes, *i, all, separator)
            || closes(&around.brackets, byte)
    };
    (from..all).find(ends).unwrap_or(all)
}

/// The sign that separates the pairs of the list that the name stands in.
pub(super) fn separator(around: &Around) -> Option<u8> {
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
    let own = open.at + 1 == name.start && matches!(bytes.get(name.end), Some(b'=' | b':'));
    let mut after = head.value.end..ceiling;
    let mut listed = || after.any(|i| b" \t".contains(&bytes[i]) && pair_at(bytes, i, ceiling));
    own && head.value.start == name.end + 1 && !listed()
}

struct Walk<'a> {
    bytes: &'a [u8],
    ceiling: usize,
    separator: Option<u8>,
    spaced: bool,
    /// Whether it is known where the pair ends, so that nothing inside of it ends it.
    loose: bool,
    in_string: bool,
    /// Whether `\n` stands for the end of a line, and `${` for something else.
    in_code: bool,
    over_quotes: bool,
    /// The brackets that are open before the value.
    brackets: [u8; 4],
}

impl Walk<'_> {
    /// Where the value ends that goes on at `from` at least.
    fn end(&self, from: usize) -> usize {
        let mut own = [0; 4];
        let mut at = from;
        while at < self.ceiling {
            let byte = self.bytes[at];
            let next = self
                .bytes
                .get(at + 1)
                .copied()
                .filter(|_| at + 1 < self.ceiling);
            let closes_own = closes(&own, byte);
            if !closes_own && closes(&self.brackets, byte) || self.stops(at, byte, next) {
                break;
            }
            bracket(&mut own, byte, next);
            let escaped = self.in_string && byte == b'\\' && next == Some(b'\\');
            at += entity(&self.bytes[at..self.ceiling]).max(1 + usize::from(escaped));
        }
        at.min(self.ceiling)
    }

    fn stops(&self, at: usize, byte: u8, next: Option<u8>) -> bool {
        let follows = || pair_at(self.bytes, at + 1, self.ceiling);
        let and_ends = || escaped_and_ends(self.bytes, at, self.ceiling, self.separator);
        match byte {
            // libpq: `password=a\ b`.
            b' ' | b'\t' => !(self.spaced || self.in_string && self.bytes[..at].ends_with(b"\\")),
            _ if Some(byte) == self.separator => true,
            b'#' if self.separator == Some(b'&') => next != Some(b'{'),
            b'&' | b';' | b',' | b'|' => follows(),
            b'<' if self.in_string && self.loose => false,
            b'<' => next.is_some_and(|b| b.is_ascii_alphabetic() || b == b'/'),
            b'"' | b'\'' | b'`' => !self.over_quotes,
            b'$' | b'#' | b'{' if self.in_code && !self.loose => next == Some(b'{'),
            b'\\' if self.in_string && and_ends() => true,
            b'\\' if self.in_code && next.is_some_and(|b| b"nrt".contains(&b)) => {
                !self.loose || self.ends_line(at)
            }
            _ => false,
        }
    }

    /// Whether nothing but another pair follows the ends of lines, written as escapes, at `at`.
    fn ends_line(&self, at: usize) -> bool {
        let mut at = at;
        while let Some([b'\\', b'n' | b'r' | b't']) = self.bytes.get(at..at + 2) {
            at += 2;
        }
        at >= self.ceiling || pair_at(self.bytes, at, self.ceiling)
    }
}

/// Whether an `&` that is written as an escape stands at `at` and ends a pair of a list that
/// `separator` separates; the list ends at `to`.
fn escaped_and_ends(bytes: &[u8], at: usize, to: usize, separator: Option<u8>) -> bool {
    let width = escaped_and(&bytes[at..to]);
    width > 0 && (separator == Some(b'&') || pair_at(bytes, at + width, to))
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
    if text.first() != Some(&b'&') {
        return 0;
    }
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

/// Where the value ends of which a piece in quotes ends at `to`: a word of a shell may go
/// on, with or without further quotes.
pub(super) fn after_quote(
    bytes: &[u8],
    to: usize,
    quote: u8,
    around: &Around,
    outer: Option<&Open>,
) -> usize {
    let next = bytes.get(to + 1).copied().unwrap_or(b'\n');
    if bytes.get(to) != Some(&quote) || !around.whole_line || quote == b'`' {
        return to;
    }
    const SIGNS: ByteSet = ByteSet::of(b" \t,;()[]{}<>&|`");
    let may_open = matches!(next, b'"' | b'\'') && next != quote;
    if !next.is_ascii_alphanumeric() && !may_open {
        return to;
    }
    let limit = outer.map_or(bytes.len(), |o| o.end.clamp(to, bytes.len()));
    let rest = line(&bytes[..limit], to + 1);
    let opens = may_open
        && rest.get(1).is_some_and(|b| !SIGNS.has(*b))
        && memchr::memchr(next, &rest[1..]).is_some();
    if !next.is_ascii_alphanumeric() && !opens {
        return to;
    }
    let mut inside = None;
    let ends = |b: &u8| {
        match inside {
            Some(quote) if quote == *b => inside = None,
            None if opens && matches!(b, b'"' | b'\'') => inside = Some(*b),
            _ => return inside.is_none() && SIGNS.has(*b),
        }
        false
    };
    let word = rest.iter().position(ends);
    let end = to + 1 + word.unwrap_or(rest.len());
    let last = bytes[to + 1..end]
        .iter()
        .rev()
        .take_while(|b| b"\"'.:\\".contains(b));
    end - last.count()
}

//! Words of shells: pieces with and without quotes in a row.

use super::Head;
use super::around::Around;
use super::lists;
use super::quoted::{Open, line};
use crate::detect::forms::assignments::ends_there;

/// The bytes that end a word and begin something else.
const META: &[u8] = b";|&<>()";

/// Where the word ends that has no quote at `start`, at one of `meta`, a blank or the end of
/// the line; not before `end`.
pub(super) fn word(bytes: &[u8], start: usize, end: usize, meta: &[u8]) -> usize {
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if bytes.get(at + 1) == Some(&b'\r') => at += 3,
            b'\\' => at += 2,
            b'"' | b'\'' => match piece_end(bytes, at + 1, byte) {
                Some(close) => at = close + 1,
                // A quote that stays open closes a string of earlier lines, or is a slip.
                None if ends_there(bytes, at + 1) => break,
                None => at += 1,
            },
            b' ' | b'\t' | b'\r' | b'\n' => break,
            _ if meta.contains(&byte) => break,
            _ => at += 1,
        }
    }
    let at = at.min(bytes.len());
    // A quote that closes the last piece is no part of the value.
    let quoted = at > end + 1 && b"\"'".contains(&bytes[at - 1]) && bytes[at - 2] != b'\\';
    (at - usize::from(quoted)).max(end)
}

/// Where a piece of a word ends on its line, whose quote stands before `at`. A backslash
/// escapes in `"…"` and in `$'…'`.
pub(super) fn piece_end(bytes: &[u8], at: usize, quote: u8) -> Option<usize> {
    let rest = line(bytes, at);
    if quote == b'\'' && !bytes[..at - 1].ends_with(b"$") {
        return memchr::memchr(quote, rest).map(|i| at + i);
    }
    let mut from = 0;
    while let Some(&byte) = rest.get(from) {
        match byte {
            b'\\' => from += 1,
            _ if byte == quote => return Some(at + from),
            _ => {}
        }
        from += 1;
    }
    None
}

/// Where a word ends that may be a list of pairs: `user=a,password=b`.
pub(super) fn in_list(bytes: &[u8], head: &Head, around: &Around) -> usize {
    let all = word(bytes, head.value.start, head.value.end, META);
    lists::cut(bytes, head, around, all)
}

/// Where the word ends of which a piece in quotes ends at `to`, in the string `outer` if
/// there is one. What separates the items of a list (`"a", "b"`) is none of it.
pub(super) fn after_quote(
    bytes: &[u8],
    to: usize,
    quote: u8,
    around: &Around,
    outer: Option<&Open>,
) -> usize {
    const SEPARATES: &[u8] = b",:;)]}|&<>";
    let limit = outer.map_or(bytes.len(), |o| o.end.clamp(to, bytes.len()));
    let rest = line(&bytes[..limit], to + 1);
    let signs = rest.iter().take_while(|b| SEPARATES.contains(b)).count();
    let separated = matches!(rest.get(signs), None | Some(b' ' | b'\t'));
    let data = outer.is_some() || around.in_document || around.link == b':';
    let listed = signs > 0 && data;
    if bytes.get(to) != Some(&quote) || separated || listed {
        return to;
    }
    let all = word(&bytes[..limit], to + 1, to + 1, META);
    if all > to + 1 { all } else { to }
}

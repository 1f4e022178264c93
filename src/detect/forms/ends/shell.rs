//! Words of shells: pieces with and without quotes in a row.

use super::Head;
use super::around::Around;
use super::lists;
use super::quoted::string_end;

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
            b'"' | b'\'' => match string_end(bytes, at + 1, byte, false) {
                Some(close) => at = close + 1,
                None => break,
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

/// Where a word ends that may be a list of pairs: `user=a,password=b`.
pub(super) fn in_list(bytes: &[u8], head: &Head, around: &Around) -> usize {
    let all = word(bytes, head.value.start, head.value.end, META);
    lists::cut(bytes, head, around, all)
}

/// Where the word ends of which a piece in quotes ends at `to`.
pub(super) fn after_quote(bytes: &[u8], to: usize, quote: u8) -> usize {
    if bytes.get(to) != Some(&quote) {
        return to;
    }
    let all = word(bytes, to + 1, to + 1, META);
    if all > to + 1 { all } else { to }
}

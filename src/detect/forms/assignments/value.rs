//! Reads the value after a link: a string, a call, a block of YAML or a bare word.

use std::ops::Range;

use super::bytes::{BLANK, GAP, VALUE_MAX, WHITE, run};
use super::calls::wrapped_at;
use super::link::{Link, field_after};
use super::literals::bracketed_at;
use super::several;
use super::strings::{Found, Quote, is_key, quoted_at, scheme, trimmed};
use crate::rules::class::{ByteSet, WORD};

/// The bytes that end a value without quotes.
pub(super) const BARE_END: ByteSet = ByteSet::of(b" \t\r\n\"'`<>,;(){}[]|\\&\0");

/// The value that begins at `at`, behind blanks, string prefixes and wrappers.
pub(super) fn value_at(bytes: &[u8], at: usize, link: Link) -> Option<Found> {
    let mut at = at + run(bytes, at, GAP, &BLANK);
    let paired = link == Link::Arrow && bytes.get(at) == Some(&b'q');
    if (link == Link::Equals || paired)
        && let Some(found) = bracketed_at(bytes, at)
    {
        return Some(found);
    }
    // The first item of a list, or a pair whose first half is nothing: `["x"`, `(None, "x"`.
    // `<password> ("a"|"b")` describes arguments.
    if link != Link::Element && matches!(bytes.get(at), Some(b'[' | b'(' | b'{')) {
        let inner = inside(bytes, at);
        let inner = match bytes.get(inner..) {
            Some(rest) if rest.starts_with(b"None, ") => inner + 6,
            _ => inner,
        };
        let field = field_after(bytes, at + 1).filter(|_| bytes[at] == b'{');
        if let Some((_, value)) = field {
            at = value + run(bytes, value, 4, &BLANK);
        } else if quoted_at(bytes, inner).is_some_and(|found| !is_key(bytes, &found)) {
            at = inner;
        }
    }
    at = behind_separator(bytes, at);
    if matches!(link, Link::Colon | Link::Field) {
        at = after_properties(bytes, at);
    }
    if let Some(found) = quoted_at(bytes, at) {
        return Some(found);
    }
    if link == Link::Element {
        return element_at(bytes, at);
    }
    if let Some(found) = several::document(bytes, at) {
        return Some(Found {
            quote: Quote::Plain(b'"'),
            ..bare(found.head)
        });
    }
    if link == Link::Colon {
        at += properties(bytes, at);
    }
    if link == Link::Colon && matches!(bytes.get(at), Some(b'|' | b'>')) {
        return block_at(bytes, at);
    }
    at += scheme(bytes.get(at..bytes.len().min(at + 16))?);
    if let Some(found) = wrapped_at(bytes, at) {
        return found;
    }
    let found = bare_at(bytes, at)?;
    let text = &bytes[found.span.clone()];
    match memchr::memchr(b'#', text).filter(|_| link == Link::Param) {
        Some(fragment) => (fragment > 0).then(|| bare(at..at + fragment)),
        None => Some(found),
    }
}

/// The value without quotes at `at`.
pub(super) fn bare_at(bytes: &[u8], at: usize) -> Option<Found> {
    let limit = bytes.len().min(at + VALUE_MAX);
    let len = bare_len(bytes.get(at..limit)?, &ENDS);
    (len > 0).then(|| bare(at..at + len))
}

/// A value without quotes.
pub(super) fn bare(span: Range<usize>) -> Found {
    Found {
        end: span.end,
        span,
        quote: Quote::Bare,
        callee: None,
        fallback: false,
    }
}

/// Where the first item begins in the bracket at `at`: on the next line only if it is one of
/// several strings that are one value.
fn inside(bytes: &[u8], at: usize) -> usize {
    let near = at + 1 + run(bytes, at + 1, 4, &BLANK);
    let far = at + 1 + run(bytes, at + 1, GAP, &WHITE);
    let items = |found: &Found| {
        let next = found.end + run(bytes, found.end, GAP, &WHITE);
        bytes.get(next) != Some(&b',')
    };
    let one = || bytes[at] == b'(' && quoted_at(bytes, far).is_some_and(|found| items(&found));
    if far > near && one() { far } else { near }
}

/// Where the first string of a list begins, if an empty string joins them at `at`:
/// `"".join(["x"`.
fn behind_separator(bytes: &[u8], at: usize) -> usize {
    const JOIN: &[u8] = b".join(";
    let rest = bytes.get(at..).unwrap_or_default();
    let empty = rest.starts_with(b"\"\"") || rest.starts_with(b"''");
    if !empty || !rest[2..].starts_with(JOIN) {
        return at;
    }
    let mut at = at + 2 + JOIN.len();
    for _ in 0..2 {
        at += run(bytes, at, GAP, &WHITE);
        at += usize::from(matches!(bytes.get(at), Some(b'[' | b'(' | b'{')));
    }
    at + run(bytes, at, GAP, &WHITE)
}

/// The length of the tags and anchors of a node of YAML, of whatever kind, before a block:
/// `!Sub |`.
fn properties(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..bytes.len().min(at + GAP)];
    let mut len = 0;
    while matches!(rest.get(len), Some(b'!' | b'&')) {
        let word = rest[len..].iter().position(|b| b.is_ascii_whitespace());
        let Some(word) = word else { return 0 };
        len += word + run(rest, len + word, 4, &BLANK);
    }
    match rest.get(len) {
        Some(b'|' | b'>') => len,
        _ => 0,
    }
}

/// The same, for a look at many bytes.
const ENDS: [bool; 256] = BARE_END.table();

/// How many bytes of `text` belong to a value without quotes, which one of `ends` ends: those of
/// [`BARE_END`] and `#` at most. Such a value may be long, and many names may stand in it, so this
/// looks at many bytes at a time.
pub(super) fn bare_len(text: &[u8], ends: &[bool; 256]) -> usize {
    // Most values are short.
    const SHORT: usize = 16;
    let (near, far) = text.split_at(text.len().min(SHORT));
    if let Some(end) = near.iter().position(|b| ends[usize::from(*b)]) {
        return end;
    }
    // All that may end it and a few more, in a form that compilers turn into vectors.
    let may_end = |b: u8| {
        u8::from(b <= b' ')
            | u8::from(b == b'"')
            | u8::from(b == b'#')
            | u8::from(b.wrapping_sub(b'&') < 4)
            | u8::from(b == b',')
            | u8::from(b == b';')
            | u8::from(b | 2 == b'>')
            | u8::from((b & 0xdf).wrapping_sub(b'[') < 3)
            | u8::from(b == b'`')
    };
    let mut at = near.len();
    for chunk in far.chunks_exact(32) {
        if chunk.iter().fold(0, |any, b| any | may_end(*b)) != 0
            && let Some(found) = chunk.iter().position(|b| ends[usize::from(*b)])
        {
            return at + found;
        }
        at += chunk.len();
    }
    let rest = &text[at..];
    at + rest
        .iter()
        .position(|b| ends[usize::from(*b)])
        .unwrap_or(rest.len())
}

/// Where a value of YAML begins behind its anchor and the tag of a type: `&db !!str x`.
/// Other tags have the program do something: `!vault`, `!Ref`.
fn after_properties(bytes: &[u8], at: usize) -> usize {
    let mut at = at;
    for _ in 0..2 {
        let name = match bytes.get(at..) {
            Some([b'!', b' ', ..]) => 1,
            Some([b'!', b'!', ..]) => 2 + run(bytes, at + 2, 16, &WORD),
            Some([b'&', ..]) => 1 + run(bytes, at + 1, 32, &WORD.or(ByteSet::of(b"-"))),
            _ => break,
        };
        let blanks = run(bytes, at + name, GAP, &BLANK);
        if blanks == 0 {
            break;
        }
        at += name + blanks;
    }
    at
}

/// The text of an element of XML, if it is one word: all up to its end tag, also on a line of
/// its own. In braces around it stands code.
pub(super) fn element_at(bytes: &[u8], at: usize) -> Option<Found> {
    const TEXT: ByteSet = ByteSet::range(b'!', b'~').without(ByteSet::of(b"<"));
    const DATA: &[u8] = b"<![CDATA[";
    let mut at = at + run(bytes, at, 2 * GAP, &WHITE);
    let data = bytes.get(at..).is_some_and(|rest| rest.starts_with(DATA));
    at += usize::from(data) * DATA.len();
    let end = at + run(bytes, at, VALUE_MAX, &TEXT);
    if data {
        let end = at + memchr::memmem::find(&bytes[at..end], b"]]").unwrap_or(0);
        return (end > at).then(|| bare(at..end));
    }
    let close = end + run(bytes, end, 2 * GAP, &WHITE);
    let closed = bytes
        .get(close..)
        .is_some_and(|rest| rest.starts_with(b"</"));
    let code = bytes.get(at) == Some(&b'{') || bytes[at..end].ends_with(b"}");
    if end > at && !closed && bytes.get(end) == Some(&b' ') {
        return phrase_at(bytes, at);
    }
    (end > at && closed && !code).then(|| bare(trimmed(bytes, at..end)))
}

/// The text of an element of XML at `at`, if it is several words in lower case, up to its end tag.
fn phrase_at(bytes: &[u8], at: usize) -> Option<Found> {
    const LONGEST: usize = 96;
    const TEXT: ByteSet = ByteSet::range(b'a', b'z').or(ByteSet::of(b" "));
    let end = at + run(bytes, at, LONGEST, &TEXT);
    let closed = bytes.get(end..).is_some_and(|rest| rest.starts_with(b"</"));
    closed.then(|| Found {
        quote: Quote::Plain(b'"'),
        ..bare(at..end)
    })
}

/// The first line of a YAML block scalar (`|`, `>-`) with its indicator at `at`, if that
/// line is one word.
fn block_at(bytes: &[u8], at: usize) -> Option<Found> {
    let mut at = at + 1 + run(bytes, at + 1, 2, &ByteSet::of(b"+-123456789"));
    at += run(bytes, at, 4, &BLANK);
    if bytes.get(at) == Some(&b'#') && b" \t".contains(&bytes[at - 1]) {
        let comment = &bytes[at..bytes.len().min(at + 2 * GAP)];
        let end = comment.iter().position(|b| b"\r\n".contains(b));
        at += end.unwrap_or(comment.len());
    }
    at += usize::from(bytes.get(at) == Some(&b'\r'));
    if bytes.get(at) != Some(&b'\n') {
        return None;
    }
    let indent = run(bytes, at + 1, GAP, &BLANK);
    let start = at + 1 + indent;
    let rest = bytes.get(start..bytes.len().min(start + VALUE_MAX))?;
    let len = rest.iter().position(|b| BARE_END.has(*b))?;
    let ends_line = matches!(rest.get(len), Some(b'\n' | b'\r'));
    (indent > 0 && len > 0 && ends_line).then(|| bare(start..start + len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_without_quotes_end_at_each_byte_that_ends_them() {
        for byte in 0..=255 {
            for (at, len) in [(0, 1), (5, 40), (31, 64), (63, 100), (99, 100)] {
                let mut text = vec![b'a'; len];
                text[at] = byte;
                for end in [BARE_END, BARE_END.or(ByteSet::of(b"#"))] {
                    let wanted = if end.has(byte) { at } else { len };
                    let found = bare_len(&text, &end.table());
                    assert_eq!(found, wanted, "{byte} at {at} of {len}");
                }
            }
        }
    }
}

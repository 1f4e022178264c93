//! Reads strings: quotes of all kinds, prefixes, escapes.

use std::ops::Range;

use super::bytes::{BLANK, VALUE_MAX, run};
use super::several;
use crate::rules::class::ByteSet;

/// How a value is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Quote {
    /// Not at all.
    Bare,
    /// `"`, `'`, a backquote.
    Plain(u8),
    /// Inside another string: `\"`, `&quot;`.
    Escaped,
}

/// A value, and how it stands there.
pub(super) struct Found {
    pub(super) span: Range<usize>,
    /// Just after the closing quote.
    pub(super) end: usize,
    pub(super) quote: Quote,
    pub(super) callee: Option<Range<usize>>,
    pub(super) fallback: bool,
}

/// The string that begins at `at`, with or without a prefix: `b"…"`, `r'…'`, `\"…\"`,
/// `@"…"`.
pub(super) fn quoted_at(bytes: &[u8], at: usize) -> Option<Found> {
    let mut at = at;
    let prefix = run(bytes, at, 3, &ByteSet::of(b"bBrRfFuULN@$&#"));
    if prefix > 0 && matches!(bytes.get(at + prefix), Some(b'"' | b'\'')) {
        at += prefix;
    }
    let limit = bytes.len().min(at + 8 + VALUE_MAX);
    let open = entity(bytes, at);
    if open > 0 {
        let start = at + open;
        let end = start + memchr::memchr2(b'&', b'\n', bytes.get(start..limit)?)?;
        return (end > start && bytes[end] == b'&').then_some(Found {
            span: start..end,
            end: end + entity(bytes, end),
            quote: Quote::Escaped,
            callee: None,
            fallback: false,
        });
    }
    let escaped = bytes.get(at) == Some(&b'\\') && matches!(bytes.get(at + 1), Some(b'"' | b'\''));
    at += usize::from(escaped);
    let &quote = bytes.get(at).filter(|b| b"\"'`".contains(b))?;
    let triple = bytes.get(at + 1) == Some(&quote) && bytes.get(at + 2) == Some(&quote);
    // Markdown and reStructuredText write code in one or two backquotes.
    let double = quote == b'`' && !triple && bytes.get(at + 1) == Some(&quote);
    let start = at + if triple { 3 } else { 1 + usize::from(double) };
    let end = quoted_end(bytes, start, limit, quote, escaped);
    let one_line = |end: &usize| !bytes[start..*end].contains(&b'\n');
    let Some(end) = end.filter(one_line) else {
        let found = several::string(bytes, start, quote, triple).filter(|_| !escaped)?;
        return Some(Found {
            end: found.head.end,
            span: found.head,
            quote: Quote::Plain(quote),
            callee: None,
            fallback: false,
        });
    };
    let start = start + scheme(bytes.get(start..end)?);
    (end > start).then(|| Found {
        span: trimmed(bytes, start..end),
        end: end + 1 + usize::from(escaped),
        quote: if escaped {
            Quote::Escaped
        } else {
            Quote::Plain(quote)
        },
        callee: None,
        fallback: false,
    })
}

/// Whether a string is the key of a pair: `"x": …`, `"x" => …`.
pub(super) fn is_key(bytes: &[u8], found: &Found) -> bool {
    let at = found.end + run(bytes, found.end, 4, &BLANK);
    matches!(bytes.get(at), Some(b':' | b'='))
}

/// The value in a string without the blanks and line ends at its ends, if it is one word with
/// letters and digits. Blanks around other text make it a part of some text.
pub(super) fn trimmed(bytes: &[u8], span: Range<usize>) -> Range<usize> {
    const LEAST: usize = 8;
    let text = &bytes[span.clone()];
    let head = white_before(text);
    let tail = white_after(&text[head..]);
    if head + tail == 0 {
        return span;
    }
    let word = &text[head..text.len() - tail];
    let has = |kind: fn(&u8) -> bool| word.iter().any(kind);
    let one = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    match word.len() >= LEAST && one && !has(u8::is_ascii_whitespace) {
        true => span.start + head..span.end - tail,
        false => span,
    }
}

/// How line ends and tabs are written in strings and in XML.
const ESCAPES: [&[u8]; 9] = [
    b"\\n", b"\\r", b"\\t", b"&#10;", b"&#13;", b"&#xA;", b"&#xD;", b"&#xa;", b"&#xd;",
];

/// The length of the white space with which `text` begins, also escaped.
fn white_before(text: &[u8]) -> usize {
    let mut at = 0;
    while text.get(at).is_some_and(|b| b" \t\\&".contains(b)) {
        let rest = &text[at..];
        match ESCAPES.iter().find(|escape| rest.starts_with(escape)) {
            _ if b" \t".contains(&rest[0]) => at += 1,
            Some(escape) => at += escape.len(),
            None => break,
        }
    }
    at
}

/// The length of the white space with which `text` ends, also escaped.
fn white_after(text: &[u8]) -> usize {
    let mut end = text.len();
    while let Some(last) = text[..end].last().filter(|b| b" \tnrt;".contains(b)) {
        let head = &text[..end];
        match ESCAPES.iter().find(|escape| head.ends_with(escape)) {
            _ if b" \t".contains(last) => end -= 1,
            // A backslash that is escaped escapes nothing.
            Some(escape) if !head[..end - escape.len()].ends_with(b"\\") => end -= escape.len(),
            _ => break,
        }
    }
    text.len() - end
}

/// The length of the scheme before a header's value: `Bearer …`, `token …`.
pub(super) fn scheme(text: &[u8]) -> usize {
    const SCHEMES: &[&[u8]] = &[
        b"bearer ", b"basic ", b"token ", b"apikey ", b"bot ", b"ntlm ",
    ];
    let first = text.first().map_or(0, u8::to_ascii_lowercase);
    let found = SCHEMES
        .iter()
        .find(|s| s[0] == first && text.len() > s.len() && text[..s.len()].eq_ignore_ascii_case(s));
    // `Token Dropbox` is a label.
    let label = |s: &&&[u8]| {
        let rest = text[s.len()..].trim_ascii();
        s[0] == b't' && rest.len() < 16 && rest.iter().all(u8::is_ascii_alphabetic)
    };
    found.filter(|s| !label(s)).map_or(0, |s| s.len())
}

/// The closing quote, on the same line, of the string that began before `start`.
fn quoted_end(bytes: &[u8], start: usize, limit: usize, quote: u8, escaped: bool) -> Option<usize> {
    let mut at = start;
    let mut literal = None;
    while at < limit {
        match bytes[at] {
            b'\n' | b'\r' => break,
            b'\\' if escaped => return Some(at),
            b'\\' => {
                at += 1;
                if bytes.get(at) == Some(&quote) && ends_there(bytes, at + 1) {
                    literal = Some(at);
                    if ends_tag(bytes, at + 1) {
                        break;
                    }
                }
            }
            // Inside another string, a plain quote ends the outer one.
            byte if byte == quote => return (!escaped).then_some(at),
            _ => {
                at = sign_in_string(&bytes[..limit], at, quote);
                continue;
            }
        }
        at += 1;
    }
    // Where a backslash stands for itself, a quote behind it ends the string.
    literal.filter(|_| !escaped)
}

/// The first quote, backslash or line end from `at` on, or the end of `bytes`. Most bytes of a
/// string are none of these.
pub(in crate::detect) fn sign_in_string(bytes: &[u8], at: usize, quote: u8) -> usize {
    const NEAR: usize = 24;
    let rest = bytes.get(at..).unwrap_or_default();
    let (near, far) = rest.split_at(rest.len().min(NEAR));
    let is_sign = |b: &u8| *b == quote || matches!(b, b'\\' | b'\n' | b'\r');
    if let Some(next) = near.iter().position(is_sign) {
        return at + next;
    }
    let next = memchr::memchr3(quote, b'\\', b'\n', far).unwrap_or(far.len());
    at + near.len() + memchr::memchr(b'\r', &far[..next]).unwrap_or(next)
}

/// Whether a tag of XML ends at `at`, in which no backslash escapes the quote before.
pub(in crate::detect) fn ends_tag(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.starts_with(b"/>") || rest.starts_with(b" />")
}

/// Whether a value has ended before `at`: the line ends there, or a sign follows that
/// separates it from what comes next.
pub(in crate::detect) fn ends_there(bytes: &[u8], at: usize) -> bool {
    let next = bytes.get(at).copied().unwrap_or(b'\n');
    b"\r\n \t,;)]}>/".contains(&next)
}

/// The length of an entity that stands for a quote: `&quot;`, `&#34;`, `&#39;`.
pub(super) fn entity(bytes: &[u8], at: usize) -> usize {
    const QUOTES: &[&[u8]] = &[b"&quot;", b"&#34;", b"&#39;", b"&apos;"];
    let rest = bytes.get(at..).unwrap_or(&[]);
    if rest.first() != Some(&b'&') {
        return 0;
    }
    QUOTES
        .iter()
        .find(|q| rest.starts_with(q))
        .map_or(0, |q| q.len())
}

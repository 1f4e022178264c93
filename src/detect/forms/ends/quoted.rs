//! Where strings end: escaped and doubled quotes, three quotes, raw strings, entities.

use std::ops::Range;

use super::pairs::pair_at;
use crate::detect::forms::assignments::{ends_tag, ends_there, sign_in_string};

/// A string that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) quote: u8,
    /// Whether its quotes are written `\"`.
    pub(super) escaped: bool,
    /// Where its quote stands.
    pub(super) at: usize,
    /// Where it ends.
    pub(super) end: usize,
}

/// What opens a value directly before its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// `"`, `'`, a backquote.
    Quote(u8),
    /// Three of them.
    Triple(u8),
    /// Two backquotes.
    Double,
    /// `\"` inside another string.
    Escaped(u8),
    /// `&quot;`
    Entity(&'static [u8]),
}

/// What opens the value whose head begins at `start`, if it is quoted.
pub(super) fn opened(bytes: &[u8], start: usize) -> Option<Opened> {
    const ENTITIES: &[&[u8]] = &[b"&quot;", b"&#34;", b"&#39;", b"&apos;"];
    let before = &bytes[start.saturating_sub(16)..start];
    let before = without_scheme(before);
    if let Some(entity) = ENTITIES.iter().find(|e| before.ends_with(e)) {
        return Some(Opened::Entity(entity));
    }
    let &quote = before.last().filter(|b| b"\"'`".contains(b))?;
    let rest = &before[..before.len() - 1];
    if rest.ends_with(b"\\") && quote != b'`' {
        return Some(Opened::Escaped(quote));
    }
    Some(match rest.ends_with(&[quote]) {
        true if rest.ends_with(&[quote, quote]) => Opened::Triple(quote),
        true if quote == b'`' => Opened::Double,
        _ => Opened::Quote(quote),
    })
}

/// `before` without the scheme of a header (`Bearer `), if a quote stands before that.
fn without_scheme(before: &[u8]) -> &[u8] {
    let word = before.strip_suffix(b" ").unwrap_or(before);
    let letters = word.iter().rev().take_while(|b| b.is_ascii_alphabetic());
    let scheme = word.len() - letters.count();
    let known = word.len() < before.len()
        && [
            &b"bearer"[..],
            b"basic",
            b"token",
            b"apikey",
            b"bot",
            b"ntlm",
        ]
        .iter()
        .any(|s| word[scheme..].eq_ignore_ascii_case(s));
    if known { &before[..scheme] } else { before }
}

/// Where the value with this head ends whose string `opened`, perhaps inside of an `outer`
/// one; never before the head.
pub(super) fn end(
    bytes: &[u8],
    head: &Range<usize>,
    opened: Opened,
    outer: Option<&Open>,
) -> usize {
    let Range { start, end } = *head;
    let to = match opened {
        Opened::Quote(quote) if outer.is_some_and(|o| o.quote != quote && !o.escaped) => {
            outer.and_then(|outer| nested_end(bytes, start, quote, outer))
        }
        Opened::Quote(quote) => {
            raw_end(bytes, start, quote).or_else(|| string_end(bytes, start, quote, false))
        }
        Opened::Triple(quote) => {
            triple_end(bytes, end, quote).or_else(|| string_end(bytes, start, quote, false))
        }
        Opened::Double => memchr::memmem::find(line(bytes, end), b"``").map(|i| end + i),
        Opened::Escaped(quote) => string_end(bytes, start, quote, true),
        Opened::Entity(entity) => memchr::memmem::find(line(bytes, end), entity).map(|i| end + i),
    };
    to.map_or(end, |to| to.max(end))
}

/// What is left of the line at `at`.
pub(super) fn line(bytes: &[u8], at: usize) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    &rest[..memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())]
}

/// The quote that ends, on this line, the string that `at` stands in. Doubled quotes, and
/// quotes that a shell escapes outside of the string (`'\''`, `'"'"'`), go on with it.
pub(in crate::detect) fn string_end(
    bytes: &[u8],
    at: usize,
    quote: u8,
    escaped: bool,
) -> Option<usize> {
    if escaped {
        return escaped_end(bytes, at, quote);
    }
    let mut at = at;
    let mut first = None;
    let mut escaped = None;
    while let Some(&byte) = bytes.get(at).filter(|b| !b"\n\r".contains(b)) {
        if byte == b'\\' {
            if bytes.get(at + 1) == Some(&quote) && ends_there(bytes, at + 2) {
                escaped = Some(at + 1);
                if ends_tag(bytes, at + 2) {
                    break;
                }
            }
            let ends_line = bytes[at + 1..].starts_with(b"\r\n");
            at += if ends_line { 3 } else { 2 };
            continue;
        }
        if byte != quote {
            at = sign_in_string(bytes, at, quote);
            continue;
        }
        first = first.or(Some(at));
        match goes_on(&bytes[at + 1..], quote) {
            // The string that would go on does not end: this was its end.
            0 => return Some(at),
            more => at += 1 + more,
        }
    }
    // Where a backslash stands for itself, a quote behind it ends the string.
    first.or(escaped)
}

/// Where a string ends on this line that stands inside of the string `outer`, whose
/// backslashes are escaped: `"password='a\\'b'"`.
pub(super) fn nested_end(bytes: &[u8], at: usize, quote: u8, outer: &Open) -> Option<usize> {
    let limit = outer.end.min(bytes.len());
    let bytes = &bytes[..limit];
    let mut at = at;
    let mut first = None;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'\\' && byte != quote {
            at += 1;
            continue;
        }
        let run = bytes[at..].iter().take_while(|b| **b == b'\\').count();
        at += run;
        if bytes.get(at) != Some(&quote) {
            continue;
        }
        if run % 4 == 0 {
            first = first.or(Some(at));
            match goes_on(&bytes[at + 1..], quote) {
                0 => return Some(at),
                more => at += 1 + more,
            }
            continue;
        }
        // A quote that looks escaped ends the string if another pair follows.
        first = first.or(Some(at));
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        if at + 1 == limit || b" ;,&".contains(&next) && pair_at(bytes, at + 2, limit) {
            return Some(at);
        }
        at += 1;
    }
    first
}

/// Where a string ends on this line in which only a doubled quote stands for a quote.
pub(super) fn doubled_end(bytes: &[u8], at: usize, quote: u8) -> Option<usize> {
    let rest = line(bytes, at);
    let mut from = 0;
    let mut first = None;
    while let Some(found) = memchr::memchr(quote, &rest[from..]) {
        let to = from + found;
        first = first.or(Some(at + to));
        if rest.get(to + 1) != Some(&quote) {
            return Some(at + to);
        }
        from = to + 2;
    }
    first
}

/// How many bytes after a quote belong to the quote that the string goes on with.
fn goes_on(rest: &[u8], quote: u8) -> usize {
    let signs: &[&[u8]] = match quote {
        b'\'' => &[b"'", b"\\''", b"\\\\''", b"\"'\"'"],
        b'"' => &[b"\"", b"\\\"\"", b"'\"'\""],
        _ => &[],
    };
    let found = signs.iter().find(|s| rest.starts_with(s));
    found.map_or(0, |s| s.len())
}

/// The `\"` that ends the string that `at` stands in, which is written inside another one:
/// without the outer one's escapes a plain quote stands there.
fn escaped_end(bytes: &[u8], at: usize, quote: u8) -> Option<usize> {
    let mut at = at;
    let mut first = None;
    while let Some(&byte) = bytes.get(at).filter(|b| !b"\n\r".contains(b)) {
        if byte == b'\\' {
            let run = bytes[at..].iter().take_while(|b| **b == b'\\').count();
            let after = at + run + 1;
            let is_quote = bytes.get(at + run) == Some(&quote);
            if is_quote && run % 4 == 1 {
                first = first.or(Some(at + run - 1));
                // Doubled: `\"a\"\"b\"`.
                let doubled =
                    bytes.get(after) == Some(&b'\\') && bytes.get(after + 1) == Some(&quote);
                if !doubled {
                    return Some(at + run - 1);
                }
                at = after + 2;
                continue;
            }
            at += run + usize::from(run % 2 == 1);
        } else if byte == quote {
            return first;
        } else {
            at = sign_in_string(bytes, at, quote);
        }
    }
    first
}

/// The three quotes that end a string. Quotes directly before them belong to the value.
pub(super) fn triple_end(bytes: &[u8], at: usize, quote: u8) -> Option<usize> {
    let found = memchr::memmem::find(bytes.get(at..)?, &[quote; 3])?;
    let to = at + found;
    let more = bytes[to + 3..].iter().take(2);
    Some(to + more.take_while(|b| **b == quote).count())
}

/// The end of a raw string: `R"x(…)x"` of C++, `r#"…"#` of Rust, `#"…"#` of Swift.
fn raw_end(bytes: &[u8], start: usize, quote: u8) -> Option<usize> {
    let before = bytes[..start].strip_suffix(b"\"")?;
    let signs = before
        .iter()
        .rev()
        .take(9)
        .take_while(|b| **b == b'#')
        .count();
    if quote == b'"' && signs > 0 {
        let rest = line(bytes, start);
        let close = [&b"\"#########"[..=signs]].concat();
        return memchr::memmem::find(rest, &close).map(|i| start + i);
    }
    let raw = quote == b'"' && before.ends_with(b"R");
    let text = bytes.get(start..).filter(|_| raw)?;
    let open = text.iter().take(17).position(|b| *b == b'(')?;
    let close = [b")", &text[..open], b"\""].concat();
    let found = memchr::memmem::find(text, &close)?;
    Some(start + found + close.len() - 1)
}

/// Where a string ends in which the backquote escapes. Not in `all` cases: where it is not
/// known to, a backquote that closes another one does not.
pub(super) fn with_backquotes(bytes: &[u8], head: &Range<usize>, all: bool) -> usize {
    let mut at = head.start;
    let mut first = None;
    let mut quotes = 0;
    while let Some(&byte) = bytes.get(at).filter(|b| !b"\n\r".contains(b)) {
        match byte {
            b'`' => {
                let escapes = all || quotes % 2 == 0 && bytes.get(at + 1) == Some(&b'"');
                quotes += 1;
                at += usize::from(escapes);
            }
            b'\\' if !all => at += 1,
            b'"' if bytes.get(at + 1) == Some(&b'"') => {
                first = first.or(Some(at));
                at += 1;
            }
            b'"' => return at.max(head.end),
            _ => {}
        }
        at += 1;
    }
    first.unwrap_or(head.end).max(head.end)
}

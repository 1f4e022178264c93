//! Where strings end: escaped and doubled quotes, three quotes, raw strings, entities.

use std::ops::Range;

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

/// Where the value with this head ends whose string `opened`; never before the head.
pub(super) fn end(bytes: &[u8], head: &Range<usize>, opened: Opened) -> usize {
    let Range { start, end } = *head;
    let to = match opened {
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
    while let Some(&byte) = bytes.get(at).filter(|b| !b"\n\r".contains(b)) {
        if byte == b'\\' {
            let ends_line = bytes[at + 1..].starts_with(b"\r\n");
            at += if ends_line { 3 } else { 2 };
            continue;
        }
        if byte != quote {
            at += 1;
            continue;
        }
        first = first.or(Some(at));
        match goes_on(&bytes[at + 1..], quote) {
            // The string that would go on does not end: this was its end.
            0 => return Some(at),
            more => at += 1 + more,
        }
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
    while let Some(&byte) = bytes.get(at).filter(|b| !b"\n\r".contains(b)) {
        if byte == b'\\' {
            let run = bytes[at..].iter().take_while(|b| **b == b'\\').count();
            let is_quote = bytes.get(at + run) == Some(&quote);
            if is_quote && run % 4 == 1 {
                return Some(at + run - 1);
            }
            at += run + usize::from(run % 2 == 1);
        } else if byte == quote {
            return None;
        } else {
            at += 1;
        }
    }
    None
}

/// The three quotes that end a string. Quotes directly before them belong to the value.
pub(super) fn triple_end(bytes: &[u8], at: usize, quote: u8) -> Option<usize> {
    let found = memchr::memmem::find(bytes.get(at..)?, &[quote; 3])?;
    let to = at + found;
    let more = bytes[to + 3..].iter().take(2);
    Some(to + more.take_while(|b| **b == quote).count())
}

/// The end of a raw string of C++: `R"x(…)x"`.
fn raw_end(bytes: &[u8], start: usize, quote: u8) -> Option<usize> {
    let raw = quote == b'"' && bytes[..start].ends_with(b"R\"");
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

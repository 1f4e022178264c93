//! The plain reader: the value that follows a name, and the name before a value. It serves
//! rules that know their value and ask for a name next to it.

use std::ops::Range;

use super::bytes::{BLANK, GAP, LETTERS, NAME, NAME_SIDE, VALUE_MAX, run, run_before};
use super::value::{BARE_END, bare_len};
use crate::rules::class::{ByteSet, WORD};

/// A value and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::detect) struct Value {
    /// The value without its quotes.
    pub(in crate::detect) span: Range<usize>,
    /// The quote around it, 0 for none.
    pub(in crate::detect) quote: u8,
    /// What connects name and value.
    pub(in crate::detect) link: Link,
}

/// What connects a name with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Link {
    /// `=`, `:=`, `=>`, `==` …
    Equals,
    /// `:`
    Colon,
    /// A further argument: `set("password", "…")`.
    Comma,
    /// The only argument: `setPassword("…")`.
    Call,
    /// An XML element: `<password>…</password>`.
    Element,
    /// White space only: `--password …`, `.netrc`.
    Space,
}

/// The value assigned to the name in which a word ends at `word_end`.
pub(in crate::detect) fn value_after(bytes: &[u8], word_end: usize) -> Option<Value> {
    let mut at = word_end + run(bytes, word_end, NAME_SIDE, &NAME);
    let mut closed_quote = false;
    // Quotes (also escaped ones) and brackets of an index may close the name.
    for _ in 0..4 {
        match bytes.get(at) {
            Some(b'"' | b'\'' | b'`') => {
                closed_quote = true;
                at += 1;
            }
            Some(b'\\') if matches!(bytes.get(at + 1), Some(b'"' | b'\'')) => at += 1,
            Some(b']' | b'}' | b'*') => at += 1,
            _ => break,
        }
    }
    let link_from = at;
    at += run(bytes, at, GAP, &BLANK);
    let (link, after_link) = link_at(bytes, at, closed_quote, at > link_from)?;
    let value = value_at(bytes, after_link, link)?;
    (link != Link::Comma || is_pair(bytes, word_end, value.span.end)).then_some(value)
}

/// Whether name and value are the first arguments of a call or a pair of their own, rather
/// than two neighbours in a list of names.
fn is_pair(bytes: &[u8], word_end: usize, value_end: usize) -> bool {
    let floor = word_end.saturating_sub(NAME_SIDE + 64);
    let name = bytes[floor..word_end].iter().rposition(|b| !NAME.has(*b));
    let before = name.and_then(|i| {
        bytes[floor..floor + i]
            .iter()
            .rev()
            .find(|b| !b" \t".contains(b))
    });
    let after = bytes
        .get(value_end + 1..)
        .and_then(|rest| rest.iter().find(|b| !b" \t".contains(b)));
    match before {
        Some(b'(') => true,
        Some(b'[' | b'{') => matches!(after, Some(b']' | b'}')),
        _ => false,
    }
}

/// The link at `at`, and where the value may begin.
fn link_at(bytes: &[u8], at: usize, closed_quote: bool, spaced: bool) -> Option<(Link, usize)> {
    let next = |n: usize| bytes.get(at + n).copied().unwrap_or(b'\n');
    match next(0) {
        b'=' => match next(1) {
            b'=' => Some((Link::Equals, at + 2 + usize::from(next(2) == b'='))),
            b'>' => Some((Link::Equals, at + 2)),
            b'~' => None,
            _ => Some((Link::Equals, at + 1)),
        },
        b':' => match next(1) {
            b'=' => Some((Link::Equals, at + 2)),
            b':' => None,
            _ => Some(after_type(bytes, at + 1)),
        },
        b'|' if next(1) == b'|' && next(2) == b'=' => Some((Link::Equals, at + 3)),
        b'?' | b'+' if next(1) == b'=' => Some((Link::Equals, at + 2)),
        b'<' if next(1) == b'-' => Some((Link::Equals, at + 2)),
        b',' if closed_quote => Some((Link::Comma, at + 1)),
        b'(' => Some((Link::Call, at + 1)),
        b'>' if !closed_quote => Some((Link::Element, at + 1)),
        _ if spaced && !closed_quote => Some((Link::Space, at)),
        _ => None,
    }
}

/// The link after a colon: a type and `=` may stand before the value (`: String = "…"`).
fn after_type(bytes: &[u8], after_colon: usize) -> (Link, usize) {
    const TYPE: ByteSet = WORD.or(ByteSet::of(b" <>&'*[]?.:"));
    let end = after_colon + run(bytes, after_colon, 48, &TYPE);
    let is_type = bytes.get(end) == Some(&b'=')
        && !matches!(bytes.get(end + 1), Some(b'=' | b'>'))
        && bytes[after_colon..end].iter().any(u8::is_ascii_alphabetic)
        && bytes.get(end.wrapping_sub(1)) == Some(&b' ');
    if is_type {
        (Link::Equals, end + 1)
    } else {
        (Link::Colon, after_colon)
    }
}

/// The value that begins at `at`, after blanks and a string prefix.
fn value_at(bytes: &[u8], at: usize, link: Link) -> Option<Value> {
    let mut at = at + run(bytes, at, GAP, &BLANK);
    // String prefixes of many languages: b"", r'', f"", L"", @"", $"", &"".
    let prefix = run(bytes, at, 2, &ByteSet::of(b"bBrRfFuULN@$&"));
    if prefix > 0 && matches!(bytes.get(at + prefix), Some(b'"' | b'\'')) {
        at += prefix;
    }
    let escaped = bytes.get(at) == Some(&b'\\') && matches!(bytes.get(at + 1), Some(b'"' | b'\''));
    let at = at + usize::from(escaped);
    let limit = bytes.len().min(at + 1 + VALUE_MAX);
    match bytes.get(at) {
        Some(&quote @ (b'"' | b'\'' | b'`')) => {
            let mut start = at + 1;
            let triple = bytes.get(at + 1) == Some(&quote) && bytes.get(at + 2) == Some(&quote);
            if triple {
                start = at + 3;
            }
            let end = quoted_end(bytes, start, limit, quote, escaped)?;
            (end > start).then_some(Value {
                span: start..end,
                quote,
                link,
            })
        }
        Some(_) => {
            // A comment ends it, too.
            const ENDS: [bool; 256] = BARE_END.or(ByteSet::of(b"#")).table();
            let end = at + bare_len(bytes.get(at..limit)?, &ENDS);
            (end > at).then_some(Value {
                span: at..end,
                quote: 0,
                link,
            })
        }
        None => None,
    }
}

/// The closing quote, on the same line, of the string that began before `start`.
fn quoted_end(bytes: &[u8], start: usize, limit: usize, quote: u8, escaped: bool) -> Option<usize> {
    let mut at = start;
    while at < limit {
        match bytes[at] {
            b'\n' | b'\r' => return None,
            b'\\' if escaped => return Some(at),
            b'\\' => at += 1,
            byte if byte == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The name to which the value that starts at `value` is assigned, on the same line.
pub(in crate::detect) fn name_before(bytes: &[u8], value: usize) -> Option<Range<usize>> {
    const LINK: ByteSet = ByteSet::of(b" \t=:>,(\"'`[]{}\\@$&|<-?+");
    let line = value.saturating_sub(GAP + 128);
    let mut end = value;
    let mut linked = false;
    while end > line && value - end < GAP {
        let byte = bytes[end - 1];
        if !LINK.has(byte) {
            break;
        }
        linked |= b"=:>,( ".contains(&byte);
        end -= 1;
    }
    let start = end - run_before(bytes, end, end - line, &LETTERS);
    (linked && start < end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value and link of the first assignment to a name with `password` in it.
    fn value(text: &str) -> Option<(&str, Link)> {
        let end = text.to_ascii_lowercase().find("password")? + "password".len();
        let value = value_after(text.as_bytes(), end)?;
        Some((&text[value.span], value.link))
    }

    #[test]
    fn values_are_read_in_many_syntaxes() {
        for (text, want, link) in [
            ("password = \"sample-1\"", "sample-1", Link::Equals),
            ("DB_PASSWORD=sample-1", "sample-1", Link::Equals),
            ("{\"password\": \"sample-1\"}", "sample-1", Link::Colon),
            (
                "{\\\"password\\\": \\\"sample-1\\\"}",
                "sample-1",
                Link::Colon,
            ),
            ("password: sample-1 # why", "sample-1", Link::Colon),
            (
                "let password: &str = \"sample-1\";",
                "sample-1",
                Link::Equals,
            ),
            ("'password' => 'sample-1',", "sample-1", Link::Equals),
            (
                "define('DB_PASSWORD', 'sample-1');",
                "sample-1",
                Link::Comma,
            ),
            ("setPassword(\"sample-1\")", "sample-1", Link::Call),
            ("<password>sample-1</password>", "sample-1", Link::Element),
            ("--password sample-1", "sample-1", Link::Space),
            (
                "config[\"password\"] = b'sample-1'",
                "sample-1",
                Link::Equals,
            ),
            ("password := `sample-1`", "sample-1", Link::Equals),
            ("password <- 'sample-1'", "sample-1", Link::Equals),
            (
                "passwordForTheDatabase ||= \"sample-1\"",
                "sample-1",
                Link::Equals,
            ),
            ("password = \"\"\"sample-1\"\"\"", "sample-1", Link::Equals),
        ] {
            assert_eq!(value(text), Some((want, link)), "{text}");
        }
    }

    #[test]
    fn what_is_no_assignment_has_no_value() {
        for text in [
            "password",
            "password;",
            "password\n= \"x\"",
            "Password::new(\"x\")",
            "password = \"unclosed",
            "[\"my_password\", \"another_one\", \"more\"]",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
    }

    #[test]
    fn the_name_before_a_value_is_found() {
        for (text, want) in [
            ("dd_api_key = \"V", "dd_api_key"),
            ("\"datadog.key\": \"V", "datadog.key"),
            ("set('dd-key', 'V", "dd-key"),
            ("<ddKey>V", "ddKey"),
        ] {
            let name = name_before(text.as_bytes(), text.len() - 1).map(|r| &text[r]);
            assert_eq!(name, Some(want), "{text}");
        }
        assert_eq!(name_before(b"V", 0), None);
    }

    #[test]
    fn nothing_panics_on_any_bytes() {
        let mut state = 88172645463325252u64;
        for _ in 0..20_000 {
            let text: Vec<u8> = (0..40)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    b"ab=:\"'\\`<>,( \n|?-{[\xff"[(state % 20) as usize]
                })
                .collect();
            for at in 0..=text.len() {
                let _ = value_after(&text, at);
                let _ = name_before(&text, at);
            }
        }
    }
}

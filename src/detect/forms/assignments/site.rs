//! The reader for the generic rule: the name around a word, the value that it is given, and
//! how both are written. It reads assignments, pairs, arguments, flags, elements,
//! parameters and prose.

use std::ops::Range;

use super::bytes::{BLANK, GAP, NAME, NAME_SIDE, VALUE_MAX, run};
use super::link::{Link, link_after};
use super::strings::{Found, Quote};
use super::value::value_at;

/// How far from the word the reader looks: the value, and what stands after it.
pub(in crate::detect) const REACH: usize = VALUE_MAX + 1024;
/// A name and the value that it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::detect) struct Site {
    /// The name, as far as its bytes are those of names.
    pub(in crate::detect) name: Range<usize>,
    /// The value without quotes.
    pub(in crate::detect) value: Range<usize>,
    /// How it is quoted.
    pub(in crate::detect) quote: Quote,
    /// What connects the two.
    pub(in crate::detect) link: Link,
    /// The type or function around the value, if any: `Some`, `new Token`.
    pub(in crate::detect) callee: Option<Range<usize>>,
    /// Whether the value is used only when something else is not set.
    pub(in crate::detect) fallback: bool,
}

/// The name `name`, which stands around some word, with the value that it is given on the same
/// line.
pub(in crate::detect) fn site(bytes: &[u8], name: Range<usize>) -> Option<Site> {
    let (link, after) = link_after(bytes, &name)?;
    let read = bytes[..name.start].ends_with(b"${");
    let after = if read {
        preset_after(bytes, name.end)?
    } else {
        after
    };
    let value = braces_at(bytes, &name, after).or_else(|| value_at(bytes, after, link))?;
    if read && bytes.get(value.end) != Some(&b'}') {
        return None;
    }
    if link == Link::Comma && !is_pair(bytes, &name, value.end) {
        return None;
    }
    Some(Site {
        name,
        value: value.span,
        quote: value.quote,
        link,
        callee: value.callee,
        fallback: value.fallback || read,
    })
}

/// Where the default of a variable begins, after its name: `${DB_PASSWORD:…}` of Spring,
/// `${DB_PASSWORD:-…}` of shells and Compose.
fn preset_after(bytes: &[u8], name_end: usize) -> Option<usize> {
    let after = match bytes.get(name_end..)? {
        [b':', b'-' | b'=', ..] => name_end + 2,
        [b':', ..] => name_end + 1,
        _ => return None,
    };
    // Blanks would be part of the value.
    (!BLANK.has(*bytes.get(after)?)).then_some(after)
}

/// The value in braces at `at` in a list of pairs of ODBC or JDBC: `…;PWD={…};…`. A name
/// in braces is a variable of the program.
fn braces_at(bytes: &[u8], name: &Range<usize>, at: usize) -> Option<Found> {
    let before = &bytes[name.start.saturating_sub(4)..name.start];
    let listed = before.trim_ascii_end().ends_with(b";");
    if !listed || bytes.get(at) != Some(&b'{') {
        return None;
    }
    let start = at + 1;
    let rest = bytes.get(start..bytes.len().min(start + VALUE_MAX))?;
    let mut end = 0;
    loop {
        end += rest[end..].iter().position(|b| b"}\r\n \t".contains(b))?;
        match rest.get(end..)? {
            [b'}', b'}', ..] => end += 2,
            [b'}', b';' | b'"' | b'\'' | b'\\' | b'\r' | b'\n', ..] | [b'}'] => break,
            _ => return None,
        }
    }
    let text = &rest[..end];
    let holds = |test: fn(&u8) -> bool| text.iter().any(test);
    let mixed = holds(u8::is_ascii_digit) && holds(u8::is_ascii_uppercase);
    let signs = holds(|b| b";}!@#%^&*+=?/~".contains(b));
    let code = holds(|b| b"([\"$".contains(b));
    (!code && (mixed || signs)).then_some(Found {
        span: start..start + end,
        end: start + end,
        quote: Quote::Bare,
        callee: None,
        fallback: false,
    })
}

/// The name around `word`.
pub(in crate::detect) fn name_around(bytes: &[u8], word: &Range<usize>) -> Range<usize> {
    // Literals may bring a delimiter or their link along: `"pw"`, `key = "`.
    let skip = bytes[word.clone()]
        .iter()
        .position(|b| NAME.has(*b))
        .unwrap_or(0);
    let first = word.start + skip;
    let floor = first.saturating_sub(NAME_SIDE);
    let mut start = bytes[floor..first]
        .iter()
        .rposition(|b| !NAME.has(*b))
        .map_or(floor, |i| floor + i + 1);
    // `\npassword` in a string: the letter belongs to the escape.
    if start > 0 && start < first && bytes[start - 1] == b'\\' && b"nrt".contains(&bytes[start]) {
        start += 1;
    }
    let mut end = bytes[first..word.end]
        .iter()
        .position(|b| !NAME.has(*b) && *b != b' ')
        .map_or(word.end, |i| first + i);
    while end > first && bytes[end - 1] == b' ' {
        end -= 1;
    }
    if end == word.end {
        end += run(bytes, end, NAME_SIDE, &NAME);
    }
    start..end
}

/// Whether name and value are the first arguments of a call or a pair of their own, rather
/// than two neighbours in a list of names.
fn is_pair(bytes: &[u8], name: &Range<usize>, value_end: usize) -> bool {
    let floor = name.start.saturating_sub(NAME_SIDE);
    let before = bytes[floor..name.start]
        .iter()
        .rev()
        .find(|b| !b" \t\"'`:b\\".contains(b));
    let symbol = name.start.checked_sub(1).and_then(|i| bytes.get(i)) == Some(&b':');
    let after = bytes
        .get(value_end..bytes.len().min(value_end + GAP))
        .and_then(|rest| rest.iter().find(|b| !b" \t\"'".contains(b)));
    match before {
        Some(b'(') => true,
        Some(b'[' | b'{') => matches!(after, Some(b']' | b'}')),
        // A symbol that is the second argument: `set(:app, :secret, "…")`.
        Some(b',') => symbol && matches!(after, Some(b')')),
        _ => false,
    }
}

//! The reader for the generic rule: the name around a word, the value that it is given, and
//! how both are written. It reads assignments, pairs, arguments, flags, elements,
//! parameters and prose.

use std::ops::Range;

use super::bytes::{BLANK, GAP, LETTERS, NAME_SIDE, VALUE_MAX, WHITE};
use super::bytes::{line_start, name_len, run, run_before, sign};
use super::calls::preset;
use super::found::{Among, Site};
use super::link::{Link, link_after};
use super::next::{self, Below};
use super::strings::{Found, quoted_at};
use super::value::{bare, value_at};
use super::{apart, cells, columns, declared, lists, octets, tuples, users};
use crate::rules::class::{ByteSet, WORD};

/// How far from the word the reader looks: the values, and what stands after them.
pub(in crate::detect) const REACH: usize = lists::REACH + VALUE_MAX + 512;

/// Appends the values that the name `name` is given, which stands around some word.
pub(in crate::detect) fn sites(bytes: &[u8], name: Range<usize>, out: &mut Vec<Site>) {
    if let Some((name, found)) = compared(bytes, &name) {
        return out.push(Site::of(&name, Link::Compare, found, Among::None));
    }
    let whole = columns::read(bytes, &name, out)
        || cells::read(bytes, &name, out)
        || users::read(bytes, &name, out);
    if whole {
        return;
    }
    match tuples::read(bytes, &name) {
        tuples::Tuple::None => {}
        tuples::Tuple::Other => return,
        tuples::Tuple::Value(found) => {
            return out.push(Site::of(&name, Link::Equals, found, Among::Apart));
        }
    }
    if let Some((link, found)) = apart::read(bytes, &name) {
        return out.push(Site::of(&name, link, found, Among::Apart));
    }
    let link = declared::link(bytes, &name).or_else(|| link_after(bytes, &name));
    if let Some(list) = octets::read(bytes, &name, link) {
        out.push(list);
    }
    if !lists::read(bytes, &name, link, out) {
        out.extend(site(bytes, name, link));
    }
}

/// The name `name` with the one value that it is given, on the same line or on the next one.
fn site(bytes: &[u8], name: Range<usize>, link: Option<(Link, usize)>) -> Option<Site> {
    if matches!(link, None | Some((Link::Space, _)))
        && let Some(found) = preset(bytes, &name)
    {
        return Some(Site::of(&name, Link::Equals, found, Among::None));
    }
    let (link, after) = link.or_else(|| link_below(bytes, &name))?;
    let link = match link {
        Link::Space if is_env(bytes, &name) => Link::Equals,
        link => link,
    };
    let read = bytes[..name.start].ends_with(b"${");
    let after = if read {
        preset_after(bytes, name.end)?
    } else {
        after
    };
    if let Some(below) = next::below(bytes, &name, link, after).filter(|_| !read) {
        let (found, place) = match below {
            Below::Apart(found) => (found, Among::Apart),
            Below::Block(found) => (found, Among::None),
        };
        let pair = link != Link::Comma || is_pair(bytes, &name, found.end);
        return pair.then(|| Site::of(&name, link, found, place));
    }
    let value = braces_at(bytes, &name, after).or_else(|| value_at(bytes, after, link))?;
    // The next option, or the end of this one.
    if link == Link::Flag && bytes[value.span.start] == b'-' {
        return None;
    }
    if read && bytes.get(value.end) != Some(&b'}') {
        return None;
    }
    if link == Link::Comma && !is_pair(bytes, &name, value.end) {
        return None;
    }
    let place = match declared::key(bytes, &name) {
        Some(key) => Among::Map(key),
        // The lines of an element are no block.
        None if link == Link::Element && bytes[after..value.span.start].contains(&b'\n') => {
            Among::Apart
        }
        None => Among::None,
    };
    let fallback = value.fallback || read;
    Some(Site::of(&name, link, Found { fallback, ..value }, place))
}

/// Whether the name stands behind `ENV` at the beginning of a line, as a Dockerfile gives a value to a
/// variable: `ENV DB_PASSWORD …`.
fn is_env(bytes: &[u8], name: &Range<usize>) -> bool {
    const LONGEST: usize = 16;
    let start = line_start(bytes, name.start, LONGEST);
    start.is_some_and(|start| {
        let word = bytes[start..name.start].trim_ascii();
        word == b"ENV" && bytes[name.clone()].iter().all(|b| WORD.has(*b))
    })
}

/// The string with which a method of `name` compares it: `password.equals("…")`.
fn compared(bytes: &[u8], name: &Range<usize>) -> Option<(Range<usize>, Found)> {
    const METHODS: [&[u8]; 3] = [b".equals", b".equalsIgnoreCase", b".Equals"];
    let text = &bytes[name.clone()];
    let own = METHODS
        .iter()
        .find_map(|method| text.strip_suffix(*method))?;
    let found = quoted_at(bytes, name.end + 1).filter(|_| bytes[name.end] == b'(')?;
    Some((name.start..name.start + own.len(), found))
}

/// The link of a name whose sign stands on the next line, before the value.
fn link_below(bytes: &[u8], name: &Range<usize>) -> Option<(Link, usize)> {
    let at = name.end + run(bytes, name.end, GAP, &BLANK);
    if bytes.get(name.start) == Some(&b'-') {
        return item_below(bytes, name);
    }
    if !matches!(bytes.get(at), Some(b'\n' | b'\r')) {
        return None;
    }
    let at = at + run(bytes, at, 2 * GAP, &WHITE);
    let quoted = |value: usize| quoted_at(bytes, value + run(bytes, value, 4, &BLANK)).is_some();
    let assigns = bytes.get(at..).is_some_and(|rest| rest.starts_with(b"= "));
    (assigns && quoted(at + 1)).then_some((Link::Equals, at + 1))
}

/// Where the next item of a list of YAML begins, if the option `name` is one of its items.
fn item_below(bytes: &[u8], name: &Range<usize>) -> Option<(Link, usize)> {
    const QUOTES: ByteSet = ByteSet::of(b"\"'");
    let line = name.start.saturating_sub(NAME_SIDE);
    let newline = memchr::memrchr(b'\n', &bytes[line..name.start])?;
    let own = &bytes[line + newline + 1..name.start];
    let own = own
        .strip_suffix(b"\"")
        .or(own.strip_suffix(b"'"))
        .unwrap_or(own);
    let end = name.end + run(bytes, name.end, 1, &QUOTES);
    let end = end + run(bytes, end, GAP, &BLANK);
    let next = end + run(bytes, end, 2, &ByteSet::of(b"\r\n"));
    let item = own.trim_ascii() == b"-" && next > end;
    let below = bytes.get(next..).is_some_and(|rest| rest.starts_with(own));
    (item && below).then_some((Link::Flag, next + own.len()))
}

/// Where the default of a variable begins, after its name: `${DB_PASSWORD:…}` of Spring,
/// `${DB_PASSWORD:-…}` of shells and Compose.
fn preset_after(bytes: &[u8], name_end: usize) -> Option<usize> {
    let after = match bytes.get(name_end..)? {
        [b':', b'-' | b'=', ..] => name_end + 2,
        // What stands there if the variable is set, or a message if it is not.
        [b':', b'+' | b'?', ..] => return None,
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
    (!code && (mixed || signs)).then(|| bare(start..start + end))
}

/// The name around `word`.
pub(in crate::detect) fn name_around(bytes: &[u8], word: &Range<usize>) -> Range<usize> {
    // Literals may bring a delimiter or their link along: `"pw"`, `key = "`.
    let skip = bytes[word.clone()]
        .iter()
        .position(|b| LETTERS.has(*b))
        .unwrap_or(0);
    let first = word.start + skip;
    let mut start = first - run_before(bytes, first, NAME_SIDE, &LETTERS);
    let mut signs = (start..first).filter(|i| bytes[*i] >= 0x80 && sign(&bytes[*i..first]) > 0);
    start = signs
        .next_back()
        .map_or(start, |i| i + sign(&bytes[i..first]));
    // `\npassword` in a string: the letter belongs to the escape.
    if start > 0 && start < first && bytes[start - 1] == b'\\' && b"nrt".contains(&bytes[start]) {
        start += 1;
    }
    let mut end = bytes[first..word.end]
        .iter()
        .position(|b| !LETTERS.has(*b) && *b != b' ')
        .map_or(word.end, |i| first + i);
    while end > first && bytes[end - 1] == b' ' {
        end -= 1;
    }
    if end == word.end {
        end += name_len(bytes, end, NAME_SIDE);
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

//! Reads what connects a name with its value.

use std::ops::Range;

use super::bytes::{BLANK, GAP, NAME, NAME_SIDE, WHITE, run};
use super::strings::entity;
use crate::rules::class::{ByteSet, WORD};

/// What connects a name with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Link {
    /// `=`, `:=`, `||=` …
    Equals,
    /// `==`, `===`: compared, as tests do.
    Compare,
    /// `=>`
    Arrow,
    /// `:`
    Colon,
    /// A further argument: `set("password", "…")`.
    Comma,
    /// The only argument: `setPassword("…")`.
    Call,
    /// An XML element: `<password>…</password>`.
    Element,
    /// White space, after a flag: `--password …`.
    Flag,
    /// White space: `IDENTIFIED BY '…'`, `Bearer …`.
    Space,
    /// A parameter of a URL or form: `?token=…`.
    Param,
    /// A further field that holds the value: `name="password" value="…"`.
    Field,
}

/// The link after a name, and where the value may begin.
pub(super) fn link_after(bytes: &[u8], name: &Range<usize>) -> Option<(Link, usize)> {
    let mut at = name.end;
    let mut closed = false;
    let mut member = false;
    for _ in 0..6 {
        let step = match bytes.get(at) {
            Some(b'"' | b'\'' | b'`') => 1,
            Some(b'\\') if matches!(bytes.get(at + 1), Some(b'"' | b'\'')) => 2,
            Some(b'&') => entity(bytes, at),
            Some(b']' | b'}' | b'*') => {
                at += 1;
                continue;
            }
            Some(b')') if bytes.get(at + 1) == Some(&b'.') => {
                at += 2 + run(bytes, at + 2, NAME_SIDE, &NAME);
                member = true;
                continue;
            }
            _ => 0,
        };
        if step == 0 {
            break;
        }
        closed = true;
        at += step;
    }
    if closed && bytes.get(at) == Some(&b')') {
        let option = bytes[name.start] == b'-';
        return compared(bytes, at + 1)
            .or_else(|| option.then(|| argument_after(bytes, at + 1))?);
    }
    // A blank gives nothing to a tag in a log line or to an index: `[auth] id=1`.
    let bracketed = matches!(bytes[..at].last(), Some(b']' | b'}'));
    let blanks = run(bytes, at, GAP, &BLANK);
    let at = at + blanks;
    let next = |n: usize| bytes.get(at + n).copied().unwrap_or(b'\n');
    let before = name
        .start
        .checked_sub(1)
        .and_then(|i| bytes.get(i))
        .copied();
    // `ok ? "pass" : "failed"`
    let outer = bytes[name.start.saturating_sub(4)..name.start]
        .iter()
        .rev()
        .find(|b| !b" \t\"'".contains(b));
    match next(0) {
        b':' if closed && outer == Some(&b'?') => None,
        b'(' if member && bytes[..at].ends_with(b".equals") => Some((Link::Compare, at + 1)),
        b'(' if member && bytes[name.start] == b'-' && adds(&bytes[..at]) => {
            Some((Link::Flag, at + 1))
        }
        // `(user.password).text = "…"`, but not `(user.password).encode("…")`.
        byte if member && byte != b'=' => None,
        b'=' => match next(1) {
            b'=' => compared(bytes, at),
            b'>' => Some((Link::Arrow, at + 2)),
            b'~' => None,
            _ if matches!(before, Some(b'?' | b'&')) && blanks == 0 => Some((Link::Param, at + 1)),
            _ => Some((Link::Equals, at + 1)),
        },
        b':' => match next(1) {
            b'=' => Some((Link::Equals, at + 2)),
            b':' => after_colons(bytes, at),
            _ => Some(after_colon(bytes, at + 1)),
        },
        0xef => wide_at(bytes, at),
        b'!' if next(1) == b'=' => compared(bytes, at),
        b'|' if next(1) == b'|' && next(2) == b'=' => Some((Link::Equals, at + 3)),
        b'?' | b'+' if next(1) == b'=' => Some((Link::Equals, at + 2)),
        b'<' if next(1) == b'-' => Some((Link::Equals, at + 2)),
        // Two elements of a list of arguments: `"--password", "…"`.
        b',' if bytes[name.start] == b'-' && (closed || is_listed(bytes, name)) => {
            Some((Link::Flag, at + 1))
        }
        b',' => after_comma(bytes, at + 1, closed),
        b'(' if blanks == 0 => Some((Link::Call, at + 1)),
        // A named group of a regular expression: `(?P<secret>…)`.
        b'>' if bytes[..name.start].ends_with(b"?<") || bytes[..name.start].ends_with(b"?P<") => {
            None
        }
        b'>' if !closed && before == Some(b'<') => Some((Link::Element, at + 1)),
        b'>' if closed => Some((Link::Element, at + 1)),
        b'A' | b'a' if blanks > 0 && !closed && after_as(bytes, at).is_some() => {
            after_as(bytes, at)
        }
        _ if blanks > 0 && before == Some(b'<') && text_after(bytes, at).is_some() => {
            text_after(bytes, at)
        }
        // In prose, a sentence goes on behind an option in backquotes.
        _ if blanks > 0 && before == Some(b'`') && closed => field_after(bytes, at),
        _ if blanks > 0 && closed && bytes[name.start] == b'-' => Some((Link::Flag, at)),
        _ if blanks > 0 && closed => field_after(bytes, at),
        // `the password is: x`
        b'i' if blanks == 1 && next(1) == b's' && next(2) == b':' => Some((Link::Colon, at + 3)),
        _ if blanks > 0 && bytes[name.start] == b'-' => Some((Link::Flag, at)),
        _ if blanks > 0 && !bracketed => Some((Link::Space, at)),
        _ => None,
    }
}

/// The link of an option to the argument that a further call adds at `at`:
/// `.arg("--token").arg("…")`.
fn argument_after(bytes: &[u8], at: usize) -> Option<(Link, usize)> {
    let at = at + run(bytes, at, GAP, &WHITE);
    let end = at + run(bytes, at, NAME_SIDE, &NAME);
    let call = bytes.get(end) == Some(&b'(') && adds(&bytes[at..end]);
    call.then_some((Link::Flag, end + 1))
}

/// Whether `callee` ends with a method that adds an argument.
fn adds(callee: &[u8]) -> bool {
    const METHODS: [&[u8]; 5] = [b".arg", b".addArg", b".add", b".append", b".push"];
    METHODS.iter().any(|method| callee.ends_with(method))
}

/// The link of what is compared at `at`, be it a name or what a call looked up:
/// `request.get("x-token") == "…"`.
fn compared(bytes: &[u8], at: usize) -> Option<(Link, usize)> {
    let at = at + run(bytes, at, 4, &BLANK);
    match bytes.get(at..)? {
        [b'=' | b'!', b'=', b'=', ..] => Some((Link::Compare, at + 3)),
        [b'=' | b'!', b'=', ..] => Some((Link::Compare, at + 2)),
        _ => None,
    }
}

/// Whether `name` is an element of a list of words without quotes: `[--password, …]`.
fn is_listed(bytes: &[u8], name: &Range<usize>) -> bool {
    let near = &bytes[name.start.saturating_sub(2)..name.start];
    matches!(near.trim_ascii_end().last(), Some(b'[' | b','))
}

/// The link that a sign of full width at `at` is.
fn wide_at(bytes: &[u8], at: usize) -> Option<(Link, usize)> {
    let rest = &bytes[at..];
    let is = |sign: &str| rest.starts_with(sign.as_bytes());
    if is("\u{ff1a}") {
        return Some((Link::Colon, at + 3));
    }
    is("\u{ff1d}").then_some((Link::Equals, at + 3))
}

/// The link that colons at `at` are in a makefile: `A ::= x`, `A :::= x`.
fn after_colons(bytes: &[u8], at: usize) -> Option<(Link, usize)> {
    let rest = &bytes[at..];
    let sign = [&b"::="[..], b":::="]
        .into_iter()
        .find(|s| rest.starts_with(s))?;
    Some((Link::Equals, at + sign.len()))
}

/// The link behind a comma: of a name without quotes that Go gives a value and an error, to a
/// further field, or to a further argument if the name stands in quotes (`closed`).
fn after_comma(bytes: &[u8], at: usize, closed: bool) -> Option<(Link, usize)> {
    let argument = closed.then_some((Link::Comma, at));
    let error = if closed { None } else { error_after(bytes, at) };
    error.or_else(|| field_after(bytes, at)).or(argument)
}

/// The link behind the second result of a function of Go: `key, err := …`.
fn error_after(bytes: &[u8], at: usize) -> Option<(Link, usize)> {
    let at = at + run(bytes, at, 2, &BLANK);
    let name = [&b"_"[..], b"err", b"ok", b"e"];
    let len = run(bytes, at, 4, &WORD);
    let known = name.contains(&bytes.get(at..at + len)?);
    let sign = at + len + run(bytes, at + len, 4, &BLANK);
    match bytes.get(sign..)? {
        [b':', b'=', ..] if known => Some((Link::Equals, sign + 2)),
        [b'=', next, ..] if known && *next != b'=' => Some((Link::Equals, sign + 1)),
        _ => None,
    }
}

/// The link of an element of XML behind its attributes at `at`.
fn text_after(bytes: &[u8], at: usize) -> Option<(Link, usize)> {
    let rest = bytes.get(at..bytes.len().min(at + 2 * GAP))?;
    let end = rest.iter().position(|b| b"<>\r\n".contains(b))?;
    let opened = rest[end] == b'>' && end > 0 && !b"/?".contains(&rest[end - 1]);
    let pairs = rest[..end].contains(&b'=');
    (opened && pairs).then_some((Link::Element, at + end + 1))
}

/// The link behind a type of Visual Basic at `at`: `As String = "…"`.
fn after_as(bytes: &[u8], at: usize) -> Option<(Link, usize)> {
    const TYPE: ByteSet = WORD.or(ByteSet::of(b"."));
    let rest = bytes.get(at..at + 3)?;
    if !rest.eq_ignore_ascii_case(b"as ") {
        return None;
    }
    let end = at + 3 + run(bytes, at + 3, NAME_SIDE, &TYPE);
    let sign = end + run(bytes, end, 4, &BLANK);
    let assigns = end > at + 3 && bytes.get(sign) == Some(&b'=');
    assigns.then_some((Link::Equals, sign + 1))
}

/// The link after a colon, before which Markdown's emphasis, or a type and `=`
/// (`: String = "…"`), may stand.
fn after_colon(bytes: &[u8], at: usize) -> (Link, usize) {
    const TYPE: ByteSet = WORD.or(ByteSet::of(b" <>&'*[]?.:"));
    let end = at + run(bytes, at, NAME_SIDE, &TYPE);
    let typed = bytes.get(end) == Some(&b'=')
        && !matches!(bytes.get(end + 1), Some(b'=' | b'>'))
        && bytes[at..end].iter().any(u8::is_ascii_alphabetic)
        && bytes.get(end.wrapping_sub(1)) == Some(&b' ');
    if typed {
        return (Link::Equals, end + 1);
    }
    (Link::Colon, at + run(bytes, at, 2, &ByteSet::of(b"*_")))
}

/// A further field that holds the value of a name, which was an attribute or argument
/// itself: `value="…"`, `"value": "…"`, `with: '…'`.
pub(super) fn field_after(bytes: &[u8], at: usize) -> Option<(Link, usize)> {
    const FIELDS: &[&[u8]] = &[
        b"value",
        b"with",
        b"default",
        b"Value",
        b"Default",
        b"defaultValue",
    ];
    let mut at = at + run(bytes, at, GAP, &BLANK);
    at += usize::from(bytes.get(at) == Some(&b'\\'));
    at += usize::from(matches!(bytes.get(at), Some(b'"' | b'\'')));
    let field = FIELDS
        .iter()
        .filter(|f| bytes.get(at..).is_some_and(|rest| rest.starts_with(f)))
        .max_by_key(|f| f.len())?;
    at += field.len();
    at += usize::from(bytes.get(at) == Some(&b'\\'));
    at += usize::from(matches!(bytes.get(at), Some(b'"' | b'\'')));
    at += run(bytes, at, 8, &BLANK);
    matches!(bytes.get(at), Some(b'=' | b':')).then_some((Link::Field, at + 1))
}

//! Reads strings inside a call, or after an alternative: `Some("x")`,
//! `os.environ.get("A", "x")`, `env.A || "x"`.

use std::ops::Range;

use super::bytes::{BLANK, GAP, WHITE, run};
use super::strings::{Found, is_key, quoted_at};
use crate::detect::forms::words::Words;
use crate::rules::class::{ByteSet, WORD};

/// The longest name of a type or function around a value.
const CALLEE: usize = 48;

/// The string inside a call or after an alternative: `Some("x")`, `new Token("x")`,
/// `os.environ.get("A", "x")`, `env.A || "x"`. `Some(None)` says that code without a
/// string stands here.
pub(super) fn wrapped_at(bytes: &[u8], at: usize) -> Option<Option<Found>> {
    const PATH: ByteSet = WORD.or(ByteSet::of(b".:$[]<>?!*&"));
    let mut start = at;
    if bytes.get(at).is_some_and(|b| b"na$&".contains(b)) {
        for word in [&b"new "[..], b"await ", b"$(", b"&"] {
            start += match bytes[start..].starts_with(word) {
                true => word.len(),
                false => 0,
            };
        }
    }
    let end = start + run(bytes, start, CALLEE, &PATH);
    if end == start {
        return None;
    }
    let end = behind_getters(bytes, end, &PATH);
    if let Some(open) = bytes.get(end).filter(|b| b"({".contains(b)) {
        let inner = first_argument(bytes, start..end);
        let first = quoted_at(bytes, inner);
        let decoded = match first {
            None => decoded_at(bytes, inner),
            Some(_) => None,
        };
        // `${X:-default}` and templates are references, not calls.
        if *open == b'{' && first.is_none() && decoded.is_none() {
            return None;
        }
        // The first key of a map: `array('description' => …`.
        if first.as_ref().is_some_and(|found| is_key(bytes, found)) {
            return Some(None);
        }
        if let Some(found) = decoded.filter(|_| !reads(&bytes[start..end])) {
            let callee = Some(start..end);
            return Some(Some(Found { callee, ..found }));
        }
        return Some(first.and_then(|found| called(bytes, start..end, found)));
    }
    let is_index = bytes[start..end].ends_with(b"[") && b"\"'".contains(bytes.get(end)?);
    if is_index {
        let key = quoted_at(bytes, end)?;
        let after = key.end + usize::from(bytes.get(key.end) == Some(&b']'));
        return Some(alternative(bytes, after));
    }
    alternative(bytes, end).map(Some)
}

/// Where a path goes on behind calls without arguments: `Base64.getDecoder().decode`.
fn behind_getters(bytes: &[u8], end: usize, path: &ByteSet) -> usize {
    let mut end = end;
    for _ in 0..3 {
        if !bytes[end..].starts_with(b"().") {
            break;
        }
        end += 3 + run(bytes, end + 3, CALLEE, path);
    }
    end
}

/// The string that a function at `at` decodes, inside of another call: `String(Base64.decode("x"))`.
fn decoded_at(bytes: &[u8], at: usize) -> Option<Found> {
    const PATH: ByteSet = WORD.or(ByteSet::of(b".:"));
    let end = at + run(bytes, at, CALLEE, &PATH);
    let end = behind_getters(bytes, end, &PATH);
    if bytes.get(end) != Some(&b'(') {
        return None;
    }
    decodes(&bytes[at..end]).then(|| quoted_at(bytes, end + 1))?
}

/// Whether a function that is called `callee` decodes its argument, so that the argument is what
/// the name has, in another form.
pub(super) fn decodes(callee: &[u8]) -> bool {
    const PARTS: [&[u8]; 10] = [
        b"decode",
        b"fromhex",
        b"hextoecdsa",
        b"hex2bin",
        b"atob",
        b"frombase64",
        b"unhexlify",
        b"parsehex",
        b"parsebase64",
        b"getbytes",
    ];
    const LONGEST: usize = 32;
    let last = last_of(callee);
    let mut lower = [0; LONGEST];
    let Some(head) = lower.get_mut(..last.len()) else {
        return false;
    };
    head.copy_from_slice(last);
    head.make_ascii_lowercase();
    let head = &*head;
    let in_head = |word: &&[u8]| head.windows(word.len()).any(|part| part == *word);
    PARTS.iter().any(in_head) || callee == b"Buffer.from"
}

/// The last part of the path of a function.
fn last_of(callee: &[u8]) -> &[u8] {
    callee
        .rsplit(|b| b".:>".contains(b))
        .next()
        .unwrap_or(callee)
}

/// Where the first argument begins of the call of what stands at `callee`. Of a call that
/// joins strings, it is the first string that is not empty, also on the next line.
fn first_argument(bytes: &[u8], callee: Range<usize>) -> usize {
    const TYPE: ByteSet = WORD.or(ByteSet::of(b"[]"));
    let near = callee.end + 1 + run(bytes, callee.end + 1, 2 * GAP, &WHITE);
    let text = bytes[callee.clone()].trim_ascii_end();
    let text = text.strip_suffix(b"!").unwrap_or(text);
    let last = text.rsplit(|b| b".:>".contains(b)).next().unwrap_or(text);
    if !JOINERS
        .iter()
        .any(|joiner| last.eq_ignore_ascii_case(joiner))
    {
        return near;
    }
    let white = |at: usize| at + run(bytes, at, GAP, &WHITE);
    let mut at = white(callee.end + 1);
    if [&b"\"\""[..], b"''"]
        .iter()
        .any(|empty| bytes[at..].starts_with(empty))
    {
        let comma = white(at + 2);
        if bytes.get(comma) != Some(&b',') {
            return near;
        }
        at = white(comma + 1);
    }
    // A list, with its type: `[]string{`, `new String[] {`, `["`.
    if bytes[at..].starts_with(b"new ") {
        at += 4;
    }
    let bracket = white(at + run(bytes, at, CALLEE, &TYPE));
    match bytes.get(bracket) {
        Some(b'{' | b'(') => white(bracket + 1),
        _ if bytes.get(at) == Some(&b'[') => white(at + 1),
        _ => at,
    }
}

/// Functions that join their arguments.
const JOINERS: &[&[u8]] = &[
    b"join", b"concat", b"implode", b"paste0", b"paste", b"strcat", b"str", b"str_c",
];

/// The string that counts in a call whose first argument is `first`.
fn called(bytes: &[u8], callee: Range<usize>, first: Found) -> Option<Found> {
    let text = &bytes[callee.clone()];
    // Names that code looks up are short; values may be long.
    let looks_up = first.span.len() <= 2 * CALLEE && reads(text) && !decodes(text);
    if !looks_up {
        if last_of(text) == b"pack" && bytes[first.span.clone()].eq_ignore_ascii_case(b"h*") {
            return second(bytes, &first).map(|found| Found {
                callee: Some(callee),
                ..found
            });
        }
        // A method does not return its argument: `text.encode("latin1")`.
        let last = last_of(text);
        let method = last.len() < text.len()
            && !MAKERS.iter().any(|m| last.eq_ignore_ascii_case(m))
            && !decodes(text)
            && bytes[callee.end - last.len()].is_ascii_lowercase();
        if method {
            return None;
        }
        return Some(Found {
            callee: Some(callee),
            ..first
        });
    }
    let at = first.end + run(bytes, first.end, 4, &BLANK);
    if bytes.get(at) == Some(&b',') {
        return second(bytes, &first).map(|found| Found {
            fallback: true,
            ..found
        });
    }
    alternative(bytes, at + usize::from(bytes.get(at) == Some(&b')')))
}

/// The string that is the argument behind `first`.
fn second(bytes: &[u8], first: &Found) -> Option<Found> {
    let comma = first.end + run(bytes, first.end, 4, &BLANK);
    let at = comma + 1 + run(bytes, comma + 1, 2 * GAP, &WHITE);
    (bytes.get(comma) == Some(&b',')).then(|| quoted_at(bytes, at))?
}

/// Whether a function that is called `callee` looks its first argument up.
fn reads(callee: &[u8]) -> bool {
    READERS.iter().any(|words| words.found_in(callee) != 0)
}

/// Methods that wrap their argument.
const MAKERS: &[&[u8]] = &[
    b"new",
    b"from",
    b"of",
    b"valueof",
    b"b64encode",
    b"encodebytes",
    b"bytes",
    b"string",
    b"some",
    b"just",
    b"parse",
    b"create",
    b"frombase64string",
    b"decodebase64",
    b"b64decode",
    b"decode",
    b"fromhex",
    b"unhexlify",
    b"from_str",
    b"from_static",
    b"join",
    b"concat",
];

/// Parts of the names of functions that look their first argument up.
static READERS: [Words; 2] = [
    Words::new(&[
        b"env",
        b"get",
        b"fetch",
        b"config",
        b"lookup",
        b"select",
        b"find",
        b"read",
        b"load",
        b"param",
        b"property",
        b"option",
        b"setting",
        b"credentials",
        b"prompt",
        b"input",
        b"translate",
        b"i18n",
        b"gettext",
    ]),
    Words::new(&[
        b"require",
        b"vault",
        b"secretsmanager",
        b"print",
        b"log",
        b"format",
        b"path",
        b"file",
        b"regex",
        b"compile",
        b"match",
        b"column",
        b"field",
        b"label",
        b"error",
        b"raise",
        b"url",
    ]),
];

/// The string that stands in for what is looked up under `name`, if nothing is there:
/// `env.API_KEY || "…"`, `getenv("API_KEY") or "…"`, `{{ password | default('…') }}`.
pub(super) fn preset(bytes: &[u8], name: &Range<usize>) -> Option<Found> {
    const CLOSING: ByteSet = ByteSet::of(b"\"'`)]}");
    let closing = &bytes[name.end..name.end + run(bytes, name.end, 6, &CLOSING)];
    let quoted = closing.first().is_some_and(|b| b"\"'`".contains(b));
    // A word that is compared: `x == "password" || "…"`.
    if quoted && !closing.iter().any(|b| b")]".contains(b)) {
        return None;
    }
    alternative(bytes, name.end + closing.len())
}

/// The string after `||`, `or`, `??`, `?:` or what means the same at `at`.
fn alternative(bytes: &[u8], at: usize) -> Option<Found> {
    const SIGNS: &[&[u8]] = &[
        b"||",
        b"or ",
        b"??",
        b"?:",
        b"| default(",
        b"|default(",
        b"| default: ",
        b".unwrap_or(",
        b".orElse(",
        b".getOrElse(",
    ];
    let at = at + run(bytes, at, 4, &BLANK);
    let rest = bytes.get(at..)?;
    if !rest.first().is_some_and(|b| b"|o?.".contains(b)) {
        return None;
    }
    let sign = SIGNS.iter().find(|s| rest.starts_with(s))?;
    let at = at + sign.len();
    let at = at + run(bytes, at, GAP, &WHITE);
    quoted_at(bytes, at).map(|found| Found {
        fallback: true,
        ..found
    })
}

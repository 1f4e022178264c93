//! Reads the value of a name that is given one together with others:
//! `login, password = "…", "…"`, `const [user, password] = ["…", "…"]`.

use std::ops::Range;

use super::bytes::{BLANK, GAP, VALUE_MAX, run, run_before};
use super::calls::{decodes, wrapped_at};
use super::strings::{Found, quoted_at};
use crate::rules::class::{ByteSet, WORD};

/// How far the names of a tuple go, to either side.
const SIDE: usize = 160;
/// The most names of a tuple.
const MOST: usize = 8;

/// What a name among others is given.
pub(super) enum Tuple {
    /// It is not one of several names.
    None,
    /// Something that is no string.
    Other,
    /// This string.
    Value(Found),
}

/// What `name` is given, if it is one of several names before a sign.
pub(super) fn read(bytes: &[u8], name: &Range<usize>) -> Tuple {
    let Some((index, sign)) = among(bytes, name) else {
        return Tuple::None;
    };
    match value(bytes, sign, index) {
        Some(found) => Tuple::Value(found),
        None => Tuple::Other,
    }
}

/// Which of several names `name` is, and where the values begin.
fn among(bytes: &[u8], name: &Range<usize>) -> Option<(usize, usize)> {
    const NAMES: ByteSet = WORD.or(ByteSet::of(b" \t,$@%.*&"));
    let next = name.end + run(bytes, name.end, GAP, &BLANK);
    // Most names have neither a comma nor a sign beside them.
    if !bytes.get(next).is_some_and(|b| b",=:)]".contains(b)) {
        return None;
    }
    let floor = name.start.saturating_sub(SIDE);
    let sigil = name.start - usize::from(bytes[..name.start].ends_with(b"$"));
    let comma = bytes[floor..sigil].iter().rposition(|b| !BLANK.has(*b));
    let behind_comma = comma.is_some_and(|i| bytes[floor + i] == b',');
    if !behind_comma && bytes[next] != b',' {
        return None;
    }
    let start = name.start - run_before(bytes, name.start, SIDE, &NAMES);
    let opener = start.checked_sub(1).map_or(b'\n', |i| bytes[i]);
    let bracketed = b"([".contains(&opener);
    if start == floor && floor > 0 || !bracketed && !b"\n;{\"'`(".contains(&opener) {
        return None;
    }
    if bracketed && !is_declared(&bytes[floor..start - 1]) {
        return None;
    }
    let end = name.end + run(bytes, name.end, SIDE, &NAMES);
    let sign = match bytes.get(end..)? {
        [b')' | b']', ..] if bracketed => end + 1 + run(bytes, end + 1, 4, &BLANK),
        _ if bracketed => return None,
        _ => end,
    };
    let after = match bytes.get(sign..)? {
        [b'=', b'=' | b'>' | b'~', ..] => return None,
        [b'=', ..] => sign + 1,
        [b':', b'=', ..] => sign + 2,
        _ => return None,
    };
    let names = bytes[start..end].split(|b| *b == b',');
    if !names.enumerate().all(|(i, text)| is_name(text, i == 0)) {
        return None;
    }
    let index = bytes[start..name.start]
        .iter()
        .filter(|b| **b == b',')
        .count();
    (index < MOST).then_some((index, after))
}

/// Whether a bracket behind `before` holds names that are given values: `my (`, `let [`,
/// `list(`, or the beginning of a statement.
fn is_declared(before: &[u8]) -> bool {
    const WORDS: [&[u8]; 7] = [b"my", b"our", b"let", b"const", b"var", b"list", b"val"];
    let line = before
        .rsplit(|b| b"\n;{".contains(b))
        .next()
        .unwrap_or(before);
    let text = line.trim_ascii();
    text.is_empty() || WORDS.contains(&text)
}

/// Whether `text` is one name; the first one may have words before it that declare it.
fn is_name(text: &[u8], first: bool) -> bool {
    const WORDS: [&[u8]; 9] = [
        b"let", b"local", b"var", b"const", b"my", b"mut", b"val", b"final", b"if",
    ];
    let mut words = text.split(|b| b" \t".contains(b)).filter(|w| !w.is_empty());
    let last = words.next_back();
    last.is_some_and(|w| w.iter().any(|b| WORD.has(*b)))
        && words.all(|word| first && WORDS.contains(&word) || word == b"mut")
}

/// The string with this index among the values at `at`.
fn value(bytes: &[u8], at: usize, index: usize) -> Option<Found> {
    const CALLS: [&[u8]; 3] = [b"array(", b"list(", b"tuple("];
    let mut at = at + run(bytes, at, GAP, &BLANK);
    if let Some(call) = CALLS.iter().find(|c| bytes[at..].starts_with(c)) {
        at += call.len();
    } else if matches!(bytes.get(at), Some(b'(' | b'[' | b'{')) {
        at += 1;
    }
    for _ in 0..index {
        at = behind_comma(bytes, at)?;
    }
    at += run(bytes, at, GAP, &BLANK);
    let only = index == 0 && behind_comma(bytes, at).is_none();
    let decoded = |found: &Found| {
        let callee = found.callee.as_ref();
        callee.is_some_and(|callee| decodes(&bytes[callee.clone()]))
    };
    match quoted_at(bytes, at) {
        // One string for all names is split, or unpacked.
        Some(found) => (!only).then_some(found),
        // A decoder returns its value and, in Go, an error.
        None => wrapped_at(bytes, at)?.filter(decoded),
    }
}

/// Where the value behind the one at `at` begins.
fn behind_comma(bytes: &[u8], at: usize) -> Option<usize> {
    let limit = bytes.len().min(at + VALUE_MAX);
    let mut depth = 0usize;
    let mut at = at;
    while at < limit {
        match bytes[at] {
            b'"' | b'\'' | b'`' => {
                if let Some(found) = quoted_at(bytes, at) {
                    at = found.end.max(at + 1);
                    continue;
                }
                // An empty string.
                at += 1;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => return Some(at + 1),
            b'\n' | b';' => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<&str> {
        let at = text.find("password")?;
        match read(text.as_bytes(), &(at..at + 8)) {
            Tuple::None => Some("none"),
            Tuple::Other => None,
            Tuple::Value(found) => Some(&text[found.span]),
        }
    }

    #[test]
    fn names_are_given_values_in_order() {
        for text in [
            "login, password = 'a', 'sample-1'",
            "password, login = \"sample-1\", \"a\"",
            "a, password, b := f(1, 2), \"sample-1\", 3",
            "local user, password = \"a\", \"sample-1\"",
            "my ($user, $password) = ('a', 'sample-1');",
            "const [user, password] = ['a', 'sample-1'];",
            "let (user, password) = (\"a\", \"sample-1\");",
            "list($user, $password) = array('a', 'sample-1');",
            "  user, password = (\"\", \"sample-1\")",
        ] {
            assert_eq!(value(text), Some("sample-1"), "{text}");
        }
        for text in [
            "password, _ := hex.DecodeString(\"sample-1\")",
            "if password, err = base64.StdEncoding.DecodeString(\"sample-1\"); err != nil {",
            "iv, password = fromhex(\"a\"), bytes.fromhex(\"sample-1\")",
        ] {
            assert_eq!(value(text), Some("sample-1"), "{text}");
        }
        assert_eq!(value("password, err := vault.Read(\"sample-1\")"), None);
        assert_eq!(value("user, password = 'a:b'.split(':')"), None);
        assert_eq!(value("user, password = 'a', other"), None);
        for text in [
            "f(user, password='sample-1')",
            "f(user, password)",
            "password = 'sample-1'",
            "user = 'a', password = 'sample-1'",
            "the user, the password = 'sample-1'",
            "def f(user, password='sample-1'):",
            "user, password == 'a', 'b'",
        ] {
            assert_eq!(value(text), Some("none"), "{text}");
        }
    }
}

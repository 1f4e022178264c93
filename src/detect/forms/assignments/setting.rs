//! Reads a setting that fills its line: all up to a blank belongs to the value, whatever signs
//! it holds. In code the same signs mean something, so only some kinds of files are read like
//! this. The path says which, and it comes later.

use std::ops::Range;

use super::bytes::{BLANK, GAP, VALUE_MAX, line_start, run};
use super::link::{Link, link_after};
use crate::rules::class::{ByteSet, WORD};

/// A value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::detect) struct Setting {
    /// The value, which may go on behind blanks.
    pub(in crate::detect) value: Range<usize>,
    /// The part of it that belongs to it in all languages, and at least one byte.
    pub(in crate::detect) head: Range<usize>,
    /// The value with all that follows it on its line, up to a comment.
    pub(in crate::detect) line: Range<usize>,
    /// Whether nothing follows it on its line, apart from a comment.
    pub(in crate::detect) ends_line: bool,
    /// Whether it stands in a string, as `"NAME=value"` does.
    pub(in crate::detect) in_string: bool,
}

/// How much may stand before the name on its line.
const BEFORE: usize = 64;

/// The setting whose name is `name`, and what connects it with its value.
pub(in crate::detect) fn setting(bytes: &[u8], name: &Range<usize>) -> Option<(Setting, Link)> {
    let line = line_start(bytes, name.start, BEFORE);
    let from = line.unwrap_or(name.start.saturating_sub(BEFORE));
    let before = &bytes[from..name.start];
    let quote = before.last().copied().filter(|b| b"\"'".contains(b));
    let begins = line.is_some() && begins_setting(before);
    // Most names stand in the middle of a line.
    if !begins && quote.is_none() {
        return None;
    }
    let (link, after) = match bytes.get(name.end..name.end + 2) {
        // Signs that mean something else in code.
        Some(b"==" | b"=~" | b"=>") => (Link::Equals, name.end + 1),
        _ => link_after(bytes, name)?,
    };
    if !matches!(link, Link::Equals | Link::Colon | Link::Param | Link::Space) {
        return None;
    }
    let in_string = quote.filter(|_| bytes.get(after - 1) == Some(&b'=') && after == name.end + 1);
    if in_string.is_none() && !begins {
        return None;
    }
    let start = match in_string {
        Some(_) => after,
        None => after + run(bytes, after, GAP, &BLANK),
    };
    let rest = bytes.get(start..bytes.len().min(start + VALUE_MAX))?;
    let ends = |b: &u8| b.is_ascii_whitespace() || *b == 0 || Some(*b) == in_string;
    let len = rest.iter().position(ends)?;
    // `Environment="NAME=words with blanks"` of systemd.
    let closed = in_string.and_then(|quote| (rest[len] != quote).then_some(quote));
    let spoken = match closed {
        Some(quote) if rest[len] == b' ' => Some(memchr::memchr3(quote, b'\n', b'\r', rest)?),
        Some(_) => return None,
        None => None,
    };
    if spoken.is_some_and(|end| Some(rest[end]) != in_string) {
        return None;
    }
    let text = &rest[..len];
    // A sign that ends statements; the grammar of the file says whether it belongs to the value.
    let last = usize::from(text.len() > 1 && matches!(text.last(), Some(b',' | b';')));
    let text = &text[..text.len() - last];
    if text.is_empty() || in_string.is_none() && is_quoted(text, &rest[len..]) {
        return None;
    }
    let setting = Setting {
        value: start..start + text.len(),
        head: start..start + head_len(text),
        line: start..start + spoken.unwrap_or_else(|| line_len(rest)),
        ends_line: spoken.is_none() && (in_string.is_some() || ends_line(&rest[len..])),
        in_string: in_string.is_some(),
    };
    Some((setting, link))
}

/// How many bytes of a value stand before the first one that ends it in code.
fn head_len(text: &[u8]) -> usize {
    let len = text.iter().position(|b| INSIDE.has(*b));
    len.unwrap_or(text.len()).max(1)
}

/// Signs that end a value without quotes in code.
const INSIDE: ByteSet = ByteSet::of(b"\"'`<>,;(){}[]|\\&");

/// Whether a value holds what would end it in code, or begins as none does there.
pub(in crate::detect) fn has_signs(text: &[u8]) -> bool {
    const FIRST: ByteSet = ByteSet::of(b"!@:*~?$.+-#=%^");
    text.first().is_some_and(|b| FIRST.has(*b)) || text.iter().any(|b| INSIDE.has(*b))
}

/// Whether nothing but what may begin a setting stands before its name.
fn begins_setting(before: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[
        b"export",
        b"set",
        b"setx",
        b"env",
        b"arg",
        b"environment=",
        b"declare -x",
    ];
    let text = before.trim_ascii();
    let text = match text.last() {
        Some(b'"' | b'\'') => text[..text.len() - 1].trim_ascii(),
        _ => text,
    };
    let item = text.iter().take_while(|b| b"-#;/? \t".contains(b)).count();
    let word = &text[item..];
    word.is_empty() || WORDS.iter().any(|w| word.eq_ignore_ascii_case(w))
}

/// Whether a string begins with `text` that ends with it, or on the same line with `rest`: another
/// reader knows where it ends.
fn is_quoted(text: &[u8], rest: &[u8]) -> bool {
    const PREFIX: ByteSet = ByteSet::of(b"bBrRfFuULN@$&#8");
    let prefix = run(text, 0, 3, &PREFIX);
    let string = matches!(text.get(prefix), Some(b'"' | b'\''));
    let text = if string { &text[prefix..] } else { text };
    let Some(quote) = text.first().filter(|b| b"\"'`".contains(b)) else {
        return false;
    };
    let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    // A quote that nothing closes belongs to a value that holds other signs, too.
    let plain = text[1..]
        .iter()
        .all(|b| WORD.has(*b) || b"\"'`".contains(b));
    plain || text.last() == Some(quote) || rest[..end].contains(quote)
}

/// How much of `rest` is on its line and no comment.
fn line_len(rest: &[u8]) -> usize {
    let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    let line = &rest[..end];
    let mut signs = memchr::memchr2_iter(b'#', b';', line);
    let comment = signs.find(|at| line[..*at].ends_with(b" "));
    line[..comment.unwrap_or(end)].trim_ascii_end().len()
}

/// Whether the line ends with `rest`, or a comment begins there.
fn ends_line(rest: &[u8]) -> bool {
    let blanks = run(rest, 0, GAP, &BLANK);
    match rest.get(blanks..) {
        Some([b'\r' | b'\n', ..] | []) => true,
        Some([b'#' | b';', ..]) => blanks > 0,
        Some([b'/', b'/', ..]) => blanks > 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(&str, bool)> {
        let at = text.find("PW")?;
        let (found, _) = setting(text.as_bytes(), &(at..at + 2))?;
        Some((&text[found.value], found.ends_line))
    }

    #[test]
    fn settings_are_read_to_the_end_of_the_line() {
        for (text, value) in [
            ("PW=a(b;c\n", "a(b;c"),
            ("  PW = {a,b} # c\n", "{a,b}"),
            ("export PW=#a'b\n", "#a'b"),
            ("- PW: [a\n", "[a"),
            ("x\n;PW=a&b;\n", "a&b"),
            ("[\"PW=a)b\", 1]\n", "a)b"),
            ("\"PW\": <a,\n", "<a"),
            ("PW==~a\n", "=~a"),
        ] {
            assert_eq!(read(text), Some((value, true)), "{text}");
        }
        assert_eq!(read("PW=a(b c)\n"), Some(("a(b", false)));
        for text in ["x PW=a(b\n", "PW='a(b'\n", "f(\"a&PW=b\")\n", "PW=\n"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

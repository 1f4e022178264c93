//! Reads a value that stands on the line after its name, as formatters of code put long ones,
//! and as YAML, INI files and properties may have them.

use std::ops::Range;

use super::bytes::{BLANK, GAP, VALUE_MAX, line_start, run};
use super::calls::wrapped_at;
use super::link::Link;
use super::strings::{Found, is_key, quoted_at};
use super::value::bare_at;

/// A value below its name.
pub(super) enum Below {
    /// It ends by itself, as if its name stood elsewhere.
    Apart(Found),
    /// It is the first line of a block below its name.
    Block(Found),
}

/// The value on the line after the one on which a link ends at `after`, if nothing follows
/// there.
pub(super) fn below(bytes: &[u8], name: &Range<usize>, link: Link, after: usize) -> Option<Below> {
    let mut at = after + run(bytes, after, GAP, &BLANK);
    let slash = matches!(bytes.get(at..), Some([b'\\', b'\n' | b'\r', ..]));
    at += usize::from(slash);
    at += usize::from(bytes.get(at) == Some(&b'\r'));
    if bytes.get(at) != Some(&b'\n') {
        return None;
    }
    let line = behind_comment(bytes, at + 1);
    let start = line + run(bytes, line, 2 * GAP, &BLANK);
    let assigned = matches!(link, Link::Equals | Link::Arrow | Link::Colon);
    let quoted = matches!(link, Link::Call | Link::Comma | Link::Compare | Link::Flag);
    if !assigned && !quoted {
        return None;
    }
    if let Some(found) = quoted_at(bytes, start) {
        // A class of Python begins with its description, and a branch may be a string.
        let colon = link == Link::Colon;
        let text = colon && bytes[start..].starts_with(b"\"\"\"");
        let branch = colon && !is_entry(bytes, name);
        return (!text && !branch && !is_key(bytes, &found)).then_some(Below::Apart(found));
    }
    if !assigned {
        return None;
    }
    if let Some(found) = wrapped_at(bytes, start) {
        return found.map(Below::Apart);
    }
    let column = column(bytes, name)?;
    let deeper = start - line > column;
    if link == Link::Arrow || !(deeper || slash) || !is_word(bytes, start) {
        return None;
    }
    let found = bare_at(bytes, start)?;
    Some(match slash || !deeper {
        true => Below::Apart(found),
        false => Below::Block(found),
    })
}

/// Whether nothing stands before `name` but what may stand before the key of an entry.
fn is_entry(bytes: &[u8], name: &Range<usize>) -> bool {
    let before = &bytes[name.start.saturating_sub(2 * GAP)..name.start];
    let text = before.iter().rev().find(|b| !b" \t\"'`\\".contains(b));
    text.is_none_or(|b| b"\n\r{,([-?".contains(b))
}

/// Where the line at `at` begins, or the next one if it is a comment.
fn behind_comment(bytes: &[u8], at: usize) -> usize {
    let start = at + run(bytes, at, 2 * GAP, &BLANK);
    let rest = &bytes[start.min(bytes.len())..bytes.len().min(start + 2 * GAP)];
    if !rest.starts_with(b"//") && !rest.starts_with(b"# ") {
        return at;
    }
    memchr::memchr(b'\n', rest).map_or(at, |i| start + i + 1)
}

/// The column of a name with which its line begins.
fn column(bytes: &[u8], name: &Range<usize>) -> Option<usize> {
    let line = line_start(bytes, name.start, 2 * GAP);
    let before = &bytes[line.unwrap_or(name.start.saturating_sub(2 * GAP))..name.start];
    let text = before.trim_ascii();
    let text = text.strip_prefix(b"export").unwrap_or(text);
    let key = text.iter().all(|b| b"-\"' ".contains(b));
    key.then_some(before.len())
}

/// Whether the rest of the line at `at` is one word, and no key, item or code.
fn is_word(bytes: &[u8], at: usize) -> bool {
    let rest = &bytes[at.min(bytes.len())..bytes.len().min(at + VALUE_MAX)];
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let text = rest[..end].trim_ascii_end();
    let pair = text
        .iter()
        .position(|b| b"=:".contains(b))
        .is_some_and(|i| {
            let head = &text[..i];
            i >= 3 && head.iter().all(|b| b.is_ascii_alphabetic() || *b == b'_')
        });
    let one = !text.iter().any(|b| b" \t(".contains(b));
    let ends = text.last().is_some_and(|b| !b":;,{[\\".contains(b));
    one && ends && !pair && !text.starts_with(b"-") && !text.starts_with(b"<")
}

#[cfg(test)]
mod tests {
    use crate::detect::forms::assignments::{Among, Site, sites};

    fn value(text: &str) -> Option<&str> {
        let at = text.find("password")?;
        let mut out: Vec<Site> = Vec::new();
        sites(text.as_bytes(), at..at + 8, &mut out);
        let own = |site: &&Site| matches!(site.place, Among::None | Among::Apart);
        out.iter().find(own).map(|site| &text[site.value.clone()])
    }

    #[test]
    fn values_on_the_next_line_are_read() {
        for text in [
            "x.password =\n    \"sample-1\";",
            "password =\r\n\t'sample-1'",
            "password: \\\n  'sample-1'",
            "{ password:\n      `sample-1`,",
            "{ \"password\":\n      \"sample-1\",",
            "String password\n    = \"sample-1\";",
            "set_password(\n  \"sample-1\"\n)",
            "password =\n    // why\n    \"sample-1\"",
            "  password:\n    sample-1\n",
            "password=\\\n    sample-1",
            "password =\n    getenv(\"A\", \"sample-1\")",
        ] {
            assert_eq!(value(text), Some("sample-1"), "{text}");
        }
    }

    #[test]
    fn what_is_no_value_is_not_read() {
        for text in [
            "password:\n  \"sample\": 1",
            "class password:\n    \"\"\"sample\"\"\"",
            "password:\n  sample: 1",
            "password:\nsample",
            "x password:\n  sample",
            "password =\n  sample(1)",
            "password:\n  two words",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
    }
}

//! Strings and documents over several lines: `"ab⏎  cd"` of YAML and shells, `"ab\⏎cd"`,
//! `"""⏎ab⏎"""`, `@"⏎ab⏎"@`, `<<EOF⏎ab⏎EOF`.
//!
//! Their value is read only if each line of it is a word. Passwords are words. Text over
//! several lines is a message, a query or a program.

use std::ops::Range;

use super::bytes::VALUE_LONGEST;
use crate::rules::class::WORD;

/// The most lines of a value.
const LINES: usize = 300;

/// A value over several lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::detect) struct Several {
    /// The word in its first line.
    pub(in crate::detect) head: Range<usize>,
    /// Where its last line ends; for a string, where the quote stands that ends it.
    pub(in crate::detect) end: usize,
}

/// The string that begins at `start`, behind its quote (or three of them), if it does not end
/// on this line.
pub(in crate::detect) fn string(
    bytes: &[u8],
    start: usize,
    quote: u8,
    triple: bool,
) -> Option<Several> {
    let limit = bytes.len().min(start + VALUE_LONGEST);
    let bytes = &bytes[..limit];
    let closing: &[u8] = if triple { &[quote; 3][..] } else { &[quote] };
    if closes_at_once(&bytes[start.min(limit)..], closing) {
        return None;
    }
    let mut head = None;
    let mut at = start;
    for number in 0..LINES {
        let rest = bytes.get(at..)?;
        let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let close = closed(&rest[..len], closing);
        let text = &rest[..close.unwrap_or(len)];
        let word = Word::of(text)?;
        if head.is_none() && !word.text.is_empty() {
            // The judges look at what stands before a quote, as on a single line.
            let first = &text[word.text.clone()];
            let len = memchr::memchr(quote, first).filter(|_| !triple);
            let start = at + word.text.start;
            head = Some(start..start + len.unwrap_or(first.len()));
        }
        // A plain string has its first word behind the quote.
        if !triple && number == 0 && (head.is_none() || word.text.start > 0) {
            return None;
        }
        if let Some(close) = close {
            let next = rest.get(close + closing.len()).copied().unwrap_or(b'\n');
            let ends = !WORD.has(next) && number > 0;
            let end = at + close;
            return head.filter(|_| ends).map(|head| Several { head, end });
        }
        at += len + 1;
    }
    None
}

/// The document that is opened by the signs at `at`: `<<EOF`, `<<-'EOF'`, `<<<EOF`, `@"`.
pub(in crate::detect) fn document(bytes: &[u8], at: usize) -> Option<Several> {
    // Values that open nothing are many, and the end of their line may be far away.
    let opens = matches!(
        bytes.get(at..),
        Some([b'<', b'<', ..] | [b'@', b'"' | b'\'', ..])
    );
    if !opens {
        return None;
    }
    let limit = bytes.len().min(at + VALUE_LONGEST);
    let bytes = &bytes[..limit];
    let rest = bytes.get(at..)?;
    let first = memchr::memchr(b'\n', rest)?;
    let tag = tag(&rest[..first])?;
    let mut head: Option<Range<usize>> = None;
    let mut end = 0;
    let mut at = at + first + 1;
    for _ in 0..LINES {
        let rest = bytes.get(at..)?;
        let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let text = rest[..len].trim_ascii();
        let closes = text.strip_prefix(tag).is_some_and(|more| {
            more.first().is_none_or(|b| !WORD.has(*b)) && (tag.len() > 1 || !more.is_empty())
        });
        if closes {
            return head.map(|head| Several { head, end });
        }
        let word = Word::of(&rest[..len])?;
        if !word.text.is_empty() {
            end = at + word.text.end;
            head = head.or(Some(at + word.text.start..end));
        }
        at += len + 1;
    }
    None
}

/// What ends the document that a line opens.
fn tag(line: &[u8]) -> Option<&[u8]> {
    let line = line.trim_ascii_end();
    match line {
        b"@\"" => return Some(b"\"@"),
        b"@'" => return Some(b"'@"),
        _ => {}
    }
    let rest = line.strip_prefix(b"<<")?;
    let signs = rest.iter().take_while(|b| b"<-~ \"'".contains(b)).count();
    let word = rest[signs..].iter().take_while(|b| WORD.has(**b)).count();
    let behind = &rest[signs + word..];
    let closed = behind.iter().all(|b| b"\"';),".contains(b));
    let upper = rest[signs..]
        .first()
        .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    (word > 1 && signs <= 4 && closed && upper).then(|| &rest[signs..signs + word])
}

/// The word that a line is.
struct Word {
    text: Range<usize>,
}

impl Word {
    /// Reads a line without its end; nothing if it has several words. A backslash at its end
    /// continues it, and is no part of the word, like one at its beginning in YAML.
    fn of(line: &[u8]) -> Option<Self> {
        let blank = |b: &&u8| b" \t\r".contains(b);
        let start = line.iter().take_while(blank).count();
        let mut end = line.len() - line[start..].iter().rev().take_while(blank).count();
        let slashes = line[start..end].iter().rev().take_while(|b| **b == b'\\');
        end -= slashes.count() % 2;
        let text = &line[start..end];
        let inner = text
            .iter()
            .any(|b| b.is_ascii_whitespace() || b.is_ascii_control());
        (!inner).then_some(Self { text: start..end })
    }
}

/// Whether a string ends within a few bytes on its first line. Nearly all do, and the end of
/// that line may be far away.
fn closes_at_once(text: &[u8], closing: &[u8]) -> bool {
    const FEW: usize = 64;
    let near = &text[..text.len().min(FEW)];
    let line = near.iter().position(|b| *b == b'\n');
    let line = &near[..line.unwrap_or(near.len())];
    closed(line, closing).is_some_and(|at| at + closing.len() < near.len())
}

/// Where a string ends on a line.
fn closed(line: &[u8], closing: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < line.len() {
        if line[at] == b'\\' {
            at += 2;
        } else if line[at..].starts_with(closing) {
            // A doubled quote is one of the value.
            let doubled = closing.len() == 1 && line.get(at + 1) == Some(&closing[0]);
            if !doubled {
                return Some(at);
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(&str, &str)> {
        let at = text.find(['"', '\'', '<', '@'])?;
        let bytes = text.as_bytes();
        let found = match bytes[at] {
            b'<' | b'@' => document(bytes, at)?,
            quote => {
                let triple = bytes[at..].starts_with(&[quote; 3]);
                string(bytes, at + if triple { 3 } else { 1 }, quote, triple)?
            }
        };
        Some((
            &text[found.head.clone()],
            &text[found.head.start..found.end],
        ))
    }

    #[test]
    fn values_over_several_lines_are_read() {
        for (text, value) in [
            ("p: \"ab\n  cd\"\n", "ab\n  cd"),
            ("p: 'ab\n\n  cd'\n", "ab\n\n  cd"),
            ("p: \"ab\\\r\n  \\cd\"\n", "ab\\\r\n  \\cd"),
            ("p = \"\"\"\nab\\\n  cd\"\"\"\n", "ab\\\n  cd"),
            ("p = <<-EOF\n  ab\n  cd\n  EOF\n", "ab\n  cd"),
            ("p = <<~'EOF');\n  ab\n  cd\nEOF\n", "ab\n  cd"),
            ("$p = @\"\nab\ncd\n\"@\n", "ab\ncd"),
        ] {
            assert_eq!(read(text), Some(("ab", value)), "{text}");
        }
    }

    #[test]
    fn text_is_no_value() {
        for text in [
            "p = \"ab\ncd ef\"",
            "p = \"ab cd\nef\"",
            "p = \"ab\ncd",
            "p = \"\nab\"",
            "p = \"ab\ncd\"ef",
            "p = <<EOF\nab cd\nEOF",
            "p = <<EOF\nab\n",
            "p << x\nab\nx",
            "p = \"\"\"ab\"\"\"",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

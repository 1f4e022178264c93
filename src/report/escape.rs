//! Makes text safe to print: replaces control, invisible and direction-changing
//! characters, and bytes that are not UTF-8, with visible escapes.
//!
//! The author of the repository controls its paths, source lines and author names.
//! Printed unchanged, they could move the cursor, recolour the screen, forge a line of
//! the report or reorder text. This module does not mask secrets; `view` does.

use std::fmt::Write;

use unicode_width::UnicodeWidthChar;

/// Whether a character is unsafe to print: controls (C0, DEL, C1), bidirectional
/// controls, line separators, characters without a width, and tags.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Returns `bytes` as printable text on one line. Unsafe characters become `\n`, `\t`,
/// `\r`, `\x1b` or `\u{202e}`; a byte that is not UTF-8 becomes `\xff`.
pub fn escape(bytes: &[u8]) -> String {
    escape_with_tab(bytes, "\\t")
}

/// Like [`escape`], but expands tabs to four spaces, for source lines.
pub fn escape_line(bytes: &[u8]) -> String {
    escape_with_tab(bytes, "    ")
}

fn escape_with_tab(bytes: &[u8], tab: &str) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\t' => out.push_str(tab),
                c if is_unsafe(c) => push_escape(c, &mut out),
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            push_byte(*byte, &mut out);
        }
    }
    out
}

fn push_escape(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        c if c.is_ascii() => push_byte(c as u8, out),
        c => write_into(out, format_args!("\\u{{{:x}}}", u32::from(c))),
    }
}

fn push_byte(byte: u8, out: &mut String) {
    write_into(out, format_args!("\\x{byte:02x}"));
}

fn write_into(out: &mut String, args: std::fmt::Arguments<'_>) {
    out.write_fmt(args)
        .expect("writing to a String cannot fail");
}

/// Returns the width of `text` in terminal columns: two for wide characters and emoji,
/// none for combining marks. Counts characters one by one, as most terminals do.
/// Variation selectors change no width, and joiners are already escaped.
pub fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// Returns the width of one printable character in terminal columns.
pub(super) fn char_width(c: char) -> usize {
    c.width().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_unsafe_is_left_in_any_character() {
        for c in (0..=0x10ffff).filter_map(char::from_u32) {
            let shown = escape(c.to_string().as_bytes());
            assert!(!shown.chars().any(is_unsafe), "{:x}", u32::from(c));
            if !is_unsafe(c) {
                assert_eq!(shown, c.to_string());
            }
        }
    }

    #[test]
    fn escapes_are_visible() {
        assert_eq!(escape(b"a\x1b[2J\nb\tc\x7f"), r"a\x1b[2J\nb\tc\x7f");
        assert_eq!(
            escape("x\u{202e}y\u{9b}z\u{feff}".as_bytes()),
            r"x\u{202e}y\u{9b}z\u{feff}"
        );
        assert_eq!(escape(b"caf\xe9\xff"), r"caf\xe9\xff");
        assert_eq!(escape_line(b"\tx"), "    x");
    }

    #[test]
    fn width_counts_columns() {
        assert_eq!(width("abc"), 3);
        assert_eq!(width("日本"), 4);
        assert_eq!(width("\u{1f511}e\u{301}"), 3);
        assert_eq!(width("✅⭐❌⚡"), 8);
        assert_eq!(width("…é—→│"), 5);
        assert_eq!(width("한국ｶﾅ"), 6);
    }
}

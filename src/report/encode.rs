//! The encodings that machine-readable formats need: JSON text that is safe on a
//! terminal, base64 for bytes that are no text, and URI references of paths.

use std::io;

use serde::Serialize;

use super::Base;
use super::escape::is_unsafe;
use crate::blob::{is_absolute, normalise};

/// `value` as JSON on one line, or indented when `pretty` is set.
///
/// What `escape` calls unsafe is written as `\uXXXX`: the value is the same to a
/// parser, and a terminal or a reviewer's editor is not fooled.
///
/// # Errors
/// When the value cannot be serialised.
pub(crate) fn json<T: Serialize>(value: &T, pretty: bool) -> io::Result<String> {
    let text = if pretty {
        serde_json::to_string_pretty(value)?
    } else {
        serde_json::to_string(value)?
    };
    // Below 0x20 only the layout's own newlines are left; the rest is inside strings.
    let unsafe_in_json = |c: char| c >= ' ' && is_unsafe(c);
    if !text.contains(unsafe_in_json) {
        return Ok(text);
    }
    let mut out = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if unsafe_in_json(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    Ok(out)
}

/// Standard base64 with padding (RFC 4648, section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            if digit <= group.len() {
                let index = (bits >> (18 - 6 * digit)) & 63;
                out.push(char::from(ALPHABET[index as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// The bytes of a path as the path of a URI (RFC 3986): everything but unreserved
/// characters and `/` is percent-encoded, bytes that are not UTF-8 included.
pub(super) fn percent(path: &[u8]) -> String {
    let mut out = String::with_capacity(path.len());
    for &byte in path {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A shown path as the repository has it: relative to its root, without `.` and `..`.
///
/// # Errors
/// The normalised absolute path of what does not lie below the root.
pub(super) fn repository_path(path: &[u8], base: Option<&Base>) -> Result<Vec<u8>, Vec<u8>> {
    let full = match base {
        Some(base) => base.locate(path),
        None => normalise(path),
    };
    if is_absolute(&full) {
        Err(full)
    } else {
        Ok(full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(&[0xff, 0xfe, 0xfd]), "//79");
    }

    #[test]
    fn json_hides_no_character_and_means_the_same() {
        let text = "a\u{202e}b\u{7f}\u{1b}\u{e0041}\u{2028}é";
        let coded = json(&text, false).unwrap();
        assert!(!coded.chars().any(is_unsafe), "{coded}");
        assert_eq!(serde_json::from_str::<String>(&coded).unwrap(), text);
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(percent(b"a b/\xff#?%.txt"), "a%20b/%FF%23%3F%25.txt");
        assert_eq!(normalise(b"./a//b/../c"), b"a/c");
        assert_eq!(normalise(b"../a/../../b"), b"../../b");
        assert_eq!(normalise(b"/../a/./b"), b"/a/b");
        assert!(is_absolute(b"C:/x") && is_absolute(b"/x") && !is_absolute(b"x:y"));
    }
}

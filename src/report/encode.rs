//! The encodings that machine-readable formats need: JSON text that is safe on a
//! terminal, and URI references of paths.

use std::io;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
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

/// The bytes of a path as the path of a URI (RFC 3986): everything but unreserved
/// characters and `/` is percent-encoded, bytes that are not UTF-8 included.
pub(super) fn percent(path: &[u8]) -> String {
    const REST: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b'/');
    percent_encode(path, REST).to_string()
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

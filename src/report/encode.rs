//! Encodings for machine-readable formats: JSON that is safe on a terminal, and paths
//! as URI references.

use std::io;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::Base;
use super::escape::is_unsafe;
use crate::blob::{is_absolute, normalise};

/// Returns `value` as JSON on one line, or indented if `pretty` is set.
///
/// Writes characters that `escape` calls unsafe as `\uXXXX`. A parser reads the same
/// value, and the text cannot deceive a terminal or an editor.
///
/// # Errors
/// Fails if the value cannot be serialised.
pub(crate) fn json<T: Serialize>(value: &T, pretty: bool) -> io::Result<String> {
    let mut text = Vec::new();
    let layout = Layout(pretty.then(PrettyFormatter::new));
    value.serialize(&mut Serializer::with_formatter(&mut text, layout))?;
    safe(text)
}

/// Writes what is unsafe as `\uXXXX`. Apart from [`json`], which is compiled for each type.
fn safe(text: Vec<u8>) -> io::Result<String> {
    let text = String::from_utf8(text).map_err(io::Error::other)?;
    // Below 0x20, only the newlines of the layout are left; all others are inside
    // strings.
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

/// The layout of JSON: indented, or on one line. One type for both, because each type compiles the
/// code of all reports again.
struct Layout(Option<PrettyFormatter<'static>>);

/// Where the layouts differ.
macro_rules! layout {
    ($($name:ident($($argument:ident: $type:ty),*)),*) => {$(
        fn $name<W: io::Write + ?Sized>(&mut self, out: &mut W $(, $argument: $type)*) -> io::Result<()> {
            match &mut self.0 {
                Some(pretty) => pretty.$name(out $(, $argument)*),
                None => CompactFormatter.$name(out $(, $argument)*),
            }
        }
    )*};
}

impl Formatter for Layout {
    layout!(
        begin_array(),
        end_array(),
        begin_array_value(first: bool),
        end_array_value(),
        begin_object(),
        end_object(),
        begin_object_key(first: bool),
        begin_object_value(),
        end_object_value()
    );
}

/// Encodes a path as the path of a URI (RFC 3986). Percent-encodes everything except
/// unreserved characters and `/`, including bytes that are not UTF-8.
pub(super) fn percent(path: &[u8]) -> String {
    const REST: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b'/');
    percent_encode(path, REST).to_string()
}

/// Converts a displayed path to a path relative to the repository root, without `.` and
/// `..`.
///
/// # Errors
/// Returns the normalised absolute path if it lies outside the root.
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

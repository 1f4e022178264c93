//! How a run of signs goes on in the next line: behind an indent, in a comment, in the next of
//! several strings.

use crate::rules::class::{ALNUM, ByteSet};

/// The signs of base64, in both alphabets. Those of base32 and hex are among them.
pub(in crate::detect) const SIGNS: ByteSet = ALNUM.or(ByteSet::of(b"+/-_"));
/// The longest joint: everything between the last sign of a line and the first one of the next.
pub(in crate::detect) const JOINT: usize = 72;

/// How many bytes of `bytes` are blank, from the first one on.
fn blanks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| b" \t".contains(b)).count()
}

/// The length of the line end with which `bytes` begin.
fn line_end(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    }
}

/// The length of the line end with which `bytes` begin, as programming languages write it.
fn escaped_end(bytes: &[u8]) -> Option<usize> {
    let ends: [&[u8]; 3] = [b"\\r\\n", b"\\n", b"\\r"];
    if bytes.first() != Some(&b'\\') {
        return None;
    }
    let end = ends.iter().find(|end| bytes.starts_with(end))?;
    Some(end.len())
}

/// How far an indent goes, and the mark of a comment in it.
fn indent(bytes: &[u8]) -> usize {
    let marks: [&[u8]; 7] = [b"#", b"//", b"*", b";", b"--", b"\\t", b">"];
    let at = blanks(bytes);
    // The first bytes of all of them. Most lines begin with none.
    if !matches!(
        bytes.get(at),
        Some(b'#' | b'/' | b'*' | b';' | b'-' | b'\\' | b'>')
    ) {
        return at;
    }
    match marks.iter().find(|mark| bytes[at..].starts_with(mark)) {
        Some(mark) => at + mark.len() + blanks(&bytes[at + mark.len()..]),
        None => at,
    }
}

/// What joins two strings; nothing does in some languages.
fn operator(bytes: &[u8]) -> usize {
    let there = bytes.iter().take(3);
    there.take_while(|b| b"+.&|<>~^\\".contains(b)).count()
}

/// Where the next string begins behind the quote with which `bytes` begin.
fn next_string(bytes: &[u8]) -> Option<usize> {
    let (quote, rest) = bytes.split_first()?;
    if !b"\"'`".contains(quote) {
        return None;
    }
    let mut at = blanks(rest);
    at += operator(&rest[at..]);
    at += blanks(&rest[at..]);
    if rest[at..].starts_with(b"_") {
        at += 1;
    }
    if let Some(end) = line_end(&rest[at..]) {
        at += end;
        at += blanks(&rest[at..]);
        at += operator(&rest[at..]);
        at += blanks(&rest[at..]);
    }
    // The letter of a string of bytes.
    at += usize::from(matches!(rest.get(at), Some(b'b' | b'f' | b'r' | b'u')));
    (at > 0 && rest.get(at) == Some(quote)).then_some(at + 2)
}

/// Where a run that ends at `at` goes on.
pub(in crate::detect) fn next(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..bytes.len().min(at + JOINT))?;
    let escaped = escaped_end(rest).unwrap_or(0);
    let behind = &rest[escaped..];
    if let Some(string) = next_string(behind) {
        return Some(at + escaped + string);
    }
    if escaped > 0 {
        return Some(at + escaped + indent(behind));
    }
    let folded = usize::from(rest.first() == Some(&b'\\'));
    let end = folded + line_end(&rest[folded..])?;
    Some(at + end + indent(&rest[end..]))
}

/// The end of the run that goes on at `at`.
pub(in crate::detect) fn previous(bytes: &[u8], at: usize) -> Option<usize> {
    let floor = at.saturating_sub(JOINT).max(1);
    // The first one, since a joint may hold the end of another: `\\r\\n`.
    let mut ends =
        (floor..at).filter(|end| b"\"'`\\\r\n".contains(&bytes[*end]) && SIGNS.has(bytes[end - 1]));
    ends.find(|end| next(bytes, *end) == Some(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_joint_is_the_same_from_both_sides() {
        for joint in [
            "\n",
            "\r\n",
            "\n      ",
            "\n# ",
            "\n  // ",
            "\n * ",
            "\n-- ",
            "\n; ",
            "\n> ",
            "\\n",
            "\\r\\n",
            "\\\n",
            "\"\n    \"",
            "\" +\n    \"",
            "\"\n    + \"",
            "' .\n '",
            "\" \\\n  \"",
            "\\n\" +\n\"",
            "\" & _\n\"",
            "\"\n b\"",
            "\" + \"",
        ] {
            let all = format!("QUJD{joint}REVG");
            let bytes = all.as_bytes();
            let to = 4 + joint.len();
            assert_eq!(next(bytes, 4), Some(to), "{joint:?}");
            assert_eq!(previous(bytes, to), Some(4), "{joint:?}");
        }
        for apart in ["\", \"", "\",\n\"", "\"\"", "\"\n'", " ", ", ", "\n\n"] {
            let all = format!("QUJD{apart}REVG");
            assert_eq!(previous(all.as_bytes(), 4 + apart.len()), None, "{apart:?}");
        }
    }
}

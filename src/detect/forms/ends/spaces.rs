//! What may stand between two strings that a program joins: blanks, line ends, comments, and
//! the signs that continue a line.

use super::quoted::line;

/// What stands between two things of a program.
#[derive(Clone, Copy, Debug)]
pub(in crate::detect) struct Gap {
    /// Where it ends.
    pub(in crate::detect) to: usize,
    /// Whether a line ends in it.
    pub(in crate::detect) newline: bool,
    /// Whether a sign says that the line goes on: a backslash, a backquote, `_`.
    pub(in crate::detect) continued: bool,
}

/// Reads blanks, line ends and comments from `at` on.
#[inline]
pub(in crate::detect) fn gap(bytes: &[u8], at: usize) -> Gap {
    let mut gap = Gap {
        to: at.min(bytes.len()),
        newline: false,
        continued: false,
    };
    // Whether nothing stands on this line yet.
    let mut first = false;
    while let Some(&byte) = bytes.get(gap.to) {
        let rest = &bytes[gap.to..];
        match byte {
            b' ' | b'\t' | b'\r' => gap.to += 1,
            b'\n' => {
                gap.to += 1;
                (gap.newline, first) = (true, true);
            }
            b'\\' | b'`' | b'_' if ends_line(rest) => {
                gap.to += 1;
                gap.continued = true;
            }
            // Vim continues a line with the sign at the beginning of the next one.
            b'\\' if first && rest.get(1) == Some(&b' ') => {
                gap.to += 1;
                gap.continued = true;
                first = false;
            }
            _ => {
                let Some(len) = comment(rest) else { break };
                gap.newline |= rest[..len].contains(&b'\n');
                gap.to += len;
            }
        }
    }
    gap
}

/// Whether nothing but blanks follows the first byte of `rest` on its line.
fn ends_line(rest: &[u8]) -> bool {
    let blanks = rest[1..]
        .iter()
        .take_while(|b| b" \t\r".contains(b))
        .count();
    rest.get(1 + blanks) == Some(&b'\n')
}

/// The length of the comment at the beginning of `rest`.
fn comment(rest: &[u8]) -> Option<usize> {
    const ENCLOSED: &[[&[u8]; 2]] = &[
        [b"/*", b"*/"],
        [b"<#", b"#>"],
        [b"{-", b"-}"],
        [b"--[[", b"]]"],
    ];
    if !matches!(rest.first(), Some(b'/' | b'<' | b'{' | b'-' | b'#')) {
        return None;
    }
    if let Some([open, close]) = ENCLOSED.iter().find(|[open, _]| rest.starts_with(open)) {
        let end = memchr::memmem::find(&rest[open.len()..], close)?;
        return Some(open.len() + end + close.len());
    }
    let to_line_end = rest.starts_with(b"//")
        || rest.starts_with(b"--")
        // Not a raw string of Swift, nor what is put into a string.
        || rest.first() == Some(&b'#') && !matches!(rest.get(1), Some(b'"' | b'{' | b'['));
    to_line_end.then(|| line(rest, 0).len())
}

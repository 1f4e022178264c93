//! Whether a zip has members that are not stored as they are.
//!
//! Source of the layout: PKWARE's APPNOTE, 4.3.7 (local file header), 4.3.12 (central directory)
//! and 4.3.16 (end of central directory).

use memchr::memmem;

use crate::blob::SkipReason;

/// The length of an end of central directory without a comment.
const END: usize = 22;
/// What an end of central directory begins with.
const MARK: &[u8] = b"PK\x05\x06";
/// The longest comment.
const COMMENT: usize = u16::MAX as usize;

/// Whether content ends as a zip does: it may begin with anything else, such as a program that
/// unpacks it. A comment behind the end counts in binary content only.
pub(super) fn ends(bytes: &[u8], binary: bool) -> bool {
    if !binary {
        let Some(start) = bytes.len().checked_sub(END) else {
            return false;
        };
        return bytes[start..].starts_with(MARK) && bytes.ends_with(&[0, 0]);
    }
    let tail = &bytes[bytes.len().saturating_sub(END + COMMENT)..];
    memmem::rfind_iter(tail, MARK).any(|at| {
        let end = &tail[at..];
        let comment = end
            .get(20..22)
            .map(|n| usize::from(u16::from_le_bytes([n[0], n[1]])));
        comment.is_some_and(|comment| end.len() == END + comment)
    })
}

/// Returns why a member in this stretch of a zip is not read: it is compressed or encrypted.
/// Looks at the header before each member and at the directory behind all of them.
pub(super) fn shut(bytes: &[u8]) -> Option<SkipReason> {
    let mut found = None;
    for at in memmem::find_iter(bytes, b"PK") {
        let (version, fields) = match bytes[at..] {
            [_, _, 3, 4, ..] => (at + 4, at + 6),
            [_, _, 1, 2, ..] => (at + 6, at + 8),
            _ => continue,
        };
        let Some(&[flags, more, method, high, ..]) = bytes.get(fields..) else {
            continue;
        };
        // Compressed bytes may look like a header: the version that it needs is at most 6.3, and
        // methods go up to 99.
        if bytes[version] > 63 || high != 0 || method > 99 || more & 0xd0 != 0 {
            continue;
        }
        if flags & 1 != 0 {
            return Some(SkipReason::Encrypted);
        }
        if method != 0 {
            found = Some(SkipReason::Compressed);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(flags: u8, method: u8) -> Vec<u8> {
        let mut header = vec![b'P', b'K', 3, 4, 20, 0, flags, 0, method, 0];
        header.resize(30, 0);
        header
    }

    fn end(comment: &[u8]) -> Vec<u8> {
        let mut end = b"PK\x05\x06".to_vec();
        end.resize(20, 0);
        end.extend_from_slice(&(comment.len() as u16).to_le_bytes());
        end.extend_from_slice(comment);
        end
    }

    #[test]
    fn members_that_are_stored_are_read() {
        assert_eq!(shut(&local(0, 0)), None);
        assert_eq!(shut(&local(8, 8)), Some(SkipReason::Compressed));
        assert_eq!(shut(&local(1, 0)), Some(SkipReason::Encrypted));
        let both = [local(0, 0), b"password".to_vec(), local(0, 8)].concat();
        assert_eq!(shut(&both), Some(SkipReason::Compressed));
        for length in 0..both.len() {
            shut(&both[..length]);
        }
    }

    #[test]
    fn a_zip_may_stand_behind_other_bytes() {
        let script = b"#!/bin/sh\nexit\n".to_vec();
        assert!(ends(&[script.clone(), end(b"")].concat(), false));
        assert!(ends(&[script.clone(), end(b"a comment")].concat(), true));
        assert!(!ends(&[script.clone(), end(b"a comment")].concat(), false));
        assert!(!ends(&[end(b""), script].concat(), true));
        assert!(!ends(b"PK\x05\x06", true));
    }
}

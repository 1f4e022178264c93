//! Whether a zip has members that are not stored as they are.
//!
//! Source of the layout: PKWARE's APPNOTE, 4.3.7 (local file header) and 4.3.12 (central directory).

use memchr::memmem;

use crate::blob::SkipReason;

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
}

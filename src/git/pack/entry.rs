//! Parses the header of a pack entry: kind, size and the place of its delta base.
//!
//! The layout is documented in git's `gitformat-pack`. This module does not read files.

use gix::object::Kind;

/// The header before an entry's compressed data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The entry's kind or, for a delta, its base.
    pub base: Base,
    /// Size of the unpacked data in bytes: of the object, or of the delta's instructions.
    pub size: u64,
    /// Length of this header in bytes.
    pub len: usize,
}

/// What an entry is built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing: a whole object of this kind.
    Whole(Kind),
    /// The entry at this offset of the same pack.
    Offset(u64),
    /// The object whose name is at this position in the header.
    Name(usize),
}

/// The longest header: a size of ten bytes and a name of 32 bytes.
pub const MAX_HEADER: usize = 10 + 32;

/// Parses the header at the start of `bytes`, which are at `offset` in a pack whose
/// object names have `hash_len` bytes. Returns None if it is invalid or cut off.
pub fn header(bytes: &[u8], offset: u64, hash_len: usize) -> Option<Header> {
    let first = *bytes.first()?;
    let mut size = u64::from(first & 0x0f);
    let mut len = 1;
    let mut shift = 4;
    let mut last = first;
    while last & 0x80 != 0 {
        last = *bytes.get(len)?;
        len += 1;
        let bits = u64::from(last & 0x7f);
        if shift > 60 || bits << shift >> shift != bits {
            return None;
        }
        size |= bits << shift;
        shift += 7;
    }
    let base = match (first >> 4) & 7 {
        1 => Base::Whole(Kind::Commit),
        2 => Base::Whole(Kind::Tree),
        3 => Base::Whole(Kind::Blob),
        4 => Base::Whole(Kind::Tag),
        6 => {
            let distance = distance(bytes.get(len..)?, &mut len)?;
            Base::Offset(offset.checked_sub(distance).filter(|_| distance > 0)?)
        }
        7 => {
            let at = len;
            len += hash_len;
            bytes.get(at..len)?;
            Base::Name(at)
        }
        _ => return None,
    };
    Some(Header { base, size, len })
}

/// Reads the distance from the delta back to the start of its base. It is stored as
/// big-endian groups of 7 bits; each continuation adds one, so that no value has two
/// forms.
fn distance(bytes: &[u8], len: &mut usize) -> Option<u64> {
    let mut value = 0u64;
    for (i, byte) in bytes.iter().enumerate().take(10) {
        if i > 0 {
            value = value.checked_add(1)?;
        }
        value = value
            .checked_mul(0x80)?
            .checked_add(u64::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            *len += i + 1;
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Rng;

    #[test]
    fn reads_known_headers() {
        let blob = header(&[0xb5, 0x01, 0x78], 12, 20).unwrap();
        assert_eq!(
            blob,
            Header {
                base: Base::Whole(Kind::Blob),
                size: 0x15,
                len: 2
            }
        );
        let delta = header(&[0x65, 0x81, 0x00], 1000, 20).unwrap();
        assert_eq!(
            delta,
            Header {
                base: Base::Offset(1000 - 256),
                size: 5,
                len: 3
            }
        );
        let mut named = vec![0x75];
        named.extend([7; 20]);
        let named = header(&named, 1000, 20).unwrap();
        assert_eq!(
            named,
            Header {
                base: Base::Name(1),
                size: 5,
                len: 21
            }
        );
    }

    #[test]
    fn invalid_headers_are_none() {
        assert_eq!(header(&[], 12, 20), None);
        assert_eq!(header(&[0x00], 12, 20), None, "kind 0");
        assert_eq!(header(&[0x50], 12, 20), None, "kind 5");
        assert_eq!(header(&[0x65, 0x00], 12, 20), None, "its own base");
        assert_eq!(header(&[0x65, 0x0d], 12, 20), None, "before the pack");
        assert_eq!(header(&[0x75, 1, 2], 12, 20), None, "name cut off");
        assert_eq!(header(&[0xff; 42], 12, 20), None, "endless size");
        let mut rng = Rng::new(1);
        for _ in 0..20_000 {
            let n = rng.below(MAX_HEADER + 1);
            let bytes = rng.any_bytes(n);
            if let Some(found) = header(&bytes, 1 << 20, 32) {
                assert!(found.len <= bytes.len());
            }
        }
    }
}

//! What stands inside content and is not read: compressed and encrypted members, and content
//! that is stored elsewhere. Recognised by content, never by name.

mod zip;

use memchr::memmem;

use super::streams::Method;
use crate::blob::SkipReason;

/// Why a part of content is not read. The first reason that is found counts for all of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shut {
    reason: Option<SkipReason>,
    /// The container, as its first bytes say.
    container: Option<Container>,
}

/// A container whose members may or may not be readable as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Container {
    Zip,
    Pdf,
}

/// First bytes of compressed streams, and of containers that compress all they hold.
/// Sources: the format specifications (RFC 1952, RFC 8878, the xz, lz4 and 7z formats, the
/// cabinet and RAR notes), and the kernel's magic numbers.
const COMPRESSED: &[&[u8]] = &[
    b"\x1f\x8b\x08",
    b"\x1f\x9d",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"\x04\x22\x4d\x18",
    b"LZIP\x01",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"MSCF\0\0\0\0",
    b"\xed\xab\xee\xdb",
    b"hsqs",
    b"!<arch>\ndebian-binary ",
];

/// First bytes of encrypted files.
/// Sources: age-encryption.org/v1, `openssl enc`, git-crypt, Ansible Vault, LUKS, KeePass, RFC 9580.
const ENCRYPTED: &[&[u8]] = &[
    b"age-encryption.org/v1\n",
    b"-----BEGIN AGE ENCRYPTED FILE-----",
    b"-----BEGIN PGP MESSAGE-----",
    b"Salted__",
    b"\0GITCRYPT\0",
    b"$ANSIBLE_VAULT;1.",
    b"LUKS\xba\xbe",
    b"\x03\xd9\xa2\x9a\x65\xfb\x4b\xb5",
    b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5",
    // A packet with a session key for an RSA key of 2048, 3072 or 4096 bits, for two elliptic curves,
    // and for a passphrase.
    b"\x85\x01\x0c\x03",
    b"\x85\x01\x8c\x03",
    b"\x85\x02\x0c\x03",
    b"\x84\x5e\x03",
    b"\x84\x7e\x03",
    b"\x8c\x0d\x04",
];

/// The first bytes of [`COMPRESSED`] and [`ENCRYPTED`].
static KNOWN: [bool; 256] = {
    let mut known = [false; 256];
    let mut i = 0;
    while i < COMPRESSED.len() {
        known[COMPRESSED[i][0] as usize] = true;
        i += 1;
    }
    let mut i = 0;
    while i < ENCRYPTED.len() {
        known[ENCRYPTED[i][0] as usize] = true;
        i += 1;
    }
    known
};

/// The first line of a pointer of Git LFS. Source: the specification of Git LFS.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/v1";

impl Shut {
    /// Looks at a stretch of content as it is stored. `first` says that it begins the content,
    /// `last` that it ends it. Stretches may overlap.
    pub(crate) fn look(&mut self, bytes: &[u8], binary: bool, first: bool, last: bool) {
        if self.reason.is_some() {
            return;
        }
        if first {
            self.reason = begins(bytes, binary);
            self.container = match bytes {
                [b'P', b'K', 3, 4, ..] => Some(Container::Zip),
                [b'P', b'K', 7, 8, b'P', b'K', 3, 4, ..] => Some(Container::Zip),
                [
                    b'%',
                    b'P',
                    b'D',
                    b'F',
                    b'-',
                    b'1' | b'2',
                    b'.',
                    _,
                    b'\r' | b'\n',
                    ..,
                ] => Some(Container::Pdf),
                _ => None,
            };
        }
        if last && self.container.is_none() && super::zip::ends(bytes, binary) {
            self.container = Some(Container::Zip);
        }
        if self.reason.is_none() {
            self.reason = match self.container {
                Some(Container::Zip) => zip::shut(bytes),
                Some(Container::Pdf) => {
                    memmem::find(bytes, b"/Filter").map(|_| SkipReason::Compressed)
                }
                None => None,
            };
        }
    }

    /// Returns the reason after the last stretch, and forgets it.
    pub(crate) fn take(&mut self) -> Option<SkipReason> {
        std::mem::take(self).reason
    }
}

/// Returns why content is not read, if all of it is in one piece.
pub(crate) fn shut(bytes: &[u8], binary: bool) -> Option<SkipReason> {
    let mut shut = Shut::default();
    shut.look(bytes, binary, true, true);
    shut.take()
}

/// Returns what the first bytes of content say about all of it.
fn begins(bytes: &[u8], binary: bool) -> Option<SkipReason> {
    let any = |list: &[&[u8]]| list.iter().any(|magic| bytes.starts_with(magic));
    // Most content is text; its first byte rules out all but a few.
    let first = bytes.first()?;
    match first {
        b'v' if is_pointer(bytes) => return Some(SkipReason::Lfs),
        b'h' | b'S' if !binary => return None,
        b'B' if Method::Bzip2.begins(bytes) => return Some(SkipReason::Compressed),
        b'x' if binary && is_zlib(bytes) => return Some(SkipReason::Compressed),
        0x5d if is_lzma(bytes) => return Some(SkipReason::Compressed),
        _ => {}
    }
    if !KNOWN[usize::from(*first)] {
        return None;
    }
    if any(COMPRESSED) {
        Some(SkipReason::Compressed)
    } else if any(ENCRYPTED) {
        Some(SkipReason::Encrypted)
    } else {
        None
    }
}

/// A pointer of Git LFS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pointer {
    /// The SHA-256 of the object, in lower-case hex.
    oid: [u8; 64],
    /// The size of the object in bytes.
    pub(crate) size: u64,
}

impl Pointer {
    /// The most bytes of a pointer, as the specification has it.
    const MOST: usize = 1024;

    /// Returns the pointer that content is.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.len() >= Self::MOST || !is_pointer(bytes) {
            return None;
        }
        let value = |key: &[u8]| {
            let lines = bytes.split(|b| *b == b'\n');
            let value = lines.filter_map(|line| line.strip_prefix(key)).next()?;
            Some(value.strip_suffix(b"\r").unwrap_or(value))
        };
        let oid: [u8; 64] = value(b"oid sha256:")?.try_into().ok()?;
        let is_hex = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        let size = std::str::from_utf8(value(b"size ")?).ok()?.parse().ok()?;
        oid.iter().all(is_hex).then_some(Self { oid, size })
    }

    /// Returns the name of the object: 64 hex digits.
    pub(crate) fn oid(&self) -> &str {
        std::str::from_utf8(&self.oid).unwrap_or_default()
    }
}

/// Whether content is a pointer of Git LFS: a version, and an object. Lines may end with `\r\n`, if git
/// converted them.
fn is_pointer(bytes: &[u8]) -> bool {
    bytes.strip_prefix(LFS).is_some_and(|rest| {
        let head = &rest[..rest.len().min(512)];
        (rest.starts_with(b"\n") || rest.starts_with(b"\r\n"))
            && memmem::find(head, b"\noid sha256:").is_some()
    })
}

/// A header of RFC 1950: deflate with a window of 32 KiB, its checksum right.
fn is_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, [0x78, flags, ..] if (0x7800 + u16::from(*flags)) % 31 == 0 && flags & 0x20 == 0)
}

/// The header of an `.lzma` file: default properties, a dictionary of a usual size, and a size
/// that is unknown or below 256 GiB.
fn is_lzma(bytes: &[u8]) -> bool {
    let Some(header) = bytes.first_chunk::<13>() else {
        return false;
    };
    let dictionary = u32::from_le_bytes([header[1], header[2], header[3], header[4]]);
    let size = &header[5..];
    let usual = dictionary.is_power_of_two() && (1 << 12..=1 << 30).contains(&dictionary);
    usual && (size.iter().all(|b| *b == 0xff) || size[5..].iter().all(|b| *b == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell() {
        let compressed = Some(SkipReason::Compressed);
        let encrypted = Some(SkipReason::Encrypted);
        for (bytes, expected) in [
            (&b"\x1f\x8b\x08\0rest"[..], compressed),
            (b"BZh91AY&SYrest", compressed),
            (b"BZh9\x17rE8P\x90\0\0\0\0", compressed),
            (b"BZhello", None),
            (
                b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xffrest",
                compressed,
            ),
            (b"\x5d\0\0\x80\0\x10\0\0\0\0\0\0\0rest", compressed),
            (b"]\n, [1, 2, 3, 4, 5]", None),
            (b"x\x9c rest", compressed),
            (b"x=1\n", None),
            (b"\0GITCRYPT\0rest", encrypted),
            (b"$ANSIBLE_VAULT;1.1;AES256\n", encrypted),
            (b"$ANSIBLE_HOST", None),
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:",
                Some(SkipReason::Lfs),
            ),
            (b"version 1", None),
            (b"!<arch>\ndebian-binary   ", compressed),
            (b"!<arch>\n/               ", None),
            (b"%PDF-1.7\n<< /Filter /FlateDecode >>", compressed),
            (b"%PDF-1.7 is a header, /Filter a key", None),
            (
                b"version https://git-lfs.github.com/spec/v1\nis the first line",
                None,
            ),
            (
                b"version https://git-lfs.github.com/spec/v1\r\noid sha256:0\r\n",
                Some(SkipReason::Lfs),
            ),
            (b"%PDF-1.7\n(all of it is plain)", None),
            (b"", None),
        ] {
            assert_eq!(shut(bytes, true), expected, "{}", bytes.escape_ascii());
        }
        for text in [
            &b"x\x9c is a letter in Latin-1"[..],
            b"hsqs stands for squashfs",
            b"Salted__ is what openssl writes first",
            b"$ANSIBLE_VAULT; is how vaults begin",
        ] {
            assert_eq!(shut(text, false), None, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn a_later_stretch_may_tell() {
        let mut seen = Shut::default();
        seen.look(b"%PDF-1.7\nplain", true, true, false);
        seen.look(b"<< /Filter /LZWDecode >>", true, false, true);
        assert_eq!(seen.take(), Some(SkipReason::Compressed));
        assert_eq!(seen.take(), None);
    }
}

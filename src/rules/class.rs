//! Sets of bytes, and the names of those that rules can use.

use std::fmt;

/// A set of byte values, as a bitmap of 256 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ByteSet(pub [u64; 4]);

impl ByteSet {
    /// The set with no byte in it.
    pub const EMPTY: ByteSet = ByteSet([0; 4]);

    /// Returns the set of the bytes in `bytes`.
    pub const fn of(bytes: &[u8]) -> Self {
        let mut set = Self::EMPTY;
        let mut i = 0;
        while i < bytes.len() {
            set.0[(bytes[i] >> 6) as usize] |= 1 << (bytes[i] & 63);
            i += 1;
        }
        set
    }

    /// Returns the set of the bytes from `first` to `last`, both included.
    pub const fn range(first: u8, last: u8) -> Self {
        let mut set = Self::EMPTY;
        let mut b = first as usize;
        while b <= last as usize {
            set.0[b >> 6] |= 1 << (b & 63);
            b += 1;
        }
        set
    }

    /// Returns the bytes that are in either set.
    pub const fn or(self, other: Self) -> Self {
        ByteSet([
            self.0[0] | other.0[0],
            self.0[1] | other.0[1],
            self.0[2] | other.0[2],
            self.0[3] | other.0[3],
        ])
    }

    /// Returns the bytes of this set that are not in `other`.
    pub const fn without(self, other: Self) -> Self {
        ByteSet([
            self.0[0] & !other.0[0],
            self.0[1] & !other.0[1],
            self.0[2] & !other.0[2],
            self.0[3] & !other.0[3],
        ])
    }

    /// Returns whether `byte` is in the set.
    #[inline]
    pub const fn has(&self, byte: u8) -> bool {
        self.0[(byte >> 6) as usize] >> (byte & 63) & 1 != 0
    }

    /// Returns whether each byte is in the set: a look-up that is cheaper than [`has`](Self::has)
    /// where many bytes are asked for.
    pub const fn table(&self) -> [bool; 256] {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            table[byte] = self.has(byte as u8);
            byte += 1;
        }
        table
    }

    /// Returns how many bytes are in the set.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|w| w.count_ones()).sum()
    }

    /// Returns whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// Returns the bytes of the set in ascending order.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..=255u8).filter(move |b| self.has(*b))
    }
}

impl fmt::Debug for ByteSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: Vec<u8> = self.iter().collect();
        write!(f, "[{}]", text.escape_ascii())
    }
}

/// Decimal digits.
pub const DIGIT: ByteSet = ByteSet::range(b'0', b'9');
/// Lower-case ASCII letters.
pub const LOWER: ByteSet = ByteSet::range(b'a', b'z');
/// Upper-case ASCII letters.
pub const UPPER: ByteSet = ByteSet::range(b'A', b'Z');
/// ASCII letters.
pub const ALPHA: ByteSet = LOWER.or(UPPER);
/// ASCII letters and digits.
pub const ALNUM: ByteSet = ALPHA.or(DIGIT);
/// Lower-case hexadecimal digits.
pub const HEX: ByteSet = DIGIT.or(ByteSet::range(b'a', b'f'));
/// ASCII letters, digits and underscore.
pub const WORD: ByteSet = ALNUM.or(ByteSet::of(b"_"));

const PRINTABLE: ByteSet = ByteSet::range(0x21, 0x7e);
/// The bytes of the user part of a URL.
const URL_USER: ByteSet = ALNUM.or(ByteSet::of(b"-._~%!$&'*+,;="));
/// The bytes of the password part of a URL, percent-encoded or (wrongly) not.
const URL_PASSWORD: ByteSet = PRINTABLE.without(ByteSet::of(b"\"'`<>@/\\ {}|^[]"));

/// The bytes of a URL password without the separators of a connection string.
const DSN_PASSWORD: ByteSet = URL_PASSWORD.without(ByteSet::of(b";="));

/// The named classes of the shape notation.
const CLASSES: &[(&str, ByteSet)] = &[
    ("AtoD", ByteSet::range(b'A', b'D')),
    ("AtoL", ByteSet::range(b'A', b'L')),
    ("AtoP", ByteSet::range(b'A', b'P')),
    ("B32", UPPER.or(ByteSet::range(b'2', b'7'))),
    ("HEX", DIGIT.or(ByteSet::range(b'A', b'F'))),
    ("alpha", ALPHA),
    ("any", PRINTABLE.without(ByteSet::of(b"\"'`"))),
    ("b32", LOWER.or(ByteSet::range(b'2', b'7'))),
    ("b36", LOWER.or(DIGIT)),
    ("b64", ALNUM.or(ByteSet::of(b"+/"))),
    ("b64crypt", ALNUM.or(ByteSet::of(b"./"))),
    ("b64last2", ByteSet::of(b"AQgw")),
    ("b64pad", ALNUM.or(ByteSet::of(b"+/="))),
    ("b64u", ALNUM.or(ByteSet::of(b"-_"))),
    ("base58", ALNUM.without(ByteSet::of(b"0OIl"))),
    ("base58xrp", ALNUM.without(ByteSet::of(b"0OIl"))),
    ("base62", ALNUM),
    ("bech32upper", UPPER.or(DIGIT).without(ByteSet::of(b"1BIO"))),
    ("ctof", ByteSet::range(b'c', b'f')),
    ("dig", DIGIT),
    ("hex", HEX),
    ("hexi", HEX.or(ByteSet::range(b'A', b'F'))),
    ("lonum", LOWER.or(DIGIT)),
    ("low", LOWER),
    ("printable", PRINTABLE),
    ("space", ByteSet::of(b" \t")),
    ("up", UPPER),
    ("upnum", UPPER.or(DIGIT)),
    ("dsnpassword", DSN_PASSWORD),
    ("urlb64", ALNUM.or(ByteSet::of(b"+/-_=%"))),
    ("urlpassword", URL_PASSWORD),
    ("urluser", URL_USER),
    ("word", WORD),
];

/// Returns the class called `name`, plus the characters after a dot
/// (`word.~-`).
pub(crate) fn named(name: &str) -> Option<ByteSet> {
    let (base, signs) = match name.split_once('.') {
        Some((base, signs)) => (base, signs),
        None => (name, ""),
    };
    let set = CLASSES.iter().find(|(known, _)| *known == base)?.1;
    Some(set.or(ByteSet::of(signs.as_bytes())))
}

/// Returns the names of all classes, for error messages.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    CLASSES.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_they_name() {
        let set = named("word.~-").unwrap();
        assert!(set.has(b'~') && set.has(b'-') && set.has(b'_') && set.has(b'Z'));
        assert!(!set.has(b'+'));
        assert_eq!(named("base62").unwrap().len(), 62);
        assert_eq!(named("base58").unwrap().len(), 58);
        assert!(named("nope").is_none());
    }

    #[test]
    fn iteration_matches_membership() {
        let set = named("hexi").unwrap();
        assert_eq!(set.iter().collect::<Vec<_>>(), b"0123456789ABCDEFabcdef");
    }
}

//! Code units of UTF-16 and UTF-32.

/// An encoding in which each character takes several bytes, most of them zero in ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wide {
    /// Bytes of a unit: 2 or 4.
    pub(super) width: usize,
    /// Most significant byte first.
    pub(super) big: bool,
}

/// A character at the start of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// A character of text, and its length in bytes.
    Char(char, usize),
    /// Something that text does not have: a NUL, a control character, half a surrogate
    /// pair, no character at all.
    Bad,
    /// Too few bytes.
    Cut,
}

impl Wide {
    /// Returns the number in the first unit of `bytes`.
    pub(super) fn value(self, bytes: &[u8]) -> Option<u32> {
        let unit = bytes.get(..self.width)?;
        let add = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
        Some(if self.big {
            unit.iter().fold(0, add)
        } else {
            unit.iter().rev().fold(0, add)
        })
    }

    /// Returns the first character of `bytes`.
    pub(super) fn unit(self, bytes: &[u8]) -> Unit {
        let Some(value) = self.value(bytes) else {
            return Unit::Cut;
        };
        if self.width == 2 && (0xd800..0xdc00).contains(&value) {
            return match self.value(&bytes[2..]) {
                Some(low @ 0xdc00..0xe000) => {
                    let value = 0x10000 + ((value - 0xd800) << 10) + (low - 0xdc00);
                    char::from_u32(value).map_or(Unit::Bad, |c| Unit::Char(c, 4))
                }
                Some(_) => Unit::Bad,
                None => Unit::Cut,
            };
        }
        match char::from_u32(value) {
            Some(c) if is_text(c) => Unit::Char(c, self.width),
            _ => Unit::Bad,
        }
    }

    /// Returns the ASCII character in the first unit of `bytes`.
    pub(super) fn ascii(self, bytes: &[u8]) -> Option<u8> {
        let value = u8::try_from(self.value(bytes)?).ok()?;
        is_ascii_text(value).then_some(value)
    }

    /// Returns the first four characters of UTF-16 if they are letters or signs of ASCII,
    /// and a NUL does not follow.
    pub(super) fn four_letters(self, bytes: &[u8]) -> Option<[u8; 4]> {
        let (word, next) = (bytes.first_chunk::<8>()?, bytes.get(8..10)?);
        if self.width != 2 || next == [0, 0] {
            return None;
        }
        let word = u64::from_le_bytes(*word);
        let low = 0x00ff_00ff_00ff_00ff;
        let word = if self.big {
            (word >> 8 & low) | (word & low) << 8
        } else {
            word
        };
        // From a blank on, and before a tilde: adding sets the eighth bit, or does not.
        let each = 0x0001_0001_0001_0001u64;
        let eighth = 0x80 * each;
        let from_blank = word.wrapping_add(0x60 * each) & eighth == eighth;
        let before_tilde = word.wrapping_add(0x02 * each) & eighth == 0;
        (word & !(0x7f * each) == 0 && from_blank && before_tilde)
            .then(|| [0, 16, 32, 48].map(|shift| (word >> shift) as u8))
    }

    /// Returns the most significant byte and the other one of a unit of two bytes.
    pub(super) fn halves(self, pair: [u8; 2]) -> (u8, u8) {
        let [first, second] = pair;
        if self.big {
            (first, second)
        } else {
            (second, first)
        }
    }
}

/// Whether `byte` is an ASCII character that lines of text consist of.
pub(super) fn is_ascii_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

fn is_text(c: char) -> bool {
    match u32::from(c) {
        0x08..=0x0d | 0x1b..=0x1f => true,
        0..0x20 | 0x7f | 0xfdd0..=0xfdef => false,
        value => value & 0xfffe != 0xfffe,
    }
}

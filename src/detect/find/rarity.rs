//! Estimates how rare a short byte string is in code, which decides what part of a literal
//! the prefilter looks for. It steers speed only; no verdict depends on it.
//!
//! The table holds -8·log2 of byte and byte-pair frequencies, counted over 40 MB samples
//! of each of eight public source trees in C, Go, Java, JavaScript, PHP, Ruby and
//! documentation. Bytes are folded to six bits, so that both cases of a letter are one
//! symbol.
//!
//! The build script compiles this file as well.

use crate::rules::class::ByteSet;

static TABLE: &[u8; 64 + 64 * 64] = include_bytes!("bigrams.bin");

/// A class as a bitmap of symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Symbols(u64);

impl Symbols {
    /// The symbols of the bytes of `set`.
    pub(super) fn of(set: &ByteSet) -> Self {
        let [a, b, c, d] = set.0;
        // Without bit 5 of a byte the two halves of a word fold together, and bit 6
        // becomes bit 5. Bytes from 128 on fold onto ASCII.
        let low = (a | a >> 32 | c | c >> 32) & 0xffff_ffff;
        let high = (b | b >> 32 | d | d >> 32) & 0xffff_ffff;
        Self(low | high << 32)
    }

    /// These symbols, and those that share flags with them.
    pub(super) fn with_aliases(self) -> Self {
        Self(self.0 | self.0.rotate_left(32))
    }

    fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let next = rest.trailing_zeros() as usize;
            (rest != 0).then(|| {
                rest &= rest - 1;
                next
            })
        })
    }
}

/// Frequencies of bytes and byte pairs, expanded from the table.
pub(super) struct Model {
    power: [f32; 256],
}

impl Model {
    /// Expands the table's logarithms.
    pub(super) fn new() -> Self {
        Self {
            power: std::array::from_fn(|n| (-(n as f32) / 8.0).exp2()),
        }
    }

    /// How often the classes match in a row, per byte of code, as the model expects.
    pub(super) fn expected(&self, classes: &[Symbols]) -> f32 {
        let mut weight = [0f32; 64];
        let (Some(head), Some(tail)) = (classes.first(), classes.last()) else {
            return 1.0;
        };
        for a in head.iter() {
            weight[a] = self.power[usize::from(TABLE[a])];
        }
        for pair in classes.windows(2) {
            let mut next = [0f32; 64];
            for a in pair[0].iter() {
                for b in pair[1].iter() {
                    next[b] += weight[a] * self.power[usize::from(TABLE[64 + a * 64 + b])];
                }
            }
            weight = next;
        }
        tail.iter().map(|a| weight[a]).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expect(classes: &[ByteSet; 4]) -> f32 {
        Model::new().expected(&classes.map(|c| Symbols::of(&c)))
    }

    #[test]
    fn symbols_fold_the_case_of_letters_and_nothing_else_of_ascii_words() {
        for byte in 0..=255u8 {
            let symbol = (byte & 0x1f) | ((byte & 0x40) >> 1);
            assert_eq!(
                Symbols::of(&ByteSet::of(&[byte])),
                Symbols(1 << symbol),
                "{byte}"
            );
        }
    }

    fn of(text: &[u8; 4]) -> f32 {
        expect(&text.map(|b| ByteSet::of(&[b])))
    }

    #[test]
    fn words_of_code_are_common_and_prefixes_of_tokens_are_rare() {
        assert!(of(b"retu") > 100.0 * of(b"xoxb"));
        assert!(of(b"pass") > of(b"AKIA"));
    }

    #[test]
    fn a_class_is_as_common_as_its_members_together() {
        let digits = ByteSet::range(b'0', b'9');
        let lone = ByteSet::of(b"7");
        let open = expect(&[
            ByteSet::of(b"k"),
            ByteSet::of(b"e"),
            ByteSet::of(b"y"),
            digits,
        ]);
        let one = expect(&[
            ByteSet::of(b"k"),
            ByteSet::of(b"e"),
            ByteSet::of(b"y"),
            lone,
        ]);
        assert!(open > one);
    }
}

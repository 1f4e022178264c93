//! How rare a short byte string is in code: decides which part of a literal the
//! prefilter looks for.
//!
//! The table holds -8·log2 of byte and byte-pair frequencies, counted over
//! 40 MB samples each of eight public source trees in C, Go, Java, JavaScript,
//! PHP, Ruby and documentation. Bytes are folded to six bits, so that letters of
//! either case are one symbol. It steers speed only; no verdict depends on it.

use crate::rules::class::ByteSet;

static TABLE: &[u8; 64 + 64 * 64] = include_bytes!("bigrams.bin");

/// Folds a byte to one of 64 symbols; ASCII letters lose their case.
fn symbol(byte: u8) -> usize {
    usize::from((byte & 0x1f) | ((byte & 0x40) >> 1))
}

/// How often the four classes are expected to match in a row, per byte of code.
pub(super) fn expected(classes: &[ByteSet; 4]) -> f32 {
    let symbols = classes.map(|set| {
        let mut present = [false; 64];
        set.iter().for_each(|b| present[symbol(b)] = true);
        present
    });
    let mut weight = [0f32; 64];
    for a in (0..64).filter(|a| symbols[0][*a]) {
        weight[a] = (-f32::from(TABLE[a]) / 8.0).exp2();
    }
    for wanted in &symbols[1..] {
        let mut next = [0f32; 64];
        for a in (0..64).filter(|a| weight[*a] > 0.0) {
            for b in (0..64).filter(|b| wanted[*b]) {
                next[b] += weight[a] * (-f32::from(TABLE[64 + a * 64 + b]) / 8.0).exp2();
            }
        }
        weight = next;
    }
    weight.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &[u8; 4]) -> f32 {
        expected(&text.map(|b| ByteSet::of(&[b])))
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
        let open = expected(&[
            ByteSet::of(b"k"),
            ByteSet::of(b"e"),
            ByteSet::of(b"y"),
            digits,
        ]);
        let one = expected(&[
            ByteSet::of(b"k"),
            ByteSet::of(b"e"),
            ByteSet::of(b"y"),
            lone,
        ]);
        assert!(open > one);
    }
}

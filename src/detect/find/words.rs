//! What words of eight bytes are made of, found out for many bytes at once.
//!
//! A search for long runs asks this of all content, and of the bytes around each place where one
//! may be.

use super::wrapped::SIGNS;

/// The size of the blocks that are looked at. Each run, and each token, of 32 bytes holds a whole one.
pub(super) const STRIDE: usize = 16;

/// The first of all signs in ASCII. Before it stand blanks, line ends, quotes and brackets.
const FIRST_SIGN: u8 = 0x2b;
const _: () = assert!(SIGNS.has(FIRST_SIGN) && !SIGNS.has(FIRST_SIGN - 1));

const LOW: u64 = u64::MAX / 255;
/// The highest bit of each byte.
const HIGH: u64 = LOW << 7;

/// A bit for each block without a byte that stands before all signs, the first one lowest. Which
/// ones these are is hard to foresee for a processor, so there is no branch for each.
#[inline(always)]
pub(super) fn thick_ones(blocks: &[[u8; STRIDE]]) -> u64 {
    let is_thick = |block: &[u8; STRIDE]| {
        // No branch, so that the compiler looks at all bytes at once.
        let bytes = block.iter();
        bytes.fold(true, |all, byte| all & (*byte >= FIRST_SIGN))
    };
    let all = blocks.iter().rev();
    all.fold(0, |ones, block| ones << 1 | u64::from(is_thick(block)))
}

/// Has the highest bit of each byte of `word` that is no letter and no digit.
#[inline(always)]
fn other(word: u64) -> u64 {
    let ascii = word & !HIGH;
    // The highest bit of each byte that is in a range.
    let among = |bytes: u64, first: u8, last: u8| {
        let from = bytes + (0x80 - u64::from(first)) * LOW;
        let behind = bytes + (0x7f - u64::from(last)) * LOW;
        from & !behind
    };
    let letters = among(ascii | (0x20 * LOW), b'a', b'z');
    let digits = among(ascii, b'0', b'9');
    (!(letters | digits) | word) & HIGH
}

/// How many letters and digits stand right before `at`, of the last `most` bytes.
#[inline(always)]
pub(super) fn alnums_before(bytes: &[u8], at: usize, most: usize) -> usize {
    let mut count = 0;
    while count < most {
        let Some(word) = (at - count)
            .checked_sub(8)
            .and_then(|at| bytes[at..].first_chunk())
        else {
            let rest = bytes[..at - count].iter().rev();
            let rest = rest.take_while(|byte| byte.is_ascii_alphanumeric()).count();
            return (count + rest).min(most);
        };
        let other = other(u64::from_le_bytes(*word));
        if other != 0 {
            return (count + other.leading_zeros() as usize / 8).min(most);
        }
        count += 8;
    }
    most
}

/// How many letters and digits a block begins with.
#[inline(always)]
pub(super) fn alnums_of(block: &[u8; STRIDE]) -> usize {
    let (words, _) = block.as_chunks::<8>();
    let mut count = 0;
    for word in words {
        let other = other(u64::from_le_bytes(*word));
        if other != 0 {
            return count + other.trailing_zeros() as usize / 8;
        }
        count += 8;
    }
    count
}

/// How many letters and digits `bytes` begin with.
#[inline]
pub(super) fn alnums(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks();
    let mut count = 0;
    for block in blocks {
        let own = alnums_of(block);
        count += own;
        if own < STRIDE {
            return count;
        }
    }
    let rest = rest.iter();
    count + rest.take_while(|byte| byte.is_ascii_alphanumeric()).count()
}

/// Whether a byte is a letter or a digit.
#[inline(always)]
pub(super) fn is_alnum(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    letter | (byte.wrapping_sub(b'0') < 10)
}

/// Whether a block is nothing but letters and digits. No branch, so that the compiler looks at all
/// bytes at once.
#[inline(always)]
pub(super) fn are_alnums(block: &[u8; STRIDE]) -> bool {
    block.iter().fold(true, |all, byte| all & is_alnum(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::Rng;

    #[test]
    fn each_byte_is_what_it_is_in_a_word() {
        for byte in 0..=255u8 {
            for at in 0..8 {
                for around in [0, b'a', 0xff, b'~'] {
                    let mut bytes = [around; 8];
                    bytes[at] = byte;
                    let word = u64::from_le_bytes(bytes);
                    let of = |bits: u64| bits >> (8 * at) & 0xff;
                    let is_other = u64::from(!byte.is_ascii_alphanumeric()) << 7;
                    assert_eq!(of(other(word)), is_other, "{byte} {at} {around}");
                }
            }
            assert_eq!(is_alnum(byte), byte.is_ascii_alphanumeric(), "{byte}");
        }
    }

    #[test]
    fn letters_and_digits_are_counted() {
        let mut rng = Rng::new(3);
        for _ in 0..4_000 {
            let len = rng.below(60);
            let bytes = rng
                .text(b"abcXYZ012_", len)
                .replace('_', ["-", " ", "\u{e4}"][rng.below(3)]);
            let bytes = bytes.as_bytes();
            let is_alnum = |byte: &&u8| byte.is_ascii_alphanumeric();
            assert_eq!(alnums(bytes), bytes.iter().take_while(is_alnum).count());
            let (at, most) = (rng.below(bytes.len() + 1), rng.below(40));
            let before = bytes[..at].iter().rev().take(most);
            assert_eq!(
                alnums_before(bytes, at, most),
                before.take_while(is_alnum).count()
            );
        }
    }
}

//! What words of eight bytes are made of, found out for many bytes at once.
//!
//! A search for long runs asks this of all content, and of the bytes around each place where one
//! may be.

use super::sieve::{AsciiSet, Width};
use super::wrapped::SIGNS;
use crate::rules::class::{ALNUM, ByteSet};

/// The size of the blocks that are looked at. Each run, and each token, of 32 bytes holds a whole one.
pub(super) const STRIDE: usize = 16;

/// The first of all signs in ASCII. Before it stand blanks, line ends, quotes and brackets.
const FIRST_SIGN: u8 = 0x2b;
const _: () = assert!(SIGNS.has(FIRST_SIGN) && !SIGNS.has(FIRST_SIGN - 1));

const LOW: u64 = u64::MAX / 255;
/// The highest bit of each byte.
const HIGH: u64 = LOW << 7;

/// Letters, digits and the signs of values that stand alone. Those of runs are among them.
pub(super) const TOKEN: ByteSet = ALNUM.or(ByteSet::of(b"-_.+/"));

const PLAIN: [AsciiSet; 1] = [AsciiSet::of(TOKEN)];

/// A bit for each whole block of `bytes` that is [plain](is_plain), the first one lowest. At most 64
/// blocks are looked at.
///
/// Which ones these are is hard to foresee for a processor, so there is no branch for each block.
#[inline(always)]
pub(super) fn plain_ones(bytes: &[u8], width: impl Width) -> u64 {
    let (fours, rest) = bytes.as_chunks();
    let mut ones = plain_among_thick(rest);
    for four in fours.iter().rev() {
        let members = width.members(four, &PLAIN);
        let members = members.map(|[plain]| whole_blocks(plain));
        ones = ones << 4 | members.unwrap_or_else(|| plain_among_thick(four));
    }
    ones
}

/// As [`plain_ones`], with a look at the thick blocks only.
#[inline(always)]
fn plain_among_thick(bytes: &[u8]) -> u64 {
    let (blocks, _) = bytes.as_chunks();
    let (mut ones, mut left) = (0, thick_ones(blocks));
    while left != 0 {
        let number = left.trailing_zeros() as usize;
        left &= left - 1;
        ones |= u64::from(is_plain(&blocks[number])) << number;
    }
    ones
}

/// Of four blocks with a bit for each byte, a bit for each block that has all of its bits.
#[inline(always)]
fn whole_blocks(bytes: u64) -> u64 {
    const LOWEST: u64 = u64::MAX / 0xffff;
    const HIGHEST: u64 = LOWEST << 15;
    let lacking = !bytes;
    // The highest bit of each block, if it lacks any.
    let some = (((lacking & !HIGHEST) + (HIGHEST - LOWEST)) | lacking) & HIGHEST;
    ((some ^ HIGHEST) >> 15).wrapping_mul(0x1000_2000_4000_8000) >> 60
}

/// Whether a block may be part of a run or of a value that stands alone. No branch, so that the
/// compiler looks at all bytes at once.
#[inline(always)]
pub(super) fn is_plain<const N: usize>(block: &[u8; N]) -> bool {
    let bytes = block.iter();
    bytes.fold(true, |all, byte| all & (is_sign(*byte) | (*byte == b'.')))
}

/// Whether a byte is one of [`SIGNS`], and no letter or digit.
#[inline(always)]
pub(super) fn is_other_sign(byte: u8) -> bool {
    (byte == b'+') | (byte == b'-') | (byte == b'/') | (byte == b'_')
}

/// Whether a byte is one of [`SIGNS`].
#[inline(always)]
pub(super) fn is_sign(byte: u8) -> bool {
    is_alnum(byte) | is_other_sign(byte)
}

/// A bit for each block without a byte that stands before all signs, the first one lowest.
#[inline(always)]
fn thick_ones(blocks: &[[u8; STRIDE]]) -> u64 {
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
    use super::super::sieve::{Work, at_full_width};
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

    struct Plain<'a>(&'a [u8], &'a mut [u64; 2]);

    impl Work for Plain<'_> {
        fn run(self, width: impl Width) {
            *self.1 = [plain_ones(self.0, width), plain_among_thick(self.0)];
        }
    }

    #[test]
    fn each_way_finds_the_blocks_that_are_plain() {
        let mut rng = Rng::new(16);
        for _ in 0..4_000 {
            let mut bytes = [b'a'; 64 * STRIDE];
            for _ in 0..rng.below(40) {
                bytes[rng.below(bytes.len())] = rng.below(256) as u8;
            }
            let bytes = &bytes[..rng.below(bytes.len() + 1)];
            let mut ones = [0; 2];
            at_full_width(Plain(bytes, &mut ones));
            let plain = bytes.as_chunks::<STRIDE>().0.iter().rev().map(is_plain);
            let expected = plain.fold(0, |ones, plain| ones << 1 | u64::from(plain));
            assert_eq!(ones, [expected; 2]);
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

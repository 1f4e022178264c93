//! Seeds with a checksum: BIP 39 phrases, age identities (bech32), NATS and Stellar seeds (CRC-16).
//! Also WireGuard keys, which have no checksum.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use super::bip39_words::ENGLISH;
use super::crc::crc16_xmodem;
use super::encoding::{base32, base32_encode, base64};
use super::{Outcome, checksum, valid};

/// Longest phrase that is read, in bytes: 24 words of 8 letters and some white space.
const PHRASE_MAX: usize = 4096;

/// Returns the English words of BIP 39 in their order, which is alphabetical.
pub(crate) fn english_words() -> &'static [&'static str] {
    static WORDS: LazyLock<Vec<&str>> =
        LazyLock::new(|| ENGLISH.split_ascii_whitespace().collect());
    &WORDS
}

/// Checks English seed phrases of BIP 39: 12, 15, 18, 21 or 24 words of the list. Their last bits
/// must be the first bits of the SHA-256 of the others.
pub(crate) fn bip39(phrase: &[u8]) -> Outcome {
    let Some(text) = std::str::from_utf8(phrase)
        .ok()
        .filter(|t| t.len() <= PHRASE_MAX)
    else {
        return Outcome::Invalid("not a seed phrase");
    };
    let list = english_words();
    let indexes: Option<Vec<usize>> = text
        .split_ascii_whitespace()
        .map(|word| list.binary_search(&word.to_ascii_lowercase().as_str()).ok())
        .collect();
    let Some(indexes) = indexes else {
        return Outcome::Invalid("a word is not in the list");
    };
    if !matches!(indexes.len(), 12 | 15 | 18 | 21 | 24) {
        return Outcome::Invalid("wrong number of words");
    }
    let Some(entropy) = phrase_entropy(&indexes) else {
        return checksum(false);
    };
    // Test phrases spell one repeated byte or repeat a word. Random phrases never do.
    let mut distinct = indexes.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() <= indexes.len() / 3 || entropy.iter().all(|b| *b == entropy[0]) {
        return Outcome::Invalid("published test phrase");
    }
    valid(format!("{} words, checksum valid", indexes.len()))
}

/// Returns the entropy of a phrase if the bits after it are the first bits of its SHA-256.
fn phrase_entropy(indexes: &[usize]) -> Option<Vec<u8>> {
    let bits: Vec<bool> = indexes
        .iter()
        .flat_map(|index| (0..11).rev().map(move |bit| index >> bit & 1 == 1))
        .collect();
    let (entropy, sum) = bits.split_at(bits.len() * 32 / 33);
    let bytes: Vec<u8> = entropy
        .chunks(8)
        .map(|byte| byte.iter().fold(0, |n, &bit| n << 1 | u8::from(bit)))
        .collect();
    // The checksum has at most 8 bits (24 words), so the first byte is enough.
    let first = Sha256::digest(&bytes)[0];
    sum.iter()
        .enumerate()
        .all(|(i, &bit)| (first >> (7 - i.min(7)) & 1 == 1) == bit)
        .then_some(bytes)
}

/// Returns the indexes of the words that spell this entropy (16, 20, 24, 28 or 32 bytes).
pub(crate) fn phrase_indexes(entropy: &[u8]) -> Vec<usize> {
    let sum = Sha256::digest(entropy)[0];
    let mut bits: Vec<usize> = entropy
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| usize::from(byte >> bit & 1)))
        .collect();
    bits.extend((0..entropy.len() / 4).map(|i| usize::from(sum >> (7 - i.min(7)) & 1)));
    bits.chunks(11)
        .map(|word| word.iter().fold(0, |n, bit| n << 1 | bit))
        .collect()
}

/// The characters of bech32 (BIP 173).
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// The human-readable part of age identities.
const AGE_PREFIX: &[u8] = b"age-secret-key-";

/// Returns the bech32 remainder of five-bit values.
fn bech32_remainder(values: impl Iterator<Item = u8>) -> u32 {
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    values.fold(1u32, |sum, value| {
        let top = sum >> 25;
        GENERATOR
            .iter()
            .enumerate()
            .filter(|(i, _)| top >> i & 1 == 1)
            .fold((sum & 0x01ff_ffff) << 5 ^ u32::from(value), |s, (_, g)| {
                s ^ g
            })
    })
}

/// Returns the values of the human-readable part.
fn bech32_prefix(prefix: &[u8]) -> impl Iterator<Item = u8> {
    let high = prefix.iter().map(|b| b >> 5);
    let low = prefix.iter().map(|b| b & 31);
    high.chain([0]).chain(low)
}

/// Returns whether a text is bech32 in one case with a checksum that fits.
fn bech32_fits(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    if lower != text && text.to_ascii_uppercase() != text {
        return false;
    }
    let Some(split) = lower.iter().rposition(|&b| b == b'1') else {
        return false;
    };
    let values: Option<Vec<u8>> = lower[split + 1..]
        .iter()
        .map(|b| BECH32.iter().position(|c| c == b).map(|i| i as u8))
        .collect();
    values.is_some_and(|values| {
        values.len() >= 6 && bech32_remainder(bech32_prefix(&lower[..split]).chain(values)) == 1
    })
}

/// Writes 32 bytes as an age identity in upper case.
pub(crate) fn age_encode(bytes: &[u8; 32]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let data: Vec<u8> = (0..52)
        .map(|i| (0..5).fold(0, |n, k| n << 1 | bit(i * 5 + k)))
        .collect();
    let padded = data.iter().copied().chain([0; 6]);
    let sum = bech32_remainder(bech32_prefix(AGE_PREFIX).chain(padded)) ^ 1;
    let sum_values = (0..6).map(|i| (sum >> (25 - 5 * i) & 31) as u8);
    let text: Vec<u8> = AGE_PREFIX
        .iter()
        .copied()
        .chain([b'1'])
        .chain(
            data.iter()
                .copied()
                .chain(sum_values)
                .map(|v| BECH32[usize::from(v & 31)]),
        )
        .collect();
    String::from_utf8_lossy(&text).to_ascii_uppercase()
}

/// Checks age identities, bech32 of 32 bytes.
pub(crate) fn age(text: &[u8]) -> Outcome {
    let prefixed = text
        .get(..AGE_PREFIX.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(AGE_PREFIX));
    if !prefixed {
        return Outcome::Unknown;
    }
    checksum(text.len() == AGE_PREFIX.len() + 59 && bech32_fits(text))
}

/// The kinds of NATS keys that have seeds, by their prefix byte.
pub(crate) const NATS_KINDS: [(u8, &str); 6] = [
    (14 << 3, "operator"),
    (0, "account"),
    (20 << 3, "user"),
    (13 << 3, "server"),
    (2 << 3, "cluster"),
    (23 << 3, "curve"),
];

/// Checks NATS seeds: two prefix bytes, 32 of seed, CRC-16 little-endian.
pub(crate) fn nats(text: &[u8]) -> Outcome {
    // The last two bits of the last character must be zero.
    let bytes =
        base32(text).filter(|bytes| bytes.len() == 36 && base32_encode(bytes).as_bytes() == text);
    let Some(bytes) = bytes else {
        return Outcome::Invalid("not base32 of 36 bytes");
    };
    if !crc16_fits(&bytes) {
        return checksum(false);
    }
    let kind = (bytes[0] & 7) << 5 | bytes[1] >> 3;
    match NATS_KINDS.iter().find(|(value, _)| *value == kind) {
        Some((_, name)) if bytes[0] >> 3 == 18 => {
            valid(format!("NATS {name} seed, checksum valid"))
        }
        _ => Outcome::Invalid("not a seed"),
    }
}

/// Checks Stellar seeds: version byte 0x90, 32 bytes, CRC-16 little-endian.
pub(crate) fn stellar(text: &[u8]) -> Outcome {
    match base32(text) {
        Some(bytes) if bytes.len() == 35 && bytes[0] == 0x90 => {
            checksum(base32_encode(&bytes).as_bytes() == text && crc16_fits(&bytes))
        }
        _ => Outcome::Invalid("not base32 of a seed"),
    }
}

/// Returns whether the last two bytes are the CRC-16/XMODEM of the others.
fn crc16_fits(bytes: &[u8]) -> bool {
    bytes
        .split_last_chunk::<2>()
        .is_some_and(|(body, sum)| crc16_xmodem(body).to_le_bytes() == *sum)
}

/// Checks WireGuard keys of 32 bytes. `wg genkey` clamps private keys; preshared keys are any
/// bytes.
pub(crate) fn wireguard(text: &[u8]) -> Outcome {
    match base64(text) {
        Some(key) if key.len() == 32 => {
            if key.iter().all(|b| *b == key[0]) {
                Outcome::Invalid("one byte repeated")
            } else if key[0] & 7 == 0 && key[31] & 0xc0 == 0x40 {
                valid("clamped Curve25519 key")
            } else {
                Outcome::Unknown
            }
        }
        _ => Outcome::Invalid("not base64 of 32 bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::{Alphabet, base64_encode};
    use crate::check::testing::{assert_invalid, assert_valid};

    #[test]
    fn the_word_list_is_whole_and_sorted() {
        let words = english_words();
        assert_eq!(words.len(), 2048);
        assert!(words.windows(2).all(|w| w[0] < w[1]));
        let joined = words.join("\n") + "\n";
        let hash = crate::check::encoding::hex_encode(&Sha256::digest(joined));
        // The hash of english.txt in the repository of the standard.
        let expected = "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda";
        assert_eq!(hash, expected);
    }

    #[test]
    fn bip39_phrases() {
        let zero = [[0; 11].as_slice(), &[3]].concat();
        assert_eq!(phrase_entropy(&zero), Some(vec![0; 16]));
        assert_eq!(phrase_entropy(&[0; 12]), None);
        assert_eq!(phrase_indexes(&[0; 16]), zero);
        // BIP 39 test vector for 00…00; published, so refuted.
        let phrase = ["abandon ".repeat(11), "about".into()].concat();
        assert_eq!(
            bip39(phrase.as_bytes()),
            Outcome::Invalid("published test phrase")
        );
        let words = english_words();
        let words_of_7f = [
            "legal winner thank year wave sausage worth useful",
            "legal winner thank yellow",
        ];
        let vector = words_of_7f.join(" ");
        assert_invalid(bip39(vector.as_bytes()));
        for size in [16u8, 20, 24, 28, 32] {
            let entropy: Vec<u8> = (0..size).map(|i| i.wrapping_mul(37) ^ 0x5a).collect();
            let phrase: Vec<&str> = phrase_indexes(&entropy).iter().map(|&i| words[i]).collect();
            let expected = format!("{} words, checksum valid", phrase.len());
            assert_valid(bip39(phrase.join("\n  ").as_bytes()), &expected);
            assert_invalid(bip39(phrase[1..].join(" ").as_bytes()));
        }
        assert_invalid(bip39(
            b"these words are not from the list of twelve words at all",
        ));
    }

    #[test]
    fn age_keys() {
        assert!(bech32_fits(b"A12UEL5L") && !bech32_fits(b"A12UEL5M") && !bech32_fits(b"a12UEL5L"));
        let bytes: [u8; 32] = std::array::from_fn(|i| i as u8);
        let key = age_encode(&bytes);
        assert!(key.len() == 74 && key.starts_with("AGE-SECRET-KEY-1"));
        assert_valid(age(key.as_bytes()), "checksum valid");
        assert_valid(age(key.to_lowercase().as_bytes()), "checksum valid");
        assert_invalid(age(key.replacen("KEY-1Q", "KEY-1P", 1).as_bytes()));
    }

    #[test]
    fn nats_and_stellar() {
        let user = [18 << 3 | 160 >> 5, (160 & 31) << 3];
        let mut raw = [&user[..], &[0; 32]].concat();
        raw.extend(crc16_xmodem(&raw).to_le_bytes());
        let text = base32_encode(&raw);
        assert!(text.len() == 58 && text.starts_with("SU"));
        assert_valid(nats(text.as_bytes()), "NATS user seed, checksum valid");
        assert_invalid(nats(text.replacen('A', "B", 1).as_bytes()));
        let mut raw = [&[0x90][..], &[0; 32]].concat();
        raw.extend(crc16_xmodem(&raw).to_le_bytes());
        let text = base32_encode(&raw);
        assert!(text.len() == 56 && text.starts_with('S'));
        assert_valid(stellar(text.as_bytes()), "checksum valid");
        assert_invalid(stellar(text.replacen('A', "B", 1).as_bytes()));
        assert_invalid(stellar(b""));
    }

    #[test]
    fn wireguard_keys() {
        let mut key = [0x91u8; 32];
        key[1] = 0;
        let text = |key: &[u8]| base64_encode(key, Alphabet::Standard, true);
        assert_eq!(wireguard(text(&key).as_bytes()), Outcome::Unknown);
        key[0] &= 0xf8;
        key[31] = key[31] & 0x3f | 0x40;
        assert_valid(wireguard(text(&key).as_bytes()), "clamped Curve25519 key");
        assert_invalid(wireguard(text(&[0; 32]).as_bytes()));
        assert_invalid(wireguard(text(&[1; 31]).as_bytes()));
    }
}

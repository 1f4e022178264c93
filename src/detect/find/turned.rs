//! Tokens that are written backwards, or with each letter moved by 13 places. Only the most
//! distinctive prefixes of tokens lead to them.
//!
//! The build script compiles this file as well.

use std::ops::Range;

use crate::rules::class::{ALNUM, ByteSet};

/// The bytes of tokens.
const TOKEN: ByteSet = ALNUM.or(ByteSet::of(b"_-."));
/// How many bytes of a token stand beside its prefix, at least.
const FEWEST: usize = 16;
/// The longest token that is turned.
pub(in crate::detect) const LONGEST: usize = 1024;

/// The prefixes.
const PREFIXES: [&str; 20] = [
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "AKIA",
    "ASIA",
    "xoxb-",
    "xoxp-",
    "sk_live_",
    "rk_live_",
    "AIza",
    "npm_",
    "pypi-",
    "hf_",
    "SG.",
    "dop_v1_",
    "shpat_",
    "sk-ant-",
    "sk-proj-",
];

/// Returns the prefixes, backwards.
pub(in crate::detect) fn reversed() -> impl Iterator<Item = Vec<u8>> {
    PREFIXES.iter().map(|prefix| prefix.bytes().rev().collect())
}

/// Returns the prefixes with each letter moved.
pub(in crate::detect) fn moved() -> impl Iterator<Item = Vec<u8>> {
    PREFIXES
        .iter()
        .map(|prefix| prefix.bytes().map(rot13).collect())
}

/// Moves a letter by 13 places.
pub(in crate::detect) fn rot13(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => b'a' + (byte - b'a' + 13) % 26,
        b'A'..=b'Z' => b'A' + (byte - b'A' + 13) % 26,
        _ => byte,
    }
}

/// Whether `run` looks like what a token is made of, beside its prefix: no word, and no number.
fn is_mixed(mut run: impl Iterator<Item = u8>) -> bool {
    let (mut upper, mut digit) = (false, false);
    (0..FEWEST).all(|_| {
        run.next().is_some_and(|byte| {
            upper |= byte.is_ascii_uppercase();
            digit |= byte.is_ascii_digit();
            TOKEN.has(byte)
        })
    }) && (upper || digit)
}

/// Whether the prefix of `len` bytes at `at`, backwards, ends a token.
pub(in crate::detect) fn is_reversed(bytes: &[u8], at: usize, len: usize) -> bool {
    let free = bytes.get(at + len).is_none_or(|b| !TOKEN.has(*b));
    free && is_mixed(bytes[..at].iter().rev().copied())
}

/// Whether the prefix of `len` bytes at `at`, moved, begins a token.
pub(in crate::detect) fn is_moved(bytes: &[u8], at: usize, len: usize) -> bool {
    let free = at.checked_sub(1).is_none_or(|i| !TOKEN.has(bytes[i]));
    free && is_mixed(bytes[at + len..].iter().copied())
}

/// The token of which the byte at `at` is a part.
pub(in crate::detect) fn token(bytes: &[u8], at: usize) -> Range<usize> {
    let before = bytes[at.saturating_sub(LONGEST)..at].iter().rev();
    let start = at - before.take_while(|b| TOKEN.has(**b)).count();
    let behind = bytes[at..bytes.len().min(at + LONGEST)].iter();
    start..at + behind.take_while(|b| TOKEN.has(**b)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_token_is_turned() {
        let body = "Qx7".repeat(12);
        let reversed = format!("{body}_phg");
        assert!(is_reversed(reversed.as_bytes(), body.len(), 4));
        assert!(!is_reversed(
            format!("{reversed}x").as_bytes(),
            body.len(),
            4
        ));
        assert!(!is_reversed(b"short_phg", 5, 4));
        let moved = format!("tuc_{body}");
        assert!(is_moved(moved.as_bytes(), 0, 4) && !is_moved(b"us_population_of_the_world", 0, 3));
        assert!(!is_moved(format!("a{moved}").as_bytes(), 1, 4));
        assert_eq!(token(moved.as_bytes(), 10), 0..moved.len());
    }
}

//! Prefixes of tokens that end with their string or line, whole or cut in two: `"gh"`, and `"p_..."`
//! in another string.
//!
//! The build script compiles this file as well.

use std::collections::BTreeSet;

use crate::rules::class::{ALNUM, ByteSet};

/// The prefixes. Only those that no other word begins with in full.
const PREFIXES: [&[u8]; 14] = [
    b"ghp_",
    b"gho_",
    b"ghs_",
    b"glpat-",
    b"AKIA",
    b"ASIA",
    b"xoxb-",
    b"xoxp-",
    b"sk_live_",
    b"rk_live_",
    b"AIza",
    b"npm_",
    b"sk-ant-",
    b"hf_",
];
/// The shortest part.
const SHORTEST: usize = 2;
/// How far behind the first part the second one may stand, in bytes.
const FAR: usize = 300;
/// How many bytes of a token stand behind a prefix, at least.
const FEWEST: usize = 16;

/// What stands before a part.
pub(super) const BEFORE: ByteSet = ByteSet::of(b"\"'`");
/// What stands behind a part of a prefix.
const BEHIND: ByteSet = ByteSet::of(b"\"'`\\");
/// What stands behind a whole one: holes as well.
const BEHIND_WHOLE: ByteSet = BEHIND.or(ByteSet::of(b"{$%#"));

/// Returns the first parts, each once, with what stands behind each.
pub(super) fn parts() -> impl Iterator<Item = (&'static [u8], ByteSet)> {
    let cuts = |prefix: &'static [u8]| (SHORTEST..=prefix.len()).map(|at| &prefix[..at]);
    let all: BTreeSet<&[u8]> = PREFIXES.into_iter().flat_map(cuts).collect();
    let behind = |part: &[u8]| match PREFIXES.contains(&part) {
        true => BEHIND_WHOLE,
        false => BEHIND,
    };
    all.into_iter().map(move |part| (part, behind(part)))
}

/// Whether the second part of a prefix begins near the first one, of `len` bytes at `at`, with what
/// belongs to a token behind it.
pub(in crate::detect) fn is_lead(bytes: &[u8], at: usize, len: usize) -> bool {
    const TOKEN: ByteSet = ALNUM.or(ByteSet::of(b"_-"));
    const OPENS: ByteSet = BEFORE.or(ByteSet::of(b" \t\n"));
    let part = &bytes[at..at + len];
    let rest = &bytes[at + len..bytes.len().min(at + FAR)];
    let prefixes = PREFIXES.iter().filter(|prefix| prefix.starts_with(part));
    let mut seconds = prefixes.map(|prefix| &prefix[len..]);
    seconds.any(|second| {
        let mut places = rest.windows(second.len() + 1 + FEWEST);
        places.any(|there| {
            let (before, there) = (there[0], &there[1..]);
            let goes_on = |token: &[u8]| token.iter().all(|b| TOKEN.has(*b));
            OPENS.has(before) && there.strip_prefix(second).is_some_and(goes_on)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_part_begins_another_string() {
        let body = "Qx7".repeat(12);
        for (text, leads) in [
            (format!("\"gh\" \"p_{body}\""), true),
            (format!("\"gh\"; b = 'p_{body}'"), true),
            (format!("\"gh\" p_{body}"), true),
            (format!("\"gh\" \"q_{body}\""), false),
            (format!("\"gh{{x}}p_{body}\""), false),
            ("\"gh\" \"p_short\"".to_owned(), false),
            (format!("\"gh\" \"xp_{body}\""), false),
            (format!("\"gh\"{}\"p_{body}\"", " ".repeat(FAR)), false),
        ] {
            assert_eq!(is_lead(text.as_bytes(), 1, 2), leads, "{text}");
        }
    }
}

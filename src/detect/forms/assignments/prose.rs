//! A look at the bytes beside a name that shows at once that a sentence goes on there. Most words
//! for credentials stand in sentences and in lists of words, and each reader of assignments would
//! have to find out by itself that it has nothing to read.

use std::ops::Range;

use super::bytes::{GAP, run, run_before};
use super::strings::scheme;
use crate::rules::class::ByteSet;

/// The letters of words in a sentence.
const WORDS: ByteSet = ByteSet::range(b'a', b'z').or(ByteSet::of(b"_"));
/// The longest word.
const LONGEST: usize = 40;

/// Whether `name` stands between words in lower case, with single blanks between them, so that the
/// only value that it could have is such a word, which is no credential.
pub(in crate::detect) fn is_prose(bytes: &[u8], name: &Range<usize>) -> bool {
    /// The head of a table may be as far from the beginning of a file.
    const HEAD: usize = 512;
    if bytes.get(name.end) != Some(&b' ') || name.start < HEAD {
        return false;
    }
    let Some([before, b' ']) = bytes[..name.start].last_chunk() else {
        return false;
    };
    if !before.is_ascii_alphanumeric() || !is_plain_name(&bytes[name.clone()]) {
        return false;
    }
    let first = name.end + 1;
    let Some(next) = behind_word(bytes, first) else {
        return false;
    };
    // `Basic`, `token`: the value is the word behind it.
    let near = &bytes[first..bytes.len().min(first + 16)];
    if scheme(near) > 0 && behind_word(bytes, next).is_none() {
        return false;
    }
    !begins_setting(&bytes[..name.start - 1])
}

/// Where the next word stands behind the one at `at` and a blank.
fn behind_word(bytes: &[u8], at: usize) -> Option<usize> {
    // What may stand between a name and its value, or before a value.
    const LINKS: [&[u8]; 6] = [b"as", b"const", b"constant", b"new", b"await", b"or"];
    let end = at + run(bytes, at, LONGEST, &WORDS);
    let next = end + 1;
    let word = bytes.get(at..end).filter(|word| !word.is_empty())?;
    let goes_on = bytes.get(end) == Some(&b' ') && bytes.get(next)?.is_ascii_lowercase();
    let alternative = bytes[next.min(bytes.len())..].starts_with(b"or ");
    (goes_on && !alternative && !LINKS.contains(&word)).then_some(next)
}

/// Whether no reader asks for what the name itself says.
fn is_plain_name(name: &[u8]) -> bool {
    const IDENTIFIED: &[u8] = b"identified";
    let mut parts = name.windows(IDENTIFIED.len());
    !name.starts_with(b"-")
        && !name.ends_with(b"chpasswd")
        && !parts.any(|part| part.eq_ignore_ascii_case(IDENTIFIED))
}

/// Whether `before` ends with a word behind which a line of settings gives a value to a name:
/// `ENV`, `set`, `declare -x`.
fn begins_setting(before: &[u8]) -> bool {
    const SETTERS: [&[u8]; 6] = [b"export", b"set", b"setx", b"env", b"arg", b"x"];
    const LETTERS: ByteSet = WORDS.or(ByteSet::range(b'A', b'Z'));
    let len = run_before(before, before.len(), GAP, &LETTERS);
    let word = &before[before.len() - len..];
    SETTERS
        .iter()
        .any(|setter| word.eq_ignore_ascii_case(setter))
}

#[cfg(test)]
mod tests {
    use super::super::{name_around, setting, sites};
    use super::*;
    use crate::check::mint::Rng;
    use crate::detect::forms::assignments::{Among, Link, Quote};

    /// Words of sentences and what gives values to names, in any order.
    const PIECES: &[&str] = &[
        "password",
        "token",
        "secret",
        "api_key",
        "passwords",
        "the",
        "of",
        "or",
        "as",
        "is",
        "is:",
        "new",
        "const",
        "string",
        "basic",
        "bearer",
        "set",
        "ENV",
        "x",
        "-x",
        "a1B2c3",
        "=",
        "=>",
        ":",
        ",",
        "\"abc\"",
        "'",
        "`",
        "(",
        ")",
        "[",
        "{",
        "|",
        "\\",
        "login",
        "chpasswd",
        "=\"x\"",
        "Identified",
        "identified by",
        "$",
        "--password",
        ";",
        "<",
        ">",
        "machine",
        "default",
        ".",
        "||",
        "env",
        "Token",
    ];

    fn text(rng: &mut Rng) -> Vec<u8> {
        let mut text = b"a ".repeat(260);
        for _ in 0..24 {
            // Mostly words, and mostly blanks between them.
            let few = if rng.below(3) > 0 { 8 } else { PIECES.len() };
            text.extend_from_slice(PIECES[rng.below(few)].as_bytes());
            text.extend_from_slice(
                [" ", " ", " ", " ", " ", "\n", "", "  "][rng.below(8)].as_bytes(),
            );
        }
        text
    }

    #[test]
    fn a_name_in_a_sentence_has_no_value_but_the_next_word() {
        let mut rng = Rng::new(11);
        let mut seen = 0;
        for _ in 0..60_000 {
            let text = text(&mut rng);
            let Some(at) = memchr::memmem::rfind(&text[..text.len() - 20], b"secret") else {
                continue;
            };
            let name = name_around(&text, &(at..at + 6));
            if !is_prose(&text, &name) {
                continue;
            }
            seen += 1;
            let shown = String::from_utf8_lossy(&text[520..]);
            let mut found = Vec::new();
            sites(&text, name.clone(), &mut found);
            for site in found {
                let value = &text[site.value.clone()];
                assert!(value.iter().all(|b| WORDS.has(*b)), "{shown}");
                assert_eq!(
                    (site.link, site.place),
                    (Link::Space, Among::None),
                    "{shown}"
                );
                assert_eq!((site.quote, site.fallback), (Quote::Bare, false), "{shown}");
            }
            assert!(setting(&text, &name).is_none(), "{shown}");
        }
        assert!(seen > 1_000, "{seen}");
    }
}

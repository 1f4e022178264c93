//! Recognises text that is plainly a password: a generator made it, as its characters change their
//! kind too often for words; or a person put words, digits and a sign or two together.
//!
//! Such text may hold any sign at any place, so signs that mean something in code mean
//! nothing in it.

use crate::detect::forms::words::Words;
use crate::rules::class::ByteSet;

/// Kinds of characters.
const KINDS: usize = 4;
const LOWER: usize = 0;
const UPPER: usize = 1;
const DIGIT: usize = 2;
const SIGN: usize = 3;

const fn kind(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' => LOWER,
        b'A'..=b'Z' => UPPER,
        b'0'..=b'9' => DIGIT,
        _ => SIGN,
    }
}

/// Whether a generator made `text`, which is one word of ASCII.
pub(super) fn generated(text: &[u8]) -> bool {
    const SHORTEST: usize = 8;
    const LONGEST: usize = 256;
    if !(SHORTEST..=LONGEST).contains(&text.len()) {
        return false;
    }
    groups(text) || scrambled(text) && !is_regex(text)
}

/// Whether the kinds of characters change as they do by chance: `tR7#kq9Lm2`.
fn scrambled(text: &[u8]) -> bool {
    // Six letters of one kind in a row are a word; by chance they are rare.
    const RUN_MAX: usize = 5;
    let (mut seen, mut changes, mut run, mut longest) = ([false; KINDS], 0, 0, 0);
    let mut before = KINDS;
    let is_joint = |byte: u8| b"-_.".contains(&byte);
    // Names are joined with these signs, and with no others.
    let joined = text
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || is_joint(*b));
    for &byte in text {
        if !byte.is_ascii_graphic() {
            return false;
        }
        if joined && is_joint(byte) {
            seen[SIGN] = true;
            continue;
        }
        let now = kind(byte);
        seen[now] = true;
        let same = now == before;
        run = if same { run + 1 } else { 1 };
        // A capital letter begins a word.
        let word = before == UPPER && now == LOWER;
        changes += usize::from(!same && !word && before != KINDS);
        if now == LOWER || now == UPPER {
            longest = longest.max(run);
        }
        before = now;
    }
    let letters = seen[LOWER] || seen[UPPER];
    let kinds = seen.iter().filter(|there| **there).count();
    letters && kinds >= 3 && longest <= RUN_MAX && changes * 5 >= (text.len() - 1) * 2
}

/// Whether `text` is three or more groups of six letters and digits with `-` between them, as
/// Apple's devices suggest: one capital letter and one digit among letters.
fn groups(text: &[u8]) -> bool {
    const GROUP: usize = 6;
    let mut groups = text.split(|b| *b == b'-');
    let sixes = groups.clone().count() >= 3
        && groups.all(|g| g.len() == GROUP && g.iter().all(u8::is_ascii_alphanumeric));
    let count = |test: fn(&u8) -> bool| text.iter().filter(|b| test(b)).count();
    sixes && count(u8::is_ascii_uppercase) == 1 && (1..=2).contains(&count(u8::is_ascii_digit))
}

/// Whether a person chose `text` as password: words and a number, and signs before, between or
/// behind them, as in `Volvo#2265` and `MadridEngine75!`.
pub(super) fn chosen(text: &[u8]) -> bool {
    const LENGTHS: std::ops::RangeInclusive<usize> = 8..=32;
    const CODE: ByteSet = ByteSet::of(b"()[]{}<>\"'`/\\:,;|=");
    if is_long_mix(text) && (text.len() >= 28 || !is_algorithm(text)) || is_word_and_title(text) {
        return true;
    }
    if !LENGTHS.contains(&text.len()) || !text.iter().all(u8::is_ascii_graphic) {
        return false;
    }
    let count = |test: &dyn Fn(u8) -> bool| text.iter().filter(|b| test(**b)).count();
    let letters = count(&|b| b.is_ascii_alphabetic());
    let digits = count(&|b| b.is_ascii_digit());
    let lower = count(&|b| b.is_ascii_lowercase());
    let joints = count(&|b| b"-_.".contains(&b));
    let signs = text.len() - letters - digits;
    let runs = text
        .windows(2)
        .filter(|w| w[0].is_ascii_digit() != w[1].is_ascii_digit());
    letters >= 4
        && lower >= 2
        && (2..=8).contains(&digits)
        && signs <= 3
        // Names are joined in lower case, and hold a number here and there.
        && (joints == 0 || joints <= 2 && (lower < letters || text.ends_with(b"..")))
        && runs.count() <= 2
        && (!text.iter().any(|b| CODE.has(*b)) || is_joined_by_equals(text))
        && !is_algorithm(text)
}

/// Whether `text` is base64 of as many bytes as keys have, with letters of both cases and digits.
pub(super) fn is_base64_of_key(text: &[u8]) -> bool {
    const LENGTHS: [usize; 7] = [16, 20, 24, 32, 48, 64, 96];
    let end = text.iter().rposition(|b| *b != b'=').map_or(0, |at| at + 1);
    let (body, padding) = (&text[..end], text.len() - end);
    let has = |kind: fn(&u8) -> bool| body.iter().any(kind);
    let alphabet = |b: &u8| b.is_ascii_alphanumeric() || b"+/".contains(b);
    padding <= 2
        && (padding == 0 || text.len().is_multiple_of(4))
        && LENGTHS.contains(&(body.len() * 3 / 4))
        && body.iter().all(alphabet)
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
}

/// Whether `text` is a word, a sign and a word with a capital letter and a number: `granite-Copper7`.
fn is_word_and_title(text: &[u8]) -> bool {
    const LEAST: usize = 4;
    let Some(at) = text.iter().position(|b| b"-_.".contains(b)) else {
        return false;
    };
    let (head, tail) = (&text[..at], &text[at + 1..]);
    let end = tail.iter().position(|b| !b.is_ascii_alphabetic());
    let (title, rest) = tail.split_at(end.unwrap_or(tail.len()));
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    head.len() >= LEAST
        && title.len() >= LEAST
        && head.iter().all(u8::is_ascii_lowercase)
        && title[0].is_ascii_uppercase()
        && title[1..].iter().all(u8::is_ascii_lowercase)
        && (1..=4).contains(&digits)
        && matches!(&rest[digits..], b"" | b"!" | b"#")
        && !is_algorithm(text)
}

/// Whether the only sign of code in `text` is a `=` before a number or a word with a capital letter,
/// and a capital letter begins the text: `Naruto=8438`. Settings begin in lower case.
fn is_joined_by_equals(text: &[u8]) -> bool {
    let mut parts = text.split(|b| *b == b'=');
    let (Some(head), Some(tail), None) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let word = |part: &[u8]| {
        part.first().is_some_and(u8::is_ascii_uppercase)
            && part[1..].iter().filter(|b| b.is_ascii_uppercase()).count() <= 1
    };
    let number = tail.first().is_some_and(u8::is_ascii_digit);
    let plain = [head, tail].concat().iter().all(u8::is_ascii_alphanumeric);
    plain && (head.is_empty() || word(head)) && (word(tail) || number && !head.is_empty())
}

/// Whether `text` is one long row of letters with digits inside, as generators of what people can
/// speak make it.
fn is_long_mix(text: &[u8]) -> bool {
    const LENGTHS: std::ops::RangeInclusive<usize> = 16..=128;
    let inner = &text[text.len().min(1)..text.len().saturating_sub(1)];
    let ended = text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let inner = &inner[..inner.len().saturating_sub(ended)];
    LENGTHS.contains(&text.len())
        && text.iter().all(u8::is_ascii_alphanumeric)
        && text.iter().any(u8::is_ascii_lowercase)
        && inner.iter().any(u8::is_ascii_digit)
}

/// Whether `text` names an algorithm or an encoding: `PBKDF2WithHmacSHA256`.
fn is_algorithm(text: &[u8]) -> bool {
    static PARTS: Words = Words::new(&[
        b"md5", b"argon", b"crypt", b"pbkdf", b"hmac", b"base64", b"base32", b"x509", b"pkcs",
        b"p256", b"25519", b"http",
    ]);
    PARTS.found_in(text) != 0 || (0..text.len()).any(|at| begins_algorithm(text, at))
}

/// Whether the name of an algorithm begins a word at `at`. Inside of words these letters say
/// nothing: `Natasha509`, `Santiago`, `Caesar`.
fn begins_algorithm(text: &[u8], at: usize) -> bool {
    const NAMES: [&[u8]; 13] = [
        b"sha1", b"sha2", b"sha3", b"sha5", b"sha-", b"aes", b"rsa", b"utf", b"iso8", b"ansi",
        b"latin", b"version", b"scram",
    ];
    // The first letters of all of them.
    if !b"sarauilv".contains(&text[at].to_ascii_lowercase()) {
        return false;
    }
    let (head, rest) = text.split_at(at);
    let starts = |name: &&[u8]| {
        rest.get(..name.len())
            .is_some_and(|first| first.eq_ignore_ascii_case(name))
    };
    let before = head.last().copied().unwrap_or(b' ');
    let begins = !before.is_ascii_alphabetic()
        || before.is_ascii_lowercase() && rest[0].is_ascii_uppercase()
        || head.len() >= 4 && head[head.len() - 4..].eq_ignore_ascii_case(b"with");
    begins && NAMES.iter().any(starts)
}

/// Whether `text` is a regular expression, a set of characters or a format: it names ranges or
/// classes, or the parts of a date.
fn is_regex(text: &[u8]) -> bool {
    const PARTS: &[&[u8]] = &[
        b"a-z", b"A-Z", b"0-9", b"a-f", b"A-F", b"\\d", b"\\w", b"\\s", b"\\S", b"(?", b".*",
        b".+", b"[^", b"]+", b"]*",
    ];
    // Each of them has one of these.
    const SIGNS: ByteSet = ByteSet::of(b"-\\(.[]");
    let may_hold = text.iter().any(|b| SIGNS.has(*b));
    let found = PARTS
        .iter()
        .filter(|part| may_hold && memchr::memmem::find(text, part).is_some());
    let parts = text
        .windows(2)
        .filter(|w| w[0] == b'%' && w[1].is_ascii_alphabetic());
    // One of them stands in a long password by chance.
    found.count() >= 2 || parts.count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::Rng;

    #[test]
    fn what_generators_make_is_told_from_code() {
        for text in [
            "FooBarBaz12",
            "getPassword(x)",
            "self.config.get(1)",
            "^[a-zA-Z0-9]{8,}$",
            "(?=.*[A-Z])(?=.*\\d)",
            "Content-Type:utf8",
            "%Y-%m-%dT%H:%M:%S",
            "some-name-Of-1",
            "12345678901",
            "DB_PASSWORD_2",
        ] {
            assert!(!generated(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn letters_of_algorithms_stand_in_words() {
        for text in [
            "WANDERnatasha509",
            "Platinum2024!",
            "Anniversary1998",
            "Caesar#2020",
        ] {
            assert!(chosen(text.as_bytes()), "{text}");
        }
        for text in [
            "HmacSHA256",
            "WithSha512",
            "Aes256Gcm12",
            "Latin1-88",
            "useSha256",
        ] {
            assert!(is_algorithm(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn nearly_all_that_generators_make_is_recognised() {
        let mut rng = Rng::new(5);
        let graphic: Vec<u8> = (b'!'..=b'~').collect();
        let (mut known, all) = (0, 2_000);
        for _ in 0..all {
            let text: Vec<u8> = (0..16).map(|_| graphic[rng.below(graphic.len())]).collect();
            known += usize::from(generated(&text));
        }
        assert!(known * 100 >= all * 97, "{known}");
    }
}

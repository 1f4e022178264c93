//! Rejects meaningless criteria: those that match everything, words and ids that are
//! too short, patterns that do not compile.

use regex::bytes::{Regex, RegexBuilder};

/// The most bytes that the compiled form of one regular expression may take.
const PATTERN_SIZE: usize = 1 << 20;
/// The fewest bytes of a word: nearly every secret contains shorter ones.
const SHORTEST_WORD: usize = 3;
/// The fewest digits of a commit's id.
const SHORTEST_COMMIT: usize = 12;

/// Varied texts: a pattern that matches all of them matches everything.
const PROBES: &[&str] = &[
    "a",
    "Z",
    "0",
    "-",
    "_",
    "+/=",
    " ",
    "\"",
    "x9Kq",
    "A1",
    "hello world",
    "~!@#$%^&*()",
];

/// Checks whether `pattern` can be a criterion.
///
/// # Errors
/// Returns why it cannot.
pub(super) fn pattern(pattern: &str) -> Result<(), String> {
    let compiled = compile(pattern)?;
    if compiled.is_match(b"") {
        return Err("it matches the empty text, and so everything".to_owned());
    }
    if PROBES.iter().all(|text| compiled.is_match(text.as_bytes())) {
        return Err("it matches everything".to_owned());
    }
    Ok(())
}

fn compile(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern)
        .unicode(false)
        .size_limit(PATTERN_SIZE)
        .build();
    built.map_err(|e| match e {
        regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        }
    })
}

/// Checks whether `word` is long enough to be a stop word.
///
/// # Errors
/// Returns why it is not.
pub(super) fn word(word: &str) -> Result<(), String> {
    if word.len() < SHORTEST_WORD {
        return Err(format!("a word needs at least {SHORTEST_WORD} bytes"));
    }
    Ok(())
}

/// Parses the identity of a secret, as reports show it.
///
/// # Errors
/// Returns what was expected.
pub(super) fn secret_id(text: &str) -> Result<[u8; 16], String> {
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    let bytes: Option<Vec<u8>> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| {
            "the id of a secret has 32 hexadecimal digits, as reports show it".to_owned()
        })
}

/// Converts a commit id to lower case.
///
/// # Errors
/// Returns what was expected.
pub(super) fn commit(text: &str) -> Result<String, String> {
    let digits = text.bytes().all(|b| b.is_ascii_hexdigit());
    if digits && (SHORTEST_COMMIT..=64).contains(&text.len()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(format!(
        "the id of a commit has {SHORTEST_COMMIT} or more hexadecimal digits"
    ))
}

/// Whether a rule selector (an id, a glob of ids or `provider:NAME`) matches all rules.
pub(super) fn takes_all_rules(entry: &str) -> bool {
    !entry.is_empty() && entry.bytes().all(|b| b == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_match_everything_are_refused() {
        for all in [
            "", ".*", "x?", "^", "a|", "(?s).", ".", r"\S|\s", "^$", ".+",
        ] {
            assert!(pattern(all).is_err(), "{all}");
        }
        for some in ["^test", "[a-z]", r"\d", "EXAMPLE$"] {
            assert_eq!(pattern(some), Ok(()), "{some}");
        }
        assert_eq!(
            pattern(&"\\w{900}".repeat(80)),
            Err("it is too large".to_owned())
        );
        assert!(pattern("a(").unwrap_err().contains("unclosed"));
    }

    #[test]
    fn ids_have_their_form() {
        assert_eq!(secret_id(&"0a".repeat(16)), Ok([10; 16]));
        assert!(secret_id("0a").is_err());
        assert!(secret_id(&"0".repeat(33)).is_err());
        assert!(secret_id(&"é".repeat(16)).is_err());
        assert_eq!(commit("ABCDEF012345").as_deref(), Ok("abcdef012345"));
        assert!(commit("abcdef0").is_err());
        assert!(commit("main-branch-x").is_err());
    }
}

//! Offline validity checks: bytes in, an [`Outcome`] out. Pure functions, no
//! clock, no network, no files.
//!
//! A rule names its check (`check = "crc32-base62"`); [`lookup`] resolves the
//! name. To add one: write `src/check/<name>.rs`, add one row to [`CHECKS`],
//! and name it in a rule.

/// What an offline check can say about a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Proved: the checksum fits or the structure parses. The text says what was
    /// proved, in a few words (`checksum valid`, `RSA 2048, not encrypted`).
    Valid(String),
    /// Disproved: the value cannot be what the rule looks for. The text says why.
    Invalid(&'static str),
    /// Neither: the value is of a form that carries no proof.
    Unknown,
}

/// An offline check: the secret's bytes in, what they prove out.
pub type Check = fn(&[u8]) -> Outcome;

/// Every check by the name that rules use, sorted by name.
pub const CHECKS: &[(&str, Check)] = &[];

/// The check called `name`.
pub fn lookup(name: &str) -> Option<Check> {
    CHECKS
        .binary_search_by(|(known, _)| (*known).cmp(name))
        .ok()
        .map(|i| CHECKS[i].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_sorted_and_unique() {
        assert!(CHECKS.windows(2).all(|w| w[0].0 < w[1].0));
    }
}

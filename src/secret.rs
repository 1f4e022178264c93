//! Secret bytes that cannot be shown by accident.
//!
//! A [`Secret`] redacts itself in `Debug` and `Display`; its bytes are reached
//! only through [`Secret::expose`], which reports call when the user asked for
//! `--show-secrets`.

use std::fmt;

/// What stands in for the hidden part of a secret.
///
/// Its width is fixed: the length of a human-chosen password is itself a hint.
pub const MASK: &str = "********";

/// The most leading bytes of a secret that a redacted form may show.
///
/// Five, so that no six-byte window of a secret ever appears in output.
const MAX_PUBLIC: usize = 5;

/// The bytes of one secret and how much of its start is public knowledge.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret {
    bytes: Box<[u8]>,
    public_prefix: u8,
}

impl Secret {
    /// Wraps `bytes`; nothing of them is shown when redacted.
    pub fn new(bytes: &[u8]) -> Self {
        Self::with_public_prefix(bytes, 0)
    }

    /// Wraps `bytes`, of which the first `prefix` are fixed by the rule's shape
    /// (`ghp_`, `AKIA`), so that showing up to five of them reveals nothing.
    pub fn with_public_prefix(bytes: &[u8], prefix: usize) -> Self {
        let shown = prefix.min(MAX_PUBLIC);
        // A short secret shows nothing: its prefix is a large part of it.
        let shown = if bytes.len() < shown + 12 { 0 } else { shown };
        Self {
            bytes: bytes.into(),
            public_prefix: shown as u8,
        }
    }

    /// The secret itself. Every caller must have been asked to show it, or hash it.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// The form that is safe to print: the public prefix, if any, and a mask.
    pub fn redacted(&self) -> String {
        let prefix = &self.bytes[..usize::from(self.public_prefix)];
        let mut out: String = prefix
            .iter()
            .take_while(|b| b.is_ascii_graphic())
            .map(|&b| char::from(b))
            .collect();
        out.push_str(MASK);
        out
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_and_display_show_at_most_the_public_prefix() {
        let s = Secret::with_public_prefix(b"ghp_abcdefghijklmnopqrstuvwxyz", 4);
        assert_eq!(format!("{s}"), "ghp_********");
        assert_eq!(format!("{s:?}"), "ghp_********");
    }

    #[test]
    fn a_short_secret_shows_nothing() {
        assert_eq!(
            Secret::with_public_prefix(b"sk-hunter2", 3).redacted(),
            MASK
        );
        assert_eq!(Secret::new(b"hunter2").redacted(), MASK);
    }

    #[test]
    fn no_six_byte_window_is_ever_shown() {
        let s = Secret::with_public_prefix(b"github_pat_0123456789abcdefghij", 11);
        let shown = s.redacted();
        for window in s.expose().windows(6) {
            assert!(!shown.as_bytes().windows(6).any(|w| w == window));
        }
    }
}

//! Secret bytes that cannot be shown by accident.
//!
//! A [`Secret`] redacts itself in `Debug` and `Display`. Only [`Secret::expose`]
//! returns its bytes; reports call it only with `--show-secrets`.

use std::borrow::Cow;
use std::fmt;

/// The text that replaces the hidden part of a secret.
///
/// Its width is fixed: the length of a human-chosen password is itself a hint.
pub(crate) const MASK: &str = "********";

/// The most leading bytes of a secret that a redacted form may show.
///
/// Five, so that no six-byte window of a secret ever appears in output.
const MAX_PUBLIC: usize = 5;

/// The bytes of a secret, and how many leading bytes are public knowledge.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret {
    bytes: Box<[u8]>,
    public_prefix: u8,
    /// Whether only the public prefix is known.
    unknown: bool,
}

impl Secret {
    /// Wraps `bytes`; the redacted form shows none of them.
    pub fn new(bytes: &[u8]) -> Self {
        Self::with_public_prefix(bytes, 0)
    }

    /// Wraps `bytes`. The rule's shape fixes the first `prefix` of them (`ghp_`,
    /// `AKIA`), so showing up to five reveals nothing.
    pub fn with_public_prefix(bytes: &[u8], prefix: usize) -> Self {
        let shown = prefix.min(MAX_PUBLIC);
        // A short secret shows nothing, because its prefix is a large part of it.
        let shown = if bytes.len() < shown + 12 { 0 } else { shown };
        Self {
            bytes: bytes.into(),
            public_prefix: shown as u8,
            unknown: false,
        }
    }

    /// Wraps a secret of which only the redacted form is known: what another report shows of it.
    /// Of that, at most five printable characters before a mask stay.
    pub fn masked(redacted: &str) -> Self {
        let shown = redacted.strip_suffix(MASK).unwrap_or_default();
        let is_prefix = shown.len() <= MAX_PUBLIC && shown.bytes().all(|b| b.is_ascii_graphic());
        let shown = if is_prefix { shown } else { "" };
        Self {
            bytes: shown.as_bytes().into(),
            public_prefix: shown.len() as u8,
            unknown: true,
        }
    }

    /// Whether the value is known, and not only its redacted form.
    pub fn is_known(&self) -> bool {
        !self.unknown
    }

    /// Returns the secret itself. Callers may only hash it, or show it on the user's
    /// request. Empty if the value is not known.
    pub fn expose(&self) -> &[u8] {
        if self.unknown { &[] } else { &self.bytes }
    }

    /// Returns the form that is safe to print: the public prefix, if any, and a mask.
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

/// How far the next piece of a value may be behind the last one, in bytes.
const MAX_JOINT: usize = 256;

/// Returns a value as it is compared: without what joins its pieces. `abc" + "def` is the same
/// secret as `abcdef`, and as the same pieces on two lines.
///
/// A joint is a quote, white space and signs that join strings, and a quote. Everything else
/// between two pieces belongs to the value: a comment, a comma, a variable.
pub(crate) fn joined(value: &[u8]) -> Cow<'_, [u8]> {
    let is_quote = |byte: u8| matches!(byte, b'"' | b'\'' | b'`');
    // Most values have none, and may be long.
    let quote_in = |text: &[u8]| memchr::memchr3(b'"', b'\'', b'`', text);
    let mut out = Vec::new();
    let (mut taken, mut at, mut open) = (0, 0, None);
    while let Some(next) = quote_in(&value[at..]) {
        let end = at + next;
        at = end + 1;
        let closes = open.is_none_or(|open| open == value[end]);
        if !closes || end.checked_sub(1).is_some_and(|at| value[at] == b'\\') {
            continue;
        }
        let rest = &value[at..value.len().min(at + MAX_JOINT)];
        let signs = |byte: &u8| !byte.is_ascii_whitespace() && !b"+.&^~|<>_\\".contains(byte);
        match rest.iter().position(signs) {
            Some(len) if len > 0 && is_quote(rest[len]) => {
                out.extend_from_slice(&value[taken..end]);
                open = Some(rest[len]);
                at += len + 1;
                taken = at;
            }
            _ => {}
        }
    }
    if taken == 0 {
        return Cow::Borrowed(value);
    }
    out.extend_from_slice(&value[taken..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joints_are_no_part_of_a_value() {
        for (value, meant) in [
            ("abcdef", "abcdef"),
            ("abc\" + \"def", "abcdef"),
            ("abc\"\r\n    + \"def", "abcdef"),
            ("abc' .\n\t'd'\n. 'ef", "abcdef"),
            ("abc\" \"\" \"def", "abcdef"),
            ("abc\" & _\n \"def", "abcdef"),
            ("abc\" \\\n \"def", "abcdef"),
            ("def\" + \"abc", "defabc"),
            // What is more than a joint stays.
            ("abc\", \"def", "abc\", \"def"),
            ("abc\" + x + \"def", "abc\" + x + \"def"),
            ("abc\"\"def", "abc\"\"def"),
            ("abc\\\" + \"def", "abc\\\" + \"def"),
            ("abc\" + // x\n\"def", "abc\" + // x\n\"def"),
            ("abc\" + 'd\" + \"ef", "abcd\" + \"ef"),
            ("abc\" + ", "abc\" + "),
            ("\" \"", ""),
        ] {
            let found = joined(value.as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), meant, "{value}");
        }
    }

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
    fn of_a_masked_secret_nothing_is_known_but_its_prefix() {
        let s = Secret::masked("AKIA********");
        assert_eq!((s.redacted(), s.expose().len()), ("AKIA********".into(), 0));
        assert!(!s.is_known() && Secret::new(b"x").is_known());
        // Whoever wrote the report, no more of a value is shown than the program shows.
        for other in [
            "",
            "hunter2",
            "hunter2********",
            "h\u{1b}[m********",
            "****",
        ] {
            assert_eq!(Secret::masked(other).redacted(), MASK, "{other}");
        }
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

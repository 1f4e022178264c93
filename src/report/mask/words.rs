//! Words that everybody knows: they are no secret, even inside of one.
//!
//! Without this list, a token that begins with `github_pat_` would mask `github` in every
//! address, and a key file would mask the words that say what it is.

use std::sync::OnceLock;

use super::Level;
use super::windows::{Key, WINDOW, Windows, next, packed};

/// Words of rules, of formats and of addresses, in lower case.
const WORDS: &[&str] = &[
    "-----begin private key-----",
    "-----begin rsa private key-----",
    "-----begin dsa private key-----",
    "-----begin ec private key-----",
    "-----begin encrypted private key-----",
    "-----begin openssh private key-----",
    "-----begin pgp private key block-----",
    "-----begin certificate-----",
    "-----end private key-----",
    "-----end rsa private key-----",
    "-----end dsa private key-----",
    "-----end ec private key-----",
    "-----end encrypted private key-----",
    "-----end openssh private key-----",
    "-----end pgp private key block-----",
    "-----end certificate-----",
    "access_key",
    "access_token",
    "account",
    "accountkey",
    "address",
    "amazonaws",
    "anthropic",
    "api_key",
    "application",
    "assigned",
    "authorization",
    "bearer",
    "bitbucket",
    "certificate",
    "changeme",
    "client_email",
    "client_id",
    "client_secret",
    "cloudflare",
    "config",
    "configuration",
    "connection",
    "connectionstring",
    "credential",
    "credentials",
    "database",
    "default",
    "development",
    "digitalocean",
    "docker",
    "encrypted",
    "encryption",
    "endpoint",
    "example",
    "generic",
    "github",
    "github_pat_",
    "gitlab",
    "google",
    "googleapis",
    "gserviceaccount",
    "heroku",
    "hooks.slack.com",
    "jenkins",
    "kubernetes",
    "localhost",
    "microsoft",
    "mongodb",
    "noreply",
    "openai",
    "openssh",
    "passphrase",
    "password",
    "postgres",
    "postgresql",
    "private",
    "private_key",
    "private_key_id",
    "production",
    "project",
    "project_id",
    "public",
    "rabbitmq",
    "refresh",
    "secret",
    "secret_key",
    "secrets",
    "sendgrid",
    "server",
    "service",
    "service_account",
    "session",
    "settings",
    "sharedaccesskey",
    "signature",
    "signing",
    "staging",
    "storage",
    "string",
    "stripe",
    "telegram",
    "terraform",
    "testing",
    "token_uri",
    "tokens",
    "twilio",
    "username",
    "users.noreply.github.com",
    "webhook",
    "windows",
];

/// Returns a window in lower case, as a number.
pub(super) fn lower(window: &[u8]) -> u64 {
    let next = |sum: u64, byte: &u8| next(sum, byte.to_ascii_lowercase());
    window.iter().fold(0, next)
}

/// Whether a window, in [`lower`] case, lies inside of a word that everybody knows.
#[inline]
pub(super) fn has(lower: u64) -> bool {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    let known = KNOWN.get_or_init(Known::new);
    let (word, bit) = Known::pair(lower);
    known.pairs[word] & bit != 0 && known.windows.level(lower).is_some()
}

/// The windows of [`WORDS`].
struct Known {
    windows: Windows,
    /// Which two bytes some window begins with, as bits. Most windows begin with others.
    pairs: Vec<u64>,
}

impl Known {
    fn new() -> Self {
        let all = WORDS.iter().flat_map(|w| w.as_bytes().windows(WINDOW));
        let all: Vec<u64> = all.map(packed).collect();
        let mut pairs = vec![0; (1 << 16) / 64];
        for window in &all {
            let (word, bit) = Self::pair(*window);
            pairs[word] |= bit;
        }
        let keys = all.iter().map(|window| Key::new(*window, Level::Word));
        Self {
            windows: Windows::new(keys.collect()),
            pairs,
        }
    }

    /// The place of the first two bytes of a window.
    #[inline]
    fn pair(window: u64) -> (usize, u64) {
        let pair = (window >> (8 * (WINDOW - 2)) & 0xffff) as usize;
        (pair / 64, 1 << (pair % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_words_are_known_in_any_case() {
        let has = |window: &[u8]| has(lower(window));
        assert!(has(b"passwo") && has(b"ASSWOR") && has(b"Github") && has(b"N RSA "));
        assert!(!has(b"sword1") && !has(b"hunter"));
    }
}

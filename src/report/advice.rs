//! What to do about a finding: where a secret of each kind belongs, and how one
//! that is meant to be there is marked.

use crate::rules::{Rule, SecretType};

/// The comment that accepts a finding on its line.
pub(super) const ALLOW_MARKER: &str = "stopleak:allow";

/// Where a secret of this kind should live instead, as a clause after "then".
pub(super) fn storage(kind: SecretType) -> &'static str {
    match kind {
        SecretType::ApiKey | SecretType::Webhook => {
            "read the new one from a secret manager or the environment"
        }
        SecretType::DatabaseCredential | SecretType::Password => {
            "read the new password from a secret manager or the environment"
        }
        SecretType::OauthToken => "let the program fetch short-lived tokens when it runs",
        SecretType::TlsKey => "keep the new key out of the repository, readable by the server only",
        SecretType::SshKey => {
            "keep the new key in an agent or a deployment secret, with a passphrase"
        }
        SecretType::EncryptionKey => {
            "re-encrypt what it protected and keep the new key in a key management service"
        }
        SecretType::SigningKey => {
            "keep the new key in a key management service or a hardware token"
        }
    }
}

/// How to make a leaked secret of this rule worthless, as an imperative clause.
pub(super) fn revoke(rule: &Rule) -> String {
    // What nobody issued, nobody revokes.
    if rule.provider == "Generic" {
        return "change it where it is checked".to_owned();
    }
    let issuer = if rule.provider.is_empty() {
        String::new()
    } else {
        format!(" at {}", rule.provider)
    };
    if rule.revoke.is_empty() {
        format!("revoke or change it{issuer}")
    } else {
        format!("revoke it{issuer} ({})", rule.revoke)
    }
}

/// The advice for one finding in one sentence.
pub(super) fn next_step(rule: &Rule) -> String {
    format!("{}, then {}", revoke(rule), storage(rule.secret_type))
}

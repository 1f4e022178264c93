//! What to do about a finding: how to revoke the secret, where to keep the new one, and
//! how to accept the finding.

use crate::finding::Summary;
use crate::rules::{Rule, SecretType};

/// The command that accepts a finding wherever it is.
pub(super) const IGNORE_ADD: &str = "stopleak ignore add FINGERPRINT --reason REASON";

/// Returns the ways to accept a finding that work for this run, as an imperative clause.
/// `trusts`: whether what accepts findings comes from another revision.
pub(super) fn acceptance(trusts: bool, summary: &Summary) -> String {
    if trusts {
        return format!("run `{IGNORE_ADD}`, and merge that into the branch whose policy counts");
    }
    // A comment in a new version changes none of the old ones.
    if summary.commits > 0 {
        return format!("run `{IGNORE_ADD}`");
    }
    format!("put a `stopleak:allow REASON` comment on its line, or run `{IGNORE_ADD}`")
}

/// Returns where a secret of this kind belongs, as a clause that follows "then".
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

/// Returns where to keep a secret of this kind: names of stores, each with the command that takes
/// the new value without showing it in the list of processes.
pub(super) fn stores(kind: SecretType) -> [(&'static str, &'static str); 3] {
    match kind {
        SecretType::EncryptionKey | SecretType::SigningKey => [
            ("HashiCorp Vault", "vault write -f transit/keys/NAME"),
            ("AWS KMS", "aws kms create-key --description NAME"),
            (
                "Azure Key Vault",
                "az keyvault key create --vault-name VAULT --name NAME",
            ),
        ],
        _ => [
            ("HashiCorp Vault", "vault kv put -mount=secret NAME value=-"),
            (
                "AWS Secrets Manager",
                "aws secretsmanager create-secret --name NAME --secret-string file://new-value",
            ),
            (
                "Azure Key Vault",
                "az keyvault secret set --vault-name VAULT --name NAME --file new-value",
            ),
        ],
    }
}

/// Returns how to revoke a leaked secret of this rule, as an imperative clause.
pub(super) fn revoke(rule: &Rule) -> String {
    let issuer = rule.issuer();
    match (issuer.is_empty(), rule.revoke.is_empty()) {
        // Generic secrets have no issuer that could revoke them.
        (true, _) if rule.provider == "Generic" => "change it where it is checked".to_owned(),
        (true, true) => "revoke or change it".to_owned(),
        (true, false) if rule.provider.is_empty() => format!("revoke it ({})", rule.revoke),
        (true, false) => as_clause(&rule.revoke),
        (false, true) => format!("revoke or change it at {issuer}"),
        (false, false) => format!("revoke it at {issuer} ({})", rule.revoke),
    }
}

/// Lower-cases the first letter of a sentence, unless it belongs to a name or a
/// command.
fn as_clause(sentence: &str) -> String {
    let mut signs = sentence.chars();
    match (signs.next(), signs.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain([second]).chain(signs).collect()
        }
        _ => sentence.to_owned(),
    }
}

/// Returns the advice for a finding in one sentence.
pub(super) fn next_step(rule: &Rule) -> String {
    format!("{}, then {}", revoke(rule), storage(rule.secret_type))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::builtin;

    #[test]
    fn what_nobody_issued_is_not_revoked_at_anybody() {
        let rules = builtin::ruleset();
        let advice = |id: &str| {
            let (_, rule) = rules.iter().find(|(_, rule)| rule.id == id).unwrap();
            revoke(rule)
        };
        assert_eq!(
            advice("netrc-credentials"),
            "change the password at the service, then delete the line"
        );
        assert_eq!(
            advice("mysql-command-password"),
            "ALTER USER name IDENTIFIED BY"
        );
        assert!(advice("npm-access-token").starts_with("revoke it at npm ("));
        let hash = advice("telegram-api-hash");
        assert!(hash.starts_with("it cannot be revoked;"), "{hash}");
    }
}

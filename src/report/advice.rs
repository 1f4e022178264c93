//! What to do about a finding: how to revoke the secret, where to keep the new one, and
//! how to accept the finding.

use crate::finding::Summary;
use crate::rules::{Label, Rule, SecretType};

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

/// Returns where a new secret of this rule belongs, as a clause that follows "then". None if the
/// rule's own text, which then ends with a full stop, says all there is to do.
pub(super) fn storage(rule: &Rule) -> Option<&'static str> {
    if rule.revoke.ends_with('.') || rule.labels.has(Label::Identifier) {
        return None;
    }
    let title = rule.title.to_lowercase();
    let names = |words: &[&str]| words.iter().any(|word| title.contains(word));
    Some(match rule.secret_type {
        SecretType::ApiKey | SecretType::Webhook => {
            "read the new one from a secret manager or the environment"
        }
        // A name that says so may be that of a key as well.
        SecretType::Password if !names(&["passw", "pass phrase"]) => {
            "read the new one from a secret manager or the environment"
        }
        SecretType::DatabaseCredential | SecretType::Password => {
            "read the new password from a secret manager or the environment"
        }
        // What fetches tokens is not itself one.
        SecretType::OauthToken if names(&["secret", "client id", "consumer", "application"]) => {
            "read the new secret from a secret manager or the environment"
        }
        SecretType::OauthToken => "let the program fetch short-lived tokens when it runs",
        SecretType::TlsKey => "keep the new key out of the repository, readable by the server only",
        SecretType::SshKey => {
            "keep the new key in an agent or a deployment secret, with a passphrase"
        }
        SecretType::EncryptionKey => {
            "re-encrypt what it protected and keep the new key in a key management service"
        }
        // Both sides have it, so no hardware can keep it.
        SecretType::SigningKey if names(&["secret", "hmac", "webhook"]) => {
            "read the new one from a secret manager or the environment"
        }
        SecretType::SigningKey => {
            "keep the new key in a key management service or a hardware token"
        }
    })
}

/// Words that begin a whole sentence of advice. Sorted.
const VERBS: &[&str] = &[
    "Cancel", "Change", "Decrypt", "Delete", "Encrypt", "End", "Enrol", "Finish", "Generate",
    "Leave", "Log", "Make", "Move", "Publish", "Register", "Remove", "Replace", "Reset", "Revoke",
    "Rotate", "Run", "Set", "Stop", "Wait", "Write",
];

/// Whether `how` is a sentence, and not the way through the menus of a console.
pub(crate) fn is_sentence(how: &str) -> bool {
    let first = how.split(" > ").next().unwrap_or_default();
    let mut words = first.split(' ');
    let verb = words
        .next()
        .is_some_and(|word| VERBS.binary_search(&word).is_ok());
    verb && (first.len() == how.len() || words.count() >= 3)
}

/// Returns where to keep the new secret of this rule: names of stores, each with the command that
/// takes the value without showing it in the list of processes. None if there is nothing to keep.
pub(super) fn stores(rule: &Rule) -> Option<[(&'static str, &'static str); 3]> {
    Some(match storage(rule)?.contains("key management service") {
        true => [
            ("HashiCorp Vault", "vault write -f transit/keys/NAME"),
            ("AWS KMS", "aws kms create-key --description NAME"),
            (
                "Azure Key Vault",
                "az keyvault key create --vault-name VAULT --name NAME",
            ),
        ],
        false => [
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
    })
}

/// Returns how to revoke a leaked secret of this rule, as an imperative clause.
pub(super) fn revoke(rule: &Rule) -> String {
    if rule.labels.has(Label::Identifier) {
        return "look for the secret that belongs to it, which may have leaked as well".to_owned();
    }
    let issuer = rule.issuer();
    let how = rule.revoke.strip_suffix('.').unwrap_or(&rule.revoke);
    if is_sentence(how) {
        return as_clause(how);
    }
    match (issuer.is_empty(), how.is_empty()) {
        (true, true) => "revoke or change it".to_owned(),
        (true, false) => format!("revoke it ({how})"),
        (false, true) => format!("revoke or change it at {issuer}"),
        (false, false) => format!("revoke it at {issuer} ({how})"),
    }
}

/// Lower-cases the first letter of a sentence.
fn as_clause(sentence: &str) -> String {
    let mut signs = sentence.chars();
    let first = signs.next().map(char::to_lowercase);
    first.into_iter().flatten().chain(signs).collect()
}

/// Returns the advice for a finding in one sentence, without a full stop.
pub(super) fn next_step(rule: &Rule) -> String {
    let revoke = revoke(rule);
    match storage(rule) {
        None => revoke,
        Some(storage) => format!("{revoke}, then {storage}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::builtin;

    /// Words that may begin the advice of a rule.
    fn starts_with_a_verb(advice: &str) -> bool {
        let first = advice.split(' ').next().unwrap();
        let verb = first[..1].to_uppercase() + &first[1..];
        VERBS.contains(&verb.as_str()) || first == "look"
    }

    /// Fails with all rules that `wrong` says something about.
    fn none(wrong: impl Fn(&Rule) -> Option<String>) {
        let all = builtin::rules().iter();
        let all = all.filter_map(|rule| Some(format!("{}: {}", rule.id, wrong(rule)?)));
        let all: Vec<String> = all.collect();
        assert!(all.is_empty(), "{}", all.join("\n"));
    }

    #[test]
    fn the_advice_of_every_rule_is_a_sentence() {
        assert!(VERBS.is_sorted());
        none(|rule| {
            let advice = next_step(rule);
            let count = |sign: char| advice.matches(sign).count();
            let typos = [
                "  ", " ,", ",,", ";,", ":,", " )", "( ", "..", "., ", ">,", "> )",
            ];
            let right = starts_with_a_verb(&advice)
                && advice.matches(" then ").count() <= 1
                && count('(') == count(')')
                && count('`').is_multiple_of(2)
                && !typos.iter().any(|typo| advice.contains(typo))
                && !advice.contains("BY,")
                && !advice.ends_with([' ', '.', ',', ';', ':', '>']);
            (!right).then_some(advice)
        });
    }

    /// The text names what a person does there, not only where.
    #[test]
    fn the_way_through_menus_ends_with_an_action() {
        let actions = "delet revok regenerat rotat reset disabl remov renew refresh roll replac \
                       retir deactivat uninstall invalidat chang generat sign_out log_out create \
                       reissu new_secret issue post_ expire promote rekey destroy logout cancel";
        let actions: Vec<String> = actions.split(' ').map(|a| a.replace('_', " ")).collect();
        none(|rule| {
            let how = rule.revoke.trim_end_matches('.');
            // Each way of several.
            let acts = |way: &str| {
                let last = way.rsplit(" > ").next().unwrap_or_default().to_lowercase();
                actions.iter().any(|action| last.contains(action.as_str()))
            };
            let right = how.is_empty() || is_sentence(how) || how.split("; ").all(acts);
            (!right).then(|| how.to_owned())
        });
    }

    /// A client secret is not found where personal tokens are, and so on.
    #[test]
    fn each_kind_has_the_console_that_is_right_for_it() {
        none(|rule| {
            let title = rule.title.to_lowercase();
            let how = rule.revoke.to_lowercase();
            let says = |words: &[&str]| words.iter().any(|word| how.contains(word));
            let client = title.contains("client secret") || title.contains("client id");
            let of_app = [
                "flask-",
                "django-",
                "rails-",
                "symfony-",
                "phoenix-",
                "wordpress-",
            ];
            let of_app = of_app.iter().any(|start| rule.id.starts_with(start));
            let hook = title.contains("webhook") && !title.contains("secret");
            let hooks = [
                "hook",
                "zap",
                "workflow",
                "connector",
                "regenerate",
                "trigger",
                "url",
            ];
            let right = !(client && says(&["personal access token", "app password"]))
                && (!hook || says(&hooks))
                && (!title.contains("installation token") || says(&["installation"]))
                && !(of_app && next_step(rule).contains("hardware"));
            (!right).then_some(how)
        });
    }

    #[test]
    fn what_nobody_issued_is_not_revoked_at_anybody() {
        let rules = builtin::ruleset();
        let rule = |id: &str| rules.iter().find(|(_, rule)| rule.id == id).unwrap().1;
        for (id, advice) in [
            (
                "netrc-credentials",
                "change the password at the service and delete the line, then read the new \
                 password from a secret manager or the environment",
            ),
            (
                "mysql-command-password",
                "change the password: ALTER USER name IDENTIFIED BY 'new password', then read \
                 the new password from a secret manager or the environment",
            ),
            (
                "generic-assignment",
                "change it where it is checked, then read the new one from a secret manager or the \
                 environment",
            ),
            (
                "flask-secret-key",
                "set a new secret key, and read it from a secret manager or the environment; \
                 every session ends, unless SECRET_KEY_FALLBACKS holds the old one",
            ),
            ("otp-seed", "enrol the second factor of the account again"),
        ] {
            assert_eq!(next_step(rule(id)), advice);
        }
        assert!(revoke(rule("npm-access-token")).starts_with("revoke it at npm ("));
        let hash = revoke(rule("telegram-api-hash"));
        assert!(hash.starts_with("register a new app"), "{hash}");
    }
}

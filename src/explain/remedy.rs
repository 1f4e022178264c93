//! Advice for a leaked secret, by what it opens: where it should live, the commands that move
//! it there, how programs read it, and how to clean a history.
//!
//! Commands follow the manuals of `vault` (key-value engine version 2, Vault 1.11 or later
//! for `-mount`), `aws` version 2, `az`, `gh` and `git filter-repo` (2.47 or later for
//! `--sensitive-data-removal`). No command takes a secret as an argument: other users can see
//! arguments, and the shell's history keeps them.

use crate::rules::SecretType;

/// A paragraph of advice: a heading, sentences and commands to type.
pub(super) struct Advice {
    /// The topic, as a stable word for JSON.
    pub(super) id: &'static str,
    /// The topic, for people.
    pub(super) heading: &'static str,
    /// Sentences.
    pub(super) text: Vec<&'static str>,
    /// Commands, or lines of code and configuration.
    pub(super) commands: Vec<&'static str>,
}

/// Returns all advice for a type of secret, in the order to follow it.
pub(super) fn advice(kind: SecretType) -> Vec<Advice> {
    vec![
        rotate(kind),
        to_file(kind),
        vault(kind),
        aws(kind),
        azure(kind),
        in_code(kind),
        history(kind),
    ]
}

/// Whether the secret is a text of several lines, kept as a file.
fn is_key_file(kind: SecretType) -> bool {
    matches!(
        kind,
        SecretType::TlsKey | SecretType::SshKey | SecretType::SigningKey
    )
}

fn rotate(kind: SecretType) -> Advice {
    let text = match kind {
        SecretType::ApiKey => vec![
            "Issue a new key with the least rights that work, put it in place, then revoke the old one; \
             if it was pushed or shipped, revoke first.",
            "Read the provider's audit log for use that was not yours.",
        ],
        SecretType::OauthToken => vec![
            "Revoke the token and the grant behind it; for a client secret, add a second one, deploy it, \
             then delete the first.",
            "Better than a new long-lived token: fetch short-lived ones at run time (client \
             credentials, workload identity, OIDC in CI).",
        ],
        SecretType::Password | SecretType::DatabaseCredential => vec![
            "Change the password and end open sessions.",
            "Give a program its own account with only the rights it needs, and a second account to switch to, \
             so that the next change needs no downtime.",
        ],
        SecretType::TlsKey => vec![
            "Make a new key and certificate, install both, then have the issuer revoke the old certificate \
             (reason keyCompromise).",
        ],
        SecretType::SshKey => vec![
            "Remove the public key from every authorized_keys file, account and deploy key that has it, \
             then make a new pair with a passphrase.",
        ],
        SecretType::EncryptionKey => vec![
            "Make a new key, re-encrypt what the old one protects, then destroy the old key. What was \
             copied together with the old key stays readable: treat it as disclosed.",
        ],
        SecretType::Webhook => {
            vec!["Delete the webhook and make a new one: its URL is the permission."]
        }
        SecretType::SigningKey => vec![
            "Make a new key, let verifiers trust both, sign with the new one, then stop trusting the \
             old one.",
            "Do not trust signatures that the old key made after the leak.",
        ],
    };
    let commands = match kind {
        SecretType::SshKey => {
            vec!["ssh-keygen -t ed25519 -f ~/.ssh/id_NAME   # asks for a passphrase"]
        }
        SecretType::TlsKey => vec![
            "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout secret.txt -out new.csr",
        ],
        _ => Vec::new(),
    };
    Advice {
        id: "rotate",
        heading: "Revoke and rotate, before anything else",
        text,
        commands,
    }
}

fn to_file(kind: SecretType) -> Advice {
    let commands = if is_key_file(kind) {
        vec![
            "cd \"$(mktemp -d)\" && umask 077",
            "cp /path/to/new.key secret.txt",
        ]
    } else {
        vec![
            "cd \"$(mktemp -d)\" && umask 077",
            "read -rs SECRET && printf %s \"$SECRET\" > secret.txt; unset SECRET",
        ]
    };
    Advice {
        id: "prepare",
        heading: "Hand the new secret over in a file that only you can read",
        text: vec![
            "Not on a command line: other users see it there, and the shell remembers it. \
             Delete the file when the store has it: rm secret.txt",
        ],
        commands,
    }
}

fn vault(kind: SecretType) -> Advice {
    let mut commands = vec![
        "vault kv put -mount=secret myapp/NAME value=@secret.txt",
        "vault kv get -mount=secret -field=value myapp/NAME   # how it is read",
    ];
    let text = match kind {
        SecretType::DatabaseCredential => {
            commands.push(
                "vault read database/creds/ROLE   # with the database engine: an account per use",
            );
            vec!["Better: the database secrets engine creates an account per use, which expires."]
        }
        SecretType::EncryptionKey => {
            commands = vec![
                "vault secrets enable transit",
                "vault write -f transit/keys/NAME",
                "vault write -field=ciphertext transit/encrypt/NAME plaintext=@data.b64",
            ];
            vec!["The transit engine encrypts; the key never leaves it."]
        }
        SecretType::SigningKey => {
            commands.push("vault write -f transit/keys/NAME type=ecdsa-p256");
            commands.push("vault write -field=signature transit/sign/NAME input=@data.b64");
            vec!["Better: the transit engine signs; the key never leaves it."]
        }
        SecretType::SshKey => {
            commands.push("vault secrets enable -path=ssh-client-signer ssh");
            commands.push("vault write ssh-client-signer/config/ca generate_signing_key=true");
            vec!["Better: the SSH engine signs certificates that live for minutes."]
        }
        SecretType::TlsKey => {
            commands.push(
                "vault write pki/issue/ROLE common_name=HOST   # with the PKI engine: short-lived",
            );
            vec![
                "Better: the PKI engine issues key and certificate together, for days instead of years.",
            ]
        }
        _ => Vec::new(),
    };
    Advice {
        id: "vault",
        heading: "HashiCorp Vault",
        text,
        commands,
    }
}

fn aws(kind: SecretType) -> Advice {
    let mut commands = vec![
        "aws secretsmanager create-secret --name myapp/NAME --secret-string file://secret.txt",
        "aws secretsmanager put-secret-value --secret-id myapp/NAME --secret-string file://secret.txt   # when it exists",
        "aws secretsmanager get-secret-value --secret-id myapp/NAME --query SecretString --output text   # how it is read",
    ];
    let text = match kind {
        SecretType::DatabaseCredential => {
            commands.push(
                "aws rds modify-db-instance --db-instance-identifier DB --manage-master-user-password",
            );
            vec!["Better for Amazon RDS: let Secrets Manager store and rotate the master password."]
        }
        SecretType::EncryptionKey => {
            commands = vec![
                "aws kms create-key --description NAME",
                "aws kms encrypt --key-id KEY --plaintext fileb://data --query CiphertextBlob --output text",
            ];
            vec![
                "Keys belong in the Key Management Service, which encrypts and never reveals them.",
            ]
        }
        SecretType::SigningKey => {
            commands.push("aws kms create-key --key-usage SIGN_VERIFY --key-spec ECC_NIST_P256");
            vec!["Better: a key of the Key Management Service signs and never leaves it."]
        }
        _ => Vec::new(),
    };
    Advice {
        id: "aws-secrets-manager",
        heading: "AWS Secrets Manager",
        text,
        commands,
    }
}

fn azure(kind: SecretType) -> Advice {
    let mut commands = vec![
        "az keyvault secret set --vault-name VAULT --name NAME --file secret.txt --encoding utf-8",
        "az keyvault secret show --vault-name VAULT --name NAME --query value --output tsv   # how it is read",
    ];
    let text = match kind {
        SecretType::TlsKey => {
            commands.push(
                "az keyvault certificate import --vault-name VAULT --name NAME --file bundle.pem",
            );
            vec![
                "Names may hold letters, digits and `-`. Better: keep key and certificate together.",
            ]
        }
        SecretType::EncryptionKey => {
            commands = vec![
                "az keyvault key create --vault-name VAULT --name NAME --kty RSA --size 3072 --ops wrapKey unwrapKey",
            ];
            vec!["A key of the vault wraps data keys and never leaves it."]
        }
        SecretType::SigningKey => {
            commands.push(
                "az keyvault key create --vault-name VAULT --name NAME --kty EC --curve P-256 --ops sign verify",
            );
            vec![
                "Names may hold letters, digits and `-`. Better: a key of the vault signs and never leaves it.",
            ]
        }
        _ => vec!["Names may hold letters, digits and `-`."],
    };
    Advice {
        id: "azure-key-vault",
        heading: "Azure Key Vault",
        text,
        commands,
    }
}

fn in_code(kind: SecretType) -> Advice {
    let mut commands = vec![
        "os.environ[\"NAME\"]   process.env.NAME   System.getenv(\"NAME\")   ${NAME}",
        "Vault Agent template:  {{ with secret \"secret/data/myapp/NAME\" }}{{ .Data.data.value }}{{ end }}",
        "CloudFormation:        {{resolve:secretsmanager:myapp/NAME:SecretString}}",
        "Azure App Service:     @Microsoft.KeyVault(SecretUri=https://VAULT.vault.azure.net/secrets/NAME)",
        "Kubernetes:            valueFrom: { secretKeyRef: { name: myapp, key: NAME } }",
        "GitHub Actions:        ${{ secrets.NAME }}   after  gh secret set NAME < secret.txt",
    ];
    if is_key_file(kind) {
        commands.remove(0);
    }
    Advice {
        id: "reference",
        heading: "In code and CI, leave a reference in its place",
        text: vec!["stopleak knows these forms and does not report them."],
        commands,
    }
}

fn history(kind: SecretType) -> Advice {
    let mut commands =
        vec!["git clone URL clean && cd clean   # a fresh clone; the old ones are thrown away"];
    if is_key_file(kind) {
        commands.push("git filter-repo --sensitive-data-removal --invert-paths --path PATH/OF/KEY");
    } else {
        commands.push(
            "read -rs SECRET && printf 'literal:%s==>REMOVED\\n' \"$SECRET\" > ../replace.txt; unset SECRET",
        );
        commands.push(
            "git filter-repo --sensitive-data-removal --replace-text ../replace.txt --replace-message ../replace.txt",
        );
    }
    commands.push("stopleak history   # is it gone?");
    commands.push("git push --force --mirror origin");
    if !is_key_file(kind) {
        commands.push("rm ../replace.txt");
    }
    Advice {
        id: "history",
        heading: "If it was pushed, revoke it first, then rewrite the history",
        text: vec![
            "Rewriting undoes no leak: clones, forks, caches and pull requests keep the old commits.",
            "Everyone with a clone or fork must delete it and clone again: a merge from an old one brings \
             the secret back. Ask the host to drop cached views and pull request references.",
        ],
        commands,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_every_paragraph_and_no_secret_is_an_argument() {
        for kind in SecretType::ALL {
            let all = advice(*kind);
            assert_eq!(all.len(), 7, "{kind}");
            for advice in &all {
                assert!(
                    !advice.text.is_empty() || !advice.commands.is_empty(),
                    "{kind}: {}",
                    advice.id
                );
                for command in &advice.commands {
                    let bare = [
                        "--value ",
                        "value=$",
                        "--secret-string \"",
                        "--secret-string '",
                    ];
                    assert!(
                        bare.iter().all(|b| !command.contains(b)),
                        "{kind}: {command}"
                    );
                }
            }
        }
    }

    #[test]
    fn keys_that_sign_or_encrypt_go_where_they_never_leave() {
        let of = |kind, id| {
            let found = advice(kind).into_iter().find(|a| a.id == id).unwrap();
            found.commands.join("\n")
        };
        assert!(of(SecretType::EncryptionKey, "vault").contains("transit/keys/NAME"));
        assert!(of(SecretType::SigningKey, "aws-secrets-manager").contains("SIGN_VERIFY"));
        assert!(of(SecretType::EncryptionKey, "azure-key-vault").contains("wrapKey"));
        assert!(of(SecretType::ApiKey, "vault").contains("value=@secret.txt"));
    }
}

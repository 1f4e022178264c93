//! Checks which known kinds of credentials have a rule. `fixtures/rules/kinds.txt` names them, one
//! per line. A kind is covered if a rule has its name, or if a rule of another name reports a
//! generated value of it. Kinds that are not covered are listed with the reason.

use std::collections::{BTreeMap, BTreeSet};

use stopleak::blob::BlobPath;
use stopleak::check::encoding::{Alphabet, base64_encode};
use stopleak::check::mint::{Rng, mint, mint_with_prefix};

use super::{DETECTOR, live};

/// Kinds that a rule of another name reports: (kind, rule, path, a text with the kind). Braces are
/// filled in: `{hex:40}` with random digits, `{pem:LABEL}` with a key, `{check:name:prefix}` with a
/// value that the check accepts.
const ALIASES: &[(&str, &str, &str, &str)] = &[
    (
        "azure-storage-account-key",
        "azure-account-key",
        "app.ini",
        "AccountKey={check:azure-legacy-key-64:}\n",
    ),
    (
        "azure-nuget-vsts-pat-config",
        "nuget-config-clear-text-password",
        "nuget.config",
        "<add key=\"Username\" value=\"build\" />\n<add key=\"ClearTextPassword\" value=\"{b32:52}\" />\n",
    ),
    (
        "youtube-api-key",
        "gcp-api-key",
        "a.js",
        "loadPlayer('AIzaSy{b64u:33}')\n",
    ),
    (
        "google-ai-studio-key",
        "gcp-api-key",
        ".env",
        "GEMINI_API_KEY=AIzaSy{b64u:33}\n",
    ),
    (
        "github-app-private-key",
        "private-key-rsa",
        "app.private-key.pem",
        "{pem:RSA PRIVATE KEY}\n",
    ),
    (
        "github-legacy-token",
        "github-token-hex",
        ".env",
        "GITHUB_TOKEN={hex:40}\n",
    ),
    (
        "gitlab-pat-routable-unversioned",
        "gitlab-pat-routable",
        ".env",
        "TOKEN={check:gitlab-routable:glpat-}\n",
    ),
    (
        "gitlab-runner-token-routable",
        "gitlab-runner-token",
        "config.toml",
        "token = \"{check:gitlab-routable:glrt-t}\"\n",
    ),
    (
        "stripe-account-link",
        "stripe-org-key",
        ".env",
        "K=sk_org_live_{base62:60}\n",
    ),
    (
        "zoom-jwt-secret",
        "zoom-client-secret",
        ".env",
        "ZOOM_API_SECRET={base62:32}\n",
    ),
    (
        "oracle-cloud-api-key",
        "private-key-pkcs8",
        ".oci/oci_api_key.pem",
        "{pem:PRIVATE KEY}\n",
    ),
    (
        "hashicorp-vault-approle-secret",
        "hashicorp-vault-secret-id",
        "run.sh",
        "vault write auth/approle/login role_id=app secret_id={uuid}\n",
    ),
    (
        "vagrant-cloud-token",
        "terraform-cloud-token",
        ".env",
        "VAGRANT_CLOUD_TOKEN={base62:14}.atlasv1.{b64u:67}\n",
    ),
    (
        "private-key-pem-legacy-encrypted",
        "private-key-rsa",
        "server.key",
        "{legacy}\n",
    ),
    (
        "private-key-ssh2-encrypted",
        "private-key-ssh2",
        "id_rsa",
        "{ssh2:400}\n",
    ),
    (
        "private-key-base64-pem",
        "private-key-pkcs8",
        ".env",
        "TLS={base64pem:PRIVATE KEY}\n",
    ),
    ("jwt-base64", "jwt", ".env", "SESSION={base64jwt}\n"),
    (
        "basic-auth-url",
        "url-with-password",
        "a.sh",
        "git clone https://ci:{base62:18}@git.acme.io/a\n",
    ),
    (
        "basic-auth-header",
        "http-basic-header",
        "a.http",
        "Authorization: Basic {check:basic-auth:}\n",
    ),
    (
        "bearer-auth-header",
        "http-bearer-header",
        "a.http",
        "Authorization: Bearer {base62:40}\n",
    ),
    (
        "generic-api-key",
        "generic-assignment",
        "a.py",
        "api_key = \"{base62:40}\"\n",
    ),
    (
        "generic-password",
        "generic-assignment",
        "a.py",
        "password = \"{base62:18}\"\n",
    ),
    (
        "curl-header",
        "http-bearer-header",
        "a.sh",
        "curl -H \"Authorization: Bearer {base62:40}\" https://api.acme.io/\n",
    ),
    (
        "git-credentials-file",
        "url-with-password",
        ".git-credentials",
        "https://ci:{base62:18}@git.acme.io\n",
    ),
    (
        "dotnet-connection-string",
        "ado-net-connection-string",
        "web.config",
        "connectionString=\"Data Source=db;Initial Catalog=app;User Id=app;Password={base62:18};\"\n",
    ),
    (
        "sqlserver-connection",
        "sqlserver-url",
        "main.go",
        "dsn := \"sqlserver://app:{base62:18}@mssql:1433?database=app\"\n",
    ),
    (
        "oracle-db-url",
        "jdbc-oracle-url",
        "a.properties",
        "url=jdbc:oracle:thin:app/{base62:18}@db.acme.io:1521:ORCL\n",
    ),
    (
        "ldap-bind",
        "ldap-bind-password",
        "ldap.conf",
        "binddn cn=admin,dc=acme,dc=io\nbindpw {base62:18}\n",
    ),
    (
        "pkcs12-file",
        "pkcs12-container",
        ".gitlab-ci.yml",
        "P12: {base64check:pkcs12}\n",
    ),
    (
        "terraform-tfvars-secret",
        "generic-assignment",
        "prod.tfvars",
        "db_password = \"{base62:18}\"\n",
    ),
    (
        "htpasswd-line",
        "hash-md5crypt",
        ".htpasswd",
        "deployer:$apr1${crypt:8}${crypt:22}\n",
    ),
    (
        "shadow-line",
        "hash-sha512crypt",
        "etc/shadow",
        "deployer:$6${crypt:16}${crypt:86}:19000:0:99999:7:::\n",
    ),
];

/// Kinds that are not findings by themselves, and why.
const NOT_COVERED: &[(&str, &str)] = &[
    (
        "azure-storage-account-name",
        "a public name; it is read as part of the connection string",
    ),
    (
        "twilio-account-sid",
        "a public identifier; it is the companion of the auth token",
    ),
    (
        "plivo-auth-id",
        "a public identifier; it is the companion of the auth token",
    ),
    ("dockerhub-username", "a public name; any word"),
    ("shopify-domain", "the address of a shop"),
    ("salesforce-instance", "the address of an instance"),
    ("databricks-host", "the address of a workspace"),
    ("okta-domain", "the address of an organisation"),
    (
        "sumologic-access-id",
        "an identifier; it is the companion of the access key",
    ),
    (
        "spring-jasypt",
        "ciphertext at rest: a reference in the sense of placeholders",
    ),
];

/// Returns `text` with its braces filled in.
fn filled(text: &str, rng: &mut Rng) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('{') {
        let (what, after) = tail.split_once('}').unwrap();
        out.push_str(head);
        out.push_str(&made(what, rng));
        rest = after;
    }
    out + rest
}

/// Returns one value: of an alphabet and a length, of a check, or a container.
fn made(what: &str, rng: &mut Rng) -> String {
    const BASE62: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let of = |alphabet: &[u8], n: &str, rng: &mut Rng| rng.text(alphabet, n.parse().unwrap());
    let mut parts = what.split(':');
    let (kind, first) = (parts.next().unwrap(), parts.next().unwrap_or_default());
    let minted = |prefix: &str, rng: &mut Rng| {
        let value = mint_with_prefix(first, prefix, rng.next_u64());
        String::from_utf8(value.unwrap_or_else(|| panic!("{what} cannot be made"))).unwrap()
    };
    match kind {
        "hex" => of(b"0123456789abcdef", first, rng),
        "b32" => of(b"abcdefghijklmnopqrstuvwxyz234567", first, rng),
        "base62" => of(BASE62, first, rng),
        "b64u" => of(&[BASE62, b"-_"].concat(), first, rng),
        "crypt" => of(&[BASE62, b"./"].concat(), first, rng),
        "uuid" => [8, 4, 4, 4, 12]
            .map(|n| rng.text(b"0123456789abcdef", n))
            .join("-"),
        "check" => minted(parts.next().unwrap_or_default(), rng),
        "pem" => pem(first, rng),
        "legacy" => loop {
            let text = pem("RSA PRIVATE KEY", rng);
            if text.contains("DEK-Info") {
                return text;
            }
        },
        "ssh2" => {
            let body = of(BASE62, first, rng);
            let label = "SSH2 ENCRYPTED PRIVATE KEY";
            format!("---- BEGIN {label} ----\n{body}\n---- END {label} ----")
        }
        "base64pem" => coded(&pem(first, rng)),
        "base64check" => {
            let container = mint(first, rng.next_u64()).unwrap();
            base64_encode(&container, Alphabet::Standard, true)
        }
        "base64jwt" => {
            let token = mint("jwt", rng.next_u64()).unwrap();
            coded(&String::from_utf8(token).unwrap())
        }
        _ => panic!("{what} is nothing that can be made"),
    }
}

fn pem(label: &str, rng: &mut Rng) -> String {
    let begin = ["-----BEGIN ", label, "-----"].concat();
    let key = mint_with_prefix("private-key-pem", &begin, rng.next_u64());
    String::from_utf8(key.unwrap_or_else(|| panic!("no {label}"))).unwrap()
}

fn coded(text: &str) -> String {
    base64_encode(text.as_bytes(), Alphabet::Standard, true)
}

/// Returns the kinds: the name, and the letters of `fixtures/rules/kinds.txt`.
fn kinds() -> BTreeMap<&'static str, &'static str> {
    let lines = include_str!("../../fixtures/rules/kinds.txt").lines();
    let rows = lines.filter(|line| !line.starts_with('#'));
    rows.map(|line| line.split_once(' ').unwrap()).collect()
}

#[test]
fn every_known_kind_has_a_rule_or_a_reason() {
    let ids: BTreeSet<&str> = DETECTOR.rules().iter().map(|(_, rule)| &*rule.id).collect();
    let kinds = kinds();
    let mut missing = Vec::new();
    let (mut by_name, mut by_alias, mut none) = (0, 0, 0);
    for kind in kinds.keys() {
        let alias = ALIASES.iter().any(|row| row.0 == *kind);
        let reason = NOT_COVERED.iter().any(|row| row.0 == *kind);
        match (ids.contains(kind), alias, reason) {
            (true, false, false) => by_name += 1,
            (false, true, false) => by_alias += 1,
            (false, false, true) => none += 1,
            state => missing.push((kind, state)),
        }
    }
    println!("{by_name} kinds by name, {by_alias} by another rule, {none} not covered");
    assert!(
        missing.is_empty(),
        "kinds with no rule, or with two answers: {missing:?}"
    );
    assert_eq!(
        kinds.len(),
        by_name + ALIASES.len() + NOT_COVERED.len(),
        "rows of no kind"
    );
    for (flag, of) in [('d', 526), ('g', 242), ('b', 467)] {
        let all = kinds.values().filter(|flags| flags.contains(flag)).count();
        assert_eq!(all, of, "kinds marked {flag}");
    }
}

#[test]
fn kinds_with_another_name_are_reported_by_the_rule_that_is_named() {
    let mut wrong = Vec::new();
    for (kind, rule, path, text) in ALIASES {
        for seed in 0..6 {
            let mut rng = Rng::new(seed * 7919 + kind.len() as u64);
            let text = filled(text, &mut rng);
            let found = live(text.as_bytes(), &BlobPath::from(*path));
            if !found.iter().any(|f| f.rule == *rule) {
                let names: Vec<&str> = found.iter().map(|f| f.rule.as_str()).collect();
                wrong.push(format!("{kind}: {names:?}, not {rule}\n{text}"));
                break;
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_rule_says_what_a_person_needs_to_know() {
    let mut wrong = Vec::new();
    for (_, rule) in DETECTOR.rules().iter() {
        let sentence = |text: &str| {
            let body = text.strip_suffix('.').unwrap_or_default();
            let capital = body.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
            capital && !body.contains(". ") && body.split(' ').count() >= 4
        };
        let address = rule.docs.is_empty() || rule.docs.starts_with("https://");
        let lines = [
            &rule.title,
            &rule.rationale,
            &rule.revoke,
            &rule.docs,
            &rule.lifetime,
        ];
        let tidy = lines.iter().all(|text| {
            text.trim() == text.as_ref() && !text.contains('\n') && !text.contains("  ")
        });
        let said = !rule.provider.is_empty() && !rule.title.is_empty() && !rule.revoke.is_empty();
        if !(said && sentence(&rule.rationale) && address && tidy) {
            wrong.push(rule.id.to_string());
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

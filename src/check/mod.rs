//! Offline validity checks: bytes in, an [`Outcome`] out. Checks are pure functions: no clock, no
//! network, no files. They know no rules.
//!
//! A rule names its check (`check = "crc32-base62"`); [`lookup`] finds it. To add a check, write a
//! function in the file of its family (or a new `src/check/<name>.rs`). Then add a row to
//! [`CHECKS`] and one to the table of `mint`, and name the check in a rule.
//!
//! A check returns `Invalid` only if the issuer's format excludes the value. It returns `Unknown`
//! if the format is known from observation alone, or fits too many other values (32 random bytes).

pub mod encoding;
#[doc(hidden)]
pub mod mint;

mod aws;
mod azure;
mod azure_legacy;
mod bip39_words;
mod canary;
mod coins;
mod crc;
mod crc_tokens;
mod cursor;
mod der;
mod expiry;
mod gitlab;
mod json;
mod json_tokens;
mod jwt;
mod key_info;
mod keystore;
mod macaroon;
mod marvin;
mod messaging;
mod openpgp;
mod openssh;
mod passwords;
mod pem;
mod private_key;
mod putty;
mod seeds;
mod services;
mod sessions;
#[cfg(test)]
mod testing;
mod vault;

/// The answer of an offline check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Proved: the checksum fits or the structure parses. The text names the proof in a few words
    /// (`checksum valid`, `RSA 2048, not encrypted`).
    Valid(String),
    /// Disproved: the value cannot be what the rule looks for. The text says why.
    Invalid(&'static str),
    /// Neither: values of this form contain no proof.
    Unknown,
}

impl Outcome {
    /// Returns whether the value is a private key that a passphrase protects. A finding of it is
    /// less severe.
    #[cfg(test)]
    pub(crate) fn needs_passphrase(&self) -> bool {
        matches!(self, Outcome::Valid(text) if text.ends_with("encrypted with a passphrase"))
    }
}

/// An offline check: takes the secret's bytes and returns what they prove.
pub(crate) type Check = fn(&[u8]) -> Outcome;

/// Every check with the name that rules use, sorted by name.
pub const CHECKS: &[(&str, Check)] = &[
    ("age-key", seeds::age),
    ("anthropic-key", services::anthropic),
    ("artifactory-reference-token", services::artifactory),
    ("atlassian-dc-pat", services::atlassian_dc),
    ("aws-access-key-id", aws::access_key_id),
    ("aws-bedrock-long", aws::bedrock_long),
    ("aws-bedrock-short", aws::bedrock_short),
    ("aws-secret-key", aws::secret_key),
    ("aws-ses-smtp", aws::ses_smtp),
    ("aws-session-token", aws::session_token),
    ("azure-acr-key", azure::acr),
    ("azure-apim-key", azure::apim),
    ("azure-batch-key", azure::batch),
    ("azure-cask", azure::cask),
    ("azure-cosmos-key", azure::cosmos),
    ("azure-devops-pat", azure_legacy::devops_pat),
    ("azure-eventgrid-key", azure::event_grid),
    ("azure-eventhub-key", azure::event_hub),
    ("azure-functions-key", azure::functions),
    ("azure-iot-key", azure::iot),
    ("azure-legacy-key-32", azure_legacy::key_32),
    ("azure-legacy-key-64", azure_legacy::key_64),
    ("azure-ml-key", azure::ml),
    ("azure-redis-key", azure::redis),
    ("azure-relay-key", azure::relay),
    ("azure-sas", azure_legacy::sas),
    ("azure-search-key", azure::search),
    ("azure-servicebus-key", azure::service_bus),
    ("azure-storage-key", azure::storage),
    ("base58check-bip38", coins::bip38),
    ("base58check-wif", coins::wif),
    ("base58check-xprv", coins::xprv),
    ("base64-text", passwords::base64_text),
    ("basic-auth", passwords::basic_auth),
    ("bip39", seeds::bip39),
    ("cisco-type7", passwords::cisco_type7),
    ("cloudflare-tunnel", json_tokens::cloudflare_tunnel),
    ("crc32-atlassian", crc_tokens::atlassian),
    ("crc32-base62", crc_tokens::base62),
    ("crc32-cloudflare", crc_tokens::cloudflare),
    ("crc32-confluent", crc_tokens::confluent),
    ("crc32-grafana", crc_tokens::grafana),
    ("crc32-zuplo", crc_tokens::zuplo),
    ("discord-bot-token", messaging::discord),
    ("docker-auth", passwords::basic_auth),
    ("entra-secret", azure::entra),
    ("ethereum-private-key", coins::ethereum),
    ("fly-macaroon", macaroon::fly),
    ("github-app-jwt", jwt::github_app),
    ("gitlab-routable", gitlab::routable),
    (
        "google-service-account",
        json_tokens::google_service_account,
    ),
    ("grafana-cloud", json_tokens::grafana_cloud),
    ("grafana-legacy", json_tokens::grafana_legacy),
    ("java-keystore", keystore::java),
    ("jwt", jwt::jwt),
    ("nats-seed", seeds::nats),
    ("nuget-v4", azure_legacy::nuget),
    ("onepassword-service-account", json_tokens::onepassword),
    ("openai-key", services::openai),
    ("openssh-key", private_key::pem),
    ("pgp-private-key", private_key::pem),
    ("pkcs12", keystore::pkcs12),
    ("private-key-pem", private_key::pem),
    ("putty-key", putty::ppk),
    ("pypi-macaroon", macaroon::pypi),
    ("sendgrid-key", messaging::sendgrid),
    ("sentry-org-token", json_tokens::sentry),
    ("signed-session", sessions::signed),
    ("slack-token", messaging::slack),
    ("stellar-seed", seeds::stellar),
    ("stripe-key", services::stripe),
    ("telegram-bot", messaging::telegram),
    ("twilio-sid", messaging::twilio),
    ("vault-batch-token", vault::batch_token),
    ("vault-service-token", vault::service_token),
    ("vault-unseal-key", vault::unseal_key),
    ("wireguard-key", seeds::wireguard),
    ("xrp-seed", coins::xrp_seed),
];

/// Returns the check called `name`.
pub fn lookup(name: &str) -> Option<Check> {
    CHECKS
        .binary_search_by(|(known, _)| (*known).cmp(name))
        .ok()
        .map(|i| CHECKS[i].1)
}

/// Returns whether the check called `name` reads the whole match of a pattern, not only the secret
/// in it. True for containers, where the key is only a part.
pub fn reads_container(name: &str) -> bool {
    matches!(name, "java-keystore" | "pkcs12")
}

/// Returns whether `value` is a JSON web token of somebody's documentation.
pub(crate) fn is_sample_jwt(value: &[u8]) -> bool {
    jwt::is_sample(value)
}

/// The reason of a token that is a sample of somebody's documentation.
pub(crate) const SAMPLE: &str = "published sample";

/// Returns when a value says itself that it expires, in seconds since 1970: a JSON web token, a
/// signed address.
pub(crate) fn expiry(value: &[u8]) -> Option<i64> {
    expiry::of(value)
}

/// Returns whether a value is a trap: its account is known for canary tokens, or its address
/// leads to them.
pub(crate) fn is_canary(value: &[u8]) -> bool {
    canary::is_canary(value)
}

/// Returns `Valid` with this text.
fn valid(text: impl Into<String>) -> Outcome {
    Outcome::Valid(text.into())
}

/// Returns the outcome of a checksum comparison.
fn checksum(fits: bool) -> Outcome {
    if fits {
        valid("checksum valid")
    } else {
        Outcome::Invalid("checksum does not fit")
    }
}

//! Known defects, each with its reason: an explicit list that should shrink.

use std::collections::BTreeSet;

/// Values of the first rule that the second reports, because nothing in the text distinguishes
/// them: (rule, reported by, why).
const INDISTINGUISHABLE: &[(&str, &str, &str)] = &[
    (
        "twilio-auth-token",
        "twilio-api-secret",
        "under the name `twilio_secret`: 32 hexadecimal digits are 32 letters and digits too",
    ),
    (
        "htpasswd-command-password",
        "generic-assignment",
        "what follows the command, whose name holds a word for credentials, could be its value",
    ),
    (
        "net-networkcredential",
        "generic-assignment",
        "the user name stands where a credential's value would",
    ),
    (
        "sentry-dsn",
        "url-with-password",
        "an old DSN holds a second secret, and that is the URL's password",
    ),
];

/// Returns the row that explains why `other` reports values of `rule`.
pub(crate) fn explained(rule: &str, other: &str) -> Option<usize> {
    INDISTINGUISHABLE
        .iter()
        .position(|(a, b, _)| *a == rule && *b == other)
}

/// Fails for rows about the `tested` rules that no longer explain anything.
pub(crate) fn assert_used(used: &BTreeSet<usize>, tested: impl Fn(&str) -> bool) {
    let idle: Vec<_> = INDISTINGUISHABLE
        .iter()
        .enumerate()
        .filter(|(i, row)| tested(row.0) && !used.contains(i))
        .map(|(_, row)| row)
        .collect();
    assert!(idle.is_empty(), "rows that explain nothing: {idle:#?}");
}

/// Checks that accept values of their rule's shape with one changed character. Either the shape
/// already says what they know (structure, alphabet, identifiable marks), or they answer `Unknown`
/// because the issuer has published no proof.
pub(crate) const LENIENT_CHECKS: &[&str] = &[
    "anthropic-key",
    "aws-secret-key",
    "aws-ses-smtp",
    "azure-cask",
    "azure-eventgrid-key",
    "entra-secret",
    "ethereum-private-key",
    "fly-macaroon",
    "openai-key",
    "sendgrid-key",
    "slack-token",
    "stripe-key",
    "telegram-bot",
    "twilio-sid",
    "vault-batch-token",
    "vault-unseal-key",
    "wireguard-key",
];

/// Spoiled values that a rule reports nevertheless: (rule, how it was spoiled, why).
const TOLERATED: &[(&str, &str, &str)] = &[
    (
        "hashicorp-vault-service-token",
        "GluedLeft",
        "its own base64 holds a token of the short form, which is found there",
    ),
    (
        "databricks-pat",
        "OneShorter",
        "the token is whole without its optional `-2`",
    ),
    (
        "databricks-pat",
        "OneLonger",
        "the token is whole without its optional `-2`",
    ),
    (
        "databricks-pat",
        "GluedRight",
        "the token is whole without its optional `-2`",
    ),
    (
        "midtrans-server-key",
        "GluedLeft",
        "the key is whole without its optional `SB-`",
    ),
    (
        "photoroom-api-key",
        "GluedLeft",
        "the key is whole without its optional `sandbox_`",
    ),
];

/// Returns whether the list says why `rule` may report a value spoiled in this way.
pub(crate) fn tolerated(rule: &str, how: &str) -> bool {
    TOLERATED.iter().any(|(r, h, _)| *r == rule && *h == how)
}

//! The words by which names of credentials are recognised.
//!
//! This module is also compiled into the build script, which embeds the prefilter of
//! the built-in rules.

/// Parts of names that lead here, lower case. All are looked for in any case.
pub(super) const NAMES: &[&str] = &[
    "passw",
    "passphrase",
    "_pass",
    "pwd",
    "secret",
    "token",
    "api_key",
    "api-key",
    "apikey",
    "access_key",
    "access-key",
    "accesskey",
    "auth_key",
    "authkey",
    "private_key",
    "private-key",
    "privatekey",
    "encryption_key",
    "encryptionkey",
    "signing_key",
    "signingkey",
    "credential",
];

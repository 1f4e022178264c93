//! Stable identities of secrets: keyed hashes, so that passwords cannot be tried
//! against a report or a baseline without the key.
//!
//! Anyone with the key can still guess a short, human-chosen password.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::blob::BlobPath;
use crate::environment::Environment;
use crate::finding::{Fingerprint, SecretId};
use crate::secret::joined;

/// The key of a run's identities.
#[derive(Clone)]
pub struct IdentityKey(Hmac<Sha256>);

impl Default for IdentityKey {
    /// The default key: public, the same everywhere.
    fn default() -> Self {
        Self::new(b"stopleak identity v1")
    }
}

/// The environment variable with the user's own key.
const KEY_VARIABLE: &str = "STOPLEAK_ID_KEY";

impl IdentityKey {
    /// Returns the user's own key if the environment sets it, otherwise the public one.
    pub fn of(environment: &Environment) -> Self {
        match environment.get(KEY_VARIABLE) {
            Some(key) => Self::new(key.as_encoded_bytes()),
            None => Self::default(),
        }
    }

    /// Creates a key from any bytes.
    pub fn new(key: &[u8]) -> Self {
        // HMAC takes keys of any length, so this cannot fail.
        Self(Hmac::new_from_slice(key).expect("HMAC accepts keys of every length"))
    }

    /// Returns a mark of the key: results with different marks have identities that cannot be
    /// compared.
    pub fn mark(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.mac(b"mark", &[])[..8])
    }

    fn mac(&self, domain: &[u8], fields: &[&[u8]]) -> [u8; 16] {
        let mut mac = self.0.clone();
        mac.update(domain);
        for field in fields {
            mac.update(&(field.len() as u64).to_le_bytes());
            mac.update(field);
        }
        let full = mac.finalize().into_bytes();
        std::array::from_fn(|i| full[i])
    }

    /// Returns the identity of a secret's value, the same in every location, and however its
    /// pieces are laid out.
    pub fn secret_id(&self, secret: &[u8]) -> SecretId {
        self.id_of_joined(&joined(secret))
    }

    /// [`secret_id`](Self::secret_id) of a value that is [`joined`] already.
    pub(crate) fn id_of_joined(&self, value: &[u8]) -> SecretId {
        SecretId(self.mac(b"secret", &[value]))
    }

    /// Returns the identity of the `nth` occurrence (from 0) of a secret in a file, as
    /// found by a rule. It does not depend on line or column; only its second half
    /// depends on the path.
    pub fn fingerprint(&self, rule: &str, path: &BlobPath, secret: &[u8], nth: u64) -> Fingerprint {
        self.fingerprint_of_joined(rule, path, &joined(secret), nth)
    }

    /// [`fingerprint`](Self::fingerprint) of a value that is [`joined`] already.
    pub(crate) fn fingerprint_of_joined(
        &self,
        rule: &str,
        path: &BlobPath,
        value: &[u8],
        nth: u64,
    ) -> Fingerprint {
        let value = self.mac(b"value", &[rule.as_bytes(), value]);
        let place = self.mac(b"place", &[&value, path.as_bytes(), &nth.to_le_bytes()]);
        let half = |mac: [u8; 16]| std::array::from_fn(|i| mac[i]);
        Fingerprint::new(half(value), half(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_depend_on_every_field_and_on_the_key() {
        let key = IdentityKey::default();
        let path = BlobPath::from("a");
        let base = key.fingerprint("r", &path, b"s", 0);
        assert_eq!(base, key.fingerprint("r", &path, b"s", 0));
        assert_ne!(base, key.fingerprint("q", &path, b"s", 0));
        assert_ne!(base, key.fingerprint("r", &"b".into(), b"s", 0));
        assert_ne!(base, key.fingerprint("r", &path, b"t", 0));
        assert_ne!(base, key.fingerprint("r", &path, b"s", 1));
        assert!(base.same_value(key.fingerprint("r", &"b".into(), b"s", 3)));
        assert!(!base.same_value(key.fingerprint("r", &path, b"t", 0)));
        assert!(!base.same_value(key.fingerprint("q", &path, b"s", 0)));
        assert_ne!(
            base,
            IdentityKey::new(b"other").fingerprint("r", &path, b"s", 0)
        );
        assert_ne!(key.secret_id(b"s"), key.secret_id(b"t"));
        let pieces = b"a\" +\n  \"b";
        assert_eq!(key.secret_id(b"ab"), key.secret_id(pieces));
        let (one, other) = (b"ab".as_slice(), pieces.as_slice());
        let of = |secret| key.fingerprint("r", &path, secret, 0);
        assert_eq!(of(one), of(other));
    }
}

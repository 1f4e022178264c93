//! The result of parsing a private key.

/// A private key's kind and protection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyInfo {
    /// Algorithm and size, such as `RSA 2048`.
    kind: String,
    /// Whether a passphrase protects the key.
    encrypted: bool,
}

impl KeyInfo {
    /// Describes a key that works without a passphrase.
    pub(crate) fn clear(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            encrypted: false,
        }
    }

    /// Describes a key that needs a passphrase.
    pub(crate) fn protected(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            encrypted: true,
        }
    }

    /// Returns the text of a valid outcome: `RSA 2048, not encrypted`.
    pub(crate) fn describe(&self) -> String {
        let state = if self.encrypted {
            "encrypted with a passphrase"
        } else {
            "not encrypted"
        };
        format!("{}, {state}", self.kind)
    }
}

/// The result of parsing a key body: the key, or why there is none.
pub(crate) type Parsed = Result<KeyInfo, &'static str>;

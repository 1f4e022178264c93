//! What parsers of private keys answer.

/// What is known of a private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyInfo {
    /// Algorithm and size, such as `RSA 2048`.
    kind: String,
    /// Whether a passphrase protects the key.
    encrypted: bool,
}

impl KeyInfo {
    /// A key that anyone can use who has it.
    pub(crate) fn clear(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            encrypted: false,
        }
    }

    /// A key that needs a passphrase.
    pub(crate) fn protected(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            encrypted: true,
        }
    }

    /// The text of a valid outcome, `RSA 2048, not encrypted`.
    pub(crate) fn describe(&self) -> String {
        let state = if self.encrypted {
            "encrypted with a passphrase"
        } else {
            "not encrypted"
        };
        format!("{}, {state}", self.kind)
    }
}

/// What parsers of key bodies answer: the key, or why there is none.
pub(crate) type Parsed = Result<KeyInfo, &'static str>;

//! HashiCorp Vault: service tokens, batch tokens and unseal key shares. The formats were observed
//! by decoding public samples; HashiCorp does not document them.

use super::cursor::Cursor;
use super::encoding::{base64, base64_canonical, hex};
use super::{Outcome, valid};

/// Checks service tokens. 24 base62 characters prove nothing. A server-side consistent token
/// (`hvs.CAESI…`) must decode to its protobuf message.
pub(crate) fn service_token(token: &[u8]) -> Outcome {
    let Some(body) = token.strip_prefix(b"hvs.") else {
        return Outcome::Unknown;
    };
    if !body.starts_with(b"CAESI") {
        return Outcome::Unknown;
    }
    if base64(body).as_deref().and_then(parse_service).is_some() {
        valid("Vault service token")
    } else {
        Outcome::Invalid("does not decode to a Vault token")
    }
}

/// Reads version 1, a 32-byte HMAC, and the inner message with the token itself.
fn parse_service(bytes: &[u8]) -> Option<()> {
    let mut outer = Cursor::new(bytes);
    outer.literal(b"\x08\x01\x12\x20")?;
    outer.take(32)?;
    outer.literal(b"\x1a")?;
    let mut inner = Cursor::new(outer.varint_string()?);
    inner.literal(b"\x0a")?;
    let token = inner.varint_string()?;
    let fits = token.len() >= 24 && token.iter().all(u8::is_ascii_graphic);
    // The remaining fields are numbers: the local index and the count of the write-ahead log.
    while !inner.is_empty() {
        if !matches!(inner.byte()?, 0x10 | 0x18) {
            return None;
        }
        inner.varint()?;
    }
    (fits && outer.is_empty()).then_some(())
}

/// Checks batch tokens: base64 of a barrier ciphertext, which starts with the number of its key and
/// a format version. Tokens that start otherwise are unknown.
pub(crate) fn batch_token(token: &[u8]) -> Outcome {
    let Some(body) = token.strip_prefix(b"hvb.") else {
        return Outcome::Unknown;
    };
    match base64(body).as_deref() {
        None => Outcome::Invalid("not base64"),
        Some([0, 0, 0, 1..=255, 1 | 2, rest @ ..]) if rest.len() >= 29 => {
            valid("Vault batch token")
        }
        Some(_) => Outcome::Unknown,
    }
}

/// Refutes values that are not unseal or recovery key shares: 33 bytes that end in a non-zero
/// coordinate, or the 32 bytes of an unshared key. A value that fits proves nothing.
pub(crate) fn unseal_key(key: &[u8]) -> Outcome {
    let share = |bytes: &[u8]| match bytes.len() {
        33 => bytes.last() != Some(&0),
        size => size == 32,
    };
    let bytes = match key.len() {
        66 => hex(key),
        44 => base64_canonical(key),
        _ => None,
    };
    if bytes.is_some_and(|bytes| share(&bytes)) {
        Outcome::Unknown
    } else {
        Outcome::Invalid("not a key share of 33 or 32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::{Alphabet, base64_encode};
    use crate::check::testing::{assert_invalid, assert_valid};

    fn service(token: &[u8], end: &[u8]) -> String {
        let inner = [&[0x0a, token.len() as u8], token, end].concat();
        let raw = [
            b"\x08\x01\x12\x20",
            &[3; 32][..],
            &[0x1a, inner.len() as u8],
            &inner,
        ]
        .concat();
        ["hvs", ".", &base64_encode(&raw, Alphabet::Url, false)].concat()
    }

    #[test]
    fn service_tokens() {
        let inner = ["hvs", ".", &"S".repeat(24)].concat();
        let token = service(inner.as_bytes(), b"\x10\x05");
        assert!(token[4..].starts_with("CAESI"));
        assert_valid(service_token(token.as_bytes()), "Vault service token");
        let spaced = service([&inner, ".ns123"].concat().as_bytes(), b"\x18\x85\x01");
        assert_valid(service_token(spaced.as_bytes()), "Vault service token");
        assert_eq!(service_token(inner.as_bytes()), Outcome::Unknown);
        assert_invalid(service_token(&token.as_bytes()[..80]));
        let filler = ["hvs", ".CAESI", &"x".repeat(90)].concat();
        assert_invalid(service_token(filler.as_bytes()));
    }

    #[test]
    fn batch_tokens() {
        let raw = [&[0, 0, 0, 1, 2][..], &[9; 90]].concat();
        let token = ["hvb", ".", &base64_encode(&raw, Alphabet::Url, false)].concat();
        assert!(token[4..].starts_with("AAAAAQ"));
        assert_valid(batch_token(token.as_bytes()), "Vault batch token");
        assert_eq!(
            batch_token(["hvb", ".AAAA"].concat().as_bytes()),
            Outcome::Unknown
        );
        assert_invalid(batch_token(["hvb", ".x"].concat().as_bytes()));
    }

    #[test]
    fn unseal_keys() {
        let mut share: Vec<u8> = (1..=33).collect();
        let text = base64_encode(&share, Alphabet::Standard, true);
        assert_eq!(unseal_key(text.as_bytes()), Outcome::Unknown);
        let text = base64_encode(&share[..32], Alphabet::Standard, true);
        assert_eq!(unseal_key(text.as_bytes()), Outcome::Unknown);
        assert_eq!(unseal_key("0a".repeat(33).as_bytes()), Outcome::Unknown);
        share[32] = 0;
        let text = base64_encode(&share, Alphabet::Standard, true);
        assert_invalid(unseal_key(text.as_bytes()));
    }
}

//! Macaroons of PyPI (version 2 binary format) and Fly.io (MessagePack). The checks parse the
//! framing and read the scope. They cannot verify signatures, because that needs the issuer's key.

use super::cursor::Cursor;
use super::encoding::base64;
use super::{Outcome, valid};

/// The scope of a PyPI token, as far as its caveats say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Unsaid,
    Account,
    Project,
}

/// Checks PyPI and TestPyPI tokens (`pypi-` and URL-safe base64) and names the index and the scope.
pub(crate) fn pypi(token: &[u8]) -> Outcome {
    let bytes = token.strip_prefix(b"pypi-").and_then(base64);
    let Some((location, scope)) = bytes.as_deref().and_then(parse_pypi) else {
        return Outcome::Invalid("does not decode to a macaroon");
    };
    let index = match location {
        b"pypi.org" => "PyPI macaroon",
        b"test.pypi.org" => "TestPyPI macaroon",
        _ => "macaroon of another index",
    };
    valid(match scope {
        Scope::Unsaid => format!("{index}, scope not told"),
        Scope::Account => format!("{index}, whole account"),
        Scope::Project => format!("{index}, project-scoped"),
    })
}

/// Reads version, location, identifier, caveats and signature. Nothing may follow.
fn parse_pypi(bytes: &[u8]) -> Option<(&[u8], Scope)> {
    let mut cursor = Cursor::new(bytes);
    cursor.literal(b"\x02\x01")?;
    let location = cursor.varint_string()?;
    cursor.literal(b"\x02")?;
    cursor.varint_string()?;
    cursor.literal(b"\0")?;
    let mut scope = Scope::Unsaid;
    while cursor.peek()? != 0 {
        // A caveat: optional location, identifier, optional verifier, end.
        loop {
            match cursor.byte()? {
                0 => break,
                2 => scope = narrowed(scope, cursor.varint_string()?),
                1 | 4 => {
                    cursor.varint_string()?;
                }
                _ => return None,
            }
        }
    }
    cursor.literal(b"\0\x06\x20")?;
    cursor.take(32)?;
    cursor.is_empty().then_some((location, scope))
}

/// Returns the scope after one more caveat. A list of projects narrows it for good. A user alone,
/// or `"user"` in the old form, means the whole account.
fn narrowed(scope: Scope, caveat: &[u8]) -> Scope {
    let dense: Vec<u8> = caveat
        .iter()
        .copied()
        .filter(|b| !b.is_ascii_whitespace())
        .collect();
    let has = |text: &[u8]| dense.windows(text.len()).any(|w| w == text);
    let project = dense.starts_with(b"[1,") || dense.starts_with(b"[2,") || has(b"\"projects\"");
    let account = dense.starts_with(b"[3,") || has(b"\"permissions\":\"user\"");
    match (scope, project, account) {
        (Scope::Project, _, _) | (_, true, _) => Scope::Project,
        (_, _, true) => Scope::Account,
        _ => scope,
    }
}

/// Checks Fly.io tokens: one or several comma-separated macaroons, with or without the `FlyV1`
/// scheme. Only the `fm2_` form is documented well enough to be refuted.
pub(crate) fn fly(token: &[u8]) -> Outcome {
    let list = token.strip_prefix(b"FlyV1 ").unwrap_or(token);
    let mut refutable = true;
    for piece in list.split(|&b| b == b',') {
        let body = [&b"fm2_"[..], b"fm1r_", b"fm1a_", b"fm1_"]
            .iter()
            .find_map(|prefix| piece.strip_prefix(*prefix));
        let Some(body) = body else {
            return Outcome::Unknown;
        };
        refutable &= piece.starts_with(b"fm2_");
        if base64(body).as_deref().and_then(parse_fly).is_some() {
            continue;
        }
        return if refutable {
            Outcome::Invalid("does not decode to a macaroon")
        } else {
            Outcome::Unknown
        };
    }
    valid("Fly.io macaroon")
}

/// Reads `[[key id, nonce, proof?], location, caveats, 32-byte tail]`.
fn parse_fly(bytes: &[u8]) -> Option<()> {
    let mut cursor = Cursor::new(bytes);
    cursor.literal(b"\x94")?;
    let nonce_parts = cursor.byte()?;
    if !matches!(nonce_parts, 0x92 | 0x93) {
        return None;
    }
    for _ in 0..2 {
        cursor.literal(b"\xc4")?;
        let length = cursor.byte()?;
        cursor.take(usize::from(length))?;
    }
    if nonce_parts == 0x93 && !matches!(cursor.byte()?, 0xc2 | 0xc3) {
        return None;
    }
    // The location is text, the caveats are an array: check the kind, then skip the value.
    if !matches!(cursor.peek()?, 0xa0..=0xbf | 0xd9 | 0xda) {
        return None;
    }
    skip_msgpack(&mut cursor)?;
    if !matches!(cursor.peek()?, 0x90..=0x9f | 0xdc | 0xdd) {
        return None;
    }
    skip_msgpack(&mut cursor)?;
    cursor.literal(b"\xc4\x20")?;
    cursor.take(32)?;
    cursor.is_empty().then_some(())
}

/// Skips one MessagePack value. `due` counts the values to come, and containers add to it. Every
/// value has at least one byte, so the time is linear.
fn skip_msgpack(cursor: &mut Cursor) -> Option<()> {
    let mut due = 1u64;
    while due > 0 {
        due -= 1;
        let kind = cursor.byte()?;
        let (bytes, values) = match kind {
            0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => (0, 0),
            0x80..=0x8f => (0, 2 * u64::from(kind & 15)),
            0x90..=0x9f => (0, u64::from(kind & 15)),
            0xa0..=0xbf => (u64::from(kind & 31), 0),
            0xc4 | 0xd9 => (cursor.big_endian(1)?, 0),
            0xc5 | 0xda => (cursor.big_endian(2)?, 0),
            0xc6 | 0xdb => (cursor.big_endian(4)?, 0),
            // Extensions have one byte of type before their data.
            0xc7 => (cursor.big_endian(1)? + 1, 0),
            0xc8 => (cursor.big_endian(2)? + 1, 0),
            0xc9 => (cursor.big_endian(4)? + 1, 0),
            0xcc | 0xd0 => (1, 0),
            0xcd | 0xd1 => (2, 0),
            0xca | 0xce | 0xd2 => (4, 0),
            0xcb | 0xcf | 0xd3 => (8, 0),
            0xd4..=0xd8 => ((1 << (kind - 0xd4)) + 1, 0),
            0xdc => (0, cursor.big_endian(2)?),
            0xdd => (0, cursor.big_endian(4)?),
            0xde => (0, 2 * cursor.big_endian(2)?),
            0xdf => (0, 2 * cursor.big_endian(4)?),
            0xc1 => return None,
        };
        cursor.take(usize::try_from(bytes).ok()?)?;
        due = due.checked_add(values)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::{Alphabet, base64_encode};
    use crate::check::testing::{assert_invalid, assert_valid};

    fn pypi_token(location: &str, caveats: &[&str]) -> String {
        let field = |kind: u8, data: &[u8]| [&[kind, data.len() as u8], data].concat();
        let mut raw = vec![2];
        raw.extend(field(1, location.as_bytes()));
        raw.extend(field(2, b"00000000-0000-4000-8000-000000000000"));
        raw.push(0);
        for caveat in caveats {
            raw.extend(field(2, caveat.as_bytes()));
            raw.push(0);
        }
        raw.push(0);
        raw.extend(field(6, &[9; 32]));
        ["pypi-", &base64_encode(&raw, Alphabet::Url, false)].concat()
    }

    #[test]
    fn pypi_scopes() {
        let user = "[3,\"00000000-0000-4000-8000-000000000001\"]";
        let token = pypi_token("pypi.org", &[user]);
        assert!(token.starts_with(&["pypi-", "AgEIcHlwaS5vcmc"].concat()));
        assert_valid(pypi(token.as_bytes()), "PyPI macaroon, whole account");
        let token = pypi_token("test.pypi.org", &["[1, [\"demo\"]]", user]);
        assert_valid(pypi(token.as_bytes()), "TestPyPI macaroon, project-scoped");
        let old = "{\"version\": 1, \"permissions\": \"user\"}";
        let token = pypi_token("pypi.org", &[old]);
        assert_valid(pypi(token.as_bytes()), "PyPI macaroon, whole account");
        let token = pypi_token("pypi.org", &[]);
        assert_valid(pypi(token.as_bytes()), "PyPI macaroon, scope not told");
        assert_invalid(pypi(&token.as_bytes()[..token.len() - 2]));
    }

    fn fly_token(caveats: &[u8]) -> String {
        let raw = [
            &[0x94, 0x93, 0xc4, 4, 1, 2, 3, 4, 0xc4, 16][..],
            &[5; 16],
            b"\xc2\xb9https://api.fly.io/aaa/v1",
            caveats,
            &[0xc4, 32],
            &[6; 32],
        ]
        .concat();
        ["fm2", "_", &base64_encode(&raw, Alphabet::Standard, true)].concat()
    }

    #[test]
    fn fly_macaroons() {
        let token = fly_token(b"\x90");
        assert!(token[4..].starts_with("lJPE"));
        assert_valid(fly(token.as_bytes()), "Fly.io macaroon");
        let rich = fly_token(b"\x92\xcd\x01\x02\x81\xa1k\xd4\x01\x02");
        let both = ["FlyV1 ", &rich, ",", &token].concat();
        assert_valid(fly(both.as_bytes()), "Fly.io macaroon");
        assert_invalid(fly(&token.as_bytes()[..token.len() - 4]));
        assert_eq!(fly(b"fm1r_AAAA"), Outcome::Unknown);
        // A container that announces four billion values ends with the input.
        assert_invalid(fly(fly_token(b"\xdd\xff\xff\xff\xff").as_bytes()));
    }
}

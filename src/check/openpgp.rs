//! OpenPGP private key blocks (RFC 9580): reads the packets and finds out
//! whether a passphrase protects the secret. Signatures are not verified.

use super::crc::crc24;
use super::cursor::Cursor;
use super::key_info::{KeyInfo, Parsed};
use super::pem::Armour;

/// The packet tag of a primary secret key.
const SECRET_KEY: u8 = 5;
/// The packet tag of a secret subkey.
const SECRET_SUBKEY: u8 = 7;

/// How a secret-key packet stores its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holding {
    Clear,
    Encrypted,
    /// GnuPG's stub for a secret that is elsewhere.
    Absent,
}

/// Parses an armoured private key block.
pub(crate) fn parse(armour: &Armour) -> Parsed {
    if let Some(sum) = &armour.sum
        && crc24(&armour.body).to_be_bytes()[1..] != sum[..]
    {
        return Err("armour checksum does not fit");
    }
    let Some((kind, holdings)) = packets(&armour.body) else {
        return Err("body is not an OpenPGP key");
    };
    if holdings.contains(&Holding::Clear) {
        Ok(KeyInfo::clear(kind))
    } else if holdings.contains(&Holding::Encrypted) {
        Ok(KeyInfo::protected(kind))
    } else {
        Err("stub without a secret")
    }
}

/// Returns the kind of the primary key and how each secret packet stores its
/// secret.
fn packets(body: &[u8]) -> Option<(String, Vec<Holding>)> {
    let mut cursor = Cursor::new(body);
    let mut kind = None;
    let mut holdings = Vec::new();
    while !cursor.is_empty() {
        let (tag, contents) = packet(&mut cursor)?;
        if kind.is_none() && tag != SECRET_KEY {
            return None;
        }
        if tag == SECRET_KEY || tag == SECRET_SUBKEY {
            let (name, holding) = secret_packet(contents)?;
            kind.get_or_insert(name);
            holdings.push(holding);
        }
    }
    Some((kind?, holdings))
}

/// Reads a packet's tag and contents, in the old or the new header format.
fn packet<'a>(cursor: &mut Cursor<'a>) -> Option<(u8, &'a [u8])> {
    let head = cursor.byte()?;
    if head & 0x80 == 0 {
        return None;
    }
    if head & 0x40 == 0 {
        let tag = head >> 2 & 15;
        let length = match head & 3 {
            0 => cursor.big_endian(1)?,
            1 => cursor.big_endian(2)?,
            2 => cursor.big_endian(4)?,
            _ => cursor.rest().len() as u64,
        };
        return Some((tag, cursor.take(usize::try_from(length).ok()?)?));
    }
    let length = match cursor.byte()? {
        first @ 0..=191 => u64::from(first),
        first @ 192..=223 => (u64::from(first - 192) << 8) + cursor.big_endian(1)? + 192,
        255 => cursor.big_endian(4)?,
        // Partial lengths are for data, never for keys.
        _ => return None,
    };
    Some((head & 63, cursor.take(usize::try_from(length).ok()?)?))
}

/// Reads the kind from the public part, then the octet that says how the secret
/// part is protected.
fn secret_packet(contents: &[u8]) -> Option<(String, Holding)> {
    let mut cursor = Cursor::new(contents);
    let version = cursor.byte()?;
    cursor.take(4)?;
    if version <= 3 {
        cursor.take(2)?;
    }
    let algorithm = cursor.byte()?;
    let kind = if version >= 5 {
        let length = usize::try_from(cursor.big_endian(4)?).ok()?;
        let mut public = Cursor::new(cursor.take(length)?);
        public_part(&mut public, algorithm)?
    } else {
        public_part(&mut cursor, algorithm)?
    };
    let usage = cursor.byte()?;
    if usage == 0 {
        return (!cursor.is_empty()).then_some((kind, Holding::Clear));
    }
    if version >= 5 {
        cursor.byte()?;
    }
    if usage >= 253 {
        cursor.byte()?;
        if usage == 253 {
            cursor.byte()?;
        }
        if version >= 6 {
            cursor.byte()?;
        }
        // Specifier 101 is GnuPG's own: the secret is on a card or was removed.
        if cursor.byte()? == 101 {
            return Some((kind, Holding::Absent));
        }
    }
    (cursor.rest().len() >= 8).then_some((kind, Holding::Encrypted))
}

/// Skips the public numbers of an algorithm and names it.
fn public_part(cursor: &mut Cursor, algorithm: u8) -> Option<String> {
    Some(match algorithm {
        1..=3 => {
            let size = number(cursor)?;
            number(cursor)?;
            format!("OpenPGP RSA {size}")
        }
        16 | 20 => {
            numbers(cursor, 3)?;
            "OpenPGP Elgamal".to_owned()
        }
        17 => {
            let size = number(cursor)?;
            numbers(cursor, 3)?;
            format!("OpenPGP DSA {size}")
        }
        18 => {
            short(cursor)?;
            number(cursor)?;
            short(cursor)?;
            "OpenPGP ECDH".to_owned()
        }
        19 => {
            short(cursor)?;
            number(cursor)?;
            "OpenPGP ECDSA".to_owned()
        }
        22 => {
            short(cursor)?;
            number(cursor)?;
            "OpenPGP EdDSA".to_owned()
        }
        25 | 27 => {
            cursor.take(32)?;
            "OpenPGP Curve25519".to_owned()
        }
        26 => {
            cursor.take(56)?;
            "OpenPGP X448".to_owned()
        }
        28 => {
            cursor.take(57)?;
            "OpenPGP Ed448".to_owned()
        }
        _ => return None,
    })
}

/// Skips a multiprecision integer and returns its size in bits.
fn number(cursor: &mut Cursor) -> Option<u64> {
    let size = cursor.big_endian(2)?;
    cursor.take(usize::try_from(size.div_ceil(8)).ok()?)?;
    Some(size)
}

/// Skips several integers.
fn numbers(cursor: &mut Cursor, count: usize) -> Option<()> {
    (0..count).try_for_each(|_| number(cursor).map(|_| ()))
}

/// Skips a field with one byte of length.
fn short(cursor: &mut Cursor) -> Option<()> {
    let length = usize::from(cursor.byte()?);
    cursor.take(length).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::{Alphabet, base64_encode};
    use crate::check::mint::keys;
    use crate::check::testing::{assert_invalid, assert_valid};
    use crate::check::{Outcome, private_key};

    /// Returns a version 4 RSA secret key packet with this secret part.
    fn key_packet(tag: u8, secret: &[u8]) -> Vec<u8> {
        let mut contents = vec![4, 0x60, 0, 0, 0, 1, 8, 0];
        contents.extend([0xc1; 256]);
        contents.extend([0, 17, 1, 0, 1]);
        contents.extend(secret);
        let length = contents.len() as u16;
        let mut out = vec![0x80 | tag << 2 | 1];
        out.extend(length.to_be_bytes());
        out.extend(contents);
        out
    }

    fn block(body: &[u8], sum: Option<u32>) -> Outcome {
        let mut text = keys::armour("PGP PRIVATE KEY BLOCK", "Version: x\n\n", body);
        if let Some(sum) = sum {
            let sum = base64_encode(&sum.to_be_bytes()[1..], Alphabet::Standard, false);
            text = text.replace("-----END", &format!("={sum}\n-----END"));
        }
        private_key::pem(text.as_bytes())
    }

    #[test]
    fn protection_is_read_from_the_usage_octet() {
        let clear = key_packet(SECRET_KEY, &[[0].as_slice(), &[7; 40]].concat());
        let locked = key_packet(SECRET_KEY, &[[254, 9, 3, 8].as_slice(), &[7; 40]].concat());
        let stub = key_packet(SECRET_KEY, &[254, 9, 101, 0, b'G', b'N', b'U', 1]);
        let locked_subkey = key_packet(SECRET_SUBKEY, &[[254, 9, 3].as_slice(), &[7; 40]].concat());
        assert_valid(block(&clear, None), "OpenPGP RSA 2048, not encrypted");
        let expected = "OpenPGP RSA 2048, encrypted with a passphrase";
        assert_valid(block(&locked, None), expected);
        assert_valid(
            block(&[stub.clone(), locked_subkey].concat(), None),
            expected,
        );
        assert_eq!(
            block(&stub, None),
            Outcome::Invalid("stub without a secret")
        );
        assert_invalid(block(&clear[..clear.len() - 1], None));
        assert_invalid(block(b"", None));
    }

    #[test]
    fn the_armour_sum_is_compared_when_present() {
        let clear = key_packet(SECRET_KEY, &[[0].as_slice(), &[7; 40]].concat());
        let sum = crc24(&clear);
        assert_valid(block(&clear, Some(sum)), "OpenPGP RSA 2048, not encrypted");
        assert_invalid(block(&clear, Some(sum ^ 1)));
    }
}

//! Private keys in OpenSSH's own format (PROTOCOL.key of OpenSSH) and in the older format of
//! ssh.com.

use super::cursor::Cursor;
use super::der::bits;
use super::key_info::{KeyInfo, Parsed};

/// The first bytes of the format.
pub(crate) const MAGIC: &[u8] = b"openssh-key-v1\0";

/// Parses the decoded body of an `OPENSSH PRIVATE KEY`.
pub(crate) fn parse(body: &[u8]) -> Parsed {
    parse_parts(body).unwrap_or(Err("body is not an OpenSSH key"))
}

/// Returns `None` if the body ends too soon.
fn parse_parts(body: &[u8]) -> Option<Parsed> {
    let mut cursor = Cursor::new(body);
    cursor.literal(MAGIC)?;
    let (cipher, kdf) = (cursor.string()?, cursor.string()?);
    cursor.string()?;
    if cursor.big_endian(4)? == 0 {
        return Some(Err("no key inside"));
    }
    let kind = kind(cursor.string()?)?;
    let secret = cursor.string()?;
    if cipher != b"none" || kdf != b"none" {
        let fits = secret.len() >= 16 && cipher != b"none" && kdf != b"none";
        return Some(if fits {
            Ok(KeyInfo::protected(kind))
        } else {
            Err("no encrypted part")
        });
    }
    let mut inner = Cursor::new(secret);
    if inner.big_endian(4)? != inner.big_endian(4)? {
        return Some(Err("check numbers differ"));
    }
    // Keys of hardware tokens have a byte of flags among their strings.
    if !kind.starts_with("hardware") {
        fields_and_padding(&mut inner)?;
    }
    Some(Ok(KeyInfo::clear(kind)))
}

/// Reads strings until only the padding 1, 2, 3, … is left.
fn fields_and_padding(cursor: &mut Cursor) -> Option<()> {
    cursor.string()?;
    loop {
        let rest = cursor.rest();
        let padding = rest.len() < 16 && rest.iter().zip(1u8..).all(|(b, n)| *b == n);
        if padding {
            return Some(());
        }
        cursor.string()?;
    }
}

/// Names algorithm and size from the public part of the key.
fn kind(public: &[u8]) -> Option<String> {
    let mut cursor = Cursor::new(public);
    let algorithm = cursor.string()?;
    Some(match algorithm {
        b"ssh-ed25519" => "Ed25519".to_owned(),
        b"ssh-rsa" => {
            cursor.string()?;
            format!("RSA {}", bits(cursor.string()?))
        }
        b"ssh-dss" => format!("DSA {}", bits(cursor.string()?)),
        b"ecdsa-sha2-nistp256" => "EC P-256".to_owned(),
        b"ecdsa-sha2-nistp384" => "EC P-384".to_owned(),
        b"ecdsa-sha2-nistp521" => "EC P-521".to_owned(),
        name if name.starts_with(b"sk-") => "hardware-bound key handle".to_owned(),
        _ => "SSH key".to_owned(),
    })
}

/// Names algorithm and size from a public blob, for formats that share it.
pub(crate) fn public_kind(public: &[u8]) -> Option<String> {
    kind(public)
}

/// Parses the decoded body of an `SSH2 ENCRYPTED PRIVATE KEY`. Despite the name, its cipher may be
/// `none`.
pub(crate) fn parse_ssh2(body: &[u8]) -> Parsed {
    let mut cursor = Cursor::new(body);
    let cipher = (|| {
        cursor.literal(b"\x3f\x6f\xf9\xeb")?;
        cursor.big_endian(4)?;
        cursor.string()?;
        let cipher = cursor.string()?;
        (cursor.string()?.len() >= 16).then_some(cipher)
    })();
    match cipher {
        Some(b"none") => Ok(KeyInfo::clear("SSH key")),
        Some(_) => Ok(KeyInfo::protected("SSH key")),
        None => Err("body is not an SSH2 key"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::{Rng, keys};

    #[test]
    fn clear_and_encrypted_keys() {
        let mut rng = Rng::new(1);
        let clear = keys::openssh_ed25519(&mut rng, false);
        assert_eq!(parse(&clear), Ok(KeyInfo::clear("Ed25519")));
        let locked = keys::openssh_ed25519(&mut rng, true);
        assert_eq!(parse(&locked), Ok(KeyInfo::protected("Ed25519")));
        for end in 0..clear.len() {
            assert!(parse(&clear[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn check_numbers_and_padding_are_compared() {
        let mut rng = Rng::new(2);
        let clear = keys::openssh_ed25519(&mut rng, false);
        let mut padded = clear.clone();
        *padded.last_mut().unwrap() ^= 0x40;
        assert!(parse(&padded).is_err());
        // Magic, three strings (4 + 4, 4 + 4, 4), count, public part (4 + 51), length.
        let mut checked = clear;
        checked[15 + 20 + 4 + 55 + 4] ^= 1;
        assert_eq!(parse(&checked), Err("check numbers differ"));
    }

    #[test]
    fn ssh2_keys() {
        let string = |text: &[u8]| [&(text.len() as u32).to_be_bytes()[..], text].concat();
        let body = |cipher: &[u8]| {
            let parts = [string(b"if-modn"), string(cipher), string(&[7; 32])].concat();
            [&b"\x3f\x6f\xf9\xeb\0\0\0\x40"[..], &parts].concat()
        };
        assert_eq!(parse_ssh2(&body(b"none")), Ok(KeyInfo::clear("SSH key")));
        assert_eq!(
            parse_ssh2(&body(b"3des-cbc")),
            Ok(KeyInfo::protected("SSH key"))
        );
        assert!(parse_ssh2(&body(b"none")[1..]).is_err());
    }
}

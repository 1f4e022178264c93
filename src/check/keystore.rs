//! Binary key containers: Java keystores (JKS and JCEKS) and PKCS#12 (PFX, RFC 7292), as far as
//! they are not encrypted. A container is read up to its first private key; certificates alone are
//! no key. Not read: the formats of Bouncy Castle (BKS, UBER, BCFKS), and PKCS#12 files whose key
//! is inside an encrypted part. They do not show offline that they contain a key.

use super::cursor::Cursor;
use super::der::{CONTEXT_0, Element, INTEGER, OID, SEQUENCE};
use super::{Outcome, valid};

/// The first four bytes of a Java keystore.
const JKS: &[u8] = b"\xfe\xed\xfe\xed";
/// The first four bytes of a keystore of the Java Cryptography Extension.
const JCEKS: &[u8] = b"\xce\xce\xce\xce";
/// How many entries are searched for a key.
const ENTRIES_MAX: u64 = 4096;

/// Reads a Java keystore up to its first key. The bytes may end anywhere after the beginning of
/// that key.
pub(crate) fn java(bytes: &[u8]) -> Outcome {
    read_java(bytes).unwrap_or(Outcome::Invalid("entries do not parse"))
}

fn read_java(bytes: &[u8]) -> Option<Outcome> {
    let mut cursor = Cursor::new(bytes);
    let format = match cursor.take(4)? {
        JKS => "JKS",
        JCEKS => "JCEKS",
        _ => return Some(Outcome::Invalid("not a Java keystore")),
    };
    let version = cursor.big_endian(4).filter(|v| (1..=2).contains(v))?;
    let entries = cursor.big_endian(4).filter(|n| *n <= ENTRIES_MAX)?;
    for _ in 0..entries {
        let tag = cursor.big_endian(4)?;
        let alias = java_string(&mut cursor)?;
        // The creation time of the entry.
        cursor.take(8)?;
        match tag {
            1 => {
                cursor.big_endian(4)?;
                let algorithm = protected_by(&mut cursor)?;
                if !algorithm.starts_with(b"\x2b\x06\x01\x04\x01\x2a\x02") {
                    return None;
                }
            }
            2 => {
                certificate(&mut cursor, version)?;
                continue;
            }
            3 if format == "JCEKS" => {}
            _ => return None,
        }
        let what = if tag == 1 { "private" } else { "secret" };
        let count = match entries {
            1 => "1 entry".to_owned(),
            n => format!("{n} entries"),
        };
        let name = shown(alias);
        return Some(valid(format!(
            "{format} version {version}, {count}, {what} key{name} encrypted with a passphrase"
        )));
    }
    Some(Outcome::Invalid("a keystore without a private key"))
}

/// Reads a string after its two-byte length.
fn java_string<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let length = cursor.big_endian(2)?;
    cursor.take(usize::try_from(length).ok()?)
}

/// Skips a certificate: its type (only in version 2) and its encoding.
fn certificate(cursor: &mut Cursor<'_>, version: u64) -> Option<()> {
    if version == 2 {
        java_string(cursor)?;
    }
    let length = cursor.big_endian(4)?;
    cursor.take(usize::try_from(length).ok()?)?;
    Some(())
}

/// Reads the algorithm of an `EncryptedPrivateKeyInfo` whose end may be missing.
fn protected_by<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    header(cursor, SEQUENCE)?;
    header(cursor, SEQUENCE)?;
    Element::read(cursor)?.expect(OID)
}

/// Returns an alias for the evidence: short, and only of characters that are safe in a report.
fn shown(alias: &[u8]) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_. ".contains(b);
    match std::str::from_utf8(alias) {
        Ok(text) if (1..=40).contains(&alias.len()) && alias.iter().all(plain) => {
            format!(" `{text}`")
        }
        _ => String::new(),
    }
}

/// The content types of PKCS#7, without the last byte: 1 is data, 2 is signed data.
const PKCS7: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07";
/// The bag types of PKCS#12, without the last byte, which names the type.
const BAGS: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01";

/// Reads a PKCS#12 container up to the first bag with a private key. The bytes may end anywhere
/// after the beginning of that key.
pub(crate) fn pkcs12(bytes: &[u8]) -> Outcome {
    read_pkcs12(bytes).unwrap_or(Outcome::Invalid("not a PKCS#12 container"))
}

fn read_pkcs12(bytes: &[u8]) -> Option<Outcome> {
    let mut cursor = Cursor::new(bytes);
    let whole = header(&mut cursor, SEQUENCE)?;
    let before = cursor.rest().len();
    if Element::read(&mut cursor)?.expect(INTEGER)? != [3] {
        return None;
    }
    let safe = header(&mut cursor, SEQUENCE)?;
    let head = before - cursor.rest().len();
    let kind = Element::read(&mut cursor)?.expect(OID)?;
    if kind != [PKCS7, &[1]].concat() && kind != [PKCS7, &[2]].concat() {
        return None;
    }
    // If the outer length exceeds the contents, the rest is the MAC.
    let mac = match (whole, safe) {
        (Some(whole), Some(safe)) => match whole.checked_sub(safe + head)? {
            0 => ", no MAC",
            _ => ", with MAC",
        },
        _ => "",
    };
    let rest = cursor.rest();
    let mut bags = memchr::memmem::find_iter(rest, BAGS);
    let key = bags.find_map(|at| key_bag(rest.get(at + BAGS.len()..)?))?;
    Some(valid(format!("PKCS#12{mac}, {key}")))
}

/// Describes the private key in a bag. `bytes` starts at the last byte of the bag's type. Returns
/// `None` for a bag without a private key.
fn key_bag(bytes: &[u8]) -> Option<&'static str> {
    let mut cursor = Cursor::new(bytes);
    let bag = cursor.byte()?;
    header(&mut cursor, CONTEXT_0)?;
    match bag {
        1 => {
            header(&mut cursor, SEQUENCE)?;
            Element::read(&mut cursor)?.expect(INTEGER)?;
            Some("private key, not encrypted")
        }
        2 => {
            protected_by(&mut cursor)?;
            Some("private key encrypted with a passphrase")
        }
        _ => None,
    }
}

/// Reads a tag and a length but not the contents, which may be cut. The length is `Some(None)` if
/// the encoding leaves it open (BER).
fn header(cursor: &mut Cursor<'_>, tag: u8) -> Option<Option<usize>> {
    if cursor.byte()? != tag {
        return None;
    }
    let first = cursor.byte()?;
    match first {
        0x80 => Some(None),
        0x81..=0x84 => {
            let length = cursor.big_endian(usize::from(first & 0x7f))?;
            Some(Some(usize::try_from(length).ok()?))
        }
        0..=0x7f => Some(Some(usize::from(first))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::{Rng, keys, mint};
    use crate::check::testing::{assert_invalid, assert_valid};

    #[test]
    fn a_keystore_says_what_it_holds() {
        let mut rng = Rng::new(3);
        let (key, certificate) = (
            keys::jks_key(&mut rng, "server"),
            keys::jks_certificate(&mut rng, "ca"),
        );
        let store = |entries: &[&[u8]]| {
            let count = (entries.len() as u32).to_be_bytes();
            [JKS, &2u32.to_be_bytes(), &count, &entries.concat()].concat()
        };
        assert_valid(
            java(&store(&[&certificate, &key])),
            "JKS version 2, 2 entries, private key `server` encrypted with a passphrase",
        );
        assert_valid(
            java(&store(&[&key])),
            "JKS version 2, 1 entry, private key `server` encrypted with a passphrase",
        );
        assert!(java(&store(&[&key])).needs_passphrase());
        assert_invalid(java(&store(&[&certificate, &certificate])));
        assert_invalid(java(&store(&[])));
        let whole = store(&[&certificate, &key]);
        for end in 0..whole.len() - key.len() {
            assert_invalid(java(&whole[..end]));
        }
    }

    #[test]
    fn a_strange_alias_is_not_shown() {
        for alias in ["", "a\x1b[31m", "a`b", &"x".repeat(41)] {
            assert_eq!(shown(alias.as_bytes()), "");
        }
        assert_eq!(shown(b"tomcat-1.a"), " `tomcat-1.a`");
    }

    #[test]
    fn a_container_says_whether_its_key_is_encrypted() {
        let mut rng = Rng::new(5);
        for (mac, encrypted, text) in [
            (
                true,
                true,
                "PKCS#12, with MAC, private key encrypted with a passphrase",
            ),
            (
                false,
                true,
                "PKCS#12, no MAC, private key encrypted with a passphrase",
            ),
            (true, false, "PKCS#12, with MAC, private key, not encrypted"),
        ] {
            assert_valid(pkcs12(&keys::pkcs12(&mut rng, mac, encrypted)), text);
        }
        let whole = keys::pkcs12(&mut rng, true, true);
        assert_invalid(pkcs12(&whole[1..]));
        assert_invalid(pkcs12(&whole[..40]));
    }

    #[test]
    fn certificates_alone_are_no_key() {
        let mut rng = Rng::new(7);
        let whole = keys::pkcs12(&mut rng, true, true);
        let at = whole.windows(BAGS.len()).position(|w| w == BAGS).unwrap();
        let mut other = whole;
        // The bag of a certificate.
        other[at + BAGS.len()] = 3;
        assert_invalid(pkcs12(&other));
    }

    #[test]
    fn minted_containers_differ_in_their_secret() {
        assert_ne!(mint("java-keystore", 1), mint("java-keystore", 2));
        assert_ne!(mint("pkcs12", 1), mint("pkcs12", 2));
    }
}

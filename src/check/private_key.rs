//! Private keys in PEM. The structure of the body decides the kind and size of the key and whether
//! a passphrase protects it; the label does not. OpenSSH, OpenPGP and PuTTY have their own files.

use super::cursor::Cursor;
use super::der::{
    CONTEXT_0, Element, INTEGER, OCTETS, OID, SEQUENCE, bits, elements, magnitude, product,
    sequence,
};
use super::encoding::base64_skipping_space;
use super::json::Object;
use super::key_info::{KeyInfo, Parsed};
use super::pem::{Armour, Refusal};
use super::{Outcome, openpgp, openssh, valid};

/// Longest text that is read; OpenPGP keys with photographs reach 100 KiB.
const MAX_LEN: usize = 1 << 20;

/// Checks a private key in armour, plain or wrapped in source code or base64. The valid text ends
/// in `not encrypted` or `encrypted with a passphrase`.
pub(crate) fn pem(text: &[u8]) -> Outcome {
    if text.len() > MAX_LEN {
        return Outcome::Unknown;
    }
    if text.starts_with(b"LS0tLS1CRUdJTi") {
        return match base64_skipping_space(text) {
            Some(inner) => armoured(&inner),
            None => Outcome::Invalid("not base64"),
        };
    }
    armoured(text)
}

/// Checks a private key in armour.
fn armoured(text: &[u8]) -> Outcome {
    let armour = match Armour::parse(text) {
        Ok(armour) => armour,
        Err(Refusal::NoBegin) => return Outcome::Invalid("no BEGIN line"),
        Err(Refusal::NoEnd) => return Outcome::Invalid("no END line"),
        Err(Refusal::NotBase64) => return Outcome::Invalid("placeholder or cut body"),
    };
    match parse(&armour) {
        Ok(key) => valid(key.describe()),
        Err(why) => Outcome::Invalid(why),
    }
}

/// Parses the body by its label. All bodies in DER are parsed by structure, because tools confuse
/// their labels.
fn parse(armour: &Armour) -> Parsed {
    let label = armour.label.as_str();
    if label.ends_with("PRIVATE KEY BLOCK") {
        return openpgp::parse(armour);
    }
    if label == "OPENSSH PRIVATE KEY" {
        return openssh::parse(&armour.body);
    }
    if label == "SSH2 ENCRYPTED PRIVATE KEY" {
        return openssh::parse_ssh2(&armour.body);
    }
    if label.starts_with("ENCRYPTED ") && armour.body.starts_with(b"{") {
        return cosign(&armour.body);
    }
    if armour
        .header("Proc-Type")
        .is_some_and(|value| value.contains("ENCRYPTED"))
    {
        return traditional(armour);
    }
    der(&armour.body)
}

/// Parses keys of cosign and sigstore: JSON with a scrypt description and a ciphertext.
fn cosign(body: &[u8]) -> Parsed {
    match Object::parse(body) {
        Some(object) if object.has_all(&["kdf", "cipher", "ciphertext"]) => {
            Ok(KeyInfo::protected("cosign key"))
        }
        _ => Err("body does not parse"),
    }
}

/// Parses OpenSSL's traditional encryption: headers, then a ciphertext of whole blocks.
fn traditional(armour: &Armour) -> Parsed {
    let cipher = armour.header("DEK-Info").and_then(|v| v.split(',').next());
    let block = match cipher {
        None => return Err("no DEK-Info header"),
        Some(name) if name.starts_with("AES") => 16,
        Some(_) => 8,
    };
    if armour.body.len() < 48 || !armour.body.len().is_multiple_of(block) {
        return Err("body is not whole cipher blocks");
    }
    let kind = match armour.label.split(' ').next() {
        Some(first @ ("RSA" | "EC" | "DSA")) => format!("{first} key"),
        _ => "private key".to_owned(),
    };
    Ok(KeyInfo::protected(kind))
}

/// Recognises the DER form by its first elements and parses it.
pub(crate) fn der(body: &[u8]) -> Parsed {
    let Some(parts) = sequence(body) else {
        return Err("body does not parse");
    };
    let tags: Vec<u8> = parts.iter().take(3).map(|part| part.tag).collect();
    match tags[..] {
        [SEQUENCE, OCTETS, ..] => encrypted_pkcs8(&parts),
        [INTEGER, SEQUENCE, OCTETS] => pkcs8(&parts),
        [INTEGER, OCTETS, ..] => sec1(&parts, None),
        [INTEGER, INTEGER, INTEGER] if parts.len() == 6 => dsa(&parts),
        [INTEGER, INTEGER, INTEGER] => pkcs1(&parts),
        _ => Err("body is not a private key"),
    }
}

/// Parses RSA: `SEQUENCE { 0, n, e, d, p, q, dp, dq, qi }`, where p times q must be n.
fn pkcs1(parts: &[Element]) -> Parsed {
    let numbers: Option<Vec<&[u8]>> = parts.iter().take(9).map(|p| p.expect(INTEGER)).collect();
    let Some([version, n, e, d, p, q, ..]) = numbers.as_deref() else {
        return Err("body is not an RSA key");
    };
    if numbers.as_ref().is_none_or(|all| all.len() < 9) {
        return Err("body is not an RSA key");
    }
    if bits(n) < 512 || magnitude(e).is_empty() || magnitude(d).is_empty() {
        return Err("too small to be an RSA key");
    }
    // Version 1 has more than two primes.
    if magnitude(version).is_empty() && product(p, q).is_none_or(|pq| pq != magnitude(n)) {
        return Err("p times q is not n");
    }
    Ok(KeyInfo::clear(format!("RSA {}", bits(n))))
}

/// Parses DSA: `SEQUENCE { 0, p, q, g, y, x }`.
fn dsa(parts: &[Element]) -> Parsed {
    let numbers: Option<Vec<&[u8]>> = parts.iter().map(|p| p.expect(INTEGER)).collect();
    match numbers.as_deref() {
        Some([_, p, q, _, _, x]) if bits(p) >= 512 && bits(q) >= 128 && bits(x) > 0 => {
            Ok(KeyInfo::clear(format!("DSA {}", bits(p))))
        }
        _ => Err("body is not a DSA key"),
    }
}

/// Parses EC: `SEQUENCE { 1, OCTET STRING d, [0] curve, [1] public }`. The curve may be in the
/// PKCS#8 wrapping instead.
fn sec1(parts: &[Element], outer_curve: Option<&[u8]>) -> Parsed {
    let [version, secret, rest @ ..] = parts else {
        return Err("body is not an EC key");
    };
    let secret = secret.expect(OCTETS).unwrap_or_default();
    if magnitude(version.value) != [1] || bits(secret) == 0 {
        return Err("body is not an EC key");
    }
    let inner_curve = rest
        .iter()
        .find(|part| part.tag == CONTEXT_0)
        .and_then(|part| Element::read(&mut Cursor::new(part.value)))
        .and_then(|part| part.expect(OID));
    let curve = inner_curve.or(outer_curve).and_then(curve_name);
    match curve {
        Some((name, size)) if secret.len() == size => Ok(KeyInfo::clear(format!("EC {name}"))),
        Some(_) => Err("secret does not fit the curve"),
        // Explicit curve parameters and rarer curves.
        None if (14..=72).contains(&secret.len()) => {
            Ok(KeyInfo::clear(format!("EC {}", secret.len() * 8)))
        }
        None => Err("body is not an EC key"),
    }
}

/// Returns the usual name of a curve and the size of its secrets in bytes (RFC 5480, SEC 2).
fn curve_name(oid: &[u8]) -> Option<(&'static str, usize)> {
    Some(match oid {
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1] => ("P-192", 24),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7] => ("P-256", 32),
        [0x2b, 0x81, 4, 0, 33] => ("P-224", 28),
        [0x2b, 0x81, 4, 0, 34] => ("P-384", 48),
        [0x2b, 0x81, 4, 0, 35] => ("P-521", 66),
        [0x2b, 0x81, 4, 0, 10] => ("secp256k1", 32),
        _ => return None,
    })
}

/// Parses PKCS#8: `SEQUENCE { 0 or 1, SEQUENCE { OID, parameters }, OCTET STRING key }`.
fn pkcs8(parts: &[Element]) -> Parsed {
    const BAD: Parsed = Err("body is not a PKCS#8 key");
    let [_, algorithm, key, ..] = parts else {
        return BAD;
    };
    let algorithm = elements(algorithm.value).unwrap_or_default();
    let Some(oid) = algorithm.first().and_then(|part| part.expect(OID)) else {
        return BAD;
    };
    let key = key.value;
    let inner = || sequence(key).ok_or("body is not a PKCS#8 key");
    match oid {
        // rsaEncryption and RSASSA-PSS.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1 | 10] => pkcs1(&inner()?),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1] => {
            let curve = algorithm.get(1).and_then(|part| part.expect(OID));
            sec1(&inner()?, curve)
        }
        [0x2b, 0x65, 0x6e] => edwards(key, "X25519", 32),
        [0x2b, 0x65, 0x6f] => edwards(key, "X448", 56),
        [0x2b, 0x65, 0x70] => edwards(key, "Ed25519", 32),
        [0x2b, 0x65, 0x71] => edwards(key, "Ed448", 57),
        [0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1] => Ok(KeyInfo::clear("DSA")),
        _ if key.len() >= 16 => Ok(KeyInfo::clear("PKCS#8 key")),
        _ => BAD,
    }
}

/// Parses the keys of RFC 8410: one more OCTET STRING of the curve's size.
fn edwards(key: &[u8], name: &str, size: usize) -> Parsed {
    let mut cursor = Cursor::new(key);
    let secret = Element::read(&mut cursor).and_then(|part| part.expect(OCTETS));
    match secret {
        Some(secret) if secret.len() == size && bits(secret) > 0 && cursor.is_empty() => {
            Ok(KeyInfo::clear(name))
        }
        _ => Err("secret does not fit the curve"),
    }
}

/// Parses encrypted PKCS#8: `SEQUENCE { SEQUENCE { OID, parameters }, OCTET STRING }`.
fn encrypted_pkcs8(parts: &[Element]) -> Parsed {
    let named = parts
        .first()
        .and_then(|algorithm| elements(algorithm.value))
        .and_then(|algorithm| algorithm.first()?.expect(OID))
        .is_some();
    match parts {
        [_, ciphertext] if named && ciphertext.value.len() >= 32 => {
            Ok(KeyInfo::protected("PKCS#8 key"))
        }
        _ => Err("body is not an encrypted PKCS#8 key"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::{Rng, keys};
    use crate::check::testing::{assert_invalid, assert_valid};

    #[test]
    fn every_der_form_is_named() {
        let mut rng = Rng::new(3);
        let rsa = keys::rsa_der(&mut rng);
        for (label, body, expected) in [
            ("RSA PRIVATE KEY", rsa.clone(), "RSA 1024, not encrypted"),
            ("PRIVATE KEY", rsa.clone(), "RSA 1024, not encrypted"),
            (
                "PRIVATE KEY",
                keys::pkcs8_rsa(&mut rng),
                "RSA 1024, not encrypted",
            ),
            (
                "EC PRIVATE KEY",
                keys::sec1_der(&mut rng),
                "EC P-256, not encrypted",
            ),
            (
                "PRIVATE KEY",
                keys::pkcs8_ed25519(&mut rng),
                "Ed25519, not encrypted",
            ),
            (
                "DSA PRIVATE KEY",
                keys::dsa_der(&mut rng),
                "DSA 1024, not encrypted",
            ),
            (
                "ENCRYPTED PRIVATE KEY",
                keys::pkcs8_encrypted(&mut rng),
                "PKCS#8 key, encrypted with a passphrase",
            ),
        ] {
            let text = keys::armour(label, "", &body);
            assert_valid(pem(text.as_bytes()), expected);
            let cut = keys::armour(label, "", &body[..body.len() - 3]);
            assert_invalid(pem(cut.as_bytes()));
        }
    }

    #[test]
    fn traditional_encryption_is_seen_in_the_headers() {
        let headers =
            "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n";
        let text = keys::armour("RSA PRIVATE KEY", headers, &[7; 608]);
        assert_valid(pem(text.as_bytes()), "RSA key, encrypted with a passphrase");
        let cut = keys::armour("RSA PRIVATE KEY", headers, &[7; 600]);
        assert_invalid(pem(cut.as_bytes()));
    }

    #[test]
    fn a_wrong_factor_is_refuted() {
        let mut rng = Rng::new(4);
        let mut body = keys::rsa_der(&mut rng);
        // The last byte of the modulus: three lengths, version, then 129 bytes.
        body[4 + 3 + 3 + 128] ^= 2;
        let text = keys::armour("RSA PRIVATE KEY", "", &body);
        assert_eq!(pem(text.as_bytes()), Outcome::Invalid("p times q is not n"));
    }

    #[test]
    fn base64_of_a_whole_file_is_opened() {
        let mut rng = Rng::new(5);
        let text = keys::armour("EC PRIVATE KEY", "", &keys::sec1_der(&mut rng));
        let coded = crate::check::encoding::base64_encode(
            text.as_bytes(),
            crate::check::encoding::Alphabet::Standard,
            true,
        );
        assert_valid(pem(coded.as_bytes()), "EC P-256, not encrypted");
    }

    #[test]
    fn cosign_keys() {
        let json = br#"{"kdf":{"name":"scrypt"},"cipher":{},"ciphertext":"AAAA"}"#;
        let text = keys::armour("ENCRYPTED SIGSTORE PRIVATE KEY", "", json);
        assert_valid(
            pem(text.as_bytes()),
            "cosign key, encrypted with a passphrase",
        );
        let text = keys::armour("ENCRYPTED SIGSTORE PRIVATE KEY", "", b"{}");
        assert_invalid(pem(text.as_bytes()));
    }

    #[test]
    fn placeholders_are_refuted() {
        for body in ["MIIEpAIBAAKCAQEA...", "xxxx", "<key>", "", &"A".repeat(400)] {
            let text = [
                "-----BEGIN RSA PRIVATE",
                " KEY-----\n",
                body,
                "\n-----END RSA PRIVATE KEY-----",
            ];
            assert_invalid(pem(text.concat().as_bytes()));
        }
    }
}

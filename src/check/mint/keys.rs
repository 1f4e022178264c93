//! Generators of keys: PEM bodies, OpenSSH, PuTTY, OpenPGP, seeds and coins. The RSA keys are
//! products of random odd numbers, not of primes. They parse but cannot sign.

use super::super::coins::base58check_sum;
use super::super::crc::{crc16_xmodem, crc24};
use super::super::der::{
    CONTEXT_0, INTEGER, OCTETS, OID, SEQUENCE, encode, encode_integer, product,
};
use super::super::encoding::{
    Alphabet, BASE58_BITCOIN, BASE58_XRP, base32_encode, base58_encode, base64_encode, hex_encode,
};
use super::super::openssh::MAGIC;
use super::super::putty::{covered, mac_2, mac_3};
use super::super::seeds::{NATS_KINDS, age_encode, english_words, phrase_indexes};
use super::{Maker, Rng};

pub(super) const MAKERS: &[(&str, Maker)] = &[
    ("age-key", |rng, _| {
        age_encode(&std::array::from_fn(|_| rng.next_u64() as u8)).into_bytes()
    }),
    ("base58check-bip38", |rng, _| {
        let head = rng.pick(&[[0x01, 0x42, 0xc0], [0x01, 0x42, 0xe0]]);
        let payload = [&head[..], &rng.bytes(36)].concat();
        base58check(payload, BASE58_BITCOIN)
    }),
    ("base58check-wif", |rng, _| {
        let version = rng.pick(&[0x80, 0xef]);
        let mut payload = [&[version][..], &rng.bytes(32)].concat();
        if rng.below(3) > 0 {
            payload.push(1);
        }
        base58check(payload, BASE58_BITCOIN)
    }),
    ("base58check-xprv", |rng, _| {
        let version = if rng.below(4) > 0 {
            [0x04, 0x88, 0xad, 0xe4]
        } else {
            [0x04, 0x35, 0x83, 0x94]
        };
        let mut payload = [&version[..], &rng.bytes(41), &[0]].concat();
        payload.extend(rng.bytes(32));
        base58check(payload, BASE58_BITCOIN)
    }),
    ("bip39", |rng, _| {
        let entropy = rng.pick(&[16, 20, 24, 28, 32]);
        let bytes = rng.bytes(entropy);
        let words: Vec<&str> = phrase_indexes(&bytes)
            .into_iter()
            .filter_map(|index| english_words().get(index).copied())
            .collect();
        words.join(" ").into_bytes()
    }),
    ("ethereum-private-key", |rng, _| {
        let mut key = rng.bytes(32);
        key[0] &= 0x7f;
        ["0x", &hex_encode(&key)].concat().into_bytes()
    }),
    ("java-keystore", |rng, _| {
        let (certificate, key) = (jks_certificate(rng, "root-ca"), jks_key(rng, "server"));
        let head = [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 2];
        [&head[..], &certificate, &key].concat()
    }),
    ("nats-seed", nats),
    ("openssh-key", |rng, _| {
        let encrypted = rng.below(2) == 0;
        let body = openssh_ed25519(rng, encrypted);
        armour("OPENSSH PRIVATE KEY", "", &body).into_bytes()
    }),
    ("pgp-private-key", |rng, _| pgp_block(rng).into_bytes()),
    ("pkcs12", |rng, _| {
        let (mac, encrypted) = (rng.below(4) > 0, rng.below(4) > 0);
        pkcs12(rng, mac, encrypted)
    }),
    ("private-key-pem", pem),
    ("putty-key", putty),
    ("stellar-seed", |rng, _| {
        let payload = [&[0x90][..], &rng.bytes(32)].concat();
        with_crc16(payload)
    }),
    ("wireguard-key", |rng, _| {
        let mut key = rng.bytes(32);
        key[0] &= 0xf8;
        key[31] = key[31] & 0x3f | 0x40;
        base64_encode(&key, Alphabet::Standard, true).into_bytes()
    }),
    ("xrp-seed", |rng, _| {
        let payload = [&[0x21][..], &rng.bytes(16)].concat();
        base58check(payload, BASE58_XRP)
    }),
];

/// Writes payload and checksum in base58.
fn base58check(mut payload: Vec<u8>, alphabet: &[u8]) -> Vec<u8> {
    payload.extend(base58check_sum(&payload));
    base58_encode(&payload, alphabet).into_bytes()
}

/// Writes payload and CRC-16 in base32.
fn with_crc16(mut payload: Vec<u8>) -> Vec<u8> {
    payload.extend(crc16_xmodem(&payload).to_le_bytes());
    base32_encode(&payload).into_bytes()
}

fn nats(rng: &mut Rng, _: &str) -> Vec<u8> {
    let (kind, _) = NATS_KINDS[rng.below(NATS_KINDS.len())];
    let head = [18 << 3 | kind >> 5, (kind & 31) << 3];
    with_crc16([&head[..], &rng.bytes(32)].concat())
}

/// Writes a PEM block of any kind that the check accepts.
fn pem(rng: &mut Rng, _: &str) -> Vec<u8> {
    let headers =
        "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n";
    let text = match rng.below(10) {
        0 => armour("RSA PRIVATE KEY", "", &rsa_der(rng)),
        1 => armour("RSA PRIVATE KEY", headers, &rng.bytes(608)),
        2 => armour("EC PRIVATE KEY", "", &sec1_der(rng)),
        3 => armour("DSA PRIVATE KEY", "", &dsa_der(rng)),
        4 => armour("PRIVATE KEY", "", &pkcs8_rsa(rng)),
        5 => armour("PRIVATE KEY", "", &pkcs8_ed25519(rng)),
        6 => armour("ENCRYPTED PRIVATE KEY", "", &pkcs8_encrypted(rng)),
        7 => armour("OPENSSH PRIVATE KEY", "", &openssh_ed25519(rng, false)),
        8 => armour("OPENSSH PRIVATE KEY", "", &openssh_ed25519(rng, true)),
        _ => pgp_block(rng),
    };
    text.into_bytes()
}

/// Writes the BEGIN line, headers, the body in lines of 64 characters, and the END line.
pub(crate) fn armour(label: &str, headers: &str, body: &[u8]) -> String {
    let coded = base64_encode(body, Alphabet::Standard, true);
    let mut text = format!("-----BEGIN {label}-----\n{headers}");
    for (at, sign) in coded.char_indices() {
        if at > 0 && at % 64 == 0 {
            text.push('\n');
        }
        text.push(sign);
    }
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}

/// Returns an odd number of exactly `size` bytes. Its two top bits are set, so the product of two
/// has twice the size.
fn factor(rng: &mut Rng, size: usize) -> Vec<u8> {
    let mut bytes = rng.bytes(size);
    if let Some(top) = bytes.first_mut() {
        *top |= 0xc0;
    }
    if let Some(low) = bytes.last_mut() {
        *low |= 1;
    }
    bytes
}

/// Writes a sequence of integers.
fn integers(numbers: &[&[u8]]) -> Vec<u8> {
    let inner: Vec<u8> = numbers.iter().flat_map(|n| encode_integer(n)).collect();
    encode(SEQUENCE, &inner)
}

/// Writes a PKCS#1 body of 1024 bits.
pub(crate) fn rsa_der(rng: &mut Rng) -> Vec<u8> {
    let (p, q) = (factor(rng, 64), factor(rng, 64));
    let n = product(&p, &q).unwrap_or_default();
    let (d, dp, dq, qi) = (
        factor(rng, 128),
        factor(rng, 64),
        factor(rng, 64),
        factor(rng, 64),
    );
    integers(&[&[], &n, &[1, 0, 1], &d, &p, &q, &dp, &dq, &qi])
}

/// Writes a DSA body of 1024 bits.
pub(crate) fn dsa_der(rng: &mut Rng) -> Vec<u8> {
    let (p, q, g) = (factor(rng, 128), factor(rng, 20), factor(rng, 128));
    let (y, x) = (factor(rng, 128), factor(rng, 19));
    integers(&[&[], &p, &q, &g, &y, &x])
}

/// The object identifier of P-256.
const P256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

/// Writes a SEC1 body on P-256.
pub(crate) fn sec1_der(rng: &mut Rng) -> Vec<u8> {
    let public = [&[0, 4][..], &rng.bytes(64)].concat();
    let inner = [
        encode(INTEGER, &[1]),
        encode(OCTETS, &factor(rng, 32)),
        encode(0xa0, &encode(OID, &P256)),
        encode(0xa1, &encode(0x03, &public)),
    ];
    encode(SEQUENCE, &inner.concat())
}

/// Wraps a key in PKCS#8.
fn pkcs8(oid: &[u8], parameters: &[u8], key: &[u8]) -> Vec<u8> {
    let algorithm = [encode(OID, oid), parameters.to_vec()].concat();
    let inner = [
        encode(INTEGER, &[0]),
        encode(SEQUENCE, &algorithm),
        encode(OCTETS, key),
    ];
    encode(SEQUENCE, &inner.concat())
}

/// Writes a PKCS#8 body with an RSA key of 1024 bits.
pub(crate) fn pkcs8_rsa(rng: &mut Rng) -> Vec<u8> {
    let oid = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    pkcs8(&oid, &[5, 0], &rsa_der(rng))
}

/// Writes a PKCS#8 body with an Ed25519 key, 48 bytes.
pub(crate) fn pkcs8_ed25519(rng: &mut Rng) -> Vec<u8> {
    pkcs8(&[0x2b, 0x65, 0x70], &[], &encode(OCTETS, &rng.bytes(32)))
}

/// Writes an encrypted PKCS#8 body with PBES2 as its algorithm.
pub(crate) fn pkcs8_encrypted(rng: &mut Rng) -> Vec<u8> {
    let oid = encode(OID, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13]);
    let parameters = encode(SEQUENCE, &encode(OCTETS, &rng.bytes(16)));
    let algorithm = encode(SEQUENCE, &[oid, parameters].concat());
    let ciphertext = encode(OCTETS, &rng.bytes(144));
    encode(SEQUENCE, &[algorithm, ciphertext].concat())
}

/// Writes name and date of an entry of a Java keystore.
fn jks_entry(rng: &mut Rng, tag: u8, alias: &str) -> Vec<u8> {
    let length = (alias.len() as u16).to_be_bytes();
    let date = [&[0, 0, 1, 0x90][..], &rng.bytes(4)].concat();
    [&[0, 0, 0, tag], &length[..], alias.as_bytes(), &date].concat()
}

/// Writes an entry of a Java keystore with a private key of 300 encrypted bytes and no certificate
/// chain.
pub(crate) fn jks_key(rng: &mut Rng, alias: &str) -> Vec<u8> {
    let oid = [0x2b, 6, 1, 4, 1, 0x2a, 2, 0x11, 1, 1];
    let algorithm = [encode(OID, &oid), vec![5, 0]].concat();
    let sealed = encode(OCTETS, &rng.bytes(300));
    let key = encode(SEQUENCE, &[encode(SEQUENCE, &algorithm), sealed].concat());
    [jks_entry(rng, 1, alias), ssh_string(&key), vec![0; 4]].concat()
}

/// Writes an entry of a Java keystore with a certificate.
pub(crate) fn jks_certificate(rng: &mut Rng, alias: &str) -> Vec<u8> {
    let certificate = encode(SEQUENCE, &rng.bytes(300));
    let kind = [&[0, 5][..], b"X.509"].concat();
    [jks_entry(rng, 2, alias), kind, ssh_string(&certificate)].concat()
}

/// Writes a PKCS#12 container: one key between two encrypted parts, as if of certificates.
pub(crate) fn pkcs12(rng: &mut Rng, mac: bool, encrypted: bool) -> Vec<u8> {
    let oid = |tail: &[u8]| {
        let head = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1];
        encode(OID, &[&head[..], tail].concat())
    };
    let (bag, key) = if encrypted {
        (oid(&[12, 10, 1, 2]), pkcs8_encrypted(rng))
    } else {
        (oid(&[12, 10, 1, 1]), pkcs8_rsa(rng))
    };
    let bag = encode(SEQUENCE, &[bag, encode(CONTEXT_0, &key)].concat());
    let wrapped = |inner: &[u8]| {
        let octets = encode(CONTEXT_0, &encode(OCTETS, inner));
        encode(SEQUENCE, &[oid(&[7, 1]), octets].concat())
    };
    let mut certificates = |size: usize| {
        let sealed = encode(CONTEXT_0, &encode(SEQUENCE, &rng.bytes(size)));
        encode(SEQUENCE, &[oid(&[7, 6]), sealed].concat())
    };
    let (first, last) = (certificates(200), certificates(2000));
    let safes = [first, wrapped(&encode(SEQUENCE, &bag)), last].concat();
    let safe = wrapped(&encode(SEQUENCE, &safes));
    let mac = if mac {
        encode(SEQUENCE, &rng.bytes(49))
    } else {
        Vec::new()
    };
    encode(SEQUENCE, &[encode(INTEGER, &[3]), safe, mac].concat())
}

/// Writes a string after its four-byte length.
fn ssh_string(text: &[u8]) -> Vec<u8> {
    [&(text.len() as u32).to_be_bytes()[..], text].concat()
}

/// Writes the body of an OpenSSH key.
pub(crate) fn openssh_ed25519(rng: &mut Rng, encrypted: bool) -> Vec<u8> {
    let name = ssh_string(b"ssh-ed25519");
    let point = rng.bytes(32);
    let public = [name.clone(), ssh_string(&point)].concat();
    let (cipher, kdf, options, private): (&[u8], &[u8], _, _) = if encrypted {
        let options = [ssh_string(&rng.bytes(16)), vec![0, 0, 0, 16]].concat();
        (b"aes256-ctr", b"bcrypt", options, rng.bytes(144))
    } else {
        let check = rng.bytes(4);
        let secret = [rng.bytes(32), point].concat();
        let mut block = [check.clone(), check, public.clone()].concat();
        block.extend(ssh_string(&secret));
        block.extend(ssh_string(b"demo@host"));
        let padding = (8 - block.len() % 8) % 8;
        block.extend(1..=padding as u8);
        (b"none", b"none", Vec::new(), block)
    };
    let parts = [
        MAGIC.to_vec(),
        ssh_string(cipher),
        ssh_string(kdf),
        ssh_string(&options),
        vec![0, 0, 0, 1],
        ssh_string(&public),
        ssh_string(&private),
    ];
    parts.concat()
}

/// Writes a PuTTY file of version 3 or 2 without a passphrase, with the right MAC.
fn putty(rng: &mut Rng, _: &str) -> Vec<u8> {
    let public = [ssh_string(b"ssh-ed25519"), ssh_string(&rng.bytes(32))].concat();
    let private = ssh_string(&rng.bytes(32));
    let bytes = covered("ssh-ed25519", "none", "demo key", &public, &private);
    let (version, mac) = match rng.below(2) {
        0 => (3, mac_3(&bytes)),
        _ => (2, mac_2(&bytes)),
    };
    let coded = |bytes: &[u8]| base64_encode(bytes, Alphabet::Standard, true);
    let public = coded(&public);
    let (first, second) = public.split_at(64);
    let lines = [
        format!("PuTTY-User-Key-File-{version}: ssh-ed25519"),
        "Encryption: none".to_owned(),
        "Comment: demo key".to_owned(),
        "Public-Lines: 2".to_owned(),
        first.to_owned(),
        second.to_owned(),
        "Private-Lines: 1".to_owned(),
        coded(&private),
        format!("Private-MAC: {}", hex_encode(&mac)),
    ];
    (lines.join("\r\n") + "\r\n").into_bytes()
}

/// Writes an armoured OpenPGP block with one version 4 RSA packet, clear or encrypted.
fn pgp_block(rng: &mut Rng) -> String {
    let mut packet = vec![4, 0x60, 0, 0, 0, 1, 8, 0];
    packet.extend(factor(rng, 256));
    packet.extend([0, 17, 1, 0, 1]);
    if rng.below(2) == 0 {
        packet.push(0);
    } else {
        packet.extend([254, 9, 3, 8]);
    }
    packet.extend(rng.bytes(600));
    let mut body = vec![0x95];
    body.extend((packet.len() as u16).to_be_bytes());
    body.extend(packet);
    let sum = base64_encode(&crc24(&body).to_be_bytes()[1..], Alphabet::Standard, false);
    armour("PGP PRIVATE KEY BLOCK", "\n", &body)
        .replace("\n-----END", &format!("\n={sum}\n-----END"))
}

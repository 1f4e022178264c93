//! Compares our readers of private keys with those of RustCrypto. Theirs are strict readers of
//! whole files. Ours accept keys as they occur in real files. So the tests check one direction
//! only: what theirs write or read, ours must read as well.

#![allow(clippy::unwrap_used, reason = "tests")]

use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{AnyRef, Document, EncodePem, pem::LineEnding};
use pkcs8::{AlgorithmIdentifierRef, ObjectIdentifier, PrivateKeyInfoRef};
use stopleak::check::{Outcome, lookup, mint};

const ENDINGS: [LineEnding; 3] = [LineEnding::LF, LineEnding::CRLF, LineEnding::CR];

/// Returns our check's outcome for a PEM block.
fn ours(pem: &str) -> Outcome {
    lookup("private-key-pem").expect("it is in the table")(pem.as_bytes())
}

/// Returns whether RustCrypto reads a PEM block, or `None` for kinds without a reader here.
fn theirs(pem: &str) -> Option<bool> {
    let kinds = ["RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY"];
    if !kinds
        .iter()
        .any(|kind| pem.contains(&format!("BEGIN {kind}-")))
        || pem.contains(": ")
    {
        return None;
    }
    let Ok((label, document)) = Document::from_pem(pem) else {
        return Some(false);
    };
    let der = document.as_bytes();
    Some(match label {
        "RSA PRIVATE KEY" => pkcs1::RsaPrivateKeyRef::try_from(der).is_ok(),
        "EC PRIVATE KEY" => sec1::EcPrivateKey::try_from(der).is_ok(),
        _ => PrivateKeyInfoRef::try_from(der).is_ok(),
    })
}

#[test]
fn keys_that_tests_make_are_real_ones() {
    let mut read = 0;
    for seed in 0..300 {
        let key = mint::mint("private-key-pem", seed).unwrap();
        let pem = String::from_utf8(key).unwrap();
        if let Some(theirs) = theirs(&pem) {
            assert!(theirs, "seed {seed}");
            assert!(matches!(ours(&pem), Outcome::Valid(_)), "seed {seed}");
            read += 1;
        }
    }
    assert!(read >= 100, "{read}");
}

/// Checks that we read a key, with every line ending, as one of this name.
#[track_caller]
fn is_read_as(name: &str, key: &impl EncodePem) {
    for ending in ENDINGS {
        let pem = key.to_pem(ending).unwrap();
        let Outcome::Valid(told) = ours(&pem) else {
            panic!("{name}, {ending:?}: {:?}", ours(&pem));
        };
        assert!(told.starts_with(name), "{told}");
    }
}

#[test]
fn keys_on_curves_are_read_as_others_write_them() {
    let mut rng = mint::Rng::new(1);
    for (oid, size, name) in [
        ("1.2.840.10045.3.1.1", 24, "EC P-192"),
        ("1.3.132.0.33", 28, "EC P-224"),
        ("1.2.840.10045.3.1.7", 32, "EC P-256"),
        ("1.3.132.0.10", 32, "EC secp256k1"),
        ("1.3.132.0.34", 48, "EC P-384"),
        ("1.3.132.0.35", 66, "EC P-521"),
    ] {
        let oid = ObjectIdentifier::new_unwrap(oid);
        let (secret, public) = (rng.bytes(size), rng.bytes(2 * size + 1));
        for public_key in [None, Some(public.as_slice())] {
            let key = sec1::EcPrivateKey {
                private_key: &secret,
                parameters: Some(sec1::EcParameters::NamedCurve(oid)),
                public_key,
            };
            is_read_as(name, &key);
        }
    }
}

#[test]
fn pkcs8_is_read_as_others_write_it() {
    let mut rng = mint::Rng::new(2);
    for (oid, size, name) in [
        ("1.3.101.110", 32, "X25519"),
        ("1.3.101.111", 56, "X448"),
        ("1.3.101.112", 32, "Ed25519"),
        ("1.3.101.113", 57, "Ed448"),
    ] {
        let algorithm = AlgorithmIdentifierRef {
            oid: ObjectIdentifier::new_unwrap(oid),
            parameters: None::<AnyRef<'_>>,
        };
        let inner = [&[4, size as u8][..], &rng.bytes(size)].concat();
        let key = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(&inner).unwrap());
        is_read_as(name, &key);
    }
}

#[test]
fn damaged_keys_that_others_read_are_refused_for_their_numbers_only() {
    let mut rng = mint::Rng::new(3);
    let (mut read, mut refused) = (0, 0);
    for seed in 0..3_000 {
        let mut key = mint::mint("private-key-pem", seed % 100).unwrap();
        let at = rng.below(key.len());
        key[at] = rng.pick(b"AQgz09+/=\n- ");
        let pem = String::from_utf8(key).unwrap();
        // Theirs do not read the key inside PKCS#8.
        if theirs(&pem) != Some(true) || pem.contains("BEGIN PRIVATE KEY") {
            continue;
        }
        match ours(&pem) {
            Outcome::Valid(_) => read += 1,
            // Theirs do not compute.
            Outcome::Invalid("p times q is not n" | "secret does not fit the curve") => {
                refused += 1;
            }
            other => panic!("{other:?}: {pem}"),
        }
    }
    assert!(read >= 100 && refused >= 20, "{read}, {refused}");
}

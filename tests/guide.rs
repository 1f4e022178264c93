//! The places where teams keep credentials instead of in a secret manager. A hard-coded value there
//! is one finding at the default confidence; a reference is none.
//!
//! Places are templates (`guide/places.rs`). Values are made here from a seed, so no sample is
//! stored.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]
#![expect(clippy::print_stdout, reason = "a failing table is read line by line")]

mod places;

use std::sync::LazyLock;

use places::{PLACES, Place, READ_BY_THE_GENERIC_RULE, REFERENCES, Value};
use stopleak::blob::{Blob, BlobPath, Fresh};
use stopleak::check::encoding::{Alphabet, base64_encode};
use stopleak::check::mint::{Rng, mint, mint_with_prefix};
use stopleak::detect::{Content, Detector, Scratch};
use stopleak::rules::Confidence;

static DETECTOR: LazyLock<Detector> = LazyLock::new(Detector::builtin);

/// Returns the findings at the default confidence: the rule and its secret.
fn reported(path: &str, text: &[u8]) -> Vec<(String, Vec<u8>)> {
    let path = BlobPath::from(path);
    let blob = Blob {
        path: &path,
        bytes: text,
        fresh: Fresh::All,
    };
    DETECTOR
        .detect(&blob, Content::Text, &mut Scratch::default())
        .into_iter()
        .filter(|c| c.dismissed.is_none() && c.confidence >= Confidence::Medium)
        .map(|c| {
            let secret = match &c.decoded {
                Some(secret) => secret.expose().to_vec(),
                None => text[c.secret].to_vec(),
            };
            (DETECTOR.rules().get(c.rule).id.to_string(), secret)
        })
        .collect()
}

const MIXED: &[u8] = b"abcdefghkmnpqrstuvwxyzABCDEFGHKLMNPQRSTUVWXYZ23456789";

/// Returns a password as a generator makes it.
fn password(rng: &mut Rng) -> String {
    // One character of each kind, so that no seed makes a word.
    format!("{}q7R{}", rng.text(MIXED, 8), rng.text(MIXED, 5))
}

fn base64(text: &str) -> String {
    base64_encode(text.as_bytes(), Alphabet::Standard, true)
}

/// Returns a value of the kind that the place contains.
fn value(kind: Value, rng: &mut Rng) -> String {
    let minted = |check: &str, prefix: &str, seed: u64| {
        String::from_utf8(mint_with_prefix(check, prefix, seed).unwrap()).unwrap()
    };
    match kind {
        Value::Password => password(rng),
        Value::GitHub => minted("crc32-base62", "ghp_", rng.next_u64()),
        Value::Npm => minted("crc32-base62", "npm_", rng.next_u64()),
        Value::Base64Secret => base64_encode(&rng.bytes(32), Alphabet::Standard, true),
        Value::Base64Password => base64(&password(rng)),
        Value::Base64Pair => base64(&format!("deployer:{}", password(rng))),
        Value::VaultRoot => ["hvs.", &rng.text(MIXED, 24)].concat(),
        Value::VaultService => minted("vault-service-token", "hvs.", rng.next_u64()),
        Value::VaultBatch => {
            String::from_utf8(mint("vault-batch-token", rng.next_u64()).unwrap()).unwrap()
        }
        Value::AwsSecret => base64_encode(&rng.bytes(30), Alphabet::Standard, false),
        Value::Hex32 => rng.text(b"0123456789abcdef", 32),
        Value::Cookie => rng.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 20),
        Value::Uuid => [8, 4, 4, 4, 12]
            .map(|n| rng.text(b"0123456789abcdef", n))
            .join("-"),
        Value::PemBase64 => base64(&pem(rng)),
    }
}

/// Returns a PKCS#8 key as a file contains it.
fn pem(rng: &mut Rng) -> String {
    let minted = mint_with_prefix(
        "private-key-pem",
        "-----BEGIN PRIVATE KEY-----",
        rng.next_u64(),
    );
    String::from_utf8(minted.unwrap()).unwrap()
}

/// Returns the place's text with `value` in it, and an AWS key id if the place needs one.
fn filled(place: &Place, value: &str, rng: &mut Rng) -> String {
    let id = || {
        let minted = mint_with_prefix("aws-access-key-id", "AKIA", 11);
        String::from_utf8(minted.unwrap()).unwrap()
    };
    let text = place.text.replace("{{VALUE}}", value);
    let text = match text.contains("KEYID") {
        true => text.replace("KEYID", &id()),
        false => text,
    };
    match text.contains("OTHER") {
        true => text.replace("OTHER", &rng.text(b"0123456789abcdef", 24)),
        false => text,
    }
}

#[test]
fn a_hard_coded_value_is_one_finding() {
    let mut wrong = 0;
    for place in PLACES {
        for seed in 0..6 {
            let mut rng = Rng::new(seed * 7919 + 17);
            let value = value(place.value, &mut rng);
            let text = filled(place, &value, &mut rng);
            let found = reported(place.path, text.as_bytes());
            if found.len() != 1 {
                wrong += 1;
                let found: Vec<_> = found
                    .iter()
                    .map(|(rule, secret)| (rule, String::from_utf8_lossy(secret)))
                    .collect();
                println!("{}: {found:?}\n{text}\n", place.name);
                break;
            }
        }
    }
    assert_eq!(wrong, 0, "places of {} are not covered", PLACES.len());
}

#[test]
fn a_reference_in_the_same_place_is_none() {
    let mut wrong = 0;
    for place in PLACES.iter().filter(|p| !p.encoded()) {
        for reference in REFERENCES {
            let mut rng = Rng::new(5);
            let text = filled(place, reference, &mut rng);
            let found: Vec<_> = reported(place.path, text.as_bytes())
                .into_iter()
                // The id of a pair is reported, whatever replaces its secret.
                .filter(|(rule, _)| !place.text.contains("KEYID") || rule != "aws-access-key-id")
                .filter(|(rule, _)| {
                    rule != "generic-assignment" || !READ_BY_THE_GENERIC_RULE.contains(reference)
                })
                .map(|(rule, secret)| (rule, String::from_utf8_lossy(&secret).into_owned()))
                .collect();
            if !found.is_empty() {
                wrong += 1;
                println!("{}: {found:?}\n{text}\n", place.name);
            }
        }
    }
    assert_eq!(wrong, 0, "references are reported");
}

#[test]
fn an_encoded_reference_is_none() {
    let mut wrong = 0;
    for place in PLACES.iter().filter(|p| p.encoded()) {
        for reference in REFERENCES {
            let coded = match place.value {
                Value::Base64Pair => base64(&format!("deployer:{reference}")),
                Value::Base64Password => base64(reference),
                _ => continue,
            };
            let text = filled(place, &coded, &mut Rng::new(5));
            let found = reported(place.path, text.as_bytes());
            if !found.is_empty() {
                wrong += 1;
                println!("{}: {reference} {found:?}\n{text}\n", place.name);
            }
        }
    }
    assert_eq!(wrong, 0, "encoded references are reported");
}

#[test]
fn a_password_file_of_hashes_is_none() {
    let crypt = |n: usize, rng: &mut Rng| rng.text(b"./0123456789ABCDEFabcdefghijk", n);
    for seed in 0..8 {
        let mut rng = Rng::new(seed);
        let lines = [
            ["$apr1$", &crypt(8, &mut rng), "$", &crypt(22, &mut rng)].concat(),
            ["$2y$10$", &crypt(53, &mut rng)].concat(),
            ["{SHA}", &base64(&crypt(20, &mut rng))].concat(),
            ["{SSHA}", &base64(&crypt(24, &mut rng))].concat(),
            crypt(13, &mut rng),
        ];
        for line in &lines {
            let text = format!("deployer:{line}\n");
            assert_eq!(reported(".htpasswd", text.as_bytes()), [], "{text}");
        }
        let all: Vec<String> = lines.iter().map(|line| format!("user:{line}\n")).collect();
        assert_eq!(reported("auth/htpasswd", all.concat().as_bytes()), []);
    }
}

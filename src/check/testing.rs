//! Shared code of this module's tests, and the properties of every check:
//! minted values pass, changed values do not, and no input panics.

use super::mint::{Rng, mint, mint_with_prefix};
use super::{CHECKS, Outcome, lookup};

/// Fails unless the outcome is valid with exactly this text.
#[track_caller]
pub(crate) fn assert_valid(outcome: Outcome, text: &str) {
    assert_eq!(outcome, Outcome::Valid(text.to_owned()));
}

/// Fails unless the outcome is invalid.
#[track_caller]
pub(crate) fn assert_invalid(outcome: Outcome) {
    assert!(matches!(outcome, Outcome::Invalid(_)), "{outcome:?}");
}

/// Checks whose best answer is `Unknown`: the form contains no proof.
const NEVER_VALID: [&str; 9] = [
    "base64-text",
    "aws-secret-key",
    "aws-ses-smtp",
    "azure-eventgrid-key",
    "azure-legacy-key-32",
    "azure-legacy-key-64",
    "ethereum-private-key",
    "twilio-sid",
    "vault-unseal-key",
];

/// Checks with a checksum, and the positions that it covers: where they start,
/// and how many at the end it leaves out.
const SUMMED: [(&str, usize, usize); 27] = [
    ("age-key", 0, 0),
    ("azure-acr-key", 0, 0),
    ("azure-apim-key", 0, 0),
    ("azure-batch-key", 0, 0),
    ("azure-cask", 0, 0),
    ("azure-cosmos-key", 0, 0),
    // Four bits of the last character are unused.
    ("azure-devops-pat", 0, 1),
    ("azure-eventhub-key", 0, 0),
    ("azure-functions-key", 0, 0),
    ("azure-iot-key", 0, 0),
    ("azure-ml-key", 0, 0),
    ("azure-redis-key", 0, 0),
    ("azure-relay-key", 0, 0),
    ("azure-search-key", 0, 0),
    ("azure-servicebus-key", 0, 0),
    ("azure-storage-key", 0, 0),
    ("base58check-bip38", 0, 0),
    ("base58check-wif", 0, 0),
    ("base58check-xprv", 0, 0),
    ("crc32-atlassian", 0, 0),
    ("crc32-base62", 4, 0),
    ("crc32-confluent", 0, 0),
    ("crc32-grafana", 0, 0),
    ("entra-secret", 0, 0),
    ("gitlab-routable", 0, 0),
    ("nats-seed", 0, 0),
    ("xrp-seed", 0, 0),
];

#[test]
fn table_is_sorted_and_unique() {
    assert!(CHECKS.windows(2).all(|w| w[0].0 < w[1].0));
    assert!(lookup("jwt").is_some() && lookup("no-such-check").is_none());
}

#[test]
fn minted_values_pass() {
    for (name, check) in CHECKS {
        for seed in 0..50 {
            let value = mint(name, seed).unwrap_or_else(|| panic!("{name} cannot be minted"));
            let outcome = check(&value);
            let expected = if NEVER_VALID.contains(name) {
                outcome == Outcome::Unknown
            } else {
                matches!(outcome, Outcome::Valid(_))
            };
            let text = String::from_utf8_lossy(&value);
            assert!(expected, "{name} seed {seed}: {outcome:?} for {text}");
        }
        assert_eq!(mint(name, 7), mint(name, 7), "{name} is not deterministic");
        assert_ne!(mint(name, 7), mint(name, 8), "{name} ignores its seed");
    }
    assert!(mint("no-such-check", 1).is_none());
}

#[test]
fn one_changed_character_is_never_valid() {
    let signs = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let more = [
        ("crc32-cloudflare", 5, 0),
        ("crc32-zuplo", 0, 0),
        ("stellar-seed", 0, 0),
    ];
    for (name, start, end) in SUMMED.into_iter().chain(more) {
        let check = lookup(name).unwrap();
        let mut rng = Rng::new(11);
        for seed in 0..50 {
            let value = mint(name, seed).unwrap();
            for _ in 0..20 {
                let mut wrong = value.clone();
                let at = start + rng.below(value.len() - start - end);
                wrong[at] = signs[rng.below(signs.len())];
                if wrong != value {
                    let outcome = check(&wrong);
                    let text = String::from_utf8_lossy(&wrong);
                    let refused = !matches!(outcome, Outcome::Valid(_));
                    assert!(refused, "{name} at {at} of {text}");
                }
            }
        }
    }
}

#[test]
fn prefixes_are_honoured() {
    for (check, prefixes) in [
        (
            "crc32-base62",
            &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "npm_"][..],
        ),
        ("crc32-cloudflare", &["cfut_", "cfat_", "cfk_"]),
        ("crc32-atlassian", &["ATATT3xFfGF0", "ATCTT3xFfG"]),
        (
            "gitlab-routable",
            &["glpat-", "glrt-t1_", "glptt-", "gldt-"],
        ),
        ("fly-macaroon", &["fm2_lJPE", "FlyV1 fm2_"]),
        (
            "openai-key",
            &["sk-", "sk-proj-", "sk-svcacct-", "sk-admin-"],
        ),
        ("anthropic-key", &["sk-ant-api03-", "sk-ant-admin01-"]),
        ("aws-access-key-id", &["AKIA", "ASIA", "ABIA", "ACCA"]),
        ("aws-session-token", &["IQoJb3JpZ2lu", "FwoGZXIvYXdz"]),
        (
            "slack-token",
            &["xoxb-", "xoxp-", "xapp-", "xoxe.xoxp-", "xoxe-"],
        ),
        ("stripe-key", &["sk_live_", "rk_test_", "sk_org_live_"]),
        ("nats-seed", &["SU", "SA", "SO", "SN", "SC", "SX"]),
        ("base58check-wif", &["5", "K", "L", "c", "9"]),
        (
            "private-key-pem",
            &[
                "-----BEGIN RSA ",
                "-----BEGIN EC ",
                "-----BEGIN DSA ",
                "-----BEGIN PRIVATE ",
                "-----BEGIN ENCRYPTED ",
                "-----BEGIN OPENSSH ",
                "-----BEGIN PGP ",
            ],
        ),
    ] {
        for prefix in prefixes {
            for seed in 0..5 {
                let value = mint_with_prefix(check, prefix, seed);
                let value = value.unwrap_or_else(|| panic!("{check} with {prefix}"));
                assert!(value.starts_with(prefix.as_bytes()));
                let outcome = lookup(check).unwrap()(&value);
                assert!(
                    matches!(outcome, Outcome::Valid(_)),
                    "{prefix}: {outcome:?}"
                );
            }
        }
    }
    for provider in ["AZDO", "AAABACOG"] {
        let key = mint_with_prefix("azure-cask", provider, 1).unwrap();
        assert!(key[..80].ends_with(provider.as_bytes()));
    }
    assert_eq!(mint_with_prefix("base58check-xprv", "zzz", 1), None);
}

#[test]
fn passphrases_are_told() {
    for seed in 0..50 {
        let value = mint("private-key-pem", seed).unwrap();
        let outcome = lookup("private-key-pem").unwrap()(&value);
        let Outcome::Valid(text) = &outcome else {
            panic!("{outcome:?}");
        };
        assert_ne!(outcome.needs_passphrase(), text.ends_with("not encrypted"));
    }
}

#[test]
fn no_input_panics() {
    for (name, check) in CHECKS {
        let mut rng = Rng::new(13);
        for round in 0..2000u64 {
            let mut value = if round % 4 == 0 {
                let size = rng.below(120);
                rng.bytes(size)
            } else {
                mint(name, round % 40).unwrap()
            };
            for _ in 0..rng.below(4) {
                damage(&mut value, &mut rng);
            }
            check(&value);
        }
        check(b"");
        check(&vec![b'='; 70_000]);
        check(&vec![b'A'; 70_000]);
    }
}

/// Changes, removes, repeats or cuts a part of the value.
fn damage(value: &mut Vec<u8>, rng: &mut Rng) {
    if value.is_empty() {
        return;
    }
    let at = rng.below(value.len());
    match rng.below(5) {
        0 => value[at] = rng.next_u64() as u8,
        1 => {
            value.remove(at);
        }
        2 => value.insert(at, b"=.-_:\n\\\"{}0A\xff"[rng.below(13)]),
        3 => value.truncate(at),
        _ => {
            let tail = value[at..].to_vec();
            value.extend(tail);
        }
    }
}

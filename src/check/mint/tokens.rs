//! Generators of plain-text tokens: the CRC-32 families, Microsoft's and
//! Amazon's keys, and services without a checksum.

use super::super::azure::{self, Layout};
use super::super::azure_legacy::{DEVOPS_SEEDS, DEVOPS_SUM_AT, devops_sum};
use super::super::crc_tokens as crc;
use super::super::encoding::{
    Alphabet, BASE36, BASE62, base32_encode, base64, base64_encode, hex_encode,
};
use super::super::gitlab;
use super::super::marvin::marvin32;
use super::super::messaging::DISCORD_EPOCH_MS;
use super::super::passwords::cisco_type7_encode;
use super::super::services::OPENAI_MARK;
use super::{Maker, Rng, prefix_or};

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64_URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const DIGITS: &[u8] = b"0123456789";
const HEX: &[u8] = b"0123456789abcdef";

pub(super) const MAKERS: &[(&str, Maker)] = &[
    ("anthropic-key", anthropic),
    ("atlassian-dc-pat", atlassian_dc),
    ("aws-access-key-id", aws_access_key_id),
    ("aws-secret-key", |rng, _| {
        loop {
            let key = rng.text(BASE64, 40);
            if key.contains(|c: char| c.is_ascii_digit()) && key.contains('+') {
                return key.into_bytes();
            }
        }
    }),
    ("aws-ses-smtp", |rng, _| {
        coded(&[&[4][..], &rng.bytes(32)].concat())
    }),
    ("azure-acr-key", |rng, _| identifiable(rng, &azure::ACR)),
    ("azure-apim-key", |rng, _| identifiable(rng, &azure::APIM)),
    ("azure-batch-key", |rng, _| identifiable(rng, &azure::BATCH)),
    ("azure-cask", cask),
    ("azure-cosmos-key", |rng, _| {
        identifiable(rng, &azure::COSMOS)
    }),
    ("azure-devops-pat", devops_pat),
    ("azure-eventgrid-key", |rng, _| {
        [
            rng.text(BASE64, 33),
            "AZEG".into(),
            rng.text(b"ABCDEFGHIJKLMNOP", 1),
        ]
        .concat()
        .into_bytes()
        .into_iter()
        .chain(rng.text(BASE64, 4).into_bytes())
        .chain(*b"Q=")
        .collect()
    }),
    ("azure-eventhub-key", |rng, _| {
        identifiable(rng, &azure::EVENT_HUB)
    }),
    ("azure-functions-key", |rng, _| {
        identifiable(rng, &azure::FUNCTIONS)
    }),
    ("azure-iot-key", |rng, _| identifiable(rng, &azure::IOT)),
    ("azure-legacy-key-32", |rng, _| coded(&rng.bytes(32))),
    ("azure-legacy-key-64", |rng, _| coded(&rng.bytes(64))),
    ("azure-ml-key", |rng, _| identifiable(rng, &azure::ML)),
    ("azure-redis-key", redis),
    ("azure-relay-key", |rng, _| identifiable(rng, &azure::RELAY)),
    ("azure-sas", sas),
    ("azure-search-key", |rng, _| {
        identifiable(rng, &azure::SEARCH)
    }),
    ("azure-servicebus-key", |rng, _| {
        identifiable(rng, &azure::SERVICE_BUS)
    }),
    ("azure-storage-key", |rng, _| {
        identifiable(rng, &azure::STORAGE)
    }),
    ("base64-text", |rng, _| {
        let password = rng.text(BASE62, 15);
        base64_encode(password.as_bytes(), Alphabet::Standard, true).into_bytes()
    }),
    ("basic-auth", basic_auth),
    ("cisco-type7", |rng, _| {
        let password = rng.text(BASE62, 10);
        let offset = rng.below(16) as u8;
        cisco_type7_encode(password.as_bytes(), offset).into_bytes()
    }),
    ("crc32-atlassian", atlassian),
    ("crc32-base62", |rng, asked| {
        let usual = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "npm_"];
        summed(rng, asked, &usual, 30, crc::base62_suffix)
    }),
    ("crc32-cloudflare", |rng, asked| {
        summed(
            rng,
            asked,
            &["cfut_", "cfat_", "cfk_"],
            40,
            crc::lower_hex_suffix,
        )
    }),
    ("crc32-confluent", |rng, _| {
        summed(rng, "cflt", &[], 54, crc::confluent_suffix)
    }),
    ("crc32-grafana", |rng, _| {
        let head = ["glsa", "_", &rng.text(BASE62, 32)].concat();
        [&head, "_", &crc::grafana_suffix(head.as_bytes())]
            .concat()
            .into_bytes()
    }),
    ("crc32-zuplo", |rng, _| {
        let body = rng.text(HEX, 32);
        let sum = crc::lower_hex_suffix(body.as_bytes());
        ["zpka", "_", &body, "_", &sum].concat().into_bytes()
    }),
    ("discord-bot-token", discord),
    ("docker-auth", basic_auth),
    ("entra-secret", |rng, _| {
        let head = [
            rng.text(BASE62, 3),
            "8Q~".into(),
            rng.text(azure::BASE66, 31),
        ]
        .concat();
        [&head, azure::entra_suffix(head.as_bytes()).as_str()]
            .concat()
            .into_bytes()
    }),
    ("gitlab-routable", gitlab_routable),
    ("nuget-v4", |rng, _| {
        let mut id = b"v4".to_vec();
        id.extend(rng.bytes(10).iter().map(|b| b | 1));
        let key = base32_encode(&id) + &base32_encode(&rng.bytes(16));
        key.to_lowercase().into_bytes()
    }),
    ("openai-key", openai),
    ("sendgrid-key", |rng, _| {
        let mut part = |n| base64_encode(&rng.bytes(n), Alphabet::Url, false);
        ["SG".to_owned(), part(16), part(32)].join(".").into_bytes()
    }),
    ("slack-token", slack),
    ("stripe-key", |rng, asked| {
        let prefix = prefix_or(rng, asked, &["sk_live_", "rk_live_", "sk_test_"]);
        let body = ["51", &rng.text(BASE62, 97)].concat();
        [prefix, &body].concat().into_bytes()
    }),
    ("telegram-bot", |rng, _| {
        let id = ["7", &rng.text(DIGITS, 9)].concat();
        [&id, ":AA", &rng.text(BASE64_URL, 33)]
            .concat()
            .into_bytes()
    }),
    ("twilio-sid", |rng, asked| {
        let prefix = prefix_or(rng, asked, &["SK", "AC"]);
        [prefix, &rng.text(HEX, 32)].concat().into_bytes()
    }),
];

/// Writes standard base64 with padding.
fn coded(bytes: &[u8]) -> Vec<u8> {
    base64_encode(bytes, Alphabet::Standard, true).into_bytes()
}

/// Writes prefix, base62 body and the checksum of the body.
fn summed(
    rng: &mut Rng,
    asked: &str,
    usual: &[&str],
    size: usize,
    suffix: fn(&[u8]) -> String,
) -> Vec<u8> {
    let prefix = prefix_or(rng, asked, usual).to_owned();
    let body = rng.text(BASE62, size);
    let sum = suffix(body.as_bytes());
    [prefix, body, sum].concat().into_bytes()
}

fn atlassian(rng: &mut Rng, asked: &str) -> Vec<u8> {
    let prefix = prefix_or(rng, asked, &["ATATT3xFfGF0", "ATCTT3xFfG"]);
    let size = 150 + rng.below(30);
    let head = [prefix, &rng.text(BASE64_URL, size), "="].concat();
    let sum = crc::atlassian_suffix(head.as_bytes());
    [head, sum].concat().into_bytes()
}

fn gitlab_routable(rng: &mut Rng, asked: &str) -> Vec<u8> {
    let prefix = prefix_or(rng, asked, &["glpat-", "glrt-t1_", "glptt-"]).to_owned();
    let routing = format!("o:{}\nu:{}", rng.text(BASE36, 2), rng.text(BASE36, 4));
    let mut bytes = rng.bytes(16);
    bytes.extend(routing.as_bytes());
    bytes.push(routing.len() as u8);
    let payload = base64_encode(&bytes, Alphabet::Url, false);
    // Runner tokens with a type have no version.
    let versioned = !prefix.starts_with("glrt-t") && rng.below(4) > 0;
    let head = prefix + &payload;
    let tail = gitlab::tail(&head, payload.len(), versioned);
    (head + &tail).into_bytes()
}

fn identifiable(rng: &mut Rng, layout: &Layout) -> Vec<u8> {
    let signature = String::from_utf8_lossy(layout.signature);
    // Search keys are letters and digits only, checksum included.
    let plain = layout.signature == azure::SEARCH.signature;
    let alphabet = if plain { BASE62 } else { BASE64 };
    loop {
        let text = [&rng.text(alphabet, layout.offset()), &*signature, "AAAAAA"].concat();
        let mut bytes = base64(text.as_bytes()).unwrap_or_default();
        let label = layout.labels[rng.below(layout.labels.len())];
        if let Some((body, sum)) = bytes.split_last_chunk_mut::<4>() {
            *sum = marvin32(body, label).to_le_bytes();
        }
        let key = base64_encode(&bytes, layout.alphabet, true).into_bytes();
        if !plain || key.iter().all(u8::is_ascii_alphanumeric) {
            return key;
        }
    }
}

fn redis(rng: &mut Rng, _: &str) -> Vec<u8> {
    if rng.below(4) > 0 {
        return identifiable(rng, &azure::REDIS);
    }
    let filler = [&rng.text(BASE62, 33), "AzCa", "AAAAAA="].concat();
    azure::redis_rewritten(filler.as_bytes()).unwrap_or_default()
}

fn cask(rng: &mut Rng, asked: &str) -> Vec<u8> {
    let provider = prefix_or(rng, asked, &["AZDO", "AAABACOG", "AZMP", "AZAC"]);
    let mut head = rng.text(BASE62, 52) + "JQQJ99BK";
    let filler = 80usize.saturating_sub(head.len() + provider.len());
    head.push_str(&"A".repeat(filler));
    head.push_str(provider);
    let [sum, ..] = azure::cask_suffixes(head.as_bytes()).unwrap_or_default();
    [&head, sum.get(..4).unwrap_or_default()]
        .concat()
        .into_bytes()
}

fn devops_pat(rng: &mut Rng, _: &str) -> Vec<u8> {
    let mut bytes: [u8; 32] = std::array::from_fn(|_| rng.next_u64() as u8);
    let sum = devops_sum(&bytes) ^ DEVOPS_SEEDS[rng.below(2)];
    for (at, byte) in DEVOPS_SUM_AT.into_iter().zip(sum.to_le_bytes()) {
        bytes[at] = byte;
    }
    base32_encode(&bytes).to_lowercase().into_bytes()
}

fn sas(rng: &mut Rng, _: &str) -> Vec<u8> {
    let signature = base64_encode(&rng.bytes(32), Alphabet::Standard, true)
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let day = rng.below(28) + 1;
    let fields = "sv=2024-11-04&ss=b&srt=sco&sp=rl&se=";
    format!("{fields}2031-05-{day:02}T00%3A00%3A00Z&spr=https&sig={signature}").into_bytes()
}

fn basic_auth(rng: &mut Rng, _: &str) -> Vec<u8> {
    let user = rng.text(BASE36, 6);
    coded([&user, ":", &rng.text(BASE62, 14)].concat().as_bytes())
}

fn aws_access_key_id(rng: &mut Rng, asked: &str) -> Vec<u8> {
    let prefix = prefix_or(rng, asked, &["AKIA", "ASIA"]);
    let account = u128::from(rng.next_u64() % 999_999_999_999 + 1);
    let low = u128::from(rng.next_u64()) & ((1 << 39) - 1);
    let number = 1u128 << 79 | account << 39 | low;
    let id = base32_encode(&number.to_be_bytes()[6..]);
    debug_assert!(id.bytes().all(|b| BASE32.contains(&b)));
    [prefix, &id].concat().into_bytes()
}

fn atlassian_dc(rng: &mut Rng, asked: &str) -> Vec<u8> {
    let prefix = match asked {
        "BBDC-" => asked,
        _ => rng.pick(&["", "BBDC-"]),
    };
    let bytes = [rng.text(DIGITS, 12).as_bytes(), b":", &rng.bytes(20)].concat();
    [prefix.as_bytes(), &coded(&bytes)].concat()
}

fn openai(rng: &mut Rng, asked: &str) -> Vec<u8> {
    let prefix = prefix_or(rng, asked, &["sk-", "sk-proj-", "sk-svcacct-", "sk-admin-"]);
    let (alphabet, half) = match prefix {
        "sk-" => (BASE62, 20),
        _ => (BASE64_URL, rng.pick(&[20, 58, 74])),
    };
    let (left, right) = (rng.text(alphabet, half), rng.text(alphabet, half));
    [
        prefix.as_bytes(),
        left.as_bytes(),
        OPENAI_MARK,
        right.as_bytes(),
    ]
    .concat()
}

fn anthropic(rng: &mut Rng, asked: &str) -> Vec<u8> {
    let prefix = prefix_or(rng, asked, &["sk-ant-api03-", "sk-ant-admin01-"]);
    [prefix, &rng.text(BASE64_URL, 93), "AA"]
        .concat()
        .into_bytes()
}

fn discord(rng: &mut Rng, _: &str) -> Vec<u8> {
    // Ids of 18 or 19 digits, from 2016 to 2030.
    let day = 366 + rng.below(5000) as u64;
    debug_assert!(day * 86_400_000 < DISCORD_EPOCH_MS);
    let id = (day * 86_400_000) << 22 | rng.next_u64() >> 42;
    let head = base64_encode(id.to_string().as_bytes(), Alphabet::Url, false);
    let stamp = ["G", &rng.text(BASE64_URL, 5)].concat();
    let mac = rng.text(BASE64_URL, 38);
    [head, stamp, mac].join(".").into_bytes()
}

fn slack(rng: &mut Rng, asked: &str) -> Vec<u8> {
    let usual = ["xoxb-", "xoxp-", "xapp-", "xoxe.xoxp-", "xoxe-", "xoxc-"];
    let prefix = prefix_or(rng, asked, &usual);
    let mut id = || ["1", &rng.text(DIGITS, 11)].concat();
    let (a, b, c) = (id(), id(), id());
    let rest = match prefix {
        "xoxb-" => [a, b, rng.text(BASE62, 24)].join("-"),
        "xapp-" => {
            let app = ["A0", &rng.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 9)].concat();
            ["1".to_owned(), app, a + "1", rng.text(HEX, 64)].join("-")
        }
        "xoxe-" => ["1".to_owned(), rng.text(BASE62, 146)].join("-"),
        "xoxc-" => [a, b, c, rng.text(HEX, 64)].join("-"),
        _ if prefix.starts_with("xoxe.") => ["1".to_owned(), rng.text(BASE62, 166)].join("-"),
        _ => [a, b, c, hex_encode(&rng.bytes(16))].join("-"),
    };
    [prefix, &rest].concat().into_bytes()
}

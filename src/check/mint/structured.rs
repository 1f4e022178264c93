//! Generators of tokens that contain JSON, protobuf or MessagePack: JSON web
//! tokens, macaroons, Vault, and the base64-of-JSON families.

use super::super::encoding::{Alphabet, BASE36, BASE62, base_n, base64_encode};
use super::keys;
use super::{Maker, Rng};

const DIGITS: &[u8] = b"0123456789";

pub(super) const MAKERS: &[(&str, Maker)] = &[
    ("artifactory-reference-token", |rng, _| {
        // Some moment between 2027 and 2033, or never.
        let expiry = match rng.below(4) {
            0 => 0,
            _ => 1_800_000_000 + rng.below(200_000_000),
        };
        let text = format!("reftkn:01:{expiry:010}:{}", rng.text(BASE62, 27));
        standard(text.as_bytes()).into_bytes()
    }),
    ("aws-bedrock-long", |rng, _| {
        let (name, account) = (rng.text(BASE36, 4), rng.text(DIGITS, 12));
        let secret = standard(&rng.bytes(36));
        let text = format!("BedrockAPIKey-{name}-at-{account}:{secret}");
        ["ABSK", &standard(text.as_bytes())].concat().into_bytes()
    }),
    ("aws-bedrock-short", |rng, _| {
        let id = rng.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16);
        let signature = rng.text(b"0123456789abcdef", 64);
        let text = [
            "bedrock.amazonaws.com/?Action=CallWithBearerToken",
            "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AS",
            "IA",
            &id,
            "%2F20270101%2Fus-east-1%2Fbedrock%2Faws4_request&X-Amz-Date=20270101T180000Z",
            "&X-Amz-Expires=43200&X-Amz-SignedHeaders=host&X-Amz-Signature=",
            &signature,
            "&Version=1",
        ];
        let coded = standard(text.concat().as_bytes());
        ["bedrock-api-key-", &coded].concat().into_bytes()
    }),
    ("aws-session-token", session_token),
    ("fly-macaroon", fly),
    ("github-app-jwt", |rng, _| {
        let app = rng.text(b"123456789", 6);
        let body = signed(rng, "RS256", 256, ",\"kid\":\"main\"");
        ["ghs", "_", &app, "_", &body].concat().into_bytes()
    }),
    ("google-service-account", |rng, _| google(rng)),
    ("cloudflare-tunnel", |rng, _| {
        let hex = |rng: &mut Rng, n| rng.text(b"0123456789abcdef", n);
        let account = hex(rng, 32);
        let tunnel = [8, 4, 4, 4, 12].map(|n| hex(rng, n)).join("-");
        let secret = standard(&rng.bytes(32));
        let json = format!(r#"{{"a":"{account}","t":"{tunnel}","s":"{secret}"}}"#);
        standard(json.as_bytes()).into_bytes()
    }),
    ("signed-session", |rng, prefix| {
        let url = |bytes: &[u8]| base64_encode(bytes, Alphabet::Url, false);
        let user = 1000 + rng.below(9000);
        let payload = match prefix {
            ".eJ" => format!(".{}", url(&[&[0x78, 0x9c][..], &rng.bytes(24)].concat())),
            _ => url(format!(r#"{{"_user_id":"{user}","_fresh":true}}"#).as_bytes()),
        };
        let time = 1_800_000_000 + rng.below(100_000_000) as u32;
        let text = match rng.below(2) {
            0 => [payload, url(&time.to_be_bytes()), url(&rng.bytes(20))].join("."),
            _ => [
                payload,
                base_n(u64::from(time), BASE62, 6),
                url(&rng.bytes(32)),
            ]
            .join(":"),
        };
        text.into_bytes()
    }),
    ("grafana-cloud", |rng, _| {
        let (org, key) = (rng.text(DIGITS, 6), rng.text(BASE62, 24));
        let json = format!(r#"{{"o":"{org}","n":"demo-name","k":"{key}","m":{{"r":"us"}}}}"#);
        ["glc", "_", &standard(json.as_bytes())]
            .concat()
            .into_bytes()
    }),
    ("grafana-legacy", |rng, _| {
        let json = format!(r#"{{"k":"{}","n":"demo","id":1}}"#, rng.text(BASE62, 32));
        standard(json.as_bytes()).into_bytes()
    }),
    ("jwt", |rng, _| {
        let (alg, size) = rng.pick(&[("HS256", 32), ("HS512", 64), ("RS256", 256), ("ES256", 64)]);
        signed(rng, alg, size, "").into_bytes()
    }),
    ("onepassword-service-account", |rng, _| onepassword(rng)),
    ("pypi-macaroon", pypi),
    ("sentry-org-token", |rng, _| {
        let iat = 1_700_000_000 + rng.below(100_000_000);
        let json = format!(
            r#"{{"iat":{iat}.25,"url":"https://sentry.io","region_url":"https://us.sentry.io","org":"demo"}}"#
        );
        let secret = base64_encode(&rng.bytes(32), Alphabet::Standard, false);
        ["sntrys", "_", &standard(json.as_bytes()), "_", &secret]
            .concat()
            .into_bytes()
    }),
    ("vault-batch-token", |rng, _| {
        let bytes = [&[0, 0, 0, 1, 2][..], &rng.bytes(120)].concat();
        ["hvb", ".", &url(&bytes)].concat().into_bytes()
    }),
    ("vault-service-token", |rng, _| {
        let token = ["hvs", ".", &rng.text(BASE62, 24)].concat();
        let mut inner = vec![0x0a, token.len() as u8];
        inner.extend(token.as_bytes());
        inner.extend([0x18, rng.below(128) as u8]);
        let mut bytes = b"\x08\x01\x12\x20".to_vec();
        bytes.extend(rng.bytes(32));
        bytes.extend([0x1a, inner.len() as u8]);
        bytes.extend(inner);
        ["hvs", ".", &url(&bytes)].concat().into_bytes()
    }),
    ("vault-unseal-key", |rng, _| {
        let mut share = rng.bytes(33);
        share[32] |= 1;
        standard(&share).into_bytes()
    }),
];

fn standard(bytes: &[u8]) -> String {
    base64_encode(bytes, Alphabet::Standard, true)
}

fn url(bytes: &[u8]) -> String {
    base64_encode(bytes, Alphabet::Url, false)
}

/// Writes a JSON web token with a random signature.
fn signed(rng: &mut Rng, alg: &str, size: usize, more: &str) -> String {
    let header = format!(r#"{{"alg":"{alg}","typ":"JWT"{more}}}"#);
    let expiry = 1_800_000_000 + rng.below(100_000_000);
    let claims = format!(
        r#"{{"iss":"https://issuer.example","sub":"{}","exp":{expiry}}}"#,
        rng.text(BASE36, 16)
    );
    let parts = [
        url(header.as_bytes()),
        url(claims.as_bytes()),
        url(&rng.bytes(size)),
    ];
    parts.join(".")
}

fn session_token(rng: &mut Rng, asked: &str) -> Vec<u8> {
    let heads: [&[u8]; 3] = [
        b"\x21\x0a\x09origin",
        b"\x17\x0a\x06er/aws",
        b"\x15\x0a\x06er/aws",
    ];
    let mut head = heads[rng.below(heads.len())];
    for candidate in heads {
        if !asked.is_empty() && standard(candidate).starts_with(asked) {
            head = candidate;
        }
    }
    let size = 300 + rng.below(200);
    standard(&[head, &rng.bytes(size)].concat()).into_bytes()
}

fn fly(rng: &mut Rng, asked: &str) -> Vec<u8> {
    let mut bytes = vec![0x94, 0x93, 0xc4, 16];
    bytes.extend(rng.bytes(16));
    bytes.extend([0xc4, 16]);
    bytes.extend(rng.bytes(16));
    bytes.extend(b"\xc2\xb9https://api.fly.io/aaa/v1\x92\x02\x92\x01\x02");
    bytes.extend([0xc4, 32]);
    bytes.extend(rng.bytes(32));
    let scheme = if asked.starts_with("FlyV1 ") {
        "FlyV1 "
    } else {
        ""
    };
    [scheme, "fm2", "_", &standard(&bytes)]
        .concat()
        .into_bytes()
}

fn pypi(rng: &mut Rng, asked: &str) -> Vec<u8> {
    let main: [&[u8]; 2] = [b"pypi.org", b"test.pypi.org"];
    let index = if asked.starts_with("pypi-AgEN") {
        main[1]
    } else if asked.starts_with("pypi-AgEI") {
        main[0]
    } else {
        main[rng.below(2)]
    };
    let uuid = |rng: &mut Rng| {
        let hex = b"0123456789abcdef";
        [8, 4, 4, 4, 12].map(|n| rng.text(hex, n)).join("-")
    };
    let mut bytes = vec![2];
    let mut field = |kind: u8, data: &[u8]| {
        bytes.extend([kind, data.len() as u8]);
        bytes.extend(data);
    };
    field(1, index);
    let identifier = uuid(rng);
    field(2, identifier.as_bytes());
    let caveat = match rng.below(2) {
        0 => format!("[1,[\"{}\"]]", rng.text(BASE36, 8)),
        _ => format!("[3,\"{}\"]", uuid(rng)),
    };
    bytes.push(0);
    bytes.extend([2, caveat.len() as u8]);
    bytes.extend(caveat.as_bytes());
    bytes.extend([0, 0, 6, 32]);
    bytes.extend(rng.bytes(32));
    ["pypi", "-", &url(&bytes)].concat().into_bytes()
}

fn onepassword(rng: &mut Rng) -> Vec<u8> {
    let json = format!(
        concat!(
            r#"{{"signInAddress":"demo.1password.com","userAuth":{{"method":"SRPg-4096","alg":"PBES2g-HS256","#,
            r#""iterations":650000,"salt":"{}"}},"email":"demo@1passwordserviceaccounts.com","srpX":"{}","#,
            r#""muk":{{"alg":"A256GCM","ext":true,"k":"{}","kty":"oct"}},"secretKey":"A3-{}","#,
            r#""throttleSecret":{{"seed":"{}","uuid":"x"}},"deviceUuid":"{}"}}"#
        ),
        rng.text(BASE62, 22),
        rng.text(b"0123456789abcdef", 64),
        rng.text(BASE62, 43),
        rng.text(b"23456789ABCDEFGHJKLMNPQRSTVWXYZ", 6),
        rng.text(b"0123456789abcdef", 64),
        rng.text(BASE36, 26),
    );
    ["ops", "_", &url(json.as_bytes())].concat().into_bytes()
}

fn google(rng: &mut Rng) -> Vec<u8> {
    let id = rng.text(b"0123456789abcdef", 40);
    let body = keys::pkcs8_rsa(rng);
    let key = keys::armour("PRIVATE KEY", "", &body).replace('\n', "\\n");
    let lines = [
        "{\n  \"type\": \"service_account\",\n  \"project_id\": \"demo-project\",\n  \"private_key_id\": \"",
        &id,
        "\",\n  \"private_key\": \"",
        &key,
        "\",\n  \"client_email\": \"demo@demo-project.iam.gserviceaccount.com\",\n",
        "  \"client_id\": \"100000000000000000000\"\n}",
    ];
    lines.concat().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::mint_with_prefix;

    #[test]
    fn prefixes_inside_the_coded_text() {
        for prefix in ["AgEIcHlwaS5vcmc", "AgENdGVzdC5weXBpLm9yZw"] {
            let prefix = ["pypi-", prefix].concat();
            assert!(mint_with_prefix("pypi-macaroon", &prefix, 1).is_some());
        }
        // A maker that cannot use the prefix gives no value.
        assert_eq!(mint_with_prefix("jwt", "ghp_", 1), None);
    }
}

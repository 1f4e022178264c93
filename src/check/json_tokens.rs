//! Tokens that are base64 of a JSON object with known members: Grafana, Sentry
//! and 1Password. Also Google's service-account files, which are the JSON
//! itself.

use super::encoding::base64;
use super::json::Object;
use super::{Outcome, private_key, valid};
use crate::calendar::date;

/// Longest text that is read; the real ones stay below 8 KiB.
const MAX_LEN: usize = 1 << 20;

/// Returns whether the text is base64 of a JSON object with all these members.
fn decodes_to(text: Option<&[u8]>, members: &[&str]) -> bool {
    text.filter(|text| text.len() <= MAX_LEN)
        .and_then(base64)
        .is_some_and(|bytes| Object::parse(&bytes).is_some_and(|object| object.has_all(members)))
}

/// Returns `Valid(text)` if the condition is true, else that the value does not
/// decode.
fn decoded(fits: bool, text: &str) -> Outcome {
    if fits {
        valid(text)
    } else {
        Outcome::Invalid("does not decode to the expected JSON")
    }
}

/// Checks Grafana Cloud access-policy tokens: `glc_` and base64 JSON.
pub(crate) fn grafana_cloud(token: &[u8]) -> Outcome {
    let body = token.strip_prefix(b"glc_");
    decoded(decodes_to(body, &["o", "n", "k"]), "Grafana Cloud token")
}

/// Checks tokens of Cloudflare's tunnels: base64 JSON with an account, a tunnel and a secret.
pub(crate) fn cloudflare_tunnel(token: &[u8]) -> Outcome {
    decoded(
        decodes_to(Some(token), &["a", "t", "s"]),
        "Cloudflare tunnel and its secret",
    )
}

/// Checks Grafana's old API keys: base64 JSON alone.
pub(crate) fn grafana_legacy(token: &[u8]) -> Outcome {
    decoded(
        decodes_to(Some(token), &["k", "n", "id"]),
        "Grafana API key",
    )
}

/// Checks Sentry organization tokens (`sntrys_`, base64 JSON, `_`, 32 bytes in
/// base64) and names the day of issue.
pub(crate) fn sentry(token: &[u8]) -> Outcome {
    const BAD: Outcome = Outcome::Invalid("does not decode to the expected JSON");
    let Some(rest) = token
        .strip_prefix(b"sntrys_")
        .filter(|r| r.len() <= MAX_LEN)
    else {
        return BAD;
    };
    let Some(end) = rest.iter().rposition(|&b| b == b'_') else {
        return BAD;
    };
    let head = base64(&rest[..end]);
    let Some(object) = head.as_deref().and_then(Object::parse) else {
        return BAD;
    };
    if !object.has_all(&["iat", "url", "org"]) {
        return BAD;
    }
    if base64(&rest[end + 1..]).is_none_or(|secret| secret.len() != 32) {
        return Outcome::Invalid("secret is not 32 bytes");
    }
    let issued = object.get("iat").and_then(|v| v.as_seconds());
    match issued.and_then(date) {
        Some(day) => valid(format!("Sentry organization token, created {day}")),
        None => valid("Sentry organization token"),
    }
}

/// Checks 1Password service-account tokens: `ops_` and base64 JSON.
pub(crate) fn onepassword(token: &[u8]) -> Outcome {
    let members = [
        "signInAddress",
        "userAuth",
        "email",
        "srpX",
        "muk",
        "secretKey",
    ];
    let body = token.strip_prefix(b"ops_");
    decoded(
        decodes_to(body, &members),
        "1Password service account token",
    )
}

/// Checks a Google service-account file and the private key inside.
pub(crate) fn google_service_account(text: &[u8]) -> Outcome {
    if text.len() > MAX_LEN {
        return Outcome::Unknown;
    }
    let Some(object) = Object::parse(text) else {
        return Outcome::Invalid("not a JSON object");
    };
    if object.text("type") != Some("service_account") {
        return Outcome::Invalid("type is not service_account");
    }
    let mail = object.text("client_email").unwrap_or_default();
    if !mail.contains('@') || !mail.ends_with(".gserviceaccount.com") {
        return Outcome::Invalid("client_email is not a service account's");
    }
    let Some(key) = object.text("private_key") else {
        return Outcome::Invalid("no private_key");
    };
    match private_key::pem(key.as_bytes()) {
        Outcome::Valid(kind) => {
            // Neither is secret, and both are needed to revoke it.
            let of = match named(mail) {
                true => format!(" of {mail}"),
                false => String::new(),
            };
            let id = object.text("private_key_id").filter(|id| named(id));
            let id = id.map_or(String::new(), |id| format!(", id {id}"));
            valid(format!("service account key{of}{id}, {kind}"))
        }
        Outcome::Invalid(_) => Outcome::Invalid("private_key does not parse"),
        Outcome::Unknown => Outcome::Unknown,
    }
}

/// Whether a text is a name of a service account or a key, and short.
fn named(text: &str) -> bool {
    let sign = |b: u8| b.is_ascii_alphanumeric() || b"@.-_".contains(&b);
    !text.is_empty() && text.len() <= 128 && text.bytes().all(sign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::{Alphabet, base64_encode};
    use crate::check::mint::mint;
    use crate::check::testing::{assert_invalid, assert_valid};

    fn coded(json: &str) -> String {
        base64_encode(json.as_bytes(), Alphabet::Standard, true)
    }

    #[test]
    fn grafana() {
        let json = coded(r#"{"o":"1","n":"demo","k":"synthetic","m":{"r":"us"}}"#);
        assert_valid(
            grafana_cloud(["glc_", &json].concat().as_bytes()),
            "Grafana Cloud token",
        );
        assert_invalid(grafana_cloud(["glc_", &json[4..]].concat().as_bytes()));
        let old = coded(r#"{"k":"synthetic","n":"demo","id":1}"#);
        assert!(old.starts_with("eyJrIjoi"));
        assert_valid(grafana_legacy(old.as_bytes()), "Grafana API key");
        assert_invalid(grafana_legacy(json.as_bytes()));
    }

    #[test]
    fn sentry_tokens() {
        let json = coded(
            r#"{"iat":1798848000.5,"url":"https://sentry.io","region_url":"https://us.sentry.io","org":"demo"}"#,
        );
        let secret = base64_encode(&[1; 32], Alphabet::Standard, false);
        let token = ["sntrys", "_", &json, "_", &secret].concat();
        assert_valid(
            sentry(token.as_bytes()),
            "Sentry organization token, created 2027-01-02",
        );
        assert_invalid(sentry(&token.as_bytes()[..token.len() - 3]));
        assert_invalid(sentry(b"sntrys_"));
    }

    #[test]
    fn onepassword_tokens() {
        let json = r#"{"signInAddress":"x","userAuth":{},"email":"x","srpX":"x","muk":{},"secretKey":"x"}"#;
        let token = [
            "ops",
            "_",
            &base64_encode(json.as_bytes(), Alphabet::Url, false),
        ]
        .concat();
        assert_valid(
            onepassword(token.as_bytes()),
            "1Password service account token",
        );
        let other = ["ops", "_", &coded("{}")].concat();
        assert_invalid(onepassword(other.as_bytes()));
    }

    #[test]
    fn google_files() {
        let file = mint("google-service-account", 1).unwrap();
        let text = String::from_utf8(file).unwrap();
        assert!(matches!(
            google_service_account(text.as_bytes()),
            Outcome::Valid(what) if what.starts_with("service account key of ") && what.contains(", id ") && what.contains(", RSA ")
        ));
        for (from, to) in [
            ("service_account", "authorized_user"),
            (".gserviceaccount.com", ".example.com"),
            ("\"private_key\"", "\"public_key\""),
            ("-----END", "-----FIN"),
        ] {
            assert_invalid(google_service_account(text.replace(from, to).as_bytes()));
        }
    }
}

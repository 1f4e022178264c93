//! JSON web tokens (RFC 7519): the three parts decode, the header names an algorithm, the signature
//! has that algorithm's size. Signatures are not verified, because that needs a key.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};

use super::encoding::base64;
use super::json::Object;
use super::{Outcome, SAMPLE, valid};
use crate::calendar::date;

/// Longest token that is read; real ones stay below 16 KiB.
const MAX_LEN: usize = 1 << 20;

/// Signatures of tokens in documentation: jwt.io (three secrets) and RFC 7515 appendix A.1.
const PUBLISHED: [&[u8]; 4] = [
    b"SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    b"TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ",
    b"KMUFsIDTnFmyG3nMiGM6H9FNFUROf3wh7SmqJp-QV30",
    b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
];

/// Secrets that the documentation of libraries and services signs its tokens with: PyJWT, Node's
/// jsonwebtoken, jwt.io, Supabase's local stack. Anybody can make tokens with them.
const PUBLISHED_SECRETS: [&[u8]; 8] = [
    b"secret",
    b"shhhhh",
    b"your-256-bit-secret",
    b"your-384-bit-secret",
    b"your-512-bit-secret",
    b"a-string-secret-at-least-256-bits-long",
    b"a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
    b"super-secret-jwt-token-with-at-least-32-characters-long",
];

/// Returns whether a token is one of documentation: its signature or its claims are published, or
/// a published secret signed it.
pub(crate) fn is_sample(token: &[u8]) -> bool {
    if token.len() > MAX_LEN || !token.starts_with(b"ey") {
        return false;
    }
    let parts: Vec<&[u8]> = token.splitn(4, |&b| b == b'.').collect();
    let [header, payload, signature] = parts[..] else {
        return false;
    };
    if PUBLISHED.contains(&signature) {
        return true;
    }
    let sample = with_object(payload, |claims| {
        let jwt_io =
            claims.text("sub") == Some("1234567890") && claims.text("name") == Some("John Doe");
        jwt_io || claims.text("iss") == Some("supabase-demo")
    });
    let signed = &token[..header.len() + 1 + payload.len()];
    sample == Some(true) || is_signed_with_published(header, signed, signature)
}

/// Returns whether a published secret signed `text`.
fn is_signed_with_published(header: &[u8], text: &[u8], signature: &[u8]) -> bool {
    fn signs<M: Mac + KeyInit>(secret: &[u8], text: &[u8], signature: &[u8]) -> bool {
        <M as KeyInit>::new_from_slice(secret)
            .is_ok_and(|mac| mac.chain_update(text).verify_slice(signature).is_ok())
    }
    let alg = with_object(header, |object| object.text("alg").map(str::to_owned));
    let (Some(Some(alg)), Some(signature)) = (alg, base64(signature)) else {
        return false;
    };
    PUBLISHED_SECRETS.iter().any(|secret| match &*alg {
        "HS256" => signs::<Hmac<Sha256>>(secret, text, &signature),
        "HS384" => signs::<Hmac<Sha384>>(secret, text, &signature),
        "HS512" => signs::<Hmac<Sha512>>(secret, text, &signature),
        _ => false,
    })
}

/// Checks a JSON web token and names algorithm and expiry. For encrypted tokens (five parts), it
/// reads only the header.
pub(crate) fn jwt(token: &[u8]) -> Outcome {
    if token.len() > MAX_LEN {
        return Outcome::Unknown;
    }
    let parts: Vec<&[u8]> = token.splitn(6, |&b| b == b'.').collect();
    match parts[..] {
        [header, payload, signature] if is_sample(token) && !signature.is_empty() => {
            match signed(header, payload, signature) {
                Outcome::Valid(_) => Outcome::Invalid(SAMPLE),
                other => other,
            }
        }
        [header, payload, signature] => signed(header, payload, signature),
        [header, _, _, _, tag] => encrypted(header, tag),
        _ => Outcome::Invalid("not three parts"),
    }
}

/// Returns when a token expires, in seconds since 1970. Of what stands before it
/// (`ghs_1234_`, `Bearer `), nothing counts.
pub(super) fn expires(token: &[u8]) -> Option<i64> {
    if token.len() > MAX_LEN {
        return None;
    }
    let mut parts = token.splitn(4, |&b| b == b'.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    with_object(payload, |claims| claims.get("exp")?.as_seconds())?
}

/// Checks GitHub's stateless installation tokens, `ghs_<app id>_<JWT>`. Only the JWT's header must
/// decode: no more is documented.
pub(crate) fn github_app(token: &[u8]) -> Outcome {
    let Some(rest) = token.strip_prefix(b"ghs_") else {
        return Outcome::Unknown;
    };
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let Some(inner) = rest[digits..].strip_prefix(b"_").filter(|_| digits > 0) else {
        return Outcome::Unknown;
    };
    if token.len() > MAX_LEN {
        return Outcome::Unknown;
    }
    let parts: Vec<&[u8]> = inner.splitn(4, |&b| b == b'.').collect();
    let [header, payload, signature] = parts[..] else {
        return Outcome::Invalid("not three parts");
    };
    match with_object(header, |object| object.text("alg").map(algorithm)) {
        None | Some(None) => Outcome::Invalid("header is not a JSON object with alg"),
        Some(Some(name)) if !signature.is_empty() => {
            let ends = with_object(payload, expiry).unwrap_or("payload not readable".to_owned());
            valid(format!("GitHub App token, {name}, {ends}"))
        }
        Some(Some(_)) => Outcome::Invalid("unsigned JWT"),
    }
}

/// Checks a signed token's three parts.
fn signed(header: &[u8], payload: &[u8], signature: &[u8]) -> Outcome {
    let head = with_object(header, |object| {
        let team_city = object.text("typ") == Some("TCV2");
        (object.text("alg").map(str::to_owned), team_city)
    });
    let alg = match head {
        None => return Outcome::Invalid("header is not a JSON object"),
        // TeamCity's tokens look like JWTs but have no algorithm and no JSON payload.
        Some((None, true)) => return Outcome::Unknown,
        Some((None, false)) => return Outcome::Invalid("header without alg"),
        Some((Some(alg), _)) => alg,
    };
    if signature.is_empty() || alg.eq_ignore_ascii_case("none") {
        return Outcome::Invalid("unsigned JWT");
    }
    let claims = with_object(payload, |claims| {
        let cluster = claims.text("iss") == Some("kubernetes/serviceaccount")
            || claims
                .text("sub")
                .is_some_and(|sub| sub.starts_with("system:serviceaccount:"));
        (cluster, expiry(claims))
    });
    let Some((cluster, ends)) = claims else {
        return Outcome::Invalid("payload is not a JSON object");
    };
    match base64(signature) {
        None => return Outcome::Invalid("signature is not base64"),
        Some(bytes) if !size_fits(&alg, bytes.len()) => {
            return Outcome::Invalid("signature size does not fit the algorithm");
        }
        Some(_) => {}
    }
    let what = if cluster {
        "Kubernetes service account JWT"
    } else {
        "JWT"
    };
    valid(format!("{what}, {}, {ends}", algorithm(&alg)))
}

/// Checks an encrypted token's header.
fn encrypted(header: &[u8], tag: &[u8]) -> Outcome {
    let fits = with_object(header, |object| object.has_all(&["alg", "enc"]));
    if fits == Some(true) && !tag.is_empty() {
        valid("encrypted JWT")
    } else {
        Outcome::Invalid("header is not a JSON object with alg and enc")
    }
}

/// Decodes a part, parses it as an object and passes it to `read`.
fn with_object<T>(part: &[u8], read: impl FnOnce(&Object) -> T) -> Option<T> {
    let bytes = base64(part)?;
    Object::parse(&bytes).map(|object| read(&object))
}

/// Describes the `exp` claim in words.
fn expiry(claims: &Object) -> String {
    match claims.get("exp") {
        None => "no expiry".to_owned(),
        Some(value) => match value.as_seconds().and_then(date) {
            Some(day) => format!("expires {day}"),
            None => "expiry not readable".to_owned(),
        },
    }
}

/// Returns the algorithm's name if it looks like one. Any other text from the token is not
/// repeated.
fn algorithm(alg: &str) -> String {
    let plain = alg.len() <= 16 && alg.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if plain {
        alg.to_owned()
    } else {
        "unknown algorithm".to_owned()
    }
}

/// Returns whether the algorithm's signatures can have this many bytes (RFC 7518).
fn size_fits(alg: &str, size: usize) -> bool {
    match alg {
        "HS256" => size == 32,
        "HS384" => size == 48,
        "HS512" => size == 64,
        "ES256" | "ES256K" => size == 64,
        "ES384" => size == 96,
        "ES512" => size == 132,
        // Ed25519 or Ed448.
        "EdDSA" => size == 64 || size == 114,
        // The size of the modulus, from 1024 bits to 16384.
        "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => (128..=2048).contains(&size),
        _ => size >= 16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::{Alphabet, base64_encode};
    use crate::check::testing::{assert_invalid, assert_valid};

    fn part(text: &str) -> String {
        base64_encode(text.as_bytes(), Alphabet::Url, false)
    }

    fn token(header: &str, payload: &str, signature: &[u8]) -> String {
        let signature = base64_encode(signature, Alphabet::Url, false);
        [part(header), part(payload), signature].join(".")
    }

    #[test]
    fn algorithm_and_expiry_are_told() {
        let good = token(
            r#"{"alg":"HS256","typ":"JWT"}"#,
            r#"{"exp":1798848000}"#,
            &[7; 32],
        );
        assert_valid(jwt(good.as_bytes()), "JWT, HS256, expires 2027-01-02");
        let forever = token(r#"{"alg":"ES256"}"#, "{}", &[7; 64]);
        assert_valid(jwt(forever.as_bytes()), "JWT, ES256, no expiry");
        let cluster = token(
            r#"{"alg":"RS256"}"#,
            r#"{"sub":"system:serviceaccount:default:x"}"#,
            &[7; 256],
        );
        assert_valid(
            jwt(cluster.as_bytes()),
            "Kubernetes service account JWT, RS256, no expiry",
        );
        let millis = token(r#"{"alg":"HS256"}"#, r#"{"exp":1798848000000}"#, &[7; 32]);
        assert_valid(jwt(millis.as_bytes()), "JWT, HS256, expiry not readable");
        let odd = token(r#"{"alg":"\u001b[31m"}"#, "{}", &[7; 64]);
        assert_valid(jwt(odd.as_bytes()), "JWT, unknown algorithm, no expiry");
        let parts = [
            &part(r#"{"alg":"dir","enc":"A256GCM"}"#),
            "",
            "AAAA",
            "AAAA",
            "AAAA",
        ];
        assert_valid(jwt(parts.join(".").as_bytes()), "encrypted JWT");
    }

    #[test]
    fn published_and_unsigned_tokens_are_refuted() {
        let sample = [
            part(r#"{"alg":"HS256","typ":"JWT"}"#),
            part(r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#),
            ["SflKxwRJSMeKKF2QT4fwpMeJf36POk6", "yJV_adQssw5c"].concat(),
        ]
        .join(".");
        assert_eq!(jwt(sample.as_bytes()), Outcome::Invalid("published sample"));
        let demo = token(r#"{"alg":"HS256"}"#, r#"{"iss":"supabase-demo"}"#, &[7; 32]);
        assert_eq!(jwt(demo.as_bytes()), Outcome::Invalid("published sample"));
        // The manual of PyJWT.
        let python = token(
            r#"{"alg":"HS256","typ":"JWT"}"#,
            r#"{"some":"payload"}"#,
            &[],
        );
        let python = [&python, "4twFt5NiznN84AWoo1d7KO1T", "_yoc0Z6XOpOVswacPZg"].concat();
        assert_eq!(jwt(python.as_bytes()), Outcome::Invalid("published sample"));
        assert!(!is_sample(python.replace("4twF", "4twG").as_bytes()));
        for (alg, signature) in [("none", &[7u8; 32][..]), ("HS256", &[])] {
            let header = format!(r#"{{"alg":"{alg}"}}"#);
            let bare = token(&header, "{}", signature);
            assert_eq!(jwt(bare.as_bytes()), Outcome::Invalid("unsigned JWT"));
        }
    }

    #[test]
    fn other_shapes_are_refuted() {
        for bad in [
            token(r#"{"alg":"HS256"}"#, "{}", &[7; 31]),
            token(r#"{"typ":"JWT"}"#, "{}", &[7; 32]),
            token("[]", "{}", &[7; 32]),
            token(r#"{"alg":"HS256"}"#, "text", &[7; 32]),
            part(r#"{"alg":"HS256"}"#),
            token(r#"{"alg":"HS256"}"#, "{}", &[7; 32]) + ".x",
        ] {
            assert_invalid(jwt(bad.as_bytes()));
        }
        let team_city = token(r#"{"typ": "TCV2"}"#, "text", &[7; 32]);
        assert_eq!(jwt(team_city.as_bytes()), Outcome::Unknown);
    }

    #[test]
    fn github_app_tokens() {
        let inner = token(r#"{"alg":"RS256"}"#, r#"{"exp":1798848000}"#, &[7; 256]);
        let good = ["ghs", "_1234_", &inner].concat();
        assert_valid(
            github_app(good.as_bytes()),
            "GitHub App token, RS256, expires 2027-01-02",
        );
        let classic = ["ghs", "_", &"a".repeat(36)].concat();
        assert_eq!(github_app(classic.as_bytes()), Outcome::Unknown);
        assert_invalid(github_app(["ghs", "_1_a.b.c"].concat().as_bytes()));
    }
}

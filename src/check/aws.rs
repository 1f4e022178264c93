//! AWS credentials: access key IDs, secret access keys, session tokens, SMTP
//! passwords and Bedrock keys. None of them has a checksum.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};

use super::encoding::{base32, base64, percent_decode};
use super::{Outcome, valid};

/// How the account of a key is told, before its number.
pub(super) const ACCOUNT: &str = "AWS account ";

/// Largest account number, twelve nines.
const MAX_ACCOUNT: u64 = 999_999_999_999;

/// Reads the account number from an access key ID of the new generation (fifth
/// character `Q` to `7`). Older IDs contain none.
pub(crate) fn access_key_id(id: &[u8]) -> Outcome {
    let Some((kind, rest)) = id.split_at_checked(4) else {
        return Outcome::Unknown;
    };
    if rest.len() != 16 {
        return Outcome::Unknown;
    }
    let Some(bytes) = base32(rest).filter(|_| rest.iter().all(|b| !b.is_ascii_lowercase())) else {
        // `A3T` and the context-bound kinds were seen with all digits.
        let strict = kind == b"AKIA" || kind == b"ASIA";
        return if strict {
            Outcome::Invalid("not base32")
        } else {
            Outcome::Unknown
        };
    };
    // One bit of generation, then forty bits of account number.
    let Some(head) = bytes
        .first_chunk::<8>()
        .map(|head| u64::from_be_bytes(*head))
    else {
        return Outcome::Unknown;
    };
    if head >> 63 == 0 {
        return Outcome::Unknown;
    }
    let account = head >> 23 & ((1 << 40) - 1);
    if account > MAX_ACCOUNT {
        return Outcome::Invalid("account number out of range");
    }
    valid(format!("{ACCOUNT}{account:012}"))
}

/// Refutes hex digests, single-case words and paths as secret access keys. Any
/// other 40 base64 characters prove nothing.
pub(crate) fn secret_key(key: &[u8]) -> Outcome {
    if key.len() != 40 || base64(key).is_none_or(|bytes| bytes.len() != 30) {
        return Outcome::Invalid("not base64 of 30 bytes");
    }
    if key.iter().all(u8::is_ascii_hexdigit) {
        return Outcome::Invalid("hex digest");
    }
    let lower = key.iter().any(u8::is_ascii_lowercase);
    let upper = key.iter().any(u8::is_ascii_uppercase);
    if !lower || !upper {
        return Outcome::Invalid("one case only");
    }
    if path_like(key) {
        return Outcome::Invalid("looks like a path");
    }
    Outcome::Unknown
}

/// Returns whether the text is letters with at least two slashes between them.
/// One random key in ten thousand is. Almost every key has a digit or a `+`.
fn path_like(text: &[u8]) -> bool {
    let slashes = text.iter().filter(|&&b| b == b'/').count();
    slashes >= 2 && text.iter().all(|b| b.is_ascii_alphabetic() || *b == b'/')
}

/// Checks that a session token decodes to a known beginning.
pub(crate) fn session_token(token: &[u8]) -> Outcome {
    const STARTS: [&[u8]; 5] = [
        b"\x21\x0a\x09origin",
        b"\x17\x0a\x06er/aws",
        b"\x15\x0a\x06er/aws",
        b"\x15\x0a\x03aws",
        b"\x01\x0a\x03aws",
    ];
    let Some(bytes) = base64(token) else {
        return Outcome::Invalid("not base64");
    };
    if bytes.len() < 64 {
        return Outcome::Invalid("too short for a session token");
    }
    if STARTS.iter().any(|start| bytes.starts_with(start)) {
        return valid("AWS session token");
    }
    Outcome::Unknown
}

/// Refutes SES SMTP passwords that are not base64 of 33 bytes. The first byte names
/// the scheme. One byte is no proof, so a value that fits stays unknown.
pub(crate) fn ses_smtp(password: &[u8]) -> Outcome {
    match base64(password).as_deref() {
        Some([2 | 4, rest @ ..]) if rest.len() == 32 => Outcome::Unknown,
        _ => Outcome::Invalid("not base64 of a version byte and 32 bytes"),
    }
}

/// Checks long-term Bedrock keys: `ABSK` and base64 of
/// `BedrockAPIKey-<suffix>-at-<account>:<secret>`.
pub(crate) fn bedrock_long(key: &[u8]) -> Outcome {
    let text = key.strip_prefix(b"ABSK").and_then(base64);
    let account = text.as_deref().and_then(|text| {
        let rest = text.strip_prefix(b"BedrockAPIKey-")?;
        let name = rest.get(..rest.iter().position(|&b| b == b':')?)?;
        let at = name.windows(4).rposition(|w| w == b"-at-")?;
        let account = std::str::from_utf8(name.get(at + 4..)?).ok()?;
        let fits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| account.to_owned())
    });
    match account {
        Some(account) => valid(format!("{ACCOUNT}{account}")),
        None => Outcome::Invalid("does not decode to a Bedrock key"),
    }
}

/// Checks short-term Bedrock keys, which are pre-signed URLs in base64, and
/// reads their expiry.
pub(crate) fn bedrock_short(key: &[u8]) -> Outcome {
    let text = key
        .strip_prefix(b"bedrock-api-key-")
        .and_then(base64)
        .filter(|text| text.starts_with(b"bedrock.amazonaws.com/?Action=CallWithBearerToken"));
    match text {
        None => Outcome::Invalid("does not decode to a Bedrock key"),
        Some(url) => match presigned_expiry(&url) {
            Some(day) => valid(format!("pre-signed Bedrock call, expires {day}")),
            None => valid("pre-signed Bedrock call"),
        },
    }
}

/// Returns the last day of a SigV4 URL: `X-Amz-Date` plus `X-Amz-Expires`.
fn presigned_expiry(url: &[u8]) -> Option<Date> {
    let parameter = |name: &[u8]| {
        url.split(|b| matches!(b, b'&' | b'?'))
            .find_map(|part| part.strip_prefix(name))
            .map(percent_decode)
    };
    let stamp = parameter(b"X-Amz-Date=")?;
    let lasts = String::from_utf8(parameter(b"X-Amz-Expires=")?).ok()?;
    let lasts = SignedDuration::from_secs(lasts.parse().ok()?);
    let begins = DateTime::strptime("%Y%m%dT%H%M%SZ", stamp).ok()?;
    Some(begins.checked_add(lasts).ok()?.date())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::{Alphabet, base32_encode, base64_encode};
    use crate::check::testing::{assert_invalid, assert_valid};

    #[test]
    fn account_numbers() {
        let pair = ["ASIA", "Y34FZKBOKMUTVV7A"].concat(); // stopleak:allow of a report
        assert_valid(access_key_id(pair.as_bytes()), "AWS account 609629065308");
        let documented = ["AKIA", "IOSFODNN7EXAMPLE"].concat();
        assert_eq!(access_key_id(documented.as_bytes()), Outcome::Unknown);
        let id = |account: u128| {
            let number = 1u128 << 79 | account << 39;
            ["AKIA", &base32_encode(&number.to_be_bytes()[6..])].concat()
        };
        let known = id(123_456_789_012);
        assert_valid(access_key_id(known.as_bytes()), "AWS account 123456789012");
        assert_invalid(access_key_id(id(1_000_000_000_000).as_bytes()));
        assert_invalid(access_key_id(["AKIA", &"0".repeat(16)].concat().as_bytes()));
        assert_invalid(access_key_id(["AKIA", &"q".repeat(16)].concat().as_bytes()));
        assert_eq!(
            access_key_id(["ABIA", &"0".repeat(16)].concat().as_bytes()),
            Outcome::Unknown
        );
    }

    #[test]
    fn secret_keys() {
        let documented = ["wJalrXUtnFEMI", "/K7MDENG/bPxRfiCY", "EXAMPLEKEY"].concat();
        assert_eq!(secret_key(documented.as_bytes()), Outcome::Unknown);
        for bad in [
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
            "abcdefghijklmnopqrstuvwxyzabcdefghijkl01",
            "/usr/share/applications/Firefox/settings",
            "short",
        ] {
            assert_invalid(secret_key(bad.as_bytes()));
        }
    }

    #[test]
    fn session_tokens() {
        let bytes = [b"\x21\x0a\x09origin".as_slice(), &[7; 90]].concat();
        let token = base64_encode(&bytes, Alphabet::Standard, true);
        assert!(token.starts_with("IQoJb3JpZ2lu"));
        assert_valid(session_token(token.as_bytes()), "AWS session token");
        assert_eq!(session_token(&[b'A'; 100]), Outcome::Unknown);
        assert_invalid(session_token(b"IQoJ..."));
    }

    #[test]
    fn smtp_passwords_prove_nothing() {
        let text = base64_encode(&[&[4u8][..], &[0; 32]].concat(), Alphabet::Standard, true);
        assert!(text.starts_with('B') && !text.contains('='));
        assert_eq!(ses_smtp(text.as_bytes()), Outcome::Unknown);
        assert_invalid(ses_smtp(text.replacen('B', "C", 1).as_bytes()));
    }

    #[test]
    fn bedrock_keys() {
        let plain = b"BedrockAPIKey-ab12-at-123456789012:c2VjcmV0"; // stopleak:allow made up
        let key = ["ABSK", &base64_encode(plain, Alphabet::Standard, true)].concat();
        assert_valid(bedrock_long(key.as_bytes()), "AWS account 123456789012");
        assert_invalid(bedrock_long(key.replace("ABSKQ", "ABSKR").as_bytes()));
        let url = b"bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Date=20270101T180000Z&X-Amz-Expires=43200&Version=1";
        let key = [
            "bedrock-api-key-",
            &base64_encode(url, Alphabet::Standard, true),
        ]
        .concat();
        assert_valid(
            bedrock_short(key.as_bytes()),
            "pre-signed Bedrock call, expires 2027-01-02",
        );
        assert_invalid(bedrock_short(b"bedrock-api-key-AAAA"));
    }
}

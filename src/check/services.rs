//! Keys of single services with a known inner format: OpenAI, Anthropic,
//! Stripe, JFrog Artifactory and Atlassian Data Center.

use super::encoding::base64;
use super::{Outcome, valid};
use crate::calendar::date;

/// Base64 of `OpenAI`, in the middle of OpenAI's keys.
pub(crate) const OPENAI_MARK: &[u8] = b"T3BlbkFJ";

/// The prefixes of OpenAI's keys, longer ones first.
const OPENAI_PREFIXES: [&[u8]; 6] = [
    b"sk-svcacct-",
    b"sk-service-",
    b"sk-admin-",
    b"sk-None-",
    b"sk-proj-",
    b"sk-",
];

/// Checks OpenAI keys: the mark is exactly in the middle of what follows the
/// prefix. Keys without the mark are unknown.
pub(crate) fn openai(key: &[u8]) -> Outcome {
    let rest = OPENAI_PREFIXES
        .iter()
        .find_map(|prefix| key.strip_prefix(*prefix));
    let Some(rest) = rest else {
        return Outcome::Unknown;
    };
    let size = OPENAI_MARK.len();
    if !rest.windows(size).any(|w| w == OPENAI_MARK) {
        return Outcome::Unknown;
    }
    let half = rest.len().saturating_sub(size) / 2;
    let centred = rest.get(half..half + size) == Some(OPENAI_MARK) && half * 2 + size == rest.len();
    if centred && half >= 20 {
        return valid("OpenAI mark in the middle");
    }
    // An unlisted prefix with one more word would shift the middle.
    if key.starts_with(b"sk-") && rest.contains(&b'-') && key.len() == rest.len() + 3 {
        return Outcome::Unknown;
    }
    Outcome::Invalid("OpenAI mark is not in the middle")
}

/// Checks Anthropic keys: they end in `AA`. Another ending refutes only keys of
/// 108 characters, the one documented length.
pub(crate) fn anthropic(key: &[u8]) -> Outcome {
    match key.strip_prefix(b"sk-ant-") {
        None => Outcome::Unknown,
        Some(rest) if rest.ends_with(b"AA") && key.len() >= 100 => valid("Anthropic key ending"),
        Some(_) if key.len() == 108 => Outcome::Invalid("does not end in AA"),
        Some(_) => Outcome::Unknown,
    }
}

/// Names kind and mode of a Stripe key, which has no checksum.
pub(crate) fn stripe(key: &[u8]) -> Outcome {
    const KINDS: [(&[u8], &str); 5] = [
        (b"sk_org_", "organization key"),
        (b"sk_", "secret key"),
        (b"rk_", "restricted key"),
        (b"pk_", "publishable key"),
        (b"ek_", "ephemeral key"),
    ];
    const MODES: [(&[u8], &str); 2] = [(b"live_", "live mode"), (b"test_", "test mode")];
    let found = KINDS.iter().find_map(|(prefix, kind)| {
        let rest = key.strip_prefix(*prefix)?;
        MODES
            .iter()
            .find_map(|(prefix, mode)| Some((*kind, *mode, rest.strip_prefix(*prefix)?)))
    });
    match found {
        None => Outcome::Unknown,
        Some((_, _, body)) if body.len() < 10 || !body.iter().all(u8::is_ascii_alphanumeric) => {
            Outcome::Invalid("body is not base62")
        }
        Some((kind, mode, _)) => valid(format!("Stripe {kind}, {mode}")),
    }
}

/// Checks Artifactory reference tokens and names the expiry. They are base64 of
/// `reftkn:01:<expiry in Unix seconds>:<27 characters>`.
pub(crate) fn artifactory(token: &[u8]) -> Outcome {
    let text = base64(token);
    let parts = text.as_deref().and_then(|text| {
        let rest = text.strip_prefix(b"reftkn:01:")?;
        let (expiry, secret) = rest.split_first_chunk::<10>()?;
        let secret = secret.strip_prefix(b":")?;
        let fits = secret.len() == 27
            && secret.iter().all(u8::is_ascii_alphanumeric)
            && expiry.iter().all(u8::is_ascii_digit);
        fits.then(|| std::str::from_utf8(expiry).ok()?.parse::<i64>().ok())?
    });
    match parts {
        None => Outcome::Invalid("does not decode to a reference token"),
        Some(0) => valid("reference token, no expiry"),
        Some(seconds) => match date(seconds) {
            Some(day) => valid(format!("reference token, expires {day}")),
            None => valid("reference token"),
        },
    }
}

/// Checks personal access tokens of Jira, Confluence and Bitbucket Data Center:
/// base64 of 33 bytes, twelve digits, a colon and 20 random bytes.
pub(crate) fn atlassian_dc(token: &[u8]) -> Outcome {
    let body = token.strip_prefix(b"BBDC-").unwrap_or(token);
    let fits = base64(body).is_some_and(|bytes| {
        bytes.len() == 33 && bytes[..12].iter().all(u8::is_ascii_digit) && bytes[12] == b':'
    });
    if fits {
        valid("Data Center token")
    } else {
        Outcome::Invalid("does not decode to an id and 20 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::{Alphabet, base64_encode};
    use crate::check::testing::{assert_invalid, assert_valid};

    #[test]
    fn openai_mark() {
        let mark = ["T3Blbk", "FJ"].concat();
        for (prefix, half) in [("sk-", 20), ("sk-proj-", 74), ("sk-svcacct-", 58)] {
            let key = [prefix, &"a".repeat(half), &mark, &"b".repeat(half)].concat();
            assert_valid(openai(key.as_bytes()), "OpenAI mark in the middle");
            assert_invalid(openai([&key, "b"].concat().as_bytes()));
            assert_invalid(openai([&key, "bb"].concat().as_bytes()));
        }
        let new_kind = ["sk-", "other-", &"a".repeat(20), &mark, &"b".repeat(20)].concat();
        assert_eq!(openai(new_kind.as_bytes()), Outcome::Unknown);
        let unmarked = ["sk-", &"a".repeat(48)].concat();
        assert_eq!(openai(unmarked.as_bytes()), Outcome::Unknown);
    }

    #[test]
    fn anthropic_end() {
        let head = ["sk-ant-", "api03-", &"a".repeat(93)].concat();
        assert_valid(
            anthropic([&head, "AA"].concat().as_bytes()),
            "Anthropic key ending",
        );
        assert_invalid(anthropic([&head, "AB"].concat().as_bytes()));
        assert_eq!(
            anthropic([&head, "ABB"].concat().as_bytes()),
            Outcome::Unknown
        );
    }

    #[test]
    fn stripe_modes() {
        let body = "a1".repeat(12);
        let key = |prefix: &str| [prefix, &body].concat();
        assert_valid(
            stripe(key("sk_live_").as_bytes()),
            "Stripe secret key, live mode",
        );
        assert_valid(
            stripe(key("rk_test_").as_bytes()),
            "Stripe restricted key, test mode",
        );
        assert_valid(
            stripe(key("sk_org_live_").as_bytes()),
            "Stripe organization key, live mode",
        );
        assert_invalid(stripe(b"sk_live_..."));
        assert_eq!(stripe(b"whsec_abc"), Outcome::Unknown);
    }

    #[test]
    fn artifactory_expiry() {
        let token = |expiry: &str| {
            let text = ["reftkn:01:", expiry, ":", &"S".repeat(27)].concat();
            base64_encode(text.as_bytes(), Alphabet::Standard, true)
        };
        assert_eq!(token("1893456000").len(), 64);
        assert_valid(
            artifactory(token("1893456000").as_bytes()),
            "reference token, expires 2030-01-01",
        );
        assert_valid(
            artifactory(token("0000000000").as_bytes()),
            "reference token, no expiry",
        );
        assert_invalid(artifactory(token(&["1893", "4560x0"].concat()).as_bytes()));
    }

    #[test]
    fn data_center_tokens() {
        let bytes = [&b"123456789012:"[..], &[0x80; 20]].concat();
        let token = base64_encode(&bytes, Alphabet::Standard, true);
        assert_valid(atlassian_dc(token.as_bytes()), "Data Center token");
        let bitbucket = ["BBDC", "-", &token].concat();
        assert_valid(atlassian_dc(bitbucket.as_bytes()), "Data Center token");
        assert_invalid(atlassian_dc(&token.as_bytes()[1..]));
        assert_invalid(atlassian_dc("A".repeat(44).as_bytes()));
    }
}

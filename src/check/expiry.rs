//! When a value says itself that it expires. No clock: the caller compares.

use std::sync::LazyLock;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use memchr::memmem::Finder;

use super::encoding::{base64, percent_decode};
use super::jwt;

/// The longest value that is read.
const LONGEST: usize = 1 << 16;

/// Returns the seconds since 1970: the claim `exp` of a JSON web token, the expiry of a
/// pre-signed address of AWS or Google, of a signature of Azure, of a short-term key of Bedrock.
pub(super) fn of(value: &[u8]) -> Option<i64> {
    if value.len() > LONGEST {
        return None;
    }
    if let Some(text) = value.strip_prefix(b"bedrock-api-key-") {
        return presigned(&base64(text)?);
    }
    jwt::expires(value)
        .or_else(|| presigned(value))
        .or_else(|| sas(value))
}

/// Returns the decoded value of a query parameter, also after `&amp;`.
fn parameter(query: &[u8], name: &str) -> Option<String> {
    let mut parts = query.split(|b| matches!(b, b'&' | b'?' | b' ' | b';'));
    let value = parts.find_map(|part| part.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
    String::from_utf8(percent_decode(value)).ok()
}

/// The end of an address that is signed by version 4: when it begins, and how long it lasts.
fn presigned(url: &[u8]) -> Option<i64> {
    static EXPIRES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("-Expires="));
    EXPIRES.find(url)?;
    let of = |cloud: &str| {
        let stamp = parameter(url, &format!("X-{cloud}-Date"))?;
        let lasts = parameter(url, &format!("X-{cloud}-Expires"))?;
        let lasts = SignedDuration::from_secs(lasts.parse().ok()?);
        let begins = DateTime::strptime("%Y%m%dT%H%M%SZ", stamp).ok()?;
        let ends = begins.checked_add(lasts).ok()?;
        Some(ends.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
    };
    of("Amz").or_else(|| of("Goog"))
}

/// The end of a shared access signature: seconds, a moment or a day.
fn sas(query: &[u8]) -> Option<i64> {
    static SIGNATURE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("sig="));
    SIGNATURE.find(query)?;
    parameter(query, "sig")?;
    let text = parameter(query, "se")?;
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.as_second());
    }
    let day: jiff::civil::Date = text.parse().ok()?;
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::{Alphabet, base64_encode};

    /// 2027-01-02T00:00:00Z.
    const END: i64 = 1_798_848_000;

    #[test]
    fn tokens_say_when_they_end() {
        let part = |text: &str| base64_encode(text.as_bytes(), Alphabet::Url, false);
        let token = |claims: &str| [part("{\"alg\":\"HS256\"}"), part(claims), part("x")].join(".");
        assert_eq!(of(token("{\"exp\":1798848000}").as_bytes()), Some(END));
        assert_eq!(of(token("{\"exp\":1798848000.9}").as_bytes()), Some(END));
        assert_eq!(of(token("{\"iat\":1798848000}").as_bytes()), None);
        assert_eq!(of(token("{\"exp\":\"soon\"}").as_bytes()), None);
        let github = ["ghs", "_12_", &token("{\"exp\":1798848000}")].concat();
        assert_eq!(of(github.as_bytes()), Some(END));
        assert_eq!(of(b"a.b"), None);
        assert_eq!(of(b""), None);
    }

    #[test]
    fn addresses_say_when_they_end() {
        for (text, end) in [
            (
                "https://x/?X-Amz-Date=20270101T000000Z&X-Amz-Expires=86400&X-Amz-Signature=0",
                Some(END),
            ),
            (
                "https://x/?X-Goog-Date=20270101T000000Z&amp;X-Goog-Expires=86400",
                Some(END),
            ),
            (
                "https://x/?X-Amz-Date=20270101T000000Z&X-Amz-Expires=9223372036854775807",
                None,
            ),
            (
                "sv=2024-11-04&se=2027-01-02T00%3A00%3A00Z&sig=abc",
                Some(END),
            ),
            (
                "SharedAccessSignature sr=x&sig=abc&se=1798848000",
                Some(END),
            ),
            ("se=2027-01-02&sig=abc", Some(END)),
            ("se=2027-13-02&sig=abc", None),
            ("se=2027-01-02", None),
        ] {
            assert_eq!(of(text.as_bytes()), end, "{text}");
        }
    }
}

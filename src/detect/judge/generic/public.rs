//! What is named like a secret and made for everybody: keys of pages, addresses of chains,
//! signatures of addresses that expire. They are reported with low confidence, and say why.

use super::lookalikes::is_chain_address;
use super::name::{Name, Noun};
use super::text::contains;
use crate::detect::forms::assignments::{Link, Site};

/// How far a query is read to either side of one of its parameters.
const QUERY: usize = 700;
/// How far settings are read that stand next to a key.
const NEAR: usize = 160;

/// Why everybody may know the value at the site.
pub(super) fn made_for_all(bytes: &[u8], site: &Site, name: &Name) -> Option<&'static str> {
    let text = &bytes[site.value.clone()];
    if name.for_all || is_published_key(text) || is_key_of_page(bytes, site, name, text) {
        return Some("a key that pages show to everybody");
    }
    if is_chain_address(text) {
        return Some("an address of a chain");
    }
    let in_url = site.link == Link::Param || bytes[..site.name.start].ends_with(b"&amp;");
    (in_url && expires(bytes, site)).then_some("part of an address that expires")
}

/// Whether the key says itself that browsers hold it: Datadog's client tokens, New Relic's
/// browser keys, keys of PostHog projects, publishable keys.
fn is_published_key(text: &[u8]) -> bool {
    let hex = |text: &[u8]| text.iter().all(|b| b.is_ascii_hexdigit());
    let long = text.len() >= 20;
    text.strip_prefix(b"pub")
        .is_some_and(|rest| rest.len() == 32 && hex(rest))
        || text.starts_with(b"NRJS-")
        || (long && (text.starts_with(b"phc_") || text.starts_with(b"pk_")))
}

/// Whether the settings next to a key are those of a page: New Relic's beacon, a search of a
/// site (DocSearch has the name of its index), a captcha.
fn is_key_of_page(bytes: &[u8], site: &Site, name: &Name, text: &[u8]) -> bool {
    if !matches!(name.noun, Noun::Key | Noun::AccessKey) {
        return false;
    }
    let from = site.name.start.saturating_sub(NEAR);
    let to = bytes.len().min(site.value.end + NEAR);
    let near = &bytes[from..to];
    let hex = text.iter().all(u8::is_ascii_hexdigit);
    (hex && text.len() == 10 && (contains(near, b"NREUM") || contains(near, b"applicationID")))
        || (hex
            && text.len() == 32
            && (contains(near, b"indexName") || contains(near, b"index_name")))
}

/// Whether the query around a parameter says when the address expires.
fn expires(bytes: &[u8], site: &Site) -> bool {
    let ends = |b: &u8| b" \t\r\n\"'<>`|".contains(b);
    let floor = site.name.start.saturating_sub(QUERY);
    let head = &bytes[floor..site.name.start];
    let head = &head[head.iter().rposition(ends).map_or(0, |i| i + 1)..];
    let limit = bytes.len().min(site.value.end + QUERY);
    let tail = &bytes[site.value.end..limit];
    let tail = &tail[..tail.iter().position(ends).unwrap_or(tail.len())];
    let own = [&bytes[site.name.clone()], b"=", &bytes[site.value.clone()]].concat();
    let scope = contains(&own, b"aws4_request") || contains(&own, b"goog4_request");
    scope
        || [head, tail]
            .into_iter()
            .flat_map(|part| part.split(|b| b"?&;".contains(b)))
            .any(is_expiry)
}

/// Whether a parameter is a time after which an address is worth nothing.
fn is_expiry(pair: &[u8]) -> bool {
    const NAMES: &[&[u8]] = &[
        b"e",
        b"exp",
        b"expires",
        b"expire",
        b"expiry",
        b"expiration",
        b"se",
        b"x-amz-expires",
        b"x-amz-date",
        b"x-goog-expires",
        b"x-goog-date",
        b"validuntil",
        b"ttl",
    ];
    let Some(at) = memchr::memchr(b'=', pair) else {
        return false;
    };
    let (name, value) = (&pair[..at], &pair[at + 1..]);
    let name = name.strip_prefix(b"amp;").unwrap_or(name);
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    let enough = match name {
        b"e" | b"exp" | b"se" => digits >= 8,
        _ => digits >= 1,
    };
    enough && NAMES.iter().any(|n| name.eq_ignore_ascii_case(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_say_when_an_address_expires() {
        for pair in [
            "X-Amz-Expires=300",
            "expires=1623",
            "e=1700000000",
            "se=2021-06-04",
        ] {
            assert!(is_expiry(pair.as_bytes()), "{pair}");
        }
        for pair in ["e=5", "expires=never", "size=300", "expires"] {
            assert!(!is_expiry(pair.as_bytes()), "{pair}");
        }
    }
}

//! Addresses that let somebody in for a while: signed ones, which say when they expire. Who finds
//! one later finds nothing.

use std::ops::Range;

use crate::rules::class::ByteSet;

/// What a finding in such an address says.
pub(super) const EXPIRES: &str = "part of an address that expires";
/// How far a query is read to either side of one of its parameters.
const QUERY: usize = 700;
/// What ends an address in text.
const ENDS: ByteSet = ByteSet::of(b" \t\r\n\"'<>`|");

/// Whether the query around `part` says when the address expires.
pub(super) fn expires(bytes: &[u8], part: &Range<usize>) -> bool {
    let own = &bytes[part.clone()];
    let scope = [&b"aws4_request"[..], b"goog4_request"]
        .iter()
        .any(|scope| memchr::memmem::find(own, scope).is_some());
    scope || parameters(bytes, part).any(is_expiry)
}

/// Whether the shared access signature of Azure in `text` begins and ends within a week.
pub(super) fn is_brief(text: &[u8]) -> bool {
    let named = |name: &[u8]| {
        let mut pairs = text.split(|b| b"?&;".contains(b)).filter_map(parameter);
        pairs.find_map(|(n, value)| n.eq_ignore_ascii_case(name).then_some(value))
    };
    let day = |name: &[u8]| named(name).and_then(day_of);
    named(b"sig").is_some()
        && day(b"st")
            .zip(day(b"se"))
            .is_some_and(|(from, to)| (from..=from + 7).contains(&to))
}

/// Whether a parameter of a signature of version 4 ends `before` a value. AWS and Google sign
/// for seven days at most.
pub(super) fn is_signed_by(before: &[u8]) -> bool {
    const NAMES: [&[u8]; 3] = [
        b"x-amz-credential",
        b"x-amz-security-token",
        b"x-goog-credential",
    ];
    let before = &before[before.len().saturating_sub(24)..];
    let name = before
        .strip_suffix(b"=")
        .or_else(|| before.strip_suffix(b"%3D"));
    name.is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        NAMES.iter().any(|n| name.ends_with(n))
    })
}

/// The address that goes on at `at`, as far as it stands before.
pub(super) fn address_before(bytes: &[u8], at: usize) -> &[u8] {
    const STEP: usize = 32;
    let head = &bytes[at.saturating_sub(QUERY)..at];
    let mut from = head.len();
    for step in head.rchunks_exact(STEP) {
        if may_end(step) && step.iter().any(|b| ENDS.has(*b)) {
            break;
        }
        from -= STEP;
    }
    let end = head[..from].iter().rposition(|b| ENDS.has(*b));
    &head[end.map_or(0, |i| i + 1)..]
}

/// Whether one of `bytes` may be one of [`ENDS`], in a form that compilers turn into vectors.
fn may_end(bytes: &[u8]) -> bool {
    let may_be = |b: u8| {
        u8::from(b <= b' ')
            | u8::from(b == b'"')
            | u8::from(b == b'\'')
            | u8::from(b | 2 == b'>')
            | u8::from(b == b'`')
            | u8::from(b == b'|')
    };
    bytes.iter().fold(0, |any, b| any | may_be(*b)) != 0
}

/// The parameters of the query around `part`, those that `part` holds included.
fn parameters<'a>(bytes: &'a [u8], part: &Range<usize>) -> impl Iterator<Item = &'a [u8]> {
    let from = part.start - address_before(bytes, part.start).len();
    let tail = &bytes[part.end..bytes.len().min(part.end + QUERY)];
    let free = tail.chunks_exact(32).take_while(|step| !may_end(step));
    let free = 32 * free.count();
    let end = tail[free..].iter().position(|b| ENDS.has(*b));
    let to = part.end + end.map_or(tail.len(), |end| free + end);
    const BETWEEN: [bool; 256] = ByteSet::of(b"?&;").table();
    bytes[from..to].split(|b| BETWEEN[usize::from(*b)])
}

/// The name and the value of the parameter `pair`.
fn parameter(pair: &[u8]) -> Option<(&[u8], &[u8])> {
    let pair = pair.strip_prefix(b"amp;").unwrap_or(pair);
    let at = memchr::memchr(b'=', pair)?;
    Some((&pair[..at], &pair[at + 1..]))
}

/// The number of a day, counted so that later days have greater numbers and days of one month
/// follow each other. The last days of a month are taken for the 31st.
fn day_of(text: &[u8]) -> Option<u32> {
    let number = |range: Range<usize>| -> Option<u32> {
        std::str::from_utf8(text.get(range)?).ok()?.parse().ok()
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (year, month) = (year.min(9999), month.min(12));
    Some((year * 12 + month) * 31 + day.min(31))
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
    let named = pair.strip_prefix(b"amp;").unwrap_or(pair);
    // The first letters of all of them.
    if !named.first().is_some_and(|b| b"esxvtESXVT".contains(b)) {
        return false;
    }
    parameter(pair).is_some_and(|(name, value)| {
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        if !NAMES.iter().any(|known| is(known)) {
            return false;
        }
        // Short names mean other things, too.
        let least = if name.len() <= 3 && !is(b"ttl") { 8 } else { 1 };
        value.iter().filter(|b| b.is_ascii_digit()).count() >= least
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_say_when_an_address_expires() {
        for pair in [
            "X-Amz-Expires=300",
            "expires=1623",
            "amp;e=1700000000",
            "se=2021-06-04",
        ] {
            assert!(is_expiry(pair.as_bytes()), "{pair}");
        }
        for pair in ["e=5", "expires=never", "size=300", "expires"] {
            assert!(!is_expiry(pair.as_bytes()), "{pair}");
        }
    }

    #[test]
    fn an_address_goes_from_one_byte_that_ends_it_to_the_next() {
        for byte in 0..=255 {
            for (at, len) in [(0, 1), (5, 40), (31, 64), (32, 64), (63, 100), (99, 100)] {
                let mut text = vec![b'a'; len];
                text[at] = byte;
                let ends = ENDS.has(byte);
                let before = address_before(&text, len).len();
                assert_eq!(before, if ends { len - at - 1 } else { len }, "{byte}");
                let all: usize = parameters(&text, &(0..0)).map(|part| part.len() + 1).sum();
                assert_eq!(all - 1, if ends { at } else { len }, "{byte}");
            }
        }
    }

    #[test]
    fn addresses_of_clouds_are_brief_or_not() {
        let brief = |text: &str| is_brief(text.as_bytes());
        assert!(brief(
            "https://a/b?st=2024-01-31T10%3A00&se=2024-02-01T10%3A00&sig=x"
        ));
        assert!(!brief("https://a/b?st=2024-01-31&se=2026-01-31&sig=x"));
        assert!(!brief("https://a/b?se=2024-02-01&sig=x"));
        assert!(is_signed_by(b"https://a/b?X-Amz-Credential="));
        assert!(!is_signed_by(b"https://a/b?Credential="));
    }
}

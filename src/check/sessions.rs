//! Signed sessions that a browser keeps as a cookie: Flask (itsdangerous) and Django. The signature
//! needs the site's key, but what is signed and when can be read.

use super::encoding::{BASE62, base_n_value, base64};
use super::json::Object;
use super::{Outcome, valid};
use crate::calendar::date;

/// Longest value that is read; browsers keep 4 KiB.
const MAX_LEN: usize = 8 << 10;
/// The first second of the times that old versions of itsdangerous write.
const OLD_EPOCH: u64 = 1_293_840_000;
/// The times that are plausible: from 2010 to 2096.
const TIMES: std::ops::RangeInclusive<u64> = 1_262_304_000..=3_976_214_400;

/// Checks signed sessions: a payload in JSON or zlib, a time, and an HMAC of SHA-1 or SHA-256.
pub(crate) fn signed(text: &[u8]) -> Outcome {
    const BAD: Outcome = Outcome::Invalid("is no payload, time and signature");
    if text.len() > MAX_LEN {
        return Outcome::Unknown;
    }
    let django = text.contains(&b':');
    let parts: Vec<&[u8]> = text
        .rsplitn(3, |b| *b == if django { b':' } else { b'.' })
        .collect();
    let [signature, time, payload] = parts[..] else {
        return BAD;
    };
    let time = match django {
        true => base_n_value(time, BASE62),
        false => seconds(time),
    };
    let size = base64(signature).map_or(0, |bytes| bytes.len());
    let Some(time) = time.filter(|time| TIMES.contains(time)) else {
        return BAD;
    };
    if !matches!(size, 20 | 32) || !is_payload(payload) {
        return BAD;
    }
    let day = i64::try_from(time).ok().and_then(date).unwrap_or_default();
    let site = if django { "Django" } else { "Flask" };
    valid(format!("{site} session, signed {day}"))
}

/// Reads the time of itsdangerous: seconds as bytes, highest first.
fn seconds(text: &[u8]) -> Option<u64> {
    let bytes = base64(text)?;
    let number = bytes.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
    let since = if number < OLD_EPOCH / 2 { OLD_EPOCH } else { 0 };
    (bytes.len() == 4).then_some(number + since)
}

/// Whether a payload is an object of JSON, or looks like one that is compressed.
fn is_payload(text: &[u8]) -> bool {
    match text.strip_prefix(b".") {
        Some(packed) => base64(packed).is_some_and(|bytes| match bytes[..] {
            // RFC 1950: deflate, and the header's checksum.
            [0x78, flags, _, ..] => (0x7800 + u16::from(flags)) % 31 == 0,
            _ => false,
        }),
        None => base64(text).is_some_and(|bytes| Object::parse(&bytes).is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::{Alphabet, base_n, base64_encode};
    use crate::check::testing::{assert_invalid, assert_valid};

    fn coded(bytes: &[u8]) -> String {
        base64_encode(bytes, Alphabet::Url, false)
    }

    #[test]
    fn sessions_of_flask_tell_their_day() {
        let payload = coded(br#"{"user_id":42}"#);
        let time = coded(&1_798_848_000u32.to_be_bytes());
        let good = [payload.clone(), time.clone(), coded(&[7; 20])].join(".");
        assert_valid(signed(good.as_bytes()), "Flask session, signed 2027-01-02");
        let packed = format!(".{}", coded(&[0x78, 0x9c, 1, 2, 3]));
        let packed = [packed, time.clone(), coded(&[7; 20])].join(".");
        assert_valid(
            signed(packed.as_bytes()),
            "Flask session, signed 2027-01-02",
        );
        let old = coded(&(1_798_848_000u32 - OLD_EPOCH as u32).to_be_bytes());
        let old = [payload.clone(), old, coded(&[7; 20])].join(".");
        assert_valid(signed(old.as_bytes()), "Flask session, signed 2027-01-02");
        for bad in [
            [payload.clone(), time.clone(), coded(&[7; 19])].join("."),
            [coded(b"no object"), time.clone(), coded(&[7; 20])].join("."),
            [payload, coded(&[0xff; 4]), coded(&[7; 20])].join("."),
            time,
        ] {
            assert_invalid(signed(bad.as_bytes()));
        }
    }

    #[test]
    fn sessions_of_django_tell_their_day() {
        let time = base_n(1_798_848_000, BASE62, 6);
        let good = [coded(br#"{"cart":[1]}"#), time, coded(&[7; 32])].join(":");
        assert_valid(signed(good.as_bytes()), "Django session, signed 2027-01-02");
        assert_invalid(signed(good.replace(':', ";").as_bytes()));
    }
}

//! Microsoft credentials without a Marvin32 checksum: Azure DevOps tokens in base32, keys of random
//! bytes only, shared access signatures, and NuGet keys.

use super::crc::crc32;
use super::encoding::{base32, base64, base64_canonical, percent_decode};
use super::{Outcome, checksum, valid};
use crate::calendar::{date, iso_date};

/// The values that are XORed into the CRC of a DevOps token, for users and for applications.
pub(crate) const DEVOPS_SEEDS: [u32; 2] = [0xE0B9_692D, 0x1019_F92E];

/// The positions of the checksum in the 32 bytes of a DevOps token, least significant byte first.
pub(crate) const DEVOPS_SUM_AT: [usize; 4] = [22, 8, 7, 2];

/// Returns the CRC-32 of the 28 bytes of a DevOps token outside its checksum.
pub(crate) fn devops_sum(bytes: &[u8; 32]) -> u32 {
    let covered: Vec<u8> = (0..32)
        .filter(|at| !DEVOPS_SUM_AT.contains(at))
        .map(|at| bytes[at])
        .collect();
    crc32(&covered)
}

/// Checks Azure DevOps personal access tokens of 52 base32 characters
/// (microsoft/security-utilities, SEC101/102).
pub(crate) fn devops_pat(token: &[u8]) -> Outcome {
    if token.len() != 52 {
        return Outcome::Unknown;
    }
    if mixed_case(token) {
        return Outcome::Invalid("mixed case");
    }
    let bytes = base32(token);
    let Some(bytes) = bytes.as_deref().and_then(|b| b.first_chunk::<32>()) else {
        return Outcome::Invalid("not base32");
    };
    let written = u32::from_le_bytes(DEVOPS_SUM_AT.map(|at| bytes[at]));
    checksum(DEVOPS_SEEDS.contains(&(devops_sum(bytes) ^ written)))
}

/// Returns whether the text has letters of both cases. No encoder of base32 writes that.
fn mixed_case(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_lowercase) && text.iter().any(u8::is_ascii_uppercase)
}

/// Refutes 88-character account keys that are not 64 bytes. 64 bytes prove nothing.
pub(crate) fn key_64(key: &[u8]) -> Outcome {
    of_length(key, 88, 64, "not base64 of 64 bytes")
}

/// Refutes 44-character keys that are not 32 bytes. 32 bytes prove nothing.
pub(crate) fn key_32(key: &[u8]) -> Outcome {
    of_length(key, 44, 32, "not base64 of 32 bytes")
}

/// Returns `Unknown` for canonical base64 of the right length, else `Invalid(why)`.
fn of_length(key: &[u8], text_len: usize, size: usize, why: &'static str) -> Outcome {
    match base64_canonical(key) {
        Some(bytes) if key.len() == text_len && bytes.len() == size => Outcome::Unknown,
        _ => Outcome::Invalid(why),
    }
}

/// Checks shared access signatures of Storage (`…&sig=…&se=<date>`) and of Service Bus
/// (`se=<unix seconds>`). `sig` must be the 32 bytes of an HMAC-SHA-256; `se` is the expiry.
pub(crate) fn sas(query: &[u8]) -> Outcome {
    let Some(signature) = parameter(query, b"sig") else {
        return Outcome::Invalid("no sig parameter");
    };
    if base64(&signature).is_none_or(|bytes| bytes.len() != 32) {
        return Outcome::Invalid("sig is not 32 bytes");
    }
    let expiry = parameter(query, b"se").and_then(|text| {
        let seconds = std::str::from_utf8(&text).ok().and_then(|s| s.parse().ok());
        seconds.and_then(date).or_else(|| iso_date(&text))
    });
    valid(match expiry {
        Some(day) => format!("signature of 32 bytes, expires {day}"),
        None => "signature of 32 bytes, no expiry in the text".to_owned(),
    })
}

/// Returns the decoded value of a query parameter, also after `&amp;`.
fn parameter(query: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    query
        .split(|b| matches!(b, b'&' | b'?' | b' ' | b';'))
        .find_map(|part| part.strip_prefix(name)?.strip_prefix(b"="))
        .map(percent_decode)
}

/// Checks NuGet keys: 20 characters of base32 for `v4` and ten non-zero bytes, then 26 for 16
/// bytes, all in one case (microsoft/security-utilities, SEC101/031).
pub(crate) fn nuget(key: &[u8]) -> Outcome {
    if key.len() != 46 {
        return Outcome::Unknown;
    }
    if mixed_case(key) {
        return Outcome::Invalid("mixed case");
    }
    let lower = key.to_ascii_lowercase();
    let (id, secret) = lower.split_at(20);
    let spare_bits_are_zero = b"aq".contains(&id[19]) && b"aeimquy4".contains(&secret[25]);
    let fits = spare_bits_are_zero
        && base32(secret).is_some()
        && base32(id).is_some_and(|b| b.starts_with(b"v4") && !b.contains(&0));
    if fits {
        valid("NuGet key, version 4")
    } else {
        Outcome::Invalid("does not decode to a version 4 key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::base32_encode;
    use crate::check::testing::{assert_invalid, assert_valid};

    #[test]
    fn devops_vector() {
        let token = ["aebkubafaydrgeqkbmga", "2dqpcaireeyuculamgazdinryhi6d4qa"].concat();
        assert_valid(devops_pat(token.as_bytes()), "checksum valid");
        assert_invalid(devops_pat("a".repeat(52).as_bytes()));
        assert_invalid(devops_pat("1".repeat(52).as_bytes()));
    }

    #[test]
    fn lengths() {
        let key = ["A".repeat(86), "==".into()].concat();
        assert_eq!(key_64(key.as_bytes()), Outcome::Unknown);
        assert_invalid(key_64(&key.as_bytes()[..87]));
        let key = ["A".repeat(43), "=".into()].concat();
        assert_eq!(key_32(key.as_bytes()), Outcome::Unknown);
        assert_invalid(key_32("A".repeat(44).as_bytes()));
    }

    #[test]
    fn sas_expiry() {
        let sig = ["A".repeat(43), "%3D".into()].concat();
        let storage = ["sv=2024-11-04&se=2027-01-02T00%3A00%3A00Z&sp=r&sig=", &sig].concat();
        assert_valid(
            sas(storage.as_bytes()),
            "signature of 32 bytes, expires 2027-01-02",
        );
        let bus = [
            "SharedAccessSignature sr=x&sig=",
            &sig,
            "&se=1798848000&skn=k",
        ]
        .concat();
        assert_valid(
            sas(bus.as_bytes()),
            "signature of 32 bytes, expires 2027-01-02",
        );
        let html = storage.replace('&', "&amp;");
        assert_valid(
            sas(html.as_bytes()),
            "signature of 32 bytes, expires 2027-01-02",
        );
        assert_invalid(sas(storage.replace("%3D", "AAAA").as_bytes()));
        assert_invalid(sas(b"sv=2024-11-04&se=2027-01-02"));
    }

    #[test]
    fn nuget_forms() {
        let id = base32_encode(b"v4\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a");
        let key = [id, base32_encode(&[0; 16])].concat();
        assert_valid(nuget(key.to_lowercase().as_bytes()), "NuGet key, version 4");
        assert_valid(nuget(key.as_bytes()), "NuGet key, version 4");
        assert_invalid(nuget(key.replacen('A', "a", 1).as_bytes()));
        let zero = [base32_encode(b"v4\0bbbbbbbbb"), base32_encode(&[0; 16])].concat();
        assert_invalid(nuget(zero.as_bytes()));
    }
}

//! Tokens that end in a CRC-32 of themselves: GitHub and npm, Atlassian, Cloudflare, Grafana
//! service accounts, Confluent, Zuplo. The formats differ only in what the checksum covers and how
//! it is written.

use super::crc::crc32;
use super::encoding::{Alphabet, BASE62, base_n, base64_encode, hex_encode};
use super::{Outcome, checksum};

/// Returns the base62 suffix that GitHub and npm put after a 30-character body.
pub(crate) fn base62_suffix(body: &[u8]) -> String {
    base_n(u64::from(crc32(body)), BASE62, 6)
}

/// Checks GitHub's and npm's form: four prefix characters, 30 of body, six of base62 CRC-32 over
/// the body. Other lengths are unknown: GitHub announced longer tokens without publishing their
/// checksum.
pub(crate) fn base62(token: &[u8]) -> Outcome {
    let Some((prefix, rest)) = token.split_at_checked(4) else {
        return Outcome::Unknown;
    };
    let Some((body, suffix)) = rest.split_at_checked(30) else {
        return Outcome::Unknown;
    };
    if suffix.len() != 6 || prefix[3] != b'_' {
        return Outcome::Unknown;
    }
    checksum(base62_suffix(body).as_bytes() == suffix)
}

/// Returns the hex suffix that Atlassian writes after everything else.
pub(crate) fn atlassian_suffix(head: &[u8]) -> String {
    format!("{:08X}", crc32(head))
}

/// Checks Atlassian API tokens: the last eight upper-case hex digits are the CRC-32 of all before
/// them.
pub(crate) fn atlassian(token: &[u8]) -> Outcome {
    match token.split_last_chunk::<8>() {
        Some((head, suffix)) => checksum(atlassian_suffix(head).as_bytes() == suffix),
        None => Outcome::Unknown,
    }
}

/// Returns the hex suffix that Cloudflare and Zuplo write after the body.
pub(crate) fn lower_hex_suffix(body: &[u8]) -> String {
    format!("{:08x}", crc32(body))
}

/// Checks Cloudflare tokens: `<prefix>_`, 40 characters, and their CRC-32 in eight lower-case hex
/// digits.
pub(crate) fn cloudflare(token: &[u8]) -> Outcome {
    let Some(start) = token.iter().position(|&b| b == b'_') else {
        return Outcome::Unknown;
    };
    let rest = &token[start + 1..];
    if rest.len() != 48 {
        return Outcome::Unknown;
    }
    let (body, suffix) = rest.split_at(40);
    checksum(lower_hex_suffix(body).as_bytes() == suffix)
}

/// Returns the suffix of a Grafana token: the CRC-32 in hex, least significant byte first.
pub(crate) fn grafana_suffix(head: &[u8]) -> String {
    hex_encode(&crc32(head).to_le_bytes())
}

/// Checks Grafana service-account tokens: the CRC-32 of everything before the last underscore
/// follows it.
pub(crate) fn grafana(token: &[u8]) -> Outcome {
    let Some(end) = token.iter().rposition(|&b| b == b'_') else {
        return Outcome::Unknown;
    };
    let suffix = &token[end + 1..];
    checksum(grafana_suffix(&token[..end]).as_bytes() == suffix)
}

/// Returns the suffix of a Confluent secret: the little-endian CRC-32 in six base64 characters.
pub(crate) fn confluent_suffix(body: &[u8]) -> String {
    let mut text = base64_encode(&crc32(body).to_le_bytes(), Alphabet::Standard, false);
    text.truncate(6);
    text
}

/// Checks Confluent Cloud secrets: `cflt`, 54 characters, and their CRC-32 in six.
pub(crate) fn confluent(token: &[u8]) -> Outcome {
    match token.strip_prefix(b"cflt") {
        Some(rest) if rest.len() == 60 => {
            let (body, suffix) = rest.split_at(54);
            checksum(confluent_suffix(body).as_bytes() == suffix)
        }
        _ => Outcome::Unknown,
    }
}

/// Checks Zuplo keys: `zpka_`, body, `_`, and the body's CRC-32 in eight hex digits.
pub(crate) fn zuplo(token: &[u8]) -> Outcome {
    let Some(rest) = token.strip_prefix(b"zpka_") else {
        return Outcome::Unknown;
    };
    let Some(end) = rest.iter().rposition(|&b| b == b'_') else {
        return Outcome::Unknown;
    };
    checksum(lower_hex_suffix(&rest[..end]).as_bytes() == &rest[end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{assert_invalid, assert_valid};

    #[test]
    fn base62_vectors() {
        let body = "SyntheticExampleBody0123456789";
        for prefix in ["ghp", "npm", "gho"] {
            let token = [prefix, "_", body, "3TBAWE"].concat();
            assert_valid(base62(token.as_bytes()), "checksum valid");
        }
        let padded = ["gho", "_", "Zeroxxxxxxxxxxxxxxxxxxxxxxx404", "00s2r7"].concat();
        assert_valid(base62(padded.as_bytes()), "checksum valid");
        let wrong = ["ghp", "_", body, "3TBAWF"].concat();
        assert_invalid(base62(wrong.as_bytes()));
        // Six base62 digits can spell more than 32 bits.
        let large = ["ghp", "_", body, "zzzzzz"].concat();
        assert_invalid(base62(large.as_bytes()));
        let longer = ["ghp", "_", body, body, "3TBAWE"].concat();
        assert_eq!(base62(longer.as_bytes()), Outcome::Unknown);
    }

    #[test]
    fn hex_vectors() {
        let synthetic = "SyntheticExample_Body-0123456789".repeat(5);
        let token = ["ATATT3", "xFfGF0", &synthetic, "abc=", "48A262D6"].concat();
        assert_valid(atlassian(token.as_bytes()), "checksum valid");
        assert_invalid(atlassian(token.to_lowercase().as_bytes()));
        let body = "SyntheticExampleBodyForCloudflare0123456";
        let token = ["cfut", "_", body, "f67f94aa"].concat();
        assert_valid(cloudflare(token.as_bytes()), "checksum valid");
        let token = ["zpka", "_", &"0123456789abcdef".repeat(2), "_7759b50e"].concat();
        assert_valid(zuplo(token.as_bytes()), "checksum valid");
    }

    #[test]
    fn grafana_and_confluent_vectors() {
        for (body, sum) in [
            ("SyntheticExampleSecret0123456789", "7a836562"),
            ("yscW25imSKJIuav8zF37RZmnbiDvB05G", "fcaaf58a"),
        ] {
            let token = ["glsa", "_", body, "_", sum].concat();
            assert_valid(grafana(token.as_bytes()), "checksum valid");
        }
        let token = ["cflt", &"Synthetic".repeat(6), "9Gft5w"].concat();
        assert_valid(confluent(token.as_bytes()), "checksum valid");
    }
}

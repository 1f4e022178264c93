//! GitLab's routable tokens, which contain their own length and CRC-32. The classic 20-character
//! tokens contain no proof. Format: GitLab's `RoutableToken` generator.

use super::crc::crc32;
use super::encoding::{BASE36, base_n, base_n_value, base64};
use super::{Outcome, checksum};

/// Writes the tail of a routable token. `head` is the text before it and ends in `payload_len`
/// characters of payload.
pub(crate) fn tail(head: &str, payload_len: usize, versioned: bool) -> String {
    let version = if versioned { ".01" } else { "" };
    let length = base_n(payload_len as u64, BASE36, 2);
    let covered = format!("{head}{version}.{length}");
    let sum = base_n(u64::from(crc32(covered.as_bytes())), BASE36, 7);
    format!("{version}.{length}{sum}")
}

/// Checks a GitLab token of the routable form `…<payload>[.01].<length><crc>`.
pub(crate) fn routable(token: &[u8]) -> Outcome {
    let Some((head, tail)) = token.split_last_chunk::<10>() else {
        return Outcome::Unknown;
    };
    let (length, sum) = (&tail[1..3], &tail[3..]);
    if tail[0] != b'.' || !tail[1..].iter().all(|b| BASE36.contains(b)) {
        return Outcome::Unknown;
    }
    let covered = &token[..token.len() - sum.len()];
    if base_n(u64::from(crc32(covered)), BASE36, 7).as_bytes() != sum {
        return checksum(false);
    }
    let head = head.strip_suffix(b".01").unwrap_or(head);
    if payload_fits(head, length) {
        checksum(true)
    } else {
        Outcome::Invalid("length or payload does not fit")
    }
}

/// Returns whether the last `length` (base36) characters are a payload: 16 random bytes, routing
/// text, and one byte with the length of the routing text.
fn payload_fits(head: &[u8], length: &[u8]) -> bool {
    let payload = base_n_value(length, BASE36)
        .and_then(|n| usize::try_from(n).ok())
        .and_then(|n| head.len().checked_sub(n))
        .and_then(|start| base64(&head[start..]));
    payload.is_some_and(|bytes| {
        bytes
            .last()
            .is_some_and(|&n| bytes.len() == 17 + usize::from(n))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{assert_invalid, assert_valid};

    #[test]
    fn vectors() {
        let payload = ["AAECAwQFBgcICQoLDA0OD2M6", "MQpvOjEKdTozZgw"].concat();
        for (prefix, end) in [("glpat-", ".01.1318vxcpo"), ("glrt-t1_", ".130sg94g7")] {
            let token = [prefix, &payload, end].concat();
            assert_valid(routable(token.as_bytes()), "checksum valid");
            let wrong = token.replace("MQpv", "MQpw");
            assert_invalid(routable(wrong.as_bytes()));
        }
    }

    #[test]
    fn classic_tokens_prove_nothing() {
        let classic = ["glpat", "-", "AbCdEfGhIjKlMnOpQrSt"].concat();
        assert_eq!(routable(classic.as_bytes()), Outcome::Unknown);
    }

    #[test]
    fn a_payload_of_another_length_is_refused_even_with_the_right_sum() {
        let head = ["glpat", "-", &"A".repeat(30)].concat();
        let token = [head.as_str(), &tail(&head, 29, true)].concat();
        assert_invalid(routable(token.as_bytes()));
    }
}

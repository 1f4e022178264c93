//! Passwords that are only encoded: `user:password` in base64 (HTTP Basic, Docker's `auth`) and
//! Cisco's type 7.

use super::encoding::{base64, hex};
use super::{Outcome, valid};

/// Longest value that is read.
const MAX_LEN: usize = 1 << 16;

/// Checks that base64 decodes to printable `user:password` text.
pub(crate) fn basic_auth(coded: &[u8]) -> Outcome {
    let line = match decoded_line(coded) {
        Ok(line) => line,
        Err(outcome) => return outcome,
    };
    match line.split_once(':') {
        None => Outcome::Invalid("no colon after decoding"),
        Some(("", "")) => Outcome::Invalid("user and password are empty"),
        // Some services take the key as the user, so this refutes nothing.
        Some((_, "")) => Outcome::Unknown,
        Some(_) => valid("decodes to user:password"),
    }
}

/// Checks that base64 decodes to one line of printable text: a password (`.npmrc`).
pub(crate) fn base64_text(coded: &[u8]) -> Outcome {
    // Any short text may decode to text by chance.
    decoded_line(coded).err().unwrap_or(Outcome::Unknown)
}

/// Decodes base64 to one line of printable text. Fails with the outcome of a value that is none.
fn decoded_line(coded: &[u8]) -> Result<String, Outcome> {
    if coded.len() > MAX_LEN {
        return Err(Outcome::Unknown);
    }
    let text = base64(coded).and_then(|bytes| String::from_utf8(bytes).ok());
    // `echo user:password | base64` encodes a line end, too.
    let text = text.unwrap_or_default();
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() || line.chars().any(char::is_control) {
        return Err(Outcome::Invalid("does not decode to text"));
    }
    Ok(line.to_owned())
}

/// The key with which Cisco obfuscates type 7 passwords; public for a long time.
const CISCO_KEY: &[u8; 53] = b"dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87";

/// Writes a password in Cisco's type 7 form, starting at `offset` of the key.
pub(crate) fn cisco_type7_encode(password: &[u8], offset: u8) -> String {
    let masked = cisco_mask(password, usize::from(offset));
    let hex: String = masked.iter().map(|b| format!("{b:02X}")).collect();
    format!("{offset:02}{hex}")
}

/// XORs each byte with the key, which repeats from `offset` on.
fn cisco_mask(bytes: &[u8], offset: usize) -> Vec<u8> {
    let key = CISCO_KEY.iter().cycle().skip(offset);
    bytes
        .iter()
        .zip(key)
        .map(|(byte, key)| byte ^ key)
        .collect()
}

/// Checks Cisco type 7 passwords: two decimal digits (0 to 15), and hex that decodes to printable
/// ASCII. Words before the value are ignored.
pub(crate) fn cisco_type7(text: &[u8]) -> Outcome {
    let value = text
        .trim_ascii()
        .rsplit(u8::is_ascii_whitespace)
        .next()
        .unwrap_or_default();
    let Some((offset, rest)) = value.split_first_chunk::<2>() else {
        return Outcome::Invalid("not an offset and hex");
    };
    let offset = std::str::from_utf8(offset)
        .ok()
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|digits| digits.parse::<usize>().ok())
        .filter(|offset| *offset <= 15);
    match (offset, hex(rest)) {
        (Some(offset), Some(bytes)) if !bytes.is_empty() && bytes.len() <= MAX_LEN => {
            let plain = cisco_mask(&bytes, offset);
            if plain.iter().all(|b| matches!(b, 0x20..=0x7e)) {
                valid("reversible, decodes to text")
            } else {
                Outcome::Invalid("does not decode to text")
            }
        }
        _ => Outcome::Invalid("not an offset and hex"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::{Alphabet, base64_encode};
    use crate::check::testing::{assert_invalid, assert_valid};

    #[test]
    fn basic_auth_texts() {
        let coded = |text: &[u8]| base64_encode(text, Alphabet::Standard, true);
        for good in ["user:password", ":token", "u:p\u{e9}", "a:b\r\n"] {
            let text = coded(good.as_bytes());
            assert_valid(basic_auth(text.as_bytes()), "decodes to user:password");
        }
        for bad in [&b"user"[..], b":", b"a:\tb", b"a:\xff", b"\n"] {
            assert_invalid(basic_auth(coded(bad).as_bytes()));
        }
        assert_eq!(basic_auth(coded(b"key:").as_bytes()), Outcome::Unknown);
        assert_invalid(basic_auth(b"*"));
    }

    #[test]
    fn cisco_vector() {
        assert_eq!(cisco_type7_encode(b"cisco", 2), "02050D480809");
        for text in ["02050D480809", " 02050d480809 "] {
            assert_valid(cisco_type7(text.as_bytes()), "reversible, decodes to text");
        }
        for bad in ["16050D480809", "02050D48080", "02", "", "02850D480809"] {
            assert_invalid(cisco_type7(bad.as_bytes()));
        }
    }
}

//! Text encodings that credentials use: base64, base32, base58, hex and
//! positional numbers. Lenient where issuers differ (alphabet, padding), never
//! where a wrong answer would follow. Not for streams: values are short.

/// The digits of base62 in the order digits, upper case, lower case (GitHub, npm, Azure CASK).
pub const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The digits of base36 in lower case (GitLab).
pub const BASE36: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// The digits of Bitcoin's base58, which leaves out `0`, `O`, `I` and `l`.
pub const BASE58_BITCOIN: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// The digits of the XRP ledger's base58, a permutation of Bitcoin's.
pub const BASE58_XRP: &[u8] = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

/// Longest base58 text that [`base58`] decodes, because its cost is quadratic.
const BASE58_MAX: usize = 128;

/// Which two signs stand for 62 and 63 when base64 is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// `+` and `/` (RFC 4648 section 4).
    Standard,
    /// `-` and `_` (RFC 4648 section 5).
    Url,
}

/// Decodes base64 of either alphabet, padded or not; `None` for any other byte,
/// white space included, and for an impossible length. Spare bits are ignored.
pub fn base64(text: &[u8]) -> Option<Vec<u8>> {
    decode64(text).map(|(bytes, _)| bytes)
}

/// Decodes base64 like [`base64`] but also demands what an encoder would have
/// written: spare bits zero, and padding either complete or absent.
pub fn base64_canonical(text: &[u8]) -> Option<Vec<u8>> {
    let padding = text.len() - unpadded(text).len();
    let (bytes, spare) = decode64(text)?;
    (spare == 0 && (padding == 0 || text.len().is_multiple_of(4))).then_some(bytes)
}

/// Decodes base64 like [`base64`], skipping ASCII white space anywhere.
pub fn base64_skipping_space(text: &[u8]) -> Option<Vec<u8>> {
    let dense: Vec<u8> = text
        .iter()
        .copied()
        .filter(|b| !b.is_ascii_whitespace())
        .collect();
    base64(&dense)
}

/// The text without up to two trailing `=`.
fn unpadded(text: &[u8]) -> &[u8] {
    let mut body = text;
    for _ in 0..2 {
        body = body.strip_suffix(b"=").unwrap_or(body);
    }
    body
}

/// The decoded bytes and the value of the bits that fill no byte.
fn decode64(text: &[u8]) -> Option<(Vec<u8>, u32)> {
    let body = unpadded(text);
    if body.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 2);
    let (mut buffer, mut bits) = (0u32, 0u32);
    for &byte in body {
        buffer = buffer << 6 | u32::from(digit64(byte)?);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((buffer >> bits) as u8);
            buffer &= (1 << bits) - 1;
        }
    }
    Some((out, buffer))
}

/// The value of one base64 sign of either alphabet.
fn digit64(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// Writes bytes as base64 in `alphabet`, with `=` padding when `padded`.
pub fn base64_encode(bytes: &[u8], alphabet: Alphabet, padded: bool) -> String {
    let (plus, slash) = match alphabet {
        Alphabet::Standard => ('+', '/'),
        Alphabet::Url => ('-', '_'),
    };
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4u32 {
            let digit = (group >> (18 - 6 * i) & 63) as u8;
            if i as usize > chunk.len() {
                if padded {
                    out.push('=');
                }
                continue;
            }
            out.push(match digit {
                0..=25 => char::from(b'A' + digit),
                26..=51 => char::from(b'a' + digit - 26),
                52..=61 => char::from(b'0' + digit - 52),
                62 => plus,
                _ => slash,
            });
        }
    }
    out
}

/// Decodes RFC 4648 base32 of either case, padded or not; `None` for any other
/// byte. Bits that fill no byte are dropped.
pub fn base32(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().rposition(|&b| b != b'=').map_or(0, |i| i + 1);
    let mut out = Vec::with_capacity(end * 5 / 8);
    let (mut buffer, mut bits) = (0u32, 0u32);
    for &byte in text.get(..end)? {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        buffer = buffer << 5 | u32::from(digit);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push((buffer >> bits) as u8);
            buffer &= (1 << bits) - 1;
        }
    }
    Some(out)
}

/// Writes bytes as upper-case base32 without padding.
pub fn base32_encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut buffer, mut bits) = (0u32, 0u32);
    for &byte in bytes {
        buffer = buffer << 8 | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(digit32((buffer >> bits) as u8 & 31));
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0 {
        out.push(digit32((buffer << (5 - bits)) as u8 & 31));
    }
    out
}

/// The base32 sign of a value below 32.
fn digit32(value: u8) -> char {
    char::from(if value < 26 {
        b'A' + value
    } else {
        b'2' + value - 26
    })
}

/// Decodes hex of either case; `None` for an odd length or any other byte.
pub fn hex(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.chunks_exact(2)
        .map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?))
        .collect()
}

/// The value of one hex digit.
fn nibble(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|d| d as u8)
}

/// Writes bytes as lower-case hex.
pub fn hex_encode(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Decodes base58 in the given alphabet of 58 signs; `None` for any other byte
/// or for more than 128 of them, because the cost is quadratic.
pub fn base58(text: &[u8], alphabet: &[u8]) -> Option<Vec<u8>> {
    if text.len() > BASE58_MAX {
        return None;
    }
    let zero = *alphabet.first()?;
    // Little-endian while it grows.
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for &byte in text {
        let mut carry = alphabet.iter().position(|&a| a == byte)?;
        for slot in &mut out {
            carry += usize::from(*slot) * 58;
            *slot = carry as u8;
            carry >>= 8;
        }
        while carry > 0 {
            out.push(carry as u8);
            carry >>= 8;
        }
    }
    out.extend(text.iter().take_while(|&&b| b == zero).map(|_| 0));
    out.reverse();
    Some(out)
}

/// Writes bytes as base58 in the given alphabet of 58 signs; quadratic, for short values.
pub fn base58_encode(bytes: &[u8], alphabet: &[u8]) -> String {
    let sign = |value: u8| char::from(alphabet.get(usize::from(value)).copied().unwrap_or(b'?'));
    let mut digits: Vec<u8> = Vec::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        let mut carry = u32::from(byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|&&b| b == 0).map(|_| 0);
    digits.extend(zeros);
    digits.iter().rev().map(|&d| sign(d)).collect()
}

/// Writes a number in the positional system of `alphabet`, left-padded with its
/// zero to at least `width` digits.
pub fn base_n(mut number: u64, alphabet: &[u8], width: usize) -> String {
    let base = alphabet.len().max(2) as u64;
    let sign = |value: u64| char::from(alphabet.get(value as usize).copied().unwrap_or(b'?'));
    let mut digits = Vec::with_capacity(width);
    while number > 0 {
        digits.push(sign(number % base));
        number /= base;
    }
    while digits.len() < width {
        digits.push(sign(0));
    }
    digits.iter().rev().collect()
}

/// Reads a number in the positional system of `alphabet`; `None` for an empty
/// text, a foreign byte or a value above 64 bits.
pub fn base_n_value(text: &[u8], alphabet: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |value, byte| {
        let digit = alphabet.iter().position(|a| a == byte)? as u64;
        value.checked_mul(alphabet.len() as u64)?.checked_add(digit)
    })
}

/// Replaces each `%XX` by its byte, leaving anything else, broken escapes included, as it is.
pub fn percent_decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let escaped = (byte == b'%')
            .then(|| text.get(at + 1..at + 3).and_then(hex))
            .flatten();
        match escaped.as_deref() {
            Some([value]) => {
                out.push(*value);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::Rng;

    #[test]
    fn base64_vectors_of_rfc_4648() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(
                base64_encode(plain.as_bytes(), Alphabet::Standard, true),
                coded
            );
            assert_eq!(base64(coded.as_bytes()).unwrap(), plain.as_bytes());
            assert_eq!(
                base64(coded.trim_end_matches('=').as_bytes()).unwrap(),
                plain.as_bytes()
            );
        }
        assert_eq!(base64(b"-_-_"), base64(b"+/+/"));
        for bad in ["A", "AAAAA", "AA=A", "AA AA", "AAAA===", "A\u{e9}AA"] {
            assert_eq!(base64(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(base64_skipping_space(b" Zm\n9v\t").unwrap(), b"foo");
    }

    #[test]
    fn canonical_base64_refuses_spare_bits_and_half_padding() {
        assert!(base64_canonical(b"Zg==").is_some() && base64_canonical(b"Zg").is_some());
        assert!(base64_canonical(b"Zh==").is_none() && base64(b"Zh==").is_some());
        assert!(base64_canonical(b"Zg=").is_none() && base64(b"Zg=").is_some());
    }

    #[test]
    fn base32_vectors_of_rfc_4648() {
        for (plain, coded) in [("f", "MY"), ("fo", "MZXQ"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32_encode(plain.as_bytes()), coded);
            assert_eq!(
                base32(coded.to_lowercase().as_bytes()).unwrap(),
                plain.as_bytes()
            );
        }
        assert_eq!(base32(b"MY======").unwrap(), b"f");
        assert!(base32(b"M1").is_none());
    }

    #[test]
    fn numbers_and_percent_escapes() {
        assert_eq!(base_n(0, BASE62, 6), "000000");
        assert_eq!(base_n(61, BASE62, 1), "z");
        assert_eq!(base_n_value(b"00zz", BASE36), Some(35 * 36 + 35));
        assert_eq!(base_n_value(b"", BASE36), None);
        assert_eq!(base_n_value(&[b'z'; 20], BASE62), None);
        assert_eq!(percent_decode(b"a%2Fb%3d%zz%2"), b"a/b=%zz%2");
    }

    #[test]
    fn everything_round_trips() {
        let mut rng = Rng::new(7);
        for size in 0..70 {
            let bytes = rng.bytes(size);
            for alphabet in [Alphabet::Standard, Alphabet::Url] {
                for padded in [false, true] {
                    let text = base64_encode(&bytes, alphabet, padded);
                    assert_eq!(base64_canonical(text.as_bytes()).unwrap(), bytes);
                }
            }
            assert_eq!(base32(base32_encode(&bytes).as_bytes()).unwrap(), bytes);
            assert_eq!(hex(hex_encode(&bytes).as_bytes()).unwrap(), bytes);
            let mut zeros = vec![0; size % 3];
            zeros.extend(bytes);
            for alphabet in [BASE58_BITCOIN, BASE58_XRP] {
                let text = base58_encode(&zeros, alphabet);
                assert_eq!(base58(text.as_bytes(), alphabet).unwrap(), zeros);
            }
        }
        assert!(base58(&[b'2'; 129], BASE58_BITCOIN).is_none());
    }
}

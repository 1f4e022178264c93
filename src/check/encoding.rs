//! Text encodings of credentials: base64, base32, base58, hex and positional numbers. Lenient where
//! issuers differ (alphabet, padding), but never where that gives a wrong answer. Not for streams:
//! values are short.
//!
//! `data-encoding` does the work; this module says how lenient to be.

use std::sync::LazyLock;

use data_encoding::{Encoding, HEXLOWER, HEXLOWER_PERMISSIVE};

/// The digits of base62 in the order digits, upper case, lower case (GitHub, npm, Azure CASK).
pub(crate) const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The digits of base36 in lower case (GitLab).
pub(crate) const BASE36: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// The digits of Bitcoin's base58, which leaves out `0`, `O`, `I` and `l`.
pub(crate) const BASE58_BITCOIN: &[u8] =
    b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// The digits of the XRP ledger's base58, a permutation of Bitcoin's.
pub(crate) const BASE58_XRP: &[u8] = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

/// Longest base58 text that [`base58`] decodes, because its cost is quadratic.
const BASE58_MAX: usize = 128;

/// No sign of a [`values`] table.
pub(crate) const NO_SIGN: u8 = u8::MAX;
/// The signs of base64 in both alphabets (RFC 4648, sections 4 and 5), by their bytes.
pub(crate) const BASE64_VALUES: [u8; 256] = values(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"-_",
    62,
);
/// Hexadecimal digits of either case, by their bytes.
pub(crate) const HEX_VALUES: [u8; 256] = values(b"0123456789abcdef", b"ABCDEF", 10);
/// The signs of base32 (RFC 4648, section 6) of either case, by their bytes.
pub(crate) const BASE32_VALUES: [u8; 256] = values(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    b"abcdefghijklmnopqrstuvwxyz",
    0,
);
/// The signs of base32 with the extended hex alphabet (RFC 4648, section 7) of either case.
pub(crate) const BASE32_HEX_VALUES: [u8; 256] = values(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUV",
    b"abcdefghijklmnopqrstuv",
    10,
);

/// Returns what each byte stands for that is one of `signs`; [`NO_SIGN`] for the others. `others`
/// are signs, too, for the values from `first` on.
const fn values(signs: &[u8], others: &[u8], first: u8) -> [u8; 256] {
    let mut values = [NO_SIGN; 256];
    let mut at = 0;
    while at < signs.len() {
        values[signs[at] as usize] = at as u8;
        at += 1;
    }
    let mut at = 0;
    while at < others.len() {
        values[others[at] as usize] = first + at as u8;
        at += 1;
    }
    values
}

/// The named references of HTML that are ASCII characters.
/// Source: HTML, section 13.5, "Named character references".
const REFERENCES: &[(&str, u8)] = &[
    ("amp", b'&'),
    ("AMP", b'&'),
    ("lt", b'<'),
    ("LT", b'<'),
    ("gt", b'>'),
    ("GT", b'>'),
    ("quot", b'"'),
    ("QUOT", b'"'),
    ("apos", b'\''),
    ("Tab", b'\t'),
    ("NewLine", b'\n'),
    ("excl", b'!'),
    ("num", b'#'),
    ("dollar", b'$'),
    ("percnt", b'%'),
    ("lpar", b'('),
    ("rpar", b')'),
    ("ast", b'*'),
    ("midast", b'*'),
    ("plus", b'+'),
    ("comma", b','),
    ("period", b'.'),
    ("sol", b'/'),
    ("colon", b':'),
    ("semi", b';'),
    ("equals", b'='),
    ("quest", b'?'),
    ("commat", b'@'),
    ("lsqb", b'['),
    ("lbrack", b'['),
    ("bsol", b'\\'),
    ("rsqb", b']'),
    ("rbrack", b']'),
    ("Hat", b'^'),
    ("lowbar", b'_'),
    ("UnderBar", b'_'),
    ("grave", b'`'),
    ("lcub", b'{'),
    ("lbrace", b'{'),
    ("verbar", b'|'),
    ("vert", b'|'),
    ("VerticalLine", b'|'),
    ("rcub", b'}'),
    ("rbrace", b'}'),
];

/// Returns the ASCII character that a named reference of HTML stands for, without `&` and `;`.
pub(crate) fn reference(name: &[u8]) -> Option<u8> {
    let named = |(known, _): &&(&str, u8)| known.as_bytes() == name;
    REFERENCES.iter().find(named).map(|(_, byte)| *byte)
}

/// The two characters for 62 and 63 when base64 is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// `+` and `/` (RFC 4648 section 4).
    Standard,
    /// `-` and `_` (RFC 4648 section 5).
    Url,
}

/// Decodes base64 of either alphabet, padded or not, and ignores spare bits. Returns `None` for any
/// other byte, white space included, and for an impossible length.
pub(crate) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    static LENIENT: LazyLock<Encoding> = LazyLock::new(|| either_alphabet(false));
    LENIENT.decode(unpadded(text)).ok()
}

/// Decodes base64 like [`base64`] but accepts only what an encoder writes: spare bits zero, and
/// padding either complete or absent.
pub(crate) fn base64_canonical(text: &[u8]) -> Option<Vec<u8>> {
    static STRICT: LazyLock<Encoding> = LazyLock::new(|| either_alphabet(true));
    let body = unpadded(text);
    if body.len() < text.len() && !text.len().is_multiple_of(4) {
        return None;
    }
    STRICT.decode(body).ok()
}

/// Decodes base64 like [`base64`], skipping ASCII white space anywhere.
pub(crate) fn base64_skipping_space(text: &[u8]) -> Option<Vec<u8>> {
    let dense: Vec<u8> = text
        .iter()
        .copied()
        .filter(|b| !b.is_ascii_whitespace())
        .collect();
    base64(&dense)
}

/// Returns unpadded base64 that reads both alphabets, even in one text.
fn either_alphabet(check_spare_bits: bool) -> Encoding {
    let mut spec = data_encoding::BASE64_NOPAD.specification();
    spec.check_trailing_bits = check_spare_bits;
    spec.translate.from.push_str("-_");
    spec.translate.to.push_str("+/");
    spec.encoding()
        .expect("the two signs are in no other alphabet")
}

/// Returns the text without up to two trailing `=`.
fn unpadded(text: &[u8]) -> &[u8] {
    let mut body = text;
    for _ in 0..2 {
        body = body.strip_suffix(b"=").unwrap_or(body);
    }
    body
}

/// Writes bytes as base64 in `alphabet`, with `=` padding if `padded`.
pub fn base64_encode(bytes: &[u8], alphabet: Alphabet, padded: bool) -> String {
    let encoding = match (alphabet, padded) {
        (Alphabet::Standard, true) => &data_encoding::BASE64,
        (Alphabet::Standard, false) => &data_encoding::BASE64_NOPAD,
        (Alphabet::Url, true) => &data_encoding::BASE64URL,
        (Alphabet::Url, false) => &data_encoding::BASE64URL_NOPAD,
    };
    encoding.encode(bytes)
}

/// Decodes RFC 4648 base32 of either case, padded or not, and ignores spare bits. Returns `None`
/// for any other byte and for an impossible length.
pub(crate) fn base32(text: &[u8]) -> Option<Vec<u8>> {
    static LENIENT: LazyLock<Encoding> = LazyLock::new(|| {
        let mut spec = data_encoding::BASE32_NOPAD_NOCASE.specification();
        spec.check_trailing_bits = false;
        spec.encoding().expect("it only became more lenient")
    });
    let end = text.iter().rposition(|&b| b != b'=').map_or(0, |i| i + 1);
    LENIENT.decode(text.get(..end)?).ok()
}

/// Writes bytes as upper-case base32 without padding.
pub(crate) fn base32_encode(bytes: &[u8]) -> String {
    data_encoding::BASE32_NOPAD.encode(bytes)
}

/// Decodes hex of either case. Returns `None` for an odd length or any other byte.
pub(crate) fn hex(text: &[u8]) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(text).ok()
}

/// Writes bytes as lower-case hex.
pub fn hex_encode(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// Decodes base58 in the given alphabet of 58 characters. Returns `None` for any other byte, and
/// for more than 128 bytes, because the cost is quadratic.
pub(crate) fn base58(text: &[u8], alphabet: &[u8]) -> Option<Vec<u8>> {
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

/// Writes bytes as base58 in the given alphabet of 58 characters. Quadratic, so for short values
/// only.
pub(crate) fn base58_encode(bytes: &[u8], alphabet: &[u8]) -> String {
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

/// Writes a number in the positional system of `alphabet`, left-padded with its zero to at least
/// `width` digits.
pub(crate) fn base_n(mut number: u64, alphabet: &[u8], width: usize) -> String {
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

/// Reads a number in the positional system of `alphabet`. Returns `None` for an empty text, an
/// unknown byte or a value above 64 bits.
pub(crate) fn base_n_value(text: &[u8], alphabet: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |value, byte| {
        let digit = alphabet.iter().position(|a| a == byte)? as u64;
        value.checked_mul(alphabet.len() as u64)?.checked_add(digit)
    })
}

/// Replaces each `%XX` by its byte. Anything else stays as it is, broken escapes included.
pub(crate) fn percent_decode(text: &[u8]) -> Vec<u8> {
    percent_encoding::percent_decode(text).collect()
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
        assert_eq!(base32(b"MZ").unwrap(), b"f", "spare bits are ignored");
        for bad in ["M1", "M", "MZX", "MZXW6Y", "M=Y"] {
            assert_eq!(base32(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn hex_of_either_case() {
        assert_eq!(hex(b"00fFAb").unwrap(), [0, 0xff, 0xab]);
        assert_eq!(hex_encode(&[0, 0xff, 0xab]), "00ffab");
        for bad in ["0", "0g", "+f", "0x", " 0", "f\u{e9}f"] {
            assert_eq!(hex(bad.as_bytes()), None, "{bad}");
        }
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

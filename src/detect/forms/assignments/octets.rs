//! Reads a key that is written as a list of the numbers of its bytes, or as a string of escapes:
//! `{0x3a, 0x91, …}`, `bytes([58, 145, …])`, `"\\x3a\\x91…"`.

use std::ops::Range;

use super::bytes::{GAP, WHITE, run};
use super::found::{Among, Site};
use super::link::Link;
use super::strings::Quote;
use super::value::bare;
use crate::rules::class::{ByteSet, WORD};

/// The lengths of keys, in bytes.
const SIZES: [usize; 4] = [16, 24, 32, 64];
/// The longest list.
const LONGEST: usize = 1024;

/// The list of bytes that `name` is given behind `link`, or behind an index: `key[16] = {…}`.
pub(super) fn read(bytes: &[u8], name: &Range<usize>, link: Option<(Link, usize)>) -> Option<Site> {
    let at = match link {
        Some((Link::Equals | Link::Colon, at)) => at,
        _ => behind_index(bytes, name.end)?,
    };
    let bytes = &bytes[..bytes.len().min(at + GAP + LONGEST)];
    let at = at + run(bytes, at, GAP, &WHITE);
    let at = behind_type(bytes, at).unwrap_or(at);
    let value = opened(bytes, at)?;
    let text = &bytes[value.clone()];
    let count = digits(text)?.len() / 2;
    let mut found = bare(value);
    found.quote = Quote::Plain(b'"');
    SIZES
        .contains(&count)
        .then(|| Site::of(name, Link::Equals, found, Among::Octets))
}

/// Where the value begins behind an index and a sign: `[16] = `, `[] PROGMEM = `.
fn behind_index(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..bytes.len().min(at + GAP))?;
    let end = rest
        .strip_prefix(b"[")
        .map(|_| memchr::memchr(b']', rest))??;
    let sign = end + 1 + run(rest, end + 1, GAP, &WORD.or(ByteSet::of(b" \t")));
    (rest.get(sign) == Some(&b'=')).then_some(at + sign + 1)
}

/// Where the value begins behind the type of Rust at `at`: `[u8; 16] = `.
fn behind_type(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..bytes.len().min(at + GAP))?;
    let inner = rest.strip_prefix(b"[u8;").or(rest.strip_prefix(b"&[u8"))?;
    let sign = memchr::memmem::find(inner, b"] = ").filter(|end| *end < 12)?;
    Some(at + rest.len() - inner.len() + sign + 4)
}

/// The numbers of a list that begins at `at`, behind the name of its type, or the escapes of a
/// string.
fn opened(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    const TYPE: ByteSet = WORD.or(ByteSet::of(b" .[]:&("));
    let open = at + usize::from(bytes.get(at) == Some(&b'b'));
    if let Some(&quote @ (b'"' | b'\'')) = bytes.get(open) {
        let start = open + 1;
        let text = bytes.get(start..).filter(|text| text.starts_with(b"\\x"))?;
        let len = memchr::memchr2(quote, b'\n', text)?;
        return (text[len] == quote).then_some(start..start + len);
    }
    // `[]byte{`, `bytes([`, `new byte[] {`
    let head = run(bytes, at, GAP, &TYPE);
    let head = match bytes.get(at + head) {
        Some(b'{') => head + 1,
        _ => memchr::memrchr(b'[', &bytes[at..at + head])? + 1,
    };
    let start = at + head + run(bytes, at + head, GAP, &WHITE);
    let len = bytes[start..].iter().position(|b| b"}])".contains(b))?;
    let text = bytes[start..start + len].trim_ascii_end();
    let text = text.strip_suffix(b",").unwrap_or(text);
    Some(start..start + text.len())
}

/// The hexadecimal digits of the bytes that a list or the escapes of a string write; `None` if
/// anything else stands there, or they count up or repeat as no key does.
pub(in crate::detect) fn digits(text: &[u8]) -> Option<Vec<u8>> {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let values: Option<Vec<u8>> = if text.starts_with(b"\\x") {
        let parts = text[2..].split(|b| *b == b'\\');
        let hex = |part: &[u8]| match part.strip_prefix(b"x").unwrap_or(part) {
            [high, low] => Some((digit(*high)? << 4) | digit(*low)?),
            _ => None,
        };
        parts.map(hex).collect()
    } else if text.len() <= LONGEST {
        text.split(|b| *b == b',')
            .map(|part| number(part.trim_ascii()))
            .collect()
    } else {
        None
    };
    let values = values?;
    let mut seen = [false; 256];
    values
        .iter()
        .for_each(|value| seen[usize::from(*value)] = true);
    let kinds = seen.iter().filter(|seen| **seen).count();
    let step = |pair: &[u8]| pair[1].wrapping_sub(pair[0]);
    let mut steps = values.windows(2).map(step);
    let first = steps.next()?;
    // Two halves may count up apart, as the sample keys of LoRaWAN do.
    let odd = steps.filter(|step| *step != first).count();
    let random = odd >= 4 && kinds * 3 >= values.len().min(32) * 2;
    random.then(|| {
        let both = values.iter();
        both.flat_map(|b| [HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]])
            .collect()
    })
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// The byte that a number writes: `0x3a`, `58`, `-58`, `(byte) 0x91`.
fn number(text: &[u8]) -> Option<u8> {
    let text = match text.strip_prefix(b"(") {
        Some(cast) => cast[memchr::memchr(b')', cast)? + 1..].trim_ascii(),
        None => text,
    };
    let text = std::str::from_utf8(text).ok()?;
    if let Some(hex) = text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        return u8::from_str_radix(hex, 16).ok();
    }
    let value: i16 = text.parse().ok()?;
    (-128..=255)
        .contains(&value)
        .then_some((value & 0xff) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: &str =
        "0x3a,0x91, 0xc4,0x07,0x5e,0xb2,0x88,0x1f,\n 0xd6,0x40,0x7b,0xe9,0x12,0xaf,0x63,0x54";
    const DIGITS: &str = "3a91c4075eb2881fd6407be912af6354";

    fn value(text: &str) -> Option<String> {
        let link = text.find('=').filter(|_| !text.starts_with("key["));
        let link = link.map(|at| (Link::Equals, at + 1));
        let site = read(text.as_bytes(), &(0..3), link)?;
        String::from_utf8(digits(&text.as_bytes()[site.value])?).ok()
    }

    #[test]
    fn lists_of_bytes_are_read() {
        let decimal = "58, -111, -60, 7, 94, -78, -120, 31, -42, 64, 123, -23, 18, -81, 99, 84";
        let escapes =
            "\\x3a\\x91\\xc4\\x07\\x5e\\xb2\\x88\\x1f\\xd6\\x40\\x7b\\xe9\\x12\\xaf\\x63\\x54";
        for text in [
            format!("key[16] = {{{NUMBERS}}};"),
            format!("key[] PROGMEM = {{ {NUMBERS}, }};"),
            format!("key = []byte{{{NUMBERS}}}"),
            format!("key = bytes([{decimal}])"),
            format!("key = new byte[] {{{decimal}}};"),
            format!("key = {{{decimal}}};"),
            format!("key = [u8; 16] = [{NUMBERS}];"),
            format!("key = b\"{escapes}\""),
        ] {
            assert_eq!(value(&text).as_deref(), Some(DIGITS), "{text}");
        }
        for text in [
            "key = {0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}",
            "key = {0x3a, 0x91}",
            "key[16] = {0}",
            "key = [a, b, c]",
            "key = \"\\x3a\"",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
    }
}

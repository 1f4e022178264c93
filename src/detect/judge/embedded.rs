//! Judges whether a match is a piece of encoded data: a picture or sound in base64 holds every
//! short prefix by chance.

use crate::finding::Dismissal;
use crate::rules::class::{ALNUM, ByteSet};

/// How far the data is read to either side of a match, in bytes.
pub(in crate::detect) const EMBEDDED: usize = 96;

/// Why a value whose form begins with `prefix` is a piece of encoded data: `+` and `/` of
/// base64 stand beside it, and base64 goes on far to both sides.
///
/// A prefix with a sign that base64 does not have (`ghp_`) is not met by chance.
pub(in crate::detect) fn in_data(bytes: &[u8], value: &[u8], at: usize) -> Option<Dismissal> {
    const BASE64: ByteSet = ALNUM.or(ByteSet::of(b"+/"));
    const INDENT: usize = 16;
    let end = at + value.len();
    if !value.iter().all(|b| BASE64.has(*b)) {
        return None;
    }
    // Lines of data are cut anywhere, so one of the two neighbours may be the end of a line.
    let sign = |i: Option<usize>, signs: &[u8]| {
        i.and_then(|i| bytes.get(i))
            .is_some_and(|b| signs.contains(b))
    };
    // Files of resources indent their lines.
    let indent = bytes[at.saturating_sub(INDENT)..at].iter().rev();
    let line = at - indent.take_while(|b| b" \t".contains(b)).count();
    let (before, after) = (line.checked_sub(1), Some(end));
    let touched = (line == at && sign(before, b"+/") && sign(after, b"+/\r\n"))
        || (sign(before, b"\n") && sign(after, b"+/"));
    if !touched {
        return None;
    }
    // A path of a URL has slashes, too, but no part of it mixes all kinds of letters.
    let mixed = |part: &[u8]| {
        let kind = |test: fn(&u8) -> bool| part.iter().filter(|b| test(b)).count() >= 8;
        kind(u8::is_ascii_lowercase)
            && kind(u8::is_ascii_uppercase)
            && part.iter().any(u8::is_ascii_digit)
    };
    let breaks = |part: &[u8]| part.iter().filter(|b| **b == b'\n').count();
    let data = |part: &[u8]| {
        part.iter()
            .all(|b| BASE64.has(*b) || b"\r\n \t".contains(b))
            && mixed(part)
            && breaks(part) <= 2
    };
    let before = bytes.get(at.checked_sub(EMBEDDED)?..at)?;
    let after = bytes.get(end..end + EMBEDDED)?;
    (data(before) && data(after)).then_some(Dismissal::LookAlike("a piece of encoded data"))
}

/// Whether what stands around `span` is neither text nor a string of a program: a picture or a sound,
/// in which names and values stand by chance. Text in another encoding has no control characters,
/// and strings of programs are surrounded by zeros.
pub(in crate::detect) fn in_noise(bytes: &[u8], span: &std::ops::Range<usize>) -> bool {
    const SIDE: usize = 64;
    const CONTROLS: usize = 4;
    const HIGH: usize = 8;
    let before = &bytes[span.start.saturating_sub(SIDE)..span.start];
    let after = &bytes[span.end..bytes.len().min(span.end + SIDE)];
    let count = |part: &[u8], test: fn(&u8) -> bool| part.iter().filter(|b| test(b)).count();
    let high = |part: &[u8]| count(part, |b| *b >= 0x80);
    if high(before) + high(after) < HIGH {
        return false;
    }
    let control = |b: &u8| matches!(b, 1..=8 | 14..=26 | 28..=31 | 127);
    let controls = count(before, control) + count(after, control);
    let invalid = |part: &[u8]| {
        let bytes = part.utf8_chunks().map(|chunk| chunk.invalid().len());
        bytes.sum::<usize>()
    };
    controls >= CONTROLS && invalid(before) + invalid(after) >= HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str, value: &str) -> bool {
        let at = text.find(value).unwrap();
        in_data(text.as_bytes(), value.as_bytes(), at).is_some()
    }

    #[test]
    fn noise_is_told_from_text_and_programs() {
        let around = |side: &[u8]| {
            let text = [side, b"pw=", side].concat();
            in_noise(&text, &(side.len()..text.len() - side.len()))
        };
        assert!(around(b"\xe0\x9f\x02\x8b\x13\xfd\x04\xc1\x05\xe9"));
        for side in [
            &b"plain text, \x1b[31m red"[..],
            "\u{5bc6}\u{7801} \u{5bc6}\u{7801} \u{1}\u{2}\u{3}\u{4}".as_bytes(),
            b"\xc3\xdc\xc2\xeb \xb4\xed\xce\xf3 \xc3\xdc\xc2\xeb",
            b"\0\0\0usr\0\0\0",
            b"",
        ] {
            assert!(!around(side), "{side:?}");
        }
    }

    #[test]
    fn pieces_of_encoded_data_are_recognised() {
        let data = "kJ8sQ2mZx9Lp4VtR7wNb".repeat(5);
        let value = "AKLTq7Rw2Zk9Xv4Lm8Np3Ts6Yb1";
        assert!(judged(&format!("{data}/{value}+{data}"), value));
        // The data ends soon, or nothing of base64 stands beside it.
        assert!(!judged(&format!("{data}/{value}+{}", &data[..40]), value));
        assert!(!judged(&format!("{data}\n{value}\n{data}"), value));
        assert!(!judged(&format!("{value}+{data}"), value));
        assert!(!judged(&format!("{data}={value}+{data}"), value));
        // Data on lines of 76 signs.
        let line = format!("{}\n", &data[..76]);
        let lines = line.repeat(3);
        assert!(judged(&format!("{lines}{value}+{data}\n{lines}"), value));
        assert!(judged(&format!("{lines}abc/{value}\n{lines}"), value));
        assert!(!judged(&format!("{lines}{value}\n{lines}"), value));
        // A path of a URL.
        let path = "api/v1/hooks/incoming/".repeat(6);
        assert!(!judged(&format!("{path}/{value}/{path}"), value));
        assert!(!judged(
            &format!("{data}/ab_{}/{data}", &value[2..]),
            &value[2..]
        ));
    }
}

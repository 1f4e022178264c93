//! The signs of encodings that write single characters otherwise: `%5F`, `\x5f`, `&#95;`, `=5F`.
//! What a sign means, and whether it may belong to a token.

use super::coded::Writing;
use crate::check::encoding;
use crate::rules::class::{ALNUM, ByteSet};

/// A sign, and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) struct Sign {
    bytes: [u8; 4],
    len: u8,
    /// How many bytes it takes where it stands.
    pub(in crate::detect) width: usize,
}

impl Sign {
    fn byte(byte: u8, width: usize) -> Self {
        Self {
            bytes: [byte, 0, 0, 0],
            len: 1,
            width,
        }
    }

    fn of(code: u32, width: usize) -> Option<Self> {
        if is_invisible(code) {
            return Some(Self::nothing(width));
        }
        let mut bytes = [0; 4];
        let len = char::from_u32(code)?.encode_utf8(&mut bytes).len() as u8;
        Some(Self { bytes, len, width })
    }

    /// A sign that stands for nothing.
    fn nothing(width: usize) -> Self {
        Self {
            bytes: [0; 4],
            len: 0,
            width,
        }
    }

    /// What it stands for.
    pub(in crate::detect) fn meaning(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// Whether nobody sees a character: a space of no width, a joiner, a mark of direction, a selector
/// of a variant.
fn is_invisible(code: u32) -> bool {
    matches!(
        code,
        0xad | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2064 | 0xfe00..=0xfe0f | 0xfeff
    )
}

/// The longest sign of all, in bytes: a reference with leading zeros.
const LONGEST: usize = 24;

/// Returns the sign at `at`.
pub(in crate::detect) fn sign_at(writing: Writing, bytes: &[u8], at: usize) -> Option<Sign> {
    let rest = bytes.get(at..bytes.len().min(at + LONGEST))?;
    match writing {
        Writing::Percent => match rest {
            [b'%', b'u', digits @ ..] => Sign::of(number(digits.get(..4)?, 16)?, 6),
            [b'%', high, low, ..] => Some(Sign::byte(pair(*high, *low)?, 3)),
            _ => None,
        },
        Writing::Quoted => match rest {
            [b'=', b'\n', ..] => Some(Sign::nothing(2)),
            [b'=', b'\r', b'\n', ..] => Some(Sign::nothing(3)),
            [b'=', high, low, ..] => Some(Sign::byte(pair(*high, *low)?, 3)),
            _ => None,
        },
        Writing::Backslash => backslash(rest),
        Writing::Entity => entity(rest),
        Writing::Invisible => match rest {
            [0xe2, 0x80, 0x8b..=0x8f | 0xaa..=0xae, ..]
            | [0xe2, 0x81, 0xa0..=0xa4, ..]
            | [0xef, 0xb8, 0x80..=0x8f, ..]
            | [0xef, 0xbb, 0xbf, ..] => Some(Sign::nothing(3)),
            [0xc2, 0xad, ..] => Some(Sign::nothing(2)),
            _ => None,
        },
    }
}

/// The byte that two hexadecimal digits mean.
fn pair(high: u8, low: u8) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// The value of `digits`, of which there is one at least, in `base`.
fn number(digits: &[u8], base: u32) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u32, |value, digit| {
        let digit = char::from(*digit).to_digit(base)?;
        value.checked_mul(base)?.checked_add(digit)
    })
}

/// How many blanks `text` begins with.
fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|b| b" \t".contains(b)).count()
}

fn backslash(rest: &[u8]) -> Option<Sign> {
    let (letter, more) = rest.strip_prefix(b"\\")?.split_first()?;
    match letter {
        b'n' => Some(Sign::byte(b'\n', 2)),
        b't' => Some(Sign::byte(b'\t', 2)),
        b'r' => Some(Sign::byte(b'\r', 2)),
        b'"' | b'\'' | b'\\' | b'/' | b'`' => Some(Sign::byte(*letter, 2)),
        // The indent of the next line is none of the text.
        b'\n' => Some(Sign::nothing(2 + blanks(more))),
        b'\r' if more.first() == Some(&b'\n') => Some(Sign::nothing(3 + blanks(&more[1..]))),
        b'x' => match more {
            [b'{', more @ ..] => {
                let len = more.iter().take(9).position(|b| *b == b'}')?;
                Sign::of(number(&more[..len], 16)?, len + 4)
            }
            [high, low, ..] => Some(Sign::byte(pair(*high, *low)?, 4)),
            _ => None,
        },
        b'u' => match more {
            [b'{', more @ ..] => {
                let len = more.iter().take(9).position(|b| *b == b'}')?;
                Sign::of(number(&more[..len], 16)?, len + 4)
            }
            _ => {
                let high = number(more.get(..4)?, 16)?;
                // Two signs make one character beyond the first 65,536.
                if let (0xd800..=0xdbff, Some([b'\\', b'u', low @ ..])) = (high, more.get(4..10)) {
                    let low = number(low, 16)?;
                    if (0xdc00..=0xdfff).contains(&low) {
                        return Sign::of(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), 12);
                    }
                }
                Sign::of(high, 6)
            }
        },
        b'U' => Sign::of(number(more.get(..8)?, 16)?, 10),
        b'0'..=b'7' => {
            let digits = rest[1..].iter().take(3);
            let len = digits.take_while(|b| (b'0'..=b'7').contains(b)).count();
            let value = number(&rest[1..=len], 8)?;
            Some(Sign::byte(u8::try_from(value).ok()?, len + 1))
        }
        _ => None,
    }
}

/// What ends a section of character data in XML and begins the next one.
const SECTIONS: &[u8] = b"]]><![CDATA[";

fn entity(rest: &[u8]) -> Option<Sign> {
    if rest.starts_with(SECTIONS) {
        return Some(Sign::nothing(SECTIONS.len()));
    }
    let body = rest.strip_prefix(b"&")?;
    if let [b'#', digit, ..] = body
        && digit.is_ascii_digit()
    {
        // Browsers do without the semicolon.
        let len = body[1..].iter().take_while(|b| b.is_ascii_digit()).count();
        let width = 2 + len + usize::from(body.get(1 + len) == Some(&b';'));
        return Sign::of(number(&body[1..=len], 10)?, width);
    }
    let end = body.iter().position(|b| *b == b';')?;
    let (name, width) = (&body[..end], end + 2);
    match name {
        [b'#', b'x' | b'X', digits @ ..] => Sign::of(number(digits, 16)?, width),
        _ => {
            if let Some(byte) = encoding::reference(name) {
                return Some(Sign::byte(byte, width));
            }
            match NAMES.iter().find(|(known, _)| known.as_bytes() == name)? {
                (_, b"") => Some(Sign::nothing(width)),
                (_, meaning) => Some(Sign::byte(*meaning.first()?, width)),
            }
        }
    }
}

/// What people write for ASCII characters that look alike, and characters that nobody sees.
/// Source: HTML, section 13.5, "Named character references".
const NAMES: &[(&str, &[u8])] = &[
    ("nbsp", b" "),
    ("hyphen", b"-"),
    ("dash", b"-"),
    ("midast", b"*"),
    ("shy", b""),
    ("zwj", b""),
    ("zwnj", b""),
    ("ZeroWidthSpace", b""),
    ("NoBreak", b""),
];

/// Bytes of tokens.
const TOKEN: ByteSet = ALNUM.or(ByteSet::of(b"_-"));
/// Bytes of base64 that are no bytes of other tokens.
const BASE64: ByteSet = ByteSet::of(b"+/=.");
/// The fewest bytes of base64 beside a sign that means another one.
const BASE64_BESIDE: usize = 12;
/// How far a gate looks back for an earlier sign of the same word.
const BACK: usize = 64;
/// The lengths of lines that end with a soft break: RFC 2045 wants 76 at most.
const SOFT_LINE: std::ops::RangeInclusive<usize> = 50..=78;

/// Whether a word goes on at this byte. White space, quotes and brackets of tags end it.
pub(in crate::detect) fn in_word(byte: u8) -> bool {
    const OUTSIDE: ByteSet = ByteSet::of(b" \t\r\n\"'`<>");
    !OUTSIDE.has(byte)
}

/// Whether the sign at `at` may lead to a token that does not stand there as it is: it means a
/// byte of a token, stands beside one, and is the first such sign of its word.
pub(in crate::detect) fn is_lead(writing: Writing, bytes: &[u8], at: usize) -> bool {
    belongs(writing, bytes, at) && is_told(writing, bytes, at) && !has_earlier(writing, bytes, at)
}

/// Whether the sign at `at` is none that a value in base64 ends with: an `=` at the end of a line
/// is one of quoted-printable if an equals sign near it is written as `=3D`.
fn is_told(writing: Writing, bytes: &[u8], at: usize) -> bool {
    const NEAR: usize = 160;
    let is_soft = writing == Writing::Quoted && matches!(bytes.get(at + 1), Some(b'\r' | b'\n'));
    let near = &bytes[at.saturating_sub(NEAR)..bytes.len().min(at + NEAR)];
    !is_soft || memchr::memmem::find(near, b"=3D").is_some()
}

/// How far apart the quotes of two strings may stand that a gate sees joined.
const GAP: usize = 64;

/// Whether the text of one string ends with a byte of a token at the quote at `at`, and that of the
/// next one begins with one behind the joint that ends at `end`.
pub(super) fn joins(bytes: &[u8], at: usize, end: usize) -> bool {
    let is_token = |b: &u8| TOKEN.has(*b);
    if !at
        .checked_sub(1)
        .is_some_and(|before| is_token(&bytes[before]))
    {
        return false;
    }
    if end > at + 1 && matches!(bytes.get(end - 1), Some(b'"' | b'\'' | b'`')) {
        return bytes.get(end).is_some_and(is_token);
    }
    token_behind(bytes, end)
}

/// Whether a string stands behind blanks and line ends that begins with a byte of a token.
fn token_behind(bytes: &[u8], at: usize) -> bool {
    let rest = &bytes[at.min(bytes.len())..bytes.len().min(at + GAP)];
    let blanks = rest.iter().take_while(|b| b" \t\r\n".contains(b)).count();
    match rest.get(blanks..) {
        Some([b'"' | b'\'' | b'`', next, ..]) => TOKEN.has(*next),
        _ => false,
    }
}

/// Whether something encoded, or the end of a string, stands in `range`.
pub(in crate::detect) fn are_in(bytes: &[u8], range: std::ops::Range<usize>) -> bool {
    let mut from = range.start;
    let end = range.end.min(bytes.len());
    while let Some(rest) = bytes.get(from..end)
        && let Some(next) = rest.iter().position(|b| OPENERS[usize::from(*b)])
    {
        if may_be_encoded(bytes, from + next) {
            return true;
        }
        from += next + 1;
    }
    false
}

/// What signs and joints begin with.
const OPENERS: [bool; 256] = ByteSet::of(b"%\\&=]\"'`$#{^\xe2\xef\xc2\n\r<").table();

/// Whether a sign stands at `at`, or a quote behind which a string may go on.
fn may_be_encoded(bytes: &[u8], at: usize) -> bool {
    match bytes[at] {
        b'"' | b'\'' | b'`' => {
            let rest = &bytes[at + 1..bytes.len().min(at + 12)];
            let next = rest.iter().position(|b| !b" \t\r)]}".contains(b));
            let opens = |at: usize| {
                let prefix = rest[at..].iter().take(3);
                let prefix = prefix.take_while(|b| b.is_ascii_alphanumeric()).count();
                prefix < 3 && matches!(rest.get(at + prefix), Some(b'"' | b'\'' | b' '))
            };
            next.is_none_or(|at| {
                b"\n;+.&|,<%~^\\\"'`(_#/*-$=@".contains(&rest[at])
                    || opens(at)
                    || rest[at..].starts_with(b"string")
            })
        }
        b'\n' | b'\r' | b'<' => is_named(&bytes[..at]),
        // Behind it may stand a sign of another encoding.
        _ => true,
    }
}

/// Whether `text` ends with a value without quotes that has a name: `A=gh`, `a: gh`, `<a>gh`.
fn is_named(text: &[u8]) -> bool {
    const FAR: usize = 48;
    let value = text.iter().rev().take(FAR).take_while(|b| TOKEN.has(**b));
    let before = &text[..text.len() - value.count()];
    match before {
        [.., b'=' | b'>'] | [.., b'=' | b':', b' '] => true,
        [.., name, b' '] => TOKEN.has(*name),
        _ => false,
    }
}

/// Whether the sign at `at` means a byte of a token and stands beside one.
fn belongs(writing: Writing, bytes: &[u8], at: usize) -> bool {
    let Some(sign) = sign_at(writing, bytes, at) else {
        return false;
    };
    let end = at + sign.width;
    let is_token = |i: usize| bytes.get(i).is_some_and(|b| TOKEN.has(*b));
    let means_token = |i: usize| {
        sign_at(writing, bytes, i).is_some_and(|s| s.meaning().iter().all(|b| TOKEN.has(*b)))
    };
    let before = at.checked_sub(1).is_some_and(|i| {
        is_token(i) || (matches!(bytes[i], b';' | b'}') && writing != Writing::Percent)
    });
    let next = means_token(end);
    let after = is_token(end) || next;
    match *sign.meaning() {
        [] if writing == Writing::Quoted => {
            let from = at.saturating_sub(*SOFT_LINE.end() + 1);
            let line = bytes[from..at].iter().rev().take_while(|b| **b != b'\n');
            let goes_on = after || sign_at(writing, bytes, end).is_some_and(|s| s.width == 3);
            before && goes_on && SOFT_LINE.contains(&(line.count() + 1))
        }
        [] => before && after,
        // `x=42` stands everywhere; a sign for a letter is one of many.
        [byte] if writing == Writing::Quoted && ALNUM.has(byte) => {
            let earlier = at.checked_sub(3).is_some_and(means_token);
            next || earlier
        }
        [byte] if writing == Writing::Quoted && TOKEN.has(byte) => before && after,
        [byte] if TOKEN.has(byte) => before || after,
        // A sign may be written otherwise itself: `%255F`, `&amp;#95;`, `\\\\x5f`.
        [opener] if Some(&opener) == bytes.get(at) => {
            let end = match bytes.get(at..end + 2) {
                Some(b"\\\\\\\\") => end + 2,
                _ => end,
            };
            let again = [&[opener][..], &bytes[end..bytes.len().min(end + LONGEST)]].concat();
            sign_at(writing, &again, 0).is_some_and(|sign| sign.width > 2)
        }
        [byte] if BASE64.has(byte) => {
            let coded = |b: &&u8| TOKEN.has(**b) || BASE64.has(**b);
            let from = at.saturating_sub(BASE64_BESIDE);
            let to = bytes.len().min(end + BASE64_BESIDE);
            bytes[from..at].iter().rev().take_while(coded).count() >= BASE64_BESIDE
                || bytes[end.min(to)..to].iter().take_while(coded).count() >= BASE64_BESIDE
        }
        _ => false,
    }
}

/// Whether a literal of [`coded`](super::coded) stands at the sign at `at`.
fn is_led(writing: Writing, bytes: &[u8], at: usize) -> bool {
    let rest = &bytes[at..bytes.len().min(at + 5)];
    match (writing, rest) {
        (Writing::Percent, [b'%', b'u', b'0', b'0', first]) => (b'2'..=b'7').contains(first),
        (Writing::Percent, [b'%', high, low, next, ..]) => {
            let low = low.to_ascii_lowercase();
            let alone = matches!(
                (high, low),
                (b'5', b'f') | (b'2', b'd' | b'b' | b'f') | (b'3', b'd')
            );
            let again = (*high, low) == (b'2', b'5') && (b'2'..=b'7').contains(next);
            alone || again || (b'3' <= *high && *next == b'%')
        }
        (Writing::Percent, _) => false,
        (Writing::Quoted, [b'=', high, low, ..]) => {
            matches!(
                (high, low),
                (b'5', b'F' | b'f') | (b'2' | b'3', b'D' | b'd')
            )
        }
        (Writing::Quoted, _) => false,
        (Writing::Backslash, [b'\\', b'x', high, low, ..]) => {
            (b'3'..=b'7').contains(high) || matches!((high, low), (b'2', b'd' | b'D') | (b'{', _))
        }
        (Writing::Backslash, [b'\\', digit, rest @ ..]) if digit.is_ascii_digit() => {
            *digit == b'1' || *digit == b'0' && rest.starts_with(b"55")
        }
        (Writing::Entity, [b'&', b'#', first, second, ..]) => {
            b"01456789xX".contains(first) && second.is_ascii_hexdigit()
        }
        _ => true,
    }
}

/// Whether an earlier sign of the same word belongs to the token.
fn has_earlier(writing: Writing, bytes: &[u8], at: usize) -> bool {
    let opener = bytes[at];
    let soft = writing == Writing::Quoted || writing == Writing::Invisible;
    for i in (at.saturating_sub(BACK)..at).rev() {
        let byte = bytes[i];
        if byte == opener && is_led(writing, bytes, i) && belongs(writing, bytes, i) {
            return true;
        }
        if !(in_word(byte) || soft && matches!(byte, b'\r' | b'\n')) {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::find::coded::{self, Lead};

    /// What leads to a word is its first sign, so that a word is read once.
    #[test]
    fn every_literal_that_leads_to_a_word_is_an_earlier_sign_of_it() {
        let mut seen = 0;
        for (literal, kind) in coded::leads() {
            let Lead::Sign(writing) = Lead::ALL[usize::from(kind)] else {
                continue;
            };
            // A soft break leads only near another sign.
            if literal.bytes.ends_with(b"\n") {
                continue;
            }
            let behind = literal.after.iter().map(|set| {
                let mut all = 0..=255;
                all.find(|byte| set.has(*byte)).unwrap()
            });
            let text: Vec<u8> = literal.bytes.iter().copied().chain(behind).collect();
            assert!(is_led(writing, &text, 0), "{}", text.escape_ascii());
            seen += 1;
        }
        assert!(seen > 40, "{seen}");
    }
}

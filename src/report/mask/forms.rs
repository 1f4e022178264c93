//! Forms in which a secret may stand, and how to decode them. And which part of a key file is
//! secret.

use std::ops::Range;

use crate::check::encoding;

/// Members of a key file that say whose key it is, and which one to revoke.
const PUBLIC: &[&[u8]] = &[
    b"type",
    b"project_id",
    b"private_key_id",
    b"client_email",
    b"client_id",
    b"auth_uri",
    b"token_uri",
    b"auth_provider_x509_cert_url",
    b"client_x509_cert_url",
    b"universe_domain",
];

/// Returns the parts of a JSON document that are secret: the values of all members but
/// those that name the key. None for anything else.
pub(super) fn private(document: &[u8]) -> Option<Vec<Range<usize>>> {
    if !document.starts_with(b"{") || memchr::memmem::find(document, b"\"private_key\"").is_none() {
        return None;
    }
    let mut private = Vec::new();
    let mut public = false;
    let mut at = 0;
    while let Some(open) = memchr::memchr(b'"', &document[at..]) {
        let start = at + open + 1;
        let mut end = start;
        while end < document.len() && document[end] != b'"' {
            end += if document[end] == b'\\' { 2 } else { 1 };
        }
        let end = end.min(document.len());
        at = (end + 1).min(document.len());
        let next = document[at..].iter().find(|b| !b.is_ascii_whitespace());
        if next == Some(&b':') {
            public = PUBLIC.contains(&&document[start..end]);
        } else if !public {
            private.push(start..end);
        }
    }
    Some(private)
}

/// A character, as bytes of UTF-8, or a single byte.
#[derive(Clone, Copy)]
pub(super) enum Sign {
    Byte(u8),
    Char([u8; 4], usize),
}

impl Sign {
    fn of(code: u32) -> Option<Self> {
        let mut bytes = [0; 4];
        let len = char::from_u32(code)?.encode_utf8(&mut bytes).len();
        Some(Sign::Char(bytes, len))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Sign::Byte(byte) => std::slice::from_ref(byte),
            Sign::Char(bytes, len) => &bytes[..*len],
        }
    }
}

/// How a language writes signs that it cannot write as they are.
#[derive(Clone, Copy)]
pub(super) struct Escape {
    /// What an escape begins with.
    pub(super) signs: &'static [u8],
    /// Decodes the escape at the start of a text. Returns the sign and the length of its escape.
    pub(super) decode: fn(&[u8]) -> Option<(Sign, usize)>,
}

/// All of them. Each is read by itself: what escapes in one language is a letter in another.
pub(super) const ESCAPES: &[Escape] = &[
    Escape {
        signs: b"%",
        decode: percent,
    },
    Escape {
        signs: b"\\",
        decode: backslash,
    },
    Escape {
        signs: b"&",
        decode: entity,
    },
    Escape {
        signs: b"`",
        decode: sign_behind,
    },
    Escape {
        signs: b"^",
        decode: sign_behind,
    },
    Escape {
        signs: b"'\"$%",
        decode: doubled,
    },
];

/// Returns what `value` is if it is an encoded form, in each encoding that changes it.
pub(super) fn decoded(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms: Vec<Vec<u8>> = Vec::new();
    for escape in ESCAPES {
        let once = unescaped(value, escape);
        let twice = once.as_deref().and_then(|once| unescaped(once, escape));
        for form in [once, twice].into_iter().flatten() {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
    }
    forms.extend(hidden(value));
    forms
}

/// Returns what `value` is if it is base64 or hex.
pub(super) fn hidden(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for hidden in [base64(value), hex(value)].into_iter().flatten() {
        // What is hidden is often `user:password`.
        let password = memchr::memchr(b':', &hidden).map(|at| hidden[at + 1..].to_vec());
        forms.extend(password);
        forms.push(hidden);
    }
    forms
}

/// Decodes all that one language escapes; None if that changes nothing.
fn unescaped(value: &[u8], escape: &Escape) -> Option<Vec<u8>> {
    let next_sign = |text: &[u8]| match *escape.signs {
        [sign] => memchr::memchr(sign, text),
        ref signs => text.iter().position(|b| signs.iter().any(|sign| sign == b)),
    };
    let mut out = Vec::new();
    let (mut at, mut copied) = (0, 0);
    while let Some(next) = next_sign(&value[at..]) {
        at += next;
        let Some((sign, len)) = (escape.decode)(&value[at..]) else {
            at += 1;
            continue;
        };
        out.extend_from_slice(&value[copied..at]);
        out.extend_from_slice(sign.bytes());
        at += len;
        copied = at;
    }
    if copied == 0 {
        return None;
    }
    out.extend_from_slice(&value[copied..]);
    (out != value).then_some(out)
}

/// Decodes base64, if it hides printable text, also in UTF-16.
fn base64(value: &[u8]) -> Option<Vec<u8>> {
    encoding::base64(value.trim_ascii_end()).and_then(printable)
}

fn hex(value: &[u8]) -> Option<Vec<u8>> {
    encoding::hex(value).and_then(printable)
}

/// Returns `text`, without the zeros of UTF-16, if it is printable.
fn printable(text: Vec<u8>) -> Option<Vec<u8>> {
    // Twelve signs of base64. Shorter words are base64 by chance.
    const SHORTEST: usize = 9;
    let text = match text.as_chunks::<2>() {
        (pairs, []) if pairs.iter().all(|pair| pair[1] == 0) => {
            pairs.iter().map(|pair| pair[0]).collect()
        }
        _ => text,
    };
    let is_shown = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    (text.len() >= SHORTEST && text.iter().all(is_shown)).then_some(text)
}

/// Returns the number that `digits` are in the system of `base`.
fn number(digits: &[u8], base: u32) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?;
    // A sign in front is no digit.
    let all = digits.chars().all(|c| c.is_digit(base));
    u32::from_str_radix(digits, base).ok().filter(|_| all)
}

/// `%26`, or `%u0026` of old scripts.
fn percent(text: &[u8]) -> Option<(Sign, usize)> {
    if let Some(b'u' | b'U') = text.get(1) {
        return Some((Sign::of(number(text.get(2..6)?, 16)?)?, 6));
    }
    let code = number(text.get(1..3)?, 16)?;
    Some((Sign::Byte(code as u8), 3))
}

/// An escape in a string of a language: `\"`, `\/`, `\u0026`, `\u{26}`, `\x26`, `\046`.
fn backslash(text: &[u8]) -> Option<(Sign, usize)> {
    let sign = *text.get(1)?;
    let fixed = |from: usize, len: usize, base: u32| {
        let code = number(text.get(from..from + len)?, base)?;
        Some((Sign::of(code)?, from + len))
    };
    let coded = match sign {
        b'u' | b'x' if text.get(2) == Some(&b'{') => {
            let end = text.iter().take(12).position(|b| *b == b'}');
            end.and_then(|end| Some((Sign::of(number(&text[3..end], 16)?)?, end + 1)))
        }
        b'u' => fixed(2, 4, 16).or_else(|| surrogates(text)),
        b'U' => fixed(2, 8, 16),
        b'x' => fixed(2, 2, 16),
        b'0'..=b'3' => fixed(1, 3, 8),
        _ => None,
    };
    let plain = match sign {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        sign => sign,
    };
    coded.or(Some((Sign::Byte(plain), 2)))
}

/// Two escapes that are one character: `\ud83d\ude00`.
fn surrogates(text: &[u8]) -> Option<(Sign, usize)> {
    let low = text.get(6..12)?.strip_prefix(b"\\u")?;
    let (high, low) = (number(&text[2..6], 16)?, number(low, 16)?);
    let is_pair = (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low);
    let code = is_pair.then(|| 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))?;
    Some((Sign::of(code)?, 12))
}

/// A sign behind a backquote of PowerShell, or a caret of a batch file.
fn sign_behind(text: &[u8]) -> Option<(Sign, usize)> {
    let sign = *text.get(1)?;
    sign.is_ascii_punctuation().then_some((Sign::Byte(sign), 2))
}

/// A quote, dollar or percent sign that is doubled, and the quote of a shell (`'\''`).
fn doubled(text: &[u8]) -> Option<(Sign, usize)> {
    if text.starts_with(br"'\''") {
        return Some((Sign::Byte(b'\''), 4));
    }
    let sign = text[0];
    (text.get(1) == Some(&sign)).then_some((Sign::Byte(sign), 2))
}

/// An entity of XML or HTML that is an ASCII character, and any character by its number.
fn entity(text: &[u8]) -> Option<(Sign, usize)> {
    /// The longest one that is read: `&#x10ffff;`, with a few zeros in front.
    const LONGEST: usize = 16;
    let name = text.strip_prefix(b"&")?;
    let end = memchr::memchr(b';', &name[..name.len().min(LONGEST)])?;
    let name = &name[..end];
    let decoded = match name {
        [b'#', b'x' | b'X', hex @ ..] => Sign::of(number(hex, 16)?)?,
        [b'#', digits @ ..] => Sign::of(number(digits, 10)?)?,
        name => Sign::Byte(encoding::reference(name)?),
    };
    Some((decoded, end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_key_file_only_the_key_is_secret() {
        let file = br#"{"type": "service_account", "private_key": "K\"EY", "client_email": "a@b", "x": "y"}"#;
        let private = private(file).unwrap();
        let texts: Vec<&[u8]> = private.into_iter().map(|range| &file[range]).collect();
        assert_eq!(texts, [&br#"K\"EY"#[..], b"y"]);
        assert!(super::private(b"{}").is_none() && super::private(b"x").is_none());
        assert!(super::private(br#"{"private_key": "\"#).is_some());
    }

    #[test]
    fn encoded_forms_are_decoded() {
        for (value, plain) in [
            ("p%40ss%2B1", "p@ss+1"),
            (r#"p\"ss\/1\u0026\x21\"#, "p\"ss/1&!\\"),
            ("p&amp;ss&#39;1&x", "p&ss'1&x"),
            ("p&#38;ss&#x21;1&#xzz;", "p&ss!1&#xzz;"),
            ("d2ludGVyLTIwMzEhIQ==", "winter-2031!!"),
            ("77696e7465722d32303331", "winter-2031"),
            ("dwBpAG4AdABlAHIALQAyADAAMwAxAA==", "winter-2031"),
            ("p`$ss`\"1", "p$ss\"1"),
            ("p^&ss", "p&ss"),
            ("p''ss", "p'ss"),
        ] {
            assert_eq!(decoded(value.as_bytes()), [plain.as_bytes()], "{value}");
        }
        assert!(decoded(b"plain").is_empty() && decoded(b"100%").is_empty());
        let with_user = decoded(b"c3ZjOndpbnRlci0yMDMx");
        assert_eq!(with_user, [&b"winter-2031"[..], b"svc:winter-2031"]);
    }
}

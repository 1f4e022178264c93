//! Other forms in which a secret may stand: decoded from a URL, a string or XML. And which
//! part of a key file is secret.

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

/// Returns what `value` is if it is an encoded form, in each encoding that changes it.
pub(super) fn decoded(value: &[u8]) -> Vec<Vec<u8>> {
    let forms = [percent(value), backslashes(value), entities(value)];
    let mut forms: Vec<_> = forms
        .into_iter()
        .flatten()
        .filter(|form| form != value)
        .collect();
    let hidden = base64(value);
    // What is hidden is often `user:password`.
    let password = hidden.as_deref().and_then(|text| {
        let at = memchr::memchr(b':', text)?;
        Some(text[at + 1..].to_vec())
    });
    forms.extend(password);
    forms.extend(hidden);
    forms
}

/// Decodes base64, if it hides printable text.
fn base64(value: &[u8]) -> Option<Vec<u8>> {
    // Twelve signs of base64. Shorter words are base64 by chance.
    const SHORTEST: usize = 9;
    let is_shown = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    encoding::base64(value.trim_ascii_end())
        .filter(|text| text.len() >= SHORTEST && text.iter().all(is_shown))
}

fn percent(value: &[u8]) -> Option<Vec<u8>> {
    value
        .contains(&b'%')
        .then(|| encoding::percent_decode(value))
}

/// Decodes a string of a language: `\"`, `\/`, `\u0026`, `\x26`.
fn backslashes(value: &[u8]) -> Option<Vec<u8>> {
    if !value.contains(&b'\\') {
        return None;
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let Some((&sign, after)) = rest.split_first().filter(|_| byte == b'\\') else {
            out.push(byte);
            continue;
        };
        rest = after;
        let digits = match sign {
            b'u' => 4,
            b'x' => 2,
            _ => 0,
        };
        let code = rest.get(..digits).filter(|_| digits > 0);
        let code =
            code.and_then(|hex| u32::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match code.and_then(char::from_u32) {
            Some(decoded) => {
                rest = &rest[digits..];
                out.extend_from_slice(decoded.encode_utf8(&mut [0; 4]).as_bytes());
            }
            None => out.push(match sign {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                sign => sign,
            }),
        }
    }
    Some(out)
}

/// Decodes the five entities of XML, and characters by their number.
fn entities(value: &[u8]) -> Option<Vec<u8>> {
    if !value.contains(&b'&') {
        return None;
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        match entity(rest) {
            Some((decoded, len)) => {
                out.extend_from_slice(decoded.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[len..];
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    Some(out)
}

/// Returns the character of the entity at the start of `text`, and the length of the entity.
fn entity(text: &[u8]) -> Option<(char, usize)> {
    /// The longest one that is read: `&#x10ffff;`, with a few zeros in front.
    const LONGEST: usize = 16;
    let name = text.strip_prefix(b"&")?;
    let end = memchr::memchr(b';', &name[..name.len().min(LONGEST)])?;
    let name = std::str::from_utf8(&name[..end]).ok()?;
    let decoded = match (
        name.strip_prefix("#x").or(name.strip_prefix("#X")),
        name.strip_prefix('#'),
    ) {
        (Some(hex), _) => char::from_u32(u32::from_str_radix(hex, 16).ok()?)?,
        (None, Some(digits)) => char::from_u32(digits.parse().ok()?)?,
        (None, None) => match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => return None,
        },
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
        ] {
            assert_eq!(decoded(value.as_bytes()), [plain.as_bytes()], "{value}");
        }
        assert!(decoded(b"plain").is_empty() && decoded(b"100%").is_empty());
        let with_user = decoded(b"c3ZjOndpbnRlci0yMDMx");
        assert_eq!(with_user, [&b"winter-2031"[..], b"svc:winter-2031"]);
    }
}

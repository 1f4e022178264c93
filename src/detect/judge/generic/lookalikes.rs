//! What a value is instead of a credential, told by its bytes alone: a time, a version, an
//! algorithm, a type, a rule for what people type, a permission, a regular expression, a name
//! in code.

use super::near::up_to;
use super::text::contains;
use super::value::{Tally, is_words, wordliness};
use crate::finding::Dismissal;
use crate::rules::class::{ByteSet, WORD};

/// Why the value is something else.
pub(super) fn lookalike(text: &[u8], tally: &Tally) -> Option<Dismissal> {
    let (digits, joints) = (tally.digits > 0, tally.joints > 0);
    let why = if digits && tally.has(b'-') && tally.has(b':') && is_time(text) {
        "a time"
    } else if (digits || tally.has(b'*')) && is_version(text) {
        "a version"
    } else if text.len() <= ALGORITHM_MAX && is_algorithm(text) {
        "the name of an algorithm or encoding"
    } else if joints && (is_permission(text) || is_media_type(text)) {
        "a permission or type"
    } else if is_rule_of_form(text) {
        "a rule for what people type"
    } else if is_type(text, tally) {
        "a type"
    } else if (tally.has(b'\\') || tally.has(b'[') || tally.has(b'(')) && is_regex(text) {
        "a regular expression"
    } else if is_code(text, tally) {
        "code"
    } else if is_anonymous(text) {
        "an address"
    } else if is_public_key(text) {
        "a public key"
    } else if (tally.has(b'-') || tally.has(b'_')) && is_of_reader(text) {
        "words of the reader"
    } else if tally.has(b'-') && is_sentence(text) {
        "words of a sentence"
    } else if tally.letters() == text.len() && is_widget(text) {
        "the name of a type"
    } else {
        return None;
    };
    Some(Dismissal::LookAlike(why))
}

/// Whether the text is what people give to a server that asks everybody: `anonymous@`.
fn is_anonymous(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    [&b"anonymous@"[..], b"anon@", b"nobody@", b"guest@"]
        .iter()
        .any(|head| text.starts_with(head))
}

/// Whether the text is words with hyphens of which several are words that sentences need:
/// `should-not-be-a-field`.
fn is_sentence(text: &[u8]) -> bool {
    const SMALL: &[&[u8]] = &[
        b"a", b"an", b"and", b"are", b"be", b"by", b"does", b"for", b"from", b"has", b"if", b"in",
        b"is", b"must", b"not", b"of", b"on", b"or", b"should", b"that", b"the", b"this", b"to",
        b"was", b"when", b"will", b"with",
    ];
    let words = || text.split(|b| b"-_".contains(b));
    let small = words().filter(|word| SMALL.contains(word)).count();
    small >= 2 && words().all(|word| word.iter().all(u8::is_ascii_alphabetic))
}

/// Whether the text is words with joints that tell readers to put theirs here, in some
/// language: `tu_clave_aqui`, `dein-passwort`.
fn is_of_reader(text: &[u8]) -> bool {
    const YOURS: &[&str] = &[
        "tu", "su", "sua", "seu", "teu", "dein", "deine", "ihr", "votre", "ton", "uw", "jouw",
        "mijn", "mein", "mon", "mi", "meu", "minha", "twoje", "din", "ditt", "il",
    ];
    const SECRETS: &[&str] = &[
        "contrase\u{f1}a",
        "contrasena",
        "clave",
        "senha",
        "passwort",
        "password",
        "kennwort",
        "token",
        "secret",
        "secreto",
        "segreto",
        "segredo",
        "wachtwoord",
        "motdepasse",
        "mot",
        "llave",
        "chave",
        "cle",
        "haslo",
        "losenord",
        "parola",
        "key",
        "apikey",
        "api",
        "aqui",
        "hier",
        "ici",
        "qui",
        "schl\u{fc}ssel",
        "schluessel",
    ];
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    let mut words = text.split(['-', '_']);
    let yours = words
        .next()
        .is_some_and(|first| YOURS.contains(&first.to_lowercase().as_str()));
    yours && words.any(|word| SECRETS.contains(&word.to_lowercase().as_str()))
}

/// Whether the text is base64 of a public key: of what X.509 and SSH write before one, or of a
/// point of the curve P-256 as it is sent (VAPID): `0x04` and 64 bytes.
fn is_public_key(text: &[u8]) -> bool {
    const HEADS: &[&[u8]] = &[
        b"MFkwEwYHKoZIzj0CAQ",
        b"MHYwEAYHKoZIzj0CAQ",
        b"MIGbMBAGByqGSM49AgEG",
        b"MCowBQYDK2Vw",
        b"MCowBQYDK2Vu",
        b"MIIBIjANBgkqhkiG9w0BAQEFAAOC",
        b"MIICIjANBgkqhkiG9w0BAQEFAAOC",
        b"MIIBojANBgkqhkiG9w0BAQEFAAOC",
        b"MIGfMA0GCSqGSIb3DQEBAQUAA4GN",
        b"AAAAB3NzaC1yc2E",
        b"AAAAC3NzaC1lZDI1NTE5",
        b"AAAAE2VjZHNhLXNoYTItbmlzdH",
    ];
    HEADS.iter().any(|head| text.starts_with(head)) || is_point(text) || is_recipient(text)
}

/// Whether the text is a recipient of age: `age1` and Bech32.
fn is_recipient(text: &[u8]) -> bool {
    const BECH32: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    text.len() == 62
        && text
            .strip_prefix(b"age1")
            .is_some_and(|rest| rest.iter().all(|b| BECH32.contains(b)))
}

fn is_point(text: &[u8]) -> bool {
    let text = text.strip_suffix(b"=").unwrap_or(text);
    text.len() == 87
        && text[0] == b'B'
        && (b'A'..=b'P').contains(&text[1])
        && text
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"-_+/".contains(b))
}

/// Whether the text is the name of a type for passwords or of a part of a screen:
/// `PasswordInput`, `SecureString`.
fn is_widget(text: &[u8]) -> bool {
    const ENDS: &[&[u8]] = &[
        b"Box", b"Button", b"Edit", b"Field", b"Input", b"Label", b"String", b"Text", b"Type",
        b"View", b"Widget",
    ];
    text.first().is_some_and(u8::is_ascii_uppercase)
        && ENDS.iter().any(|end| {
            text.strip_suffix(*end)
                .is_some_and(|head| head.last().is_some_and(u8::is_ascii_lowercase))
        })
}

/// Whether the text is a date with a time: `2021-06-04T10:10:10Z`.
fn is_time(text: &[u8]) -> bool {
    let form = b"dddd-dd-ddTdd:dd";
    text.len() >= form.len()
        && text.iter().zip(form).all(|(b, f)| match f {
            b'd' => b.is_ascii_digit(),
            b'T' => matches!(b, b'T' | b't' | b'_' | b'-'),
            _ => b == f,
        })
        && text[form.len()..]
            .iter()
            .all(|b| b.is_ascii_digit() || b":.+-ZzUTC".contains(b))
}

/// Whether the text is the version of a package, or a range of them: `^3.41.2`, `>=1.2.0`,
/// `npm:^6.0.0`, `2.0.0-beta.1`, `1.4.0.RELEASE`.
fn is_version(text: &[u8]) -> bool {
    const LONGEST: usize = 400;
    // `>=3.4,<3.4.6|>=4,<4.0.4`
    let ranges = || {
        let mut parts = text.split(|b| b",|".contains(b)).filter(|p| !p.is_empty());
        b"<>=^~".contains(&text[0]) && parts.all(is_one_version)
    };
    is_one_version(text) || !text.is_empty() && text.len() <= LONGEST && ranges()
}

/// Whether the text is one version or bound.
fn is_one_version(text: &[u8]) -> bool {
    const PROTOCOLS: &[&[u8]] = &[
        b"npm:",
        b"workspace:",
        b"patch:",
        b"portal:",
        b"link:",
        b"jsr:",
    ];
    let protocol = PROTOCOLS.iter().find_map(|p| text.strip_prefix(*p));
    let rest = protocol.unwrap_or(text);
    // `npm:@scope/name@1.2.3`
    let rest = match memchr::memrchr(b'@', rest) {
        Some(at) if protocol.is_some() => &rest[at + 1..],
        _ => rest,
    };
    let range = rest.iter().take_while(|b| b"^~<>=v".contains(b)).count();
    let rest = &rest[range..];
    if protocol.is_some() && (rest.is_empty() || rest == b"*") {
        return true;
    }
    let numbers = rest
        .iter()
        .position(|b| !b.is_ascii_digit() && *b != b'.')
        .unwrap_or(rest.len());
    let (numbers, tail) = rest.split_at(numbers);
    let dots = numbers.iter().filter(|b| **b == b'.').count();
    let short = |part: &[u8]| {
        let letters = part.iter().take_while(|b| b.is_ascii_lowercase()).count();
        part.len() <= 10 && part[letters..].iter().all(u8::is_ascii_digit)
    };
    const STATES: &[&[u8]] = &[b"RELEASE", b"Final", b"GA", b"SNAPSHOT", b"x"];
    let known = |part: &[u8]| STATES.contains(&part) || short(part);
    let sure = range > 0 || protocol.is_some();
    let tail_fits = match tail.first() {
        None => true,
        Some(b'-' | b'+') => dots >= 1 && tail.split(|b| b".-+".contains(b)).all(known),
        Some(_) => numbers.ends_with(b".") && STATES.contains(&tail),
    };
    numbers.first().is_some_and(u8::is_ascii_digit)
        && tail_fits
        && (dots >= 2
            || (dots == 1 && !tail.is_empty())
            || (sure && (dots >= 1 || numbers.len() <= 3)))
}

/// The longest name of an algorithm.
const ALGORITHM_MAX: usize = 32;

/// Parts that make a name one of an algorithm, an encoding or a character set, in lower case.
const TELLING: &[&str] = &[
    "aes", "argon", "ascii", "bcrypt", "blake", "chacha", "des", "dsa", "ecdsa", "gcm", "hmac",
    "hs", "iso", "latin", "md", "oaep", "pbkdf", "rs", "rsa", "scram", "scrypt", "secp", "sha",
    "ssha", "ucs", "utf", "xchacha",
];

/// Other parts of such names.
const OTHERS: &[&str] = &[
    "a", "and", "apr", "b", "base", "cbc", "ccm", "cp", "crypt", "ctr", "d", "ecb", "ecdh", "ed",
    "es", "hex", "i", "id", "k", "kw", "le", "padding", "pbe", "pkcs", "plus", "poly", "ps", "r",
    "s", "siv", "us", "v", "with", "x",
];

/// Numbers in names of algorithms.
const SIZES: &[&str] = &[
    "1", "1252", "128", "15", "16", "160", "192", "2", "20", "2048", "224", "25519", "250", "256",
    "3", "32", "384", "4096", "448", "5", "512", "521", "64", "7", "8", "8859", "1305",
];

/// Whether the text is the name of an algorithm, an encoding or a character set: `sha256`,
/// `scram-sha-256`, `PBKDF2WithHmacSHA1`, `AES-256-GCM`, `utf-8`.
fn is_algorithm(text: &[u8]) -> bool {
    let (mut telling, mut parts, mut numbers) = (false, 0, 0);
    let mut rest = text;
    while let Some(first) = rest.first() {
        let digit = first.is_ascii_digit();
        let len = match () {
            () if b"-_/.+".contains(first) => {
                rest = &rest[1..];
                continue;
            }
            () if digit => rest.iter().take_while(|b| b.is_ascii_digit()).count(),
            () if first.is_ascii_alphabetic() => {
                let lower = rest[1..].iter().take_while(|b| b.is_ascii_lowercase());
                let upper = rest.iter().take_while(|b| b.is_ascii_uppercase()).count();
                match upper {
                    0 | 1 => 1 + lower.count(),
                    _ => upper,
                }
            }
            () => return false,
        };
        let from = rest;
        let part;
        (part, rest) = from.split_at(len);
        let is = |known: &&str| part.eq_ignore_ascii_case(known.as_bytes());
        let begins = |known: &&&str| {
            part.get(..known.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(known.as_bytes()))
        };
        parts += 1;
        if digit {
            numbers += 1;
            if !SIZES.iter().any(is) {
                return false;
            }
        } else if TELLING.iter().any(is) {
            telling = true;
        } else if !OTHERS.iter().any(is) {
            // Written without a joint: `hmacsha1`.
            let heads = TELLING.iter().filter(begins);
            let Some(len) = heads.map(|known| known.len()).max() else {
                return false;
            };
            telling = true;
            rest = &from[len..];
        }
    }
    let whole = matches!(
        text,
        b"bcrypt" | b"scrypt" | b"argon2id" | b"EdDSA" | b"ascii" | b"us-ascii" | b"hmac"
    );
    telling && parts >= 1 && (numbers > 0 || parts > 1 || whole)
}

/// Whether the text is a permission: `secretsmanager:GetSecretValue`, `kms:Decrypt*`,
/// `secretmanager.versions.access`.
fn is_permission(text: &[u8]) -> bool {
    let Some(at) = memchr::memchr(b':', text) else {
        return false;
    };
    let (service, action) = (&text[..at], &text[at + 1..]);
    let action = action.strip_suffix(b"*").unwrap_or(action);
    let verb = action.iter().position(u8::is_ascii_lowercase) == Some(1)
        && action[0].is_ascii_uppercase()
        && action.iter().all(u8::is_ascii_alphabetic);
    (2..=24).contains(&service.len())
        && service.iter().all(|b| b.is_ascii_lowercase() || *b == b'-')
        && verb
        && is_words(action)
}

/// Whether the text is a media type: `application/json`, `text/x-token`.
fn is_media_type(text: &[u8]) -> bool {
    [
        &b"application/"[..],
        b"text/",
        b"image/",
        b"multipart/",
        b"audio/",
        b"video/",
    ]
    .iter()
    .any(|head| text.starts_with(head))
        && text
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"/-.+".contains(b))
}

/// Whether the text is a rule for what people type: `required|string|min:8`,
/// `required,min=8`.
fn is_rule_of_form(text: &[u8]) -> bool {
    const RULES: &[&[u8]] = &[
        b"bail",
        b"confirmed",
        b"filled",
        b"max",
        b"min",
        b"nullable",
        b"omitempty",
        b"optional",
        b"present",
        b"prohibited",
        b"required",
        b"required_if",
        b"required_with",
        b"required_without",
        b"same",
        b"size",
        b"sometimes",
        b"string",
        b"trim",
        b"between",
        b"accepted",
        b"alpha_num",
        b"boolean",
        b"different",
        b"email",
        b"exclude",
        b"exclude_if",
        b"null",
        b"number",
        b"regex",
        b"undefined",
        b"uuid",
        b"validate",
    ];
    let mut rules = 0;
    for part in text.split(|b| b"|,".contains(b)) {
        rules += usize::from(RULES.contains(&up_to(part, b":=[")));
    }
    let first = up_to(text, b"|,:=[");
    RULES.contains(&first)
        && (rules >= 2 || text.get(first.len()).is_some_and(|b| b":=[".contains(b)))
}

/// Whether the text is a type: `varchar(255)`, `String!`, `string?`, `string[]`.
fn is_type(text: &[u8], tally: &Tally) -> bool {
    const TYPES: &[&[u8]] = &[
        b"bigint",
        b"binary",
        b"blob",
        b"bool",
        b"boolean",
        b"bytea",
        b"bytes",
        b"char",
        b"citext",
        b"id",
        b"int",
        b"integer",
        b"json",
        b"jsonb",
        b"nvarchar",
        b"nvarchar2",
        b"object",
        b"str",
        b"string",
        b"text",
        b"uuid",
        b"varbinary",
        b"varchar",
        b"varchar2",
        b"securestring",
        b"optional",
        b"list",
        b"array",
        b"maybe",
    ];
    const SIGNS: ByteSet = ByteSet::of(b"(!?[<");
    if !tally.any(&SIGNS) {
        return false;
    }
    let head = text
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    let (name, rest) = text.split_at(head);
    let known = TYPES.iter().any(|t| name.eq_ignore_ascii_case(t));
    let sized = rest.first() == Some(&b'(')
        && rest.last() == Some(&b')')
        && rest[1..rest.len() - 1]
            .iter()
            .all(|b| b.is_ascii_digit() || b"max,MAX".contains(b));
    let list = rest.first() == Some(&b'[')
        && rest.last() == Some(&b']')
        && rest[1..]
            .iter()
            .all(|b| b.is_ascii_alphabetic() || *b == b']');
    let generic = rest.first() == Some(&b'<') && rest.last() == Some(&b'>');
    known && (sized || list || generic || matches!(rest, b"!" | b"?" | b"[]!" | b"?[]"))
}

/// Whether the text is a regular expression: a class with ranges, an escape that stands for
/// several characters and is repeated, or a group.
fn is_regex(text: &[u8]) -> bool {
    const RANGES: &[&[u8]] = &[
        b"a-z", b"A-Z", b"0-9", b"a-f", b"A-F", b"\\w", b"\\d", b"\\s", b"\\S", b"\\W", b"[:",
    ];
    let mut from = 0;
    while let Some(open) = memchr::memchr(b'[', &text[from..]).map(|i| from + i) {
        let Some(close) = memchr::memchr(b']', &text[open..]).map(|i| open + i) else {
            break;
        };
        let class = &text[open + 1..close];
        let repeated = text.get(close + 1).is_some_and(|b| b"+*{?".contains(b));
        let ranges = RANGES.iter().filter(|r| contains(class, r)).count();
        if ranges >= 2
            || (ranges == 1 && (repeated || class.first() == Some(&b'^')))
            || (class.len() > 1 && class[0] == b'^' && repeated)
        {
            return true;
        }
        from = close;
    }
    if contains(text, b"\\|") && !text.iter().any(u8::is_ascii_digit) {
        return true;
    }
    let group = [&b"(?:"[..], b"(?=", b"(?!", b"(?<", b"(?P<", b"(?i)"]
        .iter()
        .any(|g| contains(text, g));
    let escapes = text
        .windows(3)
        .filter(|w| w[0] == b'\\' && b"dwsSDW".contains(&w[1]) && b"+*{".contains(&w[2]))
        .count();
    group
        || escapes > 0
        || (text.len() > 3
            && text.starts_with(b"^")
            && text.ends_with(b"$")
            && tally_of_signs(text) > 3)
}

/// How many signs of regular expressions there are.
fn tally_of_signs(text: &[u8]) -> usize {
    text.iter().filter(|b| b"[](){}*+|\\^$".contains(b)).count()
}

/// Whether the text is a piece of a program: a call, a comparison, a member of a member.
fn is_code(text: &[u8], tally: &Tally) -> bool {
    const OPERATORS: &[&[u8]] = &[
        b"===", b"!==", b"&&", b"||", b"=>", b"->", b"::", b"==", b"!=", b"+=", b"();", b"()",
    ];
    const SIGNS: ByteSet = ByteSet::of(b"=!&|>()");
    if !tally.any(&SIGNS) || tally.letters() < 4 {
        return false;
    }
    OPERATORS.iter().any(|operator| {
        memchr::memmem::find(text, operator).is_some_and(|at| {
            let after = &text[at + operator.len()..];
            let before = &text[..at];
            let word = before.iter().rev().take_while(|b| WORD.has(**b)).count();
            let next = after.iter().take_while(|b| WORD.has(**b)).count();
            let name = |part: &[u8]| {
                part.len() >= 2
                    && part.iter().any(u8::is_ascii_alphabetic)
                    && part.iter().filter(|b| b.is_ascii_digit()).count() * 4 <= part.len()
                    && wordliness(part) >= -4
            };
            let call = operator.starts_with(b"(");
            name(&before[before.len() - word..])
                && (call && after.iter().all(|b| b";),.".contains(b))
                    || !call && next > 0 && name(&after[..next]))
        })
    })
}

/// Whether the text is words of one case with dots between them, as editors name the kinds
/// of text that they colour: `comment.block.xml`, `variable.parameter.function`.
pub(super) fn is_dotted_words(text: &[u8]) -> bool {
    let mut count = 0;
    let word = |part: &[u8]| {
        part.len() >= 2
            && part
                .iter()
                .all(|b| b.is_ascii_lowercase() || b"-_".contains(b))
            && wordliness(part) >= -2
    };
    let all = text.split(|b| *b == b'.').all(|part| {
        count += 1;
        word(part)
    });
    all && count >= 2
}

/// Whether the text is an address of a chain: `0x` and 40 hexadecimal digits, or a human
/// part, `1` and 38 or more characters of bech32 whose checksum fits.
pub(super) fn is_chain_address(text: &[u8]) -> bool {
    let hex = text
        .strip_prefix(b"0x")
        .or_else(|| text.strip_prefix(b"0X"));
    if let Some(hex) = hex {
        return hex.len() == 40 && hex.iter().all(u8::is_ascii_hexdigit);
    }
    is_bech32_address(text)
}

/// Bech32 and bech32m (BIP 173, BIP 350), but no secret key of `nsec` or `age`.
fn is_bech32_address(text: &[u8]) -> bool {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATORS: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    if !(30..=120).contains(&text.len()) {
        return false;
    }
    let Some(at) = memchr::memrchr(b'1', text) else {
        return false;
    };
    let (human, data) = (&text[..at], &text[at + 1..]);
    if human.is_empty()
        || human == b"nsec"
        || data.len() < 32
        || !human.iter().all(|b| b.is_ascii_lowercase() || *b == b'_')
    {
        return false;
    }
    let mut sum = 1u32;
    let mut add = |value: u8| {
        let top = sum >> 25;
        sum = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
        for (i, generator) in GENERATORS.iter().enumerate() {
            if top >> i & 1 == 1 {
                sum ^= generator;
            }
        }
    };
    human.iter().for_each(|b| add(b >> 5));
    add(0);
    human.iter().for_each(|b| add(b & 31));
    for byte in data {
        let Some(value) = ALPHABET.iter().position(|a| a == byte) else {
            return false;
        };
        add(value as u8);
    }
    sum == 1 || sum == 0x2bc8_30a3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> Option<&'static str> {
        lookalike(text.as_bytes(), &Tally::of(text.as_bytes())).map(Dismissal::reason)
    }

    #[test]
    fn what_values_are_instead_is_told() {
        for (text, want) in [
            ("2021-06-04T10:10:10Z", "a time"),
            ("2021-06-04T10:10:10.123+02:00", "a time"),
            ("^3.41.2", "a version"),
            ("npm:^6.0.0", "a version"),
            ("npm:@scope/name@1.2.3", "a version"),
            ("workspace:*", "a version"),
            ("2.0.0-beta.1", "a version"),
            ("1.4.0.RELEASE", "a version"),
            ("~> 3.2", ""),
            ("sha256", "the name of an algorithm or encoding"),
            ("SHA-1", "the name of an algorithm or encoding"),
            ("scram-sha-256", "the name of an algorithm or encoding"),
            ("PBKDF2WithHmacSHA1", "the name of an algorithm or encoding"),
            ("aes-256-cbc", "the name of an algorithm or encoding"),
            ("RSA-OAEP", "the name of an algorithm or encoding"),
            ("HmacSHA512", "the name of an algorithm or encoding"),
            ("utf-8", "the name of an algorithm or encoding"),
            ("iso-8859-1", "the name of an algorithm or encoding"),
            ("kms:Decrypt", "a permission or type"),
            ("secretsmanager:GetSecretValue", "a permission or type"),
            ("application/x-www-form-urlencoded", "a permission or type"),
            ("required|string|min:8", "a rule for what people type"),
            ("required,min=8", "a rule for what people type"),
            ("min:8", "a rule for what people type"),
            ("varchar(255)", "a type"),
            ("String!", "a type"),
            ("[A-Za-z0-9\\-._~+/]+=*", "a regular expression"),
            ("`[^A-Za-z0-9_-]`", "a regular expression"),
            ("^\\w{8,}$", "a regular expression"),
            ("^(?:a|b)", "a regular expression"),
            ("should-not-be-a-field", "words of a sentence"),
            ("PasswordInput", "the name of a type"),
            ("tu_clave_aqui", "words of the reader"),
            ("dein-passwort", "words of the reader"),
            ("required|uuid", "a rule for what people type"),
            ("string|null", "a rule for what people type"),
            ("anonymous@example.net", "an address"),
            ("user.password==input", "code"),
            ("getToken()", "code"),
        ] {
            assert_eq!(why(text).unwrap_or(""), want, "{text}");
        }
    }

    #[test]
    fn passwords_are_nothing_else() {
        for text in [
            "sha256rocks",
            "md5Sum!x",
            "aes7Kq2x",
            "10.2.Tiger",
            "10.2-Tiger7",
            "2021-06-04",
            "Kq9[a]x+2",
            "x1==Lm2()",
            "min8chars",
            "string7!",
            "kms:x9Lm2",
            "correct-horse-battery",
            "tell-me-to",
            "ab:cd:ef",
            "TextInput7",
            "rsa",
            "hmac7tiger",
            "tR7[kq9]Lm2*",
            "a(b)c!9Lk",
        ] {
            assert_eq!(why(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_of_chains_have_a_checksum_or_a_length() {
        let ether = ["0x", &"3fA9c2B07d".repeat(4)].concat();
        assert!(is_chain_address(ether.as_bytes()));
        let key = ["0x", &"3fA9c2B0".repeat(8)].concat();
        assert!(!is_chain_address(key.as_bytes()));
        // The example of BIP 173, and one with a wrong sign in it.
        let good = ["bc1qw508d6qejxtdg4y5r3z", "arvary0c5xw7kv8f3t4"].concat();
        assert!(is_chain_address(good.as_bytes()));
        let bad = good.replace("508", "509");
        assert!(!is_chain_address(bad.as_bytes()));
    }
}

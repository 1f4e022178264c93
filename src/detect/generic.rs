//! Credentials of no known shape: the value of an assignment whose name says that
//! it is a secret. Deliberately plain; it judges name, syntax and value by rules.

use std::ops::Range;

use super::assignment::{Link, Value, value_after};
use super::entropy::shannon;
#[cfg(test)]
use super::names::NAMES;
use super::placeholder;
use crate::finding::Dismissal;
use crate::rules::Confidence;
use crate::rules::class::{ByteSet, WORD};

/// Last words of names that hold something about a secret, not the secret.
const ABOUT: &[&str] = &[
    "name",
    "names",
    "id",
    "ids",
    "url",
    "uri",
    "path",
    "file",
    "filename",
    "dir",
    "length",
    "len",
    "size",
    "type",
    "types",
    "field",
    "fields",
    "label",
    "hint",
    "regex",
    "pattern",
    "expires",
    "expiry",
    "expiration",
    "ttl",
    "count",
    "policy",
    "header",
    "headers",
    "endpoint",
    "prefix",
    "suffix",
    "error",
    "errors",
    "reset",
    "required",
    "enabled",
    "disabled",
    "min",
    "max",
    "format",
    "version",
    "algorithm",
    "alg",
    "hash",
    "digest",
    "class",
    "placeholder",
    "text",
    "title",
    "message",
    "description",
    "help",
    "input",
    "attribute",
    "column",
    "param",
    "provider",
    "manager",
    "store",
    "ref",
    "reference",
    "scope",
    "scopes",
    "source",
    "location",
    "timeout",
    "hint",
    "encoder",
    "strength",
    "mode",
    "status",
    "state",
    "lifetime",
    "validity",
    "arn",
    "host",
    "port",
    "index",
];

/// A credential by its name.
pub(super) struct Generic {
    /// The value.
    pub(super) value: Range<usize>,
    /// The name, or the part of it that is on this line.
    pub(super) name: Range<usize>,
    /// How sure.
    pub(super) confidence: Confidence,
    /// Set when the value turns out to be none.
    pub(super) dismissed: Option<Dismissal>,
}

/// Judges the assignment in whose name a word of `names::NAMES` stands at `word`.
pub(super) fn judge(bytes: &[u8], word: Range<usize>) -> Option<Generic> {
    let value = value_after(bytes, word.end)?;
    let name = name_around(bytes, &word, value.name_end);
    if !is_credential_name(&bytes[name.clone()]) || !link_fits(bytes, &name, &value) {
        return None;
    }
    let text = &bytes[value.span.clone()];
    if value.quote == 0 && !bare_value_fits(bytes, &value) {
        return None;
    }
    let password = is_password_name(&bytes[name.clone()]);
    if !value_fits(text, password) {
        return None;
    }
    Some(Generic {
        confidence: confidence(text, password),
        dismissed: placeholder::in_assignment(text).or_else(|| look_alike(text)),
        value: value.span,
        name,
    })
}

fn name_around(bytes: &[u8], word: &Range<usize>, end: usize) -> Range<usize> {
    const NAME: ByteSet = WORD.or(ByteSet::of(b".-"));
    let floor = word.start.saturating_sub(48);
    let start = bytes[floor..word.start]
        .iter()
        .rposition(|b| !NAME.has(*b))
        .map_or(floor, |i| floor + i + 1);
    start..end.max(word.end)
}

/// The lower-case words of a name: camelCase, snake_case and kebab-case are split.
fn words(name: &[u8]) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous = b'_';
    for &byte in name {
        let starts = byte.is_ascii_uppercase() && previous.is_ascii_lowercase();
        if !byte.is_ascii_alphanumeric() || starts {
            words.push(String::new());
        }
        if byte.is_ascii_alphanumeric()
            && let Some(last) = words.last_mut()
        {
            last.push(char::from(byte.to_ascii_lowercase()));
        }
        previous = byte;
    }
    words.retain(|w| !w.is_empty());
    words
}

fn is_credential_name(name: &[u8]) -> bool {
    let words = words(name);
    match words.last() {
        Some(last) => {
            !ABOUT.contains(&last.as_str())
                && !words
                    .iter()
                    .any(|w| w == "public" || w == "no" || w == "is")
        }
        None => false,
    }
}

fn is_password_name(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    ["pass", "pwd"]
        .iter()
        .any(|w| memchr::memmem::find(&lower, w.as_bytes()).is_some())
}

fn link_fits(bytes: &[u8], name: &Range<usize>, value: &Value) -> bool {
    let before = name
        .start
        .checked_sub(1)
        .and_then(|i| bytes.get(i))
        .copied();
    match value.link {
        Link::Equals => true,
        // `password: word more words` is prose.
        Link::Colon => value.quote != 0 || !goes_on_in_words(bytes, value.span.end),
        // Arguments and pairs, not lists of names: both are quoted, the value is no name.
        Link::Comma => value.quote != 0 && matches!(before, Some(b'"' | b'\'')),
        Link::Call => value.quote != 0 && is_setter(&bytes[name.clone()]),
        Link::Element => before == Some(b'<') && bytes.get(value.span.end) == Some(&b'<'),
        Link::Space => bytes[name.start..].starts_with(b"--"),
    }
}

/// Whether a blank and a letter follow: a sentence rather than a value.
fn goes_on_in_words(bytes: &[u8], end: usize) -> bool {
    let rest = bytes.get(end..bytes.len().min(end + 40)).unwrap_or(&[]);
    let blanks = rest.iter().take_while(|b| **b == b' ').count();
    blanks > 0
        && rest
            .get(blanks)
            .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'{')
}

/// Whether a function of that name takes the credential itself: `setPassword(…)`,
/// `with_token(…)`, `Password(…)`.
fn is_setter(name: &[u8]) -> bool {
    const NOUNS: &[&str] = &[
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "secret",
        "token",
        "key",
        "credential",
    ];
    words(name)
        .last()
        .is_some_and(|w| NOUNS.contains(&w.as_str()))
}

/// A value without quotes must not be code: no call, no member, no identifier, no
/// number, and nothing that ends a statement after it.
fn bare_value_fits(bytes: &[u8], value: &Value) -> bool {
    let text = &bytes[value.span.clone()];
    if value.link == Link::Element {
        return true;
    }
    let after = bytes.get(value.span.end).copied().unwrap_or(b'\n');
    let ends_like_code = b"([\\`{&;,)|<>".contains(&after);
    let starts_like_code = text.first().is_some_and(|b| b"!@:*~-+/.".contains(b));
    let digits = text.iter().any(u8::is_ascii_digit);
    let letters = text.iter().any(u8::is_ascii_alphabetic);
    let member = text.contains(&b'.')
        && text
            .split(|b| *b == b'.')
            .all(|p| p.first().is_some_and(u8::is_ascii_alphabetic));
    let sign = text.iter().any(|b| b"!@%^*+=?/~".contains(b));
    !ends_like_code
        && !starts_like_code
        && letters
        && (digits || sign)
        && !member
        && !text.contains(&b'*')
}

/// Whether `text` is a number as programs write it: `0x1d`, `1000L`, `1_000`.
fn is_number(text: &[u8]) -> bool {
    let hex = text
        .strip_prefix(b"0x")
        .or_else(|| text.strip_prefix(b"0X"));
    match hex {
        Some(rest) => rest
            .iter()
            .all(|b| b.is_ascii_hexdigit() || b"uUlL_".contains(b)),
        None => {
            text.first().is_some_and(u8::is_ascii_digit)
                && text
                    .iter()
                    .all(|b| b.is_ascii_digit() || b"uUlL_.".contains(b))
        }
    }
}

fn value_fits(text: &[u8], password: bool) -> bool {
    let len = text.len();
    let printable = text.iter().all(u8::is_ascii_graphic);
    let (least, most) = if password { (5, 128) } else { (10, 512) };
    let code = text.first().is_some_and(|b| b".+,;)]".contains(b)) || text.starts_with(b"--");
    if code
        || is_number(text)
        || [&b"%s"[..], b"\\x"]
            .iter()
            .any(|h| memchr::memmem::find(text, h).is_some())
    {
        return false;
    }
    if !printable
        || len < least
        || len > most
        || (text.starts_with(b"/") && text[1..].contains(&b'/'))
    {
        return false;
    }
    let digits = text.iter().any(u8::is_ascii_digit);
    let letters = text.iter().any(u8::is_ascii_alphabetic);
    if password {
        return letters || len >= 6;
    }
    digits && letters && shannon(text) >= 3.0
}

/// What has the form of something else: a URL, words, a name, a constant.
pub(super) fn look_alike(text: &[u8]) -> Option<Dismissal> {
    if memchr::memmem::find(text, b"://").is_some() || text.starts_with(b"classpath:") {
        return Some(Dismissal::LookAlike("a URL"));
    }
    let identifier = text
        .iter()
        .all(|b| b.is_ascii_alphabetic() || b"_-./:".contains(b))
        && text.iter().any(|b| b"_-./:".contains(b));
    if identifier {
        return Some(Dismissal::LookAlike("words, a name or a path"));
    }
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.".contains(b);
    if text.iter().all(plain)
        && NOUNS_IN_NAMES
            .iter()
            .any(|n| memchr::memmem::find(text, n).is_some())
    {
        return Some(Dismissal::LookAlike("the name of a credential"));
    }
    let constant = text
        .iter()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
        && text.contains(&b'_');
    constant.then_some(Dismissal::LookAlike("the name of a constant"))
}

/// Words that stand in names of credentials and not in credentials, when all is
/// lower case.
const NOUNS_IN_NAMES: &[&[u8]] = &[
    b"_pass",
    b"-pass",
    b"password_",
    b"password-",
    b"secret_",
    b"_secret",
    b"-secret",
    b"secret-",
    b"token_",
    b"_token",
    b"-token",
    b"token-",
    b"_key",
    b"-key",
    b"apikey",
    b"apitoken",
    b"clientsecret",
    b"userpassword",
];

fn confidence(text: &[u8], password: bool) -> Confidence {
    let has = |class: fn(&u8) -> bool| usize::from(text.iter().any(class));
    let classes = has(u8::is_ascii_lowercase)
        + has(u8::is_ascii_uppercase)
        + has(u8::is_ascii_digit)
        + has(u8::is_ascii_punctuation);
    if password && classes < 2 {
        return Confidence::Low;
    }
    Confidence::Medium
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(String, Confidence, bool)> {
        let lower = text.to_ascii_lowercase();
        let (at, name) = NAMES
            .iter()
            .filter_map(|n| lower.find(n).map(|at| (at, n)))
            .min()?;
        let g = judge(text.as_bytes(), at..at + name.len())?;
        Some((
            text[g.value].to_owned(),
            g.confidence,
            g.dismissed.is_some(),
        ))
    }

    fn reported(text: &str) -> bool {
        matches!(
            found(text),
            Some((_, Confidence::Medium | Confidence::High, false))
        )
    }

    #[test]
    fn hard_coded_values_are_found() {
        for text in [
            "password = \"VALUE!\"",
            "DB_PASSWORD=VALUE",
            "\"client_secret\": \"VALUEVALUE0a\"",
            "--password VALUE",
            "<password>VALUE</password>",
            "apiKey: 'VALUE-VALUE'",
            "setPassword(\"VALUE\")",
        ] {
            // Put together here, so that this file holds no credential.
            let text = text.replace("VALUE", "tR7kq9Lm2");
            assert!(reported(&text), "{text}: {:?}", found(&text));
        }
    }

    #[test]
    fn references_names_and_placeholders_are_not() {
        for text in [
            "password = \"changeme\"",
            "password = os.environ[\"DB_PASSWORD\"]",
            "password = getpass()",
            "password: ${DB_PASSWORD}",
            "password_field = \"user_password1\"",
            "secretName: my-database-1",
            "token_url = \"https://example.org/token1\"",
            "password = user.password",
            "const TOKEN = \"TOKEN_TYPE_1\"",
            "SEL_RESP_PASS = 0x0000001d,",
            "bool force_passive = !n_ssids1;",
            "ops->tuner_pass = dib3000mb_tuner_pass;",
            "test_result_pass(\"exec1 done\")",
            "password = \"Using generated password: %s1\"",
            "password: @user1.password",
            "cpu_passive_trip_pass: cpu-alert0 {",
            "'password' => '--password='.$connection['password1']",
            "\"acme_token\", \"acme_user2_token\", \"acme3-token\"",
            "/// The passphrase: HMAC-SHA-256 under the empty key",
            "token.starts_with(\"tR7kq9Lm2x\")",
        ] {
            assert!(!reported(text), "{text}: {:?}", found(text));
        }
    }
}

//! Judges the values of Kubernetes Secrets, by their keys and by what they are made of.
//! `forms::manifests` reads them.

use std::ops::Range;

use super::entropy::shannon;
use super::placeholders;
use crate::check::encoding;
use crate::detect::forms::manifests::{self, Pair};
use crate::finding::{Candidate, Dismissal, Open, Tails};
use crate::rules::{Confidence, Rule, RuleIndex};
use crate::secret::Secret;

/// The longest value that is judged. Longer ones are files, which other rules know.
const VALUE_MAX: usize = 2048;

/// Appends the candidates among the values of the Secret whose kind stands at `kind`.
pub(in crate::detect) fn judge(
    rule: &Rule,
    index: RuleIndex,
    bytes: &[u8],
    kind: &Range<usize>,
    out: &mut Vec<Candidate>,
) {
    for pair in manifests::pairs(bytes, kind) {
        if let Some(candidate) = candidate(rule, index, bytes, kind, &pair) {
            out.push(candidate);
        }
    }
}

fn candidate(
    rule: &Rule,
    index: RuleIndex,
    bytes: &[u8],
    kind: &Range<usize>,
    pair: &Pair,
) -> Option<Candidate> {
    let raw = bytes.get(pair.value.clone())?;
    if raw.len() > VALUE_MAX || is_no_secret(&bytes[pair.key.clone()]) {
        return None;
    }
    let decoded = match pair.coded {
        true => encoding::base64_canonical(raw).filter(|_| raw.len() % 4 == 0),
        false => Some(raw.to_vec()),
    };
    // A template or a variable instead of base64 is no secret.
    let decoded = decoded?;
    let text = decoded.trim_ascii();
    let printable = std::str::from_utf8(text).is_ok_and(|t| !t.chars().any(char::is_control));
    if text.len() < 4 || !printable {
        return None;
    }
    let name = String::from_utf8_lossy(&bytes[pair.key.clone()]).into_owned();
    let under = if pair.coded { "data" } else { "stringData" };
    let mut evidence = vec![format!("`{name}` under `{under}` of a Kubernetes Secret").into()];
    if pair.coded {
        evidence.push("stands inside base64".into());
    }
    let key = &bytes[pair.key.clone()];
    let dismissed = placeholders::in_assignment(text)
        .or_else(|| placeholders::worded(text))
        .or_else(|| look_alike(text))
        .or_else(|| no_key(key, text));
    let mut confidence = confidence(key, text).min(rule.confidence);
    if placeholders::stock_word(text) {
        confidence = Confidence::Low;
        evidence.push("a stock word, not a chosen password".into());
    }
    Some(Candidate {
        rule: index,
        whole: kind.start.min(pair.key.start)..kind.end.max(pair.value.end),
        secret: pair.value.clone(),
        decoded: pair.coded.then(|| Secret::new(text)),
        layers: None,
        public_prefix: 0,
        parts: Vec::new(),
        evidence,
        confidence,
        severity: rule.severity,
        dismissed,
        traits: None,
        tails: Tails::default(),
        open: Open::No,
    })
}

/// Why a value is something else that a Secret holds.
fn look_alike(text: &[u8]) -> Option<Dismissal> {
    if memchr::memmem::find(text, b"://").is_some() {
        return Some(Dismissal::LookAlike("a URL"));
    }
    if matches!(text.first(), Some(b'{' | b'[')) {
        return Some(Dismissal::LookAlike("a file"));
    }
    if is_password_file(text) {
        return Some(Dismissal::LookAlike("password hashes"));
    }
    let digits = |range: Range<usize>| {
        let part = text.get(range).unwrap_or_default();
        !part.is_empty() && part.iter().all(u8::is_ascii_digit)
    };
    if digits(0..4) && text.get(4) == Some(&b'-') && digits(5..7) && text.get(7) == Some(&b'-') {
        return Some(Dismissal::LookAlike("a date"));
    }
    // `/geoip/GeoLite2-City.mmdb`
    let file = text.starts_with(b"/")
        && text[1..].contains(&b'/')
        && text
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(b))
        && memchr::memrchr(b'.', text).is_some_and(|dot| (2..=6).contains(&(text.len() - dot)));
    if file {
        return Some(Dismissal::LookAlike("a path"));
    }
    let number = text.iter().all(|b| b.is_ascii_digit() || b".:".contains(b)) && text.len() < 8;
    number.then_some(Dismissal::LookAlike("a number"))
}

/// Why a value is not the private key that its name promises. The names are Kubernetes'
/// own; a key under them is PEM, which other rules parse.
fn no_key(name: &[u8], text: &[u8]) -> Option<Dismissal> {
    const NAMES: &[&[u8]] = &[b"tls.key", b"ca.key", b"ssh-privatekey"];
    let promised = NAMES.contains(&name);
    (promised && !text.starts_with(b"-----BEGIN")).then_some(Dismissal::LookAlike("no key"))
}

/// Whether a text is a password file whose passwords are hashed.
fn is_password_file(text: &[u8]) -> bool {
    const SCHEMES: &[&[u8]] = &[b"$apr1$", b"$2y$", b"$2a$", b"$2b$", b"{SHA}", b"{SSHA}"];
    text.split(|b| *b == b'\n').all(|line| {
        let colon = line.iter().position(|b| *b == b':');
        let hash = colon.and_then(|colon| line.get(colon + 1..));
        hash.is_some_and(|hash| SCHEMES.iter().any(|scheme| hash.starts_with(scheme)))
    })
}

/// Whether the last word of a key says that its value is not secret.
fn is_no_secret(key: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "user",
        "username",
        "login",
        "email",
        "name",
        "host",
        "hostname",
        "port",
        "server",
        "database",
        "dbname",
        "db",
        "namespace",
        "namespaces",
        "endpoint",
        "region",
        "bucket",
        "url",
        "uri",
        "crt",
        "cert",
        "ca",
        "type",
        "project",
        "mtime",
        "passwordmtime",
        "version",
        "expires",
        "ttl",
        "id",
        "domain",
        "address",
        "addr",
        "path",
        "enabled",
        "mode",
    ];
    let lower = key.to_ascii_lowercase();
    let last = lower
        .rsplit(|b| b"_-.".contains(b))
        .next()
        .unwrap_or_default();
    WORDS.iter().any(|w| w.as_bytes() == last)
}

/// How sure a value is: a telling key or a random value makes it probable.
fn confidence(key: &[u8], text: &[u8]) -> Confidence {
    const NAMES: &[&[u8]] = &[
        b"pass",
        b"pwd",
        b"token",
        b"secret",
        b"key",
        b"credential",
        b"auth",
    ];
    let key = key.to_ascii_lowercase();
    let named = NAMES
        .iter()
        .any(|n| memchr::memmem::find(&key, n).is_some());
    let has = |class: fn(&u8) -> bool| usize::from(text.iter().any(class));
    let classes = has(u8::is_ascii_lowercase)
        + has(u8::is_ascii_uppercase)
        + has(u8::is_ascii_digit)
        + has(u8::is_ascii_punctuation);
    let mixed = text.iter().any(u8::is_ascii_uppercase)
        && text.iter().any(u8::is_ascii_lowercase)
        && text.iter().any(u8::is_ascii_digit);
    let random = text.len() >= 10 && shannon(text) >= 3.0 && (mixed || text.len() >= 20);
    let words = text
        .iter()
        .all(|b| b.is_ascii_alphabetic() || b"-_., ".contains(b));
    if classes >= 2 && !text.contains(&b' ') && (random || named && !(words && classes < 3)) {
        Confidence::Medium
    } else {
        Confidence::Low
    }
}

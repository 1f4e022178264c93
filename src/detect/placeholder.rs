//! Values that stand for a secret without being one: samples, repetition,
//! sequences, instructions to the reader, and pointers to where the secret is kept.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::samples;
use crate::finding::Dismissal;
use crate::rules::class::ByteSet;

/// Words that random characters do not form by chance and that a real token never
/// carries, matched anywhere in the value in any case.
const TELLTALE: &[&str] = &[
    "example",
    "sample",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "changeit",
    "dummy",
    "redacted",
    "_removed",
    "-removed",
    "replace",
    "insert",
    "xxxx",
    "****",
    "...",
    "your_",
    "your-",
    "yours",
    "yourtoken",
    "yourkey",
    "yourapi",
    "yoursecret",
    "yourpass",
    "_here",
    "-here",
    "foobar",
    "deadbeef",
    "cafebabe",
    "0123456789",
    "1234567890",
    "abcdefgh",
    "qwerty",
    "lorem",
    "todo_",
    "fixme",
    "fake",
    "notreal",
    "not-a-real",
    "not_a_real",
    "invalid",
    "undefined",
    "hidden",
    "masked",
    "sanitized",
    "topsecret",
    "supersecret",
    "mysecret",
    "my-secret",
    "my_secret",
    "mytoken",
    "my-token",
    "my_token",
];

static TELLTALES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(TELLTALE)
        .ok()
});

/// Values that are the word for the thing, or a product's well-known default.
/// Sorted; compared in lower case after trailing digits and `!` are cut.
const WORDS: &[&str] = &[
    "abc",
    "abcd",
    "abcdef",
    "abcdefg",
    "access",
    "admin",
    "adminpass",
    "adminpassword",
    "api",
    "api-key",
    "api_key",
    "apikey",
    "asdasd",
    "asdf",
    "asdfasdf",
    "asdfgh",
    "auth",
    "bar",
    "baseball",
    "baz",
    "bearer",
    "blank",
    "bool",
    "boolean",
    "change-me",
    "change_me",
    "changeit",
    "changeme",
    "changethis",
    "client",
    "credential",
    "credentials",
    "data",
    "dbpass",
    "dbpassword",
    "default",
    "demo",
    "docker",
    "dragon",
    "drupal",
    "dummy",
    "elastic",
    "empty",
    "enabled",
    "example",
    "fake",
    "false",
    "foo",
    "foobar",
    "foobarbaz",
    "football",
    "grafana",
    "guest",
    "hello",
    "hidden",
    "iloveyou",
    "int",
    "invalid",
    "joomla",
    "key",
    "keycloak",
    "laravel",
    "letmein",
    "login",
    "magento",
    "manager",
    "masked",
    "minio",
    "minioadmin",
    "mock",
    "mongo",
    "mongodb",
    "monkey",
    "my_password",
    "mypass",
    "mypassword",
    "mysecret",
    "mysecretpassword",
    "mysql",
    "newpassword",
    "nil",
    "no",
    "none",
    "null",
    "object",
    "off",
    "oldpassword",
    "on",
    "optional",
    "oracle",
    "p4ssw0rd",
    "p@ssw0rd",
    "p@ssword",
    "pa55word",
    "pass",
    "passphrase",
    "passw0rd",
    "passwd",
    "password",
    "placeholder",
    "postgres",
    "postgresql",
    "princess",
    "private",
    "public",
    "pwd",
    "qwerty",
    "qwertyuiop",
    "rabbitmq",
    "raspberry",
    "redacted",
    "redis",
    "required",
    "root",
    "rootpass",
    "rootpassword",
    "s3cr3t",
    "s3cret",
    "sa",
    "sample",
    "scott",
    "secr3t",
    "secret",
    "server",
    "some-password",
    "some_password",
    "somepassword",
    "something",
    "sonar",
    "str",
    "string",
    "sunshine",
    "supersecret",
    "symfony",
    "sys",
    "system",
    "temp",
    "test",
    "testing",
    "testpass",
    "testpassword",
    "testtest",
    "text",
    "this",
    "tiger",
    "tmp",
    "todo",
    "token",
    "toor",
    "topsecret",
    "true",
    "undefined",
    "unknown",
    "unset",
    "user",
    "username",
    "userpass",
    "userpassword",
    "vagrant",
    "value",
    "verysecret",
    "welcome",
    "whatever",
    "wordpress",
    "wrong",
    "wrongpassword",
    "xxx",
    "yes",
    "your",
    "zabbix",
    "zxcvbn",
];

/// Judges the value of a distinctive rule: `body` is what follows the fixed prefix.
pub(super) fn in_token(value: &[u8], body: &[u8]) -> Option<Dismissal> {
    published(value)
        .or_else(|| repetition(body))
        .or_else(|| telltale(body))
}

/// Judges random text in which a name can hide: an identifier of one case, in words.
/// Random characters of three classes have no digit and no second case only by a
/// chance of one in millions at this length.
pub(super) fn identifier(body: &[u8]) -> Option<Dismissal> {
    let joints = body.iter().filter(|b| matches!(b, b'_' | b'-')).count();
    let upper = body.iter().any(u8::is_ascii_uppercase);
    let lower = body.iter().any(u8::is_ascii_lowercase);
    let digits = body.iter().any(u8::is_ascii_digit);
    let words = body.len() >= 16 && joints >= 2 && !(upper && lower) && (upper || !digits);
    words.then_some(Dismissal::LookAlike("words or the name of a constant"))
}

/// Judges a password by what stands around it in its URL: the user name before it,
/// the host after it.
pub(super) fn in_url(bytes: &[u8], password: &std::ops::Range<usize>) -> Option<Dismissal> {
    const RESERVED: &[&str] = &[
        "example.com",
        "example.org",
        "example.net",
        "example",
        "invalid",
    ];
    let value = bytes.get(password.clone())?;
    let before = bytes.get(..password.start)?.strip_suffix(b":")?;
    let after = bytes.get(password.end..)?.strip_prefix(b"@")?;
    if before
        .strip_suffix(value)
        .is_some_and(|head| head.ends_with(b"/"))
    {
        return Some(Dismissal::Placeholder("the same as the user name"));
    }
    let end = after
        .iter()
        .take(256)
        .position(|b| !b.is_ascii_alphanumeric() && !b"-.".contains(b))
        .unwrap_or(after.len().min(256));
    let host = after[..end].to_ascii_lowercase();
    let reserved = RESERVED.iter().any(|name| {
        host.strip_suffix(name.as_bytes())
            .is_some_and(|head| head.is_empty() || head.ends_with(b"."))
    });
    reserved.then_some(Dismissal::Placeholder(
        "its host is reserved for documentation",
    ))
}

/// Judges a value whose check is good: only a published sample is none.
pub(super) fn published(value: &[u8]) -> Option<Dismissal> {
    samples::is_published(value).then_some(Dismissal::Placeholder("a published sample value"))
}

/// Judges the value of a rule that knows nothing but the value's name.
pub(super) fn in_assignment(value: &[u8]) -> Option<Dismissal> {
    reference(value)
        .or_else(|| published(value))
        .or_else(|| repetition(value))
        .or_else(|| telltale(value))
}

fn telltale(value: &[u8]) -> Option<Dismissal> {
    // In long random text a short word can appear by chance.
    let head = &value[..value.len().min(120)];
    let found = TELLTALES.as_ref()?.is_match(head);
    found.then_some(Dismissal::Placeholder(
        "holds a word that only placeholders hold",
    ))
}

/// Whether the value is the word for the thing, or a well-known default: no secret
/// that leaked, but a weak one that may be in use.
pub(super) fn stock_word(value: &[u8]) -> bool {
    let cut = value
        .iter()
        .rposition(|b| !b.is_ascii_digit() && *b != b'!')
        .map_or(0, |i| i + 1);
    // Nothing in the list is longer.
    let mut lower = [0; STOCK_MAX];
    let Some(lower) = lower.get_mut(..cut) else {
        return false;
    };
    lower.copy_from_slice(&value[..cut]);
    lower.make_ascii_lowercase();
    let lower: &[u8] = lower;
    lower.is_empty() || WORDS.binary_search_by(|w| w.as_bytes().cmp(lower)).is_ok()
}

/// The length of the longest of [`WORDS`].
const STOCK_MAX: usize = 16;

/// Words joined together, one of which says what they stand for: `admin-secret`,
/// `my_password`, `secret-token`. Nobody's password, and everybody's sample.
pub(super) fn worded(value: &[u8]) -> Option<Dismissal> {
    const TELLING: &[&str] = &[
        "my",
        "your",
        "test",
        "sample",
        "demo",
        "example",
        "some",
        "any",
        "the",
        "this",
        "new",
        "old",
        "secret",
        "secrets",
        "password",
        "passwd",
        "passphrase",
        "pass",
        "pwd",
        "pw",
        "token",
        "key",
        "apikey",
        "credential",
        "credentials",
        "here",
        "value",
        "user",
        "client",
    ];
    let mut pieces = value.split(|b| b"-_. ".contains(b));
    let letters = |piece: &[u8]| !piece.is_empty() && piece.iter().all(u8::is_ascii_alphabetic);
    let joined = value.iter().any(|b| b"-_. ".contains(b)) && pieces.clone().all(letters);
    let telling = pieces.any(|piece| {
        let lower = piece.to_ascii_lowercase();
        TELLING.iter().any(|w| w.as_bytes() == lower)
    });
    (joined && telling).then_some(Dismissal::Placeholder("words that name a secret"))
}

/// One byte or a short unit over and over, or a run of neighbours in the alphabet.
pub(super) fn repetition(value: &[u8]) -> Option<Dismissal> {
    if value.len() < 4 {
        return None;
    }
    let mut seen = [false; 256];
    value
        .iter()
        .for_each(|b| seen[usize::from(b.to_ascii_lowercase())] = true);
    let distinct = seen.iter().filter(|s| **s).count();
    let unit = (1..=4).any(|n| value.len() >= 3 * n && value.windows(n + 1).all(|w| w[0] == w[n]));
    if unit || (value.len() >= 16 && distinct <= 3) || (value.len() >= 24 && distinct <= 5) {
        return Some(Dismissal::Placeholder("repeats itself"));
    }
    // The longest rows of one byte, and of rising and falling neighbours.
    let (mut now, mut best) = ([1; 3], [1; 3]);
    for pair in value.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let goes_on = [
            a == b,
            b == a.wrapping_add(1) && a.is_ascii_alphanumeric(),
            a == b.wrapping_add(1) && b.is_ascii_alphanumeric(),
        ];
        for i in 0..3 {
            now[i] = if goes_on[i] { now[i] + 1 } else { 1 };
            best[i] = best[i].max(now[i]);
        }
    }
    let [same, rising, falling] = best;
    // Long values may hold a few zero bytes, which base64 writes as a row of `A`.
    if same >= 8.max(value.len() / 4).min(value.len()) {
        return Some(Dismissal::Placeholder("repeats one character"));
    }
    (rising.max(falling) >= 8.min(value.len())).then_some(Dismissal::Placeholder(
        "runs through the alphabet or the digits",
    ))
}

/// Whether `value` is what `kubeseal` puts under `encryptedData`: base64 of a two-byte
/// length, a session key encrypted with RSA of 4096 bits (512 bytes, so the length
/// begins `AgA` to `AgD`), and what that key encrypts. Source: sealed-secrets,
/// `pkg/crypto`.
fn is_sealed(value: &[u8]) -> bool {
    const LEAST: usize = 680;
    value.len() >= LEAST
        && value.starts_with(b"Ag")
        && value.get(2).is_some_and(|b| (b'A'..=b'D').contains(b))
        && value
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b))
}

/// How templates of many languages begin.
const TEMPLATES: &[[u8; 2]] = &[
    *b"${", *b"{{", *b"<%", *b"#{", *b"$(", *b"$[", *b"%(", *b"{%", *b"((", *b"<<", *b"@@", *b"[[",
];

/// The first bytes of [`TEMPLATES`].
const OPENING: ByteSet = ByteSet::of(b"${<#%(@[");

/// How addresses in secret managers and names of variables begin.
const ADDRESSES: &[&[u8]] = &[
    b"op://",
    b"vault:",
    b"vault://",
    b"ref+",
    b"secrets://",
    b"arn:aws:",
    b"aws-sm://",
    b"sm://",
    b"gcp-sm://",
    b"azurekeyvault://",
    b"@Microsoft.KeyVault",
    b"doppler://",
    b"infisical://",
    b"bws://",
    b"keeper://",
    b"akeyless:",
    b"berglas://",
    b"file:",
    b"env:",
    b"secret/",
    b"projects/",
    b"/run/secrets/",
    b"!var",
];

/// How ciphertext and password hashes begin.
const CIPHERTEXT: &[&[u8]] = &[
    b"ENC[",
    b"ENC(",
    b"{cipher}",
    b"$ANSIBLE_VAULT",
    b"AQICAH",
    b"AQECAH",
    b"U2FsdGVkX1",
    b"vault:v1:",
    b"ENCRYPTED[",
    b"k8s:enc:",
    b"encrypted:",
    b"$2a$",
    b"$2b$",
    b"$2y$",
    b"$argon2",
    b"$6$",
    b"$5$",
    b"$1$",
    b"$apr1$",
    b"pbkdf2",
    b"SCRAM-SHA-",
    b"{SSHA}",
    b"{SHA}",
    b"sha256:",
    b"sha512:",
    b"sha1:",
    b"md5:",
];

/// How expressions that read a setting begin.
const EXPRESSIONS: &[&[u8]] = &[
    b"process.env",
    b"os.environ",
    b"os.getenv",
    b"System.getenv",
    b"getenv",
    b"ENV[",
    b"env.",
    b"config.",
    b"settings.",
    b"var.",
    b"local.",
    b"data.",
    b"module.",
    b"secrets.",
    b"self.",
    b"this.",
    b"std::env",
    b"Rails.",
    b"params.",
    b"props.",
    b"args.",
    b"options.",
    b"ctx.",
    b"request.",
    b"req.",
];

/// Pointers to a secret: templates, variables, calls, secret managers' addresses,
/// ciphertext.
pub(super) fn reference(value: &[u8]) -> Option<Dismissal> {
    let mut pairs = value.windows(2);
    let is_template = |w: &[u8]| OPENING.has(w[0]) && TEMPLATES.iter().any(|t| w == t);
    let starts = |list: &[&[u8]]| {
        let first = value.first();
        list.iter()
            .any(|p| p.first() == first && value.starts_with(p))
    };
    if starts(CIPHERTEXT) || is_sealed(value) {
        return Some(Dismissal::LookAlike("encrypted or hashed"));
    }
    if pairs.any(is_template) || starts(ADDRESSES) {
        return Some(Dismissal::Reference(
            "a reference to where the secret is kept",
        ));
    }
    let wrapped = |open: u8, close: u8| {
        value.len() > 2 && value.first() == Some(&open) && value.last() == Some(&close)
    };
    // A JSON object in a string is no blank.
    let blank = !value.contains(&b'"');
    if wrapped(b'<', b'>')
        || (blank && wrapped(b'{', b'}'))
        || wrapped(b'[', b']')
        || wrapped(b'%', b'%')
        || wrapped(b'(', b')')
        || wrapped(b'@', b'@')
        || (value.len() > 5 && value.starts_with(b"__") && value.ends_with(b"__"))
    {
        return Some(Dismissal::Placeholder("a blank to be filled in"));
    }
    let variable = value.first() == Some(&b'$')
        && value[1..]
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_:.?".contains(b))
        && value
            .get(1)
            .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    if variable {
        return Some(Dismissal::Reference("a variable"));
    }
    starts(EXPRESSIONS).then_some(Dismissal::Reference("an expression"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_list_is_sorted() {
        assert!(
            WORDS.windows(2).all(|w| w[0] < w[1]),
            "{:?}",
            WORDS.windows(2).find(|w| w[0] >= w[1])
        );
    }

    #[test]
    fn the_longest_stock_word_is_known() {
        assert_eq!(WORDS.iter().map(|w| w.len()).max(), Some(STOCK_MAX));
    }

    #[test]
    fn sealed_secrets_are_recognised_by_head_and_length() {
        let sealed = |head: &str, len: usize| [head, &"kJ8s+Q2m".repeat(len / 8)].concat();
        let judged = |text: String| is_sealed(text.as_bytes());
        assert!(judged(sealed("AgBx", 712)));
        assert!(judged(sealed("AgAx", 712) + "=="));
        assert!(!judged(sealed("AgEx", 712)));
        assert!(!judged(sealed("AgBx", 400)));
        assert!(!judged(sealed("AgBx", 712) + "!"));
    }

    #[test]
    fn placeholders_are_recognised() {
        for value in [
            "changeme",
            "password123",
            "xxxxxxxxxxxxxxxx",
            "abababababab",
            "0123456789abcdef",
            "YOUR_API_KEY_HERE",
            "<your-token>",
            "${DB_PASSWORD}",
            "$DB_PASSWORD",
            "op://vault/item/field",
            "process.env.TOKEN",
            "secret!",
            "ENC[AES256_GCM,data:x]",
            "{{ vault_password }}",
            "aaaaaaaa",
        ] {
            let value = value.as_bytes();
            assert!(
                in_assignment(value).is_some() || stock_word(value),
                "{value:?}"
            );
        }
    }

    #[test]
    fn words_that_name_a_secret_are_none() {
        for value in [
            "admin-secret",
            "my_password",
            "BITNAMI_USER_PASSWORD",
            "test.token",
        ] {
            assert!(worded(value.as_bytes()).is_some(), "{value}");
        }
        for value in [
            "admin-secret1",
            "correct-horse-battery",
            "password",
            "-secret",
        ] {
            assert!(worded(value.as_bytes()).is_none(), "{value}");
        }
    }

    #[test]
    fn names_in_place_of_random_text_are_recognised() {
        assert!(identifier(b"C_POLLING_CTRL_ADDR_SHIFT0").is_some());
        assert!(identifier(b"some_function_name_here").is_some());
        assert!(identifier(b"ab_Cd3fGh1jKlMn0pQ_rSt").is_none());
        assert!(identifier(b"0c1d-2e3f-4a5b-6c7d-8e9f").is_none());
    }

    #[test]
    fn urls_of_documentation_hold_no_password() {
        let judge = |url: &str, password: &str| {
            let at = url.rfind(password).unwrap();
            in_url(url.as_bytes(), &(at..at + password.len()))
        };
        assert!(judge("http://bob:tR7kq9Lm2@example.com/x", "tR7kq9Lm2").is_some());
        assert!(judge("http://bob:tR7kq9Lm2@db.example.org:80", "tR7kq9Lm2").is_some());
        assert!(judge("amqp://tR7kq:tR7kq@host", "tR7kq").is_some());
        assert!(
            judge(
                &["http://bob:", "tR7kq9Lm2@myexample.com/x"].concat(),
                "tR7kq9Lm2"
            )
            .is_none()
        );
        assert!(
            judge(
                &["http://atR7kq9Lm2:", "tR7kq9Lm2@host"].concat(),
                "tR7kq9Lm2"
            )
            .is_none()
        );
    }

    #[test]
    fn real_looking_values_are_not() {
        for value in [
            "Summer2024!",
            "tR7#kq9Lm2",
            "9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c",
            "hunter2",
            "$ecur3Pa$$",
        ] {
            assert_eq!(in_assignment(value.as_bytes()), None, "{value}");
        }
    }
}

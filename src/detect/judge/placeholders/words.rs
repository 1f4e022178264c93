//! Recognises words in place of a secret: words that only placeholders hold, stock words and
//! defaults of products, words that name the secret, identifiers.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::finding::Dismissal;

/// Words that random characters do not form by chance and that no real token holds. They
/// count anywhere in the value, in any case.
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

/// The stock words: words for the secret itself, and well-known defaults of products.
/// Sorted, in lower case; digits and `!` at the end of a value do not count.
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

/// Why text that should be random is an identifier: it has words and one case. At this
/// length, random characters of three classes lack digits and a second case once in
/// millions.
pub(in crate::detect) fn identifier(body: &[u8]) -> Option<Dismissal> {
    let joints = body.iter().filter(|b| matches!(b, b'_' | b'-')).count();
    let upper = body.iter().any(u8::is_ascii_uppercase);
    let lower = body.iter().any(u8::is_ascii_lowercase);
    let digits = body.iter().any(u8::is_ascii_digit);
    let words = body.len() >= 16 && joints >= 2 && !(upper && lower) && (upper || !digits);
    words.then_some(Dismissal::LookAlike("words or the name of a constant"))
}

/// Why a value is a placeholder: it holds one of the telltale words.
pub(super) fn telltale(value: &[u8]) -> Option<Dismissal> {
    // In long random text a short word can appear by chance.
    let head = &value[..value.len().min(120)];
    let found = TELLTALES.as_ref()?.is_match(head);
    found.then_some(Dismissal::Placeholder(
        "holds a word that only placeholders hold",
    ))
}

/// Whether the value is a stock word. It is no placeholder: people use such passwords.
pub(in crate::detect) fn stock_word(value: &[u8]) -> bool {
    let cut = value
        .iter()
        .rposition(|b| !b.is_ascii_digit() && *b != b'!')
        .map_or(0, |i| i + 1);
    // No stock word is longer.
    let mut lower = [0; STOCK_MAX];
    let Some(word) = lower.get_mut(..cut) else {
        return false;
    };
    word.copy_from_slice(&value[..cut]);
    word.make_ascii_lowercase();
    let number = u128::from_be_bytes(lower);
    let known = NUMBERS.binary_search(&number);
    cut == 0 || known.is_ok_and(|i| WORDS[i].len() == cut)
}

/// [`WORDS`] as numbers, in the same order. They are compared at once.
static NUMBERS: [u128; WORDS.len()] = {
    let mut numbers = [0; WORDS.len()];
    let mut i = 0;
    while i < numbers.len() {
        let word = WORDS[i].as_bytes();
        let mut j = 0;
        while j < STOCK_MAX {
            let byte = if j < word.len() { word[j] } else { 0 };
            numbers[i] = numbers[i] << 8 | byte as u128;
            j += 1;
        }
        i += 1;
    }
    numbers
};

/// The length of the longest of [`WORDS`].
const STOCK_MAX: usize = 16;

/// Why joined words are a placeholder: one of them says what they stand for, as in
/// `admin-secret`, `my_password`, `secret-token`.
pub(in crate::detect) fn worded(value: &[u8]) -> Option<Dismissal> {
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
}

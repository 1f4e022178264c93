//! Recognises words in place of a secret: stock words and defaults of products, words that name
//! the secret, identifiers.

use crate::finding::Dismissal;

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

/// Whether the value is a stock word. It is no placeholder: people use such passwords. Digits and
/// signs behind it do not change that, nor do signs in the place of letters: `P@ssw0rd1!`.
pub(in crate::detect) fn stock_word(value: &[u8]) -> bool {
    let ends = |b: &u8, more: &[u8]| b.is_ascii_digit() || more.contains(b);
    let cut = |signs: &[u8]| {
        let last = value.iter().rposition(|b| !ends(b, signs));
        last.map_or(0, |i| i + 1)
    };
    let plain = cut(b"!");
    // A long number is one that somebody chose.
    const NUMBER_MAX: usize = 9;
    if plain == 0 && value.len() <= NUMBER_MAX || is_listed(&value[..plain]) {
        return true;
    }
    // What follows the word is short, or the value is more than a stock word.
    const MORE_MAX: usize = 5;
    let word = cut(b"!@#$%&*?._-+=");
    let listed = word >= 4 && value.len() - word <= MORE_MAX && is_listed(&value[..word]);
    listed || (0..MORE_MAX).any(|more| value.len() > more + 4 && spells(value, more))
}

/// Whether the value is the name of a product that ships with it as a password, or that guides set up
/// with it.
pub(in crate::detect) fn default_of_product(value: &[u8]) -> bool {
    const PRODUCTS: &[&[u8]] = &[
        b"drupal",
        b"elastic",
        b"grafana",
        b"joomla",
        b"keycloak",
        b"laravel",
        b"magento",
        b"minio",
        b"minioadmin",
        b"mongo",
        b"mongodb",
        b"mysql",
        b"oracle",
        b"postgres",
        b"postgresql",
        b"rabbitmq",
        b"redis",
        b"sonar",
        b"symfony",
        b"wordpress",
        b"zabbix",
    ];
    PRODUCTS.iter().any(|name| value.eq_ignore_ascii_case(name))
}

/// Whether `value` without its last `more` bytes, all of them digits or signs, is a stock word
/// with signs in the place of letters.
fn spells(value: &[u8], more: usize) -> bool {
    let (word, rest) = value.split_at(value.len() - more);
    if word.len() > STOCK_MAX || rest.iter().any(u8::is_ascii_alphabetic) {
        return false;
    }
    let read = |one: u8| {
        let mut letters = [0; STOCK_MAX];
        for (letter, byte) in letters.iter_mut().zip(word) {
            *letter = match byte {
                b'@' | b'4' => b'a',
                b'$' | b'5' => b's',
                b'0' => b'o',
                b'3' => b'e',
                b'7' => b't',
                b'1' | b'!' => one,
                byte => *byte,
            };
        }
        letters
    };
    let changed = word.iter().any(|b| !b.is_ascii_alphabetic());
    let letters = |one| is_listed(&read(one)[..word.len()]);
    changed && word[0].is_ascii_alphabetic() && (letters(b'i') || letters(b'l'))
}

/// Whether `word` is one of [`WORDS`], in any case.
fn is_listed(word: &[u8]) -> bool {
    // No stock word is longer.
    let Some(lower) = super::lower::<STOCK_MAX>(word) else {
        return false;
    };
    let number = u128::from_be_bytes(lower);
    NUMBERS
        .binary_search(&number)
        .is_ok_and(|i| WORDS[i].len() == word.len())
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
    let pieces = value.split(|b| b"-_. ".contains(b));
    let letters = |piece: &[u8]| !piece.is_empty() && piece.iter().all(u8::is_ascii_alphabetic);
    let joined = value.iter().any(|b| b"-_. ".contains(b)) && pieces.clone().all(letters);
    let all = pieces.clone().count();
    let telling = pieces.filter(|piece| {
        let lower = piece.to_ascii_lowercase();
        TELLING.iter().any(|w| w.as_bytes() == lower)
    });
    // One of the words of a pass phrase may be any word.
    (joined && telling.count() * 3 >= all)
        .then_some(Dismissal::Placeholder("words that name a secret"))
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

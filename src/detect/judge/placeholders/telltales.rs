//! Recognises values that say that they stand for something: `your-token-here`,
//! `ExamplePassword`, `fake_key_1`.
//!
//! A word counts only as a word: separators, a change of case, a digit or the end of the value
//! bound it. And it has to say something about the whole value. People choose passwords of
//! words (`FakeNews2024x`), and random text holds short ones by chance.

use std::ops::Range;

use super::list::List;
use crate::finding::Dismissal;

const WHY: Dismissal = Dismissal::Placeholder("holds a word that only placeholders hold");

/// Words that only placeholders are made of, in lower case.
static STRONG: List = List::new(&[
    "abcdefgh",
    "beispiel",
    "bogus",
    "cafebabe",
    "change",
    "changeit",
    "changeme",
    "changethis",
    "deadbeef",
    "dummy",
    "ejemplo",
    "example",
    "examples",
    "exemple",
    "exemplo",
    "fake",
    "fixme",
    "foo",
    "foobar",
    "hidden",
    "insert",
    "invalid",
    "lorem",
    "masked",
    "mock",
    "notreal",
    "placeholder",
    "platzhalter",
    "qwerty",
    "redacted",
    "removed",
    "replace",
    "replaceme",
    "sample",
    "sanitized",
    "supersecret",
    "todo",
    "topsecret",
    "undefined",
    "xxxx",
    "your",
    "yours",
]);

/// Words that stand around [`STRONG`] ones and say nothing by themselves, in lower case.
static FILLING: List = List::new(&[
    "a",
    "access",
    "account",
    "an",
    "and",
    "any",
    "api",
    "app",
    "auth",
    "bar",
    "baz",
    "bearer",
    "client",
    "code",
    "credential",
    "credentials",
    "db",
    "demo",
    "enter",
    "field",
    "for",
    "from",
    "goes",
    "here",
    "id",
    "in",
    "is",
    "it",
    "key",
    "me",
    "my",
    "name",
    "new",
    "not",
    "of",
    "old",
    "only",
    "or",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "private",
    "production",
    "public",
    "put",
    "pw",
    "pwd",
    "real",
    "secret",
    "secrets",
    "service",
    "set",
    "some",
    "string",
    "test",
    "testing",
    "tests",
    "text",
    "the",
    "this",
    "to",
    "token",
    "use",
    "user",
    "username",
    "value",
    "very",
    "with",
]);

/// Words of [`FILLING`] that name a secret.
const NAMING: &[&str] = &[
    "credential",
    "credentials",
    "key",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "pwd",
    "secret",
    "secrets",
    "token",
];

/// Words of [`STRONG`] that tell the reader what to do. At either end of words with separators
/// they need no other word that is known.
const ORDERS: &[&str] = &[
    "change",
    "changeme",
    "dummy",
    "example",
    "placeholder",
    "redacted",
    "replace",
    "sample",
    "todo",
    "your",
    "yours",
];

/// Signs that stand for something left out, runs that nobody chooses, and hosts that are reserved for
/// documentation, anywhere in a value.
const ANYWHERE: &[&[u8]] = &[
    b"****",
    b"asdfghjkl",
    b"qwertyui",
    b"...",
    b"0123456789",
    b"1234567890",
    b"example.com",
    b"example.org",
    b"example.net",
];

/// What a part of a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Strong,
    Filling,
    /// A word that says nothing.
    Other,
}

/// Why a value that somebody chose is a placeholder.
pub(super) fn in_chosen(value: &[u8]) -> Option<Dismissal> {
    // In long random text a short word can appear by chance.
    let head = &value[..value.len().min(120)];
    if has_anywhere(head) || is_order(head) || is_masked(head) || names_secret(head) {
        return Some(WHY);
    }
    let words = Words::of(head);
    (words.all_known() || words.mostly_strong() || words.orders() || covered(head, 3, 5))
        .then_some(WHY)
}

/// Why the body of a token, which a program made, is a placeholder: words are a third of it, or
/// separators stand around one.
pub(super) fn in_made(body: &[u8]) -> Option<Dismissal> {
    let head = &body[..body.len().min(120)];
    let bounded = || {
        let separates = |at: Option<usize>| {
            at.and_then(|at| head.get(at))
                .is_none_or(|b| !b.is_ascii_alphanumeric())
        };
        strong_in(head).any(|word| {
            let long = word.len() >= 7;
            let (left, right) = (
                separates(word.start.checked_sub(1)),
                separates(Some(word.end)),
            );
            left && right || long && (left || right)
        })
    };
    (has_anywhere(head) || covered(head, 1, 3) || bounded()).then_some(WHY)
}

/// Whether the value is a constant that tells readers what to put there:
/// `REPLACE_WITH_24_CHARS_OR_MORE`.
fn is_order(value: &[u8]) -> bool {
    const ORDERS: [&[u8]; 10] = [
        b"REPLACE",
        b"CHANGE",
        b"INSERT",
        b"YOUR",
        b"ENTER",
        b"PUT",
        b"FILL",
        b"PASTE",
        b"TODO",
        b"AUTOREPLACE",
    ];
    let constant = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
    let mut words = value.split(|b| *b == b'_');
    words.next().is_some_and(|first| ORDERS.contains(&first))
        && words.count() >= 2
        && value.iter().all(constant)
}

/// Whether the middle of a short value or the end of any is masked: `TMAxxx1Ng==`, `sk_***`.
fn is_masked(value: &[u8]) -> bool {
    const LONGEST: usize = 40;
    if value.ends_with(b"***") || is_cut(value) {
        return true;
    }
    if value.len() > LONGEST {
        return false;
    }
    let Some(at) = value.windows(3).position(|three| three == b"xxx") else {
        return false;
    };
    let end = at + value[at..].iter().take_while(|b| **b == b'x').count();
    let (left, right) = (&value[..at], &value[end..]);
    let kinds = |test: fn(&u8) -> bool| left.iter().chain(right).any(test);
    let mixed = kinds(u8::is_ascii_uppercase) && kinds(u8::is_ascii_lowercase);
    let plain = |part: &[u8]| {
        part.iter()
            .all(|b| b.is_ascii_alphanumeric() || b"+/=-_".contains(b))
    };
    !left.is_empty() && !right.is_empty() && mixed && plain(left) && plain(right)
}

/// Whether `x` stand in place of the last signs of hexadecimal digits: `f1c242f4f28f735d4687axxx`.
fn is_cut(value: &[u8]) -> bool {
    const LEAST: usize = 16;
    const HIDDEN: usize = 2;
    const MANY: usize = 5;
    let end = value.iter().rposition(|b| !b"xX".contains(b));
    let (head, hidden) = value.split_at(end.map_or(0, |at| at + 1));
    let hex = hidden.len() >= HIDDEN && head.iter().all(u8::is_ascii_hexdigit);
    let word = |b: &u8| b.is_ascii_alphanumeric() || b"_-".contains(b);
    head.len() >= LEAST && (hex || hidden.len() >= MANY && head.iter().all(word))
}

/// Whether the value is a word of another script for a secret, with at most a few letters around
/// it: it tells readers to put theirs there.
fn names_secret(value: &[u8]) -> bool {
    const LONGEST: usize = 36;
    const WORDS: [&str; 12] = [
        "\u{5bc6}\u{7801}",
        "\u{5bc6}\u{78bc}",
        "\u{53e3}\u{4ee4}",
        "\u{5bc6}\u{94a5}",
        "\u{4ee4}\u{724c}",
        "\u{43f}\u{430}\u{440}\u{43e}\u{43b}",
        "\u{41f}\u{430}\u{440}\u{43e}\u{43b}",
        "\u{442}\u{43e}\u{43a}\u{435}\u{43d}",
        "\u{30d1}\u{30b9}\u{30ef}\u{30fc}\u{30c9}",
        "\u{be44}\u{bc00}\u{bc88}\u{d638}",
        "\u{c554}\u{d638}",
        "\u{30c8}\u{30fc}\u{30af}\u{30f3}",
    ];
    value.len() <= LONGEST
        && value.first().is_some_and(|b| *b >= 0x80)
        && !value.iter().any(u8::is_ascii_digit)
        && WORDS
            .iter()
            .any(|word| memchr::memmem::find(value, word.as_bytes()).is_some())
}

/// Whether one of [`ANYWHERE`] stands in the value. Hardly any value has the first three bytes of
/// one.
fn has_anywhere(value: &[u8]) -> bool {
    const BEGINS: [[u16; 256]; 3] = {
        let mut begins = [[0; 256]; 3];
        let mut n = 0;
        while n < 3 * ANYWHERE.len() {
            let (part, at) = (n / 3, n % 3);
            begins[at][ANYWHERE[part][at] as usize] |= 1 << part;
            n += 1;
        }
        begins
    };
    let [first, second, third] = &BEGINS;
    let mut places = value.windows(3).enumerate().filter(|(_, head)| {
        let byte = |at: usize| usize::from(head[at]);
        first[byte(0)] & second[byte(1)] & third[byte(2)] != 0
    });
    places.any(|(at, _)| ANYWHERE.iter().any(|part| value[at..].starts_with(part)))
}

/// Whether [`STRONG`] words, wherever they stand, are at least `part` of `whole` of the value.
fn covered(value: &[u8], part: usize, whole: usize) -> bool {
    // Hardly any value has one.
    if strong_in(value).next().is_none() {
        return false;
    }
    let (mut end, mut sum, mut strong) = (0, 0, false);
    for word in known_in(value) {
        let long = word.1 || word.0.len() >= 4;
        if long && word.0.end > end {
            sum += word.0.end - word.0.start.max(end);
            end = word.0.end;
            strong |= word.1;
        }
    }
    strong && sum * whole >= value.len() * part
}

/// Where [`STRONG`] words stand in the value.
fn strong_in(value: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    (0..value.len()).filter_map(|at| {
        let len = STRONG.longest(&value[at..]);
        (len > 0).then(|| at..at + len)
    })
}

/// Where the longest of the words of three letters or more stand that begin at each place, and
/// whether each is a strong one.
fn known_in(value: &[u8]) -> impl Iterator<Item = (Range<usize>, bool)> + '_ {
    (0..value.len()).filter_map(|at| {
        let rest = &value[at..];
        let strong = STRONG.longest(rest);
        let len = strong.max(FILLING.longest(rest));
        (len >= 3).then(|| (at..at + len, strong == len))
    })
}

/// The words of a value.
struct Words {
    parts: [(Part, usize); Words::MOST],
    count: usize,
    /// Whether there are more words than are kept.
    more: bool,
    /// Whether separators stand between words.
    joined: bool,
    /// Whether all digits are a small number or count up.
    plain_digits: bool,
    digits: bool,
    /// Whether other signs stand in it.
    signs: bool,
    /// Whether one of them names a secret.
    named: bool,
    first: bool,
    last: bool,
}

impl Words {
    const MOST: usize = 16;

    fn of(value: &[u8]) -> Self {
        let mut words = Self {
            parts: [(Part::Other, 0); Self::MOST],
            count: 0,
            more: false,
            joined: false,
            plain_digits: true,
            digits: false,
            signs: false,
            named: false,
            first: false,
            last: false,
        };
        let mut at = 0;
        while let Some(&byte) = value.get(at) {
            let len = match byte {
                b'0'..=b'9' => {
                    let len = run(&value[at..], u8::is_ascii_digit);
                    words.digits = true;
                    words.plain_digits &= counts_up(&value[at..at + len]);
                    len
                }
                byte if byte.is_ascii_alphabetic() => {
                    let len = word_len(&value[at..]);
                    words.add(&value[at..at + len]);
                    len
                }
                _ => {
                    let separates = b"-_. ".contains(&byte);
                    words.joined |= separates && at > 0 && at + 1 < value.len();
                    words.signs |= !separates && !b"!<>{}[]()".contains(&byte);
                    1
                }
            };
            at += len;
        }
        words
    }

    fn add(&mut self, word: &[u8]) {
        let is = |known: &&str| word.eq_ignore_ascii_case(known.as_bytes());
        let known = part_of(word);
        // All of them are words of the lists.
        let listed = known != Part::Other;
        let orders = listed && ORDERS.iter().any(is);
        self.named |= listed && NAMING.iter().any(is);
        self.first |= self.count == 0 && orders;
        self.last = orders || listed && is(&"here");
        match self.parts.get_mut(self.count) {
            Some(slot) => {
                *slot = (known, word.len());
                self.count += 1;
            }
            None => self.more = true,
        }
    }

    fn letters(&self, wanted: impl Fn(Part) -> bool) -> usize {
        let parts = self.parts[..self.count].iter();
        parts.filter(|(p, _)| wanted(*p)).map(|(_, len)| len).sum()
    }

    /// Whether they name a secret and nothing else: `my-secret-key`, `YourApiKey1`.
    fn all_known(&self) -> bool {
        let unknown = self.letters(|p| p == Part::Other);
        let plain = self.plain_digits && !self.signs;
        let strong = self.letters(|p| p == Part::Strong) > 0;
        !self.more && unknown == 0 && plain && (strong || self.named && self.count > 1)
    }

    /// Whether nearly all letters are those of known words, some of which say that this is no
    /// secret: `example77`.
    fn mostly_strong(&self) -> bool {
        let all = self.letters(|_| true);
        let known = self.letters(|p| p != Part::Other);
        let strong = self.letters(|p| p == Part::Strong);
        !self.more && strong * 3 >= all && strong > 0 && known * 4 >= all * 3
    }

    /// Whether words with separators begin or end with an order: `your-stripe-key`.
    fn orders(&self) -> bool {
        let ended = self.first || self.last;
        self.joined && !self.digits && !self.signs && ended && self.count > 1
    }
}

/// How many bytes at the beginning of `text` pass `test`.
fn run(text: &[u8], test: fn(&u8) -> bool) -> usize {
    text.iter().position(|b| !test(b)).unwrap_or(text.len())
}

/// The length of the word at the beginning of `text`: it ends where the case changes, as in
/// `FakeNews`, `fakeNews` and `HTTPServer`.
fn word_len(text: &[u8]) -> usize {
    let upper = run(text, u8::is_ascii_uppercase);
    let lower = run(&text[upper..], u8::is_ascii_lowercase);
    match (upper, lower) {
        (0 | 1, _) => upper + lower,
        (_, 0) => upper,
        // The last capital letter begins the next word.
        _ => upper - 1,
    }
}

/// Whether digits are a small number, a row that counts up, or one digit again and again.
fn counts_up(digits: &[u8]) -> bool {
    let by = |step: u8| digits.windows(2).all(|w| w[1] == w[0].wrapping_add(step));
    digits.len() == 1 || by(1) || (by(0) && digits.len() > 2) || digits.starts_with(b"0")
}

/// What a word is: one of the lists, or several strong and filling ones without separators, as in
/// `yourapikey`.
fn part_of(word: &[u8]) -> Part {
    const LONGEST: usize = 32;
    let Some(lower) = super::lower::<LONGEST>(word) else {
        return Part::Other;
    };
    let lower = &lower[..word.len()];
    if STRONG.has(lower) {
        return Part::Strong;
    }
    if FILLING.has(lower) {
        return Part::Filling;
    }
    // Whether known words fill the text up to each place, one of them a strong one.
    let mut filled = [None; LONGEST + 1];
    filled[0] = Some(false);
    for at in 0..lower.len() {
        let Some(strong) = filled[at] else { continue };
        for (list, is_strong) in [(&STRONG, true), (&FILLING, false)] {
            if !list.may_begin(&lower[at..]) {
                continue;
            }
            let words = list.of_letter(lower[at]).iter();
            for known in words.filter(|w| w.len() > 1) {
                if lower[at..].starts_with(known.as_bytes()) {
                    let end = &mut filled[at + known.len()];
                    *end = Some(strong || is_strong || *end == Some(true));
                }
            }
        }
    }
    match filled[lower.len()] {
        Some(true) => Part::Strong,
        _ => Part::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_say_that_they_are_some() {
        for value in [
            "YOUR_API_KEY_HERE",
            "your-stripe-key",
            "yourapikey",
            "YourPassword1",
            "my_secret_key",
            "my-token",
            "mySecret",
            "ExamplePassword",
            "example77",
            "fake-password-123",
            "dummytoken",
            "replace-with-the-real-one",
            "insert_client_secret_here",
            "change-me-in-production",
            "some_test_token",
            "deadbeefdeadbeef",
            "pass...",
            "not-a-real-secret",
        ] {
            assert!(in_chosen(value.as_bytes()).is_some(), "{value}");
        }
    }

    #[test]
    fn words_inside_of_words_say_nothing() {
        for value in [
            "mysecretpw7",
            "ExampleCorp#9",
            "FakeNews2024x",
            "InsertCoin77",
            "hidden-Tiger9",
            "myTokenPw99",
            "stapler-ochre-wok-barrel",
            "Testarossa#88",
            "barfood!Kangaroo",
            "thesh9saes1ooNaugil8foo4Theih7eetheinoobaequ",
        ] {
            assert!(in_chosen(value.as_bytes()).is_none(), "{value}");
        }
    }

    #[test]
    fn tokens_hold_short_words_by_chance() {
        for body in [
            "kQ8fakezV3nWx7Lp2Rt5Yb9Hm4Jd6Gc1",
            "Zx8foobarK2mQ7vN4wLp9Rt5Yb3Hm6Jd1Gc0Se8",
            "9f8a7b6c5d4eTEST3f2a1b0c9d8e7f6a5b4c",
        ] {
            assert!(in_made(body.as_bytes()).is_none(), "{body}");
        }
        for body in [
            "IOSFODNN7EXAMPLE",
            "fakeTokenForTests00",
            "xxxxxxxxxxxxxxxxxxxx",
            "your-token-goes-here-0000",
            "abc-example-4f7a9b2c8d1e6f3a",
        ] {
            assert!(in_made(body.as_bytes()).is_some(), "{body}");
        }
    }
}

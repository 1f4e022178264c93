//! The features of a candidate as numbered bits, and their names. What the score in
//! `weights.rs` is a sum over.

use super::kind::{Kind, Place};
use super::name::{Name, Noun};
use super::syntax::{Link, Quote, Site};
use super::value::{self, CHANGES, Form, LENGTH_CLASSES};
use crate::finding::Traits;

const NOUNS: [&str; Noun::COUNT] = [
    "password",
    "secret",
    "token",
    "access-key",
    "key",
    "auth",
    "credential",
];
const FORMS: [&str; Form::COUNT] = [
    "word",
    "letters",
    "long-letters",
    "camel",
    "mixed",
    "long-mixed",
    "hex",
    "joined",
    "joined-digits",
    "signs",
    "digits",
    "uuid",
];
const LINKS: [&str; 11] = [
    "equals", "compare", "arrow", "colon", "comma", "call", "element", "flag", "space", "param",
    "field",
];
const QUOTES: [&str; 3] = ["bare", "quoted", "escaped"];
/// A bare value in the text of a string or comment of code is no identifier.
const KINDS: [&str; Kind::COUNT + 1] = [
    "code",
    "config",
    "json",
    "markup",
    "document",
    "shell",
    "sql",
    "other",
    "text-in-code",
];
const CLASSES: [&str; 3] = ["words", "letters", "digits-or-signs"];
/// Bins of `wordliness`, by their lower bounds.
const WORDLINESS: [i32; 8] = [-1000, -24, -16, -8, 0, 6, 12, 18];

/// Single facts, in the order of their bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag {
    NounIsLast,
    NameIsAbout,
    NameIsUpper,
    NameIsOneWord,
    NameIsLong,
    NameOfTest,
    NameOfText,
    NameOfChange,
    NameOfDigest,
    EndsLine,
    WordsFollow,
    Joined,
    CallFollows,
    InComment,
    InString,
    TypeAround,
    FunctionAround,
    Fallback,
    UserNearby,
    AssertNearby,
    HoldsNoun,
    HoldsTestWord,
    EndsInDigits,
    Padded,
    HoldsAt,
    HoldsDollar,
    HoldsPercent,
    HoldsBracket,
    HoldsSlash,
    HoldsColon,
    HoldsDot,
    StartsWithSign,
    HoldsComma,
    Title,
    AllUpper,
    InTest,
    InExample,
}

const FLAGS: [&str; Flag::InExample as usize + 1] = [
    "noun-is-last",
    "name-is-about",
    "name-is-upper",
    "name-is-one-word",
    "name-is-long",
    "name-of-test",
    "name-of-text",
    "name-of-change",
    "name-of-digest",
    "ends-line",
    "words-follow",
    "joined",
    "call-follows",
    "in-comment",
    "in-string",
    "type-around",
    "function-around",
    "fallback",
    "user-nearby",
    "assert-nearby",
    "holds-noun",
    "holds-test-word",
    "ends-in-digits",
    "padded",
    "holds-at",
    "holds-dollar",
    "holds-percent",
    "holds-bracket",
    "holds-slash",
    "holds-colon",
    "holds-dot",
    "starts-with-sign",
    "holds-comma",
    "title",
    "all-upper",
    "in-test",
    "in-example",
];

const NOUN: usize = 0;
const NOUN_FORM: usize = NOUN + Noun::COUNT;
const FORM_QUOTE: usize = NOUN_FORM + Noun::COUNT * Form::COUNT;
const KIND_FORM: usize = FORM_QUOTE + Form::COUNT * 3;
const LINK: usize = KIND_FORM + KINDS.len() * 6;
const LENGTH: usize = LINK + LINKS.len();
const WORDS: usize = LENGTH + LENGTH_CLASSES;
const CHANGE: usize = WORDS + WORDLINESS.len() * 2;
const FLAG: usize = CHANGE + CHANGES;
/// How many features there are.
pub(super) const COUNT: usize = FLAG + FLAGS.len();

/// The name of feature `index`, as training and `explain` show it.
pub(super) fn name(index: usize) -> String {
    let block = |from: usize, names: &[&str], of: &dyn Fn(usize) -> String| {
        let at = index - from;
        format!("{}{}", of(at / names.len()), names[at % names.len()])
    };
    let plain = |prefix: &'static str| move |_: usize| prefix.to_owned();
    match index {
        NOUN_FORM..FORM_QUOTE => block(NOUN_FORM, &FORMS, &|n| format!("{}/", NOUNS[n])),
        FORM_QUOTE..KIND_FORM => block(FORM_QUOTE, &QUOTES, &|f| format!("{}/", FORMS[f])),
        KIND_FORM..LINK => block(KIND_FORM, &CLASSES, &|n| {
            let quote = if n % 2 == 0 { "bare" } else { "quoted" };
            format!("{}/{quote}/", KINDS[n / 2])
        }),
        LINK..LENGTH => block(LINK, &LINKS, &plain("link/")),
        LENGTH..WORDS => format!("length/{}", index - LENGTH),
        WORDS..CHANGE => {
            let at = index - WORDS;
            let size = if at < WORDLINESS.len() {
                "short"
            } else {
                "long"
            };
            format!("wordliness/{size}/{}", at % WORDLINESS.len())
        }
        CHANGE..FLAG => format!("changes/{}", index - CHANGE),
        FLAG..COUNT => FLAGS[index - FLAG].to_owned(),
        _ => block(NOUN, &NOUNS, &plain("noun/")),
    }
}

fn set(bits: &mut Traits, index: usize) {
    bits.bits[index / 64] |= 1 << (index % 64);
}

fn clear(bits: &mut Traits, index: usize) {
    bits.bits[index / 64] &= !(1 << (index % 64));
}

fn has(bits: &Traits, index: usize) -> bool {
    bits.bits[index / 64] & (1 << (index % 64)) != 0
}

/// The numbers of the features that are there, ascending.
pub(super) fn indices(traits: &Traits) -> impl Iterator<Item = usize> + '_ {
    traits.bits.iter().enumerate().flat_map(|(i, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            let bit = rest.trailing_zeros() as usize;
            rest &= rest.wrapping_sub(1);
            (bit < 64).then_some(i * 64 + bit)
        })
    })
}

/// All features but those of the path.
pub(super) fn of(bytes: &[u8], site: &Site, name: &Name) -> Traits {
    let text = &bytes[site.value.clone()];
    let form = value::form(text);
    let quote = match site.quote {
        Quote::Bare => 0,
        Quote::Plain(_) => 1,
        Quote::Escaped => 2,
    };
    let mut traits = Traits::default();
    set(&mut traits, NOUN + name.noun as usize);
    set(
        &mut traits,
        NOUN_FORM + name.noun as usize * Form::COUNT + form as usize,
    );
    set(&mut traits, FORM_QUOTE + form as usize * 3 + quote);
    set(&mut traits, LINK + link_number(site.link));
    set(&mut traits, LENGTH + value::length_class(text.len()));
    let words = value::wordliness(text);
    let bin = WORDLINESS
        .iter()
        .rposition(|low| words >= *low)
        .unwrap_or(0);
    let long = usize::from(text.len() >= 10) * WORDLINESS.len();
    set(&mut traits, WORDS + long + bin);
    set(&mut traits, CHANGE + value::changes(text));
    let flags = of_name(name)
        .chain(of_value(text))
        .chain(of_surroundings(bytes, site));
    let mut in_text = false;
    for (flag, there) in flags {
        if there {
            set(&mut traits, FLAG + flag as usize);
            in_text |= matches!(flag, Flag::InComment | Flag::InString);
        }
    }
    traits.form = (usize::from(in_text) * 6 + usize::from(quote != 0) * 3 + form.class()) as u8;
    if quote == 0 && value::is_identifier(text, form) {
        traits.form |= IDENTIFIER;
    }
    traits
}

/// The bit of `Traits::form` that says: a bare value that reads as an identifier.
const IDENTIFIER: u8 = 0x80;
/// The bit of `Traits::form` that says: a stock word.
const STOCK: u8 = 0x40;
/// The bits of `Traits::form` that say how the value is written and its coarse form.
const FORM: u8 = 0x3f;

/// Marks the value as a stock word.
pub(super) fn mark_stock(traits: &mut Traits) {
    traits.form |= STOCK;
}

/// Whether the value is a stock word.
pub(super) fn is_stock(traits: &Traits) -> bool {
    traits.form & STOCK != 0
}

/// Whether the value is made of words or letters only.
pub(super) fn is_wordy(traits: &Traits) -> bool {
    usize::from(traits.form & FORM) % 3 < 2
}

/// Whether the value is an identifier of a program at this place: bare, in a file of
/// code, outside strings and comments.
pub(super) fn is_identifier_at(traits: &Traits, place: Place) -> bool {
    let outside = usize::from(traits.form & FORM) < 6;
    traits.form & IDENTIFIER != 0 && outside && place.kind == Kind::Code
}

/// The features that a path may add besides the kind of file.
pub(super) fn place_flags() -> [usize; 2] {
    [Flag::InTest, Flag::InExample].map(|flag| FLAG + flag as usize)
}

/// `traits` with what the path adds.
pub(super) fn at_place(traits: &Traits, place: Place) -> Traits {
    let mut all = *traits;
    let form = usize::from(traits.form & FORM);
    let in_text = form >= 6 && form % 6 < 3 && place.kind == Kind::Code;
    let literal = place.kind == Kind::Shell && take_literally(&mut all);
    let form = if literal { form % 3 + 3 } else { form };
    let kind = if in_text {
        Kind::COUNT
    } else {
        place.kind as usize
    };
    set(&mut all, KIND_FORM + kind * 6 + form % 6);
    if place.test {
        set(&mut all, FLAG + Flag::InTest as usize);
    }
    if place.example {
        set(&mut all, FLAG + Flag::InExample as usize);
    }
    all
}

/// Reads a bare value of random form as if it were quoted; whether it was one.
///
/// Bare words of other languages are names of something, and the weights learned to
/// doubt them; in a shell a name has a `$`, a bare word is itself, and the words that
/// follow it are the next arguments and no sentence.
fn take_literally(traits: &mut Traits) -> bool {
    let forms = [Form::LongMixed, Form::Hex];
    let bare = forms
        .map(|form| FORM_QUOTE + form as usize * 3)
        .into_iter()
        .find(|at| has(traits, *at));
    if let Some(at) = bare {
        clear(traits, at);
        set(traits, at + 1);
        clear(traits, FLAG + Flag::WordsFollow as usize);
    }
    bare.is_some()
}

fn link_number(link: Link) -> usize {
    match link {
        Link::Equals => 0,
        Link::Compare => 1,
        Link::Arrow => 2,
        Link::Colon => 3,
        Link::Comma => 4,
        Link::Call => 5,
        Link::Element => 6,
        Link::Flag => 7,
        Link::Space => 8,
        Link::Param => 9,
        Link::Field => 10,
    }
}

const TEST_WORDS: &[&str] = &[
    "test",
    "tests",
    "dummy",
    "fake",
    "mock",
    "example",
    "sample",
    "invalid",
    "wrong",
    "bad",
    "incorrect",
    "expected",
    "demo",
    "foo",
    "bar",
    "my",
    "your",
    "some",
    "temp",
    "xxx",
];
const TEXT_WORDS: &[&str] = &[
    "label",
    "labels",
    "title",
    "text",
    "message",
    "msg",
    "error",
    "help",
    "placeholder",
    "prompt",
    "hint",
    "description",
    "caption",
    "button",
    "tooltip",
    "enter",
    "strength",
    "field",
    "form",
    "page",
    "screen",
    "heading",
    "info",
    "warning",
    "validation",
    "lang",
    "icon",
];
const CHANGE_WORDS: &[&str] = &[
    "confirm",
    "confirmation",
    "repeat",
    "again",
    "change",
    "new",
    "old",
    "current",
];
const DIGEST_WORDS: &[&str] = &[
    "hash",
    "hashed",
    "encrypted",
    "digest",
    "sha",
    "sha1",
    "sha2",
    "sha256",
    "md5",
    "salt",
    "salted",
    "cipher",
    "enc",
    "checksum",
    "fingerprint",
];

fn of_name(name: &Name) -> impl Iterator<Item = (Flag, bool)> {
    let any = |list: &[&str]| name.words.iter().any(|w| list.contains(&w.as_str()));
    [
        (Flag::NounIsLast, name.last),
        (Flag::NameIsAbout, name.about),
        (Flag::NameIsUpper, name.upper),
        (Flag::NameIsOneWord, name.words.len() == 1),
        (Flag::NameIsLong, name.words.len() >= 4),
        (Flag::NameOfTest, any(TEST_WORDS)),
        (Flag::NameOfText, any(TEXT_WORDS)),
        (Flag::NameOfChange, any(CHANGE_WORDS)),
        (Flag::NameOfDigest, any(DIGEST_WORDS)),
    ]
    .into_iter()
}

fn of_value(text: &[u8]) -> impl Iterator<Item = (Flag, bool)> {
    const NOUNS_IN: &[&[u8]] = &[
        b"pass", b"pwd", b"secret", b"token", b"key", b"cred", b"auth", b"login", b"user",
    ];
    const TESTS_IN: &[&[u8]] = &[
        b"test", b"demo", b"temp", b"my", b"some", b"1234", b"abc", b"foo", b"bar", b"your",
        b"the", b"random", b"valid", b"wrong", b"default", b"new", b"old", b"value",
    ];
    let lower = text.to_ascii_lowercase();
    let holds = |list: &[&[u8]]| {
        list.iter()
            .any(|w| memchr::memmem::find(&lower, w).is_some())
    };
    let has = |bytes: &[u8]| text.iter().any(|b| bytes.contains(b));
    let digits = text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let head = &text[..text.len() - digits];
    let upper = text.iter().filter(|b| b.is_ascii_uppercase()).count();
    let lowers = text.iter().filter(|b| b.is_ascii_lowercase()).count();
    [
        (Flag::HoldsNoun, holds(NOUNS_IN)),
        (Flag::HoldsTestWord, holds(TESTS_IN)),
        (
            Flag::EndsInDigits,
            (1..=4).contains(&digits) && head.iter().all(u8::is_ascii_alphabetic),
        ),
        (Flag::Padded, text.len() > 16 && text.ends_with(b"=")),
        (Flag::HoldsAt, has(b"@")),
        (Flag::HoldsDollar, has(b"$")),
        (Flag::HoldsPercent, has(b"%")),
        (Flag::HoldsBracket, has(b"()[]{}<>")),
        (Flag::HoldsSlash, has(b"/\\")),
        (Flag::HoldsColon, has(b":")),
        (Flag::HoldsDot, has(b".")),
        (
            Flag::StartsWithSign,
            text.first().is_some_and(|b| b.is_ascii_punctuation()),
        ),
        (Flag::HoldsComma, has(b",;|")),
        (
            Flag::Title,
            upper == 1 && lowers > 0 && text[0].is_ascii_uppercase(),
        ),
        (Flag::AllUpper, upper > 0 && lowers == 0),
    ]
    .into_iter()
}

fn of_surroundings(bytes: &[u8], site: &Site) -> impl Iterator<Item = (Flag, bool)> {
    const SIDE: usize = 96;
    let floor = site.name.start.saturating_sub(SIDE);
    let from =
        memchr::memrchr(b'\n', &bytes[floor..site.name.start]).map_or(floor, |i| floor + i + 1);
    let whole_line = from > floor || floor == 0;
    let before = &bytes[from..site.name.start];
    let limit = bytes.len().min(site.value.end + SIDE);
    let end =
        memchr::memchr(b'\n', &bytes[site.value.end..limit]).map_or(limit, |i| site.value.end + i);
    let after = &bytes[site.value.end..end];
    let rest: Vec<u8> = after
        .iter()
        .copied()
        .filter(|b| !b" \t\r\"'`".contains(b))
        .take(8)
        .collect();
    let lower: Vec<u8> = [before, b" ", after].concat().to_ascii_lowercase();
    let near = |words: &[&[u8]]| {
        words
            .iter()
            .any(|w| memchr::memmem::find(&lower, w).is_some())
    };
    let text = before.trim_ascii_start();
    let comment = [&b"#"[..], b"//", b"*", b"--", b";", b"<!--", b"/*", b"rem "];
    let open = |quote: u8| {
        let own = before.ends_with(&[quote]) && bytes.get(site.name.end) == Some(&quote);
        (before.iter().filter(|b| **b == quote).count() - usize::from(own)) % 2 == 1
    };
    let in_string = b"\"'`".iter().any(|quote| open(*quote)) || site.link == Link::Param;
    let gap = after.iter().take_while(|b| **b == b' ').count();
    let callee = site.callee.as_ref().map(|c| bytes[c.clone()].trim_ascii());
    let is_type = |c: &[u8]| {
        let last = c.rsplit(|b| b". :]".contains(b)).next().unwrap_or(c);
        c.starts_with(b"new ")
            || last.first().is_some_and(u8::is_ascii_uppercase)
            || c.starts_with(b"[]byte")
            || c == b"bytes"
    };
    [
        (Flag::EndsLine, rest.iter().all(|b| b";,)]}>".contains(b))),
        (
            Flag::WordsFollow,
            gap > 0 && after.get(gap).is_some_and(u8::is_ascii_alphabetic),
        ),
        (
            Flag::Joined,
            matches!(rest.first(), Some(b'+' | b'.' | b'&' | b'~')),
        ),
        (
            Flag::CallFollows,
            matches!(rest.first(), Some(b'(' | b'[' | b'{')),
        ),
        (
            Flag::InComment,
            whole_line && comment.iter().any(|c| text.starts_with(c)),
        ),
        (
            Flag::InString,
            in_string && (whole_line || site.link == Link::Param),
        ),
        (Flag::TypeAround, callee.is_some_and(is_type)),
        (Flag::FunctionAround, callee.is_some_and(|c| !is_type(c))),
        (Flag::Fallback, site.fallback),
        (
            Flag::UserNearby,
            near(&[b"user", b"login", b"host", b"admin", b"email", b"usr"]),
        ),
        (Flag::AssertNearby, near(&[b"assert", b"expect", b"should"])),
    ]
    .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_fit_and_have_different_names() {
        assert!(COUNT <= Traits::default().bits.len() * 64, "{COUNT}");
        let names: std::collections::BTreeSet<String> = (0..COUNT).map(name).collect();
        assert_eq!(names.len(), COUNT);
    }
}

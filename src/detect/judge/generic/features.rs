//! The features of a candidate: numbered bits, with names. The score is a sum over them, and
//! `weights` holds the weight of each.

use super::name::{Name, Noun};
use super::place::{Kind, Place};
use super::value::{self, CHANGES, Form, LENGTH_CLASSES, Tally};
use super::vocabulary as say;
use crate::detect::forms::assignments::{Link, Quote, Site};
use crate::detect::forms::words::{FewWords, Words};
use crate::finding::Traits;
use crate::rules::class::ByteSet;

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
/// The kinds of files. A bare value inside a string or comment of code is no identifier, so
/// `text-in-code` is a kind of its own.
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

/// The numbers of the features that are set, ascending.
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

/// All features of a candidate but those of its path.
pub(super) fn of(bytes: &[u8], site: &Site, name: &Name, tally: &Tally) -> Traits {
    let text = &bytes[site.value.clone()];
    let form = value::form(text, tally);
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
    of_name(&mut traits, name);
    of_value(&mut traits, text, tally, form);
    of_surroundings(&mut traits, bytes, site);
    let in_text = [Flag::InComment, Flag::InString]
        .iter()
        .any(|flag| has(&traits, FLAG + *flag as usize));
    traits.form = (usize::from(in_text) * 6 + usize::from(quote != 0) * 3 + form.class()) as u8;
    if quote == 0 && value::is_identifier(text, tally, form) {
        traits.form |= IDENTIFIER;
    }
    traits
}

/// Sets the bit of `flag` when it is `there`.
fn note(traits: &mut Traits, flag: Flag, there: bool) {
    let index = FLAG + flag as usize;
    traits.bits[index / 64] |= u64::from(there) << (index % 64);
}

/// The bit of `Traits::form` for a bare value that reads as an identifier.
const IDENTIFIER: u8 = 0x80;
/// The bit of `Traits::form` for a stock word.
const STOCK: u8 = 0x40;
/// The bits of `Traits::form` for how the value is written, and for its coarse form.
const FORM: u8 = 0x3f;

/// Marks the value as a stock word.
pub(super) fn mark_stock(traits: &mut Traits) {
    traits.form |= STOCK;
}

/// Whether the value is a stock word.
pub(super) fn is_stock(traits: &Traits) -> bool {
    traits.form & STOCK != 0
}

/// Whether the value stands without quotes outside of strings and comments.
pub(super) fn is_bare(traits: &Traits) -> bool {
    usize::from(traits.form & FORM) < 3
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

/// The features that a path may add, apart from the kind of file.
pub(super) fn place_flags() -> [usize; 2] {
    [Flag::InTest, Flag::InExample].map(|flag| FLAG + flag as usize)
}

/// `traits` with the features that the path adds.
pub(super) fn at_place(traits: &Traits, place: Place) -> Traits {
    let mut all = *traits;
    let literal = place.kind == Kind::Shell && take_literally(&mut all);
    set(&mut all, kind_feature(traits, place.kind, literal));
    if place.test {
        set(&mut all, FLAG + Flag::InTest as usize);
    }
    if place.example {
        set(&mut all, FLAG + Flag::InExample as usize);
    }
    all
}

/// The feature for this kind of file and this form of value.
pub(super) fn kind_feature(traits: &Traits, kind: Kind, literal: bool) -> usize {
    let form = usize::from(traits.form & FORM);
    let in_text = form >= 6 && form % 6 < 3 && kind == Kind::Code;
    let form = if literal { form % 3 + 3 } else { form };
    let kind = if in_text { Kind::COUNT } else { kind as usize };
    KIND_FORM + kind * 6 + form % 6
}

/// Treats a bare value of random form like a quoted one; says whether it did.
///
/// A bare word names something in other languages, so the weights learned to doubt it. In a
/// shell a name has a `$` and a bare word is itself; the words after it are arguments, not
/// a sentence.
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

fn of_name(traits: &mut Traits, name: &Name) {
    note(traits, Flag::NounIsLast, name.last);
    note(traits, Flag::NameIsAbout, name.about);
    note(traits, Flag::NameIsUpper, name.upper);
    note(traits, Flag::NameIsOneWord, name.count() == 1);
    note(traits, Flag::NameIsLong, name.count() >= 4);
    note(traits, Flag::NameOfTest, name.says(say::TEST));
    note(traits, Flag::NameOfText, name.says(say::TEXT));
    note(traits, Flag::NameOfChange, name.says(say::CHANGE));
    note(traits, Flag::NameOfDigest, name.says(say::DIGEST));
}

/// Words in values: words for credentials, then words of tests.
static IN_VALUES: Words = Words::new(&[
    b"pass", b"pwd", b"secret", b"token", b"key", b"cred", b"auth", b"login", b"user", b"test",
    b"demo", b"temp", b"my", b"some", b"1234", b"abc", b"foo", b"bar", b"your", b"the", b"random",
    b"valid", b"wrong", b"default", b"new", b"old", b"value",
]);
const NOUNS_IN: u128 = IN_VALUES.ends(0, 9);
const TESTS_IN: u128 = IN_VALUES.ends(9, 27);

/// The [`IN_VALUES`] that stand in `text`. Random text holds short words by chance: there they
/// count if they are a third of it, or stand between separators.
fn words_in(text: &[u8], form: Form) -> u128 {
    let found = IN_VALUES.found_in(text);
    if found == 0 {
        return found;
    }
    if !matches!(form, Form::LongMixed | Form::Hex | Form::Signs) {
        return found & whole_words(text, found);
    }
    let (mut all, mut sum) = (0, 0);
    let parts = text.split(|b| !b.is_ascii_alphanumeric());
    for part in parts {
        let words = part.chunk_by(|a, b| {
            a.is_ascii_alphabetic()
                && b.is_ascii_alphabetic()
                && !(a.is_ascii_lowercase() && b.is_ascii_uppercase())
        });
        for word in words {
            let here = IN_VALUES.found_in(word);
            if here != 0 {
                all |= here;
                sum += match word.len() == part.len() && part.len() < text.len() {
                    true => text.len(),
                    false => word.len(),
                };
            }
        }
    }
    if sum * 3 >= text.len() { all } else { 0 }
}

/// Words that stand for something else than the words of [`IN_VALUES`] in them.
const OTHERS: &[&[u8]] = &[
    b"author",
    b"authors",
    b"compass",
    b"donkey",
    b"hockey",
    b"jockey",
    b"keyboard",
    b"keystone",
    b"monkey",
    b"passage",
    b"passat",
    b"passenger",
    b"passion",
    b"passport",
    b"sacred",
    b"secretar",
    b"trouser",
    b"turkey",
    b"whiskey",
];

/// Of the words `found` in `text`, those that stand there as words: words of tests begin or fill
/// a part between separators, digits and changes of case, and nouns are no part of [`OTHERS`].
fn whole_words(text: &[u8], found: u128) -> u128 {
    // `random`, `default` and the like say what they say anywhere; the others stand in other words.
    const ANYWHERE: u128 = IN_VALUES.ends(14, 15) | IN_VALUES.ends(20, 24) | IN_VALUES.ends(26, 27);
    const AT_BEGIN: &[&[u8]] = &[b"test", b"demo", b"temp", b"my", b"some", b"abc", b"your"];
    const ALONE: &[&[u8]] = &[b"foo", b"bar", b"the", b"new", b"old", b"foobar"];
    let mut kept = found & (ANYWHERE | NOUNS_IN);
    let (mut named, mut other) = (0, 0);
    let parts = text.chunk_by(|a, b| {
        a.is_ascii_alphabetic()
            && b.is_ascii_alphabetic()
            && !(a.is_ascii_lowercase() && b.is_ascii_uppercase())
    });
    for part in parts {
        let others = other_in(part);
        named |= IN_VALUES.found_in(part) & !others;
        other |= others;
        let begins = |w: &[u8]| {
            part.get(..w.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(w))
        };
        let told = AT_BEGIN.iter().any(|w| begins(w))
            || ALONE.iter().any(|w| part.eq_ignore_ascii_case(w));
        kept |= if told { found & TESTS_IN } else { 0 };
    }
    kept & !(other & NOUNS_IN & !named)
}

/// The words of [`IN_VALUES`] in one of [`OTHERS`] with which `part` begins.
fn other_in(part: &[u8]) -> u128 {
    let other = OTHERS.iter().find(|other| {
        part.get(..other.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(other))
    });
    other.map_or(0, |other| {
        let rest = IN_VALUES.found_in(&part[other.len()..]);
        IN_VALUES.found_in(other) & !rest
    })
}

fn of_value(traits: &mut Traits, text: &[u8], tally: &Tally, form: Form) {
    const BRACKETS: ByteSet = ByteSet::of(b"()[]{}<>");
    const SLASHES: ByteSet = ByteSet::of(b"/\\");
    const COMMAS: ByteSet = ByteSet::of(b",;|");
    let found = words_in(text, form);
    let digits = text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let first = text.first().copied().unwrap_or(0);
    let letters_first = tally.letters() + digits == text.len();
    note(traits, Flag::HoldsNoun, found & NOUNS_IN != 0);
    note(traits, Flag::HoldsTestWord, found & TESTS_IN != 0);
    let ends_in_digits = (1..=4).contains(&digits) && letters_first;
    note(traits, Flag::EndsInDigits, ends_in_digits);
    let padded = text.len() > 16 && text.ends_with(b"=");
    note(traits, Flag::Padded, padded);
    note(traits, Flag::HoldsAt, tally.has(b'@'));
    note(traits, Flag::HoldsDollar, tally.has(b'$'));
    note(traits, Flag::HoldsPercent, tally.has(b'%'));
    note(traits, Flag::HoldsBracket, tally.any(&BRACKETS));
    note(traits, Flag::HoldsSlash, tally.any(&SLASHES));
    note(traits, Flag::HoldsColon, tally.has(b':'));
    note(traits, Flag::HoldsDot, tally.has(b'.'));
    note(traits, Flag::StartsWithSign, first.is_ascii_punctuation());
    note(traits, Flag::HoldsComma, tally.any(&COMMAS));
    let title = tally.upper == 1 && tally.lower > 0 && first.is_ascii_uppercase();
    note(traits, Flag::Title, title);
    note(traits, Flag::AllUpper, tally.upper > 0 && tally.lower == 0);
}

/// How far a line is read, to either side.
const SIDE: usize = 96;

/// Words in the line of a value: words of logins, then words of assertions.
static IN_LINES: FewWords = FewWords::new(&[
    b"user", b"login", b"host", b"admin", b"email", b"usr", b"assert", b"expect", b"should",
]);
const LOGINS_IN: u64 = IN_LINES.ends(0, 6);
const ASSERTS_IN: u64 = IN_LINES.ends(6, 9);

fn of_surroundings(traits: &mut Traits, bytes: &[u8], site: &Site) {
    let floor = site.name.start.saturating_sub(SIDE);
    let from =
        memchr::memrchr(b'\n', &bytes[floor..site.name.start]).map_or(floor, |i| floor + i + 1);
    let whole_line = from > floor || floor == 0;
    let before = &bytes[from..site.name.start];
    let limit = bytes.len().min(site.value.end + SIDE);
    let end =
        memchr::memchr(b'\n', &bytes[site.value.end..limit]).map_or(limit, |i| site.value.end + i);
    let after = &bytes[site.value.end..end];
    let found = IN_LINES.found_in_either(before, after);
    note(traits, Flag::UserNearby, found & LOGINS_IN != 0);
    note(traits, Flag::AssertNearby, found & ASSERTS_IN != 0);
    what_follows(traits, after);
    let text = before.trim_ascii_start();
    let comment = [&b"#"[..], b"//", b"*", b"--", b";", b"<!--", b"/*", b"rem "];
    let in_comment = whole_line
        && comment
            .iter()
            .any(|c| c.first() == text.first() && text.starts_with(c));
    note(traits, Flag::InComment, in_comment);
    let in_param = site.link == Link::Param;
    let in_string = in_param || (whole_line && in_quotes(bytes, site, before));
    note(traits, Flag::InString, in_string);
    if let Some(callee) = &site.callee {
        let is_type = is_type(bytes[callee.clone()].trim_ascii());
        note(traits, Flag::TypeAround, is_type);
        note(traits, Flag::FunctionAround, !is_type);
    }
    note(traits, Flag::Fallback, site.fallback);
}

fn what_follows(traits: &mut Traits, after: &[u8]) {
    const PASSED_OVER: ByteSet = ByteSet::of(b" \t\r\"'`");
    const CLOSING: ByteSet = ByteSet::of(b";,)]}>");
    let mut rest = after.iter().filter(|b| !PASSED_OVER.has(**b));
    let first = rest.clone().next();
    let ends_line = rest.by_ref().take(8).all(|b| CLOSING.has(*b));
    note(traits, Flag::EndsLine, ends_line);
    let joined = matches!(first, Some(b'+' | b'.' | b'&' | b'~'));
    note(traits, Flag::Joined, joined);
    let called = matches!(first, Some(b'(' | b'[' | b'{'));
    note(traits, Flag::CallFollows, called);
    let gap = after.iter().take_while(|b| **b == b' ').count();
    let words = gap > 0 && after.get(gap).is_some_and(u8::is_ascii_alphabetic);
    note(traits, Flag::WordsFollow, words);
}

/// Whether a quote other than the name's own is open `before` the name.
fn in_quotes(bytes: &[u8], site: &Site, before: &[u8]) -> bool {
    let mut odd = [false; 3];
    for byte in before {
        match byte {
            b'"' => odd[0] ^= true,
            b'\'' => odd[1] ^= true,
            b'`' => odd[2] ^= true,
            _ => {}
        }
    }
    let own = |quote: u8| before.last() == Some(&quote) && bytes.get(site.name.end) == Some(&quote);
    b"\"'`"
        .iter()
        .zip(odd)
        .any(|(quote, odd)| odd != own(*quote))
}

/// Whether a type rather than a function stands around the value.
fn is_type(callee: &[u8]) -> bool {
    let last = callee.rsplit(|b| b". :]".contains(b)).next();
    callee.starts_with(b"new ")
        || last.is_some_and(|last| last.first().is_some_and(u8::is_ascii_uppercase))
        || callee.starts_with(b"[]byte")
        || callee == b"bytes"
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

//! What a value says so plainly that no score overrules it: a generator made it, it is a pass
//! phrase, a number. And what depends on the kind of file: how its line was read.
//!
//! A verdict must not depend on the path. So the marks go with the candidate, and [`floor`] and
//! [`stands_at`] read them when the path is known.

use super::name::{Name, Noun};
use super::phrase;
use super::place::{Kind, Lines, Place};
use super::value::Tally;
use super::vocabulary as say;
use crate::detect::forms::assignments::{Link, Setting};
use crate::detect::judge::{made, placeholders};
use crate::finding::Traits;
use crate::rules::Confidence;
use crate::rules::class::ByteSet;

/// A setting fills its line, and only some kinds of files are read like this.
const LINE: u16 = 1;
/// The setting stands in a string.
const STRING: u16 = 1 << 1;
/// A shell would read something else.
const NO_SHELL: u16 = 1 << 2;
/// A generator made it.
const GENERATED: u16 = 1 << 3;
/// Words with separators that nobody chose to name something.
pub(super) const PHRASE: u16 = 1 << 4;
/// A word that opens a door where files hold settings.
const WORD: u16 = 1 << 5;
/// Eight or nine digits.
const DIGITS: u16 = 1 << 6;
/// Ten digits or more.
const MANY_DIGITS: u16 = 1 << 7;
/// All the text of an element of XML.
const ELEMENT: u16 = 1 << 8;
/// A person put it together.
const CHOSEN: u16 = 1 << 9;

/// Nothing but a number, with the type of a program or without.
const NUMBER: u16 = 1 << 10;

/// The default of a product, which opens a door where files hold settings, and is a stock word
/// elsewhere.
const PRODUCT: u16 = 1 << 11;

/// A secret that signs tokens, made of words.
const SIGNS: u16 = 1 << 12;
/// The same, of several kinds of signs.
const MIXED: u16 = 1 << 13;

/// What the value `text` of `name` says.
pub(super) fn of_value(text: &[u8], tally: &Tally, name: &Name, link: Link) -> u16 {
    let number = if is_number(text, tally) { NUMBER } else { 0 };
    number | of_named(text, tally, name, link)
}

/// Whether nothing but digits stands there, and a type of Rust: `12i32`.
fn is_number(text: &[u8], tally: &Tally) -> bool {
    const TYPES: [&[u8]; 4] = [b"8", b"16", b"32", b"64"];
    let typed = |at: usize| b"iu".contains(&text[at]) && TYPES.contains(&&text[at + 1..]);
    let letter = text.iter().position(|b| !b.is_ascii_digit());
    tally.digits == text.len() || letter.is_some_and(|at| at > 0 && typed(at))
}

/// What a value says whose name asks for it.
fn of_named(text: &[u8], tally: &Tally, name: &Name, link: Link) -> u16 {
    let about = say::TEXT | say::DIGEST;
    if !name.last || name.about || name.says(about) || matches!(link, Link::Compare | Link::Call) {
        return 0;
    }
    let mark = |mark: u16, there: bool| if there { mark } else { 0 };
    // Shorter ones are often identifiers, unless a password is what the name asks for.
    let least = match name.noun {
        Noun::Password => 8,
        Noun::Secret | Noun::Token | Noun::AccessKey | Noun::Credential => 14,
        Noun::Key | Noun::Auth => return 0,
    };
    let generated = text.len() >= least && made::generated(text);
    if name.noun != Noun::Password {
        return mark(GENERATED, generated)
            | mark(ELEMENT, link == Link::Element)
            | mark(
                CHOSEN,
                name.noun == Noun::Secret && is_chosen_secret(text, tally),
            )
            | of_signing_secret(text, tally, name);
    }
    let digits = tally.digits == text.len() && placeholders::repetition(text).is_none();
    mark(GENERATED, generated)
        | mark(ELEMENT, link == Link::Element)
        | mark(CHOSEN, made::chosen(text))
        | mark(PHRASE, phrase::is_joined(text, tally))
        | mark(DIGITS, digits && (8..10).contains(&text.len()))
        | mark(MANY_DIGITS, digits && (10..=24).contains(&text.len()))
        | mark(WORD, phrase::is_chosen_word(text, tally, name, link))
        | mark(PRODUCT, phrase::is_default(text, name, link))
}

/// Whether a person chose a secret as people choose passwords: with letters of both cases, digits,
/// and a sign that does not join the words of names.
fn is_chosen_secret(text: &[u8], tally: &Tally) -> bool {
    const LEAST: usize = 12;
    const SIGNS: ByteSet = ByteSet::of(b"!@#$%^&*+?~");
    let kinds = tally.lower > 0 && tally.upper > 0 && tally.digits > 0;
    text.len() >= LEAST && kinds && tally.any(&SIGNS) && made::chosen(text)
}

/// What the value says of a secret that signs tokens, which people make of words.
fn of_signing_secret(text: &[u8], tally: &Tally, name: &Name) -> u16 {
    const LEAST: usize = 12;
    const LEAST_MIXED: usize = 16;
    if text.len() < LEAST || !name.signs_tokens() || tally.letters() < LEAST / 2 {
        return 0;
    }
    let signs = tally.digits + tally.letters() < text.len();
    let kinds = [tally.lower > 0, tally.upper > 0, tally.digits > 0, signs];
    let kinds = kinds.iter().filter(|kind| **kind).count();
    match (kinds, text.len()) {
        (3.., LEAST_MIXED..) => SIGNS | MIXED,
        (2.., _) => SIGNS,
        _ => 0,
    }
}

/// How a setting was read.
pub(super) fn of_setting(text: &[u8], setting: &Setting) -> u16 {
    const OF_SHELLS: ByteSet = ByteSet::of(b"|&;()<>`\"'\\$");
    let shell = text.iter().any(|b| OF_SHELLS.has(*b));
    let mark = |mark: u16, there: bool| if there { mark } else { 0 };
    LINE | mark(STRING, setting.in_string) | mark(NO_SHELL, shell)
}

/// Whether the line of a value is read as it was at this place.
pub(super) fn stands_at(traits: &Traits, place: Place) -> bool {
    let is = |mark: u16| traits.marks & mark != 0;
    let sure = is(GENERATED) || is(CHOSEN) || is(PHRASE);
    !is(LINE)
        || match place.lines {
            Lines::Settings => true,
            Lines::Shell => sure && (is(STRING) || !is(NO_SHELL)),
            Lines::Loose => sure,
            Lines::Code => sure && is(STRING),
        }
}

/// Whether the value is plainly a secret, or one where files hold settings.
pub(super) fn is_sure(marks: u16) -> bool {
    marks & (GENERATED | PHRASE | WORD | CHOSEN | PRODUCT | SIGNS | MIXED) != 0
}

/// Whether the value is the default of a product.
pub(super) fn is_default(marks: u16) -> bool {
    marks & PRODUCT != 0
}

/// Whether the value is a number of a program at this place.
pub(super) fn is_number_at(traits: &Traits, place: Place, bare: bool) -> bool {
    let code = matches!(place.kind, Kind::Code | Kind::Sql);
    traits.marks & NUMBER != 0 && bare && code
}

/// How sure the value is at this place, whatever its score is. A bare word of code is no value,
/// so `bare` values count only where lines are read.
pub(super) fn floor(traits: &Traits, place: Place, bare: bool) -> Option<Confidence> {
    let is = |mark: u16| traits.marks & mark != 0;
    let literal = !bare || is(STRING) || is(ELEMENT);
    if place.translation || !literal && place.lines == Lines::Code {
        return None;
    }
    if is(GENERATED) || is(CHOSEN) || is(PHRASE) || is(MANY_DIGITS) {
        return Some(Confidence::Medium);
    }
    if is(MIXED) && !place.test {
        return Some(Confidence::Medium);
    }
    if (is(WORD) || is(PRODUCT) || is(SIGNS)) && place.settings && !place.test && !place.example {
        return Some(Confidence::Medium);
    }
    is(DIGITS).then_some(Confidence::Low)
}

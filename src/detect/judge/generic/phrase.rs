//! Pass phrases and passwords beyond ASCII: what a quoted value must be to be one of them
//! rather than a label, a message or a sentence. Nearly all values with blanks are text, so
//! these steps are strict, and no score overrules them.

use super::name::{Name, Noun};
use super::value::Tally;
use super::vocabulary as say;
use crate::detect::forms::assignments::{Link, Quote, Site};
use crate::detect::judge::placeholders;

/// The longest pass phrase.
const LONGEST: usize = 96;
/// The shortest pass phrase.
const SHORTEST: usize = 8;

/// Whether the value at the site may be a password, though it holds a blank or a character
/// beyond ASCII.
pub(super) fn may_be_value(bytes: &[u8], site: &Site, name: &Name, tally: &Tally) -> bool {
    let text = &bytes[site.value.clone()];
    let assigned = matches!(
        site.link,
        Link::Equals | Link::Arrow | Link::Colon | Link::Field | Link::Comma | Link::Element
    );
    let quoted = matches!(site.quote, Quote::Plain(b'"' | b'\''));
    let named = name.noun == Noun::Password
        && name.last
        && !name.about
        && !name.says(say::TEXT | say::DIGEST | say::TEST);
    if !assigned || !quoted || !named || !(SHORTEST..=LONGEST).contains(&text.len()) {
        return false;
    }
    // Code or a template wraps the value or puts it together with something.
    if site.callee.is_some() || site.fallback || b"{}<>\\\"%|".iter().any(|b| tally.has(*b)) {
        return false;
    }
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    if text.chars().any(char::is_control) || text.trim() != text {
        return false;
    }
    let beyond = text.chars().filter(|c| !c.is_ascii()).count();
    if beyond > 0 && !mixes_kinds(text, beyond) {
        return false;
    }
    !text.contains("&#") && (!text.contains(' ') || is_phrase(text, tally))
}

/// Whether the text has digits or signs among its letters, which labels do not have, and is
/// of a script with letters. Sentences of other scripts have no blanks.
fn mixes_kinds(text: &str, beyond: usize) -> bool {
    let letters_only = text.chars().all(|c| c.is_alphabetic() || c == ' ');
    let ends_sentence = text.ends_with(|c: char| ".?!:…。？！：".contains(c));
    let all = text.chars().count();
    let foreign = text.chars().filter(|c| *c >= '\u{590}').count();
    !letters_only && !ends_sentence && foreign * 4 <= all && beyond * 2 <= all
}

/// Whether somebody chose words with blanks between them as a password. None of the words
/// is one that sentences need or that names the password; and there are at least three
/// words in lower case, or digits and signs among them.
fn is_phrase(text: &str, tally: &Tally) -> bool {
    const MOST: usize = 12;
    let mut count = 0;
    let mut plain = true;
    for word in text.split(' ') {
        count += 1;
        let letters = word.trim_matches(|c: char| c.is_ascii_punctuation());
        if count > MOST || is_of_sentences(letters) {
            return false;
        }
        plain &= word.len() >= 3 && word.bytes().all(|b| b.is_ascii_lowercase());
    }
    let signs = text.bytes().any(|b| b"!@#$^&*+=_>".contains(&b));
    let told_apart = tally.digits > 0 && tally.letters() > 0;
    let ends_sentence = text.ends_with(['.', '?', ':', ',']);
    (plain && count >= 3) || (count >= 2 && !ends_sentence && told_apart && signs)
}

/// Whether somebody joined words that name nothing, as in `stapler-ochre-wok-barrel`. The words of
/// names, keys and hosts tell what they are for.
pub(super) fn is_joined(text: &[u8], tally: &Tally) -> bool {
    const SEPARATORS: &[u8] = b"-_.!*+,~/=:";
    const LETTERS: std::ops::RangeInclusive<usize> = 2..=12;
    if !(SHORTEST..=LONGEST).contains(&text.len()) || tally.digits > 4 {
        return false;
    }
    let Some(&separator) = text.iter().find(|b| !b.is_ascii_alphanumeric()) else {
        return false;
    };
    if !SEPARATORS.contains(&separator) {
        return false;
    }
    let (mut words, mut told) = (0, 0);
    for part in text.split(|b| *b == separator) {
        // A number may stand behind a word, or alone.
        let digits = part.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let word = &part[..part.len() - digits];
        if word.is_empty() && digits > 0 {
            continue;
        }
        let upper = word.iter().filter(|b| b.is_ascii_uppercase()).count();
        let cased = upper == 0 || upper == word.len() || upper == 1 && word[0].is_ascii_uppercase();
        let letters = word.iter().all(u8::is_ascii_alphabetic);
        if !letters || !cased || !LETTERS.contains(&word.len()) {
            return false;
        }
        let lower = word.to_ascii_lowercase();
        let marks = say::marks(&lower);
        if marks & say::OF_NAMES != 0 {
            return false;
        }
        words += 1;
        told += usize::from(marks & !say::OF_SETTINGS != 0);
    }
    // Constants are joined in capitals.
    let constant = tally.lower == 0;
    let told_apart = tally.digits > 0 && tally.upper > 0 && tally.lower > 0;
    let least = if told_apart { 3 } else { 4 };
    !constant && words >= least && told * 4 <= words
}

/// Whether the rest of a line is a pass phrase of at least four words in lower case, of which at
/// most a quarter have a meaning in names.
pub(super) fn fills_line(line: &[u8], name: &Name) -> bool {
    let named = name.noun == Noun::Password && name.last && !name.about;
    if !named || line.len() > LONGEST {
        return false;
    }
    let (mut words, mut told) = (0, 0);
    let plain = line.split(|b| *b == b' ').all(|word| {
        words += 1;
        let marks = say::marks(word);
        told += usize::from(marks != 0);
        let known = std::str::from_utf8(word).is_ok_and(is_of_sentences);
        (3..=12).contains(&word.len())
            && word.iter().all(u8::is_ascii_lowercase)
            && !known
            && marks & say::OF_NAMES == 0
    });
    plain && told * 4 <= words && (4..=12).contains(&words)
}

/// Whether somebody chose one word of six letters or more as a password, as far as its letters
/// tell: it names no secret, no type and no way to ask for one.
pub(super) fn is_chosen_word(text: &[u8], tally: &Tally, name: &Name, link: Link) -> bool {
    const LETTERS: std::ops::RangeInclusive<usize> = 6..=20;
    let word = text.iter().all(u8::is_ascii_alphabetic) && LETTERS.contains(&text.len());
    let cased = tally.upper <= 1 || tally.lower == 0;
    let assigned = matches!(link, Link::Equals | Link::Colon | Link::Arrow | Link::Field);
    if !word || !cased || !assigned || name.says(say::TEST | say::CHANGE) {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let Ok(lower) = std::str::from_utf8(&lower) else {
        return false;
    };
    let known = say::marks(lower.as_bytes()) != 0 || is_of_sentences(lower);
    !known && !names_secret(lower)
}

/// Whether the value is the default of a product that a setting or a variable is given.
pub(super) fn is_default(text: &[u8], name: &Name, link: Link) -> bool {
    let assigned = matches!(link, Link::Equals | Link::Colon | Link::Arrow | Link::Field);
    assigned && !name.says(say::TEST | say::CHANGE) && placeholders::default_of_product(text)
}

/// Whether a word of a password's name stands in `word`.
fn names_secret(word: &str) -> bool {
    [
        "pass",
        "secret",
        "token",
        "pwd",
        "senha",
        "contrase",
        "geheim",
        "kennwort",
        "wachtwoord",
    ]
    .iter()
    .any(|noun| word.contains(noun))
}

/// Small words that sentences need, and words that name a password. Sorted.
const OF_SENTENCES: &[&str] = &[
    "a",
    "an",
    "and",
    "any",
    "api",
    "are",
    "as",
    "at",
    "bad",
    "be",
    "by",
    "byte",
    "bytes",
    "can",
    "cannot",
    "change",
    "client",
    "confirm",
    "cookie",
    "current",
    "default",
    "description",
    "do",
    "does",
    "empty",
    "enter",
    "error",
    "example",
    "fail",
    "failed",
    "field",
    "for",
    "forgot",
    "from",
    "has",
    "have",
    "here",
    "if",
    "in",
    "incorrect",
    "invalid",
    "is",
    "it",
    "key",
    "leave",
    "length",
    "login",
    "match",
    "mismatch",
    "missing",
    "must",
    "my",
    "need",
    "new",
    "no",
    "not",
    "of",
    "old",
    "on",
    "or",
    "pass",
    "passphrase",
    "password",
    "passwords",
    "passwort",
    "please",
    "repeat",
    "required",
    "reset",
    "secret",
    "set",
    "short",
    "should",
    "some",
    "test",
    "that",
    "the",
    "this",
    "to",
    "token",
    "too",
    "use",
    "user",
    "username",
    "valid",
    "value",
    "was",
    "weak",
    "when",
    "will",
    "with",
    "wrong",
    "you",
    "your",
];

/// Whether `word` is one of [`OF_SENTENCES`], in any case.
fn is_of_sentences(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    OF_SENTENCES.binary_search(&lower.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrase(text: &str) -> bool {
        let tally = Tally::of(text.as_bytes());
        is_phrase(text, &tally)
    }

    #[test]
    fn phrases_are_told_from_sentences() {
        for text in [
            "correct horse battery staple",
            "violet kettle drum orbit",
            "Kiosk# 9 lamps",
        ] {
            assert!(phrase(text), "{text}");
        }
        for text in [
            "Please enter your password",
            "must be at least 8 characters!",
            "User Password",
            "not valid",
            "monkey summer birthday are all bad passwords",
            "New password",
            "wrong user name",
            "Mot de passe",
            "Passwort 2",
        ] {
            assert!(!phrase(text), "{text}");
        }
    }

    #[test]
    fn labels_of_other_languages_are_none() {
        let mixed = |text: &str| {
            let beyond = text.chars().filter(|c| !c.is_ascii()).count();
            mixes_kinds(text, beyond)
        };
        assert!(mixed("p\u{e4}ssw0rd!x"));
        assert!(mixed("Gr\u{fc}n7Baum"));
        assert!(!mixed("Contrase\u{f1}a"));
        assert!(!mixed("\u{5bc6}\u{7801}\u{81f3}\u{5c11}8\u{4f4d}"));
        assert!(!mixed("\u{bf}Ha olvidado su contrase\u{f1}a?"));
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(OF_SENTENCES.windows(2).all(|w| w[0] < w[1]));
    }
}

//! Tells identifiers from random text: names of programs that happen to have the length and the
//! alphabet of a key (`existingSubscription`, `user_session_factory`, `ASIAANDPACIFICREGION`).
//!
//! Two models explain a value. In one, each sign is as likely as any other of the alphabet that
//! the rule names. In the other, somebody wrote words: letters follow each other as in words, a
//! capital or a joint begins the next one, and digits are rare. What the second explains better
//! than the first is evidence, in bits. Random text has ten bits of it once in some ten thousand
//! values, words of sixteen letters have thirty.

use std::ops::Range;

use super::generic::follows;
use crate::finding::Dismissal;
use crate::rules::Rule;
use crate::rules::class::WORD;

/// A sixteenth of a bit.
type Sixteenths = i32;

/// The evidence from which on a value is an identifier: next to a name that speaks for it, and
/// behind a literal of its own.
const NEXT_TO_NAME: Sixteenths = 10 * 16;
const BEHIND_LITERAL: Sixteenths = 16 * 16;
/// The evidence for the ids of AWS, and for those of them that have no digit, as one in thirty.
const CAPITALS: Sixteenths = 56;
const CAPITALS_ONLY: Sixteenths = 0;

/// What it costs to go on in a word, to begin the next one with a capital, behind a joint,
/// inside a row of capitals, or with nothing between them.
const GO: Sixteenths = -5;
const CAPITAL: Sixteenths = -42;
const JOINT: Sixteenths = -42;
const ACRONYM: Sixteenths = -40;
const NOTHING_BETWEEN: Sixteenths = -64;
/// What a digit costs behind something else, and behind another digit.
const DIGIT: Sixteenths = -122;
const NEXT_DIGIT: Sixteenths = -69;
/// What a letter costs that is as likely as any other.
const LETTER: Sixteenths = -75;
/// What any other sign costs.
const OTHER: Sixteenths = -128;
/// What it costs to choose a way of writing, and to mix two kinds of joints.
const STYLE: Sixteenths = -32;
const MIXED: Sixteenths = -48;
/// What a capital costs besides, if there are joints as well.
const BOTH: Sixteenths = -24;
/// What a word of one letter costs besides, and one of two.
const ONE_LETTER: Sixteenths = -48;
const TWO_LETTERS: Sixteenths = -16;

/// Why a value is an identifier. `run` is its longest random part, and `signs` how many bytes may
/// stand at each place of it.
pub(super) fn identifier(rule: &Rule, run: &[u8], signs: u32) -> Option<Dismissal> {
    /// Digits and hexadecimal digits make no words.
    const HEXADECIMAL: u32 = 22;
    if signs <= HEXADECIMAL {
        return None;
    }
    let least = match rule.is_distinctive() {
        _ if rule.check == "aws-access-key-id" => match run.iter().any(u8::is_ascii_digit) {
            true => CAPITALS,
            false => CAPITALS_ONLY,
        },
        true => BEHIND_LITERAL,
        false => NEXT_TO_NAME,
    };
    let is_one = evidence(run, signs) >= least;
    is_one.then_some(Dismissal::LookAlike("words, as in a name of a program"))
}

/// Why a value without quotes is a name of the program around it: it has no digit inside, and is
/// called, indexed, a member of something, or ends a statement.
pub(super) fn in_code(bytes: &[u8], secret: &Range<usize>) -> Option<Dismissal> {
    let text = &bytes[secret.clone()];
    let digits = text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let letters = &text[..text.len() - digits];
    let is_name = digits <= 2
        && letters
            .iter()
            .all(|b| b.is_ascii_alphabetic() || *b == b'_')
        && letters.iter().any(u8::is_ascii_lowercase);
    if !is_name {
        return None;
    }
    let mut before = bytes[..secret.start].iter().rev().copied();
    let (first, second) = (before.next(), before.next());
    let after = &bytes[secret.end..bytes.len().min(secret.end + 3)];
    let goes_on = match after {
        [b'(' | b'[' | b';' | b')' | b',', ..] | [b':', b':', ..] | [b'-', b'>', ..] => true,
        [b'?', b'.', ..] | [b'!', b'.' | b';', ..] => true,
        [b'.', next, ..] => next.is_ascii_alphabetic(),
        _ => false,
    };
    let is_member = match (first, second) {
        (Some(b'.'), Some(b)) => WORD.has(b) || b == b')' || b == b']',
        (Some(b'>'), Some(b'-')) | (Some(b':'), Some(b':')) => true,
        (Some(b'&' | b'*' | b'@'), _) => true,
        _ => false,
    };
    let quoted = matches!(first, Some(b'"' | b'\'' | b'`'));
    let is_code = !quoted && (goes_on || is_member);
    is_code.then_some(Dismissal::LookAlike("a name in code"))
}

/// Why the value given to a password is code: it begins with a type in brackets, `(char *)`.
pub(super) fn cast(bytes: &[u8], secret: &Range<usize>) -> Option<Dismissal> {
    const TYPE: usize = 32;
    let rest = bytes.get(secret.start..)?.strip_prefix(b"(")?;
    let sign = |b: &&u8| b.is_ascii_alphanumeric() || b"_ *:".contains(b);
    let len = rest.iter().take(TYPE).take_while(sign).count();
    let closed = len >= 3 && rest.get(len) == Some(&b')');
    let goes_on = rest
        .get(len + 1)
        .is_some_and(|b| b.is_ascii_alphabetic() || b" _&(".contains(b));
    (closed && goes_on).then_some(Dismissal::LookAlike("a cast in code"))
}

/// How much likelier it is that somebody wrote words than that each sign was chosen at random
/// from an alphabet of so many.
fn evidence(text: &[u8], signs: u32) -> Sixteenths {
    let has = |test: fn(&u8) -> bool| text.iter().any(test);
    let one_case = !(has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase));
    let kinds = JOINTS.iter().filter(|joint| text.contains(joint)).count() as Sixteenths;
    let random = (16.0 * (signs as f32).log2()) as Sixteenths;
    let mut sum = STYLE + MIXED * (kinds - 1).max(0) + random * text.len() as Sixteenths;
    // The letter before, as `follows` counts them, and the length of the word so far.
    let (mut row, mut len, mut before) = (0, 0, b' ');
    for &byte in text {
        if byte.is_ascii_alphabetic() {
            let letter = usize::from(byte.to_ascii_lowercase() - b'a');
            let (upper, was_upper) = (byte.is_ascii_uppercase(), before.is_ascii_uppercase());
            sum += LETTER;
            if !before.is_ascii_alphabetic() {
                (sum, len) = (sum + follows(0, letter), 1);
            } else if upper && !was_upper {
                let mixed = if kinds > 0 { BOTH } else { 0 };
                sum += ends_word(len) + CAPITAL + mixed + follows(0, letter);
                len = 1;
            } else if upper && !one_case {
                (sum, len) = (sum + ACRONYM + follows(row, letter).max(0), len + 1);
            } else {
                let next = follows(0, letter) + NOTHING_BETWEEN;
                (sum, len) = (sum + next.max(follows(row, letter) + GO), len + 1);
            }
            row = letter + 1;
        } else {
            sum += ends_word(len);
            (row, len) = (0, 0);
            sum += match byte {
                b'0'..=b'9' if before.is_ascii_digit() => NEXT_DIGIT,
                b'0'..=b'9' => DIGIT,
                _ if JOINTS.contains(&byte) => JOINT,
                _ => OTHER,
            };
        }
        before = byte;
    }
    sum + ends_word(len)
}

/// What stands between the words of names.
const JOINTS: [u8; 5] = *b"_-./:";

/// What it costs that a word ends after so many letters.
fn ends_word(len: usize) -> Sixteenths {
    match len {
        1 => ONE_LETTER,
        2 => TWO_LETTERS,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::Rng;

    const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
    const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const DIGITS: &[u8] = b"0123456789";

    #[test]
    fn names_are_words() {
        for (name, signs) in [
            ("existingSubscription", 62),
            ("getHTTPResponseCode", 62),
            ("oauth2ClientProvider", 62),
            ("ServiceIntegrationKeyV2", 62),
            ("configurationservice", 36),
            ("user_session_factory", 64),
            ("user-service-config-v2", 64),
            ("DEFAULT_RETRY_INTERVAL", 64),
            ("assets/images/banner", 64),
        ] {
            assert!(evidence(name.as_bytes(), signs) >= NEXT_TO_NAME, "{name}");
        }
        for name in [
            "ANDPACIFICREGION",
            "PACIFICSOUTHEAST",
            "THEQUICKBROWNFOX",
            "NATIONALBANKUSER",
        ] {
            assert!(evidence(name.as_bytes(), 32) >= CAPITALS_ONLY, "{name}");
        }
    }

    #[test]
    fn random_text_is_hardly_ever_words() {
        let both = [LOWER, UPPER].concat();
        let alphabets: [(&[u8], u32); 6] = [
            (&[&both, DIGITS].concat(), 62),
            (&[LOWER, DIGITS].concat(), 36),
            (&[&both, DIGITS, b"_-"].concat(), 64),
            (&both, 62),
            (LOWER, 36),
            (&[UPPER, b"234567"].concat(), 32),
        ];
        let mut rng = Rng::new(3);
        for (alphabet, signs) in alphabets {
            for len in [16, 20, 24, 32, 40] {
                let words = (0..20_000)
                    .filter(|_| evidence(rng.text(alphabet, len).as_bytes(), signs) >= NEXT_TO_NAME)
                    .count();
                assert!(
                    words <= 20,
                    "{words} of 20,000 of {signs} signs and length {len}"
                );
            }
        }
        let ids = (0..20_000)
            .filter(|_| {
                let id = rng.text(&[UPPER, b"234567"].concat(), 16);
                let least = if id.bytes().any(|b| b.is_ascii_digit()) {
                    CAPITALS
                } else {
                    CAPITALS_ONLY
                };
                evidence(id.as_bytes(), 32) >= least
            })
            .count();
        assert!(ids <= 20, "{ids} of 20,000 ids");
    }

    #[test]
    fn what_code_does_with_a_value_tells_that_it_is_a_name() {
        let judge = |text: &str| {
            let name = "usrCfgMgrSvcReqHdl";
            let at = text.find(name).unwrap();
            in_code(text.as_bytes(), &(at..at + name.len())).is_some()
        };
        for code in [
            "key = usrCfgMgrSvcReqHdl;", // stopleak:allow made up
            "key = usrCfgMgrSvcReqHdl(x)",
            "key = usrCfgMgrSvcReqHdl.id",
            "key = self.usrCfgMgrSvcReqHdl",
            "{ key: usrCfgMgrSvcReqHdl, x }",
            "key = p->usrCfgMgrSvcReqHdl",
        ] {
            assert!(judge(code), "{code}");
        }
        for text in [
            "KEY=usrCfgMgrSvcReqHdl", // stopleak:allow made up
            "key: 'usrCfgMgrSvcReqHdl',",
            "usrCfgMgrSvcReqHdl\n",
        ] {
            assert!(!judge(text), "{text}");
        }
    }
}

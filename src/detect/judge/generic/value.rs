//! Describes the form of a value: its characters, its length, and whether its letters follow
//! each other as in words. Whether it is a secret is for others to say.

use super::letters::PAIRS;
use crate::rules::class::ByteSet;

/// The characters of a value, counted in one pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    set: ByteSet,
    /// Lower-case letters.
    pub(super) lower: usize,
    /// Upper-case letters.
    pub(super) upper: usize,
    /// Decimal digits.
    pub(super) digits: usize,
    /// `_ - . / :`
    pub(super) joints: usize,
}

/// The kinds of characters.
const LOWER: u8 = 0;
const UPPER: u8 = 1;
const DIGIT: u8 = 2;
const JOINT: u8 = 3;
const REST: u8 = 4;

const CLASS: [u8; 256] = {
    let mut classes = [REST; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' => LOWER,
            b'A'..=b'Z' => UPPER,
            b'0'..=b'9' => DIGIT,
            b'_' | b'-' | b'.' | b'/' | b':' => JOINT,
            _ => REST,
        };
        byte += 1;
    }
    classes
};

impl Tally {
    /// Counts the characters of `text`.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut set = ByteSet::EMPTY;
        let mut counts = [0; REST as usize + 1];
        for &byte in text {
            set.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
            counts[usize::from(CLASS[usize::from(byte)])] += 1;
        }
        let [lower, upper, digits, joints, _] = counts;
        Self {
            set,
            lower,
            upper,
            digits,
            joints,
        }
    }

    /// Whether it has any of `bytes`.
    pub(super) fn any(&self, bytes: &ByteSet) -> bool {
        self.set.0.iter().zip(bytes.0).any(|(a, b)| a & b != 0)
    }

    /// Whether it has `byte`.
    pub(super) fn has(&self, byte: u8) -> bool {
        self.set.has(byte)
    }

    /// Whether it has nothing but `bytes`.
    pub(super) fn only(&self, bytes: &ByteSet) -> bool {
        self.set.0.iter().zip(bytes.0).all(|(a, b)| a & !b == 0)
    }

    /// How many letters there are.
    pub(super) fn letters(&self) -> usize {
        self.lower + self.upper
    }
}

const ALNUM: ByteSet = ByteSet::range(b'a', b'z')
    .or(ByteSet::range(b'A', b'Z'))
    .or(ByteSet::range(b'0', b'9'));
const HEX: ByteSet = ByteSet::range(b'a', b'f')
    .or(ByteSet::range(b'A', b'F'))
    .or(ByteSet::range(b'0', b'9'));

/// The forms of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Letters of one case, as in a word, fewer than 16.
    Word,
    /// Letters of one case that form no word, fewer than 16.
    Letters,
    /// Letters only, 16 or more.
    LongLetters,
    /// Letters of both cases, fewer than 16.
    Camel,
    /// Letters and digits, fewer than 16.
    Mixed,
    /// Letters and digits (also `_ - + / = .` among them), 16 or more.
    LongMixed,
    /// Hexadecimal digits, 16 or more.
    Hex,
    /// Words of letters with `_ - . / :` between them.
    Joined,
    /// Words with `_ - . / :` and digits, fewer than 16 or plainly words.
    JoinedDigits,
    /// Holds signs that names do not hold.
    Signs,
    /// Digits only.
    Digits,
    /// A UUID.
    Uuid,
}

impl Form {
    /// How many there are.
    pub(super) const COUNT: usize = 12;

    /// The coarse class: 0 for words, 1 for letters only, 2 with digits or signs.
    pub(super) fn class(self) -> usize {
        match self {
            Form::Word | Form::Camel | Form::Joined => 0,
            Form::Letters | Form::LongLetters => 1,
            _ => 2,
        }
    }
}

/// The form of `text`.
pub(super) fn form(text: &[u8], tally: &Tally) -> Form {
    const PLAIN: ByteSet = ALNUM.or(ByteSet::of(b"_-./:+="));
    const PLUS: ByteSet = ByteSet::of(b"+=");
    let (lower, upper) = (tally.lower > 0, tally.upper > 0);
    let (digits, joints) = (tally.digits, tally.joints);
    let long = text.len() >= 16;
    if joints == 4 && is_uuid(text) {
        return Form::Uuid;
    }
    if long && digits > 0 && tally.only(&HEX) {
        return Form::Hex;
    }
    let signs = tally.any(&PLUS) && {
        let cut = text.iter().rposition(|b| *b != b'=').map_or(0, |i| i + 1);
        text[..cut].iter().any(|b| PLUS.has(*b))
    };
    if !tally.only(&PLAIN) || (signs && !long) {
        return Form::Signs;
    }
    if !lower && !upper {
        return if joints > 0 {
            Form::JoinedDigits
        } else {
            Form::Digits
        };
    }
    let title = tally.upper == 1 && text.first().is_some_and(u8::is_ascii_uppercase);
    if digits == 0 && joints == 0 && !signs {
        return match (long, upper && lower && !title) {
            (true, _) => Form::LongLetters,
            (false, true) => Form::Camel,
            (false, false) if wordliness(text) >= 0 => Form::Word,
            _ => Form::Letters,
        };
    }
    if joints > 0 && digits == 0 && !signs && (!long || in_words(text)) {
        return Form::Joined;
    }
    if joints > 0 && (!long || in_words(text)) {
        return Form::JoinedDigits;
    }
    if long { Form::LongMixed } else { Form::Mixed }
}

/// Whether `text` may be the name of a variable or constant, or a member of one, and
/// does not look random.
pub(super) fn is_identifier(text: &[u8], tally: &Tally, form: Form) -> bool {
    const PARTS: ByteSet = ALNUM.or(ByteSet::of(b"_.$?!"));
    let starts = text
        .first()
        .is_some_and(|b| b.is_ascii_alphabetic() || b"_$".contains(b));
    let long = matches!(form, Form::LongMixed | Form::Hex) && !tally.has(b'_');
    let random = long && !is_numbered(text, tally);
    starts && !random && tally.only(&PARTS)
}

/// Whether `text` is words with capital letters between them and a number of one or two digits
/// behind them: `refreshedSession2`.
fn is_numbered(text: &[u8], tally: &Tally) -> bool {
    const WORDS: i32 = 4;
    let digits = text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let head = &text[..text.len() - digits];
    digits == tally.digits
        && digits <= 2
        && tally.upper > 0
        && tally.upper * 4 <= tally.lower
        && wordliness(head) >= WORDS
}

/// Whether `text` is words with joints between them, rather than random characters with a
/// few joints: its parts are long enough, and each is of one kind.
fn in_words(text: &[u8]) -> bool {
    let parts = text
        .split(|b| b"_-./:".contains(b))
        .filter(|p| !p.is_empty());
    let (mut good, mut all) = (0, 0);
    for part in parts {
        let upper = part.iter().skip(1).any(u8::is_ascii_uppercase);
        let lower = part.iter().any(u8::is_ascii_lowercase);
        let letters = part.iter().all(u8::is_ascii_alphabetic);
        let digits = part.len() <= 4 && part.iter().all(u8::is_ascii_digit);
        all += part.len();
        if (letters && !(upper && lower) && part.len() <= 14 && wordliness(part) >= -4) || digits {
            good += part.len();
        }
    }
    good * 10 >= all * 7
}

/// Whether `text` is a UUID.
pub(super) fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// How much likelier the letters of `text` follow each other in words than by chance: 16
/// times the binary logarithm, averaged over the pairs of letters. 0 without letters.
pub(super) fn wordliness(text: &[u8]) -> i32 {
    let (mut sum, mut pairs) = (0i32, 0i32);
    let mut previous = 0usize;
    let mut was_lower = false;
    for &byte in text {
        if !byte.is_ascii_alphabetic() {
            previous = 0;
            was_lower = false;
            continue;
        }
        if byte.is_ascii_uppercase() && was_lower {
            previous = 0;
        }
        was_lower = byte.is_ascii_lowercase();
        let letter = usize::from(byte.to_ascii_lowercase() - b'a');
        sum += i32::from(PAIRS[previous][letter]);
        pairs += 1;
        previous = letter + 1;
    }
    if pairs == 0 { 0 } else { sum / pairs }
}

/// Whether `text` is words and nothing else, in camelCase or with joints between them: each has
/// two letters or more that follow each other as in words.
pub(super) fn is_words(text: &[u8]) -> bool {
    let mut from = 0;
    let mut all = true;
    let mut close = |part: &[u8]| {
        all &= part.is_empty() || (part.len() >= 2 && wordliness(part) >= 0);
    };
    for (at, pair) in text.windows(2).enumerate() {
        let joint = !pair[1].is_ascii_alphabetic();
        if joint || (pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()) {
            close(&text[from..=at]);
            from = at + 1 + usize::from(joint);
        }
    }
    close(text.get(from..).unwrap_or_default());
    all
}

/// The class of lengths to which `len` belongs.
pub(super) fn length_class(len: usize) -> usize {
    const ENDS: [usize; 15] = [3, 4, 5, 7, 9, 11, 13, 15, 19, 23, 31, 32, 39, 40, 63];
    ENDS.iter().position(|e| len <= *e).unwrap_or(match len {
        64 => 15,
        65..=128 => 16,
        _ => 17,
    })
}

/// How many there are.
pub(super) const LENGTH_CLASSES: usize = 18;

/// How many times the kind of character changes per eight characters, up to 5.
pub(super) fn changes(text: &[u8]) -> usize {
    let kind = |b: u8| CLASS[usize::from(b)].min(JOINT);
    let count = text.windows(2).filter(|w| kind(w[0]) != kind(w[1])).count();
    (count * 8 / text.len().max(1)).min(CHANGES - 1)
}

/// How many values of [`changes`] there are.
pub(super) const CHANGES: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted() {
        let tally = Tally::of(b"aB-c1!");
        let counts = (tally.lower, tally.upper, tally.digits, tally.joints);
        assert_eq!(counts, (2, 1, 1, 1));
        assert!(tally.has(b'!') && !tally.has(b'a' + 1));
        assert!(tally.any(&ByteSet::of(b"x!")) && !tally.any(&ByteSet::of(b"xyz")));
        assert!(tally.only(&ByteSet::of(b"aBc1-!")) && !tally.only(&ALNUM));
    }

    #[test]
    fn forms_are_told_apart() {
        let of = |text: &str| form(text.as_bytes(), &Tally::of(text.as_bytes()));
        for (text, want) in [
            ("secretary", Form::Word),
            ("xqzjvkwq", Form::Letters),
            ("userName", Form::Camel),
            ("hunter2", Form::Mixed),
            ("database_password", Form::Joined),
            ("my-service-1", Form::JoinedDigits),
            ("Summer2024!", Form::Signs),
            ("123456", Form::Digits),
        ] {
            assert_eq!(of(text), want, "{text}");
        }
        assert_eq!(of(&["0123456789", "abcdef0123"].concat()), Form::Hex);
        assert_eq!(of(&["kJ8sQ2mZ", "x9Lp4VtR7w"].concat()), Form::LongMixed);
    }

    #[test]
    fn text_of_words_is_told_from_text_with_noise() {
        for text in ["appWindowsRole", "sign_into_wifi", "GetSecretValue", "user"] {
            assert!(is_words(text.as_bytes()), "{text}");
        }
        for text in ["tunnel:felTpQum", "jungle/UIKtBoaD", "mNcBLawu", "OnsWAdfj"] {
            assert!(!is_words(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn words_are_likelier_than_noise() {
        assert!(wordliness(b"password") > 8);
        assert!(wordliness(b"authentication") > 8);
        assert!(wordliness(b"xqzjvkwq") < -16);
        assert_eq!(wordliness(b"1234"), 0);
    }
}

//! The form of a value: which characters, how long, whether its letters follow each
//! other as in words. Says what a value looks like, not whether it is a secret.

use super::letters::PAIRS;

/// The forms that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Letters of one case, as in a word, fewer than 16.
    Word,
    /// Letters of one case in no order of words, fewer than 16.
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
    /// With signs that names do not have.
    Signs,
    /// Digits only.
    Digits,
    /// A UUID.
    Uuid,
}

impl Form {
    /// How many there are.
    pub(super) const COUNT: usize = 12;

    /// Three coarse classes: made of words, letters only, with digits or signs.
    pub(super) fn class(self) -> usize {
        match self {
            Form::Word | Form::Camel | Form::Joined => 0,
            Form::Letters | Form::LongLetters => 1,
            _ => 2,
        }
    }
}

/// The form of `text`.
pub(super) fn form(text: &[u8]) -> Form {
    let lower = text.iter().any(u8::is_ascii_lowercase);
    let upper = text.iter().any(u8::is_ascii_uppercase);
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
    let joint = |b: &u8| b"_-./:".contains(b);
    let joints = text.iter().filter(|b| joint(b)).count();
    let plain = text
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || joint(b) || b"+=".contains(b));
    let long = text.len() >= 16;
    if is_uuid(text) {
        return Form::Uuid;
    }
    if long && digits > 0 && text.iter().all(u8::is_ascii_hexdigit) {
        return Form::Hex;
    }
    let cut = text.iter().rposition(|b| *b != b'=').map_or(0, |i| i + 1);
    let signs = text[..cut].iter().any(|b| b"+=".contains(b));
    if !plain || (signs && !long) {
        return Form::Signs;
    }
    if !lower && !upper {
        return if joints > 0 {
            Form::JoinedDigits
        } else {
            Form::Digits
        };
    }
    let title = text.first().is_some_and(u8::is_ascii_uppercase)
        && !text[1..].iter().any(u8::is_ascii_uppercase);
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
pub(super) fn is_identifier(text: &[u8], form: Form) -> bool {
    let starts = text
        .first()
        .is_some_and(|b| b.is_ascii_alphabetic() || b"_$".contains(b));
    let random = matches!(form, Form::LongMixed | Form::Hex) && !text.contains(&b'_');
    starts
        && !random
        && text
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_.$?!".contains(b))
}

/// Whether `text` is words with joints between them rather than random characters
/// with a few joints: the parts are long enough and of one kind each.
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

fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// How much likelier the letters of `text` follow each other in words than by chance:
/// 16 times the mean binary logarithm over the pairs. 0 without letters.
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

/// In which of the classes of length `len` falls.
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

/// How often the kind of character changes, per eight characters, up to 5.
pub(super) fn changes(text: &[u8]) -> usize {
    let kind = |b: u8| match b {
        b'a'..=b'z' => 0u8,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let count = text.windows(2).filter(|w| kind(w[0]) != kind(w[1])).count();
    (count * 8 / text.len().max(1)).min(CHANGES - 1)
}

/// How many values of [`changes`] there are.
pub(super) const CHANGES: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart() {
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
            assert_eq!(form(text.as_bytes()), want, "{text}");
        }
        let hex = ["0123456789", "abcdef0123"].concat();
        assert_eq!(form(hex.as_bytes()), Form::Hex);
        let token = ["kJ8sQ2mZ", "x9Lp4VtR7w"].concat();
        assert_eq!(form(token.as_bytes()), Form::LongMixed);
    }

    #[test]
    fn words_are_likelier_than_noise() {
        assert!(wordliness(b"password") > 8);
        assert!(wordliness(b"authentication") > 8);
        assert!(wordliness(b"xqzjvkwq") < -16);
        assert_eq!(wordliness(b"1234"), 0);
    }
}

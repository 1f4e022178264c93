//! What stands at the edges of a literal or value: whether a literal is there, and
//! whether anything is glued to it. The gate asks this first, and the forms ask it again.

use crate::rules::Step;
use crate::rules::class::ALNUM;

/// Whether `literal` stands at `at`.
pub(in crate::detect) fn literal_at(bytes: &[u8], at: usize, literal: &[u8], fold: bool) -> bool {
    let Some(there) = bytes.get(at..at + literal.len()) else {
        return false;
    };
    if fold {
        there.eq_ignore_ascii_case(literal)
    } else {
        there == literal
    }
}

/// Whether nothing is glued to the left of a value at `at`, which would make it the tail of
/// a longer word.
///
/// Letters, digits and bytes of the first run's class glue. The end of an escape sequence
/// (`\n`, `\x20`, `%3D`, `\u003d`) does not, nor does the end of a terminal's (`\e[32m`).
pub(in crate::detect) fn left_is_free(bytes: &[u8], at: usize, first: Option<&Step>) -> bool {
    let Some(&before) = at.checked_sub(1).and_then(|i| bytes.get(i)) else {
        return true;
    };
    // Padding ends a value and never begins one: `KEY=abc` is an assignment.
    let glued = before != b'='
        && (ALNUM.has(before) || matches!(first, Some(Step::Run { set, .. }) if set.has(before)));
    if !glued {
        return true;
    }
    let back = |n: usize| at.checked_sub(n).and_then(|i| bytes.get(i)).copied();
    // Inside of a word this settles it: a letter comes last but one only in an escape whose digits
    // are hexadecimal.
    let behind_letter = back(2).is_some_and(|b| b.is_ascii_alphabetic());
    let is_hex = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_hexdigit());
    if behind_letter && !(before.is_ascii_hexdigit() && is_hex(back(2))) {
        return false;
    }
    let hex = |n: usize| is_hex(back(n));
    let octal = |n: usize| back(n).is_some_and(|b| (b'0'..=b'7').contains(&b));
    let marked = |n: usize, mark: u8| back(n + 1) == Some(mark) && back(n + 2) == Some(b'\\');
    (b"nrtbfv0".contains(&before) && back(2) == Some(b'\\'))
        || (back(3) == Some(b'%') && hex(1) && hex(2))
        || (marked(2, b'x') && hex(1) && hex(2))
        || (marked(4, b'u') && (1..=4).all(hex))
        || (marked(8, b'U') && (1..=8).all(hex))
        || (back(4) == Some(b'\\') && (1..=3).all(octal))
        || !behind_letter && ends_terminal_sequence(&bytes[at.saturating_sub(LEFT_EDGE)..at])
}

/// How far [`left_is_free`] looks back, in bytes: a colour in 24 bits behind the longest
/// form of the escape character.
pub(in crate::detect) const LEFT_EDGE: usize = 36;

/// Whether `text` ends in a terminal's escape sequence: a control sequence (`ESC [ 32 m`)
/// or the choice of a character set (`ESC ( B`), as ECMA-48 and ISO 2022 define them, with
/// the escape character raw or as a language writes it.
fn ends_terminal_sequence(text: &[u8]) -> bool {
    let Some((last, rest)) = text.split_last() else {
        return false;
    };
    if !(0x40..=0x7e).contains(last) {
        return false;
    }
    if let Some((b'(' | b')' | b'*' | b'+', escape)) = rest.split_last() {
        return ends_in_escape(escape);
    }
    let parameters = rest.iter().rev().take_while(|b| (0x20..=0x3f).contains(*b));
    let rest = &rest[..rest.len() - parameters.count()];
    match rest.split_last() {
        Some((b'[', escape)) => ends_in_escape(escape),
        // The control sequence introducer as one character.
        Some((0x9b, _)) => true,
        _ => false,
    }
}

/// Whether `text` ends in the escape character, raw or written.
fn ends_in_escape(text: &[u8]) -> bool {
    const FORMS: [&[u8]; 14] = [
        b"\x1b",
        b"\\e",
        b"\\033",
        b"\\0033",
        b"\\33",
        b"\\x1b",
        b"\\x{1b}",
        b"\\u001b",
        b"\\u{1b}",
        b"\\u{001b}",
        b"\\U0000001b",
        b"^[",
        b"&#27;",
        b"&#x1b;",
    ];
    let mut forms = FORMS.iter();
    forms.any(|form| {
        let from = text.len().checked_sub(form.len());
        from.is_some_and(|from| text[from..].eq_ignore_ascii_case(form))
    })
}

/// Whether a value that ends before `at` does not go on there.
pub(in crate::detect) fn right_is_free(bytes: &[u8], at: usize, last: Option<&Step>) -> bool {
    let Some(&after) = bytes.get(at) else {
        return true;
    };
    let goes_on = ALNUM.has(after) || matches!(last, Some(Step::Run { set, .. }) if set.has(after));
    !goes_on
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_end_before_a_value() {
        for before in [
            "\x1b[32m",
            "\x1b[m",
            "\x1b[1;31m",
            "\x1b[38;2;255;128;255m",
            "\x1b[2K",
            "\x1b(B",
            "\u{9b}0m",
            r"\e[1m",
            r"\E[0m",
            r"\033[1m",
            r"\0033[0m",
            r"\x1b[33m",
            r"\x1B[4m",
            r"\u001b[32m",
            r"\u001B[0m",
            r"\u{1b}[7m",
            r"\U0000001b[38;2;255;128;255m",
            "^[[31m",
            "&#27;[1m",
            "&#x1B;[1m",
            r"\n",
            r"\t",
            r"\x20",
            r"\u003d",
            r"\U00000020",
            r"\040",
            "%3D",
        ] {
            let text = format!("colour {before}ghp_");
            assert!(
                left_is_free(text.as_bytes(), text.len() - 4, None),
                "{before}"
            );
        }
    }

    #[test]
    fn other_letters_glue() {
        for before in [
            "x", "[32m", "m", "a[m", r"\q", "x20", "%zz", r"\u00g0", "1b[32m", r"\\[1m", "(B",
            "f(B", "item[3]m",
        ] {
            let text = format!("colour {before}ghp_");
            assert!(
                !left_is_free(text.as_bytes(), text.len() - 4, None),
                "{before}"
            );
        }
    }

    /// The look at the last byte but one changes no answer.
    #[test]
    fn a_letter_before_settles_only_what_the_forms_say() {
        let mut rng = crate::check::mint::Rng::new(8);
        let parts = [
            "\\", "%", "x", "u", "U", "n", "0", "1", "a", "F", "[", "(", ";", "m", "\x1b", "B", "z",
        ];
        let mut free = 0;
        for _ in 0..40_000 {
            let count = 1 + rng.below(11);
            let text: String = (0..count).map(|_| parts[rng.below(parts.len())]).collect();
            let bytes = text.as_bytes();
            let at = bytes.len();
            let back = |n: usize| at.checked_sub(n).map(|i| bytes[i]);
            let all =
                |n: usize, is: fn(&u8) -> bool| (1..=n).all(|n| back(n).is_some_and(|b| is(&b)));
            let hex = |n: usize| all(n, u8::is_ascii_hexdigit);
            let form = |n: usize, mark: u8| {
                hex(n) && back(n + 1) == Some(mark) && back(n + 2) == Some(b'\\')
            };
            let expected = !back(1).is_some_and(|b| b.is_ascii_alphanumeric())
                || back(1).is_some_and(|b| b"nrtbfv0".contains(&b)) && back(2) == Some(b'\\')
                || hex(2) && back(3) == Some(b'%')
                || form(2, b'x')
                || form(4, b'u')
                || form(8, b'U')
                || all(3, |b| (b'0'..=b'7').contains(b)) && back(4) == Some(b'\\')
                || ends_terminal_sequence(bytes);
            assert_eq!(left_is_free(bytes, at, None), expected, "{text:?}");
            free += usize::from(expected && ALNUM.has(bytes[at - 1]));
        }
        assert!(free > 300, "{free}");
    }

    #[test]
    fn nothing_beyond_the_edge_counts() {
        for before in [
            "\x1b[38;2;255;128;255m",
            r"\U0000001b[38;2;255;128;255m",
            "aaaa",
            r"\n",
        ] {
            let text = format!("{}{before}ghp_", " ".repeat(60));
            let at = text.len() - 4;
            let cut = &text.as_bytes()[at - LEFT_EDGE..];
            assert_eq!(
                left_is_free(text.as_bytes(), at, None),
                left_is_free(cut, LEFT_EDGE, None)
            );
        }
    }
}

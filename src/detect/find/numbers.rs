//! Lists of numbers that stand for bytes: `0x67, 0x68`, `[103, 104]`, `{'g', 'h'}`; and rows of calls
//! that each make a character of one: `chr(103).chr(104)`.

use super::runs::{is_packed, is_wide};

/// How many numbers a list needs before anything is known.
pub(in crate::detect) const FEWEST: usize = 12;
/// The longest gap between two numbers: a comma, a line end and an indent.
const GAP: usize = 48;
/// The longest number, in bytes: `b'\''`, `0x67u8`.
const NUMBER: usize = 6;
/// How far a gate looks behind a list's first bytes.
const AHEAD: usize = super::runs::RUN_BESIDE - 2 * GAP - 2 * NUMBER - 16;

/// A number of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) struct Number {
    /// What it stands for.
    pub(in crate::detect) byte: u8,
    /// Where it begins.
    pub(in crate::detect) start: usize,
    /// Where it ends.
    pub(in crate::detect) end: usize,
    /// Whether it says by itself that it is one number: `0x67`.
    is_hex: bool,
    /// Whether a call or a cast makes a character of it, which a program may join with the next one.
    is_character: bool,
}

/// Returns the number at `at`. Nothing may be glued to its end.
fn number_at(bytes: &[u8], at: usize) -> Option<Number> {
    let rest = bytes.get(at..bytes.len().min(at + NUMBER + 1))?;
    let digits = |from: usize, most: usize, base: u32| {
        let there = rest[from..].iter().take(most);
        there.take_while(|b| char::from(**b).is_digit(base)).fold(
            (0u32, from),
            |(value, end), b| {
                let digit = char::from(*b).to_digit(base).unwrap_or(0);
                (value * base + digit, end + 1)
            },
        )
    };
    let (value, len, is_hex) = match rest {
        [b'0', b'x' | b'X', high, ..] if high.is_ascii_hexdigit() => {
            let (value, len) = digits(2, 2, 16);
            (value, len, true)
        }
        // As Visual Basic writes it.
        [b'&', b'H' | b'h', high, ..] if high.is_ascii_hexdigit() => {
            let (value, len) = digits(2, 2, 16);
            (value, len, false)
        }
        // As Erlang writes it.
        [b'1', b'6', b'#', high, ..] if high.is_ascii_hexdigit() => {
            let (value, len) = digits(3, 2, 16);
            (value, len, false)
        }
        [b'0'..=b'9', ..] => {
            let (value, len) = digits(0, 3, 10);
            (value, len, false)
        }
        // As Pascal writes it.
        [b'$', high, ..] if high.is_ascii_hexdigit() => {
            let (value, len) = digits(1, 2, 16);
            (value, len, false)
        }
        // Bytes of Java.
        [b'-', b'1'..=b'9', ..] => {
            let (value, len) = digits(1, 3, 10);
            (256u32.checked_sub(value).filter(|v| *v >= 128)?, len, false)
        }
        [b'b', rest @ ..] => {
            let (value, len) = character(rest)?;
            (value, len + 1, false)
        }
        _ => {
            let (value, len) = character(rest)?;
            (value, len, false)
        }
    };
    let len = match &rest[len..] {
        [b'u', b'8', ..] => len + 2,
        [b'u' | b'U' | b'L', ..] => len + 1,
        _ => len,
    };
    let glued = bytes.get(at + len);
    if glued.is_some_and(|b| b.is_ascii_alphanumeric() || b"_.'\"".contains(b)) {
        return None;
    }
    Some(Number {
        byte: u8::try_from(value).ok()?,
        start: at,
        end: at + len,
        is_hex,
        is_character: false,
    })
}

/// What the character in single quotes stands for with which `text` begins, and its length with
/// them.
fn character(text: &[u8]) -> Option<(u32, usize)> {
    match text {
        [b'\'', b'\\', escape, b'\'', ..] => {
            let escapes = b"n\nt\tr\r0\0\\\\''\"\"".chunks(2);
            let mut escapes = escapes.filter(|pair| pair[0] == *escape);
            escapes.next().map(|pair| (u32::from(pair[1]), 4))
        }
        [b'\'', byte, b'\'', ..] if *byte != b'\\' => Some((u32::from(*byte), 3)),
        _ => None,
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Where the first byte that is not blank stands, from `at` on.
fn behind_blanks(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..bytes.len().min(at + GAP)).unwrap_or(&[]);
    at + rest.iter().take_while(|b| is_blank(**b)).count()
}

/// What some languages write before each number.
const CASTS: [&[u8]; 4] = [b"(byte)", b"(char)", b"(uint8_t)", b"[char]"];
/// What begins a line of bytes in assembly.
const DIRECTIVE: &[u8] = b".byte";
/// The calls that make a character of a number, in lower case.
const CALLS: [&[u8]; 4] = [b"chr(", b"chrw(", b"char(", b"chr$("];

/// A word before a number that says what it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Cast,
    /// A cast to a character, which a program may join with others.
    Character,
    Call,
}

impl Word {
    /// Every word with what it is.
    fn all() -> impl Iterator<Item = (&'static [u8], Self)> {
        let casts = CASTS.into_iter().map(|cast| match cast {
            b"[char]" => (cast, Self::Character),
            _ => (cast, Self::Cast),
        });
        casts.chain(CALLS.into_iter().map(|call| (call, Self::Call)))
    }

    /// The word that `text` begins with, and its length.
    fn at(text: &[u8]) -> Option<(Self, usize)> {
        if !matches!(text.first(), Some(b'(' | b'[' | b'c' | b'C')) {
            return None;
        }
        let is = |word: &[u8]| {
            let there = text.get(..word.len());
            there.is_some_and(|there| there.eq_ignore_ascii_case(word))
        };
        Self::all().find_map(|(word, kind)| is(word).then_some((kind, word.len())))
    }

    /// The word that `text` ends with, and its length.
    fn before(text: &[u8]) -> Option<(Self, usize)> {
        let is = |word: &[u8]| {
            let from = text.len().checked_sub(word.len());
            from.is_some_and(|from| text[from..].eq_ignore_ascii_case(word))
        };
        if !matches!(text.last(), Some(b'(' | b')' | b']')) {
            return None;
        }
        Self::all().find_map(|(word, kind)| is(word).then_some((kind, word.len())))
    }

    /// The number at `at` with what belongs to this word behind it.
    fn number(self, bytes: &[u8], at: usize) -> Option<Number> {
        let number = number_at(bytes, at)?;
        let end = match self {
            Self::Cast => return Some(number),
            Self::Character => number.end,
            Self::Call => {
                let close = behind_blanks(bytes, number.end);
                (bytes.get(close) == Some(&b')')).then_some(close + 1)?
            }
        };
        Some(Number {
            end,
            is_character: true,
            ..number
        })
    }
}

/// The number behind blanks and a word, from `at` on.
fn number_from(bytes: &[u8], at: usize) -> Option<Number> {
    let at = behind_blanks(bytes, at);
    match Word::at(bytes.get(at..)?) {
        Some((word, len)) => word.number(bytes, behind_blanks(bytes, at + len)),
        None => number_at(bytes, at),
    }
}

/// How many bytes join two characters at the start of `text`.
fn joint(text: &[u8]) -> Option<usize> {
    match text {
        [b'|', b'|', ..] => Some(2),
        // A line of Visual Basic goes on.
        [b'&' | b'+', b' ', b'_', b'\r' | b'\n', ..] => Some(3),
        [b'.' | b'&' | b'+' | b'~', ..] => Some(1),
        _ => None,
    }
}

/// The number that follows in a list.
pub(in crate::detect) fn next(bytes: &[u8], number: Number) -> Option<Number> {
    let at = behind_blanks(bytes, number.end);
    match bytes.get(at)? {
        b',' => number_from(bytes, at + 1),
        b'.' if bytes[at..].starts_with(DIRECTIVE) && bytes[number.end..at].contains(&b'\n') => {
            number_from(bytes, at + DIRECTIVE.len())
        }
        b'0' if number.is_hex && at > number.end => number_at(bytes, at),
        // As Go prints them.
        b'0'..=b'9' if !number.is_hex && at == number.end + 1 && bytes[number.end] == b' ' => {
            number_at(bytes, at)
        }
        _ if number.is_character => {
            let next = number_from(bytes, at + joint(&bytes[at..])?)?;
            next.is_character.then_some(next)
        }
        _ => None,
    }
}

/// The number before the one that begins at `at`.
fn previous(bytes: &[u8], at: usize) -> Option<Number> {
    let floor = at.saturating_sub(2 * GAP + NUMBER);
    let back = |end: usize| {
        let blanks = bytes[floor..end].iter().rev();
        end - blanks.take_while(|b| is_blank(**b)).count()
    };
    let mut end = back(at);
    let word = Word::before(&bytes[floor..end]);
    if let Some((_, len)) = word {
        end = back(end - len);
    }
    let before = &bytes[floor..end];
    let joined = word.is_some_and(|(word, _)| word != Word::Cast);
    if before.ends_with(b",") {
        end = back(end - 1);
    } else if before.ends_with(DIRECTIVE) {
        end = back(end - DIRECTIVE.len());
    } else if joined {
        let signs = before.iter().rev().take(4);
        let signs = signs.take_while(|b| b".&+|~_ \r\n".contains(b)).count();
        end = back(end - signs);
    }
    let closed = joined && bytes[floor..end].ends_with(b")");
    let digits_end = if closed { back(end - 1) } else { end };
    let starts = floor.max(digits_end.saturating_sub(NUMBER))..digits_end;
    let glued = |at: usize| at > 0 && bytes[at - 1].is_ascii_alphanumeric();
    starts
        .filter(|start| !glued(*start))
        .filter_map(|start| match Word::before(&bytes[floor..back(start)]) {
            Some((word, _)) => word.number(bytes, start),
            None => number_at(bytes, start),
        })
        .filter(|number| number.end == end)
        .find(|number| next(bytes, *number).is_some_and(|next| next.start == at))
}

/// The first number of the list that the literal at `at` leads to.
pub(in crate::detect) fn first(bytes: &[u8], at: usize) -> Option<Number> {
    match bytes.get(at..at + 3)? {
        [b'0', ..] => number_at(bytes, at),
        [b'"' | b'\'' | b'=', b'0', b'x'] => number_at(bytes, at + 1),
        [b':' | b'=', b' ', b'0'] => number_at(bytes, at + 2),
        [b'\'', b',', b' '] | [b'*', b'"' | b'\'', b','] => {
            let comma = bytes[at..].iter().take(3).position(|b| *b == b',')?;
            number_from(bytes, at + comma + 1)
        }
        [b'<', b'<', ..] => number_at(bytes, at + 2),
        [b'.', b'b', _] => number_from(bytes, at + DIRECTIVE.len()),
        [b'.' | b'&' | b'+' | b'|' | b',' | b' ', ..] if joins_characters(bytes, at) => {
            before_joint(bytes, at)
        }
        _ => {
            let rest = bytes.get(at..bytes.len().min(at + 8))?;
            let opens = rest.iter().enumerate();
            let mut opens = opens.filter(|(_, b)| matches!(b, b'[' | b'{' | b'('));
            opens.find_map(|(open, _)| number_from(bytes, at + open + 1))
        }
    }
}

/// Whether a character of a number is joined at `at` with what stands before it.
fn joins_characters(bytes: &[u8], at: usize) -> bool {
    let from = behind_blanks(bytes, at);
    let rest = &bytes[from..];
    let comma = usize::from(rest.first() == Some(&b','));
    let len = joint(rest).or((comma > 0).then_some(comma));
    let next = len.map(|len| behind_blanks(bytes, from + len));
    let word = next.and_then(|next| Word::at(bytes.get(next..)?));
    word.is_some_and(|(word, _)| word != Word::Cast)
}

/// The number of the character that is joined with another one at `at`.
fn before_joint(bytes: &[u8], at: usize) -> Option<Number> {
    let floor = at.saturating_sub(NUMBER + GAP / 2);
    let starts = floor..at;
    let glued = |at: usize| at > 0 && bytes[at - 1].is_ascii_alphanumeric();
    starts
        .filter(|start| !glued(*start))
        .filter_map(|start| {
            let (word, _) = Word::before(&bytes[floor.saturating_sub(NUMBER)..start])?;
            word.number(bytes, start)
        })
        .find(|number| number.is_character && number.end == at)
}

/// Whether a literal at `at` leads to a list of numbers, which begins there.
pub(in crate::detect) fn is_lead(bytes: &[u8], at: usize) -> bool {
    let Some(first) = first(bytes, at) else {
        return false;
    };
    if previous(bytes, first.start).is_some() {
        return false;
    }
    let limit = at + AHEAD;
    let mut last = first;
    for count in 1..FEWEST {
        let Some(number) = next(bytes, last) else {
            return false;
        };
        // One number a line, far indented: some of them must do.
        if number.end > limit && count >= FEWEST / 2 {
            return true;
        }
        last = number;
    }
    true
}

/// Whether a number stands for a character of a text. One that stands for another byte ends it.
pub(in crate::detect) fn is_text(byte: u8) -> bool {
    super::runs::is_text(&[byte])
}

/// Whether a list begins like something that is no text, and is encoded as a whole.
pub(in crate::detect) fn begins_otherwise(head: &[u8]) -> bool {
    is_packed(head) || is_wide(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(text: &str, at: usize) -> bool {
        is_lead(text.as_bytes(), at)
    }

    #[test]
    fn only_the_first_character_of_a_row_leads() {
        for (open, close, joint) in [
            ("Chr(", ")", " & "),
            ("chr(", ")", "."),
            ("chr(", ")", "+"),
            ("CHR(", ")", "||"),
            ("[char]", "", " + "),
            ("ChrW(&H", ")", " & "),
        ] {
            let one = format!("{open}57{close}");
            let all = format!("x = {}", [&*one; 20].join(joint));
            let second = format!("{joint}{}", &open[..4]);
            let places = all.match_indices(&second);
            let leading: Vec<usize> = places
                .map(|(at, _)| at)
                .filter(|at| leads(&all, *at))
                .collect();
            assert_eq!(leading, [4 + one.len()], "{all}");
            let few = format!("x = {};", [&*one; 11].join(joint));
            assert!(!leads(&few, 4 + one.len()), "{few}");
        }
    }

    #[test]
    fn only_the_first_number_of_a_text_leads() {
        let numbers = [0x67u8; 30].map(|b| format!("0x{b:02x}")).join(", ");
        let all = format!("{{{numbers}}}");
        let starts = all.match_indices("0x").map(|(at, _)| at);
        let leading: Vec<usize> = starts.filter(|at| leads(&all, *at)).collect();
        assert_eq!(leading, [1]);
        let binary = format!("{{0x01, 0x80, {numbers}}}");
        assert!(!leads(&binary, 13) && leads(&binary, 1) && !leads(&binary, 19));
    }

    #[test]
    fn lists_of_several_languages_lead() {
        for (open, between) in [
            ("[", ","),
            ("{", ", "),
            ("(", ","),
            ("] {", " , "),
            ("[\n", ",\n        "),
            ("= {\r\n", ",\r\n\t"),
            ("{", ", (byte)"),
            ("{(byte) ", ", (byte) "),
            ("[", " "),
        ] {
            let numbers = ["103"; 20].join(between);
            assert!(leads(&format!("{open}{numbers}"), 0), "{open} {between}");
            let few = ["103"; 11].join(between);
            assert!(!leads(&format!("{open}{few}]"), 0), "{open} {between}");
        }
        let signs = r"{'\n', -7, 'x', ' ', ',', '\'', b'y', 1, 22, '\\', 255, 'z'}";
        assert!(leads(signs, 0) && !leads(&signs.replace(", 1,", ",,"), 0));
        assert!(!leads(
            "[103, 1044, 103, 103, 103, 103, 103, 103, 103, 103, 103, 103, 103]",
            0
        ));
        assert!(!leads(
            "[1.3, 104, 103, 103, 103, 103, 103, 103, 103, 103, 103, 103, 103]",
            0
        ));
    }
}

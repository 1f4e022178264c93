//! Strings between brackets: `q{…}` and `qq(…)` of Perl, `[[…]]` and `[=[…]=]` of Lua.

use super::bytes::{VALUE_MAX, run};
use super::strings::{Found, Quote};
use crate::rules::class::ByteSet;

/// The string in brackets that begins at `at`, if it is one word on this line.
pub(super) fn bracketed_at(bytes: &[u8], at: usize) -> Option<Found> {
    let rest = bytes.get(at..bytes.len().min(at + VALUE_MAX))?;
    let (skip, close, width) = match rest {
        [b'q', b'q', open, ..] => (3, closing(*open)?, 1),
        [b'q', open, ..] => (2, closing(*open)?, 1),
        [b'[', ..] => {
            let level = run(rest, 1, 8, &ByteSet::of(b"="));
            (rest.get(1 + level) == Some(&b'[')).then_some(())?;
            (2 + level, b']', 2 + level)
        }
        _ => return None,
    };
    let text = &rest[skip..];
    let ends = |i: &usize| match width {
        1 => text[*i] == close,
        // The same number of signs stands between the brackets.
        _ => text[*i..].starts_with(b"]") && text.get(i + width - 1) == Some(&b']'),
    };
    let len = (0..text.len()).find(ends)?;
    let word = text[..len].iter().all(|b| b.is_ascii_graphic());
    // A list of lists, or a call of something called `q`.
    let listed = text.first().is_none_or(|b| b"\"'[{(".contains(b)) || text[..len].contains(&b',');
    (len > 0 && word && !listed).then(|| Found {
        span: at + skip..at + skip + len,
        end: at + skip + len + width,
        quote: Quote::Plain(close),
        callee: None,
        fallback: false,
    })
}

fn closing(open: u8) -> Option<u8> {
    match open {
        b'{' => Some(b'}'),
        b'(' => Some(b')'),
        b'[' => Some(b']'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_in_brackets_are_read() {
        let read = |text: &'static str| bracketed_at(text.as_bytes(), 0).map(|f| &text[f.span]);
        for (text, value) in [
            ("q{ab}", "ab"),
            ("qq(ab);", "ab"),
            ("q[ab]", "ab"),
            ("[[ab]]", "ab"),
            ("[==[a]b]==]", "a]b"),
        ] {
            assert_eq!(read(text), Some(value), "{text}");
        }
        for text in [
            "q{a b}", "[[1,2]]", "[\"a\"]", "quit(ab)", "q", "[[ab", "[[",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

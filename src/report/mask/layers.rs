//! What stands in a text in encoded form: percent-encoding, escapes, entities, base64, hex.
//!
//! Only what is shown is decoded, so texts are short. A text is decoded twice at most: what
//! is encoded three times is not recognised.

use std::ops::Range;

use super::forms::{self, Escape};

/// The least signs of base64 or hex in a row that are decoded: those of six bytes of base64.
const SHORTEST: usize = 8;

/// A decoded text, and where each of its bytes comes from.
pub(super) struct Layer {
    pub(super) bytes: Vec<u8>,
    places: Vec<Range<usize>>,
    /// Whether it is text with some signs decoded, and not what a long word hides.
    pub(super) is_escaped: bool,
}

impl Layer {
    fn new(is_escaped: bool) -> Self {
        Layer {
            bytes: Vec::new(),
            places: Vec::new(),
            is_escaped,
        }
    }

    fn push(&mut self, byte: u8, place: Range<usize>) {
        self.bytes.push(byte);
        self.places.push(place);
    }

    /// Returns where the bytes of `range`, which is not empty, come from.
    pub(super) fn place(&self, range: &Range<usize>) -> Range<usize> {
        self.places[range.start].start..self.places[range.end - 1].end
    }

    /// Makes the places those of the text that `outer` comes from.
    fn through(mut self, outer: &Layer) -> Self {
        for place in &mut self.places {
            *place = outer.place(place);
        }
        self
    }

    /// Whether it may be a text in which something is encoded again.
    fn is_text(&self) -> bool {
        let sign = |b: &u8| *b >= b' ' && *b != 0x7f || b"\t\n\r".contains(b);
        self.bytes.len() >= SHORTEST && self.bytes.iter().all(sign)
    }
}

/// Calls `look` with all that `text` is if it is decoded once or twice.
pub(super) fn each(text: &[u8], mut look: impl FnMut(&Layer)) {
    decoded(text, |layer| {
        look(&layer);
        if layer.is_text() {
            decoded(&layer.bytes, |inner| look(&inner.through(&layer)));
        }
    });
}

/// Calls `look` with all that `text` is if it is decoded once.
fn decoded(text: &[u8], mut look: impl FnMut(Layer)) {
    for escape in forms::ESCAPES {
        if let Some(layer) = unescaped(text, *escape) {
            look(layer);
        }
    }
    for word in words(text, is_base64) {
        for from in 0..4 {
            hidden(base64(text, word.start + from..word.end), &mut look);
        }
    }
    for word in words(text, |b| b.is_ascii_hexdigit()) {
        for from in 0..2 {
            hidden(hex(text, word.start + from..word.end), &mut look);
        }
    }
}

/// Decodes the signs that one language escapes; None if there are none.
fn unescaped(text: &[u8], escape: Escape) -> Option<Layer> {
    let mut at = text.iter().position(|b| escape.signs.contains(b))?;
    let mut layer = Layer::new(true);
    (0..at).for_each(|i| layer.push(text[i], i..i + 1));
    let mut any = false;
    while let Some(&byte) = text.get(at) {
        let decoded = match escape.signs.contains(&byte) {
            true => (escape.decode)(&text[at..]),
            false => None,
        };
        match decoded {
            Some((c, len)) => {
                any = true;
                let place = at..at + len;
                c.bytes().iter().for_each(|b| layer.push(*b, place.clone()));
                at += len;
            }
            None => {
                layer.push(byte, at..at + 1);
                at += 1;
            }
        }
    }
    any.then_some(layer)
}

/// Returns the longest runs of signs that `belongs` names, if they are long enough.
fn words(text: &[u8], belongs: fn(&u8) -> bool) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = 0;
    for (at, byte) in text.iter().enumerate() {
        if !belongs(byte) {
            words.push(start..at);
            start = at + 1;
        }
    }
    words.push(start..text.len());
    words.retain(|word| word.len() >= SHORTEST);
    words
}

fn is_base64(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(byte)
}

/// Decodes base64 of either alphabet that starts at the start of `word`.
fn base64(text: &[u8], word: Range<usize>) -> Layer {
    let mut layer = Layer::new(false);
    let (mut bits, mut count) = (0u32, 0);
    for at in word {
        let value = match text[at] {
            b @ b'A'..=b'Z' => b - b'A',
            b @ b'a'..=b'z' => b - b'a' + 26,
            b @ b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            layer.push((bits >> count) as u8, at - 1..at + 1);
        }
    }
    layer
}

fn hex(text: &[u8], word: Range<usize>) -> Layer {
    let mut layer = Layer::new(false);
    let start = word.start;
    for (i, pair) in text[word].chunks_exact(2).enumerate() {
        let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
        let at = start + 2 * i;
        layer.push(value(pair[0]) << 4 | value(pair[1]), at..at + 2);
    }
    layer
}

/// Passes on what a word hides, and the same without the zeros of UTF-16.
fn hidden(layer: Layer, look: &mut impl FnMut(Layer)) {
    for from in 0..2 {
        let (letters, zeros) = (
            layer.bytes.iter().skip(from),
            layer.bytes.iter().skip(1 - from),
        );
        let narrow = letters.step_by(2).zip(zeros.step_by(2));
        if narrow
            .filter(|(letter, zero)| **letter != 0 && **zero == 0)
            .count()
            < SHORTEST / 2
        {
            continue;
        }
        let mut text = Layer::new(false);
        for (byte, place) in layer.bytes.iter().zip(&layer.places).skip(from).step_by(2) {
            text.push(*byte, place.clone());
        }
        look(text);
    }
    look(layer);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the parts of `text` that are `wanted` if they are decoded.
    fn found(text: &str, wanted: &str) -> Vec<String> {
        let mut found = Vec::new();
        each(text.as_bytes(), |layer| {
            let windows = layer.bytes.windows(wanted.len()).enumerate();
            for (at, _) in windows.filter(|(_, w)| *w == wanted.as_bytes()) {
                let place = layer.place(&(at..at + wanted.len()));
                let part = String::from_utf8_lossy(&text.as_bytes()[place]).into_owned();
                if !found.contains(&part) {
                    found.push(part);
                }
            }
        });
        found
    }

    #[test]
    fn encoded_text_is_found_where_it_stands() {
        for (text, part) in [
            ("x=a%40b%26c; y", "a%40b%26c"),
            ("x=a%2540b%2526c; y", "a%2540b%2526c"),
            (r#"{"x":"a\u0040b\x26c"}"#, r"a\u0040b\x26c"),
            (r"\u{61}\U00000040b\046c", r"\u{61}\U00000040b\046c"),
            (r"\\u0061\\u0040b&c", r"\\u0061\\u0040b&c"),
            ("<x>a&commat;b&amp;c</x>", "a&commat;b&amp;c"),
            ("<x>&#97;&#x40;b&#0038;c</x>", "&#97;&#x40;b&#0038;c"),
            ("<x>a&amp;#64;b&amp;amp;c", "a&amp;#64;b&amp;amp;c"),
            ("'a`@b`&c'", "a`@b`&c"),
            ("set x=a@b^&c", "a@b^&c"),
            ("a%40b&amp;c", "a%40b&amp;c"),
        ] {
            assert_eq!(found(text, "a@b&c"), [part], "{text}");
        }
        for (text, part) in [
            ("Basic dXNlcjpzb21tZXItMjA0MQ==", "pzb21tZXItMjA0MQ"),
            ("x/eHNvbW1lci0yMDQx", "HNvbW1lci0yMDQx"),
            (
                "-enc cwBvAG0AbQBlAHIALQAyADAANAAxAA==",
                "cwBvAG0AbQBlAHIALQAyADAANAAx",
            ),
            ("736f6d6d65722d32303431", "736f6d6d65722d32303431"),
            ("a736F6D6D65722D32303431", "736F6D6D65722D32303431"),
        ] {
            assert_eq!(found(text, "sommer-2041"), [part], "{text}");
        }
    }

    #[test]
    fn nothing_panics_and_every_byte_has_its_place() {
        const PIECES: &[&str] = &[
            "%",
            "25",
            "\\",
            "u",
            "00",
            "{",
            "}",
            "&",
            "#",
            "x",
            "amp;",
            ";",
            "`",
            "^",
            "'",
            "\"",
            "A",
            "QUJD",
            "é",
            "\n",
            "=",
            "$",
            "\\ud83d",
            "\\ude00",
            "U0010ffff",
        ];
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        for _ in 0..2_000 {
            let mut text = String::new();
            for _ in 0..20 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                text.push_str(PIECES[(state % PIECES.len() as u64) as usize]);
            }
            each(text.as_bytes(), |layer| {
                assert_eq!(layer.bytes.len(), layer.places.len());
                for place in &layer.places {
                    assert!(place.start < place.end && place.end <= text.len());
                }
            });
        }
    }
}

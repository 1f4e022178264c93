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
        self.bytes.len() >= SHORTEST && self.bytes.iter().all(|b| is_text(*b))
    }
}

/// Calls `look` with what `text` is if it is decoded once or twice. What a word hides is left
/// out if `is_known` is true for none of its windows of six bytes.
pub(super) fn each(text: &[u8], is_known: impl Fn(u64) -> bool, mut look: impl FnMut(&Layer)) {
    decoded(text, &is_known, |layer| {
        look(&layer);
        if layer.is_text() {
            decoded(&layer.bytes, &is_known, |inner| {
                look(&inner.through(&layer))
            });
        }
    });
}

/// Calls `look` with what `text` is if it is decoded once.
fn decoded(text: &[u8], is_known: &impl Fn(u64) -> bool, mut look: impl FnMut(Layer)) {
    for escape in forms::ESCAPES {
        if let Some(layer) = unescaped(text, *escape) {
            look(layer);
        }
    }
    for system in [BASE64, HEX] {
        for word in words(text, system) {
            let is_known = system.has(&text[word.clone()], is_known);
            for from in 0..system.phases {
                let part = word.start + from..word.end;
                if is_known || system.is_text(&text[part.clone()]) {
                    hidden(system.decode(text, part), &mut look);
                }
            }
        }
    }
}

/// How bytes are written as words.
#[derive(Clone, Copy)]
struct System {
    /// The bits of a sign.
    bits: u32,
    /// Returns the bits of a sign.
    value: fn(u8) -> Option<u8>,
    /// A sign that is zero.
    zero: u8,
    /// After how many signs a byte can start.
    phases: usize,
}

const BASE64: System = System {
    bits: 6,
    value: |sign| match sign {
        b'A'..=b'Z' => Some(sign - b'A'),
        b'a'..=b'z' => Some(sign - b'a' + 26),
        b'0'..=b'9' => Some(sign - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    },
    zero: b'A',
    phases: 4,
};

const HEX: System = System {
    bits: 4,
    value: |sign| char::from(sign).to_digit(16).map(|value| value as u8),
    zero: b'0',
    phases: 2,
};

impl System {
    /// Whether a window that is known may be hidden in `word`, wherever its bytes start.
    fn has(self, word: &[u8], is_known: &impl Fn(u64) -> bool) -> bool {
        // In UTF-16, most zero bytes make a sign that is zero.
        const ZEROS: usize = 3;
        let mut zeros = 0;
        let mut bits = 0u64;
        for (count, sign) in (1usize..).zip(word) {
            zeros += usize::from(*sign == self.zero);
            bits = bits << self.bits | u64::from((self.value)(*sign).unwrap_or(0));
            // The last byte ends with this sign, or inside of it.
            let ends = (0..self.bits).step_by(if self.bits == 6 { 2 } else { 4 });
            for end in ends.filter(|end| count.min(64) as u32 * self.bits >= 48 + end) {
                if is_known(bits >> end & 0xffff_ffff_ffff) {
                    return true;
                }
            }
        }
        zeros >= ZEROS
    }

    /// Whether `word` is text in which something is encoded again.
    fn is_text(self, word: &[u8]) -> bool {
        let (mut bits, mut count) = (0u32, 0);
        for sign in word {
            bits = bits << self.bits | u32::from((self.value)(*sign).unwrap_or(0));
            count += self.bits;
            if count >= 8 {
                count -= 8;
                if !is_text((bits >> count) as u8) {
                    return false;
                }
            }
        }
        true
    }

    /// Decodes the signs of `word`.
    fn decode(self, text: &[u8], word: Range<usize>) -> Layer {
        let mut layer = Layer::new(false);
        let (mut bits, mut count) = (0u32, 0);
        for at in word {
            bits = bits << self.bits | u32::from((self.value)(text[at]).unwrap_or(0));
            count += self.bits;
            if count >= 8 {
                count -= 8;
                layer.push((bits >> count) as u8, at - 1..at + 1);
            }
        }
        layer
    }
}

fn is_text(byte: u8) -> bool {
    byte >= b' ' && byte != 0x7f || b"\t\n\r".contains(&byte)
}

/// Decodes the signs that one language escapes; None if there are none.
fn unescaped(text: &[u8], escape: Escape) -> Option<Layer> {
    let escapes = |at: &usize| escape.signs.contains(&text[*at]);
    let mut at = (0..text.len())
        .filter(escapes)
        .find(|at| (escape.decode)(&text[*at..]).is_some())?;
    let mut layer = Layer::new(true);
    (0..at).for_each(|i| layer.push(text[i], i..i + 1));
    while let Some(&byte) = text.get(at) {
        let decoded = match escape.signs.contains(&byte) {
            true => (escape.decode)(&text[at..]),
            false => None,
        };
        match decoded {
            Some((c, len)) => {
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
    Some(layer)
}

/// Returns the longest runs of signs of `system`, if they are long enough.
fn words(text: &[u8], system: System) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = 0;
    for (at, byte) in text.iter().enumerate().chain([(text.len(), &b' ')]) {
        if (system.value)(*byte).is_none() {
            if at - start >= SHORTEST {
                words.push(start..at);
            }
            start = at + 1;
        }
    }
    words
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
        each(
            text.as_bytes(),
            |_| true,
            |layer| {
                let windows = layer.bytes.windows(wanted.len()).enumerate();
                for (at, _) in windows.filter(|(_, w)| *w == wanted.as_bytes()) {
                    let place = layer.place(&(at..at + wanted.len()));
                    let part = String::from_utf8_lossy(&text.as_bytes()[place]).into_owned();
                    if !found.contains(&part) {
                        found.push(part);
                    }
                }
            },
        );
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
            // stopleak:allow-next-line made-up password
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
            each(
                text.as_bytes(),
                |_| true,
                |layer| {
                    assert_eq!(layer.bytes.len(), layer.places.len());
                    for place in &layer.places {
                        assert!(place.start < place.end && place.end <= text.len());
                    }
                },
            );
        }
    }
}

//! What stands in a text in encoded form: percent-encoding, escapes, entities, base64, hex.
//!
//! Only what is shown is decoded, so texts are short. A text is decoded twice at most: what
//! is encoded three times is not recognised.
//!
//! Every shown text passes through here, some of them several times, and hardly any hides a
//! value. So a decoded text is looked at only if it shows more than the text that it comes
//! from: what is the same in both was found there.

use std::cell::RefCell;
use std::ops::Range;

use super::forms::ESCAPES;
use super::memory::{Hidden, Words};
use super::windows::WINDOW;
use crate::check::encoding::{self, NO_SIGN};

/// The least signs of base64 or hex in a row that are decoded: those of six bytes of base64.
const SHORTEST: usize = 8;

/// What each byte may be: bit `n` says that an escape of `ESCAPES[n]` may begin with it, the
/// two highest ones that it is a sign of base64 or of hex.
const CLASSES: [u8; 256] = classes();
const BASE64_SIGN: u8 = 1 << 6;
const HEX_SIGN: u8 = 1 << 7;
/// The bits of all escapes.
const SIGNS: u8 = BASE64_SIGN - 1;

const fn classes() -> [u8; 256] {
    assert!(ESCAPES.len() <= 6);
    let mut classes = [0; 256];
    let mut n = 0;
    while n < ESCAPES.len() {
        let signs = ESCAPES[n].signs;
        let mut at = 0;
        while at < signs.len() {
            classes[signs[at] as usize] |= 1 << n;
            at += 1;
        }
        n += 1;
    }
    let mut byte = 0;
    while byte < 256 {
        if BASE64.values[byte] != NO_SIGN {
            classes[byte] |= BASE64_SIGN;
        }
        if HEX.values[byte] != NO_SIGN {
            classes[byte] |= HEX_SIGN;
        }
        byte += 1;
    }
    classes
}

/// A decoded text, and where its bytes come from.
pub(super) struct Layer<'a> {
    pub(super) bytes: Vec<u8>,
    origin: Origin,
    /// The layer that it was decoded from; None for the text itself.
    outer: Option<&'a Layer<'a>>,
}

/// Where the bytes of a layer come from.
enum Origin {
    /// A text, except for these signs, in ascending order.
    Escaped(Vec<Decoded>),
    /// A word that starts at `start`. Of its bytes, each `step`th from number `from`.
    Word {
        bits: usize,
        start: usize,
        from: usize,
        step: usize,
    },
}

/// A decoded sign.
#[derive(Clone, Copy)]
pub(super) struct Decoded {
    /// Its place in the layer.
    pub(super) out: usize,
    pub(super) out_end: usize,
    /// The place of its escape.
    pub(super) at: usize,
    pub(super) end: usize,
}

impl Layer<'_> {
    /// A text with these signs decoded.
    pub(super) fn escaped(bytes: Vec<u8>, signs: Vec<Decoded>) -> Self {
        Layer {
            bytes,
            origin: Origin::Escaped(signs),
            outer: None,
        }
    }

    /// Whether it is text with some signs decoded, and not what a long word hides.
    pub(super) fn is_escaped(&self) -> bool {
        matches!(self.origin, Origin::Escaped(_))
    }

    /// Returns where the bytes of `range`, which is not empty, come from.
    pub(super) fn place(&self, range: &Range<usize>) -> Range<usize> {
        let (mut layer, mut range) = (self, range.clone());
        loop {
            range = layer.origin.of(range.start).start..layer.origin.of(range.end - 1).end;
            match layer.outer {
                Some(outer) => layer = outer,
                None => return range,
            }
        }
    }

    /// Whether it may be a text in which something is encoded again.
    fn is_text(&self) -> bool {
        self.bytes.len() >= SHORTEST && self.bytes.iter().all(|b| is_text(*b))
    }

    /// Whether a window with a decoded sign `is_known`.
    fn shows_known(&self, is_known: &impl Fn(u64) -> bool) -> bool {
        let Origin::Escaped(signs) = &self.origin else {
            return true;
        };
        signs.iter().any(|sign| {
            let start = sign.out.saturating_sub(WINDOW - 1);
            let end = self.bytes.len().min(sign.out_end + WINDOW - 1);
            let mut near = self.bytes[start..end].windows(WINDOW);
            near.any(|window| is_known(super::packed(window)))
        })
    }
}

impl Origin {
    /// Returns where byte number `at` comes from.
    fn of(&self, at: usize) -> Range<usize> {
        match self {
            Origin::Escaped(signs) => {
                let before = signs.partition_point(|sign| sign.out <= at);
                match before.checked_sub(1).map(|last| signs[last]) {
                    Some(sign) if at < sign.out_end => sign.at..sign.end,
                    Some(sign) => {
                        let at = sign.end + (at - sign.out_end);
                        at..at + 1
                    }
                    None => at..at + 1,
                }
            }
            Origin::Word {
                bits,
                start,
                from,
                step,
            } => {
                let signs = ((from + at * step + 1) * 8).div_ceil(*bits);
                start + signs - 2..start + signs
            }
        }
    }
}

/// Calls `look` with what `text` is if it is decoded once or twice. Left out is what shows no
/// window that `is_known`, except in what `text` shows itself. With `all`, a text with decoded
/// signs is never left out. `words` are what was found out about words before.
pub(super) fn each(
    text: &[u8],
    all: bool,
    is_known: impl Fn(u64) -> bool,
    words: &mut Words,
    mut look: impl FnMut(&Layer<'_>),
) {
    let words = RefCell::new(words);
    let search = Search {
        is_known,
        all,
        words,
    };
    search.decode(text, None, &mut |layer, counts| {
        if counts {
            look(layer);
        }
        if layer.is_text() {
            search.decode(&layer.bytes, Some((layer, counts)), &mut |inner, counts| {
                if counts {
                    look(inner);
                }
            });
        }
    });
}

struct Search<'w, K> {
    is_known: K,
    /// Whether texts with decoded signs always count.
    all: bool,
    /// What is known of words.
    words: RefCell<&'w mut Words>,
}

impl<K: Fn(u64) -> bool> Search<'_, K> {
    /// Calls `pass` with what `text` is if it is decoded once, and whether that shows more than
    /// `text`. What does not may do so if it is decoded again. `text` is that of `outer`, of
    /// which it is known whether it counts.
    fn decode(
        &self,
        text: &[u8],
        outer: Option<(&Layer<'_>, bool)>,
        pass: &mut dyn FnMut(&Layer<'_>, bool),
    ) {
        let seen = text.iter().fold(0, |seen, b| seen | CLASSES[*b as usize]);
        let within = outer.map(|(layer, _)| layer);
        // Signs that were decoded before.
        let earlier = match within.map(|layer| &layer.origin) {
            Some(Origin::Escaped(signs)) => Some(signs),
            _ => None,
        };
        for n in 0..ESCAPES.len() {
            if seen & 1 << n == 0 {
                continue;
            }
            let (bytes, signs) = unescaped(text, n);
            // If no window shows signs of both, and none is known that shows an earlier one,
            // each of them was seen alone.
            let apart = |(_, counts): (&Layer<'_>, bool)| {
                !counts && earlier.is_some_and(|earlier| are_apart(earlier, &signs))
            };
            if signs.is_empty() || outer.is_some_and(apart) {
                continue;
            }
            let layer = Layer {
                bytes,
                origin: Origin::Escaped(signs),
                outer: within,
            };
            let counts = self.all || layer.shows_known(&self.is_known);
            pass(&layer, counts);
        }
        for system in [&BASE64, &HEX] {
            if seen & system.class == 0 {
                continue;
            }
            for word in words(text, system) {
                // A word without a decoded sign in it or beside it is one of the outer text.
                if earlier.is_none_or(|signs| are_touched(signs, &word)) {
                    self.word(text, word, system, within, pass);
                }
            }
        }
    }

    /// Passes on what a word hides.
    fn word(
        &self,
        text: &[u8],
        word: Range<usize>,
        system: &System,
        outer: Option<&Layer<'_>>,
        pass: &mut dyn FnMut(&Layer<'_>, bool),
    ) {
        let bytes = &text[word.clone()];
        let again = |known: bool| {
            let phases = (0..system.phases).filter(|_| !known);
            let phases = phases.filter(|from| system.is_encoded_again(&bytes[*from..]));
            phases.fold(0, |bits, from| bits | 1 << from)
        };
        let ask = || {
            let known = system.has(bytes, &self.is_known);
            let again = again(known);
            Hidden { known, again }
        };
        let found = self.words.borrow_mut().hidden(bytes, system.class, ask);
        for from in 0..system.phases {
            let part = word.start + from..word.end;
            if found.known {
                hidden(system.decode(text, part, outer), &mut |layer| {
                    pass(&layer, true);
                });
            } else if outer.is_none() && found.again >> from & 1 != 0 {
                pass(&system.decode(text, part, outer), false);
            }
        }
    }
}

/// Whether no window shows a sign of `signs` together with one of `earlier`. The escapes of
/// `signs` stand in the text in which `earlier` are decoded.
fn are_apart(earlier: &[Decoded], signs: &[Decoded]) -> bool {
    signs.iter().all(|sign| {
        let near = earlier.partition_point(|sign_| sign_.out_end + WINDOW <= sign.at);
        earlier
            .get(near)
            .is_none_or(|next| sign.end + WINDOW <= next.out)
    })
}

/// Whether one of `signs` stands in `range` or beside it.
fn are_touched(signs: &[Decoded], range: &Range<usize>) -> bool {
    let next = signs.partition_point(|sign| sign.out_end < range.start);
    signs.get(next).is_some_and(|sign| sign.out <= range.end)
}

/// How bytes are written as words.
struct System {
    /// The bits of a sign.
    bits: u32,
    /// The bits of each sign, or [`NO_SIGN`].
    values: [u8; 256],
    /// A sign that is zero.
    zero: u8,
    /// After how many signs a byte can start.
    phases: usize,
    /// Its bit in [`CLASSES`].
    class: u8,
}

static BASE64: System = System {
    bits: 6,
    values: encoding::BASE64_VALUES,
    zero: b'A',
    phases: 4,
    class: BASE64_SIGN,
};

static HEX: System = System {
    bits: 4,
    values: encoding::HEX_VALUES,
    zero: b'0',
    phases: 2,
    class: HEX_SIGN,
};

impl System {
    #[inline]
    fn value(&self, sign: u8) -> u64 {
        u64::from(self.values[usize::from(sign)])
    }

    /// Whether a window that is known may be hidden in `word`, wherever its bytes start.
    fn has(&self, word: &[u8], is_known: &impl Fn(u64) -> bool) -> bool {
        // In UTF-16, most zero bytes make a sign that is zero.
        const ZEROS: usize = 3;
        // So many signs show a window that ends with the last of them.
        let least = 48 / self.bits as usize;
        let mut zeros = 0;
        let mut bits = 0u64;
        for (count, sign) in (1usize..).zip(word) {
            zeros += usize::from(*sign == self.zero);
            bits = bits << self.bits | self.value(*sign);
            // The last byte ends with this sign, or inside of it.
            let ends = |end: u32| is_known(bits >> end & 0xffff_ffff_ffff);
            let inside = count > least && self.bits == 6;
            if count >= least && (ends(0) || inside && (ends(2) || ends(4))) {
                return true;
            }
        }
        zeros >= ZEROS
    }

    /// Whether `word` is text in which something may be encoded again.
    fn is_encoded_again(&self, word: &[u8]) -> bool {
        if word.len() * (self.bits as usize) < SHORTEST * 8 {
            return false;
        }
        let (mut bits, mut count) = (0u64, 0);
        let (mut seen, mut longest, mut run) = (0, 0, 0);
        for sign in word {
            bits = bits << self.bits | self.value(*sign);
            count += self.bits;
            if count >= 8 {
                count -= 8;
                let byte = (bits >> count) as u8;
                if !is_text(byte) {
                    return false;
                }
                let class = CLASSES[usize::from(byte)];
                seen |= class;
                // The signs of hex are signs of base64, too.
                run = if class & BASE64_SIGN == 0 { 0 } else { run + 1 };
                longest = run.max(longest);
            }
        }
        seen & SIGNS != 0 || longest >= SHORTEST
    }

    /// Decodes the signs of `word`.
    fn decode<'a>(
        &self,
        text: &[u8],
        word: Range<usize>,
        outer: Option<&'a Layer<'a>>,
    ) -> Layer<'a> {
        let mut bytes = Vec::with_capacity(word.len() * self.bits as usize / 8);
        let (mut bits, mut count) = (0u64, 0);
        for sign in &text[word.clone()] {
            bits = bits << self.bits | self.value(*sign);
            count += self.bits;
            if count >= 8 {
                count -= 8;
                bytes.push((bits >> count) as u8);
            }
        }
        let origin = Origin::Word {
            bits: self.bits as usize,
            start: word.start,
            from: 0,
            step: 1,
        };
        Layer {
            bytes,
            origin,
            outer,
        }
    }
}

fn is_text(byte: u8) -> bool {
    byte >= b' ' && byte != 0x7f || b"\t\n\r".contains(&byte)
}

/// Decodes the signs that language number `n` escapes. Returns the text and the signs; without
/// signs, the text is not decoded.
pub(super) fn unescaped(text: &[u8], n: usize) -> (Vec<u8>, Vec<Decoded>) {
    let mut bytes = Vec::new();
    let mut signs = Vec::new();
    let (escape, class) = (&ESCAPES[n], 1 << n);
    let (mut at, mut copied) = (0, 0);
    while at < text.len() {
        if CLASSES[usize::from(text[at])] & class == 0 {
            at += 1;
            continue;
        }
        let Some((sign, len)) = (escape.decode)(&text[at..]) else {
            at += 1;
            continue;
        };
        if signs.is_empty() {
            bytes.reserve_exact(text.len());
        }
        bytes.extend_from_slice(&text[copied..at]);
        let out = bytes.len();
        bytes.extend_from_slice(sign.bytes());
        signs.push(Decoded {
            out,
            out_end: bytes.len(),
            at,
            end: at + len,
        });
        at += len;
        copied = at;
    }
    if !signs.is_empty() {
        bytes.extend_from_slice(&text[copied..]);
    }
    (bytes, signs)
}

/// Returns the longest runs of signs of `system`, if they are long enough.
fn words(text: &[u8], system: &System) -> impl Iterator<Item = Range<usize>> {
    let class = system.class;
    let is_other = move |b: &u8| CLASSES[usize::from(*b)] & class == 0;
    let mut start = 0;
    std::iter::from_fn(move || {
        while let Some(next) = text.get(start..start + SHORTEST) {
            // From the right, so that most of a text of short words is not read.
            if let Some(other) = next.iter().rposition(is_other) {
                start += other + 1;
                continue;
            }
            let rest = text[start + SHORTEST..].iter().position(is_other);
            let word = start..rest.map_or(text.len(), |rest| start + SHORTEST + rest);
            start = word.end;
            return Some(word);
        }
        None
    })
}

/// Passes on what a word hides, and the same without the zeros of UTF-16.
fn hidden(layer: Layer<'_>, look: &mut dyn FnMut(Layer<'_>)) {
    let Origin::Word { bits, start, .. } = layer.origin else {
        return look(layer);
    };
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
        let step = 2;
        let letters = layer.bytes.iter().skip(from).step_by(step);
        look(Layer {
            bytes: letters.copied().collect(),
            origin: Origin::Word {
                bits,
                start,
                from,
                step,
            },
            outer: layer.outer,
        });
    }
    look(layer);
}

#[cfg(test)]
mod tests {
    use super::super::{Level, Needle, Needles, merged};
    use super::*;

    /// Returns the parts of `text` that are `wanted` if they are decoded.
    fn found(text: &str, wanted: &str) -> Vec<String> {
        let mut found = Vec::new();
        each(
            text.as_bytes(),
            true,
            |_| true,
            &mut Words::default(),
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
                true,
                |_| true,
                &mut Words::default(),
                |layer| {
                    for at in 0..layer.bytes.len() {
                        let place = layer.place(&(at..at + 1));
                        assert!(place.start < place.end && place.end <= text.len());
                    }
                },
            );
        }
    }

    /// Each byte of a text with its place.
    type Plain = Vec<(u8, Range<usize>)>;

    /// Decodes in the plain way: everything, byte by byte.
    fn plain(text: &Plain, is_known: &dyn Fn(u64) -> bool) -> Vec<(Plain, bool)> {
        let bytes: Vec<u8> = text.iter().map(|(byte, _)| *byte).collect();
        let place = |range: Range<usize>| text[range.start].1.start..text[range.end - 1].1.end;
        let mut all = Vec::new();
        for escape in ESCAPES {
            let (mut out, mut at) = (Plain::new(), 0);
            while at < bytes.len() {
                let sign = (escape.decode)(&bytes[at..]);
                match sign.filter(|_| escape.signs.contains(&bytes[at])) {
                    Some((sign, len)) => {
                        let signs = sign.bytes().iter();
                        out.extend(signs.map(|b| (*b, place(at..at + len))));
                        at += len;
                    }
                    None => {
                        out.push((bytes[at], place(at..at + 1)));
                        at += 1;
                    }
                }
            }
            if out.len() < text.len() {
                all.push((out, true));
            }
        }
        for system in [&BASE64, &HEX] {
            for word in words(&bytes, system) {
                let known = system.has(&bytes[word.clone()], &is_known);
                for from in 0..system.phases {
                    let layer = system.decode(&bytes, word.start + from..word.end, None);
                    if !known && !layer.bytes.iter().all(|b| is_text(*b)) {
                        continue;
                    }
                    hidden(layer, &mut |layer| {
                        let out = layer.bytes.iter().enumerate();
                        let out = out.map(|(at, b)| (*b, place(layer.place(&(at..at + 1)))));
                        all.push((out.collect(), false));
                    });
                }
            }
        }
        all
    }

    /// What is left out shows nothing that is not found without it.
    #[test]
    fn everything_is_found_that_the_plain_way_finds() {
        const PIECES: &[&str] = &[
            "%",
            "25",
            "26",
            "%41",
            "\\",
            "\\u00e9",
            "u0041",
            "\\x26",
            "&#",
            "65;",
            "amp;",
            "&",
            "`",
            "^",
            "'",
            "\"",
            "$",
            "abcdef",
            "gh",
            "QUJDREVGR0g",
            "cGFzc3c",
            "4142434445464748",
            "%32%36",
            "wachtwoord",
            " ",
            "=",
            "\n",
            "YQBiAGMAZABlAGYA",
            "é",
            "w",
            "x9!",
        ];
        let mut rng = crate::check::mint::Rng::new(3);
        let mut text = |pieces: usize| -> Vec<u8> {
            let pieces = (0..pieces).map(|_| PIECES[rng.below(PIECES.len())]);
            pieces.flat_map(|piece| piece.bytes()).collect()
        };
        let mut found = 0;
        for round in 0..1_000 {
            let shown = text(12);
            let whole: Plain = shown
                .iter()
                .enumerate()
                .map(|(at, b)| (*b, at..at + 1))
                .collect();
            // Values of any form in which the text shows parts of itself, and some that it does not.
            let mut values = vec![text(2), text(3)];
            let first = plain(&whole, &|_| true);
            let again = first.iter().flat_map(|(layer, _)| plain(layer, &|_| true));
            let forms: Vec<Plain> = first
                .iter()
                .cloned()
                .chain(again)
                .map(|(form, _)| form)
                .collect();
            let form = &forms[(round * 7) % forms.len().max(1)..][..usize::from(!forms.is_empty())];
            for form in form {
                let from = (round * 5) % form.len().max(1);
                let part = form[from..].iter().take(6 + round % 9).map(|(b, _)| *b);
                values.push(part.collect());
            }
            let level = [Level::Doubt, Level::Sure][round % 2];
            let needles: Vec<Needle<'_>> = values
                .iter()
                .map(|bytes| Needle::new(bytes, level))
                .collect();
            let short = values.iter().filter(|_| round % 3 == 0);
            let needles = Needles::of(&needles, level).with_short(short.map(|v| &v[..]));
            let cut = (round % 4 == 1, round % 5 == 1);
            let is_known = |window| needles.windows.level(window).is_some();
            let mut wanted = needles.hidden(&shown);
            for (run, level) in needles.runs(&shown) {
                let divided = cut.0 && run.start == 0 || cut.1 && run.end == shown.len();
                if needles.counts(&shown[run.clone()], level, divided) {
                    wanted.push(run);
                }
            }
            let mut look = |layer: &Plain, is_escaped: bool| {
                let bytes: Vec<u8> = layer.iter().map(|(b, _)| *b).collect();
                let place = |run: &Range<usize>| layer[run.start].1.start..layer[run.end - 1].1.end;
                for (run, level) in needles.runs(&bytes) {
                    let place = place(&run);
                    let divided = cut.0 && place.start < 4 || cut.1 && place.end + 4 > shown.len();
                    if needles.counts(&bytes[run], level, divided) {
                        wanted.push(place);
                    }
                }
                if is_escaped {
                    let mut short = Vec::new();
                    needles.short.find(&bytes, &mut short);
                    wanted.extend(short.iter().map(place));
                }
            };
            for (layer, is_escaped) in plain(&whole, &is_known) {
                look(&layer, is_escaped);
                let text = layer.iter().all(|(b, _)| is_text(*b));
                if text && layer.len() >= SHORTEST {
                    for (inner, is_escaped) in plain(&layer, &is_known) {
                        look(&inner, is_escaped);
                    }
                }
            }
            let wanted = merged(wanted);
            found += wanted.len();
            let hidden = needles.hidden_in_cut(&shown, cut);
            assert_eq!(
                hidden,
                wanted,
                "{:?} {values:?}",
                String::from_utf8_lossy(&shown)
            );
        }
        assert!(found > 300);
    }
}

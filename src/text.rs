//! Positions in text, and text encodings.
//!
//! The detector reads ASCII-compatible bytes. This module recognises UTF-16 and UTF-32
//! and transcodes them to UTF-8. UTF-8, Latin-1 and text with stray NULs stay
//! unchanged.

use memchr::{memchr_iter, memrchr};

/// A position in text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// 1-based line; lines end at `\n`.
    pub line: u64,
    /// 1-based column in Unicode characters; a byte that is not UTF-8 counts as one.
    pub column: u64,
    /// 1-based column in UTF-16 code units, as SARIF and LSP count.
    pub utf16_column: u64,
    /// Byte offset in the (transcoded) content.
    pub offset: u64,
}

/// Converts ascending byte offsets to positions; counts each byte once.
#[derive(Clone, Debug)]
pub struct LineIndex {
    /// The line of `counted_to`.
    line: u64,
    /// Everything before this offset of the buffer has been counted.
    counted_to: usize,
    /// The width of the text before `counted_to` on its line: characters, UTF-16 units.
    columns: (u64, u64),
    /// Offset of the first byte of the buffer in the content.
    base: u64,
    /// Columns before the buffer on its first line.
    carried: (u64, u64),
}

impl Default for LineIndex {
    fn default() -> Self {
        Self {
            line: 1,
            counted_to: 0,
            columns: (0, 0),
            base: 0,
            carried: (0, 0),
        }
    }
}

impl LineIndex {
    /// Returns the position of byte `at` of `buffer`. Fast if calls ascend, correct in
    /// any order.
    pub fn position(&mut self, buffer: &[u8], at: usize) -> Position {
        let at = at.min(buffer.len());
        let inside_character = buffer
            .get(self.counted_to)
            .is_some_and(|b| b & 0xc0 == 0x80);
        if at < self.counted_to || inside_character {
            self.back_to_line_start(buffer, at);
        }
        let passed = &buffer[self.counted_to..at];
        if let Some(newline) = memrchr(b'\n', passed) {
            self.line += memchr_iter(b'\n', passed).count() as u64;
            self.counted_to += newline + 1;
            self.columns = (0, 0);
        }
        let (chars, units) = width(&buffer[self.counted_to..at]);
        self.columns = (self.columns.0 + chars, self.columns.1 + units);
        self.counted_to = at;
        Position {
            line: self.line,
            column: self.columns.0 + 1,
            utf16_column: self.columns.1 + 1,
            offset: self.base + at as u64,
        }
    }

    /// Moves back to the start of the line of `at`, or of `counted_to` if that is
    /// earlier.
    fn back_to_line_start(&mut self, buffer: &[u8], at: usize) {
        let to = at.min(self.counted_to);
        self.line -= memchr_iter(b'\n', &buffer[to..self.counted_to]).count() as u64;
        (self.counted_to, self.columns) = match memrchr(b'\n', &buffer[..to]) {
            Some(newline) => (newline + 1, (0, 0)),
            None => (0, self.carried),
        };
    }

    /// Records that the first `dropped` bytes of `buffer` are removed.
    pub fn advance(&mut self, buffer: &[u8], dropped: usize) {
        let end = self.position(buffer, dropped);
        self.base += dropped as u64;
        self.counted_to = 0;
        self.columns = (end.column - 1, end.utf16_column - 1);
        self.carried = self.columns;
    }
}

/// Returns the width of `bytes` in Unicode characters and in UTF-16 units.
fn width(bytes: &[u8]) -> (u64, u64) {
    if bytes.is_ascii() {
        return (bytes.len() as u64, bytes.len() as u64);
    }
    let (mut chars, mut units) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            chars += 1;
            units += c.len_utf16() as u64;
        }
        let bad = chunk.invalid().len() as u64;
        chars += bad;
        units += bad;
    }
    (chars, units)
}

/// The encoding of content, as far as reading it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
// For tests and fuzzing.
#[doc(hidden)]
pub enum Encoding {
    /// ASCII-compatible: read unchanged. `bom` bytes at the start are not content.
    Bytes {
        /// Length of a UTF-8 byte order mark, 0 or 3.
        bom: usize,
    },
    /// UTF-16.
    Utf16 {
        /// Most significant byte first.
        big: bool,
        /// Length of the byte order mark, 0 or 2.
        bom: usize,
    },
    /// UTF-32.
    Utf32 {
        /// Most significant byte first.
        big: bool,
        /// Length of the byte order mark, 0 or 4.
        bom: usize,
    },
    /// Not text: scanned only for distinctive tokens.
    Binary,
}

/// How many leading bytes decide the encoding.
pub(crate) const SNIFF_LEN: usize = 8192;

/// Recognises the encoding from the first bytes of the content, at most [`SNIFF_LEN`].
// For tests and fuzzing.
#[doc(hidden)]
pub fn sniff(head: &[u8]) -> Encoding {
    let head = &head[..head.len().min(SNIFF_LEN)];
    match head {
        [0xff, 0xfe, 0, 0, ..] => return Encoding::Utf32 { big: false, bom: 4 },
        [0, 0, 0xfe, 0xff, ..] => return Encoding::Utf32 { big: true, bom: 4 },
        [0xff, 0xfe, ..] => return Encoding::Utf16 { big: false, bom: 2 },
        [0xfe, 0xff, ..] => return Encoding::Utf16 { big: true, bom: 2 },
        [0xef, 0xbb, 0xbf, ..] => return Encoding::Bytes { bom: 3 },
        _ => {}
    }
    if memchr::memchr(0, head).is_some()
        && let Some(wide) = sniff_wide(head)
    {
        return wide;
    }
    if is_binary(head) {
        Encoding::Binary
    } else {
        Encoding::Bytes { bom: 0 }
    }
}

/// Recognises UTF-16 or UTF-32 without a byte order mark: zeros are nearly always in
/// the same column of a row of 2 or 4, and never in the column of the low byte.
fn sniff_wide(head: &[u8]) -> Option<Encoding> {
    if head.len() < 8 {
        return None;
    }
    let usable = head.len() / 4 * 4;
    let mut zeros = [0usize; 4];
    for row in head[..usable].chunks_exact(4) {
        for (column, byte) in row.iter().enumerate() {
            zeros[column] += usize::from(*byte == 0);
        }
    }
    let rows = usable / 4;
    let most = |n: usize| n * 10 >= rows * 7;
    let few = |n: usize| n * 7 <= rows;
    let all = |n: usize| n * 20 >= rows * 19;
    match zeros.map(|n| (most(n), few(n))) {
        [(_, true), _, _, _] if all(zeros[2]) && all(zeros[3]) => {
            Some(Encoding::Utf32 { big: false, bom: 0 })
        }
        [_, _, _, (_, true)] if all(zeros[0]) && all(zeros[1]) => {
            Some(Encoding::Utf32 { big: true, bom: 0 })
        }
        [(_, true), (true, _), (_, true), (true, _)] => {
            Some(Encoding::Utf16 { big: false, bom: 0 })
        }
        [(true, _), (_, true), (true, _), (_, true)] => Some(Encoding::Utf16 { big: true, bom: 0 }),
        _ => None,
    }
}

/// Whether `head` is not text. More than one byte in 25 is a control character that
/// text does not use, or one in 100 if there are also NULs. Stray NULs
/// (`/proc/*/environ`, `find -print0`) are allowed up to one in three; high bytes are
/// text in some encoding.
fn is_binary(head: &[u8]) -> bool {
    let (mut controls, mut nuls) = (0usize, 0usize);
    // Counts in bytes and without branches, so that the compiler can vectorise: a
    // history calls this for hundreds of thousands of blobs.
    for chunk in head.chunks(255) {
        let (mut control, mut nul) = (0u8, 0u8);
        for &byte in chunk {
            let used = (byte == b'\t')
                | (byte == b'\n')
                | (byte == b'\r')
                | (byte == 0x0c)
                | (byte == 0x08)
                | (byte == 0x1b);
            nul += u8::from(byte == 0);
            control += u8::from(((byte < 0x20) & (byte != 0) & !used) | (byte == 0x7f));
        }
        nuls += usize::from(nul);
        controls += usize::from(control);
    }
    // Compressed data has about 11 % such bytes, executables 5 to 20 % and many NULs.
    controls * 25 > head.len() || nuls * 3 > head.len() || (nuls > 0 && controls * 100 > head.len())
}

/// Transcodes UTF-16 or UTF-32 to UTF-8 piece by piece.
#[derive(Clone, Debug)]
// For tests and fuzzing.
#[doc(hidden)]
pub struct Transcoder {
    wide: u8,
    big: bool,
    /// Bytes of an incomplete code unit.
    pending: Vec<u8>,
    /// A high surrogate that waits for its partner.
    high: Option<u16>,
}

impl Transcoder {
    /// Creates a transcoder for `encoding`, or `None` if its bytes need no transcoding.
    pub fn new(encoding: Encoding) -> Option<Self> {
        let (wide, big) = match encoding {
            Encoding::Utf16 { big, .. } => (2, big),
            Encoding::Utf32 { big, .. } => (4, big),
            Encoding::Bytes { .. } | Encoding::Binary => return None,
        };
        Some(Self {
            wide,
            big,
            pending: Vec::new(),
            high: None,
        })
    }

    /// Appends the UTF-8 form of `input` to `out`; keeps an incomplete character for
    /// the next call.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let wide = usize::from(self.wide);
        let mut input = input;
        if !self.pending.is_empty() {
            let missing = (wide - self.pending.len()).min(input.len());
            self.pending.extend_from_slice(&input[..missing]);
            input = &input[missing..];
            if self.pending.len() < wide {
                return;
            }
            let unit = std::mem::take(&mut self.pending);
            self.unit(&unit, out);
        }
        let units = input.chunks_exact(wide);
        self.pending.extend_from_slice(units.remainder());
        for unit in units {
            self.unit(unit, out);
        }
    }

    /// Ends the input; an incomplete character becomes U+FFFD.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if !self.pending.is_empty() || self.high.is_some() {
            push_char(char::REPLACEMENT_CHARACTER, out);
        }
        self.pending.clear();
        self.high = None;
    }

    fn unit(&mut self, unit: &[u8], out: &mut Vec<u8>) {
        let value = unit.iter().fold(0u32, |acc, b| acc << 8 | u32::from(*b));
        if self.wide == 4 {
            let value = if self.big { value } else { value.swap_bytes() };
            push_char(
                char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER),
                out,
            );
            return;
        }
        let value = if self.big {
            value as u16
        } else {
            (value as u16).swap_bytes()
        };
        match (self.high.take(), value) {
            (Some(high), 0xdc00..=0xdfff) => {
                let c = 0x10000 + ((u32::from(high) - 0xd800) << 10) + (u32::from(value) - 0xdc00);
                push_char(
                    char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER),
                    out,
                );
            }
            (orphan, value) => {
                if orphan.is_some() {
                    push_char(char::REPLACEMENT_CHARACTER, out);
                }
                match value {
                    0xd800..=0xdbff => self.high = Some(value),
                    _ => push_char(
                        char::from_u32(u32::from(value)).unwrap_or(char::REPLACEMENT_CHARACTER),
                        out,
                    ),
                }
            }
        }
    }
}

fn push_char(c: char, out: &mut Vec<u8>) {
    if c.is_ascii() {
        out.push(c as u8);
    } else {
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|u| {
                if big {
                    u.to_be_bytes()
                } else {
                    u.to_le_bytes()
                }
            })
            .collect()
    }

    fn utf32(text: &str, big: bool) -> Vec<u8> {
        text.chars()
            .flat_map(|c| {
                if big {
                    (c as u32).to_be_bytes()
                } else {
                    (c as u32).to_le_bytes()
                }
            })
            .collect()
    }

    #[test]
    fn columns_count_characters_and_utf16_units() {
        let text = "ab\nα😀x".as_bytes();
        let mut index = LineIndex::default();
        let x = index.position(text, text.len() - 1);
        assert_eq!((x.line, x.column, x.utf16_column), (2, 3, 4));
        let start = index.position(text, 0);
        assert_eq!((start.line, start.column), (1, 1));
    }

    #[test]
    fn positions_are_the_same_in_any_order_of_asking() {
        let text = "ab\nα😀xy\n\nlast ü line".as_bytes();
        let plain = |at: usize| LineIndex::default().position(text, at);
        let mut state = 0x2545_f491_4f6c_dd1du64;
        let mut index = LineIndex::default();
        for _ in 0..2000 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let at = (state % (text.len() as u64 + 1)) as usize;
            assert_eq!(index.position(text, at), plain(at), "{at}");
        }
    }

    #[test]
    fn positions_survive_dropping_the_front() {
        let text = b"one\ntwo three\nfour";
        for cut in 0..text.len() {
            let mut whole = LineIndex::default();
            let mut moved = LineIndex::default();
            moved.advance(text, cut);
            for at in cut..=text.len() {
                assert_eq!(
                    moved.position(&text[cut..], at - cut),
                    whole.position(text, at)
                );
            }
        }
    }

    #[test]
    fn encodings_are_recognised_with_and_without_a_mark() {
        let text = "password = hunter2\nüser = 日本\n"; // stopleak:allow made up
        assert_eq!(sniff(text.as_bytes()), Encoding::Bytes { bom: 0 });
        for big in [false, true] {
            assert_eq!(sniff(&utf16(text, big)), Encoding::Utf16 { big, bom: 0 });
            assert_eq!(sniff(&utf32(text, big)), Encoding::Utf32 { big, bom: 0 });
            let marked = format!("\u{feff}{text}");
            assert_eq!(sniff(&utf16(&marked, big)), Encoding::Utf16 { big, bom: 2 });
            assert_eq!(sniff(&utf32(&marked, big)), Encoding::Utf32 { big, bom: 4 });
        }
        let latin1: Vec<u8> = "clé = été\n".chars().map(|c| c as u8).collect();
        assert_eq!(sniff(&latin1), Encoding::Bytes { bom: 0 });
        assert_eq!(
            sniff(b"A=1\0B=2\0LONG_NAME=some value\0"),
            Encoding::Bytes { bom: 0 }
        );
        assert_eq!(
            sniff(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0\x01\0\0\0"),
            Encoding::Binary
        );
    }

    #[test]
    fn transcoding_is_the_same_however_the_input_is_cut() {
        let text = "a😀β\u{feff}z";
        for big in [false, true] {
            for bytes in [(utf16(text, big), 2), (utf32(text, big), 4)] {
                let (bytes, wide) = bytes;
                let encoding = if wide == 2 {
                    Encoding::Utf16 { big, bom: 0 }
                } else {
                    Encoding::Utf32 { big, bom: 0 }
                };
                for cut in 0..=bytes.len() {
                    let mut coder = Transcoder::new(encoding).unwrap();
                    let mut out = Vec::new();
                    coder.push(&bytes[..cut], &mut out);
                    coder.push(&bytes[cut..], &mut out);
                    coder.finish(&mut out);
                    assert_eq!(String::from_utf8(out).unwrap(), text);
                }
            }
        }
    }

    #[test]
    fn broken_units_become_replacement_characters() {
        let mut coder = Transcoder::new(Encoding::Utf16 { big: true, bom: 0 }).unwrap();
        let mut out = Vec::new();
        coder.push(&[0xd8, 0x00, 0x00, b'a', 0xdc, 0x00, 0x00], &mut out);
        coder.finish(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "\u{fffd}a\u{fffd}\u{fffd}");
    }
}

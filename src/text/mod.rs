//! Positions in text, and text encodings.
//!
//! The detector reads ASCII-compatible bytes. [`Decoder`] turns the stretches of content
//! that are UTF-16 or UTF-32 into UTF-8, wherever they begin and end. UTF-8, Latin-1 and
//! text with stray NULs stay unchanged.

mod binary;
mod decoder;
mod evidence;
mod units;
mod usual;

pub(crate) use binary::{SNIFF_LEN, is_binary};
// For tests and fuzzing.
#[doc(hidden)]
pub use decoder::{Decoder, Plain, plain};
pub(crate) use usual::is_usual;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}

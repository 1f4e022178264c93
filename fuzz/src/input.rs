//! Splits an input: numbers from its front, the rest as bytes or text.

/// The unread rest of an input.
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// Creates an input from all of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Returns whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the next byte; 0 at the end.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// Reads the next two bytes as a little-endian number.
    pub fn short(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    /// Reads a two-byte length, then that many bytes, at most the rest.
    pub fn part(&mut self) -> &'a [u8] {
        let len = usize::from(self.short()).min(self.0.len());
        let (part, rest) = self.0.split_at(len);
        self.0 = rest;
        part
    }

    /// Reads the next bytes up to a line end, and drops the line end.
    pub fn line(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|b| *b == b'\n');
        let line = &self.0[..end.unwrap_or(self.0.len())];
        self.0 = &self.0[end.map_or(self.0.len(), |end| end + 1)..];
        line
    }

    /// Reads the rest.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// Reads the rest up to the first byte that is not UTF-8.
    pub fn text(&mut self) -> &'a str {
        let bytes = self.rest();
        match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
        }
    }
}

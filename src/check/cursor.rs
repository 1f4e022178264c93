//! A checked reader for the binary formats inside credentials. At the end of the input, every step
//! returns `None` instead of panicking.

/// The unread rest of a byte string.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Creates a reader at the start of `bytes`.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Returns the bytes that have not been read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Returns whether everything has been read.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads the next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.rest.split_at_checked(count)?;
        self.rest = tail;
        Some(head)
    }

    /// Reads the next byte.
    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// Returns the next byte without reading it.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Reads `literal` or nothing.
    pub(crate) fn literal(&mut self, literal: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(literal)?;
        Some(())
    }

    /// Reads the next `count` bytes (at most 8) as a big-endian number.
    pub(crate) fn big_endian(&mut self, count: usize) -> Option<u64> {
        if count > 8 {
            return None;
        }
        let bytes = self.take(count)?;
        Some(bytes.iter().fold(0, |n, &b| n << 8 | u64::from(b)))
    }

    /// Reads a byte string after its four-byte big-endian length (SSH).
    pub(crate) fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.big_endian(4)?).ok()?;
        self.take(length)
    }

    /// Reads a little-endian base-128 number of at most nine bytes (protobuf, macaroons).
    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// Reads a byte string after its length as a [`Self::varint`].
    pub(crate) fn varint_string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.varint()?).ok()?;
        self.take(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_stops_at_the_end() {
        let mut cursor = Cursor::new(b"\0\0\0\x02hi\xac\x02x");
        assert_eq!(cursor.string().unwrap(), b"hi");
        assert_eq!(cursor.varint(), Some(300));
        assert_eq!(cursor.peek(), Some(b'x'));
        assert_eq!(cursor.take(2), None);
        assert_eq!(cursor.rest(), b"x");
        assert!(cursor.literal(b"x").is_some() && cursor.is_empty());
        assert_eq!(Cursor::new(&[0xff; 20]).varint(), None);
        assert_eq!(Cursor::new(&[0xff; 4]).string(), None);
        assert_eq!(Cursor::new(&[0xff; 20]).big_endian(9), None);
    }
}

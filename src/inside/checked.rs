//! Checksums of members: CRC-32 as zip, 7z and gzip have it.
//!
//! Source: ISO 3309 and ITU-T V.42, the polynomial 0xEDB88320 with its bits reversed. Eight bytes
//! are taken at once, with a table for each of them.

use std::io::{self, Read};

use super::trouble::{Class, Trouble};

/// What eight bytes do to a checksum: a table for each place.
static TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut value = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            value = (value >> 1) ^ (0xedb8_8320 & (value & 1).wrapping_neg());
            bit += 1;
        }
        tables[0][byte] = value;
        byte += 1;
    }
    let mut place = 1;
    while place < 8 {
        let mut byte = 0;
        while byte < 256 {
            let value = tables[place - 1][byte];
            tables[place][byte] = (value >> 8) ^ tables[0][(value & 0xff) as usize];
            byte += 1;
        }
        place += 1;
    }
    tables
}

/// A checksum of bytes that come one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crc(u32);

impl Crc {
    pub(super) fn new() -> Self {
        Self(u32::MAX)
    }

    /// Returns the checksum of `bytes`.
    pub(super) fn of(bytes: &[u8]) -> u32 {
        let mut crc = Self::new();
        crc.add(bytes);
        crc.value()
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        let at = |place: usize, value: u32| TABLES[place][(value & 0xff) as usize];
        let (eights, rest) = bytes.as_chunks::<8>();
        let mut crc = self.0;
        for &[a, b, c, d, e, f, g, h] in eights {
            let low = crc ^ u32::from_le_bytes([a, b, c, d]);
            let high = u32::from_le_bytes([e, f, g, h]);
            crc = at(7, low) ^ at(6, low >> 8) ^ at(5, low >> 16) ^ at(4, low >> 24);
            crc ^= at(3, high) ^ at(2, high >> 8) ^ at(1, high >> 16) ^ at(0, high >> 24);
        }
        for byte in rest {
            crc = (crc >> 8) ^ at(0, crc ^ u32::from(*byte));
        }
        self.0 = crc;
    }

    pub(super) fn value(self) -> u32 {
        !self.0
    }
}

/// The content of a member, which is checked at its end.
pub(super) struct Checked<'r> {
    inner: &'r mut dyn Read,
    crc: Crc,
    /// The bytes read so far.
    pub(super) len: u64,
    /// The checksum and the size in bytes that the content should have, if they are known.
    crc_told: Option<u32>,
    len_told: Option<u64>,
    level: u32,
    /// Whether all of it was read, right or wrong.
    pub(super) is_done: bool,
    /// The trouble that was returned to the one who reads.
    pub(super) failed: Option<Trouble>,
}

impl<'r> Checked<'r> {
    /// Begins a member of a container at `level`.
    pub(super) fn new(
        inner: &'r mut dyn Read,
        crc_told: Option<u32>,
        len_told: Option<u64>,
        level: u32,
    ) -> Self {
        Self {
            inner,
            crc: Crc::new(),
            len: 0,
            crc_told,
            len_told,
            level,
            is_done: false,
            failed: None,
        }
    }

    /// The checksum of what was read.
    pub(super) fn crc(&self) -> u32 {
        self.crc.value()
    }

    /// Reads what is left and forgets it.
    ///
    /// # Errors
    /// Fails if the content does, and if its checksum is wrong.
    pub(super) fn drain(&mut self) -> io::Result<()> {
        let mut buffer = [0; 8192];
        while self.read(&mut buffer)? > 0 {}
        Ok(())
    }

    fn end(&mut self) -> io::Result<usize> {
        self.is_done = true;
        let is_right = self.crc_told.is_none_or(|crc| crc == self.crc())
            && self.len_told.is_none_or(|len| len == self.len);
        if is_right {
            return Ok(0);
        }
        let (class, level) = (Class::Damaged, self.level);
        let why = "its content is not as its checksum wants it";
        let trouble = Trouble { class, why, level };
        self.failed = Some(trouble);
        Err(trouble.into())
    }
}

impl Read for Checked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(trouble) = self.failed {
            return Err(trouble.into());
        }
        if self.is_done || buffer.is_empty() {
            return Ok(0);
        }
        match self.inner.read(buffer) {
            Ok(0) => self.end(),
            Ok(n) => {
                self.crc.add(&buffer[..n]);
                self.len += n as u64;
                Ok(n)
            }
            Err(error) => {
                self.failed = Trouble::of(&error);
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(Crc::of(b""), 0);
        assert_eq!(Crc::of(b"123456789"), 0xcbf4_3926);
        let text = b"The quick brown fox jumps over the lazy dog";
        assert_eq!(Crc::of(text), 0x414f_a339);
        for at in 0..text.len() {
            let mut crc = Crc::new();
            crc.add(&text[..at]);
            crc.add(&text[at..]);
            assert_eq!(crc.value(), 0x414f_a339);
        }
    }

    #[test]
    fn wrong_content_is_told_at_its_end() {
        let mut source: &[u8] = b"123456789";
        let mut checked = Checked::new(&mut source, Some(1), None, 3);
        let mut all = Vec::new();
        let error = checked.read_to_end(&mut all).unwrap_err();
        assert_eq!(all, b"123456789");
        assert_eq!(Trouble::of(&error).map(|t| t.level), Some(3));
        let mut source: &[u8] = b"123456789";
        let mut checked = Checked::new(&mut source, Some(0xcbf4_3926), Some(9), 3);
        checked.drain().unwrap();
        assert!(checked.is_done && checked.failed.is_none());
    }
}

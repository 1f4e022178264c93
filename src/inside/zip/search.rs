//! The end of a member whose length nobody tells before its content: a descriptor behind it says
//! how long it was.
//!
//! Source: APPNOTE 4.3.9 (data descriptor): a mark, which may be missing, the checksum, and two
//! sizes of 4 bytes or, for zip64, of 8.

use std::io::{self, BufRead, Read};

use memchr::memmem;

use super::super::checked::Crc;
use super::super::input::Input;
use super::{CENTRAL, DESCRIPTOR, END, END64, LOCAL, u32_at, u64_at};

/// A data descriptor.
pub(super) struct Descriptor {
    /// Its own length.
    pub(super) len: usize,
    pub(super) crc: u32,
    pub(super) size: u64,
}

/// The longest descriptor, and the mark behind it.
const LOOK: usize = 28;

impl Descriptor {
    /// Returns the descriptor at the start of `bytes`, if it fits to a content of `packed` bytes,
    /// and `size` bytes unpacked if that is known.
    pub(super) fn of(bytes: &[u8], packed: u64, size: Option<u64>) -> Option<Self> {
        let fits = Self::fitting(bytes, packed).filter(|(found, _, _)| {
            size.is_none_or(|size| size == found.size || size & 0xffff_ffff == found.size)
        });
        let mut all: Vec<_> = fits.collect();
        let best = all.iter().position(|(_, _, is_followed)| *is_followed);
        match all.is_empty() {
            true => None,
            false => Some(all.swap_remove(best.unwrap_or(0)).0),
        }
    }

    /// Returns the descriptors at the start of `bytes` that fit to a content of `packed` bytes,
    /// whether they are marked, and whether a record follows.
    fn fitting(bytes: &[u8], packed: u64) -> impl Iterator<Item = (Self, bool, bool)> {
        let forms = [(4, 12), (4, 20), (0, 12), (0, 20)];
        forms.into_iter().filter_map(move |(mark, len)| {
            let is_marked = mark == 4;
            if is_marked && !bytes.starts_with(DESCRIPTOR) || bytes.len() < mark + len {
                return None;
            }
            let field = &bytes[mark..mark + len];
            let (told, size) = match len {
                12 => (u64::from(u32_at(field, 4)), u64::from(u32_at(field, 8))),
                _ => (u64_at(field, 4), u64_at(field, 12)),
            };
            // Sizes of 4 bytes are what is left of larger ones.
            let is_right = told == packed || len == 12 && told == packed & 0xffff_ffff;
            let follows = bytes[mark + len..].first_chunk::<4>();
            let is_followed = matches!(follows, Some(LOCAL | CENTRAL | END | END64));
            let found = Self {
                len: mark + len,
                crc: u32_at(field, 0),
                size,
            };
            is_right.then_some((found, is_marked, is_followed))
        })
    }
}

/// Reads the content of a member up to the first descriptor that fits.
pub(super) struct Search<'i, 'a> {
    input: &'i mut Input<'a>,
    /// The bytes taken so far.
    at: u64,
    /// Their checksum, if the content is stored as it is.
    crc: Option<Crc>,
    /// How many bytes are known to belong to the content.
    ready: usize,
    found: Option<Descriptor>,
}

impl<'i, 'a> Search<'i, 'a> {
    pub(super) fn new(input: &'i mut Input<'a>, is_stored: bool) -> Self {
        Self {
            input,
            at: 0,
            crc: is_stored.then(Crc::new),
            ready: 0,
            found: None,
        }
    }

    /// Searches behind the first `at` bytes of packed content, which were taken already.
    pub(super) fn from(input: &'i mut Input<'a>, at: u64) -> Self {
        Self {
            at,
            ..Self::new(input, false)
        }
    }

    /// Takes the rest of the content and the descriptor. Returns the length of the content.
    pub(super) fn finish(mut self) -> io::Result<(u64, Option<Descriptor>)> {
        loop {
            let len = self.fill_buf()?.len();
            if len == 0 {
                break;
            }
            self.consume(len);
        }
        if let Some(found) = &self.found {
            self.input.take(found.len);
        }
        Ok((self.at, self.found))
    }

    fn descriptor(bytes: &[u8], at: u64, crc: Option<Crc>) -> Option<Descriptor> {
        let mut fitting = Descriptor::fitting(bytes, at);
        let found = fitting.find(|(found, is_marked, is_followed)| match crc {
            Some(crc) => {
                let is_right = found.crc == crc.value() && found.size == at;
                is_right && (*is_marked || *is_followed)
            }
            None => *is_followed,
        });
        found.map(|(found, _, _)| found)
    }

    /// Returns how many bytes at the start of `bytes` cannot begin a descriptor behind the
    /// first.
    fn clear(bytes: &[u8]) -> usize {
        let mut best = None;
        for mark in memmem::find_iter(bytes, b"PK") {
            if best.is_some_and(|best| mark > best + 24) {
                break;
            }
            let starts = match bytes[mark..].first_chunk::<4>() {
                Some(DESCRIPTOR) => [Some(mark), None],
                Some(LOCAL | CENTRAL | END | END64) => [mark.checked_sub(20), mark.checked_sub(12)],
                _ => continue,
            };
            let first = starts.into_iter().flatten().filter(|at| *at > 0).min();
            best = match (best, first) {
                (Some(best), Some(first)) => Some(first.min(best)),
                (best, first) => best.or(first),
            };
        }
        best.unwrap_or(bytes.len())
    }
}

impl BufRead for Search<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.found.is_some() {
            return Ok(&[]);
        }
        let (at, crc) = (self.at, self.crc);
        let is_new = self.ready == 0;
        let next = self.input.peek(2 * LOOK)?;
        if is_new {
            if next.is_empty() {
                return Err(self.input.damaged("it is cut off"));
            }
            self.found = Self::descriptor(next, at, crc);
            if self.found.is_some() {
                return Ok(&[]);
            }
            let clear = Self::clear(next);
            // A mark may stand across the end of what is there.
            let most = match next.len() >= 2 * LOOK {
                true => next.len() - LOOK,
                false => next.len(),
            };
            self.ready = clear.min(most);
        }
        let next = self.input.peek(1)?;
        Ok(&next[..self.ready.min(next.len())])
    }

    fn consume(&mut self, count: usize) {
        if let Some(crc) = &mut self.crc {
            // These bytes were just looked at.
            if let Ok(next) = self.input.peek(1) {
                crc.add(&next[..count.min(next.len())]);
            }
        }
        self.ready -= count;
        self.at += count as u64;
        self.input.take(count);
    }
}

impl Read for Search<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Where many marks stand, pieces are short.
        let mut filled = 0;
        while filled < buffer.len() {
            let next = match self.fill_buf() {
                Ok(next) => next,
                Err(error) if filled == 0 => return Err(error),
                // It comes again.
                Err(_) => break,
            };
            let n = next.len().min(buffer.len() - filled);
            if n == 0 {
                break;
            }
            buffer[filled..filled + n].copy_from_slice(&next[..n]);
            filled += n;
            self.consume(n);
        }
        Ok(filled)
    }
}

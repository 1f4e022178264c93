//! Content that lies in several places of a container.

use std::borrow::Cow;
use std::io::{self, Read};
use std::ops::Range;

/// Stretches of a file that belong together, as far as they are there.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces(Vec<Range<usize>>);

impl Pieces {
    /// Adds a stretch at the end.
    pub(super) fn push(&mut self, range: Range<usize>) {
        match self.0.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ if range.is_empty() => {}
            _ => self.0.push(range),
        }
    }

    /// The number of bytes.
    pub(super) fn len(&self) -> u64 {
        self.0.iter().map(|range| range.len() as u64).sum()
    }

    /// The stretches.
    pub(super) fn ranges(&self) -> &[Range<usize>] {
        &self.0
    }

    /// Returns the first bytes, as far as they are there.
    pub(super) fn first(&self, len: u64) -> Self {
        Place::default().take(self, len)
    }

    /// Returns the bytes, of which `data` has all.
    pub(super) fn bytes<'a>(&self, data: &'a [u8]) -> Cow<'a, [u8]> {
        match self.0.as_slice() {
            [] => Cow::Borrowed(&[]),
            [one] => Cow::Borrowed(data.get(one.clone()).unwrap_or_default()),
            all => Cow::Owned(
                all.iter()
                    .filter_map(|range| data.get(range.clone()))
                    .collect::<Vec<_>>()
                    .concat(),
            ),
        }
    }

    /// Returns a reader of the bytes, of which `data` has all.
    pub(super) fn reader<'a>(&'a self, data: &'a [u8]) -> impl Read + 'a {
        Reader {
            data,
            pieces: &self.0,
            rest: &[],
        }
    }
}

/// A place between two bytes of stretches.
#[derive(Default)]
pub(super) struct Place {
    piece: usize,
    offset: usize,
}

impl Place {
    /// Returns the next `len` bytes, as far as they are there, and goes behind them.
    pub(super) fn take(&mut self, pieces: &Pieces, mut len: u64) -> Pieces {
        let mut part = Pieces::default();
        while let Some(range) = pieces.0.get(self.piece).filter(|_| len > 0) {
            let start = range.start + self.offset;
            let taken = len.min((range.end - start) as u64) as usize;
            if taken > 0 {
                part.push(start..start + taken);
            }
            len -= taken as u64;
            self.offset += taken;
            if self.offset == range.len() {
                self.piece += 1;
                self.offset = 0;
            }
        }
        part
    }
}

struct Reader<'a> {
    data: &'a [u8],
    pieces: &'a [Range<usize>],
    rest: &'a [u8],
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            let Some((first, more)) = self.pieces.split_first() else {
                return Ok(0);
            };
            self.rest = self.data.get(first.clone()).unwrap_or_default();
            self.pieces = more;
        }
        self.rest.read(buffer)
    }
}

//! Pages of b-trees, their cells, and the records in them.

use std::ops::Range;

use super::super::pieces::{Pieces, Place};

/// How texts are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    /// It stands in another file.
    Unknown,
}

/// The smallest part of a page that may be usable, in bytes.
pub(super) const USABLE: usize = 480;

/// A page of a b-tree.
#[derive(Clone, Copy)]
pub(super) struct Page<'a> {
    /// The part of it that is usable.
    bytes: &'a [u8],
    is_table: bool,
    is_leaf: bool,
    /// Where its header begins: behind that of the file in its first page.
    header: usize,
    cells: usize,
}

/// An entry of a page.
#[derive(Debug)]
pub(super) struct Cell {
    /// The page below it.
    pub(super) child: Option<u32>,
    pub(super) row: i64,
    /// The size of its record in bytes, of which some may stand in other pages.
    pub(super) size: u64,
    /// The part of the record in this page.
    pub(super) local: Range<usize>,
    /// The page with the next part, or 0.
    pub(super) overflow: u32,
    /// All that the cell takes.
    extent: Range<usize>,
}

/// What the cells of a page are.
pub(super) struct Cells {
    pub(super) cells: Vec<Cell>,
    /// Cells lie outside of the page or over each other.
    pub(super) is_damaged: bool,
}

impl<'a> Page<'a> {
    /// Returns the page of a b-tree in `bytes`, whose header is at `header`. None if it is none.
    pub(super) fn of(bytes: &'a [u8], header: usize) -> Option<Self> {
        let (is_table, is_leaf) = match bytes.get(header)? {
            0x02 => (false, false),
            0x05 => (true, false),
            0x0a => (false, true),
            0x0d => (true, true),
            _ => return None,
        };
        let page = Self {
            bytes,
            is_table,
            is_leaf,
            header,
            cells: usize::from(be16(bytes, header + 3)?),
        };
        (bytes.len() >= USABLE && page.pointers_end() <= bytes.len()).then_some(page)
    }

    pub(super) fn is_leaf(&self) -> bool {
        self.is_leaf
    }

    pub(super) fn is_table(&self) -> bool {
        self.is_table
    }

    fn pointers(&self) -> usize {
        self.header + if self.is_leaf { 8 } else { 12 }
    }

    fn pointers_end(&self) -> usize {
        self.pointers() + 2 * self.cells
    }

    /// The last page below this one.
    pub(super) fn right(&self) -> Option<u32> {
        match self.is_leaf {
            true => None,
            false => be32(self.bytes, self.header + 8),
        }
    }

    /// Returns all cells. Together they are not larger than the page.
    pub(super) fn cells(&self) -> Cells {
        let mut found = Cells {
            cells: Vec::new(),
            is_damaged: false,
        };
        let mut left = self.bytes.len();
        for index in 0..self.cells {
            let cell = be16(self.bytes, self.pointers() + 2 * index)
                .and_then(|at| self.cell(usize::from(at)))
                .filter(|cell| cell.extent.start >= self.pointers_end());
            let Some(cell) = cell else {
                found.is_damaged = true;
                continue;
            };
            let Some(less) = left.checked_sub(cell.extent.len()) else {
                found.is_damaged = true;
                break;
            };
            left = less;
            found.cells.push(cell);
        }
        found
    }

    fn cell(&self, start: usize) -> Option<Cell> {
        let mut at = start;
        let mut child = None;
        if !self.is_leaf {
            child = Some(be32(self.bytes, at)?);
            at += 4;
        }
        let mut size = 0;
        if self.is_leaf || !self.is_table {
            let (value, len) = varint(self.bytes.get(at..)?)?;
            size = value;
            at += len;
        }
        let mut row = 0;
        if self.is_table {
            let (value, len) = varint(self.bytes.get(at..)?)?;
            row = value as i64;
            at += len;
        }
        let here = self.local(size);
        let local = at..at
            .checked_add(here)
            .filter(|end| *end <= self.bytes.len())?;
        at = local.end;
        let mut overflow = 0;
        if size > here as u64 {
            overflow = be32(self.bytes, at)?;
            at += 4;
        }
        Some(Cell {
            child,
            row,
            size,
            local,
            overflow,
            extent: start..at,
        })
    }

    /// How many bytes of a record of `size` stand in the page of its cell.
    fn local(&self, size: u64) -> usize {
        let usable = self.bytes.len() as u64;
        let least = (usable - 12) * 32 / 255 - 23;
        let most = match self.is_table {
            true => usable - 35,
            false => (usable - 12) * 64 / 255 - 23,
        };
        if size <= most {
            return size as usize;
        }
        let here = least + (size - least) % (usable - 4);
        (if here <= most { here } else { least }) as usize
    }

    /// Returns the stretches that are neither header nor cell: what was deleted may be there.
    pub(super) fn gaps(&self, cells: &Cells) -> Vec<Range<usize>> {
        let mut extents: Vec<_> = cells.cells.iter().map(|cell| &cell.extent).collect();
        extents.sort_by_key(|extent| extent.start);
        let mut gaps = Vec::new();
        let mut at = self.pointers_end();
        for extent in extents {
            if extent.start > at {
                gaps.push(at..extent.start);
            }
            at = at.max(extent.end);
        }
        if at < self.bytes.len() {
            gaps.push(at..self.bytes.len());
        }
        gaps
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_be_bytes(*bytes))
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}

/// Returns a number of 1 to 9 bytes, and how many it has.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(9).enumerate() {
        if index == 8 {
            return Some((value << 8 | u64::from(*byte), 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

/// A value of a record.
#[derive(Debug)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(Pieces),
    Blob(Pieces),
}

/// The largest header of a record in bytes: that of 32767 columns.
const HEADER: u64 = 9 << 15;

/// Returns the values of a record, as far as they are there, and whether all are.
pub(super) fn values(record: &Pieces, data: &[u8]) -> (Vec<Value>, bool) {
    let mut values = Vec::new();
    let start = record.first(9);
    let start = start.bytes(data);
    let Some((size, len)) = varint(&start).filter(|(size, _)| *size <= HEADER) else {
        return (values, false);
    };
    let mut place = Place::default();
    let header = place.take(record, size);
    let header = header.bytes(data);
    let mut types = header.get(len..).unwrap_or_default();
    let mut at = size;
    let all = record.len();
    while let Some((kind, len)) = varint(types) {
        types = &types[len..];
        let Some(size) = size_of(kind) else {
            return (values, false);
        };
        let Some(end) = at.checked_add(size).filter(|_| at < all || size == 0) else {
            return (values, false);
        };
        at = end;
        values.push(value(kind, place.take(record, size), data));
    }
    (values, at <= all)
}

/// The size in bytes of a value of a kind; None if there is no such kind.
pub(super) fn size_of(kind: u64) -> Option<u64> {
    match kind {
        0 | 8 | 9 => Some(0),
        1..=4 => Some(kind),
        5 => Some(6),
        6 | 7 => Some(8),
        10 | 11 => None,
        kind => Some((kind - 12) / 2),
    }
}

/// Returns the value of a kind that stands in `part`.
pub(super) fn value(kind: u64, part: Pieces, data: &[u8]) -> Value {
    match kind {
        0 => Value::Null,
        8 | 9 => Value::Integer((kind - 8) as i64),
        1..=7 => {
            let bytes = part.bytes(data);
            let is_negative = bytes.first().is_some_and(|b| b & 0x80 != 0);
            let number = bytes
                .iter()
                .fold(if is_negative { -1 } else { 0 }, |sum: i64, byte| {
                    sum << 8 | i64::from(*byte)
                });
            match kind {
                7 => Value::Real(f64::from_bits(number as u64)),
                _ => Value::Integer(number),
            }
        }
        kind if kind % 2 == 1 => Value::Text(part),
        _ => Value::Blob(part),
    }
}

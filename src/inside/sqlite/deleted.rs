//! Rows that were deleted: what is left of them between the rows of a page.
//!
//! A deleted row keeps its bytes until others are written there, except for its first four, which
//! tell how large the free stretch is and where the next one is. They held the size of the record,
//! the number of the row, the size of the header, and sometimes the kinds of the first values.

use std::ops::Range;

use super::super::pieces::Pieces;
use super::page::{Encoding, Value, size_of, value, varint};
use super::schema::Columns;

/// The bytes that are lost.
const LOST: usize = 4;

/// The most columns of a table whose deleted rows are looked for.
const COLUMNS: usize = 64;

/// The shortest text that makes a row likely, in bytes.
const TEXT: usize = 4;

/// How many bytes are looked at for each byte of a stretch, at most.
const WORK: usize = 32;

/// Returns the rows in `gap`, in their order, and where they are.
pub(super) fn rows(
    data: &[u8],
    gap: Range<usize>,
    columns: &Columns,
    encoding: Encoding,
) -> Vec<(Range<usize>, Vec<Value>)> {
    let mut search = Search {
        data,
        end: gap.end,
        columns: columns.names.len(),
        encoding,
        work: gap.len() * WORK,
    };
    let mut found = Vec::new();
    if search.columns == 0 || search.columns > COLUMNS {
        return found;
    }
    let mut at = gap.start;
    // Where a row may begin whose first bytes are lost.
    let mut free = at + LOST;
    while at < gap.end && search.work > 0 {
        let row = match at == free {
            true => search.beheaded(at).or_else(|| search.whole(at)),
            false => search.whole(at),
        };
        let row = row.or_else(|| search.freed(at, gap.start));
        match row {
            Some((values, end)) => {
                found.push((at..end, values));
                at = end;
                free = end + LOST;
            }
            None => at += 1,
        }
    }
    found
}

struct Search<'a> {
    data: &'a [u8],
    end: usize,
    columns: usize,
    encoding: Encoding,
    work: usize,
}

impl Search<'_> {
    fn bytes(&self, range: Range<usize>) -> Option<&[u8]> {
        self.data.get(range.start..range.end.min(self.end))
    }

    /// Returns the row whose header begins at `at`, and where it ends.
    fn whole(&mut self, at: usize) -> Option<(Vec<Value>, usize)> {
        self.work = self.work.saturating_sub(1);
        let (size, len) = varint(self.bytes(at..at + 2)?)?;
        let size = size as usize;
        if size <= self.columns || size > 9 * self.columns {
            return None;
        }
        let (values, kinds_end, end) = self.row(at + len, self.columns)?;
        (kinds_end == at + size).then_some((values, end))
    }

    /// Returns the row of which the first bytes are lost, in the middle of a gap that begins at
    /// `start`: the lowest row of a page becomes part of the stretch in front of it. The lost bytes
    /// tell where the row ends.
    fn freed(&mut self, at: usize, start: usize) -> Option<(Vec<Value>, usize)> {
        let first = at.checked_sub(LOST).filter(|first| *first > start)?;
        let [_, _, high, low] = *self.bytes(first..at)?.first_chunk::<LOST>()?;
        let stretch = first + usize::from(u16::from_be_bytes([high, low]));
        if stretch <= at || stretch > self.end {
            return None;
        }
        let found = self.beheaded(at);
        found.filter(|(_, end)| *end == stretch || stretch == self.end)
    }

    /// Returns the row of which the kinds of some first values are lost, and where it ends.
    fn beheaded(&mut self, at: usize) -> Option<(Vec<Value>, usize)> {
        let mut likely = None;
        // How large the free stretch is stands in its first bytes.
        let stretch = match self.bytes(at - LOST..at) {
            Some([_, _, high, low]) => at - LOST + usize::from(u16::from_be_bytes([*high, *low])),
            _ => self.end,
        };
        for lost in 0..self.columns.min(3) {
            let Some((mut values, kinds_end, end)) = self.row(at, self.columns - lost) else {
                continue;
            };
            // A value whose kind is lost stands in front of the others, as long as there is room. A
            // short one may be a number.
            let room = kinds_end..kinds_end + stretch.saturating_sub(end);
            let is_text = self.is_text(room.clone());
            let is_value = (1..TEXT).contains(&room.len()) || is_text && room.len() >= TEXT;
            if lost > 0 && stretch <= self.end && is_value {
                let (kinds, _) = self.kinds(at, self.columns - lost)?;
                if let Some((behind, _)) = self.values(room.end, &kinds) {
                    let mut first = Pieces::default();
                    first.push(room);
                    let mut values: Vec<_> = (1..lost).map(|_| Value::Null).collect();
                    values.push(match is_text {
                        true => Value::Text(first),
                        false => Value::Null,
                    });
                    values.extend(behind);
                    return Some((values, stretch));
                }
            }
            // What follows is another row, or nothing.
            let goes_on = end == self.end
                || (0..self.columns.min(3))
                    .any(|lost| self.row(end + LOST, self.columns - lost).is_some());
            if goes_on || likely.is_none() {
                values.splice(0..0, (0..lost).map(|_| Value::Null));
                likely = Some((values, end));
            }
            if goes_on {
                break;
            }
        }
        likely
    }

    /// Returns the row with `count` values whose kinds begin at `at`, where the kinds end, and
    /// where the row ends. None if no text in it makes it likely.
    fn row(&mut self, at: usize, count: usize) -> Option<(Vec<Value>, usize, usize)> {
        self.work = self.work.saturating_sub(count);
        let (kinds, kinds_end) = self.kinds(at, count)?;
        let (values, end) = self.values(kinds_end, &kinds)?;
        Some((values, kinds_end, end))
    }

    /// Returns `count` kinds of values that begin at `at`, and where they end.
    fn kinds(&self, at: usize, count: usize) -> Option<(Vec<u64>, usize)> {
        let mut kinds = Vec::with_capacity(count);
        let mut from = at;
        for _ in 0..count {
            let (kind, len) = varint(self.bytes(from..from + 9)?)?;
            size_of(kind)?;
            from += len;
            kinds.push(kind);
        }
        Some((kinds, from))
    }

    /// Returns the values of some kinds that begin at `at`, and where they end.
    fn values(&mut self, at: usize, kinds: &[u64]) -> Option<(Vec<Value>, usize)> {
        let mut end = at;
        for kind in kinds {
            end = end.checked_add(usize::try_from(size_of(*kind)?).ok()?)?;
        }
        if end > self.end {
            return None;
        }
        let mut from = at;
        let mut is_likely = false;
        let mut values = Vec::with_capacity(kinds.len());
        for kind in kinds.iter().copied() {
            let len = size_of(kind)? as usize;
            if kind > 12 && kind % 2 == 1 {
                self.work = self.work.saturating_sub(len);
                if !self.is_text(from..from + len) {
                    return None;
                }
                is_likely |= len >= TEXT;
            }
            let mut part = Pieces::default();
            part.push(from..from + len);
            values.push(value(kind, part, self.data));
            from += len;
        }
        is_likely.then_some((values, end))
    }

    fn is_text(&self, range: Range<usize>) -> bool {
        let Some(bytes) = self.bytes(range) else {
            return false;
        };
        let is_plain = |unit: u16| unit >= 0x20 || matches!(unit, 9 | 10 | 13);
        let unit = match self.encoding {
            Encoding::Utf16Le => u16::from_le_bytes,
            Encoding::Utf16Be => u16::from_be_bytes,
            Encoding::Utf8 | Encoding::Unknown => {
                return std::str::from_utf8(bytes).is_ok()
                    && bytes.iter().all(|b| is_plain(u16::from(*b)));
            }
        };
        bytes.len().is_multiple_of(2)
            && bytes
                .chunks_exact(2)
                .all(|pair| is_plain(unit([pair[0], pair[1]])))
    }
}

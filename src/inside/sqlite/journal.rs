//! Write-ahead logs and rollback journals: pages of a database one behind the other, newer or
//! older than those in the database.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;

use super::super::input::Input;
use super::super::pieces::Pieces;
use super::super::whole::trimmed;
use super::super::{Members, rest};
use super::page::{Encoding, Page, be32, values};
use super::schema::Columns;
use super::text::Writer;
use super::{HEADER, MAGIC, page_size};

/// Which of the two a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Journal {
    Ahead,
    Rollback,
}

const AHEAD: [[u8; 4]; 2] = [[0x37, 0x7f, 0x06, 0x82], [0x37, 0x7f, 0x06, 0x83]];
const ROLLBACK: &[u8] = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";

/// The only version of write-ahead logs.
const VERSION: u32 = 3_007_000;

/// The most stretches that are known to have been passed on.
const KNOWN: usize = 1 << 20;

impl Journal {
    /// The first bytes of journals.
    pub(crate) const FIRST: &[u8] = b"\x37\xd9";

    /// Returns the journal that begins with `head`.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        if AHEAD.iter().any(|magic| head.starts_with(magic)) && be32(head, 4) == Some(VERSION) {
            return Some(Journal::Ahead);
        }
        head.starts_with(ROLLBACK).then_some(Journal::Rollback)
    }
}

/// # Errors
/// Fails as [`walk`](super::super::walk) does.
pub(in super::super) fn walk(
    journal: Journal,
    input: &mut Input<'_>,
    members: &mut dyn Members,
) -> io::Result<()> {
    let mut pages = Pages::default();
    let walked = match journal {
        Journal::Ahead => ahead(input, members, &mut pages),
        Journal::Rollback => rollback(input, members, &mut pages),
    };
    rest::all(input, members)?;
    walked
}

/// 32 bytes, then for each page 24 bytes and the page.
fn ahead(input: &mut Input<'_>, members: &mut dyn Members, pages: &mut Pages) -> io::Result<()> {
    let header = input.array::<32>()?;
    let size = match be32(&header, 8) {
        Some(1) => Some(65536),
        told => told.and_then(page_size),
    };
    let Some(size) = size else {
        return Err(input.damaged("the header of the log is damaged"));
    };
    while !input.is_at_end()? {
        if input.peek(24 + size)?.len() < 24 + size {
            return Err(input.damaged("its last page is cut off"));
        }
        let number = be32(&input.array::<24>()?, 0).unwrap_or(0);
        let page = input.bytes(size as u64)?;
        pages.page(number, &page, members)?;
    }
    Ok(())
}

/// Segments: a header, filled up to a sector, then for each page its number, the page, and a
/// checksum.
fn rollback(input: &mut Input<'_>, members: &mut dyn Members, pages: &mut Pages) -> io::Result<()> {
    while input.peek(28)?.starts_with(ROLLBACK) {
        let start = input.position();
        let header = input.array::<28>()?;
        let count = be32(&header, 8).unwrap_or(0);
        let sector = be32(&header, 20).unwrap_or(0);
        let size = be32(&header, 24).and_then(page_size);
        let (Some(size), 28..=0x10000) = (size, sector) else {
            return Err(input.damaged("the header of the journal is damaged"));
        };
        skip(input, u64::from(sector) - 28)?;
        let mut left = count;
        // A journal that was not synced does not know how many pages it has.
        while left > 0 || matches!(count, 0 | u32::MAX) {
            let record = input.peek(size + 8)?;
            if record.starts_with(ROLLBACK) && left == 0 {
                break;
            }
            if record.len() < size + 8 {
                return match record.iter().all(|b| *b == 0) || left == 0 {
                    true => Ok(()),
                    false => Err(input.damaged("its last page is cut off")),
                };
            }
            let number = be32(record, 0).unwrap_or(0);
            input.take(4);
            let page = input.bytes(size as u64)?;
            input.take(4);
            pages.page(number, &page, members)?;
            left = left.saturating_sub(1);
        }
        let sector = u64::from(sector);
        let behind = (input.position() - start) % sector;
        if behind > 0 {
            skip(input, sector - behind)?;
        }
    }
    Ok(())
}

/// Passes on the pages of a database that is too large to be held: `held` is its beginning, and
/// the rest is in `input`. What belongs together over several pages is not put together.
///
/// # Errors
/// Fails if the source does, and if a part of it is no database.
pub(super) fn large(
    held: Vec<u8>,
    size: usize,
    input: &mut Input<'_>,
    members: &mut dyn Members,
) -> io::Result<()> {
    let mut pages = Pages {
        is_database: true,
        ..Pages::default()
    };
    let whole = held.len() - held.len() % size;
    let mut number = 0;
    for page in held[..whole].chunks_exact(size) {
        number += 1;
        pages.page(number, page, members)?;
    }
    let mut page = held[whole..].to_vec();
    drop(held);
    while input.peek(size)?.len() >= size - page.len() {
        page.extend(input.bytes((size - page.len()) as u64)?);
        number = u32::saturating_add(number, 1);
        pages.page(number, &page, members)?;
        page.clear();
    }
    members.rest(&page);
    rest::all(input, members)
}

/// Takes bytes that hold nothing, as far as they are there.
fn skip(input: &mut Input<'_>, len: u64) -> io::Result<()> {
    let len = len as usize;
    let there = input.peek(len)?.len().min(len);
    input.take(there);
    Ok(())
}

/// Pages as they were at different times: what stood in one before is not passed on again.
#[derive(Default)]
struct Pages {
    /// They are those of a database, where each of them stands once.
    is_database: bool,
    count: u64,
    known: HashSet<u64>,
}

impl Pages {
    fn is_new(&mut self, bytes: &[u8]) -> bool {
        if bytes.is_empty() || self.is_database {
            return !bytes.is_empty();
        }
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let hash = hasher.finish();
        if self.known.len() >= KNOWN {
            return !self.known.contains(&hash);
        }
        self.known.insert(hash)
    }

    fn page(&mut self, number: u32, bytes: &[u8], members: &mut dyn Members) -> io::Result<()> {
        self.count += 1;
        let has_header = number == 1 && bytes.starts_with(MAGIC);
        let usable = match has_header {
            true => bytes.len() - usize::from(bytes.get(20).copied().unwrap_or(0)).min(32),
            false => bytes.len(),
        };
        let page = bytes.get(..usable).unwrap_or_default();
        let page = Page::of(page, if has_header { HEADER } else { 0 });
        let cells = page.map(|page| (page, page.cells()));
        let Some((page, cells)) = cells.filter(|(_, cells)| !cells.is_damaged) else {
            self.rest(bytes, members);
            return Ok(());
        };
        let mut writer = Writer::new(bytes, Encoding::Unknown);
        for cell in &cells.cells {
            let local = bytes.get(cell.local.clone()).unwrap_or_default();
            if self.is_new(local) {
                let mut record = Pieces::default();
                record.push(cell.local.clone());
                writer.row(&values(&record, bytes).0, &Columns::default());
            }
        }
        if self.is_database {
            members.rest(&writer.out);
        } else if !writer.out.is_empty() {
            let name = format!("page {number}, written as number {}", self.count);
            members.member(name.as_bytes(), &mut &writer.out[..])?;
        }
        for large in writer.large {
            let name = format!("page {number}, written as number {}, blob", self.count);
            members.member(name.as_bytes(), &mut large.pieces.reader(bytes))?;
        }
        for gap in page.gaps(&cells) {
            self.rest(bytes.get(gap).unwrap_or_default(), members);
        }
        self.rest(bytes.get(usable..).unwrap_or_default(), members);
        Ok(())
    }

    fn rest(&mut self, bytes: &[u8], members: &mut dyn Members) {
        let bytes = trimmed(bytes);
        if self.is_new(bytes) {
            members.rest(bytes);
            members.rest(b"\n");
        }
    }
}

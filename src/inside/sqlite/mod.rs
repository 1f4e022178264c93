//! SQLite: databases, their write-ahead logs, and their rollback journals.
//!
//! A database is a file of pages. Each table and each index is a tree of them. A large row goes on
//! in other pages, one behind the other. Pages of deleted rows stay in the file, as do the
//! bytes of deleted rows in other pages.
//!
//! Sources: sqlite.org, "Database File Format" and "WAL-mode File Format".

mod deleted;
mod journal;
mod page;
mod schema;
mod text;

use std::cell::Cell;
use std::io::{self, Read};
use std::ops::Range;

use self::page::{Encoding, Page, USABLE, Value, be32, values};
use self::schema::Columns;
use self::text::{Large, Writer};
use super::budget::Metered;
use super::input::{Input, hand_out};
use super::pieces::Pieces;
use super::trouble::Class;
use super::whole::{End, held, too_large, trimmed};
use super::{Members, rest};

pub(crate) use self::journal::Journal;
pub(super) use self::journal::walk as walk_journal;

const MAGIC: &[u8] = b"SQLite format 3\0";

/// The size of the header of a file in bytes. It stands in its first page.
const HEADER: usize = 100;

/// The place of what is none of the trees.
const NONE: u32 = u32::MAX;

/// The most values of one table that become members of their own.
const LARGE: usize = 100_000;

/// Whether content begins as a database does.
pub(super) fn begins(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// Returns the size of a page that a header tells, if there is such a size.
fn page_size(told: u32) -> Option<usize> {
    (told.is_power_of_two() && (512..=65536).contains(&told)).then_some(told as usize)
}

/// Whether a database with this header ends in the middle of a page. Zeros fill it up: programs have
/// room added before they need it.
fn is_cut(data: &[u8], header: &[u8], size: usize) -> bool {
    let whole = data.len() / size;
    let is_filled = data[whole * size..].iter().all(|b| *b == 0);
    // The number of pages counts if the version that it is for is that of the file.
    let pages = be32(header, 28).filter(|_| be32(header, 24) == be32(header, 92));
    !data.len().is_multiple_of(size)
        && (!is_filled || pages.is_some_and(|pages| pages as usize > whole))
}

/// What a page was read as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    None,
    /// A page of a tree, by its place among the trees.
    Tree(u32),
    /// A part of a row, of so many bytes.
    Overflow(u32),
}

struct Database<'a> {
    data: &'a [u8],
    size: usize,
    usable: usize,
    encoding: Encoding,
    uses: Vec<Use>,
    is_damaged: bool,
}

/// A table or an index.
struct Tree {
    name: Vec<u8>,
    root: u32,
    columns: Columns,
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let (data, end) = held(input)?;
    let size = Database::open(&data).map(|database| database.size);
    let ended = match (end, size) {
        (End::Source, _) => Ok(()),
        (End::Trouble(error), _) => Err(error),
        (End::Limit, Some(size)) => {
            journal::large(data, size, input, members)?;
            return Err(too_large(input));
        }
        (End::Limit, None) => {
            members.rest(&data);
            return rest::all(input, members).and(Err(too_large(input)));
        }
    };
    let Some(mut database) = Database::open(&data) else {
        members.rest(&data);
        ended?;
        return Err(input.damaged("the header of the database is damaged"));
    };
    let trees = database.schema(members);
    for (index, tree) in (0..).zip(&trees) {
        let walk = Walk::new(vec![tree.root], Some(index));
        database.tree(tree, walk, input, members)?;
    }
    // Pages that belong to nothing hold what was deleted.
    let free: Vec<_> = (1..=database.uses.len() as u32)
        .rev()
        .filter(|number| database.is_leaf(*number))
        .collect();
    let deleted = Tree {
        name: b"free pages".to_vec(),
        root: 0,
        columns: Columns::default(),
    };
    let was_damaged = database.is_damaged;
    database.tree(&deleted, Walk::new(free, None), input, members)?;
    database.is_damaged = was_damaged;
    database.rests(&trees, members);
    ended?;
    match database.is_damaged {
        true => Err(input.damaged("pages of the database are damaged or missing")),
        false => Ok(()),
    }
}

impl<'a> Database<'a> {
    fn open(data: &'a [u8]) -> Option<Self> {
        let header = data.get(..HEADER)?;
        let told = match u32::from(header[16]) << 8 | u32::from(header[17]) {
            1 => 65536,
            told => told,
        };
        let size = page_size(told)?;
        let usable = size.checked_sub(usize::from(header[20]))?;
        let encoding = match be32(header, 56)? {
            0 | 1 => Encoding::Utf8,
            2 => Encoding::Utf16Le,
            3 => Encoding::Utf16Be,
            _ => return None,
        };
        (usable >= USABLE).then(|| Self {
            data,
            size,
            usable,
            encoding,
            uses: vec![Use::None; data.len().div_ceil(size)],
            is_damaged: is_cut(data, header, size),
        })
    }

    /// Where a page begins; None if there is no such page.
    fn start(&self, number: u32) -> Option<usize> {
        let start = (number as usize).checked_sub(1)?.checked_mul(self.size)?;
        (start + self.usable <= self.data.len()).then_some(start)
    }

    fn page(&self, number: u32) -> Option<Page<'a>> {
        let start = self.start(number)?;
        let header = if number == 1 { HEADER } else { 0 };
        Page::of(self.data.get(start..start + self.usable)?, header)
    }

    /// Returns what a page is used for, if there is such a page.
    fn used(&mut self, number: u32) -> Option<&mut Use> {
        self.uses.get_mut((number as usize).checked_sub(1)?)
    }

    /// Whether a page that belongs to nothing looks like one with rows.
    fn is_leaf(&self, number: u32) -> bool {
        let is_free = self.uses.get(number as usize - 1) == Some(&Use::None);
        let page = self.page(number).filter(|page| is_free && page.is_leaf());
        page.is_some_and(|page| {
            let cells = page.cells();
            !cells.is_damaged && !cells.cells.is_empty()
        })
    }

    /// Returns the record of a cell in the page that begins at `start`, as far as it is there.
    fn record(&mut self, cell: &page::Cell, start: usize) -> Pieces {
        let mut record = Pieces::default();
        record.push(start + cell.local.start..start + cell.local.end);
        let mut left = cell.size - cell.local.len() as u64;
        let mut next = cell.overflow;
        while left > 0 {
            let Some(start) = self.start(next) else {
                self.is_damaged = true;
                break;
            };
            let len = left.min(self.usable as u64 - 4);
            match self.used(next) {
                // A page is part of one row only, and once.
                Some(used @ Use::None) => *used = Use::Overflow(len as u32),
                _ => {
                    self.is_damaged = true;
                    break;
                }
            }
            record.push(start + 4..start + 4 + len as usize);
            left -= len;
            next = be32(self.data, start).unwrap_or(0);
        }
        record
    }

    /// Reads which tables and indexes there are.
    fn schema(&mut self, members: &mut dyn Members) -> Vec<Tree> {
        let mut walk = Walk::new(vec![1], Some(NONE));
        let mut trees = Vec::new();
        while let Some((_, record)) = walk.next(self) {
            let (values, is_whole) = values(&record, self.data);
            self.is_damaged |= !is_whole;
            let mut texts = values.iter().map(|value| match value {
                Value::Text(pieces) => text::decoded(&pieces.bytes(self.data), self.encoding),
                _ => Vec::new(),
            });
            let mut next = || texts.next().unwrap_or_default();
            let (kind, name, _, _, sql) = (next(), next(), next(), next(), next());
            if !sql.is_empty() {
                members.rest(&sql);
                members.rest(b";\n");
            }
            let root = match values.get(3) {
                Some(Value::Integer(root)) => u32::try_from(*root).unwrap_or(0),
                _ => 0,
            };
            if root != 0 {
                trees.push(Tree {
                    name: [&kind, &b" "[..], &name].concat(),
                    root,
                    columns: schema::columns(&sql),
                });
            }
        }
        trees
    }

    /// Passes on the rows of a tree.
    fn tree(
        &mut self,
        tree: &Tree,
        walk: Walk,
        input: &Input<'_>,
        members: &mut dyn Members,
    ) -> io::Result<()> {
        let packed = &Cell::new(0);
        let mut rows = Rows {
            writer: Writer {
                is_container: input.is_container,
                ..Writer::new(self.data, self.encoding)
            },
            database: self,
            walk,
            tree,
            packed,
            at: 0,
            large: Vec::new(),
            is_over: false,
            is_quiet: false,
        };
        rows.fill();
        if !rows.writer.out.is_empty() {
            let mut metered = Metered::new(&mut rows, input.budget, packed, input.level);
            members.member(&tree.name, &mut metered)?;
        }
        // Pages are marked as used even if nobody reads them.
        rows.is_quiet = true;
        io::copy(&mut rows, &mut io::sink())?;
        let (large, is_over) = (rows.large, rows.is_over);
        for (row, large) in large {
            let mut name = tree.name.clone();
            if row != 0 {
                name.extend_from_slice(format!(", row {row}").as_bytes());
            }
            if !large.column.is_empty() {
                name.extend_from_slice(b", ");
                name.extend_from_slice(&large.column);
            }
            members.member(&name, &mut large.mark.chain(large.pieces.reader(self.data)))?;
        }
        if is_over {
            members.partly(&tree.name, Class::Limit, 0);
        }
        Ok(())
    }

    /// Passes on what is in no row.
    fn rests(&self, trees: &[Tree], members: &mut dyn Members) {
        let none = Columns::default();
        for (index, used) in self.uses.iter().enumerate() {
            let start = index * self.size;
            let end = start + self.usable;
            match (used, self.page(index as u32 + 1)) {
                (Use::Tree(tree), Some(page)) => {
                    let columns = trees
                        .get(*tree as usize)
                        .map_or(&none, |tree| &tree.columns);
                    for gap in page.gaps(&page.cells()) {
                        self.deleted(start + gap.start..start + gap.end, columns, members);
                    }
                }
                (Use::Overflow(used), _) => self.rest(start + 4 + *used as usize..end, members),
                _ => self.rest(start..end, members),
            }
            self.rest(end..start + self.size, members);
        }
    }

    fn rest(&self, range: Range<usize>, members: &mut dyn Members) {
        let range = range.start..range.end.min(self.data.len());
        let bytes = trimmed(self.data.get(range).unwrap_or_default());
        if !bytes.is_empty() {
            members.rest(bytes);
            members.rest(b"\n");
        }
    }

    /// Passes on a stretch in which rows may have been deleted.
    fn deleted(&self, gap: Range<usize>, columns: &Columns, members: &mut dyn Members) {
        let mut at = gap.start;
        for (range, values) in deleted::rows(self.data, gap.clone(), columns, self.encoding) {
            self.rest(at..range.start, members);
            at = range.end;
            let mut writer = Writer::new(self.data, self.encoding);
            writer.row(&values, columns);
            members.rest(&writer.out);
            for large in writer.large {
                members.rest(&large.pieces.bytes(self.data));
                members.rest(b"\n");
            }
        }
        self.rest(at..gap.end, members);
    }
}

/// A way through the pages of a tree.
struct Walk {
    /// Pages to come, the next one last.
    pages: Vec<u32>,
    /// The pages stand for themselves: what was below them is something else now.
    is_free: bool,
    tree: u32,
    /// The rest of a page, and where it begins.
    cells: std::vec::IntoIter<page::Cell>,
    start: usize,
    is_table: bool,
}

impl Walk {
    /// Begins at `pages` of a tree, or at pages that are free.
    fn new(pages: Vec<u32>, tree: Option<u32>) -> Self {
        Self {
            pages,
            is_free: tree.is_none(),
            tree: tree.unwrap_or(NONE),
            cells: Vec::new().into_iter(),
            start: 0,
            is_table: false,
        }
    }

    /// Returns the number of the next row, and its record.
    fn next(&mut self, database: &mut Database<'_>) -> Option<(i64, Pieces)> {
        loop {
            for cell in self.cells.by_ref() {
                if self.is_table && cell.child.is_some() {
                    continue;
                }
                return Some((cell.row, database.record(&cell, self.start)));
            }
            let number = self.pages.pop()?;
            self.enter(number, database);
        }
    }

    fn enter(&mut self, number: u32, database: &mut Database<'_>) {
        let page = database.page(number);
        let (Some(page), Some(used @ Use::None)) = (page, database.used(number)) else {
            database.is_damaged = true;
            return;
        };
        *used = Use::Tree(self.tree);
        let cells = page.cells();
        database.is_damaged |= cells.is_damaged;
        if !self.is_free {
            self.pages.extend(page.right());
            self.pages
                .extend(cells.cells.iter().rev().filter_map(|cell| cell.child));
        }
        self.is_table = page.is_table();
        self.start = (number as usize - 1) * database.size;
        self.cells = cells.cells.into_iter();
    }
}

/// The rows of a tree as text.
struct Rows<'d, 'a> {
    database: &'d mut Database<'a>,
    walk: Walk,
    tree: &'d Tree,
    packed: &'d Cell<u64>,
    writer: Writer<'a>,
    at: usize,
    /// Values to pass on behind the rows, with the numbers of their rows.
    large: Vec<(i64, Large)>,
    /// There are more of them.
    is_over: bool,
    /// Rows are only walked over.
    is_quiet: bool,
}

impl Rows<'_, '_> {
    /// Writes the next row that has something to write.
    fn fill(&mut self) {
        self.writer.out.clear();
        self.at = 0;
        while self.writer.out.is_empty() {
            let Some((row, record)) = self.walk.next(self.database) else {
                return;
            };
            self.packed.set(self.packed.get() + record.len());
            let (values, is_whole) = values(&record, self.database.data);
            self.database.is_damaged |= !is_whole;
            if self.is_quiet {
                continue;
            }
            self.writer.row(&values, &self.tree.columns);
            for large in self.writer.large.drain(..) {
                if self.large.len() < LARGE {
                    self.large.push((row, large));
                } else {
                    self.is_over = true;
                }
            }
        }
    }
}

impl Read for Rows<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.writer.out.len() || self.is_quiet {
            self.fill();
        }
        Ok(hand_out(&self.writer.out, &mut self.at, buffer))
    }
}

#[cfg(test)]
mod tests;

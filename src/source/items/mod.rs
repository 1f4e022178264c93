//! Texts that are no files (issues, pages of a wiki, messages, logs), from a list with one JSON
//! object per line.
//!
//! Each item is a blob of its own, with the path that the list gives it. A line that is no item
//! is a failure with its number; the others are scanned all the same. Lines in flight are bounded
//! by a `Room`, so memory does not grow with the list.

mod record;
mod room;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ignore::gitignore::Gitignore;

use super::content::{ContentReader, Limits};
use super::walk::{BadGlob, globs};
use super::{Counts, Item, Origin, Piece, Sink, Source, UnitReader, WithOrigin};
use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::finding::ItemInfo;
use crate::inside::Most;
use crate::stop::{Stop, counted, describe};
use record::Record;
use room::{Room, Share};

/// Says why a line is no item; its path if it is one.
// For fuzzing.
#[doc(hidden)]
pub fn path_of_item(line: &[u8]) -> Result<BlobPath, String> {
    Record::parse(line).map(|record| record.path)
}

/// The longest line, in bytes.
const LONGEST: usize = 64 << 20;

/// How many different unknown keys are told.
const UNKNOWN: usize = 8;

/// A list of items.
pub struct ItemsSource {
    stream: Mutex<Option<Box<dyn Read + Send>>>,
    shared: Arc<Shared>,
}

/// What the list and its readers share.
struct Shared {
    /// The name of the list, for lines that are no items.
    name: BlobPath,
    most: Most,
    exclude: Option<Gitignore>,
    room: Arc<Room>,
    seen: Mutex<Seen>,
}

/// What was seen in the list.
#[derive(Default)]
struct Seen {
    items: u64,
    /// Keys that mean nothing here, and how many items have them.
    unknown: BTreeMap<String, u64>,
    /// Whether there are more of them than are told.
    more: bool,
}

impl ItemsSource {
    /// Opens the list in a file, or on standard input for `-`. Items whose path matches `exclude`,
    /// globs as in .gitignore, are left out.
    ///
    /// # Errors
    /// Fails if the file cannot be opened, or a glob is invalid.
    pub fn open(file: &Path, exclude: &[String], most: Most) -> Result<Self, Stop> {
        let bad =
            |error: BadGlob| Stop::new(error.to_string()).help("write globs as in .gitignore");
        let exclude = globs(exclude).map_err(bad)?;
        let (stream, name): (Box<dyn Read + Send>, _) = match file.as_os_str() == "-" {
            true => (Box::new(io::stdin()), BlobPath::from("<stdin>")),
            false => (Box::new(opened(file)?), BlobPath::shown(file)),
        };
        Ok(Self::new(stream, name, exclude, most))
    }

    fn new(
        stream: Box<dyn Read + Send>,
        name: BlobPath,
        exclude: Option<Gitignore>,
        most: Most,
    ) -> Self {
        Self {
            stream: Mutex::new(Some(stream)),
            shared: Arc::new(Shared {
                name,
                most,
                exclude,
                room: Arc::new(Room::default()),
                seen: Mutex::default(),
            }),
        }
    }

    /// Returns notes for the summary, when all is read: keys that mean nothing here.
    pub fn notes(&self) -> Vec<String> {
        let seen = self.shared.seen();
        let mut notes = Vec::new();
        if seen.items == 0 {
            notes.push(format!("no items in {}", self.shared.name.to_text()));
        }
        if !seen.unknown.is_empty() {
            let of_key = |(key, count): (&String, &u64)| {
                let count = usize::try_from(*count).unwrap_or(usize::MAX);
                format!("`{key}` ({})", counted(count, "item"))
            };
            let keys: Vec<String> = seen.unknown.iter().map(of_key).collect();
            let more = if seen.more { " and others" } else { "" };
            notes.push(format!(
                "keys of items that are not scanned: {}{more}",
                keys.join(", ")
            ));
        }
        notes
    }
}

/// Opens the list. A pipe is waited for: a person named it, as in `--items <(command)`.
fn opened(file: &Path) -> Result<File, Stop> {
    let shown = file.display();
    let found = File::open(file).and_then(|opened| {
        let meta = opened.metadata()?;
        Ok((opened, meta))
    });
    match found {
        Ok((_, meta)) if meta.is_dir() => Err(Stop::new(format!("{shown}: is a directory"))
            .help("name a file of items, one JSON object per line, or `-`")),
        Ok((opened, _)) => Ok(opened),
        Err(error) => Err(Stop::new(format!("{shown}: {}", describe(&error)))
            .help("name a file of items, one JSON object per line, or `-`")),
    }
}

impl Shared {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failure(&self, line: u64, why: &str) -> SourceError {
        SourceError {
            path: self.name.clone(),
            why: format!("line {line}: {why}"),
        }
    }

    fn note(&self, record: &Record) {
        let mut seen = self.seen();
        seen.items += 1;
        for key in &record.unknown {
            *seen.unknown.entry(key.clone()).or_default() += 1;
            // The last ones in order, so that threads do not decide which.
            if seen.unknown.len() > UNKNOWN {
                seen.unknown.pop_last();
                seen.more = true;
            }
        }
    }

    fn leaves_out(&self, path: &BlobPath) -> bool {
        let Some(globs) = &self.exclude else {
            return false;
        };
        let path = path.to_text();
        let path = Path::new(path.trim_start_matches(['/', '\\']));
        globs.matched_path_or_any_parents(path, false).is_ignore()
    }
}

/// A line of the list.
pub struct ItemUnit {
    line: u64,
    /// Until it is parsed.
    raw: Mutex<Vec<u8>>,
    record: OnceLock<Result<Record, String>>,
    _share: Share,
}

impl ItemUnit {
    /// Returns the item, or what is wrong with its line. Parsed on the thread that scans it.
    fn record(&self) -> &Result<Record, String> {
        self.record.get_or_init(|| {
            let mut raw = self.raw.lock().unwrap_or_else(PoisonError::into_inner);
            Record::parse(&std::mem::take(&mut *raw))
        })
    }
}

impl Source for ItemsSource {
    type Unit = ItemUnit;
    type Reader = ItemReader;

    fn list(&self, emit: &mut dyn FnMut(Item<ItemUnit>) -> bool) {
        let stream = self.stream.lock().ok().and_then(|mut s| s.take());
        let Some(stream) = stream else {
            return;
        };
        let mut stream = BufReader::with_capacity(256 << 10, stream);
        let mut line = 0;
        loop {
            line += 1;
            let mut raw = Vec::new();
            let item = match next_line(&mut stream, &mut raw, LONGEST) {
                Ok(Line::End) => return,
                Ok(Line::TooLong) => {
                    let why = format!("longer than {} MiB; split it", LONGEST >> 20);
                    Item::Failed(self.shared.failure(line, &why))
                }
                Ok(Line::Whole) if raw.iter().all(u8::is_ascii_whitespace) => continue,
                Ok(Line::Whole) => Item::Unit(ItemUnit {
                    line,
                    _share: self.shared.room.take(raw.len() as u64),
                    raw: Mutex::new(raw),
                    record: OnceLock::new(),
                }),
                Err(error) => {
                    emit(Item::Failed(self.shared.failure(line, &describe(&error))));
                    return;
                }
            };
            if !emit(item) {
                return;
            }
        }
    }

    fn reader(&self) -> ItemReader {
        ItemReader {
            shared: Arc::clone(&self.shared),
            content: ContentReader::default(),
        }
    }

    // A line must not wait in a batch for the next one: that may wait for room.
    fn has_large_units(&self) -> bool {
        true
    }
}

/// How a line ends.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Whole,
    /// The rest of it was read and dropped.
    TooLong,
    /// There is none.
    End,
}

/// Reads up to the next line end, which is not part of `line`.
fn next_line(stream: &mut dyn BufRead, line: &mut Vec<u8>, longest: usize) -> io::Result<Line> {
    let (mut any, mut too_long) = (false, false);
    loop {
        let read = match stream.fill_buf() {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if read.is_empty() {
            break;
        }
        any = true;
        let end = memchr::memchr(b'\n', read);
        let part = &read[..end.unwrap_or(read.len())];
        if too_long || line.len() + part.len() > longest {
            too_long = true;
            line.clear();
        } else {
            line.extend_from_slice(part);
        }
        let used = part.len() + usize::from(end.is_some());
        stream.consume(used);
        if end.is_some() {
            break;
        }
    }
    Ok(match (any, too_long) {
        (false, _) => Line::End,
        (_, true) => Line::TooLong,
        _ => Line::Whole,
    })
}

/// Reads items.
pub struct ItemReader {
    shared: Arc<Shared>,
    content: ContentReader,
}

impl UnitReader for ItemReader {
    type Unit = ItemUnit;

    fn read(&mut self, unit: &ItemUnit, sink: &mut dyn Sink) {
        let record = match unit.record() {
            Ok(record) => record,
            Err(why) => return sink.failed(self.shared.failure(unit.line, why)),
        };
        self.shared.note(record);
        if self.shared.leaves_out(&record.path) {
            return sink.skipped(&record.path, SkipReason::Excluded);
        }
        let mut sink = WithOrigin {
            origin: record,
            sink,
        };
        let limits = Limits {
            size_hint: record.content.len() as u64,
            most: self.shared.most,
        };
        let content = &mut &record.content[..];
        self.content.read(content, &record.path, limits, &mut sink);
        if let Some(said) = record.said() {
            // What is said of it may hold a secret, too.
            let path = record.path.inside(b"item");
            let piece = Piece {
                size: 0,
                counts: Counts::Nothing,
                opened: true,
                ..Piece::whole(&path, said.as_bytes(), false)
            };
            sink.piece(piece);
        }
    }

    fn path_of(&self, unit: &ItemUnit) -> BlobPath {
        match unit.record() {
            Ok(record) => record.path.clone(),
            Err(_) => self.shared.name.clone(),
        }
    }

    fn path_is_new(&self, unit: &ItemUnit) -> bool {
        unit.record().is_ok()
    }
}

impl Origin for Record {
    fn item(&self) -> Option<ItemInfo> {
        Some(self.info.clone()).filter(|info| *info != ItemInfo::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, longest: usize) -> Vec<(Line, String)> {
        // A buffer of three bytes: lines go on in the next one.
        let mut stream = BufReader::with_capacity(3, text.as_bytes());
        let mut all = Vec::new();
        loop {
            let mut line = Vec::new();
            match next_line(&mut stream, &mut line, longest).expect("memory is readable") {
                Line::End => return all,
                how => all.push((how, String::from_utf8(line).expect("it is text"))),
            }
        }
    }

    #[test]
    fn lines_end_at_line_feeds_and_at_the_end() {
        let whole = |text: &str| (Line::Whole, text.to_owned());
        assert_eq!(lines("", 9), []);
        assert_eq!(lines("\n", 9), [whole("")]);
        assert_eq!(
            lines("abcdef\n\ngh", 9),
            [whole("abcdef"), whole(""), whole("gh")]
        );
        assert_eq!(lines("ab\r\ncd\n", 9), [whole("ab\r"), whole("cd")]);
    }

    #[test]
    fn a_line_that_is_too_long_does_not_hide_the_next() {
        let long = || (Line::TooLong, String::new());
        let whole = |text: &str| (Line::Whole, text.to_owned());
        assert_eq!(lines("abcdefghij\nk\n", 9), [long(), whole("k")]);
        assert_eq!(lines("abcdefghij", 9), [long()]);
        assert_eq!(
            lines("abcdefghi\nabcdefghijklmn\nx", 9),
            [whole("abcdefghi"), long(), whole("x")]
        );
    }
}

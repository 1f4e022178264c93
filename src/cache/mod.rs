//! What was found out about content before, kept between runs.
//!
//! A result is kept under the name of the content (the id of a git object, which is a hash of it)
//! and under the [`Judge`]: a digest of everything that the result depends on. So nothing ever goes
//! out of date, and nothing has to be told that it changed.
//!
//! The cache is not trusted. Each file has a proof of who wrote it, made with a key that lies beside
//! no repository and not in the cache ([`place`]). A file without the right proof is told and not
//! used. What the cache loses costs time and nothing else: an object without an entry is judged.
//!
//! This module knows neither git nor rules. `history` says what an object is, `setup` what judges.

mod dir;
mod facts;
pub mod place;
mod seal;
mod wire;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::stop::counted;
use dir::Dir;
pub use dir::{Entry, MOST};
pub use facts::{Builder, Facts, Table};
pub use place::NewKey;
pub use seal::{Broken, Judge, Key, Kind};
pub use wire::{Reader, Writer};

/// From this many files of a judge on, they become one.
const MANY: usize = 8;
/// After so many files that a run writes, what is too much is removed again.
const TIDY_EACH: usize = 64;

/// An open cache.
pub struct Cache {
    dir: Dir,
    key: Key,
    /// The key, if it is in no file yet.
    new_key: Mutex<NewKeyState>,
    /// Whether this run may write. A change from outside may not.
    writes: bool,
    troubles: Mutex<Vec<String>>,
    /// How many files this run wrote.
    written: AtomicUsize,
}

enum NewKeyState {
    /// Later runs have the key.
    Kept,
    /// It is written before the first file of the cache.
    Unwritten(NewKey),
    /// It could not be written, so nothing else is.
    Lost,
}

/// What is in a cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Files that were written with this key, and their bytes.
    pub files: (u64, u64),
    /// Objects that they know. One object counts once for each judge and file.
    pub objects: u64,
    /// Histories that they know.
    pub histories: u64,
    /// Files that are not used, by reason.
    pub broken: BTreeMap<Broken, u64>,
    /// Files of runs that were killed.
    pub parts: u64,
}

impl Cache {
    /// Opens the cache in `dir`, which need not exist.
    pub fn new(dir: PathBuf, key: Key, writes: bool) -> Self {
        Self {
            dir: Dir(dir),
            key,
            new_key: Mutex::new(NewKeyState::Kept),
            writes,
            troubles: Mutex::default(),
            written: AtomicUsize::new(0),
        }
    }

    /// This cache, whose key is written before anything else is.
    #[must_use]
    pub fn with_new_key(self, key: NewKey) -> Self {
        let new_key = Mutex::new(NewKeyState::Unwritten(key));
        Self { new_key, ..self }
    }

    /// Whether later runs have the key. Writes it if it is new.
    fn has_kept_key(&self) -> bool {
        let mut state = self.new_key.lock().unwrap_or_else(PoisonError::into_inner);
        if let NewKeyState::Unwritten(key) = &*state {
            let kept = key.keep();
            *state = match kept {
                Ok(()) => NewKeyState::Kept,
                Err(why) => {
                    self.trouble(&format!("not written: its key: {why}"));
                    NewKeyState::Lost
                }
            };
        }
        matches!(*state, NewKeyState::Kept)
    }

    /// Returns the directory.
    pub fn path(&self) -> &Path {
        &self.dir.0
    }

    /// Returns the key, to mark values with.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Whether this run may write.
    pub fn writes(&self) -> bool {
        self.writes
    }

    /// Takes what a person should know: files that are not used, and what could not be written.
    pub fn troubles(&self) -> Vec<String> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trouble(&self, what: &str) {
        let text = format!("cache {}: {what}", self.dir.0.display());
        let mut all = self.lock();
        if !all.contains(&text) {
            all.push(text);
        }
    }

    /// Returns the files of a kind and judge.
    fn entries(&self, kind: Kind, judge: &Judge) -> Vec<Entry> {
        self.dir.of(kind, judge).unwrap_or_else(|error| {
            self.trouble(&format!("not read: {}", dir::said(&error)));
            Vec::new()
        })
    }

    /// Returns the bodies of all files of a kind and judge, with their paths.
    fn bodies(&self, kind: Kind, judge: &Judge) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = self.entries(kind, judge);
        let mut bodies = Vec::new();
        let mut broken: BTreeMap<Broken, usize> = BTreeMap::new();
        for entry in entries {
            let file = match dir::read(&entry.path) {
                Ok(file) => file,
                Err(why) => {
                    if let Some(why) = why {
                        *broken.entry(why).or_default() += 1;
                    }
                    continue;
                }
            };
            match self.key.open(kind, judge, &file) {
                Ok(body) => bodies.push((entry.path, body.to_vec())),
                Err(why) => *broken.entry(why).or_default() += 1,
            }
        }
        for (why, count) in broken {
            self.refused(count, why);
        }
        bodies
    }

    fn refused(&self, count: usize, why: Broken) {
        let (files, are) = (
            counted(count, "file"),
            if count == 1 { "is" } else { "are" },
        );
        self.trouble(&format!(
            "{files} {are} not used: {}; `stopleak cache clear` removes what the cache holds",
            why.why()
        ));
    }

    /// Returns what is known of objects, by any of these judges.
    pub fn objects(&self, judges: &[Judge]) -> Known {
        let mut known = Known::default();
        let bodies = judges.iter().map(|judge| self.bodies(Kind::Objects, judge));
        for (path, body) in bodies.flatten() {
            match Table::read(&body) {
                Some(table) => {
                    if self.writes {
                        dir::used(&path);
                    }
                    known.tables.push(table);
                    known.paths.push(path);
                }
                None => self.refused(1, Broken::Other),
            }
        }
        known
    }

    /// Adds what was found out about objects to what is `known`.
    pub fn add_objects(&self, judge: &Judge, known: &Known, mut new: Builder, id_len: usize) {
        if !self.writes || new.is_empty() {
            return;
        }
        // Many small files take longer to read than one. Large ones stay as they are, until there
        // are as many others of their size.
        let most = new.len().saturating_mul(MANY);
        let tables = known.tables.iter().zip(&known.paths);
        let small = tables.filter(|(table, _)| table.id_len() == id_len && table.len() <= most);
        let small: Vec<_> = small.collect();
        let joins = small.len() + 1 >= MANY;
        if joins {
            for (id, facts) in small.iter().flat_map(|(table, _)| table.iter()) {
                new.add(id, &facts);
            }
        }
        let old = small.iter().filter(|_| joins);
        let old = old.map(|(_, path)| PathBuf::clone(path)).collect();
        self.replace(Kind::Objects, judge, &new.body(id_len), old);
    }

    /// Returns what `read` makes of the newest body of a kind and judge, and its file.
    pub fn newest<T>(
        &self,
        kind: Kind,
        judge: &Judge,
        read: impl Fn(&[u8]) -> Option<T>,
    ) -> Option<(T, PathBuf)> {
        let mut entries = self.entries(kind, judge);
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.used));
        for entry in entries {
            let file = match dir::read(&entry.path) {
                Ok(file) => file,
                Err(why) => {
                    why.into_iter().for_each(|why| self.refused(1, why));
                    continue;
                }
            };
            let body = self.key.open(kind, judge, &file);
            match body.and_then(|body| read(body).ok_or(Broken::Other)) {
                Ok(found) => {
                    if self.writes {
                        dir::used(&entry.path);
                    }
                    return Some((found, entry.path));
                }
                Err(why) => self.refused(1, why),
            }
        }
        None
    }

    /// Adds a body of a kind and judge, in place of files that say no more than it does.
    pub fn replace(&self, kind: Kind, judge: &Judge, body: &[u8], old: Vec<PathBuf>) {
        if self.writes && self.write(kind, judge, body) {
            for path in old {
                // Who reads it at this moment has it open, or does without.
                let _ = std::fs::remove_file(path);
            }
        }
    }

    fn write(&self, kind: Kind, judge: &Judge, body: &[u8]) -> bool {
        if !self.has_kept_key() {
            return false;
        }
        let written = self.dir.write(kind, judge, &self.key, body);
        if let Err(error) = &written {
            self.trouble(&format!("not written: {}", dir::said(error)));
            return false;
        }
        // To look at all files takes as long as to write a few.
        let writes = self.written.fetch_add(1, Ordering::Relaxed);
        if writes.is_multiple_of(TIDY_EACH)
            && let Err(error) = self.dir.tidy(MOST)
        {
            self.trouble(&format!("not tidied: {}", dir::said(&error)));
        }
        true
    }

    /// Reads every file and checks it.
    ///
    /// # Errors
    /// Fails if the directory cannot be listed.
    pub fn contents(&self) -> io::Result<Contents> {
        let mut all = Contents::default();
        for entry in self.dir.entries()? {
            if entry.is_part {
                all.parts += 1;
                continue;
            }
            let checked = dir::read(&entry.path).map(|file| {
                let (kind, body) = self.key.checked(&file)?;
                match kind {
                    Kind::Objects => Table::read(body).map(|table| (table.len() as u64, 0)),
                    Kind::History => Some((0, 1)),
                    Kind::Edges => Some((0, 0)),
                }
                .ok_or(Broken::Other)
            });
            match checked {
                Ok(Ok((objects, histories))) => {
                    all.files.0 += 1;
                    all.files.1 += entry.bytes;
                    all.objects += objects;
                    all.histories += histories;
                }
                Ok(Err(why)) | Err(Some(why)) => *all.broken.entry(why).or_default() += 1,
                Err(None) => {}
            }
        }
        Ok(all)
    }
}

/// Returns the files of the cache in `dir`, whoever wrote them.
///
/// # Errors
/// Fails if the directory cannot be listed.
pub fn entries(dir: &Path) -> io::Result<Vec<Entry>> {
    Dir(dir.to_owned()).entries()
}

/// Returns what is in the cache in `dir` without a key: nothing is proven.
///
/// # Errors
/// Fails if the directory cannot be listed.
pub fn unproven(dir: &Path) -> io::Result<Contents> {
    let mut all = Contents::default();
    for entry in entries(dir)? {
        match entry.is_part {
            true => all.parts += 1,
            false => *all.broken.entry(Broken::Foreign).or_default() += 1,
        }
    }
    Ok(all)
}

/// Removes all files of the cache in `dir`, and nothing else. Returns how many, and their bytes.
///
/// # Errors
/// Fails at the first file that cannot be removed.
pub fn clear(dir: &Path) -> io::Result<(u64, u64)> {
    let mut removed = (0, 0);
    for entry in entries(dir)? {
        match std::fs::remove_file(&entry.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => removed = (removed.0 + 1, removed.1 + entry.bytes),
        }
    }
    Ok(removed)
}

/// What is known of objects.
#[derive(Default)]
pub struct Known {
    tables: Vec<Table>,
    paths: Vec<PathBuf>,
}

impl Known {
    /// Returns what is known of the object with this id.
    pub fn find(&self, id: &[u8]) -> Option<Facts<'_>> {
        self.tables.iter().find_map(|table| table.find(id))
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.tables.iter().all(Table::is_empty)
    }
}

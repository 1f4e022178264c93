//! What becomes of a file in the layers above its own: it is overwritten, or deleted.
//!
//! Source: OCI Image Format Specification 1.1, "Image Layer Filesystem Changeset" (whiteouts).

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};

use crate::inside::{self, Budget, Class, Format, HEAD, Input, Members, Most, Trouble};

/// What a layer does to the files below it, as hashes of names.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Files that it brings.
    files: HashSet<u64>,
    /// What it deletes, and all below.
    removed: HashSet<u64>,
    /// Directories that it empties.
    emptied: HashSet<u64>,
}

/// What a layer does to a file below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Kept,
    Overwritten,
    Deleted,
}

fn hash(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// Returns a name without empty components and `.`.
fn plain(name: &[u8]) -> Vec<u8> {
    let parts = name.split(|b| *b == b'/');
    let parts = parts.filter(|part| !matches!(*part, b"" | b"." | b".."));
    parts.collect::<Vec<_>>().join(&b'/')
}

impl Names {
    /// Reads the names of a layer, as far as it can be read.
    pub(super) fn of(layer: &mut dyn Read, most: Most, size: u64) -> Self {
        let budget = Budget::new(most, size);
        let mut reading = Reading {
            names: Self::default(),
            budget: &budget,
            level: 0,
        };
        // What cannot be read is told where the layer is scanned.
        let _ = reading.enter(layer);
        reading.names
    }

    fn note(&mut self, name: &[u8]) {
        let name = plain(name);
        let at = memchr::memrchr(b'/', &name).map_or(0, |at| at + 1);
        let (dir, file) = name.split_at(at);
        match file.strip_prefix(b".wh.") {
            Some(b".wh..opq") => _ = self.emptied.insert(hash(&plain(dir))),
            Some(removed) => _ = self.removed.insert(hash(&[dir, removed].concat())),
            None => _ = self.files.insert(hash(&name)),
        }
    }

    /// Returns what the layer does to a file of a layer below it.
    pub(super) fn fate(&self, name: &[u8]) -> Fate {
        let name = plain(name);
        let own = hash(&name);
        let ends = memchr::memchr_iter(b'/', &name);
        let above: Vec<u64> = ends.map(|end| hash(&name[..end])).collect();
        let root = hash(b"");
        // A layer may delete a file and bring a new one under its name.
        if self.files.contains(&own) {
            Fate::Overwritten
        } else if self.removed.contains(&own)
            || above
                .iter()
                .any(|dir| self.removed.contains(dir) || self.files.contains(dir))
            || above
                .iter()
                .chain([&root])
                .any(|dir| self.emptied.contains(dir))
        {
            Fate::Deleted
        } else {
            Fate::Kept
        }
    }
}

struct Reading<'b> {
    names: Names,
    budget: &'b Budget,
    level: u32,
}

impl Reading<'_> {
    fn enter(&mut self, content: &mut dyn Read) -> io::Result<()> {
        let mut head = Vec::new();
        (&mut *content).take(HEAD as u64).read_to_end(&mut head)?;
        let format = Format::of(&head);
        let is_layer = matches!(format, Some(Format::Tar))
            || (self.level == 0 && matches!(format, Some(Format::Stream(_))));
        let Some(format) = format.filter(|_| is_layer) else {
            return Ok(());
        };
        let mut all = head.as_slice().chain(content);
        let mut input = Input::new(&mut all, self.budget, self.level);
        self.level += 1;
        inside::walk(format, &mut input, self)
    }
}

impl Members for Reading<'_> {
    fn member(&mut self, name: &[u8], content: &mut dyn Read) -> io::Result<()> {
        if name.is_empty() && self.level == 1 {
            let read = self.enter(content);
            self.level = 1;
            return read;
        }
        if !self.budget.member() {
            return Err(Trouble {
                class: Class::Limit,
                why: "",
                level: 0,
            }
            .into());
        }
        self.names.note(name);
        Ok(())
    }

    fn rest(&mut self, _: &[u8]) {}

    fn shut(&mut self, _: &[u8], _: Class, _: u64) {}

    fn link(&mut self, name: &[u8], _: &[u8], _: bool) {
        self.names.note(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_deletes_and_overwrites() {
        let mut names = Names::default();
        for name in [
            "./etc/new",
            "a/.wh.gone",
            "b/.wh..wh..opq",
            "c",
            ".wh.d",
            "d",
        ] {
            names.note(name.as_bytes());
        }
        for (name, fate) in [
            ("etc/new", Fate::Overwritten),
            ("etc/old", Fate::Kept),
            ("a/gone", Fate::Deleted),
            ("a/gone/below", Fate::Deleted),
            ("a/gone2", Fate::Kept),
            ("b/any/file", Fate::Deleted),
            ("c/below", Fate::Deleted),
            ("d", Fate::Overwritten),
        ] {
            assert_eq!(names.fate(name.as_bytes()), fate, "{name}");
        }
    }
}

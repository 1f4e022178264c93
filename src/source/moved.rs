//! Finds the file from which a new file was moved and edited: the best match among the
//! files that the same change removes, if they share at least half of their bytes, as for
//! git's renames.
//!
//! Each removed file is read once, however many files are new. What is kept of it are
//! hashes of its lines. A search takes time in proportion to the new file, not to what was
//! removed. All limits here only make more count as new.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use super::fresh::split;
use crate::git::ObjectId;
use crate::git::diff::{Changes, GoneBlob, file_name};

/// The bytes of removed files that are read for one change. Enough for any commit that
/// people make; files whose name is also that of a new one come first.
const MAX_BYTES: usize = 64 << 20;
/// The different lines of all removed files whose hashes are kept, at 32 bytes each.
const MAX_LINES: usize = 1 << 20;
/// The removed files with which one new file is compared: those of the same name, and as
/// many that share rare lines.
const MAX_COMPARED: usize = 16;
/// Larger files, in bytes, are nobody's origin.
const MAX_FILE: usize = 64 << 20;

/// The files that a change removes. Shared by the units of the change.
#[derive(Debug, Default)]
pub struct Gone {
    /// The distinct blobs, each with its paths.
    blobs: Vec<(ObjectId, Vec<Vec<u8>>)>,
    index: OnceLock<Index>,
}

/// The lines of removed files.
#[derive(Debug, Default)]
struct Index {
    files: Vec<Lines>,
    /// The hash of each line, and the number of a file with it: sorted.
    owners: Vec<(u64, u32)>,
    /// The files with a name, by number.
    named: HashMap<Vec<u8>, Vec<u32>>,
}

/// The lines of a file in any order, without line ends and indentation, as hashes, each with
/// its number of bytes in the file: sorted.
#[derive(Debug, Default)]
struct Lines {
    of: Vec<(u64, u32)>,
    bytes: usize,
}

impl Lines {
    fn of(text: &[u8]) -> Self {
        let mut counts: HashMap<u64, u32> = HashMap::new();
        let mut all = 0;
        for line in split(text) {
            let line = line.trim_ascii();
            all += line.len();
            let mut hasher = DefaultHasher::new();
            line.hash(&mut hasher);
            let bytes = counts.entry(hasher.finish()).or_default();
            *bytes = bytes.saturating_add(u32::try_from(line.len()).unwrap_or(u32::MAX));
        }
        let mut of: Vec<(u64, u32)> = counts.into_iter().collect();
        of.sort_unstable();
        Self { of, bytes: all }
    }

    /// Counts the bytes in lines that `other` has as well.
    fn shared(&self, other: &Self) -> usize {
        let in_both = self.of.iter().filter_map(|(hash, bytes)| {
            let at = other
                .of
                .binary_search_by_key(hash, |(hash, _)| *hash)
                .ok()?;
            Some(other.of[at].1.min(*bytes) as usize)
        });
        in_both.sum()
    }
}

impl Gone {
    /// Takes the removed files out of `changes`.
    pub(super) fn of(changes: &mut Changes) -> Self {
        let new = changes.new.iter().filter(|new| new.old.is_empty());
        let names: HashSet<&[u8]> = new.map(|new| file_name(&new.path)).collect();
        let mut gone = std::mem::take(&mut changes.gone);
        gone.sort_by_key(|gone| !names.contains(file_name(&gone.path)));
        let mut numbers: HashMap<ObjectId, usize> = HashMap::new();
        let mut blobs: Vec<(ObjectId, Vec<Vec<u8>>)> = Vec::new();
        for GoneBlob { path, id } in gone {
            let number = *numbers.entry(id).or_insert_with(|| {
                blobs.push((id, Vec::new()));
                blobs.len() - 1
            });
            blobs[number].1.push(path);
        }
        Self {
            blobs,
            index: OnceLock::new(),
        }
    }

    /// Whether nothing was removed.
    pub(super) fn is_empty(&self) -> bool {
        self.blobs.is_empty()
    }

    /// Returns the blobs of the removed files.
    pub(super) fn ids(&self) -> impl Iterator<Item = &ObjectId> {
        self.blobs.iter().map(|(id, _)| id)
    }

    /// Returns the removed file from which `new`, at `path`, was made: its blob and its
    /// path. `read` returns the content of a blob, or None if it is unreadable.
    pub(super) fn origin(
        &self,
        new: &[u8],
        path: &[u8],
        read: &mut dyn FnMut(&ObjectId) -> Option<Vec<u8>>,
    ) -> Option<(&ObjectId, &[u8])> {
        if new.len() > MAX_FILE {
            return None;
        }
        let index = self.index.get_or_init(|| Index::new(&self.blobs, read));
        let (id, paths) = &self.blobs[index.best(new, file_name(path))?];
        let same_name = paths.iter().find(|old| file_name(old) == file_name(path));
        Some((id, same_name.or(paths.first())?))
    }
}

impl Index {
    fn new(
        blobs: &[(ObjectId, Vec<Vec<u8>>)],
        read: &mut dyn FnMut(&ObjectId) -> Option<Vec<u8>>,
    ) -> Self {
        let mut index = Self::default();
        let mut total = 0;
        for (id, paths) in blobs {
            let raw = read(id).unwrap_or_default();
            total += raw.len();
            let mut lines = Lines::default();
            if raw.len() <= MAX_FILE {
                lines = Lines::of(&raw);
            }
            if index.owners.len() + lines.of.len() > MAX_LINES {
                lines = Lines::default();
            }
            let number = index.files.len() as u32;
            index
                .owners
                .extend(lines.of.iter().map(|(hash, _)| (*hash, number)));
            for path in paths {
                let same_name = index.named.entry(file_name(path).to_vec()).or_default();
                if same_name.len() < MAX_COMPARED && same_name.last() != Some(&number) {
                    same_name.push(number);
                }
            }
            index.files.push(lines);
            if total > MAX_BYTES {
                break;
            }
        }
        index.owners.sort_unstable();
        index
    }

    /// Returns the number of the file that shares the most bytes with `new`, if it shares at
    /// least half of the larger one of the two.
    fn best(&self, new: &[u8], name: &[u8]) -> Option<usize> {
        let lines = Lines::of(new);
        let mut rare: HashMap<u32, usize> = HashMap::new();
        for (hash, bytes) in &lines.of {
            let first = self.owners.partition_point(|(other, _)| other < hash);
            let owners = self.owners[first..].iter();
            let owners = owners.take_while(|(other, _)| other == hash);
            // A line of many files says nothing about where this one comes from.
            if owners.clone().nth(MAX_COMPARED).is_some() {
                continue;
            }
            for (_, number) in owners {
                *rare.entry(*number).or_default() += *bytes as usize;
            }
        }
        let mut others: Vec<(u32, usize)> = rare.into_iter().collect();
        others.sort_unstable_by_key(|(number, bytes)| (std::cmp::Reverse(*bytes), *number));
        let others = others.into_iter().map(|(number, _)| number);
        let same_name = self.named.get(name).into_iter().flatten().copied();
        let mut best: Option<(usize, u32)> = None;
        for number in same_name.chain(others.take(MAX_COMPARED)) {
            let old = &self.files[number as usize];
            let shared = lines.shared(old);
            let enough = shared * 2 >= lines.bytes.max(old.bytes);
            if enough && best.is_none_or(|(most, _)| shared > most) {
                best = Some((shared, number));
            }
        }
        best.map(|(_, number)| number as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: usize) -> ObjectId {
        ObjectId::from_hex(format!("{n:040x}").as_bytes()).unwrap()
    }

    /// Returns the path that the text at `path` comes from, and how many files were read.
    fn origin(gone: &[(&str, &str)], news: &[(&str, &str)]) -> (Vec<Option<String>>, usize) {
        let mut changes = Changes::default();
        for (number, (path, _)) in gone.iter().enumerate() {
            changes.gone.push(GoneBlob {
                path: path.as_bytes().to_vec(),
                id: id(number),
            });
        }
        let gone_files = Gone::of(&mut changes);
        let mut reads = 0;
        let mut read = |wanted: &ObjectId| {
            reads += 1;
            let number = (0..gone.len()).find(|n| id(*n) == *wanted)?;
            Some(gone[number].1.as_bytes().to_vec())
        };
        let found = news.iter().map(|(path, text)| {
            let found = gone_files.origin(text.as_bytes(), path.as_bytes(), &mut read);
            found.map(|(_, path)| String::from_utf8_lossy(path).into_owned())
        });
        (found.collect(), reads)
    }

    fn one(gone: &[(&str, &str)], path: &str, text: &str) -> Option<String> {
        origin(gone, &[(path, text)]).0.remove(0)
    }

    #[test]
    fn half_of_the_bytes_in_any_order_make_an_origin() {
        let gone = [("a", "one\ntwo\nthree\n"), ("b", "four\nfive\nsix\n")];
        assert_eq!(one(&gone, "c", "six\nfive\nmore\n").as_deref(), Some("b"));
        assert_eq!(one(&gone, "c", "one\nfour\nnothing of it\n"), None);
        assert_eq!(
            one(&gone, "c", "four\nfive\nsix\nbut much more than that\n"),
            None
        );
        assert_eq!(one(&[], "c", "x\n"), None);
        // Moved and re-indented, with other line ends.
        assert_eq!(one(&gone, "c", "\tsix\r\n  five\r\n").as_deref(), Some("b"));
        // Lines count as often as both have them.
        assert_eq!(one(&[("a", "x\ny\n")], "c", "x\nx\nx\nx\nx\n"), None);
    }

    #[test]
    fn the_same_name_wins_among_equals() {
        let text = "one\ntwo\nthree\n";
        let gone = [("a/x", text), ("b/y", text), ("c/z", text)];
        assert_eq!(one(&gone, "d/y", text).as_deref(), Some("b/y"));
        assert_eq!(one(&gone, "d/w", text).as_deref(), Some("a/x"));
    }

    #[test]
    fn every_removed_file_is_read_once() {
        let texts: Vec<(String, String)> = (0..200)
            .map(|n| (format!("old/{n}"), format!("first {n}\nlast {n}\n}}\n")))
            .collect();
        let gone: Vec<(&str, &str)> = texts.iter().map(|(a, b)| (&**a, &**b)).collect();
        let news: Vec<(String, String)> = (0..200)
            .map(|n| (format!("new-{n}"), format!("first {n}\nedit\n}}\n")))
            .collect();
        let news: Vec<(&str, &str)> = news.iter().map(|(a, b)| (&**a, &**b)).collect();
        let (found, reads) = origin(&gone, &news);
        assert_eq!(reads, 200);
        for (n, found) in found.iter().enumerate() {
            assert_eq!(found.as_deref(), Some(&*format!("old/{n}")));
        }
    }
}

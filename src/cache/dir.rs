//! The directory of the cache. Files are never changed: each is written aside and renamed when it
//! is whole. So two writers, a kill at any write and a full disk cannot damage one another's work.
//! At worst something is judged again.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::place::{make_dir, private};
use super::seal::{Broken, Judge, Key, Kind};
use crate::stop::describe;

/// What the files end with.
const END: &str = ".slc";
/// What files end with that are not whole yet.
const PART: &str = ".part";
/// How old such a file is when nobody writes it any more.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);
/// The largest file that is read, in bytes.
const MOST_FILE: u64 = 1 << 30;
/// The most bytes of all files. Beyond it, those that were not used for longest are removed.
pub const MOST: u64 = 2 << 30;
/// Tells backup programs what the directory is.
const TAG: (&str, &[u8]) = (
    "CACHEDIR.TAG",
    b"Signature: 8a477f597d28d172789f06886806bc55\n# This directory was created by stopleak.\n",
);

/// A directory of the cache.
#[derive(Clone, Debug)]
pub(super) struct Dir(pub(super) PathBuf);

/// A file of the cache.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was written or last used.
    pub used: SystemTime,
    /// Whether it is a part of a file that was never completed.
    pub is_part: bool,
}

fn prefix(kind: Kind, judge: &Judge) -> String {
    let kind = kind.letter();
    format!("{kind}-{}-", data_encoding::HEXLOWER.encode(&judge.0[..12]))
}

/// Whether a name is one that this module gives: `o-HEX-HEX.slc`.
fn is_ours(name: &str) -> bool {
    let stem = name.strip_suffix(END).or_else(|| name.strip_suffix(PART));
    let mut parts = stem.into_iter().flat_map(|stem| stem.split('-'));
    let (kind, rest) = (parts.next(), parts);
    let is_hex = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_hexdigit());
    let is_kind = |part: &str| {
        Kind::ALL
            .iter()
            .any(|kind| part.chars().eq([kind.letter()]))
    };
    kind.is_some_and(is_kind) && rest.clone().count() == 2 && rest.clone().all(is_hex)
}

impl Dir {
    /// Returns the files, by name. Files with other names are not looked at.
    pub(super) fn entries(&self) -> io::Result<Vec<Entry>> {
        self.named(&is_ours)
    }

    /// Returns the files of a kind and judge.
    pub(super) fn of(&self, kind: Kind, judge: &Judge) -> io::Result<Vec<Entry>> {
        let prefix = prefix(kind, judge);
        let mut all = self.named(&|name| name.starts_with(&prefix) && is_ours(name))?;
        all.retain(|entry| !entry.is_part);
        Ok(all)
    }

    /// Returns the files with names that `wanted` takes, by name. Of others not even the size is
    /// asked for: there may be many.
    fn named(&self, wanted: &dyn Fn(&str) -> bool) -> io::Result<Vec<Entry>> {
        let mut all = Vec::new();
        let listed = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(all),
            listed => listed?,
        };
        for entry in listed {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| wanted(name)) else {
                continue;
            };
            let Ok(meta) = fs::symlink_metadata(entry.path()) else {
                continue;
            };
            if meta.is_file() {
                all.push(Entry {
                    path: entry.path(),
                    bytes: meta.len(),
                    used: meta.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                    is_part: name.ends_with(PART),
                });
            }
        }
        all.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(all)
    }

    /// Writes a file. Nothing is left of it if that fails.
    pub(super) fn write(
        &self,
        kind: Kind,
        judge: &Judge,
        key: &Key,
        body: &[u8],
    ) -> io::Result<()> {
        let file = key.seal(kind, judge, body);
        if file.len() as u64 > MOST_FILE {
            return Err(io::Error::other("more than a file of the cache may hold"));
        }
        make_dir(&self.0)?;
        let tag = self.0.join(TAG.0);
        if !tag.exists() {
            private(&tag)?.write_all(TAG.1)?;
        }
        let mut random = [0u8; 8];
        getrandom::fill(&mut random)
            .map_err(|_| io::Error::other("the system gives no random bytes"))?;
        let random = data_encoding::HEXLOWER.encode(&random);
        let name = format!("{}{random}", prefix(kind, judge));
        let aside = self.0.join(format!("{name}{PART}"));
        let mut out = private(&aside)?;
        let written = out.write_all(&file).and_then(|()| out.flush());
        drop(out);
        let written =
            written.and_then(|()| fs::rename(&aside, self.0.join(format!("{name}{END}"))));
        if written.is_err() {
            let _ = fs::remove_file(&aside);
        }
        written
    }

    /// Removes what is too much, and what a killed run left. `most`: the bytes that may stay.
    pub(super) fn tidy(&self, most: u64) -> io::Result<()> {
        let mut all = self.entries()?;
        let now = SystemTime::now();
        all.retain(|entry| {
            let age = now.duration_since(entry.used).unwrap_or_default();
            let stale = entry.is_part && age > STALE;
            !(stale && fs::remove_file(&entry.path).is_ok())
        });
        let mut left: u64 = all.iter().map(|entry| entry.bytes).sum();
        all.sort_by_key(|entry| entry.used);
        for entry in all.iter().filter(|entry| !entry.is_part) {
            if left <= most {
                break;
            }
            if fs::remove_file(&entry.path).is_ok() {
                left -= entry.bytes;
            }
        }
        Ok(())
    }
}

/// Reads a file of the cache.
///
/// # Errors
/// Returns None if it is gone: somebody tidied up meanwhile.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Option<Broken>> {
    let gone = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => None,
        _ => Some(Broken::Unread),
    };
    let file = File::open(path).map_err(gone)?;
    let len = file.metadata().map_err(gone)?.len();
    if len > MOST_FILE {
        return Err(Some(Broken::Unread));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
    file.take(MOST_FILE).read_to_end(&mut bytes).map_err(gone)?;
    Ok(bytes)
}

/// Notes that a file was used, so that it stays when others go.
pub(super) fn used(path: &Path) {
    let file = fs::OpenOptions::new().append(true).open(path);
    let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
}

/// Returns an error without the parts that only a programmer reads.
pub(super) fn said(error: &io::Error) -> String {
    describe(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_cache_are_touched() {
        for (name, ours) in [
            ("o-00ff-12ab.slc", true),
            ("h-00ff-12ab.part", true),
            ("o-00ff-12ab", false),
            ("o-00ff.slc", false),
            ("x-00ff-12ab.slc", false),
            ("o-zz-12ab.slc", false),
            ("o-00ff-12ab-9.slc", false),
            ("o--.slc", false),
            ("id_rsa", false),
            (".slc", false),
        ] {
            assert_eq!(is_ours(name), ours, "{name}");
        }
    }
}

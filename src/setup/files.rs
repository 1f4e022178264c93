//! Files that a person names, from where `trust` says.
//!
//! A path that enters the working tree names what the trusted revision has there. The
//! checkout is not asked: a change can make the file, or a directory on its way, a link to
//! anything. A path that stays outside is the user's own.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::site::{Site, disk};
use crate::blob::BlobPath;
use crate::config::Files;
use crate::git::worktree::repository_of;
use crate::named::{Last, way};
use crate::stop::{Stop, describe};

/// The size limit of a file of rules, in bytes.
const MAX_RULES: u64 = 64 << 20;

/// Where a named file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// In the tree, at this path from its top.
    Inside(String),
    /// Outside of it.
    Outside(PathBuf),
}

impl Site {
    /// Returns where `file` is. Links count only on the way to the tree. Where a revision is
    /// trusted, other working trees of the repository are trees too: what they have is what
    /// somebody checked out.
    ///
    /// # Errors
    /// Fails if the way has too many links, or names that are not UTF-8.
    pub(super) fn spot(&self, file: &Path) -> Result<Spot, String> {
        let home = self.home();
        let home = home.map(|home| std::fs::canonicalize(&home).unwrap_or(home));
        let trusts = self.trust.revision().is_some();
        let own = home.as_deref().filter(|_| trusts).and_then(repository_of);
        let is_top = |dir: &Path| {
            let Some(home) = &home else { return false };
            if own.is_some() && dir.join(".git").exists() && repository_of(dir) == own {
                return true;
            }
            let case = dir.as_os_str().len() == home.as_os_str().len();
            dir == home || (case && std::fs::canonicalize(dir).is_ok_and(|dir| dir == *home))
        };
        let way = way(file, Last::Followed, &is_top).map_err(|e| describe(&e))?;
        if way.top.is_none() {
            return Ok(Spot::Outside(way.full()));
        }
        String::from_utf8(BlobPath::shown(&way.rest).as_bytes().to_vec())
            .map(Spot::Inside)
            .map_err(|_| "its name is not UTF-8".to_owned())
    }

    /// Returns the content of a file that the user names, or None if it is missing.
    ///
    /// # Errors
    /// Fails if it is not a regular file, is larger than `most` bytes, or is unreadable.
    pub(super) fn named(&self, file: &Path, most: u64) -> Result<Option<Vec<u8>>, String> {
        let spot = self.spot(file)?;
        if let (Spot::Inside(path), Some(revision)) = (&spot, self.trust.revision()) {
            return match self.of_administrator(path, most)? {
                Some(content) => Ok(Some(content)),
                None => revision.read(path),
            };
        }
        match (&spot, self.home()) {
            (Spot::Inside(path), Some(home)) if self.confined => disk(home).content(path, most),
            _ => content(file, most),
        }
    }

    /// Returns the content of the file at `path`, relative to the top, or None if it is
    /// missing.
    ///
    /// # Errors
    /// Fails if it leads out of the tree, is not a regular file, is larger than `most`
    /// bytes, or is unreadable.
    pub(super) fn at_top(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, String> {
        match (self.trust.revision(), self.home()) {
            (Some(revision), _) => match self.of_administrator(path, most)? {
                Some(content) => Ok(Some(content)),
                None => revision.read(path),
            },
            (None, Some(home)) => {
                let home = std::fs::canonicalize(&home).unwrap_or(home);
                disk(home).content(path, most)
            }
            (None, None) => Ok(None),
        }
    }

    /// Returns the content of a file in the directory of a bare repository. Nobody pushes files
    /// there, so they come before those of a revision.
    fn of_administrator(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, String> {
        match (self.bare(), self.home()) {
            (Some(_), Some(home)) => disk(home).content(path, most),
            _ => Ok(None),
        }
    }

    /// Whether a path that the user names is a directory.
    pub(super) fn is_directory(&self, path: &Path) -> bool {
        match (self.spot(path), self.trust.revision()) {
            (Ok(Spot::Inside(inside)), Some(revision)) => revision.is_directory(&inside),
            _ => path.is_dir(),
        }
    }

    /// Returns the text of a file of rules that the user names.
    ///
    /// # Errors
    /// Fails if it is missing, also from the trusted revision, or unreadable.
    pub(super) fn rules(&self, file: &Path) -> Result<String, Stop> {
        let wrong = |why: String| Stop::new(format!("{}: {why}", file.display()));
        let trusts = self.trust.revision().is_some();
        let spot = self.spot(file).map_err(wrong)?;
        if !trusts || matches!(spot, Spot::Outside(_)) {
            return std::fs::read_to_string(file).map_err(|e| wrong(describe(&e)));
        }
        let found = self.named(file, MAX_RULES).map_err(wrong)?;
        let bytes = found.ok_or_else(|| self.lacking(file))?;
        String::from_utf8(bytes).map_err(|_| wrong("not UTF-8".to_owned()))
    }

    /// Returns the error for a file that the trusted revision does not have.
    pub(super) fn lacking(&self, file: &Path) -> Stop {
        let why = match self.trust.revision() {
            Some(revision) if revision.is_empty() => {
                "not read: no trusted revision is known, so no file of the repository counts"
                    .to_owned()
            }
            Some(revision) => format!("not in {}, whose policy counts", revision.shown()),
            None => "no such file".to_owned(),
        };
        Stop::new(format!("{}: {why}", file.display()))
            .help("a change cannot bring its own rules: merge the file first, or omit the option")
    }
}

/// Reads a regular file; None if it is missing.
fn content(file: &Path, most: u64) -> Result<Option<Vec<u8>>, String> {
    match std::fs::metadata(file) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(describe(&e)),
        Ok(meta) if !meta.is_file() => return Err("not a regular file".to_owned()),
        Ok(meta) if meta.len() > most => return Err("too large".to_owned()),
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(|e| describe(&e))?;
    Ok(Some(bytes))
}

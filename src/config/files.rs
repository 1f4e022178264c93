//! Where configuration is read from: a directory that it cannot leave. Paths are
//! relative to it, with `/` between names.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::stop::describe;

/// Configuration files beyond this many bytes are refused.
pub const MAX_BYTES: u64 = 1 << 20;

/// A tree of files that configuration is read from: a working tree, or a commit's.
pub trait Files {
    /// The content of the file at `path`; None when there is none.
    ///
    /// # Errors
    /// Why it cannot be read, in words: no file, too large, outside the tree.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String>;

    /// The names in the directory at `path` (empty for the top), sorted; none when it
    /// is no directory.
    ///
    /// # Errors
    /// Why it cannot be listed, in words.
    fn list(&self, path: &str) -> Result<Vec<String>, String>;

    /// How the file at `path` is shown.
    fn name(&self, path: &str) -> String;
}

/// Files below a directory. Symbolic links that lead out of it are refused.
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
    shown: String,
}

impl Disk {
    /// The files below `root`, a canonical path; `shown` is put before their names.
    pub fn new(root: PathBuf, shown: String) -> Self {
        Self { root, shown }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The canonical place of `path`; None when nothing is there.
    fn resolve(&self, path: &str) -> Result<Option<PathBuf>, String> {
        let full = self.root.join(path);
        if let Err(e) = std::fs::symlink_metadata(&full) {
            return match e.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Ok(None),
                _ => Err(describe(&e)),
            };
        }
        let real = std::fs::canonicalize(&full).map_err(|e| describe(&e))?;
        if real.starts_with(&self.root) {
            Ok(Some(real))
        } else {
            Err("a symbolic link that leads out of the repository; not read".to_owned())
        }
    }
}

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let Some(real) = self.resolve(path)? else {
            return Ok(None);
        };
        let meta = std::fs::metadata(&real).map_err(|e| describe(&e))?;
        if !meta.is_file() {
            return Err("not a regular file".to_owned());
        }
        let mut content = Vec::new();
        File::open(&real)
            .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut content))
            .map_err(|e| describe(&e))?;
        Ok(Some(content))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        let Some(real) = self.resolve(path)? else {
            return Ok(Vec::new());
        };
        if !real.is_dir() {
            return Ok(Vec::new());
        }
        let entries = std::fs::read_dir(real).map_err(|e| describe(&e))?;
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(|e| describe(&e))?.file_name();
            names.extend(name.into_string().ok());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn name(&self, path: &str) -> String {
        format!("{}{path}", self.shown)
    }
}

//! Reads configuration from a directory that paths cannot leave. Paths are relative to
//! it, with `/` between names.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::stop::describe;

/// The largest configuration file that is read, in bytes.
pub(crate) const MAX_BYTES: u64 = 1 << 20;

/// A tree of files with configuration: a working tree, or that of a commit.
pub trait Files {
    /// Returns the content of the file at `path`; `None` if it does not exist.
    ///
    /// # Errors
    /// Returns why the file cannot be read: not a file, too large, or outside the tree.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String>;

    /// Returns the sorted names in the directory at `path` (empty for the top); empty
    /// if it is not a directory.
    ///
    /// # Errors
    /// Returns why the directory cannot be listed.
    fn list(&self, path: &str) -> Result<Vec<String>, String>;

    /// Returns the display name of the file at `path`.
    fn name(&self, path: &str) -> String;
}

/// Whether a canonical path is not read.
type LeftOut = Arc<dyn Fn(&Path) -> bool + Send + Sync>;

/// Files below a directory. Symbolic links that lead out of it are rejected.
#[derive(Clone)]
pub struct Disk {
    root: PathBuf,
    shown: String,
    /// Says which canonical paths in it are not read.
    except: Option<LeftOut>,
}

impl Disk {
    /// Creates the tree below `root`, a canonical path; `shown` is prefixed to
    /// displayed names.
    pub fn new(root: PathBuf, shown: String) -> Self {
        Self {
            root,
            shown,
            except: None,
        }
    }

    /// Returns this tree without the files whose canonical paths `left_out` accepts.
    #[must_use]
    pub(crate) fn except(self, left_out: impl Fn(&Path) -> bool + Send + Sync + 'static) -> Self {
        Self {
            except: Some(Arc::new(left_out)),
            ..self
        }
    }

    /// Returns the directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the canonical location of `path`; `None` if nothing exists there.
    fn resolve(&self, path: &str) -> Result<Option<PathBuf>, String> {
        let full = self.root.join(path);
        if let Err(e) = std::fs::symlink_metadata(&full) {
            return match e.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Ok(None),
                _ => Err(describe(&e)),
            };
        }
        let real = std::fs::canonicalize(&full).map_err(|e| describe(&e))?;
        if self
            .except
            .as_ref()
            .is_some_and(|is_left_out| is_left_out(&real))
        {
            let why = "in the repository whose trusted revision decides; not read";
            Err(why.to_owned())
        } else if real.starts_with(&self.root) {
            Ok(Some(real))
        } else {
            Err("a symbolic link that leads out of the repository; not read".to_owned())
        }
    }
}

impl Disk {
    /// Returns the content of the file at `path`; `None` if it does not exist.
    ///
    /// # Errors
    /// Returns why the file cannot be read: not a file, larger than `most` bytes, or
    /// outside the tree.
    pub(crate) fn content(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, String> {
        let content = self.up_to(path, most)?;
        match content {
            Some(bytes) if bytes.len() as u64 > most => Err("too large".to_owned()),
            content => Ok(content),
        }
    }

    /// Returns the content of the file at `path`, or its first bytes, more than `most`.
    fn up_to(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, String> {
        let Some(real) = self.resolve(path)? else {
            return Ok(None);
        };
        let meta = std::fs::metadata(&real).map_err(|e| describe(&e))?;
        if !meta.is_file() {
            return Err("not a regular file".to_owned());
        }
        let mut content = Vec::new();
        File::open(&real)
            .and_then(|file| file.take(most + 1).read_to_end(&mut content))
            .map_err(|e| describe(&e))?;
        Ok(Some(content))
    }
}

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        self.up_to(path, MAX_BYTES)
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

//! Files that a run writes: beside their place first, then in one step in place.
//!
//! The file that was there stays until the run has ended, so it can be scanned. It may be
//! a link or a tracked file that the author of the tree put there: a link is replaced and
//! never followed, and what git tracks or keeps in its directories is not written. Only the
//! files in which people accept findings belong to the program and to git at once: they are
//! read before, as they are replaced ([`Output::text`]).

use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::{Last, Way, is_link, way};
use crate::git::{OpenOptions, Store, index, worktree};
use crate::stop::{Stop, describe};

/// The endings of what may be written into the directory of a bare repository, where git
/// keeps its own files.
const ENDINGS: [&str; 8] = ["sarif", "json", "jsonl", "csv", "xml", "md", "txt", "toml"];
/// The beginning of the names of other files that may be written there.
const OWN: &[u8] = b".stopleak";

/// Where the system keeps links to devices and open files: `/dev/stdout`, `/dev/fd/1`.
const SYSTEM: [&str; 2] = ["/dev", "/proc"];

/// An open file, in its place only after [`Output::settle`].
#[derive(Debug)]
pub struct Output {
    file: File,
    /// What is renamed at the end, and to what; None for a device or pipe.
    aside: Option<(PathBuf, PathBuf)>,
}

impl Output {
    /// Opens `path` for writing. `tree` is the top of what is scanned.
    ///
    /// # Errors
    /// Fails if it cannot be written, if a directory on the way is a link that a working
    /// tree holds, or if git tracks the file or keeps it in its own directory.
    pub fn open(path: &Path, tree: Option<&Path>) -> Result<Self, Stop> {
        let failed = |e: &io::Error| {
            unwritten(path, e).help("name a file in a directory that exists and is writable")
        };
        let is_top = |dir: &Path| tree == Some(dir) || dir.join(".git").exists();
        let way = way(path, Last::Kept, &is_top).map_err(|e| failed(&e))?;
        unlinked(path, &way)?;
        outside_of_git(path, &way)?;
        let place = way.full();
        let there = std::fs::symlink_metadata(&place);
        if is_open_ended(&way) {
            let file = File::options().append(true).open(&place);
            return file
                .map(|file| Self { file, aside: None })
                .map_err(|e| failed(&e));
        }
        let mut mode = None;
        match there {
            Err(e) if e.kind() == ErrorKind::NotFound => untracked(path, &way, false)?,
            Err(e) => return Err(failed(&e)),
            Ok(meta) if meta.is_dir() => return Err(failed(&ErrorKind::IsADirectory.into())),
            Ok(meta) => {
                untracked(path, &way, true)?;
                mode = meta.is_file().then(|| meta.permissions());
            }
        }
        let is_outside = way.top.is_none() && mode.is_some();
        match Self::beside(place.clone(), mode) {
            // The directory is not ours, but the file is.
            Err(_) if is_outside => over(&place).map(|file| Self { file, aside: None }),
            opened => opened,
        }
        .map_err(|e| failed(&e))
    }

    /// Opens `path` to add to what is there.
    ///
    /// # Errors
    /// Fails if it cannot be written.
    pub fn append(path: &Path) -> io::Result<Self> {
        let file = File::options().append(true).create(true).open(path)?;
        Ok(Self { file, aside: None })
    }

    /// Replaces the file at `path`, which the program owns, whether git tracks it or not.
    /// [`Output::text`] says what is there.
    ///
    /// # Errors
    /// Fails if it cannot be written, if a directory on the way is a link that a working tree
    /// holds, or if it is below a git directory.
    pub fn replace(path: &Path, text: &str) -> Result<(), Stop> {
        let place = allowed(path)?.full();
        let written = Self::beside(place, None).and_then(|output| output.with(text)?.settle());
        written.map_err(|e| unwritten(path, &e))
    }

    /// Creates the file at `path`.
    ///
    /// # Errors
    /// Does the same as [`Output::replace`], and fails if there is a file or a link.
    pub fn create(path: &Path, text: &str) -> Result<(), Stop> {
        let place = allowed(path)?.full();
        if place.symlink_metadata().is_ok() {
            let why = unwritten(path, &ErrorKind::AlreadyExists.into());
            return Err(why.help("name a new file"));
        }
        Self::replace(path, text)
    }

    /// Makes the directory at `path` and those above it.
    ///
    /// # Errors
    /// Fails if that is not possible, if the directory or one above it is a link that a
    /// working tree holds, or if it is below a git directory.
    pub fn directory(path: &Path) -> Result<(), Stop> {
        // A name in it, so that the directory itself is on the way.
        let way = allowed(&path.join(".stopleak"))?;
        let place = way.full();
        let made = std::fs::create_dir_all(place.parent().unwrap_or(&place));
        made.map_err(|e| {
            let path = path.display();
            Stop::new(format!("{path}: cannot be made: {}", describe(&e)))
                .help("name a directory that can be written")
        })
    }

    /// Returns the text of a file that [`Output::replace`] is about to replace; None if there
    /// is none.
    ///
    /// # Errors
    /// Fails if it is a link, because the text of another file would be written here. Fails if
    /// it is not a regular file, larger than `most` bytes, not UTF-8 or unreadable.
    pub fn text(path: &Path, most: u64) -> Result<Option<String>, Stop> {
        let stop = |why: &str| Stop::new(format!("{}: {why}", path.display()));
        let place = allowed(path)?.full();
        let meta = match place.symlink_metadata() {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(stop(&describe(&e))),
            Ok(meta) => meta,
        };
        if meta.is_symlink() {
            return Err(stop("is a symbolic link").help("name the file itself"));
        }
        if !meta.is_file() || meta.len() > most {
            return Err(stop("not a regular file, or too large"));
        }
        let text = std::fs::read_to_string(place);
        text.map(Some).map_err(|e| stop(&describe(&e)))
    }

    /// Writes `text`, so that only [`Output::settle`] is left to do.
    ///
    /// # Errors
    /// Fails if it cannot be written.
    pub fn with(self, text: &str) -> io::Result<Self> {
        (&self.file).write_all(text.as_bytes())?;
        self.file.sync_all()?;
        Ok(self)
    }

    fn beside(place: PathBuf, mode: Option<Permissions>) -> io::Result<Self> {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let mut taken = 0;
        let (aside, file) = loop {
            let process = std::process::id();
            let aside = place.with_file_name(format!(".{name}.{process}.{taken}.new"));
            match File::options().write(true).create_new(true).open(&aside) {
                Err(e) if e.kind() == ErrorKind::AlreadyExists && taken < 100 => taken += 1,
                opened => break (aside, opened?),
            }
        };
        let output = Self {
            file,
            aside: Some((aside, place)),
        };
        if let Some(mode) = mode {
            output.file.set_permissions(mode)?;
        }
        Ok(output)
    }

    /// Returns a second handle to write with.
    ///
    /// # Errors
    /// Fails if the system has no more handles.
    pub fn writer(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Returns the file that is written now and renamed later.
    pub fn aside(&self) -> Option<&Path> {
        self.aside.as_ref().map(|(aside, _)| aside.as_path())
    }

    /// Returns the file that is replaced at the end.
    pub fn place(&self) -> Option<&Path> {
        self.aside.as_ref().map(|(_, place)| place.as_path())
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// Fails if it cannot be renamed.
    pub fn settle(mut self) -> io::Result<()> {
        let Some((aside, place)) = &self.aside else {
            return Ok(());
        };
        match std::fs::rename(aside, place) {
            Ok(()) => self.aside = None,
            // A file that is mounted, as in a container, cannot be replaced.
            Err(e) if e.kind() == ErrorKind::ResourceBusy => {
                io::copy(&mut File::open(aside)?, &mut over(place)?)?;
            }
            Err(e) => return Err(e),
        }
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // The run did not end: half a report must not look like one.
        if let Some((aside, _)) = &self.aside {
            let _ = std::fs::remove_file(aside);
        }
    }
}

/// Opens a regular file to write over its content, and follows no link to it. A file with a
/// second name is refused: that may be one which is to be scanned.
fn over(place: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        // FILE_FLAG_OPEN_REPARSE_POINT: opens a link itself, which is refused below.
        options.custom_flags(0x0020_0000);
    }
    let file = options.open(place)?;
    let meta = file.metadata()?;
    if meta.is_symlink() {
        return Err(io::Error::other("it is a symbolic link"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if meta.nlink() > 1 {
            return Err(io::Error::other("the file has several names (hard links)"));
        }
    }
    file.set_len(0)?;
    Ok(file)
}

/// Whether a path names a device, a pipe or an open file, to which a report is appended.
/// A link to one counts only outside of working trees.
fn is_open_ended(way: &Way) -> bool {
    let place = way.full();
    if way.top.is_none() && is_link(&place) && SYSTEM.iter().any(|dir| place.starts_with(dir)) {
        return true;
    }
    let meta = match way.top {
        Some(_) => std::fs::symlink_metadata(&place),
        None => std::fs::metadata(&place),
    };
    meta.is_ok_and(|meta| !meta.is_file() && !meta.is_dir() && !meta.is_symlink())
}

/// Returns where `path` leads, if something may be written there.
fn allowed(path: &Path) -> Result<Way, Stop> {
    let is_top = |dir: &Path| dir.join(".git").exists();
    let way = way(path, Last::Kept, &is_top).map_err(|e| unwritten(path, &e))?;
    unlinked(path, &way)?;
    outside_of_git(path, &way)?;
    Ok(way)
}

fn unwritten(path: &Path, error: &io::Error) -> Stop {
    let path = path.display();
    Stop::new(format!("{path}: cannot be written: {}", describe(error)))
}

/// Refuses a way through a directory that a working tree holds as a link.
fn unlinked(path: &Path, way: &Way) -> Result<(), Stop> {
    let Some(dir) = way.linked_directory() else {
        return Ok(());
    };
    let (path, dir) = (path.display(), dir.display());
    Err(
        Stop::new(format!("{path}: not written: {dir} is a symbolic link"))
            .help("a repository could choose the file with it; name the directory itself"),
    )
}

/// Refuses a file of git's own: `.git`, what is below it, and the directory of any other
/// repository or linked working tree. Files right in the directory of a bare repository are
/// the user's if git has none with such a name.
fn outside_of_git(path: &Path, way: &Way) -> Result<(), Stop> {
    let is_git = |name: &OsStr| {
        // Windows takes `.git. ` and `.git::$INDEX_ALLOCATION` for the same directory.
        let name = name.as_encoded_bytes();
        let name = name.split(|b| *b == b':').next().unwrap_or_default();
        let len = name.iter().rposition(|b| !b". ".contains(b));
        let name = &name[..len.map_or(0, |at| at + 1)];
        [".git", "git~1"]
            .iter()
            .any(|git| name.eq_ignore_ascii_case(git.as_bytes()))
    };
    let mut names = way.rest.components().map(|part| part.as_os_str());
    let place = way.full();
    let mut dirs = place.ancestors().skip(1);
    let owner = dirs.find(|dir| worktree::is_git_dir(dir));
    let ending = place.extension().unwrap_or_default();
    let name = place.file_name().unwrap_or_default().as_encoded_bytes();
    let is_own = ENDINGS.iter().any(|own| ending == *own) || name.starts_with(OWN);
    let is_right_in = owner == place.parent() && is_own;
    if !names.any(is_git) && (owner.is_none() || is_right_in) {
        return Ok(());
    }
    Err(Stop::new(format!(
        "{}: not written: this is in the directory of a repository, where git keeps its files",
        path.display()
    ))
    .help("name a file outside of `.git`, with a name that ends like a report (.json, .sarif)"))
}

/// Refuses a file that git tracks: it is to be scanned, and belongs to the repository. The
/// index may lack it, and the working tree too, where HEAD still has it. If nothing `is_there`,
/// a repository that cannot be read keeps no report from being written.
fn untracked(path: &Path, way: &Way, is_there: bool) -> Result<(), Stop> {
    let Some(top) = way.top.as_ref().filter(|top| top.join(".git").exists()) else {
        return Ok(());
    };
    let unknown = |why: String| {
        if !is_there {
            return Ok(());
        }
        Err(Stop::new(format!(
            "{}: not replaced: whether git tracks it cannot be told: {why}",
            path.display()
        ))
        .help("name a file that does not exist, or one outside of the repository"))
    };
    let store = match Store::open(top, &OpenOptions::default()) {
        Ok(store) => store,
        Err(e) => return unknown(e.to_string()),
    };
    let names = way.rest.components().map(|name| name.as_os_str());
    let names: Vec<&[u8]> = names.map(OsStr::as_encoded_bytes).collect();
    let own = names.join(&b'/');
    let is_same = |name: &[u8]| {
        name == own.as_slice()
            || (name.eq_ignore_ascii_case(&own)
                && worktree::file_name(name).is_some_and(|name| is_one(&top.join(name), way)))
    };
    let tracks = index::any(&store, is_same);
    match tracks.and_then(|tracks| Ok(tracks || index::is_at_head(&store, &own)?)) {
        Err(e) => unknown(e.to_string()),
        Ok(false) => Ok(()),
        Ok(true) => Err(Stop::new(format!(
            "{}: not replaced: git tracks this file",
            path.display()
        ))
        .help("name another file, or remove this one from the repository")),
    }
}

/// Whether a name in other case is the same file, as on many disks of macOS and Windows.
fn is_one(other: &Path, way: &Way) -> bool {
    match (
        std::fs::canonicalize(other),
        std::fs::canonicalize(way.full()),
    ) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

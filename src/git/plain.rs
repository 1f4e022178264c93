//! Checks that the files of a repository are regular and not too large.
//!
//! An attacker can put a FIFO, which blocks forever, or a link to an endless device in
//! the place of `HEAD` or `packed-refs`. gix opens whatever is there, so this check runs
//! first. It reads no content except that of the small files that point elsewhere
//! (`gitdir: …`, `commondir`).

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::error::GitError;

/// Files that point elsewhere contain a path; a longer file is not one of them.
const MAX_LINK: u64 = 64 << 10;
/// The largest repository configuration that is read.
const MAX_CONFIG: u64 = 16 << 20;
/// The largest size of other files that are read whole.
const MAX_OTHER: u64 = 4 << 30;

/// The files that gix reads below a git directory or a common directory.
const FILES: &[(&str, u64)] = &[
    ("HEAD", MAX_LINK),
    ("commondir", MAX_LINK),
    ("gitdir", MAX_LINK),
    ("config", MAX_CONFIG),
    ("config.worktree", MAX_CONFIG),
    ("objects/info/alternates", MAX_CONFIG),
    ("MERGE_HEAD", MAX_CONFIG),
    ("shallow", MAX_OTHER),
    ("packed-refs", MAX_OTHER),
    ("index", MAX_OTHER),
];

/// Checks the repository at `path` and, if `parents`, also the repositories that its
/// parents may be.
///
/// # Errors
/// Fails if a file that gix would open is not regular or is too large.
pub(super) fn check(path: &Path, parents: bool) -> Result<(), GitError> {
    let start = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    for dir in start.ancestors().take(if parents { usize::MAX } else { 1 }) {
        // Any directory may contain a FIFO; only with a HEAD it may be a repository.
        if dir.join("HEAD").symlink_metadata().is_ok() {
            git_dir(dir)?;
        }
        let below = dir.join(".git");
        match std::fs::metadata(&below) {
            Ok(meta) if meta.is_dir() => return git_dir(&below),
            Ok(meta) if meta.is_file() => return linked(dir, &below),
            Ok(_) => return Err(unfit(&below, "not a regular file")),
            Err(_) => {}
        }
    }
    Ok(())
}

/// Follows a `.git` file to its git directory.
fn linked(dir: &Path, link: &Path) -> Result<(), GitError> {
    let Some(target) = git_dir_of(link)? else {
        return Ok(());
    };
    let target = dir.join(target);
    if !target.is_dir() {
        // Otherwise a repository in a parent directory would be used instead of the
        // requested one.
        return Err(unfit(link, "it names a git directory that is not here"));
    }
    git_dir(&target)
}

/// Returns the git directory that a `.git` file names, as written there.
pub(super) fn git_dir_of(link: &Path) -> Result<Option<PathBuf>, GitError> {
    path_in(link, b"gitdir: ")
}

/// Checks one git directory and the common directory that it shares with other worktrees.
fn git_dir(dir: &Path) -> Result<(), GitError> {
    files(dir)?;
    let link = dir.join("commondir");
    if !link.exists() {
        return Ok(());
    }
    match path_in(&link, b"")? {
        Some(common) => files(&dir.join(common)),
        None => Ok(()),
    }
}

fn files(dir: &Path) -> Result<(), GitError> {
    for (name, most) in FILES {
        let path = dir.join(name);
        match std::fs::metadata(&path) {
            // A directory of that name is not a file of the repository.
            Ok(meta) if meta.is_dir() => {}
            Ok(meta) if !meta.is_file() => return Err(unfit(&path, "not a regular file")),
            Ok(meta) if meta.len() > *most => return Err(unfit(&path, "too large")),
            _ => {}
        }
    }
    Ok(())
}

/// Returns the path after `mark` in a small file.
pub(super) fn path_in(file: &Path, mark: &[u8]) -> Result<Option<PathBuf>, GitError> {
    let text = read(file, MAX_LINK).map_err(|source| GitError::Io {
        path: file.to_owned(),
        source,
    })?;
    let text = text.strip_prefix(mark).unwrap_or_default().trim_ascii_end();
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        Ok((!text.is_empty()).then(|| PathBuf::from(std::ffi::OsStr::from_bytes(text))))
    }
    #[cfg(not(unix))]
    {
        let text = std::str::from_utf8(text).ok();
        Ok(text.filter(|text| !text.is_empty()).map(PathBuf::from))
    }
}

fn unfit(path: &Path, why: &str) -> GitError {
    GitError::Io {
        path: path.to_owned(),
        source: io::Error::new(ErrorKind::InvalidInput, why),
    }
}

/// Reads all of a regular file of at most `most` bytes.
///
/// # Errors
/// Fails if it is not regular, is larger, or cannot be read.
pub(super) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(ErrorKind::InvalidInput, "too large"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_block_or_never_end_is_no_repository() {
        let dir = std::env::temp_dir().join(format!("stopleak-plain-{}", std::process::id()));
        let git = dir.join("a/.git");
        std::fs::create_dir_all(&git).unwrap();
        assert!(check(&dir.join("a"), true).is_ok());
        std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        assert!(check(&dir.join("a"), true).is_ok());
        #[cfg(unix)]
        for name in ["HEAD", "config", "packed-refs", "index", "shallow"] {
            let _ = std::fs::remove_file(git.join(name));
            std::os::unix::fs::symlink("/dev/zero", git.join(name)).unwrap();
            let error = check(&dir.join("a"), true).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("regular"), "{error}");
            std::fs::remove_file(git.join(name)).unwrap();
        }
        std::fs::write(dir.join("a/.git/commondir"), "x".repeat(70_000)).unwrap();
        assert!(check(&dir.join("a"), true).is_err());
        std::fs::remove_dir_all(dir).unwrap();
    }
}

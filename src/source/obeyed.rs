//! Checks whether git's ignore files can be obeyed.
//!
//! The walker reads ignore files whole, follows links and opens whatever is there. A link
//! to a device never ends, a FIFO blocks forever, and each line becomes a pattern of some
//! kilobytes. So this check runs before the walker. If ignore files cannot be obeyed,
//! nothing is left out: more is scanned, never less.

use std::fs::Metadata;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::blob::{BlobPath, SourceError};

/// The maximum size of the patterns that apply in one directory, including those of its
/// parents. Compiled, a line of 13 bytes takes about 4 KiB.
pub(super) const MAX_PATTERNS: u64 = 256 << 10;

/// Why the patterns of a directory are not obeyed. Contains an error to report if git
/// would obey them.
pub(super) type Disobeyed = Option<SourceError>;

/// Returns the size of the patterns in `dir` and of those in its parents that apply in
/// it.
pub(super) fn above(dir: &Path) -> Result<u64, Disobeyed> {
    let Ok(full) = std::fs::canonicalize(dir) else {
        return Ok(0);
    };
    let mut sum = patterns(dir, false)?;
    let mut outside = full.join(".git").exists();
    for parent in full.ancestors().skip(1) {
        // Files outside the repository do not count, but the walker opens them anyway.
        let own = patterns(parent, outside)?;
        if !outside {
            sum += own;
        }
        outside |= parent.join(".git").exists();
    }
    within(dir, sum)
}

/// Returns the size of the patterns in `dir` alone. A symbolic link counts only if
/// `follow` is true, because git does not read it.
pub(super) fn patterns(dir: &Path, follow: bool) -> Result<u64, Disobeyed> {
    let file = dir.join(".gitignore");
    let own = match std::fs::symlink_metadata(&file) {
        Ok(meta) if meta.is_symlink() && !follow => return Err(None),
        Ok(meta) if meta.is_symlink() => size(std::fs::metadata(&file))?,
        meta => size(meta)?,
    };
    let exclude = match std::fs::symlink_metadata(dir.join(".git")) {
        Ok(meta) if meta.is_dir() => size(std::fs::metadata(dir.join(".git/info/exclude")))?,
        Ok(meta) if meta.is_file() => linked(dir)?,
        _ => 0,
    };
    within(dir, own + exclude)
}

/// Returns `sum`, or an error if it is too much for `dir`.
pub(super) fn within(dir: &Path, sum: u64) -> Result<u64, Disobeyed> {
    if sum <= MAX_PATTERNS {
        return Ok(sum);
    }
    Err(Some(SourceError {
        path: BlobPath::shown(&dir.join(".gitignore")),
        why: format!(
            "not obeyed: more than {} KiB of patterns hold here; nothing below was left out",
            MAX_PATTERNS >> 10
        ),
    }))
}

/// Returns the size of a regular file, or 0 if there is none.
fn size(meta: std::io::Result<Metadata>) -> Result<u64, Disobeyed> {
    match meta {
        Ok(meta) if meta.is_file() => Ok(meta.len()),
        Ok(meta) if !meta.is_dir() => Err(None),
        _ => Ok(0),
    }
}

/// Returns the size of the patterns of the repository that a `.git` file points to.
fn linked(dir: &Path) -> Result<u64, Disobeyed> {
    let Some(target) = path_in(&dir.join(".git"), "gitdir: ")? else {
        return Ok(0);
    };
    let target = dir.join(target);
    let common = match path_in(&target.join("commondir"), "")? {
        Some(common) => target.join(common),
        None => target,
    };
    size(std::fs::metadata(common.join("info/exclude")))
}

/// Returns the path in a file that points elsewhere. Fails if reading the file might not
/// end.
fn path_in(file: &Path, mark: &str) -> Result<Option<PathBuf>, Disobeyed> {
    const MAX: u64 = 64 << 10;
    if size(std::fs::metadata(file))? > MAX {
        return Err(None);
    }
    let mut text = String::new();
    let opened = std::fs::File::open(file).map(|file| file.take(MAX));
    if opened
        .and_then(|mut file| file.read_to_string(&mut text))
        .is_err()
    {
        return Ok(None);
    }
    let path = text.lines().next().and_then(|line| line.strip_prefix(mark));
    Ok(path.map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_are_too_many_or_no_file_are_not_obeyed() {
        let dir = std::env::temp_dir().join(format!("stopleak-obeyed-{}", std::process::id()));
        let sub = dir.join("a/b");
        std::fs::create_dir_all(&sub).unwrap();
        std::fs::create_dir_all(dir.join(".git/info")).unwrap();
        let lines = |n: usize| "pattern\n".repeat(n);
        std::fs::write(dir.join(".gitignore"), lines(20_000)).unwrap();
        std::fs::write(dir.join("a/.gitignore"), lines(10_000)).unwrap();
        assert_eq!(above(&dir), Ok(160_000));
        assert_eq!(above(&sub), Ok(240_000));
        std::fs::write(dir.join(".git/info/exclude"), lines(10_000)).unwrap();
        let told = above(&sub).unwrap_err().unwrap();
        assert!(told.why.contains("256 KiB"), "{}", told.why);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/dev/zero", sub.join(".gitignore")).unwrap();
            assert_eq!(patterns(&sub, false), Err(None));
            assert_eq!(patterns(&sub, true), Err(None));
        }
        std::fs::remove_dir_all(dir).unwrap();
    }
}

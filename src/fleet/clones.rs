//! Clones on the disk: where they are, and how large.

use std::fs;
use std::path::{Path, PathBuf};

use crate::stop::describe;

/// How deep below a directory clones are looked for.
const DEPTH: usize = 16;

/// What is below a directory.
#[derive(Debug, Default)]
pub(super) struct Below {
    /// The clones, in the order of their paths, relative to the directory.
    pub(super) clones: Vec<PathBuf>,
    /// Symbolic links to directories, which are not followed.
    pub(super) links: u64,
    /// Directories that could not be read, and why.
    pub(super) failed: Vec<String>,
}

/// Whether a directory looks like a repository: a working tree, or a git directory.
pub(super) fn is_repository(dir: &Path) -> bool {
    dir.join(".git").exists()
        || (dir.join("HEAD").is_file() && dir.join("objects").is_dir() && dir.join("refs").is_dir())
}

/// Looks for clones below `top`. It looks into no clone, so submodules are not listed.
pub(super) fn below(top: &Path) -> Below {
    let mut found = Below::default();
    let mut open = vec![(PathBuf::new(), 0)];
    while let Some((dir, depth)) = open.pop() {
        let full = top.join(&dir);
        if depth > 0 && is_repository(&full) {
            found.clones.push(dir);
            continue;
        }
        let shown = || full.display().to_string();
        if depth > DEPTH {
            let why = "deeper than clones are looked for; name it";
            found.failed.push(format!("{}: {why}", shown()));
            continue;
        }
        let listed = fs::read_dir(&full).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = match listed {
            Ok(entries) => entries,
            Err(error) => {
                found
                    .failed
                    .push(format!("{}: {}", shown(), describe(&error)));
                continue;
            }
        };
        for entry in entries {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push((dir.join(entry.file_name()), depth + 1)),
                Ok(kind) if kind.is_symlink() && entry.path().is_dir() => found.links += 1,
                _ => {}
            }
        }
    }
    found.clones.sort();
    found.failed.sort();
    found
}

/// Returns the size of the objects of a clone in bytes, as far as it can be read. What is not
/// readable is found out by the scan.
pub(super) fn bytes(clone: &Path) -> u64 {
    let git = match clone.join(".git") {
        git if git.is_dir() => git,
        git if git.is_file() => match linked(clone, &git) {
            Some(dir) => dir,
            None => return 0,
        },
        _ => clone.to_owned(),
    };
    let objects = git.join("objects");
    let mut sum: u64 = 0;
    let mut open = vec![(objects, 0)];
    while let Some((dir, depth)) = open.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(meta) if meta.is_dir() && depth < 1 => open.push((entry.path(), depth + 1)),
                Ok(meta) if meta.is_file() => sum = sum.saturating_add(meta.len()),
                _ => {}
            }
        }
    }
    sum
}

/// Returns the git directory with the objects of a working tree whose `.git` is a file.
fn linked(clone: &Path, file: &Path) -> Option<PathBuf> {
    let line = |path: &Path| {
        let meta = fs::metadata(path).ok()?;
        (meta.len() < 4096)
            .then(|| fs::read_to_string(path).ok())
            .flatten()
    };
    let text = line(file)?;
    let git = clone.join(text.strip_prefix("gitdir:")?.trim());
    match line(&git.join("commondir")) {
        Some(common) => Some(git.join(common.trim())),
        None => Some(git),
    }
}

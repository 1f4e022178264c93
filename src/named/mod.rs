//! Where a path leads that a person names, and files that are written there.
//!
//! A person decides what a path means up to the working tree that it enters. From there
//! on, the content of the tree would decide: a change can make a file, or a directory on
//! its way, a symbolic link. So links are followed outside of working trees, and never
//! inside. Below the top of a tree, a path is its names.

mod input;
mod output;

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

pub(crate) use input::Input;
pub use output::Output;

/// The most links on the way to one file; as many as Linux follows.
const MAX_LINKS: usize = 40;

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// The top of the working tree that it enters; None if it enters none.
    pub top: Option<PathBuf>,
    /// The path from there, without `.` and `..`; without a top, the whole path.
    pub rest: PathBuf,
}

impl Way {
    /// Returns the whole path.
    pub(crate) fn full(&self) -> PathBuf {
        match &self.top {
            Some(top) => top.join(&self.rest),
            None => self.rest.clone(),
        }
    }

    /// Returns the first directory on the way below the top that is a symbolic link.
    pub(crate) fn linked_directory(&self) -> Option<PathBuf> {
        let top = self.top.as_ref()?;
        let mut dirs: Vec<&Path> = self.rest.ancestors().skip(1).collect();
        dirs.retain(|dir| !dir.as_os_str().is_empty());
        let mut dirs = dirs.into_iter().rev().map(|dir| top.join(dir));
        dirs.find(|dir| is_link(dir))
    }
}

/// Whether the last name of a path is followed too if it is a link outside of the trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    /// It is, to read the file.
    Followed,
    /// It is not, to write it.
    Kept,
}

/// Returns where `path` leads; `is_top` tells the tops of working trees. What does not
/// exist is taken as it is written.
///
/// # Errors
/// Fails if the current directory is unreadable, or if links lead to links without end.
pub(crate) fn way(path: &Path, last: Last, is_top: &dyn Fn(&Path) -> bool) -> io::Result<Way> {
    let enter = |dir: &Path| {
        let top = dir.ancestors().find(|dir| is_top(dir)).map(Path::to_owned);
        let rest = top.as_ref().and_then(|top| dir.strip_prefix(top).ok());
        (rest.unwrap_or(dir).to_owned(), top)
    };
    let mut todo: VecDeque<OsString> = names(path);
    let (mut rest, mut top) = match is_rooted(path) {
        true => (PathBuf::new(), None),
        false => enter(&std::fs::canonicalize(".")?),
    };
    let mut links = 0;
    while let Some(name) = todo.pop_front() {
        let inside = top.is_some();
        if name == ".." {
            if inside && rest.as_os_str().is_empty() {
                let up = top.as_deref().and_then(Path::parent);
                (rest, top) = enter(up.unwrap_or(Path::new("/")));
            } else {
                rest.pop();
            }
            continue;
        }
        let next = rest.join(&name);
        if inside {
            let dir = top.as_ref().map(|top| top.join(&next));
            match dir.filter(|dir| is_top(dir)) {
                Some(dir) => (rest, top) = (PathBuf::new(), Some(dir)),
                None => rest = next,
            }
            continue;
        }
        let followed = !todo.is_empty() || last == Last::Followed;
        if let (true, Ok(target)) = (followed, std::fs::read_link(&next)) {
            links += 1;
            if links > MAX_LINKS {
                return Err(io::Error::other("too many levels of symbolic links"));
            }
            if is_rooted(&target) {
                rest = PathBuf::new();
            }
            for name in names(&target).into_iter().rev() {
                todo.push_front(name);
            }
            continue;
        }
        rest = next;
        if is_top(&rest) {
            top = Some(std::mem::take(&mut rest));
        }
    }
    Ok(Way { top, rest })
}

/// Whether a path begins at a root or, on Windows, at a drive. `\dir` and `C:dir` do there, and are not
/// absolute: they do not lead through the current directory's tree.
fn is_rooted(path: &Path) -> bool {
    matches!(
        path.components().next(),
        Some(Component::Prefix(_) | Component::RootDir)
    )
}

/// Returns the names of a path, with the root as the first, without `.`.
fn names(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| part.as_os_str().to_owned())
        .collect()
}

/// Whether there is a symbolic link at `path`.
fn is_link(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_count_outside_of_trees_and_not_inside() {
        let dir = std::env::temp_dir().join(format!("stopleak-way-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("tree/sub/.top")).unwrap();
        std::fs::create_dir_all(dir.join("tree/.top")).unwrap();
        std::fs::create_dir_all(dir.join("out")).unwrap();
        let dir = std::fs::canonicalize(dir).unwrap();
        symlink(dir.join("tree"), dir.join("linked")).unwrap();
        symlink("../tree/ci", dir.join("out/ci")).unwrap();
        symlink("../out", dir.join("tree/ci")).unwrap();
        symlink("loop", dir.join("loop")).unwrap();
        let is_top = |dir: &Path| dir.join(".top").is_dir();
        let at = |path: &str| way(&dir.join(path), Last::Followed, &is_top);
        let inside = |top: &str, rest: &str| Way {
            top: Some(dir.join(top)),
            rest: rest.into(),
        };
        let outside = |rest: &str| Way {
            top: None,
            rest: dir.join(rest),
        };
        for (path, right) in [
            ("tree/a/b", inside("tree", "a/b")),
            ("linked/./a/../b", inside("tree", "b")),
            ("tree/ci/x", inside("tree", "ci/x")),
            ("tree/ci/../x", inside("tree", "x")),
            ("out/ci/x", inside("tree", "ci/x")),
            ("out/../tree/x", inside("tree", "x")),
            ("tree/../out/x", outside("out/x")),
            ("tree/sub/x", inside("tree/sub", "x")),
            ("tree/sub/../x", inside("tree", "x")),
            ("out/none/x", outside("out/none/x")),
            ("tree", inside("tree", "")),
        ] {
            assert_eq!(at(path).unwrap(), right, "{path}");
        }
        assert!(at("loop/x").is_err());
        let kept = way(&dir.join("out/ci"), Last::Kept, &is_top).unwrap();
        assert_eq!(kept, outside("out/ci"));
        let way = at("tree/ci/x").unwrap();
        assert_eq!(way.linked_directory(), Some(dir.join("tree/ci")));
        assert_eq!(at("tree/sub/x").unwrap().linked_directory(), None);
        std::fs::remove_dir_all(dir).unwrap();
    }
}

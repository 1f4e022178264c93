//! Working files: directories walked in sorted order, and single files named by the user.

use std::collections::{HashMap, HashSet};
use std::fs::FileType;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::content::{ContentReader, Limits};
use super::file::{Whole, open};
use super::lfs::Objects;
use super::{Item, Sink, Source, UnitReader};
use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::environment::Environment;
use crate::globs::{self, Scope};
use crate::inside::Most;
use crate::stop::describe;

/// What to walk, and how.
#[derive(Clone, Debug)]
pub struct WalkOptions {
    /// Files and directories, in the given order.
    pub roots: Vec<PathBuf>,
    /// Whether to leave out files that git ignores and does not track.
    pub ignore_files: bool,
    /// Where to find the user's configuration of git, which may name a file of patterns.
    pub environment: Environment,
    /// Whether to follow symbolic links.
    pub follow: bool,
    /// The tree that followed links must not leave, canonical; None if they may.
    pub within: Option<PathBuf>,
    /// How much is read of a file, and of what stands inside of it.
    pub most: Most,
    /// Globs of paths to leave out, in the syntax of .gitignore.
    pub exclude: Vec<String>,
    /// Globs of the only paths to read; empty for everything.
    pub include: Vec<String>,
    /// The paths that the configuration includes.
    pub scope: Arc<Scope>,
    /// The directory that globs are relative to, in the same form as the roots; empty if
    /// globs match the paths as the roots name them.
    pub base: PathBuf,
    /// Files to read besides, if they are there.
    pub files: Vec<PathBuf>,
    /// Paths known in advance to be listed only in part.
    pub unlisted: Vec<SourceError>,
    /// Files that this run itself writes; they are not scanned.
    pub outputs: Vec<PathBuf>,
}

impl Default for WalkOptions {
    /// Returns options without roots: files that git ignores are left out, links are not
    /// followed, and files larger than 4 GiB are left out.
    fn default() -> Self {
        Self {
            roots: Vec::new(),
            ignore_files: true,
            environment: Environment::default(),
            follow: false,
            within: None,
            most: Most::of(Most::FILE),
            exclude: Vec::new(),
            include: Vec::new(),
            scope: Arc::default(),
            base: PathBuf::new(),
            files: Vec::new(),
            unlisted: Vec::new(),
            outputs: Vec::new(),
        }
    }
}

/// Working files as a source.
pub struct WalkSource {
    pub(super) options: WalkOptions,
    exclude: Option<Gitignore>,
    include: Option<Gitignore>,
    lfs: Objects,
}

/// An invalid glob of `--exclude` or `--include`.
#[derive(Debug, thiserror::Error)]
#[error("bad glob: {0}")]
pub struct BadGlob(String);

impl FileUnit {
    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl WalkSource {
    /// Creates a source over `options.roots`.
    ///
    /// # Errors
    /// Fails if a glob is invalid.
    pub fn new(options: WalkOptions) -> Result<Self, BadGlob> {
        let exclude = globs(&options.exclude)?;
        let include = globs(&options.include)?;
        Ok(Self {
            lfs: Objects::of_paths(&options.roots),
            options,
            exclude,
            include,
        })
    }

    /// Creates a source over options without globs.
    pub(super) fn without_globs(options: WalkOptions) -> Self {
        Self {
            lfs: Objects::of_paths(&options.files[..options.files.len().min(1)]),
            options,
            exclude: None,
            include: None,
        }
    }

    fn list_root(&self, root: &Path, emit: &mut dyn FnMut(Item<FileUnit>) -> bool) -> bool {
        let meta = match std::fs::symlink_metadata(root) {
            Ok(meta) => meta,
            Err(e) => return emit(failed(root, &e)),
        };
        // The user named this path, so a link is followed.
        let meta = if meta.is_symlink() {
            std::fs::metadata(root)
        } else {
            Ok(meta)
        };
        match meta {
            Err(e) => emit(failed(root, &e)),
            Ok(meta) if meta.is_dir() => self.list_dir(root, emit),
            Ok(meta) if meta.is_file() => emit(Item::Unit(FileUnit {
                path: root.to_owned(),
            })),
            Ok(_) => {
                let why = "not a regular file; pipe it into `stopleak scan -`".to_owned();
                emit(Item::Failed(SourceError {
                    path: BlobPath::shown(root),
                    why,
                }))
            }
        }
    }

    /// Returns whether the user excludes the directory at `path`.
    pub(super) fn is_excluded(&self, path: &Path) -> bool {
        let exclude = self.exclude.as_ref();
        exclude.is_some_and(|globs| {
            let path = below(path, &self.options.base);
            globs.matched(path, true).is_ignore()
        })
    }

    /// Returns whether nothing below the directory at `path` can be included.
    pub(super) fn is_pruned(&self, path: &Path) -> bool {
        let scope = &self.options.scope;
        self.is_excluded(path) || scope.prunes(BlobPath::shown(path).as_bytes())
    }

    /// Whether a followed link leads out of the tree that links must not leave, or to its git
    /// directory.
    pub(super) fn leads_out(&self, link: &Path) -> bool {
        let Some(within) = &self.options.within else {
            return false;
        };
        let real = std::fs::canonicalize(link);
        let inside = real.ok().and_then(|real| {
            let rest = real.strip_prefix(within).ok()?;
            Some(!rest.starts_with(".git"))
        });
        !inside.unwrap_or(false)
    }

    /// Converts an entry that is no directory to an item; None for what this run writes.
    pub(super) fn item(&self, path: &Path, kind: FileType) -> Option<Item<FileUnit>> {
        let skipped = |why| {
            Some(Item::Skipped {
                path: BlobPath::shown(path),
                why,
            })
        };
        if self.left_out(path) {
            return skipped(SkipReason::Excluded);
        }
        if kind.is_symlink() {
            return skipped(SkipReason::Symlink);
        }
        if !kind.is_file() {
            return skipped(SkipReason::NotRegular);
        }
        (!self.is_output(path)).then(|| {
            Item::Unit(FileUnit {
                path: path.to_owned(),
            })
        })
    }

    /// Lists a file without its directory, if it is there. Returns false if `emit` did.
    pub(super) fn list_known(
        &self,
        path: &Path,
        emit: &mut dyn FnMut(Item<FileUnit>) -> bool,
    ) -> bool {
        if self.left_out(path) {
            return true;
        }
        match std::fs::symlink_metadata(path) {
            Ok(meta) if meta.is_file() => emit(Item::Unit(FileUnit {
                path: path.to_owned(),
            })),
            Ok(_) => true,
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => true,
            Err(e) => emit(failed(path, &e)),
        }
    }

    /// Returns whether this run writes `path`.
    fn is_output(&self, path: &Path) -> bool {
        let outputs = self.options.outputs.iter();
        let mut same_name = outputs.filter(|o| o.file_name() == path.file_name());
        same_name.any(|o| std::fs::canonicalize(path).is_ok_and(|p| p == *o))
    }

    pub(super) fn left_out(&self, path: &Path) -> bool {
        let matches = |g: &Gitignore| {
            let path = below(path, &self.options.base);
            g.matched_path_or_any_parents(path, false).is_ignore()
        };
        self.exclude.as_ref().is_some_and(matches)
            || self.include.as_ref().is_some_and(|g| !matches(g))
            || self
                .options
                .scope
                .leaves_out(BlobPath::shown(path).as_bytes())
    }
}

/// Returns the path relative to `base`, in the form that globs match.
fn below<'p>(path: &'p Path, base: &Path) -> &'p Path {
    let path = path.strip_prefix(base).unwrap_or(path);
    path.strip_prefix("/").unwrap_or(path)
}

pub(super) fn globs(patterns: &[String]) -> Result<Option<Gitignore>, BadGlob> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        let shown = globs::brief(pattern);
        globs::is_shallow(pattern).map_err(|why| BadGlob(format!("`{shown}`: {why}")))?;
        builder
            .add_line(None, pattern)
            .map_err(|e| BadGlob(format!("`{pattern}`: {e}")))?;
    }
    builder
        .build()
        .map(Some)
        .map_err(|e| BadGlob(e.to_string()))
}

pub(super) fn failed<U>(path: &Path, error: &std::io::Error) -> Item<U> {
    Item::Failed(SourceError {
        path: BlobPath::shown(path),
        why: describe(error),
    })
}

/// The files that were listed, if roots lie inside each other: each counts once.
struct Once {
    real: HashMap<PathBuf, PathBuf>,
    seen: HashSet<PathBuf>,
}

impl Once {
    fn new(roots: &[PathBuf]) -> Self {
        let real = roots.iter().filter(|_| roots.len() > 1);
        let real = real.filter_map(|root| Some((root.clone(), std::fs::canonicalize(root).ok()?)));
        let mut sorted: Vec<(PathBuf, PathBuf)> = real.collect();
        sorted.sort_by(|a, b| a.1.cmp(&b.1));
        // What a directory holds comes behind it.
        let overlap = sorted
            .windows(2)
            .any(|pair| pair[1].1.starts_with(&pair[0].1));
        Self {
            real: match overlap {
                true => sorted.into_iter().collect(),
                false => HashMap::new(),
            },
            seen: HashSet::new(),
        }
    }

    /// Whether no root had the file at `path`, below `root`, before.
    fn is_new(&mut self, root: &Path, path: &Path) -> bool {
        let Some(real) = self.real.get(root) else {
            return true;
        };
        let file = match path.strip_prefix(root) {
            Ok(rest) if rest.as_os_str().is_empty() => real.clone(),
            Ok(rest) => real.join(rest),
            Err(_) => return true,
        };
        self.seen.insert(file)
    }
}

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileUnit {
    path: PathBuf,
}

/// Reads files.
pub struct FileReader {
    most: Most,
    content: ContentReader,
}

impl Source for WalkSource {
    type Unit = FileUnit;
    type Reader = FileReader;

    fn list(&self, emit: &mut dyn FnMut(Item<FileUnit>) -> bool) {
        let mut known = self.options.unlisted.iter().cloned();
        if !known.all(|error| emit(Item::Failed(error))) {
            return;
        }
        let mut once = Once::new(&self.options.roots);
        for root in &self.options.roots {
            let mut new = |item: &Item<FileUnit>| match item {
                Item::Unit(unit) => once.is_new(root, &unit.path),
                _ => true,
            };
            if !self.list_root(root, &mut |item| !new(&item) || emit(item)) {
                return;
            }
        }
        for path in &self.options.files {
            if !self.list_known(path, emit) {
                return;
            }
        }
    }

    fn lists_again(&self) -> bool {
        true
    }

    fn reader(&self) -> FileReader {
        FileReader {
            most: self.options.most,
            content: ContentReader::with_objects(self.lfs.clone()),
        }
    }
}

impl UnitReader for FileReader {
    type Unit = FileUnit;

    fn read(&mut self, unit: &FileUnit, sink: &mut dyn Sink) {
        let path = BlobPath::shown(&unit.path);
        let (file, meta) = match open(&unit.path) {
            Ok(opened) => opened,
            Err(e) => {
                return sink.failed(SourceError {
                    path,
                    why: describe(&e),
                });
            }
        };
        if !meta.is_file() {
            return sink.skipped(&path, SkipReason::NotRegular);
        }
        let limits = Limits {
            size_hint: meta.len(),
            most: self.most,
        };
        let mut file = Whole::new(file, meta.len());
        self.content.read(&mut file, &path, limits, sink);
    }

    fn path_of(&self, unit: &FileUnit) -> BlobPath {
        BlobPath::shown(&unit.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_glob_is_an_error() {
        assert!(globs(&["a{b".to_owned()]).is_err());
        assert!(globs(&["*.min.js".to_owned()]).is_ok_and(|g| g.is_some()));
    }
}

//! Working files: directories walked in sorted order, and single files named by the user.

use std::collections::HashSet;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder};

use super::content::{ContentReader, Limits};
use super::{Item, Sink, Source, UnitReader, obeyed};
use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::globs::Scope;
use crate::stop::describe;

/// What to walk, and how.
#[derive(Clone, Debug)]
pub struct WalkOptions {
    /// Files and directories, in the given order.
    pub roots: Vec<PathBuf>,
    /// Whether to leave out files that git ignores.
    pub ignore_files: bool,
    /// Whether to follow symbolic links.
    pub follow: bool,
    /// The tree that followed links must not leave, canonical; None if they may.
    pub within: Option<PathBuf>,
    /// The maximum size of a file; larger files are left out.
    pub max_bytes: u64,
    /// Globs of paths to leave out, in the syntax of .gitignore.
    pub exclude: Vec<String>,
    /// Globs of the only paths to read; empty for everything.
    pub include: Vec<String>,
    /// The paths that the configuration includes.
    pub scope: Arc<Scope>,
    /// The directory that globs are relative to, in the same form as the roots; empty if
    /// globs match the paths as the roots name them.
    pub base: PathBuf,
    /// Files that git tracks. They are read even if a pattern ignores them. Absolute or
    /// relative in the same way as the roots.
    pub tracked: Vec<PathBuf>,
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
            follow: false,
            within: None,
            max_bytes: 4 << 30,
            exclude: Vec::new(),
            include: Vec::new(),
            scope: Arc::default(),
            base: PathBuf::new(),
            tracked: Vec::new(),
            unlisted: Vec::new(),
            outputs: Vec::new(),
        }
    }
}

/// Working files as a source.
pub struct WalkSource {
    options: WalkOptions,
    exclude: Option<Gitignore>,
    include: Option<Gitignore>,
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
            options,
            exclude,
            include,
        })
    }

    /// Creates a source over options without globs.
    pub(super) fn without_globs(options: WalkOptions) -> Self {
        Self {
            options,
            exclude: None,
            include: None,
        }
    }

    fn list_root(
        &self,
        root: &Path,
        seen: &mut HashSet<PathBuf>,
        emit: &mut dyn FnMut(Item<FileUnit>) -> bool,
    ) -> bool {
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
            Ok(meta) if meta.is_dir() => self.list_dir(root, seen, emit),
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

    /// Lists a directory. Directories in it whose ignore files cannot be obeyed come
    /// last.
    fn list_dir(
        &self,
        root: &Path,
        seen: &mut HashSet<PathBuf>,
        emit: &mut dyn FnMut(Item<FileUnit>) -> bool,
    ) -> bool {
        let mut todo = vec![root.to_owned()];
        let mut obeyed = self.options.ignore_files;
        while let Some(dir) = todo.pop() {
            let mut sum = 0;
            if obeyed {
                match obeyed::above(&dir) {
                    Ok(bytes) => sum = bytes,
                    Err(told) => {
                        obeyed = false;
                        if told.is_some_and(|error| !emit(Item::Failed(error))) {
                            return false;
                        }
                    }
                }
            }
            let pruned = Arc::new(Mutex::new(Pruned {
                sums: vec![sum],
                ..Pruned::default()
            }));
            if !self.list_below(&dir, obeyed, &pruned, seen, emit) {
                return false;
            }
            let rest = take(&pruned);
            if !rest.told.into_iter().all(|error| emit(Item::Failed(error))) {
                return false;
            }
            todo.extend(rest.disobeyed.into_iter().rev());
            obeyed = false;
        }
        true
    }

    /// Creates the walker over `root`. Directories that it must not enter go to `pruned`.
    fn walker(&self, root: &Path, obeyed: bool, pruned: &Arc<Mutex<Pruned>>) -> ignore::Walk {
        let mut builder = WalkBuilder::new(root);
        builder
            .hidden(false)
            .ignore(false)
            .git_ignore(obeyed)
            .git_global(obeyed)
            .git_exclude(obeyed)
            .parents(obeyed)
            .follow_links(self.options.follow)
            .sort_by_file_name(|a, b| a.cmp(b));
        let exclude = self.exclude.clone();
        let base = self.options.base.clone();
        let scope = Arc::clone(&self.options.scope);
        let note = Arc::clone(pruned);
        let within = self.options.within.clone();
        builder.filter_entry(move |entry| {
            if !entry.file_type().is_some_and(|t| t.is_dir()) {
                return true;
            }
            let inner = entry.depth() > 0;
            if inner && entry.file_name() == ".git" {
                return false;
            }
            let matched = |g: &Gitignore| g.matched(below(entry.path(), &base), true).is_ignore();
            let left_out = exclude.as_ref().is_some_and(matched)
                || (inner && scope.prunes(BlobPath::shown(entry.path()).as_bytes()));
            let leads_out = inner && leads_out(entry, within.as_deref());
            let Ok(mut list) = note.lock() else {
                return !left_out && !leads_out;
            };
            let why = match leads_out {
                true => SkipReason::Symlink,
                false => SkipReason::Excluded,
            };
            if left_out || leads_out {
                list.excluded.push((entry.path().to_owned(), why));
            }
            !left_out && !leads_out && (!obeyed || !inner || list.may_enter(entry))
        });
        builder.build()
    }

    fn list_below(
        &self,
        root: &Path,
        obeyed: bool,
        pruned: &Arc<Mutex<Pruned>>,
        seen: &mut HashSet<PathBuf>,
        emit: &mut dyn FnMut(Item<FileUnit>) -> bool,
    ) -> bool {
        let drain = |emit: &mut dyn FnMut(Item<FileUnit>) -> bool| {
            let list = pruned.lock().map(|mut l| std::mem::take(&mut l.excluded));
            list.unwrap_or_default().into_iter().all(|(path, why)| {
                emit(Item::Skipped {
                    path: BlobPath::shown(&path),
                    why,
                })
            })
        };
        let track = !self.options.tracked.is_empty();
        for entry in self.walker(root, obeyed, pruned) {
            if !drain(emit) {
                return false;
            }
            let item = match entry {
                Ok(entry) => self.item(&entry),
                Err(e) => Some(walk_error(root, &e)),
            };
            if let (true, Some(Item::Unit(unit))) = (track, &item) {
                seen.insert(unit.path.clone());
            }
            if item.is_some_and(|item| !emit(item)) {
                return false;
            }
        }
        drain(emit)
    }

    /// Converts a directory entry to an item; None for directories.
    fn item(&self, entry: &DirEntry) -> Option<Item<FileUnit>> {
        let kind = entry.file_type()?;
        if kind.is_dir() {
            return None;
        }
        let path = entry.path();
        let skipped = |why| {
            Some(Item::Skipped {
                path: BlobPath::shown(path),
                why,
            })
        };
        if self.left_out(path) {
            return skipped(SkipReason::Excluded);
        }
        let leads_out = || entry.depth() > 0 && leads_out(entry, self.options.within.as_deref());
        if kind.is_symlink() || leads_out() {
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

/// The directories that a walk did not enter.
#[derive(Default)]
struct Pruned {
    /// Directories that are not entered, and why.
    excluded: Vec<(PathBuf, SkipReason)>,
    /// Directories whose ignore files cannot be obeyed: walked later, without ignore
    /// files.
    disobeyed: Vec<PathBuf>,
    /// The errors to report about them.
    told: Vec<SourceError>,
    /// By depth: the size of the patterns that apply in the current directory.
    sums: Vec<u64>,
}

impl Pruned {
    /// Returns whether the ignore files of a directory and its parents can be obeyed.
    fn may_enter(&mut self, entry: &DirEntry) -> bool {
        let (path, depth) = (entry.path(), entry.depth());
        self.sums.truncate(depth);
        let above = self.sums.last().copied().unwrap_or(0);
        let sum = obeyed::patterns(path, false);
        match sum.and_then(|own| obeyed::within(path, above + own)) {
            Ok(sum) => {
                self.sums.resize(depth, above);
                self.sums.push(sum);
                true
            }
            Err(told) => {
                self.told.extend(told);
                self.disobeyed.push(path.to_owned());
                false
            }
        }
    }
}

fn take(pruned: &Mutex<Pruned>) -> Pruned {
    let list = pruned.lock().map(|mut list| std::mem::take(&mut *list));
    list.unwrap_or_default()
}

/// Whether an entry is a link that leads out of the tree `within`, or to its git directory.
fn leads_out(entry: &DirEntry, within: Option<&Path>) -> bool {
    let Some(within) = within.filter(|_| entry.path_is_symlink()) else {
        return false;
    };
    let real = std::fs::canonicalize(entry.path());
    let inside = real.ok().and_then(|real| {
        let rest = real.strip_prefix(within).ok()?;
        Some(!rest.starts_with(".git"))
    });
    !inside.unwrap_or(false)
}

/// Returns the path relative to `base`, in the form that globs match.
fn below<'p>(path: &'p Path, base: &Path) -> &'p Path {
    let path = path.strip_prefix(base).unwrap_or(path);
    path.strip_prefix("/").unwrap_or(path)
}

fn globs(patterns: &[String]) -> Result<Option<Gitignore>, BadGlob> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        builder
            .add_line(None, pattern)
            .map_err(|e| BadGlob(format!("`{pattern}`: {e}")))?;
    }
    builder
        .build()
        .map(Some)
        .map_err(|e| BadGlob(e.to_string()))
}

fn failed<U>(path: &Path, error: &std::io::Error) -> Item<U> {
    Item::Failed(SourceError {
        path: BlobPath::shown(path),
        why: describe(error),
    })
}

/// Converts a walker's error to an item for the path that it concerns.
fn walk_error<U>(root: &Path, error: &ignore::Error) -> Item<U> {
    let (path, cause) = innermost(root.to_owned(), error);
    match cause {
        ignore::Error::Loop { child, .. } => Item::Skipped {
            path: BlobPath::shown(child),
            why: SkipReason::SymlinkLoop,
        },
        ignore::Error::Io(e) => failed(&path, root_cause(e)),
        other => Item::Failed(SourceError {
            path: BlobPath::shown(&path),
            why: other.to_string(),
        }),
    }
}

/// Returns the operating system's error inside a walker's error, which repeats the path.
fn root_cause(error: &std::io::Error) -> &std::io::Error {
    let mut best = error;
    let mut source = error
        .get_ref()
        .map(|e| e as &(dyn std::error::Error + 'static));
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            best = io;
        }
        source = inner.source();
    }
    best
}

fn innermost(path: PathBuf, error: &ignore::Error) -> (PathBuf, &ignore::Error) {
    let (mut path, mut error) = (path, error);
    loop {
        error = match error {
            ignore::Error::WithPath { path: at, err } => {
                path = at.clone();
                err
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => err,
            other => return (path, other),
        };
    }
}

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileUnit {
    path: PathBuf,
}

/// Reads files.
pub struct FileReader {
    max_bytes: u64,
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
        let mut seen = HashSet::new();
        for root in &self.options.roots {
            if !self.list_root(root, &mut seen, emit) {
                return;
            }
        }
        // A tracked file is read even if a pattern ignores it: anything in the repository
        // is public, whatever .gitignore says.
        for path in &self.options.tracked {
            if seen.contains(path) || self.left_out(path) {
                continue;
            }
            let item = match std::fs::symlink_metadata(path) {
                Ok(meta) if meta.is_file() => Item::Unit(FileUnit { path: path.clone() }),
                Ok(_) => continue,
                Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                    continue;
                }
                Err(e) => failed(path, &e),
            };
            if !emit(item) {
                return;
            }
        }
    }

    fn reader(&self) -> FileReader {
        FileReader {
            max_bytes: self.options.max_bytes,
            content: ContentReader::default(),
        }
    }
}

impl UnitReader for FileReader {
    type Unit = FileUnit;

    fn read(&mut self, unit: &FileUnit, sink: &mut dyn Sink) {
        let path = BlobPath::shown(&unit.path);
        let (mut file, meta) = match open(&unit.path) {
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
            max_bytes: self.max_bytes,
        };
        self.content.read(&mut file, &path, limits, sink);
    }

    fn path_of(&self, unit: &FileUnit) -> BlobPath {
        BlobPath::shown(&unit.path)
    }
}

/// Opens a file without blocking: it may have become a FIFO since it was listed.
pub(super) fn open(path: &Path) -> std::io::Result<(File, std::fs::Metadata)> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path)?;
    let meta = file.metadata()?;
    Ok((file, meta))
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

//! Lists the files below a directory, in sorted order.

use std::ffi::OsString;
use std::fs::FileType;
use std::io::Error;
use std::path::{Path, PathBuf};

use super::Item;
use super::ignored::{Ignores, Judged, Mode, Shape, canonical};
use super::walk::{FileUnit, WalkSource, failed};
use crate::blob::{BlobPath, SkipReason};

/// Receives what is listed; returns whether to go on.
type Emit<'e> = &'e mut dyn FnMut(Item<FileUnit>) -> bool;

/// A directory that is being walked.
struct Frame {
    path: PathBuf,
    entries: std::vec::IntoIter<Entry>,
    /// The canonical path, once it was needed.
    canonical: Option<PathBuf>,
}

struct Entry {
    name: OsString,
    kind: FileType,
}

/// The walk through one directory that the user named.
struct Listing<'s> {
    source: &'s WalkSource,
    ignores: Ignores<'s>,
    frames: Vec<Frame>,
}

impl WalkSource {
    /// Lists the directory `root`. Returns false if `emit` did.
    pub(super) fn list_dir(&self, root: &Path, emit: Emit<'_>) -> bool {
        if self.is_excluded(root) {
            return emit(skipped(root, SkipReason::Excluded));
        }
        let mut listing = Listing {
            source: self,
            ignores: Ignores::new(&self.options.environment),
            frames: Vec::new(),
        };
        let mut mode = Mode::All;
        if self.options.ignore_files {
            match listing.ignores.start(root) {
                Ok(found) => mode = found,
                Err(error) => {
                    if !emit(Item::Failed(error)) {
                        return false;
                    }
                }
            }
        }
        if !listing.enter(root.to_owned(), mode, emit) {
            return false;
        }
        listing.spare();
        listing.walk(emit)
    }
}

impl Listing<'_> {
    /// Reads a directory and enters it.
    fn enter(&mut self, path: PathBuf, mode: Mode, emit: Emit<'_>) -> bool {
        let mut entries = Vec::new();
        match std::fs::read_dir(&path) {
            Err(e) => return self.unlisted(&path, mode, &e, emit),
            Ok(found) => {
                for entry in found {
                    let kind = entry.as_ref().map(std::fs::DirEntry::file_type);
                    let told = match (&entry, kind) {
                        (Ok(entry), Ok(Ok(kind))) => {
                            let name = entry.file_name();
                            entries.push(Entry { name, kind });
                            continue;
                        }
                        (Ok(entry), Ok(Err(e))) => failed(&entry.path(), &e),
                        (Err(e), _) | (_, Err(e)) => failed(&path, e),
                    };
                    if !emit(told) {
                        return false;
                    }
                }
            }
        }
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let shape = match self.source.options.ignore_files {
            true => shape(&entries),
            false => Shape::default(),
        };
        let entered = self.ignores.enter(&path, shape, mode);
        self.frames.push(Frame {
            path,
            entries: entries.into_iter(),
            canonical: None,
        });
        match entered {
            Ok(()) => true,
            Err(error) => emit(Item::Failed(error)),
        }
    }

    /// Lists what is tracked below a directory that cannot be read.
    fn unlisted(&mut self, dir: &Path, mode: Mode, error: &Error, emit: Emit<'_>) -> bool {
        // Of an ignored directory, nothing else was wanted.
        if mode != Mode::Tracked && !emit(failed(dir, error)) {
            return false;
        }
        let mut tracked = self.ignores.tracked_below(dir).into_iter();
        tracked.all(|path| self.source.list_known(&path, emit))
    }

    /// If git ignores everything in the directory that the user named, lists it all the
    /// same: the user asked for it. Not at the top of a repository, which may be named just
    /// because it is the default, and may track only what is added by force.
    fn spare(&mut self) {
        if let Some(frame) = self.frames.last()
            && !self.ignores.at_top()
        {
            let mut entries = frame.entries.as_slice().iter();
            let ignored = entries.all(|entry| {
                let path = frame.path.join(&entry.name);
                let judged = self.ignores.judge(&path, &entry.name, entry.kind.is_dir());
                judged == Judged::Ignored { walked: false }
            });
            if ignored {
                self.ignores.forget();
            }
        }
    }

    fn walk(&mut self, emit: Emit<'_>) -> bool {
        while let Some(frame) = self.frames.last_mut() {
            let Some(entry) = frame.entries.next() else {
                self.frames.pop();
                self.ignores.leave();
                continue;
            };
            let path = frame.path.join(&entry.name);
            if !self.entry(path, &entry, emit) {
                return false;
            }
        }
        true
    }

    fn entry(&mut self, path: PathBuf, entry: &Entry, emit: Emit<'_>) -> bool {
        let of_git = entry.name == ".git";
        if of_git && entry.kind.is_dir() {
            return true;
        }
        // To git, a link is never a directory.
        let is_dir = entry.kind.is_dir();
        let mode = match self.ignores.judge(&path, &entry.name, is_dir) {
            Judged::Listed(mode) => mode,
            Judged::Passed => return true,
            Judged::Ignored { walked } => {
                if !emit(skipped(&path, SkipReason::Ignored)) {
                    return false;
                }
                if !walked {
                    return true;
                }
                Mode::Tracked
            }
        };
        let mut kind = entry.kind;
        let link = kind.is_symlink() && self.source.options.follow;
        if link {
            match std::fs::metadata(&path) {
                Ok(meta) => kind = meta.file_type(),
                Err(e) => return emit(failed(&path, &e)),
            }
            if self.source.leads_out(&path) {
                return emit(skipped(&path, SkipReason::Symlink));
            }
        }
        if !kind.is_dir() {
            return emit_some(self.source.item(&path, kind), emit);
        }
        if of_git {
            return true;
        }
        if self.source.is_pruned(&path) {
            return emit(skipped(&path, SkipReason::Excluded));
        }
        if link && self.loops(&path) {
            return emit(skipped(&path, SkipReason::SymlinkLoop));
        }
        self.enter(path, mode, emit)
    }

    /// Whether a link leads back to a directory that is being walked.
    fn loops(&mut self, link: &Path) -> bool {
        let Ok(target) = std::fs::canonicalize(link) else {
            return false;
        };
        self.frames
            .iter_mut()
            .any(|frame| canonical(&frame.path, &mut frame.canonical) == Some(&target))
    }
}

fn emit_some(item: Option<Item<FileUnit>>, emit: Emit<'_>) -> bool {
    item.is_none_or(emit)
}

fn shape(entries: &[Entry]) -> Shape {
    let named = |name: &str| {
        let at = entries.binary_search_by(|entry| entry.name.as_os_str().cmp(name.as_ref()));
        at.ok().map(|at| &entries[at])
    };
    Shape {
        git: named(".git").is_some(),
        patterns: named(".gitignore").is_some_and(|entry| entry.kind.is_file()),
    }
}

fn skipped(path: &Path, why: SkipReason) -> Item<FileUnit> {
    Item::Skipped {
        path: BlobPath::shown(path),
        why,
    }
}

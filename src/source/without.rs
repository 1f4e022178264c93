//! A source without the members of containers that the user leaves out. Its files are the source's
//! own matter.

use std::path::Path;
use std::sync::Arc;

use ignore::gitignore::Gitignore;

use super::walk::{BadGlob, globs};
use super::{Item, Parts, Piece, Sink, Source, UnitReader, Unopened};
use crate::blob::{BlobPath, SkipReason, SourceError};

/// A source of which some members are left out.
pub struct Without<S> {
    source: S,
    globs: Option<Arc<Gitignore>>,
}

impl<S> Without<S> {
    /// Leaves out members that match `exclude`, globs in the syntax of .gitignore: by their name, by
    /// that of a container around them, or by their whole path as the source names it.
    ///
    /// # Errors
    /// Fails if a glob is invalid.
    pub fn new(source: S, exclude: &[String]) -> Result<Self, BadGlob> {
        let globs = globs(exclude)?.map(Arc::new);
        Ok(Self { source, globs })
    }

    /// Returns the source with all of its members.
    pub fn source(&self) -> &S {
        &self.source
    }
}

/// Reads units without the members that are left out.
pub struct WithoutReader<R> {
    reader: R,
    globs: Option<Arc<Gitignore>>,
}

impl<S: Source> Source for Without<S> {
    type Unit = S::Unit;
    type Reader = WithoutReader<S::Reader>;

    fn list(&self, emit: &mut dyn FnMut(Item<S::Unit>) -> bool) {
        self.source.list(emit);
    }

    fn parts(&self) -> Option<Arc<Parts>> {
        self.source.parts()
    }

    fn lists_again(&self) -> bool {
        self.source.lists_again()
    }

    fn reader(&self) -> Self::Reader {
        WithoutReader {
            reader: self.source.reader(),
            globs: self.globs.clone(),
        }
    }

    fn has_large_units(&self) -> bool {
        self.source.has_large_units()
    }
}

impl<R: UnitReader> UnitReader for WithoutReader<R> {
    type Unit = R::Unit;

    fn read(&mut self, unit: &R::Unit, sink: &mut dyn Sink) {
        match &self.globs {
            Some(globs) => self.reader.read(unit, &mut Kept { globs, sink }),
            None => self.reader.read(unit, sink),
        }
    }

    fn path_of(&self, unit: &R::Unit) -> BlobPath {
        self.reader.path_of(unit)
    }

    fn path_is_new(&self, unit: &R::Unit) -> bool {
        self.reader.path_is_new(unit)
    }
}

/// Passes on what is not left out.
struct Kept<'a> {
    globs: &'a Gitignore,
    sink: &'a mut dyn Sink,
}

impl Kept<'_> {
    fn leaves_out(&self, path: &BlobPath) -> bool {
        let Some(member) = path.member() else {
            return false;
        };
        let matches = |path: &str| {
            let path = path.trim_start_matches(['/', '\\']);
            let path = Path::new(path);
            let globs = self.globs.matched_path_or_any_parents(path, false);
            globs.is_ignore()
        };
        // A container is to its members what a directory is to its files.
        let name = String::from_utf8_lossy(member);
        let whole = String::from_utf8_lossy(path.as_bytes());
        matches(&name.replace('!', "/")) || matches(&name) || matches(&whole)
    }
}

impl Sink for Kept<'_> {
    fn piece(&mut self, piece: Piece<'_>) {
        match self.leaves_out(piece.path) {
            false => self.sink.piece(piece),
            true if piece.last => self.skipped(piece.path, SkipReason::Excluded),
            true => {}
        }
    }

    fn skipped(&mut self, path: &BlobPath, why: SkipReason) {
        self.sink.skipped(path, why);
    }

    fn failed(&mut self, error: SourceError) {
        self.sink.failed(error);
    }

    fn unopened(&mut self, path: &BlobPath, what: Unopened) {
        match self.leaves_out(path) {
            true => self.skipped(path, SkipReason::Excluded),
            false => self.sink.unopened(path, what),
        }
    }
}

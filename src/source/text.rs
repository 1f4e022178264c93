//! A text in memory as one unit.

use super::changed::{ChangedReader, ChangedUnit, Content};
use super::{Item, Source};
use crate::blob::BlobPath;
use crate::git::Store;
use crate::inside::Most;

/// One text, with the path that reports show.
pub struct TextSource<'s> {
    store: &'s Store,
    path: BlobPath,
    text: Vec<u8>,
}

impl<'s> TextSource<'s> {
    /// Creates a source of `text`. The repository is not read.
    pub fn new(store: &'s Store, path: BlobPath, text: Vec<u8>) -> Self {
        Self { store, path, text }
    }
}

impl<'s> Source for TextSource<'s> {
    type Unit = ChangedUnit;
    type Reader = ChangedReader<'s>;

    fn list(&self, emit: &mut dyn FnMut(Item<ChangedUnit>) -> bool) {
        emit(Item::Unit(ChangedUnit {
            path: self.path.clone(),
            content: Content::Text {
                header: Vec::new(),
                message: self.text.clone(),
            },
            commit: None,
        }));
    }

    fn reader(&self) -> ChangedReader<'s> {
        ChangedReader::new(self.store, Most::shut(u64::MAX), false)
    }
}

//! The earlier versions of a blob, read when they are asked for.

use std::cell::RefCell;
use std::sync::Arc;

use super::content::decode;
use super::moved::Gone;
use super::{Before, Version};
use crate::blob::BlobPath;
use crate::git::{Kind, ObjectId, Reader};

/// The earlier versions of a blob.
#[derive(Clone, Debug)]
pub enum Old {
    /// Those at its path: one for each parent with a different version; empty if the path is
    /// new and nothing was removed.
    At(Vec<ObjectId>),
    /// The same blob at a path that was removed.
    Same(Vec<u8>),
    /// One of the removed files may have moved here.
    Gone(Arc<Gone>),
}

impl Old {
    pub(super) fn is_at_a_new_path(&self) -> bool {
        match self {
            Old::At(old) => old.is_empty(),
            Old::Same(_) | Old::Gone(_) => true,
        }
    }
}

/// Returns the raw bytes of blob `id`, or None if it is missing or unreadable.
pub(super) fn read_old(reader: &mut Reader<'_>, id: &ObjectId) -> Option<Vec<u8>> {
    let mut raw = Vec::new();
    match reader.find(id, &mut raw) {
        Ok(Some(Kind::Blob)) => Some(raw),
        _ => None,
    }
}

/// The earlier versions of a blob, read when they are asked for.
pub(super) struct Earlier<'a, 's> {
    pub(super) reader: RefCell<&'a mut Reader<'s>>,
    /// The largest version that was scanned. Larger ones were skipped, so nothing in them was
    /// reported.
    pub(super) max_bytes: u64,
    pub(super) old: &'a Old,
    /// The path of the new version, and its content.
    pub(super) path: &'a BlobPath,
    pub(super) raw: &'a [u8],
}

impl Before for Earlier<'_, '_> {
    fn each(&self, visit: &mut dyn FnMut(Version<'_>)) {
        let mut text = Vec::new();
        self.raw(&mut |path, raw| {
            let old = decode(raw, &mut text);
            visit(Version {
                path,
                bytes: old.bytes,
                binary: old.binary,
            });
        });
    }
}

impl Earlier<'_, '_> {
    /// Passes each version on as it is stored.
    pub(super) fn raw(&self, pass: &mut dyn FnMut(&BlobPath, &[u8])) {
        let read = |id: &ObjectId| {
            let raw = read_old(&mut self.reader.borrow_mut(), id);
            raw.filter(|raw| raw.len() as u64 <= self.max_bytes)
        };
        match self.old {
            Old::At(ids) => {
                for raw in ids.iter().filter_map(read) {
                    pass(self.path, &raw);
                }
            }
            Old::Same(path) => pass(&BlobPath::new(path.as_slice()), self.raw),
            Old::Gone(gone) => {
                let origin = gone.origin(self.raw, self.path.as_bytes(), &mut |id| read(id));
                if let Some((id, path)) = origin
                    && let Some(raw) = read(id)
                {
                    pass(&BlobPath::new(path), &raw);
                }
            }
        }
    }
}

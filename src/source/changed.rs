//! Changed blobs: the unit of staged changes and of ranges of commits.
//!
//! The whole new blob is handed on, so that rules see all of it, with the lines
//! that its earlier versions do not have as what is to be judged.

use std::sync::Arc;

use super::content::{Limits, decode};
use super::fresh;
use super::{Piece, Sink, UnitReader, Version};
use crate::blob::{BlobPath, Fresh, SkipReason, SourceError};
use crate::finding::CommitInfo;
use crate::git::diff::{Changes, GoneBlob};
use crate::git::{Kind, ObjectId, Reader, Store};

/// Blobs whose paths are gone that are compared with a new one, when only few
/// have its name: enough for any commit that people make.
const MAX_GONE: usize = 64;

/// Something that a commit or the index brings.
#[derive(Clone, Debug)]
pub struct ChangedUnit {
    /// Its path, or what stands for it.
    pub path: BlobPath,
    /// Where its content is.
    pub content: Content,
    /// The commit that brings it.
    pub commit: Option<Arc<CommitInfo>>,
}

/// What is changed.
#[derive(Clone, Debug)]
pub enum Content {
    /// A file or the target of a symbolic link.
    Blob {
        /// The new version.
        id: ObjectId,
        /// The versions that it replaces, one per parent that has another.
        old: Vec<ObjectId>,
        /// Blobs whose paths are gone: one of them may have been moved here.
        gone: Arc<Vec<GoneBlob>>,
    },
    /// Text that is at hand: a commit's message.
    Text(Vec<u8>),
}

/// Lists the units in `changes`; what was only renamed is left out. Returns false
/// when `emit` did.
pub(super) fn units(
    changes: Changes,
    commit: Option<&Arc<CommitInfo>>,
    emit: &mut dyn FnMut(super::Item<ChangedUnit>) -> bool,
) -> bool {
    let gone = Arc::new(changes.gone);
    let mut go_on = true;
    for new in changes.new {
        if !go_on {
            return false;
        }
        if new.renamed_from.is_some() {
            continue;
        }
        let gone = if new.old.is_empty() {
            Arc::clone(&gone)
        } else {
            Arc::default()
        };
        go_on = emit(super::Item::Unit(ChangedUnit {
            path: BlobPath::new(new.path),
            content: Content::Blob {
                id: new.id,
                old: new.old,
                gone,
            },
            commit: commit.cloned(),
        }));
    }
    for path in changes.submodules {
        go_on = go_on
            && emit(super::Item::Skipped {
                path: BlobPath::new(path),
                why: SkipReason::Submodule,
            });
    }
    go_on
}

/// Reads changed blobs on one thread.
pub struct ChangedReader<'s> {
    reader: Reader<'s>,
    limits: Limits,
    allow_missing: bool,
}

impl<'s> ChangedReader<'s> {
    pub(super) fn new(store: &'s Store, max_bytes: u64, allow_missing: bool) -> Self {
        // Twice the limit: an old version may be larger than the new one.
        let limit = max_bytes
            .saturating_mul(2)
            .clamp(1 << 20, crate::git::object::DEFAULT_LIMIT);
        Self {
            reader: Reader::new(store, limit),
            limits: Limits {
                size_hint: 0,
                max_bytes,
            },
            allow_missing,
        }
    }

    /// The raw bytes of blob `id`; None when they are not here or not readable.
    fn old(&mut self, id: &ObjectId) -> Option<Vec<u8>> {
        let mut raw = Vec::new();
        match self.reader.find(id, &mut raw) {
            Ok(Some(Kind::Blob)) => Some(raw),
            _ => None,
        }
    }

    /// The blob among `gone` from which a new one at `path` was made, if any
    /// shares at least half of its bytes, as git asks of a rename.
    fn moved_from(&mut self, raw: &[u8], path: &BlobPath, gone: &[GoneBlob]) -> Option<Vec<u8>> {
        let name = path.file_name();
        let same_name = |gone: &&GoneBlob| BlobPath::new(gone.path.as_slice()).file_name() == name;
        let others = gone.iter().filter(|gone| !same_name(gone));
        let mut best: Option<(usize, Vec<u8>)> = None;
        for gone in gone.iter().filter(same_name).chain(others).take(MAX_GONE) {
            let Some(old) = self.old(&gone.id) else {
                continue;
            };
            let shared = fresh::shared(raw, &old);
            let enough = shared * 2 >= raw.len().max(old.len());
            if enough && best.as_ref().is_none_or(|(most, _)| shared > *most) {
                best = Some((shared, old));
            }
        }
        best.map(|(_, old)| old)
    }

    fn blob(
        &mut self,
        unit: &ChangedUnit,
        content: (&ObjectId, &[ObjectId], &[GoneBlob]),
        sink: &mut dyn Sink,
    ) {
        let (id, old_ids, gone) = content;
        let path = &unit.path;
        let mut raw = Vec::new();
        let why = match self.reader.find(id, &mut raw) {
            Ok(Some(Kind::Blob)) if raw.len() as u64 > self.limits.max_bytes => {
                return sink.skipped(path, SkipReason::TooLarge);
            }
            Ok(Some(Kind::Blob)) => None,
            Ok(Some(_)) => Some("not a blob".to_owned()),
            Ok(None) if self.allow_missing => return sink.skipped(path, SkipReason::Missing),
            Ok(None) => Some("the object is not in this repository".to_owned()),
            Err(crate::git::Reason::TooLarge(_)) => {
                return sink.skipped(path, SkipReason::TooLarge);
            }
            Err(reason) => Some(reason.to_string()),
        };
        if let Some(why) = why {
            return sink.failed(SourceError {
                path: path.clone(),
                why: format!("object {id}: {why}"),
            });
        }
        // A version that cannot be read explains nothing: all lines are fresh then.
        let mut olds: Vec<Vec<u8>> = old_ids.iter().filter_map(|id| self.old(id)).collect();
        if olds.len() < old_ids.len() {
            olds.clear();
        }
        if old_ids.is_empty() && !gone.is_empty() {
            olds.extend(self.moved_from(&raw, path, gone));
        }
        judge(&raw, &olds, unit, sink);
    }
}

/// Hands the new blob on with what is fresh in it.
fn judge(raw: &[u8], olds: &[Vec<u8>], unit: &ChangedUnit, sink: &mut dyn Sink) {
    let mut text = Vec::new();
    let new = decode(raw, &mut text);
    let mut texts = vec![Vec::new(); olds.len()];
    let before: Vec<Version<'_>> = olds
        .iter()
        .zip(&mut texts)
        .map(|(old, text)| {
            let old = decode(old, text);
            Version {
                bytes: old.bytes,
                binary: old.binary,
            }
        })
        .collect();
    let versions: Vec<&[u8]> = before.iter().map(|version| version.bytes).collect();
    let ranges;
    let fresh = if versions.is_empty() {
        Fresh::All
    } else {
        ranges = fresh::added(new.bytes, &versions);
        Fresh::Ranges(&ranges)
    };
    sink.piece(Piece {
        path: &unit.path,
        bytes: new.bytes,
        core: 0..new.bytes.len(),
        leaving: 0,
        binary: new.binary,
        fresh,
        size: raw.len() as u64,
        last: true,
        before: &before,
        commit: unit.commit.as_deref(),
    });
}

impl UnitReader for ChangedReader<'_> {
    type Unit = ChangedUnit;

    fn read(&mut self, unit: &ChangedUnit, sink: &mut dyn Sink) {
        match &unit.content {
            Content::Blob { id, old, gone } => self.blob(unit, (id, old, gone), sink),
            Content::Text(text) => judge(text, &[], unit, sink),
        }
    }

    fn path_of(&self, unit: &ChangedUnit) -> BlobPath {
        unit.path.clone()
    }
}

//! Changed blobs: the unit of staged changes and of commit ranges.
//!
//! A unit contains the whole new blob, so that rules see all of it. Only the lines that
//! its earlier versions do not have are judged.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::content::{ContentReader, Limits, decode};
use super::{Piece, Sink, UnitReader, Version};
use super::{fresh, metadata, walk};
use crate::blob::{BlobPath, Fresh, SkipReason, SourceError};
use crate::finding::CommitInfo;
use crate::git::diff::{Changes, GoneBlob};
use crate::git::{Kind, ObjectId, Reader, Reason, Store};
use crate::globs::Scope;
use crate::stop::describe;

/// The maximum number of removed blobs that are compared with a new one; blobs with the
/// same file name come first. Enough for any commit that people make.
const MAX_GONE: usize = 64;

/// A change of a commit or of the index.
#[derive(Clone, Debug)]
pub struct ChangedUnit {
    /// Its path, or a name that stands for it.
    pub path: BlobPath,
    /// Its content.
    pub content: Content,
    /// The commit that brings it.
    pub commit: Option<Arc<CommitInfo>>,
}

/// The content of a change.
#[derive(Clone, Debug)]
pub enum Content {
    /// A file or the target of a symbolic link.
    Blob {
        /// The new version.
        id: ObjectId,
        /// The versions that it replaces: one for each parent with a different version.
        old: Vec<ObjectId>,
        /// Blobs whose paths were removed: one of them may have moved here.
        gone: Arc<Vec<GoneBlob>>,
    },
    /// A commit or tag.
    Text {
        /// Its headers, as far as they are new.
        header: Vec<u8>,
        /// Its message.
        message: Vec<u8>,
    },
    /// A file or link of the working tree.
    File {
        /// Its path in the file system.
        file: PathBuf,
        /// The versions that it replaces.
        old: Vec<ObjectId>,
    },
    /// Only a new path: the content moved there unchanged.
    Moved,
}

/// Lists the units in `changes` that `scope` includes. For pure renames, lists only the
/// new path. Returns false if `emit` did.
pub(super) fn units(
    changes: Changes,
    commit: Option<&Arc<CommitInfo>>,
    scope: &Scope,
    emit: &mut dyn FnMut(super::Item<ChangedUnit>) -> bool,
) -> bool {
    // Content that moves to a path with other path settings is new there.
    let mut gone: HashMap<Vec<u32>, Arc<Vec<GoneBlob>>> = HashMap::new();
    for blob in changes.gone {
        let known = gone.entry(scope.standing(&blob.path)).or_default();
        Arc::make_mut(known).push(blob);
    }
    let mut go_on = true;
    for new in changes.new {
        if !go_on {
            return false;
        }
        if scope.leaves_out(&new.path) {
            go_on = emit(super::Item::Skipped {
                path: BlobPath::new(new.path),
                why: SkipReason::Excluded,
            });
            continue;
        }
        let standing = if gone.is_empty() {
            Vec::new()
        } else {
            scope.standing(&new.path)
        };
        let from = new.renamed_from.as_ref();
        if from.is_some_and(|from| scope.standing(from) == standing) {
            go_on = emit(super::Item::Unit(ChangedUnit {
                path: BlobPath::new(new.path),
                content: Content::Moved,
                commit: commit.cloned(),
            }));
            continue;
        }
        let gone = match gone.get(&standing) {
            Some(gone) if new.old.is_empty() => Arc::clone(gone),
            _ => Arc::default(),
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

/// Returns the removed blobs that are compared with a new one at `path`.
pub(super) fn origins<'g>(
    path: &BlobPath,
    gone: &'g [GoneBlob],
) -> impl Iterator<Item = &'g GoneBlob> {
    let name = path.file_name().to_vec();
    let same_name = move |gone: &&GoneBlob| BlobPath::new(gone.path.as_slice()).file_name() == name;
    let others = gone.iter().filter({
        let same_name = same_name.clone();
        move |gone| !same_name(gone)
    });
    gone.iter().filter(same_name).chain(others).take(MAX_GONE)
}

/// Reads changed blobs on one thread.
pub struct ChangedReader<'s> {
    reader: Reader<'s>,
    limits: Limits,
    allow_missing: bool,
    content: ContentReader,
}

impl<'s> ChangedReader<'s> {
    pub(super) fn new(store: &'s Store, max_bytes: u64, allow_missing: bool) -> Self {
        // Twice the limit, because an old version may be larger than the new one.
        let limit = max_bytes
            .saturating_mul(2)
            .clamp(1 << 20, crate::git::object::DEFAULT_LIMIT);
        Self {
            // `Budgeted` counts, when the changes are listed.
            reader: Reader::new(store, limit).counted_elsewhere(),
            limits: Limits {
                size_hint: 0,
                max_bytes,
            },
            allow_missing,
            content: ContentReader::default(),
        }
    }

    /// Returns the raw bytes of blob `id`, or None if it is missing or unreadable.
    fn old(&mut self, id: &ObjectId) -> Option<Vec<u8>> {
        let mut raw = Vec::new();
        match self.reader.find(id, &mut raw) {
            Ok(Some(Kind::Blob)) => Some(raw),
            _ => None,
        }
    }

    /// Returns the raw bytes of all of `ids`. Returns none of them if one is unreadable:
    /// then all lines are fresh.
    fn olds(&mut self, ids: &[ObjectId]) -> Vec<Vec<u8>> {
        let olds: Vec<Vec<u8>> = ids.iter().filter_map(|id| self.old(id)).collect();
        if olds.len() < ids.len() {
            return Vec::new();
        }
        olds
    }

    fn file(&mut self, unit: &ChangedUnit, file: &Path, old: &[ObjectId], sink: &mut dyn Sink) {
        let failed = |e: &std::io::Error| SourceError {
            path: unit.path.clone(),
            why: describe(e),
        };
        let raw = match read_or_stream(file, self.limits.max_bytes) {
            Ok(Working::Bytes(raw)) => raw,
            // Too large to compare, so all of it counts as new.
            Ok(Working::Large(mut stream, size)) => {
                let limits = Limits {
                    size_hint: size,
                    ..self.limits
                };
                return self.content.read(&mut stream, &unit.path, limits, sink);
            }
            Ok(Working::Gone) => return,
            Ok(Working::NotRegular) => return sink.skipped(&unit.path, SkipReason::NotRegular),
            Err(e) => return sink.failed(failed(&e)),
        };
        let olds = self.olds(old);
        if olds.contains(&raw) {
            return;
        }
        judge(&raw, &olds, unit, sink);
    }

    /// Returns the blob among `gone` from which the new one at `path` was made: the best
    /// match that shares at least half of its bytes, as for git's renames.
    fn moved_from(&mut self, raw: &[u8], path: &BlobPath, gone: &[GoneBlob]) -> Option<Vec<u8>> {
        let mut best: Option<(usize, Vec<u8>)> = None;
        for gone in origins(path, gone) {
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

    /// Reads a blob above the reader's limit in pieces. It is too large to compare with
    /// earlier versions, so all of it counts as new. Returns false if it is a delta.
    fn large(
        &mut self,
        unit: &ChangedUnit,
        id: &ObjectId,
        sink: &mut dyn Sink,
    ) -> Result<bool, Reason> {
        let (content, limits) = (&mut self.content, self.limits);
        self.reader.stream(id, |size, stream| {
            let limits = Limits {
                size_hint: size,
                ..limits
            };
            let mut sink = OfCommit {
                commit: unit.commit.as_deref(),
                sink: &mut *sink,
            };
            content.read(stream, &unit.path, limits, &mut sink);
        })
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
            // The user's limit is a reason to skip it. The reader's own is none.
            Err(Reason::TooLarge(size)) if size > self.limits.max_bytes => {
                return sink.skipped(path, SkipReason::TooLarge);
            }
            Err(reason @ Reason::TooLarge(_)) => match self.large(unit, id, sink) {
                Ok(true) => return,
                Ok(false) => Some(reason.to_string()),
                Err(reason) => Some(reason.to_string()),
            },
            Err(reason) => Some(reason.to_string()),
        };
        if let Some(why) = why {
            return sink.failed(SourceError {
                path: path.clone(),
                why: format!("object {id}: {why}"),
            });
        }
        let mut olds = self.olds(old_ids);
        if old_ids.is_empty() && !gone.is_empty() {
            olds.extend(self.moved_from(&raw, path, gone));
        }
        judge(&raw, &olds, unit, sink);
    }
}

/// Passes everything on with the commit that brings it.
struct OfCommit<'s> {
    commit: Option<&'s CommitInfo>,
    sink: &'s mut dyn Sink,
}

impl Sink for OfCommit<'_> {
    fn piece(&mut self, piece: Piece<'_>) {
        self.sink.piece(Piece {
            commit: self.commit,
            ..piece
        });
    }

    fn skipped(&mut self, path: &BlobPath, why: SkipReason) {
        self.sink.skipped(path, why);
    }

    fn failed(&mut self, error: SourceError) {
        self.sink.failed(error);
    }
}

/// A file of the working tree, opened.
enum Working {
    Bytes(Vec<u8>),
    Large(File, u64),
    Gone,
    NotRegular,
}

/// Larger files, in bytes, are not compared with the versions that they replace.
const COMPARED: u64 = 64 << 20;

/// Reads a file, or the target of a symbolic link, which is what git stores for it.
fn read_or_stream(path: &Path, max_bytes: u64) -> std::io::Result<Working> {
    let meta = match std::fs::symlink_metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Working::Gone),
        meta => meta?,
    };
    if meta.is_symlink() {
        let target = std::fs::read_link(path)?;
        return Ok(Working::Bytes(
            target.as_os_str().as_encoded_bytes().to_vec(),
        ));
    }
    let (mut file, meta) = walk::open(path)?;
    if !meta.is_file() {
        return Ok(Working::NotRegular);
    }
    if meta.len() > COMPARED.min(max_bytes) {
        return Ok(Working::Large(file, meta.len()));
    }
    let mut bytes = Vec::with_capacity(meta.len() as usize);
    (&mut file).take(COMPARED).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == COMPARED {
        return Err(std::io::Error::other("it grew while it was read"));
    }
    Ok(Working::Bytes(bytes))
}

/// Passes the new blob on with its fresh parts.
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
            Content::File { file, old } => self.file(unit, file, old, sink),
            Content::Text { header, message } => {
                metadata::pass_on(&unit.path, header, unit.commit.as_deref(), sink);
                judge(message, &[], unit, sink);
            }
            Content::Moved => {}
        }
    }

    fn path_of(&self, unit: &ChangedUnit) -> BlobPath {
        unit.path.clone()
    }

    fn path_is_new(&self, unit: &ChangedUnit) -> bool {
        match &unit.content {
            Content::Blob { old, .. } | Content::File { old, .. } => old.is_empty(),
            Content::Text { .. } => false,
            Content::Moved => true,
        }
    }
}

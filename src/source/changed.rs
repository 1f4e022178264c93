//! Changed blobs: the unit of staged changes and of commit ranges.
//!
//! A unit contains the whole new blob, and names its earlier versions: those at its path, or
//! the file that was moved there. They are read only if the new one has candidates.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::content::{ContentReader, Limits, decode};
pub(super) use super::earlier::Old;
use super::earlier::{Earlier, read_old};
use super::lfs::Objects;
use super::members::{Members, OfChange};
use super::moved::Gone;
use super::{Counts, Piece, Sink, UnitReader};
use super::{file, metadata};
use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::finding::CommitInfo;
use crate::git::diff::Changes;
use crate::git::{Kind, ObjectId, Reader, Reason, Store};
use crate::globs::Scope;
use crate::inside::Most;
use crate::stop::describe;

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
        /// The versions that it replaces.
        old: Old,
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
    /// Nothing but a name.
    Name,
}

/// Lists the units in `changes` that `scope` includes. Returns false if `emit` did.
pub(super) fn units(
    mut changes: Changes,
    commit: Option<&Arc<CommitInfo>>,
    scope: &Scope,
    emit: &mut dyn FnMut(super::Item<ChangedUnit>) -> bool,
) -> bool {
    let gone = Arc::new(Gone::of(&mut changes));
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
        let old = match new.renamed_from {
            Some(from) => Old::Same(from),
            None if new.old.is_empty() && !gone.is_empty() => Old::Gone(Arc::clone(&gone)),
            None => Old::At(new.old),
        };
        go_on = emit(super::Item::Unit(ChangedUnit {
            path: BlobPath::new(new.path),
            content: Content::Blob { id: new.id, old },
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
    content: ContentReader,
}

impl<'s> ChangedReader<'s> {
    pub(super) fn new(store: &'s Store, most: Most, allow_missing: bool) -> Self {
        // Twice the limit, because an old version may be larger than the new one.
        let limit = most
            .file
            .saturating_mul(2)
            .clamp(1 << 20, crate::git::object::DEFAULT_LIMIT);
        Self {
            // `Budgeted` counts, when the changes are listed.
            reader: Reader::new(store, limit).counted_elsewhere(),
            limits: Limits { size_hint: 0, most },
            allow_missing,
            content: ContentReader::with_objects(Objects::of_store(store)),
        }
    }

    fn file(&mut self, unit: &ChangedUnit, file: &Path, old: &[ObjectId], sink: &mut dyn Sink) {
        let failed = |e: &std::io::Error| SourceError {
            path: unit.path.clone(),
            why: describe(e),
        };
        let raw = match read_or_stream(file, self.limits.most.file) {
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
        if old
            .iter()
            .any(|id| read_old(&mut self.reader, id).as_ref() == Some(&raw))
        {
            return;
        }
        self.judge(&raw, &Old::At(old.to_vec()), unit, sink);
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
            let mut sink = OfChange {
                commit: unit.commit.as_deref(),
                members: None,
                sink: &mut *sink,
            };
            content.read(stream, &unit.path, limits, &mut sink);
        })
    }

    fn blob(&mut self, unit: &ChangedUnit, id: &ObjectId, old: &Old, sink: &mut dyn Sink) {
        let path = &unit.path;
        let mut raw = Vec::new();
        let why = match self.reader.find(id, &mut raw) {
            Ok(Some(Kind::Blob)) if raw.len() as u64 > self.limits.most.file => {
                return sink.skipped(path, SkipReason::TooLarge);
            }
            Ok(Some(Kind::Blob)) => None,
            Ok(Some(_)) => Some("not a blob".to_owned()),
            Ok(None) if self.allow_missing => return sink.skipped(path, SkipReason::Missing),
            Ok(None) => Some("the object is not in this repository".to_owned()),
            // The user's limit is a reason to skip it. The reader's own is none.
            Err(Reason::TooLarge(size)) if size > self.limits.most.file => {
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
        self.judge(&raw, old, unit, sink);
    }

    /// Passes the new blob on with its earlier versions: as it is stored, or if it is a container,
    /// what is in it, each part with those of the earlier containers.
    fn judge(&mut self, raw: &[u8], old: &Old, unit: &ChangedUnit, sink: &mut dyn Sink) {
        if !self.content.is_more(raw, self.limits.most) {
            return self.judge_as_stored(raw, old, unit, sink);
        }
        let limits = Limits {
            size_hint: raw.len() as u64,
            ..self.limits
        };
        let earlier = Earlier {
            reader: RefCell::new(&mut self.reader),
            max_bytes: limits.most.file,
            old,
            path: &unit.path,
            raw,
        };
        let members = Members::new(&earlier, limits);
        let mut sink = OfChange {
            commit: unit.commit.as_deref(),
            members: Some(&members),
            sink,
        };
        self.content.read(&mut &*raw, &unit.path, limits, &mut sink);
    }

    fn judge_as_stored(&mut self, raw: &[u8], old: &Old, unit: &ChangedUnit, sink: &mut dyn Sink) {
        let mut text = Vec::new();
        let new = decode(raw, &mut text);
        let earlier = Earlier {
            reader: RefCell::new(&mut self.reader),
            max_bytes: self.limits.most.file,
            old,
            path: &unit.path,
            raw,
        };
        let is_all_new = matches!(old, Old::At(old) if old.is_empty());
        sink.piece(Piece {
            path: &unit.path,
            bytes: new.bytes,
            core: 0..new.bytes.len(),
            leaving: 0,
            lines: None,
            binary: new.binary,
            size: raw.len() as u64,
            last: true,
            before: if is_all_new { None } else { Some(&earlier) },
            commit: unit.commit.as_deref(),
            counts: Counts::File,
            opened: false,
            origin: None,
        });
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
    let (mut file, meta) = file::open(path)?;
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

impl UnitReader for ChangedReader<'_> {
    type Unit = ChangedUnit;

    fn read(&mut self, unit: &ChangedUnit, sink: &mut dyn Sink) {
        match &unit.content {
            Content::Blob { id, old } => self.blob(unit, id, old, sink),
            Content::File { file, old } => self.file(unit, file, old, sink),
            Content::Text { header, message } => {
                metadata::pass_on(&unit.path, header, unit.commit.as_deref(), sink);
                self.judge_as_stored(message, &Old::At(Vec::new()), unit, sink);
            }
            Content::Name => {}
        }
    }

    fn path_of(&self, unit: &ChangedUnit) -> BlobPath {
        unit.path.clone()
    }

    fn path_is_new(&self, unit: &ChangedUnit) -> bool {
        match &unit.content {
            Content::Blob { old, .. } => old.is_at_a_new_path(),
            Content::File { old, .. } => old.is_empty(),
            Content::Text { .. } => false,
            Content::Name => true,
        }
    }
}

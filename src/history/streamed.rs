//! Scans a blob piece by piece: one that is too large for memory, or what stands inside of a
//! container.

use std::io::Read;
use std::sync::Arc;

use super::Shut as NotRead;
use super::found::{Hits, TextHits};
use super::visitor::{BlobVisitor, Local};
use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::inside::Shut;
use crate::scan::assemble::{MAX_FINDINGS, encoded_beyond, too_many};
use crate::scan::verdict::content_of;
use crate::source::content::Limits;
use crate::source::{Counts, Piece, Sink, Unopened};

impl BlobVisitor<'_> {
    /// Scans a blob piece by piece: one that is too large for memory, or a container.
    ///
    /// # Errors
    /// Returns why it could not be read to its end.
    pub(super) fn stream(
        &self,
        local: &mut Local,
        rank: u32,
        size: u64,
        input: &mut dyn Read,
    ) -> Result<(), String> {
        let limits = Limits {
            size_hint: size,
            most: self.most,
        };
        // What an object of LFS holds is not what its pointer is.
        local.loud |= !self.lfs.is_empty();
        let mut reader = std::mem::take(&mut local.reader);
        let mut sink = Streamed {
            visitor: self,
            rank,
            base: 0,
            hits: Vec::new(),
            texts: Vec::new(),
            count: 0,
            binary: false,
            beyond: false,
            shut: Shut::default(),
            failed: None,
            local,
        };
        reader.read(input, &BlobPath::new([]), limits, &mut sink);
        let Streamed {
            texts,
            binary,
            failed,
            ..
        } = sink;
        local.reader = reader;
        // Hits before the failure count.
        if !texts.is_empty() {
            self.keep(local, rank, texts);
        }
        if let Some(why) = failed {
            return Err(why);
        }
        self.progress(local, size, binary);
        Ok(())
    }
}

/// Collects hits from the pieces of a blob.
struct Streamed<'a, 'e> {
    visitor: &'a BlobVisitor<'e>,
    local: &'a mut Local,
    rank: u32,
    /// The offset of the current piece in its text, and the hits in that.
    base: u32,
    hits: Hits,
    texts: Vec<TextHits>,
    /// The number of hits in all texts.
    count: usize,
    binary: bool,
    /// Whether more is encoded in the text than was decoded.
    beyond: bool,
    shut: Shut,
    failed: Option<String>,
}

impl Sink for Streamed<'_, '_> {
    fn piece(&mut self, piece: Piece<'_>) {
        let content = content_of(piece.binary);
        self.binary |= piece.binary && piece.counts == Counts::File;
        if !piece.opened {
            self.shut
                .look(piece.bytes, piece.binary, piece.is_first(), piece.last);
        }
        let near = piece.near();
        let scanned = self.visitor.part(self.local, piece.bytes, near, content);
        self.beyond |= scanned.is_beyond();
        if scanned.cut || self.count > MAX_FINDINGS {
            self.failed = Some(too_many());
        }
        for entry in &scanned.entries {
            if self.count > MAX_FINDINGS {
                break;
            }
            // Each hit is judged once: in the piece whose core contains its start.
            if let Some(found) = entry.found.as_ref().filter(|f| !f.candidates.is_empty())
                && piece.core.contains(&(entry.at as usize))
            {
                let at = self.base.saturating_add(entry.at);
                self.hits.push((at, Arc::clone(found)));
                self.count += 1;
            }
        }
        self.visitor.take_marks(self.local, &scanned.entries, false);
        self.visitor.give_back(self.local, scanned.entries);
        self.base = self.base.saturating_add(piece.leaving as u32);
        if !piece.last {
            return;
        }
        self.base = 0;
        self.local.members += u64::from(piece.counts == Counts::Member);
        if std::mem::take(&mut self.beyond) {
            self.unopened(piece.path, encoded_beyond());
        }
        if let Some(reason) = self.shut.take() {
            let shut = NotRead::of(self.rank, piece.path.clone(), reason);
            self.local.leave_shut(shut);
        }
        let hits = std::mem::take(&mut self.hits);
        if !hits.is_empty() {
            let member = piece.path.clone();
            self.texts.push(TextHits { member, hits });
        }
    }

    fn skipped(&mut self, _: &BlobPath, _: SkipReason) {
        self.failed = Some("larger than the limit".to_owned());
    }

    fn failed(&mut self, error: SourceError) {
        self.failed = Some(error.why);
    }

    fn unopened(&mut self, path: &BlobPath, what: Unopened) {
        self.local.leave_shut(NotRead {
            rank: self.rank,
            member: path.clone(),
            what,
        });
    }
}

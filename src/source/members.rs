//! The earlier versions of what is in a container: the members of its earlier versions with the same
//! name, or with the same last name if it has none of that.
//!
//! Earlier containers are opened only if the new one has candidates, and once for all of its
//! members.

use std::cell::OnceCell;

use super::content::{ContentReader, Limits};
use super::earlier::Earlier;
use super::{Before, Piece, Sink, Unopened, Version};
use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::finding::CommitInfo;

/// The most bytes of earlier members that are kept. What is beyond is not compared, so more of a
/// change counts as new.
const KEPT: usize = 64 << 20;

/// What earlier versions of a container hold.
pub(super) struct Members<'a, 's> {
    earlier: &'a Earlier<'a, 's>,
    limits: Limits,
    opened: OnceCell<Vec<Member>>,
}

/// A text of an earlier container.
struct Member {
    path: BlobPath,
    bytes: Vec<u8>,
    binary: bool,
}

impl<'a, 's> Members<'a, 's> {
    pub(super) fn new(earlier: &'a Earlier<'a, 's>, limits: Limits) -> Self {
        Self {
            earlier,
            limits,
            opened: OnceCell::new(),
        }
    }

    fn open(&self) -> &[Member] {
        self.opened.get_or_init(|| {
            let mut kept = Kept::default();
            self.earlier.raw(&mut |path, raw| {
                let limits = Limits {
                    size_hint: raw.len() as u64,
                    ..self.limits
                };
                ContentReader::default().read(&mut &*raw, path, limits, &mut kept);
            });
            kept.members
        })
    }
}

/// Keeps texts that are in one piece. Only those are compared.
#[derive(Default)]
struct Kept {
    members: Vec<Member>,
    size: usize,
}

impl Sink for Kept {
    fn piece(&mut self, piece: Piece<'_>) {
        self.size = self.size.saturating_add(piece.bytes.len());
        if piece.is_first() && piece.last && self.size <= KEPT {
            self.members.push(Member {
                path: piece.path.clone(),
                bytes: piece.bytes.to_vec(),
                binary: piece.binary,
            });
        }
    }

    fn skipped(&mut self, _: &BlobPath, _: SkipReason) {}

    fn failed(&mut self, _: SourceError) {}

    fn unopened(&mut self, _: &BlobPath, _: Unopened) {}
}

/// The earlier versions of one text in a container.
struct OfMember<'p, 'a, 's> {
    members: &'p Members<'a, 's>,
    path: &'p BlobPath,
}

impl Before for OfMember<'_, '_, '_> {
    fn each(&self, visit: &mut dyn FnMut(Version<'_>)) {
        let all = self.members.open();
        let same = |member: &&Member| member.path.member() == self.path.member();
        let renamed = |member: &&Member| member.path.file_name() == self.path.file_name();
        let is_there = all.iter().any(|member| same(&member));
        for member in all {
            if (is_there && same(&member)) || (!is_there && renamed(&member)) {
                visit(Version {
                    path: &member.path,
                    bytes: &member.bytes,
                    binary: member.binary,
                });
            }
        }
    }
}

/// Passes everything on with the commit that brings it, and what is in a container with its
/// earlier versions.
pub(super) struct OfChange<'c, 'a, 's> {
    pub(super) commit: Option<&'c CommitInfo>,
    /// What the earlier versions of the container hold; None if all of it is new.
    pub(super) members: Option<&'c Members<'a, 's>>,
    pub(super) sink: &'c mut dyn Sink,
}

impl Sink for OfChange<'_, '_, '_> {
    fn piece(&mut self, piece: Piece<'_>) {
        // Only what is in one piece has earlier versions.
        let members = self.members.filter(|_| piece.is_first() && piece.last);
        let path = piece.path;
        let earlier = members.map(|members| OfMember { members, path });
        self.sink.piece(Piece {
            before: earlier.as_ref().map(|earlier| earlier as &dyn Before),
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

    fn unopened(&mut self, path: &BlobPath, what: Unopened) {
        self.sink.unopened(path, what);
    }
}

//! Where content comes from. A source lists units of work in a stable order and
//! reads one unit at a time, on any thread, handing its content on piece by piece.
//!
//! To add one: implement [`Source`] in a file of its own and add an arm in
//! `cli::plan`. Nothing a source cannot read is silent: it is an [`Item::Failed`],
//! or an [`Item::Skipped`] when it was left out on purpose.

pub mod changed;
pub mod content;
mod fresh;
mod obeyed;
pub mod preflight;
pub mod push;
pub mod range;
pub mod staged;
pub mod stdin;
pub mod tracked;
pub mod walk;

use std::ops::Range;

use crate::blob::{BlobPath, Fresh, SkipReason, SourceError};
use crate::finding::CommitInfo;

/// How many bytes of its neighbours a piece of a large blob brings along on either
/// side: twice the farthest that any rule looks, so that overlaps between matches
/// are decided alike in both pieces.
pub const MARGIN: usize = 64 * 1024;

/// One entry of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<U> {
    /// Something to read.
    Unit(U),
    /// Something left out on purpose.
    Skipped {
        /// What.
        path: BlobPath,
        /// Why.
        why: SkipReason,
    },
    /// Something that could not be listed.
    Failed(SourceError),
}

/// A place that content comes from.
pub trait Source: Sync {
    /// One unit of work: a file, a staged entry, a tree of deltas.
    type Unit: Send;
    /// Reads units; one per thread.
    type Reader: UnitReader<Unit = Self::Unit>;

    /// Lists everything in a stable order. Stops when `emit` returns false.
    fn list(&self, emit: &mut dyn FnMut(Item<Self::Unit>) -> bool);

    /// A reader for one thread.
    fn reader(&self) -> Self::Reader;
}

/// Reads the units of a source on one thread.
pub trait UnitReader {
    /// What it reads.
    type Unit;

    /// Hands the content of `unit` to `sink`, piece by piece and in order.
    fn read(&mut self, unit: &Self::Unit, sink: &mut dyn Sink);

    /// The path of `unit`, as its pieces have it.
    fn path_of(&self, unit: &Self::Unit) -> BlobPath;

    /// Whether the path itself is to be judged: not when it was there before.
    fn path_is_new(&self, _unit: &Self::Unit) -> bool {
        true
    }
}

/// Takes what a reader finds.
pub trait Sink {
    /// A piece of a blob; the last one of a blob says so.
    fn piece(&mut self, piece: Piece<'_>);

    /// The unit, or a part of it, is left out on purpose.
    fn skipped(&mut self, path: &BlobPath, why: SkipReason);

    /// The unit, or the rest of it, could not be read.
    fn failed(&mut self, error: SourceError);
}

/// A stretch of a blob. Small blobs are one piece.
#[derive(Clone, Debug)]
pub struct Piece<'a> {
    /// The blob's path.
    pub path: &'a BlobPath,
    /// The stretch, with up to [`MARGIN`] bytes of its neighbours.
    pub bytes: &'a [u8],
    /// What starts in this part of `bytes` belongs to this piece.
    pub core: Range<usize>,
    /// How many bytes at the front of `bytes` the next piece will not have.
    pub leaving: usize,
    /// Whether this is not text.
    pub binary: bool,
    /// What is to be judged; ranges only with a blob of one piece.
    pub fresh: Fresh<'a>,
    /// Bytes of the original content that this piece accounts for.
    pub size: u64,
    /// Whether the blob ends here.
    pub last: bool,
    /// Earlier versions of the blob: what is found in one of them as well is not
    /// new, even where it stands in a fresh range (it was moved).
    pub before: &'a [Version<'a>],
    /// The commit that the blob comes from, when it is known beforehand.
    pub commit: Option<&'a CommitInfo>,
}

/// An earlier version of a blob, in an encoding that the detector reads.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    /// All of its bytes.
    pub bytes: &'a [u8],
    /// Whether this is not text.
    pub binary: bool,
}

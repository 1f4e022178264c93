//! Sources of content. A source lists units of work in a stable order and reads one unit
//! at a time, on any thread, in pieces.
//!
//! To add a source, implement [`Source`] in a new file and run it from a command in
//! `cli::commands`. Anything unreadable must become an [`Item::Failed`], and anything
//! left out on purpose an [`Item::Skipped`]; nothing is skipped silently.

mod budgeted;
mod changed;
pub mod content;
mod earlier;
mod file;
pub(crate) mod fresh;
mod ignored;
pub mod image;
pub mod items;
pub(crate) mod lfs;
mod listing;
mod members;
pub(crate) mod metadata;
mod moved;
mod opened;
pub mod preflight;
pub mod push;
pub mod range;
pub mod staged;
pub mod stdin;
pub mod text;
pub mod tracked;
pub mod walk;
pub mod without;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::finding::{CommitInfo, ItemInfo};
use crate::text::LineIndex;

/// The number of bytes of its neighbours that a piece of a large blob includes on either
/// side. It is twice the farthest reach of any rule, so that both pieces resolve
/// overlapping matches the same way.
pub const MARGIN: usize = 64 * 1024;
/// How many bytes a piece has after its core, if the content goes on: something encoded may go
/// on for this long.
pub const AHEAD: usize = (1 << 20) + MARGIN;

/// One entry of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<U> {
    /// A unit to read.
    Unit(U),
    /// A path that is left out on purpose.
    Skipped {
        /// The path.
        path: BlobPath,
        /// The reason.
        why: SkipReason,
    },
    /// A path that could not be listed.
    Failed(SourceError),
}

/// A place that content comes from.
pub trait Source: Sync {
    /// One unit of work: a file, a staged entry, a tree of deltas.
    type Unit: Send;
    /// Reads units; one per thread.
    type Reader: UnitReader<Unit = Self::Unit>;

    /// Lists everything in a stable order. Stops if `emit` returns false.
    fn list(&self, emit: &mut dyn FnMut(Item<Self::Unit>) -> bool);

    /// Creates a reader for one thread.
    fn reader(&self) -> Self::Reader;

    /// Whether units are few and large, so that no two should wait for the same thread.
    fn has_large_units(&self) -> bool {
        false
    }

    /// Returns what it consists of, if that is known before it is listed.
    fn parts(&self) -> Option<Arc<Parts>> {
        None
    }

    /// Whether it can be listed a second time at little cost, to count what is left.
    fn lists_again(&self) -> bool {
        false
    }
}

/// What a source consists of, and how much of that is done, for a display.
#[derive(Debug)]
pub struct Parts {
    /// What one is: a commit, a layer.
    pub noun: &'static str,
    /// How many there are.
    pub total: u64,
    /// How many are done, or begun if there are many.
    pub done: AtomicU64,
}

impl Parts {
    fn new(noun: &'static str, total: usize) -> Arc<Self> {
        Arc::new(Self {
            noun,
            total: total as u64,
            done: AtomicU64::new(0),
        })
    }

    /// Returns them for a display, which needs several.
    fn shared(self: &Arc<Self>) -> Option<Arc<Self>> {
        (self.total > 1).then(|| Arc::clone(self))
    }

    fn count(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Reads the units of a source on one thread.
pub trait UnitReader {
    /// The unit that it reads.
    type Unit;

    /// Passes the content of `unit` to `sink`, in pieces and in order.
    fn read(&mut self, unit: &Self::Unit, sink: &mut dyn Sink);

    /// Returns the path of `unit`, the same as in its pieces.
    fn path_of(&self, unit: &Self::Unit) -> BlobPath;

    /// Returns whether to judge the path itself; false if the path existed before.
    fn path_is_new(&self, _unit: &Self::Unit) -> bool {
        true
    }
}

/// Receives the results of a reader.
pub trait Sink {
    /// Receives a piece of a blob. The last piece is marked as such.
    fn piece(&mut self, piece: Piece<'_>);

    /// Receives a unit, or a part of it, that is left out on purpose.
    fn skipped(&mut self, path: &BlobPath, why: SkipReason);

    /// Receives an error: the unit, or the rest of it, could not be read.
    fn failed(&mut self, error: SourceError);

    /// Receives a container, or a member of one, that is not looked into.
    fn unopened(&mut self, path: &BlobPath, what: Unopened);
}

/// Content that is not looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unopened {
    /// Why.
    pub reason: SkipReason,
    /// Its size in bytes as it is stored; 0 if unknown.
    pub bytes: u64,
    /// What exactly is wrong, as the end of a sentence; empty if the reason says it all.
    pub why: &'static str,
}

/// What a blob counts as in the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// A file.
    File,
    /// A member of a container.
    Member,
    /// Nothing: another blob of the same content counts.
    Nothing,
}

/// A stretch of a blob. A small blob is a single piece.
#[derive(Clone, Debug)]
pub struct Piece<'a> {
    /// The blob's path.
    pub path: &'a BlobPath,
    /// The stretch, with up to [`MARGIN`] bytes of its neighbours.
    pub bytes: &'a [u8],
    /// Matches that start in this part of `bytes` belong to this piece.
    pub core: Range<usize>,
    /// The number of bytes at the start of `bytes` that the next piece does not include.
    pub leaving: usize,
    /// Where the stretch stands, if it begins anew in the middle of its blob: other blobs may have
    /// come in between.
    pub lines: Option<&'a LineIndex>,
    /// Whether the content is binary.
    pub binary: bool,
    /// The size of this piece's share of the original content in bytes.
    pub size: u64,
    /// Whether this is the blob's last piece.
    pub last: bool,
    /// The earlier versions of the blob; None if all of it is new. Only a blob of one piece
    /// has any.
    pub before: Option<&'a dyn Before>,
    /// The commit that the blob comes from, if known in advance.
    pub commit: Option<&'a CommitInfo>,
    /// What the blob counts as.
    pub counts: Counts,
    /// Whether nothing more is to be said of what it holds: it is what is left of a container that was
    /// opened, or it is told that it stays shut.
    pub opened: bool,
    /// Where it comes from, if its path does not say all.
    pub origin: Option<&'a dyn Origin>,
}

impl<'a> Piece<'a> {
    /// All of a blob that is new, in one piece.
    pub(crate) fn whole(path: &'a BlobPath, bytes: &'a [u8], binary: bool) -> Self {
        Self {
            path,
            bytes,
            core: 0..bytes.len(),
            leaving: 0,
            lines: None,
            binary,
            size: bytes.len() as u64,
            last: true,
            before: None,
            commit: None,
            counts: Counts::File,
            opened: false,
            origin: None,
        }
    }

    /// Returns the bytes in which hits matter to the core.
    pub(crate) fn near(&self) -> std::ops::Range<usize> {
        let core = &self.core;
        core.start.saturating_sub(MARGIN)..self.bytes.len().min(core.end + MARGIN)
    }

    /// Whether this is the blob's first piece: every other one has some of its predecessor.
    pub(crate) fn is_first(&self) -> bool {
        self.core.start == 0
    }
}

/// Where content comes from, beyond its path. Asked only for content with findings.
pub trait Origin {
    /// Returns texts for the evidence of a finding at `path`. They may hold secrets of other content.
    fn evidence(&self, _path: &BlobPath) -> Vec<String> {
        Vec::new()
    }

    /// Returns where the text was posted, if it is no file.
    fn item(&self) -> Option<ItemInfo> {
        None
    }
}

/// Passes everything on with its origin.
struct WithOrigin<'a> {
    origin: &'a dyn Origin,
    sink: &'a mut dyn Sink,
}

impl Sink for WithOrigin<'_> {
    fn piece(&mut self, piece: Piece<'_>) {
        self.sink.piece(Piece {
            origin: Some(self.origin),
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

impl std::fmt::Debug for dyn Origin + '_ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Origin")
    }
}

/// The earlier versions of a blob. They are read only for a blob with candidates, which few
/// have.
pub trait Before {
    /// Passes each version that can be read to `visit`, one at a time. A version that cannot
    /// be read knows no secret, so more is new.
    fn each(&self, visit: &mut dyn FnMut(Version<'_>));
}

impl std::fmt::Debug for dyn Before + '_ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Before")
    }
}

/// An earlier version of a blob, in an encoding that the detector reads.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    /// The path that it had.
    pub path: &'a BlobPath,
    /// All of its bytes.
    pub bytes: &'a [u8],
    /// Whether the content is binary.
    pub binary: bool,
}

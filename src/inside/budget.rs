//! How much is unpacked of one file, over all containers in it.

use std::cell::Cell;
use std::io::{self, Read};

use super::trouble::{Class, Trouble};

/// How much is read of a file, and of what stands inside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    /// The most bytes of a file; a larger one is skipped.
    pub file: u64,
    /// How many containers may lie inside each other; 0 opens none.
    pub depth: u32,
    /// The most bytes that are unpacked of one file. None: 1 GiB, or 32 times the file's own size
    /// if that is more.
    pub unpacked: Option<u64>,
    /// How many times larger than its packed form a stream may be, once it has 64 MiB.
    pub ratio: u64,
    /// The most members of one file.
    pub members: u64,
}

impl Default for Most {
    fn default() -> Self {
        Self {
            file: u64::MAX,
            depth: 8,
            unpacked: None,
            ratio: 1000,
            members: 1_000_000,
        }
    }
}

impl Most {
    /// The largest file that is read unless somebody says otherwise, in bytes.
    pub const FILE: u64 = 4 << 30;

    /// The bytes that may be unpacked of any file, unless somebody says otherwise.
    pub const UNPACKED: u64 = 1 << 30;

    /// The most containers that may lie inside each other, whatever somebody says: each takes some
    /// memory and stack.
    pub const DEEPEST: u32 = 32;

    /// Reads files up to `file` bytes, and opens nothing.
    pub fn shut(file: u64) -> Self {
        Self {
            file,
            depth: 0,
            ..Self::default()
        }
    }

    /// Reads files up to `file` bytes, and opens what is inside.
    pub fn of(file: u64) -> Self {
        Self {
            file,
            ..Self::default()
        }
    }
}

/// The factor by which more may be unpacked of a large file.
const FACTOR: u64 = 32;
/// From here on, in bytes, a ratio counts.
const RATIO_FROM: u64 = 64 << 20;
/// The most bytes of a container that are held at once, where a format wants them all.
pub(crate) const HELD: usize = 64 << 20;

/// What was unpacked of a file.
#[derive(Debug)]
pub(crate) struct Budget {
    most: Most,
    /// Bytes read of the file itself.
    stored: Cell<u64>,
    unpacked: Cell<u64>,
    members: Cell<u64>,
}

impl Budget {
    /// Begins a file of which nothing was unpacked. `size`: its size in bytes, as far as known.
    pub(crate) fn new(most: Most, size: u64) -> Self {
        Self {
            most,
            stored: Cell::new(size),
            unpacked: Cell::new(0),
            members: Cell::new(0),
        }
    }

    /// Whether a container may be opened that lies in `depth` others with named members, and in
    /// `level` containers altogether. A compressed stream, as around a tar, counts with what it
    /// holds; but a stream may hold itself.
    pub(crate) fn opens(&self, depth: u32, level: u32) -> bool {
        depth < self.most.depth && level < self.most.depth.saturating_mul(2)
    }

    /// Notes that the first `bytes` bytes of the file were read.
    pub(super) fn stored(&self, bytes: u64) {
        self.stored.set(self.stored.get().max(bytes));
    }

    /// Counts a member. Returns false if there are too many.
    pub(crate) fn member(&self) -> bool {
        self.members.set(self.members.get() + 1);
        self.members.get() <= self.most.members
    }

    /// Counts `bytes` more of a stream that has `out` bytes, from `packed` bytes.
    fn unpack(&self, bytes: u64, out: u64, packed: u64, level: u32) -> Result<(), Trouble> {
        let all = self.unpacked.get().saturating_add(bytes);
        self.unpacked.set(all);
        let all_most = match self.most.unpacked {
            Some(most) => most,
            None => Most::UNPACKED.max(self.stored.get().saturating_mul(FACTOR)),
        };
        let limit = |why| {
            Err(Trouble {
                class: Class::Limit,
                why,
                level,
            })
        };
        if all > all_most {
            return limit("more is packed in this file than --max-archive-size allows");
        }
        if out > RATIO_FROM && out / packed.max(1) > self.most.ratio {
            return limit("it unpacks to more times its size than --max-archive-ratio allows");
        }
        Ok(())
    }
}

/// A stream that counts what it unpacks.
pub(super) struct Metered<'a, R> {
    inner: R,
    budget: &'a Budget,
    /// Bytes that the decoder took.
    packed: &'a Cell<u64>,
    out: u64,
    level: u32,
}

impl<'a, R: Read> Metered<'a, R> {
    pub(super) fn new(inner: R, budget: &'a Budget, packed: &'a Cell<u64>, level: u32) -> Self {
        Self {
            inner,
            budget,
            packed,
            out: 0,
            level,
        }
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.out += n as u64;
        self.budget
            .unpack(n as u64, self.out, self.packed.get(), self.level)?;
        Ok(n)
    }
}

//! What was read of trees in this run, for the next one.

use super::kept::NONE;

/// The most numbers that are collected. A history of huge trees that are not stored as deltas has
/// more; then its trees are read again.
const MOST: usize = 32 << 20;

/// Trees that were read: in which blobs without an edge each differs from its base.
#[derive(Default)]
pub(super) struct Learned {
    pub(super) rows: Vec<Row>,
    /// Ranks of blobs.
    pub(super) blobs: Vec<u32>,
    /// There were too many to collect.
    pub(super) over: bool,
}

pub(super) struct Row {
    pub(super) rank: u32,
    /// The rank of the tree on which it is a delta, or `NONE`.
    pub(super) base: u32,
    pub(super) loud: bool,
    /// Where in `blobs` those begin that it adds, those that it lacks, and where they end.
    pub(super) at: [u32; 3],
}

impl Learned {
    /// Adds a tree.
    pub(super) fn add(
        &mut self,
        (rank, base, loud): (u32, u32, bool),
        added: impl Iterator<Item = u32>,
        removed: impl Iterator<Item = u32>,
    ) {
        if self.over || self.blobs.len() > MOST {
            self.over = true;
            return;
        }
        let start = self.blobs.len() as u32;
        self.blobs.extend(added.filter(|rank| *rank != NONE));
        let middle = self.blobs.len() as u32;
        self.blobs.extend(removed.filter(|rank| *rank != NONE));
        self.rows.push(Row {
            rank,
            base,
            loud,
            at: [start, middle, self.blobs.len() as u32],
        });
    }

    /// Adds what another thread read.
    pub(super) fn join(&mut self, other: Self) {
        let shift = self.blobs.len();
        self.over |= other.over || shift + other.blobs.len() > 2 * MOST;
        if self.over {
            return;
        }
        self.blobs.extend(other.blobs);
        let rows = other.rows.into_iter();
        self.rows.extend(rows.map(|row| Row {
            at: row.at.map(|at| at + shift as u32),
            ..row
        }));
    }

    pub(super) fn added(&self, row: &Row) -> &[u32] {
        &self.blobs[row.at[0] as usize..row.at[1] as usize]
    }

    pub(super) fn removed(&self, row: &Row) -> &[u32] {
        &self.blobs[row.at[1] as usize..row.at[2] as usize]
    }
}

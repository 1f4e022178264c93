//! Reads packs: their indexes, their entries and the deltas between entries.
//!
//! Packs are untrusted input. An error in an entry becomes a [`Reason`](super::Reason)
//! for that entry; the other entries are still read.

pub mod entry;
pub(crate) mod file;
pub(crate) mod forest;
pub mod index;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use file::RandomFile;
use index::PackIndex;

/// An open pack and its index.
pub(crate) struct Pack {
    index: PackIndex,
    path: PathBuf,
    hash_len: usize,
    data: OnceLock<Result<RandomFile, (io::ErrorKind, String)>>,
}

/// Length of the pack header before the first entry.
pub(crate) const PACK_HEADER: u64 = 12;

impl Pack {
    /// Opens the index at `idx`. The `.pack` file next to it is opened on the first read.
    pub(crate) fn open(idx: PathBuf, hash_len: usize) -> io::Result<Self> {
        let path = idx.with_extension("pack");
        let index = PackIndex::open(idx, hash_len)?;
        Ok(Self {
            index,
            path,
            hash_len,
            data: OnceLock::new(),
        })
    }

    /// Returns the pack's index.
    pub(crate) fn index(&self) -> &PackIndex {
        &self.index
    }

    /// Returns the `.pack` file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the length of an object name in bytes: 20 (SHA-1) or 32 (SHA-256).
    pub(crate) fn hash_len(&self) -> usize {
        self.hash_len
    }

    /// Returns the pack's data. Fails if the file cannot be opened or has no pack header
    /// of version 2 or 3.
    pub(crate) fn data(&self) -> io::Result<&RandomFile> {
        let opened = self.data.get_or_init(|| {
            open_data(&self.path).map_err(|error| (error.kind(), error.to_string()))
        });
        match opened {
            Ok(file) => Ok(file),
            Err((kind, what)) => Err(io::Error::new(*kind, what.clone())),
        }
    }

    /// Returns the number of entries that the pack's own header announces.
    pub(crate) fn announced(&self) -> io::Result<u32> {
        let mut four = [0u8; 4];
        self.data()?.read_exact_at(&mut four, 8)?;
        Ok(u32::from_be_bytes(four))
    }

    /// Returns the offset after the last entry, where the trailing checksum starts.
    pub(crate) fn end(&self) -> io::Result<u64> {
        Ok(self.data()?.len().saturating_sub(self.hash_len as u64))
    }
}

fn open_data(path: &Path) -> io::Result<RandomFile> {
    let file = RandomFile::open(path.to_owned())?;
    let mut head = [0u8; 8];
    file.read_exact_at(&mut head, 0)?;
    match head {
        [b'P', b'A', b'C', b'K', 0, 0, 0, 2 | 3] => Ok(file),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "not a pack of version 2 or 3",
        )),
    }
}

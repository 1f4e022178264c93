//! What commits and tags store besides their message: who wrote them, and headers of any
//! name. Their place is `header` below the place of the message, with the lines that
//! `git cat-file` shows.

use std::collections::HashSet;

use super::content::decode;
use super::{Piece, Sink};
use crate::blob::BlobPath;
use crate::finding::CommitInfo;
use crate::git::commit;

/// Passes the headers of the commit or tag at `path` on, before its message: they count
/// as a part of it.
pub(crate) fn pass_on(
    path: &BlobPath,
    header: &[u8],
    commit: Option<&CommitInfo>,
    sink: &mut dyn Sink,
) {
    if header.trim_ascii().is_empty() {
        return;
    }
    let path = place(path);
    let mut text = Vec::new();
    let decoded = decode(header, &mut text);
    sink.piece(Piece {
        size: 0,
        last: false,
        commit,
        // They are text, whatever bytes are among them.
        ..Piece::whole(&path, decoded.bytes, false)
    });
}

/// Returns the place of the headers of what is at `path`.
fn place(path: &BlobPath) -> BlobPath {
    BlobPath::new([path.as_bytes(), b"/header"].concat())
}

/// The most persons that are remembered.
const MAX_PERSONS: usize = 1 << 16;

/// Persons that a listing has named already.
#[derive(Default)]
pub(super) struct Persons(HashSet<Box<[u8]>>);

impl Persons {
    /// Splits a raw commit or tag into its headers, without persons of earlier ones, and
    /// its message. Lines keep their numbers.
    pub(super) fn split(&mut self, raw: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (header, message) = commit::split(raw);
        let mut new = Vec::with_capacity(header.len());
        for line in header.split_inclusive(|byte| *byte == b'\n') {
            match commit::person(line) {
                Some(person) if !self.is_new(person) => new.push(b'\n'),
                _ => new.extend_from_slice(line),
            }
        }
        (new, message.to_vec())
    }

    fn is_new(&mut self, person: &[u8]) -> bool {
        if self.0.contains(person) {
            return false;
        }
        if self.0.len() < MAX_PERSONS {
            self.0.insert(person.into());
        }
        true
    }
}

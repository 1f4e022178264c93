//! Parses raw tree objects: entries of mode, name and object name.
//!
//! Modes are parsed as octal numbers. Some old trees pad them with a zero ("040000"), so
//! the first character alone does not identify a directory.

use gix::hash::oid;

use super::error::Reason;

/// One entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeEntry<'a> {
    /// The mode as a number, e.g. `0o100644`.
    pub mode: u32,
    /// The name, without directories.
    pub name: &'a [u8],
    /// The object that the entry names.
    pub id: &'a oid,
}

/// The kind of an entry, from its mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A directory.
    Tree,
    /// A file, executable or not.
    File,
    /// A symbolic link; its blob contains the target.
    Link,
    /// A commit of another repository (a submodule), which is never stored here.
    Submodule,
}

/// Returns the meaning of a mode. Modes that git does not write count as files, so that
/// their content is scanned.
pub fn entry_kind(mode: u32) -> EntryKind {
    match mode & 0o170_000 {
        0o040_000 => EntryKind::Tree,
        0o120_000 => EntryKind::Link,
        0o160_000 => EntryKind::Submodule,
        _ => EntryKind::File,
    }
}

/// Parses the entry at the start of `bytes`. The second value is its length.
#[inline]
pub(crate) fn entry(bytes: &[u8], hash_len: usize) -> Option<(TreeEntry<'_>, usize)> {
    let mut mode = 0u32;
    let mut at = 0;
    loop {
        match *bytes.get(at)? {
            b' ' if at > 0 => break,
            digit @ b'0'..=b'7' if at < 10 => mode = mode << 3 | u32::from(digit - b'0'),
            _ => return None,
        }
        at += 1;
    }
    let rest = bytes.get(at + 1..)?;
    let name_len = memchr::memchr(0, rest)?;
    let name = &rest[..name_len];
    let id = rest.get(name_len + 1..name_len + 1 + hash_len)?;
    let id = oid::try_from_bytes(id).ok()?;
    let entry = TreeEntry { mode, name, id };
    Some((entry, at + 1 + name_len + 1 + hash_len))
}

/// Iterates over the entries of a tree; ends after the first damaged one.
pub fn entries(bytes: &[u8], hash_len: usize) -> Entries<'_> {
    Entries { bytes, hash_len }
}

/// Iterator over a tree's entries, see [`entries`].
pub struct Entries<'a> {
    bytes: &'a [u8],
    hash_len: usize,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<TreeEntry<'a>, Reason>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        let Some((found, len)) = entry(self.bytes, self.hash_len) else {
            self.bytes = &[];
            return Some(Err(Reason::BadHeader));
        };
        self.bytes = &self.bytes[len..];
        Some(Ok(found))
    }
}

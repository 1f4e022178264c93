//! What stands inside content: members of archives, streams that are compressed, texts of
//! documents. Recognised by content, never by name.
//!
//! `Format::of` says which container content is, and `walk` reads it once, from its first
//! byte to its last. It passes each member on as a reader (`Members`), which may be a container
//! again. Every byte of a container is passed on once: in a member, or as a rest of the
//! container itself (names, comments, what stands before, between and behind members). What
//! cannot be read is told. Nothing is written anywhere, names are only text, and how much is
//! unpacked is limited by a `Budget`.
//!
//! To add a format, write a file with a function that has the form of those in `walk`, name it
//! there and in `Format::of`, and add a fuzz target with seeds.

mod ar;
mod asar;
mod budget;
mod cfb;
mod checked;
mod class;
mod cpio;
mod dex;
mod encoded;
mod format;
mod input;
mod lines;
mod lz4;
mod lz4_old;
mod lzma2;
mod lzw;
mod mail;
mod office;
mod pdf;
mod pieces;
mod plist;
mod pyc;
mod rest;
mod rpm;
mod rtf;
mod script;
mod seven;
mod shut;
mod sqlite;
mod streams;
mod tar;
#[cfg(test)]
mod testing;
mod trouble;
mod unpack;
mod whole;
mod workbook;
mod zip;
mod zstd;

use std::io::{self, Read};

pub(crate) use budget::Budget;
pub use budget::Most;
pub(crate) use format::Format;
pub(crate) use input::{HEAD, Input};
pub(crate) use shut::{Pointer, Shut, shut};
pub(crate) use trouble::{Class, Trouble};
pub(crate) use unpack::{inflate, unpack};

/// Receives what a walk finds in a container.
pub(crate) trait Members {
    /// Receives a member: its name as the container says it, and its content, of which any part
    /// may be left unread.
    ///
    /// # Errors
    /// Fails only if the walk must end: there are too many members, or the source itself cannot
    /// be read.
    fn member(&mut self, name: &[u8], content: &mut dyn Read) -> io::Result<()>;

    /// Receives bytes of the container that belong to no member, in order.
    fn rest(&mut self, bytes: &[u8]);

    /// Receives a member that is not read, and its size in bytes as the container says it.
    fn shut(&mut self, name: &[u8], class: Class, bytes: u64);

    /// Receives that the last member of this name, which was passed on, is not all that there is.
    fn partly(&mut self, name: &[u8], class: Class, bytes: u64) {
        self.shut(name, class, bytes);
    }

    /// Receives where the content of the next member of a tar begins, and its size, both in bytes.
    fn at(&mut self, _position: u64, _size: u64) {}

    /// Receives a name of a tar that leads to another one: the target of a symbolic link, or the
    /// name of a hard link's first entry.
    fn link(&mut self, _name: &[u8], _target: &[u8], _is_symbolic: bool) {}
}

/// Whether content is a container that [`walk`] reads.
pub(crate) fn is_container(bytes: &[u8]) -> bool {
    Format::of_content(bytes, true).is_some()
}

/// Reads a container to its end and passes on what it holds. Trouble with a single member is
/// told, if the walk can go on behind it.
///
/// # Errors
/// Fails with a [`Trouble`] if the container cannot be read to its end, and with other errors if
/// the source cannot be read.
pub(crate) fn walk(
    format: Format,
    input: &mut Input<'_>,
    members: &mut dyn Members,
) -> io::Result<()> {
    input.is_container = is_container;
    match format {
        Format::Stream(method) => streams::walk(method, input, members),
        Format::Compound => cfb::walk(input, members),
        Format::Office => office::walk(input, members),
        Format::Pdf => pdf::walk(input, members),
        Format::Rtf => rtf::walk(input, members),
        Format::Sqlite => sqlite::walk(input, members),
        Format::SqliteJournal(journal) => sqlite::walk_journal(journal, input, members),
        Format::Tar => tar::walk(input, members),
        Format::Seven => seven::walk(input, members),
        Format::Zip => zip::walk(input, members),
        Format::Ar => ar::walk(input, members),
        Format::Cpio => cpio::walk(input, members),
        Format::Rpm => rpm::walk(input, members),
        Format::Python => pyc::walk(input, members),
        Format::Class => class::walk(input, members),
        Format::Dex => dex::walk(input, members),
        Format::Asar => asar::walk(input, members),
        Format::Plist => plist::walk(input, members),
        Format::Encoded(kind) => encoded::walk(kind, input, members),
        Format::Mail => mail::walk(input, members),
        Format::Script => script::walk(input, members),
    }
}

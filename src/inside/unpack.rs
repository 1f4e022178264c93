//! A compressed stream or an archive in memory, unpacked.

use std::io::{self, Read};

use super::streams::{Method, unpacked};
use super::{Budget, Class, Format, Input, Members, Most, Trouble, walk};

/// How many archives may lie inside each other here.
const DEPTH: u32 = 3;
/// How many bytes of a member show whether it is text.
const SAMPLE: usize = 1024;

/// What is unpacked of a stream or of an archive.
pub(crate) struct Unpacked {
    /// The name of the method or of the format, in lower case.
    pub(crate) method: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// Whether there is more than that.
    pub(crate) is_cut: bool,
}

/// Unpacks the stream that `bytes` begin with, or the archive that they are: at most `most` bytes of
/// it, and as far as it is not damaged. None if they begin with neither, or with one of which nothing
/// can be unpacked.
pub(crate) fn unpack(bytes: &[u8], most: usize) -> Option<Unpacked> {
    match Method::of(bytes) {
        Some(method) => stream(method, bytes, most),
        None => archive(bytes, most, DEPTH),
    }
}

/// Unpacks the stream of deflate that `bytes` begin with, as [`unpack`] does.
pub(crate) fn inflate(bytes: &[u8], most: usize) -> Option<Unpacked> {
    stream(Method::Deflate, bytes, most)
}

fn stream(method: Method, bytes: &[u8], most: usize) -> Option<Unpacked> {
    let budget = Budget::new(Most::default(), bytes.len() as u64);
    let mut out = Vec::new();
    let mut is_cut = false;
    let mut source = bytes;
    let read = unpacked(method, &mut source, &budget, 0, &mut |stream| {
        let mut limited = stream.take(most as u64 + 1);
        let read = limited.read_to_end(&mut out);
        is_cut = out.len() > most;
        read.map(|_| ())
    });
    out.truncate(most);
    // Damage ends the stream; what came before counts.
    let is_damaged = read
        .as_ref()
        .err()
        .is_some_and(|e| Trouble::of(e).is_some());
    if (read.is_err() && !is_damaged) || out.is_empty() {
        return None;
    }
    Some(Unpacked {
        method: method.name(),
        bytes: out,
        is_cut,
    })
}

/// The text in all members of an archive, document or database, one after the other.
fn archive(bytes: &[u8], most: usize, depth: u32) -> Option<Unpacked> {
    let format = Format::of(&bytes[..bytes.len().min(SAMPLE)])?;
    let method = match format {
        Format::Zip => "zip",
        Format::Seven => "7z",
        Format::Pdf => "pdf",
        Format::Sqlite => "sqlite",
        _ => return None,
    };
    let budget = Budget::new(Most::default(), bytes.len() as u64);
    let mut text = Text {
        bytes: Vec::new(),
        most,
        depth: depth.checked_sub(1)?,
        is_cut: false,
    };
    let mut source = bytes;
    // What came before a damage counts.
    let _ = walk(format, &mut Input::new(&mut source, &budget, 0), &mut text);
    (!text.bytes.is_empty()).then_some(Unpacked {
        method,
        bytes: text.bytes,
        is_cut: text.is_cut,
    })
}

/// Gathers the text of members.
struct Text {
    bytes: Vec<u8>,
    most: usize,
    depth: u32,
    is_cut: bool,
}

impl Members for Text {
    fn member(&mut self, _name: &[u8], content: &mut dyn Read) -> io::Result<()> {
        let left = self.most.saturating_sub(self.bytes.len());
        let mut all = Vec::new();
        let read = content.take(left as u64 + 1).read_to_end(&mut all);
        if all.len() > left {
            all.truncate(left);
            self.is_cut = true;
        }
        let inner = match Method::of(&all) {
            Some(method) => stream(method, &all, left),
            None => archive(&all, left, self.depth),
        };
        let head = &all[..all.len().min(SAMPLE)];
        if let Some(inner) = inner {
            self.bytes.extend_from_slice(&inner.bytes);
            self.is_cut |= inner.is_cut;
        } else if memchr::memchr(0, head).is_none() {
            self.bytes.extend_from_slice(&all);
        }
        self.bytes.push(b'\n');
        match (self.is_cut, read) {
            (true, _) => Err(io::Error::other("enough is unpacked")),
            // A damaged member is told by whoever walks.
            (false, Err(error)) if Trouble::of(&error).is_none() => Err(error),
            (false, _) => Ok(()),
        }
    }

    fn rest(&mut self, _bytes: &[u8]) {}

    fn shut(&mut self, _name: &[u8], _class: Class, _bytes: u64) {}
}

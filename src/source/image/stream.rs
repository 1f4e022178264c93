//! An image that can be read only once: from a pipe, or compressed as a whole. Its files are scanned
//! as they come; only documents are kept, to know at the end what is missing.

use std::io::{self, Read};

use super::contents::{Contents, DOCUMENT, Place, is_blob, plain};
use super::digest::{Digest, Summed};
use super::{manifest, mismatch};
use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::inside::{self, Budget, Class, Format, HEAD, Input, Members, Most};
use crate::source::content::{ContentReader, Limits};
use crate::source::{Sink, Unopened};

/// The most bytes of documents that are kept.
const HELD: usize = 32 << 20;

/// An image that is read.
pub(super) struct Streamed<'a> {
    content: &'a mut ContentReader,
    sink: &'a mut dyn Sink,
    path: &'a BlobPath,
    most: Most,
    contents: Contents,
    budget: &'a Budget,
    held: usize,
    is_tar: bool,
}

/// Reads an image of `size` bytes, or 0 if that is unknown. Passes on what is in it, and returns its
/// files; None if it is no tar.
///
/// # Errors
/// Fails if the stream does.
pub(super) fn read(
    stream: &mut dyn Read,
    (path, size): (&BlobPath, u64),
    most: Most,
    content: &mut ContentReader,
    sink: &mut dyn Sink,
) -> io::Result<Option<Contents>> {
    let budget = Budget::new(most, size);
    let mut streamed = Streamed {
        content,
        sink,
        path,
        most,
        contents: Contents::default(),
        budget: &budget,
        held: 0,
        is_tar: false,
    };
    if let Err(error) = streamed.enter(stream, 0) {
        streamed.contents.end(error)?;
    }
    let Streamed {
        contents, is_tar, ..
    } = streamed;
    for trouble in contents.troubles() {
        sink.unopened(path, trouble);
    }
    let found = manifest::find(&contents);
    let mut tell = |name: &[u8], why| {
        let (reason, bytes) = (SkipReason::Damaged, 0);
        sink.unopened(&path.inside(name), Unopened { reason, bytes, why });
    };
    for (name, why) in &found.missing {
        tell(name.as_bytes(), why);
    }
    for entry in &found.broken {
        tell(&contents.entries[*entry].name, manifest::BROKEN);
    }
    if !found.is_image {
        let why = super::NO_IMAGE.to_owned();
        let path = path.clone();
        sink.failed(SourceError { path, why });
    }
    Ok(is_tar.then_some(contents))
}

impl Streamed<'_> {
    fn enter(&mut self, stream: &mut dyn Read, level: u32) -> io::Result<()> {
        let mut head = Vec::new();
        let begun = (&mut *stream).take(HEAD as u64).read_to_end(&mut head);
        let format = Format::of(&head);
        self.is_tar = format == Some(Format::Tar);
        let is_packed = level == 0 && matches!(format, Some(Format::Stream(_)));
        let format = format.filter(|_| begun.is_ok() && (self.is_tar || is_packed));
        let Some(format) = format else {
            let mut all: Box<dyn Read> = match begun {
                Ok(_) => Box::new(head.as_slice().chain(stream)),
                Err(_) => Box::new(head.as_slice()),
            };
            self.content
                .read(&mut all, self.path, self.limits(), self.sink);
            return begun.map(|_| ());
        };
        let mut all = head.as_slice().chain(stream);
        inside::walk(format, &mut Input::new(&mut all, self.budget, level), self)
    }

    fn limits(&self) -> Limits {
        Limits {
            size_hint: 0,
            most: self.most,
        }
    }
}

impl Members for Streamed<'_> {
    fn member(&mut self, name: &[u8], content: &mut dyn Read) -> io::Result<()> {
        if !self.is_tar && name.is_empty() {
            return self.enter(content, 1);
        }
        self.contents.has_room()?;
        let mut path = self.path.inside(name);
        if self.contents.find(name).is_some() {
            let number = format!(" ({})", self.contents.entries.len() + 1);
            path = self.path.inside(&[name, number.as_bytes()].concat());
        }
        let wanted = Digest::of_name(&plain(name));
        let mut document = Document {
            inner: Summed::new(content, wanted.as_ref()),
            kept: Some(Vec::new()),
            most: (HELD - self.held).min(DOCUMENT as usize),
        };
        let limits = self.limits();
        self.content.read(&mut document, &path, limits, self.sink);
        let drained = io::copy(&mut document, &mut io::sink());
        let place = match document.kept {
            Some(bytes) if drained.is_ok() => {
                self.held += bytes.len();
                Place::Held(bytes)
            }
            _ => Place::Gone,
        };
        self.contents.add(name, place);
        drained?;
        if let Some(wanted) = wanted
            && (is_blob(name) || !document.inner.is_packed())
            && !document.inner.has(&wanted)?
        {
            self.sink.unopened(&path, mismatch(0));
        }
        Ok(())
    }

    fn rest(&mut self, bytes: &[u8]) {
        self.contents.rest(bytes);
    }

    fn shut(&mut self, _: &[u8], _: Class, _: u64) {}

    fn link(&mut self, name: &[u8], target: &[u8], is_symbolic: bool) {
        self.contents.link(name, target, is_symbolic);
    }
}

/// A stream that is kept if it may be a document.
struct Document<R> {
    inner: R,
    kept: Option<Vec<u8>>,
    most: usize,
}

impl<R: Read> Read for Document<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(&buffer[..n]);
            let first = kept.iter().find(|b| !b.is_ascii_whitespace());
            if kept.len() > self.most || !matches!(first, Some(b'{' | b'[') | None) {
                self.kept = None;
            }
        }
        Ok(n)
    }
}

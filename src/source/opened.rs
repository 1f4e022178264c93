//! Passes on what stands inside of a container: its members, each as a blob of its own, and what
//! is left of the container itself.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};

use super::content::{ContentReader, Limits, Within, decode};
use super::{Counts, MARGIN, Piece, Sink, Unopened};
use crate::blob::{BlobPath, SkipReason};
use crate::inside::{self, Class, Format, Input, Members, Most, Trouble};
use crate::text::{LineIndex, is_binary};

/// The most bytes of a container itself that are held until they are passed on.
const REST: usize = 4 << 20;

impl ContentReader {
    /// Opens a container.
    ///
    /// # Errors
    /// Fails if the stream does, and if a container around it has trouble.
    pub(super) fn open(
        &mut self,
        format: Format,
        stream: &mut dyn Read,
        path: &BlobPath,
        within: Within<'_>,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        let mut reader = self.members.take().unwrap_or_default();
        let mut input = Input::new(stream, within.budget, within.level);
        let mut opening = Opening {
            reader: &mut reader,
            sink,
            path,
            within,
            rest: Vec::new(),
            begun: 0,
            lines: LineIndex::default(),
            is_text: true,
            names: HashMap::new(),
            is_named: true,
            told: None,
        };
        let walked = inside::walk(format, &mut input, &mut opening);
        opening.end();
        let walked = opening.tell(walked, path);
        self.members = Some(reader);
        walked
    }
}

/// A container that is read.
struct Opening<'a> {
    reader: &'a mut ContentReader,
    sink: &'a mut dyn Sink,
    path: &'a BlobPath,
    within: Within<'a>,
    /// Bytes of the container itself.
    rest: Vec<u8>,
    /// How many of them were passed on with a piece before.
    begun: usize,
    /// Where they stand.
    lines: LineIndex,
    /// Whether all bytes of the container itself were text so far.
    is_text: bool,
    /// The names of members, as hashes, and how many have each.
    names: HashMap<u64, u32>,
    /// Whether its members have names: it counts as a file beside them.
    is_named: bool,
    /// The last trouble that was told.
    told: Option<Trouble>,
}

impl Opening<'_> {
    /// Tells trouble of this container, at `path`.
    ///
    /// # Errors
    /// Fails if the source does, and if a container around this one has trouble.
    fn tell(&mut self, result: io::Result<()>, path: &BlobPath) -> io::Result<()> {
        let Err(error) = result else {
            return Ok(());
        };
        let trouble = Trouble::of(&error).filter(|trouble| trouble.level >= self.within.level);
        let Some(trouble) = trouble else {
            return Err(error);
        };
        // What ends a member may end the container, too.
        if self.told.replace(trouble) != Some(trouble) {
            let what = unopened(trouble.class, 0, trouble.why);
            self.sink.unopened(path, what);
        }
        Ok(())
    }

    /// Returns the path of a member: its name, with a number if another one has the same. `is_new`:
    /// whether it was not passed on before.
    fn path_of(&mut self, name: &[u8], is_new: bool) -> BlobPath {
        let hash = |path: &BlobPath| {
            let mut hasher = DefaultHasher::new();
            path.hash(&mut hasher);
            hasher.finish()
        };
        let path = self.path.inside(name);
        let count = self.names.entry(hash(&path)).or_default();
        *count = count.saturating_add(u32::from(is_new)).max(1);
        match *count {
            1 => path,
            count => {
                let numbered = [name, format!(" ({count})").as_bytes()].concat();
                self.path.inside(&numbered)
            }
        }
    }

    /// Passes on what is left of the container, as a blob. Bytes that were passed on with the
    /// blob before come along, so that nothing is cut.
    fn flush(&mut self, counts: Counts) {
        let mut text = Vec::new();
        let decoded = match self.begun {
            0 => decode(&self.rest, &mut text),
            // A part is read as it is stored.
            _ => super::content::Decoded {
                bytes: &self.rest,
                binary: is_binary(&self.rest),
            },
        };
        let core = self.begun.min(decoded.bytes.len())..decoded.bytes.len();
        self.sink.piece(Piece {
            core,
            size: (self.rest.len() - self.begun) as u64,
            counts,
            opened: true,
            lines: Some(&self.lines),
            ..Piece::whole(self.path, decoded.bytes, decoded.binary)
        });
    }

    /// Forgets bytes that were passed on, but for the last `margin` of them.
    fn forget(&mut self, margin: usize) {
        let gone = self.rest.len().saturating_sub(margin);
        self.lines.advance(&self.rest, gone);
        self.rest.drain(..gone);
        self.begun = self.rest.len();
    }

    /// Passes on the last bytes of the container itself.
    fn end(&mut self) {
        let counts = match self.is_named {
            true => self.within.counts,
            false => Counts::Nothing,
        };
        if self.is_named || self.rest.len() > self.begun {
            self.flush(counts);
        }
    }
}

fn unopened(class: Class, bytes: u64, why: &'static str) -> Unopened {
    let reason = match class {
        Class::Compressed => SkipReason::Compressed,
        Class::Encrypted => SkipReason::Encrypted,
        Class::Damaged => SkipReason::Damaged,
        Class::Limit => SkipReason::Limit,
    };
    Unopened { reason, bytes, why }
}

impl Members for Opening<'_> {
    fn member(&mut self, name: &[u8], content: &mut dyn Read) -> io::Result<()> {
        if !self.within.budget.member() {
            return Err(Trouble {
                class: Class::Limit,
                why: "there are more members in this file than are read",
                level: 0,
            }
            .into());
        }
        let (path, counts) = match name {
            b"" => {
                self.is_named = false;
                (self.path.clone(), self.within.counts)
            }
            name => (self.path_of(name, true), Counts::Member),
        };
        let within = Within {
            level: self.within.level + 1,
            depth: self.within.depth + u32::from(!name.is_empty()),
            counts,
            told: false,
            ..self.within
        };
        let limits = Limits {
            size_hint: 0,
            most: Most::of(u64::MAX),
        };
        let read = self
            .reader
            .read_within(content, &path, limits, within, self.sink);
        self.tell(read, &path)
    }

    fn rest(&mut self, bytes: &[u8]) {
        // Text stays text, whatever stands behind it.
        if self.is_text && is_binary(bytes) {
            if !self.rest.is_empty() {
                self.flush(Counts::Nothing);
                self.forget(0);
            }
            self.is_text = false;
        }
        self.rest.extend_from_slice(bytes);
        if self.rest.len() - self.begun >= REST {
            self.flush(Counts::Nothing);
            self.forget(MARGIN);
        }
    }

    fn shut(&mut self, name: &[u8], class: Class, bytes: u64) {
        let path = match name {
            b"" => self.path.clone(),
            name => self.path_of(name, true),
        };
        self.sink.unopened(&path, unopened(class, bytes, ""));
    }

    fn partly(&mut self, name: &[u8], class: Class, bytes: u64) {
        let path = match name {
            b"" => self.path.clone(),
            name => self.path_of(name, false),
        };
        self.sink.unopened(&path, unopened(class, bytes, ""));
    }
}

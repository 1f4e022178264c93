//! Splits a stream of bytes into pieces: transcodes what is not ASCII-compatible, and cuts
//! content that is too large for memory.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;

use super::lfs::Objects;
use super::{AHEAD, Counts, MARGIN, Piece, Sink, Unopened};
use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::inside::{self, Budget, Format, Most, Pointer, Trouble};
use crate::stop::describe;
use crate::text::{self, Decoder};

/// Content up to this size is one piece. Larger content is cut into pieces of this size.
const PIECE: usize = 4 << 20;
/// The number of bytes read at once until more is known about the stream's size.
const FIRST_READ: usize = 64 << 10;
/// How much is read at a time from then on. Where pieces end follows from it.
const NEXT_READ: usize = PIECE / 4;
/// The most bytes that a piece takes while it is read, if nothing is decoded.
const ROOM: usize = PIECE + MARGIN + AHEAD + 2 * NEXT_READ;

/// Splits streams into pieces. Reuses its buffers for the next stream.
#[derive(Default)]
pub struct ContentReader {
    raw: Raw,
    /// What is decoded on its way.
    text: Vec<u8>,
    /// Where the objects are that pointers of Git LFS name.
    lfs: Objects,
    /// Reads the members of a container, which may be containers again.
    pub(super) members: Option<Box<ContentReader>>,
}

/// Facts about a stream that are known before it is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Expected size in bytes; 0 if unknown.
    pub size_hint: u64,
    /// How much is read of it, and of what stands inside of it.
    pub most: Most,
}

/// How a stream is read: as what, and out of which budget.
#[derive(Clone, Copy)]
pub(super) struct Within<'b> {
    /// What may still be unpacked of the file.
    pub(super) budget: &'b Budget,
    /// How many containers lie around it.
    pub(super) level: u32,
    /// How many of them have names for their members.
    pub(super) depth: u32,
    /// What it counts as.
    pub(super) counts: Counts,
    /// Whether it is told already that it stays shut.
    pub(super) told: bool,
}

impl ContentReader {
    /// Returns a reader that knows the objects of Git LFS.
    pub(crate) fn with_objects(lfs: Objects) -> Self {
        Self {
            lfs,
            ..Self::default()
        }
    }

    /// Whether content is more than its bytes: a container, or a pointer to an object that is
    /// here.
    pub(crate) fn is_more(&self, bytes: &[u8], most: Most) -> bool {
        let points = || !self.lfs.is_empty() && Pointer::of(bytes).is_some();
        (most.depth > 0 && inside::is_container(bytes)) || points()
    }

    /// Reads `stream` to its end and passes its pieces to `sink`: a container's members, one
    /// after the other, and then what is left of it.
    pub fn read(
        &mut self,
        stream: &mut dyn Read,
        path: &BlobPath,
        limits: Limits,
        sink: &mut dyn Sink,
    ) {
        if limits.size_hint > limits.most.file {
            return sink.skipped(path, SkipReason::TooLarge);
        }
        let budget = Budget::new(limits.most, limits.size_hint);
        let within = Within {
            budget: &budget,
            level: 0,
            depth: 0,
            counts: Counts::File,
            told: false,
        };
        if let Err(error) = self.read_within(stream, path, limits, within, sink) {
            sink.failed(failure(path, &error));
        }
    }

    /// Passes content that is already in memory to `sink`, as it is stored.
    pub fn read_bytes(&mut self, bytes: &[u8], path: &BlobPath, sink: &mut dyn Sink) {
        let decoded = decode(bytes, &mut self.text);
        let size = bytes.len() as u64;
        emit(decoded, size, path, (Counts::File, false), sink);
    }

    /// Does the same as [`ContentReader::read`] for a stream that may be a member.
    ///
    /// # Errors
    /// Fails if the stream does. What came before is passed on if a container around it has
    /// trouble.
    pub(super) fn read_within(
        &mut self,
        stream: &mut dyn Read,
        path: &BlobPath,
        limits: Limits,
        mut within: Within<'_>,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        self.raw.len = 0;
        self.text.clear();
        let whole = (limits.size_hint as usize).min(PIECE) + 1;
        let (ended, trouble) = match self.raw.fill(stream, whole.max(FIRST_READ)) {
            Ok(ended) => (ended, None),
            // What came before counts, if a container around it has trouble.
            Err(error) => (true, Some(Trouble::of(&error).ok_or(error)?)),
        };
        if ended
            && trouble.is_none()
            && let Some(mut object) = self.object()
        {
            let limits = Limits {
                size_hint: 0,
                ..limits
            };
            let lfs = std::mem::take(&mut self.lfs);
            let read = self.read_within(&mut object, path, limits, within, sink);
            self.lfs = lfs;
            return read;
        }
        // What is larger is not looked at as a whole before it is passed on.
        let usual = ended && text::is_usual(self.raw.bytes());
        match Format::of_looked(self.raw.bytes(), ended, usual) {
            Some(format) if within.budget.opens(within.depth, within.level) => {
                let raw = std::mem::take(&mut self.raw);
                let opened = match trouble {
                    None => {
                        let mut all = raw.bytes().chain(stream);
                        self.open(format, &mut all, path, within, sink)
                    }
                    Some(trouble) => {
                        let mut all = raw.bytes().chain(Failing(trouble));
                        self.open(format, &mut all, path, within, sink)
                    }
                };
                self.raw = raw;
                return opened;
            }
            Some(_) if within.level > 0 => {
                let what = Unopened {
                    reason: SkipReason::Limit,
                    bytes: limits.size_hint,
                    why: "it lies deeper than --max-archive-depth allows",
                };
                sink.unopened(path, what);
                within.told = true;
            }
            _ => {}
        }
        if !ended {
            return self.many_pieces(stream, path, limits, within, sink);
        }
        if self.raw.len as u64 > limits.most.file {
            sink.skipped(path, SkipReason::TooLarge);
        } else if self.raw.len > 0 || trouble.is_none() {
            let decoded = match usual {
                true => Decoded::usual(self.raw.bytes()),
                false => decode(self.raw.bytes(), &mut self.text),
            };
            let size = self.raw.len as u64;
            emit(decoded, size, path, (within.counts, within.told), sink);
        }
        trouble.map_or(Ok(()), |trouble| Err(trouble.into()))
    }

    /// Returns the object of Git LFS that the content points to, if it is here.
    fn object(&self) -> Option<File> {
        if self.lfs.is_empty() {
            return None;
        }
        self.lfs.open(&Pointer::of(self.raw.bytes())?)
    }

    fn many_pieces(
        &mut self,
        stream: &mut dyn Read,
        path: &BlobPath,
        limits: Limits,
        within: Within<'_>,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        let mut decoder = Decoder::default();
        let mut binary = None;
        let mut total = self.raw.len as u64;
        let mut unsized_bytes = total;
        // So much of what was read is text; the rest is still to be decoded.
        let mut ready = 0;
        let mut core_start = 0;
        let mut ended = false;
        let mut trouble = Ok(());
        loop {
            // Read until a piece is full.
            loop {
                ready = self.decode_from(ready, &mut decoder, false);
                if ended || ready >= PIECE + MARGIN + AHEAD {
                    break;
                }
                let kept = self.raw.len;
                match self.raw.fill(stream, NEXT_READ) {
                    Ok(end) => ended = end,
                    Err(error) if Trouble::of(&error).is_some() => {
                        (ended, trouble) = (true, Err(error));
                    }
                    Err(error) => return Err(error),
                }
                let read = (self.raw.len - kept) as u64;
                total += read;
                unsized_bytes += read;
                if total > limits.most.file {
                    let why = "grew beyond --max-file-size while it was read".to_owned();
                    let path = path.clone();
                    sink.failed(SourceError { path, why });
                    return Ok(());
                }
            }
            if ended {
                ready = self.decode_from(ready, &mut decoder, true);
            }
            let text = &self.raw.bytes()[..ready];
            let binary = *binary.get_or_insert_with(|| text::is_binary(text));
            let core_end = if ended { ready } else { ready - AHEAD };
            let leaving = match ended {
                true => 0,
                false => before_character(text, core_end - MARGIN),
            };
            sink.piece(Piece {
                path,
                bytes: text,
                core: core_start..core_end,
                leaving,
                lines: None,
                binary,
                size: std::mem::take(&mut unsized_bytes),
                last: ended,
                before: None,
                commit: None,
                counts: within.counts,
                opened: within.told,
                origin: None,
            });
            if ended {
                return trouble;
            }
            self.raw.keep_from(leaving);
            ready -= leaving;
            core_start = core_end - leaving;
        }
    }

    /// Decodes what stands behind the first `ready` bytes in its place. Returns how many are
    /// ready then.
    fn decode_from(&mut self, ready: usize, decoder: &mut Decoder, last: bool) -> usize {
        let rest = &self.raw.bytes()[ready..];
        // Nearly all content stays as it is.
        if let Some(done) = decoder.pass(rest, last) {
            return ready + done;
        }
        self.text.clear();
        let done = decoder.decode(rest, last, &mut self.text);
        let end = ready + self.text.len();
        self.raw.replace(ready..ready + done, &self.text);
        end
    }
}

/// The end of a stream that has trouble.
struct Failing(Trouble);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
}

/// Passes content on as one piece. `size` is that of what is stored.
fn emit(
    decoded: Decoded<'_>,
    size: u64,
    path: &BlobPath,
    (counts, opened): (Counts, bool),
    sink: &mut dyn Sink,
) {
    sink.piece(Piece {
        size,
        counts,
        opened,
        ..Piece::whole(path, decoded.bytes, decoded.binary)
    });
}

/// Content in an encoding that the detector reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoded<'a> {
    /// The content, without a byte order mark.
    pub bytes: &'a [u8],
    /// Whether it is binary.
    pub binary: bool,
}

impl<'a> Decoded<'a> {
    /// Content of which all bytes [are usual](text::is_usual).
    fn usual(bytes: &'a [u8]) -> Self {
        Self {
            bytes: bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
            binary: false,
        }
    }
}

/// Transcodes what is UTF-16 or UTF-32 in `raw`. Uses `text` for that if needed, replacing
/// its contents.
pub(crate) fn decode<'a>(raw: &'a [u8], text: &'a mut Vec<u8>) -> Decoded<'a> {
    text.clear();
    let plain = text::plain(raw);
    let bytes = match plain {
        Some(plain) => &raw[plain.mark..],
        None => {
            Decoder::default().whole(raw, text);
            text
        }
    };
    Decoded {
        bytes,
        binary: text::is_binary(bytes),
    }
}

fn failure(path: &BlobPath, error: &io::Error) -> SourceError {
    SourceError {
        path: path.clone(),
        why: describe(error),
    }
}

/// A buffer that stays initialised between streams, so that reading a small file does not
/// clear a large buffer first.
#[derive(Default)]
struct Raw {
    storage: Vec<u8>,
    len: usize,
}

impl Raw {
    fn bytes(&self) -> &[u8] {
        &self.storage[..self.len]
    }

    /// Puts other bytes in place of some.
    fn replace(&mut self, range: Range<usize>, by: &[u8]) {
        let moved = range.start + by.len();
        let len = self.len - range.len() + by.len();
        if self.storage.len() < len {
            self.storage.resize(len, 0);
        }
        self.storage.copy_within(range.end..self.len, moved);
        self.storage[range.start..moved].copy_from_slice(by);
        self.len = len;
    }

    /// Drops what stands before `start`.
    fn keep_from(&mut self, start: usize) {
        self.storage.copy_within(start..self.len, 0);
        self.len -= start;
    }

    /// Reads `want` more bytes, or fewer at the end of the stream. Returns true at the
    /// end.
    fn fill(&mut self, stream: &mut dyn Read, want: usize) -> io::Result<bool> {
        let target = self.len + want;
        if self.storage.len() < target {
            // The system has memory that is clear already, so none is cleared here, and what is
            // not used costs nothing.
            let room = self.storage.len() / 2 * 3;
            let room = target.max(if target > PIECE { room.max(ROOM) } else { room });
            let storage = std::mem::replace(&mut self.storage, vec![0; room]);
            self.storage[..self.len].copy_from_slice(&storage[..self.len]);
        }
        while self.len < target {
            match stream.read(&mut self.storage[self.len..target]) {
                Ok(0) => return Ok(true),
                Ok(n) => self.len += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(false)
    }
}

/// Where the character begins that stands at `at`. Columns count characters, so none is
/// cut where a piece begins.
fn before_character(text: &[u8], at: usize) -> usize {
    let goes_on = |byte: &&u8| **byte & 0xc0 == 0x80;
    let before = text[..=at].iter().rev().take(4).take_while(goes_on);
    let before = before.count();
    // No character of UTF-8 goes on longer.
    if before < 4 { at - before } else { at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Joined {
        text: Vec<u8>,
        pieces: usize,
        failed: Vec<String>,
        skipped: Vec<SkipReason>,
        size: u64,
    }

    impl Sink for Joined {
        fn piece(&mut self, piece: Piece<'_>) {
            self.pieces += 1;
            self.size += piece.size;
            self.text
                .extend_from_slice(&piece.bytes[piece.core.clone()]);
            if !piece.last {
                assert!(piece.bytes.len() - piece.core.end >= MARGIN);
                assert!(piece.core.end - piece.leaving >= MARGIN);
                assert!(piece.bytes[piece.leaving] & 0xc0 != 0x80);
            }
        }
        fn skipped(&mut self, _: &BlobPath, why: SkipReason) {
            self.skipped.push(why);
        }
        fn failed(&mut self, error: SourceError) {
            self.failed.push(error.why);
        }
        fn unopened(&mut self, _: &BlobPath, what: Unopened) {
            self.skipped.push(what.reason);
        }
    }

    fn read(bytes: &[u8], max: u64) -> Joined {
        let mut joined = Joined::default();
        let limits = Limits {
            size_hint: 0,
            most: Most::of(max),
        };
        ContentReader::default().read(&mut { bytes }, &"f".into(), limits, &mut joined);
        joined
    }

    #[test]
    fn pieces_joined_are_the_content() {
        for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 12345] {
            let bytes: Vec<u8> = (0..len).map(|i| b'a' + (i % 23) as u8).collect();
            let joined = read(&bytes, u64::MAX);
            assert_eq!(joined.text, bytes);
            assert_eq!(joined.size, len as u64);
        }
        assert!(read(&vec![b'x'; 3 * PIECE], u64::MAX).pieces > 1);
    }

    #[test]
    fn large_utf16_is_transcoded_across_pieces() {
        let text = "päß😀 and more\n".repeat(700_000);
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&bytes, u64::MAX).text, text.as_bytes());
    }

    #[test]
    fn what_is_too_large_is_never_silent() {
        assert_eq!(read(&[b'x'; 100], 50).skipped, [SkipReason::TooLarge]);
        assert_eq!(
            read(&vec![b'x'; 2 * PIECE], PIECE as u64 + 1).failed.len(),
            1
        );
    }

    #[test]
    fn a_piece_begins_with_a_whole_character() {
        for first in ["", "a", "ab"] {
            let text = format!("{first}{}", "中".repeat(3_000_000));
            let joined = read(text.as_bytes(), u64::MAX);
            assert_eq!(joined.text, text.as_bytes());
            assert!(joined.pieces > 1);
        }
        assert_eq!(before_character(&[0x80; 9], 7), 7);
        assert_eq!(before_character("ä".as_bytes(), 1), 0);
    }

    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("Input/output error (os error 5)"))
        }
    }

    #[test]
    fn a_read_error_is_a_failure() {
        let mut joined = Joined::default();
        let limits = Limits {
            size_hint: 0,
            most: Most::of(u64::MAX),
        };
        ContentReader::default().read(&mut Broken, &"f".into(), limits, &mut joined);
        assert_eq!(joined.failed, ["input/output error"]);
    }
}

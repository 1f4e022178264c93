//! Compressed streams: what one stream holds, and the decoders that archives use for their
//! members.
//!
//! Sources: RFC 1950 (zlib), 1951 (deflate), 1952 (gzip) and 8878 (zstd), and the descriptions of the
//! bzip2, xz, lzma, lzip and lz4 formats.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, Read};
use std::ops::Range;

use lzma_rust2::{
    LzipReader, LzmaReader, XzReader, lzma_get_memory_usage_by_props, lzma2_get_memory_usage,
};
use sirocco::inflate::{Decoder, MIN_BUFFER_LEN};

use super::Members;
use super::budget::{Budget, Metered};
use super::input::Input;
use super::lz4::Lz4;
use super::lz4_old::{self, OldLz4};
use super::lzma2::{self, Lzma2};
use super::lzw::{self, Lzw};
use super::rest;
use super::trouble::{Class, Trouble};
use super::zstd::Zstd;

/// How a stream is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Deflate,
    Deflate64,
    Zlib,
    Gzip,
    Bzip2,
    Xz,
    /// With the header of an `.lzma` file.
    Lzma,
    Lzip,
    Zstd,
    /// As Unix `compress` does.
    Lzw,
    Lz4,
    /// Without a header: its properties, its dictionary in bytes, and its size unpacked, or
    /// `u64::MAX` if a mark ends it.
    RawLzma {
        props: u8,
        dictionary: u32,
        size: u64,
    },
    /// Without a header: its dictionary in bytes.
    RawLzma2 {
        dictionary: u32,
    },
    /// The frames before those of [`Method::Lz4`].
    OldLz4,
}

/// The largest window of a decoder, in bytes: that of `xz -9`.
const WINDOW: u64 = 64 << 20;
/// The same with what a decoder needs around it, in KiB.
const MEMORY_KIB: u32 = (WINDOW >> 10) as u32 + 4096;

/// What is told if a stream wants a larger window.
const MEMORY: &str = "it needs more than 64 MiB of memory to be unpacked";

/// Bytes that are unpacked to see whether a stream is one.
const SAMPLE: usize = 4096;
/// Bytes that say whether another stream begins.
const LOOK: usize = 32;
/// The most bytes read of a decoder of lzma at once: one that fails forgets what it unpacked in the
/// same read.
const FORGOTTEN: usize = 512;
/// The longest note in a frame that is passed over, in bytes.
const NOTE: usize = 16;

/// What stands inside of a single stream.
///
/// # Errors
/// Fails if the stream is damaged, and if its source cannot be read.
pub(super) fn walk(
    method: Method,
    input: &mut Input<'_>,
    members: &mut dyn Members,
) -> io::Result<()> {
    let mut is_first = true;
    while is_first || method.begins(input.peek(LOOK)?) {
        is_first = false;
        let next = input.peek(LOOK)?;
        if method == Method::Zstd && is_skippable(next) {
            let [.., a, b, c, d] = input.array::<8>()?;
            let mut skipped = input.part(u32::from_le_bytes([a, b, c, d]).into());
            while let next @ [_, ..] = skipped.fill_buf()? {
                let len = next.len();
                members.rest(next);
                skipped.consume(len);
            }
            continue;
        }
        if method == Method::Lzip && next.get(5).is_some_and(|size| size & 0x1f > 26) {
            return Err(input.trouble(Class::Limit, MEMORY));
        }
        let (budget, level) = (input.budget, input.level);
        let taken = Taken::alone();
        let mut content = reader(method, Box::new(&mut *input), &taken, budget, level);
        members.member(b"", &mut content)?;
        let read = io::copy(&mut content, &mut io::sink());
        drop(content);
        members.rest(&taken.notes.take());
        read?;
        members.rest(&taken.unused());
    }
    // Archives are often filled up with zeros.
    rest::behind(input, members)
}

/// Passes what is unpacked of one stream at the start of `input` to `visit`. Takes from `input`
/// what belongs to the stream, as far as `visit` reads.
///
/// # Errors
/// Fails if `visit` does, with a [`Trouble`] of `level` if the stream is damaged, and if the
/// source cannot be read.
pub(super) fn unpacked(
    method: Method,
    input: &mut dyn BufRead,
    budget: &Budget,
    level: u32,
    visit: &mut dyn FnMut(&mut dyn Read) -> io::Result<()>,
) -> io::Result<()> {
    let taken = &Taken::default();
    visit(&mut reader(method, Box::new(input), taken, budget, level))
}

/// What a decoder took from its source.
#[derive(Debug, Default)]
pub(super) struct Taken {
    bytes: Cell<u64>,
    /// Bytes behind the end of the stream, which it took too.
    unused: RefCell<Vec<u8>>,
    /// Whether frames that hold nothing packed are passed over, as long as they are short:
    /// programs that pack with many threads note sizes in them.
    skips: bool,
    /// Whether nothing else can stand behind the stream, so that zeros there fill it up, and
    /// another stream may follow them.
    is_alone: bool,
    /// What the headers of streams say: names and comments.
    notes: RefCell<Vec<u8>>,
}

impl Taken {
    /// For a stream that is no member of an archive.
    fn alone() -> Self {
        Self {
            is_alone: true,
            ..Self::default()
        }
    }

    /// For a stream that may have short frames that hold nothing packed.
    pub(super) fn skipping() -> Self {
        Self {
            skips: true,
            ..Self::default()
        }
    }

    /// Returns the bytes behind the end of a stream that its decoder took.
    pub(super) fn unused(&self) -> Vec<u8> {
        self.unused.take()
    }
}

/// Returns a reader of what is unpacked of one stream at the start of `input`. It fails with a
/// [`Trouble`] of `level` if the stream is damaged.
///
/// All sources have one type here, so that each decoder is compiled once.
pub(super) fn reader<'a>(
    method: Method,
    input: Box<dyn BufRead + 'a>,
    taken: &'a Taken,
    budget: &'a Budget,
    level: u32,
) -> impl Read + 'a {
    let input = Counted {
        inner: input,
        packed: &taken.bytes,
    };
    let streams = Streams {
        method,
        level,
        decoder: None,
        between: Some(input),
        taken,
        failed: None,
    };
    Metered::new(streams, budget, &taken.bytes, level)
}

/// A decoder that gives its source back, and what it took of it behind its stream.
trait Unpack<'a>: Read {
    fn source(self: Box<Self>) -> (Counted<'a>, Vec<u8>);
}

macro_rules! unpack {
    ($($decoder:ty),*) => {$(
        impl<'a> Unpack<'a> for $decoder {
            fn source(self: Box<Self>) -> (Counted<'a>, Vec<u8>) {
                (self.into_inner(), Vec::new())
            }
        }
    )*};
}

impl<'a> Unpack<'a> for LzmaReader<Counted<'a>> {
    fn source(self: Box<Self>) -> (Counted<'a>, Vec<u8>) {
        self.into_parts()
    }
}

impl<'a> Unpack<'a> for LzipReader<Counted<'a>> {
    fn source(self: Box<Self>) -> (Counted<'a>, Vec<u8>) {
        self.into_parts()
    }
}

unpack!(
    bzip2::bufread::BzDecoder<Counted<'a>>,
    XzReader<Counted<'a>>,
    Lzma2<Counted<'a>>,
    Lz4<Counted<'a>>,
    Lzw<Counted<'a>>,
    OldLz4<Counted<'a>>,
    deflate64::Deflate64Decoder<Counted<'a>>
);

impl<'a> Unpack<'a> for Zstd<Counted<'a>> {
    fn source(self: Box<Self>) -> (Counted<'a>, Vec<u8>) {
        (self.input, Vec::new())
    }
}

impl<'a> Unpack<'a> for Inflated<Counted<'a>> {
    fn source(self: Box<Self>) -> (Counted<'a>, Vec<u8>) {
        (self.input, Vec::new())
    }
}

/// Streams of one method, one behind the other, as one.
struct Streams<'a> {
    method: Method,
    level: u32,
    decoder: Option<Box<dyn Unpack<'a> + 'a>>,
    /// The source, while no decoder has it.
    between: Option<Counted<'a>>,
    taken: &'a Taken,
    /// What went wrong. A decoder that failed is not asked again: some panic then, or never end.
    failed: Option<io::Error>,
}

impl<'a> Streams<'a> {
    fn open(method: Method, mut input: Counted<'a>) -> io::Result<Box<dyn Unpack<'a> + 'a>> {
        let inflated = |format, input| Box::new(Inflated::new(format, input));
        Ok(match method {
            Method::Deflate => inflated(sirocco::Format::Deflate, input),
            Method::Zlib => inflated(sirocco::Format::Zlib, input),
            Method::Gzip => inflated(sirocco::Format::Gzip, input),
            Method::Deflate64 => Box::new(deflate64::Deflate64Decoder::with_buffer(input)),
            Method::Bzip2 => Box::new(bzip2::bufread::BzDecoder::new(input)),
            Method::Xz => match lzma2::takes(input.fill_buf()?) {
                true => Box::new(Lzma2::xz(input, MEMORY_KIB)),
                false => Box::new(XzReader::new_mem_limit(input, false, MEMORY_KIB)),
            },
            Method::Lzma => Box::new(LzmaReader::new_mem_limit(input, MEMORY_KIB, None)?),
            Method::RawLzma {
                props,
                dictionary,
                size,
            } => {
                if lzma_get_memory_usage_by_props(dictionary, props)? > MEMORY_KIB {
                    return Err(io::ErrorKind::OutOfMemory.into());
                }
                Box::new(LzmaReader::new_with_props(
                    input, size, props, dictionary, None,
                )?)
            }
            Method::RawLzma2 { dictionary } => {
                if dictionary > 1 << 31 || lzma2_get_memory_usage(dictionary) > MEMORY_KIB {
                    return Err(io::ErrorKind::OutOfMemory.into());
                }
                Box::new(Lzma2::chunks(input, dictionary))
            }
            Method::Lzip => Box::new(LzipReader::new(input)),
            Method::Lzw => Box::new(Lzw::new(input)),
            Method::OldLz4 => Box::new(OldLz4::new(input)),
            Method::Lz4 => Box::new(Lz4::new(input)),
            Method::Zstd => Box::new(Zstd::new(input, WINDOW)?),
        })
    }

    fn skips(&self) -> bool {
        self.taken.skips && matches!(self.method, Method::Zstd | Method::Lz4)
    }

    fn next(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(decoder) = &mut self.decoder {
                let most = match self.method {
                    Method::Xz | Method::Lzma | Method::Lzip => FORGOTTEN,
                    Method::RawLzma { .. } | Method::RawLzma2 { .. } => FORGOTTEN,
                    _ => usize::MAX,
                };
                let most = buffer.len().min(most);
                let n = decoder.read(&mut buffer[..most])?;
                if n > 0 || buffer.is_empty() {
                    return Ok(n);
                }
                let Some((mut source, unused)) = self.decoder.take().map(Unpack::source) else {
                    return Ok(0);
                };
                if !unused.is_empty() {
                    self.taken.unused.replace(unused);
                    return Ok(0);
                }
                if self.taken.is_alone {
                    skip_zeros(&mut source)?;
                }
                let next = source.fill_buf()?;
                let goes_on = match is_skippable(next) {
                    true => self.skips(),
                    false => self.method.begins(next),
                };
                if !goes_on {
                    return Ok(0);
                }
                self.between = Some(source);
            }
            let Some(mut source) = self.between.take() else {
                return Ok(0);
            };
            if self.skips() && skip(&mut source)? && source.fill_buf()?.is_empty() {
                return Ok(0);
            }
            if self.taken.is_alone && self.method == Method::Gzip {
                note_gzip(source.fill_buf()?, &mut self.taken.notes.borrow_mut());
            }
            self.decoder = Some(Self::open(self.method, source)?);
        }
    }
}

impl Read for Streams<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = &self.failed {
            return Err(again(error));
        }
        self.next(buffer).map_err(|error| {
            let error = trouble(error, self.level);
            self.decoder = None;
            self.between = None;
            self.failed = Some(again(&error));
            error
        })
    }
}

/// Returns an error once more.
fn again(error: &io::Error) -> io::Error {
    match Trouble::of(error) {
        Some(trouble) => trouble.into(),
        None => error.kind().into(),
    }
}

impl Method {
    /// Returns the name that people know it by, in lower case.
    pub(super) fn name(self) -> &'static str {
        match self {
            Method::Deflate => "deflate",
            Method::Deflate64 => "deflate64",
            Method::Zlib => "zlib",
            Method::Gzip => "gzip",
            Method::Bzip2 => "bzip2",
            Method::Xz => "xz",
            Method::Lzma | Method::RawLzma { .. } | Method::RawLzma2 { .. } => "lzma",
            Method::Lzip => "lzip",
            Method::Zstd => "zstd",
            Method::Lzw => "compress",
            Method::Lz4 | Method::OldLz4 => "lz4",
        }
    }

    /// Whether `bytes` begin as a stream of this method does.
    pub(super) fn begins(self, bytes: &[u8]) -> bool {
        match self {
            Method::Gzip => matches!(bytes, [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0),
            Method::Zlib => is_zlib(bytes),
            Method::Bzip2 => is_bzip2(bytes),
            Method::Xz => bytes.starts_with(b"\xfd7zXZ\0"),
            Method::Lzma => is_lzma(bytes),
            Method::Lzip => bytes.starts_with(b"LZIP\x01"),
            Method::Zstd => bytes.starts_with(b"\x28\xb5\x2f\xfd") || is_skippable(bytes),
            Method::Lzw => lzw::begins(bytes),
            Method::OldLz4 => lz4_old::begins(bytes),
            Method::Lz4 => bytes.starts_with(b"\x04\x22\x4d\x18"),
            Method::Deflate
            | Method::Deflate64
            | Method::RawLzma { .. }
            | Method::RawLzma2 { .. } => false,
        }
    }

    /// The first bytes of streams, but for those of lzma, which begin with any.
    pub(super) const FIRST: &[u8] = b"\x1f\x02\x04\x08\x18\x28\x38HXhxBL\xfdPQRSTUVWYZ[\\]^_";

    /// Returns the method of a stream that says so in its first bytes.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        const ALL: [Method; 10] = [
            Method::Gzip,
            Method::Zlib,
            Method::Bzip2,
            Method::Xz,
            Method::Lzma,
            Method::Lzip,
            Method::Zstd,
            Method::Lzw,
            Method::Lz4,
            Method::OldLz4,
        ];
        ALL.into_iter().find(|method| method.begins(bytes))
    }
}

/// `BZh`, the size of blocks, and the digits of π that begin a block or of its root that end
/// the stream.
fn is_bzip2(bytes: &[u8]) -> bool {
    matches!(bytes, [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..]
        if rest.starts_with(b"1AY&SY") || rest.starts_with(b"\x17rE8P\x90"))
}

/// A header of RFC 1950, its checksum right, and data that can be unpacked as far as it is there:
/// the header alone is two bytes, which other content has by chance.
fn is_zlib(bytes: &[u8]) -> bool {
    let [method, flags, ..] = *bytes else {
        return false;
    };
    let header = u16::from_be_bytes([method, flags]);
    let is_header =
        method & 0x0f == 8 && method >> 4 <= 7 && header.is_multiple_of(31) && flags & 0x20 == 0;
    if !is_header || bytes.len() < 8 {
        return false;
    }
    let mut out = vec![0; MIN_BUFFER_LEN];
    let mut decoder = Box::new(Decoder::new(sirocco::Format::Zlib));
    let progress = decoder.decompress(bytes, &mut out, false);
    progress.is_ok_and(|progress| progress.done || !progress.output.is_empty())
}

/// The header of an `.lzma` file: properties that there are, a dictionary of a usual size, and a
/// size that is unknown or below 256 GiB. The first byte of the coded data is always 0.
fn is_lzma(bytes: &[u8]) -> bool {
    let Some(header) = bytes.first_chunk::<14>() else {
        return false;
    };
    // Hardly any other content has this NUL.
    if header[13] != 0 {
        return false;
    }
    let dictionary = u32::from_le_bytes([header[1], header[2], header[3], header[4]]);
    let size = &header[5..13];
    let shape = dictionary.wrapping_sub(dictionary & dictionary.wrapping_neg());
    let usual = (dictionary.is_power_of_two() || shape.is_power_of_two())
        && (1 << 12..=1 << 30).contains(&dictionary);
    let known = size.iter().all(|b| *b == 0xff) || size[5..].iter().all(|b| *b == 0);
    header[0] < 225 && usual && known && is_lzma_data(bytes, dictionary)
}

/// Whether what follows the header of an `.lzma` file can be unpacked, as far as it is there: other
/// content has the same bytes in front by chance.
fn is_lzma_data(bytes: &[u8], dictionary: u32) -> bool {
    let Some((header, data)) = bytes.split_first_chunk::<13>() else {
        return false;
    };
    let [props, _, _, _, _, size @ ..] = *header;
    // So little is unpacked that the smallest dictionary serves.
    let mut out = [0; SAMPLE];
    let dictionary = dictionary.min(SAMPLE as u32);
    let decoder =
        LzmaReader::new_with_props(data, u64::from_le_bytes(size), props, dictionary, None);
    let mut ended = decoder.and_then(|mut decoder| {
        let mut len = 0;
        while len < SAMPLE {
            match decoder.read(&mut out[len..])? {
                0 => break,
                n => len += n,
            }
        }
        Ok(())
    });
    if let Err(error) = &ended
        && error.kind() == io::ErrorKind::UnexpectedEof
    {
        ended = Ok(());
    }
    ended.is_ok()
}

/// A frame of zstd that holds nothing compressed.
fn is_skippable(bytes: &[u8]) -> bool {
    matches!(bytes, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// Takes frames that hold nothing packed. Returns whether there were any.
fn skip(source: &mut Counted<'_>) -> io::Result<bool> {
    let mut skipped = false;
    while is_skippable(source.fill_buf()?) {
        skipped = true;
        let mut head = [0; 8];
        source.read_exact(&mut head)?;
        let mut note = [0; NOTE];
        let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let note = note.get_mut(..len).ok_or(io::ErrorKind::InvalidData)?;
        source.read_exact(note)?;
    }
    Ok(skipped)
}

/// Takes zeros.
fn skip_zeros(source: &mut Counted<'_>) -> io::Result<()> {
    loop {
        let next = source.fill_buf()?;
        let zeros = next.iter().take_while(|b| **b == 0).count();
        if zeros == 0 {
            return Ok(());
        }
        source.consume(zeros);
    }
}

/// Adds what a header of gzip says to `notes`: its extra field, its name and its comment, as far as
/// `bytes` has them.
fn note_gzip(bytes: &[u8], notes: &mut Vec<u8>) {
    let Some((header, mut rest)) = bytes.split_first_chunk::<10>() else {
        return;
    };
    let mut note = |text: &[u8]| {
        notes.extend_from_slice(text);
        notes.push(b'\n');
    };
    if header[3] & 4 != 0
        && let Some((len, behind)) = rest.split_first_chunk::<2>()
    {
        let len = usize::from(u16::from_le_bytes(*len)).min(behind.len());
        note(&behind[..len]);
        rest = &behind[len..];
    }
    for flag in [8, 16] {
        if header[3] & flag != 0 {
            let len = memchr::memchr(0, rest).unwrap_or(rest.len());
            note(&rest[..len]);
            rest = rest.get(len + 1..).unwrap_or_default();
        }
    }
}

/// Counts the bytes that a decoder takes.
struct Counted<'a> {
    inner: Box<dyn BufRead + 'a>,
    packed: &'a Cell<u64>,
}

impl BufRead for Counted<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.packed.set(self.packed.get() + count as u64);
        self.inner.consume(count);
    }
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.packed.set(self.packed.get() + n as u64);
        Ok(n)
    }
}

/// Returns the error of a decoder as trouble of its container, unless the source has trouble or
/// cannot be read.
pub(super) fn trouble(error: io::Error, level: u32) -> io::Error {
    use io::ErrorKind;
    if let Some(trouble) = Trouble::of(&error) {
        return trouble.into();
    }
    let (class, why) = match error.kind() {
        ErrorKind::OutOfMemory => (Class::Limit, MEMORY),
        ErrorKind::UnexpectedEof => (Class::Damaged, "the compressed data is cut off"),
        ErrorKind::InvalidData
        | ErrorKind::InvalidInput
        | ErrorKind::Unsupported
        | ErrorKind::Other => (Class::Damaged, "the compressed data is damaged"),
        _ => return error,
    };
    Trouble { class, why, level }.into()
}

/// Unpacks deflate, zlib and gzip, and takes no byte behind the stream.
struct Inflated<R> {
    input: R,
    decoder: Box<Decoder>,
    window: Vec<u8>,
    /// What is unpacked in the window and was not returned yet.
    ready: Range<usize>,
    is_full: bool,
    is_done: bool,
}

impl<R: BufRead> Inflated<R> {
    fn new(format: sirocco::Format, input: R) -> Self {
        Self {
            input,
            decoder: Box::new(Decoder::new(format)),
            window: vec![0; 2 * MIN_BUFFER_LEN],
            ready: 0..0,
            is_full: false,
            is_done: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        while self.ready.is_empty() && !self.is_done {
            if self.is_full && self.decoder.make_room(&mut self.window) == 0 {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let base = self.window.as_ptr() as usize;
            let next = self.input.fill_buf()?;
            // All of the input at once is a faster way through the decoder, which wants room for
            // all of the output.
            let progress = self
                .decoder
                .decompress(next, &mut self.window, next.is_empty())?;
            let start = progress.output.as_ptr() as usize - base;
            self.ready = start..start + progress.output.len();
            self.is_full = progress.full;
            self.is_done = progress.done;
            let consumed = progress.consumed;
            self.input.consume(consumed);
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Inflated<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.refill()?;
        let n = self.ready.len().min(buffer.len());
        buffer[..n].copy_from_slice(&self.window[self.ready.start..self.ready.start + n]);
        self.ready.start += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{damage, open};
    use super::*;

    #[test]
    fn a_decoder_that_failed_is_not_asked_again() {
        // Chunks of lzma2 that are damaged, in a block of xz.
        let mut packed =
            b"\xfd7zXZ\0\0\x01\x69\x22\xde\x36\x02\0\x21\x01\0\0\0\0\x37\x27\x97\xd6".to_vec();
        packed.extend(b"\xe0\x01\x2b\xc9\xa6\xad\0\xd7\x5d\0\x17\xe0\x80\x40\x5a\xe6\x83\x57");
        packed.resize(400, 0x6b);
        for len in 24..packed.len() {
            let budget = Budget::new(super::super::Most::default(), 0);
            let taken = Taken::default();
            let mut content = reader(Method::Xz, Box::new(&packed[..len]), &taken, &budget, 0);
            for _ in 0..4 {
                let error = io::copy(&mut content, &mut io::sink()).unwrap_err();
                assert_eq!(Trouble::of(&error).map(|t| t.class), Some(Class::Damaged));
            }
        }
    }

    /// Tables of small numbers are none, as in the metadata of Kotlin.
    #[test]
    fn small_numbers_are_no_header_of_lzma() {
        let mut table = b"\0\0\0\x03\0\0\0\x01\0\0\0\0\0\0\0\x07".to_vec();
        table.extend_from_slice(
            b"\n\xa1\x01\n\x04code\n\x06kotlin\n\x03Int\n\x04Char\n\x0bSinceKotlin",
        );
        assert_eq!(Method::of(&table), None);
    }

    #[test]
    fn deflated_streams_are_opened_and_what_stands_behind_is_passed_on() {
        let text = b"one line\n".repeat(30_000);
        let level = sirocco::deflate::Level::DEFAULT;
        for format in [sirocco::Format::Gzip, sirocco::Format::Zlib] {
            let packed = sirocco::compress(format, level, &text);
            let opened = open(&packed);
            assert_eq!(opened.members, [(String::new(), text.clone())]);
            assert!(opened.shut.is_empty());
            let behind = open(&[packed.clone(), b"more".to_vec()].concat());
            assert_eq!(behind.rest, b"more");
            let other = sirocco::compress(sirocco::Format::Gzip, level, b"other");
            let behind = open(&[&packed[..], &[0; 600], b"{\\rtf1 a}", &[0; 9], &other].concat());
            assert!(behind.has("a") && behind.has("other"));
            let cut = open(&packed[..packed.len() - 9]);
            assert_eq!(cut.shut, [(String::new(), Class::Damaged)]);
            assert!(cut.members[0].1.len() > text.len() / 2);
            damage(&packed);
        }
        let mut commented = b"\x1f\x8b\x08\x1c\0\0\0\0\0\x03\x02\0xy".to_vec();
        commented.extend(b"a name\0a comment\0");
        commented.extend(&sirocco::compress(sirocco::Format::Gzip, level, b"text")[10..]);
        let opened = open(&commented);
        assert_eq!(opened.text(""), "text");
        assert_eq!(opened.rest, b"xy\na name\na comment\n");
        assert!(open(&commented[..30]).has("a comm"));
        let packed = sirocco::compress(sirocco::Format::Gzip, level, b"one ");
        let padded = [&packed[..], &[0; 100_000], &commented, &[0; 9]].concat();
        assert_eq!(open(&padded).text(""), "one text");
        let more = sirocco::compress(sirocco::Format::Gzip, level, b"text");
        assert_eq!(open(&[packed, more].concat()).text(""), "one text");
    }
    /// The metadata of Kotlin begins with the same bytes.
    #[test]
    fn what_cannot_be_unpacked_is_no_stream() {
        let mut kotlin = b"\0\0\0\x03\0\0\0\x01\0\0\0\0\0\0\0\x07\n[\n\x06kotlin\n\x13".to_vec();
        kotlin.extend(b"ArithmeticException\n\x06<init>\n\x07message\n\x06String");
        kotlin.resize(300, b'x');
        assert_eq!(Method::of(&kotlin), None);
    }
}

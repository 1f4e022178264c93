//! Unpacks zlib streams. No other module uses the inflating crate.
//!
//! Git stores sizes before the data, so sizes are known in advance and output never grows
//! beyond the caller's limit.

use std::io::{self, Read};

use sirocco::Format;
use sirocco::inflate::{Decoder, MIN_BUFFER_LEN};

use super::error::Reason;

/// A reusable zlib decoder. Its tables are costly to set up, so keep one per thread.
pub struct Inflater(Box<Decoder>);

impl Default for Inflater {
    fn default() -> Self {
        Self(Box::new(Decoder::new(Format::Zlib)))
    }
}

impl Inflater {
    /// Unpacks the stream at the start of `input` into all of `out` and verifies its
    /// checksum. Returns the number of input bytes used. A stream of any other length is
    /// [`Reason::SizeMismatch`].
    pub fn exact(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize, Reason> {
        let len = out.len();
        let result = match self.0.decompress(input, out, true) {
            Ok(progress) if progress.done && progress.output.len() == len => Ok(progress.consumed),
            Ok(_) => Err(Reason::SizeMismatch),
            Err(error) => Err(reason(error)),
        };
        if result.is_err() {
            self.0.reset();
        }
        result
    }

    /// Unpacks at most `out.len()` bytes from the start of a stream that may be cut off,
    /// and returns their number. Used to read headers.
    pub fn prefix(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize, Reason> {
        let result = match self.0.decompress(input, out, false) {
            Ok(progress) => Ok(progress.output.len()),
            Err(error) => Err(reason(error)),
        };
        self.0.reset();
        result
    }
}

fn reason(error: sirocco::inflate::Error) -> Reason {
    use sirocco::inflate::Error;
    match error {
        Error::Truncated => Reason::Truncated,
        Error::BufferFull | Error::InsufficientSpace => Reason::SizeMismatch,
        _ => Reason::Inflate,
    }
}

/// Unpacks a stream of any length piece by piece, in constant memory (about 200 KiB).
pub struct InflateReader<R> {
    input: R,
    decoder: Box<Decoder>,
    /// Compressed bytes that were read but not used yet.
    pending: Vec<u8>,
    pending_at: usize,
    /// The decoder's output; `ready` is the part not returned yet.
    window: Vec<u8>,
    ready: std::ops::Range<usize>,
    /// The window has no room for more output.
    full: bool,
    done: bool,
}

const STREAM_WINDOW: usize = 4 * MIN_BUFFER_LEN;
const STREAM_INPUT: usize = 1 << 16;

impl<R: Read> InflateReader<R> {
    /// Starts at the first byte of a zlib stream.
    pub fn new(input: R) -> Self {
        Self {
            input,
            decoder: Box::new(Decoder::new(Format::Zlib)),
            pending: Vec::new(),
            pending_at: 0,
            window: vec![0; STREAM_WINDOW],
            ready: 0..0,
            full: false,
            done: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        while self.ready.is_empty() && !self.done {
            let mut end = false;
            if self.pending_at == self.pending.len() {
                self.pending.resize(STREAM_INPUT, 0);
                let n = self.input.read(&mut self.pending)?;
                self.pending.truncate(n);
                self.pending_at = 0;
                end = n == 0;
            }
            if self.full && self.decoder.make_room(&mut self.window) == 0 {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let base = self.window.as_ptr() as usize;
            let input = self.pending.get(self.pending_at..).unwrap_or_default();
            let progress = self.decoder.decompress(input, &mut self.window, end)?;
            let (consumed, full, done) = (progress.consumed, progress.full, progress.done);
            self.full = full;
            let start = progress.output.as_ptr() as usize - base;
            self.ready = start..start + progress.output.len();
            self.pending_at += consumed;
            self.done = done;
        }
        Ok(())
    }
}

impl<R: Read> Read for InflateReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.refill()?;
        let ready = self.window.get(self.ready.clone()).unwrap_or_default();
        let n = ready.len().min(out.len());
        out[..n].copy_from_slice(&ready[..n]);
        self.ready.start += n;
        Ok(n)
    }
}

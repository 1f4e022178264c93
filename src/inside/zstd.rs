//! Unpacks frames of zstd.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// A last block that is empty, and a checksum.
const LAST: &[u8] = b"\x01\0\0\0\0\0\0";

/// Unpacks one frame, and takes no byte behind it. What was unpacked before damage is returned
/// first: the decoder holds a window of it back, up to the whole frame.
pub(super) struct Zstd<R> {
    pub(super) input: R,
    decoder: FrameDecoder,
    failed: Option<io::Error>,
}

impl<R: BufRead> Zstd<R> {
    /// Begins a frame that may need `window` bytes of memory.
    ///
    /// # Errors
    /// Fails if the input does not begin with a frame, or if the frame needs too much memory.
    pub(super) fn new(mut input: R, window: u64) -> io::Result<Self> {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(window);
        decoder.init(&mut input).map_err(|error| match error {
            FrameDecoderError::WindowSizeTooBig { .. } => io::ErrorKind::OutOfMemory.into(),
            error => io::Error::other(error),
        })?;
        Ok(Self {
            input,
            decoder,
            failed: None,
        })
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let one = || BlockDecodingStrategy::UptoBlocks(1);
        while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
            if let Err(error) = self.decoder.decode_blocks(&mut self.input, one()) {
                self.failed = Some(io::Error::other(error));
                // Behind its last block, the decoder holds nothing back.
                self.decoder
                    .decode_blocks(LAST, one())
                    .map_err(io::Error::other)?;
            }
        }
        match self.decoder.read(buffer)? {
            0 if !buffer.is_empty() => self.failed.take().map_or(Ok(0), Err),
            n => Ok(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Class;
    use super::super::testing::open;

    #[test]
    fn what_comes_before_damage_is_kept() {
        // Two blocks as they are, the second one cut off.
        let frame = b"\x28\xb5\x2f\xfd\0\x58\x28\0\0first\x29\0\0other";
        let whole = open(frame);
        assert_eq!(
            (whole.text("").as_str(), whole.shut.len()),
            ("firstother", 0)
        );
        for len in 14..frame.len() {
            let cut = open(&frame[..len]);
            assert!(cut.text("").starts_with("first"), "{len}");
            assert_eq!(cut.shut, [(String::new(), Class::Damaged)], "{len}");
        }
    }
}

//! Frames of lz4, which must end with their mark.
//!
//! Source: the LZ4 project's "LZ4 Frame Format Description" (the end mark). `lz4_flex` takes the end
//! of its source between two blocks as the end of the frame, too.

use std::io::{self, Read};

use lz4_flex::frame::FrameDecoder;

/// Unpacks a frame.
pub(super) struct Lz4<R: Read>(FrameDecoder<Source<R>>);

/// A source that notes whether its end was met.
struct Source<R> {
    inner: R,
    is_over: bool,
}

impl<R: Read> Lz4<R> {
    pub(super) fn new(inner: R) -> Self {
        Self(FrameDecoder::new(Source {
            inner,
            is_over: false,
        }))
    }

    pub(super) fn into_inner(self) -> R {
        self.0.into_inner().inner
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.is_over |= n == 0 && !buffer.is_empty();
        Ok(n)
    }
}

impl<R: Read> Read for Lz4<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(buffer)?;
        // Nothing is read behind the mark.
        if n == 0 && self.0.get_ref().is_over {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Class;
    use super::super::testing::open;

    /// A frame of two blocks that are stored, and where it may be cut.
    fn frame() -> (Vec<u8>, [usize; 5]) {
        let mut frame = b"\x04\x22\x4d\x18\x60\x40\x82".to_vec();
        let head = frame.len();
        frame.extend(b"\x06\0\0\x80first\n");
        let block = frame.len();
        frame.extend(b"\x06\0\0\x80other\n");
        let blocks = frame.len();
        frame.extend([0; 4]);
        (frame, [4, head, block, blocks, blocks + 2])
    }

    #[test]
    fn frames_end_with_their_mark() {
        let (frame, cuts) = frame();
        let whole = open(&frame);
        assert_eq!(
            (whole.text("").as_str(), whole.shut),
            ("first\nother\n", vec![])
        );
        let twice = open(&[&frame[..], &frame, b"behind"].concat());
        assert_eq!(twice.text(""), "first\nother\n".repeat(2));
        assert_eq!((twice.rest, twice.shut), (b"behind".to_vec(), vec![]));
        let texts = ["", "", "first\n", "first\nother\n", "first\nother\n"];
        for (cut, text) in cuts.into_iter().zip(texts) {
            let opened = open(&frame[..cut]);
            assert_eq!(opened.text(""), text, "{cut}");
            assert_eq!(opened.shut, [(String::new(), Class::Damaged)], "{cut}");
        }
    }
}

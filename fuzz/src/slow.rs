//! A stream that gives few bytes at once.

use std::io::Read;

/// Returns at most `step` bytes per read.
pub(crate) struct Slow<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) step: usize,
}

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let limit = buffer.len().min(self.step);
        self.bytes.read(&mut buffer[..limit])
    }
}

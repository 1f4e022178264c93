//! The old frames of lz4 (`lz4 -l`), as for Linux kernels: blocks of 8 MiB, each behind its size.
//!
//! Source: the LZ4 project's "LZ4 Frame Format Description", chapter "Legacy frame".

use std::io::{self, BufRead, Read};

use super::input::hand_out;

const MAGIC: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];

/// What a block unpacks to at most, in bytes.
const BLOCK: usize = 8 << 20;

/// The largest block in bytes: one that cannot be compressed.
const PACKED: usize = BLOCK + BLOCK / 255 + 16;

/// Whether bytes begin as a frame does.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Unpacks frames. They end where something else begins than a block.
pub(super) struct OldLz4<R> {
    input: R,
    packed: Vec<u8>,
    ready: Vec<u8>,
    at: usize,
}

impl<R: BufRead> OldLz4<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            packed: Vec::new(),
            ready: Vec::new(),
            at: 0,
        }
    }

    pub(super) fn into_inner(self) -> R {
        self.input
    }

    /// Returns the size of the next block in bytes. None: there is none.
    fn size(&mut self) -> io::Result<Option<usize>> {
        loop {
            let next = self.input.fill_buf()?;
            if next.is_empty() {
                return Ok(None);
            }
            let whole = next.first_chunk::<4>().copied();
            if let Some(bytes) = whole
                && bytes != MAGIC
                && u32::from_le_bytes(bytes) as usize > PACKED
            {
                return Ok(None);
            }
            let mut bytes = [0; 4];
            self.input.read_exact(&mut bytes)?;
            match u32::from_le_bytes(bytes) as usize {
                _ if bytes == MAGIC => {}
                size if size > PACKED => return Err(io::ErrorKind::InvalidData.into()),
                size => return Ok(Some(size)),
            }
        }
    }

    fn refill(&mut self) -> io::Result<bool> {
        let Some(size) = self.size()? else {
            return Ok(false);
        };
        self.packed.clear();
        let read = (&mut self.input)
            .take(size as u64)
            .read_to_end(&mut self.packed)?;
        if read < size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.ready.resize(BLOCK, 0);
        self.at = 0;
        let unpacked = lz4_flex::block::decompress_into(&self.packed, &mut self.ready);
        self.ready.truncate(unpacked.as_ref().copied().unwrap_or(0));
        unpacked
            .map(|_| true)
            .map_err(|_| io::ErrorKind::InvalidData.into())
    }
}

impl<R: BufRead> Read for OldLz4<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() {
            if !self.refill()? {
                return Ok(0);
            }
        }
        Ok(hand_out(&self.ready, &mut self.at, buffer))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Class;
    use super::super::testing::open;
    use super::*;

    #[test]
    fn frames_are_unpacked() {
        let text = b"one line of text\n".repeat(100);
        let block = lz4_flex::block::compress(&text);
        let size = (block.len() as u32).to_le_bytes();
        let frame = [&MAGIC[..], &size, &block, &size, &block].concat();
        let twice = [&text[..], &text].concat();
        assert_eq!(open(&frame).members, [(String::new(), twice.clone())]);
        let more = open(&[&frame[..], &frame, b"\xff\xff\xff\xff behind"].concat());
        assert_eq!(more.members[0].1, [&twice[..], &twice].concat());
        assert_eq!(
            (more.rest, more.shut),
            (b"\xff\xff\xff\xff behind".to_vec(), vec![])
        );
        let cut = open(&frame[..frame.len() - 1]);
        assert_eq!(cut.members[0].1, text);
        assert_eq!(cut.shut, [(String::new(), Class::Damaged)]);
    }
}

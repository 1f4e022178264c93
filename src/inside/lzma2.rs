//! Streams of xz and chunks of lzma2, unpacked as far as their bytes go: a block of xz often holds all
//! of a file, and a chunk up to 2 MiB.
//!
//! Source: the xz file format, 3.1 (block headers).

use std::io::{self, BufRead, Read};

use lzma_rust2::{Action, Lzma2Stream, Status, XzStream};

/// Where the header of the first block says how many filters it has.
const FLAGS: usize = 13;

/// A decoder that is given its input.
enum Decoder {
    Xz(Box<XzStream>),
    Chunks(Box<Lzma2Stream>),
}

/// Unpacks one stream.
pub(super) struct Lzma2<R> {
    decoder: Decoder,
    input: R,
    is_done: bool,
}

impl<R: BufRead> Lzma2<R> {
    /// Begins a stream of xz that needs at most `memory` KiB.
    pub(super) fn xz(input: R, memory: u32) -> Self {
        let stream = XzStream::new_mem_limit(false, memory);
        Self::new(Decoder::Xz(Box::new(stream)), input)
    }

    /// Begins chunks with a dictionary in bytes.
    pub(super) fn chunks(input: R, dictionary: u32) -> Self {
        let stream = Lzma2Stream::new(dictionary);
        Self::new(Decoder::Chunks(Box::new(stream)), input)
    }

    fn new(decoder: Decoder, input: R) -> Self {
        Self {
            decoder,
            input,
            is_done: false,
        }
    }

    pub(super) fn into_inner(self) -> R {
        self.input
    }
}

/// Whether a stream of xz has no more filters than [`Lzma2`] takes, as far as its start says.
pub(super) fn takes(start: &[u8]) -> bool {
    start.get(FLAGS).is_none_or(|flags| flags & 3 < 2)
}

impl<R: BufRead> Read for Lzma2<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.is_done && !buffer.is_empty() {
            let next = self.input.fill_buf()?;
            let (is_over, action) = match next.is_empty() {
                true => (true, Action::Finish),
                false => (false, Action::Run),
            };
            let step = match &mut self.decoder {
                Decoder::Xz(stream) => stream.process(next, buffer, action)?,
                Decoder::Chunks(stream) => stream.process(next, buffer, action)?,
            };
            self.input.consume(step.bytes_consumed);
            self.is_done = step.status == Status::StreamEnd;
            if step.bytes_produced > 0 {
                return Ok(step.bytes_produced);
            }
            if is_over && !self.is_done {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Class;
    use super::super::testing::{damage, open};

    /// Some words, packed by `xz`, as chunks of lzma2.
    const CHUNKS: &str = "\
        e0017800af5d00321949dc2e0f76f9985e75a6f9d2b7f44ef20670412344905e1e7af1080555d69eecd1\
        41f6d18da65959c01d16d9e86c64e3fb2b6585049757d62066ef12e645a2cbbc8616f1b33659a5e987da\
        81368d8c9ff299520071f219f05b9f8740593cb9794303f67a489f14658a20fac4c4f7b46437a0be1792\
        ea5c63323b728f33a4ed2b265e2ddc9934496948af20ca80edab12e672418a726c8eee13d97a3be723f8\
        e9d863c16f5993a0aa5e64ae1c4d00\
        ";
    /// The same packed by lzma with usual properties.
    const LZMA: &str = "\
        00321949dc2e0f76f9985e75a6f9d2b7f44ef20670412344905e1e7af1080555d69eecd141f6d18da659\
        59c01d16d9e86c64e3fb2b6585049757d62066ef12e645a2cbbc8616f1b33659a5e987da81368d8c9ff2\
        99520071f219f05b9f8740593cb9794303f67a489f14658a20fac4c4f7b46437a0be1792ea5c63323b72\
        8f33a4ed2b265e2ddc9934496948af20ca80edab12e672418a726c8eee13d97a3be723f8e9d863c16f59\
        93a0aa5e729ba94cfff3f694a1\
        ";
    /// What stands in front of the chunks in a stream of xz, and behind.
    const AROUND: [&str; 2] = [
        "fd377a585a0000016922de360200210110000000a8708e86",
        "0042e626f20001c701f9020000225e320a3e300d8b020000000001595a",
    ];
    pub(in super::super) const START: &str =
        "delta38 beta92 host61 gamma11 beta2 host70 token97 alpha28 v";
    const END: &str = "lpha5 value89 beta36";

    fn bytes(hex: &str) -> Vec<u8> {
        let hex: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let digit = |digit: u8| char::from(digit).to_digit(16).unwrap() as u8;
        hex.chunks(2)
            .map(|two| digit(two[0]) << 4 | digit(two[1]))
            .collect()
    }

    pub(in super::super) fn chunks() -> Vec<u8> {
        bytes(CHUNKS)
    }

    pub(in super::super) fn lzma() -> Vec<u8> {
        bytes(LZMA)
    }

    #[test]
    fn a_chunk_that_is_cut_is_unpacked_as_far_as_it_is_there() {
        let stream = [bytes(AROUND[0]), chunks(), bytes(AROUND[1])].concat();
        let opened = open(&stream);
        assert!(opened.text("").ends_with(END) && opened.shut.is_empty());
        let text = opened.text("");
        for len in 24..stream.len() {
            let cut = open(&stream[..len]);
            assert_eq!(cut.shut, [(String::new(), Class::Damaged)], "{len}");
            assert!(text.starts_with(&cut.text("")), "{len}");
        }
        let most = stream.len() - bytes(AROUND[1]).len();
        let lens = [most / 2, most - 20, most].map(|len| open(&stream[..len]).text("").len());
        assert!(lens[0] > 40 && lens[1] > text.len() * 2 / 3, "{lens:?}");
        assert_eq!(lens[2], text.len());
        assert!(text.starts_with(START));
        damage(&stream);
    }
}

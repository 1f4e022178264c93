//! Coders of a 7z archive, put together to a reader of what a folder holds.
//!
//! Source: `Methods.txt` of the LZMA SDK; the methods of 7-Zip-zstd for zstd and lz4.

use std::io::{self, BufRead, BufReader, Read};

use lzma_rust2::filter::bcj::BcjReader;
use lzma_rust2::filter::bcj2::Bcj2Reader;
use lzma_rust2::filter::delta::DeltaReader;

use super::super::budget::Budget;
use super::super::streams::{Method, Taken, reader, trouble};
use super::super::trouble::Class;
use super::header::{Coder, Folder};

/// The most memory of all decoders of a folder in bytes, without what is around windows.
const MEMORY: u64 = 64 << 20;

/// Why a folder cannot be opened.
type Opened<'a> = Result<Box<dyn Read + 'a>, Class>;

/// A filter that fails by itself, which is trouble of the archive.
struct Filtered<R> {
    inner: R,
    level: u32,
}

impl<R: Read> Read for Filtered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer);
        read.map_err(|error| trouble(error, self.level))
    }
}

/// Puts the coders of a folder together.
pub(super) struct Opener<'a> {
    pub(super) folder: &'a Folder,
    /// Its packed streams.
    pub(super) packed: Vec<&'a [u8]>,
    /// What each coder took.
    pub(super) taken: &'a [Taken],
    pub(super) budget: &'a Budget,
    pub(super) level: u32,
}

impl<'a> Opener<'a> {
    /// Opens the stream that the folder holds.
    pub(super) fn open(self) -> Opened<'a> {
        if self.folder.coders.iter().any(|coder| coder.outs != 1) {
            return Err(Class::Compressed);
        }
        let main = self.folder.main().ok_or(Class::Damaged)?;
        let mut left: Vec<_> = self.folder.coders.iter().map(Some).collect();
        let mut memory = MEMORY;
        self.coder(main, &mut left, &mut memory)
    }

    /// Opens the stream of one coder. Each coder is opened once, so that a cycle ends.
    fn coder(&self, at: usize, left: &mut [Option<&'a Coder>], memory: &mut u64) -> Opened<'a> {
        let coder = left.get_mut(at).and_then(Option::take);
        let coder = coder.ok_or(Class::Damaged)?;
        let size = self.folder.sizes.get(at).copied().unwrap_or(0);
        let taken = self.taken.get(at).ok_or(Class::Damaged)?;
        if matches!(coder.id, 0x0600_0000..=0x06ff_ffff | 0x0600..=0x06ff | 0x06_0000..=0x06_ffff) {
            return Err(Class::Encrypted);
        }
        let before = &self.folder.coders[..at];
        let first: usize = before.iter().map(|coder| coder.ins).sum();
        let mut inputs = Vec::new();
        for input in first..first + coder.ins {
            inputs.push(self.input(input, left, memory)?);
        }
        if coder.id == 0x0303_011b {
            let inner = Bcj2Reader::try_new(inputs, size).map_err(|_| Class::Damaged)?;
            let level = self.level;
            return Ok(Box::new(Filtered { inner, level }));
        }
        let (Some(input), true) = (inputs.pop(), inputs.is_empty()) else {
            return Err(Class::Compressed);
        };
        let pc = || {
            let start = coder
                .props
                .first_chunk()
                .map_or(0, |bytes| u32::from_le_bytes(*bytes));
            start as usize
        };
        Ok(match coder.id {
            0 => Box::new(input),
            3 => {
                let distance = coder.props.first().copied().unwrap_or(0);
                Box::new(DeltaReader::new(input, usize::from(distance) + 1))
            }
            4 | 0x0303_0103 => Box::new(BcjReader::new_x86(input, pc())),
            5 | 0x0303_0205 => Box::new(BcjReader::new_ppc(input, pc())),
            6 | 0x0303_0401 => Box::new(BcjReader::new_ia64(input, pc())),
            7 | 0x0303_0501 => Box::new(BcjReader::new_arm(input, pc())),
            8 | 0x0303_0701 => Box::new(BcjReader::new_arm_thumb(input, pc())),
            9 | 0x0303_0805 => Box::new(BcjReader::new_sparc(input, pc())),
            10 => Box::new(BcjReader::new_arm64(input, pc())),
            11 => Box::new(BcjReader::new_riscv(input, pc())),
            _ => {
                let method = method(coder, size)?;
                let window = match method {
                    Method::RawLzma { dictionary, .. } => u64::from(dictionary).min(size),
                    Method::RawLzma2 { dictionary } => dictionary.into(),
                    _ => 0,
                };
                *memory = memory.checked_sub(window).ok_or(Class::Limit)?;
                Box::new(reader(method, input, taken, self.budget, self.level))
            }
        })
    }

    /// Opens a stream that a coder takes.
    fn input(
        &self,
        input: usize,
        left: &mut [Option<&'a Coder>],
        memory: &mut u64,
    ) -> Result<Box<dyn BufRead + 'a>, Class> {
        if let Some((_, out)) = self.folder.binds.iter().find(|(bound, _)| *bound == input) {
            let inner = self.coder(*out, left, memory)?;
            return Ok(Box::new(BufReader::with_capacity(32 << 10, inner)));
        }
        let packed = self
            .folder
            .packed
            .iter()
            .position(|packed| *packed == input);
        let packed = packed.and_then(|at| self.packed.get(at));
        Ok(Box::new(*packed.ok_or(Class::Damaged)?))
    }
}

/// Returns the method of a coder that unpacks.
fn method(coder: &Coder, size: u64) -> Result<Method, Class> {
    // No stream refers to what is farther away than all that it unpacks to.
    let most = |dictionary: u32| {
        let size = size.max(4096).next_multiple_of(16);
        u32::try_from(size).map_or(dictionary, |size| dictionary.min(size))
    };
    Ok(match coder.id {
        0x21 => match coder.props.first() {
            Some(40) => Method::RawLzma2 {
                dictionary: most(u32::MAX),
            },
            Some(bits @ 0..40) => Method::RawLzma2 {
                dictionary: most((2 | u32::from(bits & 1)) << (bits / 2 + 11)),
            },
            _ => return Err(Class::Damaged),
        },
        0x03_0101 => match coder.props[..] {
            [props, a, b, c, d, ..] => Method::RawLzma {
                props,
                dictionary: most(u32::from_le_bytes([a, b, c, d])),
                size,
            },
            _ => return Err(Class::Damaged),
        },
        0x04_0108 => Method::Deflate,
        0x04_0109 => Method::Deflate64,
        0x04_0202 => Method::Bzip2,
        0x04f7_1101 => Method::Zstd,
        0x04f7_1104 => Method::Lz4,
        _ => return Err(Class::Compressed),
    })
}

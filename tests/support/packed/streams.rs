//! Compressed streams for tests.

use std::collections::HashMap;
use std::io::Write;

use lzma_rust2::{
    LzipOptions, LzipWriter, Lzma2Options, Lzma2Writer, LzmaOptions, LzmaWriter, XzOptions,
    XzWriter,
};
use sirocco::deflate::Level;

/// Writes all of `content` and returns what `finish` does.
fn write<W: Write, T>(mut writer: W, content: &[u8], finish: impl FnOnce(W) -> T) -> T {
    writer.write_all(content).unwrap();
    finish(writer)
}

/// Options of lzma with a small dictionary.
fn lzma_options() -> LzmaOptions {
    let mut options = LzmaOptions::with_preset(0);
    options.dict_size = 1 << 16;
    options
}

/// A zlib stream.
pub(crate) fn zlib(content: &[u8]) -> Vec<u8> {
    sirocco::compress(sirocco::Format::Zlib, Level::DEFAULT, content)
}

/// A deflate stream without header.
pub(crate) fn deflate(content: &[u8]) -> Vec<u8> {
    sirocco::compress(sirocco::Format::Deflate, Level::DEFAULT, content)
}

/// A deflate64 stream: stored blocks, and a block of matches for a long run of one byte at the end.
pub(crate) fn deflate64(content: &[u8]) -> Vec<u8> {
    let last = content.last().copied().unwrap_or(0);
    let run = content.iter().rev().take_while(|b| **b == last).count();
    let run = if run > 1000 { run / 227 * 227 } else { 0 };
    let mut out = Vec::new();
    for block in content[..content.len() - run].chunks(0xffff) {
        let len = block.len() as u16;
        out.push(0);
        out.extend([len, !len].map(u16::to_le_bytes).concat());
        out.extend(block);
    }
    if run == 0 {
        out.extend(b"\x01\0\0\xff\xff");
        return out;
    }
    let (mut held, mut bits) = (0_u64, 0);
    let mut put = |value: u64, count: u32, out: &mut Vec<u8>| {
        held |= value << bits;
        bits += count;
        while bits >= 8 {
            out.push(held as u8);
            held >>= 8;
            bits -= 8;
        }
    };
    // The last block, with fixed codes. A match has length 227 (code 284, which is 11000100) and
    // distance 1 (code 0).
    put(0b011, 3, &mut out);
    for _ in 0..run / 227 {
        put(0b0010_0011, 8, &mut out);
        put(0, 5, &mut out);
        put(0, 5, &mut out);
    }
    put(0, 7, &mut out);
    put(0, 7, &mut out);
    out
}

/// A bzip2 stream with blocks of 100 kB.
pub(crate) fn bzip2(content: &[u8]) -> Vec<u8> {
    let writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    write(writer, content, |w| w.finish().unwrap())
}

/// An xz stream.
pub(crate) fn xz(content: &[u8]) -> Vec<u8> {
    let mut options = XzOptions::with_preset(0);
    options.lzma_options = lzma_options();
    let writer = XzWriter::new(Vec::new(), options).unwrap();
    write(writer, content, |w| w.finish().unwrap())
}

/// A file of lzma, with its header.
pub(crate) fn lzma(content: &[u8]) -> Vec<u8> {
    let size = Some(content.len() as u64);
    let writer = LzmaWriter::new_use_header(Vec::new(), &lzma_options(), size).unwrap();
    write(writer, content, |w| w.finish().unwrap())
}

/// The properties of [`raw_lzma`], five bytes.
pub(crate) const LZMA: &[u8] = &[0x5d, 0, 0, 1, 0];

/// A stream of lzma without header and without a mark at its end.
pub(crate) fn raw_lzma(content: &[u8]) -> Vec<u8> {
    let writer = LzmaWriter::new_no_header(Vec::new(), &lzma_options(), false).unwrap();
    write(writer, content, |w| w.finish().unwrap())
}

/// The property of [`lzma2`]: a dictionary of 64 KiB.
pub(crate) const LZMA2: &[u8] = &[8];

/// A stream of lzma2.
pub(crate) fn lzma2(content: &[u8]) -> Vec<u8> {
    let mut options = Lzma2Options::with_preset(0);
    options.lzma_options = lzma_options();
    let writer = Lzma2Writer::new(Vec::new(), options);
    write(writer, content, |w| w.finish().unwrap())
}

/// An lzip file.
pub(crate) fn lzip(content: &[u8]) -> Vec<u8> {
    let mut options = LzipOptions::with_preset(0);
    options.lzma_options = lzma_options();
    let writer = LzipWriter::new(Vec::new(), options);
    write(writer, content, |w| w.finish().unwrap())
}

/// A frame of zstd.
pub(crate) fn zstd(content: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(content, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A frame of lz4 with blocks of 64 KiB.
pub(crate) fn lz4(content: &[u8]) -> Vec<u8> {
    let mut info = lz4_flex::frame::FrameInfo::new();
    info.block_size = lz4_flex::frame::BlockSize::Max64KB;
    let writer = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    write(writer, content, |w| w.finish().unwrap())
}

/// A frame of lz4 as its first programs wrote it, with blocks of 64 KiB.
pub(crate) fn lz4_old(content: &[u8]) -> Vec<u8> {
    let mut out = b"\x02\x21\x4c\x18".to_vec();
    for block in content.chunks(1 << 16) {
        let packed = lz4_flex::block::compress(block);
        out.extend((packed.len() as u32).to_le_bytes());
        out.extend(packed);
    }
    out
}

/// A stream as `compress -b 12` writes it. The table stays as it is once it is full.
pub(crate) fn lzw(content: &[u8]) -> Vec<u8> {
    const MOST: u32 = 12;
    let mut out = vec![0x1f, 0x9d, 0x80 | MOST as u8];
    let (mut bits, mut held, mut group) = (9, Vec::new(), 0);
    let mut put = |code: u32, bits: u32, ends: bool, out: &mut Vec<u8>| {
        held.extend((0..bits).map(|bit| code >> bit & 1 == 1));
        group += 1;
        // Codes stand in groups of eight, and a group is filled up if its codes become longer.
        if group == 8 || ends {
            if ends {
                held.resize(8 * bits as usize, false);
            }
            for byte in held.chunks(8) {
                out.push((0..byte.len()).map(|bit| u8::from(byte[bit]) << bit).sum());
            }
            held.clear();
            group = 0;
        }
    };
    let (mut table, mut next, mut last) = (HashMap::new(), 257_u32, None);
    for byte in content {
        let Some(code) = last else {
            last = Some(u32::from(*byte));
            continue;
        };
        if let Some(known) = table.get(&(code, *byte)) {
            last = Some(*known);
            continue;
        }
        let grows = next >= 1 << bits && bits < MOST;
        put(code, bits, grows, &mut out);
        bits += u32::from(grows);
        if next < 1 << MOST {
            table.insert((code, *byte), next);
            next += 1;
        }
        last = Some(u32::from(*byte));
    }
    if let Some(code) = last {
        put(code, bits, false, &mut out);
    }
    for byte in held.chunks(8) {
        out.push((0..byte.len()).map(|bit| u8::from(byte[bit]) << bit).sum());
    }
    out
}

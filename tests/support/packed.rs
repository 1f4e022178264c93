//! Containers for tests, put together from their parts.

use sirocco::deflate::Level;

pub(crate) mod archives;
pub(crate) mod code;
pub(crate) mod documents;
pub(crate) mod streams;

/// Compresses `content` with gzip.
pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    sirocco::compress(sirocco::Format::Gzip, Level::DEFAULT, content)
}

/// Compresses `content` with zlib.
pub(crate) fn zlib(content: &[u8]) -> Vec<u8> {
    sirocco::compress(sirocco::Format::Zlib, Level::DEFAULT, content)
}

/// A frame of zstd that holds raw blocks.
pub(crate) fn zstd(content: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50];
    let mut left = content;
    loop {
        let (block, rest) = left.split_at(left.len().min(1 << 16));
        let header = (block.len() as u32) << 3 | u32::from(rest.is_empty());
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.extend_from_slice(block);
        left = rest;
        if rest.is_empty() {
            return frame;
        }
    }
}

/// A tar of files.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut all = Vec::new();
    for (name, content) in files {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..108].copy_from_slice(b"0000644\0");
        header[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
        header[136..148].copy_from_slice(b"00000000000\0");
        header[148..156].copy_from_slice(b"        ");
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        all.extend_from_slice(&header);
        all.extend_from_slice(content);
        all.resize(all.len().next_multiple_of(512), 0);
    }
    all.resize(all.len() + 1024, 0);
    all
}

/// A zip of files, each deflated.
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut all, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let at = all.len() as u32;
        let packed = sirocco::compress(sirocco::Format::Deflate, Level::DEFAULT, content);
        let mut fields = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        fields.extend_from_slice(&crc(content).to_le_bytes());
        fields.extend_from_slice(&(packed.len() as u32).to_le_bytes());
        fields.extend_from_slice(&(content.len() as u32).to_le_bytes());
        fields.extend_from_slice(&(name.len() as u16).to_le_bytes());
        fields.extend_from_slice(&[0, 0]);
        all.extend_from_slice(b"PK\x03\x04");
        all.extend_from_slice(&fields);
        all.extend_from_slice(name.as_bytes());
        all.extend_from_slice(&packed);
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(&fields);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&at.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let start = all.len() as u32;
    let count = (files.len() as u16).to_le_bytes();
    all.extend_from_slice(&directory);
    all.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    all.extend_from_slice(&[count, count].concat());
    all.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    all.extend_from_slice(&start.to_le_bytes());
    all.extend_from_slice(&[0, 0]);
    all
}

/// The checksum of a zip's member.
pub(crate) fn crc(content: &[u8]) -> u32 {
    static TABLE: std::sync::LazyLock<[u32; 256]> = std::sync::LazyLock::new(|| {
        std::array::from_fn(|byte| {
            (0..8).fold(byte as u32, |crc, _| {
                (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
            })
        })
    });
    let step = |crc: u32, byte: &u8| (crc >> 8) ^ TABLE[(crc as u8 ^ byte) as usize];
    !content.iter().fold(!0, step)
}

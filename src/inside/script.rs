//! Scripts and programs that unpack themselves: text, and right behind the end of a line a compressed
//! stream or a tar, as `makeself` and many installers have it; and a script or program with an archive
//! of 7z behind it.
//!
//! Sources: the manual of makeself, `SfxSetup` of the LZMA SDK, and those of [`streams`], [`tar`] and
//! [`seven`] for how they begin.

use std::io;

use super::input::{HEAD, Input};
use super::streams::{self, Method};
use super::{Format, Members, rest, seven, tar};

/// Where what is packed may begin, in bytes.
pub(super) const WINDOW: usize = 1 << 20;

/// How many bytes behind the start of a stream of bzip2 are looked at: the start itself is text.
pub(super) const LOOK: usize = 256;

/// What a stream of bzip2 has behind its first four bytes.
const BLOCK: &[u8] = b"1AY&SY";

/// Where the magic of a tar stands in its first block.
const USTAR: usize = 257;

/// Whether content begins with a text or program and goes on with what it unpacks.
pub(super) fn begins(all: &[u8]) -> bool {
    find(all).is_some()
}

/// Returns where what is packed begins, and what it is.
fn find(all: &[u8]) -> Option<(usize, Format)> {
    let window = &all[..all.len().min(WINDOW)];
    let is_program = [&b"MZ"[..], b"\x7fELF", b"#!"]
        .iter()
        .any(|start| window.starts_with(start));
    if is_program && let Some(at) = seven::find(all, WINDOW) {
        return Some((at, Format::Seven));
    }
    let stream = find_stream(all, window).map(|(at, method)| (at, Format::Stream(method)));
    let front = stream.map_or(window.len(), |(at, _)| at);
    find_tar(all, &window[..front])
        .map(|at| (at, Format::Tar))
        .or(stream)
}

/// Returns where a tar begins, right behind the end of a line of `front`.
fn find_tar(all: &[u8], front: &[u8]) -> Option<usize> {
    let text = memchr::memchr(0, &front[..front.len().min(HEAD)]);
    memchr::memmem::find_iter(front, b"ustar").find_map(|at| {
        let start = at.checked_sub(USTAR)?;
        let is_line = start > 0 && all[start - 1] == b'\n';
        // What stands in front is text, as far as its first bytes tell.
        let is_text = text.is_none_or(|end| start <= end);
        (is_line && is_text && tar::begins(&all[start..])).then_some(start)
    })
}

/// Returns where the first stream begins, and how it is compressed.
fn find_stream(all: &[u8], window: &[u8]) -> Option<(usize, Method)> {
    // What stands in front is text, as far as its first bytes tell.
    let binary = memchr::memchr(0, &window[..window.len().min(HEAD)]);
    let front = &window[..binary.unwrap_or(window.len())];
    // Text has none of these bytes, but all of the other streams begin with one.
    let other = memchr::memchr3_iter(0x1f, 0xfd, 4, front).find_map(|at| {
        let method = |start, method| begins_at(all, start, method).then_some((start, method));
        method(at, Method::Gzip)
            .or_else(|| method(at, Method::Xz))
            .or_else(|| method(at, Method::Lz4))
            .or_else(|| method(at.checked_sub(3)?, Method::Zstd))
    });
    let front = &front[..other.map_or(front.len(), |(at, _)| at)];
    let bzip2 = memchr::memmem::find_iter(front, BLOCK).find_map(|at| {
        let start = at.checked_sub(4)?;
        begins_at(all, start, Method::Bzip2).then_some((start, Method::Bzip2))
    });
    bzip2.or(other)
}

/// Whether a stream of `method` begins at `start`, at the start of a line.
fn begins_at(all: &[u8], start: usize, method: Method) -> bool {
    let is_line = start > 0 && all.get(start - 1) == Some(&b'\n');
    let Some(bytes) = all.get(start..).filter(|_| is_line) else {
        return false;
    };
    method.begins(bytes)
        && match method {
            // The version of the format.
            Method::Lz4 => bytes.get(4).is_some_and(|flags| flags >> 6 == 1),
            // How well it is compressed, and on which system.
            Method::Gzip => matches!(bytes.get(8..10), Some([0 | 2 | 4, 0..=13 | 255])),
            Method::Bzip2 => {
                let next = &bytes[..bytes.len().min(LOOK)];
                next.iter()
                    .any(|b| *b < 0x20 && !matches!(b, b'\t' | b'\n' | 0x0c | b'\r'))
            }
            _ => true,
        }
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    // What lies at the end of the window is looked at, too.
    let next = input.peek(WINDOW + LOOK)?;
    let Some((at, format)) = find(next) else {
        return rest::all(input, members);
    };
    members.rest(&next[..at]);
    input.take(at);
    match format {
        Format::Stream(method) => streams::walk(method, input, members),
        Format::Seven => seven::walk(input, members),
        _ => tar::walk(input, members),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{damage, open};
    use super::super::{Class, Format, is_container};
    use super::*;

    const TEXT: &[u8] = b"#!/bin/sh\npassword=in_the_script\ntail -n +5 \"$0\" | tar xz\nexit 0\n";

    fn packed(content: &[u8]) -> Vec<u8> {
        let level = sirocco::deflate::Level::DEFAULT;
        sirocco::compress(sirocco::Format::Gzip, level, content)
    }

    #[test]
    fn the_stream_behind_a_script_is_opened() {
        let script = [TEXT, &packed(b"what is packed")].concat();
        assert!(is_container(&script) && Format::of(&script).is_none());
        let opened = open(&script);
        assert_eq!(opened.text(""), "what is packed");
        assert_eq!((opened.rest, opened.shut), (TEXT.to_vec(), vec![]));
        let long = [&TEXT.repeat(500), &packed(b"what is packed")[..]].concat();
        assert_eq!(open(&long).text(""), "what is packed");
        let cut = open(&script[..script.len() - 5]);
        assert_eq!(cut.shut, [(String::new(), Class::Damaged)]);
        damage(&script);
    }

    #[test]
    fn all_methods_are_known() {
        for (start, method) in [
            (&b"\xfd7zXZ\0\0\x04"[..], Method::Xz),
            (b"\x28\xb5\x2f\xfd\x04\0", Method::Zstd),
            (b"BZh91AY&SY\x01\xff", Method::Bzip2),
            (b"\x1f\x8b\x08\0\0\0\0\0\x02\x03", Method::Gzip),
            (b"\x04\x22\x4d\x18\x64", Method::Lz4),
        ] {
            let script = [TEXT, start, &[0xff; 40]].concat();
            assert_eq!(find(&script), Some((TEXT.len(), Format::Stream(method))));
            // It stands in the middle of a line, or too far behind.
            assert_eq!(find(&[TEXT, b"x", start].concat()), None);
            assert_eq!(find(&[&vec![b'\n'; WINDOW], start].concat()), None);
            assert_eq!(find(&[b"\0", TEXT, start].concat()), None);
            assert_eq!(find(start), None);
        }
    }

    #[test]
    fn a_tar_behind_a_script_is_opened() {
        let mut block = [0; 512];
        block[..6].copy_from_slice(b"in.env");
        block[124..135].copy_from_slice(b"00000000005");
        block[148..156].fill(b' ');
        block[156] = b'0';
        block[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let mut tar = [&block[..], b"inner"].concat();
        tar.resize(512 * 4, 0);
        for front in [TEXT.to_vec(), TEXT.repeat(40)] {
            let script = [&front[..], &tar].concat();
            assert!(is_container(&script) && Format::of(&script).is_none());
            let opened = open(&script);
            assert_eq!(opened.members, [("in.env".to_owned(), b"inner".to_vec())]);
            assert!(opened.rest.starts_with(&front) && opened.shut.is_empty());
            damage(&script[..script.len() - 1400]);
        }
        // It stands in the middle of a line, or behind other bytes.
        assert_eq!(find(&[TEXT, b"x", &tar].concat()), None);
        assert_eq!(find(&[b"\0", TEXT, &tar].concat()), None);
    }

    #[test]
    fn an_archive_behind_a_program_is_opened() {
        // The archive holds nothing.
        let mut archive = b"7z\xbc\xaf\x27\x1c\0\x04".to_vec();
        archive.extend(super::super::checked::Crc::of(&[0; 20]).to_le_bytes());
        archive.extend([0; 20]);
        for front in [&b"MZ\x90\0"[..], b"\x7fELF\x02", b"#!/bin/sh\nexit\n"] {
            let front = [front, b"7z\xbc\xaf\x27\x1c is how it begins;", &[0; 900]].concat();
            let program = [&front[..], &archive, b"behind"].concat();
            assert_eq!(find(&program), Some((front.len(), Format::Seven)));
            let opened = open(&program);
            assert_eq!(opened.rest, [&front[..], b"behind"].concat());
            assert_eq!(opened.shut, []);
        }
        assert_eq!(find(&[b"other\0", &archive[..]].concat()), None);
    }

    #[test]
    fn text_is_no_stream() {
        assert!(!begins(b"what a stream begins with:\nBZh91AY&SY is one\n"));
        assert!(!begins(
            b"a\n\x1f\x8b\x08 is another, and so is\n\xfd7zXZ\n"
        ));
        assert!(!begins(TEXT) && !begins(b"") && !begins(b"\n\x1f"));
    }
}

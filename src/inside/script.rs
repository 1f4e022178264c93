//! Scripts that unpack themselves: text, and right behind the end of a line a compressed stream, as
//! `makeself` and many installers have it.
//!
//! Sources: the manual of makeself, and those of [`streams`] for how streams begin.

use std::io;

use super::Members;
use super::input::{HEAD, Input};
use super::rest;
use super::streams::{self, Method};

/// Where a stream may begin, in bytes.
const WINDOW: usize = 1 << 20;

/// How many bytes behind the start of a stream of bzip2 are looked at: the start itself is text.
const LOOK: usize = 256;

/// What a stream of bzip2 has behind its first four bytes.
const BLOCK: &[u8] = b"1AY&SY";

/// Whether content begins with text and goes on with a stream.
pub(super) fn begins(all: &[u8]) -> bool {
    find(all).is_some()
}

/// Returns where the first stream begins, and how it is compressed.
fn find(all: &[u8]) -> Option<(usize, Method)> {
    let window = &all[..all.len().min(WINDOW)];
    // Most content is plain text, and one look is enough. No stream is.
    if window.is_ascii() {
        return None;
    }
    // What stands in front is text, as far as its first bytes tell.
    let binary = memchr::memchr(0, &window[..window.len().min(HEAD)]);
    let front = &window[..binary.unwrap_or(window.len())];
    // Text has none of these bytes, but all of the other streams begin with one.
    let other = memchr::memchr2_iter(0x1f, 0xfd, front).find_map(|at| {
        let method = |start, method| begins_at(all, start, method).then_some((start, method));
        method(at, Method::Gzip)
            .or_else(|| method(at, Method::Xz))
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
    let Some((at, method)) = find(next) else {
        return rest::all(input, members);
    };
    members.rest(&next[..at]);
    input.take(at);
    streams::walk(method, input, members)
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
        ] {
            let script = [TEXT, start, &[0xff; 40]].concat();
            assert_eq!(find(&script), Some((TEXT.len(), method)));
            // It stands in the middle of a line, or too far behind.
            assert_eq!(find(&[TEXT, b"x", start].concat()), None);
            assert_eq!(find(&[&vec![b'\n'; WINDOW], start].concat()), None);
            assert_eq!(find(&[b"\0", TEXT, start].concat()), None);
            assert_eq!(find(start), None);
        }
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

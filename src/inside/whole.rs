//! All of a container at once, for formats that point from one place to another.

use std::io::{self, BufRead};

use super::budget::HELD;
use super::input::Input;
use super::trouble::{Class, Trouble};
use super::{Members, rest};

/// What ended the bytes that are held.
pub(super) enum End {
    Source,
    Trouble(io::Error),
    /// There are more than may be held.
    Limit,
}

/// Returns all bytes that are left, at most [`HELD`], and what ended them.
///
/// # Errors
/// Fails if the source does.
pub(super) fn held(input: &mut Input<'_>) -> io::Result<(Vec<u8>, End)> {
    let mut all = Vec::new();
    loop {
        let next = match input.fill_buf() {
            Ok(next) => next,
            // What came before counts.
            Err(error) if Trouble::of(&error).is_some() => return Ok((all, End::Trouble(error))),
            Err(error) => return Err(error),
        };
        let len = next.len();
        if len == 0 {
            return Ok((all, End::Source));
        }
        if all.len() + len > HELD {
            return Ok((all, End::Limit));
        }
        if all.capacity() - all.len() < len {
            all.reserve_exact(all.len().max(1 << 20).min(HELD - all.len()));
        }
        all.extend_from_slice(next);
        input.take(len);
    }
}

/// The trouble of a container that is larger than may be held.
pub(super) fn too_large(input: &Input<'_>) -> io::Error {
    let why = "it is larger than 64 MiB, and its format cannot be read in pieces";
    input.trouble(Class::Limit, why)
}

/// Returns all bytes that are left, and what ended them early, if anything did. If there are more
/// than may be held, all of them are passed on as a rest.
///
/// # Errors
/// Fails if the source does, and if there are more than [`HELD`].
pub(super) fn whole(
    input: &mut Input<'_>,
    members: &mut dyn Members,
) -> io::Result<(Vec<u8>, io::Result<()>)> {
    let (all, end) = held(input)?;
    match end {
        End::Source => Ok((all, Ok(()))),
        End::Trouble(error) => Ok((all, Err(error))),
        End::Limit => {
            members.rest(&all);
            drop(all);
            rest::all(input, members)?;
            Err(too_large(input))
        }
    }
}

/// Returns the end of `bytes` without the zeros that fill it up on both sides.
pub(super) fn trimmed(bytes: &[u8]) -> &[u8] {
    let Some(from) = bytes.iter().position(|b| *b != 0) else {
        return &[];
    };
    let to = bytes
        .iter()
        .rposition(|b| *b != 0)
        .map_or(from, |at| at + 1);
    &bytes[from..to]
}

/// As [`damage`](super::testing::damage), with fewer beginnings and changes.
#[cfg(test)]
pub(super) fn damage_some(bytes: &[u8]) {
    let step = (bytes.len() / 80).max(1);
    for (index, at) in (0..bytes.len()).step_by(step).enumerate() {
        super::testing::open(&bytes[..at]);
        let mut copy = bytes.to_vec();
        copy[at] ^= [0x01, 0x80, 0xff][index % 3];
        super::testing::open(&copy);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::open;
    use super::super::{Class, Format};
    use super::*;

    const TOKEN: &str = "what stands in the part that is there";

    /// How files of formats begin that are read as a whole.
    fn beginnings() -> Vec<(Format, Vec<u8>)> {
        let mut python = [&62_211_u16.to_le_bytes()[..], b"\r\n"].concat();
        python.extend([0; 4]);
        python.push(b'c');
        python.resize(python.len() + 16, 0);
        python.extend(b"s\xff\0\0\0");
        let mut dex = b"dex\n035\0".to_vec();
        dex.resize(0x24, 0);
        dex.extend(0x70_u32.to_le_bytes());
        dex.extend(0x1234_5678_u32.to_le_bytes());
        // Tables that lie behind what is there.
        dex.resize(0x38, 0);
        dex.resize(0x70, 0x7f);
        vec![
            (Format::Seven, b"7z\xbc\xaf\x27\x1c\0\x04".to_vec()),
            (Format::Python, python),
            (
                Format::Class,
                b"\xca\xfe\xba\xbe\0\0\0\x3d\0\x09\x01\0\xff".to_vec(),
            ),
            (Format::Dex, dex),
            (Format::Plist, b"bplist00\x5f\x10\x20\x01".to_vec()),
        ]
    }

    /// A stream of gzip whose only block is cut off.
    fn cut_stream(content: &[u8]) -> Vec<u8> {
        let mut stream = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01\xff\xff\0\0".to_vec();
        stream.extend(content);
        stream
    }

    #[test]
    fn what_comes_right_before_a_cut_is_passed_on() {
        let space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
        let part = format!("<w:document xmlns:w=\"{space}\"><w:p><w:t>{TOKEN}</w:t></w:p>");
        let mail = format!("From: a@b.example\nTo: c@d.example\nSubject: x\n\n{TOKEN}");
        for text in [&part[..], &part[..part.len() - 12], &mail] {
            let opened = open(&cut_stream(text.as_bytes()));
            assert!(opened.has(TOKEN), "{text}");
            assert_eq!(opened.shut, [(String::new(), Class::Damaged)]);
        }
    }

    #[test]
    fn what_is_there_is_passed_on() {
        for (format, beginning) in beginnings() {
            let file = [&beginning, TOKEN.as_bytes()].concat();
            assert_eq!(Format::of(&file), Some(format));
            // The file is cut off, and what it lies in is.
            let cut = cut_stream(&file);
            for opened in [open(&file), open(&cut)] {
                assert!(opened.has(TOKEN), "{format:?}");
                assert_eq!(opened.shut.len(), 1, "{format:?}: {:?}", opened.shut);
                assert_eq!(opened.shut[0].1, Class::Damaged);
            }
            let mut large = file.clone();
            large.resize(HELD + 1, b'\n');
            large.extend(b"what stands at its end");
            let opened = open(&large);
            assert_eq!(opened.shut, [(String::new(), Class::Limit)]);
            assert_eq!(opened.rest, large, "{format:?}");
        }
    }
}

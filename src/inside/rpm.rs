//! RPM packages: a lead, two headers, and a compressed stream of files.
//!
//! Source: the RPM project's "RPM V4 Package format" (lead, header structure, payload).

use std::io;

use super::Members;
use super::input::Input;
use super::rest;

/// The size of the lead in bytes.
const LEAD: usize = 96;

/// The mark of a header, and its version.
const HEADER: [u8; 4] = [0x8e, 0xad, 0xe8, 0x01];

/// Whether content begins as a package does.
pub(super) fn begins(head: &[u8]) -> bool {
    head.starts_with(&[0xed, 0xab, 0xee, 0xdb])
        && head
            .get(LEAD..)
            .is_some_and(|next| next.starts_with(&HEADER))
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let lead = input.array::<LEAD>()?;
    // Its text is the name.
    let name = &lead[10..76];
    let end = name.iter().position(|b| *b == 0).unwrap_or(name.len());
    members.rest(&name[..end]);
    members.rest(b"\n");
    let signature = header(input, members)?;
    rest::pad(input, ((8 - signature % 8) % 8) as usize)?;
    header(input, members)?;
    if input.is_at_end()? {
        return Err(input.damaged("it has no files"));
    }
    members.member(b"", input)?;
    rest::all(input, members)
}

/// Reads a header, and returns how many bytes its values have.
fn header(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<u64> {
    let Some(start) = input.peek(16)?.first_chunk::<16>().copied() else {
        rest::all(input, members)?;
        return Err(input.damaged("it is cut off"));
    };
    if !start.starts_with(&HEADER) {
        rest::all(input, members)?;
        return Err(input.damaged("one of its headers has another mark"));
    }
    input.take(16);
    let number = |at: usize| {
        let bytes = [start[at], start[at + 1], start[at + 2], start[at + 3]];
        u64::from(u32::from_be_bytes(bytes))
    };
    // The index says which values there are, in numbers.
    input.skip(16 * number(8))?;
    let size = number(12);
    let mut left = size;
    while left > 0 {
        let next = input.peek(1)?;
        if next.is_empty() {
            return Err(input.damaged("it is cut off"));
        }
        let len = next.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        // Strings end with a NUL.
        let lines: Vec<u8> = next[..len]
            .iter()
            .map(|b| if *b == 0 { b'\n' } else { *b })
            .collect();
        members.rest(&lines);
        input.take(len);
        left -= len as u64;
    }
    members.rest(b"\n");
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::super::cpio;
    use super::super::testing::{damage, open};
    use super::super::{Class, Format};
    use super::*;

    fn header(values: &[u8]) -> Vec<u8> {
        let entry = [[0, 0, 3, 0xe8], [0, 0, 0, 6], [0; 4], [0, 0, 0, 1]].concat();
        let sizes = [1_u32.to_be_bytes(), (values.len() as u32).to_be_bytes()].concat();
        [&HEADER[..], &[0; 4], &sizes, &entry, values].concat()
    }

    fn package(payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0, 0, 1];
        bytes.extend_from_slice(b"package-1.0-1");
        bytes.resize(LEAD, 0);
        bytes.extend(header(b"signed\0"));
        bytes.push(0);
        bytes.extend(header(b"name\0a script\nof two lines\0"));
        bytes.extend_from_slice(payload);
        bytes
    }

    #[test]
    fn texts_and_files_are_read() {
        let level = sirocco::deflate::Level::DEFAULT;
        let packed = sirocco::compress(sirocco::Format::Gzip, level, &cpio::tests::sample());
        let bytes = package(&packed);
        assert_eq!(Format::of(&bytes), Some(Format::Rpm));
        let opened = open(&bytes);
        assert_eq!(opened.paths(), ["etc/one", "two"]);
        assert!(opened.has("package-1.0-1\n") && opened.has("a script\nof two lines\n"));
        assert!(opened.shut.is_empty());
        damage(&package(b"070707 nothing that is known"));
        let plain = open(&package(b"070707 nothing that is known"));
        assert_eq!(plain.text(""), "070707 nothing that is known");
    }

    #[test]
    fn what_is_cut_off_is_told() {
        // The last one has both headers, and no files.
        let headers = package(b"");
        for cut in LEAD + 4..=headers.len() {
            let opened = open(&headers[..cut]);
            assert_eq!(opened.shut, [(String::new(), Class::Damaged)], "{cut}");
        }
    }
}

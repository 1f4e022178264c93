//! Tar: files one behind the other, each behind a block that names it.
//!
//! Sources: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format"; the manual
//! of GNU tar, "Basic Tar Format" and "GNU extensions" (long names, sparse files).

use std::io;

use super::input::Input;
use super::{Members, rest};

/// The size of a block in bytes.
const BLOCK: usize = 512;

/// Whether content begins as a tar does: with a header whose checksum is right.
pub(super) fn begins(head: &[u8]) -> bool {
    let Some(block) = head.first_chunk::<BLOCK>() else {
        return false;
    };
    // Text has no NUL behind a name. Most of it is ruled out here.
    block[148..156]
        .iter()
        .all(|b| matches!(b, b'0'..=b'7' | b' ' | 0))
        && block[99] != b'\n'
        && is_header(block)
}

/// A header.
struct Header {
    name: Vec<u8>,
    size: u64,
    kind: u8,
}

/// Whether the checksum of a header is right. Some old programs added signed bytes.
fn is_header(block: &[u8; BLOCK]) -> bool {
    let Some(told) = number(&block[148..156]) else {
        return false;
    };
    let sum = |value: fn(u8) -> i64| -> i64 {
        let bytes = block.iter().enumerate();
        bytes
            .map(|(at, byte)| match at {
                148..156 => i64::from(b' '),
                _ => value(*byte),
            })
            .sum()
    };
    let told = told as i64;
    block[0] != 0 && (sum(i64::from) == told || sum(|byte| i64::from(byte as i8)) == told)
}

/// Returns a number of a header: octal digits, or big-endian bytes behind a marked one.
fn number(field: &[u8]) -> Option<u64> {
    if let [first @ 0x80..=0xfe, rest @ ..] = field {
        if *first != 0x80 {
            return None;
        }
        return rest.iter().try_fold(0_u64, |sum, byte| {
            sum.checked_mul(256)?.checked_add(u64::from(*byte))
        });
    }
    let digits = field.iter().skip_while(|b| **b == b' ');
    let mut number = None;
    for byte in digits {
        match byte {
            b'0'..=b'7' => {
                let digit = u64::from(byte - b'0');
                number = Some(number.unwrap_or(0_u64).checked_mul(8)?.checked_add(digit)?);
            }
            b' ' | 0 => break,
            _ => return None,
        }
    }
    number.or(field.iter().all(|b| matches!(b, 0 | b' ')).then_some(0))
}

/// Returns a text of a header, which ends at a NUL.
fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    &field[..end]
}

impl Header {
    fn of(block: &[u8; BLOCK]) -> Option<Self> {
        let mut name = text(&block[..100]).to_vec();
        // GNU tar keeps times where POSIX has the start of a long name.
        if &block[257..263] == b"ustar\0" {
            let prefix = text(&block[345..500]);
            if !prefix.is_empty() {
                name = [prefix, b"/", &name].concat();
            }
        }
        Some(Self {
            name,
            size: number(&block[124..136])?,
            kind: block[156],
        })
    }
}

/// What a header before the header of a file says about it.
#[derive(Default)]
struct Ahead {
    name: Option<Vec<u8>>,
    /// Where a link leads.
    target: Option<Vec<u8>>,
    size: Option<u64>,
    /// Whether a map of a sparse file stands in front of its content.
    has_map: bool,
}

impl Ahead {
    /// Notes the records of a pax header: `length key=value\n` each.
    fn pax(&mut self, records: &[u8]) {
        let mut rest = records;
        while let Some(space) = rest.iter().position(|b| *b == b' ') {
            let length = std::str::from_utf8(&rest[..space]).ok();
            let length = length.and_then(|text| text.parse::<usize>().ok());
            let Some(length) = length.filter(|len| (space + 1..=rest.len()).contains(len)) else {
                return;
            };
            let (record, more) = rest.split_at(length);
            rest = more;
            let record = record[space + 1..].strip_suffix(b"\n").unwrap_or_default();
            let Some(equals) = record.iter().position(|b| *b == b'=') else {
                continue;
            };
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            match key {
                b"path" if self.name.is_none() => self.name = Some(value.to_vec()),
                b"linkpath" => self.target = Some(value.to_vec()),
                b"GNU.sparse.name" => self.name = Some(value.to_vec()),
                b"GNU.sparse.major" => self.has_map = value == b"1",
                b"size" => {
                    let text = std::str::from_utf8(value).ok();
                    self.size = text.and_then(|text| text.parse().ok());
                }
                _ => {}
            }
        }
    }
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let mut ahead = Ahead::default();
    loop {
        let next = input.peek(BLOCK)?;
        if next.is_empty() {
            return Ok(());
        }
        let Some(block) = next.first_chunk::<BLOCK>().copied() else {
            let is_padding = next.iter().all(|b| *b == 0);
            rest::all(input, members)?;
            return match is_padding {
                true => Ok(()),
                false => Err(input.damaged("a header in it is cut off")),
            };
        };
        if block.iter().all(|b| *b == 0) {
            input.take(BLOCK);
            continue;
        }
        let header = Some(()).filter(|()| is_header(&block));
        let Some(header) = header.and_then(|()| Header::of(&block)) else {
            // Other content may stand behind an archive. It is read as it is.
            rest::all(input, members)?;
            return Err(input.damaged("what stands behind one of its members is no tar"));
        };
        members.rest(strip(&block));
        input.take(BLOCK);
        let padding = |size: u64| ((BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64) as usize;
        match header.kind {
            b'L' | b'K' | b'x' | b'X' | b'g' => {
                let text = input.bytes(header.size)?;
                rest::pad(input, padding(header.size))?;
                members.rest(&text);
                members.rest(b"\n");
                match header.kind {
                    b'L' => ahead.name = Some(self::text(&text).to_vec()),
                    b'K' => ahead.target = Some(self::text(&text).to_vec()),
                    b'x' | b'X' => ahead.pax(&text),
                    _ => {}
                }
                continue;
            }
            // Links, devices, directories and pipes have no content, whatever size they tell.
            b'1'..=b'6' => {
                let told = std::mem::take(&mut ahead);
                if matches!(header.kind, b'1' | b'2') {
                    let target = told.target.as_deref().unwrap_or(text(&block[157..257]));
                    let name = told.name.as_deref().unwrap_or(&header.name);
                    members.link(name, target, header.kind == b'2');
                }
                continue;
            }
            _ => {}
        }
        let told = std::mem::take(&mut ahead);
        let size = told.size.unwrap_or(header.size);
        let name = told.name.unwrap_or(header.name);
        if header.kind == b'S' {
            // Blocks with the rest of a map, while the last one says so.
            let mut goes_on = block[482] != 0;
            while goes_on {
                goes_on = input.array::<BLOCK>()?[504] != 0;
            }
        }
        let map = match told.has_map {
            true => self::map(input, size, members)?,
            false => 0,
        };
        members.at(input.position(), size - map);
        let mut part = input.part(size - map);
        members.member(&name, &mut part)?;
        part.finish()?;
        rest::pad(input, padding(size))?;
    }
}

/// Takes the map in front of the content of a sparse file: how many stretches the content has, and
/// where each begins and how long it is. Each number stands in a line, and zeros fill up the last
/// block. Returns its length, which is at most `size`.
fn map(input: &mut Input<'_>, size: u64, members: &mut dyn Members) -> io::Result<u64> {
    let (mut taken, mut lines, mut count) = (0, 0_u64, 0_u64);
    while size - taken >= BLOCK as u64 && (lines == 0 || lines <= count.saturating_mul(2)) {
        let next = input.peek(BLOCK)?.first_chunk::<BLOCK>().copied();
        let is_map = |block: &[u8; BLOCK]| {
            let mut bytes = block.iter();
            bytes.all(|b| b.is_ascii_digit() || matches!(b, b'\n' | 0))
        };
        let Some(block) = next.filter(is_map) else {
            break;
        };
        for byte in block {
            match byte {
                b'\n' => lines += 1,
                b'0'..=b'9' if lines == 0 => {
                    count = count
                        .saturating_mul(10)
                        .saturating_add(u64::from(byte - b'0'));
                }
                _ => {}
            }
        }
        members.rest(strip(&block));
        input.take(BLOCK);
        taken += BLOCK as u64;
    }
    Ok(taken)
}

/// Returns a header up to its last byte that is not NUL.
fn strip(block: &[u8; BLOCK]) -> &[u8] {
    let end = block.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
    &block[..end]
}

//! Compound files: the old format of office documents, installers and mails, and what holds
//! macros in newer ones. Streams lie in chains of sectors, small ones in a stream for all of them.
//!
//! Sources: MS-CFB (headers, sectors, directory), MS-OVBA 2.4.1 (compressed macros), MS-OFFCRYPTO
//! (names of encrypted streams), MS-DOC 2.5.2 and MS-XLS 2.4.117 (marks of encryption).

use std::io;
use std::rc::Rc;

use super::Members;
use super::input::Input;
use super::pieces::Pieces;
use super::trouble::Class;
use super::whole::{trimmed, whole};

const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// The size of the header in bytes.
const HEADER: usize = 512;
/// The size of an entry of the directory in bytes.
const ENTRY: usize = 128;
/// The size of a sector of small streams in bytes.
const MINI: usize = 64;
/// Numbers from here on are marks, not sectors.
const LAST: u32 = 0xffff_fffa;
/// The longest path of a stream that is told, in bytes.
const PATH: usize = 128;
/// The most bytes of the source of one macro.
const SOURCE: usize = 16 << 20;

/// Whether content begins as a compound file does.
pub(super) fn begins(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// An entry of the directory.
struct Entry {
    name: String,
    kind: u8,
    left: u32,
    right: u32,
    child: u32,
    start: u32,
    size: u64,
}

struct Compound<'a> {
    data: &'a [u8],
    size: usize,
    cutoff: u64,
    next: Vec<u32>,
    /// How many bytes of each sector are known.
    known: Vec<u32>,
    is_damaged: bool,
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let (data, ended) = whole(input, members)?;
    let Some(mut file) = Compound::open(&data) else {
        members.rest(&data);
        ended?;
        return Err(input.damaged("the header of the file is damaged"));
    };
    file.table();
    let entries = file.directory();
    let paths = paths(&entries);
    let minis = file.minis(&entries);
    for (entry, path) in entries.iter().zip(&paths) {
        members.rest(entry.name.as_bytes());
        members.rest(b"\n");
        if entry.kind != 2 {
            continue;
        }
        let pieces = match &minis {
            Some(minis) if entry.size < file.cutoff => file.small(entry, minis),
            _ => file.chain(entry.start, entry.size),
        };
        if pieces.len() < entry.size {
            file.is_damaged = true;
        }
        let path = format!("{path}{}", entry.name);
        stream(&data, entry, &path, &pieces, members)?;
    }
    file.rests(minis.as_ref(), members);
    ended?;
    match file.is_damaged {
        true => Err(input.damaged("sectors of the file are damaged or missing")),
        false => Ok(()),
    }
}

/// Passes on a stream.
fn stream(
    data: &[u8],
    entry: &Entry,
    path: &str,
    pieces: &Pieces,
    members: &mut dyn Members,
) -> io::Result<()> {
    if entry.name == "EncryptedPackage" {
        members.shut(path.as_bytes(), Class::Encrypted, pieces.len());
        return Ok(());
    }
    if pieces.len() == 0 {
        return Ok(());
    }
    members.member(path.as_bytes(), &mut pieces.reader(data))?;
    let head = pieces.first(4096).bytes(data);
    let is_encrypted = match entry.name.as_str() {
        "WordDocument" => {
            matches!(*head, [0xec, 0xa5, _, _, _, _, _, _, _, _, _, flags, ..] if flags & 1 != 0)
        }
        "Workbook" | "Book" => is_locked(&head),
        "EncryptedSummary" => true,
        _ => false,
    };
    if is_encrypted {
        members.partly(path.as_bytes(), Class::Encrypted, pieces.len());
    }
    // The source of macros is compressed.
    let bytes = pieces.bytes(data);
    let at = memchr::memmem::find(&bytes, b"\0Attribut").and_then(|at| at.checked_sub(3));
    if let Some(packed) = at.and_then(|at| bytes.get(at..))
        && packed.first() == Some(&1)
    {
        let (source, is_whole) = source(&packed[1..]);
        let name = format!("{path}, source");
        members.member(name.as_bytes(), &mut &source[..])?;
        if !is_whole {
            members.partly(name.as_bytes(), Class::Damaged, packed.len() as u64);
        }
    }
    Ok(())
}

/// Whether records of a workbook begin with one that says that it is encrypted.
fn is_locked(records: &[u8]) -> bool {
    let mut rest = records;
    for _ in 0..8 {
        let [kind, kind_high, len, len_high, more @ ..] = rest else {
            break;
        };
        if (*kind, *kind_high) == (0x2f, 0) {
            return true;
        }
        let len = usize::from(u16::from_le_bytes([*len, *len_high]));
        rest = more.get(len..).unwrap_or_default();
    }
    false
}

/// Unpacks the source of a macro, and tells whether all of it could be.
fn source(packed: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    let mut rest = packed;
    while let [low, high, more @ ..] = rest {
        let head = u16::from_le_bytes([*low, *high]);
        if head >> 12 & 7 != 3 {
            // Other bytes may follow.
            return (out, true);
        }
        let len = usize::from(head & 0xfff) + 1;
        let is_whole = more.len() >= len;
        let (chunk, behind) = more.split_at(more.len().min(len));
        rest = behind;
        if head & 0x8000 == 0 {
            out.extend_from_slice(chunk);
        } else if !unpack(chunk, &mut out) {
            return (out, false);
        }
        if !is_whole || out.len() > SOURCE {
            return (out, false);
        }
    }
    (out, true)
}

/// Unpacks a part of a source: groups of eight bytes or copies of what came before.
fn unpack(chunk: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let mut rest = chunk.iter().copied();
    while let Some(flags) = rest.next() {
        for bit in 0..8 {
            let Some(first) = rest.next() else {
                return true;
            };
            if flags >> bit & 1 == 0 {
                out.push(first);
                continue;
            }
            let Some(second) = rest.next() else {
                return false;
            };
            let token = u16::from_le_bytes([first, second]);
            // The more there is to copy from, the more bits say from where.
            let done = (out.len() - start).max(1);
            let bits = usize::BITS - (done - 1).leading_zeros();
            let length_bits = 16 - bits.clamp(4, 12);
            let length = usize::from(token & ((1 << length_bits) - 1)) + 3;
            let offset = usize::from(token >> length_bits) + 1;
            let Some(from) = out.len().checked_sub(offset).filter(|from| *from >= start) else {
                return false;
            };
            for at in from..from + length {
                let byte = out[at];
                out.push(byte);
            }
        }
    }
    true
}

/// Returns the paths of the storages around all entries.
fn paths(entries: &[Entry]) -> Vec<Rc<str>> {
    let none: Rc<str> = Rc::from("");
    let mut paths = vec![Rc::clone(&none); entries.len()];
    let mut is_seen = vec![false; entries.len()];
    let mut next = vec![(0_u32, Rc::clone(&none))];
    while let Some((number, above)) = next.pop() {
        let at = number as usize;
        let Some((entry, seen)) = entries.get(at).zip(is_seen.get_mut(at)) else {
            continue;
        };
        if std::mem::replace(seen, true) {
            continue;
        }
        match entry.kind {
            5 => next.push((entry.child, Rc::clone(&none))),
            1 if above.len() < PATH => {
                next.push((entry.child, format!("{above}{}/", entry.name).into()));
            }
            1 => next.push((entry.child, Rc::clone(&above))),
            _ => {}
        }
        if entry.kind != 5 {
            next.push((entry.left, Rc::clone(&above)));
            next.push((entry.right, Rc::clone(&above)));
        }
        paths[at] = above;
    }
    paths
}

fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

impl<'a> Compound<'a> {
    fn open(data: &'a [u8]) -> Option<Self> {
        let size = match le16(data, 30)? {
            9 => 512,
            12 => 4096,
            _ => return None,
        };
        data.get(..HEADER)?;
        Some(Self {
            data,
            size,
            cutoff: u64::from(le32(data, 56)?),
            next: Vec::new(),
            known: vec![0; (data.len() / size).saturating_sub(1) + 1],
            is_damaged: false,
        })
    }

    /// Returns where a sector lies, as far as it is there.
    fn sector(&self, number: u32) -> Option<std::ops::Range<usize>> {
        let start = (number as usize).checked_add(1)?.checked_mul(self.size)?;
        let end = self.data.len().min(start.checked_add(self.size)?);
        (start < end).then_some(start..end)
    }

    /// Marks a sector as known. Returns where it lies, if it was not known.
    fn take(&mut self, number: u32, bytes: usize) -> Option<std::ops::Range<usize>> {
        let range = self.sector(number)?;
        let known = self.known.get_mut(number as usize)?;
        if *known != 0 {
            return None;
        }
        *known = bytes.max(1) as u32;
        Some(range)
    }

    /// Reads which sector follows which.
    fn table(&mut self) {
        let mut tables: Vec<u32> = (0..109)
            .filter_map(|n| le32(self.data, 76 + 4 * n))
            .collect();
        let mut more = le32(self.data, 68).unwrap_or(u32::MAX);
        while more < LAST {
            let Some(range) = self.take(more, self.size) else {
                self.is_damaged = true;
                break;
            };
            let numbers = &self.data[range];
            let count = self.size / 4 - 1;
            tables.extend((0..count).filter_map(|n| le32(numbers, 4 * n)));
            more = le32(numbers, 4 * count).unwrap_or(u32::MAX);
        }
        for number in tables.into_iter().filter(|number| *number < LAST) {
            match self.take(number, self.size) {
                Some(range) => {
                    let numbers = self.data[range].chunks_exact(4);
                    self.next.extend(numbers.filter_map(|bytes| le32(bytes, 0)));
                }
                None => {
                    self.is_damaged = true;
                    self.next.extend(std::iter::repeat_n(u32::MAX, 1));
                }
            }
        }
    }

    /// Returns the bytes of a chain, at most `size`.
    fn chain(&mut self, start: u32, size: u64) -> Pieces {
        let mut pieces = Pieces::default();
        let mut number = start;
        let mut left = size;
        while left > 0 && number < LAST {
            let len = left.min(self.size as u64) as usize;
            let Some(range) = self.take(number, len) else {
                self.is_damaged = true;
                break;
            };
            let len = len.min(range.len());
            pieces.push(range.start..range.start + len);
            left -= len as u64;
            number = self.next.get(number as usize).copied().unwrap_or(u32::MAX);
        }
        pieces
    }

    fn directory(&mut self) -> Vec<Entry> {
        let start = le32(self.data, 48).unwrap_or(u32::MAX);
        let all = self.chain(start, u64::MAX);
        let bytes = all.bytes(self.data);
        let entry = |bytes: &[u8]| {
            let len = usize::from(le16(bytes, 64)?).min(64);
            let units: Vec<u16> = bytes[..len]
                .chunks_exact(2)
                .filter_map(|pair| le16(pair, 0))
                .collect();
            let name = String::from_utf16_lossy(&units);
            Some(Entry {
                name: name.trim_end_matches('\0').to_owned(),
                kind: bytes[66],
                left: le32(bytes, 68)?,
                right: le32(bytes, 72)?,
                child: le32(bytes, 76)?,
                start: le32(bytes, 116)?,
                // Half of it counts in files with small sectors.
                size: match self.size {
                    512 => u64::from(le32(bytes, 120)?),
                    _ => u64::from(le32(bytes, 124)?) << 32 | u64::from(le32(bytes, 120)?),
                },
            })
        };
        let entries: Vec<_> = bytes.chunks_exact(ENTRY).filter_map(entry).collect();
        self.is_damaged |= entries.is_empty();
        entries
    }

    /// Returns where small streams are.
    fn minis(&mut self, entries: &[Entry]) -> Option<Minis> {
        let root = entries.iter().find(|entry| entry.kind == 5)?;
        let table = self.chain(le32(self.data, 60)?, u64::MAX);
        let numbers = table.bytes(self.data);
        let pieces = self.chain(root.start, root.size);
        let mut places = Vec::new();
        for range in pieces.ranges() {
            places.extend(range.clone().step_by(MINI).map(|at| at as u32));
        }
        Some(Minis {
            next: numbers
                .chunks_exact(4)
                .filter_map(|bytes| le32(bytes, 0))
                .collect(),
            known: vec![0; places.len()].into(),
            places,
        })
    }

    fn small(&mut self, entry: &Entry, minis: &Minis) -> Pieces {
        let mut pieces = Pieces::default();
        let mut number = entry.start;
        let mut left = entry.size;
        let mut known = minis.known.borrow_mut();
        while left > 0 {
            let place = minis
                .places
                .get(number as usize)
                .zip(known.get_mut(number as usize));
            let Some((start, known)) = place.filter(|(_, known)| **known == 0) else {
                self.is_damaged = true;
                break;
            };
            let len = left.min(MINI as u64) as usize;
            *known = len as u8;
            let start = *start as usize;
            pieces.push(start..self.data.len().min(start + len));
            left -= len as u64;
            number = minis.next.get(number as usize).copied().unwrap_or(u32::MAX);
        }
        pieces
    }

    /// Passes on what belongs to no stream.
    fn rests(&self, minis: Option<&Minis>, members: &mut dyn Members) {
        let mut rest = |bytes: &[u8]| {
            let bytes = trimmed(bytes);
            if bytes.iter().any(|b| *b != 0xff) {
                members.rest(bytes);
                members.rest(b"\n");
            }
        };
        for (number, known) in (0..).zip(&self.known) {
            if let Some(range) = self.sector(number) {
                let bytes = &self.data[range];
                rest(bytes.get(*known as usize..).unwrap_or_default());
            }
        }
        if let Some(minis) = minis {
            for (start, known) in minis.places.iter().zip(minis.known.borrow().iter()) {
                let start = *start as usize;
                let end = self.data.len().min(start + MINI);
                rest(
                    self.data
                        .get(start + usize::from(*known)..end)
                        .unwrap_or_default(),
                );
            }
        }
    }
}

/// The sectors of small streams.
struct Minis {
    next: Vec<u32>,
    /// Where each lies.
    places: Vec<u32>,
    /// How many bytes of each are known.
    known: std::cell::RefCell<Vec<u8>>,
}

#[cfg(test)]
mod tests {
    use super::super::testing::open;
    use super::super::whole::damage_some;
    use super::*;

    const END: u32 = 0xffff_fffe;
    const FREE: u32 = u32::MAX;

    fn entry(name: &str, kind: u8, child: u32, right: u32, start: u32, size: u32) -> Vec<u8> {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry.resize(64, 0);
        entry.extend_from_slice(&(2 * name.len() as u16 + 2).to_le_bytes());
        entry.extend_from_slice(&[kind, 1]);
        for number in [FREE, right, child] {
            entry.extend_from_slice(&number.to_le_bytes());
        }
        entry.resize(116, 0);
        entry.extend_from_slice(&start.to_le_bytes());
        entry.extend_from_slice(&size.to_le_bytes());
        entry.resize(ENTRY, 0);
        entry
    }

    fn sector(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.resize(512, 0);
        bytes
    }

    fn numbers(numbers: &[u32]) -> Vec<u8> {
        let mut all: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        all.resize(512, 0xff);
        all
    }

    fn sample(name: &str) -> Vec<u8> {
        let mut header = MAGIC.to_vec();
        header.resize(HEADER, 0);
        header[30] = 9;
        header[48..52].copy_from_slice(&1_u32.to_le_bytes());
        header[56..60].copy_from_slice(&4096_u32.to_le_bytes());
        header[60..64].copy_from_slice(&3_u32.to_le_bytes());
        header[68..72].copy_from_slice(&END.to_le_bytes());
        header[76..512].fill(0xff);
        header[76..80].copy_from_slice(&0_u32.to_le_bytes());
        let large = b"large stream ".repeat(400);
        let next: Vec<u32> = [FREE - 2, 2, END, END, END]
            .into_iter()
            .chain(6..15)
            .chain([15, END, FREE])
            .collect();
        let small = b"a small stream, larger than a sector of small streams can hold: END";
        let mut minis = small[..64].to_vec();
        minis.extend_from_slice(&[0; 64]);
        minis[64..72].copy_from_slice(b"deleted!");
        minis.extend_from_slice(&small[64..]);
        let mut file = [
            header,
            numbers(&next),
            [
                entry("Root Entry", 5, 1, FREE, 4, 192),
                entry("Storage", 1, 2, 3, 0, 0),
                entry("small", 2, FREE, FREE, 0, small.len() as u32),
                entry(name, 2, FREE, FREE, 5, large.len() as u32),
            ]
            .concat(),
            sector(entry("gone", 0, FREE, FREE, 0, 0)),
            numbers(&[2, END, END]),
            sector(minis),
        ]
        .concat();
        file.extend_from_slice(&large);
        file.resize(512 + 512 * 16, b' ');
        file.extend_from_slice(&sector(b"in a free sector".to_vec()));
        file
    }

    #[test]
    fn streams_and_what_was_deleted_are_read() {
        let sample = sample("Data");
        let opened = open(&sample);
        assert_eq!(opened.paths(), ["Storage/small", "Data"]);
        assert!(opened.text("Storage/small").ends_with("can hold: END"));
        assert_eq!(opened.text("Data"), "large stream ".repeat(400));
        assert!(opened.has("deleted!") && opened.has("in a free sector") && opened.has("gone"));
        assert!(opened.shut.is_empty(), "{:?}", opened.shut);
        let cut = open(&sample[..5000]);
        assert_eq!(cut.shut, [(String::new(), Class::Damaged)]);
        assert!(cut.text("Data").len() > 1000);
        let mut cycle = sample.clone();
        cycle[512 + 4 * 7] = 5;
        assert_eq!(open(&cycle).shut, [(String::new(), Class::Damaged)]);
        damage_some(&sample);
    }

    #[test]
    fn encrypted_documents_are_told() {
        let opened = open(&sample("EncryptedPackage"));
        assert_eq!(
            opened.shut,
            [("EncryptedPackage".to_owned(), Class::Encrypted)]
        );
    }

    #[test]
    fn sources_of_macros_are_unpacked() {
        // The example of MS-OVBA 3.2.2.
        let packed = [
            0x19, 0xb0, 0x00, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x00, 0x69, 0x6a,
            0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x00, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x2e,
        ];
        assert_eq!(source(&packed), (b"abcdefghijklmnopqrstuv.".to_vec(), true));
        // And of 3.2.3.
        let packed = [
            0x2f, 0xb0, 0x00, 0x23, 0x61, 0x61, 0x61, 0x62, 0x63, 0x64, 0x65, 0x82, 0x66, 0x00,
            0x70, 0x61, 0x67, 0x68, 0x69, 0x6a, 0x01, 0x38, 0x08, 0x61, 0x6b, 0x6c, 0x00, 0x30,
            0x6d, 0x6e, 0x6f, 0x70, 0x06, 0x71, 0x02, 0x70, 0x04, 0x10, 0x72, 0x73, 0x74, 0x75,
            0x76, 0x10, 0x77, 0x78, 0x79, 0x7a, 0x00, 0x3c,
        ];
        let (text, is_whole) = source(&packed);
        assert_eq!(
            text,
            b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa"
        );
        assert!(is_whole);
    }
}

//! Binary property lists: settings of macOS and iOS, and archives of objects.
//!
//! Source: Apple's `CFBinaryPList.c` (the comment on the format) and the documentation of
//! `NSKeyedArchiver`.

use std::io;
use std::ops::Range;

use super::Members;
use super::input::Input;
use super::lines::{CUT, Lines, MEMBER, NAME, is_text, push_runs};
use super::trouble::Class;
use super::whole::whole;

const MAGIC: &[u8; 8] = b"bplist00";

/// The size in bytes of what ends a list.
const TRAILER: usize = 32;

/// Whether content begins as a list does. No object begins with a character of a usual text.
pub(super) fn begins(head: &[u8]) -> bool {
    let object = head.strip_prefix(MAGIC).and_then(|behind| behind.first());
    object.is_some_and(|object| {
        matches!(object, 0 | 8 | 9 | 0x10..=0x14 | 0x22 | 0x23 | 0x33) || *object >= 0x40
    }) && head
        .get(8..)
        .is_some_and(|behind| behind.iter().any(|b| *b < 9))
}

/// An object.
enum Object {
    /// Characters of one byte, or of two.
    Text(Range<usize>, bool),
    Data(Range<usize>),
    Number(i64),
    /// The index of an object in an archive of objects.
    Uid(u64),
    /// The references in a list or a set.
    Items(Range<usize>),
    /// The references to keys, then to values.
    Dict(Range<usize>),
    Other,
}

struct List<'b> {
    bytes: &'b [u8],
    /// The sizes in bytes of offsets and of references.
    offset_size: usize,
    reference_size: usize,
    count: usize,
    top: usize,
    table: usize,
    /// The objects of an archive, by their index there.
    archived: Range<usize>,
    is_told: Vec<bool>,
    lines: Lines,
}

/// Returns a big-endian number of up to eight bytes.
fn number(bytes: &[u8]) -> Option<usize> {
    if bytes.is_empty() || bytes.len() > 8 {
        return None;
    }
    let number = bytes
        .iter()
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    usize::try_from(number).ok()
}

impl<'b> List<'b> {
    fn new(bytes: &'b [u8]) -> Option<Self> {
        let trailer = bytes.last_chunk::<TRAILER>()?;
        let [.., offset_size, reference_size] = *trailer.first_chunk::<8>()?;
        let (offset_size, reference_size) = (offset_size.into(), usize::from(reference_size));
        let count = number(&trailer[8..16])?;
        let table = number(&trailer[24..32])?;
        let end = count.checked_mul(offset_size)?.checked_add(table)?;
        let is_right = (1..=8).contains(&offset_size)
            && (1..=8).contains(&reference_size)
            && count > 0
            && table > MAGIC.len()
            && end <= bytes.len() - TRAILER;
        is_right.then(|| Self {
            bytes,
            offset_size,
            reference_size,
            count,
            top: number(&trailer[16..24]).unwrap_or(usize::MAX),
            table,
            archived: 0..0,
            is_told: vec![false; count],
            lines: Lines::new(bytes.len()),
        })
    }

    /// Returns where an object begins.
    fn offset(&self, at: usize) -> Option<usize> {
        if at >= self.count {
            return None;
        }
        let start = self.table + at * self.offset_size;
        number(self.bytes.get(start..start + self.offset_size)?)
    }

    /// Returns an object, and where it ends.
    fn object(&self, at: usize) -> Option<(Object, usize)> {
        let start = self.offset(at)?;
        let marker = *self.bytes.get(start)?;
        let mut from = start + 1;
        let small = usize::from(marker & 15);
        let size = match marker >> 4 {
            // A longer length is a number of its own.
            4..=7 | 0xa..=0xd if small == 15 => {
                let exponent = *self.bytes.get(from)?;
                let width = match exponent {
                    0x10..=0x13 => 1 << (exponent & 15),
                    _ => return None,
                };
                let length = self.bytes.get(from + 1..from + 1 + width)?;
                from += 1 + width;
                number(length)?
            }
            1..=3 => 1_usize
                .checked_shl(small as u32)
                .filter(|size| *size <= 16)?,
            8 => small + 1,
            _ => small,
        };
        let part = |unit: usize| -> Option<Range<usize>> {
            let end = size.checked_mul(unit)?.checked_add(from)?;
            (end <= self.bytes.len()).then_some(from..end)
        };
        let (object, range) = match marker >> 4 {
            0 => (Object::Other, from..from),
            1 => {
                let range = part(1)?;
                let bytes = self.bytes.get(range.clone())?;
                let number = bytes.iter().fold(0_i64, |n, b| n << 8 | i64::from(*b));
                (Object::Number(number), range)
            }
            2 | 3 => (Object::Other, part(1)?),
            4 => (Object::Data(part(1)?), part(1)?),
            5 | 7 => (Object::Text(part(1)?, false), part(1)?),
            6 => (Object::Text(part(2)?, true), part(2)?),
            8 => {
                let uid = number(self.bytes.get(part(1)?)?)?;
                (Object::Uid(uid as u64), part(1)?)
            }
            0xa..=0xc => {
                let range = part(self.reference_size)?;
                (Object::Items(range.clone()), range)
            }
            0xd => {
                let range = part(2 * self.reference_size)?;
                (Object::Dict(range.clone()), range)
            }
            _ => return None,
        };
        Some((object, range.end))
    }

    /// Returns the reference at an index of a stretch of references.
    fn reference(&self, range: &Range<usize>, at: usize) -> Option<usize> {
        let start = at
            .checked_mul(self.reference_size)?
            .checked_add(range.start)?;
        let end = start + self.reference_size;
        if end > range.end {
            return None;
        }
        number(self.bytes.get(start..end)?)
    }

    fn len(&self, range: &Range<usize>) -> usize {
        range.len() / self.reference_size
    }

    /// Returns an object, or the one that it stands for in an archive.
    fn resolved(&self, at: usize) -> Option<usize> {
        match self.object(at)?.0 {
            Object::Uid(uid) => self.reference(&self.archived, usize::try_from(uid).ok()?),
            _ => Some(at),
        }
    }

    /// Returns a text.
    fn text(&self, object: &Object) -> Option<Vec<u8>> {
        match object {
            Object::Text(range, false) => Some(self.bytes.get(range.clone())?.to_vec()),
            Object::Text(range, true) => {
                let units = self.bytes.get(range.clone())?.chunks_exact(2);
                let units = units.map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
                let text = char::decode_utf16(units)
                    .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect::<String>();
                Some(text.into_bytes())
            }
            Object::Data(range) => {
                let data = self.bytes.get(range.clone())?;
                (data.len() < MEMBER || is_text(data)).then(|| data.to_vec())
            }
            _ => None,
        }
    }

    /// Finds the objects of an archive.
    fn find_archived(&mut self) -> Option<()> {
        let Object::Dict(range) = self.object(self.top)?.0 else {
            return None;
        };
        let count = self.len(&range) / 2;
        for at in 0..count.min(16) {
            let key = self.object(self.reference(&range, at)?)?.0;
            if self.text(&key).as_deref() == Some(b"$objects") {
                let list = self.reference(&range, count + at)?;
                if let Object::Items(items) = self.object(list)?.0 {
                    self.archived = items;
                }
            }
        }
        Some(())
    }

    /// Appends lines for a key and its value.
    fn pair(&mut self, key: usize, value: usize) -> Option<()> {
        if self.lines.is_cut {
            return None;
        }
        let (key, value) = (self.resolved(key)?, self.resolved(value)?);
        let name = self.object(key)?.0;
        let Object::Text(range, _) = &name else {
            return None;
        };
        if range.len() > NAME || !self.lines.spend(range.len() + 1) {
            return None;
        }
        let name = self.text(&name)?;
        match self.object(value)?.0 {
            Object::Number(number) => {
                let line = [&name[..], b" = ", number.to_string().as_bytes()].concat();
                self.lines.line(&line);
                self.is_told[key] = true;
            }
            Object::Items(items) => {
                // A list of texts: each with the name of the list.
                for at in 0..self.len(&items).min(1024) {
                    let item = self.resolved(self.reference(&items, at)?)?;
                    self.set(&name, key, item);
                }
            }
            _ => self.set(&name, key, value),
        }
        Some(())
    }

    fn set(&mut self, name: &[u8], key: usize, value: usize) {
        let Some((object @ (Object::Text(..) | Object::Data(_)), _)) = self.object(value) else {
            return;
        };
        let (Object::Text(range, _) | Object::Data(range)) = &object else {
            return;
        };
        if self.lines.is_cut || !self.lines.spend(range.len() + 1) {
            return;
        }
        let Some(text) = self.text(&object) else {
            return;
        };
        if self.lines.set(name, &text) {
            self.is_told[key] = true;
            self.is_told[value] = true;
        }
    }

    fn dict(&mut self, range: &Range<usize>) -> Option<()> {
        let count = self.len(range) / 2;
        let mut listed = [None, None];
        for at in 0..count {
            if self.lines.is_cut || !self.lines.spend(1) {
                return None;
            }
            let key = self.reference(range, at)?;
            let value = self.reference(range, count + at)?;
            match self.bytes_of(key) {
                Some(b"NS.keys") => listed[0] = Some(value),
                Some(b"NS.objects") => listed[1] = Some(value),
                _ => _ = self.pair(key, value),
            }
        }
        // A dict of an archive.
        let (keys, values) = (self.object(listed[0]?)?.0, self.object(listed[1]?)?.0);
        if let (Object::Items(keys), Object::Items(values)) = (keys, values) {
            for at in 0..self.len(&keys) {
                if self.lines.is_cut || !self.lines.spend(1) {
                    return None;
                }
                let (key, value) = (self.reference(&keys, at)?, self.reference(&values, at)?);
                let _ = self.pair(key, value);
            }
        }
        Some(())
    }

    /// Returns the bytes of a text whose characters have one.
    fn bytes_of(&self, at: usize) -> Option<&'b [u8]> {
        match self.object(at)?.0 {
            Object::Text(range, false) => self.bytes.get(range),
            _ => None,
        }
    }
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let (bytes, ended) = whole(input, members)?;
    let Some(mut list) = List::new(&bytes) else {
        members.rest(&bytes);
        ended?;
        return Err(input.damaged("its end is damaged or cut off"));
    };
    let _ = list.find_archived();
    for at in 0..list.count {
        if let Some((Object::Dict(range), _)) = list.object(at) {
            let _ = list.dict(&range);
        }
    }
    let mut is_whole = true;
    let mut places = Vec::new();
    let mut binary = Vec::new();
    // Objects do not share bytes.
    let mut left = bytes.len();
    for at in 0..list.count {
        let Some((object, end)) = list.object(at) else {
            is_whole = false;
            continue;
        };
        let place = list.offset(at).unwrap_or(end)..end;
        let Some(rest) = left.checked_sub(place.len()) else {
            is_whole = false;
            break;
        };
        left = rest;
        places.push(place);
        if list.is_told[at] {
            continue;
        }
        match (list.text(&object), object) {
            (Some(text), _) => list.lines.line(&text),
            (None, Object::Data(range)) => binary.push((at, range)),
            _ => {}
        }
    }
    let mut out = std::mem::take(&mut list.lines.out);
    places.sort_unstable_by_key(|place| place.start);
    places.push(list.table..list.table);
    let mut behind = MAGIC.len();
    for place in places {
        push_runs(&mut out, bytes.get(behind..place.start).unwrap_or_default());
        behind = behind.max(place.end);
    }
    push_runs(&mut out, bytes.get(behind..).unwrap_or_default());
    members.rest(&out);
    for (at, range) in binary {
        members.member(format!("data {at}").as_bytes(), &mut &bytes[range])?;
    }
    if !is_whole {
        members.rest(&bytes);
    }
    ended?;
    if !is_whole {
        return Err(input.damaged("an object in it is damaged"));
    }
    match list.lines.is_cut {
        true => Err(input.trouble(Class::Limit, CUT)),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{damage, open};
    use super::*;

    /// A list of these objects, the first one at the top.
    fn list(objects: &[&[u8]]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let mut offsets = Vec::new();
        for object in objects {
            offsets.extend((bytes.len() as u16).to_be_bytes());
            bytes.extend_from_slice(object);
        }
        let table = bytes.len() as u64;
        bytes.extend(offsets);
        bytes.extend([0, 0, 0, 0, 0, 0, 2, 1]);
        for number in [objects.len() as u64, 0, table] {
            bytes.extend(number.to_be_bytes());
        }
        bytes
    }

    fn text(text: &str) -> Vec<u8> {
        [&[0x5f, 0x10, text.len() as u8], text.as_bytes()].concat()
    }

    #[test]
    fn keys_and_values_stand_in_one_line() {
        let key = text("password");
        let data = [&[0x4f, 0x10, 70][..], &[0; 70]].concat();
        let bytes = list(&[
            b"\xd5\x01\x03\x04\x05\x09\x02\x0a\x06\x07\x00",
            &key,
            b"\x62\0h\0\xfc",
            b"\x53key",
            b"\x54list",
            b"\x51d",
            b"\xa2\x02\x08",
            &data,
            b"\x55other",
            b"\x54self",
            b"\x11\x01\x02",
        ]);
        assert_eq!(Format::of(&bytes), Some(Format::Plist));
        let opened = open(&bytes);
        assert_eq!(opened.shut, []);
        let lines = String::from_utf8(opened.rest).unwrap();
        let expected = "password = \"hü\"\nkey = 258\nlist = \"hü\"\nlist = \"other\"\nd\nself\n";
        assert_eq!(lines, expected);
        assert_eq!(opened.members, [("data 7".into(), vec![0; 70])]);
        damage(&bytes);
    }

    #[test]
    fn dicts_of_archives_are_read() {
        let bytes = list(&[
            b"\xd1\x01\x02",
            b"\x58$objects",
            b"\xa3\x03\x04\x05",
            b"\xd2\x06\x07\x08\x09",
            b"\x55token",
            b"\x55value",
            b"\x57NS.keys",
            b"\x5aNS.objects",
            b"\xa1\x0a",
            b"\xa1\x0b",
            b"\x80\x01",
            b"\x80\x02",
        ]);
        assert!(open(&bytes).has("token = \"value\"\n"));
    }

    #[test]
    fn damaged_lists_are_told_and_read() {
        let whole = list(&[b"\xa1\x01", b"\x5f\x10\x20cut"]);
        assert_eq!(open(&whole).shut, []);
        let cut = open(&whole[..whole.len() - 1]);
        assert_eq!(cut.shut, [(String::new(), Class::Damaged)]);
        assert!(cut.has("cut"));
        let wrong = open(&list(&[b"\xa1\x01", b"\xf0some text that nothing names"]));
        assert_eq!(wrong.shut, [(String::new(), Class::Damaged)]);
        assert!(wrong.has("some text that nothing names"));
        assert!(!begins(b"bplist00 is what a list begins with\n"));
    }
}

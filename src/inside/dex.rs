//! Compiled Java for Android (`.dex`): its texts, with the names that fields and calls give them.
//!
//! Source: the Android documentation, "Dalvik executable format" and "Dalvik bytecode format".

use std::collections::HashSet;
use std::io;

use super::Members;
use super::input::Input;
use super::lines::{CUT, Lines, from_java, push_runs};
use super::trouble::Class;
use super::whole::whole;

/// The size of a header in bytes.
const HEADER: u32 = 0x70;

/// Whether content begins as a file does: with a version, the size of the header and the order of
/// bytes.
pub(super) fn begins(head: &[u8]) -> bool {
    matches!(
        head,
        [
            b'd',
            b'e',
            b'x',
            b'\n',
            b'0',
            b'0'..=b'9',
            b'0'..=b'9',
            0,
            ..
        ]
    ) && number(head, 0x24) == Some(HEADER)
        && number(head, 0x28) == Some(0x1234_5678)
}

/// Returns the number of four bytes at `at`.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk::<4>()?))
}

/// Returns the number of two bytes at `at`.
fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk::<2>()?))
}

/// Takes a number of seven bits a byte.
fn uleb(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0_u32;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// A table of the header: how many entries it has, and where they begin.
#[derive(Clone, Copy)]
struct Table {
    count: usize,
    at: usize,
}

struct File<'b> {
    bytes: &'b [u8],
    strings: Table,
    fields: Table,
    methods: Table,
    classes: Table,
    is_told: Vec<bool>,
    /// Names and texts that a line has.
    is_set: HashSet<(u32, u32)>,
    lines: Lines,
}

impl<'b> File<'b> {
    fn new(bytes: &'b [u8]) -> Option<Self> {
        let table = |at: usize, size: usize| -> Option<Table> {
            let (count, at) = (number(bytes, at)? as usize, number(bytes, at + 4)? as usize);
            let end = count.checked_mul(size)?.checked_add(at)?;
            (end <= bytes.len()).then_some(Table { count, at })
        };
        let strings = table(0x38, 4)?;
        Some(Self {
            bytes,
            strings,
            fields: table(0x50, 8)?,
            methods: table(0x58, 8)?,
            classes: table(0x60, 32)?,
            is_told: vec![false; strings.count],
            is_set: HashSet::new(),
            lines: Lines::new(bytes.len()),
        })
    }

    /// Returns the bytes of a string.
    fn string(&self, at: u32) -> Option<&'b [u8]> {
        let at = at as usize;
        if at >= self.strings.count {
            return None;
        }
        let start = number(self.bytes, self.strings.at + 4 * at)? as usize;
        let mut rest = self.bytes.get(start..)?;
        uleb(&mut rest)?;
        let end = memchr::memchr(0, rest)?;
        rest.get(..end)
    }

    /// Returns the string that names an entry of a table of fields or methods.
    fn name(&self, table: Table, at: u32) -> Option<u32> {
        let at = at as usize;
        let is_there = at < table.count;
        is_there.then(|| number(self.bytes, table.at + 8 * at + 4))?
    }

    fn told(&mut self, string: u32) {
        if let Some(is_told) = self.is_told.get_mut(string as usize) {
            *is_told = true;
        }
    }

    /// Returns the bytes of a string, if there may be more lines. The end of a string is searched
    /// for, so that it costs its length.
    fn find(&mut self, at: u32) -> Option<&'b [u8]> {
        if self.lines.is_cut {
            return None;
        }
        let string = self.string(at);
        let cost = string.map_or(self.bytes.len(), <[u8]>::len);
        string.filter(|_| self.lines.spend(cost))
    }

    fn set(&mut self, name: u32, text: u32) {
        let (Some(named), Some(value)) = (self.find(name), self.find(text)) else {
            return;
        };
        if self.is_set.contains(&(name, text)) {
            return;
        }
        if self.lines.set(&from_java(named), &from_java(value)) {
            self.is_set.insert((name, text));
            self.told(name);
            self.told(text);
        }
    }

    /// Reads all classes. What is wrong with one costs names, but no text.
    fn classes(&mut self) {
        for at in 0..self.classes.count {
            let _ = self.class(self.classes.at + 32 * at);
        }
    }

    fn class(&mut self, at: usize) -> Option<()> {
        let data = number(self.bytes, at + 24)? as usize;
        let values = number(self.bytes, at + 28)? as usize;
        if data == 0 {
            return Some(());
        }
        let mut rest = self.bytes.get(data..)?;
        let counts = [
            uleb(&mut rest)?,
            uleb(&mut rest)?,
            uleb(&mut rest)?,
            uleb(&mut rest)?,
        ];
        let mut statics = Vec::new();
        let mut field = 0_u32;
        for at in 0..counts[0] {
            field = field.checked_add(uleb(&mut rest)?)?;
            uleb(&mut rest)?;
            if !self.lines.spend(1) {
                return Some(());
            }
            if values != 0 && at < 1 << 16 {
                statics.push(field);
            }
        }
        if values != 0 {
            let _ = self.values(self.bytes.get(values..)?, &statics);
        }
        for _ in 0..counts[1] {
            uleb(&mut rest)?;
            uleb(&mut rest)?;
            if !self.lines.spend(1) {
                return Some(());
            }
        }
        for _ in 0..u64::from(counts[2]) + u64::from(counts[3]) {
            uleb(&mut rest)?;
            uleb(&mut rest)?;
            let code = uleb(&mut rest)? as usize;
            if code != 0 {
                let size = number(self.bytes, code.checked_add(12)?)? as usize;
                let start = code.checked_add(16)?;
                let end = size.checked_mul(2)?.checked_add(start)?;
                let code = self.bytes.get(start..end)?;
                if !self.lines.spend(size) {
                    return Some(());
                }
                let _ = self.code(code);
            } else if !self.lines.spend(1) {
                return Some(());
            }
        }
        Some(())
    }

    /// Reads the values that static fields begin with.
    fn values(&mut self, mut rest: &[u8], fields: &[u32]) -> Option<()> {
        let count = uleb(&mut rest)?;
        for (_, field) in (0..count).zip(fields) {
            let (head, behind) = rest.split_first()?;
            let size = usize::from(head >> 5) + 1;
            let size = match head & 0x1f {
                0x00 | 0x02..=0x04 | 0x06 | 0x10 | 0x11 | 0x15..=0x1b => size,
                // null, true and false
                0x1e | 0x1f => 0,
                // Arrays and annotations do not stand here.
                _ => return None,
            };
            let (value, behind) = behind.split_at_checked(size)?;
            rest = behind;
            if head & 0x1f == 0x17 && size <= 4 {
                let mut string = [0; 4];
                string[..size].copy_from_slice(value);
                if let Some(name) = self.name(self.fields, *field) {
                    self.set(name, u32::from_le_bytes(string));
                }
            }
        }
        Some(())
    }

    /// Goes through the instructions of a method, and notes which registers hold texts.
    fn code(&mut self, code: &[u8]) -> Option<()> {
        let mut registers = [None; 256];
        let mut at = 0;
        while let Some(first) = short(code, at) {
            let units = units(code, at, first)?;
            let (op, high) = (first as u8, usize::from(first >> 8));
            let second = short(code, at + 2).map_or(0, u32::from);
            let third = short(code, at + 4).map_or(0, u32::from);
            at = units.checked_mul(2)?.checked_add(at)?;
            match op {
                0x1a => registers[high] = Some(second),
                0x1b => registers[high] = Some(third << 16 | second),
                // Fields of objects, and static ones
                0x5b | 0x69 => {
                    let register = if op == 0x5b { high & 15 } else { high };
                    let name = self.name(self.fields, second);
                    if let (Some(name), Some(text)) = (name, registers[register]) {
                        self.set(name, text);
                    }
                }
                0x6e..=0x72 => {
                    let count = (high >> 4).min(5);
                    let third = third as usize;
                    let all = [
                        third & 15,
                        third >> 4 & 15,
                        third >> 8 & 15,
                        third >> 12,
                        high & 15,
                    ];
                    let first = usize::from(op != 0x71).min(count);
                    let texts = all[first..count].iter().filter_map(|at| registers[*at]);
                    self.call(second, &texts.collect::<Vec<_>>());
                }
                0x74..=0x78 => {
                    let first = third as usize + usize::from(op != 0x77);
                    let end = third as usize + high;
                    let all = registers.get(first..end).unwrap_or_default();
                    let texts: Vec<u32> = all.iter().flatten().copied().collect();
                    self.call(second, &texts);
                }
                // What follows a return, a throw or a jump is reached from elsewhere.
                0x0e..=0x11 | 0x27..=0x2a => registers = [None; 256],
                // These write no register: tests, jumps on a condition, other stores.
                0x00 | 0x2b | 0x2c | 0x32..=0x3d | 0x4b..=0x51 | 0x59..=0x5f | 0x67..=0x6d => {}
                // The register is in four or in eight bits.
                _ => {
                    registers[high] = None;
                    registers[high & 15] = None;
                }
            }
        }
        Some(())
    }

    fn call(&mut self, method: u32, texts: &[u32]) {
        if texts.is_empty() {
            return;
        }
        let Some(name) = self.name(self.methods, method) else {
            return;
        };
        let Some(named) = self.find(name) else {
            return;
        };
        let mut values = Vec::new();
        for text in texts {
            let Some(value) = self.find(*text) else {
                return;
            };
            values.push(from_java(value));
        }
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        if self.lines.call(None, &from_java(named), &values) {
            self.told(name);
            for text in texts {
                self.told(*text);
            }
        }
    }

    /// Appends the strings that no line has. Returns None if one is damaged.
    fn strings(&mut self) -> Option<()> {
        // Strings do not share bytes.
        let mut left = self.bytes.len();
        let mut places = Vec::new();
        for at in 0..self.strings.count {
            let string = self.string(at as u32)?;
            left = left.checked_sub(string.len())?;
            if !self.is_told[at] {
                self.lines.line(&from_java(string));
            }
            let start = string.as_ptr() as usize - self.bytes.as_ptr() as usize;
            places.push(start..start + string.len());
        }
        places.sort_unstable_by_key(|place| place.start);
        let mut behind = 8;
        for place in places {
            let between = self.bytes.get(behind..place.start).unwrap_or_default();
            push_runs(&mut self.lines.out, between);
            behind = behind.max(place.end);
        }
        let end = number(self.bytes, 0x20).map_or(0, |size| size as usize);
        let end = end.min(self.bytes.len());
        push_runs(
            &mut self.lines.out,
            self.bytes.get(behind..end).unwrap_or_default(),
        );
        Some(())
    }
}

/// Returns the size of the instruction at `at`, in units of two bytes.
fn units(code: &[u8], at: usize, first: u16) -> Option<usize> {
    let size = |at: usize| short(code, at).map(usize::from);
    Some(match first as u8 {
        // Tables
        0x00 if first == 0x0100 => 2 * size(at + 2)? + 4,
        0x00 if first == 0x0200 => 4 * size(at + 2)? + 2,
        0x00 if first == 0x0300 => {
            let bytes = (number(code, at + 4)? as usize).checked_mul(size(at + 2)?)?;
            bytes.div_ceil(2) + 4
        }
        0x00 | 0x01 | 0x04 | 0x07 | 0x0a..=0x12 | 0x1d | 0x1e | 0x21 | 0x27 | 0x28 => 1,
        0x3e..=0x43 | 0x73 | 0x79 | 0x7a | 0x7b..=0x8f | 0xb0..=0xcf | 0xe3..=0xf9 => 1,
        0x02 | 0x05 | 0x08 | 0x13 | 0x15 | 0x16 | 0x19 | 0x1a | 0x1c | 0x1f | 0x20 | 0x22 => 2,
        0x23 | 0x29 | 0x2d..=0x3d | 0x44..=0x6d | 0x90..=0xaf | 0xd0..=0xe2 | 0xfe | 0xff => 2,
        0x03 | 0x06 | 0x09 | 0x14 | 0x17 | 0x1b | 0x24..=0x26 | 0x2a..=0x2c => 3,
        0x6e..=0x72 | 0x74..=0x78 | 0xfc | 0xfd => 3,
        0xfa | 0xfb => 4,
        0x18 => 5,
    })
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let (bytes, ended) = whole(input, members)?;
    let Some(mut file) = File::new(&bytes) else {
        members.rest(&bytes);
        ended?;
        return Err(input.damaged("its tables are damaged or cut off"));
    };
    file.classes();
    let strings = file.strings();
    members.rest(&file.lines.out);
    if strings.is_none() {
        members.rest(&bytes);
        ended?;
        return Err(input.damaged("a text in it is damaged or cut off"));
    }
    // What stands behind the file.
    let size = number(&bytes, 0x20).map_or(0, |size| size.max(HEADER) as usize);
    members.rest(bytes.get(size..).unwrap_or_default());
    ended?;
    if size > bytes.len() {
        return Err(input.damaged("it is cut off"));
    }
    match file.lines.is_cut {
        true => Err(input.trouble(Class::Limit, CUT)),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{damage, open};
    use super::*;

    /// A file with one class: a static field, a field, a method, and its code.
    fn file(code: &[u16]) -> Vec<u8> {
        let strings: [&[u8]; 5] = [
            b"API_KEY",
            b"secret",
            b"setKey",
            b"value \xc0\x80",
            b"other",
        ];
        let mut bytes = vec![0; 0x70];
        bytes[..8].copy_from_slice(b"dex\n039\0");
        bytes[0x24] = 0x70;
        bytes[0x28..0x2c].copy_from_slice(&0x1234_5678_u32.to_le_bytes());
        let table = |bytes: &mut Vec<u8>, header: usize, count: u32, content: &[u8]| {
            let at = bytes.len() as u32;
            bytes[header..header + 4].copy_from_slice(&count.to_le_bytes());
            bytes[header + 4..header + 8].copy_from_slice(&at.to_le_bytes());
            bytes.extend_from_slice(content);
        };
        let names = bytes.len();
        table(&mut bytes, 0x38, 5, &[0; 20]);
        table(
            &mut bytes,
            0x50,
            2,
            &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0],
        );
        table(&mut bytes, 0x58, 1, &[0, 0, 0, 0, 2, 0, 0, 0]);
        let class = bytes.len();
        table(&mut bytes, 0x60, 1, &[0; 32]);
        for (at, string) in strings.iter().enumerate() {
            let start = (bytes.len() as u32).to_le_bytes();
            bytes[names + 4 * at..names + 4 * at + 4].copy_from_slice(&start);
            bytes.push(string.len() as u8);
            bytes.extend_from_slice(string);
            bytes.push(0);
        }
        let body = bytes.len();
        bytes.extend([0; 12]);
        bytes.extend((code.len() as u32).to_le_bytes());
        bytes.extend(code.iter().flat_map(|unit| unit.to_le_bytes()));
        let values = (bytes.len() as u32).to_le_bytes();
        bytes[class + 28..class + 32].copy_from_slice(&values);
        bytes.extend([1, 0x17, 3]);
        let data = (bytes.len() as u32).to_le_bytes();
        bytes[class + 24..class + 28].copy_from_slice(&data);
        bytes.extend([1, 1, 1, 0, 0, 8, 1, 8, 0, 0]);
        bytes.extend([body as u8 & 0x7f | 0x80, (body >> 7) as u8]);
        let size = bytes.len() as u32;
        bytes[0x20..0x24].copy_from_slice(&size.to_le_bytes());
        bytes
    }

    #[test]
    fn names_and_texts_stand_in_one_line() {
        // secret = "other"; this.setKey("other"), then a return, after which nothing is known.
        let code = [0x011a, 4, 0x015b, 1, 0x206e, 0, 0x0010, 0x000e, 0x015b, 1];
        let file = file(&code);
        assert_eq!(Format::of(&file), Some(Format::Dex));
        let opened = open(&[&file[..], b"behind"].concat());
        assert_eq!(opened.shut, []);
        let lines = String::from_utf8(opened.rest).unwrap();
        let expected = "API_KEY = \"value \\x00\"\nsecret = \"other\"\nsetKey(\"other\")\nbehind";
        assert_eq!(lines, expected);
        damage(&file);
    }

    #[test]
    fn strings_without_names_stand_alone_and_damage_is_told() {
        let file = file(&[0x0018]);
        let opened = open(&file);
        assert_eq!(opened.shut, []);
        let lines = String::from_utf8(opened.rest).unwrap();
        assert_eq!(lines, "API_KEY = \"value \\x00\"\nsecret\nsetKey\nother\n");
        let cut = open(&file[..file.len() - 30]);
        assert_eq!(cut.shut, [(String::new(), Class::Damaged)]);
        assert!(cut.has("other"));
    }

    #[test]
    fn tables_of_code_are_passed_over() {
        let code =
            |units: &[u16]| -> Vec<u8> { units.iter().flat_map(|u| u.to_le_bytes()).collect() };
        assert_eq!(units(&code(&[0x0100, 3]), 0, 0x0100), Some(10));
        assert_eq!(units(&code(&[0x0200, 3]), 0, 0x0200), Some(14));
        assert_eq!(units(&code(&[0x0300, 1, 5, 0]), 0, 0x0300), Some(7));
        assert!(!begins(b"dex\n039\0 is what a file begins with"));
    }
}

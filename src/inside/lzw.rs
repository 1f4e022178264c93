//! The streams of Unix `compress` (`.Z`).
//!
//! Sources: T. Welch, "A Technique for High-Performance Data Compression", 1984, and the manual and
//! the public domain sources of `compress` 4.0 for what a stream looks like: codes of 9 to 16
//! bits, the lowest bit first, in groups of eight of the same length.

use std::io::{self, BufRead, Read};

/// The code that empties the table.
const CLEAR: u16 = 256;
/// The bits of the first codes.
const FIRST: u32 = 9;

/// Whether bytes begin as a stream does: with its mark, and a largest code that there is.
pub(super) fn begins(bytes: &[u8]) -> bool {
    matches!(bytes, [0x1f, 0x9d, flags, ..] if flags & 0x60 == 0 && (9..=16).contains(&(flags & 0x1f)))
}

/// Unpacks a stream. It ends where its source does.
pub(super) struct Lzw<R> {
    input: R,
    /// None: the header is not read yet.
    table: Option<Box<Table>>,
    /// What a code stands for, its last byte first.
    ready: Vec<u8>,
    /// Codes of the same length.
    group: [u8; 16],
    /// Where the next code of the group begins, and the last one may begin, in bits.
    at: u32,
    end: u32,
}

/// What codes stand for: that of another code, and one more byte.
struct Table {
    before: [u16; 1 << 16],
    byte: [u8; 1 << 16],
    /// The codes in use.
    len: u32,
    bits: u32,
    most_bits: u32,
    has_clear: bool,
    is_cleared: bool,
    /// The code before, and the first byte of what it stands for.
    last: Option<(u16, u8)>,
}

impl<R: BufRead> Lzw<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            table: None,
            ready: Vec::new(),
            group: [0; 16],
            at: 0,
            end: 0,
        }
    }

    pub(super) fn into_inner(self) -> R {
        self.input
    }

    /// Fills `ready` with what the next code stands for. Returns false at the end.
    fn refill(&mut self) -> io::Result<bool> {
        let damaged = || io::Error::from(io::ErrorKind::InvalidData);
        let mut table = match self.table.take() {
            Some(table) => table,
            None => {
                let mut header = [0; 3];
                self.input.read_exact(&mut header)?;
                // Those who pack with codes of 9 bits only do not agree on what follows the first
                // 512, and unpack nothing but rubbish.
                if !begins(&header) || header[2] & 0x1f == 9 {
                    return Err(damaged());
                }
                Box::new(Table::new(header[2]))
            }
        };
        let code = self.code(&mut table)?;
        let Some(mut code) = code else {
            self.table = Some(table);
            return Ok(false);
        };
        if code == CLEAR && table.has_clear {
            table.is_cleared = true;
            // The next code makes an entry that nothing names.
            table.len = CLEAR.into();
            match self.code(&mut table)? {
                Some(next) if next < CLEAR => code = next,
                Some(_) => return Err(damaged()),
                None => {
                    self.table = Some(table);
                    return Ok(false);
                }
            }
        }
        table.entry(code, &mut self.ready).ok_or_else(damaged)?;
        self.table = Some(table);
        Ok(true)
    }

    /// Returns the next code.
    fn code(&mut self, table: &mut Table) -> io::Result<Option<u16>> {
        let is_full = table.len >= 1 << table.bits && table.bits < table.most_bits;
        if table.is_cleared || is_full || self.at >= self.end {
            // What is left of a group when the length changes is filling.
            if is_full {
                table.bits += 1;
            }
            if table.is_cleared {
                table.bits = FIRST;
                table.is_cleared = false;
            }
            let mut len = 0;
            while len < table.bits as usize {
                match self.input.read(&mut self.group[len..table.bits as usize]) {
                    Ok(0) => break,
                    Ok(n) => len += n,
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(e),
                }
            }
            self.at = 0;
            self.end = (8 * len as u32).saturating_sub(table.bits - 1);
            self.group[len..].fill(0);
            if self.end == 0 {
                return Ok(None);
            }
        }
        let from = (self.at / 8) as usize;
        let bits = self.group.iter().skip(from).take(3).rev();
        let bits = bits.fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let code = bits >> (self.at % 8) & ((1 << table.bits) - 1);
        self.at += table.bits;
        Ok(Some(code as u16))
    }
}

impl Table {
    fn new(flags: u8) -> Self {
        let has_clear = flags & 0x80 != 0;
        let mut byte = [0; 1 << 16];
        for (code, byte) in byte.iter_mut().enumerate().take(256) {
            *byte = code as u8;
        }
        Self {
            before: [0; 1 << 16],
            byte,
            len: u32::from(CLEAR) + u32::from(has_clear),
            bits: FIRST,
            most_bits: u32::from(flags & 0x1f),
            has_clear,
            is_cleared: false,
            last: None,
        }
    }

    /// Appends what a code stands for, its last byte first, and makes the entry that it gives.
    /// None: there is no such code.
    fn entry(&mut self, code: u16, out: &mut Vec<u8>) -> Option<()> {
        let mut at = code;
        let known = match self.last {
            Some(_) => self.len,
            None => CLEAR.into(),
        };
        if u32::from(code) >= known {
            // The entry that this code itself makes.
            let (last, first) = self.last.filter(|_| u32::from(code) == self.len)?;
            out.push(first);
            at = last;
        }
        while at >= CLEAR {
            // Each entry is longer than the one that it names.
            if out.len() > 1 << 16 {
                return None;
            }
            out.push(self.byte[usize::from(at)]);
            at = self.before[usize::from(at)];
        }
        let first = at as u8;
        out.push(first);
        if let Some((last, _)) = self.last
            && self.len < 1 << self.most_bits
        {
            self.before[self.len as usize] = last;
            self.byte[self.len as usize] = first;
            self.len += 1;
        }
        self.last = Some((code, first));
        Some(())
    }
}

impl<R: BufRead> Read for Lzw<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut n = 0;
        while n < buffer.len() {
            if let Some(byte) = self.ready.pop() {
                buffer[n] = byte;
                n += 1;
                continue;
            }
            // What is unpacked counts, also if the next code is damaged.
            match self.refill() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if n == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::testing::{damage, open};
    use super::super::{Class, Format};
    use super::*;

    /// Packs as `compress -b` does, and empties the table at 20,000 bytes if it may.
    fn packed(text: &[u8], most_bits: u32, has_clear: bool) -> Vec<u8> {
        let mut out = vec![
            0x1f,
            0x9d,
            most_bits as u8 | if has_clear { 0x80 } else { 0 },
        ];
        let (mut bits, mut held, mut group) = (FIRST, Vec::new(), 0);
        let mut put = |code: u32, bits: u32, ends: bool, out: &mut Vec<u8>| {
            held.extend((0..bits).map(|bit| code >> bit & 1 == 1));
            group += 1;
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
        let first = 256 + u32::from(has_clear);
        let (mut table, mut next) = (HashMap::new(), first);
        let mut last: Option<u32> = None;
        let mut is_cleared = false;
        for (at, byte) in text.iter().enumerate() {
            let Some(code) = last else {
                last = Some(u32::from(*byte));
                continue;
            };
            if let Some(known) = table.get(&(code, *byte)) {
                last = Some(*known);
                continue;
            }
            let grows = |next: u32, bits: u32| next >= 1 << bits && bits < most_bits;
            put(code, bits, grows(next, bits), &mut out);
            if grows(next, bits) {
                bits += 1;
            }
            if next < 1 << most_bits {
                table.insert((code, *byte), next);
                next += 1;
            }
            last = Some(u32::from(*byte));
            if has_clear && at > 20_000 && !is_cleared {
                is_cleared = true;
                put(u32::from(CLEAR), bits, true, &mut out);
                table.clear();
                (bits, next) = (FIRST, first);
            }
        }
        if let Some(code) = last {
            put(code, bits, false, &mut out);
        }
        // The last codes are filled up to a byte only, so that no other follows.
        for byte in held.chunks(8) {
            out.push((0..byte.len()).map(|bit| u8::from(byte[bit]) << bit).sum());
        }
        out
    }

    fn sample() -> Vec<u8> {
        let lines =
            (0..6000_u32).map(|n| format!("line {} of text {n}\n", n.wrapping_mul(2_654_435_761)));
        lines.collect::<String>().into_bytes()
    }

    #[test]
    fn streams_are_unpacked() {
        let text = sample();
        for (most_bits, has_clear) in [(16, true), (16, false), (12, true), (10, true)] {
            let bytes = packed(&text, most_bits, has_clear);
            assert!(bytes.len() < text.len());
            assert!(matches!(Format::of(&bytes), Some(Format::Stream(_))));
            let opened = open(&bytes);
            assert!(
                opened.members == [(String::new(), text.clone())],
                "{most_bits} {has_clear}"
            );
            assert_eq!(opened.shut, []);
        }
        assert_eq!(open(&packed(b"aaaaaaa", 16, true)).text(""), "aaaaaaa");
        assert_eq!(open(&packed(b"", 16, true)).text(""), "");
        damage(&packed(&text[..300], 16, true));
    }

    #[test]
    fn damage_is_told() {
        let bytes = packed(&sample()[..3000], 16, true);
        let mut wrong = bytes.clone();
        let half = bytes.len() / 2;
        wrong[half..].fill(0xff);
        let opened = open(&wrong);
        assert_eq!(opened.shut, [(String::new(), Class::Damaged)]);
        assert!(opened.has("line 0 of text 0\n"));
        let nine = open(&packed(b"text", 9, true));
        assert_eq!(nine.shut, [(String::new(), Class::Damaged)]);
        assert!(!begins(b"\x1f\x9d\x88") && !begins(b"\x1f\x9d\xb0"));
    }
}

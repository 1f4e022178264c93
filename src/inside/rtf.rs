//! RTF: text between control words, and pictures and objects as hexadecimal digits.
//!
//! Source: Rich Text Format (RTF) Specification, version 1.9.1.

use std::io::{self, Read};

use super::Members;
use super::budget::HELD;
use super::input::{Input, hand_out};
use super::rest;
use super::trouble::Class;

/// The longest control word that there is, in bytes. What is longer is text.
const WORD: usize = 32;

/// The deepest group that changes what its inner groups are.
const DEPTH: usize = 1024;

/// Whether content begins as a document does.
pub(super) fn begins(head: &[u8]) -> bool {
    matches!(
        head,
        [
            b'{',
            b'\\',
            b'r',
            b't',
            b'f',
            b'0'..=b'9',
            b'\\' | b'0'..=b'9' | b' ' | b'{' | b'\r' | b'\n',
            ..
        ]
    )
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let mut text = Text {
        input,
        out: Vec::new(),
        at: 0,
        groups: Vec::new(),
        deeper: 0,
        skip: 0,
        high: None,
        objects: Vec::new(),
        held: 0,
        digit: None,
        is_over: false,
        ended: false,
    };
    members.member(b"", &mut text)?;
    // Objects are found even if nobody reads the text.
    let drained = io::copy(&mut text, &mut io::sink());
    let is_cut = !text.groups.is_empty();
    for (number, object) in (1..).zip(&text.objects) {
        if !object.is_empty() {
            let name = format!("object {number}");
            members.member(name.as_bytes(), &mut &object[..])?;
        }
    }
    if text.is_over {
        members.shut(b"objects", Class::Limit, 0);
    }
    drained?;
    // What stands behind the document is passed on as it is.
    rest::behind(input, members)?;
    match is_cut {
        true => Err(input.damaged("the document is cut off")),
        false => Ok(()),
    }
}

/// What is true in a group.
#[derive(Clone, Copy)]
struct Group {
    /// How many characters stand for one of Unicode, for programs that do not know it.
    fallback: u8,
    /// Digits are the bytes of an object.
    is_object: bool,
    /// It is no part of the text around it.
    is_apart: bool,
}

struct Text<'i, 'a> {
    input: &'i mut Input<'a>,
    out: Vec<u8>,
    /// How much of `out` was returned.
    at: usize,
    groups: Vec<Group>,
    /// How many more groups are open.
    deeper: u64,
    /// How many characters to leave out.
    skip: u8,
    /// The first half of a character.
    high: Option<u16>,
    objects: Vec<Vec<u8>>,
    /// The size of all objects.
    held: usize,
    digit: Option<u8>,
    is_over: bool,
    ended: bool,
}

impl Read for Text<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.out.len() && !self.ended {
            self.out.clear();
            self.at = 0;
            // Most steps write a single character.
            while self.out.len() < 4096 && !self.ended {
                self.step()?;
            }
        }
        Ok(hand_out(&self.out, &mut self.at, buffer))
    }
}

impl Text<'_, '_> {
    fn step(&mut self) -> io::Result<()> {
        let is_object = self.groups.last().is_some_and(|group| group.is_object);
        let next = self.input.peek(WORD + 16)?;
        let Some(first) = next.first().copied() else {
            self.ended = true;
            return Ok(());
        };
        match first {
            b'{' => {
                self.input.take(1);
                self.begin();
            }
            b'}' => {
                self.input.take(1);
                return self.end();
            }
            b'\\' => return self.control(),
            b'\r' | b'\n' => self.input.take(1),
            _ if is_object && first.is_ascii_hexdigit() => {
                self.input.take(1);
                let value = (first as char).to_digit(16).unwrap_or(0) as u8;
                match self.digit.take() {
                    Some(high) => self.object(&[high << 4 | value]),
                    None => self.digit = Some(value),
                }
            }
            _ => {
                let plain = |b: &&u8| !matches!(b, b'{' | b'}' | b'\\' | b'\r' | b'\n');
                let len = match is_object || self.skip > 0 {
                    true => 1,
                    false => next.iter().take_while(plain).count(),
                };
                let text = next[..len].to_vec();
                self.input.take(len);
                self.text(&text);
            }
        }
        Ok(())
    }

    fn begin(&mut self) {
        self.skip = 0;
        if self.groups.len() >= DEPTH {
            self.deeper += 1;
            return;
        }
        let group = self.groups.last().copied();
        let mut group = group.unwrap_or(Group {
            fallback: 1,
            is_object: false,
            is_apart: false,
        });
        group.is_apart = false;
        self.groups.push(group);
    }

    fn end(&mut self) -> io::Result<()> {
        self.skip = 0;
        self.digit = None;
        if self.deeper > 0 {
            self.deeper -= 1;
            return Ok(());
        }
        if self.groups.pop().is_some_and(|group| group.is_apart) {
            self.line();
        }
        self.ended |= self.groups.is_empty();
        Ok(())
    }

    /// Ends a line.
    fn line(&mut self) {
        if self.out.last() != Some(&b'\n') {
            self.out.push(b'\n');
        }
    }

    fn object(&mut self, bytes: &[u8]) {
        if self.held + bytes.len() > HELD {
            self.is_over = true;
            return;
        }
        self.held += bytes.len();
        if let Some(object) = self.objects.last_mut() {
            object.extend_from_slice(bytes);
        }
    }

    fn text(&mut self, text: &[u8]) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        self.high = None;
        self.out.extend_from_slice(text);
    }

    fn char(&mut self, unit: u16) {
        let units = [self.high.take().unwrap_or(unit), unit];
        let units = if units[0] == unit {
            &units[1..]
        } else {
            &units[..]
        };
        match char::decode_utf16(units.iter().copied()).next() {
            Some(Ok(char)) => {
                self.out
                    .extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => self.high = Some(unit),
        }
    }

    /// Reads what begins with a backslash.
    fn control(&mut self) -> io::Result<()> {
        let next = self.input.peek(WORD + 16)?;
        let second = next.get(1).copied().unwrap_or(b'\\');
        if !second.is_ascii_alphabetic() {
            let hex = next
                .get(2..4)
                .and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
            let len = match (second, hex) {
                (b'\'', Some(_)) => 4,
                _ => next.len().min(2),
            };
            self.input.take(len);
            match (second, hex) {
                (b'\'', Some(byte)) => {
                    self.text(char::from(byte).encode_utf8(&mut [0; 4]).as_bytes())
                }
                (b'~', _) => self.text(b" "),
                (b'_', _) => self.text(b"-"),
                (b'\r' | b'\n', _) => self.line(),
                (b'*', _) => {
                    if let Some(group) = self.groups.last_mut() {
                        group.is_apart = true;
                    }
                }
                (b'-' | b':' | b'|', _) => {}
                (other, _) => self.text(&[other]),
            }
            return Ok(());
        }
        let letters = next[1..]
            .iter()
            .take_while(|b| b.is_ascii_alphabetic())
            .count();
        if letters > WORD {
            let text = next[..=letters].to_vec();
            self.input.take(text.len());
            self.text(&text);
            return Ok(());
        }
        let word = next[1..=letters].to_vec();
        let rest = next.get(letters + 1..).unwrap_or_default();
        let sign = usize::from(rest.first() == Some(&b'-'));
        let digits = rest[sign..]
            .iter()
            .take(10)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let mut len = letters + 1;
        let mut number = None;
        if digits > 0 {
            let text = std::str::from_utf8(&rest[..sign + digits]).ok();
            number = text.and_then(|text| text.parse::<i64>().ok());
            len += sign + digits;
        }
        // A blank only ends the word.
        if next.get(len) == Some(&b' ') {
            len += 1;
        }
        self.input.take(len);
        self.word(&word, number)
    }

    fn word(&mut self, word: &[u8], number: Option<i64>) -> io::Result<()> {
        match word {
            b"par" | b"line" | b"row" | b"sect" | b"page" | b"column" => self.line(),
            b"tab" | b"cell" => self.text(b"\t"),
            b"emspace" | b"enspace" => self.text(b" "),
            b"lquote" | b"rquote" => self.text(b"'"),
            b"ldblquote" | b"rdblquote" => self.text(b"\""),
            b"endash" | b"emdash" => self.text(b"-"),
            b"uc" => {
                if let Some(group) = self.groups.last_mut() {
                    group.fallback = number.unwrap_or(1).clamp(0, 16) as u8;
                }
            }
            b"u" => {
                self.skip = 0;
                self.char(number.unwrap_or(0) as u16);
                self.skip = self.groups.last().map_or(1, |group| group.fallback);
            }
            b"pict" | b"objdata" => {
                if let Some(group) = self.groups.last_mut() {
                    group.is_object = true;
                    if self.objects.len() < 1 << 16 {
                        self.objects.push(Vec::new());
                    }
                }
            }
            b"bin" => {
                let mut left = number.unwrap_or(0).max(0) as usize;
                while left > 0 {
                    let next = self.input.peek(1)?;
                    let len = next.len().min(left);
                    if len == 0 {
                        break;
                    }
                    let bytes = next[..len].to_vec();
                    self.input.take(len);
                    if self.objects.is_empty() {
                        self.objects.push(Vec::new());
                    }
                    self.object(&bytes);
                    left -= len;
                }
            }
            b"fonttbl" | b"stylesheet" | b"info" | b"title" | b"author" | b"operator"
            | b"subject" | b"keywords" | b"doccomm" | b"header" | b"footer" | b"footnote"
            | b"comment" => {
                if let Some(group) = self.groups.last_mut() {
                    group.is_apart = true;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::open;
    use super::super::whole::damage_some;
    use super::*;

    #[test]
    fn text_is_read_without_its_control_words() {
        let sample = b"{\\rtf1\\ansi\\uc1{\\fonttbl{\\f0 Arial;}}{\\info{\\title a title}}\n\
            \\pard pass{\\b wo\nrd} = \\'e9\\u8364?\\u-10179?\\u-8704?\\{x\\}\\par\n\
            {\\field{\\*\\fldinst HYPERLINK \"https://a.b/\"}{\\fldrslt link}}\\line next\\cell cell\\row\n\
            {\\object{\\*\\objdata 01 0a7365\n63726574}}{\\pict\\pngblip 7069}\\par end}behind\n";
        let opened = open(sample);
        let text = opened.text("");
        assert!(
            text.contains("Arial;\na title\npassword = \u{e9}\u{20ac}\u{1f600}{x}\n"),
            "{text}"
        );
        assert!(
            text.contains("HYPERLINK \"https://a.b/\"\nlink\nnext\tcell\n"),
            "{text}"
        );
        assert!(text.ends_with("\nend"), "{text}");
        assert_eq!(opened.rest, b"behind\n");
        assert_eq!(opened.text("object 1"), "\u{1}\nsecret");
        assert_eq!(opened.text("object 2"), "pi");
        assert!(opened.shut.is_empty());
        assert_eq!(open(&sample[..100]).shut, [(String::new(), Class::Damaged)]);
        damage_some(sample);
        open(
            &[
                b"{\\rtf1 ".to_vec(),
                b"{".repeat(10_000),
                b"}".repeat(10_001),
            ]
            .concat(),
        );
        open(b"{\\rtf1 \\bin99999999999 x");
        assert!(!begins(b"{\\rtf is how RTF begins"));
    }
}

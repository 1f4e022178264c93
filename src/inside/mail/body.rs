//! The content of a part that is encoded.

use std::io::{self, Read};

use super::super::input::{Input, hand_out};
use super::Around;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Base64,
    QuotedPrintable,
}

impl Encoding {
    /// Returns the encoding that a header names. None: the content is not encoded.
    pub(super) fn of(value: &[u8]) -> Option<Self> {
        let value = value.trim_ascii();
        if value.eq_ignore_ascii_case(b"base64") {
            Some(Encoding::Base64)
        } else if value.eq_ignore_ascii_case(b"quoted-printable") {
            Some(Encoding::QuotedPrintable)
        } else {
            None
        }
    }
}

/// A line up to this length, in bytes, is decoded or not as a whole.
const LINE: usize = 1024;

/// Reads a part up to its edge, and decodes it. Lines that are not encoded as they should be are
/// passed on as they are.
pub(super) struct Body<'m, 'a> {
    input: &'m mut Input<'a>,
    around: &'m Around,
    encoding: Encoding,
    base64: Base64,
    ready: Vec<u8>,
    at: usize,
    is_line_start: bool,
    is_behind_blank: bool,
    is_done: bool,
    /// The lines read.
    pub(super) lines: u64,
}

impl<'m, 'a> Body<'m, 'a> {
    pub(super) fn new(input: &'m mut Input<'a>, around: &'m Around, encoding: Encoding) -> Self {
        Self {
            input,
            around,
            encoding,
            base64: Base64::default(),
            ready: Vec::new(),
            at: 0,
            is_line_start: true,
            is_behind_blank: true,
            is_done: false,
            lines: 0,
        }
    }

    /// Decodes the next line, or a long piece of it.
    fn refill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.at = 0;
        if self.is_line_start
            && self
                .around
                .edge(self.input, self.is_behind_blank)?
                .is_some()
        {
            self.is_done = true;
            return Ok(());
        }
        // A short line is decoded as a whole.
        let next = self.input.peek(if self.is_line_start { LINE } else { 1 })?;
        let end = memchr::memchr(b'\n', next);
        let mut len = end.map_or(next.len(), |end| end + 1);
        if len == 0 {
            self.is_line_start = true;
            return Ok(());
        }
        if end.is_none() && self.encoding == Encoding::QuotedPrintable {
            // What stands for one byte is not torn.
            let tail = next[len.saturating_sub(2)..len]
                .iter()
                .position(|b| *b == b'=');
            if let Some(at) = tail {
                let keep = len.saturating_sub(2) + at;
                if keep > 0 {
                    len = keep;
                } else {
                    let more = self.input.peek(4)?;
                    let end = memchr::memchr(b'\n', more);
                    len = end.map_or(more.len().min(4), |end| end + 1);
                }
            }
        }
        let next = self.input.peek(len)?;
        let piece = &next[..len.min(next.len())];
        let len = piece.len();
        match self.encoding {
            Encoding::Base64 => self.base64.line(piece, &mut self.ready),
            Encoding::QuotedPrintable => quoted(piece, &mut self.ready),
        }
        let has_end = piece.ends_with(b"\n");
        self.is_behind_blank = self.is_line_start && has_end && piece.trim_ascii().is_empty();
        self.is_line_start = has_end;
        self.lines += u64::from(has_end);
        self.input.take(len);
        Ok(())
    }
}

impl Read for Body<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() && !self.is_done {
            self.refill()?;
        }
        Ok(hand_out(&self.ready, &mut self.at, buffer))
    }
}

/// The bits of base64 that do not make a byte yet.
#[derive(Default)]
pub(super) struct Base64 {
    bits: u32,
    count: u32,
    /// Whether padding ended the content. What follows is text.
    is_ended: bool,
}

fn sextet(byte: u8) -> Option<u32> {
    Some(match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

impl Base64 {
    /// Decodes a line, or passes it on if it is none of base64.
    fn line(&mut self, line: &[u8], out: &mut Vec<u8>) {
        let content = line.trim_ascii();
        if content.is_empty() {
            return;
        }
        let padding = content.iter().rev().take_while(|b| **b == b'=').count();
        let (content, padding) = content.split_at(content.len() - padding);
        let is_base64 = padding.len() <= 2 && content.iter().all(|b| sextet(*b).is_some());
        if !is_base64 || self.is_ended {
            out.extend_from_slice(line);
            return;
        }
        self.digits(content, out);
        if !padding.is_empty() {
            // What is left makes no byte.
            (self.bits, self.count) = (0, 0);
            self.is_ended = true;
        }
    }

    pub(super) fn digits(&mut self, digits: &[u8], out: &mut Vec<u8>) {
        for digit in digits.iter().filter_map(|b| sextet(*b)) {
            self.bits = self.bits << 6 | digit;
            self.count += 6;
            if self.count >= 8 {
                self.count -= 8;
                out.push((self.bits >> self.count) as u8);
                self.bits &= (1 << self.count) - 1;
            }
        }
    }
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// Decodes a line of quoted-printable.
fn quoted(line: &[u8], out: &mut Vec<u8>) {
    let mut rest = line;
    // Spaces at the end of a line were added on the way.
    if let Some(text) = rest.strip_suffix(b"\n") {
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let kept = text.trim_ascii_end();
        if let Some(kept) = kept.strip_suffix(b"=") {
            // The line goes on in the next one.
            rest = kept;
        }
    }
    quoted_text(rest, out);
}

/// Decodes bytes that stand as `=41`. Others are passed on.
pub(super) fn quoted_text(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'=', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        if let [_, high, low, behind @ ..] = rest
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high << 4 | low);
            rest = behind;
        } else {
            out.push(b'=');
            rest = &rest[1..];
        }
    }
    out.extend_from_slice(rest);
}

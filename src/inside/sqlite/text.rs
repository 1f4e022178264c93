//! Rows as text: each value behind the name of its column.

use std::io::Write;

use super::super::pieces::Pieces;
use super::page::{Encoding, Value};
use super::schema::Columns;

/// From here on, in bytes, a text is a member of its own.
const LARGE: u64 = 1 << 20;

/// Where values of rows are written.
pub(super) struct Writer<'a> {
    pub(super) data: &'a [u8],
    pub(super) encoding: Encoding,
    pub(super) out: Vec<u8>,
    /// Values that become members of their own.
    pub(super) large: Vec<Large>,
    /// Whether a value is opened as a container.
    pub(super) is_container: fn(&[u8]) -> bool,
}

/// A value that becomes a member of its own.
pub(super) struct Large {
    pub(super) column: Vec<u8>,
    /// Bytes in front of it, which tell how it is encoded.
    pub(super) mark: &'static [u8],
    pub(super) pieces: Pieces,
}

impl<'a> Writer<'a> {
    pub(super) fn new(data: &'a [u8], encoding: Encoding) -> Self {
        Self {
            data,
            encoding,
            out: Vec::new(),
            large: Vec::new(),
            is_container: |_| false,
        }
    }

    fn large(&mut self, column: &[u8], mark: &'static [u8], pieces: &Pieces) {
        self.large.push(Large {
            column: column.to_vec(),
            mark,
            pieces: pieces.clone(),
        });
    }

    /// Writes a row.
    pub(super) fn row(&mut self, values: &[Value], columns: &Columns) {
        let start = self.out.len();
        // A row of settings tells in one column what stands in the other.
        let mut told: Option<Vec<u8>> = None;
        for (index, value) in values.iter().enumerate() {
            let name = columns.names.get(index).map_or(&[][..], Vec::as_slice);
            match value {
                Value::Null => {}
                Value::Integer(number) => {
                    label(&mut self.out, name);
                    let _ = writeln!(self.out, "{number}");
                }
                Value::Real(number) => {
                    label(&mut self.out, name);
                    let _ = writeln!(self.out, "{number}");
                }
                Value::Text(pieces) if pieces.len() > LARGE => {
                    let mark: &[u8] = match self.encoding {
                        Encoding::Utf16Le => b"\xff\xfe",
                        Encoding::Utf16Be => b"\xfe\xff",
                        Encoding::Utf8 | Encoding::Unknown => b"",
                    };
                    self.large(name, mark, pieces);
                }
                Value::Text(pieces) => {
                    let bytes = pieces.bytes(self.data);
                    let text = decoded(&bytes, self.encoding);
                    let is_value = ends(name, &[b"value", b"val", b"data", b"v"]);
                    let key = told.as_deref().filter(|_| is_value).unwrap_or(name);
                    assign(&mut self.out, key, &text);
                    if ends(name, &[b"name", b"key", b"k", b"option", b"setting"]) && is_key(&text)
                    {
                        told = Some(text);
                    }
                }
                Value::Blob(pieces) => self.blob(name, pieces),
            }
        }
        if self.out.len() > start {
            self.out.push(b'\n');
        }
    }

    fn blob(&mut self, name: &[u8], pieces: &Pieces) {
        if pieces.len() > LARGE {
            self.large(name, b"", pieces);
            return;
        }
        let bytes = pieces.bytes(self.data);
        if (self.is_container)(&bytes) {
            self.large(name, b"", pieces);
            return;
        }
        let is_text = |b: &u8| *b >= b' ' || matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
        if bytes.iter().all(is_text) && std::str::from_utf8(&bytes).is_ok() {
            assign(&mut self.out, name, &bytes);
        } else {
            let text = printable(&bytes);
            if !text.is_empty() {
                assign(&mut self.out, name, &text);
            }
        }
    }
}

/// Writes what stands in front of a value.
fn label(out: &mut Vec<u8>, name: &[u8]) {
    if !name.is_empty() {
        out.extend_from_slice(name);
        out.extend_from_slice(b" = ");
    }
}

/// Writes a text as it is: in quotes that do not occur in it, or in lines of its own.
fn assign(out: &mut Vec<u8>, name: &[u8], text: &[u8]) {
    let start = out.len();
    label(out, name);
    let quote = [b'"', b'\'', b'`']
        .into_iter()
        .find(|quote| memchr::memchr(*quote, text).is_none());
    match quote {
        _ if name.is_empty() => out.extend_from_slice(text),
        Some(quote) if memchr::memchr2(b'\n', b'\r', text).is_none() => {
            out.push(quote);
            out.extend_from_slice(text);
            out.push(quote);
        }
        _ => {
            out.push(b'\n');
            out.extend_from_slice(text);
        }
    }
    // A NUL would make all of it binary.
    for byte in &mut out[start..] {
        if *byte == 0 {
            *byte = b'\n';
        }
    }
    out.push(b'\n');
}

/// Whether a name is one of `words`, or ends with one behind `_`, in any case of letters.
fn ends(name: &[u8], words: &[&[u8]]) -> bool {
    words.iter().any(|word| {
        let at = name.len().checked_sub(word.len());
        at.is_some_and(|at| {
            name[at..].eq_ignore_ascii_case(word)
                && (at == 0 || matches!(name[at - 1], b'_' | b'-'))
        })
    })
}

/// Whether a text may name a value.
fn is_key(text: &[u8]) -> bool {
    (2..=64).contains(&text.len())
        && text
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':' | b'/'))
}

/// Returns a text as UTF-8.
pub(super) fn decoded(bytes: &[u8], encoding: Encoding) -> Vec<u8> {
    let encoding = match encoding {
        Encoding::Unknown => guess(bytes),
        known => known,
    };
    let unit = match encoding {
        Encoding::Utf8 | Encoding::Unknown => return bytes.to_vec(),
        Encoding::Utf16Le => u16::from_le_bytes,
        Encoding::Utf16Be => u16::from_be_bytes,
    };
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    text.into_bytes()
}

/// Returns the encoding that the zeros in a text tell.
fn guess(bytes: &[u8]) -> Encoding {
    let zeros = |first: usize| {
        bytes
            .iter()
            .skip(first)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    match (zeros(0), zeros(1)) {
        (even, odd) if even > odd && even * 4 > bytes.len() => Encoding::Utf16Be,
        (even, odd) if odd > even && odd * 4 > bytes.len() => Encoding::Utf16Le,
        _ => Encoding::Utf8,
    }
}

/// The fewest characters of a text among other bytes.
const RUN: usize = 4;

/// Returns the printable stretches of binary content, each in a line. Characters of UTF-16 in
/// ASCII are read too.
pub(super) fn printable(bytes: &[u8]) -> Vec<u8> {
    let is_text = |b: u8| matches!(b, b' '..=b'~' | b'\t');
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let narrow = rest.iter().take_while(|b| is_text(**b)).count();
        let wide = rest
            .chunks_exact(2)
            .take_while(|pair| is_text(pair[0]) && pair[1] == 0)
            .count();
        if wide >= RUN {
            out.extend(rest.iter().step_by(2).take(wide));
            out.push(b'\n');
            at += 2 * wide;
        } else if narrow >= RUN {
            out.extend_from_slice(&rest[..narrow]);
            out.push(b'\n');
            at += narrow;
        } else {
            at += narrow.max(1);
        }
    }
    out.pop();
    out
}

//! What streams are packed with.

use std::io::{self, Read};

use super::super::budget::HELD;
use super::super::input::Input;
use super::super::streams::{self, Method};
use super::super::trouble::{Class, Trouble};
use super::token::{Dictionary, Token, Tokens, unhex};

/// A step of unpacking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    Flate(Predictor),
    Lzw {
        predictor: Predictor,
        early: bool,
    },
    Hex,
    Ascii85,
    RunLength,
    /// A picture, which holds no text: what is packed is passed on as it is.
    Picture,
    /// Nothing is changed.
    None,
    Unknown,
}

/// How bytes are told from those before and above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Predictor {
    kind: usize,
    colors: usize,
    bits: usize,
    columns: usize,
}

/// What unpacking a stream led to.
pub(super) struct Unpacked {
    /// What could be unpacked, at most [`HELD`] bytes.
    pub(super) bytes: Vec<u8>,
    pub(super) end: End,
    /// How many packed bytes at the end were not wanted.
    pub(super) behind: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    Damaged,
    /// There is more than may be held.
    Limit,
    /// No such method is known.
    Unknown,
}

/// The steps of a stream with a dictionary; `resolve` looks up values that stand elsewhere.
fn filters<'a>(dictionary: &Dictionary<'a>, resolve: &dyn Fn(&'a [u8]) -> &'a [u8]) -> Vec<Filter> {
    let get = |long, short| {
        dictionary
            .get(long)
            .or_else(|| dictionary.get(short))
            .map(resolve)
    };
    let names = get("Filter", "F").unwrap_or_default();
    let mut parameters = Vec::new();
    let mut rest = get("DecodeParms", "DP")
        .unwrap_or_default()
        .trim_ascii_start();
    if let Some(array) = rest.strip_prefix(b"[") {
        rest = array;
    }
    // One for each filter; `null` where there are none.
    while !rest.is_empty() && parameters.len() < 16 {
        let token = Tokens::new(rest).next();
        if token.is_some_and(|token| token.is("<<")) {
            let (found, len) = Dictionary::of(rest);
            parameters.push(found);
            rest = &rest[len..];
        } else {
            let mut tokens = Tokens::new(rest);
            if tokens.next() == Some(Token::Word(b"null")) {
                parameters.push(Dictionary::default());
            }
            rest = tokens.rest();
        }
    }
    let names = Tokens::new(names).filter_map(|token| match token {
        Token::Name(name) => Some(name),
        _ => None,
    });
    let of = |(index, name): (usize, Vec<u8>)| {
        let parameters = parameters.get(index).cloned().unwrap_or_default();
        let predictor = Predictor {
            kind: parameters.number("Predictor").unwrap_or(1),
            colors: parameters.number("Colors").unwrap_or(1).clamp(1, 64),
            bits: parameters
                .number("BitsPerComponent")
                .unwrap_or(8)
                .clamp(1, 16),
            columns: parameters.number("Columns").unwrap_or(1).clamp(1, 1 << 20),
        };
        match name.as_slice() {
            b"FlateDecode" | b"Fl" => Filter::Flate(predictor),
            b"LZWDecode" | b"LZW" => Filter::Lzw {
                predictor,
                early: parameters.number("EarlyChange") != Some(0),
            },
            b"ASCIIHexDecode" | b"AHx" => Filter::Hex,
            b"ASCII85Decode" | b"A85" => Filter::Ascii85,
            b"RunLengthDecode" | b"RL" => Filter::RunLength,
            b"DCTDecode" | b"DCT" | b"JPXDecode" | b"JBIG2Decode" | b"CCITTFaxDecode" | b"CCF" => {
                Filter::Picture
            }
            b"Crypt" => Filter::None,
            _ => Filter::Unknown,
        }
    };
    names.enumerate().map(of).collect()
}

/// Unpacks a stream.
///
/// # Errors
/// Fails if more is unpacked than the budget allows.
pub(super) fn unpack<'a>(
    dictionary: &Dictionary<'a>,
    packed: &[u8],
    resolve: &dyn Fn(&'a [u8]) -> &'a [u8],
    input: &Input<'_>,
) -> io::Result<Unpacked> {
    let filters = filters(dictionary, resolve);
    let mut bytes = None;
    let mut end = End::Whole;
    let mut behind = 0;
    if filters.len() > 16 {
        end = End::Unknown;
    }
    for filter in filters.into_iter().take(16) {
        let from = bytes.as_deref().unwrap_or(packed);
        let (next, this, left) = match filter {
            Filter::Flate(predictor) => {
                let (unpacked, end, left) = inflated(from, input)?;
                (predictor.undo(unpacked), end, left)
            }
            Filter::Lzw { predictor, early } => {
                let (unpacked, end, left) = lzw(from, early);
                (predictor.undo(unpacked), end, left)
            }
            Filter::Hex => {
                let end = memchr::memchr(b'>', from).unwrap_or(from.len());
                let left = (from.len() - end).saturating_sub(1);
                (unhex(&from[..end]), End::Whole, left)
            }
            Filter::Ascii85 => ascii85(from),
            Filter::RunLength => run_length(from),
            Filter::None => continue,
            Filter::Picture => break,
            Filter::Unknown => {
                end = End::Unknown;
                break;
            }
        };
        // Behind the end of what was unpacked stands nothing that was packed.
        if bytes.is_none() {
            behind = left;
        }
        bytes = Some(next);
        if end == End::Whole {
            end = this;
        }
    }
    Ok(Unpacked {
        bytes: bytes.unwrap_or_else(|| packed.to_vec()),
        end,
        behind,
    })
}

/// Returns what is unpacked, how it ended, and how many bytes were not wanted.
fn inflated(packed: &[u8], input: &Input<'_>) -> io::Result<(Vec<u8>, End, usize)> {
    let mut bytes = Vec::new();
    // Some programs put an end of line in front.
    let blanks = packed
        .iter()
        .take_while(|b| matches!(b, b'\r' | b'\n'))
        .count();
    let mut packed = &packed[blanks..];
    let mut end = End::Whole;
    let unpacked = streams::unpacked(
        Method::Zlib,
        &mut packed,
        input.budget,
        input.level,
        &mut |content| {
            content
                .take(HELD as u64 + 1)
                .read_to_end(&mut bytes)
                .map(|_| ())
        },
    );
    if let Err(error) = unpacked {
        end = match Trouble::of(&error).map(|trouble| trouble.class) {
            Some(Class::Damaged) => End::Damaged,
            Some(Class::Limit) => End::Limit,
            _ => return Err(error),
        };
    }
    if bytes.len() > HELD {
        bytes.truncate(HELD);
        end = End::Limit;
    }
    Ok((bytes, end, packed.len()))
}

fn lzw(packed: &[u8], early: bool) -> (Vec<u8>, End, usize) {
    let mut out = Vec::new();
    // Where each code of more than a byte stands in what was written.
    let mut table: Vec<(usize, usize)> = Vec::new();
    let mut before: Option<(usize, usize)> = None;
    let (mut bits, mut held, mut width) = (0_u32, 0_u32, 9_u32);
    for (at, byte) in packed.iter().enumerate() {
        held = (held << 8 | u32::from(*byte)) & 0xff_ffff;
        bits += 8;
        if bits < width {
            continue;
        }
        bits -= width;
        let code = (held >> bits & ((1 << width) - 1)) as usize;
        match code {
            256 => {
                table.clear();
                before = None;
                width = 9;
                continue;
            }
            257 => return (out, End::Whole, packed.len() - at - 1),
            _ => {}
        }
        let start = out.len();
        match (code, before) {
            (0..256, _) => out.push(code as u8),
            (_, Some((from, len))) => {
                // The next code is the one before and its first byte again.
                let (from, len) = match table.get(code - 258) {
                    Some(known) => *known,
                    None if code - 258 == table.len() => (from, len + 1),
                    None => return (out, End::Damaged, packed.len() - at - 1),
                };
                for copied in from..from + len {
                    let byte = out[copied];
                    out.push(byte);
                }
            }
            _ => return (out, End::Damaged, packed.len() - at - 1),
        }
        if let Some((from, len)) = before
            && table.len() < 4096 - 258
        {
            table.push((from, len + 1));
        }
        before = Some((start, out.len() - start));
        // The table has one entry less than that of the program that packed.
        let next = table.len() + 258 + usize::from(before.is_some()) * usize::from(early);
        width = match next {
            0..512 => 9,
            512..1024 => 10,
            1024..2048 => 11,
            _ => 12,
        };
        if out.len() > HELD {
            out.truncate(HELD);
            return (out, End::Limit, 0);
        }
    }
    (out, End::Whole, 0)
}

fn ascii85(packed: &[u8]) -> (Vec<u8>, End, usize) {
    let mut out = Vec::new();
    let mut group = [b'u' - b'!'; 5];
    let mut len = 0;
    let value = |group: &[u8; 5]| {
        let value = group
            .iter()
            .fold(0_u64, |sum, digit| sum * 85 + u64::from(*digit));
        (value as u32).to_be_bytes()
    };
    let packed = packed.trim_ascii_start();
    let packed = packed.strip_prefix(b"<~").unwrap_or(packed);
    let end = memchr::memchr(b'~', packed).unwrap_or(packed.len());
    let left = (packed.len() - end).saturating_sub(2);
    for byte in &packed[..end] {
        match byte {
            b'z' if len == 0 => out.extend_from_slice(&[0; 4]),
            b'!'..=b'u' => {
                group[len] = byte - b'!';
                len += 1;
                if len == 5 {
                    out.extend_from_slice(&value(&group));
                    len = 0;
                    group = [b'u' - b'!'; 5];
                }
            }
            _ => {}
        }
    }
    if len > 1 {
        out.extend_from_slice(&value(&group)[..len - 1]);
    }
    (out, End::Whole, left)
}

fn run_length(packed: &[u8]) -> (Vec<u8>, End, usize) {
    let mut out = Vec::new();
    let mut rest = packed;
    while let Some((code, more)) = rest.split_first() {
        rest = match (code, more) {
            (128, more) => return (out, End::Whole, more.len()),
            (0..128, more) => {
                let (literal, more) = more.split_at(more.len().min(usize::from(*code) + 1));
                out.extend_from_slice(literal);
                more
            }
            (_, [byte, more @ ..]) => {
                out.resize(out.len() + 257 - usize::from(*code), *byte);
                more
            }
            (_, []) => return (out, End::Damaged, 0),
        };
        if out.len() > HELD {
            out.truncate(HELD);
            return (out, End::Limit, 0);
        }
    }
    (out, End::Whole, 0)
}

impl Predictor {
    /// Returns the bytes that were told by those before and above.
    fn undo(self, bytes: Vec<u8>) -> Vec<u8> {
        let row = (self.columns * self.colors * self.bits).div_ceil(8);
        let step = (self.colors * self.bits).div_ceil(8);
        match self.kind {
            2 if self.bits == 8 => {
                let mut bytes = bytes;
                for row in bytes.chunks_mut(row) {
                    for at in step..row.len() {
                        row[at] = row[at].wrapping_add(row[at - step]);
                    }
                }
                bytes
            }
            10.. => {
                let mut out = Vec::with_capacity(bytes.len());
                for line in bytes.chunks(row + 1) {
                    let Some((kind, line)) = line.split_first() else {
                        break;
                    };
                    let start = out.len();
                    for (at, byte) in line.iter().enumerate() {
                        let get =
                            |at: Option<usize>| at.and_then(|at| out.get(at)).copied().unwrap_or(0);
                        let left = get((at >= step).then(|| start + at - step));
                        let above = get((start + at).checked_sub(row));
                        let corner = match at >= step {
                            true => get((start + at - step).checked_sub(row)),
                            false => 0,
                        };
                        let told = match kind {
                            1 => left,
                            2 => above,
                            3 => ((u16::from(left) + u16::from(above)) / 2) as u8,
                            4 => nearest(left, above, corner),
                            _ => 0,
                        };
                        out.push(byte.wrapping_add(told));
                    }
                }
                out
            }
            _ => bytes,
        }
    }
}

/// The predictor of Paeth.
fn nearest(left: u8, above: u8, corner: u8) -> u8 {
    let sum = i16::from(left) + i16::from(above) - i16::from(corner);
    let far = |value: u8| (sum - i16::from(value)).abs();
    if far(left) <= far(above) && far(left) <= far(corner) {
        left
    } else if far(above) <= far(corner) {
        above
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_undo_what_programs_pack() {
        // The example of the standard.
        let packed = [0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01];
        assert_eq!(
            lzw(&packed, true).0,
            [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]
        );
        assert_eq!(ascii85(b"<~87cURD]j7BEbo80~>").0, b"Hello world!");
        assert_eq!(ascii85(b"z9jq\n~>").0, b"\0\0\0\0Ma");
        assert_eq!(run_length(b"\x02abc\xfeX\x80more").0, b"abcXXX");
        let predictor = Predictor {
            kind: 12,
            colors: 1,
            bits: 8,
            columns: 3,
        };
        let packed = vec![0, 1, 2, 3, 2, 1, 1, 1, 1, 1, 1, 1, 4, 1, 0, 0];
        assert_eq!(predictor.undo(packed), [1, 2, 3, 2, 3, 4, 1, 2, 3, 2, 2, 3]);
    }
}

//! Encodings. Detection never fails. Transcoding gives valid UTF-8 that does not depend on how the
//! input is cut. Lines are counted as a plain count does.
use super::input::Input;
use stopleak::text::{Encoding, LineIndex, Transcoder, sniff};

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let choice = input.byte();
    let cut = input.short();
    let bytes = input.rest();
    let cut = usize::from(cut) % (bytes.len() + 1);
    let big = choice & 1 != 0;
    let encoding = match choice >> 1 & 3 {
        0 => Encoding::Utf16 { big, bom: 0 },
        1 => Encoding::Utf32 { big, bom: 0 },
        _ => sniff(bytes),
    };
    let transcode = |pieces: &[&[u8]]| {
        let mut coder = Transcoder::new(encoding)?;
        let mut out = Vec::new();
        for piece in pieces {
            coder.push(piece, &mut out);
        }
        coder.finish(&mut out);
        Some(out)
    };
    if let Some(whole) = transcode(&[bytes]) {
        let text = std::str::from_utf8(&whole).expect("UTF-8 comes out");
        assert_eq!(text, plain(encoding, bytes));
        assert_eq!(transcode(&[&bytes[..cut], &bytes[cut..]]), Some(whole));
    }

    let mut whole = LineIndex::default();
    let mut moved = LineIndex::default();
    moved.advance(bytes, cut);
    let end = whole.position(bytes, bytes.len());
    let newlines = bytes.iter().filter(|b| **b == b'\n').count() as u64;
    assert_eq!(end.line, newlines + 1);
    // A cut inside a character may count its halves as two.
    let there = moved.position(&bytes[cut..], bytes.len() - cut);
    assert_eq!((there.line, there.offset), (end.line, end.offset));
}

/// Transcodes with the standard library. Damaged units become U+FFFD.
fn plain(encoding: Encoding, bytes: &[u8]) -> String {
    let wide = matches!(encoding, Encoding::Utf32 { .. });
    let (Encoding::Utf16 { big, .. } | Encoding::Utf32 { big, .. }) = encoding else {
        return String::new();
    };
    let units = bytes.chunks_exact(if wide { 4 } else { 2 });
    let cut = !units.remainder().is_empty();
    let number = |unit: &[u8]| {
        let add = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
        if big {
            unit.iter().fold(0, add)
        } else {
            unit.iter().rev().fold(0, add)
        }
    };
    let numbers = units.map(number);
    let mut text: String = if wide {
        numbers
            .map(|n| char::from_u32(n).unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    } else {
        let units: Vec<u16> = numbers.map(|n| n as u16).collect();
        // Half a pair before half a unit is one damaged unit.
        let last = units.last().copied().unwrap_or_default();
        if cut && (0xd800..0xdc00).contains(&last) {
            return String::from_utf16_lossy(&units);
        }
        String::from_utf16_lossy(&units)
    };
    if cut {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

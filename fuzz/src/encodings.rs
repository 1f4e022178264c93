//! Encodings. Decoding gives the same however the input is cut. Text in one wide encoding becomes what
//! the standard library makes of it, and so does each stretch of several. Content that needs no
//! decoding stays as it is. Lines are counted as a plain count does.
use super::input::Input;
use stopleak::text::{Decoder, LineIndex, plain};

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let choice = input.byte();
    let cut = input.short();
    let bytes = input.rest();
    let cut = usize::from(cut) % (bytes.len() + 1);

    let whole = decoded(&[bytes]);
    let step = usize::from(choice).max(1);
    let pieces: Vec<&[u8]> = bytes.chunks(step).collect();
    assert!(decoded(&pieces) == whole, "pieces of {step} bytes differ");
    let two = decoded(&[&bytes[..cut], &bytes[cut..]]);
    assert!(two == whole, "cut at {cut}, it differs");
    if let Some(plain) = plain(bytes) {
        assert!(whole == bytes[plain.mark..], "plain content changes");
    }
    stretches(bytes, choice);
    lines(bytes, cut);
}

fn decoded(pieces: &[&[u8]]) -> Vec<u8> {
    let mut decoder = Decoder::default();
    let mut out = Vec::new();
    for piece in pieces {
        decoder.push(piece, &mut out);
    }
    decoder.finish(&mut out);
    out
}

/// Takes the input as lines of ASCII, encodes each in an encoding of its own, and expects the lines
/// back. A line is long enough to show its encoding, and has a character that no pair of letters is
/// in UTF-16.
fn stretches(bytes: &[u8], choice: u8) {
    let mut choice = usize::from(choice);
    let (mut content, mut text) = (Vec::new(), String::new());
    for line in bytes.chunks(40).take(50) {
        let letters: String = line.iter().map(|b| char::from(b'!' + b % 94)).collect();
        let line = format!("a line = \"{letters}\"; # its end\n");
        content.extend(encode(&line, choice % 5));
        text.push_str(&line);
        choice = choice.wrapping_mul(31) + letters.len() + usize::from(letters.as_bytes()[0]);
    }
    let out = decoded(&[&content]);
    assert_eq!(String::from_utf8_lossy(&out), text);
}

fn encode(text: &str, encoding: usize) -> Vec<u8> {
    let units = text.encode_utf16();
    let chars = text.chars().map(u32::from);
    match encoding {
        0 => text.as_bytes().to_vec(),
        1 => units.flat_map(u16::to_le_bytes).collect(),
        2 => units.flat_map(u16::to_be_bytes).collect(),
        3 => chars.flat_map(u32::to_le_bytes).collect(),
        _ => chars.flat_map(u32::to_be_bytes).collect(),
    }
}

fn lines(bytes: &[u8], cut: usize) {
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

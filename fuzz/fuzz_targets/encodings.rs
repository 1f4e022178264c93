//! Encodings: recognising never fails, and transcoding gives valid UTF-8 that does
//! not depend on how the input is cut. Places count lines like a plain count.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stopleak::text::{Encoding, LineIndex, Transcoder, sniff};

fuzz_target!(|input: (u8, u16, &[u8])| {
    let (choice, cut, bytes) = input;
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
        assert!(std::str::from_utf8(&whole).is_ok());
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
});

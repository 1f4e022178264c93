//! The reader of streams. The joined cores equal the same bytes in memory, however short the reads
//! are and wherever pieces end.

use super::input::Input;
use super::slow::Slow;
use stopleak::blob::{BlobPath, SkipReason, SourceError};
use stopleak::source::content::{ContentReader, Limits};
use stopleak::source::{Piece, Sink, Unopened};

#[derive(Default)]
struct Joined {
    text: Vec<u8>,
    size: u64,
    pieces: usize,
    ended: bool,
    other: bool,
}

impl Sink for Joined {
    fn unopened(&mut self, _: &BlobPath, what: Unopened) {
        panic!("{what:?}");
    }

    fn piece(&mut self, piece: Piece<'_>) {
        assert!(!self.ended, "a piece after the last one");
        self.text
            .extend_from_slice(&piece.bytes[piece.core.clone()]);
        assert!(piece.leaving <= piece.core.end);
        self.size += piece.size;
        self.pieces += 1;
        self.ended = piece.last;
    }

    fn skipped(&mut self, _: &BlobPath, _: SkipReason) {
        self.other = true;
    }

    fn failed(&mut self, _: SourceError) {
        self.other = true;
    }
}

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let kind = input.byte();
    let step = input.short();
    let hint = input.short();
    let seed = input.rest();
    // Most inputs are read as they are, some as a stream of unknown length. A few are long enough
    // for several pieces.
    let copies = match kind {
        0 if step.is_multiple_of(8) => 9_000_000 / seed.len().max(1),
        1..8 => 200_000 / seed.len().max(1),
        _ => 1,
    };
    let bytes = seed.repeat(copies.max(1));
    let path = BlobPath::from("f");
    let limits = Limits {
        size_hint: u64::from(hint),
        most: stopleak::inside::Most::shut(u64::MAX),
    };
    let mut slow = Slow {
        bytes: &bytes,
        step: usize::from(step).max(1 + bytes.len() / 4096),
    };
    let mut streamed = Joined::default();
    let mut reader = ContentReader::default();
    reader.read(&mut slow, &path, limits, &mut streamed);
    let mut held = Joined::default();
    reader.read_bytes(&bytes, &path, &mut held);
    assert!(streamed.ended && held.ended && held.pieces == 1);
    assert!(!streamed.other && !held.other);
    assert_eq!(streamed.size, bytes.len() as u64);
    assert!(streamed.text == held.text, "content differs");
}

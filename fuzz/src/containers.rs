//! Containers of every format. Whatever the bytes are, nothing panics, what is passed on has a limit,
//! all of it is inside of the file, and short reads give the same as long ones.
use std::io::Read;

use super::input::Input;
use super::slow::Slow;
use stopleak::blob::{BlobPath, SkipReason, SourceError};
use stopleak::inside::Most;
use stopleak::source::content::{ContentReader, Limits};
use stopleak::source::{Piece, Sink, Unopened};

/// How formats begin. An input chooses one, so that every reader is reached soon.
const BEGINNINGS: &[&[u8]] = &[
    b"",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"7z\xbc\xaf\x27\x1c\0\x04",
    b"!<arch>\n",
    b"070701",
    b"070707",
    b"\xed\xab\xee\xdb\x03\0",
    b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
    b"\x78\x9c",
    b"BZh91AY&SY",
    b"\xfd7zXZ\0\0\x01",
    b"\x5d\0\0\x10\0\xff\xff\xff\xff\xff\xff\xff\xff\0",
    b"LZIP\x01",
    b"\x28\xb5\x2f\xfd",
    b"\x04\x22\x4d\x18",
    b"\x02\x21\x4c\x18",
    b"\x1f\x9d\x90",
    b"%PDF-1.4\n%\xe2\xe3\n",
    b"{\\rtf1\\ansi ",
    b"SQLite format 3\0\x10\0\x01\x01",
    b"\x37\x7f\x06\x82\0\x2d\xe2\x18",
    b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"bplist00",
    b"\xa7\x0d\x0d\x0a\0\0\0\0\0\0\0\0\0\0\0\0\xe3",
    b"\xca\xfe\xba\xbe\0\0\0\x34",
    b"dex\n035\0",
    b"\x04\0\0\0",
    b"From: a\nTo: b\nSubject: c\nMIME-Version: 1.0\n",
    b"From a Thu Jan  1 00:00:00 2026\nFrom: a\nTo: b\n",
    b"<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">",
];

/// The most that is unpacked of an input, in bytes.
const UNPACKED: u64 = 256 << 10;
const MEMBERS: u64 = 500;

/// What is passed on: parts that follow each other with one path are one.
#[derive(Default, PartialEq, Eq, Debug)]
struct Passed {
    texts: Vec<(BlobPath, Vec<u8>)>,
    unopened: Vec<(BlobPath, Unopened)>,
    size: u64,
}

impl Sink for Passed {
    fn piece(&mut self, piece: Piece<'_>) {
        assert!(piece.path.as_bytes().starts_with(b"f"), "{:?}", piece.path);
        assert!(piece.leaving <= piece.core.end);
        let core = &piece.bytes[piece.core.clone()];
        self.size += core.len() as u64;
        match self.texts.last_mut() {
            Some((path, text)) if path == piece.path => text.extend_from_slice(core),
            _ => self.texts.push((piece.path.clone(), core.to_vec())),
        }
    }

    fn skipped(&mut self, path: &BlobPath, why: SkipReason) {
        panic!("{path:?} is skipped: {why:?}");
    }

    fn failed(&mut self, error: SourceError) {
        panic!("memory cannot be read: {error:?}");
    }

    fn unopened(&mut self, path: &BlobPath, what: Unopened) {
        self.unopened.push((path.clone(), what));
    }
}

fn read(mut stream: impl Read, len: usize) -> Passed {
    let most = Most {
        depth: 4,
        unpacked: Some(UNPACKED),
        members: MEMBERS,
        ..Most::default()
    };
    let limits = Limits {
        size_hint: len as u64,
        most,
    };
    let mut passed = Passed::default();
    ContentReader::default().read(&mut stream, &BlobPath::from("f"), limits, &mut passed);
    passed
}

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let beginning = BEGINNINGS[usize::from(input.byte()) % BEGINNINGS.len()];
    let bytes = [beginning, input.rest()].concat();
    let whole = read(&bytes[..], bytes.len());
    // Each format passes a byte on a few times at most, in each of the containers around it.
    let most = 32 * (UNPACKED + bytes.len() as u64);
    assert!(
        whole.size <= most,
        "{} bytes of {}",
        whole.size,
        bytes.len()
    );
    assert!(whole.texts.len() as u64 <= 4 * MEMBERS + 8);
    let slow = Slow {
        bytes: &bytes,
        step: 1,
    };
    assert!(read(slow, bytes.len()) == whole, "short reads differ");
}

//! Loose objects. Any file is rejected or gives the same object as decompressing all of it and
//! splitting it by hand. The object never exceeds the limit.

use std::io::Read;

use super::input::Input;
use super::repository::{Repository, push_stored};
use stopleak::git::inflate::InflateReader;
use stopleak::git::{ObjectId, OpenOptions, Reader, Store};

const LIMIT: u64 = 1 << 16;

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let mode = input.byte();
    let mut file = Vec::new();
    if mode & 1 == 0 {
        file.extend_from_slice(input.rest());
    } else {
        let kind = ["blob", "tree", "commit", "tag"][usize::from(mode >> 1 & 3)];
        let lie = usize::from(mode >> 3 & 1);
        let body = input.rest();
        let mut raw = format!("{kind} {}\0", body.len() + lie).into_bytes();
        raw.extend_from_slice(body);
        raw.truncate(60_000);
        push_stored(&mut file, &raw);
    }
    let repository = Repository::of("git_loose");
    let id = ObjectId::from([0xaa; 20]);
    repository.write_loose(&id.to_string(), &file);
    let store = Store::open(repository.path(), &OpenOptions::default()).expect("a repository");
    let mut out = Vec::new();
    let found = Reader::new(&store, LIMIT).find(&id, &mut out);
    let mut plain = Vec::new();
    let whole = InflateReader::new(file.as_slice())
        .take(LIMIT + 64)
        .read_to_end(&mut plain);
    if let Ok(Some(kind)) = found {
        assert!(out.len() as u64 <= LIMIT);
        assert!(whole.is_ok(), "read what cannot be unpacked");
        let end = plain.iter().position(|b| *b == 0).expect("a header");
        let header = std::str::from_utf8(&plain[..end]).expect("a header");
        let (name, size) = header.split_once(' ').expect("a header");
        assert_eq!(name, kind.to_string());
        assert_eq!(size.parse(), Ok(out.len()));
        assert!(plain[end + 1..] == out);
    } else if mode & 9 == 1 && out.len() < 50_000 {
        assert!(
            plain.len() >= 60_000,
            "a true object was refused: {found:?}"
        );
    }
}

//! One table of references. Any bytes are a table or an error, and take no more memory for names
//! than is allowed. The end of a table is made to fit its bytes, so that they are looked at.

use stopleak::git::HashKind;
use stopleak::git::reftable::{self, Values};

const ROOM: u64 = 1 << 16;

/// Runs one input.
pub fn run(bytes: &[u8]) {
    look(bytes);
    let mut fitting = bytes.to_vec();
    if reftable::seal(&mut fitting) {
        look(&fitting);
    }
}

fn look(bytes: &[u8]) {
    for hash in [HashKind::Sha1, HashKind::Sha256] {
        let (mut room, mut values) = (ROOM, Values::new());
        let read = reftable::table(bytes, hash, &mut room, &mut values);
        let names: usize = values.keys().map(Vec::len).sum();
        assert!(names as u64 <= ROOM - room);
        assert!(read.is_err() || values.keys().all(|name| !name.is_empty()));
    }
}

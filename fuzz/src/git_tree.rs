//! Raw trees, commits, tags and pack entry headers. Any bytes give entries or
//! an error. Returned slices are inside the input.
use stopleak::git::pack::entry;
use stopleak::git::{ObjectId, commit, tree};

/// Runs one input.
pub fn run(bytes: &[u8]) {
    for hash_len in [20, 32] {
        let count = tree::entries(bytes, hash_len).count();
        assert!(count <= bytes.len() / (hash_len + 3) + 1);
        for found in tree::entries(bytes, hash_len).flatten() {
            assert!(!found.name.contains(&0));
            tree::entry_kind(found.mode);
        }
        same_when_written(bytes, hash_len);
        if let Some(header) = entry::header(bytes, 1 << 20, hash_len) {
            assert!(header.len <= bytes.len() && header.len <= entry::MAX_HEADER);
        }
    }
    commit::head(bytes);
    commit::tag_target(bytes);
    commit::info(ObjectId::from([0u8; 20]), bytes);
    assert!(commit::message_start(bytes) <= bytes.len());
}

/// Checks that a tree with only readable entries stays the same when written
/// again, except for zeros before modes.
fn same_when_written(bytes: &[u8], hash_len: usize) {
    let Ok(entries) = tree::entries(bytes, hash_len).collect::<Result<Vec<_>, _>>() else {
        return;
    };
    let mut rest = bytes;
    for entry in entries {
        let zeros = rest.iter().take_while(|b| **b == b'0').count();
        let mode = format!("{:o}", entry.mode);
        let zeros = if entry.mode == 0 { zeros - 1 } else { zeros };
        let written = [
            mode.as_bytes(),
            b" ",
            entry.name,
            b"\0",
            entry.id.as_bytes(),
        ]
        .concat();
        rest = rest[zeros..]
            .strip_prefix(written.as_slice())
            .expect("the same bytes");
    }
    assert!(rest.is_empty());
}

//! Raw trees, commits, tags and pack entry headers: any bytes give entries or an
//! error, and what is returned lies inside the input.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stopleak::git::pack::entry;
use stopleak::git::{ObjectId, commit, tree};

fuzz_target!(|bytes: &[u8]| {
    for hash_len in [20, 32] {
        let count = tree::entries(bytes, hash_len).count();
        assert!(count <= bytes.len() / (hash_len + 3) + 1);
        for found in tree::entries(bytes, hash_len).flatten() {
            assert!(!found.name.contains(&0));
            tree::entry_kind(found.mode);
        }
        if let Some(header) = entry::header(bytes, 1 << 20, hash_len) {
            assert!(header.len <= bytes.len() && header.len <= entry::MAX_HEADER);
        }
    }
    commit::head(bytes);
    commit::tag_target(bytes);
    commit::info(ObjectId::from([0u8; 20]), bytes);
    assert!(commit::message_start(bytes) <= bytes.len());
});

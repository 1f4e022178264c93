//! The index file: any bytes are compared with an unborn HEAD or refused.
#![no_main]

mod repository;

use libfuzzer_sys::fuzz_target;
use repository::Repository;
use stopleak::git::diff::Differ;
use stopleak::git::{OpenOptions, Store, index};

fuzz_target!(|bytes: &[u8]| {
    let repository = Repository::shared();
    repository.write_index(bytes);
    let store = Store::open(repository.path(), &OpenOptions::default()).expect("a repository");
    let mut differ = Differ::new(&store, 1 << 20);
    if let Ok(staged) = index::staged(&store, &mut differ) {
        for blob in &staged.changes.new {
            assert!(!blob.path.contains(&0));
        }
    }
});

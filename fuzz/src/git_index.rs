//! The index file: any bytes are compared with an unborn HEAD or rejected.
use super::repository::Repository;
use stopleak::git::diff::Differ;
use stopleak::git::{OpenOptions, Store, index};

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let repository = Repository::of("git_index");
    repository.write("index", bytes);
    let store = Store::open(repository.path(), &OpenOptions::default()).expect("a repository");
    let mut differ = Differ::new(&store, 1 << 20);
    if let Ok(staged) = index::staged(&store, &mut differ) {
        for blob in &staged.changes.new {
            assert!(!blob.path.contains(&0));
        }
    }
}

//! What tells whether a repository has changed since its last scan.

use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::git::{GitError, Store, refs};

/// Returns a hash of everything that a scan starts from: references, HEAD, where a shallow clone
/// ends, and which objects of Git LFS are here. None if that does not say all: a partial clone may
/// get objects without a change of a reference, and what cannot be read may be readable next time.
///
/// # Errors
/// Fails if references cannot be read.
pub(super) fn digest(store: &Store) -> Result<Option<String>, GitError> {
    let tips = refs::tips(store, true)?;
    if store.facts().partial || !tips.problems.is_empty() {
        return Ok(None);
    }
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    for tip in &tips.tips {
        field(&tip.name);
        field(tip.id.as_slice());
    }
    for (name, target) in &tips.symbolic {
        field(name);
        field(target);
    }
    field(b"shallow");
    for id in store.shallow_commits() {
        field(id.as_slice());
    }
    let common = store.common_dir();
    field(&std::fs::read(common.join("info/grafts")).unwrap_or_default());
    field(&names(&common.join("lfs/objects")));
    Ok(Some(HEXLOWER.encode(&hash.finalize()[..16])))
}

/// Returns the names of all files in a directory of objects.
fn names(top: &Path) -> Vec<u8> {
    let mut names = Vec::new();
    let mut open = vec![(top.to_owned(), 0)];
    while let Some((dir, depth)) = open.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < 2 => open.push((entry.path(), depth + 1)),
                Ok(kind) if kind.is_file() => {
                    names.push(entry.file_name().as_encoded_bytes().to_vec());
                }
                _ => {}
            }
        }
    }
    names.sort();
    names.join(&b'\n')
}

//! Bare repositories of loose objects, written without running git: many of them take no time.

use std::path::Path;

use sha1::{Digest, Sha1};

use super::packed::zlib;

/// Writes an object and returns its id.
fn object(top: &Path, kind: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("{kind} {}\0", content.len());
    let whole = [head.as_bytes(), content].concat();
    let id = Sha1::digest(&whole).to_vec();
    let hex = data_encoding::HEXLOWER.encode(&id);
    let dir = top.join("objects").join(&hex[..2]);
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join(&hex[2..]), zlib(&whole)).unwrap();
    id
}

/// Makes a repository with one commit of these files, or gives it this commit instead of its last
/// one.
pub(crate) fn loose(top: &Path, files: &[(&str, &str)]) {
    std::fs::create_dir_all(top.join("refs/heads")).unwrap();
    let mut files = files.to_vec();
    files.sort_unstable();
    let mut tree = Vec::new();
    for (name, content) in files {
        tree.extend_from_slice(format!("100644 {name}\0").as_bytes());
        tree.extend(object(top, "blob", content.as_bytes()));
    }
    let tree = data_encoding::HEXLOWER.encode(&object(top, "tree", &tree));
    let who = "A U Thor <author@example.com> 1600000000 +0000";
    let commit = format!("tree {tree}\nauthor {who}\ncommitter {who}\n\nstart\n");
    let commit = object(top, "commit", commit.as_bytes());
    let commit = data_encoding::HEXLOWER.encode(&commit);
    std::fs::write(top.join("refs/heads/main"), format!("{commit}\n")).unwrap();
    std::fs::write(top.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    let config = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n";
    std::fs::write(top.join("config"), config).unwrap();
}

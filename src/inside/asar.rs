//! Asar: the files of an Electron program, behind a directory in JSON.
//!
//! Sources: the README of `electron/asar`, "Format"; Chromium's `base/pickle.h` (the sizes in front
//! of the directory).

use std::io;

use serde_json::Value;

use super::input::Input;
use super::trouble::Class;
use super::{Members, rest};

/// The bytes in front of the directory.
const HEADER: usize = 16;

/// The largest directory in bytes. In memory, it is many times larger.
const DIRECTORY: u32 = 16 << 20;

/// The longest path that is told, in bytes.
const PATH: usize = 4096;

/// Returns the sizes of the part with the directory and of the directory.
fn sizes(head: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from_le_bytes(*head.get(at..)?.first_chunk::<4>()?));
    let (size, inner, text) = (number(4)?, number(8)?, number(12)?);
    let is_right = number(0)? == 4
        && inner.checked_add(4) == Some(size)
        && (4..8).contains(&inner.checked_sub(text)?);
    is_right.then_some((size, text))
}

/// Whether content begins as an archive does: with sizes that agree, and a directory.
pub(super) fn begins(head: &[u8]) -> bool {
    head.starts_with(&[4, 0, 0, 0])
        && sizes(head).is_some()
        && head.get(HEADER..).is_some_and(|text| {
            let text = text.strip_prefix(b"{").unwrap_or_default();
            text.trim_ascii_start().starts_with(b"\"files\"")
        })
}

/// A file, or a directory that is still to be read.
struct Node<'j> {
    name: &'j str,
    /// The directory that it lies in.
    parent: Option<usize>,
}

/// Where a file lies.
struct File {
    offset: u64,
    size: u64,
    node: usize,
}

/// Returns all files that have content here, in the order of their content. None: the directory is
/// damaged.
fn files<'j>(directory: &'j Value, nodes: &mut Vec<Node<'j>>) -> Option<Vec<File>> {
    let mut files = Vec::new();
    let mut open = vec![(None, directory)];
    while let Some((parent, directory)) = open.pop() {
        for (name, entry) in directory.get("files")?.as_object()? {
            let node = nodes.len();
            nodes.push(Node { name, parent });
            if entry.get("files").is_some() {
                open.push((Some(node), entry));
                continue;
            }
            let is_elsewhere = entry.get("unpacked").and_then(Value::as_bool) == Some(true);
            if is_elsewhere || entry.get("link").is_some() {
                continue;
            }
            let offset = entry.get("offset").and_then(Value::as_str);
            files.push(File {
                offset: offset.map_or(Some(0), |offset| offset.parse().ok())?,
                size: entry.get("size")?.as_u64()?,
                node,
            });
        }
    }
    files.sort_by_key(|file| (file.offset, file.size));
    Some(files)
}

/// Returns the path of a file.
fn path(nodes: &[Node<'_>], node: usize) -> Vec<u8> {
    let mut names = Vec::new();
    let mut at = Some(node);
    let mut len = 0;
    while let Some(node) = at.and_then(|at| nodes.get(at)) {
        len += node.name.len() + 1;
        if len > PATH {
            break;
        }
        names.push(node.name);
        at = node.parent;
    }
    names.reverse();
    names.join("/").into_bytes()
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let Some((size, text)) = sizes(input.peek(HEADER)?) else {
        rest::all(input, members)?;
        return Err(input.damaged("its sizes do not agree"));
    };
    input.take(HEADER);
    if text > DIRECTORY {
        rest::all(input, members)?;
        return Err(input.trouble(Class::Limit, "its directory is larger than 16 MiB"));
    }
    let padding = size - 8 - text;
    if input.peek(text as usize)?.len() < text as usize {
        rest::all(input, members)?;
        return Err(input.damaged("its directory is cut off"));
    }
    let text = input.bytes(text.into())?;
    members.rest(&text);
    members.rest(b"\n");
    rest::pad(input, padding as usize)?;
    let directory: Option<Value> = serde_json::from_slice(&text).ok();
    let mut nodes = Vec::new();
    let files = directory
        .as_ref()
        .and_then(|value| files(value, &mut nodes));
    let Some(files) = files else {
        rest::all(input, members)?;
        return Err(input.damaged("its directory is damaged"));
    };
    let start = input.position();
    for file in files {
        let name = path(&nodes, file.node);
        let at = input.position() - start;
        let end = file.offset.saturating_add(file.size);
        if file.size > 0 && end <= at {
            // Files with the same content may share it.
            continue;
        }
        if file.offset > at {
            rest::stretch(input, file.offset - at, members)?;
        }
        let mut content = input.part(end - file.offset.max(at).min(end));
        members.member(&name, &mut content)?;
        content.finish()?;
        if file.offset < at && file.size > 0 {
            members.partly(&name, Class::Damaged, file.size);
        }
    }
    rest::all(input, members)
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{damage, open};
    use super::*;

    fn archive(directory: &str, content: &[u8]) -> Vec<u8> {
        let len = directory.len() as u32;
        let padding = (4 - len % 4) % 4;
        let numbers = [4, len + padding + 8, len + padding + 4, len];
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|n: &u32| n.to_le_bytes()).collect();
        bytes.extend_from_slice(directory.as_bytes());
        bytes.resize(bytes.len() + padding as usize, 0);
        bytes.extend_from_slice(content);
        bytes
    }

    #[test]
    fn files_are_read() {
        let directory = r#"{"files":{"z.js":{"size":5,"offset":"0"},
            "dir":{"files":{"b.txt":{"size":6,"offset":"5"},"same.js":{"size":5,"offset":"0"}}},
            "link":{"link":"dir/b.txt"},"x.node":{"size":9,"unpacked":true}}}"#;
        let bytes = archive(directory, b"firstsecondbehind");
        assert_eq!(Format::of(&bytes), Some(Format::Asar));
        let opened = open(&bytes);
        assert_eq!(opened.paths(), ["z.js", "dir/b.txt"]);
        assert_eq!(opened.text("dir/b.txt"), "second");
        assert!(opened.has("\"unpacked\"") && opened.has("behind"));
        assert_eq!(opened.shut, []);
        damage(&bytes);
    }

    #[test]
    fn damage_is_told() {
        let broken = open(&archive(r#"{"files":{"a":{"offset":"0"}}}"#, b"content"));
        assert_eq!(broken.shut, [(String::new(), Class::Damaged)]);
        assert!(broken.has("content"));
        let directory = r#"{"files":{"a":{"size":5,"offset":"0"},"b":{"size":5,"offset":"3"}}}"#;
        let shared = open(&archive(directory, b"abcdefgh"));
        assert_eq!(shared.text("a"), "abcde");
        assert_eq!(shared.text("b"), "fgh");
        assert_eq!(shared.shut, [("b".into(), Class::Damaged)]);
        let cut = open(&archive(directory, b"abc"));
        assert_eq!(cut.text("a"), "abc");
        assert_eq!(cut.shut[0], ("a".into(), Class::Damaged));
        let deep = format!("{{\"files\":{}", "{\"a\":{\"files\":".repeat(9000));
        assert_eq!(
            open(&archive(&deep, b"")).shut,
            [(String::new(), Class::Damaged)]
        );
    }
}

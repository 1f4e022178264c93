//! What is compressed, encrypted or stored elsewhere is told in every source, if nothing is opened.
//!
//! Members need no valid content: stopleak recognises what it does not open by its headers.

#![allow(clippy::unwrap_used, reason = "tests")]

use crate::support::dir::{Dir, stopleak};
use crate::support::ran::Ran;
use crate::support::repo::Repo;

/// A local file header of a zip with a name and a method.
fn member(name: &str, flags: u8, method: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![b'P', b'K', 3, 4, 20, 0, flags, 0, method, 0];
    bytes.resize(26, 0);
    bytes.extend_from_slice(&(name.len() as u16).to_le_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(content);
    bytes
}

/// The end of a zip's directory.
fn end() -> Vec<u8> {
    let mut bytes = b"PK\x05\x06".to_vec();
    bytes.resize(22, 0);
    bytes
}

/// Bytes that look compressed.
fn noise(len: usize) -> Vec<u8> {
    let next = |state: &mut u64| {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        Some((*state >> 40) as u8)
    };
    std::iter::repeat_with({
        let mut state = 7;
        move || next(&mut state).unwrap()
    })
    .take(len)
    .collect()
}

/// Name, content, and the reason that is told, if any.
fn files() -> Vec<(&'static str, Vec<u8>, Option<&'static str>)> {
    let join = |parts: &[&[u8]]| parts.concat();
    let compressed = Some("compressed");
    let noise = noise(3000);
    vec![
        ("plain.txt", b"nothing here\n".to_vec(), None),
        (
            "stored.zip",
            join(&[&member("a", 0, 0, b"plain"), &end()]),
            None,
        ),
        (
            "deflated.zip",
            join(&[&member("a", 0, 8, &noise), &end()]),
            compressed,
        ),
        (
            "second.jar",
            join(&[
                &member("a", 0, 0, b"plain"),
                &member("b", 8, 8, &noise),
                &end(),
            ]),
            compressed,
        ),
        (
            "locked.zip",
            join(&[&member("a", 1, 8, &noise), &end()]),
            Some("encrypted"),
        ),
        (
            "without-extension",
            join(&[&member("b", 0, 8, &noise), &end()]),
            compressed,
        ),
        (
            "large.zip",
            join(&[
                &member("a", 0, 0, &vec![b'x'; 9 << 20]),
                &member("b", 0, 8, &noise),
                &end(),
            ]),
            compressed,
        ),
        (
            "installer.sh",
            join(&[b"#!/bin/sh\nexit\n", &member("a", 0, 8, &noise), &end()]),
            compressed,
        ),
        (
            "a.gz",
            join(&[b"\x1f\x8b\x08\0\0\0\0\0\0\x03", &noise]),
            compressed,
        ),
        ("a.bz2", join(&[b"BZh91AY&SY", &noise]), compressed),
        ("a.xz", join(&[b"\xfd7zXZ\0", &noise]), compressed),
        ("a.zst", join(&[b"\x28\xb5\x2f\xfd", &noise]), compressed),
        ("a.7z", join(&[b"7z\xbc\xaf\x27\x1c", &noise]), compressed),
        ("a.rar", join(&[b"Rar!\x1a\x07\x01\0", &noise]), compressed),
        (
            "a.deb",
            join(&[b"!<arch>\ndebian-binary   ", &noise]),
            compressed,
        ),
        (
            "a.rpm",
            join(&[b"\xed\xab\xee\xdb\x03\0", &noise]),
            compressed,
        ),
        (
            "a.pdf",
            join(&[
                b"%PDF-1.7\n1 0 obj << /Filter /FlateDecode >> stream\n",
                &noise,
            ]),
            compressed,
        ),
        (
            "vault.yml",
            b"$ANSIBLE_VAULT;1.1;AES256\n3136\n".to_vec(),
            Some("encrypted"),
        ),
        (
            "a.age",
            join(&[b"age-encryption.org/v1\n-> X25519 a\n", &noise]),
            Some("encrypted"),
        ),
        (
            "crypt.key",
            join(&[b"\0GITCRYPT\0", &noise]),
            Some("encrypted"),
        ),
        (
            "model.bin",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n".to_vec(),
            Some("lfs-content-elsewhere"),
        ),
        ("picture.png", join(&[b"\x89PNG\r\n\x1a\n", &noise]), None),
    ]
}

/// Returns path and reason of everything that a JSON report lists as skipped.
fn skipped(report: &str) -> Vec<(String, String)> {
    let report: serde_json::Value = serde_json::from_str(report).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let entries = report["skipped"].as_array().unwrap();
    let mut entries: Vec<_> = entries
        .iter()
        .map(|entry| (text(&entry["path"]), text(&entry["reason"])))
        .collect();
    entries.sort();
    entries
}

fn expected() -> Vec<(String, String)> {
    let told = files()
        .into_iter()
        .filter_map(|(name, _, reason)| Some((name.to_owned(), reason?.to_owned())));
    let mut told: Vec<_> = told.collect();
    told.sort();
    told
}

#[test]
fn a_scan_tells_what_it_does_not_open() {
    let dir = Dir::new();
    for (name, content, _) in files() {
        dir.write(name, content);
    }
    let ran = dir.run(&["scan", ".", "--no-archives", "--format", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(skipped(&ran.stdout), expected());
    let strict = dir.run(&["scan", ".", "--no-archives", "--strict"]);
    assert_eq!(strict.code, 2, "{strict:?}");
    let text = dir.run(&["scan", ".", "--no-archives", "-v"]);
    let all = format!("{}{}", text.stdout, text.stderr);
    for (name, reason) in expected() {
        let line = all.lines().find(|line| line.contains(&name));
        assert!(line.is_some(), "{name} {reason}: {all}");
    }
    assert!(
        all.contains("14 compressed, 4 encrypted, 1 lfs content elsewhere"),
        "{all}"
    );
    // Each is scanned as it is stored, too.
    assert!(all.contains("in 22 files"), "{all}");
}

#[test]
fn standard_input_is_told() {
    let (_, content, _) = files().remove(2);
    let ran = Dir::new().run_with(
        &["scan", "-", "--no-archives", "--format", "json"],
        &content,
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(skipped(&ran.stdout)[0].1, "compressed");
    let strict = Dir::new().run_with(&["scan", "-", "--no-archives", "--strict"], &content);
    assert_eq!(strict.code, 2, "{strict:?}");
}

/// What a change brings is told where it is new, and in the whole history.
#[test]
fn repositories_are_told() {
    let repo = Repo::init(&[]);
    repo.commit("first.txt", "nothing\n");
    for (name, content, _) in files() {
        repo.write(name, content);
    }
    repo.git(&["add", "-A"]);
    let run = |args: &[&str]| {
        let ran = Ran::of(stopleak(repo.path(), args, b""));
        assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
        skipped(&ran.stdout)
    };
    assert_eq!(
        run(&["staged", "--no-archives", "--format", "json"]),
        expected()
    );
    assert_eq!(
        run(&["scan", "--changed", "--no-archives", "--format", "json"]),
        expected()
    );
    repo.git(&["commit", "-qm", "second"]);
    let range = [
        "history",
        "--range",
        "HEAD~1..HEAD",
        "--no-archives",
        "--format",
        "json",
    ];
    assert_eq!(run(&range), expected());
    assert_eq!(
        run(&["history", "--no-archives", "--format", "json"]),
        expected()
    );
    // Packed, with deltas.
    repo.git(&["gc", "--quiet", "--aggressive"]);
    assert_eq!(
        run(&["history", "--no-archives", "--format", "json"]),
        expected()
    );
    repo.write("first.txt", "something else\n");
    repo.git(&["add", "-A"]);
    assert_eq!(run(&["staged", "--no-archives", "--format", "json"]), []);
}

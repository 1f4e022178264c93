//! Code that tests of several modules share.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::Write;
use std::process::{Command, Output, Stdio};

use stopleak::check::mint::mint_with_prefix;

#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "for hostile input")
)]
pub(crate) mod classes;
pub(crate) mod dir;
pub(crate) mod engine;
pub(crate) mod loose;
pub(crate) mod packed;
pub(crate) mod ran;
pub(crate) mod repo;
pub(crate) mod schema;

/// Runs a program with `stdin` as its standard input.
pub(crate) fn finish(command: &mut Command, stdin: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program of the test starts");
    // The program may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

/// Returns a token that a rule finds by itself, made at run time: its checksum is correct.
pub(crate) fn token(seed: u64) -> String {
    String::from_utf8(mint_with_prefix("crc32-base62", "ghp_", seed).unwrap()).unwrap()
}

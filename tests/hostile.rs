//! Hostile input: what attackers push, and what failing disks and full systems return. Nothing may
//! crash, hang, grow without bound, stay silent, run something, or reach a terminal raw.
//!
//! `STOPLEAK_HOSTILE=full` tries larger sizes and more cases, and takes minutes instead of seconds.
//! `docs/security.md` lists the classes and their results. If the system lacks something (strace,
//! another user, `/proc`), the test prints `SKIPPED` on standard error.

#![allow(clippy::unwrap_used, reason = "tests")]
#![cfg(target_os = "linux")]

mod content;
mod damage;
mod faults;
mod repositories;
mod runs;
mod support;
mod system;
mod terminal;
mod trees;

//! Hostile input: what attackers push, what dying disks and full systems return. Nothing
//! may crash, hang, grow without bound, fall silent, run something or reach a terminal raw.
//!
//! `STOPLEAK_HOSTILE=full` tries larger sizes and more of everything, for minutes instead
//! of seconds; `docs/security.md` lists the classes and what they showed. What a system
//! lacks (strace, another user, `/proc`) is told as `SKIPPED` on standard error.

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

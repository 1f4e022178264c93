//! Finds credentials in bytes, in working trees and in whole git histories.
//!
//! This is the library behind the `stopleak` program. It knows more than 1,200 kinds of
//! credentials, proves many of them offline, and judges generic passwords by a learned
//! score. It opens no network connection and starts no process.
//!
//! # What it promises
//!
//! - **It fails closed.** What cannot be read is an event, as a finding is. A
//!   [`Summary`](finding::Summary) counts every skip and every failure.
//! - **It is exact.** The same input gives the same findings in the same order, for any number
//!   of threads and however content is cut into pieces.
//! - **It bounds its costs.** No input makes it panic, recurse without end, or take unbounded
//!   memory.
//! - **It hides secrets.** A [`Secret`](secret::Secret) masks itself; only
//!   [`expose`](secret::Secret::expose) shows it.
//!
//! # Find a secret in bytes
//!
//! ```
//! use stopleak::blob::{Blob, BlobPath, Fresh};
//! use stopleak::detect::{Content, Detector, Scratch};
//!
//! let text = ["password = \"kR7-wq", "_Zp3mVx9\""].concat();
//! let path = BlobPath::from("settings.py");
//! let blob = Blob { path: &path, bytes: text.as_bytes(), fresh: Fresh::All };
//! let found = Detector::builtin().detect(&blob, Content::Text, &mut Scratch::default());
//!
//! assert_eq!(found.len(), 1);
//! assert_eq!(&text[found[0].secret.clone()], ["kR7-wq", "_Zp3mVx9"].concat());
//! ```
//!
//! # Where to go from here
//!
//! | you want to | start at |
//! |---|---|
//! | judge bytes that you have | [`detect::Detector`] |
//! | scan files with a policy | [`setup::Setup`], [`source::walk::WalkSource`], [`scan::run`] |
//! | scan what a commit or a range adds | [`source::staged`], [`source::range`] |
//! | scan a whole history | [`history::run`] |
//! | write reports | [`report`] |
//! | know why something is a finding | [`explain`] |
//!
//! `examples/` has a small program for each of the first three. Feature `cli`, on by default,
//! adds the command line; without it no argument parser and no terminal code is compiled.

pub mod blob;
pub mod cache;
pub mod calendar;
pub mod ci;
#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod detect;
pub mod encoding;
pub mod environment;
pub mod explain;
pub mod finding;
pub mod fleet;
pub mod gather;
pub mod git;
pub mod globs;
pub mod history;
pub mod hooks;
pub mod identity;
pub mod import;
pub mod inside;
pub mod links;
pub mod named;
pub mod report;
pub mod rules;
pub mod scan;
pub mod secret;
pub mod setup;
pub mod source;
pub mod stop;
pub mod suppress;
pub mod text;
pub mod triage;

// For tests and fuzzing: the checks that rules name, and makers of samples that pass them.
#[doc(hidden)]
pub mod check;

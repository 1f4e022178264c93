//! Code that tests of several modules share.

#![allow(clippy::unwrap_used, reason = "tests")]

pub(crate) mod dir;
pub(crate) mod repo;

//! Reading git's object store: packs, loose objects, references, index.
//!
//! A leaf of the house: it knows nothing of rules, findings or reports, and
//! never runs a program or writes a file. Everything a repository contains is
//! untrusted. What cannot be read is always told to the caller, never skipped.
//!
//! From the bottom up: [`inflate`] and [`delta`] unpack bytes, [`pack`] knows
//! the pack format, [`store`] finds the places, [`object`] reads single objects,
//! [`objects`] numbers all of them, [`walk`] visits all of one kind, and
//! [`graph`] tells which commit brought what.

mod allowance;
pub mod bits;
pub mod commit;
pub mod config;
pub mod delta;
pub mod diff;
pub mod error;
pub mod graph;
pub mod index;
pub mod inflate;
pub mod object;
pub mod objects;
pub mod pack;
mod plain;
pub mod protocol;
pub mod push;
pub mod range;
pub mod refs;
pub mod revision;
pub mod store;
pub mod tree;
pub mod walk;
pub mod worktree;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use bits::Bits;
pub use error::{GitError, Problem, Reason};
pub use gix::ObjectId;
pub use gix::hash::Kind as HashKind;
pub use gix::hash::oid;
pub use gix::object::Kind;
pub use object::Reader;
pub use objects::Objects;
pub use store::{Facts, OpenOptions, Store};

//! Reads git's object store: packs, loose objects, references, index.
//!
//! A leaf of the module graph: it knows nothing about rules, findings or reports, never
//! runs a program and never writes a file. Everything in a repository is untrusted.
//! Anything unreadable is returned to the caller; nothing is skipped silently.
//!
//! From the bottom up: [`inflate`] and [`delta`] unpack bytes, [`pack`] parses the pack
//! format, [`store`] lists the object directories, [`object`] reads single objects,
//! [`objects`] numbers all objects, [`walk`] visits all objects of one kind, and
//! [`graph`] finds the commit that introduced an object.

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

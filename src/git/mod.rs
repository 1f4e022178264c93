//! Reads git's object store: packs, loose objects, references, index.
//!
//! A leaf of the module graph: it knows nothing about rules, findings or reports, never
//! runs a program and never writes a file. Everything in a repository is untrusted.
//! Anything unreadable is returned to the caller; nothing is skipped silently.
//!
//! From the bottom up: [`inflate`] and [`delta`] unpack bytes, [`pack`] parses the pack
//! format, `store` lists the object directories, `object` reads single objects,
//! `objects` numbers all objects, [`walk`] visits all objects of one kind, and
//! [`graph`] finds the commit that introduced an object.

mod allowance;
mod bits;
pub(crate) mod budget;
mod checkout;
mod error;
// For tests and fuzzing.
#[doc(hidden)]
pub mod ignore;
pub mod names;
pub(crate) mod object;
mod objects;
mod plain;
pub mod protocol;
pub mod push;
pub(crate) mod range;
pub mod revision;
pub(crate) mod state;
mod store;
pub(crate) mod worktree;

// For tests and fuzzing: readers of git's files, and what goes through them.
#[doc(hidden)]
pub mod commit;
#[doc(hidden)]
pub mod config;
#[doc(hidden)]
pub mod delta;
#[doc(hidden)]
pub mod diff;
#[doc(hidden)]
pub mod graph;
#[doc(hidden)]
pub mod index;
#[doc(hidden)]
pub mod inflate;
#[doc(hidden)]
pub mod pack;
#[doc(hidden)]
pub mod refs;
#[doc(hidden)]
pub mod reftable;
#[doc(hidden)]
pub mod tree;
#[doc(hidden)]
pub mod walk;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use error::{GitError, Problem, Reason};
pub use gix::ObjectId;
pub use gix::hash::Kind as HashKind;
pub use gix::hash::oid;
pub use gix::object::Kind;
pub use store::{Facts, OpenOptions, Store};

// For tests and fuzzing.
#[doc(hidden)]
pub use {bits::Bits, object::Reader, objects::Objects};

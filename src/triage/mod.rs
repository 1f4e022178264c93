//! Accepts findings: existing ones with the baseline, single ones with the ignore file, one after
//! another in a session.

pub mod baseline;
pub mod collect;
pub mod ignores;
pub mod session;
pub mod state;

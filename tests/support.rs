//! What tests of several modules share.

pub(crate) mod dir;
pub(crate) mod repo;

//! The commands, one per file: each turns arguments into a request, runs it, and returns an
//! exit code.

pub(super) mod baseline;
pub(super) mod ci;
pub(super) mod config;
pub(super) mod explain;
pub(super) mod history;
pub(super) mod hook;
pub(super) mod ignore;
pub(super) mod import;
pub(super) mod rules;
pub(super) mod scan;
pub(super) mod staged;

//! The command line.

pub mod term;

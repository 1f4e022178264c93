//! Accepting findings: the baseline of those that were there before, and single ones that
//! somebody reviewed.

pub mod baseline;
pub mod ignores;
mod write;

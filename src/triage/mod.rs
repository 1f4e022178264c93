//! Accepts findings: existing ones with the baseline, single ones with the ignore file.

pub mod baseline;
pub mod ignores;

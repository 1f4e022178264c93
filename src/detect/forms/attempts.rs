//! The patterns of built-in rules as steps, which the build writes down.

use std::borrow::Cow;

use super::attempt::{Attempt, Condition, Loop, Op};
use super::parsed::parsed;
use crate::rules::class::ByteSet;

// `ATTEMPTS`: patterns and their steps, sorted by pattern.
include!(concat!(env!("OUT_DIR"), "/builtin_attempts.rs"));

/// Returns the steps of a pattern. `None` if it has something that has no steps.
pub(super) fn of(pattern: &str) -> Option<Attempt> {
    match ATTEMPTS.binary_search_by_key(&pattern, |(known, _)| known) {
        Ok(at) => ATTEMPTS.get(at).map(|(_, attempt)| attempt.clone()),
        Err(_) => Attempt::of(&parsed(pattern)?),
    }
}

//! Which hits of a blob add to the values that a report masks.

use std::collections::HashMap;

/// A hit of a blob that is scanned as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MarkPlace {
    pub(super) at: u32,
    pub(super) literal: u32,
}

/// Notes the first blob that has a mark.
pub(super) fn first_of(
    marked: &mut HashMap<u64, (u32, Option<MarkPlace>)>,
    mark: u64,
    new: (u32, Option<MarkPlace>),
) {
    let first = marked.entry(mark).or_insert(new);
    if new.0 < first.0 {
        *first = new;
    }
}

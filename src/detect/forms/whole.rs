//! Values that are all of a small file: `master.key`, `.vault-token`, `.htpasswd`. No
//! literal leads to them: every small file is tried, and its path decides when candidates
//! are resolved.

use super::shapes::{self, RunCache, ShapeMatch};
use crate::rules::{Boundary, Sequence};

/// The largest file that is one value, in bytes.
pub(in crate::detect) const FILE_MAX: usize = 512;

/// Whether content can be one value, or a row of them, one a line: it is small and has no
/// blanks inside. The first words of nearly all content say no.
pub(in crate::detect) fn is_one_value(bytes: &[u8]) -> bool {
    let value = bytes.trim_ascii();
    let sign = |b: &u8| b.is_ascii_graphic() || *b == b'\n';
    bytes.len() <= FILE_MAX && !value.is_empty() && value.iter().all(sign)
}

/// The first of `sequences` that all of the content matches, white space around it aside.
pub(in crate::detect) fn matching<'s>(
    sequences: &'s [Sequence],
    bytes: &[u8],
    runs: &mut RunCache,
) -> Option<(ShapeMatch, &'s Sequence)> {
    if !is_one_value(bytes) {
        return None;
    }
    let start = bytes.len() - bytes.trim_ascii_start().len();
    let end = bytes.trim_ascii_end().len();
    let value = bytes.get(..end).filter(|_| start < end)?;
    sequences.iter().find_map(|sequence| {
        let found = shapes::starting(sequence, start, Boundary::None, value, runs)?;
        (found.whole == (start..end)).then_some((found, sequence))
    })
}

//! The bytes of names and the limits that all readers of assignments share.

use crate::rules::class::{ByteSet, WORD};

/// The bytes of a name: `db.password`, `X-Api-Key`, `DB_PASS`.
pub(super) const NAME: ByteSet = WORD.or(ByteSet::of(b".-"));
/// White space within a line.
pub(super) const BLANK: ByteSet = ByteSet::of(b" \t");
/// White space, also between lines.
pub(super) const WHITE: ByteSet = ByteSet::of(b" \t\r\n");
/// How far a name goes on, to either side of the word that was found.
pub(super) const NAME_SIDE: usize = 48;
/// How far from the name its value may begin.
pub(super) const GAP: usize = 64;
/// The longest value that a reader looks at.
pub(in crate::detect) const VALUE_MAX: usize = 1024;
/// The longest value that goes on in further strings or lines, in bytes.
pub(in crate::detect) const VALUE_LONGEST: usize = 4096;

/// How many bytes of `set` follow from `at`, at most `max`.
pub(super) fn run(bytes: &[u8], at: usize, max: usize, set: &ByteSet) -> usize {
    let span = bytes
        .get(at..bytes.len().min(at.saturating_add(max)))
        .unwrap_or(&[]);
    span.iter().position(|b| !set.has(*b)).unwrap_or(span.len())
}

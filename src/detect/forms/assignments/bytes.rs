//! The bytes of names and the limits that all readers of assignments share.

use crate::rules::class::{ByteSet, WORD};

/// The bytes of a name: `db.password`, `X-Api-Key`, `DB_PASS`.
pub(super) const NAME: ByteSet = WORD.or(ByteSet::of(b".-"));
/// The bytes of a name in any language.
pub(super) const LETTERS: ByteSet = NAME.or(ByteSet::range(0x80, 0xff));
/// White space within a line.
pub(super) const BLANK: ByteSet = ByteSet::of(b" \t");
/// White space, also between lines.
pub(super) const WHITE: ByteSet = ByteSet::of(b" \t\r\n");
/// How far a name goes on, to either side of the word that was found.
pub(super) const NAME_SIDE: usize = 48;
/// How far from the name its value may begin.
pub(super) const GAP: usize = 64;
/// The longest value that a reader looks at.
pub(in crate::detect) const VALUE_MAX: usize = 4096;
/// The longest value that goes on in further strings or lines, in bytes.
pub(in crate::detect) const VALUE_LONGEST: usize = 4096;

/// The length of a sign beyond ASCII at the beginning of `text`, which is no letter: quotation marks,
/// dashes, arrows, blanks, and colons of full width.
pub(super) fn sign(text: &[u8]) -> usize {
    match text {
        [0xc2, ..] => 2,
        [0xe2 | 0xef, ..] | [0xe3, 0x80, ..] => 3.min(text.len()),
        [0xf0..=0xff, ..] => 1,
        _ => 0,
    }
}

/// How many bytes of a name in any language follow from `at`, at most `max`.
pub(super) fn name_len(bytes: &[u8], at: usize, max: usize) -> usize {
    let len = run(bytes, at, max, &LETTERS);
    let name = &bytes[at.min(bytes.len())..][..len];
    let signs = (0..len).find(|i| name[*i] >= 0x80 && sign(&name[*i..]) > 0);
    signs.unwrap_or(len)
}

/// How many bytes of `set` follow from `at`, at most `max`.
pub(super) fn run(bytes: &[u8], at: usize, max: usize, set: &ByteSet) -> usize {
    let span = bytes
        .get(at..bytes.len().min(at.saturating_add(max)))
        .unwrap_or(&[]);
    span.iter().position(|b| !set.has(*b)).unwrap_or(span.len())
}

/// How many bytes of `set` end at `at`, at most `max`.
pub(super) fn run_before(bytes: &[u8], at: usize, max: usize, set: &ByteSet) -> usize {
    let span = &bytes[at.saturating_sub(max)..at];
    let mut back = span.iter().rev();
    back.position(|b| !set.has(*b)).unwrap_or(span.len())
}

/// Where the line of `at` begins, if that is at most `max` bytes before.
pub(super) fn line_start(bytes: &[u8], at: usize, max: usize) -> Option<usize> {
    let floor = at.saturating_sub(max);
    let newline = memchr::memrchr(b'\n', &bytes[floor..at]);
    newline.map(|i| floor + i + 1).or((floor == 0).then_some(0))
}

//! How a blob is read: as text or as binary, and whether it must be decoded.

use crate::detect::Content;
use crate::git::delta::Run;
use crate::git::walk::Derived;
use crate::scan::verdict::content_of;
use crate::text::{self, Plain};

/// How content that needs no decoding is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) content: Content,
    /// Whether it has NULs, without which nothing is UTF-16 or UTF-32.
    pub(super) nuls: bool,
}

/// Returns how to read content, or None if it must be decoded.
pub(super) fn of(bytes: &[u8]) -> Option<Reading> {
    match text::plain(bytes) {
        Some(Plain { mark: 0, nuls }) => Some(Reading {
            content: content_of(text::is_binary(bytes)),
            nuls,
        }),
        _ => None,
    }
}

/// Returns how to read a delta's result. What is copied from the base need not be looked
/// at again. `base`: how the base was read, if it needed no decoding.
pub(super) fn of_delta<S>(
    bytes: &[u8],
    base: Option<Reading>,
    from: &Derived<'_, S>,
) -> Option<Reading> {
    let Some(base) = base else {
        return of(bytes);
    };
    if base.nuls || has_new_nul(bytes, from.runs.copies()) {
        return of(bytes);
    }
    // Without NULs, only a mark can say that content is wide.
    match text::plain(&bytes[..bytes.len().min(4)]) {
        Some(Plain { mark: 0, .. }) => Some(Reading {
            content: if same_start(from) {
                base.content
            } else {
                content_of(text::is_binary(bytes))
            },
            nuls: false,
        }),
        _ => None,
    }
}

/// Whether there is a NUL between the `copies` of which `bytes` consists.
fn has_new_nul(bytes: &[u8], copies: &[Run]) -> bool {
    let has = |from: u32, to: usize| {
        let between = bytes.get(from as usize..to);
        between.is_some_and(|between| memchr::memchr(0, between).is_some())
    };
    let mut at = 0;
    let before = copies.iter().any(|run| {
        let from = std::mem::replace(&mut at, run.dst_end());
        has(from, run.dst as usize)
    });
    before || has(at, bytes.len())
}

/// Whether the bytes that decide whether content is binary are those of the base.
fn same_start<S>(from: &Derived<'_, S>) -> bool {
    let Some(first) = from.runs.copies().first() else {
        return false;
    };
    let deciding = text::SNIFF_LEN as u32;
    let whole = first.len == from.runs.len() && first.len == from.runs.base_len();
    first.src == 0 && first.dst == 0 && (first.len >= deciding || whole)
}

//! A literal as the prefilter looks for it. What it means to a rule stands in `compile`.
//!
//! The build script compiles this file as well.

use std::borrow::Cow;

use crate::rules::class::ByteSet;

/// A literal, and what its rule knows of the bytes around it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Literal {
    /// The bytes, in lower case if `fold` is set. Never empty.
    pub(super) bytes: Cow<'static, [u8]>,
    /// Whether ASCII case is ignored.
    pub(super) fold: bool,
    /// Classes of up to three bytes before it, the nearest last.
    pub(super) before: Vec<ByteSet>,
    /// Classes of up to three bytes after it, the nearest first.
    pub(super) after: Vec<ByteSet>,
}

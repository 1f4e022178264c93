//! A pair of a Kubernetes Secret.

use std::ops::Range;

/// A pair of a Secret.
pub(in crate::detect) struct Pair {
    /// The key, without quotes.
    pub(in crate::detect) key: Range<usize>,
    /// The value, without quotes.
    pub(in crate::detect) value: Range<usize>,
    /// Whether the pair stands under `data`, so that its value is base64.
    pub(in crate::detect) coded: bool,
}

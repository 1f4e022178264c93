//! A value that has the form of its rule, before anybody judges it.

use std::ops::Range;

use super::shapes::ShapeMatch;
use crate::rules::Sequence;

/// A value that matched.
#[derive(Clone, Debug)]
pub(in crate::detect) struct Match {
    /// All that matched.
    pub(in crate::detect) whole: Range<usize>,
    /// The value.
    pub(in crate::detect) secret: Range<usize>,
    /// How many of its first bytes the form fixes.
    pub(in crate::detect) public_prefix: usize,
    /// The longest random part: literals inside a value would hide that it repeats.
    pub(in crate::detect) run: Range<usize>,
    /// How many bytes may stand at each place of it; 0 if the form does not say.
    pub(in crate::detect) signs: u32,
    /// The context word next to it.
    pub(in crate::detect) word: Option<Range<usize>>,
}

impl Match {
    /// What `found` is as a match of `sequence`.
    pub(in crate::detect) fn of_shape(
        found: ShapeMatch,
        sequence: &Sequence,
        word: Option<Range<usize>>,
    ) -> Self {
        Self {
            whole: found.whole,
            secret: found.secret,
            run: found.run,
            signs: found.signs,
            public_prefix: sequence.public_prefix(),
            word,
        }
    }
}

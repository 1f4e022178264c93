//! A name with a value that it is given, and how both stand there.

use std::ops::Range;

use super::link::Link;
use super::strings::{Found, Quote};

/// A name and the value that it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::detect) struct Site {
    /// The name, as far as its bytes are those of names.
    pub(in crate::detect) name: Range<usize>,
    /// The value without quotes.
    pub(in crate::detect) value: Range<usize>,
    /// How it is quoted.
    pub(in crate::detect) quote: Quote,
    /// What connects the two.
    pub(in crate::detect) link: Link,
    /// The type or function around the value, if any: `Some`, `new Token`.
    pub(in crate::detect) callee: Option<Range<usize>>,
    /// Whether the value is used only when something else is not set.
    pub(in crate::detect) fallback: bool,
    /// Where the value stands.
    pub(in crate::detect) place: Among,
}

/// Where a value stands that a name is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Among {
    /// Beside its name, or in a block below it.
    None,
    /// Apart from its name, so that the text before it says nothing of the value: on a line of
    /// its own, in a field of its own, in a tuple.
    Apart,
    /// In a list that the name is given.
    List,
    /// In a map that the name is given, under this key.
    Map(Range<usize>),
    /// In a list or map inside of the one that the name is given, under this key if it is a map.
    Deep(Option<Range<usize>>),
    /// In a column that the name heads. The value is all of a field.
    Column,
}

impl Site {
    /// The value `found` of `name`.
    pub(super) fn of(name: &Range<usize>, link: Link, found: Found, place: Among) -> Self {
        Self {
            name: name.clone(),
            value: found.span,
            quote: found.quote,
            link,
            callee: found.callee,
            fallback: found.fallback,
            place,
        }
    }
}

//! A name with a value that it is given, and how both stand there.

use std::ops::Range;

use super::bytes::VALUE_MAX;
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
    /// The value is a list of numbers, one for each byte.
    Octets,
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

/// The site with all of its value, if a doubled quote cut it short: `'a''b7…'` of YAML and SQL.
pub(in crate::detect) fn whole(bytes: &[u8], site: Site) -> Site {
    /// What is longer is known by its beginning.
    const SHORT: usize = 4;
    let Quote::Plain(quote) = site.quote else {
        return site;
    };
    let doubled = |at: usize| bytes.get(at..at + 2) == Some(&[quote, quote]);
    let mut end = site.value.end;
    if site.value.len() >= SHORT || !doubled(end) || bytes.get(end + 2) == Some(&quote) {
        return site;
    }
    while doubled(end) {
        let limit = bytes.len().min(site.value.start + VALUE_MAX);
        let rest = bytes.get(end + 2..limit).unwrap_or_default();
        let Some(len) = memchr::memchr3(quote, b'\n', b'\r', rest) else {
            return site;
        };
        if rest[len] != quote {
            return site;
        }
        end += 2 + len;
    }
    let value = site.value.start..end;
    Site { value, ..site }
}

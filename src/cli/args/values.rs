//! Values from a fixed list of words.

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Returns a parser for the words that `id` gives `all`. Help lists them; an error names the
/// nearest. Letters of either case are the same with `ignore_case`.
pub(super) fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    id: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let words = all.iter().map(move |value| id(*value));
    PossibleValuesParser::new(words).try_map(move |word| {
        let found = all
            .iter()
            .copied()
            .find(|value| id(*value).eq_ignore_ascii_case(&word));
        found.ok_or("not one of these words")
    })
}

/// The format of a listing or explanation, not of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DocumentFormat {
    Text,
    Json,
}

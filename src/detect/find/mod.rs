//! Which rule has to look where: from the literals of all rules to the places in content
//! at which a rule may find something.
//!
//! ```text
//! rules -> compile: the literals that lead to them -> windows, tables
//! content -> prefilter: occurrences of literals -> gate: hits
//! ```
//!
//! This room does not know what a value looks like beyond its literals and the bytes next
//! to them (that is `forms`), and it judges nothing.
//!
//! The build script compiles `base85`, `coded`, `codes`, `compile`, `cut`, `literal`, `names`, `rarity`, `tables`,
//! `turned` and `windows` too, and embeds the tables of the built-in rules. These files therefore use
//! nothing but each other and the parts of `rules` that the build script compiles.

pub(in crate::detect) mod ascii85;
mod bare;
pub(in crate::detect) mod base85;
mod builtin;
mod coded;
mod codes;
mod compile;
mod cut;
pub(in crate::detect) mod deflate;
pub(in crate::detect) mod dump;
mod edges;
mod finder;
mod gate;
mod group;
mod literal;
mod names;
pub(in crate::detect) mod numbers;
pub(in crate::detect) mod period;
mod prefilter;
mod rarity;
pub(in crate::detect) mod runs;
mod sieve;
pub(in crate::detect) mod signs;
mod tables;
pub(in crate::detect) mod turned;
pub(in crate::detect) mod uuencode;
mod windows;
mod words;
pub(in crate::detect) mod wrapped;

pub(in crate::detect) use bare::Bare;
pub(in crate::detect) use coded::{Lead, Writing};
pub(in crate::detect) use compile::{Role, Target};
pub(in crate::detect) use edges::{LEFT_EDGE, left_is_free, literal_at, right_is_free};
pub(in crate::detect) use finder::Finder;
pub(crate) use gate::BESIDE;
pub use prefilter::Hit;

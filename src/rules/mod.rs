//! Rules: what a kind of credential looks like, how a check proves it, and what
//! to do after a leak. Plain data; `detect` applies it to content.
//!
//! The built-in rules are the TOML files under `rules/`. The build parses and
//! checks them and embeds them as constants, so start-up parses nothing.

pub mod builtin;
pub mod class;
pub(crate) mod entropy;
pub mod label;
mod mistake;
pub mod rule;
pub(crate) mod select;
pub mod shape;
pub mod spec;

pub use label::{Label, Labels, Mark};
pub use rule::{
    Anchor, Boundary, Companion, Confidence, Context, Matcher, OnInvalid, Rule, RuleIndex, Ruleset,
    SecretType, Severity, Text, Within,
};
pub use shape::{Sequence, Step};

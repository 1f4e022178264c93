//! Rules: what a kind of credential looks like, how it is proved, and what to
//! do when one leaked. Plain data; nothing here looks at content.
//!
//! The built-in rules are the TOML files under `rules/`, parsed and checked when
//! the crate is built and embedded as constants, so that start-up parses nothing.

pub mod builtin;
pub mod class;
pub mod entropy;
pub mod rule;
pub mod select;
pub mod shape;
pub mod spec;

pub use rule::{
    Anchor, Boundary, Companion, Confidence, Context, Matcher, OnInvalid, Rule, RuleIndex, Ruleset,
    SecretType, Severity, Text, Within,
};
pub use shape::{Sequence, Step};

//! How content is looked at.

/// Whether content is text or is read for distinctive tokens only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Every rule applies.
    Text,
    /// Only rules that are distinctive by themselves apply.
    Binary,
}

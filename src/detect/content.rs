//! How the detector looks at content.

/// Whether content is text, or is read for distinctive tokens only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Every rule applies.
    Text,
    /// Only rules apply whose values are distinctive by themselves.
    Binary,
}

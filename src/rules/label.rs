//! What else is known about the values of a rule: that they are for tests, that everybody may
//! know them, that they name something. A label decides nothing; the policy does.
//!
//! The build script also compiles this module, so it uses nothing outside `rules`.

use std::borrow::Cow;
use std::fmt;

/// What else is known about a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// For a test mode or a sandbox: it opens nothing real.
    Test,
    /// A sample of somebody's documentation.
    DocumentedSample,
    /// Made for everybody to see, such as the key of a page.
    PublicByDesign,
    /// Of an account that is known for traps: its owner hears of each use.
    Canary,
    /// It says itself that it is no longer valid.
    Expired,
    /// It names an account or a program, and opens nothing alone.
    Identifier,
}

impl Label {
    /// Every label.
    pub const ALL: &'static [Label] = &[
        Label::Test,
        Label::DocumentedSample,
        Label::PublicByDesign,
        Label::Canary,
        Label::Expired,
        Label::Identifier,
    ];

    /// Returns the name used in rule files, configurations, options and reports.
    pub const fn id(self) -> &'static str {
        match self {
            Label::Test => "test",
            Label::DocumentedSample => "documented-sample",
            Label::PublicByDesign => "public-by-design",
            Label::Canary => "canary",
            Label::Expired => "expired",
            Label::Identifier => "identifier",
        }
    }

    /// Returns what the label says, as a sentence without a full stop.
    pub const fn describe(self) -> &'static str {
        match self {
            Label::Test => "of a test mode or sandbox; it opens nothing real",
            Label::DocumentedSample => "a published sample",
            Label::PublicByDesign => "made for everybody to see",
            Label::Canary => "a trap: do not verify it, its owner hears of each use",
            Label::Expired => "no longer valid, as it says itself",
            Label::Identifier => "a name that opens nothing alone",
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

/// A set of labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels(pub u8);

impl Labels {
    /// No label.
    pub const NONE: Labels = Labels(0);

    /// The set of one label.
    pub const fn of(label: Label) -> Self {
        Labels(1 << label as u8)
    }

    /// Returns the labels that are in one of the sets.
    #[must_use]
    pub const fn and(self, other: Labels) -> Self {
        Labels(self.0 | other.0)
    }

    /// Whether the label is in the set.
    pub const fn has(self, label: Label) -> bool {
        self.0 & Labels::of(label).0 != 0
    }

    /// Whether the sets have a label in common.
    pub const fn meets(self, other: Labels) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the labels in the order of [`Label::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Label> {
        let all = Label::ALL.iter().copied();
        all.filter(move |label| self.has(*label))
    }

    /// Returns the names of the labels, joined by `, `.
    pub fn names(self) -> String {
        let names: Vec<&str> = self.iter().map(Label::id).collect();
        names.join(", ")
    }
}

impl FromIterator<Label> for Labels {
    fn from_iter<I: IntoIterator<Item = Label>>(labels: I) -> Self {
        let all = labels.into_iter();
        all.fold(Labels::NONE, |set, label| set.and(Labels::of(label)))
    }
}

/// Some values of a rule have a label: those that contain a text, or near which it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The label.
    pub label: Label,
    /// What the values contain, or what stands near them.
    pub text: Cow<'static, str>,
    /// Whether it stands near the value, at most [`Mark::NEAR`] bytes away.
    pub near: bool,
}

impl Mark {
    /// How far from a value a text counts as near, in bytes to either side.
    pub const NEAR: usize = 600;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_each_label_once_and_in_order() {
        let set: Labels = [Label::Expired, Label::Test, Label::Test]
            .into_iter()
            .collect();
        assert_eq!(set.names(), "test, expired");
        assert!(set.has(Label::Test) && !set.has(Label::Canary));
        assert!(set.meets(Labels::of(Label::Expired)) && !set.meets(Labels::of(Label::Canary)));
        assert!(Labels::NONE.is_empty() && !set.is_empty());
    }
}

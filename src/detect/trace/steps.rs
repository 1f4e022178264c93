//! What a trace consists of: attempts, their steps, and candidates.

use std::ops::Range;

use crate::check::Outcome;
use crate::detect::judge::overlaps::Lost;
use crate::finding::{Candidate, Dismissal};
use crate::rules::{RuleIndex, Text};

/// What an occurrence of a literal is to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    /// A fixed part of the value.
    Value,
    /// A context word near the value.
    Word,
    /// Part of the name that a value is assigned to.
    Name,
    /// Nothing: an expression ran over all of the content.
    Content,
}

/// One occurrence of a literal, tried as one rule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attempt {
    /// The rule.
    pub rule: RuleIndex,
    /// Where the literal stands.
    pub literal: Range<usize>,
    /// What the literal is to the rule.
    pub lead: Lead,
    /// What detection found out, in order. Steps after a [`Step::Matched`] are about its value.
    pub steps: Vec<Step>,
}

/// One thing that was found out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// The value was seen through these encodings.
    Through(String),
    /// The rule reads text only, and the content is binary.
    TextOnly,
    /// No value of the rule's form stands here.
    Missed(Miss),
    /// A value has the rule's form.
    Matched {
        /// The value.
        value: Range<usize>,
    },
    /// A context word stands where the rule wants one.
    Word(Range<usize>),
    /// No context word stands where the rule wants one. Detection gives the value up.
    NoWord,
    /// The value has this entropy. Below `least` detection gives it up.
    Entropy {
        /// Bits per byte of the value.
        bits: f32,
        /// What the rule asks for.
        least: f32,
    },
    /// The offline check answered.
    Checked {
        /// Its answer.
        outcome: Outcome,
        /// Whether a disproof dismisses the value, rather than making it doubtful.
        drops: bool,
    },
    /// The value is a stock word, which has low confidence.
    StockWord,
    /// The value is no secret, for this reason.
    Dismissed(Dismissal),
    /// Detection looked for a further part of the credential. If a required one is missing,
    /// it gives the value up.
    Companion {
        /// What it is called.
        name: Text,
        /// Where it stands.
        at: Option<Range<usize>>,
        /// Whether the rule asks for it.
        required: bool,
    },
    /// Something about the name, syntax or value of an assignment, and its weight in the
    /// score.
    Weighed(Text),
    /// The value became a candidate.
    Candidate,
}

/// In which respect a form was missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Miss {
    /// A letter or digit before the value is glued to it.
    GluedBefore,
    /// The value goes on after its longest form.
    GoesOn,
    /// A part of the form is too short.
    Short {
        /// Bytes that it needs.
        wanted: usize,
        /// Bytes of its alphabet that are there.
        there: usize,
        /// Whether it stands before the literal.
        before: bool,
    },
    /// Another fixed part of the form is missing.
    OtherLiteral,
    /// The pattern does not match around the literal.
    Pattern,
    /// The name in which the literal stands is given no value.
    NoValue,
    /// The assigned value has another form.
    AssignedForm(Range<usize>),
    /// No value of the form stands near the literal.
    NoneNear,
    /// The literal is a part of another word.
    InsideWord,
    /// The name goes on to something else: an identifier, an address.
    NameOfOther,
    /// The assigned value is no credential, by its name, its syntax or the value itself.
    Assignment(Range<usize>),
    /// Something else.
    Form,
}

/// Everything that led to a blob's candidates, or to none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    /// What was tried, in order of place.
    pub attempts: Vec<Attempt>,
    /// How many further attempts `attempts` leaves out.
    pub more: usize,
    /// The candidates, exactly as [`Detector::detect`](crate::detect::Detector::detect) has them.
    pub kept: Vec<Candidate>,
    /// Candidates that detection gave up, and why.
    pub lost: Vec<(Candidate, Lost)>,
}

impl Attempt {
    /// Every stretch of content that was a value, or nearly one.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Range<usize>> {
        self.steps.iter().filter_map(|step| match step {
            Step::Matched { value }
            | Step::Missed(Miss::AssignedForm(value) | Miss::Assignment(value))
            | Step::Companion {
                at: Some(value), ..
            } => Some(value),
            _ => None,
        })
    }

    /// Whether the literal or a value of it touches `window`.
    pub(super) fn touches(&self, window: &Range<usize>) -> bool {
        touch(&self.literal, window) || self.values().any(|v| touch(v, window))
    }
}

/// Whether two spans share a byte.
pub(super) fn touch(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

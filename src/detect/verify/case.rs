//! What verification works on: a rule on trial, and the content.

use super::memo::Memo;
use crate::check::{self, Check};
use crate::detect::find::Target;
use crate::detect::forms::patterns::LazyPattern;
use crate::rules::{Matcher, Rule};

/// What a rule needs to verify its hits.
pub(in crate::detect) struct Prepared {
    pub(in crate::detect) check: Option<Check>,
    pub(in crate::detect) companion_checks: Vec<Option<Check>>,
    /// How far the rule looks in bytes that are not encoded.
    pub(in crate::detect) plain: usize,
    /// Few rules have one.
    pub(in crate::detect) pattern: Option<Box<LazyPattern>>,
}

impl Prepared {
    /// Makes `rule` ready, which looks `plain` bytes far.
    pub(in crate::detect) fn new(rule: &Rule, plain: usize) -> Self {
        let companions = rule.companions.iter();
        Self {
            check: check::lookup(&rule.check),
            companion_checks: companions.map(|c| check::lookup(&c.check)).collect(),
            plain,
            pattern: matches!(rule.matcher, Matcher::Pattern { .. }).then(Default::default),
        }
    }
}

/// A rule on trial at one hit.
#[derive(Clone, Copy)]
pub(in crate::detect) struct Case<'a> {
    pub(in crate::detect) rule: &'a Rule,
    pub(in crate::detect) prepared: &'a Prepared,
    pub(in crate::detect) target: Target,
}

/// The content, what verification remembers of it, and who hears of it.
pub(in crate::detect) struct Subject<'a, O> {
    pub(in crate::detect) bytes: &'a [u8],
    pub(in crate::detect) memo: &'a mut Memo,
    /// Hears of every decision.
    pub(in crate::detect) observer: &'a mut O,
}

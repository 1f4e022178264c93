//! The observer, which detection tells of every decision.

use std::ops::Range;

use super::steps::Step;
use crate::detect::find::Target;
use crate::finding::Candidate;
use crate::rules::Text;

/// Hears what detection does.
pub(in crate::detect) trait Observer {
    /// Detection tries the literal at `literal` as `target`.
    fn attempt(&mut self, target: Target, literal: &Range<usize>);
    /// A step of the current attempt.
    fn step(&mut self, step: impl FnOnce() -> Step);
    /// What speaks for and against an assignment, one step each. Only an observer that tells
    /// somebody works it out.
    fn weighed(&self, candidate: &Candidate) -> Vec<Text>;
}

/// Hears nothing.
pub(in crate::detect) struct Silent;

impl Observer for Silent {
    #[inline]
    fn attempt(&mut self, _: Target, _: &Range<usize>) {}
    #[inline]
    fn step(&mut self, _: impl FnOnce() -> Step) {}
    #[inline]
    fn weighed(&self, _: &Candidate) -> Vec<Text> {
        Vec::new()
    }
}

//! What verification of one content remembers from hit to hit, so that content made of hits
//! is read once and not once per hit. It changes no result: each entry is a function of the
//! bytes alone, not of the hit that asked first.

use std::collections::HashMap;
use std::ops::Range;

use crate::detect::forms::assignments;
use crate::detect::forms::matched::Match;
use crate::detect::forms::patterns::Barren;
use crate::detect::forms::shapes::RunCache;
use crate::detect::judge::generic::{self, Generic, Names};
use crate::detect::layers::base64::Stretches;
use crate::rules::RuleIndex;

/// The memory of verification. Belongs to one content.
#[derive(Default)]
pub(in crate::detect) struct Memo {
    pub(in crate::detect) runs: RunCache,
    /// Names mean the same in all content.
    names: Names,
    /// The name that was judged last, as several words may stand in it, and the verdicts on its
    /// values.
    judged: Option<Asked>,
    verdicts: Vec<Generic>,
    /// Whether a verdict counts once, however many words stand in its name.
    pub(in crate::detect) once: bool,
    /// By rule and list of its sequences: 0 for the rule itself, then its companions.
    near: HashMap<(u16, u8), Near>,
    /// By rule.
    barren: HashMap<u16, Barren>,
    /// What images of the literals of patterns stand in.
    pub(super) stretches: Stretches,
    /// The value assigned to a name in which the last word ended here: the word belongs to
    /// many rules.
    assigned: Option<(usize, Option<assignments::Value>)>,
}

/// What a generic rule is asked for: its number, and the place of the name.
type Asked = (RuleIndex, Range<usize>);

impl Memo {
    /// Forgets everything, before the next content.
    pub(in crate::detect) fn clear(&mut self) {
        self.runs.clear();
        self.near.clear();
        self.barren.clear();
        self.stretches.clear();
        self.assigned = None;
        self.judged = None;
    }

    /// The verdicts of a generic rule on the values of the name around `word`.
    pub(super) fn judged(
        &mut self,
        bytes: &[u8],
        rule: RuleIndex,
        word: &Range<usize>,
    ) -> &[Generic] {
        let asked = (rule, assignments::name_around(bytes, word));
        if self.judged.as_ref() == Some(&asked) {
            return if self.once { &[] } else { &self.verdicts };
        }
        self.verdicts.clear();
        generic::judge(bytes, asked.1.clone(), &mut self.names, &mut self.verdicts);
        self.judged = Some(asked);
        &self.verdicts
    }

    /// The value assigned to the name in which a word ends at `word_end`.
    pub(super) fn value_after(
        &mut self,
        bytes: &[u8],
        word_end: usize,
    ) -> Option<assignments::Value> {
        match &self.assigned {
            Some((end, value)) if *end == word_end => value.clone(),
            _ => {
                let value = assignments::value_after(bytes, word_end);
                self.assigned = Some((word_end, value.clone()));
                value
            }
        }
    }

    /// Where the pattern of `rule` is known not to match.
    pub(in crate::detect) fn barren(&mut self, rule: u16) -> &mut Barren {
        self.barren.entry(rule).or_default()
    }

    /// Takes the values of a list of sequences. [`keep`](Self::keep) gives them back.
    pub(super) fn take(&mut self, key: (u16, u8)) -> Near {
        self.near
            .get_mut(&key)
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Keeps the values of a list of sequences for the next hit.
    pub(super) fn keep(&mut self, key: (u16, u8), near: Near) {
        self.near.insert(key, near);
    }
}

/// The values that start in a stretch of content, all of them, overlapping ones as well.
#[derive(Default)]
pub(super) struct Near {
    /// The stretch that was searched.
    searched: Range<usize>,
    /// The values by their start; those with the same start by their sequence.
    values: Vec<(usize, Match)>,
}

impl Near {
    /// Returns the part of `window` that has not been searched, and counts it as searched.
    pub(super) fn missing(&mut self, window: &Range<usize>) -> Range<usize> {
        if window.start < self.searched.start || window.start > self.searched.end {
            self.searched = window.start..window.start;
            self.values.clear();
        }
        let passed = self.values.partition_point(|(at, _)| *at < window.start);
        if passed > 64 {
            self.values.drain(..passed);
            self.searched.start = window.start;
        }
        let from = self.searched.end;
        self.searched.end = from.max(window.end);
        from..self.searched.end
    }

    /// Adds a value at the end.
    pub(super) fn add(&mut self, at: usize, value: Match) {
        self.values.push((at, value));
    }

    /// Returns the values that start in `window`.
    pub(super) fn within(&self, window: &Range<usize>) -> &[(usize, Match)] {
        let from = self.values.partition_point(|(at, _)| *at < window.start);
        let to = self.values.partition_point(|(at, _)| *at < window.end);
        self.values.get(from..to).unwrap_or(&[])
    }
}

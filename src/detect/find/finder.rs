//! The finder: occurrences of all literals of a set of rules, and what each leads to.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use super::builtin;
use super::coded::Lead;
use super::compile::{self, Role, Target};
use super::gate::Gate;
use super::prefilter::{Hit, Prefilter};
use super::{ascii85, numbers};
use crate::rules::{Rule, RuleIndex, Ruleset};

/// Finds where each rule of a set has to look.
pub(in crate::detect) struct Finder {
    prefilter: Prefilter,
    targets: Cow<'static, [Cow<'static, [Target]>]>,
    /// Each is made when its literal is first seen.
    gates: Vec<OnceLock<Gate>>,
    /// The length of the longest literal, once somebody has asked.
    longest: OnceLock<usize>,
}

impl Finder {
    /// The finder of `rules`, with tables of its own.
    pub(in crate::detect) fn new(rules: &Ruleset) -> Self {
        let compile::Plan { literals, targets } = compile::plan(rules);
        Self::of(Prefilter::new(literals), targets.into())
    }

    /// The finder of all built-in rules: the build script made its tables.
    pub(in crate::detect) fn builtin() -> Option<Self> {
        let (prefilter, targets) = builtin::prefilter()?;
        Some(Self::of(prefilter, targets))
    }

    fn of(prefilter: Prefilter, targets: Cow<'static, [Cow<'static, [Target]>]>) -> Self {
        Self {
            gates: targets.iter().map(|_| OnceLock::new()).collect(),
            longest: OnceLock::new(),
            prefilter,
            targets,
        }
    }

    /// The finder of `rules` with the tables of the built-in rules, so that only rules that
    /// are not built in cost start-up time. It comes with the rules that it numbers: they
    /// include the built-in rules that `rules` leaves out, to which no literal leads.
    pub(in crate::detect) fn from_builtin(
        rules: &Ruleset,
    ) -> Option<(Ruleset, Self, HashSet<RuleIndex>)> {
        let same_way = |rule: &Rule, known: &Rule| {
            rule.matcher == known.matcher
                && rule.anchors == known.anchors
                && rule.context == known.context
        };
        let mut given = rules.iter().map(|(_, rule)| rule).peekable();
        let mut all: Vec<Cow<'static, Rule>> = Vec::new();
        let mut off = Vec::new();
        for known in crate::rules::builtin::rules() {
            let rule = given.next_if(|rule| rule.id == known.id && same_way(rule, known));
            off.push(rule.is_none());
            all.push(match rule {
                Some(rule) if rule != known => Cow::Owned(rule.clone()),
                _ => Cow::Borrowed(known),
            });
        }
        let (mut prefilter, mut targets) = builtin::prefilter()?;
        if off.contains(&true) {
            let is_on = |target: &&Target| {
                matches!(target.role, Role::Coded { .. })
                    || off.get(usize::from(target.rule.0)) == Some(&false)
            };
            let kept = targets.iter().map(|all| {
                let kept: Vec<Target> = all.iter().filter(is_on).copied().collect();
                Cow::Owned(kept)
            });
            targets = kept.collect::<Vec<_>>().into();
        }
        let others: Vec<Cow<'static, Rule>> = given.map(|rule| Cow::Owned(rule.clone())).collect();
        if !others.is_empty() {
            let plan = compile::plan_of_rules(&Ruleset::new(others.clone()));
            let places = placed(&mut all, others);
            for &place in &places {
                if let Some(off) = off.get_mut(place) {
                    *off = false;
                }
            }
            let moved = |target: &Target| {
                let place = places.get(usize::from(target.rule.0)).copied();
                let rule = RuleIndex(u16::try_from(place?).ok()?);
                Some(Target { rule, ..*target })
            };
            let own = plan.targets.iter().map(|all| {
                let moved: Vec<Target> = all.iter().filter_map(moved).collect();
                Cow::Owned(moved)
            });
            targets.to_mut().extend(own);
            prefilter = prefilter.extended(plan.literals);
        }
        let off = off.into_iter().enumerate().filter(|(_, off)| *off);
        let off = off.filter_map(|(index, _)| u16::try_from(index).ok().map(RuleIndex));
        let off = off.collect();
        Some((Ruleset::new(all), Self::of(prefilter, targets), off))
    }

    /// Appends every occurrence of a literal that starts in `range`, nearly in order.
    pub(in crate::detect) fn occurrences(
        &self,
        bytes: &[u8],
        range: Range<usize>,
        out: &mut Vec<Hit>,
    ) {
        self.prefilter.hits(bytes, range, out);
    }

    /// Whether an occurrence is a hit: whether it can lead to anything.
    #[inline]
    pub(in crate::detect) fn passes(&self, rules: &Ruleset, bytes: &[u8], hit: Hit) -> bool {
        let literal = hit.literal as usize;
        match (self.gates.get(literal), self.prefilter.leads().get(literal)) {
            (Some(gate), Some(lead)) => gate
                .get_or_init(|| Gate::of(rules, &self.targets[literal], &lead.bytes))
                .passes(bytes, hit.at, lead.bytes.len()),
            // The number stands for no literal.
            _ => true,
        }
    }

    /// The hit on what content as a whole begins with: other literals ask what stands before them.
    pub(in crate::detect) fn at_start(&self, bytes: &[u8]) -> Option<Hit> {
        let lead = match bytes {
            [b'[' | b'{', ..] if numbers::is_lead(bytes, 0) => Lead::Numbers,
            [b'<', b'~', ..] if ascii85::is_lead(bytes, 0) => Lead::Ascii85,
            _ => return None,
        };
        let number = Lead::ALL.iter().position(|each| *each == lead)?;
        let is = |target: &Target| target.role == Role::Coded { lead: number as u8 };
        let literal = self.targets.iter().position(|all| all.iter().any(is))?;
        Some(Hit {
            at: 0,
            literal: literal as u32,
        })
    }

    /// What each literal leads to, by the literal's number.
    pub(in crate::detect) fn targets(&self) -> &[Cow<'static, [Target]>] {
        &self.targets
    }

    /// The literals, in the order of their numbers.
    pub(in crate::detect) fn literals(&self) -> impl Iterator<Item = &[u8]> {
        self.prefilter.leads().iter().map(|lead| &*lead.bytes)
    }

    /// The length of a literal; 0 for an unknown number.
    pub(in crate::detect) fn literal_len(&self, literal: u32) -> usize {
        let lead = self.prefilter.leads().get(literal as usize);
        lead.map_or(0, |lead| lead.bytes.len())
    }

    /// The length of the longest literal.
    pub(in crate::detect) fn longest_literal(&self) -> usize {
        *self.longest.get_or_init(|| {
            let lengths = self.prefilter.leads().iter().map(|lead| lead.bytes.len());
            lengths.max().unwrap_or(0)
        })
    }
}

/// Puts `others` among `all` and says where each stands: a rule that replaces a built-in
/// rule takes its place, any other goes to the end.
fn placed(all: &mut Vec<Cow<'static, Rule>>, others: Vec<Cow<'static, Rule>>) -> Vec<usize> {
    let mut places = Vec::with_capacity(others.len());
    for rule in others {
        match all.iter().position(|known| known.id == rule.id) {
            Some(place) => {
                all[place] = rule;
                places.push(place);
            }
            None => {
                places.push(all.len());
                all.push(rule);
            }
        }
    }
    places
}

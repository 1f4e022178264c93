//! How far each rule looks: the bound on which locality rests. It adds up the bounds that
//! the rooms declare.

use std::sync::atomic::{AtomicU32, Ordering};

use super::find::{LEFT_EDGE, Role};
use super::forms::{assignments, ends, manifests};
use super::judge::embedded::EMBEDDED;
use super::layers::base64;
use crate::rules::spec::MAX_REACH;
use crate::rules::{Mark, Matcher, Rule, Within};

/// How far the rules of each literal look. Each is found out when a hit first asks for it: most
/// runs have few, and finding them all takes an eighth of a start.
pub(super) struct Reaches(Vec<AtomicU32>);

impl Reaches {
    /// Of so many literals.
    pub(super) fn new(literals: usize) -> Self {
        Self((0..literals).map(|_| AtomicU32::new(0)).collect())
    }

    /// How many literals there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The reach of a literal, if there is one of this number. `find` finds it out.
    pub(super) fn of(&self, literal: u32, find: impl FnOnce() -> usize) -> Option<usize> {
        let known = self.0.get(literal as usize)?;
        let reach = match known.load(Ordering::Relaxed) {
            0 => {
                let reach = find();
                known.store(reach as u32 + 1, Ordering::Relaxed);
                reach
            }
            more => more as usize - 1,
        };
        Some(reach)
    }
}

/// How far a rule looks from one of its leads, in bytes to either side, if it looks this far in
/// bytes that are not encoded.
pub(super) fn reach(plain: usize, role: Role) -> usize {
    match role {
        Role::CodedShape { .. } | Role::CodedAnchor { .. } => base64::encoded_len(plain),
        _ => plain,
    }
}

/// How far a rule looks in bytes that are not encoded.
pub(super) fn plain(rule: &Rule) -> usize {
    const EDGE: usize = LEFT_EDGE + 4;
    // What a value is a piece of.
    let data = match rule.matcher {
        Matcher::Shape(_) if rule.is_distinctive() => EMBEDDED,
        _ => 0,
    };
    let value = match &rule.matcher {
        Matcher::Shape(sequences) => sequences
            .iter()
            .map(|s| s.len_bounds().1)
            .max()
            .unwrap_or(0),
        Matcher::Pattern { before, after, .. } => usize::from(*before).max(usize::from(*after)),
        Matcher::Assignment => assignments::REACH,
        Matcher::Manifest => manifests::REACH + 64,
        Matcher::Fragment => 0,
    };
    let context = match rule.context.as_ref().map(|c| c.within) {
        None => 0,
        Some(Within::Assignment) => 256,
        Some(Within::Line) => 400,
        Some(Within::Bytes(n)) => usize::from(n) + 64,
    };
    let companions = rule.companions.iter().map(|c| {
        usize::from(c.within) + c.shape.iter().map(|s| s.len_bounds().1).max().unwrap_or(0)
    });
    let ends = match rule.matcher {
        Matcher::Pattern { .. } => ends::REACH,
        Matcher::Shape(_) if rule.secret_type.is_password() => ends::REACH,
        // Assignments have room for a value of their own.
        Matcher::Assignment => ends::REACH - assignments::VALUE_MAX,
        // Other values end where they say.
        _ => 0,
    };
    let labels = match rule.marks.iter().any(|mark| mark.near) {
        true => Mark::NEAR,
        false => 0,
    };
    let beside = (context + companions.max().unwrap_or(0)).max(labels);
    (value + ends + beside + EDGE.max(data)).min(MAX_REACH * 2)
}

//! Decides what matches of different rules mean for each other: `required` rules, and the
//! filter of generic rules.

use std::collections::HashMap;

use super::lines::Lines;
use super::matches::{Fragment, Match, Sources, is_generic};
use crate::config::gitleaks::Required;
use crate::finding::{Candidate, Dismissal};
use crate::rules::{Matcher, Ruleset};

/// Why a generic match is dismissed if a better rule has its value as well.
pub(super) const BETTER: &str = "a rule that is not generic has the same value on this line";
/// More candidates than this for one match are hostile content. The match then stands as
/// it is, which is the safe side.
const MANY: usize = 4096;

/// What becomes of a match.
#[derive(Clone)]
pub(super) enum Verdict {
    /// It stands, with the matches that it requires.
    Stands(Vec<Match>),
    /// A match that it requires is missing.
    Alone,
    /// A rule that is not generic says more.
    Generic,
}

/// A helper's match and where it starts.
struct Helper {
    at: (usize, usize),
    found: Match,
}

impl Sources {
    /// The verdict on each match, in order.
    pub(super) fn relate(
        &self,
        fragment: &Fragment<'_>,
        found: &[Match],
        lines: &mut Lines<'_>,
    ) -> Vec<Verdict> {
        let mut verdicts = vec![Verdict::Stands(Vec::new()); found.len()];
        let mut helpers: HashMap<u16, Vec<Helper>> = HashMap::new();
        for (found, verdict) in found.iter().zip(&mut verdicts) {
            let required = &self.rules[usize::from(found.rule)].required;
            if !required.is_empty() {
                *verdict = self.complete(fragment, found, required, lines, &mut helpers);
            }
        }
        self.outdo(fragment.bytes, found, lines, &mut verdicts);
        verdicts
    }

    /// The verdict of `found` by its required rules, each of which must match nearby. Their
    /// path, entropy and allowlists count; their keywords and requirements do not.
    fn complete(
        &self,
        fragment: &Fragment<'_>,
        found: &Match,
        required: &[Required],
        lines: &mut Lines<'_>,
        helpers: &mut HashMap<u16, Vec<Helper>>,
    ) -> Verdict {
        let at = lines.of(found.whole.start);
        let mut parts = Vec::new();
        for required in required {
            let Some(number) = self.rules.iter().position(|s| s.id == required.id) else {
                return Verdict::Alone;
            };
            let number = number as u16;
            let all = helpers.entry(number).or_insert_with(|| {
                let mut matches = Vec::new();
                self.matches(fragment, number, &mut matches);
                matches.retain(|found| !found.allowed);
                let with_place = |found: Match| Helper {
                    at: lines.of(found.whole.start),
                    found,
                };
                matches.into_iter().map(with_place).collect()
            });
            match nearest(all, at, required) {
                Some(helper) => parts.push(helper.found.clone()),
                None => return Verdict::Alone,
            }
        }
        Verdict::Stands(parts)
    }

    /// Marks generic matches whose secret another rule has on the same line.
    fn outdo(
        &self,
        bytes: &[u8],
        found: &[Match],
        lines: &mut Lines<'_>,
        verdicts: &mut [Verdict],
    ) {
        let generic: Vec<bool> = self.rules.iter().map(|s| is_generic(&s.id)).collect();
        let is = |found: &Match| generic.get(usize::from(found.rule)) == Some(&true);
        if !found.iter().any(is) {
            return;
        }
        let mut better: HashMap<usize, Vec<&[u8]>> = HashMap::new();
        for (other, verdict) in found.iter().zip(verdicts.iter()) {
            if !is(other) && !other.allowed && matches!(verdict, Verdict::Stands(_)) {
                let secrets = better.entry(lines.of(other.whole.start).0).or_default();
                if secrets.len() < MANY {
                    secrets.push(&bytes[other.secret.clone()]);
                }
            }
        }
        for secrets in better.values_mut() {
            secrets.sort_unstable();
            secrets.dedup();
        }
        let mut compared = 0;
        for (found, verdict) in found.iter().zip(verdicts) {
            if !is(found) || compared > MANY * MANY {
                continue;
            }
            let line = lines.of(found.whole.start).0;
            let secret = &bytes[found.secret.clone()];
            let secrets = better.get(&line).map_or(&[][..], Vec::as_slice);
            compared += secrets.len();
            if secrets
                .iter()
                .any(|other| memchr::memmem::find(other, secret).is_some())
            {
                *verdict = Verdict::Generic;
            }
        }
    }
}

impl Sources {
    /// Dismisses candidates of the built-in generic rule that lie in the secret of one of
    /// these rules.
    pub(super) fn outdo_builtin(
        &self,
        found: &[Match],
        verdicts: &[Verdict],
        rules: &Ruleset,
        candidates: &mut [Candidate],
    ) {
        let mut better: Vec<(usize, usize)> = found
            .iter()
            .zip(verdicts)
            .filter(|(f, verdict)| !f.allowed && matches!(verdict, Verdict::Stands(_)))
            .filter(|(f, _)| !is_generic(&self.rules[usize::from(f.rule)].id))
            .map(|(f, _)| (f.secret.start, f.secret.end))
            .collect();
        better.sort_unstable();
        // Each entry gets the farthest end of all entries that start no later.
        let mut farthest = 0;
        for (_, end) in &mut better {
            farthest = farthest.max(*end);
            *end = farthest;
        }
        for candidate in candidates {
            let generic = matches!(rules.get(candidate.rule).matcher, Matcher::Assignment);
            if candidate.dismissed.is_some() || !generic {
                continue;
            }
            let before = better.partition_point(|(start, _)| *start <= candidate.secret.start);
            let last = before.checked_sub(1).and_then(|i| better.get(i));
            if last.is_some_and(|(_, end)| *end >= candidate.secret.end) {
                candidate.dismissed = Some(Dismissal::LookAlike(BETTER));
            }
        }
    }
}

/// The first helper near enough; `all` is in order of lines.
fn nearest<'h>(all: &'h [Helper], at: (usize, usize), required: &Required) -> Option<&'h Helper> {
    let limit = |n: Option<u64>| n.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
    let within_lines = limit(required.within_lines);
    let within_columns = limit(required.within_columns);
    let from = all.partition_point(|h| h.at.0.saturating_add(within_lines) < at.0);
    let near = all[from..]
        .iter()
        .take_while(|h| h.at.0 <= at.0.saturating_add(within_lines));
    for (looked_at, helper) in near.enumerate() {
        if helper.at.1.abs_diff(at.1) <= within_columns || looked_at >= MANY {
            return Some(helper);
        }
    }
    None
}

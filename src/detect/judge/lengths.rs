//! How far secrets go on behind their heads. To look costs more than the rest of a verdict,
//! so it waits until a candidate is one that somebody asks for.

use std::ops::Range;

use crate::detect::find::Hit;
use crate::detect::forms::ends::{self, Grammar, Head, Seen};
use crate::detect::repeats::Repeats;
use crate::finding::{Candidate, Open, Tails, Traits};

/// Reads the ends of a candidate's secret in every grammar. `bytes` are those in which the
/// candidate was found.
pub(in crate::detect) fn read(bytes: &[u8], candidate: &mut Candidate) {
    candidate.tails = match std::mem::take(&mut candidate.open) {
        Open::No => return,
        Open::Head(whole) => ends::tails(bytes, &head(whole, candidate)),
        Open::Userinfo => ends::userinfo(bytes, &candidate.secret),
    };
    for grammar in LOOSE {
        let tail = &mut candidate.tails.0[grammar as usize];
        *tail = (*tail).max(judged(candidate.traits.as_ref()));
    }
}

/// Grammars of which nobody knows how they read a line. What was judged with a head belongs to the
/// value there.
const LOOSE: [Grammar; 2] = [Grammar::Text, Grammar::Unknown];

fn judged(traits: Option<&Traits>) -> u16 {
    traits.map_or(0, |traits| traits.judged)
}

/// The lengths of the secrets of one content in one grammar, in order.
#[derive(Default)]
pub(in crate::detect) struct Lengths {
    repeats: Repeats<(Form, usize)>,
    seen: Seen,
}

/// How the parts of a head lie to each other: the length of the value, and where the match
/// begins and ends, as seen from the beginning of the value.
type Form = (usize, usize, usize);

impl Lengths {
    /// How far a candidate's secret goes on. Afterwards nothing is open.
    pub(in crate::detect) fn take(
        &mut self,
        bytes: &[u8],
        candidate: &mut Candidate,
        grammar: Grammar,
    ) -> usize {
        if let Open::Head(whole) = &mut candidate.open {
            let whole = std::mem::take(whole);
            candidate.open = Open::No;
            let rule = u32::from(candidate.rule.0);
            let least = match LOOSE.contains(&grammar) {
                true => judged(candidate.traits.as_ref()),
                false => 0,
            };
            let tail = self.of(bytes, &head(whole, candidate), rule, grammar);
            return tail.max(least.into());
        }
        read(bytes, candidate);
        let Tails(tails) = std::mem::take(&mut candidate.tails);
        usize::from(tails[grammar as usize])
    }

    /// [`ends::tail`]. In content that repeats itself, that of an earlier head.
    fn of(&mut self, bytes: &[u8], head: &Head, rule: u32, grammar: Grammar) -> usize {
        let Range { start, end } = head.value;
        let (first, last) = (head.whole.start, head.whole.end);
        let form = (
            end - start,
            start.wrapping_sub(first),
            last.wrapping_sub(start),
        );
        let hit = Hit {
            at: start,
            literal: rule,
        };
        let earlier = self.repeats.earlier(bytes, hit, ends::REACH);
        let tail = match earlier {
            Some(earlier) if earlier.found.0 == form => earlier.found.1,
            _ => ends::tail(bytes, head, grammar, &mut self.seen),
        };
        self.repeats.note(hit, ends::REACH, (form, tail));
        tail
    }
}

fn head(whole: Range<usize>, candidate: &Candidate) -> Head {
    Head {
        whole,
        value: candidate.secret.clone(),
    }
}

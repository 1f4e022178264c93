//! How far secrets go on behind their heads. To look costs more than the rest of a verdict,
//! so it waits until a candidate is one that somebody asks for.

use std::ops::Range;

use crate::detect::forms::ends::{self, Grammar, Head};
use crate::finding::{Candidate, Open, Tails};

/// Reads the ends of a candidate's secret in every grammar. `bytes` are those in which the
/// candidate was found.
pub(in crate::detect) fn read(bytes: &[u8], candidate: &mut Candidate) {
    candidate.tails = match std::mem::take(&mut candidate.open) {
        Open::No => return,
        Open::Head(whole) => ends::tails(bytes, &head(whole, candidate)),
        Open::Userinfo => ends::userinfo(bytes, &candidate.secret),
    };
}

/// How far a candidate's secret goes on in one grammar. Afterwards nothing is open.
pub(in crate::detect) fn take(bytes: &[u8], candidate: &mut Candidate, grammar: Grammar) -> usize {
    if let Open::Head(whole) = &mut candidate.open {
        let whole = std::mem::take(whole);
        candidate.open = Open::No;
        return ends::tail(bytes, &head(whole, candidate), grammar);
    }
    read(bytes, candidate);
    let Tails(tails) = std::mem::take(&mut candidate.tails);
    usize::from(tails[grammar as usize])
}

fn head(whole: Range<usize>, candidate: &Candidate) -> Head {
    Head {
        whole,
        value: candidate.secret.clone(),
    }
}

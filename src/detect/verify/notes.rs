//! Tells the observer what verification finds out.

use super::case::Subject;
use crate::detect::forms::matched::Match;
use crate::detect::trace::{Miss, Observer, Step};
use crate::finding::{Candidate, Dismissal};

/// Tells the observer that no value of the rule's form stands here.
pub(super) fn missed<O: Observer>(subject: &mut Subject<'_, O>, why: impl FnOnce() -> Miss) {
    subject.observer.step(|| Step::Missed(why()));
}

/// Tells the observer of candidates that others made out of its sight.
pub(super) fn note_candidates<O: Observer>(made: &[Candidate], subject: &mut Subject<'_, O>) {
    if made.is_empty() {
        return missed(subject, || Miss::Pattern);
    }
    for candidate in made {
        let value = candidate.secret.clone();
        subject.observer.step(|| Step::Matched { value });
        note_dismissal(candidate.dismissed, subject.observer);
        subject.observer.step(|| Step::Candidate);
    }
}

/// Tells the observer of a match, and of the context word next to it.
pub(super) fn note_match<O: Observer>(found: &Match, observer: &mut O) {
    observer.step(|| Step::Matched {
        value: found.secret.clone(),
    });
    if let Some(word) = &found.word {
        observer.step(|| Step::Word(word.clone()));
    }
}

/// Tells the observer why a value was dismissed.
pub(super) fn note_dismissal<O: Observer>(dismissed: Option<Dismissal>, observer: &mut O) {
    // What the check said is a step of its own.
    match dismissed {
        None | Some(Dismissal::FailedCheck(_)) => {}
        Some(why) => observer.step(|| Step::Dismissed(why)),
    }
}

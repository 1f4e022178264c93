//! Companions: further parts of a credential, which stand near its value.

use std::ops::Range;

use super::case::{Case, Subject};
use super::context::values_in;
use crate::check::{Check, Outcome};
use crate::detect::forms::matched::Match;
use crate::detect::judge::placeholders;
use crate::detect::trace::{Observer, Step};
use crate::finding::CandidatePart;
use crate::rules::{Boundary, Companion};

/// The companions of a value; `None` if a required one is missing.
pub(super) fn companions_near<O: Observer>(
    case: Case<'_>,
    found: &Match,
    subject: &mut Subject<'_, O>,
) -> Option<Vec<CandidatePart>> {
    let mut parts = Vec::new();
    let companions = case.rule.companions.iter();
    for (n, (companion, check)) in companions.zip(&case.prepared.companion_checks).enumerate() {
        let key = (case.target.rule.0, (n + 1).min(255) as u8);
        let near = companion_near(key, (companion, *check), found, subject);
        subject.observer.step(|| Step::Companion {
            name: companion.name.clone(),
            at: near.clone(),
            required: companion.required,
        });
        match near {
            Some(span) => parts.push(CandidatePart {
                name: companion.name.clone(),
                span,
            }),
            None if companion.required => return None,
            None => {}
        }
    }
    Some(parts)
}

/// The nearest value that can be the companion. One after the main value comes first.
fn companion_near<O: Observer>(
    key: (u16, u8),
    (companion, check): (&Companion, Option<Check>),
    found: &Match,
    subject: &mut Subject<'_, O>,
) -> Option<Range<usize>> {
    let far = usize::from(companion.within);
    let window =
        found.whole.start.saturating_sub(far)..subject.bytes.len().min(found.whole.end + far);
    let shape = (&companion.shape[..], Boundary::Token);
    let values = values_in(key, shape, &window, &found.whole, subject);
    let bytes = subject.bytes;
    values
        .into_iter()
        .map(|m| m.secret)
        .filter(|span| {
            let text = &bytes[span.clone()];
            let outcome = check.map(|c| c(text));
            !matches!(outcome, Some(Outcome::Invalid(_)))
                && placeholders::in_token(text, text).is_none()
        })
        .min_by_key(|span| match span.start.checked_sub(found.whole.end) {
            Some(after) => (0, after),
            None => (1, found.whole.start.saturating_sub(span.end)),
        })
}

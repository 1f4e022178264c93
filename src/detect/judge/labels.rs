//! What else is known about a value that was found, whatever is decided about it.

use super::placeholders;
use crate::check;
use crate::finding::{Candidate, PUBLIC};
use crate::rules::{Label, Labels, Mark, Rule};

/// Returns when a candidate of `bytes` says that it expires, in seconds since 1970.
pub(in crate::detect) fn expiry(candidate: &Candidate, secret: &[u8], bytes: &[u8]) -> Option<i64> {
    let whole = || bytes.get(candidate.whole.clone()).unwrap_or_default();
    check::expiry(secret).or_else(|| check::expiry(whole()))
}

/// Returns the labels of a candidate of `bytes`, but for the one that needs a clock. `samples`:
/// whether published samples are not dismissed.
pub(in crate::detect) fn labels(
    rule: &Rule,
    candidate: &Candidate,
    (secret, samples): (&[u8], bool),
    bytes: &[u8],
) -> Labels {
    let mut labels = rule.labels;
    let mut add = |label: Label, holds: bool| {
        if holds {
            labels = labels.and(Labels::of(label));
        }
    };
    for mark in rule.marks.iter() {
        let within = if mark.near {
            near(candidate, bytes)
        } else {
            secret
        };
        let found = memchr::memmem::find(within, mark.text.as_bytes());
        add(mark.label, found.is_some());
    }
    let is_public = candidate.evidence.iter().any(|e| e.starts_with(PUBLIC));
    add(Label::PublicByDesign, is_public);
    let is_sample = candidate.dismissed.is_some_and(|why| why.is_sample());
    add(
        Label::DocumentedSample,
        is_sample || (samples && placeholders::published(secret).is_some()),
    );
    let parts = candidate.parts.iter();
    let parts = parts.filter_map(|part| bytes.get(part.span.clone()));
    let mut values = std::iter::once(secret).chain(parts);
    add(Label::Canary, values.any(check::is_canary));
    labels
}

/// What stands around a candidate, with it.
fn near<'b>(candidate: &Candidate, bytes: &'b [u8]) -> &'b [u8] {
    let from = candidate.secret.start.saturating_sub(Mark::NEAR);
    let to = candidate.secret.end.saturating_add(Mark::NEAR);
    bytes.get(from..to.min(bytes.len())).unwrap_or_default()
}

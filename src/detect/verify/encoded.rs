//! Verifies a hit on the base64 image of a literal.

use super::case::{Case, Subject};
use super::memo::Memo;
use super::notes::{missed, note_candidates};
use super::plain::verify_plain;
use crate::detect::find::{Role, Target};
use crate::detect::forms::shapes;
use crate::detect::layers::base64::{self, Beginning};
use crate::detect::reach;
use crate::detect::trace::{Miss, Observer, Silent};
use crate::finding::Candidate;
use crate::rules::{Matcher, Rule, Step};

/// Decodes the base64 around the image at `at`, and verifies the literal where it stands in
/// the decoded bytes. This is one layer only: nobody looks for images in decoded bytes.
pub(super) fn verify_encoded<O: Observer>(
    case: Case<'_>,
    at: usize,
    subject: &mut Subject<'_, O>,
    out: &mut Vec<Candidate>,
) {
    let Case { rule, target, .. } = case;
    let (role, skip, literal_len) = match target.role {
        Role::CodedShape {
            skip,
            sequence,
            step,
        } => {
            let len = literal_of(rule, sequence, step);
            (Role::Shape { sequence, step }, skip, len)
        }
        Role::CodedAnchor { skip, len } => (Role::Anchor, skip, usize::from(len)),
        _ => return,
    };
    let after = reach::plain(rule);
    let before = match (&rule.matcher, role) {
        (Matcher::Shape(sequences), Role::Shape { sequence, step }) => {
            let steps = &sequences[usize::from(sequence)].steps;
            let preceding = steps.iter().take(usize::from(step));
            preceding.map(|s| s.len_bounds().1).sum()
        }
        (Matcher::Pattern { before, .. }, _) => usize::from(*before),
        _ => 0,
    };
    let before = (before + base64::BESIDE).min(after);
    let skip = usize::from(skip);
    let beginning = (at, skip, before, literal_len);
    if is_excluded(case, role, beginning, subject) {
        return missed(subject, || Miss::Pattern);
    }
    let Some(layer) = base64::decode(subject.bytes, at, skip, before, after) else {
        return missed(subject, || Miss::Pattern);
    };
    let word = layer.literal..layer.literal + literal_len;
    if layer.bytes.len() < word.end {
        return;
    }
    let mut decoded = Subject {
        bytes: &layer.bytes,
        memo: &mut Memo::default(),
        observer: &mut Silent,
    };
    let target = Target { role, ..target };
    let mut found = Vec::new();
    verify_plain(Case { target, ..case }, word, &mut decoded, &mut found);
    let from = out.len();
    out.extend(found.into_iter().map(|candidate| layer.lift(candidate)));
    note_candidates(&out[from..], subject);
}

/// Whether the first bytes behind an image show that its rule does not match, whatever follows.
fn is_excluded<O: Observer>(
    case: Case<'_>,
    role: Role,
    (at, skip, before, literal_len): (usize, usize, usize, usize),
    subject: &mut Subject<'_, O>,
) -> bool {
    /// Bytes behind the literal of a shape.
    const FEW: usize = 64;
    let Case { rule, prepared, .. } = case;
    let least = literal_len
        + match &rule.matcher {
            Matcher::Pattern { after, .. } => usize::from(*after),
            _ => FEW,
        };
    let stretches = &mut subject.memo.stretches;
    let Some(found) = stretches.around(subject.bytes, (at, skip), before, least) else {
        return false;
    };
    let Beginning {
        stretch,
        own,
        literal,
    } = found;
    // The signs end within the literal.
    if literal + literal_len > own.end {
        return true;
    }
    match (&rule.matcher, role) {
        (Matcher::Shape(sequences), Role::Shape { sequence, step }) => {
            let (sequence, step) = (&sequences[usize::from(sequence)], usize::from(step));
            let (bytes, at) = (&stretch.bytes[own.clone()], literal - own.start);
            shapes::is_excluded(sequence, step, at, rule.boundary, bytes)
        }
        (Matcher::Pattern { .. }, _) => prepared.pattern.as_ref().is_none_or(|pattern| {
            let barren = stretch.barren.entry(case.target.rule.0).or_default();
            let word = literal..literal + literal_len;
            let found = pattern.matches(rule, &stretch.bytes, &word, barren);
            found.is_none()
        }),
        _ => false,
    }
}

/// The length of a step that is a literal.
fn literal_of(rule: &Rule, sequence: u8, step: u8) -> usize {
    let Matcher::Shape(sequences) = &rule.matcher else {
        return 0;
    };
    let steps = sequences.get(usize::from(sequence)).map(|s| &s.steps);
    match steps.and_then(|s| s.get(usize::from(step))) {
        Some(Step::Lit { bytes, .. }) => bytes.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::{Content, Detector, Scratch};

    #[test]
    fn images_that_end_anywhere_hold_nothing() {
        let detector = Detector::builtin();
        let (mut scratch, mut hits, mut out) = (Scratch::default(), Vec::new(), Vec::new());
        for lead in detector.leads() {
            for (before, after) in [
                ("'", "'"),
                ("'", "A'"),
                ("'ab", "Ab"),
                ("A", "=\n"),
                ("=", ""),
            ] {
                let text = [before.as_bytes(), lead, after.as_bytes()].concat();
                detector.begin(&mut scratch);
                hits.clear();
                detector.hits(&text, 0..text.len(), &mut hits);
                for &hit in &hits {
                    detector.heads(&text, hit, Content::Text, &mut scratch, &mut out);
                }
            }
        }
        assert!(out.iter().all(|c| c.decoded.is_none()));
    }
}

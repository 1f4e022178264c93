//! The observer that writes a trace.

use std::ops::Range;

use super::observer::Observer;
use super::steps::{Attempt, Lead, Step, Trace, touch};
use crate::blob::BlobPath;
use crate::detect::find::{Role, Target};
use crate::detect::judge::generic;
use crate::detect::judge::overlaps::Lost;
use crate::finding::Candidate;
use crate::rules::Text;

/// The most attempts that a trace holds, since a line may be made of literals.
const ATTEMPTS_MAX: usize = 1000;

/// Writes a [`Trace`] of what touches a window.
pub(in crate::detect) struct Recorder {
    window: Range<usize>,
    path: BlobPath,
    pub(in crate::detect) trace: Trace,
    /// The attempts of the current hit begin here.
    settled: usize,
}

impl Recorder {
    pub(in crate::detect) fn new(window: Range<usize>, path: &BlobPath) -> Self {
        Self {
            window,
            path: path.clone(),
            trace: Trace::default(),
            settled: 0,
        }
    }

    /// Whether a hit that looks `span` bytes to either side can touch the window.
    pub(in crate::detect) fn wants(&self, at: usize, span: usize) -> bool {
        let around = at.saturating_sub(span)..at.saturating_add(span).saturating_add(1);
        touch(&around, &self.window)
    }

    /// Writes down what a rule found that looks at content as a whole.
    pub(in crate::detect) fn found(&mut self, candidate: &Candidate) {
        if !touch(&candidate.extent(), &self.window) {
            return;
        }
        if self.trace.attempts.len() >= ATTEMPTS_MAX {
            self.trace.more += 1;
            return;
        }
        let value = candidate.secret.clone();
        self.trace.attempts.push(Attempt {
            rule: candidate.rule,
            literal: value.clone(),
            lead: Lead::Content,
            steps: vec![Step::Matched { value }, Step::Candidate],
        });
    }

    /// Writes down candidates that were found in something encoded.
    pub(in crate::detect) fn through(&mut self, candidates: &[Candidate]) {
        for candidate in candidates {
            let through = candidate.layers.as_ref().map(|layers| layers.describe());
            let mut steps = vec![Step::Through(through.unwrap_or_default())];
            let value = candidate.secret.clone();
            steps.push(Step::Matched { value });
            if let Some(why) = candidate.dismissed {
                steps.push(Step::Dismissed(why));
            }
            steps.push(Step::Candidate);
            self.trace.attempts.push(Attempt {
                rule: candidate.rule,
                literal: candidate.secret.clone(),
                lead: Lead::Value,
                steps,
            });
        }
    }

    /// Writes down why a candidate was given up among the others of its blob.
    pub(in crate::detect) fn lost(&mut self, candidate: &Candidate, why: &dyn Fn() -> Lost) {
        if touch(&candidate.extent(), &self.window) {
            self.trace.lost.push((candidate.clone(), why()));
        }
    }

    /// Ends the current hit: forgets its attempts that do not touch the window.
    pub(in crate::detect) fn settle(&mut self) {
        let window = &self.window;
        let fresh = self.trace.attempts.drain(self.settled..);
        let mut kept: Vec<Attempt> = fresh.filter(|a| a.touches(window)).collect();
        self.trace.attempts.append(&mut kept);
        if self.trace.attempts.len() > ATTEMPTS_MAX {
            self.trace.more += self.trace.attempts.len() - ATTEMPTS_MAX;
            self.trace.attempts.truncate(ATTEMPTS_MAX);
        }
        self.settled = self.trace.attempts.len();
    }
}

impl Observer for Recorder {
    fn attempt(&mut self, target: Target, literal: &Range<usize>) {
        self.trace.attempts.push(Attempt {
            rule: target.rule,
            literal: literal.clone(),
            lead: match target.role {
                Role::Shape { .. }
                | Role::Anchor
                | Role::CodedShape { .. }
                | Role::CodedAnchor { .. } => Lead::Value,
                Role::Word | Role::Kind => Lead::Word,
                Role::Name => Lead::Name,
                Role::Coded { .. } => Lead::Content,
            },
            steps: Vec::new(),
        });
    }

    fn step(&mut self, step: impl FnOnce() -> Step) {
        if let Some(attempt) = self.trace.attempts.last_mut() {
            attempt.steps.push(step());
        }
    }

    fn weighed(&self, candidate: &Candidate) -> Vec<Text> {
        weighed(candidate, &self.path)
    }
}

/// What speaks for and against an assignment: the features that weigh most, and the score.
fn weighed(candidate: &Candidate, path: &BlobPath) -> Vec<Text> {
    let mut reasons = generic::generic_reasons(candidate, path);
    let Some((_, score)) = reasons.pop() else {
        return Vec::new();
    };
    reasons.truncate(REASONS);
    let all = reasons
        .iter()
        .map(|(name, weight)| format!("{weight:+.2} {name}").into());
    let score = format!("{score:+.2} in all").into();
    all.chain(std::iter::once(score)).collect()
}

/// How many features of an assignment the trace shows.
const REASONS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{Blob, Fresh};
    use crate::check::mint::{Rng, mint};
    use crate::detect::{Content, Detector, Scratch};

    /// Lines with credentials, near misses and plain words.
    fn text(rng: &mut Rng) -> Vec<u8> {
        let checks = crate::check::CHECKS;
        let mut out = Vec::new();
        for _ in 0..12 {
            let (check, _) = checks[rng.below(checks.len())];
            let value = mint(check, rng.next_u64()).unwrap_or_default();
            let cut = if rng.below(3) == 0 {
                value.len() / 2
            } else {
                value.len()
            };
            out.extend_from_slice(b"api_token = \"");
            out.extend_from_slice(&value[..cut]);
            out.extend_from_slice(b"\" and words\n");
        }
        out
    }

    #[test]
    fn a_trace_has_the_candidates_of_detection_and_the_way_to_each() {
        let detector = Detector::builtin();
        let path = BlobPath::from("f.txt");
        let mut scratch = Scratch::default();
        let mut ways = 0;
        for seed in 0..20 {
            let mut rng = Rng::new(seed);
            let bytes = text(&mut rng);
            let blob = Blob {
                path: &path,
                bytes: &bytes,
                fresh: Fresh::All,
            };
            let start = rng.below(bytes.len());
            let window = start..(start + 200).min(bytes.len());
            for content in [Content::Text, Content::Binary] {
                let found = detector.detect(&blob, content, &mut scratch);
                let trace = detector.trace(&blob, content, window.clone(), &mut scratch);
                assert_eq!(trace.kept, found);
                for candidate in found.iter().filter(|c| touch(&c.secret, &window)) {
                    // Where a value ends in its file is read last of all.
                    let is_its = |value: &Range<usize>| {
                        let secret = &candidate.secret;
                        value.start == secret.start && value.end <= secret.end
                    };
                    let way = trace.attempts.iter().find(|a| {
                        a.rule == candidate.rule
                            && a.steps.contains(&Step::Candidate)
                            && a.values().any(is_its)
                    });
                    assert!(way.is_some(), "no way to {candidate:?}");
                    ways += 1;
                }
                let near = |a: &Attempt| a.touches(&window);
                assert!(trace.attempts.iter().all(near));
            }
        }
        assert!(ways > 20, "{ways}");
    }

    #[test]
    fn an_attempt_of_a_thousand_literals_is_cut_and_counted() {
        let detector = Detector::builtin();
        let bytes = b"password token ".repeat(2 * ATTEMPTS_MAX);
        let path = BlobPath::from("f.txt");
        let blob = Blob {
            path: &path,
            bytes: &bytes,
            fresh: Fresh::All,
        };
        let all = 0..bytes.len();
        let trace = detector.trace(&blob, Content::Text, all, &mut Scratch::default());
        assert_eq!(trace.attempts.len(), ATTEMPTS_MAX);
        assert!(trace.more > 1000, "{}", trace.more);
    }
}

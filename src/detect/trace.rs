//! What detection did, step by step, for people who ask why. Detection itself calls
//! an observer at every decision; without one, the calls compile to nothing.
//!
//! Nothing is decided here. What is worked out here alone is in which respect a form
//! was missed, after the matcher said that it was.

use std::ops::Range;

use super::find::{Role, Target, left_is_free, right_is_free};
use super::forms::assignments;
use super::judge::generic;
use crate::blob::BlobPath;
use crate::check::Outcome;
use crate::finding::{Candidate, Dismissal};
use crate::rules::{Boundary, RuleIndex, Sequence, Step as Part, Text};

pub use super::judge::overlaps::Lost;

/// The most attempts that a trace holds: a line may be made of literals.
const ATTEMPTS_MAX: usize = 1000;

/// Takes note of what detection does.
pub(super) trait Observer {
    /// A literal at `literal` is tried as `target`.
    fn attempt(&mut self, target: Target, literal: &Range<usize>);
    /// A step of the current attempt.
    fn step(&mut self, step: impl FnOnce() -> Step);
    /// What speaks for and against an assignment, to be told as steps; see [`weighed`].
    fn weighed(&self, candidate: &Candidate) -> Vec<Text>;
}

/// Takes no note of anything.
pub(super) struct Silent;

impl Observer for Silent {
    #[inline]
    fn attempt(&mut self, _: Target, _: &Range<usize>) {}
    #[inline]
    fn step(&mut self, _: impl FnOnce() -> Step) {}
    #[inline]
    fn weighed(&self, _: &Candidate) -> Vec<Text> {
        Vec::new()
    }
}

/// What an occurrence of a literal is to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// A fixed part of the value.
    Value,
    /// A context word; the value is looked for near it.
    Word,
    /// Part of the name that a value is assigned to.
    Name,
    /// None: an expression was run over the whole content.
    Content,
}

/// One occurrence of a literal, tried as one rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The rule.
    pub rule: RuleIndex,
    /// Where the literal stands.
    pub literal: Range<usize>,
    /// What the literal is to the rule.
    pub lead: Lead,
    /// What was done, in order. Steps after a [`Step::Matched`] are about its value.
    pub steps: Vec<Step>,
}

/// One thing that was found out.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The rule reads text only, and the content is binary.
    TextOnly,
    /// There is no value of the rule's form.
    Missed(Miss),
    /// A value has the rule's form.
    Matched {
        /// The value.
        value: Range<usize>,
    },
    /// A context word stands where the rule wants one.
    Word(Range<usize>),
    /// No context word stands where the rule wants one: the value is given up.
    NoWord,
    /// The entropy was measured; below `least` the value is given up.
    Entropy {
        /// Bits per byte of the value.
        bits: f32,
        /// What the rule asks for.
        least: f32,
    },
    /// The offline check was asked.
    Checked {
        /// Its answer.
        outcome: Outcome,
        /// Whether a disproof dismisses the value, or makes it doubtful only.
        drops: bool,
    },
    /// The value is one that people choose before they choose: low confidence.
    StockWord,
    /// The value is held for no secret.
    Dismissed(Dismissal),
    /// A further part of the credential was looked for. When a required one is
    /// missing, the value is given up.
    Companion {
        /// What it is called.
        name: Text,
        /// Where it stands.
        at: Option<Range<usize>>,
        /// Whether the rule asks for it.
        required: bool,
    },
    /// Something about name, syntax or value of an assignment, and what it did to
    /// the confidence.
    Weighed(Text),
    /// The value became a candidate.
    Candidate,
}

/// In which respect a form was missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// The value is glued to a letter or digit before it.
    GluedBefore,
    /// The value goes on after its longest form.
    GoesOn,
    /// A part of the form is too short.
    Short {
        /// Bytes that it needs.
        wanted: usize,
        /// Bytes of its alphabet that are there.
        there: usize,
        /// Whether it stands before the literal.
        before: bool,
    },
    /// Another fixed part of the form is not there.
    OtherLiteral,
    /// The pattern does not match around the literal.
    Pattern,
    /// Nothing is assigned to the name that the literal stands in.
    NoValue,
    /// What is assigned has another form.
    AssignedForm(Range<usize>),
    /// No value of the form stands near the literal.
    NoneNear,
    /// What is assigned is not a credential, by its name, its syntax or its value.
    Assignment(Range<usize>),
    /// Something else.
    Form,
}

/// Everything that led to a blob's candidates, or to none.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// What was tried, in order of place.
    pub attempts: Vec<Attempt>,
    /// How many further attempts were left out of `attempts`.
    pub more: usize,
    /// The candidates, exactly as [`Detector::detect`](super::Detector::detect) has them.
    pub kept: Vec<Candidate>,
    /// Candidates that were given up, and why.
    pub lost: Vec<(Candidate, Lost)>,
}

impl Attempt {
    /// Every stretch of content that was taken for a value, or nearly.
    pub fn values(&self) -> impl Iterator<Item = &Range<usize>> {
        self.steps.iter().filter_map(|step| match step {
            Step::Matched { value }
            | Step::Missed(Miss::AssignedForm(value) | Miss::Assignment(value))
            | Step::Companion {
                at: Some(value), ..
            } => Some(value),
            _ => None,
        })
    }

    fn touches(&self, window: &Range<usize>) -> bool {
        touch(&self.literal, window) || self.values().any(|v| touch(v, window))
    }
}

fn touch(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// Writes a [`Trace`] of what touches a window.
pub(super) struct Recorder {
    window: Range<usize>,
    path: BlobPath,
    pub(super) trace: Trace,
    /// The attempts of the current hit begin here.
    settled: usize,
}

impl Recorder {
    pub(super) fn new(window: Range<usize>, path: &BlobPath) -> Self {
        Self {
            window,
            path: path.clone(),
            trace: Trace::default(),
            settled: 0,
        }
    }

    /// Whether a hit that looks `span` bytes to either side can touch the window.
    pub(super) fn wants(&self, at: usize, span: usize) -> bool {
        let around = at.saturating_sub(span)..at.saturating_add(span).saturating_add(1);
        touch(&around, &self.window)
    }

    /// A rule that looks at content as a whole found `candidate`.
    pub(super) fn found(&mut self, candidate: &Candidate) {
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

    /// A candidate was given up among the others of its blob.
    pub(super) fn lost(&mut self, candidate: &Candidate, why: &dyn Fn() -> Lost) {
        if touch(&candidate.extent(), &self.window) {
            self.trace.lost.push((candidate.clone(), why()));
        }
    }

    /// The current hit is done: what does not touch the window is forgotten.
    pub(super) fn settle(&mut self) {
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

/// In which respect `sequence` does not match with its literal step `step` at `at`.
pub(super) fn miss(
    sequence: &Sequence,
    step: usize,
    at: usize,
    boundary: Boundary,
    bytes: &[u8],
) -> Miss {
    after(sequence, step, at, boundary, bytes)
        .or_else(|| before(sequence, step, at, boundary, bytes))
        .unwrap_or(Miss::Form)
}

fn after(
    sequence: &Sequence,
    step: usize,
    at: usize,
    boundary: Boundary,
    bytes: &[u8],
) -> Option<Miss> {
    let mut end = at;
    for part in sequence.steps.get(step..)? {
        match part {
            Part::Lit {
                bytes: literal,
                fold,
            } => {
                let there = bytes.get(end..end + literal.len())?;
                let same = if *fold {
                    there.eq_ignore_ascii_case(literal)
                } else {
                    there == &literal[..]
                };
                if !same {
                    return Some(Miss::OtherLiteral);
                }
                end += literal.len();
            }
            Part::Run { set, min, max } => {
                let most = usize::from(*max);
                let rest = bytes.get(end..)?.iter().take(most);
                let there = rest.take_while(|b| set.has(**b)).count();
                if there < usize::from(*min) {
                    return Some(Miss::Short {
                        wanted: usize::from(*min),
                        there,
                        before: false,
                    });
                }
                end += there;
            }
        }
    }
    let goes_on = boundary.right() && !right_is_free(bytes, end, sequence.steps.last());
    goes_on.then_some(Miss::GoesOn)
}

fn before(
    sequence: &Sequence,
    step: usize,
    at: usize,
    boundary: Boundary,
    bytes: &[u8],
) -> Option<Miss> {
    let mut start = at;
    for part in sequence.steps.get(..step)?.iter().rev() {
        match part {
            Part::Lit { bytes: literal, .. } => {
                start = start.checked_sub(literal.len())?;
            }
            Part::Run { set, min, max } => {
                let head = bytes.get(..start)?.iter().rev().take(usize::from(*max));
                let there = head.take_while(|b| set.has(**b)).count();
                if there < usize::from(*min) {
                    return Some(Miss::Short {
                        wanted: usize::from(*min),
                        there,
                        before: true,
                    });
                }
                start -= there;
            }
        }
    }
    let glued = boundary.left() && !left_is_free(bytes, start, sequence.steps.first());
    glued.then_some(Miss::GluedBefore)
}

/// Why the assignment in whose name `word` stands is no credential.
pub(super) fn no_assignment(bytes: &[u8], word: &Range<usize>) -> Miss {
    match assignments::value_after(bytes, word.end) {
        None => Miss::NoValue,
        Some(value) => Miss::Assignment(value.span),
    }
}

/// What speaks for and against an assignment: the features that weigh most, and the
/// score that all of them add up to.
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

/// How many features are told of an assignment.
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
                    let way = trace.attempts.iter().find(|a| {
                        a.rule == candidate.rule
                            && a.steps.contains(&Step::Candidate)
                            && a.values().any(|v| *v == candidate.secret)
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

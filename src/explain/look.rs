//! Scans a line or a text as a scan would, and records why it is or is not a finding. All
//! text that leaves this module is masked.

use std::collections::HashSet;
use std::ops::Range;

use super::words;
use crate::blob::{Blob, BlobPath, Fresh, SkipReason, SourceError};
use crate::detect::trace::{Attempt, Lead, Lost, Step, Trace};
use crate::detect::{Detector, Scratch};
use crate::finding::{Candidate, Verdict};
use crate::report::mask::Needles;
use crate::rules::Rule;
use crate::scan::Engine;
use crate::scan::tokens::token_like;
use crate::scan::verdict::{content_of, judge_alone};
use crate::secret::Secret;
use crate::source::{Piece, Sink, Unopened};
use crate::stop::Stop;
use crate::suppress::inline::shortened;
use crate::suppress::line_around;
use crate::text::{LineIndex, Position};

/// How many bytes of a line are examined on either side of a secret.
const LINE_SIDE: usize = 1000;

/// What to explain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Everything.
    All,
    /// A line, or the character at a column of it; both 1-based.
    Line(u64, Option<u64>),
}

/// Why a place is or is not a finding.
#[derive(Debug, Default)]
pub(super) struct Why {
    /// The path, masked, not escaped.
    pub(super) path: Vec<u8>,
    /// The place to explain.
    pub(super) place: Option<(u64, Option<u64>)>,
    /// How many findings overlap it.
    pub(super) findings: usize,
    /// What was tried.
    pub(super) told: Vec<Told>,
    /// How many attempts are left out.
    pub(super) more: usize,
    /// Whether the content is binary.
    pub(super) binary: bool,
}

/// One value, or one literal without a value, as one rule judges it.
#[derive(Debug)]
pub(super) struct Told {
    /// The rule's id.
    pub(super) rule: String,
    /// The rule's title.
    pub(super) title: String,
    /// The literal that triggered the rule, masked.
    pub(super) literal: String,
    /// The literal's role in the rule.
    pub(super) lead: &'static str,
    /// Where the literal is.
    pub(super) at: Position,
    /// The value.
    pub(super) value: Option<Value>,
    /// The steps, in order.
    pub(super) steps: Vec<(&'static str, String)>,
    /// The verdict, as a stable word: `finding`, `no-match`, `placeholder` …
    pub(super) verdict: &'static str,
    /// The verdict in words.
    pub(super) reason: String,
    /// The candidate's confidence, if there was a candidate.
    pub(super) confidence: Option<&'static str>,
}

/// A value and its position.
#[derive(Debug)]
pub(super) struct Value {
    /// Where it starts.
    pub(super) start: Position,
    /// The position after its end.
    pub(super) end: Position,
    /// The masked form.
    pub(super) shown: Vec<u8>,
}

/// Receives content and examines the requested part.
pub(super) struct Looker<'e> {
    detector: &'e Detector,
    engine: &'e Engine,
    path: &'e BlobPath,
    wanted: Wanted,
    show_secrets: bool,
    scratch: Scratch,
    lines: LineIndex,
    /// Values already reported or counted: overlapping pieces show some twice.
    seen: HashSet<(u16, u64, u64, &'static str)>,
    why: Why,
    /// The number of the last line.
    last_line: u64,
    /// Whether the place exists.
    there: bool,
    error: Option<String>,
}

impl<'e> Looker<'e> {
    pub(super) fn new(
        engine: &'e Engine,
        path: &'e BlobPath,
        wanted: Wanted,
        show_secrets: bool,
    ) -> Self {
        Self {
            detector: &engine.detector,
            engine,
            path,
            wanted,
            show_secrets,
            scratch: Scratch::default(),
            lines: LineIndex::default(),
            seen: HashSet::new(),
            why: Why::default(),
            last_line: 1,
            there: wanted == Wanted::All,
            error: None,
        }
    }

    /// Returns the result.
    pub(super) fn finish(mut self, path: &BlobPath) -> Result<Why, Stop> {
        if let Some(error) = self.error {
            return Err(Stop::new(error).help("stopleak can only explain what it can read"));
        }
        let beyond = matches!(self.wanted, Wanted::Line(line, _) if line > self.last_line.max(1));
        if let (Wanted::Line(line, column), true) = (self.wanted, beyond || !self.there) {
            let last = self.last_line;
            let name = path.to_text();
            return Err(match column {
                Some(column) if line <= last => {
                    Stop::new(format!("{name}: line {line} has no column {column}"))
                }
                _ => Stop::new(format!("{name}: there is no line {line}"))
                    .help(format!("the last line is {last}")),
            });
        }
        if self.why.path.is_empty() {
            self.why.path = path.as_bytes().to_vec();
        }
        if let Wanted::Line(line, column) = self.wanted {
            self.why.place = Some((line, column));
        }
        Ok(self.why)
    }

    /// Returns the requested part of `piece`.
    fn window(&mut self, piece: &Piece<'_>) -> Option<Range<usize>> {
        let Wanted::Line(line, column) = self.wanted else {
            return Some(piece.core.clone());
        };
        let bytes = piece.bytes;
        let first = self.lines.clone().position(bytes, piece.core.start);
        let core = &bytes[piece.core.clone()];
        let start = match line.checked_sub(first.line)? {
            0 => piece.core.start,
            n => {
                let newline = memchr::memchr_iter(b'\n', core).nth(n as usize - 1)?;
                piece.core.start + newline + 1
            }
        };
        let end = memchr::memchr(b'\n', &bytes[start..piece.core.end])
            .map_or(piece.core.end, |i| start + i);
        let Some(column) = column else {
            return Some(start..end);
        };
        let before = self.lines.clone().position(bytes, start).column;
        character(&bytes[start..end], column.checked_sub(before)?)
            .map(|c| start + c.start..start + c.end)
    }

    fn tell(&mut self, piece: &Piece<'_>, trace: &Trace, window: &Range<usize>) {
        let bytes = piece.bytes;
        let lines: Vec<Range<usize>> = trace
            .kept
            .iter()
            .filter(|c| touch(&c.extent(), window))
            .map(|c| line_around(bytes, &c.secret, LINE_SIDE))
            .collect();
        let needles = if self.show_secrets {
            Needles::default()
        } else {
            Needles::new(hidden(bytes, trace, &lines))
        };
        self.why.path = needles.mask_path(piece.path.as_bytes());
        self.why.more += trace.more;
        for candidate in &trace.kept {
            if touch(&candidate.extent(), window) && self.counts(bytes, candidate) {
                let key = self.key(bytes, candidate.rule.0, &candidate.secret, "counted");
                self.why.findings += usize::from(self.seen.insert(key));
            }
        }
        for attempt in &trace.attempts {
            self.attempt(bytes, trace, attempt, &needles);
        }
    }

    fn counts(&self, bytes: &[u8], candidate: &Candidate) -> bool {
        judge_alone(self.engine, self.path, bytes, candidate).verdict == Verdict::Report
    }

    fn key(
        &self,
        bytes: &[u8],
        rule: u16,
        span: &Range<usize>,
        what: &'static str,
    ) -> (u16, u64, u64, &'static str) {
        let place = |at| self.lines.clone().position(bytes, at).offset;
        (rule, place(span.start), place(span.end), what)
    }

    /// Records an attempt, one value at a time.
    fn attempt(&mut self, bytes: &[u8], trace: &Trace, attempt: &Attempt, needles: &Needles) {
        let mut rest = attempt.steps.as_slice();
        while let Some(first) = rest.first() {
            let next = rest[1..]
                .iter()
                .position(|s| matches!(s, Step::Matched { .. }))
                .map_or(rest.len(), |i| i + 1);
            let (group, tail) = rest.split_at(next);
            rest = tail;
            let span = match first {
                Step::Matched { value } => Some(value),
                _ => None,
            };
            let verdict = self.verdict(bytes, trace, attempt, span, group);
            let key = self.key(
                bytes,
                attempt.rule.0,
                span.unwrap_or(&attempt.literal),
                verdict.0,
            );
            if self.seen.insert(key) {
                let told = self.told((bytes, trace), attempt, span, group, verdict, needles);
                self.why.told.push(told);
            }
        }
    }

    fn told(
        &self,
        (bytes, trace): (&[u8], &Trace),
        attempt: &Attempt,
        span: Option<&Range<usize>>,
        group: &[Step],
        (verdict, reason, confidence): (&'static str, String, Option<&'static str>),
        needles: &Needles,
    ) -> Told {
        let rule: &Rule = self.detector.rules().get(attempt.rule);
        let place = |at| self.lines.clone().position(bytes, at);
        let literal = String::from_utf8_lossy(&bytes[attempt.literal.clone()]).into_owned();
        let value = span.map(|span| {
            let kept = trace.kept.iter();
            let prefix = kept
                .filter(|c| c.rule == attempt.rule && c.secret == *span)
                .map(|c| usize::from(c.public_prefix))
                .next();
            let secret = Secret::with_public_prefix(&bytes[span.clone()], prefix.unwrap_or(0));
            Value {
                start: place(span.start),
                end: place(span.end),
                shown: if self.show_secrets {
                    secret.expose().to_vec()
                } else {
                    secret.redacted().into_bytes()
                },
            }
        });
        let steps = group.iter().filter_map(|s| words::step(s, rule));
        Told {
            rule: rule.id.to_string(),
            title: rule.title.to_string(),
            literal: start_of(&literal, needles),
            lead: match attempt.lead {
                Lead::Value => "part of the value",
                Lead::Word => "context word",
                Lead::Name => "part of a name",
                Lead::Content => "found by an expression over the whole content",
            },
            at: place(attempt.literal.start),
            value,
            steps: steps.map(|(id, text)| (id, needles.mask(&text))).collect(),
            verdict,
            reason: shortened(needles.mask(&reason)),
            confidence,
        }
    }

    /// Returns the verdict on a value: a stable word, a reason, a confidence.
    fn verdict(
        &self,
        bytes: &[u8],
        trace: &Trace,
        attempt: &Attempt,
        span: Option<&Range<usize>>,
        group: &[Step],
    ) -> (&'static str, String, Option<&'static str>) {
        let plain = |id, text: &str| (id, text.to_owned(), None);
        let Some(span) = span else {
            return match group.first() {
                Some(Step::Missed(miss)) => ("no-match", words::miss(miss), None),
                Some(Step::TextOnly) => plain("binary", "the rule reads text, and this is binary"),
                _ => plain("no-match", "nothing came of it"),
            };
        };
        if group.last() != Some(&Step::Candidate) {
            return match group.last() {
                Some(Step::NoWord) => {
                    plain("no-context", "no word that the rule wants stands near it")
                }
                Some(Step::Entropy { .. }) => {
                    plain("low-entropy", "too regular for a generated secret")
                }
                Some(Step::Companion { name, .. }) => (
                    "no-companion",
                    format!("its {name} does not stand nearby"),
                    None,
                ),
                _ => plain("no-match", "nothing came of it"),
            };
        }
        let same = |c: &Candidate| c.rule == attempt.rule && c.secret == *span;
        if let Some(candidate) = trace.kept.iter().find(|c| same(c)) {
            let confidence = Some(candidate.confidence.id());
            let judged = judge_alone(self.engine, self.path, bytes, candidate);
            let with_place = |reason: String| match &judged.place {
                Some(place) => format!("{reason} ({place})"),
                None => reason,
            };
            return match judged.verdict {
                Verdict::Report => ("finding", candidate.evidence.join("; "), confidence),
                Verdict::Warn { reason } => ("warning", with_place(reason), confidence),
                Verdict::Suppressed { by, reason } => (by.id(), with_place(reason), confidence),
            };
        }
        let mut lost = trace.lost.iter().filter(|(c, _)| same(c));
        match lost.next_back().map(|(c, why)| (c.confidence.id(), why)) {
            Some((sure, Lost::Path)) => {
                ("path", "the rule is for other paths".to_owned(), Some(sure))
            }
            Some((sure, Lost::Overlap(by))) => {
                let by = &self.detector.rules().get(*by).id;
                let reason = format!("`{by}` describes the same bytes better");
                ("overlap", reason, Some(sure))
            }
            Some((sure, Lost::Duplicate)) => ("duplicate", "found before".to_owned(), Some(sure)),
            None => plain("no-match", "nothing came of it"),
        }
    }
}

/// Returns every range that may be a secret: tried values, candidates and their parts, and
/// token-like text on the lines of candidates.
fn hidden<'b>(bytes: &'b [u8], trace: &Trace, lines: &[Range<usize>]) -> Vec<&'b [u8]> {
    let candidates = trace.kept.iter().chain(trace.lost.iter().map(|(c, _)| c));
    let mut spans: Vec<Range<usize>> = candidates
        .flat_map(|c| std::iter::once(&c.secret).chain(c.parts.iter().map(|p| &p.span)))
        .chain(trace.attempts.iter().flat_map(Attempt::values))
        .cloned()
        .collect();
    for line in lines {
        let tokens = token_like(&bytes[line.clone()]);
        spans.extend(
            tokens
                .iter()
                .map(|t| line.start + t.start..line.start + t.end),
        );
    }
    spans.sort_by_key(|s| (s.start, s.end));
    spans.dedup();
    spans.into_iter().map(|s| &bytes[s]).collect()
}

/// Returns a literal, or its start if the rest would show six bytes of a value.
fn start_of(literal: &str, needles: &Needles) -> String {
    const SHOWN: usize = 5;
    if needles.found_in(literal.as_bytes()) {
        literal.chars().take(SHOWN).chain(['…']).collect()
    } else {
        literal.to_owned()
    }
}

fn touch(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// Returns the bytes of the character with index `n` of a line.
fn character(line: &[u8], n: u64) -> Option<Range<usize>> {
    let mut at = 0;
    let mut widths = line.utf8_chunks().flat_map(|chunk| {
        let valid = chunk.valid().chars().map(char::len_utf8);
        let invalid = chunk.invalid().iter().map(|_| 1);
        valid.chain(invalid).collect::<Vec<_>>()
    });
    for _ in 0..n {
        at += widths.next()?;
    }
    Some(at..at + widths.next()?)
}

impl Sink for Looker<'_> {
    fn piece(&mut self, piece: Piece<'_>) {
        self.why.binary = piece.binary;
        if let Some(window) = self.window(&piece) {
            self.there = true;
            let blob = Blob {
                path: piece.path,
                bytes: piece.bytes,
                fresh: Fresh::All,
            };
            let content = content_of(piece.binary);
            let detector = self.detector;
            let trace = detector.trace(&blob, content, window.clone(), &mut self.scratch);
            self.tell(&piece, &trace, &window);
        }
        let end = self.lines.clone().position(piece.bytes, piece.core.end);
        // A line break at the end of the content starts no line.
        let ended = piece.last && piece.bytes.last() == Some(&b'\n');
        self.last_line = end.line - u64::from(ended);
        if !piece.last {
            self.lines.advance(piece.bytes, piece.leaving);
        }
    }

    fn skipped(&mut self, path: &BlobPath, why: SkipReason) {
        self.error = Some(format!("{}: {}", path.to_text(), why.describe()));
    }

    fn failed(&mut self, error: SourceError) {
        self.error = Some(error.to_string());
    }

    // Nothing is opened here.
    fn unopened(&mut self, _: &BlobPath, _: Unopened) {}
}

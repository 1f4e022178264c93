//! From candidates to findings: places, masked source lines, identities, verdicts.

use std::collections::HashMap;
use std::ops::Range;

use super::Engine;
use crate::blob::{Blob, BlobPath, Fresh, SkipReason, SourceError};
use crate::detect::{Content, Scratch};
use crate::finding::{Candidate, Event, Finding, Part, Snippet, Summary, SuppressedBy, Verdict};
use crate::report::mask::Needles;
use crate::secret::Secret;
use crate::source::{Piece, Sink, Version};
use crate::suppress;
use crate::text::LineIndex;

/// How much of a line is shown on either side of a secret.
const SNIPPET_SIDE: usize = 120;
/// How much of a line is searched for a marker on either side of a secret.
const MARKER_SIDE: usize = 1000;

/// Judges the pieces of one blob after another, on one thread.
pub(crate) struct Assembler<'e> {
    engine: &'e Engine,
    scratch: Scratch,
    lines: LineIndex,
    /// How often each (rule, secret) was seen in the blob so far.
    seen: HashMap<(u16, Box<[u8]>), u64>,
    events: Vec<Event>,
    partial: Summary,
}

impl<'e> Assembler<'e> {
    pub(crate) fn new(engine: &'e Engine) -> Self {
        Self {
            engine,
            scratch: Scratch::default(),
            lines: LineIndex::default(),
            seen: HashMap::new(),
            events: Vec::new(),
            partial: Summary::default(),
        }
    }

    /// A new unit begins.
    pub(crate) fn begin(&mut self) {
        self.lines = LineIndex::default();
        self.seen.clear();
    }

    /// The unit ended: hands over what it made.
    pub(crate) fn finish(&mut self, events: &mut Vec<Event>, partial: &mut Summary) {
        events.append(&mut self.events);
        let mine = std::mem::take(&mut self.partial);
        partial.files += mine.files;
        partial.bytes += mine.bytes;
        partial.binary += mine.binary;
        for (by, n) in mine.suppressed {
            *partial.suppressed.entry(by).or_default() += n;
        }
    }

    /// Whether an earlier version of the blob has this secret, with all its parts,
    /// in a place where it would be reported: it was only moved.
    fn is_old(&mut self, piece: &Piece<'_>, candidate: &Candidate, old: &mut OldFindings) -> bool {
        let spans = || {
            std::iter::once(&candidate.secret).chain(candidate.parts.iter().map(|part| &part.span))
        };
        piece.before.iter().enumerate().any(|(i, version)| {
            let has = |span: &Range<usize>| {
                memchr::memmem::find(version.bytes, &piece.bytes[span.clone()]).is_some()
            };
            if !spans().all(has) {
                return false;
            }
            let found = old
                .0
                .entry(i)
                .or_insert_with(|| self.reported(piece.path, version));
            found.iter().any(|known| {
                let same = |a: &Range<usize>, b: &Range<usize>| {
                    piece.bytes[a.clone()] == version.bytes[b.clone()]
                };
                same(&candidate.secret, &known.secret)
                    && candidate.parts.iter().all(|part| {
                        known
                            .parts
                            .iter()
                            .any(|other| same(&part.span, &other.span))
                    })
            })
        })
    }

    /// The candidates in an earlier version that would be reported there.
    fn reported(&mut self, path: &BlobPath, version: &Version<'_>) -> Vec<Candidate> {
        let blob = Blob {
            path,
            bytes: version.bytes,
            fresh: Fresh::All,
        };
        let detector = &self.engine.detector;
        let mut found = detector.detect(&blob, content_of(version.binary), &mut self.scratch);
        found.retain(|candidate| {
            let line = marker_line(version.bytes, &candidate.secret);
            let rule = &detector.rules().get(candidate.rule).id;
            suppress::judge(&self.engine.policy, candidate, rule, &version.bytes[line]).is_report()
        });
        found
    }

    fn judge(&mut self, piece: &Piece<'_>, candidates: &[Candidate], index: usize) {
        let candidate = &candidates[index];
        let rules = self.engine.detector.rules();
        let rule = rules.get(candidate.rule);
        let line = marker_line(piece.bytes, &candidate.secret);
        let mut verdict = suppress::judge(
            &self.engine.policy,
            candidate,
            &rule.id,
            &piece.bytes[line.clone()],
        );
        if let Verdict::Suppressed {
            by: SuppressedBy::Inline,
            reason,
        } = &mut verdict
        {
            *reason = without_secrets(reason, piece.bytes, line, candidates, index);
        }
        if let Verdict::Suppressed { by, .. } = &verdict
            && !by.by_user()
            && !self.engine.keep_dismissed
        {
            *self.partial.suppressed.entry(*by).or_default() += 1;
            return;
        }
        let bytes = piece.bytes;
        let start = self.lines.position(bytes, candidate.secret.start);
        let end = self.lines.position(bytes, candidate.secret.end);
        let secret = candidate.decoded.clone().unwrap_or_else(|| {
            Secret::with_public_prefix(
                &bytes[candidate.secret.clone()],
                usize::from(candidate.public_prefix),
            )
        });
        let nth = self
            .seen
            .entry((candidate.rule.0, secret.expose().into()))
            .or_default();
        let fingerprint = self
            .engine
            .key
            .fingerprint(&rule.id, piece.path, secret.expose(), *nth);
        *nth += 1;
        let parts = candidate
            .parts
            .iter()
            .map(|part| Part {
                name: part.name.clone(),
                start: self.lines.clone().position(bytes, part.span.start),
                end: self.lines.clone().position(bytes, part.span.end),
                secret: Secret::new(&bytes[part.span.clone()]),
            })
            .collect();
        let finding = Finding {
            rule: candidate.rule,
            path: piece.path.clone(),
            start,
            end,
            secret_id: self.engine.key.secret_id(secret.expose()),
            secret,
            fingerprint,
            confidence: candidate.confidence,
            severity: candidate.severity,
            evidence: candidate.evidence.clone(),
            parts,
            snippet: snippet(bytes, candidates, index),
            verdict,
            commit: piece.commit.map(|commit| Box::new(commit.clone())),
        };
        self.events.push(Event::Finding(Box::new(finding)));
    }
}

/// What would be reported in each earlier version, worked out when first needed.
#[derive(Default)]
struct OldFindings(HashMap<usize, Vec<Candidate>>);

/// As what content is read.
pub(crate) fn content_of(binary: bool) -> Content {
    if binary {
        Content::Binary
    } else {
        Content::Text
    }
}

impl Sink for Assembler<'_> {
    fn piece(&mut self, piece: Piece<'_>) {
        let content = content_of(piece.binary);
        let blob = Blob {
            path: piece.path,
            bytes: piece.bytes,
            fresh: piece.fresh,
        };
        let candidates = self
            .engine
            .detector
            .detect(&blob, content, &mut self.scratch);
        let mut old = OldFindings::default();
        for index in 0..candidates.len() {
            if piece.core.contains(&candidates[index].whole.start)
                && !self.is_old(&piece, &candidates[index], &mut old)
            {
                self.judge(&piece, &candidates, index);
            }
        }
        self.partial.bytes += piece.size;
        if piece.last {
            self.partial.files += 1;
            self.partial.binary += u64::from(piece.binary);
            self.begin();
        } else {
            self.lines.advance(piece.bytes, piece.leaving);
        }
    }

    fn skipped(&mut self, path: &BlobPath, why: SkipReason) {
        self.events.push(Event::Skipped {
            path: path.clone(),
            why,
        });
    }

    fn failed(&mut self, error: SourceError) {
        self.events.push(Event::Failed(error));
    }
}

/// The line, or as much of it as is searched for a marker, on which a secret starts.
pub(crate) fn marker_line(bytes: &[u8], secret: &Range<usize>) -> Range<usize> {
    line_around(bytes, secret, MARKER_SIDE)
}

/// The line of `secret`'s start, at most `side` bytes beyond it to either side.
fn line_around(bytes: &[u8], secret: &Range<usize>, side: usize) -> Range<usize> {
    let floor = secret.start.saturating_sub(side);
    let start =
        memchr::memrchr(b'\n', &bytes[floor..secret.start]).map_or(floor, |i| floor + i + 1);
    let first_end =
        memchr::memchr(b'\n', &bytes[secret.clone()]).map_or(secret.end, |i| secret.start + i);
    if first_end < secret.end {
        return start..first_end;
    }
    let ceiling = bytes.len().min(secret.end + side);
    let end = memchr::memchr2(b'\n', b'\r', &bytes[secret.end..ceiling])
        .map_or(ceiling, |i| secret.end + i);
    start..end
}

/// The reason that a marker gives, without the secrets that stand on its line. The
/// report knows only those of its window of the line, and a reason reaches further.
fn without_secrets(
    reason: &str,
    bytes: &[u8],
    line: Range<usize>,
    candidates: &[Candidate],
    index: usize,
) -> String {
    let near = index.saturating_sub(64)..candidates.len().min(index + 64);
    let on_line = candidates[near]
        .iter()
        .flat_map(|c| std::iter::once(&c.secret).chain(c.parts.iter().map(|p| &p.span)))
        .filter(|span| span.start < line.end && line.start < span.end)
        .map(|span| &bytes[span.clone()]);
    let text = &bytes[line.clone()];
    let tokens = token_like(text).into_iter().map(|span| &text[span]);
    Needles::new(on_line.chain(tokens)).mask(reason)
}

/// The source line of a candidate and what must be masked in it: every candidate's
/// secret and parts, and whatever else looks like a token.
fn snippet(bytes: &[u8], candidates: &[Candidate], index: usize) -> Snippet {
    let secret = &candidates[index].secret;
    let line = line_around(bytes, secret, SNIPPET_SIDE);
    let inside = |span: &Range<usize>| {
        let (start, end) = (span.start.max(line.start), span.end.min(line.end));
        (start < end).then(|| start - line.start..end - line.start)
    };
    let text = &bytes[line.clone()];
    let mut hidden: Vec<Range<usize>> = token_like(text);
    // Candidates are sorted by place, but long ones may reach over many others.
    let near = candidates.partition_point(|c| c.secret.start < line.end);
    for candidate in &candidates[near.saturating_sub(64)..near] {
        hidden.extend(inside(&candidate.secret));
    }
    for candidate in &candidates[index.saturating_sub(64)..candidates.len().min(index + 64)] {
        hidden.extend(candidate.parts.iter().filter_map(|p| inside(&p.span)));
    }
    hidden.extend(inside(secret));
    Snippet {
        cut_left: line.start > 0 && bytes[line.start - 1] != b'\n',
        cut_right: line.end < bytes.len() && !matches!(bytes[line.end], b'\n' | b'\r'),
        highlight: inside(secret).unwrap_or(0..0),
        hidden: merged(hidden),
        line: text.into(),
    }
}

/// Long runs of token characters that mix letters and digits: a neighbour on the
/// line may be a secret that no rule knows.
pub(crate) fn token_like(text: &[u8]) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut start = 0;
    let part = |b: &u8| b.is_ascii_alphanumeric() || b"+/_=-".contains(b);
    while start < text.len() {
        let len = text[start..]
            .iter()
            .position(|b| !part(b))
            .unwrap_or(text.len() - start);
        let run = &text[start..start + len];
        if len >= 20
            && run.iter().any(u8::is_ascii_digit)
            && run.iter().any(u8::is_ascii_alphabetic)
        {
            spans.push(start..start + len);
        }
        start += len.max(1);
    }
    spans
}

fn merged(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_by_key(|s| (s.start, s.end));
    let mut out: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match out.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => out.push(span),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_at_newlines_and_at_the_limit() {
        let text = b"first\nab SECRET cd\nlast";
        assert_eq!(line_around(text, &(9..15), 100), 6..18);
        assert_eq!(line_around(text, &(9..15), 1), 8..16);
    }

    #[test]
    fn neighbours_that_look_like_tokens_are_hidden() {
        let text = b"a=abcdefghijklmnopqrst1 b=word";
        assert_eq!(token_like(text), vec![0..23]);
        assert!(token_like(b"an ordinary line of words").is_empty());
    }

    #[test]
    fn overlapping_spans_merge() {
        assert_eq!(merged(vec![5..9, 0..3, 2..4, 9..10]), vec![0..4, 5..10]);
    }
}

//! Turns candidates into findings: places, masked source lines, identities, verdicts.

use std::ops::Range;

use super::Engine;
use super::news::news;
use super::tokens::{Tokens, token_like};
use super::verdict::{
    Occurrences, SHORTEST_NAME, content_of, exposed, identify, labels_of, masked, secret_of, told,
};
use crate::blob::{Blob, BlobPath, Fresh, SkipReason, SourceError};
use crate::detect::Scratch;
use crate::finding::{
    Candidate, CommitInfo, Encoding, Event, Finding, Part, SecretId, Snippet, Summary,
    SuppressedBy, Verdict,
};
use crate::inside::Shut;
use crate::report::mask::{Known, Needles, merged, replace};
use crate::rules::{RuleIndex, Text};
use crate::secret::Secret;
use crate::source::{Counts, Origin, Piece, Sink, Unopened};
use crate::suppress::inline::Markers;
use crate::suppress::{self, Judgement, Subject, line_around};
use crate::text::LineIndex;

/// The number of bytes shown on either side of a secret.
const SNIPPET_SIDE: usize = 120;
/// How much further to either side what looks like a token is recognised, so that the part
/// of one that is shown is masked.
const TOKEN_SIDE: usize = SNIPPET_SIDE + 400;

/// Judges the pieces of blobs, one blob after another, on one thread.
pub(crate) struct Assembler<'e> {
    engine: &'e Engine,
    /// Everything that the run finds, for masking.
    known: &'e Known,
    scratch: Scratch,
    lines: LineIndex,
    /// The markers of the piece.
    markers: Markers,
    seen: Occurrences,
    /// What looks like a token in the piece.
    tokens: Tokens,
    /// The path of the last finding, where it is located, and how it is told.
    located: Option<(BlobPath, BlobPath, BlobPath)>,
    /// Whether candidates of the piece have further parts. Most have none.
    parts: bool,
    events: Vec<Event>,
    partial: Summary,
    /// Whether the unit has more findings than are reported.
    untold: bool,
    /// Whether a piece of the unit has more candidates than are kept.
    unread: bool,
    /// Whether more is encoded in it than was decoded.
    beyond: bool,
    /// What of the blob is not read.
    shut: Shut,
    /// The path to show instead of the blob's own, if that contains a secret.
    alias: Option<BlobPath>,
    /// The file or directory whose name is judged.
    named: Option<BlobPath>,
    /// The commits of single secrets of the unit.
    commits: Vec<((RuleIndex, SecretId), CommitInfo)>,
    /// The commit of the unit as a whole.
    commit: Option<CommitInfo>,
    /// Whether a rule looked at anything.
    saw: bool,
}

/// The maximum number of findings reported for one file or blob. The rest becomes a
/// failure, so memory stays bounded even for a large file that consists of secrets.
pub(crate) const MAX_FINDINGS: usize = 20_000;

/// Returns the failure of a blob with more findings.
pub(crate) fn too_many() -> String {
    format!("more than {MAX_FINDINGS} findings in it; the rest is not told")
}

/// The evidence that places a finding in a name.
const IN_NAME: &str = "in the path itself";

impl<'e> Assembler<'e> {
    pub(crate) fn new(engine: &'e Engine, known: &'e Known) -> Self {
        Self {
            engine,
            known,
            scratch: Scratch::default(),
            lines: LineIndex::default(),
            markers: Markers::default(),
            seen: Occurrences::default(),
            tokens: Tokens::default(),
            located: None,
            parts: false,
            events: Vec::new(),
            partial: Summary::default(),
            untold: false,
            unread: false,
            beyond: false,
            shut: Shut::default(),
            alias: None,
            named: None,
            commits: Vec::new(),
            commit: None,
            saw: false,
        }
    }

    /// Begins a new unit. A secret in its path is a finding if `new` is true, and is
    /// masked in all other events of the unit.
    pub(crate) fn begin(&mut self, path: &BlobPath, new: bool) {
        self.rewind();
        self.alias = None;
        (self.untold, self.unread, self.beyond) = (false, false, false);
        self.shut = Shut::default();
        self.commits.clear();
        self.commit = None;
        if path.as_bytes().len() >= SHORTEST_NAME {
            self.name(path, new);
        }
    }

    /// Sets the commits of the unit's secrets, as far as they are known in advance.
    pub(crate) fn attribute(&mut self, commits: Vec<((RuleIndex, SecretId), CommitInfo)>) {
        self.commits = commits;
    }

    /// Sets the commit of the whole unit.
    pub(crate) fn in_commit(&mut self, commit: CommitInfo) {
        self.commit = Some(commit);
    }

    /// Whether a rule looked at anything since the last call, whatever came of it.
    pub(crate) fn take_seen(&mut self) -> bool {
        std::mem::take(&mut self.saw)
    }

    fn rewind(&mut self) {
        self.lines = LineIndex::default();
        self.markers = Markers::default();
        self.seen = Occurrences::default();
        self.tokens = Tokens::default();
        self.located = None;
    }

    /// Returns the path with its secrets masked.
    pub(crate) fn shown(&self, path: &BlobPath) -> BlobPath {
        match &self.alias {
            Some(alias) => path.with_file(alias.as_bytes()),
            None => path.clone(),
        }
    }

    /// Searches a path for secrets: tokens that a rule recognises without context.
    fn name(&mut self, path: &BlobPath, new: bool) {
        let detector = &self.engine.detector;
        let found = detector.in_name(path.as_bytes(), &mut self.scratch);
        self.saw |= !found.is_empty();
        note(self.engine, self.known, &found, path.as_bytes());
        if found.iter().all(|candidate| candidate.dismissed.is_some()) {
            return;
        }
        self.alias = Some(masked(path, &found));
        self.parts = have_parts(&found);
        if !new {
            return;
        }
        for index in 0..found.len() {
            // Its identity uses the part of the path that ends with it, so it is the same
            // for all paths below.
            let part = BlobPath::new(&path.as_bytes()[..found[index].secret.end]);
            let piece = Piece {
                size: 0,
                ..Piece::whole(&part, path.as_bytes(), true)
            };
            let rest = &path.as_bytes()[found[index].secret.end..];
            let rest = memchr::memchr(b'/', rest).unwrap_or(rest.len());
            let named = &path.as_bytes()[..found[index].secret.end + rest];
            self.named = Some(BlobPath::new(named));
            let from = self.events.len();
            self.tokens = Tokens::default();
            self.judge(&piece, &found, index);
            self.named = None;
            let shown = masked(&BlobPath::new(named), &found);
            for event in &mut self.events[from..] {
                if let Event::Finding(finding) = event {
                    finding.in_name = true;
                    finding.path = shown.clone();
                    finding.evidence.push(IN_NAME.into());
                }
            }
        }
        self.rewind();
    }

    /// Ends the unit and hands over its results.
    pub(crate) fn finish(&mut self, events: &mut Vec<Event>, partial: &mut Summary) {
        events.append(&mut self.events);
        let mine = std::mem::take(&mut self.partial);
        partial.files += mine.files;
        partial.members += mine.members;
        partial.bytes += mine.bytes;
        partial.binary += mine.binary;
        for (by, n) in mine.suppressed {
            *partial.suppressed.entry(by).or_default() += n;
        }
    }

    /// Returns why a part of the unit was left out, if so, and resets that state.
    fn left_out(&mut self) -> Option<String> {
        let untold = std::mem::take(&mut self.untold);
        let unread = std::mem::take(&mut self.unread);
        match (untold, unread) {
            (true, _) => Some(too_many()),
            (_, true) => {
                Some("more than a million candidates in it; the rest was not looked at".into())
            }
            _ => None,
        }
    }

    /// Counts a candidate that does not become a finding: one that the detector dismisses
    /// or doubts, or one too many. Returns whether it is one.
    fn only_counted(&mut self, piece: &Piece<'_>, candidate: &Candidate) -> bool {
        let keep = self.engine.keep_dismissed;
        let doubted = candidate.confidence < self.engine.policy.min_confidence;
        let by = match candidate.dismissed {
            Some(dismissal) if !keep => dismissal.by(),
            None if doubted && !keep => {
                // It takes a number among its kind, but needs no identity.
                self.seen
                    .count(self.engine, candidate, exposed(piece.bytes, candidate));
                SuppressedBy::Confidence
            }
            _ if self.events.len() >= MAX_FINDINGS => {
                self.untold = true;
                return true;
            }
            _ => return false,
        };
        *self.partial.suppressed.entry(by).or_default() += 1;
        true
    }

    /// Returns where a path, or the name that is judged, is located, and how it is told.
    /// Findings arrive file by file.
    fn place(&mut self, path: &BlobPath) -> (BlobPath, BlobPath) {
        if let Some(named) = &self.named {
            let told = told(self.engine, &self.engine.located(named));
            return (self.engine.located(path), told);
        }
        if let Some((known, located, told)) = &self.located
            && known == path
        {
            return (located.clone(), told.clone());
        }
        let located = self.engine.located(path);
        let told = told(self.engine, &located);
        self.located = Some((path.clone(), located.clone(), told.clone()));
        (located, told)
    }

    fn judge(&mut self, piece: &Piece<'_>, candidates: &[Candidate], index: usize) {
        let candidate = &candidates[index];
        let rules = self.engine.detector.rules();
        let rule = rules.get(candidate.rule);
        if self.only_counted(piece, candidate) {
            return;
        }
        let secret = secret_of(piece.bytes, candidate);
        let (located, told) = self.place(piece.path);
        let (secret_id, fingerprint) =
            identify(self.engine, candidate, &located, &secret, &mut self.seen);
        let known = |(rule, secret): &(RuleIndex, SecretId)| {
            *rule == candidate.rule && *secret == secret_id
        };
        let attributed = self.commits.iter().find(|(what, _)| known(what));
        let attributed = attributed.map(|(_, commit)| commit);
        let commit = attributed.or(self.commit.as_ref()).or(piece.commit);
        let subject = Subject {
            candidate,
            rule,
            path: &located,
            told: &told,
            shown: piece.path,
            bytes: piece.bytes,
            markers: &self.markers,
            secret: secret.expose(),
            secret_id,
            fingerprint,
            line: self
                .lines
                .position(piece.bytes, candidate.secret.start)
                .line,
            commit,
            labels: labels_of(self.engine, candidate, secret.expose(), piece.bytes),
        };
        let Judgement {
            mut verdict, asked, ..
        } = suppress::judge(&self.engine.policy, &subject);
        if let Verdict::Suppressed {
            by: SuppressedBy::Inline,
            reason,
        } = &mut verdict
        {
            let masked = without_secrets(reason, piece.bytes, candidates, index);
            *reason = suppress::inline::shortened(masked);
        }
        let severity = suppress::severity(&self.engine.policy, &subject);
        let labels = subject.labels;
        if let Verdict::Suppressed { by, .. } = &verdict
            && !(by.by_user() || by.by_filter())
            && !self.engine.keep_dismissed
        {
            *self.partial.suppressed.entry(*by).or_default() += 1;
            return;
        }
        let bytes = piece.bytes;
        let start = self.lines.position(bytes, candidate.secret.start);
        // The next secret may begin inside of this one, and positions are fast if they ascend.
        let end = self.lines.clone().position(bytes, candidate.secret.end);
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
        let all = (candidates, self.parts);
        let snippet = snippet(bytes, piece.binary, all, index, &mut self.tokens);
        let finding = Finding {
            rule: candidate.rule,
            path: self.shown(piece.path),
            start,
            end,
            secret_id,
            secret,
            fingerprint,
            confidence: candidate.confidence,
            severity,
            evidence: evidence(candidate, asked.as_ref().map(|(by, _)| *by), piece),
            through: candidate
                .layers
                .as_ref()
                .map_or_else(Vec::new, |layers| layers.through.clone()),
            parts,
            snippet,
            verdict,
            commit: commit.map(|commit| Box::new(commit.clone())),
            item: piece.origin.and_then(Origin::item).map(Box::new),
            repository: None,
            in_name: false,
            asked,
            labels,
        };
        self.events.push(Event::Finding(Box::new(finding)));
    }
}

/// What is told of content in which more is encoded than is decoded.
pub(crate) fn encoded_beyond() -> Unopened {
    Unopened {
        reason: SkipReason::Limit,
        bytes: 0,
        why: "more is encoded in one place than is decoded: 1 MiB, or 16 MiB decoded",
    }
}

fn have_parts(candidates: &[Candidate]) -> bool {
    candidates.iter().any(|c| !c.parts.is_empty())
}

/// Notes everything that was found, reported or not.
fn note(engine: &Engine, known: &Known, found: &[Candidate], bytes: &[u8]) {
    known.note(found, bytes, engine.policy.min_confidence);
}

impl Sink for Assembler<'_> {
    fn piece(&mut self, piece: Piece<'_>) {
        let blob = Blob {
            path: piece.path,
            bytes: piece.bytes,
            fresh: Fresh::All,
        };
        if let Some(lines) = piece.lines {
            self.lines.clone_from(lines);
        }
        let (engine, scratch) = (self.engine, &mut self.scratch);
        let content = content_of(piece.binary);
        let candidates = engine
            .detector
            .detect_in(&blob, piece.near(), content, scratch);
        self.unread |= scratch.take_cut();
        self.beyond |= scratch.take_looked().1;
        self.saw |= !candidates.is_empty();
        note(engine, self.known, &candidates, piece.bytes);
        let news = match piece.before {
            Some(before) if !candidates.is_empty() => {
                Some(news(engine, scratch, &piece, &candidates, before))
            }
            _ => None,
        };
        self.parts = have_parts(&candidates);
        for (index, candidate) in candidates.iter().enumerate() {
            if !piece.core.contains(&candidate.lead()) {
                continue;
            }
            if news.as_ref().is_none_or(|news| news[index]) {
                self.judge(&piece, &candidates, index);
            } else {
                // It takes a number among its kind.
                self.seen
                    .count(self.engine, candidate, exposed(piece.bytes, candidate));
            }
        }
        self.partial.bytes += piece.size;
        // What is left of a container that was opened holds no more.
        if !piece.opened {
            self.shut
                .look(piece.bytes, piece.binary, piece.is_first(), piece.last);
        }
        if piece.last {
            if let Some(why) = self.shut.take() {
                self.skipped(piece.path, why);
            }
            if std::mem::take(&mut self.beyond) {
                self.unopened(piece.path, encoded_beyond());
            }
            // Findings beyond the limit are not reported, but they were scanned.
            let scanned = u64::from(!self.unread);
            match piece.counts {
                Counts::File => self.partial.files += scanned,
                Counts::Member => self.partial.members += scanned,
                Counts::Nothing => {}
            }
            if let Some(why) = self.left_out() {
                self.failed(SourceError {
                    path: piece.path.clone(),
                    why,
                });
            }
            self.partial.binary += u64::from(piece.binary && piece.counts == Counts::File);
            self.rewind();
        } else {
            self.lines.advance(piece.bytes, piece.leaving);
            self.markers = Markers::default();
            self.tokens = Tokens::default();
        }
    }

    fn skipped(&mut self, path: &BlobPath, why: SkipReason) {
        if why.opaque().is_some() {
            let (reason, bytes, why) = (why, 0, "");
            return self.unopened(path, Unopened { reason, bytes, why });
        }
        let path = self.shown(path);
        self.events.push(Event::skipped(path, why));
    }

    fn unopened(&mut self, path: &BlobPath, what: Unopened) {
        self.events.push(Event::Skipped {
            path: self.shown(path),
            why: what.reason,
            bytes: what.bytes,
            detail: what.why.into(),
            gap: self.engine.policy.opaque.gap(what.reason, path),
        });
    }

    fn failed(&mut self, error: SourceError) {
        let path = self.shown(&error.path);
        self.events
            .push(Event::Failed(SourceError { path, ..error }));
    }
}

/// Returns the evidence of a candidate, including a suppression that was requested but
/// not granted, and where the content comes from.
fn evidence(candidate: &Candidate, denied: Option<SuppressedBy>, piece: &Piece<'_>) -> Vec<Text> {
    let mut evidence = candidate.evidence.clone();
    if let Some(layers) = &candidate.layers {
        evidence.push(match layers.through[..] {
            [Encoding::Joined(_)] => layers.describe().into(),
            _ => format!("stands inside {}", layers.describe()).into(),
        });
    }
    if let Some(by) = denied {
        evidence.push(format!("suppression asked for, not granted: {}", by.id()).into());
    }
    let origin = piece.origin.map(|origin| origin.evidence(piece.path));
    for text in origin.into_iter().flatten() {
        let hidden = replace(text.as_bytes(), &token_like(text.as_bytes()));
        evidence.push(String::from_utf8_lossy(&hidden).into_owned().into());
    }
    evidence
}

/// Returns the reason that a marker gives, without the secrets near it. The report masks
/// only secrets in its window of the line, and a reason reaches further.
fn without_secrets(reason: &str, bytes: &[u8], candidates: &[Candidate], index: usize) -> String {
    let near = index.saturating_sub(64)..candidates.len().min(index + 64);
    let spans = candidates[near]
        .iter()
        .flat_map(|c| std::iter::once(&c.secret).chain(c.parts.iter().map(|p| &p.span)))
        .map(|span| &bytes[span.clone()]);
    let text = reason.as_bytes();
    let tokens = token_like(text).into_iter().map(|span| &text[span]);
    // Many neighbours may have the same value, and each takes as long as a verdict.
    let mut hidden: Vec<&[u8]> = spans.chain(tokens).collect();
    hidden.sort_unstable();
    hidden.dedup();
    Needles::new(hidden).mask(reason)
}

/// Returns the source line of a candidate, and the parts to mask: every candidate's
/// secret and parts, if there are `parts`, and anything else that looks like a token.
fn snippet(
    bytes: &[u8],
    binary: bool,
    (candidates, parts): (&[Candidate], bool),
    index: usize,
    tokens: &mut Tokens,
) -> Snippet {
    let secret = &candidates[index].secret;
    let line = line_around(bytes, secret, SNIPPET_SIDE);
    let line = if binary {
        legible(bytes, secret, line)
    } else {
        line
    };
    let inside = |span: &Range<usize>| {
        let (start, end) = (span.start.max(line.start), span.end.min(line.end));
        (start < end).then(|| start - line.start..end - line.start)
    };
    let text = &bytes[line.clone()];
    let around = line_around(bytes, secret, TOKEN_SIDE);
    let mut hidden: Vec<Range<usize>> = tokens
        .within(bytes, &around)
        .filter_map(|token| inside(&token))
        .collect();
    // Candidates are sorted by start, but long ones may overlap many others.
    let near = candidates.partition_point(|c| c.secret.start < line.end);
    for candidate in &candidates[near.saturating_sub(64)..near] {
        if let Some(span) = inside(&candidate.secret) {
            hidden.push(span);
        }
    }
    let beside = index.saturating_sub(64)..candidates.len().min(index + 64);
    for candidate in candidates[beside].iter().filter(|_| parts) {
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

/// Returns the readable part of a line of a binary file: the secret and the ASCII text
/// around it.
fn legible(bytes: &[u8], secret: &Range<usize>, line: Range<usize>) -> Range<usize> {
    let text = |b: &&u8| b.is_ascii_graphic() || **b == b' ';
    let start = secret.start.clamp(line.start, line.end);
    let end = secret.end.clamp(start, line.end);
    let before = bytes[line.start..start].iter().rev().take_while(text);
    let after = bytes[end..line.end].iter().take_while(text);
    start - before.count()..end + after.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_binary_line_only_what_can_be_read_is_shown() {
        let line = b"\x01\xffkey: \x02\x03\x04; \x00text";
        assert_eq!(legible(line, &(7..10), 0..line.len()), 2..12);
        assert_eq!(legible(line, &(7..10), 8..9), 8..9);
        assert_eq!(legible(line, &(0..1), 0..line.len()), 0..1);
    }

    #[test]
    fn overlapping_spans_merge() {
        assert_eq!(merged(vec![5..9, 0..3, 2..4, 9..10]), vec![0..4, 5..10]);
    }
}

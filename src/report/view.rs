//! What formats may show of a finding. Only this part of `report` reads the bytes of a
//! secret. Every format reads a [`View`], whose text is already masked.
//!
//! Without `--show-secrets`, no text of the view contains a six-byte window of the
//! secret, of a further part or of a hidden neighbour on the line, and the line and the
//! commit do not contain a shorter secret again. Paths are an exception: see
//! [`Needles::mask_path`]. What other findings of the run would give away is masked
//! before, in the event.

use std::ops::Range;

use super::mask::Needles;
use crate::finding::{
    CommitInfo, Finding, ItemInfo, Part, RepositoryInfo, Snippet, SuppressedBy, Verdict, openable,
};
use crate::secret::{MASK, Secret};
use crate::text::Position;

/// A finding as formats show it, with all text masked.
pub(super) struct View<'a> {
    /// The finding, for fields without text: positions, ids, severity.
    pub(super) finding: &'a Finding,
    /// The path.
    pub(super) path: Vec<u8>,
    /// The secret.
    pub(super) secret: Shown<'a>,
    /// The evidence for the finding.
    pub(super) evidence: Vec<String>,
    /// Further parts.
    pub(super) parts: Vec<PartView<'a>>,
    /// The source line, if it was kept.
    pub(super) line: Option<Line>,
    /// Why the finding is only a warning, if it is one.
    pub(super) warning: Option<String>,
    /// Who suppressed the finding, and why.
    pub(super) suppressed: Option<(SuppressedBy, String)>,
    /// The commit that introduced it.
    pub(super) commit: Option<CommitInfo>,
    /// Where its text was posted.
    pub(super) item: Option<ItemInfo>,
    /// The repository that it is in, of several.
    pub(super) repository: Option<RepositoryInfo>,
}

/// The displayable form of a secret.
pub(super) struct Shown<'a> {
    /// The public prefix and a mask.
    pub(super) redacted: String,
    /// The value, only with `--show-secrets`.
    pub(super) value: Option<&'a [u8]>,
}

/// The displayable form of a further part.
pub(super) struct PartView<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Where it starts.
    pub(super) start: Position,
    /// The position after its end.
    pub(super) end: Position,
    /// Its value.
    pub(super) secret: Shown<'a>,
}

/// The source line in three pieces.
#[derive(Default)]
pub(super) struct Line {
    /// The text before the secret.
    pub(super) before: Vec<u8>,
    /// The secret, masked.
    pub(super) mark: Vec<u8>,
    /// The text after the secret.
    pub(super) after: Vec<u8>,
    /// Whether the line continues to the left.
    pub(super) cut_left: bool,
    /// Whether the line, or a multi-line secret, continues to the right.
    pub(super) cut_right: bool,
}

impl<'a> View<'a> {
    /// Returns the address at which a person can see the finding, if it is known.
    pub(super) fn link(&self) -> Option<&str> {
        let posted = self.item.as_ref().and_then(ItemInfo::link);
        let hosted = self.commit.as_ref().map(|commit| commit.link.as_str());
        posted.or_else(|| hosted.and_then(openable))
    }

    /// Creates the view of `finding`, masked unless `show_secrets` is set.
    pub(super) fn new(finding: &'a Finding, show_secrets: bool) -> Self {
        let needles = match show_secrets {
            true => Needles::default(),
            false => needles(finding),
        };
        let (warning, suppressed) = match &finding.verdict {
            Verdict::Report => (None, None),
            Verdict::Warn { reason } => (Some(needles.mask(reason)), None),
            Verdict::Suppressed { by, reason } => (None, Some((*by, needles.mask(reason)))),
        };
        let path = needles.mask_path(finding.path.as_bytes());
        let evidence = finding.evidence.iter().map(|e| needles.mask(e)).collect();
        // What is written by others may repeat a value that is too short for windows.
        let strict = match show_secrets {
            true => needles,
            false => needles.with_short(own(finding)),
        };
        View {
            finding,
            path,
            secret: Shown::new(&finding.secret, show_secrets),
            evidence,
            parts: finding
                .parts
                .iter()
                .map(|p| PartView::new(p, show_secrets))
                .collect(),
            line: Line::new(finding, &strict, show_secrets),
            warning,
            suppressed,
            commit: finding.commit.as_deref().map(|c| mask_commit(&strict, c)),
            item: finding.item.as_deref().map(|item| mask_item(&strict, item)),
            repository: finding
                .repository
                .as_deref()
                .map(|repository| mask_repository(&strict, repository)),
        }
    }

    /// Returns the evidence in one line; empty if there is none.
    pub(super) fn why(&self) -> String {
        self.evidence.join("; ")
    }

    /// Returns the evidence and what the labels say.
    pub(super) fn why_and_labels(&self) -> String {
        let labels = self.finding.labels.iter();
        let labels = labels.map(|label| format!("{label}: {}", label.describe()));
        let all: Vec<String> = self.evidence.iter().cloned().chain(labels).collect();
        all.join("; ")
    }

    /// Returns the evidence, what the labels say and, for a warning, why it is only a warning.
    pub(super) fn why_and_warning(&self) -> String {
        match &self.warning {
            Some(reason) => format!("{}; a warning only: {reason}", self.why_and_labels()),
            None => self.why_and_labels(),
        }
    }

    /// Whether the secret spans several lines.
    pub(super) fn multi_line(&self) -> bool {
        self.finding.end.line > self.finding.start.line
    }
}

impl<'a> Shown<'a> {
    fn new(secret: &'a Secret, show_secrets: bool) -> Self {
        Shown {
            redacted: secret.redacted(),
            value: (show_secrets && secret.is_known()).then(|| secret.expose()),
        }
    }

    /// Returns the bytes to print: the value if it may be shown, else the redacted
    /// form.
    pub(super) fn bytes(&self) -> &[u8] {
        self.value.unwrap_or(self.redacted.as_bytes())
    }
}

impl<'a> PartView<'a> {
    fn new(part: &'a Part, show_secrets: bool) -> Self {
        PartView {
            name: &part.name,
            start: part.start,
            end: part.end,
            secret: Shown::new(&part.secret, show_secrets),
        }
    }
}

impl Line {
    fn new(finding: &Finding, needles: &Needles, show_secrets: bool) -> Option<Self> {
        let snippet = &finding.snippet;
        if snippet.line.is_empty() {
            return None;
        }
        let (physical, more) = first_line(snippet);
        let mark = clamp(&snippet.highlight, &physical);
        let multi_line = finding.end.line > finding.start.line;
        let mut line = Line {
            cut_left: snippet.cut_left,
            cut_right: (snippet.cut_right && !more) || multi_line,
            ..Line::default()
        };
        if show_secrets {
            line.before = snippet.line[physical.start..mark.start].to_vec();
            line.mark = snippet.line[mark.clone()].to_vec();
            line.after = snippet.line[mark.end..physical.end].to_vec();
            return Some(line);
        }
        let masked =
            |range: Range<usize>| needles.mask_bytes(&mask_ranges(snippet, finding, &range));
        line.before = masked(physical.start..mark.start);
        line.mark = finding.secret.redacted().into_bytes();
        line.after = masked(mark.end..physical.end);
        let whole = [line.before.as_slice(), &line.mark, &line.after].concat();
        if needles.found_in(&whole) {
            // Pieces that are harmless alone spell a secret when joined.
            line.before.clear();
            line.mark = MASK.into();
            line.after.clear();
        }
        Some(line)
    }

    /// Returns the three pieces as one text; replaces bytes that are not UTF-8.
    pub(super) fn text(&self) -> String {
        [&self.before, &self.mark, &self.after]
            .map(|piece| String::from_utf8_lossy(piece).into_owned())
            .concat()
    }
}

/// Returns the line of the snippet on which the highlight starts, without its line end,
/// and whether the snippet continues after it.
fn first_line(snippet: &Snippet) -> (Range<usize>, bool) {
    let bytes = &snippet.line;
    let at = snippet.highlight.start.min(bytes.len());
    let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |i| i + 1);
    let newline = memchr::memchr(b'\n', &bytes[at..]).map(|i| at + i);
    let end = newline.unwrap_or(bytes.len());
    let end = if end > at && bytes[end - 1] == b'\r' {
        end - 1
    } else {
        end
    };
    (start..end, newline.is_some())
}

fn clamp(range: &Range<usize>, to: &Range<usize>) -> Range<usize> {
    let start = range.start.clamp(to.start, to.end);
    start..range.end.clamp(start, to.end)
}

/// Returns the bytes of `range` of the snippet's line. Replaces hidden ranges with the
/// redacted form of the part there, otherwise with a mask.
fn mask_ranges(snippet: &Snippet, finding: &Finding, range: &Range<usize>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = range.start;
    for hidden in &snippet.hidden {
        let hidden = clamp(hidden, &(at..range.end));
        if hidden.is_empty() {
            continue;
        }
        out.extend_from_slice(&snippet.line[at..hidden.start]);
        let content = &snippet.line[hidden.clone()];
        let part = finding.parts.iter().find(|p| p.secret.expose() == content);
        match part {
            Some(part) => out.extend_from_slice(part.secret.redacted().as_bytes()),
            None => out.extend_from_slice(MASK.as_bytes()),
        }
        at = hidden.end;
    }
    out.extend_from_slice(&snippet.line[at..range.end]);
    out
}

/// Collects what must not appear in the text of a finding: the secret, its parts and
/// everything hidden on the line.
fn needles(finding: &Finding) -> Needles {
    let line = &finding.snippet.line;
    let whole = 0..line.len();
    // A line of another report shows a mask where the secret stood: nothing to look for.
    let own_mark = finding.secret.is_known();
    let hidden = own_mark
        .then_some(&finding.snippet.highlight)
        .into_iter()
        .chain(&finding.snippet.hidden)
        .map(|range| &line[clamp(range, &whole)]);
    Needles::new(own(finding).chain(hidden))
}

/// Returns the secret and its parts.
fn own(finding: &Finding) -> impl Iterator<Item = &[u8]> {
    std::iter::once(finding.secret.expose()).chain(finding.parts.iter().map(|p| p.secret.expose()))
}

fn mask_commit(needles: &Needles, commit: &CommitInfo) -> CommitInfo {
    CommitInfo {
        id: commit.id.clone(),
        author: needles.mask(&commit.author),
        email: needles.mask(&commit.email),
        date: needles.mask(&commit.date),
        subject: needles.mask(&commit.subject),
        at_head: commit.at_head,
        blobs: commit.blobs,
        last: commit.last.clone(),
        last_date: needles.mask(&commit.last_date),
        refs: commit.refs.iter().map(|r| needles.mask(r)).collect(),
        // With a mask in it, it would lead nowhere.
        link: match needles.found_in(commit.link.as_bytes()) {
            true => String::new(),
            false => commit.link.clone(),
        },
    }
}

fn mask_repository(needles: &Needles, repository: &RepositoryInfo) -> RepositoryInfo {
    RepositoryInfo {
        name: needles.mask(&repository.name),
        repositories: repository.repositories,
        others: repository.others.iter().map(|n| needles.mask(n)).collect(),
    }
}

fn mask_item(needles: &Needles, item: &ItemInfo) -> ItemInfo {
    ItemInfo {
        url: needles.mask(&item.url),
        author: needles.mask(&item.author),
        time: needles.mask(&item.time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needles(secret: &[u8]) -> Needles {
        Needles::new([secret])
    }

    #[test]
    fn text_loses_every_window_and_stays_utf8() {
        let secret = "pässwörd-ünd-mehr";
        let needles = needles(secret.as_bytes());
        assert_eq!(needles.mask("é pässwörd-ünd-mehr é"), "é ******** é");
        assert_eq!(needles.mask("xsswörd-y"), "x********y");
        assert_eq!(needles.mask("mehr"), "mehr");
        for cut in (0..secret.len()).filter(|i| secret.is_char_boundary(*i)) {
            let masked = needles.mask(&format!("é{}é", &secret[cut..]));
            assert!(!needles.found_in(masked.as_bytes()), "{masked}");
        }
    }

    #[test]
    fn a_path_keeps_a_word_that_it_shares_with_the_secret() {
        let needles = needles(b"postgres-2024-long-tail");
        assert_eq!(
            needles.mask_path(b"deploy/postgres.yml"),
            b"deploy/postgres.yml"
        );
        assert_eq!(
            needles.mask_path(b"x/postgres-2024-long-tail.yml"),
            b"x/********.yml"
        );
        assert_eq!(needles.mask_path(b"x/stgres-2024-lo"), b"x/********");
    }

    #[test]
    fn a_snippet_is_cut_to_the_line_of_the_secret() {
        let line = b"first\nsecond x\r\nthird";
        let snippet = Snippet {
            line: line.as_slice().into(),
            highlight: 13..14,
            ..Snippet::default()
        };
        assert_eq!(first_line(&snippet), (6..14, true));
        let beyond = Snippet {
            highlight: 90..99,
            ..snippet
        };
        assert_eq!(first_line(&beyond), (16..21, false));
    }
}

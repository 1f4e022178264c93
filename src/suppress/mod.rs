//! What is known and not to be reported: one function with an ordered list.
//! Nothing is thrown away; a suppressed finding says who suppressed it and why.

pub mod allow;
pub mod baseline;
pub mod gitleaks;
pub mod ignores;
pub mod inline;
pub mod paths;

use std::ops::Range;
use std::sync::Arc;

use crate::blob::BlobPath;
use crate::finding::{Candidate, CommitInfo, Fingerprint, SecretId, SuppressedBy, Verdict};
use crate::globs::Scope;
use crate::rules::{Confidence, Rule, Severity};
use allow::AllowList;
use gitleaks::Gitleaks;
use paths::PathRules;

/// What a run suppresses. Shared by all threads.
#[derive(Debug)]
pub struct Policy {
    /// Candidates below this are not reported.
    pub min_confidence: Confidence,
    /// Whether markers in source lines count.
    pub inline: bool,
    /// Findings that were there when a team began.
    pub baseline: Option<baseline::Baseline>,
    /// Findings that somebody looked at.
    pub ignores: Option<ignores::Ignores>,
    /// Which paths hold nothing any more.
    pub gone: Gone,
    /// With a trusted revision: what files were there. All else of the policy is read
    /// from that revision by whoever makes it.
    pub trusted: Option<Trusted>,
    /// With a trusted revision: the policy as the change would have it, to tell what
    /// it asks for.
    pub asked: Option<Box<Policy>>,
    /// What of the tree is scanned at all. Sources that know paths do not read the
    /// rest; what comes all the same is told as left out.
    pub scope: Arc<Scope>,
    /// What the configuration accepts.
    pub allow: Arc<AllowList>,
    /// What holds for some paths.
    pub paths: Arc<PathRules>,
    /// What gitleaks' files say: allowlists, ignored fingerprints, a baseline.
    pub gitleaks: Option<Arc<Gitleaks>>,
}

impl Default for Policy {
    /// Medium confidence; markers count; nothing else.
    fn default() -> Self {
        Self {
            min_confidence: Confidence::Medium,
            inline: true,
            baseline: None,
            ignores: None,
            gone: Gone::default(),
            trusted: None,
            asked: None,
            scope: Arc::default(),
            allow: Arc::default(),
            paths: Arc::default(),
            gitleaks: None,
        }
    }
}

impl Policy {
    /// Whether what `by` says of a value at a path can change with what stands beside it.
    pub fn looks_around(&self, by: SuppressedBy) -> bool {
        let gitleaks = self.gitleaks.as_ref();
        match by {
            SuppressedBy::Inline => true,
            SuppressedBy::Allow => {
                self.allow.looks_around() || gitleaks.is_some_and(|g| g.looks_around())
            }
            // Values and paths; gitleaks' lines are those of the commit that brought it.
            SuppressedBy::Baseline | SuppressedBy::IgnoreFile | SuppressedBy::Excluded => false,
            // What the detector says is known before places are chosen.
            SuppressedBy::Confidence
            | SuppressedBy::Placeholder
            | SuppressedBy::Reference
            | SuppressedBy::FailedCheck
            | SuppressedBy::LookAlike => false,
        }
    }
}

/// Tells whether nothing stands at a path any more, relative to the top of the
/// repository. By default everything is still there.
#[derive(Clone, Default)]
pub struct Gone(Option<Asked<bool>>);

/// Gives the content that a file has in the trusted revision, by its path relative to
/// the top; None where it has no such file.
#[derive(Clone)]
pub struct Trusted(Asked<Option<Vec<u8>>>);

/// A question about a path.
type Asked<T> = Arc<dyn Fn(&[u8]) -> T + Send + Sync>;

impl Gone {
    /// Asks `is_gone`.
    pub fn new(is_gone: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(is_gone)))
    }

    /// Whether nothing stands at `path` any more.
    pub fn is_gone(&self, path: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|is_gone| is_gone(path))
    }
}

impl Trusted {
    /// Asks `content`.
    pub fn new(content: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(content))
    }

    /// Whether the file at `path` had this line and this secret.
    fn had(&self, path: &[u8], line: &[u8], secret: &[u8]) -> bool {
        let Some(content) = (self.0)(path) else {
            return false;
        };
        let mut lines = content.split(|b| *b == b'\n');
        lines.any(|l| l.strip_suffix(b"\r").unwrap_or(l) == line)
            && memchr::memmem::find(&content, secret).is_some()
    }
}

impl std::fmt::Debug for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gone")
    }
}

impl std::fmt::Debug for Trusted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Trusted")
    }
}

/// A candidate in its place: all that a reason to suppress it may look at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What the detector believes.
    pub candidate: &'a Candidate,
    /// The rule that matched.
    pub rule: &'a Rule,
    /// The path relative to the top of the repository. May itself hold a secret: not
    /// to be shown.
    pub path: &'a BlobPath,
    /// The path relative to the top as files may say it: with every secret in it masked.
    pub told: &'a BlobPath,
    /// The path as its source names it, which entries of the configuration know how to
    /// place.
    pub shown: &'a BlobPath,
    /// The content, or the piece of it, that the candidate's offsets refer to.
    pub bytes: &'a [u8],
    /// The secret, decoded where it was encoded.
    pub secret: &'a [u8],
    /// The identity of its value.
    pub secret_id: SecretId,
    /// The identity of this occurrence.
    pub fingerprint: Fingerprint,
    /// The 1-based line on which the secret starts.
    pub line: u64,
    /// The commit that brought it, where it is known.
    pub commit: Option<&'a CommitInfo>,
}

/// How much of a line is looked at on either side of a secret.
const LINE_SIDE: usize = 1000;

impl Subject<'_> {
    /// The line on which the secret starts, or a window of a very long one.
    pub fn line(&self) -> &[u8] {
        &self.bytes[line_around(self.bytes, &self.candidate.secret, LINE_SIDE)]
    }
}

/// The line of `secret`'s start, at most `side` bytes beyond it to either side. It
/// ends with the line, or with the secret where that goes on beyond the line.
pub fn line_around(bytes: &[u8], secret: &Range<usize>, side: usize) -> Range<usize> {
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

/// What is decided about a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Whether it counts.
    pub verdict: Verdict,
    /// A suppression that was asked for and not granted: by whom, in which words.
    pub asked: Option<(SuppressedBy, String)>,
    /// Where the entry that decided stands, as far as that can be told.
    pub place: Option<String>,
}

/// A verdict, and where the entry that decided stands.
type Decided = (Verdict, Option<String>);

/// Judges a candidate: the first reason in this order counts.
pub fn judge(policy: &Policy, subject: &Subject<'_>) -> Judgement {
    let candidate = subject.candidate;
    let (verdict, place) = if let Some(dismissal) = candidate.dismissed {
        (suppressed(dismissal.by(), dismissal.reason()), None)
    } else if candidate.confidence < policy.min_confidence {
        let reason = format!("{} confidence", candidate.confidence);
        (suppressed(SuppressedBy::Confidence, reason), None)
    } else {
        by_people(policy, subject)
    };
    let asked = match (&verdict, &policy.asked) {
        (Verdict::Report, Some(asked)) => match by_people(asked, subject).0 {
            Verdict::Suppressed { by, reason } => Some((by, reason)),
            Verdict::Report | Verdict::Warn { .. } => None,
        },
        _ => None,
    };
    Judgement {
        verdict,
        asked,
        place,
    }
}

/// What people decided, each in their own way.
fn by_people(policy: &Policy, subject: &Subject<'_>) -> Decided {
    if policy.scope.leaves_out(subject.shown.as_bytes()) {
        let verdict = suppressed(SuppressedBy::Excluded, "left out by the configuration");
        return (verdict, None);
    }
    // Asked before anything decides, so that entries know what they apply to.
    let allowed = policy.allow.find(subject);
    let before = by_marker(policy, subject).or_else(|| {
        let baseline = policy.baseline.as_ref()?;
        let reason = baseline.accepts(subject, &policy.gone)?;
        Some(suppressed(SuppressedBy::Baseline, reason))
    });
    let by_entry = || {
        let entry = allowed?;
        let place = entry.place().to_owned();
        Some((suppressed(SuppressedBy::Allow, entry.decide()), Some(place)))
    };
    let decided = before.map(|verdict| (verdict, None)).or_else(by_entry);
    if let Some(decided) = decided {
        if let Some(ignores) = &policy.ignores {
            ignores.shadow(subject);
        }
        return decided;
    }
    if let Some((reason, line)) = policy.ignores.as_ref().and_then(|i| i.accepts(subject)) {
        let place = format!("line {line} of the ignore file");
        return (suppressed(SuppressedBy::IgnoreFile, reason), Some(place));
    }
    if let Some(gitleaks) = &policy.gitleaks
        && let Some((by, reason)) = gitleaks.judge(subject)
    {
        return (
            suppressed(by, reason),
            Some("as gitleaks' files say".to_owned()),
        );
    }
    match policy.paths.warning(subject) {
        Some((reason, place)) => (Verdict::Warn { reason }, Some(place)),
        None => (Verdict::Report, None),
    }
}

fn by_marker(policy: &Policy, subject: &Subject<'_>) -> Option<Verdict> {
    if !policy.inline {
        return None;
    }
    if policy.trusted.is_none()
        && let Some(reason) = gitleaks::marker(subject)
    {
        return Some(suppressed(SuppressedBy::Inline, reason));
    }
    let span = &subject.candidate.secret;
    let marker = inline::find(subject.bytes, span, &subject.rule.id)?;
    if let Some(trusted) = &policy.trusted {
        let line = &subject.bytes[marker.line];
        let secret = &subject.bytes[span.clone()];
        if !trusted.had(subject.path.as_bytes(), line, secret) {
            return None;
        }
    }
    Some(suppressed(SuppressedBy::Inline, marker.reason))
}

/// How bad the candidate is in its place.
pub fn severity(policy: &Policy, subject: &Subject<'_>) -> Severity {
    let said = policy.paths.severity(subject);
    said.unwrap_or(subject.candidate.severity)
}

fn suppressed(by: SuppressedBy, reason: impl Into<String>) -> Verdict {
    Verdict::Suppressed {
        by,
        reason: reason.into(),
    }
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
}

//! Decides which findings are suppressed: one function with an ordered list of reasons.
//! Nothing is discarded; a suppressed finding records who suppressed it and why.

pub mod allow;
pub mod baseline;
// For tests and fuzzing.
#[doc(hidden)]
pub mod gitleaks;
pub mod ignores;
// For tests and fuzzing.
#[doc(hidden)]
pub mod inline;
pub mod limits;
pub mod opaque;
pub mod paths;
mod trusted;

use std::ops::Range;
use std::sync::Arc;

use crate::blob::BlobPath;
use crate::finding::{Candidate, CommitInfo, Fingerprint, SecretId, SuppressedBy, Verdict};
use crate::globs::Scope;
use crate::rules::{Confidence, Labels, Rule, Severity};
use allow::AllowList;
use gitleaks::Gitleaks;
use inline::Markers;
use limits::Limits;
use opaque::Opaque;
use paths::PathRules;
pub use trusted::Trusted;

/// The suppression policy of a run. Shared by all threads.
#[derive(Debug)]
pub struct Policy {
    /// The least confidence of a reported candidate.
    pub min_confidence: Confidence,
    /// Whether markers in source lines are respected.
    pub inline: bool,
    /// Findings that existed when a team started.
    pub baseline: Option<baseline::Baseline>,
    /// Findings that a person reviewed.
    pub ignores: Option<ignores::Ignores>,
    /// Which paths no longer exist.
    pub gone: Gone,
    /// With a trusted revision: the files in that revision. The creator of the policy
    /// reads the rest of it from the same revision.
    pub trusted: Option<Trusted>,
    /// With a trusted revision: the policy that the change proposes, to report what it
    /// asks for.
    pub asked: Option<Box<Policy>>,
    /// Which files are scanned at all. Sources that know paths do not read other files;
    /// findings in them from other sources are suppressed as excluded.
    pub scope: Arc<Scope>,
    /// The allow entries of the configuration.
    pub allow: Arc<AllowList>,
    /// Policies for some paths.
    pub paths: Arc<PathRules>,
    /// Which content may stay shut.
    pub opaque: Opaque,
    /// gitleaks' allowlists, ignored fingerprints and baseline.
    pub gitleaks: Option<Arc<Gitleaks>>,
    /// What is left out or only warns, by severity and label.
    pub limits: Limits,
}

impl Default for Policy {
    /// Medium confidence; markers are respected; nothing else is suppressed.
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
            opaque: Opaque::default(),
            gitleaks: None,
            limits: Limits::default(),
        }
    }
}

impl Policy {
    /// Whether the decision of `by` on a value at a path can change with the
    /// surrounding text.
    pub(crate) fn looks_around(&self, by: SuppressedBy) -> bool {
        let gitleaks = self.gitleaks.as_ref();
        match by {
            SuppressedBy::Inline => true,
            SuppressedBy::Allow => {
                self.allow.looks_around() || gitleaks.is_some_and(|g| g.looks_around())
            }
            // Whether everybody may know a value can depend on what stands around it.
            SuppressedBy::Label => true,
            // Values and paths; gitleaks' lines are those of the introducing commit.
            SuppressedBy::Baseline | SuppressedBy::IgnoreFile | SuppressedBy::Excluded => false,
            // The detector decides before locations are chosen.
            SuppressedBy::Confidence
            | SuppressedBy::Severity
            | SuppressedBy::Placeholder
            | SuppressedBy::Reference
            | SuppressedBy::FailedCheck
            | SuppressedBy::LookAlike => false,
        }
    }

    /// Whether a path, as its source names it, is not scanned. Of a member, its file decides, or its
    /// own name.
    fn leaves_out(&self, shown: &BlobPath) -> bool {
        let file = shown.file();
        let by_name = |name| self.scope.leaves_member_out(file, name);
        self.scope.leaves_out(file) || shown.member().is_some_and(by_name)
    }

    /// Returns the class of a path, as its source names it: for all paths of one class, the
    /// policy decides the same about a value, but for entries that accept single findings.
    pub(crate) fn class(&self, shown: &BlobPath) -> PathClass {
        // Files of gitleaks and of a trusted revision decide by the path itself.
        let by_path = self.gitleaks.is_some() || (self.inline && self.trusted.is_some());
        PathClass {
            excluded: self.leaves_out(shown),
            allow: self.allow.entries_at(shown),
            paths: self.paths.entries_at(shown),
            path: by_path.then(|| shown.clone()),
        }
    }
}

/// What paths have in common about which a policy decides the same, see [`Policy::class`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PathClass {
    excluded: bool,
    /// The entries that name the path.
    allow: Vec<u32>,
    paths: Vec<u32>,
    /// The path itself, if it decides.
    path: Option<BlobPath>,
}

/// Whether a path, relative to the top of the repository, no longer exists. By default,
/// every path exists.
#[derive(Clone, Default)]
pub struct Gone(Option<Arc<IsGone>>);

/// Whether a path no longer exists.
type IsGone = dyn Fn(&[u8]) -> bool + Send + Sync;

impl Gone {
    /// Creates the lookup from `is_gone`.
    pub fn new(is_gone: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(is_gone)))
    }

    /// Whether `path` no longer exists.
    pub(crate) fn is_gone(&self, path: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|is_gone| is_gone(path))
    }
}

impl std::fmt::Debug for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gone")
    }
}

/// A candidate in its location: everything that suppression may consider.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    /// The detector's result.
    pub candidate: &'a Candidate,
    /// The rule that matched.
    pub rule: &'a Rule,
    /// The path relative to the top of the repository. It may contain a secret: do not
    /// show it.
    pub path: &'a BlobPath,
    /// The path relative to the top, as files may contain it: with every secret masked.
    pub told: &'a BlobPath,
    /// The path as its source names it. Entries of the configuration map it to the
    /// repository.
    pub shown: &'a BlobPath,
    /// The content, or the part of it that the candidate's offsets refer to.
    pub bytes: &'a [u8],
    /// Where the markers in `bytes` are.
    pub markers: &'a Markers,
    /// The secret, decoded where it was encoded.
    pub secret: &'a [u8],
    /// The identity of its value.
    pub secret_id: SecretId,
    /// The identity of this occurrence.
    pub fingerprint: Fingerprint,
    /// The 1-based line on which the secret starts.
    pub line: u64,
    /// The commit that introduced it, if known.
    pub commit: Option<&'a CommitInfo>,
    /// What else is known about its value.
    pub labels: Labels,
}

/// How many bytes of a line are read on either side of a secret.
const LINE_SIDE: usize = 1000;

impl Subject<'_> {
    /// Returns the line on which the secret starts, or a window of a very long line.
    pub(crate) fn line(&self) -> &[u8] {
        &self.bytes[line_around(self.bytes, &self.candidate.secret, LINE_SIDE)]
    }
}

/// Returns the line on which `secret` starts, at most `side` bytes beyond it on either
/// side. It ends with the line, or with the secret if that continues beyond the line.
pub(crate) fn line_around(bytes: &[u8], secret: &Range<usize>, side: usize) -> Range<usize> {
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

/// The decision about a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// Whether it is reported.
    pub verdict: Verdict,
    /// A suppression that was asked for but not granted: by what, and its reason.
    pub asked: Option<(SuppressedBy, String)>,
    /// Where the deciding entry is written, if known.
    pub place: Option<String>,
}

/// A verdict, and where the deciding entry is written.
type Decided = (Verdict, Option<String>);

/// Judges a candidate; the first reason in this order decides.
pub(crate) fn judge(policy: &Policy, subject: &Subject<'_>) -> Judgement {
    let candidate = subject.candidate;
    let (verdict, place) = if let Some(dismissal) = candidate.dismissed {
        (suppressed(dismissal.by(), dismissal.reason()), None)
    } else if candidate.confidence < policy.min_confidence {
        let reason = format!("{} confidence", candidate.confidence);
        (suppressed(SuppressedBy::Confidence, reason), None)
    } else {
        let (verdict, place) = by_people(policy, subject);
        let severity = || severity(policy, subject);
        let verdict = policy.limits.apply(verdict, severity, subject.labels);
        (verdict, place)
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

/// Applies the decisions that people made, in their order.
fn by_people(policy: &Policy, subject: &Subject<'_>) -> Decided {
    if policy.leaves_out(subject.shown) {
        let verdict = suppressed(SuppressedBy::Excluded, "left out by the configuration");
        return (verdict, None);
    }
    // Runs before anything decides, so that entries count what they apply to.
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
    let marker = inline::find(subject.bytes, span, &subject.rule.id, subject.markers)?;
    if let Some(trusted) = &policy.trusted {
        let parts = subject.candidate.parts.iter().map(|part| &part.span);
        let values = std::iter::once(span).chain(parts).cloned();
        if !trusted.had(subject.path.as_bytes(), subject.bytes, &marker.line, values) {
            return None;
        }
    }
    Some(suppressed(SuppressedBy::Inline, marker.reason))
}

/// Returns the severity of the candidate in its location.
pub(crate) fn severity(policy: &Policy, subject: &Subject<'_>) -> Severity {
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

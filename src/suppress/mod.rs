//! What is known and not to be reported: one function with an ordered list.
//! Nothing is thrown away; a suppressed finding says who suppressed it and why.

pub mod allow;
pub mod inline;
pub mod paths;

use std::ops::Range;
use std::sync::Arc;

use crate::blob::BlobPath;
use crate::finding::{Candidate, CommitInfo, Fingerprint, SecretId, SuppressedBy, Verdict};
use crate::globs::Scope;
use crate::rules::{Confidence, Rule, Severity};
use allow::AllowList;
use paths::PathRules;

/// What a run suppresses. Shared by all threads.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Candidates below this are not reported.
    pub min_confidence: Confidence,
    /// Whether markers in source lines count.
    pub inline: bool,
    /// What of the tree is scanned at all. Sources that know paths do not read the
    /// rest; what comes all the same is told as left out.
    pub scope: Arc<Scope>,
    /// What the configuration accepts.
    pub allow: Arc<AllowList>,
    /// What holds for some paths.
    pub paths: Arc<PathRules>,
}

impl Default for Policy {
    /// Medium confidence, markers count, nothing else.
    fn default() -> Self {
        Self {
            min_confidence: Confidence::Medium,
            inline: true,
            scope: Arc::default(),
            allow: Arc::default(),
            paths: Arc::default(),
        }
    }
}

/// A candidate in its place: all that a reason to suppress it may look at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What the detector believes.
    pub candidate: &'a Candidate,
    /// The rule that matched.
    pub rule: &'a Rule,
    /// The path as it stands, which may itself hold a secret: not to be shown.
    pub path: &'a BlobPath,
    /// The content, or the piece of it, that the candidate's offsets refer to.
    pub bytes: &'a [u8],
    /// The secret, decoded where it was encoded.
    pub secret: &'a [u8],
    /// The identity of its value.
    pub secret_id: SecretId,
    /// The identity of this occurrence.
    pub fingerprint: Fingerprint,
    /// The commit that brought it, where it is known.
    pub commit: Option<&'a CommitInfo>,
}

/// How much of a line is searched for a marker on either side of a secret.
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

/// Judges a candidate: the first reason in this order counts.
pub fn judge(policy: &Policy, subject: &Subject<'_>) -> Verdict {
    let candidate = subject.candidate;
    if let Some(dismissal) = candidate.dismissed {
        return suppressed(dismissal.by(), dismissal.reason());
    }
    if candidate.confidence < policy.min_confidence {
        let reason = format!("{} confidence", candidate.confidence);
        return suppressed(SuppressedBy::Confidence, reason);
    }
    if policy.scope.leaves_out(subject.path.as_bytes()) {
        return suppressed(SuppressedBy::Excluded, "left out by the configuration");
    }
    // Asked before anything decides, so that entries know what they apply to.
    let allowed = policy.allow.find(subject);
    if policy.inline
        && let Some(reason) = inline::marker(subject.line(), &subject.rule.id)
    {
        return suppressed(SuppressedBy::Inline, reason);
    }
    if let Some(allowed) = allowed {
        return suppressed(SuppressedBy::Allow, allowed.decide());
    }
    match policy.paths.warning(subject) {
        Some(reason) => Verdict::Warn { reason },
        None => Verdict::Report,
    }
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

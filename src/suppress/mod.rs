//! What is known and not to be reported: one function with an ordered list.
//! Nothing is thrown away; a suppressed finding says who suppressed it and why.

pub mod gitleaks;
pub mod inline;

use std::ops::Range;
use std::sync::Arc;

use crate::blob::BlobPath;
use crate::finding::{Candidate, CommitInfo, Fingerprint, SecretId, SuppressedBy, Verdict};
use crate::rules::{Confidence, Rule};
use gitleaks::Gitleaks;

/// What a run suppresses. Shared by all threads.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Candidates below this are not reported.
    pub min_confidence: Confidence,
    /// Whether markers in source lines count.
    pub inline: bool,
    /// What gitleaks' files say: allowlists, ignored fingerprints, a baseline.
    pub gitleaks: Option<Arc<Gitleaks>>,
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
    /// The 1-based line on which the secret starts.
    pub line: u64,
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
    if policy.inline
        && let Some(reason) = inline::marker(subject.line(), &subject.rule.id)
    {
        return suppressed(SuppressedBy::Inline, reason);
    }
    if policy.inline
        && let Some(reason) = gitleaks::marker(subject)
    {
        return suppressed(SuppressedBy::Inline, reason);
    }
    if let Some(gitleaks) = &policy.gitleaks
        && let Some((by, reason)) = gitleaks.judge(subject)
    {
        return suppressed(by, reason);
    }
    Verdict::Report
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

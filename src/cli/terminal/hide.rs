//! Masks secrets in texts outside of findings: paths of unreadable files, author names,
//! commit subjects, error messages.
//!
//! Reports mask a finding's own secrets wherever they occur. This module masks every other
//! credential that a rule recognises.

use std::borrow::Cow;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::blob::{Blob, BlobPath, Fresh, SourceError};
use crate::detect::{Content, Detector, Scratch};
use crate::finding::{CommitInfo, Event, Finding, Narrowing, Summary, Verdict};
use crate::report::mask::Needles;
use crate::rules::Confidence;

/// Masks credentials in texts.
pub(in crate::cli) struct Hider<'d> {
    /// The detector that recognises them; None for all built-in rules.
    detector: Option<&'d Detector>,
    scratch: Mutex<Scratch>,
    /// The last path and its masked form: findings arrive file by file.
    last: Mutex<Option<(BlobPath, Option<BlobPath>)>>,
}

impl<'d> Hider<'d> {
    /// Creates a masker with `detector`, or with the built-in rules.
    pub(in crate::cli) fn new(detector: Option<&'d Detector>) -> Self {
        Self {
            detector,
            scratch: Mutex::default(),
            last: Mutex::default(),
        }
    }

    /// Returns `text` with its credentials masked.
    pub(in crate::cli) fn text(&self, text: &str) -> String {
        match self.bytes(text.as_bytes()) {
            Some(masked) => String::from_utf8_lossy(&masked).into_owned(),
            None => text.to_owned(),
        }
    }

    /// Returns the masked form, or None if there is nothing to mask.
    fn bytes(&self, text: &[u8]) -> Option<Vec<u8>> {
        static BUILTIN: OnceLock<Detector> = OnceLock::new();
        if text.len() < 6 {
            return None;
        }
        let detector = self
            .detector
            .unwrap_or_else(|| BUILTIN.get_or_init(Detector::builtin));
        let path = BlobPath::from("");
        let blob = Blob {
            path: &path,
            bytes: text,
            fresh: Fresh::All,
        };
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let found = detector.detect(&blob, Content::Text, &mut scratch);
        let secrets: Vec<&[u8]> = found
            .iter()
            .filter(|c| c.dismissed.is_none() && c.confidence >= Confidence::Medium)
            .flat_map(|c| {
                let parts = c.parts.iter().map(|p| p.span.clone());
                std::iter::once(c.secret.clone()).chain(parts)
            })
            .map(|span| &text[span])
            .collect();
        (!secrets.is_empty()).then(|| Needles::new(secrets).mask_bytes(text))
    }

    fn path(&self, path: &BlobPath) -> Option<BlobPath> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, masked)) if known == path => masked.clone(),
            _ => {
                let masked = self.bytes(path.as_bytes()).map(BlobPath::new);
                *last = Some((path.clone(), masked.clone()));
                masked
            }
        }
    }

    /// Returns the event in the form that reports may show.
    pub(super) fn event<'e>(&self, event: &'e Event) -> Cow<'e, Event> {
        let changed = match event {
            Event::Finding(finding) => self
                .finding(finding)
                .map(|finding| Event::Finding(Box::new(finding))),
            Event::Skipped { path, why } => self
                .path(path)
                .map(|path| Event::Skipped { path, why: *why }),
            Event::Failed(error) => {
                let (path, why) = (self.path(&error.path), self.bytes(error.why.as_bytes()));
                (path.is_some() || why.is_some()).then(|| {
                    Event::Failed(SourceError {
                        path: path.unwrap_or_else(|| error.path.clone()),
                        why: self.text(&error.why),
                    })
                })
            }
        };
        changed.map_or(Cow::Borrowed(event), Cow::Owned)
    }

    fn finding(&self, finding: &Finding) -> Option<Finding> {
        let path = self.path(&finding.path);
        let verdict = match &finding.verdict {
            Verdict::Suppressed { by, reason } => {
                self.bytes(reason.as_bytes())
                    .map(|reason| Verdict::Suppressed {
                        by: *by,
                        reason: String::from_utf8_lossy(&reason).into_owned(),
                    })
            }
            Verdict::Warn { reason } => self.bytes(reason.as_bytes()).map(|reason| Verdict::Warn {
                reason: String::from_utf8_lossy(&reason).into_owned(),
            }),
            Verdict::Report => None,
        };
        let commit = finding.commit.as_deref().and_then(|c| self.commit(c));
        if path.is_none() && verdict.is_none() && commit.is_none() {
            return None;
        }
        let mut finding = finding.clone();
        finding.path = path.unwrap_or(finding.path);
        finding.verdict = verdict.unwrap_or(finding.verdict);
        finding.commit = commit.map(Box::new).or(finding.commit);
        Some(finding)
    }

    fn commit(&self, commit: &CommitInfo) -> Option<CommitInfo> {
        let masked = CommitInfo {
            author: self.text(&commit.author),
            email: self.text(&commit.email),
            subject: self.text(&commit.subject),
            refs: commit.refs.iter().map(|r| self.text(r)).collect(),
            ..commit.clone()
        };
        (masked != *commit).then_some(masked)
    }

    fn narrowing(&self, narrowing: &Narrowing) -> Narrowing {
        Narrowing {
            by: self.text(&narrowing.by),
            ..narrowing.clone()
        }
    }

    /// Returns the summary in the form that reports may show.
    pub(super) fn summary(&self, summary: &Summary) -> Summary {
        Summary {
            notes: summary.notes.iter().map(|n| self.text(n)).collect(),
            narrowed: summary.narrowed.iter().map(|n| self.narrowing(n)).collect(),
            ..summary.clone()
        }
    }
}

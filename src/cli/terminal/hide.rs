//! Secrets in texts that are about something else: paths of files that could not be
//! read, names of authors, subjects of commits, messages of errors.
//!
//! Reports mask a finding's own secrets wherever they stand. What is masked here is
//! any other credential that the rules know; nothing else tells it from other text.

use std::borrow::Cow;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::blob::{Blob, BlobPath, Fresh, SourceError};
use crate::detect::{Content, Detector, Scratch};
use crate::finding::{CommitInfo, Event, Finding, Summary, Verdict};
use crate::report::mask::Needles;
use crate::rules::Confidence;

/// Masks credentials in texts.
pub(in crate::cli) struct Hider<'d> {
    /// What recognises them; all built-in rules when there is none.
    detector: Option<&'d Detector>,
    scratch: Mutex<Scratch>,
    /// The path that was looked at last and its masked form: findings come file by file.
    last: Mutex<Option<(BlobPath, Option<BlobPath>)>>,
}

impl<'d> Hider<'d> {
    /// Hides what `detector` recognises, or what the built-in rules do.
    pub(in crate::cli) fn new(detector: Option<&'d Detector>) -> Self {
        Self {
            detector,
            scratch: Mutex::default(),
            last: Mutex::default(),
        }
    }

    /// `text` with the credentials in it masked.
    pub(in crate::cli) fn text(&self, text: &str) -> String {
        match self.bytes(text.as_bytes()) {
            Some(masked) => String::from_utf8_lossy(&masked).into_owned(),
            None => text.to_owned(),
        }
    }

    /// The masked form, when there is anything to mask.
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

    /// The event as reports may show it.
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

    /// The summary as reports may show it.
    pub(super) fn summary(&self, summary: &Summary) -> Summary {
        Summary {
            notes: summary.notes.iter().map(|n| self.text(n)).collect(),
            ..summary.clone()
        }
    }
}

//! Masks secrets in texts outside of findings: paths of unreadable files, author names,
//! commit subjects, error messages.
//!
//! Reports mask a finding's own secrets wherever they occur. This module masks everything
//! else: what the run found elsewhere, every other credential that a rule recognises, and
//! the passwords of addresses.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::Value;

use crate::blob::{Blob, BlobPath, Fresh};
use crate::detect::{Content, Detector, Scratch};
use crate::finding::{CommitInfo, Event, Finding, Narrowing, Summary, Verdict};
use crate::report::mask::{Needles, merged, replace, url_passwords};
use crate::rules::Confidence;
use crate::stop::Stop;

/// Masks credentials in texts.
#[derive(Default)]
pub(in crate::cli) struct Hider<'d> {
    /// The detector that recognises them; None for all built-in rules.
    detector: Option<&'d Detector>,
    /// What the run found.
    known: Needles,
    scratch: Mutex<Scratch>,
    /// The last path and its masked form: findings arrive file by file.
    last: Mutex<Option<(BlobPath, BlobPath)>>,
    /// Evidence and its masked form: most findings have the same.
    evidence: Mutex<HashMap<String, String>>,
}

/// How much evidence is remembered.
const EVIDENCE: usize = 256;

impl<'d> Hider<'d> {
    /// Creates a masker with `detector`, or with the built-in rules.
    pub(in crate::cli) fn new(detector: Option<&'d Detector>) -> Self {
        Self {
            detector,
            ..Self::default()
        }
    }

    /// Creates a masker that also masks what reports show in clear.
    pub(in crate::cli) fn knowing(known: Needles) -> Self {
        let mut hider = Self::new(None);
        hider.know(known);
        hider
    }

    /// Masks what a run found as well.
    pub(in crate::cli) fn know(&mut self, known: Needles) {
        self.known = known;
        self.last = Mutex::default();
        self.evidence = Mutex::default();
    }

    /// Returns `text` with its credentials masked.
    pub(in crate::cli) fn text(&self, text: &str) -> String {
        let mut hidden = self.hidden(text.as_bytes());
        hidden.extend(self.known.hidden(text.as_bytes()));
        match hidden.is_empty() {
            true => text.to_owned(),
            false => {
                let masked = replace(text.as_bytes(), &merged(hidden));
                String::from_utf8_lossy(&masked).into_owned()
            }
        }
    }

    /// Masks the strings of a JSON document, and names of its members.
    pub(in crate::cli) fn json(&self, document: &mut Value) {
        let mut open = vec![document];
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => *text = self.text(text),
                Value::Array(items) => open.extend(items),
                Value::Object(fields) => {
                    let named = std::mem::take(fields).into_iter();
                    *fields = named
                        .map(|(name, value)| (self.text(&name), value))
                        .collect();
                    open.extend(fields.values_mut());
                }
                _ => {}
            }
        }
    }

    /// Returns the ranges of credentials that a rule recognises, and of passwords in
    /// addresses.
    fn hidden(&self, text: &[u8]) -> Vec<Range<usize>> {
        static BUILTIN: OnceLock<Detector> = OnceLock::new();
        if text.len() < 6 {
            return Vec::new();
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
        let spans: Vec<Range<usize>> = found
            .iter()
            .filter(|c| c.dismissed.is_none() && c.confidence >= Confidence::Medium)
            .flat_map(|c| {
                let parts = c.parts.iter().map(|p| p.span.clone());
                std::iter::once(c.secret.clone()).chain(parts)
            })
            .collect();
        let mut hidden = url_passwords(text);
        if !spans.is_empty() {
            // A value may stand a second time.
            let secrets = spans.iter().map(|span| &text[span.clone()]);
            hidden.extend(Needles::new(secrets).hidden(text));
            hidden.extend(spans);
        }
        hidden
    }

    pub(super) fn path(&self, path: &BlobPath) -> BlobPath {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, masked)) if known == path => masked.clone(),
            _ => {
                let known = self.known.mask_path(path.as_bytes());
                let masked = BlobPath::new(replace(&known, &merged(self.hidden(&known))));
                *last = Some((path.clone(), masked.clone()));
                masked
            }
        }
    }

    /// Returns the event in the form that reports may show.
    pub(in crate::cli) fn event(&self, mut event: Event) -> Event {
        let path = event.path_mut();
        *path = self.path(path);
        match &mut event {
            Event::Finding(finding) => self.finding(finding),
            Event::Failed(error) => error.why = self.text(&error.why),
            Event::Skipped { .. } => {}
        }
        event
    }

    fn finding(&self, finding: &mut Finding) {
        match &mut finding.verdict {
            Verdict::Report => {}
            Verdict::Suppressed { reason, .. } | Verdict::Warn { reason } => {
                *reason = self.text(reason);
            }
        }
        if let Some((_, reason)) = &mut finding.asked {
            *reason = self.text(reason);
        }
        if let Some(commit) = &mut finding.commit {
            self.commit(commit);
        }
        if let Some(repository) = &mut finding.repository {
            let texts = std::iter::once(&mut repository.name).chain(&mut repository.others);
            for text in texts {
                *text = self.text(text);
            }
        }
        if let Some(item) = &mut finding.item {
            for text in [&mut item.url, &mut item.author, &mut item.time] {
                *text = self.text(text);
            }
        }
        if self.known.is_empty() {
            return;
        }
        for evidence in &mut finding.evidence {
            *evidence = self.evidence(evidence).into();
        }
        let snippet = &mut finding.snippet;
        let cut = (snippet.cut_left, snippet.cut_right);
        let elsewhere = self.known.hidden_in_cut(&snippet.line, cut);
        if !elsewhere.is_empty() {
            let all = snippet.hidden.iter().cloned().chain(elsewhere);
            snippet.hidden = merged(all.collect());
        }
    }

    /// [`text`](Self::text) of what speaks for a finding.
    fn evidence(&self, text: &str) -> String {
        let mut known = self.evidence.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(masked) = known.get(text) {
            return masked.clone();
        }
        let masked = self.text(text);
        if known.len() >= EVIDENCE {
            known.clear();
        }
        known.insert(text.to_owned(), masked.clone());
        masked
    }

    fn commit(&self, commit: &mut CommitInfo) {
        let texts = [&mut commit.author, &mut commit.email, &mut commit.subject];
        for text in texts.into_iter().chain(&mut commit.refs) {
            *text = self.text(text);
        }
        // A path in it may show what is masked elsewhere; with a mask, it would lead nowhere.
        let link = commit.link.as_bytes();
        if self.known.mask_path(link) != link || !self.hidden(link).is_empty() {
            commit.link.clear();
        }
    }

    fn narrowing(&self, narrowing: &Narrowing) -> Narrowing {
        Narrowing {
            by: self.text(&narrowing.by),
            ..narrowing.clone()
        }
    }

    /// Returns the summary in the form that reports may show.
    pub(super) fn summary(&self, summary: &Summary) -> Summary {
        let all = |texts: &[String]| texts.iter().map(|text| self.text(text)).collect();
        Summary {
            notes: all(&summary.notes),
            policy_errors: all(&summary.policy_errors),
            narrowed: summary.narrowed.iter().map(|n| self.narrowing(n)).collect(),
            ..summary.clone()
        }
    }

    /// Returns the error in the form that may be shown.
    pub(in crate::cli) fn stop(&self, stop: &Stop) -> Stop {
        let message = self.text(&stop.message);
        Stop::new(message).help(self.text(&stop.help))
    }
}

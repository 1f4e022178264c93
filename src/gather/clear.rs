//! What is secret in the texts of a report, as this program's rules see it.

use std::ops::Range;

use crate::blob::{Blob, BlobPath, Fresh};
use crate::detect::{Content, Detector, Scratch};
use crate::finding::Candidate;
use crate::report::mask::{merged, replace, url_passwords};
use crate::rules::{Confidence, RuleIndex, Severity};
use crate::scan::tokens::token_like;

/// The longest value that the rules look at.
const LONGEST: usize = 16 << 10;

/// What a rule of this program knows about a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Twin {
    /// The rule that finds it.
    pub(super) rule: RuleIndex,
    /// How many leading bytes are public.
    pub(super) public_prefix: u8,
    /// How bad it is.
    pub(super) severity: Severity,
}

/// Looks at texts with the built-in rules.
pub(crate) struct Clear {
    detector: Detector,
    scratch: Scratch,
}

impl Default for Clear {
    fn default() -> Self {
        Self {
            detector: Detector::builtin(),
            scratch: Scratch::default(),
        }
    }
}

impl Clear {
    fn found(&mut self, text: &[u8]) -> Vec<Candidate> {
        let path = BlobPath::from("");
        let blob = Blob {
            path: &path,
            bytes: text,
            fresh: Fresh::All,
        };
        let mut found = self
            .detector
            .detect(&blob, Content::Text, &mut self.scratch);
        found.retain(|c| c.dismissed.is_none() && c.confidence >= Confidence::Medium);
        found
    }

    /// Returns the distinctive rule of this program that finds exactly this value.
    pub(super) fn twin(&mut self, value: &[u8]) -> Option<Twin> {
        if value.len() > LONGEST {
            return None;
        }
        let found = self.found(value);
        let rules = self.detector.rules();
        let whole = found
            .into_iter()
            .find(|c| c.secret == (0..value.len()) && rules.get(c.rule).is_distinctive())?;
        Some(Twin {
            rule: whole.rule,
            public_prefix: whole.public_prefix,
            severity: whole.severity,
        })
    }

    /// Returns what must not be shown of a line: credentials, passwords in addresses, and what
    /// looks like a token.
    pub(crate) fn hidden(&mut self, line: &[u8]) -> Vec<Range<usize>> {
        let mut hidden = self.credentials(line);
        hidden.extend(token_like(line));
        merged(hidden)
    }

    /// Returns credentials, and passwords in addresses.
    pub(crate) fn credentials(&mut self, text: &[u8]) -> Vec<Range<usize>> {
        let mut hidden = url_passwords(text);
        for candidate in self.found(text) {
            hidden.push(candidate.secret);
            hidden.extend(candidate.parts.into_iter().map(|part| part.span));
        }
        merged(hidden)
    }

    /// Returns a text that names something, without credentials.
    pub(crate) fn name(&mut self, text: &str) -> String {
        let hidden = self.credentials(text.as_bytes());
        match hidden.is_empty() {
            true => text.to_owned(),
            false => String::from_utf8_lossy(&replace(text.as_bytes(), &hidden)).into_owned(),
        }
    }
}

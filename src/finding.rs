//! The currency of the program: what the detector believes ([`Candidate`]), what
//! is reported ([`Finding`]), what else a run has to say ([`Event`]) and what it
//! amounted to ([`Summary`]).

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::rules::{Confidence, RuleIndex, Severity, Text};
use crate::secret::Secret;
use crate::text::Position;

/// What the detector believes about a piece of a blob, before suppression.
///
/// Offsets are bytes of the blob. `decoded` holds a secret that was found inside
/// an encoded layer and therefore does not stand in the blob as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The rule that matched.
    pub rule: RuleIndex,
    /// Everything that made the match: context word, value, delimiters.
    pub whole: Range<usize>,
    /// The secret itself, or the encoded text that holds it.
    pub secret: Range<usize>,
    /// The secret, when it was found in a decoded layer.
    pub decoded: Option<Secret>,
    /// How many leading bytes of the secret the rule's shape fixes.
    pub public_prefix: u8,
    /// Further parts of the credential.
    pub parts: Vec<CandidatePart>,
    /// Why it is believed, in a few words each; never any byte of the secret.
    pub evidence: Vec<Text>,
    /// How sure the detector is.
    pub confidence: Confidence,
    /// How bad a leak is, after what the check told.
    pub severity: Severity,
    /// Set when the detector itself says that this is no secret.
    pub dismissed: Option<Dismissal>,
    /// What is still to be weighed together with the path; none for rules that know
    /// the form of their values.
    pub traits: Option<Traits>,
}

/// The features of a candidate of the generic rule, as bits. What they mean is known
/// to the detector alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// One bit for each feature that does not depend on the path.
    pub bits: [u64; 5],
    /// What meets the kind of file: how the value is written and its coarse form.
    pub form: u8,
}

impl Candidate {
    /// The span of all bytes that made the candidate, companions included.
    pub fn extent(&self) -> Range<usize> {
        self.parts.iter().fold(self.whole.clone(), |acc, part| {
            acc.start.min(part.span.start)..acc.end.max(part.span.end)
        })
    }
}

/// A further part of a credential, as the detector found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidatePart {
    /// What the part is called: `secret access key`.
    pub name: Text,
    /// Where it stands.
    pub span: Range<usize>,
}

/// Why the detector itself holds a match for no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dismissal {
    /// A value that stands for a secret: `changeme`, `xxxx`, a published sample.
    Placeholder(&'static str),
    /// A pointer to where the secret is kept: `${VAR}`, `op://…`, a call.
    Reference(&'static str),
    /// The offline check disproved it.
    FailedCheck(&'static str),
    /// Something else of the same shape: a hash, an identifier, ciphertext.
    LookAlike(&'static str),
}

impl Dismissal {
    /// The reason as a phrase.
    pub fn reason(self) -> &'static str {
        match self {
            Dismissal::Placeholder(why)
            | Dismissal::Reference(why)
            | Dismissal::FailedCheck(why)
            | Dismissal::LookAlike(why) => why,
        }
    }

    /// The kind of reason, as it is called in reports.
    pub fn by(self) -> SuppressedBy {
        match self {
            Dismissal::Placeholder(_) => SuppressedBy::Placeholder,
            Dismissal::Reference(_) => SuppressedBy::Reference,
            Dismissal::FailedCheck(_) => SuppressedBy::FailedCheck,
            Dismissal::LookAlike(_) => SuppressedBy::LookAlike,
        }
    }
}

/// Who said that a match is not to be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SuppressedBy {
    /// A marker in the source line.
    Inline,
    /// An allow entry of the configuration.
    Allow,
    /// The baseline.
    Baseline,
    /// The ignore file.
    IgnoreFile,
    /// What the configuration leaves out of a scan.
    Excluded,
    /// Below the confidence that was asked for.
    Confidence,
    /// The detector: a placeholder.
    Placeholder,
    /// The detector: a reference to a secret, not a secret.
    Reference,
    /// The detector: the offline check failed.
    FailedCheck,
    /// The detector: a hash, an identifier, ciphertext.
    LookAlike,
}

impl SuppressedBy {
    /// The stable name used in JSON.
    pub fn id(self) -> &'static str {
        match self {
            SuppressedBy::Inline => "inline",
            SuppressedBy::Allow => "allow",
            SuppressedBy::Baseline => "baseline",
            SuppressedBy::IgnoreFile => "ignore-file",
            SuppressedBy::Excluded => "excluded",
            SuppressedBy::Confidence => "confidence",
            SuppressedBy::Placeholder => "placeholder",
            SuppressedBy::Reference => "reference",
            SuppressedBy::FailedCheck => "failed-check",
            SuppressedBy::LookAlike => "look-alike",
        }
    }

    /// Whether a person decided it (as opposed to the detector).
    pub fn by_user(self) -> bool {
        matches!(
            self,
            SuppressedBy::Inline
                | SuppressedBy::Allow
                | SuppressedBy::Baseline
                | SuppressedBy::IgnoreFile
                | SuppressedBy::Excluded
        )
    }
}

/// The evidence of a rule that looks at the path only: such a finding has no place in
/// the content, and no secret.
pub const BY_PATH: &str = "the path alone, by a gitleaks rule";

/// Whether a finding counts, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It counts.
    Report,
    /// It is shown and does not make a run fail.
    Warn {
        /// Why it only warns.
        reason: String,
    },
    /// It is known and does not count; nothing is thrown away.
    Suppressed {
        /// Who said so.
        by: SuppressedBy,
        /// In which words.
        reason: String,
    },
}

impl Verdict {
    /// Whether the finding is shown: it counts or warns.
    pub fn is_report(&self) -> bool {
        matches!(self, Verdict::Report | Verdict::Warn { .. })
    }
}

/// A credential found in a place, owned, with all that reports need.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule that matched.
    pub rule: RuleIndex,
    /// The file, or what stands for it.
    pub path: BlobPath,
    /// Where the secret starts.
    pub start: Position,
    /// The place just after its last character.
    pub end: Position,
    /// The secret; redacts itself.
    pub secret: Secret,
    /// Identity of the secret's value, the same wherever it stands.
    pub secret_id: SecretId,
    /// Identity of this secret in this file; survives line moves.
    pub fingerprint: Fingerprint,
    /// How sure it is.
    pub confidence: Confidence,
    /// How bad it is.
    pub severity: Severity,
    /// Why it is believed; never holds any byte of the secret.
    pub evidence: Vec<Text>,
    /// Further parts of the credential.
    pub parts: Vec<Part>,
    /// The source line around it.
    pub snippet: Snippet,
    /// Whether it counts.
    pub verdict: Verdict,
    /// Where it comes from in a history; absent for working files.
    pub commit: Option<Box<CommitInfo>>,
    /// Whether it stands in the path and not in the content; places are columns of
    /// the path then, and `path` is masked.
    pub in_name: bool,
    /// A suppression that was asked for and not granted: by whom, in which words.
    pub asked: Option<(SuppressedBy, String)>,
}

/// A further part of a credential, in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What the part is called.
    pub name: Text,
    /// Where it starts.
    pub start: Position,
    /// The place just after its last character.
    pub end: Position,
    /// Its value; redacts itself.
    pub secret: Secret,
}

/// The commit that brought a secret into a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitInfo {
    /// Full hexadecimal id of the introducing commit.
    pub id: String,
    /// Author's name as recorded.
    pub author: String,
    /// Author's mail address as recorded.
    pub email: String,
    /// Author date, RFC 3339.
    pub date: String,
    /// First line of the message.
    pub subject: String,
    /// Whether the secret still stands in that file at HEAD, where that was looked up.
    pub at_head: Option<bool>,
    /// In how many blobs it occurs.
    pub blobs: u64,
    /// The last commit that had it, hexadecimal; empty when unknown.
    pub last: String,
    /// Refs that reach it, a few at most, in order.
    pub refs: Vec<String>,
}

/// The source line of a finding, with what must be hidden in it.
///
/// Long lines are cut to a window around the secret.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Snippet {
    /// The bytes of the line, or of the window. Holds secrets in clear.
    pub line: Box<[u8]>,
    /// Whether the line goes on to the left of the window.
    pub cut_left: bool,
    /// Whether the line goes on to the right of the window.
    pub cut_right: bool,
    /// The finding's own secret inside `line`.
    pub highlight: Range<usize>,
    /// Everything in `line` that must be masked, the highlight included: sorted,
    /// disjoint.
    pub hidden: Vec<Range<usize>>,
}

impl fmt::Debug for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snippet({} bytes, masked)", self.line.len())
    }
}

/// Keyed hash of a secret's value: 16 bytes, shown as hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretId(pub [u8; 16]);

/// Keyed hashes of (rule, secret) and of (path, occurrence), 8 bytes each, shown as
/// hexadecimal: the first half is the same wherever the secret stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 16]);

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_str(&data_encoding::HEXLOWER.encode(bytes))
}

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl Fingerprint {
    /// A fingerprint of an identity of (rule, secret) and one of the place.
    pub fn new(value: [u8; 8], place: [u8; 8]) -> Self {
        Self(std::array::from_fn(|i| {
            if i < 8 { value[i] } else { place[i - 8] }
        }))
    }

    /// Whether both are of the same secret, as found by the same rule.
    pub fn same_value(self, other: Self) -> bool {
        self.0[..8] == other.0[..8]
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

/// One thing that a run has to say, in listing order.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A finding, counted or suppressed.
    Finding(Box<Finding>),
    /// Something left out on purpose.
    Skipped {
        /// What was left out.
        path: BlobPath,
        /// Why.
        why: SkipReason,
    },
    /// Something that could not be scanned.
    Failed(SourceError),
}

/// The coverage receipt: what was looked at, what was not, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files, or blobs of a history, that were scanned.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Of the files, how many were read as binary: distinctive tokens only.
    pub binary: u64,
    /// Commits that were looked at, in a history.
    pub commits: u64,
    /// Findings that count, by severity.
    pub findings: BTreeMap<Severity, u64>,
    /// Findings that only warn.
    pub warnings: u64,
    /// Findings that do not count, by who said so.
    pub suppressed: BTreeMap<SuppressedBy, u64>,
    /// Findings that count although the change asked for their suppression.
    pub asked: u64,
    /// What was left out on purpose, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// What could not be scanned.
    pub failed: u64,
    /// Whether the run looked at all there is, so that what it did not meet is not there.
    pub whole: bool,
    /// What is wrong with the policy itself, where that was to fail the run: entries
    /// that do nothing any more.
    pub policy_errors: Vec<String>,
    /// Remarks about coverage: `shallow clone: history before 3 commits is not here`.
    pub notes: Vec<String>,
    /// Wall-clock time.
    pub elapsed: Duration,
}

impl Summary {
    /// How many findings count.
    pub fn found(&self) -> u64 {
        self.findings.values().sum()
    }

    /// How many things were left out on purpose.
    pub fn skipped_total(&self) -> u64 {
        self.skipped.values().sum()
    }

    /// Counts one event.
    pub fn count(&mut self, event: &Event) {
        match event {
            Event::Finding(finding) => match &finding.verdict {
                Verdict::Report => {
                    *self.findings.entry(finding.severity).or_default() += 1;
                    self.asked += u64::from(finding.asked.is_some());
                }
                Verdict::Warn { .. } => self.warnings += 1,
                Verdict::Suppressed { by, .. } => *self.suppressed.entry(*by).or_default() += 1,
            },
            Event::Skipped { why, .. } => *self.skipped.entry(*why).or_default() += 1,
            Event::Failed(_) => self.failed += 1,
        }
    }

    /// What the run amounts to. With `strict`, what was left out on purpose
    /// makes it incomplete as well.
    pub fn outcome(&self, strict: bool) -> Outcome {
        let skipped = strict && self.skipped_total() > 0;
        if self.failed > 0 || skipped || !self.policy_errors.is_empty() {
            Outcome::Incomplete
        } else if self.found() > 0 {
            Outcome::Findings
        } else {
            Outcome::Clean
        }
    }
}

/// What a run amounts to; the exit code of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was scanned and nothing was found: 0.
    Clean,
    /// Everything was scanned and something was found: 1.
    Findings,
    /// Not everything could be scanned, or the policy is in error, whatever was
    /// found: 2.
    Incomplete,
}

impl Outcome {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Outcome::Clean => 0,
            Outcome::Findings => 1,
            Outcome::Incomplete => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incomplete_outranks_findings() {
        let mut summary = Summary::default();
        assert_eq!(summary.outcome(false), Outcome::Clean);
        summary.findings.insert(Severity::High, 1);
        assert_eq!(summary.outcome(false), Outcome::Findings);
        summary.failed = 1;
        assert_eq!(summary.outcome(false), Outcome::Incomplete);
    }

    #[test]
    fn skips_make_a_run_incomplete_only_when_strict() {
        let mut summary = Summary::default();
        summary.skipped.insert(SkipReason::TooLarge, 1);
        assert_eq!(summary.outcome(false), Outcome::Clean);
        assert_eq!(summary.outcome(true), Outcome::Incomplete);
    }

    #[test]
    fn a_snippet_never_shows_its_line_in_debug() {
        let snippet = Snippet {
            line: b"password".as_slice().into(),
            ..Snippet::default()
        };
        assert!(!format!("{snippet:?}").contains("password"));
    }
}

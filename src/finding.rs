//! The data types of a run: what the detector believes ([`Candidate`]), what is
//! reported ([`Finding`]), other results ([`Event`]) and the outcome ([`Summary`]).

mod item;
mod narrow;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use crate::blob::{BlobPath, SkipReason, SourceError};
pub use crate::encoding::{Encoding, Layers};
use crate::rules::{Confidence, Labels, RuleIndex, Severity, Text};
use crate::secret::Secret;
use crate::text::Position;
pub use item::{ItemInfo, RepositoryInfo, openable};
pub use narrow::{Narrow, Narrowing, RuleCount};

/// A possible secret in a blob, as detected, before suppression.
///
/// Offsets are bytes of the blob. `decoded` contains a secret that was found inside an
/// encoded layer and therefore does not appear in the blob.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The rule that matched.
    pub rule: RuleIndex,
    /// Everything that belongs to the match: context word, value, delimiters.
    pub whole: Range<usize>,
    /// The secret itself, or the encoded text that contains it.
    pub secret: Range<usize>,
    /// The secret, if it was found in a decoded layer.
    pub decoded: Option<Secret>,
    /// What it was seen through; none if it stands in the blob as it is.
    pub layers: Option<Box<Layers>>,
    /// How many leading bytes of the secret the rule's shape fixes.
    pub public_prefix: u8,
    /// Further parts of the credential.
    pub parts: Vec<CandidatePart>,
    /// Why the detector believes it, in a few words each; never any byte of the secret.
    pub evidence: Vec<Text>,
    /// The confidence of the detector.
    pub confidence: Confidence,
    /// The severity of a leak, after the offline check.
    pub severity: Severity,
    /// Set if the detector dismisses the match as not secret.
    pub dismissed: Option<Dismissal>,
    /// Features that are still to be weighed together with the path; none for rules
    /// that know the form of their values.
    pub traits: Option<Traits>,
    /// How much longer the secret is in some kinds of files; the path decides.
    pub tails: Tails,
    /// What `tails` leaves open.
    pub open: Open,
}

/// Whether a secret may go on behind its end, where nobody has looked yet. Most candidates
/// never need to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Open {
    /// It ends, or `Candidate::tails` says where.
    #[default]
    No,
    /// It is the head of a value. The range is all that the rule matched.
    Head(Range<usize>),
    /// It is the password of a URL, up to the first `@`.
    Userinfo,
}

/// How many bytes after the end of a candidate's secret still belong to it, for each
/// grammar of files. Only the detector knows which grammar each number is for, and chooses
/// one when it knows the path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tails(pub [u16; Tails::COUNT]);

impl Tails {
    /// How many grammars there are.
    pub const COUNT: usize = 16;

    /// Whether the secret ends at the same place in every kind of file.
    pub(crate) fn is_empty(&self) -> bool {
        self.0 == [0; Self::COUNT]
    }

    /// The different lengths, each once, in ascending order; 0 is one of them.
    pub(crate) fn lengths(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.0.iter().map(|tail| usize::from(*tail)).collect();
        all.push(0);
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The features of a candidate of the generic rule, as bits. Only the detector knows
/// their meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// One bit for each feature that does not depend on the path.
    pub bits: [u64; 5],
    /// The feature that combines with the kind of file: how the value is written, and
    /// its coarse form.
    pub form: u8,
    /// What decides at some paths whatever the score is, as bits.
    pub marks: u16,
    /// How many bytes behind the head of the value were judged with it.
    pub judged: u16,
}

impl Candidate {
    /// The same candidate with each place moved by `to`.
    pub(crate) fn moved(&self, to: impl Fn(usize) -> usize) -> Self {
        let shift = |span: &Range<usize>| to(span.start)..to(span.end);
        let mut moved = self.clone();
        moved.whole = shift(&self.whole);
        moved.secret = shift(&self.secret);
        for part in &mut moved.parts {
            part.span = shift(&part.span);
        }
        if let Some(layers) = &mut moved.layers {
            layers.lead = to(layers.lead);
        }
        if let Open::Head(whole) = &mut moved.open {
            *whole = shift(whole);
        }
        moved
    }

    /// Returns where what led to the candidate stands.
    pub(crate) fn lead(&self) -> usize {
        let layers = self.layers.as_ref();
        layers.map_or(self.whole.start, |layers| layers.lead)
    }

    /// Returns the span of all bytes of the candidate, including companions.
    pub fn extent(&self) -> Range<usize> {
        self.parts.iter().fold(self.whole.clone(), |acc, part| {
            acc.start.min(part.span.start)..acc.end.max(part.span.end)
        })
    }
}

/// A further part of a credential, as detected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidatePart {
    /// The name of the part: `secret access key`.
    pub name: Text,
    /// Its position.
    pub span: Range<usize>,
}

/// The reason for which a published sample is a placeholder.
pub(crate) const SAMPLE: &str = "a published sample value";

/// How the evidence begins that everybody may know a value.
pub(crate) const PUBLIC: &str = "public by design: ";

/// Why the detector dismisses a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dismissal {
    /// A placeholder for a secret: `changeme`, `xxxx`, a published sample.
    Placeholder(&'static str),
    /// A reference to where the secret is kept: `${VAR}`, `op://…`, a call.
    Reference(&'static str),
    /// The offline check failed.
    FailedCheck(&'static str),
    /// Something else of the same shape: a hash, an identifier, ciphertext.
    LookAlike(&'static str),
}

impl Dismissal {
    /// Returns the reason as a phrase.
    pub fn reason(self) -> &'static str {
        match self {
            Dismissal::Placeholder(why)
            | Dismissal::Reference(why)
            | Dismissal::FailedCheck(why)
            | Dismissal::LookAlike(why) => why,
        }
    }

    /// Whether the value is a sample of somebody's documentation.
    pub(crate) fn is_sample(self) -> bool {
        matches!(
            self,
            Dismissal::Placeholder(SAMPLE) | Dismissal::FailedCheck(crate::check::SAMPLE)
        )
    }

    /// Returns the kind of reason, as reports name it.
    pub(crate) fn by(self) -> SuppressedBy {
        match self {
            Dismissal::Placeholder(_) => SuppressedBy::Placeholder,
            Dismissal::Reference(_) => SuppressedBy::Reference,
            Dismissal::FailedCheck(_) => SuppressedBy::FailedCheck,
            Dismissal::LookAlike(_) => SuppressedBy::LookAlike,
        }
    }
}

/// What suppressed a match.
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
    /// The configuration excludes the path from the scan.
    Excluded,
    /// The confidence is below the requested minimum.
    Confidence,
    /// The severity is below the requested minimum.
    Severity,
    /// Its labels are left out, or it has none of those that are asked for.
    Label,
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
    /// Returns the stable name used in JSON.
    pub fn id(self) -> &'static str {
        match self {
            SuppressedBy::Inline => "inline",
            SuppressedBy::Allow => "allow",
            SuppressedBy::Baseline => "baseline",
            SuppressedBy::IgnoreFile => "ignore-file",
            SuppressedBy::Excluded => "excluded",
            SuppressedBy::Confidence => "confidence",
            SuppressedBy::Severity => "severity",
            SuppressedBy::Label => "label",
            SuppressedBy::Placeholder => "placeholder",
            SuppressedBy::Reference => "reference",
            SuppressedBy::FailedCheck => "failed-check",
            SuppressedBy::LookAlike => "look-alike",
        }
    }

    /// Whether a person decided it, not the detector.
    pub(crate) fn by_user(self) -> bool {
        matches!(
            self,
            SuppressedBy::Inline
                | SuppressedBy::Allow
                | SuppressedBy::Baseline
                | SuppressedBy::IgnoreFile
                | SuppressedBy::Excluded
        )
    }

    /// Whether a filter of severities or labels decided it: what was found is left out, not
    /// accepted.
    pub(crate) fn by_filter(self) -> bool {
        matches!(self, SuppressedBy::Severity | SuppressedBy::Label)
    }
}

/// The evidence of a rule that matches only the path. Its findings have no position in
/// the content and no secret.
pub(crate) const BY_PATH: &str = "the path alone, by a gitleaks rule";

/// Whether a finding fails the run, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The finding is reported and fails the run.
    Report,
    /// The finding is reported but does not fail the run.
    Warn {
        /// Why it is only a warning.
        reason: String,
    },
    /// The finding is known and does not fail the run; it is not discarded.
    Suppressed {
        /// What suppressed it.
        by: SuppressedBy,
        /// The reason.
        reason: String,
    },
}

impl Verdict {
    /// Whether the finding is reported, as a failure or a warning.
    pub fn is_report(&self) -> bool {
        matches!(self, Verdict::Report | Verdict::Warn { .. })
    }
}

/// A credential in its location, owned, with everything that reports need.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule that matched.
    pub rule: RuleIndex,
    /// The file, or the name of what was scanned instead of a file.
    pub path: BlobPath,
    /// The start of the secret.
    pub start: Position,
    /// The position after its last character.
    pub end: Position,
    /// The secret; redacts itself.
    pub secret: Secret,
    /// The identity of the secret's value, the same in every location.
    pub secret_id: SecretId,
    /// The identity of this secret in this file; survives line moves.
    pub fingerprint: Fingerprint,
    /// The confidence of the detector.
    pub confidence: Confidence,
    /// The severity in its location.
    pub severity: Severity,
    /// Why the detector believes it; never contains any byte of the secret.
    pub evidence: Vec<Text>,
    /// The encodings that it was seen through, the outermost first; none if it stands there as it
    /// is.
    pub through: Vec<Encoding>,
    /// Further parts of the credential.
    pub parts: Vec<Part>,
    /// The source line of the secret.
    pub snippet: Snippet,
    /// Whether it fails the run.
    pub verdict: Verdict,
    /// The commit that introduced it, in a history; absent for working files.
    pub commit: Option<Box<CommitInfo>>,
    /// Where its text was posted, if a list of items says so.
    pub item: Option<Box<ItemInfo>>,
    /// The repository that it is in, if a report is about several.
    pub repository: Option<Box<RepositoryInfo>>,
    /// Whether the secret is in the path, not in the content. Positions are then
    /// columns of the path, and `path` is masked.
    pub in_name: bool,
    /// A suppression that was asked for but not granted: by what, and its reason.
    pub asked: Option<(SuppressedBy, String)>,
    /// What else is known about its value.
    pub labels: Labels,
}

/// A further part of a credential, in its location.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The name of the part.
    pub name: Text,
    /// Its start.
    pub start: Position,
    /// The position after its last character.
    pub end: Position,
    /// Its value; redacts itself.
    pub secret: Secret,
}

/// The commit that introduced a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitInfo {
    /// Full hexadecimal id of the introducing commit.
    pub id: String,
    /// The author's name as recorded.
    pub author: String,
    /// The author's email address as recorded.
    pub email: String,
    /// Author date, RFC 3339.
    pub date: String,
    /// The first line of the message.
    pub subject: String,
    /// Whether the secret is still in that file at HEAD, if that was checked.
    pub at_head: Option<bool>,
    /// The number of blobs that contain it.
    pub blobs: u64,
    /// The last commit that contains it, hexadecimal; empty if unknown.
    pub last: String,
    /// The author date of the last commit that contains it, RFC 3339; empty if unknown.
    pub last_date: String,
    /// A few refs that reach it, in order.
    pub refs: Vec<String>,
    /// The address at which its host shows the line; empty if unknown.
    pub link: String,
}

/// The source line of a finding, and what must be masked in it.
///
/// Long lines are cut to a window around the secret.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Snippet {
    /// The bytes of the line, or of the window. Contains secrets in clear.
    pub line: Box<[u8]>,
    /// Whether the line continues to the left of the window.
    pub cut_left: bool,
    /// Whether the line continues to the right of the window.
    pub cut_right: bool,
    /// The finding's own secret inside `line`.
    pub highlight: Range<usize>,
    /// Everything in `line` that must be masked, including the highlight: sorted,
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
/// hexadecimal. The first half is the same in every location of the secret.
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
    /// Creates a fingerprint from the identity of (rule, secret) and that of the
    /// location.
    pub(crate) fn new(value: [u8; 8], place: [u8; 8]) -> Self {
        Self(std::array::from_fn(|i| {
            if i < 8 { value[i] } else { place[i - 8] }
        }))
    }

    /// Whether both identify the same secret, found by the same rule.
    pub(crate) fn same_value(self, other: Self) -> bool {
        self.0[..8] == other.0[..8]
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

/// One result of a run, in listing order.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A finding, reported or suppressed.
    Finding(Box<Finding>),
    /// Something that was skipped on purpose.
    Skipped {
        /// What was skipped.
        path: BlobPath,
        /// Why.
        why: SkipReason,
        /// Its size in bytes as it is stored; 0 if unknown.
        bytes: u64,
        /// What exactly is wrong, as the end of a sentence; empty if the reason says it all.
        detail: Text,
        /// What it means for the run.
        gap: Gap,
    },
    /// Something that could not be scanned.
    Failed(SourceError),
}

impl Event {
    /// Returns the event that `path` is left out.
    pub fn skipped(path: BlobPath, why: SkipReason) -> Self {
        Event::Skipped {
            path,
            why,
            bytes: 0,
            detail: Text::Borrowed(""),
            gap: Gap::Told,
        }
    }

    /// What the event is about.
    pub(crate) fn path_mut(&mut self) -> &mut BlobPath {
        match self {
            Event::Finding(finding) => &mut finding.path,
            Event::Skipped { path, .. } => path,
            Event::Failed(error) => &mut error.path,
        }
    }
}

/// What it means for a run that something was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// A person said that it may stay shut.
    Accepted,
    /// It is counted, and a failure under `--strict`.
    Told,
    /// The run is incomplete.
    Fails,
}

/// The coverage of a run: what was scanned, what was not, and the results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Scanned files, or blobs of a history.
    pub files: u64,
    /// Members of containers that were scanned, each for itself.
    pub members: u64,
    /// Bytes of these files and members.
    pub bytes: u64,
    /// Files that were scanned as binary, for distinctive tokens only.
    pub binary: u64,
    /// Scanned commits, in a history.
    pub commits: u64,
    /// Findings that fail the run, by severity.
    pub findings: BTreeMap<Severity, u64>,
    /// Findings that are only warnings.
    pub warnings: u64,
    /// Suppressed findings, by what suppressed them.
    pub suppressed: BTreeMap<SuppressedBy, u64>,
    /// Reported findings whose suppression the change asked for.
    pub asked: u64,
    /// What was skipped on purpose, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// How much of what was skipped makes the run incomplete.
    pub unread: u64,
    /// How much of what was skipped may stay shut, as a person said.
    pub accepted: u64,
    /// What could not be scanned.
    pub failed: u64,
    /// How many of the reports that this is made from do not say what was not scanned.
    pub unknown: u64,
    /// Whether the run scanned everything, so that a secret it did not find is gone.
    pub whole: bool,
    /// The least severity that is reported; None for all.
    pub least: Option<Severity>,
    /// The least severity that fails the run; None for all.
    pub fail_on: Option<Severity>,
    /// How many rules ran; None if nobody counted.
    pub rules: Option<RuleCount>,
    /// What kept something from being reported, in order of who said so.
    pub narrowed: Vec<Narrowing>,
    /// Errors of the policy itself, if they fail the run: entries without effect.
    pub policy_errors: Vec<String>,
    /// Remarks about coverage: `shallow clone: history before 3 commits is not here`.
    pub notes: Vec<String>,
    /// Wall-clock time.
    pub elapsed: Duration,
}

impl Summary {
    /// Returns the number of findings that fail the run.
    pub fn found(&self) -> u64 {
        self.findings.values().sum()
    }

    /// Returns the number of findings that a filter of severities or labels leaves out.
    pub fn left_out(&self) -> u64 {
        let filtered = self.suppressed.iter().filter(|(by, _)| by.by_filter());
        filtered.map(|(_, n)| n).sum()
    }

    /// Whether nothing fails the run although something was found: it is left out, or not
    /// severe enough.
    pub fn lets_pass(&self) -> bool {
        let warns = self.fail_on.is_some() && self.warnings > 0;
        self.found() == 0 && (self.left_out() > 0 || warns)
    }

    /// Returns the number of things that were skipped on purpose, without those that git
    /// ignores.
    pub fn skipped_total(&self) -> u64 {
        self.skipped.values().sum::<u64>() - self.ignored()
    }

    /// Returns the number of files and whole directories that git ignores.
    pub fn ignored(&self) -> u64 {
        let ignored = self.skipped.get(&SkipReason::Ignored);
        ignored.copied().unwrap_or_default()
    }

    /// Counts one event.
    // For tests and fuzzing.
    #[doc(hidden)]
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
            Event::Skipped { why, gap, .. } => {
                *self.skipped.entry(*why).or_default() += 1;
                self.unread += u64::from(*gap == Gap::Fails);
                self.accepted += u64::from(*gap == Gap::Accepted);
            }
            Event::Failed(_) => self.failed += 1,
        }
    }

    /// Returns the outcome of the run. With `strict`, skips also make it incomplete.
    pub fn outcome(&self, strict: bool) -> Outcome {
        let skipped = strict && self.skipped_total() > self.accepted;
        if self.failed + self.unread > 0 || skipped || !self.policy_errors.is_empty() {
            Outcome::Incomplete
        } else if self.found() > 0 {
            Outcome::Findings
        } else {
            Outcome::Clean
        }
    }
}

/// The outcome of a run, which decides the exit code of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was scanned and nothing was found: 0.
    Clean,
    /// Everything was scanned and something was found: 1.
    Findings,
    /// Not everything could be scanned, or the policy has errors, with or without
    /// findings: 2.
    Incomplete,
}

impl Outcome {
    /// Returns the exit code.
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

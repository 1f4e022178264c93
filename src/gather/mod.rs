//! Reads reports of this program and of other scanners, and merges and compares them.
//!
//! What is read becomes the events and the summary of a run, so that every report format can
//! write it. A report is untrusted input: its size, its findings and its depth are bounded, and
//! an error names file, line and column. Reports of others show secrets in clear; here they are
//! secrets again, which mask themselves.

mod beyond;
mod build;
mod catalog;
mod clear;
mod diff;
mod form;
mod gitleaks;
mod json;
mod merge;
mod names;
mod others;
mod ours;
mod peers;
mod sarif;
mod sum;

use std::collections::HashMap;
use std::path::Path;

use crate::blob::SourceError;
use crate::finding::{Event, Finding, Gap, Outcome, Summary};
use crate::identity::IdentityKey;
use crate::named::Input;
use crate::report::Known;
use crate::rules::Ruleset;
use crate::stop::Stop;
use catalog::Catalog;
pub(crate) use clear::Clear;

pub use diff::{Basis, Comparison, compare};
pub use form::Form;
pub use merge::merge;
pub(crate) use sum::add;

/// The largest report, in bytes.
const MAX_LEN: u64 = 256 << 20;

/// How many findings of all reports are kept: as many as a run reports.
const MOST: usize = 100_000;

/// A report that was read, as the results of a run.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// Its name, for messages: a path.
    pub name: String,
    /// Whose form it has.
    pub form: Form,
    /// What it says, in its order.
    pub entries: Vec<Entry>,
    /// What was scanned and what was not, as it says. The findings are counted anew.
    pub summary: Summary,
    /// What is known of its completeness.
    pub receipt: Receipt,
}

/// What a report says about what was not scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// Everything that was skipped or failed, as this program does.
    Full,
    /// Only whether the run succeeded.
    State,
    /// Nothing.
    None,
}

/// An event of a report, and what identifies it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The event.
    pub event: Event,
    /// What identifies the secret of a finding.
    pub marks: Marks,
}

/// What identifies a secret, beyond the identities of the finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The scanner that found it; empty for this one.
    pub tool: String,
    /// SHA-1 of the value, which detect-secrets writes instead of it.
    pub sha1: Option<[u8; 20]>,
    /// Whether `secret_id` identifies the value, and not only its place.
    pub by_value: bool,
}

impl Gathered {
    fn new(name: &str, form: Form, receipt: Receipt) -> Self {
        Self {
            name: name.to_owned(),
            form,
            entries: Vec::new(),
            summary: Summary::default(),
            receipt,
        }
    }

    /// Returns the findings with what identifies them.
    pub fn findings(&self) -> impl Iterator<Item = (&Finding, &Marks)> {
        self.entries.iter().filter_map(|entry| match &entry.event {
            Event::Finding(finding) => Some((&**finding, &entry.marks)),
            _ => None,
        })
    }

    /// Notes that the report does not cover everything, and why.
    fn broken(&mut self, why: impl Into<String>) {
        let event = Event::Failed(SourceError {
            path: self.name.as_str().into(),
            why: why.into(),
        });
        self.summary.count(&event);
        self.entries.push(Entry {
            event,
            marks: Marks::default(),
        });
    }

    /// Returns why nobody knows whether the report covers everything, if nobody does.
    pub fn unknown(&self) -> Option<String> {
        let (name, form) = (&self.name, self.form.id());
        let what = match self.receipt {
            Receipt::Full => return None,
            Receipt::State => "says that its run ended, not what it left out",
            Receipt::None => "does not say what was not scanned",
        };
        Some(format!("{name}: completeness unknown: {form} {what}"))
    }

    /// Returns why the report does not cover everything, if it says so itself.
    pub fn shortfall(&self) -> Option<Vec<String>> {
        if self.summary.outcome(false) != Outcome::Incomplete {
            return None;
        }
        let failed = self.entries.iter().filter_map(|entry| match &entry.event {
            Event::Failed(error) => Some(error.to_string()),
            Event::Skipped { path, gap, why, .. } if *gap == Gap::Fails => {
                Some(format!("{}: {}", path.to_text(), why.describe()))
            }
            _ => None,
        });
        let errors = self.summary.policy_errors.iter().cloned();
        let mut all: Vec<String> = failed.chain(errors).collect();
        if all.is_empty() {
            all.push(format!("{}: its run was incomplete", self.name));
        }
        Some(all)
    }

    /// Says in the notes, or with `strict` as a failure, what the report does not tell.
    #[must_use]
    pub fn judged(mut self, strict: bool) -> Self {
        match self.unknown() {
            None => {}
            Some(why) if strict => {
                let name = format!("{}: ", self.name);
                self.broken(why.strip_prefix(&name).unwrap_or(&why));
            }
            Some(why) => {
                self.summary.unknown += 1;
                self.summary.notes.push(why);
            }
        }
        self
    }
}

/// Reads reports. Findings of all of them refer to the same rules.
pub struct Reader {
    key: IdentityKey,
    catalog: Catalog,
    clear: Clear,
    known: Known,
    /// How often each secret stood in each file so far, by its first fingerprint.
    seen: HashMap<[u8; 16], u64>,
    /// How many more findings are kept.
    room: usize,
    /// How many findings are kept at most.
    most: usize,
}

impl Reader {
    /// Creates a reader that identifies secrets with `key`.
    pub fn new(key: IdentityKey) -> Self {
        Self {
            key,
            catalog: Catalog::default(),
            clear: Clear::default(),
            known: Known::default(),
            seen: HashMap::new(),
            room: MOST,
            most: MOST,
        }
    }

    /// Keeps up to `most` findings of all reports.
    #[must_use]
    pub fn keeping(self, most: usize) -> Self {
        Self {
            room: most,
            most,
            ..self
        }
    }

    /// Reads a file, or standard input if it is called `-`. `form` says whose it is; without it,
    /// the content does.
    ///
    /// # Errors
    /// Fails if it cannot be read, is too large, is damaged or has an unknown form.
    pub fn open(&mut self, path: &Path, form: Option<Form>) -> Result<Gathered, Stop> {
        let Input { name, bytes } = Input::read(path, MAX_LEN, "", "split the report")?;
        self.read(&name, &bytes, form)
    }

    /// Reads a report of the given name.
    ///
    /// # Errors
    /// Fails if it is damaged or has an unknown form.
    pub fn read(&mut self, name: &str, bytes: &[u8], form: Option<Form>) -> Result<Gathered, Stop> {
        let text = json::plain(bytes);
        let wrong = |wrong: json::Wrong| wrong.stop(name);
        let form = match form {
            Some(form) => form,
            None => Form::of(&text).map_err(wrong)?.ok_or_else(|| {
                Stop::new(format!("{name}: not a report that is known here")).help(form::known())
            })?,
        };
        self.seen.clear();
        let mut out = Gathered::new(name, form, Receipt::None);
        let mut into = Intake {
            reader: self,
            out: &mut out,
            dropped: 0,
        };
        match form {
            Form::Stopleak => ours::read(&text, &mut into),
            Form::Sarif => sarif::read(&text, &mut into),
            Form::Gitleaks => gitleaks::read(&text, &mut into),
            Form::Betterleaks => peers::betterleaks(&text, &mut into),
            Form::Kingfisher => peers::kingfisher(&text, &mut into),
            Form::Trufflehog => others::trufflehog(&text, &mut into),
            Form::DetectSecrets => others::detect_secrets(&text, &mut into),
            Form::Ggshield => others::ggshield(&text, &mut into),
        }
        .map_err(wrong)?;
        let dropped = into.dropped;
        if dropped > 0 {
            let most = self.most;
            out.broken(format!(
                "more than {most} findings in all reports; {dropped} are not told: take fewer \
                 reports at once"
            ));
        }
        Ok(out)
    }

    /// Returns the rules that findings refer to.
    pub fn rules(&self) -> Ruleset {
        self.catalog.rules(&self.known.needles())
    }

    /// Returns the secrets that the reports show in clear.
    pub fn known(&self) -> &Known {
        &self.known
    }
}

/// Takes what a report says.
struct Intake<'a> {
    reader: &'a mut Reader,
    out: &'a mut Gathered,
    /// How many findings were not kept.
    dropped: u64,
}

impl Intake<'_> {
    /// Takes an event that is no finding and is counted already.
    fn gap(&mut self, event: Event) {
        self.out.entries.push(Entry {
            event,
            marks: Marks::default(),
        });
    }

    /// Takes something that could not be scanned.
    fn failed(&mut self, path: &str, why: String) {
        let event = Event::Failed(SourceError {
            path: path.into(),
            why,
        });
        self.out.summary.count(&event);
        self.gap(event);
    }

    /// Takes a finding and counts it.
    fn finding(&mut self, finding: Finding, marks: Marks) {
        if self.reader.room == 0 {
            self.dropped += 1;
            return;
        }
        self.reader.room -= 1;
        let event = Event::Finding(Box::new(finding));
        if !matches!(&event, Event::Finding(f) if !f.verdict.is_report()) {
            self.out.summary.count(&event);
        }
        self.out.entries.push(Entry { event, marks });
    }
}

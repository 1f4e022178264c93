//! Policies for findings in some paths: another severity, or only a warning. If several
//! entries apply to a finding, the last one decides.

use super::Subject;
use crate::blob::BlobPath;
use crate::globs::{PathMap, PathSet};
use crate::rules::{RuleIndex, Severity};

/// An entry as configured.
#[derive(Clone, Debug, Default)]
pub struct PathEntry {
    /// Where it is written: `stopleak.toml:30`.
    pub place: String,
    /// Globs of paths.
    pub paths: Vec<String>,
    /// The rules that it applies to; `None` for all.
    pub rules: Option<Vec<RuleIndex>>,
    /// The severity of findings there.
    pub severity: Option<Severity>,
    /// Whether findings there are only warnings.
    pub warn: Option<bool>,
    /// Why.
    pub reason: Option<String>,
}

/// Compiled path entries. Shared by all threads.
#[derive(Debug, Default)]
pub struct PathRules {
    entries: Vec<PathEntry>,
    map: PathMap,
    paths: PathSet,
}

impl PathRules {
    /// Creates a list of `entries`. The last entry that applies decides.
    ///
    /// # Errors
    /// Returns an error if globs do not compile, or are too large together.
    pub fn new(entries: Vec<PathEntry>, map: PathMap) -> Result<Self, String> {
        let numbered = (0..).zip(&entries);
        let globs = numbered.flat_map(|(n, e)| e.paths.iter().map(move |glob| (n, glob.as_str())));
        let paths = PathSet::new(globs)?;
        Ok(Self {
            entries,
            map,
            paths,
        })
    }

    /// Returns the entries with a glob that matches the path, as displayed; sorted, each once.
    pub(super) fn entries_at(&self, shown: &BlobPath) -> Vec<u32> {
        if self.entries.is_empty() {
            return Vec::new();
        }
        self.map.owners(&self.paths, shown.file(), shown.member())
    }

    /// Returns the last entry that applies to `subject` and for which `says` returns a
    /// value.
    fn last<T>(
        &self,
        subject: &Subject<'_>,
        says: impl Fn(&PathEntry) -> Option<T>,
    ) -> Option<(&PathEntry, T)> {
        let owners = self.entries_at(subject.shown);
        owners.iter().rev().find_map(|n| {
            let entry = self.entries.get(usize::try_from(*n).ok()?)?;
            let rules = entry.rules.as_ref();
            let applies = rules.is_none_or(|rules| rules.contains(&subject.candidate.rule));
            says(entry).filter(|_| applies).map(|said| (entry, said))
        })
    }

    /// Returns the severity of the finding in its location, if an entry sets it.
    pub(crate) fn severity(&self, subject: &Subject<'_>) -> Option<Severity> {
        self.last(subject, |entry| entry.severity)
            .map(|(_, severity)| severity)
    }

    /// Returns why the finding is only a warning, and where that is written.
    pub(crate) fn warning(&self, subject: &Subject<'_>) -> Option<(String, String)> {
        let (entry, warn) = self.last(subject, |entry| entry.warn)?;
        let reason = || match &entry.reason {
            Some(reason) => reason.clone(),
            None => format!("only warns, as {} says", entry.place),
        };
        warn.then(|| (reason(), entry.place.clone()))
    }
}

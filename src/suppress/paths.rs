//! What holds for findings in some paths: another severity, or that they only warn.
//! Of several entries that say something about a finding, the last counts.

use super::Subject;
use crate::globs::{PathMap, PathSet};
use crate::rules::{RuleIndex, Severity};

/// An entry as it is given.
#[derive(Clone, Debug, Default)]
pub struct PathEntry {
    /// Where it is written: `stopleak.toml:30`.
    pub place: String,
    /// Globs of paths.
    pub paths: Vec<String>,
    /// The rules that it is about; all when None.
    pub rules: Option<Vec<RuleIndex>>,
    /// How bad findings are there.
    pub severity: Option<Severity>,
    /// Whether findings there only warn.
    pub warn: Option<bool>,
    /// Why.
    pub reason: Option<String>,
}

/// Entries made ready to judge. Shared by all threads.
#[derive(Debug, Default)]
pub struct PathRules {
    entries: Vec<PathEntry>,
    map: PathMap,
    paths: PathSet,
}

impl PathRules {
    /// A list of `entries`, the last of which that applies counts.
    ///
    /// # Errors
    /// When globs do not compile, or are too large together; in words.
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

    /// The last entry that applies to `subject` and of which `says` has something.
    fn last<T>(
        &self,
        subject: &Subject<'_>,
        says: impl Fn(&PathEntry) -> Option<T>,
    ) -> Option<(&PathEntry, T)> {
        if self.entries.is_empty() {
            return None;
        }
        let path = self.map.below_top(subject.shown.as_bytes())?;
        let mut owners = self.paths.owners(&path);
        owners.sort_unstable();
        owners.iter().rev().find_map(|n| {
            let entry = self.entries.get(usize::try_from(*n).ok()?)?;
            let rules = entry.rules.as_ref();
            let applies = rules.is_none_or(|rules| rules.contains(&subject.candidate.rule));
            says(entry).filter(|_| applies).map(|said| (entry, said))
        })
    }

    /// How bad the finding is in its place, when an entry says so.
    pub fn severity(&self, subject: &Subject<'_>) -> Option<Severity> {
        self.last(subject, |entry| entry.severity)
            .map(|(_, severity)| severity)
    }

    /// Why the finding only warns, when it does, and where that is said.
    pub fn warning(&self, subject: &Subject<'_>) -> Option<(String, String)> {
        let (entry, warn) = self.last(subject, |entry| entry.warn)?;
        let reason = || match &entry.reason {
            Some(reason) => reason.clone(),
            None => format!("only warns, as {} says", entry.place),
        };
        warn.then(|| (reason(), entry.place.clone()))
    }
}

//! Suppressions in gitleaks' files: the allowlists of its configuration, fingerprints
//! in `.gitleaksignore`, and an earlier report as a baseline.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Subject;
use crate::config::gitleaks::{Allowlist, Config, Override, Place, allow, ids};
use crate::finding::{BY_PATH, SuppressedBy};
use crate::rules::{Matcher, entropy};

mod baseline;
mod ignore;

pub use baseline::parse as parse_baseline;
pub(crate) use baseline::{Baseline, Entry as BaselineEntry};
pub use ignore::parse as parse_ignore;
pub(crate) use ignore::{Entry as IgnoreEntry, Ignored};

/// All suppressions of gitleaks' files. Shared by all threads.
#[derive(Debug, Default)]
pub struct Gitleaks {
    /// Allowlists of all rules.
    global: Vec<Allowlist>,
    /// Allowlists of single rules of the configuration.
    by_rule: HashMap<String, Vec<Allowlist>>,
    /// Changes to built-in rules.
    overrides: Vec<Override>,
    ignored: Ignored,
    baseline: Baseline,
    /// Notes for the summary.
    notes: Vec<String>,
}

impl Gitleaks {
    /// Adds the allowlists of a configuration.
    #[must_use]
    pub(crate) fn with_config(mut self, config: &Config) -> Self {
        self.global.clone_from(&config.allowlists);
        self.overrides.clone_from(&config.overrides);
        let with_lists = config.rules.iter().filter(|r| !r.allowlists.is_empty());
        self.by_rule = with_lists
            .map(|rule| (rule.id.clone(), rule.allowlists.clone()))
            .collect();
        self
    }

    /// Adds the entries of ignore files.
    #[must_use]
    pub(crate) fn with_ignored(mut self, entries: Vec<IgnoreEntry>) -> Self {
        self.ignored = Ignored::new(entries);
        self
    }

    /// Adds the entries of an earlier report.
    #[must_use]
    pub(crate) fn with_baseline(mut self, entries: Vec<BaselineEntry>) -> Self {
        self.baseline = Baseline::new(entries);
        self
    }

    /// Sets the notes for the summary.
    #[must_use]
    pub(crate) fn with_notes(mut self, notes: Vec<String>) -> Self {
        self.notes = notes;
        self
    }

    /// Returns the notes for the summary.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether there are no suppressions and no notes.
    pub(crate) fn is_empty(&self) -> bool {
        self.global.is_empty()
            && self.by_rule.is_empty()
            && self.overrides.is_empty()
            && self.ignored.is_empty()
            && self.baseline.is_empty()
            && self.notes.is_empty()
    }

    /// Returns entries of ignore files that covered nothing so far.
    pub(crate) fn unused_ignored(&self) -> Vec<&IgnoreEntry> {
        self.ignored.unused()
    }

    /// Returns entries of the baseline that covered nothing so far.
    pub(crate) fn unused_baseline(&self) -> Vec<&BaselineEntry> {
        self.baseline.unused()
    }

    /// Whether an allowlist tests the whole match or its lines, not only the value and
    /// its path.
    pub(super) fn looks_around(&self) -> bool {
        let of_rules = self.by_rule.values().flatten();
        let targeted = self.overrides.iter().flat_map(|o| &o.allowlists);
        let mut all = self.global.iter().chain(of_rules).chain(targeted);
        all.any(Allowlist::looks_around)
    }

    /// Returns what suppresses a candidate, and the reason, in gitleaks' order.
    pub(super) fn judge(&self, subject: &Subject<'_>) -> Option<(SuppressedBy, String)> {
        if let Some(reason) = self.allows(subject) {
            return Some((SuppressedBy::Allow, reason));
        }
        let seen = Seen::new(subject);
        if let Some(reason) = self.ignored.covers(&seen) {
            return Some((SuppressedBy::IgnoreFile, reason));
        }
        if let Some(reason) = self.baseline.covers(&seen) {
            return Some((SuppressedBy::Baseline, reason));
        }
        None
    }

    fn allows(&self, subject: &Subject<'_>) -> Option<String> {
        let own = matches!(subject.rule.matcher, Matcher::Fragment);
        let mine = self.by_rule.get(subject.rule.id.as_ref()).filter(|_| own);
        let overrides = || {
            let rule = subject.rule.id.as_ref();
            let all = self.overrides.iter();
            all.filter(move |o| !own && o.rules.contains(&rule))
        };
        if self.global.is_empty() && mine.is_none() && overrides().next().is_none() {
            return None;
        }
        let bytes = subject.bytes;
        let whole = &subject.candidate.whole;
        let path = subject.path.as_bytes();
        let place = Place {
            path,
            commit: subject.commit.map_or("", |commit| &commit.id),
            secret: subject.secret,
            matched: &bytes[allow::trimmed(bytes, whole)],
            line: &bytes[allow::lines_of(bytes, whole)],
        };
        let targeted = overrides().flat_map(|o| &o.allowlists);
        let lists = self.global.iter().chain(mine.into_iter().flatten());
        if let Some(list) = lists.chain(targeted).find(|list| list.covers(&place)) {
            return Some(list.reason().to_owned());
        }
        overrides().find_map(|o| outside(o, &place))
    }
}

/// Finds a marker on any line of a match of a gitleaks rule; such matches may span
/// lines.
pub(super) fn marker(subject: &Subject<'_>) -> Option<&'static str> {
    const MARKER: &str = "gitleaks:allow";
    if !matches!(subject.rule.matcher, Matcher::Fragment) {
        return None;
    }
    let lines = allow::lines_of(subject.bytes, &subject.candidate.whole);
    let found = memchr::memmem::find(&subject.bytes[lines], MARKER.as_bytes());
    found.map(|_| MARKER)
}

/// Returns why an override of a built-in rule does not report a match.
fn outside(of: &Override, place: &Place<'_>) -> Option<String> {
    if of.path.as_ref().is_some_and(|p| !p.is_match(place.path)) {
        return Some(format!("outside the `path` of gitleaks rule {}", of.id));
    }
    let low = of.entropy != 0.0 && entropy::of_characters(place.secret) <= of.entropy;
    low.then(|| format!("not above the `entropy` of gitleaks rule {}", of.id))
}

/// A candidate as ignore files and baselines name it.
struct Seen<'a> {
    rule: &'a str,
    path: &'a [u8],
    commit: &'a str,
    secret: &'a [u8],
    /// The lines on which the match and the secret start.
    lines: Range<u64>,
    /// Whether the path alone is the finding; gitleaks puts it on line 0.
    by_name: bool,
}

impl<'a> Seen<'a> {
    fn new(subject: &Subject<'a>) -> Self {
        let candidate = subject.candidate;
        let between = subject
            .bytes
            .get(candidate.whole.start.saturating_add(1)..candidate.secret.start)
            .unwrap_or_default();
        let back = memchr::memchr_iter(b'\n', between).count() as u64;
        Self {
            rule: &subject.rule.id,
            path: subject.path.as_bytes(),
            commit: subject.commit.map_or("", |commit| &commit.id),
            secret: subject.secret,
            lines: subject.line.saturating_sub(back)..subject.line + 1,
            by_name: candidate.evidence.iter().any(|said| said == BY_PATH),
        }
    }

    /// Whether it starts on `line`.
    fn is_on(&self, line: u64) -> bool {
        // Only the first and the last line match, not the lines between.
        line == self.lines.start || line + 1 == self.lines.end || (self.by_name && line == 0)
    }

    /// Whether `theirs` is gitleaks' id for its rule.
    fn is_of(&self, theirs: &str) -> bool {
        ids::same(theirs, self.rule)
    }
}

/// Entries, each with a flag for whether it covered something.
#[derive(Debug)]
struct Marked<T> {
    entries: Vec<(T, AtomicBool)>,
    /// Indexes by the path that they name, without `./`.
    by_path: BTreeMap<Vec<u8>, Vec<usize>>,
}

impl<T> Default for Marked<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            by_path: BTreeMap::new(),
        }
    }
}

impl<T> Marked<T> {
    fn new(entries: Vec<T>, path: impl Fn(&T) -> &str) -> Self {
        let mut by_path: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate() {
            let key = plain(path(entry).as_bytes()).to_vec();
            by_path.entry(key).or_default().push(index);
        }
        Self {
            entries: entries
                .into_iter()
                .map(|entry| (entry, AtomicBool::new(false)))
                .collect(),
            by_path,
        }
    }

    fn find(&self, path: &[u8], covers: impl Fn(&T) -> bool) -> Option<&T> {
        let all = self.by_path.get(plain(path))?;
        let mut first = None;
        for index in all {
            let (entry, used) = self.entries.get(*index)?;
            if covers(entry) {
                used.store(true, Ordering::Relaxed);
                first = first.or(Some(entry));
            }
        }
        first
    }

    fn unused(&self) -> Vec<&T> {
        let unused = self
            .entries
            .iter()
            .filter(|(_, used)| !used.load(Ordering::Relaxed));
        unused.map(|(entry, _)| entry).collect()
    }
}

/// Strips leading `./` from a path.
fn plain(path: &[u8]) -> &[u8] {
    let mut path = path;
    while let Some(rest) = path.strip_prefix(b"./") {
        path = rest;
    }
    path
}

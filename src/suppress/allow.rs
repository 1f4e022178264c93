//! Allow entries of the configuration: findings that a person accepted, selected by
//! content and location, with a recorded reason.
//!
//! All entries are tested at once: paths with one set of globs, values and lines with
//! one set of regular expressions each, words with one automaton. Each entry counts its
//! uses, so that unused entries can be reported.

use std::sync::atomic::{AtomicU64, Ordering};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use regex::bytes::{RegexSet, RegexSetBuilder};

use super::Subject;
use crate::blob::BlobPath;
use crate::globs::{PathMap, PathSet};
use crate::rules::RuleIndex;

/// The most bytes that all compiled patterns of one kind may take.
const SET_SIZE: usize = 64 << 20;

/// An entry as configured. A kind of criterion that is `None` or empty is not tested.
#[derive(Clone, Debug, Default)]
pub struct AllowEntry {
    /// Where it is written: `stopleak.toml:12`.
    pub place: String,
    /// Why these findings are accepted.
    pub reason: String,
    /// Who is responsible for it.
    pub owner: Option<String>,
    /// The day on which it ended, if that day has passed.
    pub expired: Option<String>,
    /// Whether one kind of criterion is enough.
    pub any: bool,
    /// The rules that it applies to, sorted.
    pub rules: Option<Vec<RuleIndex>>,
    /// Globs of paths.
    pub paths: Vec<String>,
    /// Regular expressions that match the secret.
    pub values: Vec<String>,
    /// Regular expressions that match the line.
    pub lines: Vec<String>,
    /// Words in the secret.
    pub words: Vec<String>,
    /// Identities of secrets.
    pub secrets: Vec<[u8; 16]>,
    /// Commit ids or their first digits, lower-case.
    pub commits: Vec<String>,
}

/// Compiled allow entries. Shared by all threads.
#[derive(Debug, Default)]
pub struct AllowList {
    entries: Vec<AllowEntry>,
    map: PathMap,
    paths: PathSet,
    values: Patterns,
    lines: Patterns,
    words: Option<(AhoCorasick, Vec<u32>)>,
    usage: Vec<Usage>,
}

/// How often an entry applied, and how often it decided.
#[derive(Debug, Default)]
struct Usage {
    applied: AtomicU64,
    decided: AtomicU64,
}

/// The use of an entry in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It decided about a finding.
    Used,
    /// It applied to no finding.
    Unused,
    /// It applied, but something earlier decided each time.
    Shadowed,
    /// Its last day has passed; it was not tested.
    Expired,
}

/// An entry that applies to a subject.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed<'a> {
    list: &'a AllowList,
    index: usize,
}

impl<'a> Allowed<'a> {
    /// Where the entry is written.
    pub(crate) fn place(&self) -> &'a str {
        &self.list.entries[self.index].place
    }

    /// Returns the reason and owner, and counts the entry as the one that decided.
    pub(crate) fn decide(self) -> String {
        self.list.usage[self.index]
            .decided
            .fetch_add(1, Ordering::Relaxed);
        let entry = &self.list.entries[self.index];
        match &entry.owner {
            Some(owner) => format!("{} ({owner})", entry.reason),
            None => entry.reason.clone(),
        }
    }
}

impl AllowList {
    /// Creates a list of `entries`. The first entry that applies decides.
    ///
    /// # Errors
    /// Returns an error if globs or patterns do not compile, or are too large together.
    pub fn new(entries: Vec<AllowEntry>, map: PathMap) -> Result<Self, String> {
        let usage = entries.iter().map(|_| Usage::default()).collect();
        let live = || {
            let numbered = (0..).zip(&entries);
            numbered.filter(|(_, entry)| entry.expired.is_none())
        };
        let paths = PathSet::new(
            live().flat_map(|(n, e)| e.paths.iter().map(move |glob| (n, glob.as_str()))),
        )?;
        let values = Patterns::new(live().flat_map(|(n, e)| e.values.iter().map(move |p| (n, p))))?;
        let lines = Patterns::new(live().flat_map(|(n, e)| e.lines.iter().map(move |p| (n, p))))?;
        let (owners, words): (Vec<u32>, Vec<&String>) = live()
            .flat_map(|(n, e)| e.words.iter().map(move |word| (n, word)))
            .unzip();
        let words = if words.is_empty() {
            None
        } else {
            let automaton = AhoCorasickBuilder::new()
                .ascii_case_insensitive(true)
                .build(words)
                .map_err(|e| e.to_string())?;
            Some((automaton, owners))
        };
        Ok(Self {
            entries,
            map,
            paths,
            values,
            lines,
            words,
            usage,
        })
    }

    /// Returns the first entry that applies to `subject`; counts all that apply.
    pub(crate) fn find(&self, subject: &Subject<'_>) -> Option<Allowed<'_>> {
        if self.entries.is_empty() {
            return None;
        }
        let facts = self.facts(subject);
        let mut first = None;
        for (index, entry) in self.entries.iter().enumerate() {
            if entry.expired.is_some() || !facts.satisfy(entry, index, subject) {
                continue;
            }
            self.usage[index].applied.fetch_add(1, Ordering::Relaxed);
            first = first.or(Some(Allowed { list: self, index }));
        }
        first
    }

    /// Returns the entries with a glob that matches the path, as displayed; sorted, each once.
    pub(super) fn entries_at(&self, shown: &BlobPath) -> Vec<u32> {
        self.map.owners(&self.paths, shown.file(), shown.member())
    }

    fn facts(&self, subject: &Subject<'_>) -> Facts {
        let mut facts = Facts {
            paths: self.entries_at(subject.shown),
            values: self.values.owners(subject.secret),
            lines: if self.lines.is_empty() {
                Vec::new()
            } else {
                self.lines.owners(subject.line())
            },
            words: match &self.words {
                None => Vec::new(),
                Some((automaton, owners)) => automaton
                    .find_overlapping_iter(subject.secret)
                    .filter_map(|found| owners.get(found.pattern().as_usize()).copied())
                    .collect(),
            },
        };
        for list in [&mut facts.values, &mut facts.lines, &mut facts.words] {
            list.sort_unstable();
        }
        facts
    }

    /// Whether any entry tests the line around the secret.
    pub(super) fn looks_around(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Returns every entry and its use in the run so far.
    pub(crate) fn fates(&self) -> impl Iterator<Item = (&AllowEntry, Fate)> {
        self.entries.iter().zip(&self.usage).map(|(entry, usage)| {
            let fate = if entry.expired.is_some() {
                Fate::Expired
            } else if usage.decided.load(Ordering::Relaxed) > 0 {
                Fate::Used
            } else if usage.applied.load(Ordering::Relaxed) > 0 {
                Fate::Shadowed
            } else {
                Fate::Unused
            };
            (entry, fate)
        })
    }
}

/// For each kind of criterion, the sorted indexes of the entries whose criterion
/// matches.
struct Facts {
    paths: Vec<u32>,
    values: Vec<u32>,
    lines: Vec<u32>,
    words: Vec<u32>,
}

impl Facts {
    fn satisfy(&self, entry: &AllowEntry, index: usize, subject: &Subject<'_>) -> bool {
        let has = |list: &[u32]| u32::try_from(index).is_ok_and(|n| list.binary_search(&n).is_ok());
        let of_rule = |rules: &Vec<RuleIndex>| rules.binary_search(&subject.candidate.rule).is_ok();
        let in_commit = || {
            subject.commit.is_some_and(|commit| {
                let mut ids = entry.commits.iter();
                ids.any(|id| commit.id.starts_with(id.as_str()))
            })
        };
        // The cheap kinds first; `None` where the entry does not test the kind.
        let kinds = [
            entry.rules.as_ref().map(of_rule),
            (!entry.paths.is_empty()).then(|| has(&self.paths)),
            (!entry.secrets.is_empty()).then(|| entry.secrets.contains(&subject.secret_id.0)),
            (!entry.words.is_empty()).then(|| has(&self.words)),
            (!entry.values.is_empty()).then(|| has(&self.values)),
            (!entry.lines.is_empty()).then(|| has(&self.lines)),
            (!entry.commits.is_empty()).then(in_commit),
        ];
        let mut given = kinds.into_iter().flatten();
        if entry.any {
            given.any(|holds| holds)
        } else {
            let first = given.next();
            first.is_some_and(|holds| holds) && given.all(|holds| holds)
        }
    }
}

/// Regular expressions with their owners, searched for all at once.
#[derive(Debug, Default)]
struct Patterns {
    set: Option<RegexSet>,
    owners: Vec<u32>,
}

impl Patterns {
    fn new<'p>(patterns: impl Iterator<Item = (u32, &'p String)>) -> Result<Self, String> {
        let (owners, patterns): (Vec<u32>, Vec<&String>) = patterns.unzip();
        if patterns.is_empty() {
            return Ok(Self::default());
        }
        let set = RegexSetBuilder::new(patterns)
            .unicode(false)
            .size_limit(SET_SIZE)
            .build()
            .map_err(|e| match e {
                regex::Error::CompiledTooBig(_) => {
                    "the patterns of all entries together are too large".to_owned()
                }
                other => other.to_string(),
            })?;
        Ok(Self {
            set: Some(set),
            owners,
        })
    }

    fn is_empty(&self) -> bool {
        self.set.is_none()
    }

    fn owners(&self, text: &[u8]) -> Vec<u32> {
        let Some(set) = &self.set else {
            return Vec::new();
        };
        let found = set.matches(text);
        found
            .iter()
            .filter_map(|i| self.owners.get(i).copied())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::BlobPath;
    use crate::finding::{Candidate, CommitInfo, Fingerprint, Open, SecretId, Tails};
    use crate::rules::{Confidence, Severity, builtin};
    use crate::suppress::inline::Markers;

    /// Returns the decision of `list` on the secret `s3cr3t-value` in `src/a.py`.
    fn ask(list: &AllowList) -> Option<String> {
        let bytes = b"first\nkey = s3cr3t-value # note\nlast";
        let candidate = Candidate {
            rule: RuleIndex(7),
            whole: 12..24,
            secret: 12..24,
            decoded: None,
            layers: None,
            public_prefix: 0,
            parts: Vec::new(),
            evidence: Vec::new(),
            confidence: Confidence::High,
            severity: Severity::High,
            dismissed: None,
            traits: None,
            tails: Tails::default(),
            open: Open::No,
        };
        let commit = CommitInfo {
            id: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            ..CommitInfo::default()
        };
        let path = BlobPath::from("src/a.py");
        let subject = Subject {
            candidate: &candidate,
            rule: &builtin::rules()[7],
            path: &path,
            shown: &path,
            told: &path,
            bytes,
            markers: &Markers::default(),
            secret: &bytes[12..24],
            secret_id: SecretId([1; 16]),
            fingerprint: Fingerprint([2; 16]),
            line: 2,
            commit: Some(&commit),
            labels: crate::rules::Labels::NONE,
        };
        list.find(&subject).map(Allowed::decide)
    }

    fn list(entries: Vec<AllowEntry>) -> AllowList {
        AllowList::new(entries, PathMap::identity()).unwrap()
    }

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    /// Returns an entry with one kind of criterion, which matches or does not.
    fn entry(kind: usize, holds: bool) -> AllowEntry {
        let pick = |yes: &str, no: &str| strings(&[if holds { yes } else { no }]);
        let mut entry = AllowEntry::default();
        match kind {
            0 => entry.rules = Some(vec![RuleIndex(if holds { 7 } else { 8 })]),
            1 => entry.paths = pick("src/", "lib/"),
            2 => entry.values = pick("^s3", "^key"),
            3 => entry.lines = pick("# note$", "^last"),
            4 => entry.words = pick("CR3T", "first"),
            5 => entry.secrets = vec![[u8::from(holds); 16]],
            _ => entry.commits = pick("0123456789ab", "1123456789ab"),
        }
        entry
    }

    /// Returns `a` with the criteria of `b` added.
    fn both(a: AllowEntry, b: AllowEntry, any: bool) -> AllowEntry {
        let join = |mut a: Vec<String>, b: Vec<String>| {
            a.extend(b);
            a
        };
        AllowEntry {
            any,
            rules: a.rules.or(b.rules),
            paths: join(a.paths, b.paths),
            values: join(a.values, b.values),
            lines: join(a.lines, b.lines),
            words: join(a.words, b.words),
            secrets: [a.secrets, b.secrets].concat(),
            commits: join(a.commits, b.commits),
            ..AllowEntry::default()
        }
    }

    #[test]
    fn kinds_are_joined_by_all_or_any() {
        for a in 0..7 {
            assert!(ask(&list(vec![entry(a, true)])).is_some(), "{a}");
            assert!(ask(&list(vec![entry(a, false)])).is_none(), "{a}");
            for b in (0..7).filter(|b| *b != a) {
                for (x, y) in [(true, true), (true, false), (false, true), (false, false)] {
                    let joined = |any| list(vec![both(entry(a, x), entry(b, y), any)]);
                    assert_eq!(ask(&joined(false)).is_some(), x && y, "{a} {b}");
                    assert_eq!(ask(&joined(true)).is_some(), x || y, "{a} {b}");
                }
            }
        }
    }

    #[test]
    fn the_first_that_applies_decides_and_all_are_counted() {
        let named = |reason: &str, entry: AllowEntry| AllowEntry {
            reason: reason.to_owned(),
            ..entry
        };
        let expired = AllowEntry {
            expired: Some("2020-01-01".to_owned()),
            ..named("late", entry(1, true))
        };
        let list = list(vec![
            expired,
            named("no", entry(2, false)),
            named("yes", entry(2, true)),
            named("too late", entry(4, true)),
        ]);
        assert_eq!(ask(&list).as_deref(), Some("yes"));
        let fates: Vec<Fate> = list.fates().map(|(_, fate)| fate).collect();
        assert_eq!(
            fates,
            [Fate::Expired, Fate::Unused, Fate::Used, Fate::Shadowed]
        );
    }

    #[test]
    fn thousands_of_entries_are_asked_in_microseconds() {
        let entries = (0..2000).map(|n| AllowEntry {
            paths: vec![format!("d{n}/*.c")],
            values: vec![format!("^t{n}[a-z]+$")],
            words: vec![format!("word{n}")],
            ..AllowEntry::default()
        });
        let list = list(entries.collect());
        assert_eq!(ask(&list), None);
        let started = std::time::Instant::now();
        for _ in 0..100 {
            ask(&list);
        }
        // Far more than the list takes, far less than testing entries one by one.
        let each = started.elapsed() / 100;
        assert!(each.as_micros() < 5_000, "{each:?}");
    }
}

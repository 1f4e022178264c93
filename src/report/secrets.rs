//! Findings in the order in which people read them: each secret with all its places, the most
//! severe first, and how many there are of each rule.
//!
//! The events of a run come in listing order, which programs rely on. Formats for people
//! collect findings and ask this module for [`Group`]s and [`Tally`] rows. It holds
//! references only, and its order does not depend on anything but the findings.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::finding::{BY_PATH, CommitInfo, Finding, SecretId, Verdict};
use crate::rules::{Confidence, Labels, RuleIndex, Ruleset, Severity};

/// What belongs together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GroupBy {
    /// All places of one value.
    #[default]
    Secret,
    /// All findings of one rule.
    Rule,
    /// All findings in one file.
    Path,
}

impl GroupBy {
    /// Every way.
    pub const ALL: [GroupBy; 3] = [GroupBy::Secret, GroupBy::Rule, GroupBy::Path];

    /// Returns the name in options and configurations.
    pub fn id(self) -> &'static str {
        match self {
            GroupBy::Secret => "secret",
            GroupBy::Rule => "rule",
            GroupBy::Path => "path",
        }
    }

    /// Returns the way with this name.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.id() == id)
    }
}

/// What comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SortBy {
    /// The most severe, then the most certain, then what HEAD still has.
    #[default]
    Severity,
    /// By path and line.
    Path,
    /// By the id of the rule.
    Rule,
    /// The oldest; what no commit brought comes last.
    Age,
}

impl SortBy {
    /// Every order.
    pub const ALL: [SortBy; 4] = [SortBy::Severity, SortBy::Path, SortBy::Rule, SortBy::Age];

    /// Returns the name in options and configurations.
    pub fn id(self) -> &'static str {
        match self {
            SortBy::Severity => "severity",
            SortBy::Path => "path",
            SortBy::Rule => "rule",
            SortBy::Age => "age",
        }
    }

    /// Returns the order with this name.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.id() == id)
    }
}

/// What findings mean for the run; the least comes first in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// They fail the run.
    Fails,
    /// They only warn.
    Warns,
    /// They are suppressed.
    Suppressed,
}

impl Standing {
    /// Returns what a finding means.
    pub fn of(finding: &Finding) -> Self {
        match finding.verdict {
            Verdict::Report => Standing::Fails,
            Verdict::Warn { .. } => Standing::Warns,
            Verdict::Suppressed { .. } => Standing::Suppressed,
        }
    }
}

/// Findings that belong together. Never empty.
#[derive(Clone, Debug)]
pub struct Group<'f> {
    /// The finding that stands for all: the one that decides most, then the most severe, the
    /// most certain, the first in listing order.
    pub lead: &'f Finding,
    /// All findings, in listing order.
    pub findings: Vec<&'f Finding>,
    /// What the group means for the run.
    pub standing: Standing,
    /// The highest severity of the findings that stand so.
    pub severity: Severity,
    /// The highest confidence of these.
    pub confidence: Confidence,
    /// The labels of all findings.
    pub labels: Labels,
    /// The rules of the findings, each once, in listing order; the lead's comes first.
    pub rules: Vec<RuleIndex>,
    /// The commit that brought it first, by its author's date, if it is known.
    pub first: Option<&'f CommitInfo>,
    /// The commit of the finding whose last commit is the latest; see [`CommitInfo::last`].
    pub last: Option<&'f CommitInfo>,
    /// Whether one of the places is still at HEAD, if that was checked.
    pub at_head: Option<bool>,
}

impl<'f> Group<'f> {
    fn new(findings: Vec<&'f Finding>) -> Option<Self> {
        let rank = |f: &&&Finding| (Standing::of(f), Reverse((f.severity, f.confidence)));
        // The first of equals.
        let lead = *findings.iter().min_by_key(rank)?;
        let standing = Standing::of(lead);
        let mut rules = vec![lead.rule];
        for finding in &findings {
            if !rules.contains(&finding.rule) {
                rules.push(finding.rule);
            }
        }
        let sets = findings.iter().map(|f| f.labels);
        let commits = || findings.iter().filter_map(|f| f.commit.as_deref());
        let at_head = commits().filter_map(|c| c.at_head).reduce(|a, b| a | b);
        // Equal dates: the first in listing order, and it is the same in every run.
        let first = commits()
            .filter_map(|c| Some((seconds(&c.date)?, c)))
            .min_by_key(|(at, _)| *at);
        let last = commits()
            .filter_map(|c| Some((seconds(&c.last_date)?, c)))
            .max_by_key(|(at, _)| *at);
        Some(Group {
            lead,
            standing,
            severity: lead.severity,
            confidence: lead.confidence,
            labels: sets.fold(Labels::NONE, Labels::and),
            rules,
            first: first.map(|(_, c)| c).or_else(|| commits().next()),
            last: last.map(|(_, c)| c),
            at_head,
            findings,
        })
    }

    /// Returns the number of different secrets.
    pub fn secrets(&self) -> usize {
        let keys = self.findings.iter().map(|f| Key::of(f, GroupBy::Secret));
        keys.collect::<HashSet<_>>().len()
    }

    /// Returns the number of different files.
    pub fn files(&self) -> usize {
        let paths = self.findings.iter().map(|f| f.path.as_bytes());
        paths.collect::<HashSet<_>>().len()
    }

    /// Returns the findings by file, in listing order of the first finding in each.
    pub fn by_path(&self) -> Vec<(&'f [u8], Vec<&'f Finding>)> {
        let mut at: HashMap<&[u8], usize> = HashMap::new();
        let mut files: Vec<(&[u8], Vec<&Finding>)> = Vec::new();
        for finding in &self.findings {
            let path = finding.path.as_bytes();
            let place = *at.entry(path).or_insert(files.len());
            match files.get_mut(place) {
                Some((_, there)) => there.push(finding),
                None => files.push((path, vec![finding])),
            }
        }
        files
    }

    /// Returns the seconds since 1970 of the first commit's author date, if it is known.
    pub fn since(&self) -> Option<i64> {
        self.first.and_then(|commit| seconds(&commit.date))
    }
}

/// What findings of one group share.
#[derive(PartialEq, Eq, Hash)]
enum Key<'f> {
    Secret(SecretId),
    /// A finding without a value of its own: by its path alone.
    Place(&'f [u8], RuleIndex),
    Rule(RuleIndex),
    Path(&'f [u8]),
}

impl<'f> Key<'f> {
    fn of(finding: &'f Finding, by: GroupBy) -> Self {
        let path = finding.path.as_bytes();
        match by {
            GroupBy::Secret if is_by_path(finding) => Key::Place(path, finding.rule),
            GroupBy::Secret => Key::Secret(finding.secret_id),
            GroupBy::Rule => Key::Rule(finding.rule),
            GroupBy::Path => Key::Path(path),
        }
    }
}

/// Whether a finding has no value of its own. One that was read from a report has a value, although
/// its bytes are not known.
pub(super) fn is_by_path(finding: &Finding) -> bool {
    finding.secret.expose().is_empty() && finding.evidence.iter().any(|why| why == BY_PATH)
}

/// Returns the findings in groups, in this order. `findings` must come in listing order, so
/// that groups that are otherwise equal keep it.
pub fn groups<'f>(
    findings: impl IntoIterator<Item = &'f Finding>,
    by: GroupBy,
    sort: SortBy,
    rules: &Ruleset,
) -> Vec<Group<'f>> {
    let mut at: HashMap<Key<'f>, usize> = HashMap::new();
    let mut all: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let place = *at.entry(Key::of(finding, by)).or_insert(all.len());
        match all.get_mut(place) {
            Some(there) => there.push(finding),
            None => all.push(vec![finding]),
        }
    }
    let mut groups: Vec<Group<'f>> = all.into_iter().filter_map(Group::new).collect();
    order(&mut groups, sort, rules);
    groups
}

/// Returns each finding as a group of its own, in this order.
pub fn singly<'f>(
    findings: impl IntoIterator<Item = &'f Finding>,
    sort: SortBy,
    rules: &Ruleset,
) -> Vec<Group<'f>> {
    let findings = findings.into_iter();
    let mut groups: Vec<_> = findings.filter_map(|f| Group::new(vec![f])).collect();
    order(&mut groups, sort, rules);
    groups
}

/// Orders groups; equal ones keep their order.
fn order(groups: &mut [Group<'_>], sort: SortBy, rules: &Ruleset) {
    let severe = |g: &Group<'_>| {
        let gone = g.at_head == Some(false);
        (g.standing, Reverse((g.severity, g.confidence)), gone)
    };
    match sort {
        SortBy::Severity => groups.sort_by_key(severe),
        SortBy::Path => groups.sort_by(|a, b| {
            let place = |g: &Group<'_>| g.findings.first().map(|f| (f.start.line, f.start.column));
            let path = |g: &Group<'_>| g.findings.first().map(|f| f.path.clone());
            path(a).cmp(&path(b)).then(place(a).cmp(&place(b)))
        }),
        SortBy::Rule => groups.sort_by(|a, b| {
            let id = |g: &Group<'_>| rules.get(g.lead.rule).id.clone();
            id(a).cmp(&id(b)).then(severe(a).cmp(&severe(b)))
        }),
        SortBy::Age => groups.sort_by_key(|g| {
            let since = g.since();
            (since.is_none(), since, severe(g))
        }),
    }
}

/// How many findings of a rule there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The rule; None for the sum of all.
    pub rule: Option<RuleIndex>,
    /// The findings of each severity, in the order of [`Severity::ALL`].
    pub by_severity: [u64; Severity::ALL.len()],
    /// All findings.
    pub findings: u64,
    /// The different secrets.
    pub secrets: u64,
    /// The different files.
    pub files: u64,
}

/// Counts findings by rule, the rules with the most severe findings first, and all of them
/// in the last row. Without findings there is no row.
pub fn tally<'f>(findings: impl IntoIterator<Item = &'f Finding>, rules: &Ruleset) -> Vec<Tally> {
    let mut by_rule: BTreeMap<RuleIndex, Vec<&Finding>> = BTreeMap::new();
    let mut all = Vec::new();
    for finding in findings {
        by_rule.entry(finding.rule).or_default().push(finding);
        all.push(finding);
    }
    if all.is_empty() {
        return Vec::new();
    }
    let rows = by_rule.into_iter();
    let mut rows: Vec<Tally> = rows.map(|(rule, of)| row(Some(rule), &of)).collect();
    let id = |rule: Option<RuleIndex>| rule.map(|rule| rules.get(rule).id.clone());
    rows.sort_by(|a, b| {
        let most = |t: &Tally| t.by_severity.map(Reverse);
        let (most_a, most_b) = (most(a), most(b));
        let severe = most_a.iter().rev().cmp(most_b.iter().rev());
        severe.then_with(|| id(a.rule).cmp(&id(b.rule)))
    });
    rows.push(row(None, &all));
    rows
}

fn row(rule: Option<RuleIndex>, findings: &[&Finding]) -> Tally {
    let count = |severity: Severity| findings.iter().filter(|f| f.severity == severity).count();
    let secrets: HashSet<_> = findings
        .iter()
        .map(|f| Key::of(f, GroupBy::Secret))
        .collect();
    let files: HashSet<_> = findings.iter().map(|f| f.path.as_bytes()).collect();
    let mut by_severity = [0; Severity::ALL.len()];
    for (count_of, severity) in by_severity.iter_mut().zip(Severity::ALL) {
        *count_of = count(*severity) as u64;
    }
    Tally {
        rule,
        by_severity,
        findings: findings.len() as u64,
        secrets: secrets.len() as u64,
        files: files.len() as u64,
    }
}

/// Returns the seconds since 1970 of an RFC 3339 date.
fn seconds(date: &str) -> Option<i64> {
    let at: jiff::Timestamp = date.parse().ok()?;
    Some(at.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_compared_across_time_zones() {
        let east = seconds("2024-02-29T12:00:00+05:30").unwrap();
        let west = seconds("2024-02-29T02:00:00-05:00").unwrap();
        assert_eq!(west - east, 1800);
        assert_eq!(seconds(""), None);
        assert_eq!(seconds("today"), None);
    }

    #[test]
    fn names_are_unique() {
        let ids: HashSet<_> = GroupBy::ALL.iter().map(|g| g.id()).collect();
        assert_eq!(ids.len(), GroupBy::ALL.len());
        let ids: HashSet<_> = SortBy::ALL.iter().map(|s| s.id()).collect();
        assert_eq!(ids.len(), SortBy::ALL.len());
    }
}

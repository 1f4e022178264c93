//! Joins reports: the same finding once, and the receipts of all.
//!
//! The result does not depend on the order of the reports: findings are in the order of their
//! places, and of two that are the same, the one stays that says more.

use std::collections::{HashMap, HashSet};

use super::sum::{add, recount};
use super::{Entry, Form, Gathered, Receipt};
use crate::finding::{Event, Finding, SecretId, Verdict};
use crate::rules::Ruleset;

/// Joins `reports`, whose findings refer to `rules`, under a name.
///
/// A finding is the same if its fingerprint is the same, or if the same secret begins on the same
/// line of the same file. Notes and errors of the policy get the name of their report.
pub fn merge(name: &str, reports: Vec<Gathered>, rules: &Ruleset) -> Gathered {
    let mut all = Gathered::new(name, Form::Stopleak, Receipt::Full);
    all.summary.whole = true;
    let several = reports.len() > 1;
    let mut gaps = Vec::new();
    let mut findings = Vec::new();
    for mut report in reports {
        if several {
            let texts = [&mut report.summary.notes, &mut report.summary.policy_errors];
            for text in texts.into_iter().flatten() {
                if !text.starts_with(&format!("{}: ", report.name)) {
                    *text = format!("{}: {text}", report.name);
                }
            }
        }
        add(&mut all.summary, &report.summary);
        for entry in report.entries {
            match &entry.event {
                Event::Finding(_) => findings.push(entry),
                _ => gaps.push(entry),
            }
        }
    }
    sort(&mut findings, rules);
    all.entries = once(findings);
    sort_gaps(&mut gaps);
    all.entries.extend(gaps);
    all.summary.notes.sort();
    all.summary.policy_errors.sort();
    recount(&mut all);
    all
}

fn finding(entry: &Entry) -> Option<&Finding> {
    match &entry.event {
        Event::Finding(finding) => Some(finding),
        _ => None,
    }
}

/// How much an entry says: of several that are the same, the first stays.
fn rank(entry: &Entry) -> impl Ord + use<> {
    let finding = finding(entry);
    let verdict = finding.map_or(3, |f| match f.verdict {
        Verdict::Report => 0,
        Verdict::Warn { .. } => 1,
        Verdict::Suppressed { .. } => 2,
    });
    let says = finding.map_or((true, true, true), |f| {
        (
            !entry.marks.tool.is_empty(),
            f.commit.is_none(),
            !f.secret.is_known(),
        )
    });
    let severity = finding.map(|f| std::cmp::Reverse(f.severity));
    (verdict, says, severity, entry.marks.tool.clone())
}

fn sort(entries: &mut [Entry], rules: &Ruleset) {
    entries.sort_by_cached_key(|entry| {
        let place = finding(entry).map(|f| {
            let commit = f.commit.as_ref().map(|c| c.id.clone());
            (
                f.path.as_bytes().to_vec(),
                (f.start.line, f.start.column),
                rules.get(f.rule).id.to_string(),
                f.fingerprint,
                commit,
            )
        });
        (place, rank(entry))
    });
}

/// Keeps one entry of those that are the same, at the place of the first, with what only another
/// one says of the commit.
fn once(entries: Vec<Entry>) -> Vec<Entry> {
    let mut places: HashMap<(SecretId, Vec<u8>, u64), usize> = HashMap::new();
    // detect-secrets knows no more of a secret than this.
    let mut hashes: HashMap<([u8; 20], Vec<u8>, u64), usize> = HashMap::new();
    let mut prints: HashMap<[u8; 16], usize> = HashMap::new();
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        let Some(f) = finding(&entry) else { continue };
        let print = f.fingerprint.0;
        let place = (f.secret_id, f.path.as_bytes().to_vec(), f.start.line);
        let hash = entry
            .marks
            .sha1
            .map(|sha1| (sha1, place.1.clone(), place.2));
        // Of one scanner, each finding counts.
        let of_tools = |at: &&usize| kept[**at].marks.tool != entry.marks.tool;
        let same = prints.get(&print);
        let same = same.or_else(|| places.get(&place).filter(of_tools));
        let same = same.or_else(|| hashes.get(hash.as_ref()?).filter(of_tools));
        let at = same.copied().unwrap_or(kept.len());
        prints.insert(print, at);
        places.entry(place).or_insert(at);
        if let Some(hash) = hash {
            hashes.entry(hash).or_insert(at);
        }
        match kept.get_mut(at) {
            Some(known) => join(known, entry),
            None => kept.push(entry),
        }
    }
    kept
}

/// Keeps the entry that says more, and the commit of either.
fn join(kept: &mut Entry, other: Entry) {
    let (better, worse) = match rank(&other) < rank(kept) {
        true => (other, std::mem::replace(kept, placeholder())),
        false => (std::mem::replace(kept, placeholder()), other),
    };
    *kept = better;
    let (Event::Finding(into), Event::Finding(from)) = (&mut kept.event, worse.event) else {
        return;
    };
    into.severity = into.severity.max(from.severity);
    kept.marks.sha1 = kept.marks.sha1.or(worse.marks.sha1);
    if into.commit.is_none() {
        into.commit = from.commit;
    }
    let new: HashSet<_> = from.evidence.into_iter().collect();
    let mut new: Vec<_> = new
        .into_iter()
        .filter(|e| !into.evidence.contains(e))
        .collect();
    new.sort();
    into.evidence.extend(new);
}

fn placeholder() -> Entry {
    Entry {
        event: Event::skipped("".into(), crate::blob::SkipReason::Ignored),
        marks: super::Marks::default(),
    }
}

/// Puts what was skipped and what failed in order, each once.
fn sort_gaps(gaps: &mut [Entry]) {
    let key = |entry: &Entry| match &entry.event {
        Event::Skipped { path, why, .. } => (0, path.as_bytes().to_vec(), why.id().to_owned()),
        Event::Failed(error) => (1, error.path.as_bytes().to_vec(), error.why.clone()),
        Event::Finding(_) => (2, Vec::new(), String::new()),
    };
    gaps.sort_by_cached_key(key);
}

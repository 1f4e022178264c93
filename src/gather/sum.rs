//! Receipts of several reports as one.

use super::Gathered;
use crate::finding::{Event, Narrowing, RuleCount, Summary};

/// Adds `other` to `sum`.
pub(crate) fn add(sum: &mut Summary, other: &Summary) {
    sum.files += other.files;
    sum.members += other.members;
    sum.bytes += other.bytes;
    sum.binary += other.binary;
    sum.commits += other.commits;
    for (severity, n) in &other.findings {
        *sum.findings.entry(*severity).or_default() += n;
    }
    sum.warnings += other.warnings;
    for (by, n) in &other.suppressed {
        *sum.suppressed.entry(*by).or_default() += n;
    }
    sum.asked += other.asked;
    for (why, n) in &other.skipped {
        *sum.skipped.entry(*why).or_default() += n;
    }
    sum.unread += other.unread;
    sum.accepted += other.accepted;
    sum.failed += other.failed;
    sum.unknown += other.unknown;
    sum.whole &= other.whole;
    sum.elapsed += other.elapsed;
    // Only what all of them ran was looked for everywhere.
    sum.rules = match (sum.rules, other.rules) {
        (Some(a), Some(b)) => Some(RuleCount {
            run: a.run.min(b.run),
            known: a.known.max(b.known),
        }),
        (a, b) => a.or(b),
    };
    for narrowing in &other.narrowed {
        narrowed(&mut sum.narrowed, narrowing);
    }
    for (all, more) in [
        (&mut sum.policy_errors, &other.policy_errors),
        (&mut sum.notes, &other.notes),
    ] {
        for text in more {
            if !all.contains(text) {
                all.push(text.clone());
            }
        }
    }
}

/// Keeps the one that narrows most of what the same file or option does.
fn narrowed(all: &mut Vec<Narrowing>, more: &Narrowing) {
    match all
        .iter_mut()
        .find(|n| n.by == more.by && n.what == more.what)
    {
        Some(known) => known.count = known.count.max(more.count),
        None => all.push(more.clone()),
    }
}

/// Counts the findings of a summary anew, as `entries` have them. What was suppressed is counted
/// where it was judged, because reports do not list it.
pub(super) fn recount(report: &mut Gathered) {
    report.summary.findings.clear();
    report.summary.warnings = 0;
    for entry in &report.entries {
        if matches!(&entry.event, Event::Finding(f) if f.verdict.is_report()) {
            report.summary.count(&entry.event);
        }
    }
}

//! Reviews the policy after a run: which configuration applied, and which entries are
//! expired, unused or redundant.

use super::accepted::{BASELINE, IGNORES};
use super::settings::Settings;
use crate::finding::Summary;
use crate::stop::counted;
use crate::suppress::Policy;
use crate::suppress::allow::{AllowEntry, Fate};

/// How many unused entries a note lists.
const MAX_NAMED: usize = 5;

/// Adds notes about allow entries to the summary, or errors with `--strict-ignores`.
///
/// Reports an entry as unused only after a run that scanned everything below the top with all
/// rules: any other run may not have reached what the entry matches.
pub(super) fn configuration(policy: &Policy, settings: &Settings, summary: &mut Summary) {
    summary.notes.extend(settings.notes.iter().cloned());
    let whole = settings.sees_all() && summary.failed == 0;
    let mut stale = Vec::new();
    let (mut expired, mut idle, mut unknown) = (0, 0, 0);
    for (entry, fate) in policy.allow.fates() {
        let what = match fate {
            Fate::Expired => {
                expired += 1;
                let day = entry.expired.as_deref().unwrap_or_default();
                format!("expired on {day}")
            }
            Fate::Used => continue,
            _ if !whole || !entry.commits.is_empty() => {
                unknown += 1;
                continue;
            }
            Fate::Unused => {
                idle += 1;
                "is unused: it matches no finding".to_owned()
            }
            Fate::Shadowed => {
                idle += 1;
                "is redundant: a marker or an earlier entry accepts everything that it matches"
                    .to_owned()
            }
        };
        stale.push(describe(entry, &what));
    }
    if settings.request.strict_ignores {
        summary.policy_errors.extend(stale);
        if unknown > 0 && !whole {
            summary.notes.push(
                "only a `stopleak scan` of the whole tree checks for unused entries".to_owned(),
            );
        }
    } else if settings.request.verbose {
        summary.notes.extend(stale);
    } else if !stale.is_empty() {
        let counts = [(expired, "expired"), (idle, "unused")];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{n} {what}"))
            .collect();
        summary.notes.push(format!(
            "allow entries: {}; -v lists them",
            counts.join(", ")
        ));
    }
}

fn describe(entry: &AllowEntry, what: &str) -> String {
    let owner = entry.owner.as_ref();
    let owner = owner.map_or_else(String::new, |owner| format!(" ({owner})"));
    format!(
        "{}: allow entry {what}: {}{owner}",
        entry.place, entry.reason
    )
}

/// Adds notes about gitleaks' files and, after a complete run, about their unused entries.
pub(super) fn gitleaks(policy: &Policy, summary: &mut Summary) {
    let Some(gitleaks) = &policy.gitleaks else {
        return;
    };
    summary.notes.extend(gitleaks.notes().iter().cloned());
    if !summary.whole {
        return;
    }
    let unused = gitleaks.unused_ignored();
    if !unused.is_empty() {
        let lines: Vec<String> = unused
            .iter()
            .take(MAX_NAMED)
            .map(|entry| entry.at.to_string())
            .collect();
        let more = if unused.len() > MAX_NAMED {
            ", …"
        } else {
            ""
        };
        summary.notes.push(format!(
            "{} of gitleaks ignore files matched nothing: {}{more}",
            counted(unused.len(), "line"),
            lines.join(", "),
        ));
    }
    let unused = gitleaks.unused_baseline().len();
    if unused > 0 {
        summary.notes.push(format!(
            "{} of the gitleaks baseline matched nothing",
            counted(unused, "entry")
        ));
    }
}

/// Adds notes about expired entries and, after a complete run, about unused ones. With
/// `--strict-ignores`, they are errors instead.
pub(super) fn accepted(policy: &Policy, settings: &Settings, summary: &mut Summary) {
    let whole = summary.whole;
    let strict = settings.request.strict_ignores;
    let Policy {
        baseline, ignores, ..
    } = policy;
    let mut tell = |file: &str, what: &str, lines: Vec<usize>| {
        if lines.is_empty() {
            return;
        }
        if strict {
            let errors = lines.iter().map(|n| format!("{file}:{n}: entry is {what}"));
            summary.policy_errors.extend(errors);
        } else {
            let count = lines.len();
            let shown: Vec<String> = lines.iter().take(5).map(usize::to_string).collect();
            let more = if count > 5 { ", …" } else { "" };
            let shown = shown.join(", ");
            summary
                .notes
                .push(format!("{file}: {count} {what} (line {shown}{more})"));
        }
    };
    if let Some(ignores) = ignores {
        let lines = |of: &mut dyn Iterator<Item = usize>| of.collect::<Vec<_>>();
        let expired = lines(&mut ignores.expired().map(|e| e.line));
        tell(IGNORES, "expired", expired);
        let shadowed = lines(&mut ignores.shadowed().map(|e| e.line));
        if whole {
            let unused = ignores.unused().map(|e| e.line);
            let unused = lines(&mut unused.filter(|line| !shadowed.contains(line)));
            tell(IGNORES, "unused", unused);
        }
        tell(IGNORES, "needless, something else accepts it", shadowed);
    }
    if let (Some(baseline), true) = (baseline, summary.whole) {
        let stale = baseline.unused().count();
        if stale > 0 && strict {
            summary.policy_errors.push(format!(
                "{BASELINE}: {} unused; remove them with `stopleak baseline prune`",
                counted(stale, "entry")
            ));
        } else if stale > 0 {
            summary.notes.push(format!(
                "{BASELINE}: {} unused; `stopleak baseline prune` removes them",
                counted(stale, "entry")
            ));
        }
    }
}

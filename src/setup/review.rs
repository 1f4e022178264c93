//! What became of the policy in a run: which configuration held, and which entries are
//! expired, unused or not needed.

use super::accepted::{BASELINE, IGNORES};
use super::settings::Settings;
use crate::blob::SourceError;
use crate::finding::Summary;
use crate::suppress::Policy;
use crate::suppress::allow::{AllowEntry, Fate};

/// The most unused entries that are named.
const MAX_NAMED: usize = 5;

/// Adds remarks to the summary, or errors with `--strict-ignores`.
///
/// That an entry is not used is claimed only of a run that looked at everything below
/// the top with all rules: any other may have had no occasion to use it.
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
                "is not used: nothing that was found fits it".to_owned()
            }
            Fate::Shadowed => {
                idle += 1;
                "is not needed: something before it accepts all that fits it".to_owned()
            }
        };
        stale.push(describe(entry, &what));
    }
    if settings.request.strict_ignores {
        summary.policy_errors.extend(stale);
        if unknown > 0 && !whole {
            summary.notes.push(
                "entries that are not used are looked for by a `stopleak scan` of the whole tree"
                    .to_owned(),
            );
        }
    } else if settings.request.verbose {
        summary.notes.extend(stale);
    } else if !stale.is_empty() {
        let counts = [(expired, "expired"), (idle, "without use")];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{n} {what}"))
            .collect();
        summary.notes.push(format!(
            "allow entries: {}; -v names them",
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

/// Says in the summary what a configuration did and, when everything was looked at, which
/// entries covered nothing.
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
            "{} line(s) of gitleaks ignore files covered nothing: {}{more}",
            unused.len(),
            lines.join(", "),
        ));
    }
    let unused = gitleaks.unused_baseline().len();
    if unused > 0 {
        summary.notes.push(format!(
            "{unused} finding(s) of the gitleaks baseline were not met again"
        ));
    }
}

/// What is to be said of the accepted files after a scan: entries that are expired
/// and, when everything was looked at, those that accept nothing. With
/// `--strict-ignores` each is a failure.
pub(super) fn accepted(
    policy: &Policy,
    settings: &Settings,
    summary: &mut Summary,
) -> Vec<SourceError> {
    let mut failures = Vec::new();
    let strict = settings.request.strict_ignores;
    let Policy {
        baseline, ignores, ..
    } = policy;
    let mut tell = |file: &str, what: &str, lines: Vec<usize>| {
        if lines.is_empty() {
            return;
        }
        if strict {
            failures.extend(lines.iter().map(|line| SourceError {
                path: file.into(),
                why: format!("line {line}: {what}"),
            }));
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
        if summary.whole {
            let unused = ignores.unused().map(|e| e.line);
            let unused = lines(&mut unused.filter(|line| !shadowed.contains(line)));
            tell(IGNORES, "unused", unused);
        }
        tell(IGNORES, "needless, something else accepts it", shadowed);
    }
    if let (Some(baseline), true) = (baseline, summary.whole) {
        let stale = baseline.unused().count();
        if stale > 0 && strict {
            failures.push(SourceError {
                path: BASELINE.into(),
                why: format!("{stale} entries match nothing; `stopleak baseline prune`"),
            });
        } else if stale > 0 {
            summary.notes.push(format!(
                "{BASELINE}: {stale} entries match nothing; `stopleak baseline prune` removes them"
            ));
        }
    }
    failures
}

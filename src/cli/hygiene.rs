//! What is told of the configuration after a run: which one held, and which of its
//! entries do nothing any more.

use super::args::CommonArgs;
use super::settings::Settings;
use crate::finding::Summary;
use crate::suppress::Policy;
use crate::suppress::allow::{AllowEntry, Fate};

/// Adds remarks to the summary, or errors with `--strict-ignores`.
///
/// That an entry is not used is claimed only of a run that looked at everything below
/// the top with all rules: any other may have had no occasion to use it.
pub(super) fn tell(policy: &Policy, args: &CommonArgs, settings: &Settings, summary: &mut Summary) {
    summary.notes.extend(settings.notes.iter().cloned());
    let whole = settings.sees_all(args) && summary.failed == 0;
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
    if args.strict_ignores {
        summary.policy_errors.extend(stale);
        if unknown > 0 && !whole {
            summary.notes.push(
                "entries that are not used are looked for by a `stopleak scan` of the whole tree"
                    .to_owned(),
            );
        }
    } else if args.verbose {
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

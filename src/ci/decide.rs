//! Decides what a job has to scan. A pure function of the job's variables, its event and the
//! base that the user names; each CI system has its own part.

use super::decision::{Base, Branches, Decision, System, Wanted, change, is_commit};
use super::variables::Variables;
use super::{github, gitlab, others};
use crate::stop::Stop;

/// Decides what to scan. `base` is the user's base; it replaces the environment's.
///
/// # Errors
/// Fails if the environment is unknown, or lacks what its system promises.
pub(super) fn decide(
    env: &Variables,
    payload: Option<&[u8]>,
    base: Option<&str>,
) -> Result<Decision, Stop> {
    let system = System::of(env);
    let decided = match system {
        System::Github | System::Gitea | System::Forgejo => github::decide(env, payload),
        System::Gitlab => gitlab::decide(env),
        System::Bitbucket => others::bitbucket(env),
        System::Azure => others::azure(env),
        System::Circle => others::circle(env),
        System::Jenkins => Ok(others::jenkins(env)),
        System::Buildkite => Ok(others::buildkite(env)),
        System::Drone => others::drone(env),
        System::Woodpecker => others::woodpecker(env),
        System::Unknown if base.is_some() => Ok(asked()),
        System::Unknown => Err(Stop::new("the environment shows no known CI system")
            .help("name the base with `--base REV`, or use `stopleak history --range BASE..HEAD`")),
    };
    let branches = branches(system, env, payload);
    let (event, mut wanted) = match (decided, base) {
        (Ok(decided), _) => decided,
        // With the user's base, no event is needed.
        (Err(_), Some(_)) => asked(),
        (Err(stop), None) => return Err(stop),
    };
    if let (Some(base), Wanted::Change(change)) = (base, &mut wanted) {
        change.bases = vec![Base::Asked(base.to_owned())];
        // A commit can be gone after a forced push; a name cannot.
        change.required = !is_commit(base);
    }
    Ok(Decision {
        system,
        event,
        wanted,
        branches,
    })
}

/// Returns the branches that the event is about.
fn branches(system: System, env: &Variables, payload: Option<&[u8]>) -> Branches {
    match system {
        System::Github | System::Gitea | System::Forgejo => github::branches(env, payload),
        System::Gitlab => gitlab::branches(env),
        System::Unknown => Branches::default(),
        _ => others::branches(system, env),
    }
}

/// Compares the checkout with the user's base.
fn asked() -> (String, Wanted) {
    (
        "what is checked out".to_owned(),
        change("HEAD", None, Vec::new(), true),
    )
}

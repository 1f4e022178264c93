//! What a job's environment says that has to be scanned: a pure function of the
//! variables, the event and the base that the user names. It asks the part of the system
//! that the environment shows.

use super::decision::{Base, Decision, System, Wanted, change, is_commit};
use super::variables::Variables;
use super::{github, gitlab, others};
use crate::stop::Stop;

/// Decides. `base` is what the user compares with instead of what the environment
/// names.
///
/// # Errors
/// When the environment is unknown, or lacks what its system promises.
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
        System::Unknown => Err(
            Stop::new("this is no CI system that is known by its environment").help(
                "name the base with `--base REV`, or use `stopleak history --range BASE..HEAD`",
            ),
        ),
    };
    let (event, mut wanted) = match (decided, base) {
        (Ok(decided), _) => decided,
        // Whoever says what to compare with needs no event.
        (Err(_), Some(_)) => asked(),
        (Err(stop), None) => return Err(stop),
    };
    if let (Some(base), Wanted::Change(change)) = (base, &mut wanted) {
        change.bases = vec![Base::Asked(base.to_owned())];
        // A commit can be gone because a push was forced; a name cannot.
        change.required = !is_commit(base);
    }
    Ok(Decision {
        system,
        event,
        wanted,
    })
}

/// What is checked out, compared with what was asked for.
fn asked() -> (String, Wanted) {
    (
        "what is checked out".to_owned(),
        change("HEAD", None, Vec::new(), true),
    )
}

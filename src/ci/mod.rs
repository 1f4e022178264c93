//! Works out what a change adds, from the environment of a CI job.
//!
//! [`decide`] is a function of variables and event only. [`resolve()`] looks up the names in
//! the repository, and refuses a clone that lacks what the change needs. [`of_whole`] and
//! [`Resolved::policy`] say whose policy counts. `source::range` and `history` do the scanning.

mod decide;
mod decision;
mod github;
mod gitlab;
mod others;
mod place;
mod policy;
mod resolve;
#[cfg(test)]
mod tests;
mod variables;

pub use decision::{Base, Branches, Change, Decision, System, Wanted};
pub use policy::{Chosen, of_whole};
pub use resolve::{Resolved, resolve, too_shallow};

use crate::environment::Environment;
use crate::stop::Stop;
use variables::Variables;

/// Decides what a job has to scan. `base` is the user's base; it replaces the environment's.
///
/// # Errors
/// Fails if the environment shows no known CI system, or lacks what its system promises.
pub fn decide(environment: &Environment, base: Option<&str>) -> Result<Decision, Stop> {
    let variables = Variables::of(environment);
    let payload = match variables.payload() {
        _ if !System::of(&variables).has_payload() => None,
        Err(_) if base.is_some() => None,
        payload => payload?,
    };
    decide::decide(&variables, payload.as_deref(), base)
}

/// Whether what a job finds out may be kept for other jobs. A change that nobody has merged yet,
/// such as that of a fork, uses what others kept, and keeps nothing. Nor does a job that does not
/// say what it is for. Outside of CI, it is the user's own work.
pub fn may_keep(environment: &Environment) -> bool {
    let variables = Variables::of(environment);
    if System::of(&variables) == System::Unknown {
        return environment.get("CI").is_none_or(|ci| ci == "false");
    }
    match decide(environment, None).map(|decision| decision.wanted) {
        Ok(Wanted::Change(change)) => !change.is_reviewed(),
        Ok(_) => true,
        Err(_) => false,
    }
}

/// Whether a name needs no quoting in a command.
fn is_plain(name: &str) -> bool {
    !name.starts_with('-')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b))
}

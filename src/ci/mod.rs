//! What a change brings, worked out from the environment of a CI job.
//!
//! [`decide`] is a function of variables and event alone; [`resolve`] looks up in the
//! repository what it names, and refuses a clone that lacks what the change needs. What is
//! scanned then is `source::range`'s or `history`'s business.

mod decide;
mod decision;
mod github;
mod gitlab;
mod others;
mod resolve;
#[cfg(test)]
mod tests;
mod variables;

pub use decision::{Base, Change, Decision, System, Wanted};
pub use resolve::{Resolved, resolve, too_shallow};

use crate::environment::Environment;
use crate::stop::Stop;
use variables::Variables;

/// Decides what has to be scanned in a job. `base` is what the user compares with instead
/// of what the environment names.
///
/// # Errors
/// When no CI system is known by the environment, or it lacks what its system promises.
pub fn decide(environment: &Environment, base: Option<&str>) -> Result<Decision, Stop> {
    let variables = Variables::of(environment);
    let payload = match variables.payload() {
        _ if !System::of(&variables).has_payload() => None,
        Err(_) if base.is_some() => None,
        payload => payload?,
    };
    decide::decide(&variables, payload.as_deref(), base)
}

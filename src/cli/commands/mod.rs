//! The commands, one per file: each turns arguments into a request, runs it, and returns an
//! exit code.

use std::path::Path;
use std::sync::Arc;

use crate::environment::Environment;
use crate::git::{GitError, OpenOptions, Store};
use crate::source::walk::BadGlob;
use crate::source::without::Without;
use crate::stop::Stop;

pub(super) mod baseline;
pub(super) mod ci;
pub(super) mod completions;
pub(super) mod config;
pub(super) mod explain;
pub(super) mod fleet;
pub(super) mod history;
pub(super) mod hook;
pub(super) mod ignore;
pub(super) mod image;
pub(super) mod import;
mod items;
pub(super) mod man;
pub(super) mod report;
pub(super) mod rules;
pub(super) mod scan;
pub(super) mod staged;

/// Opens the repository. An explicit path takes precedence over the environment.
fn open(
    repo: Option<&Path>,
    max_unpacked: Option<u64>,
    environment: &Environment,
) -> Result<Arc<Store>, GitError> {
    let (path, options) = match repo {
        Some(path) => (path, OpenOptions::default()),
        None => (Path::new("."), OpenOptions::from_environment(environment)),
    };
    let options = OpenOptions {
        max_unpacked,
        ..options
    };
    Store::discover(path, &options).map(Arc::new)
}

/// Leaves out members of containers.
fn without<S>(source: S, exclude: &[String]) -> Result<Without<S>, Stop> {
    Without::new(source, exclude).map_err(bad_glob)
}

/// Returns what is wrong with a glob, and what to do.
#[allow(clippy::needless_pass_by_value, reason = "it maps an error")]
fn bad_glob(error: BadGlob) -> Stop {
    Stop::new(error.to_string()).help("write globs as in .gitignore")
}

//! The commands, one per file: each turns arguments into a request, runs it, and returns an
//! exit code.

use std::path::Path;
use std::sync::Arc;

use crate::environment::Environment;
use crate::git::{GitError, OpenOptions, Store};

pub(super) mod baseline;
pub(super) mod ci;
pub(super) mod completions;
pub(super) mod config;
pub(super) mod explain;
pub(super) mod history;
pub(super) mod hook;
pub(super) mod ignore;
pub(super) mod image;
pub(super) mod import;
pub(super) mod man;
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

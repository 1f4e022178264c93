//! The commands, one per file: each turns arguments into a request, runs it, and returns an
//! exit code.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::args::{DocumentFormat, ShownArgs};
use super::terminal::{Hider, paints, tell, tell_headed, tell_json, tell_masked};
use crate::ci::Decision;
use crate::environment::Environment;
use crate::explain::Answer;
use crate::git::{GitError, OpenOptions, Store};
use crate::report::Format;
use crate::source::walk::BadGlob;
use crate::source::without::Without;
use crate::stop::Stop;

pub(super) mod baseline;
pub(super) mod cache;
pub(super) mod ci;
pub(super) mod completions;
pub(super) mod config;
pub(super) mod explain;
pub(super) mod fleet;
pub(super) mod history;
pub(super) mod hook;
mod hooked;
pub(super) mod ignore;
pub(super) mod image;
pub(super) mod import;
mod items;
pub(super) mod man;
pub(super) mod report;
pub(super) mod rules;
pub(super) mod scan;
pub(super) mod staged;
pub(super) mod triage;
pub(super) mod version;

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

/// Masks the credentials that the files of a configuration show.
fn masked(mut answer: Answer) -> Answer {
    let hider = Hider::new(None);
    answer.text = hider.text(&answer.text);
    hider.json(&mut answer.json);
    answer
}

/// Prints a listing, masked.
fn show(answer: Answer, shown: &ShownArgs) -> Result<(), Stop> {
    show_masked(&masked(answer), shown)
}

/// Prints a table, masked cell by cell: what stands in the next column is no value of a name in
/// this one.
fn show_table(mut answer: Answer, shown: &ShownArgs) -> Result<(), Stop> {
    let hider = Hider::new(None);
    let line = |line: &str| {
        let cells = line.split("  ").map(|cell| hider.text(cell));
        cells.collect::<Vec<_>>().join("  ") + "\n"
    };
    answer.text = answer.text.lines().map(line).collect();
    hider.json(&mut answer.json);
    show_masked(&answer, shown)
}

fn show_masked(answer: &Answer, shown: &ShownArgs) -> Result<(), Stop> {
    match (shown.quiet, shown.format) {
        (true, _) => {}
        (false, DocumentFormat::Text) => tell_masked(&answer.text),
        (false, DocumentFormat::Json) => tell_json(&answer.json)?,
    }
    Ok(())
}

/// Prints an answer that is masked, or that shows secrets on request, with its headings in color.
fn show_as_is(answer: &Answer, shown: &ShownArgs, environment: &Environment) -> Result<(), Stop> {
    match (shown.quiet, shown.format) {
        (true, _) => {}
        (false, DocumentFormat::Text) => {
            tell_headed(&answer.text, paints(shown.color, environment));
        }
        (false, DocumentFormat::Json) => tell_json(&answer.json)?,
    }
    Ok(())
}

/// Returns what is scanned and why, or prints it if this is all there is to do.
fn told(
    dry: Option<Format>,
    decision: &Decision,
    more: &[impl AsRef<str>],
) -> Result<Option<Vec<String>>, Stop> {
    let lines = decision.lines(more);
    let Some(format) = dry else {
        return Ok(Some(lines));
    };
    print(
        format,
        &format!("{}\n", lines.join("\n")),
        decision.json(&lines),
    )?;
    Ok(None)
}

/// Prints lines, or a document if the format of reports is JSON. Masks both.
fn print(format: Format, text: &str, mut json: Value) -> Result<(), Stop> {
    match format {
        Format::Json | Format::Jsonl => {
            Hider::new(None).json(&mut json);
            tell_json(&json)
        }
        _ => {
            tell(text);
            Ok(())
        }
    }
}

//! The ignore file: findings that a person reviewed and accepted.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::calendar::Day;
use crate::environment::Environment;
use crate::finding::Fingerprint;
use crate::named::Output;
use crate::report::escape::escape;
use crate::setup::{Home, IGNORES, MAX_FILE, mistakes};
use crate::stop::{Stop, describe};
use crate::suppress::ignores::{Ignore, Ignores};

/// The first lines of a new ignore file.
const HEADER: &str = "# Findings that were reviewed and accepted, each with its reason:\n\
# FINGERPRINT [until=YYYY-MM-DD] [owner=NAME] [only-here] reason\n";

/// A finding to accept.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The fingerprint that a report shows, or the id of the secret.
    pub fingerprint: String,
    /// Why it is accepted.
    pub reason: String,
    /// The last day on which the entry applies.
    pub until: Option<String>,
    /// Who is responsible for it; one word.
    pub owner: Option<String>,
    /// Whether it applies only to the file of the finding.
    pub only_here: bool,
}

/// Returns the ignore file that is named, or the one at the top of this repository.
///
/// # Errors
/// Fails if the repository is unreadable, or names another working tree.
pub fn file(given: Option<PathBuf>, environment: &Environment) -> Result<PathBuf, Stop> {
    match given {
        Some(file) => Ok(file),
        None => Ok(Home::here(environment)?.top.join(IGNORES)),
    }
}

/// Returns the ignore file of a tree.
pub fn of(top: &Path) -> PathBuf {
    top.join(IGNORES)
}

/// Adds an entry to `file`, and creates the file if it is missing.
///
/// # Errors
/// Fails if the entry is malformed, expired on the day `today`, or already present.
pub fn add(file: &Path, accepted: &Accepted, today: Option<Day>) -> Result<(), Stop> {
    let old = Output::text(file, MAX_FILE)?.unwrap_or_default();
    let (line, new) = entry(accepted, today)?;
    let known = Ignores::parse(&old, None).map_err(|e| mistakes(file, &e))?;
    let same = |e: &&Ignore| e.id == new.entries()[0].id;
    if let Some(entry) = known.entries().iter().find(same) {
        let at = entry.line;
        return Err(
            Stop::new(format!("{}:{at}: already accepted", file.display()))
                .help("edit that line to change its reason or end date"),
        );
    }
    let mut all = if old.is_empty() {
        HEADER.to_owned()
    } else {
        old
    };
    if !all.ends_with('\n') {
        all.push('\n');
    }
    all.push_str(&line);
    all.push('\n');
    Output::replace(file, &all)
}

/// Checks an entry, whatever the file has.
///
/// # Errors
/// Fails if it is malformed, or expired on the day `today`.
pub fn check(accepted: &Accepted, today: Option<Day>) -> Result<(), Stop> {
    entry(accepted, today).map(|_| ())
}

fn entry(accepted: &Accepted, today: Option<Day>) -> Result<(String, Ignores), Stop> {
    let line = line(accepted)?;
    let new = Ignores::parse(&line, today).map_err(|errors| {
        let why = errors.join("; ");
        Stop::new(why.strip_prefix("1: ").unwrap_or(&why).to_owned())
            .help("reports show the fingerprint of each finding")
    })?;
    if new.expired().next().is_some() {
        return Err(Stop::new("--until is in the past"));
    }
    Ok((line, new))
}

/// Removes the last entry for `fingerprint` from `file`.
///
/// # Errors
/// Fails if the file cannot be read or written.
pub fn remove(file: &Path, fingerprint: &str) -> Result<(), Stop> {
    let text = Output::text(file, MAX_FILE)?.unwrap_or_default();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let is_it = |line: &&str| line.split_whitespace().next() == Some(fingerprint);
    let Some(at) = lines.iter().rposition(is_it) else {
        return Ok(());
    };
    let kept = lines.iter().enumerate().filter(|(n, _)| *n != at);
    let kept: String = kept.map(|(_, line)| *line).collect();
    Output::replace(file, &kept)
}

/// Returns the entry as a line of the file.
fn line(accepted: &Accepted) -> Result<String, Stop> {
    let mut line = accepted.fingerprint.trim().to_ascii_lowercase();
    if let Some(until) = &accepted.until {
        line += &format!(" until={until}");
    }
    if let Some(owner) = &accepted.owner {
        if owner.contains(char::is_whitespace) {
            return Err(Stop::new("--owner must be one word").help("write a name as first.last"));
        }
        line += &format!(" owner={owner}");
    }
    if accepted.only_here {
        line += " only-here";
    }
    let reason: Vec<&str> = accepted.reason.split_whitespace().collect();
    line += &format!(" {}", reason.join(" "));
    if line.chars().any(char::is_control) {
        return Err(Stop::new(
            "control characters are not allowed in the ignore file",
        ));
    }
    Ok(line)
}

/// Returns the entries of `file`: in words, one line each, and as a document.
///
/// # Errors
/// Fails if it is unreadable.
pub fn list(file: &Path, today: Option<Day>) -> Result<(String, Value), Stop> {
    let ignores = Ignores::parse(&text(file)?, today).map_err(|e| mistakes(file, &e))?;
    let lines = ignores.entries().iter().map(|entry| {
        let state = match entry.until {
            Some(until) if ignores.is_expired(entry) => format!("expired {until}"),
            Some(until) => format!("until {until}"),
            None => "permanent".to_owned(),
        };
        let id = Fingerprint(entry.id);
        let owner = if entry.owner.is_empty() {
            String::new()
        } else {
            format!(" ({})", escape(entry.owner.as_bytes()))
        };
        let reason = escape(entry.reason.as_bytes());
        format!("{id}  {state}{owner}: {reason}\n")
    });
    let records = ignores.entries().iter().map(|entry| {
        json!({
            "id": Fingerprint(entry.id).to_string(),
            "until": entry.until.map(|day| day.to_string()),
            "expired": ignores.is_expired(entry),
            "owner": (!entry.owner.is_empty()).then_some(&entry.owner),
            "only_here": entry.only_here,
            "reason": entry.reason,
            "line": entry.line,
        })
    });
    let document = json!({
        "schema_version": "1",
        "file": file.display().to_string(),
        "entries": records.collect::<Vec<Value>>(),
    });
    Ok((lines.collect(), document))
}

/// Returns the text of the file, or an empty text if it is missing.
fn text(file: &Path) -> Result<String, Stop> {
    let stop = |why: &str| Stop::new(format!("{}: {why}", file.display()));
    if std::fs::metadata(file).is_ok_and(|meta| !meta.is_file()) {
        return Err(stop("not a regular file"));
    }
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(stop(&describe(&e))),
    }
}

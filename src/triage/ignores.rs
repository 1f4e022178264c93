//! The ignore file: findings that somebody reviewed and accepted.

use std::path::{Path, PathBuf};

use super::write::replace;
use crate::calendar::Day;
use crate::finding::Fingerprint;
use crate::report::escape::escape;
use crate::setup::{Home, IGNORES, mistakes};
use crate::stop::{Stop, describe};
use crate::suppress::ignores::{Ignore, Ignores};

/// The first lines of a new file.
const HEADER: &str = "# Findings that were looked at and accepted, each with its reason:\n\
# FINGERPRINT [until=YYYY-MM-DD] [owner=NAME] [only-here] reason\n";

/// A finding to accept.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The fingerprint that a report shows, or the id of the secret.
    pub fingerprint: String,
    /// Why.
    pub reason: String,
    /// The last day on which it counts.
    pub until: Option<String>,
    /// Who answers for it; one word.
    pub owner: Option<String>,
    /// Whether only in the file where it was found.
    pub only_here: bool,
}

/// The ignore file that is named, or the one at the top of the repository here.
///
/// # Errors
/// When there is a repository that cannot be read.
pub fn file(given: Option<PathBuf>) -> Result<PathBuf, Stop> {
    match given {
        Some(file) => Ok(file),
        None => Ok(Home::here()?.top.join(IGNORES)),
    }
}

/// Adds an entry to `file`, which is made when it is not there.
///
/// # Errors
/// When the entry is malformed, expired on the day `today`, or there already.
pub fn add(file: &Path, accepted: &Accepted, today: Option<Day>) -> Result<(), Stop> {
    let old = text(file)?;
    let line = line(accepted)?;
    let new = Ignores::parse(&line, today).map_err(|errors| {
        let why = errors.join("; ");
        Stop::new(why.strip_prefix("1: ").unwrap_or(&why).to_owned())
            .help("reports show the fingerprint of each finding")
    })?;
    if new.expired().next().is_some() {
        return Err(Stop::new("--until is a day that has passed"));
    }
    let known = Ignores::parse(&old, None).map_err(|e| mistakes(file, &e))?;
    let same = |e: &&Ignore| e.id == new.entries()[0].id;
    if let Some(entry) = known.entries().iter().find(same) {
        let at = entry.line;
        return Err(
            Stop::new(format!("{}:{at}: it is there already", file.display()))
                .help("edit that line to change its reason or its end"),
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
    replace(file, &all)
}

/// The entry as a line of the file.
fn line(accepted: &Accepted) -> Result<String, Stop> {
    let mut line = accepted.fingerprint.trim().to_ascii_lowercase();
    if let Some(until) = &accepted.until {
        line += &format!(" until={until}");
    }
    if let Some(owner) = &accepted.owner {
        if owner.contains(char::is_whitespace) {
            return Err(Stop::new("--owner is one word").help("write a name as first.last"));
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
            "control characters do not belong into the ignore file",
        ));
    }
    Ok(line)
}

/// The entries of `file` in words, a line each.
///
/// # Errors
/// When it cannot be read.
pub fn list(file: &Path, today: Option<Day>) -> Result<Vec<String>, Stop> {
    let ignores = Ignores::parse(&text(file)?, today).map_err(|e| mistakes(file, &e))?;
    let lines = ignores.entries().iter().map(|entry| {
        let state = match entry.until {
            Some(until) if ignores.is_expired(entry) => format!("expired {until}"),
            Some(until) => format!("until {until}"),
            None => "for good".to_owned(),
        };
        let id = Fingerprint(entry.id);
        let owner = if entry.owner.is_empty() {
            String::new()
        } else {
            format!(" ({})", escape(entry.owner.as_bytes()))
        };
        format!("{id}  {state}{owner}: {}", escape(entry.reason.as_bytes()))
    });
    Ok(lines.collect())
}

/// The text of the file, empty when there is none.
fn text(file: &Path) -> Result<String, Stop> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(Stop::new(format!("{}: {}", file.display(), describe(&e)))),
    }
}

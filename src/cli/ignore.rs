//! `stopleak ignore`: findings that somebody looked at and accepted.

use std::path::{Path, PathBuf};

use super::args::{IgnoreAddArgs, IgnoreCommand};
use super::site::Home;
use super::{accepted, clock};
use crate::report::escape::escape;
use crate::stop::Stop;
use crate::stop::describe;
use crate::suppress::ignores::Ignores;

/// The first lines of a new file.
const HEADER: &str = "# Findings that were looked at and accepted, each with its reason:\n\
# FINGERPRINT [until=YYYY-MM-DD] [owner=NAME] [only-here] reason\n";

/// Runs the command and returns its exit code.
pub(super) fn run(command: &IgnoreCommand) -> Result<u8, Stop> {
    match command {
        IgnoreCommand::Add(args) => add(args),
        IgnoreCommand::List { file } => list(file.as_deref()),
    }
}

fn add(args: &IgnoreAddArgs) -> Result<u8, Stop> {
    let file = file(args.file.as_deref())?;
    let old = text(&file)?;
    let mut line = args.fingerprint.trim().to_ascii_lowercase();
    if let Some(until) = &args.until {
        line += &format!(" until={until}");
    }
    if let Some(owner) = &args.owner {
        if owner.contains(char::is_whitespace) {
            return Err(Stop::new("--owner is one word").help("write a name as first.last"));
        }
        line += &format!(" owner={owner}");
    }
    if args.only_here {
        line += " only-here";
    }
    let reason: Vec<&str> = args.reason.split_whitespace().collect();
    line += &format!(" {}", reason.join(" "));
    if line.chars().any(char::is_control) {
        return Err(Stop::new(
            "control characters do not belong into the ignore file",
        ));
    }
    let new = Ignores::parse(&line, clock::today()).map_err(|errors| {
        let why = errors.join("; ");
        Stop::new(why.strip_prefix("1: ").unwrap_or(&why).to_owned())
            .help("reports show the fingerprint of each finding")
    })?;
    if new.expired().next().is_some() {
        return Err(Stop::new("--until is a day that has passed"));
    }
    let known = Ignores::parse(&old, None).map_err(|e| accepted::mistakes(&file, &e))?;
    let same = |e: &&crate::suppress::ignores::Ignore| e.id == new.entries()[0].id;
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
    accepted::replace(&file, &all)?;
    say(&format!("{}: added", file.display()));
    Ok(0)
}

fn list(given: Option<&Path>) -> Result<u8, Stop> {
    let file = file(given)?;
    let ignores =
        Ignores::parse(&text(&file)?, clock::today()).map_err(|e| accepted::mistakes(&file, &e))?;
    for entry in ignores.entries() {
        let state = match entry.until {
            Some(until) if ignores.is_expired(entry) => format!("expired {until}"),
            Some(until) => format!("until {until}"),
            None => "for good".to_owned(),
        };
        let id = crate::finding::Fingerprint(entry.id);
        let owner = if entry.owner.is_empty() {
            String::new()
        } else {
            format!(" ({})", escape(entry.owner.as_bytes()))
        };
        let reason = escape(entry.reason.as_bytes());
        say(&format!("{id}  {state}{owner}: {reason}"));
    }
    Ok(0)
}

fn file(given: Option<&Path>) -> Result<PathBuf, Stop> {
    match given {
        Some(file) => Ok(file.to_owned()),
        None => Ok(Home::here()?.top.join(accepted::IGNORES)),
    }
}

/// The text of the file, empty when there is none.
fn text(file: &Path) -> Result<String, Stop> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(Stop::new(format!("{}: {}", file.display(), describe(&e)))),
    }
}

fn say(line: &str) {
    super::tell(&format!("{line}\n"));
}

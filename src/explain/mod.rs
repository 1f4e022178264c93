//! Explains a rule, or why a place or a text is or is not a finding.
//!
//! An [`Answer`] contains text for people and a document for programs; both are masked.

mod configuration;
mod listing;
mod look;
mod place;
mod remedy;
mod rule;
mod shape;
mod show;
mod trial;
mod words;

pub use configuration::{checked as configuration_checked, configuration, path};
pub use listing::{Wanted as WantedRules, checked, rules, shown, tried};
pub use place::Place;
pub use rule::summary;
pub use trial::{Trial, try_rule};

use std::path::Path;

use serde_json::Value;

use crate::blob::BlobPath;
use crate::config::gitleaks::ids;
use crate::inside::Most;
use crate::scan::Engine;
use crate::setup::{Settings, standing};
use crate::source::content::{ContentReader, Limits};
use crate::source::walk::{WalkOptions, WalkSource};
use crate::source::{Item, Sink, Source, UnitReader};
use crate::stop::Stop;
use look::{Looker, Wanted};

/// An explanation.
pub struct Answer {
    /// The text for people.
    pub text: String,
    /// The document for programs.
    pub json: Value,
    /// How many findings it covers.
    pub findings: usize,
}

/// Explains the rule with this id.
///
/// # Errors
/// Fails if there is no such rule. The error does not repeat the id: a mistaken argument may
/// be a secret.
pub fn rule(id: &str, settings: &Settings) -> Result<Answer, Stop> {
    let all = standing::all(settings)?;
    let Some(standing) = standing::find(&all, id) else {
        return Err(no_rule(id, all.iter().map(|s| s.rule.id.as_ref())));
    };
    Ok(Answer {
        text: rule::text(standing),
        json: rule::json(standing),
        findings: 0,
    })
}

fn no_rule<'a>(id: &str, known: impl Iterator<Item = &'a str>) -> Stop {
    if Path::new(id).is_file() {
        return Stop::new("this is a file: add a line, as in FILE:LINE")
            .help("`stopleak scan` scans whole files");
    }
    let known: Vec<&str> = known.collect();
    let near = ids::meant(id, known.iter().copied()).question();
    let near = near.or_else(|| closest(id, &known).map(|near| format!("did you mean `{near}`?")));
    let help = match near {
        Some(near) => format!(
            "{near} For a text, use `stopleak explain --text`; `stopleak rules list` lists all \
             rules"
        ),
        None => "for a text, use `stopleak explain --text`; `stopleak rules list` lists all rules"
            .to_owned(),
    };
    Stop::new("no rule has this id, and it is not a place (FILE:LINE)").help(help)
}

/// Returns the first rule that shares the most words with an id, if any does.
fn closest<'a>(id: &str, known: &[&'a str]) -> Option<&'a str> {
    let asked: Vec<&str> = id.split(['-', '_', ' ']).filter(|w| w.len() > 2).collect();
    let shared = |k: &str| k.split('-').filter(|w| asked.contains(w)).count();
    known
        .iter()
        .copied()
        .filter(|k| shared(k) > 0)
        .min_by_key(|k| (std::cmp::Reverse(shared(k)), k.len()))
}

/// Explains every value in `input`, as content of a file at `path`.
///
/// # Errors
/// Fails if the input is unreadable as text or binary content.
pub fn text(
    input: &[u8],
    path: &BlobPath,
    engine: &Engine,
    show_secrets: bool,
) -> Result<Answer, Stop> {
    let mut looker = Looker::new(engine, path, Wanted::All, show_secrets);
    let limits = Limits {
        size_hint: input.len() as u64,
        most: Most::shut(u64::MAX),
    };
    ContentReader::default().read(&mut &*input, path, limits, &mut looker);
    answer(looker, path, engine)
}

/// Explains a place of a file.
///
/// # Errors
/// Fails if the place does not exist, or the file is unreadable.
pub fn place(place: &Place, engine: &Engine, show_secrets: bool) -> Result<Answer, Stop> {
    if place.path.is_dir() {
        return Err(Stop::new(format!(
            "{}: is a directory",
            place.path.display()
        )));
    }
    let wanted = Wanted::Line(place.line, place.column);
    let path = BlobPath::shown(&place.path);
    let mut looker = Looker::new(engine, &path, wanted, show_secrets);
    let source = WalkSource::new(WalkOptions {
        roots: vec![place.path.clone()],
        ignore_files: false,
        follow: true,
        most: Most::shut(u64::MAX),
        ..WalkOptions::default()
    })
    .map_err(|e| Stop::new(e.to_string()))?;
    let mut reader = source.reader();
    source.list(&mut |item| {
        match item {
            Item::Unit(unit) => reader.read(&unit, &mut looker),
            Item::Skipped { path, why } => looker.skipped(&path, why),
            Item::Failed(error) => looker.failed(error),
        }
        true
    });
    answer(looker, &path, engine)
}

fn answer(looker: Looker<'_>, path: &BlobPath, engine: &Engine) -> Result<Answer, Stop> {
    let why = looker.finish(path)?;
    Ok(Answer {
        text: show::text(&why, &engine.policy),
        json: show::json(&why, &engine.policy),
        findings: why.findings,
    })
}

//! `stopleak explain`: all about a rule, or why a place or a text is a finding or none.

mod look;
mod place;
mod remedy;
pub(super) mod rule;
mod shape;
mod show;
mod words;

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;

use super::args::{CommonArgs, ExplainArgs};
use super::settings::Settings;
use super::site::Site;
use super::{Stop, plan, standing, stop};
use crate::blob::BlobPath;
use crate::config::gitleaks::ids;
use crate::report::encode;
use crate::report::escape::escape;
use crate::scan::Engine;
use crate::source::content::{ContentReader, Limits, describe};
use crate::source::walk::{WalkOptions, WalkSource};
use crate::source::{Item, Source, UnitReader};
use crate::suppress::Policy;
use look::{Looker, Wanted};

/// How `explain` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Text,
    Json,
}

impl Format {
    const ALL: &'static [Format] = &[Format::Text, Format::Json];

    fn id(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
        }
    }
}

/// Runs the command and returns its exit code.
pub(super) fn run(args: &ExplainArgs) -> Result<u8, Stop> {
    let format = stop::named("--format", &args.format, Format::ALL, Format::id)?;
    if let Some(text) = &args.text {
        return explain_text(args, text, format);
    }
    let what = args.what.as_deref().unwrap_or_default();
    match place::parse(what) {
        Some(place) => explain_place(args, &place, format),
        None => explain_rule(args, what, format),
    }
}

fn explain_rule(args: &ExplainArgs, id: &OsStr, format: Format) -> Result<u8, Stop> {
    let id = id.to_string_lossy();
    let settings = Settings::load(&args.config, Site::here())?;
    let all = standing::all(&common(args), &settings)?;
    let Some(standing) = standing::find(&all, &id) else {
        return Err(no_rule(&id, all.iter().map(|s| s.rule.id.as_ref())));
    };
    match format {
        // A rule of the user's may hold anything.
        Format::Text => rule::text(standing)
            .lines()
            .for_each(|line| print(&format!("{}\n", escape(line.as_bytes())))),
        Format::Json => print_json(&rule::json(standing))?,
    }
    Ok(0)
}

/// The error for an id of no rule. It does not repeat the id: what was meant to be
/// explained as a text may be a secret.
fn no_rule<'a>(id: &str, known: impl Iterator<Item = &'a str>) -> Stop {
    if Path::new(id).is_file() {
        return Stop::new("that is a file: a place is needed, as in FILE:LINE")
            .help("`stopleak scan` looks at whole files");
    }
    let known: Vec<&str> = known.collect();
    let near =
        ids::meant(id, known.iter().copied()).or_else(|| closest(id, &known).map(str::to_owned));
    let help = match near {
        Some(near) => format!(
            "the nearest is `{near}`; for a text, use `stopleak explain --text`; \
             `stopleak rules list` names all rules"
        ),
        None => "for a text, use `stopleak explain --text`; `stopleak rules list` names all rules"
            .to_owned(),
    };
    Stop::new("no rule has this id, and it is not a place (FILE:LINE)").help(help)
}

/// The first rule that shares the most words with an id, if any is shared.
fn closest<'a>(id: &str, known: &[&'a str]) -> Option<&'a str> {
    let asked: Vec<&str> = id.split(['-', '_', ' ']).filter(|w| w.len() > 2).collect();
    let shared = |k: &str| k.split('-').filter(|w| asked.contains(w)).count();
    known
        .iter()
        .copied()
        .filter(|k| shared(k) > 0)
        .min_by_key(|k| (std::cmp::Reverse(shared(k)), k.len()))
}

fn explain_text(args: &ExplainArgs, text: &OsStr, format: Format) -> Result<u8, Stop> {
    let mut input = text.as_encoded_bytes().to_vec();
    if text == "-" {
        input.clear();
        std::io::stdin()
            .read_to_end(&mut input)
            .map_err(|e| Stop::new(format!("standard input: {}", describe(&e))))?;
    }
    let path = BlobPath::from(args.path.as_deref().unwrap_or("<text>"));
    let engine = judges(args, Site::here())?;
    let mut looker = Looker::new(&engine, &path, Wanted::All, args.show_secrets);
    let limits = Limits {
        size_hint: input.len() as u64,
        max_bytes: u64::MAX,
    };
    ContentReader::default().read(&mut input.as_slice(), &path, limits, &mut looker);
    finish(looker, &path, &engine.policy, format)
}

fn explain_place(args: &ExplainArgs, place: &place::Place, format: Format) -> Result<u8, Stop> {
    if place.path.is_dir() {
        return Err(Stop::new(format!(
            "{}: is a directory",
            place.path.display()
        )));
    }
    let engine = judges(args, Site::of_paths(std::slice::from_ref(&place.path)))?;
    let wanted = Wanted::Line(place.line, place.column);
    let path = BlobPath::shown(&place.path);
    let mut looker = Looker::new(&engine, &path, wanted, args.show_secrets);
    let source = WalkSource::new(WalkOptions {
        roots: vec![place.path.clone()],
        ignore_files: false,
        follow: true,
        max_bytes: u64::MAX,
        exclude: Vec::new(),
        include: Vec::new(),
        base: std::path::PathBuf::new(),
        scope: std::sync::Arc::default(),
        tracked: Vec::new(),
        unlisted: Vec::new(),
        outputs: Vec::new(),
    })
    .map_err(|e| Stop::new(e.to_string()))?;
    let mut reader = source.reader();
    source.list(&mut |item| {
        match item {
            Item::Unit(unit) => reader.read(&unit, &mut looker),
            Item::Skipped { path, why } => {
                crate::source::Sink::skipped(&mut looker, &path, why);
            }
            Item::Failed(error) => crate::source::Sink::failed(&mut looker, error),
        }
        true
    });
    finish(looker, &path, &engine.policy, format)
}

/// The arguments of a scan that would judge the same.
fn common(args: &ExplainArgs) -> CommonArgs {
    CommonArgs {
        confidence: args.confidence.clone(),
        rules: args.rules.clone(),
        no_inline_allow: args.no_inline_allow,
        show_suppressed: true,
        ..CommonArgs::with(&args.config)
    }
}

/// What judges, as for a scan of `site`.
fn judges(args: &ExplainArgs, site: Site<'_>) -> Result<Engine, Stop> {
    let settings = Settings::load(&args.config, site)?;
    plan::engine(&common(args), &settings)
}

fn finish(
    looker: Looker<'_>,
    path: &BlobPath,
    policy: &Policy,
    format: Format,
) -> Result<u8, Stop> {
    let why = looker.finish(path)?;
    match format {
        Format::Text => print(&show::text(&why, policy)),
        Format::Json => print_json(&show::json(&why, policy))?,
    }
    Ok(u8::from(why.findings > 0))
}

/// Writes to standard output; a reader that went away is no error.
fn print(text: &str) {
    super::tell(text);
}

fn print_json(document: &serde_json::Value) -> Result<(), Stop> {
    let text = encode::json(document, true)
        .map_err(|e| Stop::new(format!("standard output: {}", describe(&e))))?;
    print(&format!("{text}\n"));
    Ok(())
}

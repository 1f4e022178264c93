//! `stopleak triage`: asks about one secret after another.

use std::path::{Path, PathBuf};

use super::history::revisions;
use super::open;
use crate::cli::args::TriageArgs;
use crate::cli::terminal::{
    FAILED, Hider, Keys, Permalinks, Watched, linked, not_scanned, warn, warnings,
};
use crate::environment::Environment;
use crate::explain;
use crate::finding::{Event, Finding, Outcome};
use crate::gather::Reader;
use crate::identity::IdentityKey;
use crate::report::secrets::{GroupBy, SortBy, groups};
use crate::scan::RunOptions;
use crate::setup::clock::today;
use crate::setup::{Home, Settings, Setup, Site};
use crate::stop::Stop;
use crate::triage::collect::{self, Found};
use crate::triage::ignores;
use crate::triage::session::{Case, Session};
use crate::triage::state::State;

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(args: &TriageArgs, environment: &Environment) -> Result<u8, Stop> {
    let dumb = environment.get("TERM").is_none_or(|term| term == "dumb");
    // Before a scan that would be for nothing.
    drop(Keys::open(dumb)?);
    let found = match &args.report {
        Some(report) => read(args, report, environment)?,
        None if args.of_commits() => commits(args, environment)?,
        None => files(args, environment)?,
    };
    let file = match &args.file {
        Some(file) => file.clone(),
        None => ignores::of(&found.top),
    };
    let hider = &Hider::knowing(found.known);
    let events: Vec<Event> = found.events.into_iter().map(|e| hider.event(e)).collect();
    let all = events.iter().filter_map(|event| match event {
        Event::Finding(finding) if finding.verdict.is_report() => Some(&**finding),
        _ => None,
    });
    let all: Vec<&Finding> = all.collect();
    let groups = groups(all, GroupBy::Secret, SortBy::Severity, &found.rules);
    let cases = groups
        .into_iter()
        .map(|group| Case::new(group, &found.others));
    let explain = |rule: &str| match explain::rule(rule, &found.settings) {
        Ok(answer) => hider.text(&answer.text),
        Err(_) => "this rule is not one of this program\n".to_owned(),
    };
    let mut session = Session {
        rules: &found.rules,
        file,
        state: State::read(args.state.clone(), &found.top, environment)?,
        today: today(),
        clean: &|text| hider.text(text),
        explain: &explain,
    };
    let mut keys = Keys::open(dumb)?;
    let count = session.run(cases.collect(), &mut keys)?;
    drop(keys);
    if found.outcome == Outcome::Incomplete {
        for event in &events {
            if let Event::Failed(error) = event {
                not_scanned(error);
            }
        }
        warn("error: not everything was scanned (exit 2): there may be more to decide about");
        return Ok(FAILED);
    }
    Ok(u8::from(count.left + count.real > 0))
}

/// Scans files.
fn files(args: &TriageArgs, environment: &Environment) -> Result<Found, Stop> {
    let paths = match args.paths.is_empty() {
        true => vec![PathBuf::from(".")],
        false => args.paths.clone(),
    };
    let site = Site::of_paths(&paths);
    let setup = Setup::new(args.request(), &site, environment)?;
    warnings(&setup.warnings);
    let run = RunOptions::default();
    let watched = Watched::start(&run, environment);
    let collected = collect::files(&setup, paths, &run)?;
    drop(watched);
    Ok(Found::of(collected, setup, &site))
}

/// Scans a history, or commits of it.
fn commits(args: &TriageArgs, environment: &Environment) -> Result<Found, Stop> {
    let repo = match args.paths.as_slice() {
        [] => None,
        [one] => Some(one.as_path()),
        _ => {
            return Err(Stop::new(
                "several paths: a history is that of one repository",
            ));
        }
    };
    let store = open(repo, None, environment)?;
    let revisions = revisions(&args.commits, &store)?;
    let site = Site::of_store(&store);
    let setup = Setup::new(args.request(), &site, environment)?;
    warnings(&setup.warnings);
    let run = RunOptions::default();
    let watched = Watched::start(&run, environment);
    let mut collected = collect::commits(&setup, &store, revisions.as_ref(), &run)?;
    drop(watched);
    let links = Permalinks::Auto.links(Some(&store), environment);
    let events = collected.events.into_iter();
    collected.events = events.map(|e| linked(e, || links.as_ref())).collect();
    Ok(Found::of(collected, setup, &site))
}

/// Reads a report.
fn read(args: &TriageArgs, report: &Path, environment: &Environment) -> Result<Found, Stop> {
    let mut reader = Reader::new(IdentityKey::of(environment));
    let gathered = reader.open(report, args.from)?;
    let foreign = gathered
        .findings()
        .filter(|(_, marks)| !marks.tool.is_empty());
    let others = foreign.map(|(finding, marks)| {
        (
            finding.secret_id,
            marks.by_value && finding.secret.is_known(),
        )
    });
    Ok(Found {
        others: others.collect(),
        outcome: gathered.summary.outcome(false),
        rules: reader.rules(),
        known: reader.known().needles(),
        events: gathered
            .entries
            .into_iter()
            .map(|entry| entry.event)
            .collect(),
        top: Home::here(environment)?.top,
        settings: Settings::load(args.request(), &Site::here(), environment)?,
    })
}

//! `stopleak triage`: asks about one secret after another.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::cli::args::TriageArgs;
use crate::cli::terminal::{FAILED, Hider, Keys, not_scanned, warn, warnings};
use crate::environment::Environment;
use crate::explain;
use crate::finding::{Event, Finding, Outcome, SecretId};
use crate::gather::Reader;
use crate::identity::IdentityKey;
use crate::report::secrets::{GroupBy, SortBy, groups};
use crate::rules::Ruleset;
use crate::setup::clock::today;
use crate::setup::{Home, Settings, Setup, Site};
use crate::stop::Stop;
use crate::triage::collect;
use crate::triage::ignores;
use crate::triage::session::{Case, Session};
use crate::triage::state::State;

/// What there is to decide about.
struct Found {
    events: Vec<Event>,
    outcome: Outcome,
    /// The secrets that another scanner reported, and whether it identifies them.
    others: HashMap<SecretId, bool>,
    hider: Hider<'static>,
    rules: Ruleset,
    /// The top of the tree.
    top: PathBuf,
    settings: Settings,
}

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(args: &TriageArgs, environment: &Environment) -> Result<u8, Stop> {
    let dumb = environment.get("TERM").is_none_or(|term| term == "dumb");
    // Before a scan that would be for nothing.
    drop(Keys::open(dumb)?);
    let found = match &args.report {
        Some(report) => read(args, report, environment)?,
        None => scan(args, environment)?,
    };
    let file = match &args.file {
        Some(file) => file.clone(),
        None => ignores::of(&found.top),
    };
    let hider = &found.hider;
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
fn scan(args: &TriageArgs, environment: &Environment) -> Result<Found, Stop> {
    let paths = match args.paths.is_empty() {
        true => vec![PathBuf::from(".")],
        false => args.paths.clone(),
    };
    let site = Site::of_paths(&paths);
    let setup = Setup::new(args.request(), &site, environment)?;
    warnings(&setup.warnings);
    let collected = collect::files(&setup, paths, 0)?;
    Ok(Found {
        outcome: collected.summary.outcome(false),
        events: collected.events,
        others: HashMap::new(),
        hider: Hider::knowing(collected.known),
        rules: setup.engine.detector.rules().clone(),
        top: site.home().unwrap_or_else(|| PathBuf::from(".")),
        settings: setup.settings,
    })
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
        hider: Hider::knowing(reader.known().needles()),
        events: gathered
            .entries
            .into_iter()
            .map(|entry| entry.event)
            .collect(),
        top: Home::here(environment)?.top,
        settings: Settings::load(args.request(), &Site::here(), environment)?,
    })
}

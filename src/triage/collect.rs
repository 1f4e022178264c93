//! What there is to decide about: the findings of a scan, in memory.

use std::collections::HashMap;
use std::convert::Infallible;
use std::path::PathBuf;

use crate::blob::BlobPath;
use crate::finding::{Event, Finding, Fingerprint, Outcome, SecretId, Summary, Verdict};
use crate::git::Store;
use crate::git::revision::Revisions;
use crate::history::{self, HistoryOptions};
use crate::inside::Most;
use crate::report::hold::Held;
use crate::report::mask::Needles;
use crate::rules::Ruleset;
use crate::scan::{self, RunOptions};
use crate::setup::{Home, Settings, Setup, Site};
use crate::source::Source;
use crate::source::range::{RangeOptions, RangeSource};
use crate::source::staged::StagedSource;
use crate::source::walk::{WalkOptions, WalkSource};
use crate::stop::Stop;

/// The results of a scan.
pub struct Collected {
    /// Everything, in listing order.
    pub events: Vec<Event>,
    /// The counts.
    pub summary: Summary,
    /// What must be masked in everything that is shown.
    pub known: Needles,
}

impl Collected {
    /// Returns the findings that count.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.events.iter().filter_map(|event| match event {
            Event::Finding(finding) if finding.verdict.is_report() => Some(&**finding),
            _ => None,
        })
    }

    /// Leaves the findings on a line of a file.
    #[must_use]
    pub fn on_line(mut self, path: &BlobPath, line: u64) -> Self {
        self.events.retain(|event| match event {
            Event::Finding(finding) => {
                let lines = finding.start.line..=finding.end.line;
                finding.path == *path && lines.contains(&line)
            }
            Event::Skipped { .. } | Event::Failed(_) => true,
        });
        self
    }
}

/// What there is to decide about in a session, of a scan or of a report.
pub struct Found {
    /// Everything.
    pub events: Vec<Event>,
    /// How the run ended.
    pub outcome: Outcome,
    /// The secrets that another scanner reported, and whether it identifies them.
    pub others: HashMap<SecretId, bool>,
    /// What must be masked in everything that is shown.
    pub known: Needles,
    /// The rules of the findings.
    pub rules: Ruleset,
    /// The top of the tree.
    pub top: PathBuf,
    /// What explains the rules.
    pub settings: Settings,
}

impl Found {
    /// Returns what a scan found.
    pub fn of(collected: Collected, setup: Setup, site: &Site) -> Self {
        Self {
            outcome: collected.summary.outcome(false),
            events: collected.events,
            others: HashMap::new(),
            known: collected.known,
            rules: setup.engine.detector.rules().clone(),
            top: site.home().unwrap_or_else(|| PathBuf::from(".")),
            settings: setup.settings,
        }
    }
}

/// Scans files and directories.
///
/// # Errors
/// Fails if a glob of the configuration is wrong.
pub fn files(setup: &Setup, paths: Vec<PathBuf>, run: &RunOptions) -> Result<Collected, Stop> {
    let settings = &setup.settings;
    let (follow, within) = settings.links(false);
    let options = WalkOptions {
        roots: paths,
        ignore_files: !settings.no_ignore(false).value,
        follow,
        within,
        most: settings.most(crate::setup::Asked::default())?,
        scope: setup.engine.policy.scope.clone(),
        environment: settings.environment().clone(),
        ..WalkOptions::default()
    };
    let source = WalkSource::new(options).map_err(|e| Stop::new(e.to_string()))?;
    Ok(collect(&source, setup, run))
}

/// Scans the whole history of a repository, or what some commits of it add.
///
/// # Errors
/// Fails if references or commits cannot be read.
pub fn commits(
    setup: &Setup,
    store: &Store,
    revisions: Option<&Revisions>,
    run: &RunOptions,
) -> Result<Collected, Stop> {
    let most = setup.settings.most(crate::setup::Asked::default())?;
    let Some(revisions) = revisions else {
        let options = HistoryOptions {
            most,
            ..HistoryOptions::default()
        };
        let scan = |on_event: &mut dyn FnMut(Event) -> bool| {
            history::run(store, &setup.engine, &options, run, on_event)
        };
        return Ok(held(run, scan)?);
    };
    let options = RangeOptions {
        most,
        messages: true,
        allow_missing: false,
    };
    let mut source = RangeSource::open(store, revisions, options)?;
    if !matches!(revisions, Revisions::Single(_)) {
        source = source.with_all_parents();
    }
    let source = source.within(setup.engine.policy.scope.clone());
    Ok(collect(&source, setup, run))
}

/// Scans a file that a person names, whether git ignores it or not.
///
/// # Errors
/// Fails like [`files`].
pub fn file(setup: &Setup, path: PathBuf) -> Result<Collected, Stop> {
    let options = WalkOptions {
        roots: vec![path],
        ignore_files: false,
        follow: true,
        most: Most::of(Most::FILE),
        scope: setup.engine.policy.scope.clone(),
        environment: setup.settings.environment().clone(),
        ..WalkOptions::default()
    };
    let source = WalkSource::new(options).map_err(|e| Stop::new(e.to_string()))?;
    Ok(collect(&source, setup, &alone()))
}

/// Scans what is staged; None without a repository.
///
/// # Errors
/// Fails if the repository cannot be read.
pub fn staged(setup: &Setup, home: &Home) -> Result<Option<Collected>, Stop> {
    let Some(store) = home.store() else {
        return Ok(None);
    };
    let most = setup.settings.most(crate::setup::Asked::default())?;
    let source = StagedSource::open(store, most)?.within(setup.engine.policy.scope.clone());
    Ok(Some(collect(&source, setup, &alone())))
}

/// A run on one thread.
fn alone() -> RunOptions {
    RunOptions {
        jobs: 1,
        ..RunOptions::default()
    }
}

fn collect<S: Source>(source: &S, setup: &Setup, run: &RunOptions) -> Collected {
    let scan = |on_event: &mut dyn FnMut(Event) -> bool| -> Result<Summary, Infallible> {
        Ok(scan::run(source, &setup.engine, run, on_event))
    };
    match held(run, scan) {
        Ok(collected) => collected,
        Err(never) => match never {},
    }
}

/// Keeps what `scan` finds.
fn held<E>(
    run: &RunOptions,
    scan: impl FnOnce(&mut dyn FnMut(Event) -> bool) -> Result<Summary, E>,
) -> Result<Collected, E> {
    let mut held = Held::new();
    let mut lost = 0;
    let mut summary = scan(&mut |event| {
        lost += u64::from(!held.push(event));
        true
    })?;
    if lost > 0 {
        let why = format!("{lost} findings do not fit into memory: take parts");
        let event = Event::Failed(crate::blob::SourceError {
            path: "triage".into(),
            why,
        });
        summary.count(&event);
        held.push(event);
    }
    Ok(Collected {
        events: held.take().collect(),
        summary,
        known: run.known.needles(),
    })
}

/// Scans everything below the top, with paths from there.
///
/// # Errors
/// Fails like [`files`].
pub fn top(setup: &Setup, home: &Home) -> Result<Collected, Stop> {
    let settings = &setup.settings;
    let options = WalkOptions {
        roots: vec![home.top.clone()],
        base: home.top.clone(),
        ignore_files: !settings.no_ignore(false).value,
        most: settings.most(crate::setup::Asked::default())?,
        scope: setup.engine.policy.scope.clone(),
        environment: settings.environment().clone(),
        ..WalkOptions::default()
    };
    let source = WalkSource::new(options).map_err(|e| Stop::new(e.to_string()))?;
    Ok(collect(&source, setup, &RunOptions::default()))
}

/// The findings of which a person wants to accept one, or all.
pub struct Choice {
    /// What was looked at.
    name: String,
    /// Fingerprint and description of each secret.
    secrets: Vec<(Fingerprint, String)>,
    /// Why there are none.
    none: String,
}

impl Choice {
    /// Returns the secrets among the findings, each once; with `column`, those that contain it.
    pub fn of(found: &Collected, name: &str, rules: &Ruleset, column: Option<u64>) -> Self {
        let mut secrets: Vec<(Fingerprint, String)> = Vec::new();
        for finding in found.findings() {
            let is_there = column
                .is_none_or(|column| (finding.start.column..finding.end.column).contains(&column));
            let print = finding.fingerprint;
            if is_there && !secrets.iter().any(|(known, _)| known.same_value(print)) {
                let (path, at) = (finding.path.to_text(), finding.start);
                let rule = &rules.get(finding.rule).id;
                let text = format!(
                    "{print}  {path}:{}:{}  {rule}  {}",
                    at.line, at.column, finding.secret
                );
                secrets.push((print, text));
            }
        }
        Self {
            name: name.to_owned(),
            secrets,
            none: none(found, name),
        }
    }

    /// Returns the fingerprints to accept.
    ///
    /// # Errors
    /// Fails if there is none, or if there are several and not `all` are wanted.
    pub fn chosen(self, all: bool) -> Result<Vec<String>, Stop> {
        match self.secrets.len() {
            0 => Err(Stop::new(self.none).help(
                "`stopleak explain FILE:LINE` says why a line is no finding; `stopleak scan` \
                 lists what is found",
            )),
            1 => Ok(vec![self.secrets[0].0.to_string()]),
            _ if all => Ok(self
                .secrets
                .iter()
                .map(|(print, _)| print.to_string())
                .collect()),
            n => {
                let lines = self.secrets.iter().map(|(_, text)| format!("\n  {text}"));
                let lines: String = lines.collect();
                let what = format!("{}: {n} secrets; which one?{lines}", self.name);
                Err(Stop::new(what).help("name its fingerprint, or use --all"))
            }
        }
    }
}

/// Returns why nothing is left to accept.
fn none(found: &Collected, name: &str) -> String {
    let accepted = found.events.iter().find_map(|event| match event {
        Event::Finding(finding) => match &finding.verdict {
            Verdict::Suppressed { by, reason } => Some(format!("{}: {reason}", by.id())),
            Verdict::Report | Verdict::Warn { .. } => None,
        },
        Event::Failed(error) => Some(format!("not scanned: {}", error.why)),
        Event::Skipped { .. } => None,
    });
    match accepted {
        Some(why) => format!("{name}: nothing to accept ({why})"),
        None => format!("{name}: no finding"),
    }
}

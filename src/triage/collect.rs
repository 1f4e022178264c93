//! What there is to decide about: the findings of a scan, in memory.

use std::path::PathBuf;

use crate::blob::BlobPath;
use crate::finding::{Event, Finding, Fingerprint, Summary, Verdict};
use crate::inside::Most;
use crate::report::hold::Held;
use crate::report::mask::Needles;
use crate::rules::Ruleset;
use crate::scan::{self, RunOptions};
use crate::setup::{Home, Setup};
use crate::source::Source;
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

/// Scans files and directories.
///
/// # Errors
/// Fails if a glob of the configuration is wrong.
pub fn files(setup: &Setup, paths: Vec<PathBuf>, jobs: usize) -> Result<Collected, Stop> {
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
    Ok(collect(&source, setup, jobs))
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
    Ok(collect(&source, setup, 1))
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
    Ok(Some(collect(&source, setup, 1)))
}

fn collect<S: Source>(source: &S, setup: &Setup, jobs: usize) -> Collected {
    let options = RunOptions {
        jobs,
        ..RunOptions::default()
    };
    let mut held = Held::new();
    let mut lost = 0;
    let summary = scan::run(source, &setup.engine, &options, &mut |event| {
        lost += u64::from(!held.push(event));
        true
    });
    let mut summary = summary;
    if lost > 0 {
        let why = format!("{lost} findings do not fit into memory: take parts");
        let event = Event::Failed(crate::blob::SourceError {
            path: "triage".into(),
            why,
        });
        summary.count(&event);
        held.push(event);
    }
    Collected {
        events: held.take().collect(),
        summary,
        known: options.known.needles(),
    }
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
    Ok(collect(&source, setup, 0))
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

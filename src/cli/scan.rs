//! `stopleak scan`: working files and standard input.

use std::path::Path;

use super::args::{CommonArgs, ScanArgs};
use super::output::{self, Broken, Opened};
use super::progress::Line;
use super::settings::Settings;
use super::site::{self, Site};
use super::term::Terminal;
use super::{FAILED, Stop, accepted, gitleaks, history, hygiene, plan};
use crate::blob::BlobPath;
use crate::finding::{Event, Outcome, Summary};
use crate::git::{OpenOptions, Store};
use crate::report::Base;
use crate::scan::{self, Engine, RunOptions};
use crate::source::preflight::PreflightSource;
use crate::source::stdin::StreamSource;
use crate::source::walk::WalkSource;

/// Runs the command and returns its exit code.
pub(super) fn run(mut args: ScanArgs) -> Result<u8, Stop> {
    if args.changed {
        return changed(&args);
    }
    if args.paths.is_empty() {
        args.paths.push(".".into());
    }
    let stdin = args.paths.iter().any(|p| p.as_os_str() == "-");
    if stdin && args.paths.len() > 1 {
        return Err(Stop::new("`-` cannot be combined with other paths")
            .help("scan standard input in a run of its own"));
    }
    if args.stdin_path.is_some() && !stdin {
        return Err(
            Stop::new("--stdin-path names standard input, which is not scanned").help("add `-`"),
        );
    }
    let site = if stdin {
        Site::here()
    } else {
        Site::of_paths(&args.paths)
    };
    let store;
    let site = match &args.common.policy_from {
        Some(revision) => {
            let top = accepted::top()?;
            store =
                Store::discover(&top, &OpenOptions::default()).map_err(|e| history::stop(&e))?;
            site.trusting(&store, revision)?
        }
        None => site,
    };
    let settings = Settings::load(&args.common.config, site)?;
    let settings = Settings {
        whole: settings.whole && args.exclude.is_empty() && args.include.is_empty(),
        ..settings
    };
    let mut engine = plan::engine(&args.common, &settings)?;
    accepted::apply(&mut engine, &args.common, &settings, &accepted::top()?)?;
    engine.base = base();
    let outputs = output::open(&args.common)?;
    let run = Run::new(&engine, &args.common, &settings, base());
    if stdin {
        let name = args.stdin_path.as_deref().unwrap_or("<stdin>");
        let size = settings.max_file_size(args.max_file_size)?.value;
        let source = StreamSource::stdin(BlobPath::from(name), size);
        return report(run, outputs, |options, on_event| {
            Ok(scan::run(&source, &engine, options, on_event))
        });
    }
    let whole = is_whole(&args);
    let scope = engine.policy.scope.clone();
    let walk = plan::walk(&args, &settings, scope, outputs.paths())?;
    let source = WalkSource::new(walk)
        .map_err(|e| Stop::new(e.to_string()).help("globs are written as in .gitignore"))?;
    report(run, outputs, |options, on_event| {
        let mut summary = scan::run(&source, &engine, options, on_event);
        summary.whole = whole;
        Ok(summary)
    })
}

/// Whether a scan looks at all files of a repository with all rules, so that an entry
/// of the baseline that it does not meet is of no use.
fn is_whole(args: &ScanArgs) -> bool {
    let at_top = || {
        let [path] = &args.paths[..] else {
            return false;
        };
        let here = std::fs::canonicalize(path).ok();
        let top = accepted::top().ok();
        here == top.and_then(|top| std::fs::canonicalize(top).ok())
    };
    let common = &args.common;
    args.exclude.is_empty()
        && args.include.is_empty()
        && common.rule.is_empty()
        && common.disable_rule.is_empty()
        && at_top()
}

/// `--changed`: what differs from HEAD, in the whole repository or below the paths
/// that were given.
fn changed(args: &ScanArgs) -> Result<u8, Stop> {
    let environment = OpenOptions::from_environment();
    let store = Store::discover(Path::new("."), &environment).map_err(|e| history::stop(&e))?;
    inside(&store)?;
    let settings = Settings::of_store(&args.common, &store)?;
    let size = settings.max_file_size(args.max_file_size)?.value;
    let mut engine = plan::engine(&args.common, &settings)?;
    accepted::apply(&mut engine, &args.common, &settings, history::top(&store))?;
    let outputs = output::open(&args.common)?;
    let within = plan::within(&store, &args.paths)?;
    let scope = engine.policy.scope.clone();
    let options = plan::walk_changed(&store, args, size, scope, outputs.paths());
    let walk = WalkSource::new(options)
        .map_err(|e| Stop::new(e.to_string()).help("globs are written as in .gitignore"))?;
    let source =
        PreflightSource::open(&store, walk, within, size).map_err(|e| history::stop(&e))?;
    let run = Run::new(&engine, &args.common, &settings, history::base(&store));
    report(run, outputs, |options, on_event| {
        let mut summary = scan::run(&source, &engine, options, on_event);
        summary.notes.extend(source.notes());
        Ok(summary)
    })
}

/// Refuses a repository whose configuration says that its files are somewhere else:
/// those of the current directory would not be looked at.
fn inside(store: &Store) -> Result<(), Stop> {
    let (Ok(here), Some(top)) = (std::env::current_dir(), store.work_dir()) else {
        return Ok(());
    };
    match std::fs::canonicalize(top) {
        Ok(top) if !here.starts_with(&top) => Err(Stop::new(format!(
            "{}: the working tree of this repository, by its `core.worktree`, in which the \
             current directory does not lie",
            top.display()
        ))
        .help("scan the files with `stopleak scan`, or change to that directory")),
        _ => Ok(()),
    }
}

/// What a run is judged and reported by.
pub(super) struct Run<'r> {
    engine: &'r Engine,
    args: &'r CommonArgs,
    settings: &'r Settings,
    base: Option<Base>,
}

impl<'r> Run<'r> {
    /// All of it together; `base` is what paths are relative to.
    pub(super) fn new(
        engine: &'r Engine,
        args: &'r CommonArgs,
        settings: &'r Settings,
        base: Option<Base>,
    ) -> Self {
        Self {
            engine,
            args,
            settings,
            base,
        }
    }
}

/// Runs a scan and reports what it says; the exit code.
pub(super) fn report(
    run: Run<'_>,
    outputs: Opened,
    scan: impl FnOnce(&RunOptions, &mut dyn FnMut(Event) -> bool) -> Result<Summary, Stop>,
) -> Result<u8, Stop> {
    let Run { engine, args, .. } = run;
    let options = plan::run_options(args);
    let terminal = Terminal::stderr(plan::color(args)?);
    let line = (terminal.interactive && !outputs.interactive())
        .then(|| Line::start(options.progress.clone()));
    let mut reports = outputs.start(args, &engine.detector, run.base);
    let mut broken = None;
    let mut hand_on = |event: Event| match reports.event(&event) {
        Ok(()) => true,
        Err(e) => {
            broken = Some(e);
            false
        }
    };
    let mut summary = scan(&options, &mut hand_on)?;
    for failure in accepted::remarks(engine, args, &mut summary) {
        let event = Event::Failed(failure);
        summary.count(&event);
        hand_on(event);
    }
    if summary.asked > 0 {
        summary.notes.push(format!(
            "{} suppression(s) asked for and not granted: they are not in the trusted revision",
            summary.asked
        ));
    }
    drop(line);
    gitleaks::tell(&engine.policy, &mut summary);
    hygiene::tell(&engine.policy, args, run.settings, &mut summary);
    let outcome = summary.outcome(args.strict);
    let finished = match broken {
        Some(broken) => Err(broken),
        None => reports.finish(&summary, outcome),
    };
    match finished {
        Ok(()) if outcome == Outcome::Findings && args.exit_zero => Ok(0),
        Ok(()) => Ok(outcome.code()),
        Err(Broken::Pipe) => Ok(FAILED),
        Err(Broken::Failed(stop)) => Err(stop),
    }
}

/// What paths are relative to, for SARIF: the top of the repository, if there is one.
fn base() -> Option<Base> {
    let current = std::env::current_dir().ok()?;
    let root = site::repository(&current).unwrap_or_else(|| current.clone());
    let bytes = |path: &std::path::Path| path.as_os_str().as_encoded_bytes().to_vec();
    Some(Base {
        current: bytes(&current),
        root: bytes(&root),
    })
}

//! `stopleak scan`: working files and standard input.

use std::path::{Path, PathBuf};

use super::args::{CommonArgs, ScanArgs};
use super::output::{self, Broken, Opened};
use super::progress::Line;
use super::term::Terminal;
use super::{FAILED, Stop, gitleaks, history, plan};
use crate::blob::BlobPath;
use crate::finding::{Event, Outcome, Summary};
use crate::git::{OpenOptions, Store};
use crate::report::Base;
use crate::scan::{self, Engine, RunOptions};
use crate::source::Source;
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
    let engine = plan::engine(&args.common, &top(&args.paths))?;
    let outputs = output::open(&args.common)?;
    if stdin {
        let name = args.stdin_path.as_deref().unwrap_or("<stdin>");
        let source = StreamSource::stdin(BlobPath::from(name), args.max_file_size);
        return scan_source(&source, &engine, outputs, &args.common);
    }
    let walk = plan::walk(&args, outputs.paths());
    let source = WalkSource::new(walk)
        .map_err(|e| Stop::new(e.to_string()).help("globs are written as in .gitignore"))?;
    scan_source(&source, &engine, outputs, &args.common)
}

/// `--changed`: what differs from HEAD, in the whole repository or below the paths
/// that were given.
fn changed(args: &ScanArgs) -> Result<u8, Stop> {
    let environment = OpenOptions::from_environment();
    let store = Store::discover(Path::new("."), &environment).map_err(|e| history::stop(&e))?;
    let engine = plan::engine(&args.common, store.work_dir().unwrap_or(store.git_dir()))?;
    let outputs = output::open(&args.common)?;
    let within = plan::within(&store, &args.paths)?;
    let options = plan::walk_changed(&store, args, outputs.paths());
    let walk = WalkSource::new(options)
        .map_err(|e| Stop::new(e.to_string()).help("globs are written as in .gitignore"))?;
    let source = PreflightSource::open(&store, walk, within, args.max_file_size)
        .map_err(|e| history::stop(&e))?;
    let base = history::base(&store);
    report(&engine, outputs, &args.common, base, |options, on_event| {
        let mut summary = scan::run(&source, &engine, options, on_event);
        summary.notes.extend(source.notes());
        Ok(summary)
    })
}

/// Scans a source and reports; the exit code.
pub(super) fn scan_source<S: Source>(
    source: &S,
    engine: &Engine,
    outputs: Opened,
    args: &CommonArgs,
) -> Result<u8, Stop> {
    report(engine, outputs, args, base(), |options, on_event| {
        Ok(scan::run(source, engine, options, on_event))
    })
}

/// Runs a scan and reports what it says; the exit code.
pub(super) fn report(
    engine: &Engine,
    outputs: Opened,
    args: &CommonArgs,
    base: Option<Base>,
    run: impl FnOnce(&RunOptions, &mut dyn FnMut(Event) -> bool) -> Result<Summary, Stop>,
) -> Result<u8, Stop> {
    let options = plan::run_options(args);
    let terminal = Terminal::stderr(plan::color(args)?);
    let line = (terminal.interactive && !outputs.interactive())
        .then(|| Line::start(options.progress.clone()));
    let mut reports = outputs.start(args, engine.detector.rules(), base);
    let mut broken = None;
    let mut summary = run(&options, &mut |event| match reports.event(&event) {
        Ok(()) => true,
        Err(e) => {
            broken = Some(e);
            false
        }
    })?;
    drop(line);
    gitleaks::tell(&engine.policy, &mut summary);
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

/// Where a configuration is looked for: in the directory that is scanned, else in the
/// current one.
fn top(paths: &[PathBuf]) -> PathBuf {
    match paths {
        [only] if only.is_dir() => only.clone(),
        _ => ".".into(),
    }
}

/// What paths are relative to, for SARIF: the top of the repository, if there is one.
fn base() -> Option<Base> {
    let current = std::env::current_dir().ok()?;
    let root = current
        .ancestors()
        .find(|dir| dir.join(".git").exists())
        .unwrap_or(&current);
    let bytes = |path: &std::path::Path| path.as_os_str().as_encoded_bytes().to_vec();
    Some(Base {
        current: bytes(&current),
        root: bytes(root),
    })
}

//! `stopleak scan`: scans files and standard input.

use super::open;
use crate::blob::BlobPath;
use crate::cli::args::ScanArgs;
use crate::cli::terminal::{Opened, report};
use crate::environment::Environment;
use crate::git::Store;
use crate::scan;
use crate::setup::{Setup, Site};
use crate::source::preflight::PreflightSource;
use crate::source::stdin::StreamSource;
use crate::source::walk::{WalkOptions, WalkSource};
use crate::stop::Stop;

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(args: ScanArgs, environment: &Environment) -> Result<u8, Stop> {
    let stdin = !args.changed && args.paths.iter().any(|p| p.as_os_str() == "-");
    if stdin && args.paths.len() > 1 {
        return Err(Stop::new("`-` cannot be combined with other paths")
            .help("scan standard input separately"));
    }
    if args.stdin_path.is_some() && !stdin {
        return Err(Stop::new("--stdin-path needs standard input").help("add the path `-`"));
    }
    match (stdin, args.changed) {
        (true, _) => stream(args, environment),
        (false, false) => files(args, environment),
        (false, true) => changed(args, environment),
    }
}

/// Files and directories.
fn files(mut args: ScanArgs, environment: &Environment) -> Result<u8, Stop> {
    if args.paths.is_empty() {
        args.paths.push(".".into());
    }
    let (request, reporting) = args.common.split();
    let site = Site::of_paths(&args.paths);
    let site = match args.exclude.is_empty() && args.include.is_empty() {
        true => site,
        false => site.in_part(),
    };
    let setup = Setup::new(request, &site, environment)?;
    let outputs = Opened::open(reporting, environment)?;
    let settings = &setup.settings;
    let no_ignore = settings.no_ignore(args.no_ignore).value;
    let options = WalkOptions {
        roots: args.paths,
        ignore_files: !no_ignore,
        follow: settings.follow(args.follow).value,
        max_bytes: settings.max_file_size(args.size.max_file_size)?.value,
        exclude: args.exclude,
        include: args.include,
        scope: setup.engine.policy.scope.clone(),
        outputs: outputs.paths(),
        environment: environment.clone(),
        ..WalkOptions::default()
    };
    let source = walk(options)?;
    report(&setup, outputs, |options, on_event| {
        let mut summary = scan::run(&source, &setup.engine, options, on_event);
        summary.whole = settings.sees_all();
        Ok(summary)
    })
}

/// Scans standard input.
fn stream(args: ScanArgs, environment: &Environment) -> Result<u8, Stop> {
    let (request, reporting) = args.common.split();
    let setup = Setup::new(request, &Site::here(), environment)?;
    let outputs = Opened::open(reporting, environment)?;
    let name = args.stdin_path.as_deref().unwrap_or("<stdin>");
    let size = setup.settings.max_file_size(args.size.max_file_size)?.value;
    let source = StreamSource::stdin(BlobPath::from(name), size);
    report(&setup, outputs, |options, on_event| {
        Ok(scan::run(&source, &setup.engine, options, on_event))
    })
}

/// `--changed`: scans what differs from HEAD, in the whole repository or below the given
/// paths.
fn changed(args: ScanArgs, environment: &Environment) -> Result<u8, Stop> {
    let store = open(None, None, environment)?;
    inside(&store)?;
    let (request, reporting) = args.common.split();
    let setup = Setup::new(request, &Site::of_store(&store), environment)?;
    let size = setup.settings.max_file_size(args.size.max_file_size)?.value;
    let outputs = Opened::open(reporting, environment)?;
    let top = store.work_dir().unwrap_or(store.git_dir()).to_owned();
    let walk = walk(WalkOptions {
        roots: vec![top.clone()],
        max_bytes: size,
        exclude: args.exclude,
        include: args.include,
        scope: setup.engine.policy.scope.clone(),
        base: top,
        outputs: outputs.paths(),
        environment: environment.clone(),
        ..WalkOptions::default()
    })?;
    let source = PreflightSource::open(&store, walk, &args.paths, size)?;
    report(&setup, outputs, |options, on_event| {
        let mut summary = scan::run(&source, &setup.engine, options, on_event);
        summary.notes.extend(source.notes());
        Ok(summary)
    })
}

fn walk(options: WalkOptions) -> Result<WalkSource, Stop> {
    WalkSource::new(options)
        .map_err(|e| Stop::new(e.to_string()).help("write globs as in .gitignore"))
}

/// Refuses a repository whose `core.worktree` is elsewhere: the scan would miss the files of
/// the current directory.
fn inside(store: &Store) -> Result<(), Stop> {
    let (Ok(here), Some(top)) = (std::env::current_dir(), store.work_dir()) else {
        return Ok(());
    };
    match std::fs::canonicalize(top) {
        Ok(top) if !here.starts_with(&top) => Err(Stop::new(format!(
            "{}: `core.worktree` names this as the working tree, but the current directory is \
             outside of it",
            top.display()
        ))
        .help("scan the files with `stopleak scan`, or change to that directory")),
        _ => Ok(()),
    }
}

//! `stopleak scan`: scans files and standard input.

use std::path::Path;

use super::{bad_glob, open, without};
use crate::blob::BlobPath;
use crate::cli::args::ScanArgs;
use crate::cli::terminal::{Opened, report};
use crate::environment::Environment;
use crate::scan;
use crate::setup::{Setup, Site};
use crate::source::preflight::PreflightSource;
use crate::source::stdin::StreamSource;
use crate::source::walk::{WalkOptions, WalkSource};
use crate::stop::Stop;

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(mut args: ScanArgs, environment: &Environment) -> Result<u8, Stop> {
    if let Some(list) = args.items.take() {
        return super::items::run(&list, args, environment);
    }
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
    let outputs = Opened::open(reporting, &setup, environment)?;
    outputs.spares(&args.paths)?;
    let settings = &setup.settings;
    let no_ignore = settings.no_ignore(args.no_ignore).value;
    let (follow, within) = settings.links(args.follow);
    let options = WalkOptions {
        roots: args.paths,
        ignore_files: !no_ignore,
        follow,
        within,
        most: settings.most(args.size.asked())?,
        exclude: args.exclude.clone(),
        include: args.include,
        scope: setup.engine.policy.scope.clone(),
        outputs: outputs.paths(),
        environment: environment.clone(),
        ..WalkOptions::default()
    };
    let source = without(walk(options)?, &args.exclude)?;
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
    let outputs = Opened::open(reporting, &setup, environment)?;
    let name = args.stdin_path.as_deref().unwrap_or("<stdin>");
    let most = setup.settings.most(args.size.asked())?;
    let source = StreamSource::stdin(BlobPath::from(name), most);
    let source = without(source, &args.exclude)?;
    report(&setup, outputs, |options, on_event| {
        Ok(scan::run(&source, &setup.engine, options, on_event))
    })
}

/// `--changed`: scans what differs from HEAD, in the whole repository or below the given
/// paths.
fn changed(args: ScanArgs, environment: &Environment) -> Result<u8, Stop> {
    let store = open(None, None, environment)?;
    let top = store.work_tree()?.to_owned();
    inside(&top, environment)?;
    let (request, reporting) = args.common.split();
    let setup = Setup::new(request, &Site::of_store(&store), environment)?;
    let most = setup.settings.most(args.size.asked())?;
    let outputs = Opened::open(reporting, &setup, environment)?;
    outputs.spares(&args.paths)?;
    let walk = walk(WalkOptions {
        roots: vec![top.clone()],
        most,
        exclude: args.exclude.clone(),
        include: args.include,
        scope: setup.engine.policy.scope.clone(),
        base: top,
        outputs: outputs.paths(),
        environment: environment.clone(),
        ..WalkOptions::default()
    })?;
    let source = PreflightSource::open(&store, walk, &args.paths, most)?;
    let source = without(source, &args.exclude)?;
    report(&setup, outputs, |options, on_event| {
        let mut summary = scan::run(&source, &setup.engine, options, on_event);
        summary.notes.extend(source.source().notes());
        Ok(summary)
    })
}

fn walk(options: WalkOptions) -> Result<WalkSource, Stop> {
    WalkSource::new(options).map_err(bad_glob)
}

/// Refuses a working tree that the current directory is not in, unless the user names it:
/// the scan would miss the files that the user sees.
fn inside(top: &Path, environment: &Environment) -> Result<(), Stop> {
    let (Ok(here), Ok(top)) = (std::env::current_dir(), std::fs::canonicalize(top)) else {
        return Ok(());
    };
    if here.starts_with(&top) || environment.get("GIT_WORK_TREE").is_some() {
        return Ok(());
    }
    Err(Stop::new(format!(
        "{}: this is the working tree of the repository, and the current directory is outside \
         of it",
        top.display()
    ))
    .help("scan the files with `stopleak scan`, or change to that directory"))
}

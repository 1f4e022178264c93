//! `stopleak scan`: working files and standard input.

use std::path::Path;

use super::args::ScanArgs;
use super::running::{Run, report};
use super::settings::Settings;
use super::site::Site;
use super::{output, plan};
use crate::blob::BlobPath;
use crate::git::{OpenOptions, Store};
use crate::scan;
use crate::source::preflight::PreflightSource;
use crate::source::stdin::StreamSource;
use crate::source::walk::WalkSource;
use crate::stop::Stop;

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
            let top = site.top.as_deref().ok_or_else(|| {
                Stop::new(
                    "--policy-from names a revision, and the paths lie in several repositories",
                )
                .help("scan each repository in a run of its own")
            })?;
            store = Store::discover(top, &OpenOptions::default())?;
            site.trusting(&store, revision)?
        }
        None => site,
    };
    let settings = Settings::load(&args.common.config, site)?;
    let settings = Settings {
        whole: settings.whole && args.exclude.is_empty() && args.include.is_empty(),
        ..settings
    };
    let engine = plan::engine(&args.common, &settings)?;
    let outputs = output::open(&args.common)?;
    let run = Run::new(&engine, &args.common, &settings);
    if stdin {
        let name = args.stdin_path.as_deref().unwrap_or("<stdin>");
        let size = settings.max_file_size(args.max_file_size)?.value;
        let source = StreamSource::stdin(BlobPath::from(name), size);
        return report(run, outputs, |options, on_event| {
            Ok(scan::run(&source, &engine, options, on_event))
        });
    }
    let scope = engine.policy.scope.clone();
    let walk = plan::walk(&args, &settings, scope, outputs.paths())?;
    let source = WalkSource::new(walk)
        .map_err(|e| Stop::new(e.to_string()).help("globs are written as in .gitignore"))?;
    report(run, outputs, |options, on_event| {
        let mut summary = scan::run(&source, &engine, options, on_event);
        summary.whole = settings.sees_all(&args.common);
        Ok(summary)
    })
}

/// `--changed`: what differs from HEAD, in the whole repository or below the paths
/// that were given.
fn changed(args: &ScanArgs) -> Result<u8, Stop> {
    let environment = OpenOptions::from_environment(&super::environment());
    let store = Store::discover(Path::new("."), &environment)?;
    inside(&store)?;
    let settings = Settings::of_store(&args.common, &store)?;
    let size = settings.max_file_size(args.max_file_size)?.value;
    let engine = plan::engine(&args.common, &settings)?;
    let outputs = output::open(&args.common)?;
    let within = plan::within(&store, &args.paths)?;
    let scope = engine.policy.scope.clone();
    let options = plan::walk_changed(&store, args, size, scope, outputs.paths());
    let walk = WalkSource::new(options)
        .map_err(|e| Stop::new(e.to_string()).help("globs are written as in .gitignore"))?;
    let source = PreflightSource::open(&store, walk, within, size)?;
    let run = Run::new(&engine, &args.common, &settings);
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

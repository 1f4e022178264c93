//! `stopleak history`: whole histories and ranges of commits.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::args::HistoryArgs;
use super::settings::Settings;
use super::{output, plan, running};
use crate::git::revision::{self, Revisions};
use crate::git::{GitError, OpenOptions, Store};
use crate::history::HistoryOptions;
use crate::source::range::{RangeOptions, RangeSource};
use crate::stop::Stop;

/// Runs the command and returns its exit code.
pub(super) fn run(args: &HistoryArgs) -> Result<u8, Stop> {
    let store = open(args.repo.as_deref(), args.max_unpacked)?;
    let settings = Settings::of_store(&args.common, &store)?;
    match revisions(args, &store)? {
        Some(revisions) => range(args, &settings, &store, &revisions),
        None => whole(args, &settings, &store, Vec::new()),
    }
}

/// Opens the repository: where the environment says only if the user does not.
pub(super) fn open(repo: Option<&Path>, max_unpacked: Option<u64>) -> Result<Store, GitError> {
    let (path, options) = match repo {
        Some(path) => (path, OpenOptions::default()),
        None => (
            Path::new("."),
            OpenOptions::from_environment(&super::environment()),
        ),
    };
    let options = OpenOptions {
        max_unpacked,
        ..options
    };
    Store::discover(path, &options)
}

/// The commits that the arguments choose; None for the whole history.
fn revisions(args: &HistoryArgs, store: &Store) -> Result<Option<Revisions>, GitError> {
    if let Some(range) = &args.range {
        return revision::parse(store, range).map(Some);
    }
    if let Some(date) = &args.since {
        return revision::since(store, revision::parse_time(date)?, true).map(Some);
    }
    if let Some(commit) = &args.commit {
        let id = revision::parse_commit(store, commit)?;
        return Ok(Some(Revisions::Single(id)));
    }
    Ok(None)
}

fn range(
    args: &HistoryArgs,
    settings: &Settings,
    store: &Store,
    revisions: &Revisions,
) -> Result<u8, Stop> {
    let options = range_options(args, settings)?;
    let source = RangeSource::open(store, revisions, options)?;
    scan_range(args, settings, source, Vec::new())
}

/// What of a range is scanned.
pub(super) fn range_options(args: &HistoryArgs, settings: &Settings) -> Result<RangeOptions, Stop> {
    Ok(RangeOptions {
        max_bytes: settings.max_file_size(args.max_file_size)?.value,
        messages: !args.no_messages,
        allow_missing: args.allow_missing,
    })
}

/// Scans the commits of a range and reports, with `notes` in the summary.
pub(super) fn scan_range(
    args: &HistoryArgs,
    settings: &Settings,
    source: RangeSource<'_>,
    notes: Vec<String>,
) -> Result<u8, Stop> {
    let engine = plan::engine(&args.common, settings)?;
    let source = source.within(engine.policy.scope.clone());
    let outputs = output::open(&args.common)?;
    let run = running::Run::new(&engine, &args.common, settings);
    running::report(run, outputs, |run, on_event| {
        let mut summary = crate::scan::run(&source, &engine, run, on_event);
        summary.commits = source.commits() as u64;
        summary.notes.extend(notes);
        summary.notes.extend(source.notes());
        Ok(summary)
    })
}

/// Scans the whole history and reports, with `notes` in the summary.
pub(super) fn whole(
    args: &HistoryArgs,
    settings: &Settings,
    store: &Store,
    notes: Vec<String>,
) -> Result<u8, Stop> {
    let globs = ref_globs(&args.refs)?;
    let wanted = |name: &[u8]| globs.is_match(String::from_utf8_lossy(name).as_ref());
    let options = HistoryOptions {
        refs: if args.refs.is_empty() {
            None
        } else {
            Some(&wanted)
        },
        all_objects: args.all_objects,
        allow_missing: args.allow_missing,
        messages: !args.no_messages,
        delta: !args.no_delta,
        max_bytes: settings.max_file_size(args.max_file_size)?.value,
        ..HistoryOptions::default()
    };
    let engine = plan::engine(&args.common, settings)?;
    let outputs = output::open(&args.common)?;
    let run = running::Run::new(&engine, &args.common, settings);
    running::report(run, outputs, |run, on_event| {
        let summary = crate::history::run(store, &engine, &options, run, on_event);
        let mut summary = summary?;
        summary.whole = args.refs.is_empty() && settings.is_unnarrowed(&args.common);
        summary.notes.splice(0..0, notes);
        Ok(summary)
    })
}

/// Globs of references; one without `refs/` is taken as a branch's or tag's name.
fn ref_globs(globs: &[String]) -> Result<GlobSet, Stop> {
    let bad = |e: globset::Error| Stop::new(e.to_string()).help("write it as in refs/heads/*");
    let mut builder = GlobSetBuilder::new();
    for glob in globs {
        let full = glob == "HEAD" || glob.starts_with("refs/") || glob.starts_with("worktrees/");
        let forms = if full {
            vec![glob.clone()]
        } else {
            ["heads", "tags", "remotes"]
                .iter()
                .map(|kind| format!("refs/{kind}/{glob}"))
                .collect()
        };
        for form in forms {
            builder.add(GlobBuilder::new(&form).build().map_err(bad)?);
        }
    }
    builder.build().map_err(bad)
}

//! `stopleak history`: scans whole histories and ranges of commits.

use super::open;
use crate::cli::args::{CommitArgs, HistoryArgs};
use crate::cli::terminal::{Opened, report, warnings};
use crate::environment::Environment;
use crate::git::revision::{self, Revisions};
use crate::git::{GitError, Store};
use crate::history::{HistoryOptions, Memory, RefGlobs};
use crate::setup::{Remembered, Remembering, Setup, Site};
use crate::source::range::{RangeOptions, RangeSource};
use crate::stop::Stop;

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(args: HistoryArgs, environment: &Environment) -> Result<u8, Stop> {
    let store = open(args.repo.as_deref(), args.objects.max_unpacked, environment)?;
    let revisions = revisions(&args.commits, &store)?;
    let (mut request, reporting) = args.common.split();
    request.exclude.clone_from(&args.objects.exclude);
    let setup = Setup::new(request, &Site::of_store(&store), environment)?;
    let most = setup.settings.most(args.objects.size.asked())?;
    let Some(revisions) = revisions else {
        let globs = RefGlobs::new(&args.refs)
            .map_err(|why| Stop::new(why).help("write it like refs/heads/*"))?;
        let wanted = |name: &[u8]| globs.matches(name);
        let options = HistoryOptions {
            refs: (!args.refs.is_empty()).then_some(&wanted),
            all_objects: args.all_objects,
            allow_missing: args.objects.allow_missing,
            messages: !args.objects.no_messages,
            delta: !args.no_delta,
            most,
            ..HistoryOptions::default()
        };
        let outputs = Opened::open(reporting, &setup, environment)?;
        let writes = crate::ci::may_keep(environment);
        let kept = Kept {
            refs: args.refs.clone(),
            ..Kept::open(&args.cache.asked(), &store, environment, writes)?
        };
        return whole(&setup, outputs, (&store, kept), options, Vec::new());
    };
    let options = RangeOptions {
        most,
        messages: !args.objects.no_messages,
        allow_missing: args.objects.allow_missing,
    };
    let mut source = RangeSource::open(&store, &revisions, options)?;
    if !options.allow_missing && !matches!(revisions, Revisions::Single(_)) {
        source = source.with_all_parents();
    }
    let outputs = Opened::open(reporting, &setup, environment)?;
    let nothing = (source.commits() == 0).then(|| "there are no such commits".to_owned());
    range(&setup, outputs, source, nothing.into_iter().collect())
}

/// Returns the commits that the arguments select, or None for the whole history.
pub(super) fn revisions(args: &CommitArgs, store: &Store) -> Result<Option<Revisions>, GitError> {
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

/// Scans the commits of a range and reports, with `notes` in the summary.
pub(super) fn range(
    setup: &Setup,
    outputs: Opened,
    source: RangeSource<'_>,
    notes: Vec<String>,
) -> Result<u8, Stop> {
    let source = source.within(setup.engine.policy.scope.clone());
    report(setup, outputs, |run, on_event| {
        let mut summary = crate::scan::run(&source, &setup.engine, run, on_event);
        summary.commits = source.commits() as u64;
        summary.notes.extend(notes);
        summary.notes.extend(source.notes());
        Ok(summary)
    })
}

/// What earlier runs kept.
#[derive(Default)]
pub(super) struct Kept {
    remembered: Option<Remembered>,
    /// Which references count; empty for all.
    pub(super) refs: Vec<String>,
}

impl Kept {
    /// Opens the cache. With `writes`, this run keeps what it finds out.
    pub(super) fn open(
        asked: &Remembering,
        store: &Store,
        environment: &Environment,
        writes: bool,
    ) -> Result<Self, Stop> {
        let (remembered, why_not) = asked.open(environment, store.work_dir(), writes)?;
        warnings(&why_not);
        let refs = Vec::new();
        Ok(Self { remembered, refs })
    }
}

/// Returns the options with what an open cache is to a scan of the references `refs`.
pub(super) fn remembering<'a>(
    options: HistoryOptions<'a>,
    remembered: Option<&'a Remembered>,
    setup: &Setup,
    refs: &[String],
) -> HistoryOptions<'a> {
    let cache = remembered.map(|remembered| Memory {
        cache: &remembered.cache,
        judge: setup.judge(&options.most),
        whole: setup.judge_whole(&options.most, refs),
        pays: remembered.pays,
        apart: false,
    });
    HistoryOptions { cache, ..options }
}

/// Scans the whole history and reports, with `notes` in the summary.
pub(super) fn whole(
    setup: &Setup,
    outputs: Opened,
    (store, kept): (&Store, Kept),
    options: HistoryOptions<'_>,
    notes: Vec<String>,
) -> Result<u8, Stop> {
    let options = remembering(options, kept.remembered.as_ref(), setup, &kept.refs);
    let code = report(setup, outputs, |run, on_event| {
        let mut summary = crate::history::run(store, &setup.engine, &options, run, on_event)?;
        summary.whole = options.refs.is_none() && setup.settings.is_unnarrowed();
        summary.notes.splice(0..0, notes);
        Ok(summary)
    });
    if let Some(remembered) = &kept.remembered {
        warnings(&remembered.cache.troubles());
    }
    code
}

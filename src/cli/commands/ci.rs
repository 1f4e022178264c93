//! `stopleak ci`: scans what a change adds and prints why.

use std::sync::Arc;

use super::history::{self, Kept};
use super::{open, told};
use crate::ci::{Change, Decision, Wanted, decide, of_whole, resolve, too_shallow};
use crate::cli::args::{CacheArgs, CiArgs, ObjectArgs};
use crate::cli::terminal::{FAILED, Opened, Reporting, warn};
use crate::environment::Environment;
use crate::git::Store;
use crate::history::HistoryOptions;
use crate::report::Format;
use crate::setup::trust::PolicyFrom;
use crate::setup::{Request, Settings, Setup, Site};
use crate::source::range::{RangeOptions, RangeSource};
use crate::stop::Stop;

/// A job: its decision, its scan options and its environment.
struct Job<'j> {
    decision: &'j Decision,
    environment: &'j Environment,
    /// How to print what would be scanned, if that is all there is to do.
    dry: Option<Format>,
    objects: &'j ObjectArgs,
    cache: &'j CacheArgs,
    store: Arc<Store>,
}

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(args: CiArgs, environment: &Environment) -> Result<u8, Stop> {
    let base = args.base.as_deref().filter(|base| !base.is_empty());
    let decision = &decide(environment, base)?;
    let (mut request, reporting) = args.common.split();
    request.exclude.clone_from(&args.objects.exclude);
    let dry = args
        .dry_run
        .then(|| reporting.stdout.unwrap_or(Format::Text));
    if decision.wanted == Wanted::Nothing {
        let lines = told(dry, decision, &["scan: nothing, no commit is left"])?;
        lines.iter().flatten().for_each(|line| warn(line));
        return Ok(0);
    }
    let job = Job {
        decision,
        environment,
        dry,
        objects: &args.objects,
        cache: &args.cache,
        store: open(None, args.objects.max_unpacked, environment)?,
    };
    let code = match &decision.wanted {
        Wanted::Change(change) => changed(&job, change, request, reporting),
        _ => whole(&job, request, reporting),
    }?;
    if code == FAILED && job.store.facts().partial {
        let whole = decision.system.whole_clone();
        warn(&format!("  help: this is a partial clone: {whole}"));
    }
    Ok(code)
}

/// Scans the whole history; refuses a shallow clone.
fn whole(job: &Job<'_>, request: Request, reporting: Reporting) -> Result<u8, Stop> {
    if job.store.facts().shallow {
        let missing = "history before its first commits";
        return Err(too_shallow(job.decision.system, missing));
    }
    let chosen = of_whole(job.decision, &job.store)?;
    // Only what is merged keeps something for other jobs.
    let keeps = chosen.policy == PolicyFrom::Checkout;
    let (request, policy) = chosen.judges(request);
    let mut lines = vec![
        "scan: the whole history, from every reference".to_owned(),
        "why: the event names no change".to_owned(),
    ];
    lines.extend(policy);
    let Some(lines) = told(job.dry, job.decision, &lines)? else {
        return Ok(0);
    };
    let setup = Setup::new(request, &Site::of_store(&job.store), job.environment);
    let (setup, outputs) = ready(job, setup, reporting, &lines)?;
    let options = HistoryOptions {
        allow_missing: job.objects.allow_missing,
        messages: !job.objects.no_messages,
        most: setup.settings.most(job.objects.size.asked())?,
        ..HistoryOptions::default()
    };
    let notes = vec![lines.join("; ")];
    let kept = Kept::open(&job.cache.asked(), &job.store, job.environment, keeps)?;
    history::whole(&setup, outputs, (&job.store, kept), options, notes)
}

/// Scans what a change adds.
fn changed(
    job: &Job<'_>,
    change: &Change,
    request: Request,
    reporting: Reporting,
) -> Result<u8, Stop> {
    let resolved = resolve(job.decision, change, &job.store)?;
    let (request, policy) = resolved.policy.clone().judges(request);
    let settings = Settings::load(request, &Site::of_store(&job.store), job.environment)?;
    let options = RangeOptions {
        most: settings.most(job.objects.size.asked())?,
        messages: !job.objects.no_messages,
        allow_missing: job.objects.allow_missing,
    };
    let source = RangeSource::open(&job.store, &resolved.revisions(), options)?
        .with_tags(resolved.tags.clone())
        .with_name(resolved.name.clone());
    if source.cut_off() > 0 {
        let (cut, all) = (source.cut_off(), source.commits());
        let started = format!("the parent of {cut} of {all} commits of the change");
        let missing = resolved.absent.as_deref().unwrap_or(&started);
        return Err(too_shallow(job.decision.system, missing));
    }
    let mut lines = vec![
        format!("scan: {}", resolved.range()),
        format!("commits: {}", source.commits()),
        format!("why: {}", resolved.why),
    ];
    lines.extend(policy);
    let Some(lines) = told(job.dry, job.decision, &lines)? else {
        return Ok(0);
    };
    let (setup, outputs) = ready(job, Setup::with(settings), reporting, &lines)?;
    history::range(&setup, outputs, source, vec![lines.join("; ")])
}

/// Opens the reports. The lines come before them, or before the error.
fn ready(
    job: &Job<'_>,
    setup: Result<Setup, Stop>,
    reporting: Reporting,
    lines: &[String],
) -> Result<(Setup, Opened), Stop> {
    setup
        .and_then(|setup| {
            let outputs = Opened::open(reporting, &setup, job.environment)?;
            Ok((setup, outputs))
        })
        .map(|(setup, outputs)| (setup, outputs.announcing(lines.to_vec())))
        .inspect_err(|_| lines.iter().for_each(|line| warn(line)))
}

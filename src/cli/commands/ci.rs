//! `stopleak ci`: scans what a change adds and prints why.

use std::sync::Arc;

use super::{history, open};
use crate::ci::{Change, Chosen, Decision, Wanted, decide, of_whole, resolve, too_shallow};
use crate::cli::args::{CiArgs, ObjectArgs};
use crate::cli::terminal::{FAILED, Opened, Reporting, tell, warn};
use crate::environment::Environment;
use crate::git::Store;
use crate::history::HistoryOptions;
use crate::report::escape::escape;
use crate::setup::trust::PolicyFrom;
use crate::setup::{Request, Settings, Setup, Site};
use crate::source::range::{RangeOptions, RangeSource};
use crate::stop::Stop;

/// A job: its decision, its scan options and its environment.
struct Job<'j> {
    decision: &'j Decision,
    environment: &'j Environment,
    dry_run: bool,
    objects: &'j ObjectArgs,
    store: Arc<Store>,
}

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(args: CiArgs, environment: &Environment) -> Result<u8, Stop> {
    let base = args.base.as_deref().filter(|base| !base.is_empty());
    let decision = &decide(environment, base)?;
    if decision.wanted == Wanted::Nothing {
        let nothing = "scan: nothing, no commit is left";
        say(args.dry_run, decision, vec![nothing.to_owned()]);
        return Ok(0);
    }
    let job = Job {
        decision,
        environment,
        dry_run: args.dry_run,
        objects: &args.objects,
        store: open(None, args.objects.max_unpacked, environment)?,
    };
    let (request, reporting) = args.common.split();
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
    let (request, policy) = judged_by(request, of_whole(job.decision, &job.store)?);
    let mut lines = vec![
        "scan: the whole history, from every reference".to_owned(),
        "why: the event names no change".to_owned(),
    ];
    lines.extend(policy);
    let note = say(job.dry_run, job.decision, lines);
    if job.dry_run {
        return Ok(0);
    }
    let setup = Setup::new(request, &Site::of_store(&job.store), job.environment)?;
    let options = HistoryOptions {
        allow_missing: job.objects.allow_missing,
        messages: !job.objects.no_messages,
        max_bytes: setup
            .settings
            .max_file_size(job.objects.size.max_file_size)?
            .value,
        ..HistoryOptions::default()
    };
    let outputs = Opened::open(reporting, &setup, job.environment)?;
    history::whole(&setup, outputs, &job.store, &options, vec![note])
}

/// Scans what a change adds.
fn changed(
    job: &Job<'_>,
    change: &Change,
    request: Request,
    reporting: Reporting,
) -> Result<u8, Stop> {
    let resolved = resolve(job.decision, change, &job.store)?;
    let (request, policy) = judged_by(request, resolved.policy.clone());
    let settings = Settings::load(request, &Site::of_store(&job.store), job.environment)?;
    let options = RangeOptions {
        max_bytes: settings
            .max_file_size(job.objects.size.max_file_size)?
            .value,
        messages: !job.objects.no_messages,
        allow_missing: job.objects.allow_missing,
    };
    let source = RangeSource::open(&job.store, &resolved.revisions(), options)?
        .with_tags(resolved.tags.clone());
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
    let note = say(job.dry_run, job.decision, lines);
    if job.dry_run {
        return Ok(0);
    }
    let setup = Setup::with(settings)?;
    let outputs = Opened::open(reporting, &setup, job.environment)?;
    history::range(&setup, outputs, source, vec![note])
}

/// Sets whose policy counts, unless the user did. Returns the lines that say so.
fn judged_by(mut request: Request, chosen: Chosen) -> (Request, [String; 2]) {
    let why = match request.policy_from {
        PolicyFrom::Named(_) => "policy: as `--policy-from` names it".to_owned(),
        _ => format!("policy: {}", chosen.why),
    };
    request.policy_from = request.policy_from.or(chosen.policy);
    let base = format!("base: {}", request.policy_from);
    (request, [base, why])
}

/// Prints what is scanned and why, and returns it in one line. Prints to standard error, away
/// from the report, except in a dry run.
fn say(dry_run: bool, decision: &Decision, mut lines: Vec<String>) -> String {
    lines.insert(0, format!("event: {}", decision.event));
    lines.insert(0, format!("ci: {}", decision.system.name()));
    let lines: Vec<String> = lines.iter().map(|line| escape(line.as_bytes())).collect();
    for line in &lines {
        match dry_run {
            true => tell(&format!("{line}\n")),
            false => warn(line),
        }
    }
    lines.join("; ")
}

//! `stopleak ci`: works out from the environment what a change brings, says so, and
//! scans it. How commits are scanned is `history`'s business.
//!
//! `decide` is a pure function of variables and event, `resolve` looks up in the
//! repository what it names.

mod decide;
mod decision;
mod environment;
mod github;
mod gitlab;
mod others;
mod resolve;
#[cfg(test)]
mod tests;

use std::io::Write;

use super::args::{CiArgs, HistoryArgs};
use super::settings::Settings;
use super::{FAILED, history, warn};
use crate::git::Store;
use crate::report::escape::escape;
use crate::source::range::RangeSource;
use crate::stop::Stop;
use decide::decide;
use decision::{Change, Decision, System, Wanted};
use environment::Environment;

/// Runs the command and returns its exit code.
pub(super) fn run(args: CiArgs) -> Result<u8, Stop> {
    let environment = Environment::of_process();
    let base = args.base.as_deref().filter(|base| !base.is_empty());
    let payload = match environment.payload() {
        _ if !System::of(&environment).has_payload() => None,
        Err(_) if base.is_some() => None,
        payload => payload?,
    };
    let decision = decide(&environment, payload.as_deref(), base)?;
    match &decision.wanted {
        Wanted::Nothing => {
            let nothing = "scan: nothing, since no commit is left".to_owned();
            say(args.dry_run, &decision, vec![nothing])?;
            Ok(0)
        }
        Wanted::Whole => whole(args, &decision),
        Wanted::Change(change) => changed(args, &decision, change),
    }
}

/// Scans the whole history, which has to be here.
fn whole(args: CiArgs, decision: &Decision) -> Result<u8, Stop> {
    let store = history::open(None, args.max_unpacked)?;
    if store.facts().shallow {
        return Err(resolve::too_shallow(
            decision.system,
            "history before its first commits",
        ));
    }
    let lines = vec![
        "scan: the whole history, from every reference".to_owned(),
        "why: the event is about no change".to_owned(),
    ];
    let note = say(args.dry_run, decision, lines)?;
    if args.dry_run {
        return Ok(0);
    }
    let args = HistoryArgs::from(args);
    let settings = Settings::of_store(&args.common, &store)?;
    let code = history::whole(&args, &settings, &store, vec![note])?;
    Ok(explained(code, decision, &store))
}

/// Scans what a change brings.
fn changed(mut args: CiArgs, decision: &Decision, change: &Change) -> Result<u8, Stop> {
    let store = history::open(None, args.max_unpacked)?;
    let resolved = resolve::resolve(decision, change, &store)?;
    // The one place that chooses whose configuration, baseline, ignores and markers
    // count for a change: those of its base, never its own.
    // What the user says goes before what the environment tells.
    let told = resolved.policy_from.map(|id| id.to_string());
    args.common.policy_from = args.common.policy_from.take().or(told);
    let dry_run = args.dry_run;
    let args = HistoryArgs::from(args);
    let settings = Settings::of_store(&args.common, &store)?;
    let options = history::range_options(&args, &settings)?;
    let source =
        RangeSource::open(&store, &resolved.revisions(), options)?.with_tags(resolved.tags.clone());
    if source.cut_off() > 0 {
        let started = format!(
            "what {} of {} commits of the change started from",
            source.cut_off(),
            source.commits()
        );
        let what = resolved.absent.as_deref().unwrap_or(&started);
        return Err(resolve::too_shallow(decision.system, what));
    }
    let lines = vec![
        format!("scan: {}", resolved.range()),
        format!("commits: {}", source.commits()),
        format!("why: {}", resolved.why),
        format!(
            "base: {}",
            args.common.policy_from.as_deref().unwrap_or("none")
        ),
    ];
    let note = say(dry_run, decision, lines)?;
    if dry_run {
        return Ok(0);
    }
    let code = history::scan_range(&args, &settings, source, vec![note])?;
    Ok(explained(code, decision, &store))
}

/// Says what is scanned and why: on standard output when nothing else is done, else
/// on standard error, where it does not get into a report. Returns it in one line.
fn say(dry_run: bool, decision: &Decision, mut lines: Vec<String>) -> Result<String, Stop> {
    lines.insert(0, format!("event: {}", decision.event));
    lines.insert(0, format!("ci: {}", decision.system.name()));
    let lines: Vec<String> = lines.iter().map(|line| escape(line.as_bytes())).collect();
    if dry_run {
        let mut out = std::io::stdout();
        for line in &lines {
            writeln!(out, "{line}").map_err(|_| Stop::new("standard output is closed"))?;
        }
    } else {
        for line in &lines {
            warn(line);
        }
    }
    Ok(lines.join("; "))
}

/// Adds what to do when a scan was incomplete because the clone is.
fn explained(code: u8, decision: &Decision, store: &Store) -> u8 {
    if code == FAILED && store.facts().partial {
        warn(&format!(
            "  help: this is a partial clone: {}",
            decision.system.whole_clone()
        ));
    }
    code
}

impl From<CiArgs> for HistoryArgs {
    fn from(args: CiArgs) -> Self {
        Self {
            repo: None,
            range: None,
            since: None,
            commit: None,
            refs: Vec::new(),
            all_objects: false,
            allow_missing: args.allow_missing,
            no_messages: args.no_messages,
            no_delta: false,
            max_file_size: args.max_file_size,
            max_unpacked: args.max_unpacked,
            common: args.common,
        }
    }
}

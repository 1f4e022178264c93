//! `stopleak baseline`: accepts existing findings.

use crate::blob::SourceError;
use crate::cli::args::{BaselineArgs, BaselineCommand};
use crate::cli::terminal::{FAILED, not_scanned, tell, warn, warnings};
use crate::environment::Environment;
use crate::report::escape::escape;
use crate::setup::{Home, Setup};
use crate::stop::{Stop, counted};
use crate::suppress::baseline::{Entry, Scope};
use crate::triage::baseline::{Baselines, Scanned};

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(command: BaselineCommand, environment: &Environment) -> Result<u8, Stop> {
    match command {
        BaselineCommand::Create {
            args,
            history,
            force,
        } => create(*args, history, force, environment),
        BaselineCommand::Update { args, ratchet } => update(*args, ratchet, environment),
        BaselineCommand::Check { args } => check(*args, environment),
        BaselineCommand::Prune { args } => prune(*args, environment),
    }
}

fn baselines(args: BaselineArgs, environment: &Environment) -> Result<Baselines, Stop> {
    let home = Home::here(environment)?;
    let file = args.common.baseline.clone();
    let (mut request, reporting) = args.common.split();
    request.baselines = false;
    let setup = Setup::new(request, &home.site(), environment)?;
    warnings(&setup.warnings);
    Ok(Baselines::new(home, setup, reporting.run_options(), file))
}

fn create(
    args: BaselineArgs,
    history: bool,
    force: bool,
    environment: &Environment,
) -> Result<u8, Stop> {
    let baselines = baselines(args, environment)?;
    let scope = match history {
        true => Scope::History,
        false => Scope::Files,
    };
    Ok(match baselines.create(scope, force)? {
        Scanned::Incomplete(failures) => incomplete(&failures),
        Scanned::Complete(count) => {
            say(
                &baselines,
                &format!(
                    "{} accepted. Commit it; from now on, new findings fail.",
                    counted(count, "finding")
                ),
            );
            0
        }
    })
}

fn update(args: BaselineArgs, ratchet: bool, environment: &Environment) -> Result<u8, Stop> {
    let baselines = baselines(args, environment)?;
    Ok(match baselines.update(ratchet)? {
        Scanned::Incomplete(failures) => incomplete(&failures),
        Scanned::Complete(found) if ratchet && !found.new.is_empty() => {
            list("new", &found.new);
            say(
                &baselines,
                "not written: --ratchet does not add new findings",
            );
            1
        }
        Scanned::Complete(found) => {
            let (new, gone) = (found.new.len(), found.gone.len());
            say(
                &baselines,
                &format!("{new} new, {gone} gone, {} in total", found.found),
            );
            0
        }
    })
}

fn check(args: BaselineArgs, environment: &Environment) -> Result<u8, Stop> {
    let baselines = baselines(args, environment)?;
    Ok(match baselines.check()? {
        Scanned::Incomplete(failures) => incomplete(&failures),
        Scanned::Complete(found) => {
            let (new, gone) = (found.new.len(), found.gone.len());
            say(
                &baselines,
                &format!(
                    "{}: {new} new, {gone} gone",
                    counted(found.entries, "entry")
                ),
            );
            list("new", &found.new);
            list("gone", &found.gone);
            u8::from(new + gone > 0)
        }
    })
}

fn prune(args: BaselineArgs, environment: &Environment) -> Result<u8, Stop> {
    let baselines = baselines(args, environment)?;
    Ok(match baselines.prune()? {
        Scanned::Incomplete(failures) => incomplete(&failures),
        Scanned::Complete(found) => {
            let gone = found.gone.len();
            let left = found.entries - gone;
            say(&baselines, &format!("{gone} removed, {left} left"));
            0
        }
    })
}

fn say(baselines: &Baselines, line: &str) {
    tell(&format!("{}: {line}\n", baselines.file.display()));
}

fn list(what: &str, entries: &[Entry]) {
    for entry in entries {
        tell(&format!(
            "  {what}: {} {}\n",
            escape(&entry.path),
            entry.rule
        ));
    }
}

fn incomplete(failures: &[SourceError]) -> u8 {
    failures.iter().for_each(not_scanned);
    warn("error: the scan is incomplete: nothing was written (exit 2)");
    FAILED
}

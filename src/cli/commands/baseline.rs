//! `stopleak baseline`: accepts existing findings.

use super::show;
use crate::blob::SourceError;
use crate::cli::args::{BaselineArgs, BaselineCommand, ShownArgs};
use crate::cli::terminal::{FAILED, not_scanned, warn, warnings};
use crate::environment::Environment;
use crate::explain::Answer;
use crate::setup::{Home, Setup};
use crate::stop::{Stop, counted};
use crate::suppress::baseline::Scope;
use crate::triage::baseline::{Baselines, Difference, Scanned};

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(command: BaselineCommand, environment: &Environment) -> Result<u8, Stop> {
    let (args, ratchet) = match command {
        BaselineCommand::Create {
            args,
            history,
            force,
        } => return create(*args, history, force, environment),
        BaselineCommand::Update { args, ratchet } => (*args, Some(ratchet)),
        BaselineCommand::Check { args } => {
            let (baselines, shown) = baselines(*args, environment)?;
            return told(baselines.check()?, &shown, &baselines, |found| {
                let (new, gone) = (found.new.len(), found.gone.len());
                let entries = counted(found.entries, "entry");
                let said = format!("{entries}: {new} new, {gone} gone");
                (said, true, u8::from(new + gone > 0))
            });
        }
        BaselineCommand::Prune { args } => {
            let (baselines, shown) = baselines(*args, environment)?;
            return told(baselines.prune()?, &shown, &baselines, |found| {
                let gone = found.gone.len();
                let left = found.entries - gone;
                (format!("{gone} removed, {left} left"), false, 0)
            });
        }
    };
    let ratchet = ratchet.unwrap_or_default();
    let (baselines, shown) = baselines(args, environment)?;
    told(baselines.update(ratchet)?, &shown, &baselines, |found| {
        let (new, gone) = (found.new.len(), found.gone.len());
        if ratchet && new > 0 {
            let said = "not written: --ratchet does not add new findings";
            return (said.to_owned(), true, 1);
        }
        let said = format!("{new} new, {gone} gone, {} in total", found.found);
        (said, false, 0)
    })
}

fn baselines(
    args: BaselineArgs,
    environment: &Environment,
) -> Result<(Baselines, ShownArgs), Stop> {
    let home = Home::here(environment)?;
    let (file, shown) = (args.baseline.clone(), args.shown.clone());
    let (request, run) = args.split();
    let setup = Setup::new(request, &home.site(), environment)?;
    warnings(&setup.warnings);
    Ok((Baselines::new(home, setup, run, file), shown))
}

fn create(
    args: BaselineArgs,
    history: bool,
    force: bool,
    environment: &Environment,
) -> Result<u8, Stop> {
    let (baselines, shown) = baselines(args, environment)?;
    let scope = match history {
        true => Scope::History,
        false => Scope::Files,
    };
    let scanned = baselines.create(scope, force)?;
    told(scanned, &shown, &baselines, |found| {
        let accepted = counted(found.found, "finding");
        let said = format!("{accepted} accepted. Commit it; from now on, new findings fail.");
        (said, false, 0)
    })
}

/// Shows the result of a complete scan. `say`: what to say, whether to list what differs, and the
/// exit code.
fn told(
    scanned: Scanned<Difference>,
    shown: &ShownArgs,
    baselines: &Baselines,
    say: impl Fn(&Difference) -> (String, bool, u8),
) -> Result<u8, Stop> {
    match scanned {
        Scanned::Incomplete(failures) => Ok(incomplete(&failures)),
        Scanned::Complete(found) => {
            let file = baselines.file.display().to_string();
            let (said, lists, code) = say(&found);
            let mut text = format!("{file}: {said}\n");
            if lists {
                text.push_str(&found.text());
            }
            let answer = Answer {
                text,
                json: found.json(&file, code),
                findings: found.new.len(),
            };
            show(answer, shown)?;
            Ok(code)
        }
    }
}

fn incomplete(failures: &[SourceError]) -> u8 {
    failures.iter().for_each(not_scanned);
    warn("error: the scan is incomplete: nothing was written (exit 2)");
    FAILED
}

//! `stopleak hook`: manages the hooks; `hooked` runs as one.

use serde_json::Value;

use super::{hooked, show};
use crate::cli::args::{HookCommand, HookFilesArgs, ShownArgs};
use crate::environment::Environment;
use crate::explain::Answer;
use crate::hooks::{self, Place};
use crate::stop::{Stop, describe};

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(command: HookCommand, environment: &Environment) -> Result<u8, Stop> {
    match command {
        HookCommand::Run(args) => hooked::run(*args, environment),
        HookCommand::Install(args) => install(&args, environment),
        HookCommand::Uninstall(args) => uninstall(&args, environment),
        HookCommand::Status { global, shown } => status(global, &shown, environment),
    }
}

fn install(args: &HookFilesArgs, environment: &Environment) -> Result<u8, Stop> {
    let place = Place::find(args.global, environment)?;
    let program = std::env::current_exe().map_err(|e| {
        Stop::new(format!(
            "cannot determine the path of stopleak: {}",
            describe(&e)
        ))
    })?;
    let all = hooks::install(&place, &args.stage, &program)?;
    let lines = all.iter().map(|done| {
        let path = done.path.display();
        format!("{path}: {} ({})\n", done.what, place.why)
    });
    let mut text: String = lines.collect();
    if let Some(step) = &place.missing_step {
        text.push_str(&format!(
            "One step is left: git does not look there yet. Run\n  {step}\n\
             git then looks only there; these hooks also run each repository's own hooks.\n"
        ));
    }
    answer(text, hooks::changes_json(&place, &all), &args.shown)
}

fn uninstall(args: &HookFilesArgs, environment: &Environment) -> Result<u8, Stop> {
    let place = Place::find(args.global, environment)?;
    let all = hooks::uninstall(&place, &args.stage)?;
    let lines = all.iter();
    let mut text: String = lines
        .map(|done| format!("{}: {}\n", done.path.display(), done.what))
        .collect();
    if all.is_empty() {
        text = format!("{}: no stopleak hook here\n", place.dir.display());
    }
    answer(text, hooks::changes_json(&place, &all), &args.shown)
}

fn status(global: bool, shown: &ShownArgs, environment: &Environment) -> Result<u8, Stop> {
    let place = Place::look(global, environment)?;
    let all = hooks::status(&place)?;
    let mut text = format!("{} ({})\n", place.dir.display(), place.why);
    if let Some(step) = &place.missing_step {
        text.push_str(&format!("git does not look there yet. Run\n  {step}\n"));
    }
    for hook in &all {
        text.push_str(&format!("  {:<17} {}\n", hook.stage.id(), hook.text));
    }
    if let Some(why) = &place.managed {
        text.push_str(&format!("stopleak writes nothing here: {}\n", why.help));
    }
    answer(text, hooks::status_json(&place, &all), shown)
}

fn answer(text: String, json: Value, shown: &ShownArgs) -> Result<u8, Stop> {
    let answer = Answer {
        text,
        json,
        findings: 0,
    };
    show(answer, shown)?;
    Ok(0)
}

//! `stopleak hook`: scans in git hooks, and manages the hooks.

use std::io::IsTerminal;

use super::open;
use crate::cli::args::{HookCommand, HookFilesArgs, HookRunArgs};
use crate::cli::terminal::{Opened, report, tell, warn};
use crate::environment::Environment;
use crate::hooks::{self, Call, Place, Ready, Stage};
use crate::setup::trust::PolicyFrom;
use crate::setup::{Setup, Site};
use crate::stop::{Stop, describe};

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(command: HookCommand, environment: &Environment) -> Result<u8, Stop> {
    match command {
        HookCommand::Run(args) => scan(*args, environment),
        HookCommand::Install(args) => install(&args, environment),
        HookCommand::Uninstall(args) => uninstall(&args, environment),
        HookCommand::Status { global } => status(global, environment),
    }
}

/// Scans what the hook covers and prints how to proceed.
fn scan(args: HookRunArgs, environment: &Environment) -> Result<u8, Stop> {
    let parts = hooks::parts(args.stage, !args.args.is_empty(), environment)?;
    let store = open(None, None, environment)?;
    let (mut request, reporting) = args.common.split();
    if matches!(args.stage, Stage::PreReceive | Stage::Update) {
        let receiver = PolicyFrom::of_receiver(&store)?;
        request.policy_from = request.policy_from.or(receiver);
    }
    let setup = Setup::new(request, &Site::of_store(&store), environment)?;
    let most = setup.settings.most(args.size.asked())?;
    let mut stdin = std::io::stdin().lock();
    let mut call = Call {
        args: &args.args,
        environment,
        input: (!stdin.is_terminal()).then_some(&mut stdin),
    };
    let mut ready = Vec::new();
    for part in &parts {
        let scope = &setup.engine.policy.scope;
        ready.push(Ready::open(part, &store, &mut call, most, scope)?);
    }
    let outputs = Opened::open(reporting, &setup, environment)?;
    let quiet = outputs.reporting().stdout.is_none();
    let code = report(&setup, outputs, |options, on_event| {
        Ok(hooks::scan(&ready, &setup.engine, options, on_event))
    })?;
    if !quiet {
        advise(args.stage, code);
    }
    Ok(code)
}

fn install(args: &HookFilesArgs, environment: &Environment) -> Result<u8, Stop> {
    let place = Place::find(args.global, environment)?;
    let program = std::env::current_exe().map_err(|e| {
        Stop::new(format!(
            "cannot determine the path of stopleak: {}",
            describe(&e)
        ))
    })?;
    for done in hooks::install(&place, &args.stage, &program)? {
        let path = done.path.display();
        tell(&format!("{path}: {} ({})\n", done.what, place.why));
    }
    if let Some(step) = &place.missing_step {
        tell(&format!(
            "One step is left: git does not look there yet. Run\n  {step}\n\
             git then looks only there; these hooks also run each repository's own hooks.\n"
        ));
    }
    Ok(0)
}

fn uninstall(args: &HookFilesArgs, environment: &Environment) -> Result<u8, Stop> {
    let place = Place::find(args.global, environment)?;
    let all = hooks::uninstall(&place, &args.stage)?;
    for done in &all {
        tell(&format!("{}: {}\n", done.path.display(), done.what));
    }
    if all.is_empty() {
        let dir = place.dir.display();
        tell(&format!("{dir}: no stopleak hook here\n"));
    }
    Ok(0)
}

fn status(global: bool, environment: &Environment) -> Result<u8, Stop> {
    let place = Place::find(global, environment)?;
    tell(&format!("{} ({})\n", place.dir.display(), place.why));
    if let Some(step) = &place.missing_step {
        tell(&format!("git does not look there yet. Run\n  {step}\n"));
    }
    for hook in hooks::status(&place)? {
        tell(&format!("  {:<17} {}\n", hook.stage.id(), hook.text));
    }
    Ok(0)
}

/// Prints to standard error what the hook stopped and how to proceed.
fn advise(stage: Stage, code: u8) {
    let (what, skip) = match stage {
        Stage::PreCommit | Stage::CommitMsg => (
            "the commit is stopped",
            "; `git commit --no-verify` skips all hooks",
        ),
        Stage::PreMergeCommit => (
            "the merge is stopped",
            "; `git merge --no-verify` skips all hooks",
        ),
        Stage::PrePush => (
            "the push is stopped",
            "; `git push --no-verify` skips all hooks",
        ),
        Stage::PreReceive | Stage::Update => ("the push is refused", ""),
        Stage::Auto => (
            "stopped",
            "; the environment variable SKIP=stopleak (the hook's id in the configuration) skips it",
        ),
        Stage::Manual => return,
    };
    // A push has the versions of all its commits: a marker in a later one changes none.
    let accept = match stage {
        Stage::PrePush => {
            "put a `stopleak:allow REASON` comment on a line without a secret in the commit that \
             adds it (amend or rebase), or use `stopleak ignore add`"
        }
        Stage::PreReceive | Stage::Update => {
            "amend the commits that add them; for a line without a secret, first push an entry of \
             .stopleakignore to the default branch"
        }
        Stage::CommitMsg => "comments with secrets, too, because git may keep them",
        _ => "mark a line without a secret with a `stopleak:allow REASON` comment",
    };
    match code {
        0 => {}
        1 => warn(&format!(
            "stopleak: {what}: remove the secrets; {accept}{skip}"
        )),
        _ => warn(&format!(
            "stopleak: {what}: not everything could be scanned{skip}"
        )),
    }
}

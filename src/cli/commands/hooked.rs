//! `stopleak hook run`: scans what a git hook covers, and says how to go on.

use std::io::IsTerminal;
use std::time::{SystemTime, UNIX_EPOCH};

use super::open;
use crate::cli::args::HookRunArgs;
use crate::cli::terminal::{Hider, Opened, report, warn};
use crate::environment::Environment;
use crate::hooks::{self, Call, Case, Ready, Stage, Stopping};
use crate::setup::trust::PolicyFrom;
use crate::setup::{Setup, Site};
use crate::stop::Stop;

/// Runs the hook and returns its exit code.
pub(super) fn run(args: HookRunArgs, environment: &Environment) -> Result<u8, Stop> {
    let stage = args.stage;
    let receives = matches!(stage, Stage::PreReceive | Stage::Update);
    let gitlab = receives && hooks::is_gitlab(environment);
    scan(args, receives, environment).inspect_err(|stop| {
        if gitlab {
            let lines: Vec<String> = stop.message.lines().map(str::to_owned).collect();
            hooks::for_gitlab(&lines, &[]).iter().for_each(|l| warn(l));
        }
    })
}

fn scan(args: HookRunArgs, receives: bool, environment: &Environment) -> Result<u8, Stop> {
    let parts = hooks::parts(args.stage, !args.args.is_empty(), environment)?;
    let store = open(None, None, environment)?;
    let (mut request, reporting) = args.common.split();
    request.exclude.clone_from(&args.exclude);
    if receives {
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
        updates: Vec::new(),
    };
    let mut ready = Vec::new();
    for part in &parts {
        let scope = &setup.engine.policy.scope;
        ready.push(Ready::open(part, &store, &mut call, most, scope)?);
    }
    let outputs = Opened::open(reporting, &setup, environment)?;
    let quiet = outputs.reporting().stdout.is_none();
    let (mut findings, mut known) = (Vec::new(), None);
    let rules = setup.engine.detector.rules();
    let mut code = report(&setup, outputs, |options, on_event| {
        known = Some(options.known.clone());
        let scanned = hooks::scan(&ready, &setup.engine, options, &mut |event| {
            if receives {
                findings.extend(Stopping::of(&event, rules));
            }
            on_event(event)
        });
        Ok(scanned)
    })?;
    let mut hider = Hider::new(None);
    if let Some(known) = known {
        hider.know(known.needles());
    }
    let mut lines = Vec::new();
    if receives && code == 1 {
        let case = Case {
            environment,
            store: &store,
            policy: args.push_policy.as_deref(),
            updates: &call.updates,
            findings: &findings,
            rules,
            now: now(),
            mask: &|text| hider.text(text),
        };
        lines.extend(settled(&case, &mut code));
    }
    lines.extend(hooks::advice(args.stage, code));
    let lines: Vec<String> = lines.iter().map(|line| hider.text(line)).collect();
    if !quiet {
        lines.iter().for_each(|line| warn(line));
    }
    if receives && code != 0 && hooks::is_gitlab(environment) {
        let findings: Vec<String> = findings.iter().map(|f| hider.text(&f.line())).collect();
        let lines = hooks::for_gitlab(&lines, &findings);
        lines.iter().for_each(|line| warn(line));
    }
    Ok(code)
}

/// Lets the push through if the pusher asks for it, the server allows it, and it is recorded.
/// Returns what to say.
fn settled(case: &Case<'_>, code: &mut u8) -> Option<String> {
    match case.settle() {
        Some(settled) => {
            if settled.through {
                *code = 0;
            }
            Some(format!("stopleak: {}", settled.says))
        }
        None if case.may_ask() => Some(
            "stopleak: those whom the server lists may push with -o stopleak.bypass=\"REASON\""
                .to_owned(),
        ),
        None => None,
    }
}

/// Returns the seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |time| i64::try_from(time.as_secs()).unwrap_or(0))
}

//! `stopleak ignore`: accepts single findings.

use super::show;
use crate::cli::args::{IgnoreAddArgs, IgnoreCommand};
use crate::cli::terminal::{Hider, tell};
use crate::environment::Environment;
use crate::explain::Answer;
use crate::setup::clock::today;
use crate::stop::Stop;
use crate::triage::ignores::{self, Accepted};

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(command: IgnoreCommand, environment: &Environment) -> Result<u8, Stop> {
    match command {
        IgnoreCommand::Add(args) => add(args, environment),
        IgnoreCommand::List { file, shown } => {
            let (text, json) = ignores::list(&ignores::file(file, environment)?, today())?;
            let answer = Answer {
                text,
                json,
                findings: 0,
            };
            show(answer, &shown)?;
            Ok(0)
        }
    }
}

fn add(args: IgnoreAddArgs, environment: &Environment) -> Result<u8, Stop> {
    let file = ignores::file(args.file, environment)?;
    let hider = Hider::new(None);
    let accepted = Accepted {
        fingerprint: args.fingerprint,
        reason: hider.text(&args.reason),
        until: args.until,
        owner: args.owner.map(|owner| hider.text(&owner)),
        only_here: args.only_here,
    };
    ignores::add(&file, &accepted, today())?;
    tell(&format!("{}: added\n", file.display()));
    Ok(0)
}

//! The command line: arguments in, exit code out. Only this module parses arguments, prints,
//! and reads the environment.

mod args;
mod commands;
mod terminal;

use std::ffi::OsString;
use std::panic::{self, UnwindSafe};

use clap::Parser;
use clap::error::ErrorKind;

use crate::environment::Environment;
use args::Command;
use terminal::{FAILED, Hider, code, error, put, warn};

/// Runs the program with its arguments, program name first. Returns the exit code: 0 clean
/// and complete, 1 findings and complete, 2 error or incomplete.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let parsed = match args::Cli::try_parse_from(args) {
        Ok(parsed) => parsed,
        Err(e) => return usage(&e),
    };
    let environment: Environment = std::env::vars_os().collect();
    let result = match parsed.command {
        Command::Scan(args) => commands::scan::run(*args, &environment),
        Command::Staged(args) => commands::staged::run(*args, &environment),
        Command::Image(args) => commands::image::run(*args, &environment),
        Command::History(args) => commands::history::run(*args, &environment),
        Command::Fleet { command } => commands::fleet::run(command, &environment),
        Command::Ci(args) => commands::ci::run(*args, &environment),
        Command::Hook { command } => commands::hook::run(command, &environment),
        Command::Baseline { command } => commands::baseline::run(command, &environment),
        Command::Ignore { command } => commands::ignore::run(command, &environment),
        Command::Import(args) => commands::import::run(&args, &environment),
        Command::Report { command } => commands::report::run(command, &environment),
        Command::Rules { command } => commands::rules::run(command, &environment),
        Command::Explain(args) => commands::explain::run(&args, &environment),
        Command::Config { command } => commands::config::run(command, &environment),
        Command::Completions { shell } => commands::completions::run(shell),
        Command::Man(args) => commands::man::run(&args),
    };
    match result {
        Ok(done) => code(done),
        Err(stop) => {
            error(&stop);
            FAILED
        }
    }
}

/// Prints help and version to standard output and succeeds; everything else is an error.
fn usage(error: &clap::Error) -> u8 {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            put(text.as_bytes());
            code(0)
        }
        _ => {
            // The message repeats arguments, which may contain secrets.
            let text = Hider::new(None).text(&text);
            text.lines().for_each(warn);
            FAILED
        }
    }
}

/// Runs `program` and turns an uncaught panic into the exit code of an error. The message
/// names only the source location: the panic's own message may quote content.
pub fn guarded(program: impl FnOnce() -> u8 + UnwindSafe) -> u8 {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        warn(&format!(
            "error: internal error at {place}; please report it"
        ));
    }));
    panic::catch_unwind(program).unwrap_or(FAILED)
}

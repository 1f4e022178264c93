//! The command line: arguments in, exit code out. Only this module parses arguments, prints,
//! and reads the environment.

mod args;
mod commands;
mod terminal;

use std::ffi::OsString;
use std::panic::{self, UnwindSafe};

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use crate::environment::Environment;
use crate::stop::{Stop, describe};
use args::Command;
use terminal::{FAILED, Hider, code, error, put, warn};

/// Runs the program with its arguments, program name first. Returns the exit code: 0 clean
/// and complete, 1 findings and complete, 2 error or incomplete.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args = args::moved(args.into_iter().collect());
    let matches = args::Cli::command().try_get_matches_from(&args);
    let parsed = matches.and_then(|matches| {
        let directories = args::directories(&matches);
        Ok((args::Cli::from_arg_matches(&matches)?, directories))
    });
    let (parsed, directories) = match parsed {
        Ok(parsed) => parsed,
        Err(e) => return usage(e, &args),
    };
    for dir in &directories {
        if let Err(e) = std::env::set_current_dir(dir) {
            let (dir, why) = (dir.display(), describe(&e));
            error(&Stop::new(format!("-C {dir}: {why}")).help("name an existing directory"));
            return FAILED;
        }
    }
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
        Command::Triage(args) => commands::triage::run(&args, &environment),
        Command::Import(args) => commands::import::run(&args, &environment),
        Command::Report { command } => commands::report::run(command, &environment),
        Command::Rules { command } => commands::rules::run(command, &environment),
        Command::Explain(args) => commands::explain::run(&args, &environment),
        Command::Config { command } => commands::config::run(command, &environment),
        Command::Version(shown) => commands::version::run(&shown),
        Command::Cache { command } => commands::cache::run(&command, &environment),
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
fn usage(mistake: clap::Error, args: &[OsString]) -> u8 {
    if let ErrorKind::DisplayHelp | ErrorKind::DisplayVersion = mistake.kind() {
        put(mistake.render().to_string().as_bytes());
        return code(0);
    }
    match args::explain(mistake, args) {
        Ok(stop) => error(&stop),
        // The message repeats arguments, which may contain secrets.
        Err(mistake) => {
            let text = Hider::new(None).text(&mistake.render().to_string());
            text.lines().for_each(warn);
        }
    }
    FAILED
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

//! The command line: arguments in, exit code out. The only place that prints, reads
//! the environment and knows every other module.

mod accepted;
mod args;
mod baseline;
mod ci;
mod config;
mod explain;
mod gitleaks;
mod hide;
mod history;
mod hook;
mod hygiene;
mod ignore;
mod import;
mod output;
mod plan;
mod policy;
mod progress;
mod rule_files;
mod rules;
mod running;
mod scan;
mod settings;
mod site;
mod staged;
mod standing;
mod stop;
pub mod term;

use std::ffi::OsString;
use std::io::Write;

use clap::Parser;
use clap::error::ErrorKind;

use crate::report::escape::escape;
pub(crate) use stop::Stop;

/// The exit code of everything that could not be done.
const FAILED: u8 = 2;

/// Runs the program with its arguments (the first one is its name) and returns the
/// exit code: 0 clean and complete, 1 findings and complete, 2 error or incomplete.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let parsed = match args::Cli::try_parse_from(args) {
        Ok(parsed) => parsed,
        Err(e) => return usage(&e),
    };
    let result = match parsed.command {
        args::Command::Scan(args) => scan::run(*args),
        args::Command::Staged(args) => staged::run(&args),
        args::Command::History(args) => history::run(&args),
        args::Command::Hook(args) => hook::run(args.command),
        args::Command::Baseline { command } => baseline::run(&command),
        args::Command::Ignore { command } => ignore::run(&command),
        args::Command::Ci(args) => ci::run(*args),
        args::Command::Import(args) => import::run(&args),
        args::Command::Rules(args) => rules::run(args.command),
        args::Command::Explain(args) => explain::run(&args),
        args::Command::Config(args) => config::run(args.command),
    };
    match result {
        Ok(code) => code,
        Err(stop) => {
            let hider = hide::Hider::new(None);
            let message = hider.text(&stop.message);
            for (n, line) in message.lines().enumerate() {
                let text = escape(line.as_bytes());
                let more = n > 0 && line.starts_with("  ");
                warn(&if more { text } else { format!("error: {text}") });
            }
            if !stop.help.is_empty() {
                let help = hider.text(&stop.help);
                warn(&format!("  help: {}", escape(help.as_bytes())));
            }
            FAILED
        }
    }
}

/// Help and version go to standard output and succeed; everything else is an error.
fn usage(error: &clap::Error) -> u8 {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = write!(std::io::stdout(), "{text}");
            0
        }
        _ => {
            // It repeats arguments, which may be anything.
            let text = hide::Hider::new(None).text(&text);
            text.lines().for_each(|line| warn(&escape(line.as_bytes())));
            FAILED
        }
    }
}

/// Writes a line to standard error; a closed standard error is no reason to fail.
fn warn(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Says that the program itself is wrong, and where; never what it was looking at.
pub fn internal_error(place: &str) {
    warn(&format!(
        "error: internal error at {place}; please report it"
    ));
}

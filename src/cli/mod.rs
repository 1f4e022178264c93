//! The command line: arguments in, exit code out. The only place that prints, reads
//! the environment and knows every other module.

mod args;
mod explain;
mod gitleaks;
mod history;
mod import;
mod output;
mod plan;
mod progress;
mod rules;
mod scan;
mod staged;
pub mod term;

use std::ffi::OsString;
use std::io::Write;

use clap::Parser;
use clap::error::ErrorKind;

/// The exit code of everything that could not be done.
const FAILED: u8 = 2;

/// An error that ends a command: what, where and why in one line, and what to do.
#[derive(Debug)]
pub(crate) struct Stop {
    message: String,
    help: String,
}

impl Stop {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: String::new(),
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

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
        args::Command::Import(args) => import::run(&args),
        args::Command::Rules(args) => rules::run(args.command),
    };
    match result {
        Ok(code) => code,
        Err(stop) => {
            for (n, line) in stop.message.lines().enumerate() {
                let text = crate::report::escape::escape(line.as_bytes());
                let more = n > 0 && line.starts_with("  ");
                warn(&if more { text } else { format!("error: {text}") });
            }
            if !stop.help.is_empty() {
                warn(&format!("  help: {}", stop.help));
            }
            FAILED
        }
    }
}

/// Help and version go to standard output and succeed; everything else is an error.
fn usage(error: &clap::Error) -> u8 {
    let text = error.render();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = write!(std::io::stdout(), "{text}");
            0
        }
        _ => {
            let _ = write!(std::io::stderr(), "{text}");
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

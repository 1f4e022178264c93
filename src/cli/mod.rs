//! The command line: arguments in, exit code out. The only place that prints, reads
//! the environment and knows every other module.

mod accepted;
mod args;
mod baseline;
mod ci;
mod clock;
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
pub mod term;

use std::ffi::OsString;
use std::io::Write;
use std::panic::{self, UnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;
use clap::error::ErrorKind;

use crate::environment::Environment;
use crate::report::escape::escape;
use crate::stop::Stop;

/// The exit code of everything that could not be done.
pub const FAILED: u8 = 2;

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
        Ok(done) => code(done),
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
            put(text.as_bytes());
            code(0)
        }
        _ => {
            // It repeats arguments, which may be anything.
            let text = hide::Hider::new(None).text(&text);
            text.lines().for_each(|line| warn(&escape(line.as_bytes())));
            FAILED
        }
    }
}

/// Whether something that was to go to standard output did not.
static UNWRITTEN: AtomicBool = AtomicBool::new(false);

/// The exit code of a command that ended with `done`, unless what it says is lost.
fn code(done: u8) -> u8 {
    if UNWRITTEN.load(Ordering::Relaxed) {
        warn("error: standard output: cannot be written");
        return FAILED;
    }
    done
}

/// Writes lines to standard output, each safe to print: names of files and texts of
/// configurations are in them.
fn tell(text: &str) {
    let mut safe = String::with_capacity(text.len() + 1);
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        safe.push_str(&tame(line));
        safe.push_str(end);
    }
    put(safe.as_bytes());
}

/// A line that is safe to print, also where a CI system reads it: what stands behind a
/// line break in a name must not become a command to it (`::error::`, `##[error]`).
fn tame(line: &str) -> String {
    let mut safe = escape(line.as_bytes());
    if ["::", "##"]
        .iter()
        .any(|mark| safe.trim_start().starts_with(mark))
    {
        safe.insert(0, '\\');
    }
    safe
}

/// Writes bytes to standard output. A reader that went away is no reason to fail.
fn put(bytes: &[u8]) {
    let mut out = std::io::stdout();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            UNWRITTEN.store(true, Ordering::Relaxed);
        }
        _ => {}
    }
}

/// Writes a line to standard error; a closed standard error is no reason to fail.
fn warn(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", tame(line));
}

/// Runs `program` and makes an exit code of what no unit of work has caught: a panic must not
/// look like any other. It is told by its place alone, which is all that is needed to
/// mend it; its message may quote content.
pub fn guarded(program: impl FnOnce() -> u8 + UnwindSafe) -> u8 {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        warn(&format!(
            "error: internal error at {place}; please report it"
        ));
    }));
    panic::catch_unwind(program).unwrap_or(FAILED)
}

/// The value called `text` of an option with named values.
fn named<T: Copy>(
    option: &str,
    text: &str,
    all: &[T],
    id: impl Fn(T) -> &'static str,
) -> Result<T, Stop> {
    all.iter().copied().find(|v| id(*v) == text).ok_or_else(|| {
        let known: Vec<_> = all.iter().map(|v| id(*v)).collect();
        Stop::new(format!("unknown value `{text}` for {option}"))
            .help(format!("one of: {}", known.join(", ")))
    })
}

/// The variables of this process.
fn environment() -> Environment {
    std::env::vars_os().collect()
}

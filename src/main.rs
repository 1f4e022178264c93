//! The `stopleak` program: passes its arguments to [`stopleak::cli`] and returns its
//! exit code.

use std::process::ExitCode;

use stopleak::cli;

fn main() -> ExitCode {
    ExitCode::from(cli::guarded(|| cli::run(std::env::args_os())))
}

//! The `stopleak` program: hands its arguments to [`stopleak::cli`] and turns what
//! comes back into an exit code.

use std::process::ExitCode;

use stopleak::cli;

fn main() -> ExitCode {
    ExitCode::from(cli::guarded(|| cli::run(std::env::args_os())))
}

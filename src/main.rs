//! The `stopleak` program: hands its arguments to [`stopleak::cli`] and turns what
//! comes back into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A panic's message may quote content; its place is all that is needed to mend it.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        stopleak::cli::internal_error(&place);
    }));
    // What no unit of work has caught must not look like any other exit code.
    let code = std::panic::catch_unwind(|| stopleak::cli::run(std::env::args_os()));
    ExitCode::from(code.unwrap_or(stopleak::cli::FAILED))
}

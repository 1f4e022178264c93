//! What the terminal supports: colours and width.
//!
//! Decisions are pure functions of the stream and the environment, so tests can cover them.
//! `report::escape` makes the printed text safe.

use std::ffi::OsStr;
use std::io::IsTerminal;

use clap::ValueEnum;

use crate::environment::Environment;

/// When to colour: by default on a terminal, unless the environment says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

/// What a stream of this process supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terminal {
    /// Whether the stream is a terminal.
    pub(super) interactive: bool,
    /// Whether to print ANSI colours.
    pub(super) color: bool,
    /// The number of columns; 0 for unlimited.
    pub(super) width: usize,
}

impl Terminal {
    /// Inspects standard output.
    pub(super) fn stdout(choice: ColorChoice, environment: &Environment) -> Self {
        let size = terminal_size::terminal_size_of(std::io::stdout());
        Self::of(
            std::io::stdout().is_terminal(),
            shows_color(Stream::Stdout),
            size.map(|(w, _)| w.0),
            choice,
            environment,
        )
    }

    /// Inspects standard error.
    pub(super) fn stderr(choice: ColorChoice, environment: &Environment) -> Self {
        let size = terminal_size::terminal_size_of(std::io::stderr());
        Self::of(
            std::io::stderr().is_terminal(),
            shows_color(Stream::Stderr),
            size.map(|(w, _)| w.0),
            choice,
            environment,
        )
    }

    fn of(
        interactive: bool,
        shows_color: bool,
        columns: Option<u16>,
        choice: ColorChoice,
        environment: &Environment,
    ) -> Self {
        let env = |name: &str| environment.var(name);
        Terminal {
            interactive,
            color: wants_color(choice, interactive && shows_color, env),
            width: width(interactive, columns, env),
        }
    }
}

/// A stream of the process.
#[derive(Clone, Copy)]
enum Stream {
    Stdout,
    Stderr,
}

/// Whether a console shows colours. Those of Windows must be told to, and those before
/// Windows 10 cannot.
fn shows_color(stream: Stream) -> bool {
    #[cfg(windows)]
    let shows = match stream {
        Stream::Stdout => console::Term::stdout(),
        Stream::Stderr => console::Term::stderr(),
    }
    .features()
    .colors_supported();
    #[cfg(not(windows))]
    let (shows, _) = (true, stream);
    shows
}

/// Whether to colour, in this order: the option; `NO_COLOR` (set and not empty);
/// `FORCE_COLOR` or `CLICOLOR_FORCE` (set, not empty, not `0`); otherwise only a terminal
/// without `TERM=dumb` and `CLICOLOR=0`.
fn wants_color<'e>(
    choice: ColorChoice,
    interactive: bool,
    env: impl Fn(&str) -> Option<&'e OsStr>,
) -> bool {
    let is = |name: &str, value: &str| env(name).is_some_and(|v| v == value);
    let set = |name: &str| env(name).is_some_and(|v| !v.is_empty());
    let forced = |name: &str| set(name) && !is(name, "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR") => false,
        ColorChoice::Auto if forced("FORCE_COLOR") || forced("CLICOLOR_FORCE") => true,
        ColorChoice::Auto => interactive && !is("TERM", "dumb") && !is("CLICOLOR", "0"),
    }
}

/// Returns the number of columns: `COLUMNS` if it is a number, else the terminal's width,
/// else 80; 0 (unlimited) if the stream is not a terminal.
fn width<'e>(
    interactive: bool,
    columns: Option<u16>,
    env: impl Fn(&str) -> Option<&'e OsStr>,
) -> usize {
    if !interactive {
        return 0;
    }
    env("COLUMNS")
        .and_then(|value| value.to_str()?.parse().ok())
        .filter(|columns| *columns > 0)
        .or(columns.map(usize::from).filter(|columns| *columns > 0))
        .unwrap_or(80)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env<'a>(vars: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<&'a OsStr> {
        move |name| {
            vars.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| OsStr::new(*value))
        }
    }

    #[test]
    fn colour_follows_option_then_environment_then_terminal() {
        use ColorChoice::{Always, Auto, Never};
        for (choice, interactive, vars, expected) in [
            (Auto, true, &[][..], true),
            (Auto, false, &[], false),
            (Auto, true, &[("NO_COLOR", "1")], false),
            (Auto, true, &[("NO_COLOR", "")], true),
            (
                Auto,
                true,
                &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")],
                false,
            ),
            (Auto, false, &[("FORCE_COLOR", "1")], true),
            (Auto, false, &[("FORCE_COLOR", "0")], false),
            (Auto, false, &[("CLICOLOR_FORCE", "1")], true),
            (Auto, true, &[("CLICOLOR", "0")], false),
            (Auto, true, &[("TERM", "dumb")], false),
            (Always, false, &[("NO_COLOR", "1")], true),
            (Never, true, &[("FORCE_COLOR", "1")], false),
        ] {
            assert_eq!(
                wants_color(choice, interactive, env(vars)),
                expected,
                "{vars:?}"
            );
        }
    }

    #[test]
    fn width_is_of_the_terminal_and_unlimited_elsewhere() {
        assert_eq!(width(false, Some(80), env(&[("COLUMNS", "40")])), 0);
        assert_eq!(width(true, Some(120), env(&[])), 120);
        assert_eq!(width(true, Some(120), env(&[("COLUMNS", "40")])), 40);
        assert_eq!(width(true, None, env(&[("COLUMNS", "wide")])), 80);
        assert_eq!(width(true, Some(0), env(&[("COLUMNS", "0")])), 80);
    }
}

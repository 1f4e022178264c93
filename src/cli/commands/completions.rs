//! `stopleak completions`: what a shell needs to complete commands and options.

use clap::CommandFactory;
use clap_complete::{generate, shells};
use clap_complete_nushell::Nushell;

use crate::cli::args::{Cli, Shell};
use crate::cli::terminal::put;
use crate::stop::Stop;

/// Prints the completions and returns the exit code.
pub(in crate::cli) fn run(shell: Shell) -> Result<u8, Stop> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    let (command, out) = (&mut command, &mut script);
    match shell {
        Shell::Bash => generate(shells::Bash, command, name, out),
        Shell::Elvish => generate(shells::Elvish, command, name, out),
        Shell::Fish => generate(shells::Fish, command, name, out),
        Shell::Nushell => generate(Nushell, command, name, out),
        Shell::Powershell => generate(shells::PowerShell, command, name, out),
        Shell::Zsh => generate(shells::Zsh, command, name, out),
    }
    put(&script);
    Ok(0)
}

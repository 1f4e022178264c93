//! `stopleak fleet`: many repositories.

mod merge;
mod plan;
mod run;
mod share;

use crate::cli::args::FleetCommand;
use crate::environment::Environment;
use crate::stop::Stop;

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(command: FleetCommand, environment: &Environment) -> Result<u8, Stop> {
    match command {
        FleetCommand::Plan(args) => plan::run(&args),
        FleetCommand::Run(args) => run::run(*args, environment),
        FleetCommand::Merge(args) => merge::run(*args, environment),
    }
}

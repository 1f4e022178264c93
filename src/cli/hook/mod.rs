//! `stopleak hook`: scanning in git's hooks, and the files that make git do so.

mod files;
mod place;
mod run;
mod script;
mod work;

use super::args::HookCommand;
use super::named;
use crate::stop::Stop;

/// A hook of git, or what frameworks call one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    PreCommit,
    PreMergeCommit,
    PrePush,
    PreReceive,
    Update,
    Manual,
    Auto,
}

impl Stage {
    const ALL: [Stage; 7] = [
        Stage::PreCommit,
        Stage::PreMergeCommit,
        Stage::PrePush,
        Stage::PreReceive,
        Stage::Update,
        Stage::Manual,
        Stage::Auto,
    ];

    /// Those that are files of git's, which `install` writes.
    const FILES: [Stage; 4] = [
        Stage::PreCommit,
        Stage::PreMergeCommit,
        Stage::PrePush,
        Stage::PreReceive,
    ];

    fn id(self) -> &'static str {
        match self {
            Stage::PreCommit => "pre-commit",
            Stage::PreMergeCommit => "pre-merge-commit",
            Stage::PrePush => "pre-push",
            Stage::PreReceive => "pre-receive",
            Stage::Update => "update",
            Stage::Manual => "manual",
            Stage::Auto => "auto",
        }
    }

    /// Whether git writes to the hook's standard input.
    fn has_input(self) -> bool {
        matches!(self, Stage::PrePush | Stage::PreReceive)
    }
}

/// Runs the command and returns its exit code.
pub(super) fn run(command: HookCommand) -> Result<u8, Stop> {
    match command {
        HookCommand::Run(args) => {
            let stage = named("STAGE", &args.stage, &Stage::ALL, Stage::id)?;
            run::run(stage, &args)
        }
        HookCommand::Install(args) => files::install(&args),
        HookCommand::Uninstall(args) => files::uninstall(&args),
        HookCommand::Status(args) => files::status(args.global),
    }
}

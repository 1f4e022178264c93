//! The options of `hook`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::values::one_of;
use super::{AFTER_HELP, CommonArgs, ShownArgs, SizeArgs, examples};
use crate::hooks::Stage;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(in crate::cli) enum HookCommand {
    /// Scan what a commit records or a push adds
    Run(Box<HookRunArgs>),
    /// Install a hook that runs stopleak, after any existing hook
    Install(HookFilesArgs),
    /// Remove stopleak's hooks and restore the previous ones
    Uninstall(HookFilesArgs),
    /// Show installed hooks, and where git looks for hooks
    Status {
        /// Show the hooks for all your repositories, not this one's
        #[arg(long)]
        global: bool,
        #[command(flatten)]
        shown: ShownArgs,
    },
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, after_long_help = examples::HOOK)]
pub(in crate::cli) struct HookRunArgs {
    /// The hook; `auto` detects it under pre-commit and prek
    #[arg(value_name = "STAGE", ignore_case = true, value_parser = one_of(&Stage::ALL, Stage::id))]
    pub(in crate::cli) stage: Stage,
    /// Skip paths that match GLOB, as in .gitignore (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub(in crate::cli) exclude: Vec<String>,
    /// Who may let a push through, on a server [default: stopleak-push.toml in the git directory]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) push_policy: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) size: SizeArgs,
    #[command(flatten)]
    pub(in crate::cli) common: CommonArgs,
    /// The arguments that git passes to the hook
    #[arg(last = true, value_name = "ARG")]
    pub(in crate::cli) args: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct HookFilesArgs {
    /// Apply to all your repositories, not only this one
    #[arg(long)]
    pub(in crate::cli) global: bool,
    /// The hook (repeatable) [default: pre-commit; in a bare repository pre-receive;
    /// uninstall: all]
    #[arg(long, value_name = "STAGE", ignore_case = true, value_parser = one_of(&Stage::FILES, Stage::id))]
    pub(in crate::cli) stage: Vec<Stage>,
    #[command(flatten)]
    pub(in crate::cli) shown: ShownArgs,
}

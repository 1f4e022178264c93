//! The options of the command line, by command. They turn into plain data here: a request,
//! and how the run reports.

mod before;
mod cache;
mod common;
mod examples;
mod fleet;
mod hook;
mod mistakes;
mod policy;
mod report;
mod rules;
mod scan;
mod shown;
mod tools;
mod triage;
mod values;

use clap::{Parser, Subcommand};

pub(super) use before::{HereArgs, directories, moved};

pub(super) use cache::{CacheArgs, CacheCommand, CacheDirArgs};
pub(super) use common::{CommonArgs, ConfigArgs};
pub(super) use fleet::{FleetCommand, FleetMergeArgs, FleetPlanArgs, FleetRunArgs, ProgressFormat};
pub(super) use hook::{HookCommand, HookFilesArgs, HookRunArgs};
pub(super) use mistakes::explain;
pub(super) use policy::{
    BaselineArgs, BaselineCommand, IgnoreAddArgs, IgnoreCommand, ImportArgs, SettingsCommand,
};
pub(super) use report::{DiffArgs, FailOn, ReportCommand, WrittenArgs};
pub(super) use rules::{ExplainArgs, RulesCommand};
pub(super) use scan::{
    CiArgs, CommitArgs, HistoryArgs, ImageArgs, ObjectArgs, ScanArgs, SizeArgs, StagedArgs,
};
pub(super) use shown::ShownArgs;
pub(super) use tools::{ManArgs, Shell};
pub(super) use triage::TriageArgs;
pub(super) use values::DocumentFormat;

const AFTER_HELP: &str = "\
Exit codes: 0 clean and complete, 1 findings and complete, 2 error or incomplete (outranks 1).";

/// The heading of options that all commands share.
const EVERYWHERE: &str = "Options of all commands";

/// Version, and where the program comes from: the build script knows.
pub(super) const VERSION: &str = env!("STOPLEAK_VERSION");

/// Finds credentials before they are committed, merged or shipped.
#[derive(Debug, Parser)]
#[command(name = "stopleak", version = VERSION, about, after_help = AFTER_HELP,
    after_long_help = examples::PROGRAM, max_term_width = 100)]
#[command(args(before::options()))]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

// The options of a command are defined when it is asked for: those of all commands would take as long
// as half of a hook's start.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Scan files, directories or standard input
    Scan(Box<ScanArgs>),
    /// Scan what `git commit` is about to record: what staged files add
    Staged(Box<StagedArgs>),
    /// Scan a git history: every version of every file, and all messages
    History(Box<HistoryArgs>),
    /// Scan an image of containers, every layer of it
    Image(Box<ImageArgs>),
    /// Scan many repositories: plan, shares, one report
    Fleet {
        #[command(subcommand)]
        command: FleetCommand,
    },
    /// Scan what a change adds, in CI
    Ci(Box<CiArgs>),
    /// Run as a git hook; install, remove and show hooks
    Hook {
        #[command(subcommand)]
        command: HookCommand,
    },
    /// Accept today's findings, so that only new ones fail
    Baseline {
        #[command(subcommand)]
        command: BaselineCommand,
    },
    /// Accept single findings that you reviewed, with a reason
    Ignore {
        #[command(subcommand)]
        command: IgnoreCommand,
    },
    /// Decide about one secret after another, on the terminal
    Triage(Box<TriageArgs>),
    /// Convert another scanner's configuration, baseline or ignore list to stopleak.toml
    Import(ImportArgs),
    /// Convert, merge and compare reports, also those of other scanners
    Report {
        #[command(subcommand)]
        command: ReportCommand,
    },
    /// List, show, check and test rules
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Explain a rule, or why a place or text is or is not a finding
    Explain(ExplainArgs),
    /// Check and show the configuration
    Config {
        #[command(subcommand)]
        command: SettingsCommand,
    },
    /// Print the version: of the program, and how many rules it has
    Version(ShownArgs),
    /// Show, check and empty the cache of what whole histories gave
    Cache {
        #[command(subcommand)]
        command: CacheCommand,
    },
    /// Print completions for a shell
    Completions {
        /// Shell to complete in
        #[arg(ignore_case = true)]
        shell: Shell,
    },
    /// Print the man page, or write those of all commands
    Man(ManArgs),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        let mut all = Cli::command();
        all.build();
        all.debug_assert();
    }

    #[test]
    fn words_of_a_list_are_the_same_in_either_case() {
        use clap::CommandFactory;
        let mut open = vec![Cli::command()];
        while let Some(command) = open.pop() {
            for arg in command.get_arguments() {
                let listed = !arg.get_possible_values().is_empty();
                let takes = arg.get_action().takes_values();
                let name = format!("{} {}", command.get_name(), arg.get_id());
                assert!(!(listed && takes) || arg.is_ignore_case_set(), "{name}");
            }
            open.extend(command.get_subcommands().cloned());
        }
    }
}

//! What can be said on the command line, as it is said.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

const AFTER_HELP: &str = "\
Exit codes: 0 clean and complete, 1 findings and complete, 2 error or incomplete (outranks 1).";

/// Finds credentials before they are committed, merged or shipped.
#[derive(Debug, Parser)]
#[command(name = "stopleak", version, about, after_help = AFTER_HELP, max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Scan files, directories or standard input
    Scan(Box<ScanArgs>),
    /// Scan what `git commit` is about to record: added lines of staged files
    Staged(Box<StagedArgs>),
    /// Scan a git history: every version of every file, and messages
    History(Box<HistoryArgs>),
    /// Scan what a change brings, in CI: the environment tells which commits
    Ci(Box<CiArgs>),
    /// Run as a git hook; install, remove and show hooks
    Hook(HookArgs),
    /// Accept the findings that are there already, so that only new ones stop
    Baseline {
        #[command(subcommand)]
        command: BaselineCommand,
    },
    /// Accept single findings that were looked at, with the reason
    Ignore {
        #[command(subcommand)]
        command: IgnoreCommand,
    },
    /// Turn another scanner's configuration, baseline or ignore list into stopleak.toml
    Import(ImportArgs),
    /// List, show, check and try rules
    Rules(RulesArgs),
    /// Say all about a rule, or why a place or a text is or is not a finding
    Explain(ExplainArgs),
    /// Check and show the configuration
    Config(SettingsArgs),
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ScanArgs {
    /// Files and directories to scan, the current one when left out; `-` for standard input
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Scan only what differs from HEAD: staged and unstaged lines, and untracked files
    #[arg(long, conflicts_with_all = ["no_ignore", "follow", "stdin_path"])]
    pub(super) changed: bool,
    /// What to call standard input in reports and for rules that look at paths
    #[arg(long, value_name = "NAME")]
    pub(super) stdin_path: Option<String>,
    /// Also scan what git ignores
    #[arg(long)]
    pub(super) no_ignore: bool,
    /// Read through symbolic links
    #[arg(long)]
    pub(super) follow: bool,
    /// Leave out what matches GLOB, in the syntax of .gitignore; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(super) exclude: Vec<String>,
    /// Scan only what matches GLOB; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(super) include: Vec<String>,
    /// Leave out larger files: bytes, or with K, M, G; 4G when nothing is said
    #[arg(long, value_name = "SIZE", value_parser = crate::config::size)]
    pub(super) max_file_size: Option<u64>,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct StagedArgs {
    /// Leave out larger files: bytes, or with K, M, G; 4G when nothing is said
    #[arg(long, value_name = "SIZE", value_parser = crate::config::size)]
    pub(super) max_file_size: Option<u64>,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct HistoryArgs {
    /// The repository: its working tree or git directory; the current one when left out
    #[arg(value_name = "REPO")]
    pub(super) repo: Option<PathBuf>,
    /// Scan only what the commits of a range add: A..B, A...B, or all that REV reaches
    #[arg(long, value_name = "A..B", conflicts_with_all = ["since", "commit", "all_objects"])]
    pub(super) range: Option<String>,
    /// Scan only what commits since DATE add, of all references: 2026-01-31, `2 weeks ago`
    #[arg(long, value_name = "DATE", conflicts_with_all = ["commit", "all_objects"])]
    pub(super) since: Option<String>,
    /// Scan only what one commit adds
    #[arg(long, value_name = "REV", conflicts_with = "all_objects")]
    pub(super) commit: Option<String>,
    /// Only history that references matching GLOB reach, as in `refs/heads/*`; may be repeated
    #[arg(long, value_name = "GLOB", conflicts_with_all = ["range", "since", "commit"])]
    pub(super) refs: Vec<String>,
    /// Also what only reference logs, or nothing at all, leads to
    #[arg(long)]
    pub(super) all_objects: bool,
    /// Do not fail when objects are not here (a partial clone): name and count them
    #[arg(long)]
    pub(super) allow_missing: bool,
    /// Leave out commit messages, tag messages and names of references
    #[arg(long)]
    pub(super) no_messages: bool,
    /// Scan every version whole instead of what changed between versions: slower, same result
    #[arg(long, conflicts_with_all = ["range", "since", "commit"])]
    pub(super) no_delta: bool,
    /// Leave out larger files: bytes, or with K, M, G; 4G when nothing is said
    #[arg(long, value_name = "SIZE", value_parser = crate::config::size)]
    pub(super) max_file_size: Option<u64>,
    /// Stop, and say so, when the deltas of packs unpack to more than SIZE in all; 256G when
    /// nothing is said, or 4,096 times the packs' size where that is more
    #[arg(long, value_name = "SIZE", value_parser = crate::config::size)]
    pub(super) max_unpacked: Option<u64>,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

#[derive(Debug, Args)]
pub(super) struct HookArgs {
    #[command(subcommand)]
    pub(super) command: HookCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum HookCommand {
    /// Scan what a hook is asked about: what a commit records, what a push brings
    Run(Box<HookRunArgs>),
    /// Write a hook that runs stopleak, in front of which an existing hook goes on running
    Install(HookFilesArgs),
    /// Remove what `install` wrote and put back what was there
    Uninstall(HookFilesArgs),
    /// Show which hooks run stopleak, and where git looks for hooks
    Status(HookStatusArgs),
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct HookRunArgs {
    /// pre-commit, pre-merge-commit, pre-push, pre-receive, update, manual; `auto` under pre-commit and prek
    #[arg(value_name = "STAGE")]
    pub(super) stage: String,
    /// Leave out larger files: bytes, or with K, M, G
    #[arg(long, value_name = "SIZE", value_parser = crate::config::size)]
    pub(super) max_file_size: Option<u64>,
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// What git gives to the hook
    #[arg(last = true, value_name = "ARG")]
    pub(super) args: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(super) struct HookFilesArgs {
    /// For all your repositories, not only this one
    #[arg(long)]
    pub(super) global: bool,
    /// pre-commit (when left out; pre-receive in a bare repository), pre-merge-commit, pre-push,
    /// pre-receive; may be repeated
    #[arg(long, value_name = "STAGE")]
    pub(super) stage: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct HookStatusArgs {
    /// Those for all your repositories, not this one's
    #[arg(long)]
    pub(super) global: bool,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct CiArgs {
    /// Say what would be scanned and why, and scan nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Compare with this commit or branch instead of the base that the environment names
    #[arg(long, value_name = "REV")]
    pub(super) base: Option<String>,
    /// Do not fail when objects are not here (a partial clone): name and count them
    #[arg(long)]
    pub(super) allow_missing: bool,
    /// Leave out commit messages, tag messages and names of references
    #[arg(long)]
    pub(super) no_messages: bool,
    /// Leave out larger files: bytes, or with K, M, G
    #[arg(long, value_name = "SIZE", value_parser = crate::config::size)]
    pub(super) max_file_size: Option<u64>,
    /// Stop, and say so, when the deltas of packs unpack to more than SIZE in all
    #[arg(long, value_name = "SIZE", value_parser = crate::config::size)]
    pub(super) max_unpacked: Option<u64>,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

/// What every scanning command takes.
#[derive(Debug, Args)]
pub(super) struct CommonArgs {
    /// Number of threads; the number of processors when left out
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(super) jobs: Option<u16>,
    /// Format on standard output: text, json, jsonl, sarif, github, gitlab, junit, csv, markdown,
    /// gitleaks-json, gitleaks-csv
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: String,
    /// Also write a report to FILE, in the format of its extension, or FORMAT=FILE; may be repeated
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Vec<String>,
    /// Write nothing to standard output
    #[arg(short, long)]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) config: ConfigArgs,
    /// The least confidence of what is reported: low, medium, high; medium when nothing is said
    #[arg(long, value_name = "LEVEL")]
    pub(super) confidence: Option<String>,
    /// Run only this rule; may be repeated
    #[arg(long, value_name = "ID")]
    pub(super) rule: Vec<String>,
    /// Run without this rule; may be repeated
    #[arg(long, value_name = "ID")]
    pub(super) disable_rule: Vec<String>,
    /// Add the rules of this file; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(super) rules: Vec<PathBuf>,
    /// Count findings whose line says `stopleak:allow` or another scanner's marker
    #[arg(long)]
    pub(super) no_inline_allow: bool,
    /// Leave out the findings of this baseline, ours or gitleaks' JSON report; .stopleak-baseline
    /// at the top when left out
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Leave out the findings that this file accepts; .stopleakignore at the top when left out
    #[arg(long, value_name = "FILE")]
    pub(super) ignore_file: Option<PathBuf>,
    /// Let what people accepted count as it stands in this revision, whatever the files here say
    #[arg(long, value_name = "REV")]
    pub(super) policy_from: Option<String>,
    /// Count everything that markers, the baseline and the ignore file accept
    #[arg(long, conflicts_with_all = ["baseline", "ignore_file", "policy_from"])]
    pub(super) no_suppressions: bool,
    /// Fail when entries of the baseline or the ignore file are expired or accept nothing
    #[arg(long)]
    pub(super) strict_ignores: bool,
    /// A .gitleaksignore file or the directory of one; the current one when left out
    #[arg(long, value_name = "PATH")]
    pub(super) gitleaks_ignore: Option<PathBuf>,
    /// Show secrets in clear
    #[arg(long)]
    pub(super) show_secrets: bool,
    /// Also show what was suppressed, and why
    #[arg(long)]
    pub(super) show_suppressed: bool,
    /// Fail when anything was left out, even on purpose
    #[arg(long)]
    pub(super) strict: bool,
    /// Exit with 0 instead of 1 when there are findings (never instead of 2)
    #[arg(long)]
    pub(super) exit_zero: bool,
    /// Name everything that was left out or suppressed
    #[arg(short, long)]
    pub(super) verbose: bool,
    /// Colour: auto, always, never
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: String,
}

impl CommonArgs {
    /// The arguments of a scan of which only the configuration is said.
    pub(super) fn with(config: &ConfigArgs) -> Self {
        let parsed = Cli::try_parse_from(["stopleak", "staged"]).map(|cli| cli.command);
        let Ok(Command::Staged(args)) = parsed else {
            unreachable!("`stopleak staged` is a command without arguments");
        };
        Self {
            config: config.clone(),
            ..args.common
        }
    }
}

/// What `explain` takes.
#[derive(Debug, Args)]
#[command(
    override_usage = "stopleak explain [OPTIONS] RULE\n       \
        stopleak explain [OPTIONS] FILE:LINE[:COLUMN]\n       \
        stopleak explain [OPTIONS] --text TEXT",
    after_help = "Exit codes: 0 a rule, or not a finding; 1 a finding; 2 error."
)]
pub(super) struct ExplainArgs {
    /// The id of a rule, or a place: FILE:LINE or FILE:LINE:COLUMN
    #[arg(value_name = "RULE|FILE:LINE", required_unless_present = "text")]
    pub(super) what: Option<OsString>,
    /// Explain this text; `-` for standard input
    #[arg(
        long,
        value_name = "TEXT",
        conflicts_with = "what",
        allow_hyphen_values = true
    )]
    pub(super) text: Option<OsString>,
    /// What to call the text, for rules that look at paths
    #[arg(long, value_name = "NAME", requires = "text")]
    pub(super) path: Option<String>,
    /// Format on standard output: text, json
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: String,
    #[command(flatten)]
    pub(super) config: ConfigArgs,
    /// The least confidence of what is a finding: low, medium, high; medium when nothing is said
    #[arg(long, value_name = "LEVEL")]
    pub(super) confidence: Option<String>,
    /// Add the rules of this file; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(super) rules: Vec<PathBuf>,
    /// Count findings whose line says `stopleak:allow` or another scanner's marker
    #[arg(long)]
    pub(super) no_inline_allow: bool,
    /// Show secrets in clear
    #[arg(long)]
    pub(super) show_secrets: bool,
}

#[derive(Debug, Args)]
pub(super) struct BaselineArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum BaselineCommand {
    /// Write a baseline of everything that is found now
    Create {
        #[command(flatten)]
        args: Box<BaselineArgs>,
        /// Of the whole history instead of the files
        #[arg(long)]
        history: bool,
        /// Replace a baseline that is there already
        #[arg(long)]
        force: bool,
    },
    /// Take over what is new and drop what is gone
    Update {
        #[command(flatten)]
        args: Box<BaselineArgs>,
        /// Only ever let it shrink: exit 1 and write nothing when there is something new
        #[arg(long)]
        ratchet: bool,
    },
    /// Compare it with what is found now: exit 1 when they differ
    Check {
        #[command(flatten)]
        args: Box<BaselineArgs>,
    },
    /// Drop what is gone
    Prune {
        #[command(flatten)]
        args: Box<BaselineArgs>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum IgnoreCommand {
    /// Accept a finding: its secret, as found by its rule, wherever it stands
    Add(IgnoreAddArgs),
    /// List what is accepted
    List {
        /// The ignore file; .stopleakignore at the top of the repository when left out
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(super) struct IgnoreAddArgs {
    /// The fingerprint that a report shows, or the identity of the secret
    pub(super) fingerprint: String,
    /// Why it is accepted
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    /// The last day on which this counts
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) until: Option<String>,
    /// Who answers for it
    #[arg(long, value_name = "NAME")]
    pub(super) owner: Option<String>,
    /// Only in the file where it was found
    #[arg(long)]
    pub(super) only_here: bool,
    /// The ignore file; .stopleakignore at the top of the repository when left out
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
}

/// Which configuration holds.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ConfigArgs {
    /// Take the configuration from FILE instead of looking for one
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Take no configuration at all
    #[arg(long, conflicts_with = "config")]
    pub(super) no_config: bool,
}

#[derive(Debug, Args)]
pub(super) struct SettingsArgs {
    #[command(subcommand)]
    pub(super) command: SettingsCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum SettingsCommand {
    /// Check a configuration and name every mistake with line and column
    Check {
        /// The file; the one that would be taken here when left out
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Show the values that hold here, each with where it comes from
    Show {
        #[command(flatten)]
        config: ConfigArgs,
        /// text or json
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: String,
    },
    /// Print which configuration would be taken here
    Path {
        #[command(flatten)]
        config: ConfigArgs,
    },
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// Files: of gitleaks, betterleaks, detect-secrets, trufflehog or ggshield
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// Where they are from, when their name does not say it
    #[arg(long, value_name = "SCANNER")]
    pub(super) from: Option<String>,
    /// Write to this new file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    pub(super) command: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// List the rules: built-in ones and those of the configuration, and how each stands
    List {
        #[command(flatten)]
        config: ConfigArgs,
        /// Only those of this provider
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
        /// Only those of this secret type
        #[arg(long = "type", value_name = "TYPE")]
        secret_type: Option<String>,
        /// Only those of this severity
        #[arg(long, value_name = "LEVEL")]
        severity: Option<String>,
    },
    /// Show one rule: what it finds and how to revoke it
    Show {
        /// The rule's id
        id: String,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Check rule files and name every mistake with line and column
    Check {
        /// Rule files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Try one rule on a text and say what happens
    Test {
        /// The rule's id
        id: String,
        /// The text; `-` for standard input
        text: String,
        /// Take the rule from this file
        #[arg(long, value_name = "FILE", conflicts_with = "config")]
        rules: Option<PathBuf>,
        #[command(flatten)]
        config: ConfigArgs,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}

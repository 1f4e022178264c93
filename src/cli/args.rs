//! What can be said on the command line, as it is said.

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
    /// Turn another scanner's configuration, baseline or ignore list into stopleak.toml
    Import(ImportArgs),
    /// List, show, check and try rules
    Rules(RulesArgs),
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
    /// Leave out larger files: bytes, or with K, M, G
    #[arg(long, value_name = "SIZE", default_value = "4G", value_parser = size)]
    pub(super) max_file_size: u64,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct StagedArgs {
    /// Leave out larger files: bytes, or with K, M, G
    #[arg(long, value_name = "SIZE", default_value = "4G", value_parser = size)]
    pub(super) max_file_size: u64,
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
    /// Leave out larger files: bytes, or with K, M, G
    #[arg(long, value_name = "SIZE", default_value = "4G", value_parser = size)]
    pub(super) max_file_size: u64,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

/// What every scanning command takes.
#[derive(Debug, Args)]
pub(super) struct CommonArgs {
    /// Number of threads; the number of processors when left out
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(super) jobs: Option<u16>,
    /// Format on standard output: text, json, jsonl, sarif, gitleaks-json,
    /// gitleaks-csv
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: String,
    /// Also write a report to FILE, in the format of its extension, or FORMAT=FILE; may be repeated
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Vec<String>,
    /// Write nothing to standard output
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// The least confidence of what is reported: low, medium, high
    #[arg(long, value_name = "LEVEL", default_value = "medium")]
    pub(super) confidence: String,
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
    #[command(flatten)]
    pub(super) gitleaks: GitleaksArgs,
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

/// What gitleaks' users bring along.
#[derive(Debug, Args)]
pub(super) struct GitleaksArgs {
    /// A .gitleaksignore file or the directory of one; the current one when left out
    #[arg(long, value_name = "PATH")]
    pub(super) gitleaks_ignore: Option<PathBuf>,
    /// Findings of this gitleaks report (JSON) are known and do not count
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    pub(super) command: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// List the built-in rules
    List {
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
        #[arg(long, value_name = "FILE")]
        rules: Option<PathBuf>,
    },
}

/// A size in bytes, with an optional K, M or G (powers of 1024).
fn size(text: &str) -> Result<u64, String> {
    let upper = text.to_ascii_uppercase();
    let digits = upper.trim_end_matches('B').trim_end_matches('I');
    let (number, shift) = match digits.as_bytes().last() {
        Some(b'K') => (&digits[..digits.len() - 1], 10),
        Some(b'M') => (&digits[..digits.len() - 1], 20),
        Some(b'G') => (&digits[..digits.len() - 1], 30),
        Some(b'T') => (&digits[..digits.len() - 1], 40),
        _ => (digits, 0),
    };
    let number: u64 = number
        .trim()
        .parse()
        .map_err(|_| "expected a size such as 500K, 20M or 1G".to_owned())?;
    number
        .checked_mul(1 << shift)
        .ok_or_else(|| "that size is too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(size("10"), Ok(10));
        assert_eq!(size("2K"), Ok(2048));
        assert_eq!(size("3MiB"), Ok(3 << 20));
        assert_eq!(size("1g"), Ok(1 << 30));
        assert!(size("x").is_err());
        assert!(size("99999999999G").is_err());
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}

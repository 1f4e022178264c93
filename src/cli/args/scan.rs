//! The options of `scan`, `staged`, `history` and `ci`.

use std::path::PathBuf;

use clap::Args;

use super::{AFTER_HELP, CommonArgs};
use crate::config::size;

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct ScanArgs {
    /// Files and directories to scan; `-` for standard input [default: the current directory]
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// Scan only what differs from HEAD: staged and unstaged lines, and untracked files
    #[arg(long, conflicts_with_all = ["no_ignore", "follow", "stdin_path"])]
    pub(in crate::cli) changed: bool,
    /// Name standard input in reports, and for rules that look at paths
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) stdin_path: Option<String>,
    /// Also scan what git ignores
    #[arg(long)]
    pub(in crate::cli) no_ignore: bool,
    /// Follow symbolic links
    #[arg(long)]
    pub(in crate::cli) follow: bool,
    /// Skip what matches GLOB, in the syntax of .gitignore; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(in crate::cli) exclude: Vec<String>,
    /// Scan only what matches GLOB; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(in crate::cli) include: Vec<String>,
    /// Skip files larger than SIZE: bytes, or with K, M or G [default: 4G]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(in crate::cli) max_file_size: Option<u64>,
    #[command(flatten)]
    pub(in crate::cli) common: CommonArgs,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct StagedArgs {
    /// Skip files larger than SIZE: bytes, or with K, M or G [default: 4G]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(in crate::cli) max_file_size: Option<u64>,
    #[command(flatten)]
    pub(in crate::cli) common: CommonArgs,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct HistoryArgs {
    /// The repository: its working tree or git directory [default: the current one]
    #[arg(value_name = "REPO")]
    pub(in crate::cli) repo: Option<PathBuf>,
    /// Scan only what the commits of a range add: A..B, A...B, or all that REV reaches
    #[arg(long, value_name = "A..B", conflicts_with_all = ["since", "commit", "all_objects"])]
    pub(in crate::cli) range: Option<String>,
    /// Scan only what commits since DATE add, on any reference: 2026-01-31, `2 weeks ago`
    #[arg(long, value_name = "DATE", conflicts_with_all = ["commit", "all_objects"])]
    pub(in crate::cli) since: Option<String>,
    /// Scan only what one commit adds
    #[arg(long, value_name = "REV", conflicts_with = "all_objects")]
    pub(in crate::cli) commit: Option<String>,
    /// Scan only the history of references that match GLOB, such as `refs/heads/*`; may be repeated
    #[arg(long, value_name = "GLOB", conflicts_with_all = ["range", "since", "commit"])]
    pub(in crate::cli) refs: Vec<String>,
    /// Also scan objects that only a reference log reaches, or that nothing reaches
    #[arg(long)]
    pub(in crate::cli) all_objects: bool,
    /// Do not fail when objects are missing (a partial clone): name and count them
    #[arg(long)]
    pub(in crate::cli) allow_missing: bool,
    /// Skip commit messages, tag messages and names of references
    #[arg(long)]
    pub(in crate::cli) no_messages: bool,
    /// Scan every version whole instead of what changed between versions: slower, same result
    #[arg(long, conflicts_with_all = ["range", "since", "commit"])]
    pub(in crate::cli) no_delta: bool,
    /// Skip files larger than SIZE: bytes, or with K, M or G [default: 4G]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(in crate::cli) max_file_size: Option<u64>,
    /// Fail when the deltas of packs unpack to more than SIZE in all [default: 256G, or 4,096
    /// times the size of the packs where that is more]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(in crate::cli) max_unpacked: Option<u64>,
    #[command(flatten)]
    pub(in crate::cli) common: CommonArgs,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct CiArgs {
    /// Show what would be scanned and why, and scan nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Compare with this commit or branch instead of the base that the environment names
    #[arg(long, value_name = "REV")]
    pub(in crate::cli) base: Option<String>,
    /// Do not fail when objects are missing (a partial clone): name and count them
    #[arg(long)]
    pub(in crate::cli) allow_missing: bool,
    /// Skip commit messages, tag messages and names of references
    #[arg(long)]
    pub(in crate::cli) no_messages: bool,
    /// Skip files larger than SIZE: bytes, or with K, M or G [default: 4G]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(in crate::cli) max_file_size: Option<u64>,
    /// Fail when the deltas of packs unpack to more than SIZE in all
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(in crate::cli) max_unpacked: Option<u64>,
    #[command(flatten)]
    pub(in crate::cli) common: CommonArgs,
}

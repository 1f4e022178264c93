//! The options of `scan`, `staged`, `history` and `ci`.

use std::path::PathBuf;

use clap::Args;

use super::{AFTER_HELP, CacheArgs, CommonArgs, examples};
use crate::config::size;
use crate::setup::Asked;

/// The section of the help for what is read of a file.
const LIMITS: &str = "Limits";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, after_long_help = examples::SCAN)]
pub(in crate::cli) struct ScanArgs {
    /// Files and directories to scan; `-` for standard input [default: .]
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// Scan only what changed since HEAD, staged or not, and untracked files
    #[arg(long, conflicts_with_all = ["no_ignore", "follow", "stdin_path"])]
    pub(in crate::cli) changed: bool,
    /// Scan the texts in FILE (`-` for standard input): a JSON object per line, with `path` and
    /// `text` or `base64`, and if known `url`, `author` and `time`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "changed", "stdin_path", "no_ignore", "follow", "include"])]
    pub(in crate::cli) items: Option<PathBuf>,
    /// Path of standard input, for reports and for rules that depend on paths
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) stdin_path: Option<String>,
    /// Also scan files that git ignores
    #[arg(long)]
    pub(in crate::cli) no_ignore: bool,
    /// Follow symbolic links
    #[arg(long)]
    pub(in crate::cli) follow: bool,
    /// Skip paths that match GLOB, as in .gitignore (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub(in crate::cli) exclude: Vec<String>,
    /// Scan only paths that match GLOB (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub(in crate::cli) include: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) size: SizeArgs,
    #[command(flatten)]
    pub(in crate::cli) common: CommonArgs,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, after_long_help = examples::STAGED)]
pub(in crate::cli) struct StagedArgs {
    /// Skip paths that match GLOB, as in .gitignore (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub(in crate::cli) exclude: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) size: SizeArgs,
    #[command(flatten)]
    pub(in crate::cli) common: CommonArgs,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, after_long_help = examples::IMAGE)]
pub(in crate::cli) struct ImageArgs {
    /// Image as `docker save` and OCI tools write it: a tar, a directory, or `-` for standard input
    #[arg(value_name = "IMAGE")]
    pub(in crate::cli) image: PathBuf,
    /// Skip the layer whose digest begins with DIGEST, 12 characters or more (repeatable)
    #[arg(long, value_name = "DIGEST")]
    pub(in crate::cli) skip_layer: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) size: SizeArgs,
    #[command(flatten)]
    pub(in crate::cli) common: CommonArgs,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, after_long_help = examples::HISTORY)]
pub(in crate::cli) struct HistoryArgs {
    /// Working tree or git directory [default: the current repository]
    #[arg(value_name = "REPO")]
    pub(in crate::cli) repo: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) commits: CommitArgs,
    /// Scan only references that match GLOB, such as `refs/heads/*` (repeatable)
    #[arg(long, value_name = "GLOB", conflicts_with_all = ["range", "since", "commit"])]
    pub(in crate::cli) refs: Vec<String>,
    /// Also scan objects that only a reflog or nothing reaches
    #[arg(long, conflicts_with_all = ["range", "since", "commit"])]
    pub(in crate::cli) all_objects: bool,
    /// Scan every version in full: slower, same findings
    #[arg(hide_short_help = true, long, conflicts_with_all = ["range", "since", "commit"])]
    pub(in crate::cli) no_delta: bool,
    #[command(flatten)]
    pub(in crate::cli) objects: ObjectArgs,
    #[command(flatten)]
    pub(in crate::cli) cache: CacheArgs,
    #[command(flatten)]
    pub(in crate::cli) common: CommonArgs,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, after_long_help = examples::CI)]
pub(in crate::cli) struct CiArgs {
    /// Print what would be scanned and why; scan nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Compare to REV instead of the base that the environment names
    #[arg(long, value_name = "REV")]
    pub(in crate::cli) base: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) objects: ObjectArgs,
    #[command(flatten)]
    pub(in crate::cli) cache: CacheArgs,
    #[command(flatten)]
    pub(in crate::cli) common: CommonArgs,
}

// Which commits of a history are read.
#[derive(Debug, Args)]
pub(in crate::cli) struct CommitArgs {
    /// Scan only what these commits add: A..B, A...B, or all that REV reaches
    #[arg(long, value_name = "A..B", conflicts_with_all = ["since", "commit"])]
    pub(in crate::cli) range: Option<String>,
    /// Scan only what commits since DATE add, on any reference: 2026-01-31, `2 weeks ago`
    #[arg(long, value_name = "DATE", conflicts_with_all = ["commit"])]
    pub(in crate::cli) since: Option<String>,
    /// Scan only what one commit adds
    #[arg(long, value_name = "REV")]
    pub(in crate::cli) commit: Option<String>,
}

// Not doc comments: clap would print them as the help of the command.

// How large a file may be.
#[derive(Debug, Args)]
pub(in crate::cli) struct SizeArgs {
    /// Skip larger files; SIZE takes K, M or G [default: 4G] [env: STOPLEAK_MAX_FILE_SIZE]
    #[arg(help_heading = LIMITS, long, value_name = "SIZE", value_parser = size)]
    pub(in crate::cli) max_file_size: Option<u64>,
    /// Open archives and documents inside each other up to N deep; 0 opens none [default: 8]
    #[arg(help_heading = LIMITS, hide_short_help = true, long, value_name = "N")]
    pub(in crate::cli) max_archive_depth: Option<u32>,
    /// Unpack at most SIZE of one file [default: 1G, or 32 times the file if that is more]
    #[arg(help_heading = LIMITS, hide_short_help = true, long, value_name = "SIZE", value_parser = size)]
    pub(in crate::cli) max_archive_size: Option<u64>,
    /// Unpack nothing to more than N times its packed size [default: 1000]
    #[arg(help_heading = LIMITS, hide_short_help = true, long, value_name = "N")]
    pub(in crate::cli) max_archive_ratio: Option<u64>,
    /// Do not look inside archives and documents
    #[arg(help_heading = LIMITS, long, conflicts_with = "max_archive_depth")]
    pub(in crate::cli) no_archives: bool,
}

impl SizeArgs {
    /// Returns what the options ask for.
    pub(in crate::cli) fn asked(&self) -> Asked {
        Asked {
            file: self.max_file_size,
            depth: if self.no_archives {
                Some(0)
            } else {
                self.max_archive_depth
            },
            unpacked: self.max_archive_size,
            ratio: self.max_archive_ratio,
        }
    }
}

// What of a repository's objects is read.
#[derive(Debug, Args)]
pub(in crate::cli) struct ObjectArgs {
    /// Skip paths that match GLOB, as in .gitignore (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub(in crate::cli) exclude: Vec<String>,
    /// Report missing objects (partial or shallow clone) without failing
    #[arg(long)]
    pub(in crate::cli) allow_missing: bool,
    /// Skip messages and headers of commits and tags, and reference names
    #[arg(long)]
    pub(in crate::cli) no_messages: bool,
    #[command(flatten)]
    pub(in crate::cli) size: SizeArgs,
    /// Fail if deltas unpack to more than SIZE [default: 256G or 4,096 times the packs, if
    /// more]
    #[arg(help_heading = LIMITS, hide_short_help = true, long, value_name = "SIZE", value_parser = size)]
    pub(in crate::cli) max_unpacked: Option<u64>,
}

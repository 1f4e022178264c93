//! The options of `fleet`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{AFTER_HELP, CacheArgs, CommonArgs, ObjectArgs, WrittenArgs};
use crate::fleet::Shard;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(in crate::cli) enum FleetCommand {
    /// List repositories, the largest first: from directories, lists, or what gh, glab, Gitea,
    /// Azure and Bitbucket write
    Plan(FleetPlanArgs),
    /// Scan the histories of the repositories of a manifest, or a share of them
    Run(Box<FleetRunArgs>),
    /// Make one report of all results, and name the repositories that have none
    Merge(Box<FleetMergeArgs>),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct FleetPlanArgs {
    /// Directories of clones, clones, and lists (`-` for standard input) [default: the clones]
    #[arg(value_name = "SOURCE")]
    pub(in crate::cli) sources: Vec<PathBuf>,
    /// Directory with the clones of what lists name: DIR/OWNER/NAME, DIR/HOST/OWNER/NAME or
    /// DIR/NAME, with or without `.git`
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) clones: Option<PathBuf>,
    /// Write the manifest to FILE [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Exit 0 even if repositories have no clone yet
    #[arg(long)]
    pub(in crate::cli) allow_missing: bool,
}

/// How to tell what happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ProgressFormat {
    #[default]
    Text,
    Json,
    None,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
#[command(mut_arg("format", |arg| arg.hide(true)), mut_arg("output", |arg| arg.hide(true)))]
#[command(mut_arg("show_secrets", |arg| arg.hide(true)))]
pub(in crate::cli) struct FleetRunArgs {
    /// Manifest that `fleet plan` wrote
    #[arg(value_name = "MANIFEST")]
    pub(in crate::cli) manifest: PathBuf,
    /// Directory for the results; it is created if needed
    #[arg(long, value_name = "DIR", default_value = "fleet")]
    pub(in crate::cli) results: PathBuf,
    /// Scan the I-th of N shares, from 1 [default: what Kubernetes, Slurm, AWS Batch, GitLab,
    /// Buildkite or CircleCI say, else all]
    #[arg(long, value_name = "I/N", value_parser = Shard::parse, conflicts_with = "only")]
    pub(in crate::cli) shard: Option<Shard>,
    /// Number of shares, for systems that only say which one this is
    #[arg(long, value_name = "N", conflicts_with_all = ["only", "shard"], value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(in crate::cli) shards: Option<u32>,
    /// Scan only the repository with this id (repeatable)
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) only: Vec<String>,
    /// Directory of the clones, instead of the one that the manifest names
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) clones: Option<PathBuf>,
    /// Obey the configuration, the accepted findings and the markers of each repository
    #[arg(long)]
    pub(in crate::cli) repository_policy: bool,
    /// Scan also what did not change since its last result
    #[arg(long)]
    pub(in crate::cli) again: bool,
    /// How to tell on standard error what happens
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        ignore_case = true
    )]
    pub(in crate::cli) progress: ProgressFormat,
    /// Also scan objects that only a reflog or nothing reaches
    #[arg(long)]
    pub(in crate::cli) all_objects: bool,
    #[command(flatten)]
    pub(in crate::cli) objects: ObjectArgs,
    #[command(flatten)]
    pub(in crate::cli) cache: CacheArgs,
    #[command(flatten)]
    pub(in crate::cli) common: CommonArgs,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
#[command(mut_arg("from", |arg| arg.hide(true)))]
pub(in crate::cli) struct FleetMergeArgs {
    /// Directory with the results
    #[arg(value_name = "RESULTS")]
    pub(in crate::cli) results: PathBuf,
    /// Manifest that `fleet plan` wrote
    #[arg(value_name = "MANIFEST")]
    pub(in crate::cli) manifest: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) written: WrittenArgs,
}

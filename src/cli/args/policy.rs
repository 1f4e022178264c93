//! The options of `baseline`, `ignore`, `config` and `import`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::values::{DocumentFormat, one_of};
use super::{CommonArgs, ConfigArgs};
use crate::import::Origin;

#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineArgs {
    #[command(flatten)]
    pub(in crate::cli) common: CommonArgs,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BaselineCommand {
    /// Write a baseline of all current findings
    Create {
        #[command(flatten)]
        args: Box<BaselineArgs>,
        /// Cover the whole history instead of the files
        #[arg(long)]
        history: bool,
        /// Replace an existing baseline
        #[arg(long)]
        force: bool,
    },
    /// Add new findings and drop those that are gone
    Update {
        #[command(flatten)]
        args: Box<BaselineArgs>,
        /// Only let the baseline shrink: on a new finding write nothing and exit 1
        #[arg(long)]
        ratchet: bool,
    },
    /// Compare the baseline with the current findings; exit 1 when they differ
    Check {
        #[command(flatten)]
        args: Box<BaselineArgs>,
    },
    /// Drop findings that are gone
    Prune {
        #[command(flatten)]
        args: Box<BaselineArgs>,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum IgnoreCommand {
    /// Accept a finding: its secret, as its rule found it, wherever it stands
    Add(IgnoreAddArgs),
    /// List accepted findings
    List {
        /// The ignore file [default: .stopleakignore at the top of the repository]
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct IgnoreAddArgs {
    /// The fingerprint that a report shows, or the id of the secret
    pub(in crate::cli) fingerprint: String,
    /// Why the finding is accepted
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: String,
    /// The last day on which the entry counts
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(in crate::cli) until: Option<String>,
    /// Who is responsible for it
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) owner: Option<String>,
    /// Accept it only in the file where it was found
    #[arg(long)]
    pub(in crate::cli) only_here: bool,
    /// The ignore file [default: .stopleakignore at the top of the repository]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SettingsCommand {
    /// Check a configuration and name every mistake with its line and column
    Check {
        /// The file [default: the configuration that a scan here would read]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Show every value and where it comes from
    Show {
        #[command(flatten)]
        config: ConfigArgs,
        /// Format on standard output
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: DocumentFormat,
    },
    /// Print the path of the configuration that a scan here would read
    Path {
        #[command(flatten)]
        config: ConfigArgs,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArgs {
    /// Files of gitleaks, betterleaks, detect-secrets, trufflehog or ggshield
    #[arg(value_name = "FILE", required = true)]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// The scanner that they belong to, where their name does not say it
    #[arg(long, value_name = "SCANNER", value_parser = one_of(&Origin::ALL, Origin::id))]
    pub(in crate::cli) from: Option<Origin>,
    /// Write to this new file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
}

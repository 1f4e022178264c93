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
    /// Add new findings and remove those that are gone
    Update {
        #[command(flatten)]
        args: Box<BaselineArgs>,
        /// Only let the baseline shrink: on new findings, write nothing and exit 1
        #[arg(long)]
        ratchet: bool,
    },
    /// Compare the baseline to the current findings; exit 1 if they differ
    Check {
        #[command(flatten)]
        args: Box<BaselineArgs>,
    },
    /// Remove findings that are gone
    Prune {
        #[command(flatten)]
        args: Box<BaselineArgs>,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum IgnoreCommand {
    /// Accept a finding's secret, wherever the same rule finds it
    Add(IgnoreAddArgs),
    /// List accepted findings
    List {
        /// Ignore file [default: .stopleakignore at the top of the repository]
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct IgnoreAddArgs {
    /// Fingerprint of a finding, as reports show it, or id of a secret
    pub(in crate::cli) fingerprint: String,
    /// Why the finding is accepted
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: String,
    /// Last day on which the entry applies
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(in crate::cli) until: Option<String>,
    /// Who is responsible for the entry
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) owner: Option<String>,
    /// Accept the secret only in the file of the finding
    #[arg(long)]
    pub(in crate::cli) only_here: bool,
    /// Ignore file [default: .stopleakignore at the top of the repository]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SettingsCommand {
    /// Check a configuration; list all mistakes with line and column
    Check {
        /// Configuration file [default: the one that a scan here reads]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Show every value and its origin
    Show {
        #[command(flatten)]
        config: ConfigArgs,
        /// Format of standard output
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: DocumentFormat,
    },
    /// Print the path of the configuration that a scan here reads
    Path {
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Print the JSON Schema of stopleak.toml, for editors
    Schema,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArgs {
    /// Files of gitleaks, betterleaks, detect-secrets, trufflehog or ggshield
    #[arg(value_name = "FILE", required = true)]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Scanner that the files belong to [default: by name and content]
    #[arg(long, value_name = "SCANNER", value_parser = one_of(&Origin::ALL, Origin::id))]
    pub(in crate::cli) from: Option<Origin>,
    /// Write to this new file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
}

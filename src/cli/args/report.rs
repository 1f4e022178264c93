//! The options of `report`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::AFTER_HELP;
use super::values::{DocumentFormat, one_of};
use crate::cli::terminal::{ColorChoice, Permalinks, Reporting, Wanted};
use crate::gather::Form;
use crate::report::Format;
use crate::report::secrets::{GroupBy, SortBy};

// The section of the help, as in `common`.
const OUTPUT: &str = "Output";

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(in crate::cli) enum ReportCommand {
    /// Write a report in another format
    Convert(Box<ConvertArgs>),
    /// Join reports: the same finding once, and all that was not scanned
    Merge(Box<MergeArgs>),
    /// Compare two reports: what is new, gone, the same
    Diff(DiffArgs),
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct ConvertArgs {
    /// Report to read: JSON or SARIF of stopleak, gitleaks, betterleaks, trufflehog, kingfisher,
    /// detect-secrets or ggshield; `-` for standard input
    #[arg(value_name = "REPORT")]
    pub(in crate::cli) report: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) written: WrittenArgs,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct MergeArgs {
    /// Reports to read, as for `report convert`
    #[arg(value_name = "REPORT", required = true)]
    pub(in crate::cli) reports: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) written: WrittenArgs,
}

/// When `report diff` fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FailOn {
    /// If something is new.
    New,
    /// Only if a report is incomplete.
    None,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 nothing new, 1 something new, 2 error, or a report is incomplete."
)]
pub(in crate::cli) struct DiffArgs {
    /// The older report, as for `report convert`
    #[arg(value_name = "OLD")]
    pub(in crate::cli) old: PathBuf,
    /// The newer report
    #[arg(value_name = "NEW")]
    pub(in crate::cli) new: PathBuf,
    /// Scanner that wrote the reports [default: by content]
    #[arg(long, value_name = "SCANNER", ignore_case = true, value_parser = one_of(&Form::ALL, Form::id))]
    pub(in crate::cli) from: Option<Form>,
    /// What makes the exit code 1
    #[arg(long, value_name = "WHAT", default_value = "new", ignore_case = true)]
    pub(in crate::cli) fail_on: FailOn,
    /// Fail if a report does not say what was not scanned
    #[arg(long)]
    pub(in crate::cli) strict: bool,
    /// Format of standard output
    #[arg(help_heading = OUTPUT, short, long, value_name = "FORMAT", default_value = "text", ignore_case = true)]
    pub(in crate::cli) format: DocumentFormat,
    /// Also list what is the same
    #[arg(help_heading = OUTPUT, short, long)]
    pub(in crate::cli) verbose: bool,
    /// Show secrets in clear text, where the reports do
    #[arg(help_heading = OUTPUT, long)]
    pub(in crate::cli) show_secrets: bool,
}

// How a report that was read is written. Not a doc comment: clap would print it.
#[derive(Debug, Args)]
pub(in crate::cli) struct WrittenArgs {
    /// Scanner that wrote the reports [default: by content]
    #[arg(long, value_name = "SCANNER", ignore_case = true, value_parser = one_of(&Form::ALL, Form::id))]
    pub(in crate::cli) from: Option<Form>,
    /// Fail if a report does not say what was not scanned, or if anything was skipped
    #[arg(long)]
    pub(in crate::cli) strict: bool,
    /// Exit 0 instead of 1 on findings; errors still exit 2
    #[arg(long)]
    exit_zero: bool,
    /// Format of standard output
    #[arg(help_heading = OUTPUT, short, long, value_name = "FORMAT", default_value = "text",
        ignore_case = true, value_parser = one_of(&Format::OFFERED, Format::id))]
    format: Format,
    /// Also write a report to FILE, or FORMAT=FILE if its extension names no format
    /// (repeatable)
    #[arg(help_heading = OUTPUT, short, long, value_name = "FILE", value_parser = Wanted::parse)]
    output: Vec<Wanted>,
    /// Write nothing to standard output
    #[arg(help_heading = OUTPUT, short, long)]
    quiet: bool,
    /// Link findings of commits to the host at this URL; links that a report has stay
    #[arg(help_heading = OUTPUT, long, value_name = "[KIND=]URL", default_value = "auto",
        value_parser = Permalinks::parse)]
    permalinks: Permalinks,
    /// Template of the format `template`, which is the default with it
    #[arg(help_heading = OUTPUT, long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// Show secrets in clear text, where the reports do
    #[arg(help_heading = OUTPUT, long)]
    show_secrets: bool,
    /// Also show suppressed findings and the reasons
    #[arg(help_heading = OUTPUT, long)]
    show_suppressed: bool,
    /// What comes first in text for people [default: severity if there are many findings]
    #[arg(help_heading = OUTPUT, long, value_name = "ORDER", ignore_case = true, value_parser = one_of(&SortBy::ALL, SortBy::id))]
    sort: Option<SortBy>,
    /// What stands together in text for people [default: secret if there are many findings]
    #[arg(help_heading = OUTPUT, long, value_name = "WHAT", ignore_case = true, value_parser = one_of(&GroupBy::ALL, GroupBy::id))]
    group: Option<GroupBy>,
    /// List everything that was skipped or suppressed
    #[arg(help_heading = OUTPUT, short, long)]
    verbose: bool,
    /// When to use colors
    #[arg(help_heading = OUTPUT, long, value_name = "WHEN", default_value = "auto", ignore_case = true)]
    color: ColorChoice,
}

impl WrittenArgs {
    /// Returns how to report.
    pub(in crate::cli) fn reporting(self) -> Reporting {
        Reporting {
            stdout: (!self.quiet).then_some(self.format),
            files: self.output,
            show_secrets: self.show_secrets,
            show_suppressed: self.show_suppressed || self.verbose,
            verbose: self.verbose,
            color: self.color,
            jobs: 1,
            permalinks: self.permalinks,
            template: self.template,
            strict: self.strict,
            exit_zero: self.exit_zero,
            sort: self.sort,
            group: self.group,
        }
    }
}

//! The options of commands that show something and scan nothing.

use clap::Args;

use super::HereArgs;
use super::common::OUTPUT;
use super::values::DocumentFormat;
use crate::cli::terminal::ColorChoice;

// How a listing or an answer is shown.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ShownArgs {
    /// Format of standard output
    #[arg(help_heading = OUTPUT, short, long, value_name = "FORMAT", default_value = "text", ignore_case = true)]
    pub(in crate::cli) format: DocumentFormat,
    /// Write nothing to standard output; the exit code answers
    #[arg(help_heading = OUTPUT, short, long)]
    pub(in crate::cli) quiet: bool,
    /// Say more
    #[arg(help_heading = OUTPUT, short, long, overrides_with = "verbose")]
    #[allow(
        dead_code,
        reason = "accepted by all commands; these have nothing more to say"
    )]
    verbose: bool,
    /// When to use colors
    #[arg(help_heading = OUTPUT, long, value_name = "WHEN", default_value = "auto", ignore_case = true)]
    pub(in crate::cli) color: ColorChoice,
    #[command(flatten)]
    here: HereArgs,
}

//! The options that every scanning command takes.

use std::path::PathBuf;

use clap::Args;

use super::values::one_of;
use crate::cli::terminal::{ColorChoice, Reporting, Wanted};
use crate::report::Format;
use crate::rules::Confidence;
use crate::setup::trust::PolicyFrom;
use crate::setup::{Configuration, Request};

/// What every scanning command takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct CommonArgs {
    /// Number of threads [default: number of processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    jobs: Option<u16>,
    /// Format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text",
        value_parser = one_of(&Format::ALL, Format::id))]
    format: Format,
    /// Also write a report to FILE, in the format of its extension; FORMAT=FILE names the format;
    /// may be repeated
    #[arg(short, long, value_name = "FILE", value_parser = Wanted::parse)]
    output: Vec<Wanted>,
    /// Write nothing to standard output
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    config: ConfigArgs,
    /// Report findings of at least this confidence [default: medium]
    #[arg(long, value_name = "LEVEL", value_parser = one_of(Confidence::ALL, Confidence::id))]
    confidence: Option<Confidence>,
    /// Run only this rule; may be repeated
    #[arg(long, value_name = "ID")]
    rule: Vec<String>,
    /// Do not run this rule; may be repeated
    #[arg(long, value_name = "ID")]
    disable_rule: Vec<String>,
    /// Add the rules of this file; may be repeated
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
    /// Report findings even where their line has a `stopleak:allow` comment or another scanner's
    /// marker
    #[arg(long)]
    no_inline_allow: bool,
    /// Suppress the findings of this baseline, a stopleak baseline or a gitleaks JSON report
    /// [default: .stopleak-baseline at the top of the repository]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) baseline: Option<PathBuf>,
    /// Suppress the findings that this file accepts
    /// [default: .stopleakignore at the top of the repository]
    #[arg(long, value_name = "FILE")]
    ignore_file: Option<PathBuf>,
    /// Take the configuration, the baseline, the ignore files and the markers from this revision,
    /// not from the checkout
    #[arg(long, value_name = "REV")]
    policy_from: Option<String>,
    /// Report findings even where a marker, the baseline or an ignore file accepts them
    #[arg(long, conflicts_with_all = ["baseline", "ignore_file", "policy_from"])]
    no_suppressions: bool,
    /// Fail when an entry of the baseline or of an ignore file is expired or unused
    #[arg(long)]
    strict_ignores: bool,
    /// A .gitleaksignore file, or the directory that holds one [default: the current directory]
    #[arg(long, value_name = "PATH")]
    gitleaks_ignore: Option<PathBuf>,
    /// Show secrets in clear text
    #[arg(long)]
    show_secrets: bool,
    /// Also show suppressed findings, and why they are suppressed
    #[arg(long)]
    show_suppressed: bool,
    /// Fail when anything was skipped, even on purpose
    #[arg(long)]
    strict: bool,
    /// Exit with 0 instead of 1 when there are findings; never instead of 2
    #[arg(long)]
    exit_zero: bool,
    /// Name everything that was skipped or suppressed
    #[arg(short, long)]
    verbose: bool,
    /// When to use colors
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
}

impl CommonArgs {
    /// What is asked for of rules and accepted findings, and how the run reports.
    pub(in crate::cli) fn split(self) -> (Request, Reporting) {
        let request = Request {
            configuration: self.config.choice(),
            confidence: self.confidence,
            only: self.rule,
            without: self.disable_rule,
            rule_files: self.rules,
            inline: !self.no_inline_allow,
            baseline: self.baseline,
            ignore_file: self.ignore_file,
            gitleaks_ignore: self.gitleaks_ignore,
            policy_from: self
                .policy_from
                .map_or(PolicyFrom::Checkout, PolicyFrom::Named),
            suppressions: !self.no_suppressions,
            strict_ignores: self.strict_ignores,
            keep_dismissed: self.show_suppressed || self.verbose,
            verbose: self.verbose,
        };
        let reporting = Reporting {
            stdout: (!self.quiet).then_some(self.format),
            files: self.output,
            show_secrets: self.show_secrets,
            show_suppressed: self.show_suppressed || self.verbose,
            verbose: self.verbose,
            color: self.color,
            jobs: self.jobs.map(usize::from),
            strict: self.strict,
            exit_zero: self.exit_zero,
        };
        (request, reporting)
    }
}

/// Which configuration holds.
#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct ConfigArgs {
    /// Read the configuration from FILE instead of looking for one
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long, conflicts_with = "config")]
    no_config: bool,
}

impl ConfigArgs {
    /// The configuration that is asked for.
    pub(in crate::cli) fn choice(self) -> Configuration {
        match (self.config, self.no_config) {
            (Some(file), _) => Configuration::File(file),
            (None, true) => Configuration::Off,
            (None, false) => Configuration::Found,
        }
    }
}

//! The options that all scanning commands share.

use std::path::PathBuf;

use clap::Args;

use super::HereArgs;
use super::values::one_of;
use crate::cli::terminal::{ColorChoice, Permalinks, Reporting, Wanted};
use crate::config::Level;
use crate::report::Format;
use crate::report::secrets::{GroupBy, SortBy};
use crate::rules::{Confidence, Label, Severity};
use crate::setup::trust::PolicyFrom;
use crate::setup::{Configuration, Request};

// The sections of the help.
pub(super) const RULES: &str = "Rules";
pub(super) const SUPPRESSION: &str = "Suppression";
pub(super) const OUTPUT: &str = "Output";

/// The options that all scanning commands share.
#[derive(Debug, Args)]
pub(in crate::cli) struct CommonArgs {
    /// Number of threads [default: number of processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    jobs: Option<u16>,
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
    #[command(flatten)]
    here: HereArgs,
    #[command(flatten)]
    config: ConfigArgs,
    /// Report findings of at least this confidence [default: medium] [env: STOPLEAK_CONFIDENCE]
    #[arg(help_heading = RULES, long, value_name = "LEVEL", ignore_case = true,
        value_parser = one_of(Confidence::ALL, Confidence::id))]
    confidence: Option<Confidence>,
    /// Report findings of at least this severity; the summary counts the others
    #[arg(help_heading = RULES, long, value_name = "LEVEL", ignore_case = true, value_parser = one_of(Severity::ALL, Severity::id))]
    severity: Option<Severity>,
    /// Report only findings with this label (repeatable)
    #[arg(help_heading = RULES, long, value_name = "LABEL", ignore_case = true, value_parser = one_of(Label::ALL, Label::id))]
    label: Vec<Label>,
    /// Leave out findings with this label (repeatable)
    #[arg(help_heading = RULES, long, value_name = "LABEL", ignore_case = true, value_parser = one_of(Label::ALL, Label::id))]
    no_label: Vec<Label>,
    /// Run only this rule (repeatable)
    #[arg(help_heading = RULES, long, value_name = "ID")]
    rule: Vec<String>,
    /// Do not run this rule (repeatable)
    #[arg(help_heading = RULES, long, value_name = "ID")]
    disable_rule: Vec<String>,
    /// Add the rules in FILE (repeatable)
    #[arg(help_heading = RULES, long, value_name = "FILE")]
    rules: Vec<PathBuf>,
    /// Look through at most N encodings inside each other; 0 looks through none [default: 5]
    #[arg(hide_short_help = true, help_heading = RULES, long, value_name = "N")]
    max_decode_depth: Option<u32>,
    /// Ignore inline markers: `stopleak:allow` and other scanners'
    #[arg(help_heading = SUPPRESSION, long)]
    no_inline_allow: bool,
    /// Suppress the findings in FILE, a baseline or gitleaks report [default:
    /// .stopleak-baseline]
    #[arg(help_heading = SUPPRESSION, long, value_name = "FILE")]
    pub(in crate::cli) baseline: Option<PathBuf>,
    /// Suppress the findings that FILE accepts [default: .stopleakignore]
    #[arg(help_heading = SUPPRESSION, long, value_name = "FILE")]
    ignore_file: Option<PathBuf>,
    /// Take configuration, baseline, ignore files and markers from REV, not the checkout
    #[arg(help_heading = SUPPRESSION, long, value_name = "REV")]
    policy_from: Option<String>,
    /// Ignore inline markers, the baseline, ignore files, and what the configuration switches
    /// off
    #[arg(help_heading = SUPPRESSION, long, conflicts_with_all = ["baseline", "ignore_file", "policy_from"])]
    no_suppressions: bool,
    /// Fail if an allow, ignore or baseline entry is expired or unused
    #[arg(hide_short_help = true, help_heading = SUPPRESSION, long)]
    strict_ignores: bool,
    /// .gitleaksignore file, or its directory [default: .]
    #[arg(hide_short_help = true, help_heading = SUPPRESSION, long, value_name = "PATH")]
    gitleaks_ignore: Option<PathBuf>,
    /// Link findings of commits to their host: `auto` (that of the remote), `off`, or its URL
    #[arg(help_heading = OUTPUT, long, value_name = "[KIND=]URL", default_value = "auto",
        value_parser = Permalinks::parse)]
    permalinks: Permalinks,
    /// Template of the format `template`, which is the default with it
    #[arg(help_heading = OUTPUT, long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// Show secrets in clear text
    #[arg(help_heading = OUTPUT, long)]
    show_secrets: bool,
    /// Also show suppressed findings and the reasons
    #[arg(help_heading = OUTPUT, long)]
    show_suppressed: bool,
    /// Fail if anything was skipped, even on purpose
    #[arg(help_heading = OUTPUT, long)]
    strict: bool,
    /// What to do about encrypted content and other content that cannot be opened [default:
    /// warn]
    #[arg(hide_short_help = true, help_heading = OUTPUT, long, value_name = "LEVEL", ignore_case = true,
        value_parser = one_of(&Level::ALL, |level: Level| level.id()))]
    opaque: Option<Level>,
    /// Exit 1 only on findings of at least this severity; the others only warn
    #[arg(help_heading = OUTPUT, long, value_name = "LEVEL", ignore_case = true, value_parser = one_of(Severity::ALL, Severity::id))]
    fail_on: Option<Severity>,
    /// What comes first in text for people [default: severity if there are many findings]
    #[arg(help_heading = OUTPUT, long, value_name = "ORDER", ignore_case = true, value_parser = one_of(&SortBy::ALL, SortBy::id))]
    sort: Option<SortBy>,
    /// What stands together in text for people [default: secret if there are many findings]
    #[arg(help_heading = OUTPUT, long, value_name = "WHAT", ignore_case = true, value_parser = one_of(&GroupBy::ALL, GroupBy::id))]
    group: Option<GroupBy>,
    /// Exit 0 instead of 1 on findings; errors still exit 2
    #[arg(help_heading = OUTPUT, long)]
    exit_zero: bool,
    /// List everything that was skipped or suppressed
    #[arg(help_heading = OUTPUT, short, long, overrides_with = "verbose")]
    verbose: bool,
    /// When to use colors [env: NO_COLOR, FORCE_COLOR]
    #[arg(help_heading = OUTPUT, long, value_name = "WHEN", default_value = "auto", ignore_case = true)]
    color: ColorChoice,
}

impl CommonArgs {
    /// Splits the options into the request and the reporting.
    pub(in crate::cli) fn split(self) -> (Request, Reporting) {
        let verbose = self.verbose;
        let request = Request {
            configuration: self.config.choice(),
            confidence: self.confidence,
            severity: self.severity,
            fail_on: self.fail_on,
            labels: self.label.into_iter().collect(),
            no_labels: self.no_label.into_iter().collect(),
            only: self.rule,
            without: self.disable_rule,
            exclude: Vec::new(),
            rule_files: self.rules,
            decode_depth: self.max_decode_depth,
            inline: !self.no_inline_allow,
            baseline: self.baseline,
            baselines: true,
            ignore_file: self.ignore_file,
            gitleaks_ignore: self.gitleaks_ignore,
            policy_from: self
                .policy_from
                .map_or(PolicyFrom::Checkout, PolicyFrom::Named),
            suppressions: !self.no_suppressions,
            strict_ignores: self.strict_ignores,
            opaque: self.opaque,
            keep_dismissed: self.show_suppressed || verbose,
            verbose,
        };
        let reporting = Reporting {
            stdout: (!self.quiet).then_some(self.format),
            files: self.output,
            show_secrets: self.show_secrets,
            show_suppressed: self.show_suppressed || verbose,
            verbose,
            color: self.color,
            jobs: self.jobs.map_or(0, usize::from),
            permalinks: self.permalinks,
            template: self.template,
            strict: self.strict,
            exit_zero: self.exit_zero,
            sort: self.sort,
            group: self.group,
        };
        (request, reporting)
    }
}

/// Which configuration applies.
#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct ConfigArgs {
    /// Read the configuration from FILE instead of searching for one [env: STOPLEAK_CONFIG]
    #[arg(help_heading = RULES, short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Read no configuration
    #[arg(help_heading = RULES, long, conflicts_with = "config")]
    no_config: bool,
}

impl ConfigArgs {
    /// Returns the requested configuration.
    pub(in crate::cli) fn choice(self) -> Configuration {
        match (self.config, self.no_config) {
            // An empty file everywhere but on Windows.
            (Some(file), _) if file.as_os_str() == "/dev/null" => Configuration::Off,
            (Some(file), _) => Configuration::File(file),
            (None, true) => Configuration::Off,
            (None, false) => Configuration::Found,
        }
    }
}

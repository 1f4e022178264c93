//! The options of `baseline`, `ignore`, `config` and `import`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::common::{OUTPUT, RULES, SUPPRESSION};
use super::values::one_of;
use super::{ConfigArgs, HereArgs, ShownArgs};
use crate::config::Level;
use crate::import::Origin;
use crate::rules::Confidence;
use crate::scan::RunOptions;
use crate::setup::Request;

/// The options of `baseline`: those of scans that decide what is a finding.
#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineArgs {
    #[command(flatten)]
    pub(in crate::cli) shown: ShownArgs,
    /// Number of threads [default: number of processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    jobs: Option<u16>,
    #[command(flatten)]
    config: ConfigArgs,
    /// Count findings of at least this confidence [default: medium] [env: STOPLEAK_CONFIDENCE]
    #[arg(help_heading = RULES, long, value_name = "LEVEL", ignore_case = true,
        value_parser = one_of(Confidence::ALL, Confidence::id))]
    confidence: Option<Confidence>,
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
    #[arg(help_heading = RULES, long, value_name = "N")]
    max_decode_depth: Option<u32>,
    /// Baseline to work on [default: .stopleak-baseline at the top of the repository]
    #[arg(help_heading = SUPPRESSION, long, value_name = "FILE")]
    pub(in crate::cli) baseline: Option<PathBuf>,
    /// Leave out what FILE accepts [default: .stopleakignore]
    #[arg(help_heading = SUPPRESSION, long, value_name = "FILE")]
    ignore_file: Option<PathBuf>,
    /// .gitleaksignore file, or its directory [default: .]
    #[arg(help_heading = SUPPRESSION, long, value_name = "PATH")]
    gitleaks_ignore: Option<PathBuf>,
    /// Also take findings with inline markers: `stopleak:allow` and other scanners'
    #[arg(help_heading = SUPPRESSION, long)]
    no_inline_allow: bool,
    /// What to do about encrypted content and other content that cannot be opened [default:
    /// warn]
    #[arg(help_heading = OUTPUT, long, value_name = "LEVEL", ignore_case = true,
        value_parser = one_of(&Level::ALL, |level: Level| level.id()))]
    opaque: Option<Level>,
}

impl BaselineArgs {
    /// Returns the request of the scan, and how it runs.
    pub(in crate::cli) fn split(self) -> (Request, RunOptions) {
        let request = Request {
            configuration: self.config.choice(),
            confidence: self.confidence,
            only: self.rule,
            without: self.disable_rule,
            rule_files: self.rules,
            decode_depth: self.max_decode_depth,
            inline: !self.no_inline_allow,
            baseline: self.baseline,
            // Who writes one does not read it as others do.
            baselines: false,
            ignore_file: self.ignore_file,
            gitleaks_ignore: self.gitleaks_ignore,
            opaque: self.opaque,
            ..Request::default()
        };
        let run = RunOptions {
            jobs: self.jobs.map_or(0, usize::from),
            ..RunOptions::default()
        };
        (request, run)
    }
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
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
#[command(defer = true)]
pub(in crate::cli) enum IgnoreCommand {
    /// Accept a finding's secret, wherever the same rule finds it
    Add(IgnoreAddArgs),
    /// List accepted findings
    List {
        /// Ignore file [default: .stopleakignore at the top of the repository]
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        #[command(flatten)]
        shown: ShownArgs,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct IgnoreAddArgs {
    /// Fingerprint of a finding, as reports show it, id of a secret, or place: FILE:LINE
    #[arg(value_name = "FINGERPRINT|FILE:LINE", required_unless_present = "last")]
    pub(in crate::cli) what: Option<OsString>,
    /// Accept what a scan finds now: in what is staged, else in the files
    #[arg(long, conflicts_with = "what")]
    pub(in crate::cli) last: bool,
    /// Accept every finding on the line, or of the scan
    #[arg(long)]
    pub(in crate::cli) all: bool,
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
    #[command(flatten)]
    here: HereArgs,
    /// Ignore file [default: .stopleakignore at the top of the repository]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(in crate::cli) enum SettingsCommand {
    /// Check a configuration; list all mistakes with line and column
    Check {
        /// Configuration file [default: the one that a scan here reads]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        #[command(flatten)]
        shown: ShownArgs,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Show every value and its origin
    Show {
        #[command(flatten)]
        shown: ShownArgs,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Print the path of the configuration that a scan here reads
    Path {
        #[command(flatten)]
        shown: ShownArgs,
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
    #[arg(long, value_name = "SCANNER", ignore_case = true, value_parser = one_of(&Origin::ALL, Origin::id))]
    pub(in crate::cli) from: Option<Origin>,
    /// Write to this new file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    #[command(flatten)]
    here: HereArgs,
}

//! The options of `rules` and `explain`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::values::one_of;
use super::{ConfigArgs, ShownArgs};
use crate::rules::{Confidence, SecretType, Severity};
use crate::setup::Request;

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(in crate::cli) enum RulesCommand {
    /// List built-in and configured rules, and which of them run
    List {
        #[command(flatten)]
        shown: ShownArgs,
        #[command(flatten)]
        config: ConfigArgs,
        /// Only rules of this provider
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
        /// Only rules of this secret type
        #[arg(long = "type", value_name = "TYPE",
            ignore_case = true, value_parser = one_of(SecretType::ALL, SecretType::id))]
        secret_type: Option<SecretType>,
        /// Only rules of this severity
        #[arg(long, value_name = "LEVEL", ignore_case = true,
            value_parser = one_of(Severity::ALL, Severity::id))]
        severity: Option<Severity>,
    },
    /// Show a rule: what it finds and how to revoke it
    Show {
        /// Id of the rule
        id: String,
        #[command(flatten)]
        shown: ShownArgs,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Check rule files; list all mistakes with line and column
    Check {
        /// Rule files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        shown: ShownArgs,
    },
    /// Test a rule on a text
    Test {
        /// Id of the rule
        id: String,
        /// Text to test; `-` for standard input
        text: String,
        /// Read the rule from FILE
        #[arg(long, value_name = "FILE", conflicts_with = "config")]
        rules: Option<PathBuf>,
        #[command(flatten)]
        shown: ShownArgs,
        #[command(flatten)]
        config: ConfigArgs,
    },
}

/// The options of `explain`.
#[derive(Debug, Args)]
#[command(
    override_usage = "stopleak explain [OPTIONS] RULE\n       \
        stopleak explain [OPTIONS] FILE:LINE[:COLUMN]\n       \
        stopleak explain [OPTIONS] --text TEXT",
    after_help = "Exit codes: 0 a rule, or not a finding; 1 a finding; 2 error."
)]
pub(in crate::cli) struct ExplainArgs {
    /// Rule id, or place: FILE:LINE or FILE:LINE:COLUMN
    #[arg(value_name = "RULE|FILE:LINE", required_unless_present = "text")]
    pub(in crate::cli) what: Option<OsString>,
    /// Explain TEXT; `-` for standard input
    #[arg(
        long,
        value_name = "TEXT",
        conflicts_with = "what",
        allow_hyphen_values = true
    )]
    pub(in crate::cli) text: Option<OsString>,
    /// Path of the text, for rules that depend on paths
    #[arg(long, value_name = "NAME", requires = "text")]
    pub(in crate::cli) path: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) shown: ShownArgs,
    #[command(flatten)]
    config: ConfigArgs,
    /// Lowest confidence that counts as a finding [default: medium]
    #[arg(long, value_name = "LEVEL", ignore_case = true,
        value_parser = one_of(Confidence::ALL, Confidence::id))]
    confidence: Option<Confidence>,
    /// Add the rules in FILE (repeatable)
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
    /// Ignore inline markers: `stopleak:allow` and other scanners'
    #[arg(long)]
    no_inline_allow: bool,
    /// Show secrets in clear text
    #[arg(long)]
    pub(in crate::cli) show_secrets: bool,
}

impl ExplainArgs {
    /// Returns the request of a scan that judges the same.
    pub(in crate::cli) fn request(&self) -> Request {
        Request {
            confidence: self.confidence,
            rule_files: self.rules.clone(),
            inline: !self.no_inline_allow,
            keep_dismissed: true,
            ..Request::of(self.config.clone().choice())
        }
    }
}

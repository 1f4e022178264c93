//! The options of `rules` and `explain`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ConfigArgs;
use super::values::{DocumentFormat, one_of};
use crate::rules::{Confidence, SecretType, Severity};
use crate::setup::Request;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RulesCommand {
    /// List the rules, built-in and configured, and which of them run
    List {
        #[command(flatten)]
        config: ConfigArgs,
        /// Only rules of this provider
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
        /// Only rules of this secret type
        #[arg(long = "type", value_name = "TYPE",
            value_parser = one_of(SecretType::ALL, SecretType::id))]
        secret_type: Option<SecretType>,
        /// Only rules of this severity
        #[arg(long, value_name = "LEVEL", value_parser = one_of(Severity::ALL, Severity::id))]
        severity: Option<Severity>,
    },
    /// Show one rule: what it finds and how to revoke it
    Show {
        /// The rule's id
        id: String,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Check rule files and name every mistake with its line and column
    Check {
        /// Rule files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Test one rule on a text
    Test {
        /// The rule's id
        id: String,
        /// The text; `-` for standard input
        text: String,
        /// Take the rule from this file
        #[arg(long, value_name = "FILE", conflicts_with = "config")]
        rules: Option<PathBuf>,
        #[command(flatten)]
        config: ConfigArgs,
    },
}

/// What `explain` takes.
#[derive(Debug, Args)]
#[command(
    override_usage = "stopleak explain [OPTIONS] RULE\n       \
        stopleak explain [OPTIONS] FILE:LINE[:COLUMN]\n       \
        stopleak explain [OPTIONS] --text TEXT",
    after_help = "Exit codes: 0 a rule, or not a finding; 1 a finding; 2 error."
)]
pub(in crate::cli) struct ExplainArgs {
    /// The id of a rule, or a place: FILE:LINE or FILE:LINE:COLUMN
    #[arg(value_name = "RULE|FILE:LINE", required_unless_present = "text")]
    pub(in crate::cli) what: Option<OsString>,
    /// Explain this text; `-` for standard input
    #[arg(
        long,
        value_name = "TEXT",
        conflicts_with = "what",
        allow_hyphen_values = true
    )]
    pub(in crate::cli) text: Option<OsString>,
    /// Name the text, for rules that look at paths
    #[arg(long, value_name = "NAME", requires = "text")]
    pub(in crate::cli) path: Option<String>,
    /// Format on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(in crate::cli) format: DocumentFormat,
    #[command(flatten)]
    config: ConfigArgs,
    /// Judge findings by at least this confidence [default: medium]
    #[arg(long, value_name = "LEVEL", value_parser = one_of(Confidence::ALL, Confidence::id))]
    confidence: Option<Confidence>,
    /// Add the rules of this file; may be repeated
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
    /// Judge a finding even where its line has a `stopleak:allow` comment or another scanner's
    /// marker
    #[arg(long)]
    no_inline_allow: bool,
    /// Show secrets in clear text
    #[arg(long)]
    pub(in crate::cli) show_secrets: bool,
}

impl ExplainArgs {
    /// What a scan that judges the same asks for.
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

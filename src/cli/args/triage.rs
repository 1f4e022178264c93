//! The options of `triage`.

use std::path::PathBuf;

use clap::Args;

use super::values::one_of;
use super::{CommitArgs, ConfigArgs};
use crate::gather::Form;
use crate::rules::Confidence;
use crate::setup::Request;

#[derive(Debug, Args)]
#[command(
    after_help = "Keys: t real leak, f false alarm, a accept, s skip, u undo, e explain, q quit.\n\
        False alarms and accepted secrets become entries of the ignore file.\n\n\
        Exit codes: 0 everything is accepted or a false alarm, 1 something is real or undecided, \
        2 error or incomplete."
)]
pub(in crate::cli) struct TriageArgs {
    /// Files and directories to scan [default: .]
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// Decide about the whole history; PATH is then the repository
    #[arg(long)]
    history: bool,
    #[command(flatten)]
    pub(in crate::cli) commits: CommitArgs,
    /// Decide about the findings in FILE instead, as `report convert` reads it
    #[arg(long, value_name = "FILE",
        conflicts_with_all = ["paths", "history", "range", "since", "commit"])]
    pub(in crate::cli) report: Option<PathBuf>,
    /// Scanner that wrote the report [default: by content]
    #[arg(long, value_name = "SCANNER", requires = "report",
        ignore_case = true, value_parser = one_of(&Form::ALL, Form::id))]
    pub(in crate::cli) from: Option<Form>,
    /// Ignore file [default: .stopleakignore at the top of the repository]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Note in FILE which secrets are real [default: a file of the user's own state]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) state: Option<PathBuf>,
    /// Decide about findings of at least this confidence [default: medium]
    #[arg(long, value_name = "LEVEL", ignore_case = true, value_parser = one_of(Confidence::ALL, Confidence::id))]
    confidence: Option<Confidence>,
    #[command(flatten)]
    config: ConfigArgs,
}

impl TriageArgs {
    /// Whether to scan commits, of the one repository that may be named.
    pub(in crate::cli) fn of_commits(&self) -> bool {
        let CommitArgs {
            range,
            since,
            commit,
        } = &self.commits;
        self.history || range.is_some() || since.is_some() || commit.is_some()
    }

    /// Returns the request of a scan.
    pub(in crate::cli) fn request(&self) -> Request {
        Request {
            confidence: self.confidence,
            ..Request::of(self.config.clone().choice())
        }
    }
}

//! Report formats: events and a summary in, bytes out.
//!
//! A report knows findings and rules, but not sources, configuration or the command
//! line. It writes only to the writer it is given. To add a format, write
//! `src/report/<name>.rs` and one arm each in [`Format`] and [`new`].
//!
//! `view` masks secrets before any format sees them. [`escape`] makes text for people
//! safe to print.

pub(crate) mod advice;
pub mod card;
pub mod changes;
mod codequality;
pub mod commands;
mod csv;
pub(crate) mod encode;
// For tests and fuzzing.
#[doc(hidden)]
pub mod escape;
mod github;
mod gitlab;
mod gitleaks;
pub mod hold;
mod html;
mod json;
mod junit;
mod markdown;
pub mod mask;
mod sarif;
pub mod secrets;
pub mod template;
mod text;
mod view;

use std::io;

pub use crate::blob::Base;
use crate::blob::SkipReason;
use crate::finding::{Event, Outcome, Summary};
use crate::rules::Ruleset;
pub use mask::Known;

/// Writes the results of a run in one format. Called from one thread.
pub trait Report {
    /// Tells how many findings are to come, suppressed ones included; None if nobody knows yet.
    /// Called before the first event, or not at all: then findings are written as they come.
    fn expect(&mut self, findings: Option<usize>) {
        let _ = findings;
    }

    /// Takes the next event, in listing order.
    ///
    /// # Errors
    /// Fails if the writer fails.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// Writes the summary and everything held back, and flushes. Called once, after the
    /// last event. Without this call, the document is incomplete.
    ///
    /// # Errors
    /// Fails if the writer fails.
    fn finish(&mut self, summary: &Summary, outcome: Outcome) -> io::Result<()>;
}

/// A report format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people, like a compiler's diagnostics.
    Text,
    /// One JSON document, described in `docs/json.md`.
    Json,
    /// The same records, one JSON object per line.
    Jsonl,
    /// SARIF 2.1.0, the subset that GitHub code scanning reads.
    Sarif,
    /// Annotations (workflow commands) for GitHub Actions, Gitea and Forgejo.
    Github,
    /// GitLab's secret detection report.
    Gitlab,
    /// GitLab's code quality report, which merge requests show.
    GitlabCodequality,
    /// JUnit XML, which CI systems show as test results.
    Junit,
    /// Comma-separated values, one record per finding.
    Csv,
    /// A summary and a table, for job summaries and comments.
    Markdown,
    /// A page with filters, charts and decisions, in one file.
    Html,
    /// The JSON report of gitleaks, for programs that read it.
    GitleaksJson,
    /// The CSV report of gitleaks.
    GitleaksCsv,
    /// What a template of the user makes of the data of the JSON report.
    Template,
}

impl Format {
    /// Every format that needs nothing else: all but [`Format::Template`].
    pub const ALL: [Format; 13] = [
        Format::Text,
        Format::Json,
        Format::Jsonl,
        Format::Sarif,
        Format::Github,
        Format::Gitlab,
        Format::GitlabCodequality,
        Format::Junit,
        Format::Csv,
        Format::Markdown,
        Format::Html,
        Format::GitleaksJson,
        Format::GitleaksCsv,
    ];

    /// Every format that can be asked for.
    pub const OFFERED: [Format; 14] = {
        let mut offered = [Format::Template; 14];
        let (others, _) = offered.split_at_mut(Self::ALL.len());
        others.copy_from_slice(&Self::ALL);
        offered
    };

    /// The name used in options.
    pub fn id(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Gitlab => "gitlab",
            Format::GitlabCodequality => "gitlab-codequality",
            Format::Junit => "junit",
            Format::Csv => "csv",
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::GitleaksJson => "gitleaks-json",
            Format::GitleaksCsv => "gitleaks-csv",
            Format::Template => "template",
        }
    }

    /// Returns the format with this name.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::OFFERED.into_iter().find(|format| format.id() == id)
    }

    /// Returns the format for a file name, by its extension, ignoring case: `.txt`,
    /// `.json`, `.jsonl`, `.sarif`, `.csv`, `.xml` (JUnit), `.md`, `.html`. `.sarif.json` is
    /// SARIF, and `gl-secret-detection-report.json` and `gl-code-quality-report.json` are
    /// GitLab's reports.
    pub fn from_extension(file_name: &str) -> Option<Self> {
        let name = file_name.to_ascii_lowercase();
        [
            (".sarif", Format::Sarif),
            (".sarif.json", Format::Sarif),
            ("gl-secret-detection-report.json", Format::Gitlab),
            ("gl-code-quality-report.json", Format::GitlabCodequality),
            (".json", Format::Json),
            (".jsonl", Format::Jsonl),
            (".txt", Format::Text),
            (".csv", Format::Csv),
            (".xml", Format::Junit),
            (".md", Format::Markdown),
            (".html", Format::Html),
            (".htm", Format::Html),
        ]
        .into_iter()
        .find_map(|(extension, format)| name.ends_with(extension).then_some(format))
    }
}

/// How to write reports; one value serves all formats of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportOptions {
    /// Whether to show secrets in clear. Off by default.
    pub show_secrets: bool,
    /// Whether to show suppressed findings, with who suppressed them and why. SARIF
    /// always includes findings that a person suppressed.
    pub show_suppressed: bool,
    /// Whether text lists skipped files.
    pub verbose: bool,
    /// Whether to colour text with ANSI sequences.
    pub color: bool,
    /// The template of [`Format::Template`].
    pub template: Option<template::Template>,
    /// The width of text in columns; 0 for no limit.
    pub width: usize,
    /// Whether text links places to files (OSC 8). Needs a base.
    pub links: bool,
    /// What comes first in formats for people; None for what the format does by itself.
    pub sort: Option<secrets::SortBy>,
    /// What stands together in formats for people; None for what the format does by itself.
    pub group: Option<secrets::GroupBy>,
    /// The base of relative paths in events. SARIF needs it to name files relative to
    /// the repository. Without it, relative paths stay as they are.
    pub base: Option<Base>,
    /// Whether what accepts findings comes from another revision than the one that is
    /// scanned. Reports then say where an entry must go.
    pub trusts: bool,
    /// When the run began, in seconds since 1970 (UTC). Only GitLab's report contains
    /// it.
    pub started: i64,
}

/// Creates a report of `format` that writes to `out`.
///
/// `out` should be buffered. The findings' rule indexes must refer to `rules`.
pub fn new<'a>(
    format: Format,
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
) -> Box<dyn Report + 'a> {
    // In JSON and XML the escape is part of the format, so that a reader sees no difference.
    let second = match format {
        Format::Json
        | Format::Jsonl
        | Format::Sarif
        | Format::Gitlab
        | Format::Html
        | Format::GitlabCodequality
        | Format::GitleaksJson => r"\u0023",
        Format::Junit => "&#35;",
        Format::Text
        | Format::Github
        | Format::Csv
        | Format::Markdown
        | Format::GitleaksCsv
        | Format::Template => r"\#",
    };
    let out = Box::new(commands::Disarmed::new(out, second));
    match format {
        Format::Text => Box::new(text::TextReport::new(out, rules, options)),
        Format::Json => Box::new(json::JsonReport::new(out, rules, options)),
        Format::Jsonl => Box::new(json::JsonlReport::new(out, rules, options)),
        Format::Sarif => Box::new(sarif::SarifReport::new(out, rules, options)),
        Format::Github => Box::new(github::GithubReport::new(out, rules, options)),
        Format::Gitlab => Box::new(gitlab::GitlabReport::new(out, rules, options)),
        Format::GitlabCodequality => {
            Box::new(codequality::CodequalityReport::new(out, rules, options))
        }
        Format::Junit => Box::new(junit::JunitReport::new(out, rules, options)),
        Format::Csv => Box::new(csv::CsvReport::new(out, rules, options)),
        Format::Markdown => Box::new(markdown::MarkdownReport::new(out, rules, options)),
        Format::Html => Box::new(html::HtmlReport::new(out, rules, options)),
        Format::GitleaksJson => Box::new(gitleaks::JsonReport::new(out, rules, options)),
        Format::GitleaksCsv => Box::new(gitleaks::CsvReport::new(out, rules, options)),
        Format::Template => Box::new(template::TemplateReport::new(out, rules, options)),
    }
}

/// The name and version of the program in reports.
const TOOL_NAME: &str = env!("CARGO_PKG_NAME");
const TOOL_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Returns that something was not looked into, and why, for people.
fn unread(why: SkipReason, detail: &str) -> String {
    match (why, detail) {
        // A part of it was scanned, and the detail says all.
        (SkipReason::Damaged | SkipReason::Limit, "") => {
            format!("not scanned completely: {}", why.describe())
        }
        (SkipReason::Damaged | SkipReason::Limit, detail) => {
            format!("not scanned completely: {detail}")
        }
        (_, "") => format!("not scanned: {}", why.describe()),
        (_, detail) => format!("not scanned: {}: {detail}", why.describe()),
    }
}

/// Returns that something could not be scanned, and why, for people.
fn failed(why: &str) -> String {
    format!("not scanned: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_chosen_by_extension() {
        for (name, format) in [
            ("out/Report.SARIF", Some(Format::Sarif)),
            ("a.sarif.json", Some(Format::Sarif)),
            ("a.json", Some(Format::Json)),
            ("a.jsonl", Some(Format::Jsonl)),
            ("a.txt", Some(Format::Text)),
            ("a.xml", Some(Format::Junit)),
            ("a.csv", Some(Format::Csv)),
            ("summary.MD", Some(Format::Markdown)),
            ("report.html", Some(Format::Html)),
            ("x/gl-secret-detection-report.json", Some(Format::Gitlab)),
            (
                "x/gl-code-quality-report.json",
                Some(Format::GitlabCodequality),
            ),
            ("a.yaml", None),
            ("json", None),
        ] {
            assert_eq!(Format::from_extension(name), format, "{name}");
        }
    }

    #[test]
    fn ids_lead_back_to_their_format() {
        for format in Format::OFFERED {
            assert_eq!(Format::from_id(format.id()), Some(format));
        }
        assert_eq!(Format::OFFERED[..Format::ALL.len()], Format::ALL);
        assert_eq!(Format::from_id("yaml"), None);
    }
}

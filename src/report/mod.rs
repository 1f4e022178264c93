//! Reports: events and a summary in, bytes of a format out.
//!
//! A report knows findings and rules; it never sees sources, configuration or the
//! command line, and it writes to the writer it was given and nowhere else. To add
//! a format: write `src/report/<name>.rs` and one arm in [`Format`] and [`new`].
//!
//! Secrets are masked in one place, `view`, before any format sees them; text that
//! a person reads is made safe to print by [`escape`].

mod advice;
mod csv;
pub(crate) mod encode;
pub mod escape;
mod github;
mod gitlab;
mod gitleaks;
mod json;
mod junit;
mod markdown;
pub(crate) mod mask;
mod sarif;
mod text;
mod view;

use std::io;

pub use crate::blob::Base;
use crate::finding::{Event, Outcome, Summary};
use crate::rules::Ruleset;

/// Writes what a run has to say in one format. Called from one thread.
pub trait Report {
    /// Takes the next event, in listing order.
    ///
    /// # Errors
    /// When the writer fails.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// Writes the summary and all that was held back, and flushes. Called once, after
    /// the last event; a report that was not finished is not a whole document.
    ///
    /// # Errors
    /// When the writer fails.
    fn finish(&mut self, summary: &Summary, outcome: Outcome) -> io::Result<()>;
}

/// A format of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people, like a compiler's diagnostics.
    Text,
    /// One JSON document, described in `docs/json.md`.
    Json,
    /// The same records, one JSON object per line.
    Jsonl,
    /// SARIF 2.1.0, as GitHub code scanning reads it.
    Sarif,
    /// Annotations of GitHub Actions, Gitea and Forgejo: workflow commands.
    Github,
    /// GitLab's secret detection report.
    Gitlab,
    /// JUnit XML, as CI systems show test results.
    Junit,
    /// Comma-separated values, one record per finding.
    Csv,
    /// A summary with a table, for job summaries and comments.
    Markdown,
    /// The JSON report of gitleaks, for programs that read it.
    GitleaksJson,
    /// The CSV report of gitleaks.
    GitleaksCsv,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 11] = [
        Format::Text,
        Format::Json,
        Format::Jsonl,
        Format::Sarif,
        Format::Github,
        Format::Gitlab,
        Format::Junit,
        Format::Csv,
        Format::Markdown,
        Format::GitleaksJson,
        Format::GitleaksCsv,
    ];

    /// The name used in options.
    pub fn id(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Gitlab => "gitlab",
            Format::Junit => "junit",
            Format::Csv => "csv",
            Format::Markdown => "markdown",
            Format::GitleaksJson => "gitleaks-json",
            Format::GitleaksCsv => "gitleaks-csv",
        }
    }

    /// The format called `id`.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.id() == id)
    }

    /// The format that a file name asks for by its extension, in any case: `.txt`,
    /// `.json`, `.jsonl`, `.sarif`, `.csv`, `.xml` (JUnit), `.md`; `.sarif.json` is
    /// SARIF as well, and `gl-secret-detection-report.json` is GitLab's.
    pub fn from_extension(file_name: &str) -> Option<Self> {
        let name = file_name.to_ascii_lowercase();
        [
            (".sarif", Format::Sarif),
            (".sarif.json", Format::Sarif),
            ("gl-secret-detection-report.json", Format::Gitlab),
            (".json", Format::Json),
            (".jsonl", Format::Jsonl),
            (".txt", Format::Text),
            (".csv", Format::Csv),
            (".xml", Format::Junit),
            (".md", Format::Markdown),
        ]
        .into_iter()
        .find_map(|(extension, format)| name.ends_with(extension).then_some(format))
    }
}

/// How reports are written; one value serves all formats of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportOptions {
    /// Whether secrets are shown in clear. Off by default.
    pub show_secrets: bool,
    /// Whether suppressed findings are shown, with who said so and why. SARIF always
    /// has those that a person suppressed.
    pub show_suppressed: bool,
    /// Whether text names what was left out on purpose.
    pub verbose: bool,
    /// Whether text is coloured with ANSI sequences.
    pub color: bool,
    /// How many columns text may use; 0 for any number.
    pub width: usize,
    /// What the paths of events are relative to; SARIF needs it to name files
    /// relative to the repository. Without it, relative paths stay as they are.
    pub base: Option<Base>,
    /// When the run began, in seconds since 1970 (UTC); only GitLab's report says so.
    pub started: i64,
}

/// A report of `format` into `out`.
///
/// `out` should be buffered. `rules` must be the set that the findings' rule
/// indexes are of.
pub fn new<'a>(
    format: Format,
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
) -> Box<dyn Report + 'a> {
    match format {
        Format::Text => Box::new(text::TextReport::new(out, rules, options)),
        Format::Json => Box::new(json::JsonReport::new(out, rules, options)),
        Format::Jsonl => Box::new(json::JsonlReport::new(out, rules, options)),
        Format::Sarif => Box::new(sarif::SarifReport::new(out, rules, options)),
        Format::Github => Box::new(github::GithubReport::new(out, rules, options)),
        Format::Gitlab => Box::new(gitlab::GitlabReport::new(out, rules, options)),
        Format::Junit => Box::new(junit::JunitReport::new(out, rules, options)),
        Format::Csv => Box::new(csv::CsvReport::new(out, rules, options)),
        Format::Markdown => Box::new(markdown::MarkdownReport::new(out, rules, options)),
        Format::GitleaksJson => Box::new(gitleaks::JsonReport::new(out, rules, options)),
        Format::GitleaksCsv => Box::new(gitleaks::CsvReport::new(out, rules, options)),
    }
}

/// The name and version of the program, as reports give them.
const TOOL_NAME: &str = env!("CARGO_PKG_NAME");
const TOOL_VERSION: &str = env!("CARGO_PKG_VERSION");

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
            ("x/gl-secret-detection-report.json", Some(Format::Gitlab)),
            ("a.yaml", None),
            ("json", None),
        ] {
            assert_eq!(Format::from_extension(name), format, "{name}");
        }
    }

    #[test]
    fn ids_lead_back_to_their_format() {
        for format in Format::ALL {
            assert_eq!(Format::from_id(format.id()), Some(format));
        }
        assert_eq!(Format::from_id("yaml"), None);
    }
}

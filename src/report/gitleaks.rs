//! The JSON and CSV reports of gitleaks 8.30, field by field, for programs that read
//! them. The fields follow the observed output of that version. Suppressed findings are
//! omitted.
//!
//! Two fields differ on purpose. Columns are those of the secret, counted from 1 in
//! characters; gitleaks counts those of the match in bytes, one too many on every line
//! but the first. `Match` is the secret alone. Without `--show-secrets`, `Match` and
//! `Secret` are `REDACTED`, as with gitleaks' `--redact`.

use std::io;

use super::encode::json;
use super::escape::escape;
use super::view::View;
use super::{Report, ReportOptions};
use crate::finding::{BY_PATH, Encoding, Event, Finding, Outcome, Summary};
use crate::rules::{Ruleset, entropy};

/// The text that gitleaks writes instead of a secret.
const REDACTED: &str = "REDACTED";

/// The values of a record, in the order of the JSON report.
struct Record {
    rule: String,
    description: String,
    lines: (u64, u64),
    columns: (u64, u64),
    matched: String,
    secret: String,
    file: String,
    commit: String,
    entropy: f32,
    author: String,
    email: String,
    date: String,
    message: String,
    fingerprint: String,
    /// As gitleaks says what it decoded, and how often.
    tags: Vec<String>,
}

impl Record {
    fn new(finding: &Finding, rules: &Ruleset, show_secrets: bool) -> Self {
        let view = View::new(finding, show_secrets);
        let rule = rules.get(finding.rule);
        let file = String::from_utf8_lossy(&view.path).into_owned();
        // A gitleaks rule that matches only the path has no position in the file.
        let by_name = finding.evidence.iter().any(|said| said == BY_PATH);
        let secret = match view.secret.value {
            Some(value) => String::from_utf8_lossy(value).into_owned(),
            None => REDACTED.to_owned(),
        };
        let matched = if by_name {
            format!("file detected: {file}")
        } else {
            secret.clone()
        };
        let (lines, columns) = if by_name {
            ((0, 0), (0, 0))
        } else {
            let last = finding.end.column.saturating_sub(1).max(1);
            (
                (finding.start.line, finding.end.line),
                (finding.start.column, last),
            )
        };
        let mut commit = view.commit.unwrap_or_default();
        if let Some(item) = view.item {
            (commit.author, commit.date) = (item.author, item.time);
        }
        let place = format!("{file}:{}:{}", rule.id, lines.0);
        let fingerprint = match commit.id.as_str() {
            "" => place,
            id => format!("{id}:{place}"),
        };
        Self {
            rule: rule.id.to_string(),
            description: rule.title.to_string(),
            lines,
            columns,
            matched,
            secret,
            file,
            commit: commit.id,
            entropy: entropy::of_characters(finding.secret.expose()) as f32,
            author: commit.author,
            email: commit.email,
            date: commit.date,
            message: commit.subject,
            fingerprint,
            tags: tags(&finding.through),
        }
    }
}

/// `decoded:base64` for each encoding, and `decode-depth:2`.
fn tags(through: &[Encoding]) -> Vec<String> {
    if through.is_empty() {
        return Vec::new();
    }
    let mut ids: Vec<&str> = through.iter().map(|encoding| encoding.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    let tags = ids.iter().map(|id| format!("decoded:{id}"));
    let depth = format!("decode-depth:{}", through.len());
    tags.chain(std::iter::once(depth)).collect()
}

/// One JSON array.
pub(super) struct JsonReport<'a> {
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
    any: bool,
}

impl<'a> JsonReport<'a> {
    pub(super) fn new(
        out: Box<dyn io::Write + 'a>,
        rules: &'a Ruleset,
        options: ReportOptions,
    ) -> Self {
        Self {
            out,
            rules,
            options,
            any: false,
        }
    }
}

/// Encodes a string as Go does: escapes characters that HTML treats as markup.
fn text(value: &str) -> io::Result<String> {
    let plain = json(&value, false)?;
    Ok(plain
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026"))
}

impl Report for JsonReport<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let Event::Finding(finding) = event else {
            return Ok(());
        };
        if !finding.verdict.is_report() {
            return Ok(());
        }
        let r = Record::new(finding, self.rules, self.options.show_secrets);
        let fields = [
            ("RuleID", text(&r.rule)?),
            ("Description", text(&r.description)?),
            ("StartLine", r.lines.0.to_string()),
            ("EndLine", r.lines.1.to_string()),
            ("StartColumn", r.columns.0.to_string()),
            ("EndColumn", r.columns.1.to_string()),
            ("Match", text(&r.matched)?),
            ("Secret", text(&r.secret)?),
            ("File", text(&r.file)?),
            ("SymlinkFile", text("")?),
            ("Commit", text(&r.commit)?),
            ("Entropy", r.entropy.to_string()),
            ("Author", text(&r.author)?),
            ("Email", text(&r.email)?),
            ("Date", text(&r.date)?),
            ("Message", text(&r.message)?),
            ("Tags", json(&r.tags, false)?),
            ("Fingerprint", text(&r.fingerprint)?),
        ];
        let fields = fields.map(|(name, value)| format!("  \"{name}\": {value}"));
        let before = if self.any { ",\n" } else { "[\n" };
        self.any = true;
        write!(self.out, "{before} {{\n{}\n }}", fields.join(",\n"))
    }

    fn finish(&mut self, _: &Summary, _: Outcome) -> io::Result<()> {
        let end = if self.any { "\n]\n" } else { "[]\n" };
        self.out.write_all(end.as_bytes())?;
        self.out.flush()
    }
}

/// Comma-separated values with a header; empty if there are no findings.
pub(super) struct CsvReport<'a> {
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
    any: bool,
}

/// The header, in this order.
const COLUMNS: &str = "RuleID,Commit,File,SymlinkFile,Secret,Match,StartLine,EndLine,StartColumn,\
EndColumn,Author,Message,Date,Email,Fingerprint,Tags\n";

impl<'a> CsvReport<'a> {
    pub(super) fn new(
        out: Box<dyn io::Write + 'a>,
        rules: &'a Ruleset,
        options: ReportOptions,
    ) -> Self {
        Self {
            out,
            rules,
            options,
            any: false,
        }
    }
}

/// Encodes a cell, quoted if necessary. Unlike gitleaks, escapes line ends and
/// characters that deceive a terminal.
fn cell(value: &str) -> String {
    let value = escape(value.as_bytes());
    if value.contains([',', '"']) || value.starts_with(' ') {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value
    }
}

impl Report for CsvReport<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let Event::Finding(finding) = event else {
            return Ok(());
        };
        if !finding.verdict.is_report() {
            return Ok(());
        }
        if !self.any {
            self.out.write_all(COLUMNS.as_bytes())?;
            self.any = true;
        }
        let r = Record::new(finding, self.rules, self.options.show_secrets);
        let row = [
            cell(&r.rule),
            cell(&r.commit),
            cell(&r.file),
            String::new(),
            cell(&r.secret),
            cell(&r.matched),
            r.lines.0.to_string(),
            r.lines.1.to_string(),
            r.columns.0.to_string(),
            r.columns.1.to_string(),
            cell(&r.author),
            cell(&r.message),
            cell(&r.date),
            cell(&r.email),
            cell(&r.fingerprint),
            r.tags.join(" "),
        ];
        writeln!(self.out, "{}", row.join(","))
    }

    fn finish(&mut self, _: &Summary, _: Outcome) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("say \"x\""), "\"say \"\"x\"\"\"");
        assert!(!cell("two\nlines").contains('\n'));
    }

    #[test]
    fn texts_are_escaped_as_by_go() {
        assert_eq!(text("a<b>&\"").unwrap(), r#""a\u003cb\u003e\u0026\"""#);
    }

    #[test]
    fn entropy_is_that_of_gitleaks() {
        let shown = |secret| (entropy::of_characters(secret) as f32).to_string();
        assert_eq!(shown(b"abcdefgh"), "3");
        assert_eq!(shown(b"abc"), "1.5849625");
        assert_eq!(shown(b""), "0");
    }
}

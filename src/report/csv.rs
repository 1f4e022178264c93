//! Comma-separated values (RFC 4180): a header, one record per finding, and one per
//! file that could not be scanned. A report without findings thus still shows whether
//! the scan was complete.
//!
//! Each record is one line and begins with its status, so that scripts can count
//! records. Spreadsheets run fields that begin with certain characters as formulas;
//! those fields get a leading apostrophe (OWASP, "CSV Injection").

use std::io;

use crate::finding::{Event, Finding, Outcome, Summary};
use crate::rules::Ruleset;

use super::escape::escape;
use super::view::View;
use super::{Report, ReportOptions};

/// The column names.
const HEADER: [&str; 19] = [
    "status",
    "severity",
    "confidence",
    "rule",
    "title",
    "path",
    "start_line",
    "start_column",
    "end_line",
    "end_column",
    "secret",
    "secret_id",
    "fingerprint",
    "evidence",
    "commit",
    "author",
    "date",
    "reason",
    "labels",
];

/// Writes each record when its finding arrives.
pub(super) struct CsvReport<'a> {
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
    started: bool,
}

impl<'a> CsvReport<'a> {
    pub(super) fn new(
        out: Box<dyn io::Write + 'a>,
        rules: &'a Ruleset,
        options: ReportOptions,
    ) -> Self {
        CsvReport {
            out,
            rules,
            options,
            started: false,
        }
    }

    fn record(&mut self, fields: [&str; 19]) -> io::Result<()> {
        if !self.started {
            self.started = true;
            write!(self.out, "{}\r\n", HEADER.join(","))?;
        }
        let fields = fields.map(|text| field(&escape(text.as_bytes())));
        write!(self.out, "{}\r\n", fields.join(","))
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let view = View::new(finding, self.options.show_secrets);
        let rule = self.rules.get(finding.rule);
        let mut commit = view.commit.clone().unwrap_or_default();
        if let Some(item) = &view.item {
            (commit.author, commit.date) = (item.author.clone(), item.time.clone());
        }
        let (status, reason) = match &view.suppressed {
            None => match &view.warning {
                Some(reason) => ("warning", reason.clone()),
                None => ("reported", String::new()),
            },
            Some((by, reason)) => ("suppressed", format!("{}: {reason}", by.id())),
        };
        let (start, end) = (finding.start, finding.end);
        self.record([
            status,
            finding.severity.id(),
            finding.confidence.id(),
            &rule.id,
            &rule.title,
            &escape(&view.path),
            &start.line.to_string(),
            &start.column.to_string(),
            &end.line.to_string(),
            &end.column.to_string(),
            &escape(view.secret.bytes()),
            &finding.secret_id.to_string(),
            &finding.fingerprint.to_string(),
            &view.why(),
            &commit.id,
            &commit.author,
            &commit.date,
            &reason,
            &finding.labels.names(),
        ])
    }
}

impl Report for CsvReport<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Finding(finding) => {
                if finding.verdict.is_report() || self.options.show_suppressed {
                    self.finding(finding)?;
                }
                Ok(())
            }
            Event::Skipped { .. } => Ok(()),
            Event::Failed(error) => {
                let path = escape(error.path.as_bytes());
                let mut fields = [""; 19];
                fields[0] = "not-scanned";
                fields[5] = &path;
                fields[17] = &error.why;
                self.record(fields)
            }
        }
    }

    fn finish(&mut self, _: &Summary, outcome: Outcome) -> io::Result<()> {
        if !self.started {
            write!(self.out, "{}\r\n", HEADER.join(","))?;
        }
        if outcome == Outcome::Incomplete {
            let mut fields = [""; 19];
            fields[0] = "incomplete";
            fields[17] = "not everything could be scanned";
            self.started = true;
            self.record(fields)?;
        }
        self.out.flush()
    }
}

/// Encodes a field: quoted if necessary, and never a formula.
fn field(text: &str) -> String {
    let formula = text
        .trim_start()
        .starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\r', '\n', ';']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_neither_cut_nor_run() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("a;b", "\"a;b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=1+1", "'=1+1"),
            ("  @SUM(A1)", "'  @SUM(A1)"),
            ("-2,=cmd|' /C calc'!A0", "\"'-2,=cmd|' /C calc'!A0\""),
            ("＝1", "'＝1"),
            ("", ""),
        ] {
            assert_eq!(field(text), expected);
        }
    }
}

//! JUnit XML, which nearly every CI system shows as test results. A finding is a case
//! that fails; a file that could not be scanned is a case with an error. A clean run is
//! one case that passes, because many systems treat a report without cases as broken.
//!
//! There is no standard. The report uses the elements and attributes that Jenkins,
//! GitLab, Azure and CircleCI read alike. The counts stand before the cases, so masked
//! cases wait in memory.

use std::io;

use crate::finding::{Event, Finding, Outcome, Summary};
use crate::rules::Ruleset;

use super::escape::escape;
use super::text::summary_line;
use super::view::View;
use super::{Report, ReportOptions, TOOL_NAME, TOOL_VERSION, advice};

/// Collects cases and writes the document at the end.
pub(super) struct JunitReport<'a> {
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
    cases: Vec<String>,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl<'a> JunitReport<'a> {
    pub(super) fn new(
        out: Box<dyn io::Write + 'a>,
        rules: &'a Ruleset,
        options: ReportOptions,
    ) -> Self {
        JunitReport {
            out,
            rules,
            options,
            cases: Vec::new(),
            failures: 0,
            errors: 0,
            skipped: 0,
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let view = View::new(finding, self.options.show_secrets);
        let rule = self.rules.get(finding.rule);
        let path = escape(&view.path);
        let start = finding.start;
        let warning = view.warning.as_ref().map(|reason| ("warning", reason));
        let suppressed = view
            .suppressed
            .as_ref()
            .map(|(by, reason)| (by.id(), reason));
        let result = match suppressed.or(warning) {
            Some((by, reason)) => {
                self.skipped += 1;
                format!("<skipped message=\"{}\"/>", xml(&format!("{by}: {reason}")))
            }
            None => {
                self.failures += 1;
                let secret = String::from_utf8_lossy(view.secret.bytes());
                let mut text = format!("{path}:{}:{}: {secret}", start.line, start.column);
                let why = view.why_and_labels();
                if !why.is_empty() {
                    text.push_str(&format!("; why believed: {why}"));
                }
                if let Some(commit) = &view.commit {
                    text.push_str(&format!("; introduced by commit {}", commit.id));
                }
                if let Some(item) = &view.item {
                    text.push_str(&format!("; posted at {}", item.describe()));
                }
                text.push_str(&format!("; what to do: {}", advice::next_step(rule)));
                text.push_str(&format!("; fingerprint: {}", finding.fingerprint));
                format!(
                    "<failure type=\"{}\" message=\"{}\">{}</failure>",
                    finding.severity.id(),
                    xml(&rule.title),
                    xml(&text)
                )
            }
        };
        self.cases.push(format!(
            "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\">\n      \
             {result}\n    </testcase>",
            xml(&format!("{TOOL_NAME}.{}", rule.id)),
            xml(&format!("{path}:{}:{}", start.line, start.column)),
            xml(&path),
            start.line,
        ));
    }

    fn error(&mut self, name: &str, why: &str) {
        self.errors += 1;
        self.cases.push(format!(
            "    <testcase classname=\"{TOOL_NAME}.coverage\" name=\"{}\">\n      \
             <error type=\"not-scanned\" message=\"{}\"/>\n    </testcase>",
            xml(name),
            xml(why),
        ));
    }
}

impl Report for JunitReport<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Finding(finding) => {
                if finding.verdict.is_report() || self.options.show_suppressed {
                    self.finding(finding);
                }
            }
            Event::Skipped { .. } => {}
            Event::Failed(error) => {
                self.error(&escape(error.path.as_bytes()), &error.why);
            }
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, outcome: Outcome) -> io::Result<()> {
        // With `--strict`, a run without any failure can also be incomplete.
        if outcome == Outcome::Incomplete && self.errors == 0 {
            self.error("coverage", "not everything could be scanned");
        }
        if self.cases.is_empty() {
            self.cases.push(format!(
                "    <testcase classname=\"{TOOL_NAME}\" name=\"no findings\"/>"
            ));
        }
        let counts = format!(
            "tests=\"{}\" failures=\"{}\" errors=\"{}\"",
            self.cases.len(),
            self.failures,
            self.errors,
        );
        let time = summary.elapsed.as_millis();
        let time = format!("time=\"{}.{:03}\"", time / 1000, time % 1000);
        writeln!(self.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(
            self.out,
            "<testsuites name=\"{TOOL_NAME}\" {counts} {time}>"
        )?;
        writeln!(
            self.out,
            "  <testsuite name=\"{TOOL_NAME}\" {counts} skipped=\"{}\" {time}>",
            self.skipped
        )?;
        writeln!(
            self.out,
            "    <properties>\n      <property name=\"version\" value=\"{TOOL_VERSION}\"/>\n    \
             </properties>"
        )?;
        for case in &self.cases {
            writeln!(self.out, "{case}")?;
        }
        let mut text = summary_line(summary, outcome);
        for note in &summary.notes {
            text.push_str(&format!("; {note}"));
        }
        writeln!(self.out, "    <system-out>{}</system-out>", xml(&text))?;
        writeln!(self.out, "  </testsuite>\n</testsuites>")?;
        self.out.flush()
    }
}

/// Escapes text for XML 1.0 content or attributes: markup, and characters that XML does
/// not allow.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in escape(text.as_bytes()).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(
            xml("a<b>&\"'\u{1b}\u{ffff}]]>"),
            "a&lt;b&gt;&amp;&quot;&apos;\\x1b\\u{ffff}]]&gt;"
        );
    }
}

//! A summary in Markdown for the summary page of a GitHub job and for comments: one
//! line with the outcome and a table of findings.
//!
//! GitHub drops a step summary larger than 1 MiB, so the table ends earlier and states
//! how many rows are missing. Text from the repository stands in `<code>`, with
//! everything but letters and digits as character references. It can neither leave its
//! cell nor become a link, an image, a mention or a heading. A place links to its line at the
//! host of the repository, if that is known.

use std::io;

use crate::finding::{Event, Finding, ItemInfo, Outcome, Summary};
use crate::rules::Ruleset;

use super::escape::escape;
use super::text::summary_line;
use super::view::View;
use super::{Report, ReportOptions, advice};

/// The most bytes of rows in a table: 1 MiB minus the text around it.
const ROOM: usize = 900 << 10;

/// Collects rows and writes the document at the end.
pub(super) struct MarkdownReport<'a> {
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
    findings: Table,
    suppressed: Table,
    failed: Table,
}

/// Rows, up to a size limit.
#[derive(Default)]
struct Table {
    rows: String,
    left_out: u64,
}

impl Table {
    fn push(&mut self, row: &str, room: usize) {
        if self.left_out > 0 || self.rows.len() + row.len() > room {
            self.left_out += 1;
        } else {
            self.rows.push_str(row);
        }
    }

    fn write(&self, out: &mut dyn io::Write, title: &str, head: &[&str]) -> io::Result<()> {
        if self.rows.is_empty() && self.left_out == 0 {
            return Ok(());
        }
        if !title.is_empty() {
            writeln!(out, "### {title}\n")?;
        }
        writeln!(out, "| {} |", head.join(" | "))?;
        writeln!(out, "|{}", " --- |".repeat(head.len()))?;
        writeln!(out, "{}", self.rows)?;
        if self.left_out > 0 {
            writeln!(out, "{} more are not listed here.\n", self.left_out)?;
        }
        Ok(())
    }
}

impl<'a> MarkdownReport<'a> {
    pub(super) fn new(
        out: Box<dyn io::Write + 'a>,
        rules: &'a Ruleset,
        options: ReportOptions,
    ) -> Self {
        MarkdownReport {
            out,
            rules,
            options,
            findings: Table::default(),
            suppressed: Table::default(),
            failed: Table::default(),
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let view = View::new(finding, self.options.show_secrets);
        let rule = self.rules.get(finding.rule);
        let mut cells = vec![
            finding.severity.id().to_owned(),
            format!("{} {}", plain(&rule.title), code(rule.id.as_bytes())),
            linked(code(&place(&view)), view.link()),
            code(view.secret.bytes()),
        ];
        match &view.suppressed {
            None => {
                let commit = view.commit.as_ref().map_or("", |commit| commit.id.as_str());
                let commit = commit.get(..12).unwrap_or(commit);
                let item = view.item.as_ref().map(ItemInfo::describe);
                cells.push(plain(&view.why_and_warning()));
                cells.push(code(item.as_deref().unwrap_or(commit).as_bytes()));
                cells.push(plain(&advice::next_step(rule)));
                cells.push(code(finding.fingerprint.to_string().as_bytes()));
                self.findings.push(&row(&cells), ROOM);
            }
            Some((by, reason)) => {
                cells.push(plain(&format!("{}: {reason}", by.id())));
                self.suppressed.push(&row(&cells), ROOM / 18);
            }
        }
    }
}

impl Report for MarkdownReport<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Finding(finding) => {
                if finding.verdict.is_report() || self.options.show_suppressed {
                    self.finding(finding);
                }
            }
            Event::Skipped { .. } => {}
            Event::Failed(error) => {
                let cells = [code(error.path.as_bytes()), plain(&error.why)];
                self.failed.push(&row(&cells), ROOM / 18);
            }
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, outcome: Outcome) -> io::Result<()> {
        let verdict = match outcome {
            Outcome::Clean if summary.lets_pass() => "nothing that fails",
            Outcome::Clean => "clean",
            Outcome::Findings => "secrets found",
            Outcome::Incomplete => "incomplete: not everything could be scanned",
        };
        writeln!(self.out, "## stopleak: {verdict}\n")?;
        writeln!(self.out, "{}\n", plain(&summary_line(summary, outcome)))?;
        self.findings.write(
            &mut self.out,
            "",
            &[
                "severity",
                "rule",
                "place",
                "secret",
                "why believed",
                "commit",
                "what to do",
                "fingerprint",
            ],
        )?;
        if !self.findings.rows.is_empty() {
            let acceptance = advice::acceptance(self.options.trusts, summary);
            writeln!(
                self.out,
                "A secret that was pushed is leaked: revoke it first, then remove it. To accept a \
                 finding, {}.\n",
                plain(&acceptance)
            )?;
        }
        self.failed
            .write(&mut self.out, "Not scanned", &["what", "why"])?;
        self.suppressed.write(
            &mut self.out,
            "Suppressed",
            &["severity", "rule", "place", "secret", "by"],
        )?;
        for note in &summary.notes {
            writeln!(self.out, "- {}", plain(note))?;
        }
        self.out.flush()
    }
}

/// Returns `path:line:column`.
fn place(view: &View<'_>) -> Vec<u8> {
    let start = view.finding.start;
    let mut place = view.path.clone();
    place.extend_from_slice(format!(":{}:{}", start.line, start.column).as_bytes());
    place
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// Makes a link of `text`, if there is an address that cannot leave its brackets.
fn linked(text: String, link: Option<&str>) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/?&=#:%@+,".contains(&b);
    match link.filter(|link| link.bytes().all(plain)) {
        Some(link) => format!("[{text}]({link})"),
        None => text,
    }
}

/// Formats text as inline code; returns nothing if it is empty.
fn code(text: &[u8]) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("<code>{}</code>", references(&escape(text), ""))
}

/// Escapes text of the program or of a rule, so that nothing in it is markup.
fn plain(text: &str) -> String {
    references(&escape(text.as_bytes()), ",;()'")
}

/// Replaces everything but letters, digits, `/`, `-`, spaces and `kept` with character
/// references. Markdown resolves them after it has parsed all markup.
fn references(text: &str, kept: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if !c.is_ascii() || c.is_ascii_alphanumeric() || "/- ".contains(c) || kept.contains(c) {
            out.push(c);
        } else {
            out.push_str(&format!("&#{};", u32::from(c)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        assert_eq!(
            code(b"a|b`<img src=x>[x](y)\n@me #1 www.x.y"),
            "<code>a&#124;b&#96;&#60;img src&#61;x&#62;&#91;x&#93;&#40;y&#41;&#92;n&#64;me \
             &#35;1 www&#46;x&#46;y</code>"
        );
        assert_eq!(plain("it is (so), *not*"), "it is (so), &#42;not&#42;");
    }

    #[test]
    fn a_full_table_counts_what_it_leaves_out() {
        let mut table = Table::default();
        for _ in 0..10 {
            table.push("12345", 22);
        }
        assert_eq!((table.rows.len(), table.left_out), (20, 6));
    }
}

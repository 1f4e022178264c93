//! The text format: one diagnostic per finding, like a compiler's, and a summary line.
//! Everything it prints is escaped. The caller chooses colour and width.

use std::io;

use crate::blob::SkipReason;
use crate::finding::{CommitInfo, Event, Finding, Gap, Outcome, Summary};
use crate::rules::{Ruleset, Severity};

use super::escape::{char_width, escape, escape_line, width};
use super::view::{Line, View};
use super::{Report, ReportOptions, advice};
use super::{failed, unread};

/// The least width of a clipped source line, in columns.
const LEAST_COLUMNS: usize = 20;

/// Writes each diagnostic when its finding arrives.
pub(super) struct TextReport<'a> {
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
    style: Style,
    /// Whether a finding that is not suppressed was printed.
    any: bool,
}

/// ANSI sequences, or empty strings.
struct Style {
    reset: &'static str,
    bold: &'static str,
    error: &'static str,
    warning: &'static str,
    note: &'static str,
    gutter: &'static str,
    good: &'static str,
}

const PLAIN: Style = Style {
    reset: "",
    bold: "",
    error: "",
    warning: "",
    note: "",
    gutter: "",
    good: "",
};

const COLORED: Style = Style {
    reset: "\x1b[0m",
    bold: "\x1b[1m",
    error: "\x1b[1;31m",
    warning: "\x1b[1;33m",
    note: "\x1b[1;36m",
    gutter: "\x1b[1;34m",
    good: "\x1b[1;32m",
};

impl Style {
    fn severity(&self, severity: Severity) -> &'static str {
        match severity {
            Severity::Critical | Severity::High => self.error,
            Severity::Medium => self.warning,
            Severity::Low => self.note,
        }
    }
}

impl<'a> TextReport<'a> {
    pub(super) fn new(
        out: Box<dyn io::Write + 'a>,
        rules: &'a Ruleset,
        options: ReportOptions,
    ) -> Self {
        let style = if options.color { COLORED } else { PLAIN };
        TextReport {
            out,
            rules,
            options,
            style,
            any: false,
        }
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let view = View::new(finding, self.options.show_secrets);
        let margin = finding.start.line.to_string().len();
        self.header(&view, margin)?;
        let explained = match &view.line {
            Some(line) => self.source(&view, line, margin)?,
            None => false,
        };
        self.further_parts(&view, margin)?;
        let why = view.why();
        if !explained && !why.is_empty() {
            self.remark(margin, "evidence", &escape(why.as_bytes()))?;
        }
        if let Some(commit) = &view.commit {
            self.remark(margin, "commit", &commit_line(commit))?;
        }
        if let Some(item) = &view.item {
            self.remark(margin, "item", &escape(item.describe().as_bytes()))?;
        }
        if let Some(reason) = &view.warning {
            self.remark(margin, "warning", &escape(reason.as_bytes()))?;
        }
        match &view.suppressed {
            None => {
                let step = advice::next_step(self.rules.get(finding.rule));
                self.remark(margin, "help", &escape(step.as_bytes()))?;
                self.remark(margin, "fingerprint", &finding.fingerprint.to_string())?;
                self.any = true;
            }
            Some((by, reason)) => {
                let text = format!("by {}: {}", by.id(), escape(reason.as_bytes()));
                self.remark(margin, "suppressed", &text)?;
            }
        }
        writeln!(self.out)
    }

    fn header(&mut self, view: &View<'_>, margin: usize) -> io::Result<()> {
        let (finding, rule, s) = (view.finding, self.rules.get(view.finding.rule), &self.style);
        let suppressed = match (&view.suppressed, &view.warning) {
            (Some(_), _) => " (suppressed)",
            (None, Some(_)) => " (warning only)",
            (None, None) => "",
        };
        writeln!(
            self.out,
            "{}{}[{}]{}{}: {}{suppressed}{}",
            s.severity(finding.severity),
            finding.severity,
            escape(rule.id.as_bytes()),
            s.reset,
            s.bold,
            escape(rule.title.as_bytes()),
            s.reset,
        )?;
        writeln!(
            self.out,
            "{:margin$}{}-->{} {}:{}:{}",
            "",
            s.gutter,
            s.reset,
            escape(&view.path),
            finding.start.line,
            finding.start.column,
        )
    }

    /// Prints the source line and its underline. Returns whether the evidence fitted
    /// next to the underline.
    fn source(&mut self, view: &View<'_>, line: &Line, margin: usize) -> io::Result<bool> {
        let finding = view.finding;
        let columns = match self.options.width {
            0 => usize::MAX,
            width => width.saturating_sub(margin + 3).max(LEAST_COLUMNS),
        };
        let (before, mark, after) = clip(line, columns);
        let s = &self.style;
        let bar = format!("{:margin$} {}|{}", "", s.gutter, s.reset);
        writeln!(self.out, "{bar}")?;
        writeln!(
            self.out,
            "{}{:>margin$} |{} {before}{}{mark}{}{after}",
            s.gutter, finding.start.line, s.reset, s.bold, s.reset,
        )?;
        let indent = width(&before);
        let carets = width(&mark).max(1);
        let why = escape(view.why().as_bytes());
        let label = if why.is_empty() {
            String::new()
        } else {
            format!(" evidence: {why}")
        };
        let fits = indent.saturating_add(carets + width(&label)) <= columns;
        writeln!(
            self.out,
            "{bar} {:indent$}{}{}{}{}",
            "",
            s.severity(finding.severity),
            "^".repeat(carets),
            if fits { label.as_str() } else { "" },
            s.reset,
        )?;
        writeln!(self.out, "{bar}")?;
        Ok(fits)
    }

    fn further_parts(&mut self, view: &View<'_>, margin: usize) -> io::Result<()> {
        let s = &self.style;
        for part in &view.parts {
            writeln!(
                self.out,
                "{:margin$}{}:::{} {}:{}:{}: {} {}",
                "",
                s.gutter,
                s.reset,
                escape(&view.path),
                part.start.line,
                part.start.column,
                escape(part.name.as_bytes()),
                escape_line(part.secret.bytes()),
            )?;
        }
        Ok(())
    }

    fn remark(&mut self, margin: usize, label: &str, text: &str) -> io::Result<()> {
        let s = &self.style;
        writeln!(
            self.out,
            "{:margin$} {}={} {}{label}{}: {text}",
            "", s.gutter, s.reset, s.bold, s.reset,
        )
    }

    /// Prints a line about a file that was not scanned, or not to its end.
    fn not_scanned(&mut self, error: bool, path: &[u8], why: &str) -> io::Result<()> {
        let s = &self.style;
        let (color, word) = if error {
            (s.error, "error")
        } else {
            (s.note, "note")
        };
        writeln!(
            self.out,
            "{color}{word}{}: {}: {}",
            s.reset,
            escape(path),
            escape(why.as_bytes()),
        )
    }
}

impl Report for TextReport<'_> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Finding(finding) => {
                if finding.verdict.is_report() || self.options.show_suppressed {
                    self.finding(finding)?;
                }
                Ok(())
            }
            Event::Skipped {
                path,
                why,
                detail,
                gap,
                ..
            } if self.options.verbose || *gap == Gap::Fails => {
                self.not_scanned(*gap == Gap::Fails, path.as_bytes(), &unread(*why, detail))
            }
            Event::Skipped { .. } => Ok(()),
            Event::Failed(error) => {
                self.not_scanned(true, error.path.as_bytes(), &failed(&error.why))
            }
        }
    }

    fn finish(&mut self, summary: &Summary, outcome: Outcome) -> io::Result<()> {
        let s = &self.style;
        for note in &summary.notes {
            writeln!(
                self.out,
                "{}note{}: {}",
                s.note,
                s.reset,
                escape(note.as_bytes())
            )?;
        }
        for error in &summary.policy_errors {
            let text = escape(error.as_bytes());
            writeln!(self.out, "{}error{}: {text}", s.error, s.reset)?;
        }
        if self.any {
            writeln!(
                self.out,
                "{}help{}: run `stopleak explain RULE` to see how to replace a secret; to accept a \
                 finding, {}",
                s.note,
                s.reset,
                advice::acceptance(self.options.trusts, summary),
            )?;
        }
        let color = match outcome {
            Outcome::Clean => s.good,
            Outcome::Findings | Outcome::Incomplete => s.error,
        };
        writeln!(
            self.out,
            "{color}{}{}",
            summary_line(summary, outcome),
            s.reset
        )?;
        self.out.flush()
    }
}

/// Returns the three pieces of a source line, escaped and clipped to `columns` around
/// the secret.
fn clip(line: &Line, columns: usize) -> (String, String, String) {
    let mut before = escape_line(&line.before);
    let mut mark = escape_line(&line.mark);
    let mut after = escape_line(&line.after);
    let (mut cut_left, mut cut_right) = (line.cut_left, line.cut_right);
    let total = [&before, &mark, &after]
        .map(|piece| width(piece))
        .iter()
        .sum::<usize>();
    if total.saturating_add(2) > columns {
        let room = columns - 2;
        if width(&mark) > room / 2 {
            mark = head(&mark, (room / 2).saturating_sub(1)) + "…";
        }
        let rest = room.saturating_sub(width(&mark));
        if width(&before) > rest * 2 / 3 {
            before = tail(&before, rest * 2 / 3);
            cut_left = true;
        }
        let rest = rest.saturating_sub(width(&before));
        if width(&after) > rest {
            after = head(&after, rest);
            cut_right = true;
        }
    }
    if cut_left {
        before.insert(0, '…');
    }
    if cut_right {
        after.push('…');
    }
    (before, mark, after)
}

/// Returns as much of the start of `text` as fits `columns`.
fn head(text: &str, columns: usize) -> String {
    take(text.chars(), columns).into_iter().collect()
}

/// Returns as much of the end of `text` as fits `columns`.
fn tail(text: &str, columns: usize) -> String {
    take(text.chars().rev(), columns)
        .into_iter()
        .rev()
        .collect()
}

fn take(chars: impl Iterator<Item = char>, columns: usize) -> Vec<char> {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += char_width(*c);
            used <= columns
        })
        .collect()
}

fn commit_line(commit: &CommitInfo) -> String {
    let short: String = commit.id.chars().take(12).collect();
    let head = match commit.at_head {
        None => "",
        Some(true) => " (still at HEAD)",
        Some(false) => " (not at HEAD)",
    };
    escape(
        format!(
            "{short} {} by {} <{}>: {}{head}",
            commit.date, commit.author, commit.email, commit.subject
        )
        .as_bytes(),
    )
}

/// Returns the coverage summary in one line.
pub(super) fn summary_line(summary: &Summary, outcome: Outcome) -> String {
    let found = summary.found();
    let findings = if found == 0 {
        "no findings".to_owned()
    } else {
        let by_severity = summary.findings.iter().rev().filter(|(_, n)| **n > 0);
        let by_severity = list(by_severity.map(|(severity, n)| (*n, severity.id())));
        format!("{} ({by_severity})", count(found, "finding"))
    };
    let findings = match summary.warnings {
        0 => findings,
        n => format!("{findings}, {}", count(n, "warning")),
    };
    let mut line = match outcome {
        Outcome::Clean => format!("clean: {findings}"),
        Outcome::Findings => findings,
        Outcome::Incomplete if found > 0 => findings,
        Outcome::Incomplete if summary.failed > 0 => format!(
            "incomplete: {} of {} could not be scanned; {findings}",
            summary.failed,
            count(summary.files + summary.failed, unit(summary)),
        ),
        Outcome::Incomplete if !summary.policy_errors.is_empty() => {
            let errors = summary.policy_errors.len() as u64;
            format!("{} in the policy; {findings}", count(errors, "error"))
        }
        Outcome::Incomplete if summary.unread > 0 => format!(
            "incomplete: {} not read to its end; {findings}",
            count(summary.unread, "container"),
        ),
        Outcome::Incomplete => format!("incomplete: {findings}"),
    };
    line.push_str(" in ");
    line.push_str(&coverage(summary));
    if summary.skipped_total() > 0 {
        let reasons = summary.skipped.iter();
        let reasons = reasons.filter(|(why, _)| **why != SkipReason::Ignored);
        let reasons = reasons.map(|(why, n)| (*n, why.id()));
        line.push_str(&format!(
            "; {} skipped ({})",
            summary.skipped_total(),
            list(reasons)
        ));
    }
    if summary.ignored() > 0 {
        line.push_str(&format!("; {} ignored by git", summary.ignored()));
    }
    let suppressed: u64 = summary.suppressed.values().sum();
    if suppressed > 0 {
        let by = summary.suppressed.iter().map(|(by, n)| (*n, by.id()));
        line.push_str(&format!("; {suppressed} suppressed ({})", list(by)));
    }
    if summary.failed > 0 && found > 0 {
        line.push_str(&format!("; {} failed", summary.failed));
    }
    if outcome == Outcome::Incomplete && found > 0 {
        line.push_str(match summary.policy_errors.len() {
            0 => ": incomplete",
            _ => ": the policy has errors",
        });
    }
    line
}

/// What a scanned thing is called: a history is counted in blobs.
fn unit(summary: &Summary) -> &'static str {
    if summary.commits > 0 { "blob" } else { "file" }
}

fn coverage(summary: &Summary) -> String {
    let mut text = count(summary.files, unit(summary));
    if summary.members > 0 {
        text.push_str(&format!(" and {} inside", count(summary.members, "member")));
    }
    if summary.commits > 0 {
        text.push_str(&format!(" of {}", count(summary.commits, "commit")));
    }
    if summary.binary > 0 {
        text.push_str(&format!(" ({} binary)", summary.binary));
    }
    text.push_str(&format!(
        ", {}, {}",
        bytes(summary.bytes),
        elapsed(summary.elapsed)
    ));
    text
}

fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// `1 symlink, 2 too large`; zero counts are left out.
fn list<'a>(counts: impl Iterator<Item = (u64, &'a str)>) -> String {
    counts
        .filter(|(n, _)| *n > 0)
        .map(|(n, name)| format!("{n} {}", name.replace('-', " ")))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A size in decimal units: `1.3 MB`.
fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if n < 1000 {
        return count(n, "byte");
    }
    let mut value = n as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

fn elapsed(time: std::time::Duration) -> String {
    let ms = time.as_millis();
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn summary() -> Summary {
        Summary {
            files: 214,
            bytes: 1_300_000,
            elapsed: Duration::from_millis(12),
            ..Summary::default()
        }
    }

    #[test]
    fn the_summary_line_is_a_receipt() {
        let mut s = summary();
        assert_eq!(
            summary_line(&s, Outcome::Clean),
            "clean: no findings in 214 files, 1.3 MB, 12 ms"
        );
        s.findings.insert(Severity::High, 2);
        s.findings.insert(Severity::Critical, 1);
        s.skipped.insert(SkipReason::Symlink, 1);
        s.skipped.insert(SkipReason::TooLarge, 1);
        assert_eq!(
            summary_line(&s, Outcome::Findings),
            "3 findings (1 critical, 2 high) in 214 files, 1.3 MB, 12 ms; 2 skipped (1 symlink, 1 too large)"
        );
        s.failed = 1;
        assert_eq!(
            summary_line(&s, Outcome::Incomplete),
            "3 findings (1 critical, 2 high) in 214 files, 1.3 MB, 12 ms; 2 skipped (1 symlink, 1 too large); 1 failed: incomplete"
        );
    }

    #[test]
    fn an_incomplete_run_is_never_called_clean() {
        let mut s = summary();
        s.files = 213;
        s.failed = 1;
        let line = summary_line(&s, Outcome::Incomplete);
        assert!(
            line.starts_with("incomplete: 1 of 214 files could not be scanned"),
            "{line}"
        );
        s.failed = 0;
        s.skipped.insert(SkipReason::Symlink, 1);
        let line = summary_line(&s, Outcome::Incomplete);
        assert!(
            line.starts_with("incomplete: ") && !line.contains("clean"),
            "{line}"
        );
    }

    #[test]
    fn sizes_and_times_are_rounded_to_read() {
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(bytes(u64::MAX), "18446.7 PB");
        assert_eq!(elapsed(Duration::from_millis(1999)), "1.9 s");
        assert_eq!(elapsed(Duration::from_secs(125)), "2 min 5 s");
    }

    #[test]
    fn a_long_line_is_clipped_around_the_secret() {
        let line = Line {
            before: "日".repeat(300).into_bytes(),
            mark: b"********".to_vec(),
            after: vec![b'x'; 300],
            cut_left: false,
            cut_right: true,
        };
        for columns in [LEAST_COLUMNS, 40, 77, 200] {
            let (before, mark, after) = clip(&line, columns);
            assert_eq!(mark, "********");
            assert!(width(&before) + width(&mark) + width(&after) <= columns);
            assert!(before.starts_with('…') && after.ends_with('…'));
        }
        let (before, _, _) = clip(&line, usize::MAX);
        assert_eq!(width(&before), 600);
    }
}

//! The elements of a page of text: headers, places, source lines, remarks. Fits them to the
//! width, colours them, and links places to files.

use std::io::{self, Write};

use super::super::encode::percent;
use super::super::escape::{escape, escape_line, width};
use super::super::view::{Line, View};
use super::super::{ReportOptions, advice};
use super::fit::{LEAST_COLUMNS, clip, wrap};
use super::style::Style;
use crate::blob::is_absolute;
use crate::finding::{CommitInfo, Finding};
use crate::rules::{Rule, Ruleset};

/// Where text is written, and how.
pub(super) struct Page<'p> {
    pub(super) out: &'p mut dyn Write,
    pub(super) rules: &'p Ruleset,
    pub(super) options: &'p ReportOptions,
    pub(super) style: &'p Style,
}

impl<'p> Page<'p> {
    /// Prints the first line of a diagnostic or block.
    pub(super) fn header(&mut self, view: &View<'_>) -> io::Result<()> {
        let suppressed = match (&view.suppressed, &view.warning) {
            (Some(_), _) => " (suppressed)",
            (None, Some(_)) => " (warning only)",
            (None, None) => "",
        };
        let rule = self.rules.get(view.finding.rule);
        self.title(view.finding, rule, suppressed)
    }

    fn title(&mut self, finding: &Finding, rule: &Rule, more: &str) -> io::Result<()> {
        let s = self.style;
        let head = format!("{}[{}]", finding.severity, escape(rule.id.as_bytes()));
        let title = format!("{}{more}", escape(rule.title.as_bytes()));
        let used = width(&head) + 2;
        let lines = self.wrap(&title, used, 2);
        writeln!(
            self.out,
            "{}{head}{}{}: {}{}",
            s.severity(finding.severity),
            s.reset,
            s.bold,
            lines.join(&format!("{}\n  {}", s.reset, s.bold)),
            s.reset,
        )
    }

    /// Prints where the finding stands.
    pub(super) fn arrow(&mut self, view: &View<'_>, margin: usize) -> io::Result<()> {
        let s = self.style;
        let start = view.finding.start;
        let place = format!("{}:{}:{}", escape(&view.path), start.line, start.column);
        let place = self.linked(view.finding, &view.path, &place);
        writeln!(self.out, "{:margin$}{}-->{} {place}", "", s.gutter, s.reset)
    }

    /// Prints the source line and its underline. Returns whether the evidence fitted
    /// next to the underline.
    pub(super) fn source(
        &mut self,
        view: &View<'_>,
        line: &Line,
        margin: usize,
    ) -> io::Result<bool> {
        let finding = view.finding;
        let columns = match self.options.width {
            0 => usize::MAX,
            width => width.saturating_sub(margin + 3).max(LEAST_COLUMNS),
        };
        let (before, mark, after) = clip(line, columns);
        let s = self.style;
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
            s.mark(finding.severity),
            "^".repeat(carets),
            if fits { label.as_str() } else { "" },
            s.reset,
        )?;
        writeln!(self.out, "{bar}")?;
        Ok(fits)
    }

    pub(super) fn further_parts(&mut self, view: &View<'_>, margin: usize) -> io::Result<()> {
        let s = self.style;
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

    /// Prints a remark, whose text is escaped. Its further lines stand below its text.
    pub(super) fn remark(&mut self, margin: usize, label: &str, text: &str) -> io::Result<()> {
        let indent = margin + 3 + width(label) + 2;
        let lines = self.wrap(text, indent, indent);
        self.remarks(margin, label, &lines)
    }

    /// Prints a remark of one element a line, none of which is cut.
    pub(super) fn remarks(
        &mut self,
        margin: usize,
        label: &str,
        texts: &[String],
    ) -> io::Result<()> {
        let s = self.style;
        let indent = margin + 3 + width(label) + 2;
        writeln!(
            self.out,
            "{:margin$} {}={} {}{label}{}: {}",
            "",
            s.gutter,
            s.reset,
            s.bold,
            s.reset,
            texts.join(&format!("\n{:indent$}", "")),
        )
    }

    /// Prints a line that begins with a word in colour; its text is escaped.
    pub(super) fn line(&mut self, color: &str, word: &str, text: &str) -> io::Result<()> {
        let lines = self.wrap(text, width(word) + 2, 2);
        let lines = lines.join("\n  ");
        writeln!(self.out, "{color}{word}{}: {lines}", self.style.reset)
    }

    /// Prints the address at which the host of a commit shows the line, if it is known.
    pub(super) fn hosted(&mut self, commit: &CommitInfo, margin: usize) -> io::Result<()> {
        match commit.link.as_str() {
            "" => Ok(()),
            link => self.remark(margin, "link", &escape(link.as_bytes())),
        }
    }

    /// Where a text was posted that is no file, if that is known.
    pub(super) fn posted(&mut self, view: &View<'_>, margin: usize) -> io::Result<()> {
        match &view.item {
            Some(item) => self.remark(margin, "item", &escape(item.describe().as_bytes())),
            None => Ok(()),
        }
    }

    /// What else is known about a finding: its labels, a warning, and, with `help`, what to do.
    pub(super) fn rest(&mut self, view: &View<'_>, margin: usize, help: bool) -> io::Result<()> {
        self.posted(view, margin)?;
        for label in view.finding.labels.iter() {
            let text = format!("{label}: {}", label.describe());
            self.remark(margin, "label", &text)?;
        }
        if let Some(reason) = &view.warning {
            self.remark(margin, "warning", &escape(reason.as_bytes()))?;
        }
        match &view.suppressed {
            None if !help => Ok(()),
            None => {
                let step = advice::next_step(self.rules.get(view.finding.rule));
                self.remark(margin, "help", &escape(step.as_bytes()))
            }
            Some((by, reason)) => {
                let text = format!("by {}: {}", by.id(), escape(reason.as_bytes()));
                self.remark(margin, "suppressed", &text)
            }
        }
    }

    /// Breaks text whose first line begins at column `used`, the others at column `indent`.
    pub(super) fn wrap(&self, text: &str, used: usize, indent: usize) -> Vec<String> {
        match self.options.width {
            0 => vec![text.to_owned()],
            width => {
                let room = |used: usize| width.saturating_sub(used).max(LEAST_COLUMNS);
                wrap(text, room(used), room(indent))
            }
        }
    }

    /// Returns `text` as a link to the file of a finding and its line, if the terminal follows
    /// links and the file is there. `path` is masked.
    pub(super) fn linked(&self, finding: &Finding, path: &[u8], text: &str) -> String {
        match self.address(finding, path) {
            Some(address) => format!("\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\"),
            None => text.to_owned(),
        }
    }

    /// The address of a file as it is now. Of a version in a history that HEAD still has, the
    /// line may have moved.
    fn address(&self, finding: &Finding, path: &[u8]) -> Option<String> {
        let base = self.options.base.as_ref().filter(|_| self.options.links)?;
        let line = match &finding.commit {
            None => format!("#{}", finding.start.line),
            Some(commit) if commit.at_head == Some(true) => String::new(),
            Some(_) => return None,
        };
        // A masked path names no file, and standard input has none.
        if finding.in_name || path != finding.path.as_bytes() || path.starts_with(b"<") {
            return None;
        }
        let file = finding.path.file();
        let full = match is_absolute(file) {
            true => file.to_vec(),
            false => [&base.current, file].join(&b'/'),
        };
        let slash = if full.starts_with(b"/") { "" } else { "/" };
        Some(format!("file://{slash}{}{line}", percent(&full)))
    }
}

/// Returns a commit, its author and its subject in one line.
pub(super) fn commit_line(commit: &CommitInfo) -> String {
    let head = match commit.at_head {
        None => "",
        Some(true) => " (still at HEAD)",
        Some(false) => " (not at HEAD)",
    };
    format!("{}{head}", brought(commit))
}

/// Returns a commit, its author and its subject in one line, without HEAD.
pub(super) fn brought(commit: &CommitInfo) -> String {
    let id = short(&commit.id);
    escape(
        format!(
            "{id} {} by {} <{}>: {}",
            commit.date, commit.author, commit.email, commit.subject
        )
        .as_bytes(),
    )
}

/// Returns as much of a commit's id as people need.
pub(super) fn short(id: &str) -> String {
    id.chars().take(12).collect()
}

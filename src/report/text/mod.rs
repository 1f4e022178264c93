//! The text format: one diagnostic per finding, like a compiler's, or one block per secret if
//! there are many, and a summary line. Everything it prints is escaped. The caller chooses
//! colour, width and links.

mod blocks;
mod fit;
mod page;
mod style;
mod summary;

use std::io;

use crate::finding::{Event, Finding, Gap, Outcome, Summary};
use crate::rules::Ruleset;

use super::escape::escape;
use super::secrets::{GroupBy, SortBy, singly};
use super::view::View;
use super::{Report, ReportOptions, advice};
use super::{failed, unread};
use page::{Page, commit_line};
use style::{COLORED, PLAIN, Style};
pub(super) use summary::summary_line;

/// With more findings than this, they are grouped by secret unless somebody says otherwise.
pub(crate) const FEW: usize = 20;

/// Writes each diagnostic when its finding arrives, or keeps all of them for the end: how many
/// there are decides how they are shown.
pub(super) struct TextReport<'a> {
    out: Box<dyn io::Write + 'a>,
    rules: &'a Ruleset,
    options: ReportOptions,
    style: Style,
    /// Whether findings wait for the end.
    waits: bool,
    kept: Vec<Kept>,
    /// Whether a finding was written that is not suppressed.
    any: bool,
}

/// What is told, in listing order.
enum Kept {
    Finding(Box<Finding>),
    /// Something was not scanned, or not to its end: whether it is an error, and what is told.
    Unscanned(bool, String),
}

impl<'a> TextReport<'a> {
    pub(super) fn new(
        out: Box<dyn io::Write + 'a>,
        rules: &'a Ruleset,
        options: ReportOptions,
    ) -> Self {
        let style = if options.color { COLORED } else { PLAIN };
        let waits = options.sort.is_some() || options.group.is_some();
        TextReport {
            out,
            rules,
            options,
            style,
            waits,
            kept: Vec::new(),
            any: false,
        }
    }

    fn page(&mut self) -> Page<'_> {
        Page {
            out: &mut self.out,
            rules: self.rules,
            options: &self.options,
            style: &self.style,
        }
    }

    /// Writes what is told, or keeps it for the end.
    fn tell(&mut self, kept: Kept) -> io::Result<()> {
        self.any |= kept.finding().is_some_and(|f| f.verdict.is_report());
        if self.waits {
            self.kept.push(kept);
            return Ok(());
        }
        told(&mut self.page(), &kept)
    }
}

impl Report for TextReport<'_> {
    fn expect(&mut self, findings: Option<usize>) {
        self.waits |= findings.is_none_or(|findings| findings > FEW);
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        let unscanned = |is_error, path: &[u8], why: &str| {
            let text = format!("{}: {}", escape(path), escape(why.as_bytes()));
            Kept::Unscanned(is_error, text)
        };
        match event {
            Event::Finding(finding) => {
                let shown = finding.verdict.is_report() || self.options.show_suppressed;
                match (shown, self.waits) {
                    (false, _) => Ok(()),
                    (true, true) => self.tell(Kept::Finding(finding.clone())),
                    (true, false) => {
                        self.any |= finding.verdict.is_report();
                        diagnostic(&mut self.page(), finding)
                    }
                }
            }
            Event::Skipped {
                path,
                why,
                detail,
                gap,
                ..
            } if self.options.verbose || *gap == Gap::Fails => {
                let text = unread(*why, detail);
                self.tell(unscanned(*gap == Gap::Fails, path.as_bytes(), &text))
            }
            Event::Skipped { .. } => Ok(()),
            Event::Failed(error) => {
                self.tell(unscanned(true, error.path.as_bytes(), &failed(&error.why)))
            }
        }
    }

    fn finish(&mut self, summary: &Summary, outcome: Outcome) -> io::Result<()> {
        let kept = std::mem::take(&mut self.kept);
        let findings: Vec<&Finding> = kept.iter().filter_map(Kept::finding).collect();
        let mut page = Page {
            out: &mut self.out,
            rules: self.rules,
            options: &self.options,
            style: &self.style,
        };
        let (sort, group) = (self.options.sort, self.options.group);
        let group = group.or((findings.len() > FEW).then_some(GroupBy::Secret));
        match (group, sort) {
            (None, None) => kept.iter().try_for_each(|kept| told(&mut page, kept))?,
            (None, Some(sort)) => {
                let all = singly(findings.iter().copied(), sort, self.rules);
                all.iter()
                    .try_for_each(|group| diagnostic(&mut page, group.lead))?;
            }
            (Some(by), sort) => {
                blocks::blocks(&mut page, &findings, by, sort.unwrap_or_default())?;
            }
        }
        if group.is_some() || sort.is_some() {
            let rest: Vec<&Kept> = kept.iter().filter(|k| k.finding().is_none()).collect();
            rest.iter().try_for_each(|kept| told(&mut page, kept))?;
            if group.is_some() && !rest.is_empty() {
                writeln!(page.out)?;
            }
        }
        if group.is_some() {
            blocks::table(&mut page, &findings)?;
        }
        let worst_first =
            group == Some(GroupBy::Secret) && sort.is_none_or(|sort| sort == SortBy::Severity);
        let more = worst_first && findings.len() > FEW;
        close(&mut page, summary, outcome, (self.any, self.any && more))?;
        self.out.flush()
    }
}

impl Kept {
    fn finding(&self) -> Option<&Finding> {
        match self {
            Kept::Finding(finding) => Some(finding),
            Kept::Unscanned(..) => None,
        }
    }
}

fn told(page: &mut Page<'_>, kept: &Kept) -> io::Result<()> {
    let style = page.style;
    match kept {
        Kept::Finding(finding) => diagnostic(page, finding),
        Kept::Unscanned(true, text) => page.line(style.error, "error", text),
        Kept::Unscanned(false, text) => page.line(style.note, "note", text),
    }
}

/// Prints one finding like a compiler's diagnostic.
fn diagnostic(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    let view = View::new(finding, page.options.show_secrets);
    let margin = finding.start.line.to_string().len();
    page.header(&view)?;
    place(page, &view, margin)?;
    if let Some(commit) = &view.commit {
        page.remark(margin, "commit", &commit_line(commit))?;
        page.hosted(commit, margin)?;
    }
    page.rest(&view, margin, true)?;
    if view.suppressed.is_none() {
        page.remark(margin, "fingerprint", &finding.fingerprint.to_string())?;
    }
    writeln!(page.out)
}

/// Prints where a finding stands, its source line, and why it is believed.
fn place(page: &mut Page<'_>, view: &View<'_>, margin: usize) -> io::Result<()> {
    page.arrow(view, margin)?;
    let explained = match &view.line {
        Some(line) => page.source(view, line, margin)?,
        None => false,
    };
    page.further_parts(view, margin)?;
    let why = view.why();
    if !explained && !why.is_empty() {
        page.remark(margin, "evidence", &escape(why.as_bytes()))?;
    }
    Ok(())
}

/// What helps with many findings, of which the worst stand far above the end.
const MANY: &str = "the worst stand first: `--severity high` leaves the others out, `stopleak triage` asks \
                    about one secret after another, `-o report.html` writes a page for people";

/// Prints notes, errors of the policy, what to do, and the summary. `any`: whether there are
/// findings; `many`: whether there are more than fit on a screen.
fn close(
    page: &mut Page<'_>,
    summary: &Summary,
    outcome: Outcome,
    (any, many): (bool, bool),
) -> io::Result<()> {
    let style = page.style;
    for note in &summary.notes {
        page.line(style.note, "note", &escape(note.as_bytes()))?;
    }
    for error in &summary.policy_errors {
        page.line(style.error, "error", &escape(error.as_bytes()))?;
    }
    if any {
        let accept = advice::acceptance(page.options.trusts, summary);
        let text = format!(
            "run `stopleak explain RULE` to see how to replace a secret; to accept a finding, \
             {accept}"
        );
        page.line(style.note, "help", &text)?;
    }
    if many {
        page.line(style.note, "help", MANY)?;
    }
    let color = style.outcome(outcome);
    let lines = page.wrap(&summary_line(summary, outcome), 0, 2);
    let lines = lines.join("\n  ");
    writeln!(page.out, "{color}{lines}{}", style.reset)
}

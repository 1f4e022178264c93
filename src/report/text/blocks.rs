//! Many findings: one block for each secret, rule or file, and a table of all.

use std::collections::HashSet;
use std::io;

use super::super::escape::{escape, escape_line, width};
use super::super::secrets::{Group, GroupBy, SortBy, Standing, Tally, groups, singly, tally};
use super::super::view::View;
use super::page::{Page, brought, short};
use super::place;
use crate::finding::{CommitInfo, Finding, Fingerprint};
use crate::rules::Severity;

/// How many files of a secret are listed. With `--verbose`, all are.
const FILES: usize = 50;

/// Prints findings in groups.
pub(super) fn blocks(
    page: &mut Page<'_>,
    findings: &[&Finding],
    by: GroupBy,
    sort: SortBy,
) -> io::Result<()> {
    let all = groups(findings.iter().copied(), by, sort, page.rules);
    // What to do is the same for all secrets of a rule, and is said once.
    let mut advised = HashSet::new();
    for group in &all {
        match by {
            GroupBy::Secret => {
                let new = group.standing != Standing::Suppressed && advised.insert(group.lead.rule);
                secret(page, group, new)?;
            }
            GroupBy::Rule => rule(page, group, sort)?,
            GroupBy::Path => file(page, group, sort)?,
        }
        writeln!(page.out)?;
    }
    Ok(())
}

/// Prints a secret with all its places.
fn secret(page: &mut Page<'_>, group: &Group<'_>, help: bool) -> io::Result<()> {
    let lead = group.lead;
    let mut view = View::new(lead, page.options.show_secrets);
    let margin = lead.start.line.to_string().len();
    page.header(&view)?;
    place(page, &view, margin)?;
    elsewhere(page, group, margin)?;
    let rules = page.rules;
    let others = group.rules.iter().skip(1);
    let others: Vec<String> = others
        .map(|rule| escape(rules.get(*rule).id.as_bytes()))
        .collect();
    if !others.is_empty() {
        page.remark(margin, "also found by", &others.join(", "))?;
    }
    commits(page, group, margin)?;
    // A label of one place is one of the value.
    let labelled = Finding {
        labels: group.labels,
        ..lead.clone()
    };
    view.finding = &labelled;
    page.rest(&view, margin, help)?;
    if group.standing != Standing::Suppressed {
        // An entry accepts the value wherever one rule finds it.
        let mut accepted: Vec<Fingerprint> = Vec::new();
        let counting = group.findings.iter().filter(|f| f.verdict.is_report());
        for finding in std::iter::once(&lead).chain(counting) {
            let same = |known: &Fingerprint| known.same_value(finding.fingerprint);
            if !accepted.iter().any(same) {
                accepted.push(finding.fingerprint);
            }
        }
        for fingerprint in accepted {
            let command = format!("stopleak ignore add {fingerprint} --reason REASON");
            page.remarks(margin, "accept", &[command])?;
        }
    }
    Ok(())
}

/// Prints the places of a secret but for the first: those of today, and those that are gone.
fn elsewhere(page: &mut Page<'_>, group: &Group<'_>, margin: usize) -> io::Result<()> {
    let is_gone = |f: &&Finding| f.commit.as_ref().and_then(|c| c.at_head) == Some(false);
    let others = group.findings.iter().copied();
    let others = others.filter(|f| !std::ptr::eq(*f, group.lead));
    let (gone, there): (Vec<&Finding>, Vec<&Finding>) = others.partition(is_gone);
    for (label, places) in [("also at", there), ("also was at", gone)] {
        let texts = listed(page, &places);
        if !texts.is_empty() {
            page.remarks(margin, label, &texts)?;
        }
    }
    Ok(())
}

/// Returns a line for each file, with the lines and columns in it.
fn listed(page: &Page<'_>, places: &[&Finding]) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = (0, 0);
    for files in places.chunk_by(|a, b| a.path == b.path) {
        if texts.len() >= FILES && !page.options.verbose {
            rest = (rest.0 + files.len(), rest.1 + 1);
            continue;
        }
        let Some(first) = files.first() else { continue };
        let view = View::new(first, page.options.show_secrets);
        let mut text = page.linked(first, &view.path, &place_of(&view));
        for more in files.iter().skip(1) {
            let more = format!("{}:{}", more.start.line, more.start.column);
            text.push_str(&format!(", {more}"));
        }
        texts.push(text);
    }
    if rest.0 > 0 {
        let (places, files) = rest;
        texts.push(format!(
            "… and {places} more in {files} more files; `--verbose` lists them"
        ));
    }
    texts
}

fn place_of(view: &View<'_>) -> String {
    let start = view.finding.start;
    format!("{}:{}:{}", escape(&view.path), start.line, start.column)
}

/// Prints the first and the last commit with a secret, and whether HEAD still has it.
fn commits(page: &mut Page<'_>, group: &Group<'_>, margin: usize) -> io::Result<()> {
    // What the commit says is masked by the finding that it belongs to.
    let masked = |commit: &CommitInfo| {
        let with = group
            .findings
            .iter()
            .find(|f| f.commit.as_deref().is_some_and(|c| std::ptr::eq(c, commit)))?;
        View::new(with, page.options.show_secrets).commit
    };
    let first = group.first.and_then(masked);
    let last = group.last.and_then(masked);
    if let Some(first) = &first {
        page.remark(margin, "first commit", &brought(first))?;
        page.hosted(first, margin)?;
    }
    if let Some(last) = last.filter(|last| !last.last.is_empty()) {
        let text = format!("{} {}", short(&last.last), last.last_date);
        page.remark(margin, "last commit", &escape(text.as_bytes()))?;
    }
    match group.at_head {
        Some(true) => page.remark(margin, "HEAD", "still there"),
        Some(false) => page.remark(margin, "HEAD", "not there any more"),
        None => Ok(()),
    }
}

/// Prints a rule and its findings, one a line.
fn rule(page: &mut Page<'_>, group: &Group<'_>, sort: SortBy) -> io::Result<()> {
    let view = View::new(group.lead, page.options.show_secrets);
    page.header(&view)?;
    let of = counted(group.secrets(), "secret");
    let text = match group.files() {
        1 => format!("{} in 1 file", of),
        files => format!("{} in {files} files", of),
    };
    let findings = counted(group.findings.len(), "finding");
    page.remark(0, &findings, &text)?;
    let rows = singly(group.findings.iter().copied(), sort, page.rules);
    for row in &rows {
        let view = View::new(row.lead, page.options.show_secrets);
        let place = page.linked(row.lead, &view.path, &place_of(&view));
        let text = format!("{}{}", shown(&view), told(row.lead));
        writeln!(page.out, "  {place}  {text}")?;
    }
    if group.standing != Standing::Suppressed {
        let step = super::advice::next_step(page.rules.get(group.lead.rule));
        page.remark(0, "help", &escape(step.as_bytes()))?;
    }
    Ok(())
}

/// Prints a file and its findings, one a line.
fn file(page: &mut Page<'_>, group: &Group<'_>, sort: SortBy) -> io::Result<()> {
    let s = page.style;
    let view = View::new(group.lead, page.options.show_secrets);
    let name = page.linked(group.lead, &view.path, &escape(&view.path));
    let findings = counted(group.findings.len(), "finding");
    writeln!(page.out, "{}{name}{}: {findings}", s.bold, s.reset)?;
    let rows = singly(group.findings.iter().copied(), sort, page.rules);
    let wide = |of: &dyn Fn(&Finding) -> usize| rows.iter().map(|row| of(row.lead)).max();
    let rules = page.rules;
    let id = |f: &Finding| escape(rules.get(f.rule).id.as_bytes());
    let at = |f: &Finding| format!("{}:{}", f.start.line, f.start.column);
    let place = wide(&|f| at(f).len()).unwrap_or_default();
    let rule = wide(&|f| width(&id(f))).unwrap_or_default();
    for row in &rows {
        let (f, view) = (row.lead, View::new(row.lead, page.options.show_secrets));
        writeln!(
            page.out,
            "  {:<place$}  {}{:<8}{}  {:<rule$}  {}{}",
            at(f),
            s.severity(f.severity),
            f.severity,
            s.reset,
            id(f),
            shown(&view),
            told(f),
        )?;
    }
    Ok(())
}

/// The secret of a view, on one line.
fn shown(view: &View<'_>) -> String {
    escape_line(view.secret.bytes())
}

/// What a line says about a finding: what it means, its labels, and its fingerprint.
fn told(finding: &Finding) -> String {
    let mut text = match Standing::of(finding) {
        Standing::Fails => String::new(),
        Standing::Warns => "  (warning only)".to_owned(),
        Standing::Suppressed => "  (suppressed)".to_owned(),
    };
    if !finding.labels.is_empty() {
        text.push_str(&format!("  [{}]", finding.labels.names()));
    }
    text.push_str(&format!("  {}", finding.fingerprint));
    text
}

fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// The least width of the names of rules in the table.
const LEAST_NAME: usize = 12;

/// Prints how many findings, secrets and files there are of each rule and severity.
pub(super) fn table(page: &mut Page<'_>, findings: &[&Finding]) -> io::Result<()> {
    let rows = tally(findings.iter().copied(), page.rules);
    let Some(sum) = rows.last() else {
        return Ok(());
    };
    let s = page.style;
    // A severity that does not occur has no column.
    let occurs = |severity: &Severity| sum.by_severity[*severity as usize] > 0;
    let severities = Severity::ALL.iter().rev().copied().filter(occurs);
    let mut columns: Vec<Column> = severities.map(Column::Of).collect();
    columns.extend([Column::Findings, Column::Secrets, Column::Files]);
    let name = |row: &Tally| match row.rule {
        Some(rule) => escape(page.rules.get(rule).id.as_bytes()),
        None => "all".to_owned(),
    };
    let wide = |column: Column| {
        let counts = rows.iter().map(|row| column.count(row).to_string().len());
        counts.max().unwrap_or(0).max(column.title().len())
    };
    let names = rows.iter().map(|row| width(&name(row))).max().unwrap_or(0);
    let mut names = names.max("rule".len());
    let taken = |columns: &[Column]| columns.iter().map(|c| wide(*c) + 2).sum::<usize>();
    if page.options.width > 0 {
        while columns.len() > 1 && LEAST_NAME + taken(&columns) > page.options.width {
            columns.pop();
        }
        let room = page.options.width.saturating_sub(taken(&columns));
        names = names.min(room.max(LEAST_NAME));
    }
    write!(page.out, "{}{:<names$}", s.bold, "rule")?;
    for column in &columns {
        write!(page.out, "  {:>1$}", column.title(), wide(*column))?;
    }
    writeln!(page.out, "{}", s.reset)?;
    for row in &rows {
        let mut text = name(row);
        if width(&text) > names {
            text = super::fit::head(&text, names - 1) + "…";
        }
        let pad = names.saturating_sub(width(&text));
        write!(page.out, "{text}{:pad$}", "")?;
        for column in &columns {
            let count = column.count(row);
            let color = match column {
                Column::Of(severity) if count > 0 => s.severity(*severity),
                _ => "",
            };
            let shown = if count == 0 {
                "-".to_owned()
            } else {
                count.to_string()
            };
            let pad = wide(*column).saturating_sub(shown.len());
            let reset = if color.is_empty() { "" } else { s.reset };
            write!(page.out, "  {:pad$}{color}{shown}{reset}", "")?;
        }
        writeln!(page.out)?;
    }
    writeln!(page.out)
}

/// A column of the table.
#[derive(Clone, Copy)]
enum Column {
    Of(Severity),
    Findings,
    Secrets,
    Files,
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Column::Of(severity) => severity.id(),
            Column::Findings => "findings",
            Column::Secrets => "secrets",
            Column::Files => "files",
        }
    }

    fn count(self, row: &Tally) -> u64 {
        match self {
            Column::Of(severity) => row.by_severity[severity as usize],
            Column::Findings => row.findings,
            Column::Secrets => row.secrets,
            Column::Files => row.files,
        }
    }
}

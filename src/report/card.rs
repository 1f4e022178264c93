//! A secret on one screen: what it is, where it stands, what to do. Masked like a report.

use super::advice;
use super::escape::escape;
use super::secrets::Group;
use super::view::View;
use crate::finding::{CommitInfo, Finding};
use crate::rules::Ruleset;
use crate::stop::counted;

/// How many places of a secret are listed.
const PLACES: usize = 8;

/// The most characters of a source line.
const WIDTH: usize = 160;

/// Returns the lines about a secret. The first one names it; the others are indented.
pub fn card(group: &Group<'_>, rules: &Ruleset) -> String {
    let rule = rules.get(group.lead.rule);
    let view = View::new(group.lead, false);
    let mut out = format!(
        "{}  {}  {}\n",
        group.severity,
        rule.id,
        escape(rule.title.as_bytes())
    );
    let mut add = |name: &str, text: &str| out.push_str(&format!("  {name:<9} {text}\n"));
    let places = counted(group.findings.len(), "place");
    let files = counted(group.files(), "file");
    add(
        "secret",
        &format!("{}  ({places} in {files})", view.secret.redacted),
    );
    let why = view.why_and_warning();
    if !why.is_empty() {
        add("why", &escape(why.as_bytes()));
    }
    if let Some(link) = view.link() {
        add("link", &escape(link.as_bytes()));
    }
    if !group.labels.is_empty() {
        add("labels", &group.labels.names());
    }
    for finding in group.findings.iter().take(PLACES) {
        add("at", &place(finding));
        if let Some(line) = &View::new(finding, false).line {
            let text: String = escape(line.text().trim().as_bytes())
                .chars()
                .take(WIDTH)
                .collect();
            add("", &format!("| {text}"));
        }
    }
    if group.findings.len() > PLACES {
        add("", &format!("and {} more", group.findings.len() - PLACES));
    }
    if let Some(first) = group.first {
        let of = group
            .findings
            .iter()
            .find(|f| f.commit.as_deref() == Some(first));
        let masked = of.and_then(|f| View::new(f, false).commit);
        add("first", &commit(masked.as_ref().unwrap_or(first)));
    }
    match group.at_head {
        Some(true) => add("now", "still at HEAD"),
        Some(false) => add("now", "gone from HEAD; the history has it"),
        None => {}
    }
    add("to do", &advice::next_step(rule));
    out
}

fn place(finding: &Finding) -> String {
    let view = View::new(finding, false);
    let at = finding.start;
    format!("{}:{}:{}", escape(&view.path), at.line, at.column)
}

fn commit(commit: &CommitInfo) -> String {
    let id = commit.id.get(..12).unwrap_or(&commit.id);
    let text = format!(
        "{id} {} by {}: {}",
        commit.date, commit.author, commit.subject
    );
    escape(text.as_bytes())
}

//! What changed between two reports: as lines for people, and as a document.

use serde_json::{Value, json};

use super::escape::escape;
use super::json::FindingRecord;
use super::view::View;
use super::{TOOL_NAME, TOOL_VERSION};
use crate::finding::Finding;
use crate::rules::Ruleset;
use crate::stop::counted;

/// A finding that only one of two reports has.
#[derive(Clone, Copy, Debug)]
pub struct Changed<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// Whether the other report has the same secret at another place.
    pub elsewhere: bool,
    /// Whether the other report has the finding, but accepts it.
    pub accepted: bool,
}

/// One of the two reports.
#[derive(Clone, Debug)]
pub struct Side {
    /// Its name.
    pub name: String,
    /// Whose form it has.
    pub form: &'static str,
    /// `complete`, `incomplete` or `unknown`.
    pub completeness: &'static str,
    /// Why it is incomplete, or why nobody knows; one line each.
    pub remarks: Vec<String>,
}

/// How two reports differ.
#[derive(Debug)]
pub struct Changes<'a> {
    /// The older report.
    pub old: Side,
    /// The newer report.
    pub new: Side,
    /// By what findings were compared, as an id and in words.
    pub basis: (&'static str, &'static str),
    /// What only the newer one has.
    pub added: Vec<Changed<'a>>,
    /// What only the older one has.
    pub gone: Vec<Changed<'a>>,
    /// What both have.
    pub same: Vec<&'a Finding>,
    /// `new`, `same` or `incomplete`.
    pub outcome: &'static str,
    /// The exit code of the command.
    pub exit_code: u8,
}

/// Returns the changes as a document.
///
/// # Errors
/// Fails if a finding cannot be serialised.
pub fn document(
    changes: &Changes<'_>,
    rules: &Ruleset,
    show_secrets: bool,
) -> serde_json::Result<Value> {
    let record = |finding: &Finding| {
        let view = View::new(finding, show_secrets);
        serde_json::to_value(FindingRecord::new(&view, rules.get(finding.rule)))
    };
    let list = |all: &[Changed<'_>]| -> serde_json::Result<Vec<Value>> {
        let each = all.iter().map(|changed| {
            let mut value = record(changed.finding)?;
            value["secret_elsewhere"] = json!(changed.elsewhere);
            value["accepted_elsewhere"] = json!(changed.accepted);
            Ok(value)
        });
        each.collect()
    };
    let side = |side: &Side| {
        json!({
            "report": side.name,
            "form": side.form,
            "completeness": side.completeness,
            "remarks": side.remarks,
        })
    };
    let same: serde_json::Result<Vec<Value>> = changes.same.iter().map(|f| record(f)).collect();
    Ok(json!({
        "schema_version": "1",
        "tool": {"name": TOOL_NAME, "version": TOOL_VERSION},
        "reports": {"old": side(&changes.old), "new": side(&changes.new)},
        "compared_by": changes.basis.0,
        "new": list(&changes.added)?,
        "gone": list(&changes.gone)?,
        "same": same?,
        "summary": {
            "new": changes.added.len(),
            "gone": changes.gone.len(),
            "same": changes.same.len(),
            "outcome": changes.outcome,
            "exit_code": changes.exit_code,
        },
    }))
}

/// Returns the changes as lines. `verbose` also lists what is the same.
pub fn text(changes: &Changes<'_>, rules: &Ruleset, verbose: bool, show_secrets: bool) -> String {
    let mut out = String::new();
    let line = |sign: &str, finding: &Finding, more: &str| {
        let view = View::new(finding, show_secrets);
        let path = escape(&view.path);
        let secret = escape(view.secret.bytes());
        let (rule, at) = (&rules.get(finding.rule).id, finding.start);
        let severity = finding.severity.id();
        let place = match &view.commit {
            Some(commit) => format!(" in {}", commit.id.get(..12).unwrap_or(&commit.id)),
            None => String::new(),
        };
        format!(
            "{sign} {severity:<8} {path}:{}:{}{place}  {rule}  {secret}  {}{more}\n",
            at.line, at.column, finding.fingerprint
        )
    };
    let why = |changed: &Changed<'_>, accepted: &str, elsewhere: &str| match changed {
        Changed { accepted: true, .. } => format!("  ({accepted})"),
        Changed {
            elsewhere: true, ..
        } => format!("  ({elsewhere})"),
        _ => String::new(),
    };
    for changed in &changes.added {
        let more = why(
            changed,
            "was accepted before",
            "the same secret was elsewhere before",
        );
        out.push_str(&line("new ", changed.finding, &more));
    }
    for changed in &changes.gone {
        let more = why(
            changed,
            "is accepted now",
            "the same secret is elsewhere now",
        );
        out.push_str(&line("gone", changed.finding, &more));
    }
    if verbose {
        for finding in &changes.same {
            out.push_str(&line("same", finding, ""));
        }
    }
    for side in [&changes.old, &changes.new] {
        for remark in &side.remarks {
            out.push_str(&format!("{}: {}\n", side.completeness, remark));
        }
    }
    out.push_str(&format!(
        "{}, {} gone, {} the same; compared {}\n",
        counted_new(changes.added.len()),
        changes.gone.len(),
        changes.same.len(),
        changes.basis.1
    ));
    if changes.outcome == "incomplete" {
        out.push_str("incomplete: what is new or gone may be what one of the runs did not see\n");
    }
    out
}

fn counted_new(n: usize) -> String {
    counted(n, "new finding")
}

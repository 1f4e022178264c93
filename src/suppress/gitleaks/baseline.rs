//! A JSON report of gitleaks as a baseline: the findings in it are known.
//!
//! gitleaks compares eleven fields, so a finding becomes new when its line moves. Here
//! a finding is known if rule, file and secret are equal. In a redacted report, the
//! line must be equal instead of the secret.

use std::fmt;

use serde::Deserialize;

use super::{Marked, Seen};

/// One finding of the report; other fields are ignored.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Entry {
    /// The rule's id in gitleaks.
    #[serde(rename = "RuleID")]
    pub rule: String,
    /// The file, as printed.
    pub file: String,
    /// The commit's full id; empty outside a history.
    pub commit: String,
    /// The 1-based line on which the match starts; 0 for a file found by its name.
    pub start_line: u64,
    /// The secret, or its redacted form.
    secret: String,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.rule, self.start_line)
    }
}

impl Entry {
    /// Whether the report hides the secret.
    pub(crate) fn is_redacted(&self) -> bool {
        self.secret == "REDACTED" || self.secret.ends_with("...")
    }

    /// Returns the secret, unless it is redacted.
    pub(crate) fn secret(&self) -> Option<&str> {
        (!self.is_redacted()).then_some(self.secret.as_str())
    }
}

/// Parses a report.
///
/// # Errors
/// Returns the line, the column and the cause if it is not a JSON array of gitleaks
/// findings.
pub fn parse(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let entries: Option<Vec<Entry>> =
        serde_json::from_slice(bytes).map_err(|e| format!("not a gitleaks report: {e}"))?;
    let entries = entries.unwrap_or_default();
    match entries.iter().position(|entry| entry.rule.is_empty()) {
        Some(n) => Err(format!(
            "not a gitleaks report: element {n} has no `RuleID`"
        )),
        None => Ok(entries),
    }
}

/// A report that findings are checked against.
#[derive(Debug, Default)]
pub(crate) struct Baseline(Marked<Entry>);

impl Baseline {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        Self(Marked::new(entries, |entry| &entry.file))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    pub(super) fn unused(&self) -> Vec<&Entry> {
        self.0.unused()
    }

    pub(super) fn covers(&self, seen: &Seen<'_>) -> Option<String> {
        let covers = |entry: &Entry| {
            // If both sides name a commit, it must be the same.
            let commit =
                entry.commit.is_empty() || seen.commit.is_empty() || entry.commit == seen.commit;
            commit && seen.is_of(&entry.rule) && same_place(entry, seen)
        };
        let entry = self.0.find(seen.path, covers)?;
        Some(if entry.is_redacted() {
            "in the gitleaks baseline, which is redacted: compared by line".to_owned()
        } else {
            "in the gitleaks baseline".to_owned()
        })
    }
}

fn same_place(entry: &Entry, seen: &Seen<'_>) -> bool {
    match entry.secret() {
        Some(secret) if !secret.is_empty() => secret.as_bytes() == seen.secret,
        // Found by its name, or redacted.
        _ => seen.is_on(entry.start_line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read_and_other_json_refused() {
        let text = br#"[{"RuleID":"r","File":"a","StartLine":2,"Secret":"REDACTED","Tags":[]}]"#;
        let entries = parse(text).unwrap();
        assert!(entries[0].is_redacted());
        assert_eq!(entries[0].start_line, 2);
        assert!(parse(b"null").unwrap().is_empty());
        assert!(parse(b"{}").is_err());
        assert!(parse(b"[{}]").unwrap_err().contains("RuleID"));
        assert!(parse(b"[").unwrap_err().contains("line 1"));
    }
}

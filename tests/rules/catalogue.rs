//! The table of all rules in `docs/rules.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use stopleak::rules::{Matcher, Rule, Ruleset, Within};

/// Writes the document: a table sorted by provider, then by id.
pub(crate) fn markdown(rules: &Ruleset) -> String {
    let mut all: Vec<&Rule> = rules.iter().map(|(_, rule)| rule).collect();
    all.sort_by_key(|rule| (rule.provider.to_lowercase(), rule.id.as_ref()));
    let providers: BTreeSet<&str> = all.iter().map(|rule| rule.provider.as_ref()).collect();
    let mut out = format!(
        "# Built-in rules\n\n\
         {} rules of {} providers. Written by `UPDATE_DOCS=1 cargo test --test all rules::`; a test compares it\n\
         with the rules, and every rule is proved with generated samples by the same test.\n\n\
         \"Known by\" says what leads to a value: its own form, the name it is assigned to, or a word nearby.\n\n\
         | provider | rule | title | type | severity | confidence | known by | check |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        all.len(),
        providers.len()
    );
    for rule in all {
        let check = if rule.check.is_empty() {
            String::new()
        } else {
            format!("`{}`", rule.check)
        };
        let _ = writeln!(
            out,
            "| {} | `{}` | {} | {} | {} | {} | {} | {check} |",
            cell(&rule.provider),
            rule.id,
            cell(&rule.title),
            rule.secret_type,
            rule.severity,
            rule.confidence,
            known_by(rule),
        );
    }
    out
}

fn known_by(rule: &Rule) -> &'static str {
    match (&rule.matcher, rule.context.as_ref().map(|c| c.within)) {
        (Matcher::Assignment, _) | (_, Some(Within::Assignment)) => "name",
        (_, Some(Within::Line | Within::Bytes(_))) => "form and word",
        (_, None) => "form",
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

//! Lists, shows and checks rules.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::rule::{json as rule_json, summary};
use super::{Answer, Trial};
use crate::config::gitleaks::ids;
use crate::rules::{SecretType, Severity, select};
use crate::setup::standing::{self, Standing};
use crate::setup::{Settings, rule_files};
use crate::stop::{Stop, counted};

/// Which rules to list; None for all.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Rules of this provider, in any case.
    pub provider: Option<String>,
    /// Rules of this type.
    pub secret_type: Option<SecretType>,
    /// Rules of this severity.
    pub severity: Option<Severity>,
}

/// Lists rules, with what the configuration changes.
///
/// # Errors
/// Fails if no rule has the provider, or the configuration contains mistakes.
pub fn rules(wanted: &Wanted, settings: &Settings) -> Result<Answer, Stop> {
    let all = standing::all(settings)?;
    let fits = |standing: &&Standing| {
        let rule = &standing.rule;
        let provider = wanted.provider.as_ref();
        provider.is_none_or(|p| rule.provider.eq_ignore_ascii_case(p))
            && wanted.secret_type.is_none_or(|t| rule.secret_type == t)
            && wanted.severity.is_none_or(|s| rule.severity == s)
    };
    let chosen: Vec<&Standing> = all.iter().filter(fits).collect();
    if let (Some(provider), true) = (&wanted.provider, chosen.is_empty()) {
        let known = all.iter().map(|s| s.rule.provider.as_ref());
        let question = select::meant(provider, known).question();
        let stop = Stop::new(format!("no rule matches; is `{provider}` a provider?"));
        return Err(stop.help(
            question
                .unwrap_or_else(|| "`stopleak rules list` without options lists all".to_owned()),
        ));
    }
    let mut text = String::new();
    for standing in &chosen {
        let rule = &standing.rule;
        text.push_str(&format!(
            "{:<44} {:<9} {:<20} {} ({})",
            rule.id, rule.severity, rule.secret_type, rule.title, rule.provider
        ));
        for (what, place) in standing.remarks() {
            text.push_str(&format!(" [{what}: {place}]"));
        }
        text.push('\n');
    }
    let records: Vec<Value> = chosen.iter().map(|standing| record(standing)).collect();
    Ok(Answer {
        text,
        json: json!({"schema_version": "1", "rules": records}),
        findings: 0,
    })
}

fn record(standing: &Standing) -> Value {
    let rule = &standing.rule;
    json!({
        "rule": rule.id,
        "title": rule.title,
        "provider": rule.provider,
        "secret_type": rule.secret_type.id(),
        "severity": rule.severity.id(),
        "confidence": rule.confidence.id(),
        "runs": standing.off.is_none(),
        "origin": standing.origin,
        "changed": standing.changed,
        "off": standing.off,
    })
}

/// Shows one rule.
///
/// # Errors
/// Fails if there is no such rule.
pub fn shown(id: &str, settings: &Settings) -> Result<Answer, Stop> {
    let all = standing::all(settings)?;
    let Some(found) = standing::find(&all, id) else {
        let error = select::UnknownRule {
            id: id.to_owned(),
            meant: ids::meant(id, all.iter().map(|s| s.rule.id.as_ref())),
        };
        return Err(Stop::new(error.to_string()).help("`stopleak rules list` lists all rules"));
    };
    let mut text = summary(&found.rule);
    for (what, place) in found.remarks() {
        text.push_str(&format!("  {what:<11} {place}\n"));
    }
    Ok(Answer {
        text,
        json: rule_json(found),
        findings: 0,
    })
}

/// Checks rule files. Returns the answer, and the mistakes of each file that has some: their number
/// is that of the answer's findings.
pub fn checked(files: &[PathBuf]) -> (Answer, Vec<Stop>) {
    let (mut text, mut records, mut wrong) = (String::new(), Vec::new(), Vec::new());
    for file in files {
        let name = file.display().to_string();
        match rule_files::rule_file(file, &mut rule_files::Judge::default()) {
            Ok(rules) => {
                let count = counted(rules.len(), "rule");
                text.push_str(&format!("{name}: {count}, no mistakes\n"));
                records.push(json!({"path": name, "rules": rules.len(), "mistakes": []}));
            }
            Err(stop) => {
                let mistakes: Vec<&str> = stop.message.lines().collect();
                records.push(json!({"path": name, "rules": 0, "mistakes": mistakes}));
                wrong.push(Stop::new(stop.message));
            }
        }
    }
    let answer = Answer {
        text,
        json: json!({"schema_version": "1", "files": records}),
        findings: wrong.len(),
    };
    (answer, wrong)
}

/// Shows what a rule found in a text.
pub fn tried(rule: &str, trial: &Trial) -> Answer {
    Answer {
        text: trial.lines.iter().map(|line| format!("{line}\n")).collect(),
        json: json!({
            "schema_version": "1",
            "rule": rule,
            "found": trial.found,
            "results": trial.lines,
        }),
        findings: usize::from(trial.found),
    }
}

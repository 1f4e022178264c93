//! Describes a rule to people: a summary, and everything that `explain` knows.

use serde_json::{Value, json};

use super::remedy::{self, Advice};
use super::shape;
use crate::report::advice::is_sentence;
use crate::rules::{Matcher, OnInvalid, Rule};
use crate::setup::standing::Standing;

/// Returns a rule in words, one property per line.
pub fn summary(rule: &Rule) -> String {
    let mut out = format!("{}: {}\n", rule.id, rule.title);
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            out.push_str(&format!("  {name:<11} {value}\n"));
        }
    };
    line("provider", &rule.provider);
    line("type", rule.secret_type.id());
    line("severity", rule.severity.id());
    line("confidence", rule.confidence.id());
    line("why", &rule.rationale);
    let how = match &rule.matcher {
        Matcher::Shape(sequences) => {
            match sequences.first().map(crate::rules::Sequence::len_bounds) {
                Some((min, max)) if min == max => format!("a shape of {min} bytes"),
                Some((min, max)) => format!("a shape of {min} to {max} bytes"),
                None => String::new(),
            }
        }
        Matcher::Pattern { .. } => "a pattern around a fixed literal".to_owned(),
        Matcher::Assignment => "a value assigned to a name that says it is a credential".to_owned(),
        Matcher::Manifest => "a value of a Kubernetes Secret, in base64 or plain".to_owned(),
        Matcher::Fragment => "a rule of a gitleaks configuration".to_owned(),
    };
    line("matched by", &how);
    if let Some(context) = &rule.context {
        let place = shape::within(context.within);
        line("needs", &format!("{} {place}", context.words.join(", ")));
    }
    line("proved by", &rule.check);
    for companion in rule.companions.iter() {
        let need = if companion.required {
            "must be"
        } else {
            "may be"
        };
        line(
            "with",
            &format!(
                "{} {need} at most {} bytes away",
                companion.name, companion.within
            ),
        );
    }
    line("lives", &rule.lifetime);
    line("revoke", &rule.revoke);
    line("docs", &rule.docs);
    out
}

/// Returns everything about a rule: what it is, why a match is believed, what to do.
pub(super) fn text(standing: &Standing) -> String {
    let rule: &Rule = &standing.rule;
    let mut out = format!("{}: {}\n", rule.id, rule.title);
    for (name, value) in what(rule) {
        out.push_str(&format!("  {name:<10}  {value}\n"));
    }
    for (name, place) in standing.remarks() {
        out.push_str(&format!("  {name:<10}  {place}\n"));
    }
    out.push_str("\nWhy a match is believed\n");
    for (name, lines) in why(rule) {
        for (n, value) in lines.iter().enumerate() {
            let name = if n == 0 { name } else { "" };
            out.push_str(&format!("  {name:<10}  {value}\n"));
        }
    }
    for advice in remedy::advice(rule.secret_type) {
        out.push_str(&format!("\n{}\n", advice.heading));
        if advice.id == "rotate" && !rule.revoke.is_empty() {
            out.push_str(&format!("  {}\n", how_to_revoke(rule)));
        }
        for text in &advice.text {
            wrapped(&mut out, text);
        }
        for command in &advice.commands {
            out.push_str(&format!("    {command}\n"));
        }
    }
    if !rule.docs.is_empty() {
        out.push_str(&format!("\nDocumentation: {}\n", rule.docs));
    }
    out
}

/// Returns how to revoke a secret of the rule: at its issuer, if there is one, else what to
/// do.
fn how_to_revoke(rule: &Rule) -> String {
    match rule.issuer() {
        _ if is_sentence(&rule.revoke) => rule.revoke.to_string(),
        "" if rule.provider.is_empty() => format!("Revoke it: {}", rule.revoke),
        "" => rule.revoke.to_string(),
        issuer => format!("Revoke it at {issuer}: {}", rule.revoke),
    }
}

/// Appends `text` in lines of at most 100 columns, indented.
fn wrapped(out: &mut String, text: &str) {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.len() + word.len() > 96 {
            out.push_str(&format!("  {line}\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    out.push_str(&format!("  {line}\n"));
}

/// Returns what the credential is.
fn what(rule: &Rule) -> Vec<(&'static str, String)> {
    let all = [
        ("provider", rule.provider.to_string()),
        ("type", rule.secret_type.id().to_owned()),
        ("severity", rule.severity.id().to_owned()),
        ("matters", rule.rationale.to_string()),
        ("lives", rule.lifetime.to_string()),
    ];
    all.into_iter().filter(|(_, v)| !v.is_empty()).collect()
}

/// Returns the conditions of a match, and the resulting confidence.
fn why(rule: &Rule) -> Vec<(&'static str, Vec<String>)> {
    let mut all = vec![("form", shape::form(rule))];
    if let Some(context) = &rule.context {
        let words: Vec<String> = context.words.iter().map(|w| format!("`{w}`")).collect();
        let place = shape::within(context.within);
        all.push(("near it", vec![format!("{} {place}", words.join(" or "))]));
    }
    if rule.min_entropy > 0.0 {
        let text = format!("at least {:.1} bits per byte", rule.min_entropy);
        all.push(("entropy", vec![text]));
    }
    if !rule.check.is_empty() {
        let then = match rule.on_invalid {
            OnInvalid::Drop => "a value that fails is no finding",
            OnInvalid::Downgrade => "a value that fails has low confidence",
        };
        let text = format!(
            "offline, by `{}`; {then}, one that passes has high confidence",
            rule.check
        );
        all.push(("check", vec![text]));
    }
    let companions: Vec<String> = rule
        .companions
        .iter()
        .map(|c| {
            let need = if c.required { "must" } else { "may" };
            format!("its {} {need} be at most {} bytes away", c.name, c.within)
        })
        .collect();
    if !companions.is_empty() {
        all.push(("with", companions));
    }
    if !rule.paths.is_empty() {
        all.push(("paths", vec![rule.paths.join(", ")]));
    }
    all.push((
        "confidence",
        vec![format!("{} before any proof", rule.confidence)],
    ));
    all.push((
        "not when",
        vec![
            "it is a placeholder, a published sample, or a reference to where a secret is kept"
                .to_owned(),
        ],
    ));
    all
}

/// Returns the same as a JSON document.
pub(super) fn json(standing: &Standing) -> Value {
    let rule: &Rule = &standing.rule;
    let context = rule
        .context
        .as_ref()
        .map(|c| json!({ "words": c.words, "within": shape::within(c.within) }));
    let companions: Vec<Value> = rule
        .companions
        .iter()
        .map(|c| json!({ "name": c.name, "within": c.within, "required": c.required }))
        .collect();
    let advice: Vec<Value> = remedy::advice(rule.secret_type)
        .iter()
        .map(paragraph)
        .collect();
    json!({
        "rule": rule.id,
        "title": rule.title,
        "provider": rule.provider,
        "secret_type": rule.secret_type.id(),
        "severity": rule.severity.id(),
        "confidence": rule.confidence.id(),
        "rationale": rule.rationale,
        "lifetime": rule.lifetime,
        "revoke": rule.revoke,
        "docs": rule.docs,
        "form": shape::form(rule),
        "context": context,
        "min_entropy": (rule.min_entropy > 0.0).then(|| (f64::from(rule.min_entropy) * 100.0).round() / 100.0),
        "check": rule.check,
        "companions": companions,
        "paths": rule.paths,
        "origin": standing.origin,
        "changed": standing.changed,
        "off": standing.off,
        "advice": advice,
    })
}

fn paragraph(advice: &Advice) -> Value {
    json!({
        "id": advice.id,
        "heading": advice.heading,
        "text": advice.text,
        "commands": advice.commands,
    })
}

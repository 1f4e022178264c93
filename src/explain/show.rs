//! Prints why a place is or is not a finding, for people and for programs.

use serde_json::{Value as Json, json};

use super::look::{Told, Why};
use crate::report::escape::{escape, escape_line};
use crate::suppress::Policy;

/// How many literals without a value the text lists.
const MISSES_SHOWN: usize = 40;

/// Returns the text for people.
pub(super) fn text(why: &Why, policy: &Policy) -> String {
    let path = escape(&why.path);
    let mut place = path.clone();
    if let Some((line, column)) = why.place {
        place.push_str(&format!(":{line}"));
        if let Some(column) = column {
            place.push_str(&format!(":{column}"));
        }
    }
    let verdict = match why.findings {
        0 => "not a finding".to_owned(),
        1 => "a finding".to_owned(),
        n => format!("{n} findings"),
    };
    let mut out = format!("{place}: {verdict}\n");
    if why.binary {
        out.push_str("  the content is binary: only distinctive rules apply\n");
    }
    if why.told.is_empty() {
        out.push_str("  no rule was tried: no rule's literal occurs here\n");
    }
    let (values, misses): (Vec<&Told>, Vec<&Told>) =
        why.told.iter().partition(|t| t.value.is_some());
    for told in values {
        value(&mut out, told, &path, policy);
    }
    if !misses.is_empty() {
        out.push_str("\nliterals without a value:\n");
    }
    for told in misses.iter().take(MISSES_SHOWN) {
        out.push_str(&format!(
            "  {}:{} `{}` ({}): {}: {}\n",
            told.at.line,
            told.at.column,
            escape_line(told.literal.as_bytes()),
            told.lead,
            escape(told.rule.as_bytes()),
            escape(told.reason.as_bytes()),
        ));
    }
    let more = misses.len().saturating_sub(MISSES_SHOWN) + why.more;
    if more > 0 {
        out.push_str(&format!(
            "  and {more} more; --format json lists those that were kept\n"
        ));
    }
    if why.findings > 0 {
        let first = why.told.iter().find(|t| t.verdict == "finding");
        let rule = first.map_or("RULE", |t| t.rule.as_str());
        out.push_str(&format!(
            "\nhelp: `stopleak explain {}` shows how to revoke and replace it\n",
            escape(rule.as_bytes())
        ));
    }
    out
}

fn value(out: &mut String, told: &Told, path: &str, policy: &Policy) {
    let head = match told.verdict {
        "finding" => "finding",
        "warning" => "only a warning",
        _ => "not a finding",
    };
    out.push_str(&format!(
        "\n{head}: {} ({})\n",
        escape(told.rule.as_bytes()),
        escape(told.title.as_bytes())
    ));
    if let Some(value) = &told.value {
        out.push_str(&format!(
            "  --> {path}:{}:{}: {}\n",
            value.start.line,
            value.start.column,
            escape_line(&value.shown)
        ));
    }
    let mut line = |name: &str, text: &str| {
        out.push_str(&format!("  {name:<10}  {}\n", escape(text.as_bytes())));
    };
    line(
        "literal",
        &format!(
            "`{}` at {}:{}, {}",
            told.literal, told.at.line, told.at.column, told.lead
        ),
    );
    for (name, text) in &told.steps {
        line(name, text);
    }
    if let Some(confidence) = told.confidence {
        let text = format!("{confidence}; asked for: {}", policy.min_confidence);
        line("confidence", &text);
    }
    let label = if told.verdict == "finding" {
        "believed".to_owned()
    } else {
        told.verdict.replace('-', " ")
    };
    line(&label, &told.reason);
}

/// Returns one document for programs.
pub(super) fn json(why: &Why, policy: &Policy) -> Json {
    let attempts: Vec<Json> = why.told.iter().map(attempt).collect();
    json!({
        "path": escape(&why.path),
        "line": why.place.map(|p| p.0),
        "column": why.place.and_then(|p| p.1),
        "findings": why.findings,
        "binary": why.binary,
        "min_confidence": policy.min_confidence.id(),
        "attempts": attempts,
        "left_out": why.more,
    })
}

fn attempt(told: &Told) -> Json {
    let safe = |text: &str| escape(text.as_bytes());
    let value = told.value.as_ref().map(|v| {
        json!({
            "start": { "line": v.start.line, "column": v.start.column },
            "end": { "line": v.end.line, "column": v.end.column },
            "shown": escape(&v.shown),
        })
    });
    let steps: Vec<Json> = told
        .steps
        .iter()
        .map(|(id, text)| json!({ "step": id, "text": safe(text) }))
        .collect();
    json!({
        "rule": told.rule,
        "title": told.title,
        "literal": safe(&told.literal),
        "lead": told.lead,
        "at": { "line": told.at.line, "column": told.at.column },
        "value": value,
        "steps": steps,
        "verdict": told.verdict,
        "reason": safe(&told.reason),
        "confidence": told.confidence,
    })
}

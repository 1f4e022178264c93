//! Explains the effective configuration: every value and its origin.

use serde_json::{Value, json};

use super::Answer;
use crate::config::{At, Config};
use crate::report::escape::escape;
use crate::setup::{Effective, Origin, Settings};
use crate::stop::{Stop, counted};

/// Explains every effective value.
///
/// # Errors
/// Fails if the environment contains an invalid value.
pub fn configuration(settings: &Settings) -> Result<Answer, Stop> {
    let rows = rows(settings)?;
    Ok(Answer {
        text: text(settings, &rows),
        json: document(settings, &rows),
        findings: 0,
    })
}

/// Says which configuration applies, if any.
pub fn path(settings: &Settings) -> Answer {
    let found = settings.found.as_ref().map(|(name, _)| name);
    Answer {
        text: found.map(|name| format!("{name}\n")).unwrap_or_default(),
        json: json!({"schema_version": "1", "configuration": found}),
        findings: 0,
    }
}

/// Says that the configuration `name` has no mistakes, and what it holds.
pub fn checked(name: &str, config: &Config) -> Answer {
    let counts = [
        ("allow", config.allow.len(), "allow entry"),
        ("rules", config.custom.len(), "rule"),
        ("overrides", config.overrides.len(), "override"),
        ("paths", config.paths.len(), "path policy"),
    ];
    let said = counts.iter().filter(|(_, n, _)| *n > 0);
    let said: Vec<String> = said.map(|(_, n, what)| counted(*n, what)).collect();
    let said = match said.is_empty() {
        true => String::new(),
        false => format!(" ({})", said.join(", ")),
    };
    let mut text = format!("{name}: no mistakes{said}\n");
    for extended in config.files.iter().filter(|file| ***file != *name) {
        text.push_str(&format!("{extended}: no mistakes (extended)\n"));
    }
    let files: Vec<&str> = config.files.iter().map(AsRef::as_ref).collect();
    let counts = counts
        .iter()
        .map(|(key, n, _)| ((*key).to_owned(), json!(n)));
    Answer {
        text,
        json: json!({
            "schema_version": "1",
            "configuration": name,
            "files": files,
            "counts": counts.collect::<serde_json::Map<_, _>>(),
        }),
        findings: 0,
    }
}

/// An effective value.
struct Row {
    key: String,
    value: Value,
    origin: Origin,
}

fn document(settings: &Settings, rows: &[Row]) -> Value {
    let values: Vec<Value> = rows.iter().map(record).collect();
    let found = settings.found.as_ref().map(|(name, _)| name);
    let files: Vec<&str> = settings.config.files.iter().map(AsRef::as_ref).collect();
    json!({
        "schema_version": "1",
        "configuration": found,
        "files": files,
        "values": values,
    })
}

fn text(settings: &Settings, rows: &[Row]) -> String {
    let mut out = match &settings.found {
        Some((name, Origin::Default)) => format!("configuration: {name}\n"),
        Some((name, origin)) => format!("configuration: {name} (from {origin})\n"),
        None => "configuration: none\n".to_owned(),
    };
    let wide = rows.iter().map(|row| row.key.len()).max().unwrap_or(0);
    for row in rows {
        let value = match &row.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let value = escape(value.as_bytes());
        out.push_str(&format!("{:wide$} = {value}  ({})\n", row.key, row.origin));
    }
    out
}

fn record(row: &Row) -> Value {
    let origin = match &row.origin {
        Origin::Default => json!({"from": "default"}),
        Origin::File(place) => json!({
            "from": "file",
            "file": place.file.as_ref(),
            "line": place.line,
            "column": place.column,
        }),
        Origin::Environment(name) => json!({"from": "environment", "name": name}),
        Origin::Option(name) => json!({"from": "option", "name": name}),
    };
    json!({"key": row.key, "value": row.value, "origin": origin})
}

/// Returns every effective value: scalars first, then entries in the order of the files.
fn rows(settings: &Settings) -> Result<Vec<Row>, Stop> {
    let mut rows = Vec::new();
    let confidence = settings.confidence()?;
    rows.push(row(
        "confidence",
        json!(confidence.value.id()),
        confidence.origin,
    ));
    for (key, level) in [
        ("severity", settings.severity()?),
        ("fail-on", settings.fail_on()?),
    ] {
        rows.push(row(key, json!(level.value.id()), level.origin));
    }
    let size = settings.max_file_size(None)?;
    rows.push(row("scan.max-file-size", json!(size.value), size.origin));
    let flag = |key: &str, flag: Effective<bool>| row(key, json!(flag.value), flag.origin);
    rows.push(flag("scan.follow", settings.follow(false)));
    rows.push(flag("scan.no-ignore", settings.no_ignore(false)));
    entries(&settings.config, &mut rows);
    Ok(rows)
}

fn row(key: &str, value: Value, origin: Origin) -> Row {
    Row {
        key: key.to_owned(),
        value,
        origin,
    }
}

fn entries(config: &Config, rows: &mut Vec<Row>) {
    let file = |at: &crate::config::Place| Origin::File(at.clone());
    for at in &config.labels {
        let (label, action) = at.value;
        let key = format!("labels.{label}");
        rows.push(row(&key, json!(action.id()), file(&at.place)));
    }
    for (key, at) in [
        ("report.sort", &config.report.sort),
        ("report.group", &config.report.group),
    ] {
        rows.extend(
            at.iter()
                .map(|at| row(key, json!(at.value), file(&at.place))),
        );
    }
    let lists: [(&str, &Vec<At<String>>); 4] = [
        ("scan.exclude", &config.scan.exclude),
        ("scan.include", &config.scan.include),
        ("rules.disable", &config.rules.disable),
        ("rules.only", &config.rules.only),
    ];
    for (key, list) in lists {
        rows.extend(
            list.iter()
                .map(|at| row(key, json!(at.value), file(&at.place))),
        );
    }
    for at in &config.custom {
        rows.push(row("rule", json!(at.value.id), file(&at.place)));
    }
    for at in &config.overrides {
        let key = format!("override.{}", at.value.rule);
        let value = json!({
            "severity": at.value.severity.map(|s| s.id()),
            "confidence": at.value.confidence.map(|c| c.id()),
            "disabled": at.value.disabled,
        });
        rows.push(row(&key, without_nulls(value), file(&at.place)));
    }
    for at in &config.allow {
        let entry = &at.value;
        let texts =
            |list: &[At<String>]| list.iter().map(|at| at.value.clone()).collect::<Vec<_>>();
        let secrets: Vec<String> = entry
            .secrets
            .iter()
            .map(|id| crate::finding::SecretId(*id).to_string())
            .collect();
        let value = json!({
            "reason": entry.reason,
            "owner": entry.owner,
            "until": entry.until.map(|day| day.to_string()),
            "match": if entry.any { "any" } else { "all" },
            "rules": texts(&entry.rules),
            "paths": entry.paths,
            "values": entry.values,
            "lines": entry.lines,
            "words": entry.words,
            "secrets": secrets,
            "commits": entry.commits,
        });
        rows.push(row("allow", without_nulls(value), file(&at.place)));
    }
    for at in &config.paths {
        let entry = &at.value;
        let rules: Vec<&str> = entry.rules.iter().map(|at| at.value.as_str()).collect();
        let value = json!({
            "paths": entry.paths,
            "rules": rules,
            "severity": entry.severity.map(|s| s.id()),
            "action": entry.warn.map(|warn| if warn { "warn" } else { "fail" }),
            "reason": entry.reason,
        });
        rows.push(row("paths", without_nulls(value), file(&at.place)));
    }
}

/// Returns a record without its null values.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter(|(_, value)| !value.is_null() && *value != json!([]))
                .collect(),
        ),
        other => other,
    }
}

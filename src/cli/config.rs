//! `stopleak config`: check and show the configuration.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::args::{CommonArgs, ConfigArgs, SettingsCommand};
use super::settings::{Effective, Origin, Settings};
use super::site::Site;
use super::{named, policy, warn};
use crate::config::{At, Config};
use crate::report::encode;
use crate::stop::Stop;
use crate::stop::describe;

/// Runs the command and returns its exit code.
pub(super) fn run(command: SettingsCommand) -> Result<u8, Stop> {
    match command {
        SettingsCommand::Check { file } => check(file),
        SettingsCommand::Show { config, format } => show(&config, &format),
        SettingsCommand::Path { config } => path(&config),
    }
}

/// Writes to standard output; a reader that went away is no error.
fn print(text: &str) {
    super::tell(text);
}

fn site() -> Site<'static> {
    Site::of_paths(&[PathBuf::from(".")])
}

fn check(file: Option<PathBuf>) -> Result<u8, Stop> {
    let args = ConfigArgs {
        config: file,
        no_config: false,
    };
    let settings = Settings::load(&args, site())?;
    let Some((name, _)) = &settings.found else {
        return Err(Stop::new("there is no configuration here")
            .help("write a stopleak.toml, or name the file to check"));
    };
    // What a scan would refuse is refused here: rules, names of rules, patterns.
    let common = CommonArgs::with(&args);
    let detector = policy::detector(&common, &settings)?;
    policy::policy(&common, &settings, detector.rules())?;
    let config = &settings.config;
    let counts = [
        (config.allow.len(), "allow entries"),
        (config.custom.len(), "rules"),
        (config.overrides.len(), "overrides"),
        (config.paths.len(), "path policies"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    let counts = match counts.is_empty() {
        true => String::new(),
        false => format!(" ({})", counts.join(", ")),
    };
    print(&format!("{name}: no mistakes{counts}\n"));
    for extended in config.files.iter().filter(|file| file.as_ref() != name) {
        print(&format!("{extended}: no mistakes (extended)\n"));
    }
    Ok(0)
}

fn path(args: &ConfigArgs) -> Result<u8, Stop> {
    let settings = Settings::load(args, site())?;
    match &settings.found {
        Some((name, _)) => print(&format!("{name}\n")),
        None => warn("no configuration: the defaults hold"),
    }
    Ok(0)
}

/// One line of `config show`.
struct Row {
    key: String,
    value: Value,
    origin: Origin,
}

fn show(args: &ConfigArgs, format: &str) -> Result<u8, Stop> {
    let json = named("--format", format, &["text", "json"], |name| name)? == "json";
    let settings = Settings::load(args, site())?;
    let rows = rows(&settings)?;
    if json {
        let values: Vec<Value> = rows.iter().map(record).collect();
        let found = settings.found.as_ref().map(|(name, _)| name);
        let files: Vec<&str> = settings.config.files.iter().map(AsRef::as_ref).collect();
        let document = json!({
            "schema_version": "1",
            "configuration": found,
            "files": files,
            "values": values,
        });
        let text = encode::json(&document, true)
            .map_err(|e| Stop::new(format!("standard output: {}", describe(&e))))?;
        print(&format!("{text}\n"));
        return Ok(0);
    }
    match &settings.found {
        Some((name, Origin::Default)) => print(&format!("configuration: {name}\n")),
        Some((name, origin)) => print(&format!("configuration: {name} (from {origin})\n")),
        None => print("configuration: none\n"),
    }
    let wide = rows.iter().map(|row| row.key.len()).max().unwrap_or(0);
    for row in &rows {
        let value = match &row.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let value = crate::report::escape::escape(value.as_bytes());
        print(&format!("{:wide$} = {value}  ({})\n", row.key, row.origin));
    }
    Ok(0)
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

/// Every value that holds, scalars first, then entries in the order of the files.
fn rows(settings: &Settings) -> Result<Vec<Row>, Stop> {
    let mut rows = Vec::new();
    let confidence = settings.confidence(None)?;
    rows.push(row(
        "confidence",
        json!(confidence.value.id()),
        confidence.origin,
    ));
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

/// A record without what was not said.
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

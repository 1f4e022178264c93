//! Parses the text of one file into plain data.

use std::sync::Arc;

use toml::de::DeTable;

use super::read::{Reader, Value};
use super::{Action, Allow, At, Config, ConfigError, Level, Override, PathPolicy, validate};
use crate::globs;
use crate::rules::select::nearest;
use crate::rules::{Confidence, Label, Severity, spec};

/// The orders of findings, and the ways to group them. `report` has the same.
const SORTS: &[&str] = &["severity", "path", "rule", "age"];
const GROUPS: &[&str] = &["secret", "rule", "path"];

/// The content of one file, and the files that it names.
pub(super) struct Parsed {
    pub(super) config: Config,
    /// Files that it extends.
    pub(super) extend: Vec<At<String>>,
    /// Globs of rule files.
    pub(super) rule_files: Vec<At<String>>,
}

/// Parses one file without the files that it extends. With `python`, the configuration
/// is its `[tool.stopleak]` table.
///
/// # Errors
/// Returns every mistake, ordered by position.
pub fn parse(file: &str, text: &str, python: bool) -> Result<Config, Vec<ConfigError>> {
    parse_file(file.into(), text, python).map(|parsed| parsed.config)
}

/// Whether `text` is a gitleaks configuration: it has `[[rules]]`, `[allowlist]`,
/// `[[allowlists]]` or `[extend]`.
pub fn looks_like_gitleaks(text: &str) -> bool {
    let Ok(document) = DeTable::parse(text) else {
        return false;
    };
    let get = |name: &str| {
        let table = document.get_ref();
        let same = |key: &&toml::Spanned<std::borrow::Cow<'_, str>>| {
            key.get_ref().eq_ignore_ascii_case(name)
        };
        table.keys().find(same).and_then(|key| table.get(key))
    };
    get("rules").is_some_and(|v| v.get_ref().is_array())
        || get("allowlist").is_some()
        || get("allowlists").is_some()
        || get("extend").is_some_and(|v| v.get_ref().is_table())
}

pub(super) fn parse_file(
    file: Arc<str>,
    text: &str,
    python: bool,
) -> Result<Parsed, Vec<ConfigError>> {
    let mut reader = Reader::new(Arc::clone(&file), text);
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(e) => {
            let message = e.message().trim().replace('\n', " ");
            let at = e.span().map_or(0, |span| span.start);
            reader.error(&(at..at), message, "");
            return Err(reader.into_errors());
        }
    };
    let mut parsed = Parsed {
        config: Config {
            files: vec![file],
            ..Config::default()
        },
        extend: Vec::new(),
        rule_files: Vec::new(),
    };
    if python {
        let tool = document.get_ref().get("tool");
        let table = tool.and_then(|tool| tool.get_ref().as_table());
        match table.and_then(|table| table.get("stopleak")) {
            Some(ours) => {
                if let Some(table) = reader.table(ours, "") {
                    top(&mut reader, table, &mut parsed);
                }
            }
            None => reader.error(&(0..0), "there is no [tool.stopleak] table", "add it"),
        }
    } else {
        reader.known(document.get_ref(), "");
        top(&mut reader, document.get_ref(), &mut parsed);
    }
    if reader.errors.is_empty() {
        Ok(parsed)
    } else {
        Err(reader.into_errors())
    }
}

fn top(reader: &mut Reader<'_>, table: &DeTable<'_>, parsed: &mut Parsed) {
    let config = &mut parsed.config;
    if let Some(value) = table.get("extend") {
        parsed.extend = placed(reader, value, "extend");
    }
    if let Some(value) = table.get("confidence") {
        config.confidence = reader.named(value, "confidence", &confidences());
    }
    if let Some(value) = table.get("severity") {
        config.severity = reader.named(value, "severity", &severities());
    }
    if let Some(value) = table.get("fail-on") {
        config.fail_on = reader.named(value, "fail-on", &severities());
    }
    if let Some(value) = table.get("labels") {
        labels(reader, value, config);
    }
    if let Some(value) = table.get("report") {
        report(reader, value, config);
    }
    if let Some(value) = table.get("scan") {
        scan(reader, value, config);
    }
    if let Some(value) = table.get("coverage") {
        coverage(reader, value, config);
    }
    if let Some(value) = table.get("rules")
        && let Some(table) = reader.table(value, "rules")
    {
        let mut list = |name| {
            let value = table.get(name);
            value.map_or_else(Vec::new, |value| placed(reader, value, name))
        };
        config.rules.disable = list("disable");
        config.rules.only = list("only");
        parsed.rule_files = list("files");
    }
    custom_rules(reader, table, config);
    if let Some(value) = table.get("override") {
        overrides(reader, value, config);
    }
    if let Some(value) = table.get("allow") {
        for entry in reader.tables(value, "allow") {
            if let Some(allow) = allow(reader, entry) {
                config.allow.push(allow);
            }
        }
    }
    if let Some(value) = table.get("paths") {
        for entry in reader.tables(value, "paths") {
            if let Some(policy) = path_policy(reader, entry) {
                config.paths.push(policy);
            }
        }
    }
}

fn confidences() -> Vec<(&'static str, Confidence)> {
    Confidence::ALL.iter().map(|c| (c.id(), *c)).collect()
}

fn severities() -> Vec<(&'static str, Severity)> {
    Severity::ALL.iter().map(|s| (s.id(), *s)).collect()
}

/// Reads a list of strings with their positions.
fn placed(reader: &mut Reader<'_>, value: &Value<'_>, name: &str) -> Vec<At<String>> {
    let all = reader.strings(value, name);
    all.into_iter()
        .map(|(span, text)| reader.at(&span, text.to_owned()))
        .collect()
}

/// Reads a list of strings; `judge` accepts each or returns what is wrong with it.
fn judged<T>(
    reader: &mut Reader<'_>,
    table: &DeTable<'_>,
    name: &str,
    judge: impl Fn(&str) -> Result<T, String>,
) -> Vec<At<T>> {
    let Some(value) = table.get(name) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for (span, text) in reader.strings(value, name) {
        match judge(text) {
            Ok(value) => out.push(reader.at(&span, value)),
            Err(why) => {
                let text = globs::brief(text);
                reader.error(&span, format!("`{text}` in `{name}`: {why}"), "");
            }
        }
    }
    out
}

fn glob(text: &str) -> Result<String, String> {
    globs::check(text).map(|()| text.to_owned())
}

fn pattern(text: &str) -> Result<String, String> {
    validate::pattern(text).map(|()| text.to_owned())
}

fn values<T>(list: Vec<At<T>>) -> Vec<T> {
    list.into_iter().map(|at| at.value).collect()
}

fn scan(reader: &mut Reader<'_>, value: &Value<'_>, config: &mut Config) {
    let Some(table) = reader.table(value, "scan") else {
        return;
    };
    let scan = &mut config.scan;
    scan.exclude = judged(reader, table, "exclude", glob);
    scan.include = judged(reader, table, "include", glob);
    if globs::is_universal(scan.exclude.iter().map(|at| at.value.as_str())) {
        let span = table.get("exclude").map_or(0..0, toml::Spanned::span);
        reader.error(
            &span,
            "`exclude` excludes every path",
            "exclude only some paths; a scan of nothing proves nothing",
        );
    }
    if let Some(value) = table.get("max-file-size") {
        scan.max_file_size = reader.size(value, "max-file-size");
    }
    if let Some(value) = table.get("max-archive-depth") {
        scan.max_archive_depth = reader.number(value, "max-archive-depth");
    }
    if let Some(value) = table.get("max-archive-size") {
        scan.max_archive_size = reader.size(value, "max-archive-size");
    }
    if let Some(value) = table.get("max-archive-ratio") {
        scan.max_archive_ratio = reader.number(value, "max-archive-ratio");
    }
    if let Some(value) = table.get("max-decode-depth") {
        scan.max_decode_depth = reader.number(value, "max-decode-depth");
    }
    if let Some(value) = table.get("follow") {
        scan.follow = reader.boolean(value, "follow");
    }
    if let Some(value) = table.get("no-ignore") {
        scan.no_ignore = reader.boolean(value, "no-ignore");
    }
}

fn labels(reader: &mut Reader<'_>, value: &Value<'_>, config: &mut Config) {
    let Some(table) = reader.table(value, "labels") else {
        return;
    };
    let actions = Action::ALL.map(|action| (action.id(), action));
    for label in Label::ALL {
        let Some(value) = table.get(label.id()) else {
            continue;
        };
        if let Some(at) = reader.named(value, label.id(), &actions) {
            config.labels.push(At {
                value: (*label, at.value),
                place: at.place,
            });
        }
    }
}

fn report(reader: &mut Reader<'_>, value: &Value<'_>, config: &mut Config) {
    let Some(table) = reader.table(value, "report") else {
        return;
    };
    let mut name = |key, known: &[&'static str]| {
        let known: Vec<_> = known.iter().map(|name| (*name, *name)).collect();
        let at = reader.named(table.get(key)?, key, &known)?;
        Some(At {
            value: at.value.to_owned(),
            place: at.place,
        })
    };
    config.report.sort = name("sort", SORTS);
    config.report.group = name("group", GROUPS);
}

fn coverage(reader: &mut Reader<'_>, value: &Value<'_>, config: &mut Config) {
    let Some(table) = reader.table(value, "coverage") else {
        return;
    };
    let levels: Vec<_> = Level::ALL
        .iter()
        .map(|level| (level.id(), *level))
        .collect();
    let coverage = &mut config.coverage;
    if let Some(value) = table.get("opaque") {
        coverage.opaque = reader.named(value, "opaque", &levels);
    }
    if let Some(value) = table.get("damaged") {
        coverage.damaged = reader.named(value, "damaged", &levels);
    }
    coverage.accept = judged(reader, table, "accept", glob);
}

/// Reads `[provider]` and `[[rule]]`, in the format of rule files.
fn custom_rules(reader: &mut Reader<'_>, table: &DeTable<'_>, config: &mut Config) {
    let provider = table.get("provider").cloned();
    let raw: Vec<Value<'_>> = match table.get("rule") {
        Some(value) => reader.tables(value, "rule").to_vec(),
        None => Vec::new(),
    };
    if let (Some(provider), true) = (&provider, raw.is_empty()) {
        let help = "it names the issuer for the [[rule]] tables of the same file";
        reader.error(&provider.span(), "[provider] without any [[rule]]", help);
    }
    let places: Vec<_> = raw.iter().map(|rule| rule.span()).collect();
    match spec::from_tables(reader.text(), provider, raw) {
        Ok(rules) => {
            let rules = rules.into_iter().zip(&places);
            config.custom = rules.map(|(rule, span)| reader.at(span, rule)).collect();
        }
        Err(errors) => {
            for e in errors {
                let (message, help) = friendly(e.message, e.help);
                reader.error_at(e.line, e.column, message, help);
            }
        }
    }
}

/// Rewords serde's message for an unknown key.
fn friendly(message: String, help: String) -> (String, String) {
    let Some(rest) = message.strip_prefix("unknown field `") else {
        return (message, help);
    };
    let mut quoted = rest.split('`').step_by(2);
    let found = quoted.next().unwrap_or_default();
    // After the first, every second piece is the name of a key.
    let known: Vec<&str> = rest.split('`').skip(2).step_by(2).collect();
    let help = match nearest(found, known.iter().copied()) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("known keys: {}", known.join(", ")),
    };
    (format!("unknown key `{found}` in [[rule]]"), help)
}

fn overrides(reader: &mut Reader<'_>, value: &Value<'_>, config: &mut Config) {
    let Some(all) = value.get_ref().as_table() else {
        let help = "write it as [override.RULE-ID]";
        reader.error(&value.span(), "`override` must be a table", help);
        return;
    };
    for (id, value) in all {
        let Some(table) = reader.table(value, "override.RULE-ID") else {
            continue;
        };
        if table.is_empty() {
            reader.error(&id.span(), "an override that changes nothing", "remove it");
        }
        let mut entry = Override {
            rule: id.get_ref().to_string(),
            ..Override::default()
        };
        if let Some(value) = table.get("severity") {
            let found = reader.named(value, "severity", &severities());
            entry.severity = found.map(|at| at.value);
        }
        if let Some(value) = table.get("confidence") {
            let found = reader.named(value, "confidence", &confidences());
            entry.confidence = found.map(|at| at.value);
        }
        if let Some(value) = table.get("disabled") {
            entry.disabled = reader.boolean(value, "disabled").map(|at| at.value);
        }
        config.overrides.push(reader.at(&id.span(), entry));
    }
    config.overrides.sort_by(|a, b| a.place.cmp(&b.place));
}

fn allow(reader: &mut Reader<'_>, entry: &Value<'_>) -> Option<At<Allow>> {
    let before = reader.errors.len();
    let table = reader.table(entry, "[allow]")?;
    let span = entry.span();
    let mut allow = Allow::default();
    match table.get("reason").map(|v| (v, reader.string(v, "reason"))) {
        Some((_, Some(reason))) if !reason.trim().is_empty() => {
            allow.reason = reason.trim().to_owned();
        }
        Some((value, Some(_))) => reader.error(&value.span(), "`reason` is empty", "say why"),
        Some((_, None)) => {}
        None => reader.error(
            &span,
            "an [[allow]] entry without `reason`",
            "say why these findings are acceptable",
        ),
    }
    if let Some(value) = table.get("owner") {
        allow.owner = reader.string(value, "owner").map(str::to_owned);
    }
    if let Some(value) = table.get("until") {
        allow.until = reader.day(value, "until");
    }
    if let Some(value) = table.get("match") {
        let found = reader.named(value, "match", &[("all", false), ("any", true)]);
        allow.any = found.is_some_and(|at| at.value);
    }
    allow.rules = judged(reader, table, "rules", |text| Ok(text.to_owned()));
    allow.paths = values(judged(reader, table, "paths", glob));
    allow.values = values(judged(reader, table, "values", pattern));
    allow.lines = values(judged(reader, table, "lines", pattern));
    allow.words = values(judged(reader, table, "words", |word| {
        validate::word(word).map(|()| word.to_owned())
    }));
    allow.secrets = values(judged(reader, table, "secrets", validate::secret_id));
    allow.commits = values(judged(reader, table, "commits", validate::commit));
    if reader.errors.len() > before {
        return None;
    }
    if let Some(why) = means_nothing(&allow) {
        let help = "name rules, paths, values, lines, words, secrets or commits";
        reader.error(&span, why, help);
        return None;
    }
    Some(reader.at(&span, allow))
}

/// Returns what is wrong with an entry that matches nothing or everything.
fn means_nothing(allow: &Allow) -> Option<&'static str> {
    let narrow = [
        !allow.values.is_empty(),
        !allow.lines.is_empty(),
        !allow.words.is_empty(),
        !allow.secrets.is_empty(),
        !allow.commits.is_empty(),
    ];
    let all_rules = allow
        .rules
        .iter()
        .any(|at| validate::takes_all_rules(&at.value));
    let all_paths = globs::is_universal(allow.paths.iter().map(String::as_str));
    let wide = [
        (!allow.rules.is_empty(), all_rules),
        (!allow.paths.is_empty(), all_paths),
    ];
    if !narrow.contains(&true) && !wide.iter().any(|(given, _)| *given) {
        return Some("an [[allow]] entry without criteria");
    }
    let everything = if allow.any {
        wide.contains(&(true, true))
    } else {
        !narrow.contains(&true) && wide.iter().all(|(given, all)| !given || *all)
    };
    everything.then_some("an [[allow]] entry that allows everything")
}

fn path_policy(reader: &mut Reader<'_>, entry: &Value<'_>) -> Option<At<PathPolicy>> {
    let before = reader.errors.len();
    let table = reader.table(entry, "[paths]")?;
    let span = entry.span();
    let mut policy = PathPolicy {
        paths: values(judged(reader, table, "paths", glob)),
        rules: judged(reader, table, "rules", |text| Ok(text.to_owned())),
        ..PathPolicy::default()
    };
    if let Some(value) = table.get("severity") {
        let found = reader.named(value, "severity", &severities());
        policy.severity = found.map(|at| at.value);
    }
    if let Some(value) = table.get("action") {
        let found = reader.named(value, "action", &[("warn", true), ("fail", false)]);
        policy.warn = found.map(|at| at.value);
    }
    if let Some(value) = table.get("reason") {
        policy.reason = reader.string(value, "reason").map(str::to_owned);
    }
    if reader.errors.len() > before {
        return None;
    }
    let all_rules = policy.rules.is_empty()
        || policy
            .rules
            .iter()
            .any(|at| validate::takes_all_rules(&at.value));
    let all_paths = globs::is_universal(policy.paths.iter().map(String::as_str));
    let wrong = if policy.paths.is_empty() {
        Some((
            "a [[paths]] entry without `paths`",
            "name the paths as globs",
        ))
    } else if policy.severity.is_none() && policy.warn.is_none() {
        Some((
            "a [[paths]] entry that changes nothing",
            "add `severity` or `action`",
        ))
    } else if all_rules && all_paths && policy.warn == Some(true) {
        Some((
            "a [[paths]] entry that makes every finding a warning",
            "name the paths or rules that only warn; a scan that never fails protects nothing",
        ))
    } else {
        None
    };
    if let Some((message, help)) = wrong {
        reader.error(&span, message, help);
        return None;
    }
    Some(reader.at(&span, policy))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> Vec<String> {
        let errors = parse("f", text, false).unwrap_err();
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_empty_file_says_nothing() {
        let config = parse("f", "", false).unwrap();
        assert!(config.allow.is_empty() && config.custom.is_empty());
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let found = errors("confidense = 3\n[scan]\nfollow = 1\n\n[[allow]]\nreason = \" \"\n");
        assert_eq!(
            found,
            [
                "f:1:1: unknown key `confidense` at the top level\n  help: did you mean `confidence`?",
                "f:3:10: `follow` must be true or false, not a number",
                "f:6:10: `reason` is empty\n  help: say why",
            ]
        );
    }

    #[test]
    fn a_rule_needs_no_more_than_what_it_looks_for() {
        let text = "[[rule]]\nid = \"acme\"\npattern = 'acme_[0-9]{8}'\nanchors = [\"acme_\"]\n";
        let config = parse("f", text, false).unwrap();
        let rule = &config.custom[0].value;
        assert_eq!(
            (rule.title.as_ref(), rule.severity),
            ("acme", Severity::High)
        );
        let found = errors(&format!("{text}entropi = 3\n"));
        assert_eq!(
            found,
            ["f:5:1: unknown key `entropi` in [[rule]]\n  help: did you mean `entropy`?"]
        );
    }

    #[test]
    fn pyproject_has_its_table() {
        let text = "[project]\nname = \"x\"\n[tool.stopleak]\nconfidence = \"low\"\n";
        let config = parse("p", text, true).unwrap();
        assert_eq!(config.confidence.unwrap().value, Confidence::Low);
        let wrong = parse("p", "[tool.stopleak]\nx = 1\n", true).unwrap_err();
        assert_eq!((wrong[0].place.line, wrong[0].place.column), (2, 1));
        assert!(parse("p", "", true).is_err());
    }

    #[test]
    fn configurations_of_gitleaks_are_told_apart() {
        assert!(looks_like_gitleaks("[[rules]]\nid = \"x\"\n"));
        assert!(looks_like_gitleaks("[extend]\nuseDefault = true\n"));
        assert!(looks_like_gitleaks("[Allowlist]\npaths = []\n"));
        assert!(!looks_like_gitleaks("[rules]\nonly = [\"x\"]\n"));
        assert!(!looks_like_gitleaks("extend = [\"x\"]\n"));
    }
}

//! betterleaks' configurations: gitleaks' format, with filters instead of allowlists and
//! additional keys.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::expr::{self, Filter, Subject};
use super::portable::portable;
use super::{Imported, glob};
use crate::config::gitleaks::Pattern;
use crate::stop::{Stop, counted};

/// What a configuration contains beyond gitleaks' format.
#[derive(Default)]
pub(super) struct Beyond {
    /// The filters of all rules.
    pub(super) filters: Vec<Filter>,
    /// The filters of single rules, by id.
    pub(super) of_rules: BTreeMap<String, Vec<Filter>>,
    /// The confidence of single rules, by id.
    pub(super) confidence: BTreeMap<String, String>,
    /// How many rules use each key without an equivalent.
    keys: BTreeMap<&'static str, usize>,
    /// What could not be imported.
    pub(super) left: Vec<String>,
}

/// Splits a configuration into gitleaks' format and the rest.
///
/// # Errors
/// Fails if it is not TOML.
pub(super) fn split(text: &str, name: &str) -> Result<(String, Beyond), Stop> {
    let mut table: Table = text.parse().map_err(|e: toml::de::Error| {
        Stop::new(format!("{name}: {}", e.message())).help("correct it first")
    })?;
    let mut beyond = Beyond {
        filters: filters(&mut table),
        ..Beyond::default()
    };
    for key in ["minVersion", "betterleaksMinVersion"] {
        table.remove(key);
    }
    let rules = table.get_mut("rules").and_then(Value::as_array_mut);
    for rule in rules.into_iter().flatten().filter_map(Value::as_table_mut) {
        beyond.rule(rule, name);
    }
    for (key, count) in std::mem::take(&mut beyond.keys) {
        let why = match key {
            "validate" | "analyze" | "revoke" => ": stopleak does not use the network",
            "confidence" => " = \"low\": such findings are not reported by default",
            _ => ": no equivalent",
        };
        beyond.left.push(format!(
            "{name}: `{key}` of {}{why}",
            counted(count, "rule")
        ));
    }
    let text = toml::to_string(&table)
        .map_err(|e| Stop::new(format!("{name}: cannot write as TOML: {e}")))?;
    Ok((text, beyond))
}

/// Removes the filters from a table.
fn filters(table: &mut Table) -> Vec<Filter> {
    let keys = ["prefilter", "filter"].into_iter();
    let texts = keys.filter_map(|key| table.remove(key));
    let texts = texts.filter_map(|value| value.as_str().map(str::to_owned));
    let all = texts.flat_map(|text| match expr::parse(&text) {
        Filter::Any(parts) => parts,
        one => vec![one],
    });
    all.collect()
}

impl Beyond {
    /// Removes from a rule what gitleaks has no key for.
    fn rule(&mut self, rule: &mut Table, name: &str) {
        let id = rule.get("id").and_then(Value::as_str);
        let id = id.unwrap_or_default().to_owned();
        if let Some(group) = rule.remove("valueGroup") {
            rule.insert("secretGroup".to_owned(), group);
        }
        for key in [
            "validate",
            "analyze",
            "revoke",
            "tokenEfficiency",
            "specificity",
        ] {
            if rule.remove(key).is_some() {
                *self.keys.entry(key).or_default() += 1;
            }
        }
        match rule.remove("confidence").as_ref().and_then(Value::as_str) {
            Some(level @ ("high" | "medium")) => {
                self.confidence.insert(id.clone(), level.to_owned());
            }
            Some(_) => *self.keys.entry("confidence").or_default() += 1,
            None => {}
        }
        let mut of_rule = filters(rule);
        of_rule.retain(|filter| match filter {
            // gitleaks has the same key.
            Filter::Entropy(least) if !rule.contains_key("entropy") => {
                rule.insert("entropy".to_owned(), (*least).into());
                false
            }
            _ => true,
        });
        if !of_rule.is_empty() {
            self.of_rules.entry(id.clone()).or_default().extend(of_rule);
        }
        let Some(components) = rule.remove("components") else {
            return;
        };
        let mut required = Vec::new();
        for component in components.as_array().into_iter().flatten() {
            let what = component.get("id").and_then(Value::as_str);
            let what = what.unwrap_or_default();
            if component.get("optional").and_then(Value::as_bool) == Some(true) {
                self.left.push(format!(
                    "{name}: the optional component `{what}` of rule `{id}`: findings do not show it"
                ));
                continue;
            }
            let mut table = Table::new();
            table.insert("id".to_owned(), what.into());
            required.push(Value::Table(table));
        }
        if !required.is_empty() {
            rule.insert("required".to_owned(), required.into());
        }
    }
}

/// Converts filters to allow entries for `rules`, or for all rules if empty.
pub(super) fn allow(filters: &[Filter], rules: &[String], what: &str, imported: &mut Imported) {
    for filter in filters {
        let parts = match filter {
            Filter::All(parts) => parts.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut kinds: Vec<(&str, Vec<String>)> = Vec::new();
        let mut lost = Vec::new();
        for part in parts {
            match kind(part) {
                Ok((key, _)) if kinds.iter().any(|(known, _)| *known == key) => {
                    lost.push(format!("two conditions on `{key}`"));
                }
                Ok(kind) => kinds.push(kind),
                Err(why) => lost.push(why),
            }
        }
        if lost.is_empty() {
            kinds.push(("rules", rules.to_vec()));
            imported.allow("filtered in betterleaks", &kinds);
        }
        for why in lost {
            imported.leave(format!("{what}: {why}"));
        }
    }
}

/// Converts patterns to this program's syntax.
fn all_portable(patterns: &[String]) -> Result<Vec<String>, String> {
    let one = |source: &String| {
        let pattern = Pattern::new(source);
        let pattern = pattern.map_err(|why| format!("the pattern `{source}`: {why}"))?;
        Ok(portable(&pattern))
    };
    patterns.iter().map(one).collect()
}

/// Converts a part of a filter to a criterion, or returns why it cannot.
fn kind(part: &Filter) -> Result<(&'static str, Vec<String>), String> {
    let words = |words: &[String]| words.iter().map(|w| regex::escape(w)).collect::<Vec<_>>();
    let quoted = |subject: &Subject, values: &[String]| {
        let name = match subject {
            Subject::Attribute(name) | Subject::Finding(name) => name,
        };
        format!("`{name}` and {}", values.join(", "))
    };
    match part {
        Filter::Matches(Subject::Attribute(name), patterns) if name == "path" => {
            let globs = patterns.iter().map(|pattern| {
                glob::of_regex(pattern).ok_or_else(|| format!("the path `{pattern}` is not a glob"))
            });
            Ok(("paths", globs.collect::<Result<_, _>>()?))
        }
        Filter::Matches(Subject::Finding(name), patterns) if name == "secret" => {
            Ok(("values", all_portable(patterns)?))
        }
        Filter::Matches(Subject::Finding(name), patterns) if name == "line" => {
            Ok(("lines", all_portable(patterns)?))
        }
        Filter::Contains(Subject::Finding(name), all) if name == "secret" => {
            // Words of an entry have at least three bytes.
            if all.iter().all(|word| word.len() >= 3) {
                return Ok(("words", all.clone()));
            }
            let any = words(all).join("|");
            Ok(("values", vec![format!("(?i:{any})")]))
        }
        Filter::Contains(Subject::Finding(name), all) if name == "line" => {
            let any = words(all).join("|");
            Ok(("lines", vec![format!("(?i:{any})")]))
        }
        Filter::Is(Subject::Finding(name), all) if name == "secret" => {
            let any = words(all).join("|");
            Ok(("values", vec![format!("^(?:{any})$")]))
        }
        Filter::Is(Subject::Attribute(name), all) if name == "git.sha" => Ok((
            "commits",
            all.iter().map(|id| id.to_ascii_lowercase()).collect(),
        )),
        Filter::Matches(subject, all) | Filter::Contains(subject, all) => {
            Err(format!("a filter on {}", quoted(subject, all)))
        }
        Filter::Is(subject, all) => Err(format!("a filter on {}", quoted(subject, all))),
        Filter::Entropy(least) => Err(format!("an entropy filter ({least}) combined with others")),
        Filter::Any(_) | Filter::All(_) => Err("a nested filter".to_owned()),
        Filter::Other(text) => Err(format!("the filter `{text}`")),
    }
}

//! gitleaks' configuration, ignore file and baseline, found where gitleaks finds them.

use std::borrow::Cow;
use std::ffi::OsStr;

use super::request::Request;
use crate::config::gitleaks::{self, Builtin, Config, ids};
use crate::detect::Detector;
use crate::environment::Environment;
use crate::rules::{Rule, Ruleset, builtin, select};
use crate::stop::{Stop, counted};
use crate::suppress::gitleaks::{Gitleaks, IgnoreEntry, parse_baseline, parse_ignore};

/// The ignore file's name, at the top of the scan and in the current directory.
pub(super) const IGNORE: &str = ".gitleaksignore";
/// The variable that names gitleaks' configuration file.
pub(super) const FILE_VARIABLE: &str = "GITLEAKS_CONFIG";
/// The variable that contains the configuration's text.
pub(super) const TEXT_VARIABLE: &str = "GITLEAKS_CONFIG_TOML";

/// Returns the configuration text that the environment contains.
pub(super) fn text_of(environment: &Environment) -> Result<Option<String>, Stop> {
    let text = environment.get(TEXT_VARIABLE).map(OsStr::to_str);
    match text {
        Some(None) => {
            Err(Stop::new(format!("{TEXT_VARIABLE} is not UTF-8")).help("TOML must be UTF-8"))
        }
        Some(Some(text)) => Ok(Some(text.to_owned())),
        None => Ok(None),
    }
}

/// Combines a configuration, ignore entries and a baseline. Returns None if they suppress
/// nothing.
pub(super) fn suppressing(
    config: Option<&Config>,
    ignored: Vec<IgnoreEntry>,
    baseline: Option<&[u8]>,
) -> Result<Option<Gitleaks>, String> {
    let mut suppress = Gitleaks::default();
    if let Some(config) = config {
        suppress = suppress.with_config(config).with_notes(notes(config));
    }
    suppress = suppress.with_ignored(ignored);
    if let Some(text) = baseline {
        suppress = suppress.with_baseline(parse_baseline(text)?);
    }
    Ok((!suppress.is_empty()).then_some(suppress))
}

/// Returns the entries of an ignore file, and a warning for each line that is not an entry or names
/// a rule that does not exist. `own`: the ids of rules that are not built in; None if they are not
/// known.
pub(super) fn ignore_entries(
    text: &[u8],
    name: &str,
    own: Option<&[&str]>,
) -> (Vec<IgnoreEntry>, Vec<String>) {
    let (entries, mut bad) = parse_ignore(text);
    if let Some(own) = own {
        let builtin = builtin::rules().iter().map(|rule| rule.id.as_ref());
        let known = builtin.chain(own.iter().copied());
        for entry in &entries {
            let rule = entry.rule.as_str();
            if ids::ours(rule).is_none() && !known.clone().any(|id| id == rule) {
                let question = ids::meant(rule, known.clone()).question();
                let question = question.map(|q| format!("; {q}")).unwrap_or_default();
                bad.push((entry.at, format!("no rule is called `{rule}`{question}")));
            }
        }
    }
    bad.sort();
    let warnings = bad.into_iter();
    let warnings = warnings.map(|(line, why)| format!("{name}:{line}: {why}"));
    (entries, warnings.collect())
}

/// Parses a gitleaks configuration; `read` returns the text of a file that it extends.
pub(super) fn parse(
    text: &str,
    name: &str,
    read: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Config, Stop> {
    gitleaks::parse(text, name, read).map_err(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        Stop::new(lines.join("\n"))
            .help("correct the gitleaks configuration, or skip it with --no-config")
    })
}

fn notes(config: &Config) -> Vec<String> {
    let rules = config.rules.len();
    match config.builtin {
        Builtin::Off => vec![format!(
            "a gitleaks configuration replaces the built-in rules with its own {rules}; \
             `[extend] useDefault = true` in it turns them on"
        )],
        Builtin::AllowOnly => vec![
            "a gitleaks configuration without rules: all built-in rules are on, its allowlists \
             apply"
                .to_owned(),
        ],
        Builtin::Extended => {
            let rules = counted(rules, "rule");
            vec![format!(
                "a gitleaks configuration adds {rules} to the built-in ones"
            )]
        }
    }
}

/// Keeps the rules named in `only` (all if empty) and drops those in `without`. An error suggests
/// rules, also for ids of gitleaks.
pub(super) fn selected(
    rules: Vec<Cow<'static, Rule>>,
    only: &[String],
    without: &[String],
) -> Result<Ruleset, Stop> {
    let ids: Vec<Cow<'static, Rule>> = match only.is_empty() && without.is_empty() {
        true => Vec::new(),
        false => rules.clone(),
    };
    select::select(rules, only, without).map_err(|mut e| {
        e.meant = ids::meant(&e.id, ids.iter().map(|rule| rule.id.as_ref()));
        Stop::new(e.to_string()).help("`stopleak rules list` lists all rules")
    })
}

/// Builds the detector from the built-in rules and the configuration's, filtered by `--rule`
/// and `--disable-rule`.
pub(super) fn detector(
    request: &Request,
    config: &Config,
    all: Vec<Cow<'static, Rule>>,
) -> Result<Detector, Stop> {
    let mut config = config.clone();
    let own = |id: &String| config.rules.iter().any(|rule| rule.id == *id);
    let (own_only, only): (Vec<String>, Vec<String>) = request.only.iter().cloned().partition(own);
    let (own_off, off): (Vec<String>, Vec<String>) = request.without.iter().cloned().partition(own);
    for rule in &mut config.rules {
        let chosen = request.only.is_empty() || own_only.contains(&rule.id);
        if !chosen || own_off.contains(&rule.id) {
            // Another rule may still require it.
            rule.skip_report = true;
        }
    }
    let off_by_file = |id: &str| {
        config.builtin == Builtin::Off
            || config.disabled.contains(&id)
            || config.rules.iter().any(|rule| rule.id == id)
            || (only.is_empty() && !request.only.is_empty())
    };
    let mut kept = all;
    let named = |id: &str| only.iter().any(|name| name == id);
    kept.retain(|rule| named(&rule.id) || !off_by_file(&rule.id));
    let without: Vec<String> = off
        .into_iter()
        .filter(|id| kept.iter().any(|rule| rule.id == *id) || builtin_rule(id).is_none())
        .collect();
    let chosen = if kept.is_empty() && only.is_empty() && without.is_empty() {
        Ruleset::new(Vec::new())
    } else {
        selected(kept, &only, &without)?
    };
    if chosen.is_empty() && config.rules.iter().all(|rule| rule.skip_report) {
        return Err(Stop::new("no rule is left to run")
            .help("a scan without rules proves nothing; keep at least one rule"));
    }
    let detector = if chosen.len() == builtin::rules().len() && request.rule_files.is_empty() {
        Detector::builtin()
    } else {
        Detector::new(chosen)
    };
    Ok(detector.with_gitleaks(&config))
}

fn builtin_rule(id: &str) -> Option<()> {
    builtin::rules()
        .iter()
        .any(|rule| rule.id == id)
        .then_some(())
}

//! Chooses the rules that run, by options and configuration, and applies overrides.

use std::borrow::Cow;

use super::limits::limits;
use super::settings::{self, Settings};
use super::{gitleaks, rule_files};
use crate::config::gitleaks::ids;
use crate::config::{At, ConfigError, Place};
use crate::detect::Detector;
use crate::globs;
use crate::rules::select::{self, Meant};
use crate::rules::{Rule, Ruleset, builtin};
use crate::stop::Stop;

/// Builds the detector from the chosen rules.
pub(super) fn detector(settings: &Settings) -> Result<Detector, Stop> {
    let samples = limits(settings)?.wants_samples();
    let detector = of_rules(settings)?.with_decode_depth(settings.decode_depth());
    Ok(detector.with_samples(samples))
}

fn of_rules(settings: &Settings) -> Result<Detector, Stop> {
    let (request, config) = (&settings.request, &settings.config);
    if let Some(config) = &settings.gitleaks {
        let all = named(settings)?.into_iter().map(|(rule, _)| rule).collect();
        return gitleaks::detector(request, config, all);
    }
    let chosen = !request.only.is_empty() || !request.without.is_empty();
    let configured = !config.rules.only.is_empty() || !config.rules.disable.is_empty();
    if request.rule_files.is_empty()
        && !chosen
        && !configured
        && config.custom.is_empty()
        && config.overrides.is_empty()
    {
        return Ok(Detector::builtin());
    }
    let known = gathered(settings)?;
    let mut rules: Vec<Cow<'static, Rule>> = known.into_iter().map(|(rule, _)| rule).collect();
    let switched_off = adjust(&mut rules, settings)?;
    let set = choose(rules, settings, &switched_off)?;
    if set.is_empty() {
        return Err(Stop::new("no rule is left to run")
            .help("a scan without rules proves nothing; keep at least one rule"));
    }
    Ok(Detector::adjusted(set))
}

/// A rule and the file that it comes from; None for a built-in rule.
type Known = (Cow<'static, Rule>, Option<String>);

/// Returns every rule: the built-in ones, the configuration's and those of `--rules`. A later
/// rule replaces an earlier one with the same id.
pub(super) fn gathered(settings: &Settings) -> Result<Vec<Known>, Stop> {
    let mut rules = builtin();
    let mut judge = rule_files::Judge::default();
    for at in &settings.config.custom {
        if let Some(why) = judge.broken(&at.value) {
            return Err(wrong(
                &at.place,
                format!("rule `{}`: {why}", at.value.id),
                "",
            ));
        }
        add(&mut rules, at.value.clone(), at.place.to_string());
    }
    add_named(&mut rules, settings, &mut judge)?;
    Ok(rules)
}

/// Returns the built-in rules and those of `--rules`.
fn named(settings: &Settings) -> Result<Vec<Known>, Stop> {
    let mut rules = builtin();
    add_named(&mut rules, settings, &mut rule_files::Judge::default())?;
    Ok(rules)
}

fn builtin() -> Vec<Known> {
    let rules = builtin::rules().iter();
    rules.map(|rule| (Cow::Borrowed(rule), None)).collect()
}

/// Adds a rule in place of the one with the same id.
fn add(rules: &mut Vec<Known>, rule: Rule, origin: String) {
    rules.retain(|(known, _)| known.id != rule.id);
    rules.push((Cow::Owned(rule), Some(origin)));
}

/// Adds the rules of `--rules`, from where the policy comes from.
fn add_named(
    rules: &mut Vec<Known>,
    settings: &Settings,
    judge: &mut rule_files::Judge,
) -> Result<(), Stop> {
    for file in &settings.request.rule_files {
        let text = settings.site.rules(file)?;
        for rule in rule_files::parse(file, &text, judge)? {
            add(rules, rule, file.display().to_string());
        }
    }
    Ok(())
}

/// Applies `[override.RULE-ID]` entries. Returns the ids of the rules that they disable.
pub(super) fn adjust(
    rules: &mut [Cow<'static, Rule>],
    settings: &Settings,
) -> Result<Vec<String>, Stop> {
    let mut off: Vec<String> = Vec::new();
    for at in &settings.config.overrides {
        let entry = &at.value;
        let Some(rule) = rules.iter_mut().find(|rule| rule.id == entry.rule) else {
            return Err(unknown(at.place.clone(), &entry.rule, rules));
        };
        if entry.severity.is_some() || entry.confidence.is_some() {
            let rule = rule.to_mut();
            rule.severity = entry.severity.unwrap_or(rule.severity);
            rule.confidence = entry.confidence.unwrap_or(rule.confidence);
        }
        match entry.disabled {
            Some(true) => off.push(entry.rule.clone()),
            Some(false) => off.retain(|id| *id != entry.rule),
            None => {}
        }
    }
    Ok(off)
}

/// Returns the rules that run. `--rule` overrides the configuration; a rule disabled by
/// either is off.
pub(super) fn choose(
    rules: Vec<Cow<'static, Rule>>,
    settings: &Settings,
    switched_off: &[String],
) -> Result<Ruleset, Stop> {
    let request = &settings.request;
    let (mut only, mut without) = (request.only.clone(), request.without.clone());
    for at in &settings.config.rules.only {
        let ids = matching(at, &rules)?;
        if request.only.is_empty() {
            only.extend(ids);
        }
    }
    let mut disabled = switched_off.to_vec();
    for at in &settings.config.rules.disable {
        disabled.extend(matching(at, &rules)?);
    }
    if request.only.is_empty() {
        without.extend(disabled);
    }
    gitleaks::selected(rules, &only, &without)
}

/// Returns the ids that an entry names: one id, a glob of ids, or `provider:NAME`.
pub(super) fn matching(at: &At<String>, rules: &[Cow<'static, Rule>]) -> Result<Vec<String>, Stop> {
    let entry = at.value.as_str();
    let ids = |keep: &dyn Fn(&Rule) -> bool| -> Vec<String> {
        let kept = rules.iter().filter(|rule| keep(rule));
        kept.map(|rule| rule.id.to_string()).collect()
    };
    let found = if let Some(provider) = entry.strip_prefix("provider:") {
        let found = ids(&|rule| rule.provider.eq_ignore_ascii_case(provider.trim()));
        if found.is_empty() {
            let near = select::meant(provider, rules.iter().map(|rule| rule.provider.as_ref()));
            let near = Meant(near.0.iter().map(|n| format!("provider:{n}")).collect());
            let help = near.question().unwrap_or_default();
            let message = format!("no rule has the provider `{provider}`");
            return Err(wrong(&at.place, message, &help));
        }
        found
    } else if entry.contains(['*', '?', '[', '{']) {
        let glob = globs::set([entry]);
        let glob = glob.map_err(|why| {
            let message = format!("error parsing glob '{}': {why}", globs::brief(entry));
            wrong(&at.place, message, "")
        })?;
        ids(&|rule| glob.is_match(rule.id.as_ref()))
    } else {
        ids(&|rule| rule.id == entry)
    };
    if found.is_empty() {
        return Err(unknown(at.place.clone(), entry, rules));
    }
    Ok(found)
}

fn unknown(place: Place, entry: &str, rules: &[Cow<'static, Rule>]) -> Stop {
    let meant = ids::meant(entry, rules.iter().map(|rule| rule.id.as_ref()));
    let help = meant
        .question()
        .unwrap_or_else(|| "`stopleak rules list` lists all rules".to_owned());
    wrong(&place, format!("no rule is called `{entry}`"), &help)
}

fn wrong(place: &Place, message: String, help: &str) -> Stop {
    settings::mistakes(&[ConfigError {
        place: place.clone(),
        message,
        help: help.to_owned(),
    }])
}

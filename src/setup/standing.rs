//! The state of every rule: where it comes from, what changed it, and what disabled it.

use std::borrow::Cow;

use super::rules;
use super::settings::Settings;
use crate::rules::{Matcher, Rule};
use crate::stop::Stop;

/// A rule and its state.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// The rule, with the configuration's changes.
    pub(crate) rule: Cow<'static, Rule>,
    /// The file that it comes from; None for a built-in rule.
    pub(crate) origin: Option<String>,
    /// Where it is changed; None if it is not.
    pub(crate) changed: Option<String>,
    /// Where it is disabled; None if it runs.
    pub(crate) off: Option<String>,
}

impl Standing {
    /// Lists the deviations from the default, with their places.
    pub(crate) fn remarks(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("from", self.origin.as_deref()),
            ("changed", self.changed.as_deref()),
            ("off", self.off.as_deref()),
        ];
        let said = all.into_iter();
        said.filter_map(|(what, place)| Some((what, place?)))
            .collect()
    }
}

/// Returns all rules: the built-in ones, the configuration's and those of `--rules`.
///
/// # Errors
/// Fails if the configuration's rules contain mistakes.
pub(crate) fn all(settings: &Settings) -> Result<Vec<Standing>, Stop> {
    if settings.gitleaks.is_some() {
        return of_gitleaks(settings);
    }
    let known = rules::gathered(settings)?;
    let (mut rules, origins): (Vec<_>, Vec<_>) = known.into_iter().unzip();
    let off = rules::adjust(&mut rules, settings)?;
    let running = rules::choose(rules.clone(), settings, &off)?;
    let mut disabled = Vec::new();
    for at in &settings.config.rules.disable {
        let ids = rules::matching(at, &rules)?;
        disabled.extend(ids.into_iter().map(|id| (id, at.place.to_string())));
    }
    let overrides = &settings.config.overrides;
    let standing = rules.into_iter().zip(origins).map(|(rule, origin)| {
        let said = overrides.iter().filter(|at| at.value.rule == rule.id);
        let change = said.clone().find(|at| {
            let entry = &at.value;
            entry.severity.is_some() || entry.confidence.is_some()
        });
        let off = running.find(&rule.id).is_none().then(|| {
            let by_list = disabled.iter().find(|(id, _)| rule.id == *id);
            let by_override = said.clone().find(|at| at.value.disabled == Some(true));
            let only = settings.config.rules.only.first();
            by_list
                .map(|(_, place)| place.clone())
                .or_else(|| by_override.map(|at| at.place.to_string()))
                .or_else(|| only.map(|at| at.place.to_string()))
                .unwrap_or_else(|| "the configuration".to_owned())
        });
        Standing {
            changed: change.map(|at| at.place.to_string()),
            rule,
            origin,
            off,
        }
    });
    Ok(standing.collect())
}

/// Like [`all`], with a gitleaks configuration in place of ours.
fn of_gitleaks(settings: &Settings) -> Result<Vec<Standing>, Stop> {
    let detector = rules::detector(settings)?;
    let found = settings.found.as_ref();
    let file = found.map_or("the environment", |(name, _)| name.as_str());
    let known = rules::gathered(settings)?;
    let named = |id: &str| {
        let mut theirs = detector.rules().iter().map(|(_, rule)| rule);
        theirs.any(|rule| rule.id == id && !matches!(rule.matcher, Matcher::Fragment))
    };
    let mut standing: Vec<Standing> = known
        .into_iter()
        .map(|(rule, origin)| Standing {
            off: (!named(&rule.id)).then(|| file.to_owned()),
            rule,
            origin,
            changed: None,
        })
        .collect();
    let theirs = detector.rules().iter().map(|(_, rule)| rule);
    let theirs = theirs.filter(|rule| matches!(rule.matcher, Matcher::Fragment));
    standing.extend(theirs.map(|rule| Standing {
        rule: Cow::Owned(rule.clone()),
        origin: Some(file.to_owned()),
        changed: None,
        off: None,
    }));
    Ok(standing)
}

/// Returns the rule with this id, preferably one that runs.
pub(crate) fn find<'s>(all: &'s [Standing], id: &str) -> Option<&'s Standing> {
    let mut fitting = all.iter().filter(|s| s.rule.id == id);
    let first = fitting.clone().next();
    fitting.find(|s| s.off.is_none()).or(first)
}

//! Builds the policy from the configuration: allow entries and path policies, with their rule
//! names resolved.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::clock::today;
use super::limits::limits;
use super::rules::matching;
use super::settings::Settings;
use crate::config::{At, Level, Place};
use crate::globs::PathSet;
use crate::rules::{Rule, RuleIndex, Ruleset, builtin};
use crate::stop::Stop;
use crate::suppress::Policy;
use crate::suppress::allow::{AllowEntry, AllowList};
use crate::suppress::opaque::Opaque;
use crate::suppress::paths::{PathEntry, PathRules};

/// Builds the policy: what is suppressed, and what only warns.
pub(super) fn policy(settings: &Settings, rules: &Ruleset) -> Result<Policy, Stop> {
    let config = &settings.config;
    let mut known = KnownRules::new(settings, rules);
    let today = today();
    let mut allow = Vec::with_capacity(config.allow.len());
    for at in &config.allow {
        let entry = at.value.clone();
        allow.push(AllowEntry {
            place: line(&at.place),
            reason: entry.reason,
            owner: entry.owner,
            expired: entry
                .until
                .filter(|day| today.is_none_or(|today| *day < today))
                .map(|day| day.to_string()),
            any: entry.any,
            rules: known.indexes(&entry.rules)?,
            paths: entry.paths,
            values: entry.values,
            lines: entry.lines,
            words: entry.words,
            secrets: entry.secrets,
            commits: entry.commits,
        });
    }
    let mut paths = Vec::with_capacity(config.paths.len());
    for at in &config.paths {
        let entry = at.value.clone();
        paths.push(PathEntry {
            place: line(&at.place),
            paths: entry.paths,
            rules: known.indexes(&entry.rules)?,
            severity: entry.severity,
            warn: entry.warn,
            reason: entry.reason,
        });
    }
    let map = &settings.site.map;
    let too_large = |what: &str, why: String| Stop::new(format!("[[{what}]]: {why}"));
    Ok(Policy {
        min_confidence: settings.confidence()?.value,
        inline: settings.request.inline,
        scope: Arc::new(settings.scope()?),
        allow: Arc::new(AllowList::new(allow, map.clone()).map_err(|why| too_large("allow", why))?),
        paths: Arc::new(PathRules::new(paths, map.clone()).map_err(|why| too_large("paths", why))?),
        opaque: opaque(settings)?,
        limits: limits(settings)?,
        ..Policy::default()
    })
}

/// Returns which content may stay shut. An option decides before the configuration.
fn opaque(settings: &Settings) -> Result<Opaque, Stop> {
    let coverage = &settings.config.coverage;
    let level = |at: &Option<At<Level>>| at.as_ref().map(|at| at.value);
    let globs = coverage.accept.iter().map(|at| (0, at.value.as_str()));
    let accepted = PathSet::new(globs);
    Ok(Opaque {
        shut: settings.request.opaque.or(level(&coverage.opaque)),
        damaged: level(&coverage.damaged),
        accepted: accepted.map_err(|why| Stop::new(format!("[coverage]: {why}")))?,
        map: settings.site.map.clone(),
    })
}

fn line(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

/// All rules that an entry may name, running or not, and the running ones.
struct KnownRules<'r> {
    all: Vec<Cow<'static, Rule>>,
    running: &'r Ruleset,
    /// Resolved names: many entries name the same rules.
    resolved: HashMap<String, Vec<RuleIndex>>,
}

impl<'r> KnownRules<'r> {
    fn new(settings: &Settings, running: &'r Ruleset) -> Self {
        let builtin = builtin::rules().iter().map(Cow::Borrowed);
        let custom = settings.config.custom.iter();
        let named = running.iter().map(|(_, rule)| Cow::Owned(rule.clone()));
        let has_entries = settings
            .config
            .allow
            .iter()
            .any(|at| !at.value.rules.is_empty())
            || settings
                .config
                .paths
                .iter()
                .any(|at| !at.value.rules.is_empty());
        let all = if has_entries {
            let others = custom.map(|at| Cow::Owned(at.value.clone())).chain(named);
            builtin.chain(others).collect()
        } else {
            Vec::new()
        };
        Self {
            all,
            running,
            resolved: HashMap::new(),
        }
    }

    /// Returns the running rules that `entries` name, or None if there are no entries.
    fn indexes(&mut self, entries: &[At<String>]) -> Result<Option<Vec<RuleIndex>>, Stop> {
        if entries.is_empty() {
            return Ok(None);
        }
        let mut indexes = Vec::new();
        for at in entries {
            if let Some(known) = self.resolved.get(&at.value) {
                indexes.extend_from_slice(known);
                continue;
            }
            let ids = matching(at, &self.all)?;
            let running = ids.iter().filter_map(|id| self.running.find(id));
            let found: Vec<RuleIndex> = running.map(|(index, _)| index).collect();
            indexes.extend_from_slice(&found);
            self.resolved.insert(at.value.clone(), found);
        }
        indexes.sort_unstable();
        indexes.dedup();
        Ok(Some(indexes))
    }
}

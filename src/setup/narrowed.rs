//! What a configuration or an option keeps from being reported, and by whose word.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::request::{DEFAULT_CONFIDENCE, DEFAULT_SIZE};
use super::rules::{self, matching};
use super::settings::{Origin, Settings};
use crate::config::{Action, At, Level, Place};
use crate::detect::DECODE_DEPTH;
use crate::finding::{Narrow, Narrowing, RuleCount};
use crate::inside::Most;
use crate::rules::{Label, Ruleset, Severity, builtin};
use crate::stop::Stop;

/// How many rules run, and everything that narrows the report, in order of who says it.
pub(super) fn narrowed(
    settings: &Settings,
    running: &Ruleset,
) -> Result<(RuleCount, Vec<Narrowing>), Stop> {
    let mut told = Told::default();
    let count = match &settings.gitleaks {
        Some(_) => gitleaks(settings, running, &mut told)?,
        None => own(settings, running, &mut told)?,
    };
    let config = &settings.config;
    for (what, globs) in [
        (Narrow::Exclude, &config.scan.exclude),
        (Narrow::Include, &config.scan.include),
    ] {
        globs.iter().for_each(|at| told.add(file(&at.place), what));
    }
    for _ in &settings.request.exclude {
        told.add("--exclude".to_owned(), Narrow::Exclude);
    }
    for at in &config.allow {
        told.add(file(&at.place), Narrow::Allow);
    }
    for at in &config.paths {
        told.add(file(&at.place), Narrow::Paths);
    }
    let confidence = settings.confidence()?;
    if confidence.value > DEFAULT_CONFIDENCE {
        told.add(who(&confidence.origin), Narrow::Confidence);
    }
    for (what, level) in [
        (Narrow::Severity, settings.severity()?),
        (Narrow::FailOn, settings.fail_on()?),
    ] {
        if level.value > Severity::Low {
            told.add(who(&level.origin), what);
        }
    }
    for at in config
        .labels
        .iter()
        .filter(|at| at.value.1 < Action::Report)
    {
        // Samples are left out by default.
        if at.value != (Label::DocumentedSample, Action::Ignore) {
            told.add(file(&at.place), Narrow::Labels);
        }
    }
    let request = &settings.request;
    for (option, labels) in [
        ("--label", request.labels),
        ("--no-label", request.no_labels),
    ] {
        labels
            .iter()
            .for_each(|_| told.add(option.to_owned(), Narrow::Labels));
    }
    let size = settings.max_file_size(None)?;
    if size.value < DEFAULT_SIZE {
        told.add(who(&size.origin), Narrow::MaxFileSize);
    }
    let scan = &config.scan;
    let most = Most::default();
    let depth = scan.max_archive_depth.as_ref();
    let depth = depth.filter(|at| at.value < most.depth.into());
    let ratio = scan.max_archive_ratio.as_ref();
    let ratio = ratio.filter(|at| at.value < most.ratio);
    let size = scan.max_archive_size.as_ref();
    let size = size.filter(|at| at.value < Most::UNPACKED);
    let accept = config.coverage.accept.iter().map(|at| &at.place);
    let levels = [&config.coverage.opaque, &config.coverage.damaged];
    let levels = levels.into_iter().flatten();
    let less = levels
        .filter(|at| at.value != Level::Error)
        .map(|at| &at.place);
    let decoded = scan.max_decode_depth.as_ref();
    let decoded = decoded.filter(|at| at.value < DECODE_DEPTH.into());
    let limits = [depth, ratio, size, decoded];
    let limits = limits.into_iter().flatten().map(|at| &at.place);
    limits
        .chain(accept)
        .chain(less)
        .for_each(|place| told.add(file(place), Narrow::Containers));
    Ok((count, told.all()))
}

/// Counts, by who says it and what.
#[derive(Default)]
struct Told(BTreeMap<(String, Narrow), u64>);

impl Told {
    fn add(&mut self, by: String, what: Narrow) {
        *self.0.entry((by, what)).or_default() += 1;
    }

    fn all(self) -> Vec<Narrowing> {
        let all = self.0.into_iter();
        all.map(|((by, what), count)| Narrowing { by, what, count })
            .collect()
    }
}

fn file(place: &Place) -> String {
    place.file.to_string()
}

fn who(origin: &Origin) -> String {
    match origin {
        Origin::File(place) => file(place),
        other => other.to_string(),
    }
}

fn counted(run: usize, known: usize) -> RuleCount {
    RuleCount {
        run: run as u64,
        known: known as u64,
    }
}

/// Tells which rules our configuration and the options turn off, change and replace.
/// Returns how many run.
fn own(settings: &Settings, listed: &Ruleset, told: &mut Told) -> Result<RuleCount, Stop> {
    let (request, config) = (&settings.request, &settings.config);
    let is_as_built = config.rules == Default::default()
        && config.custom.is_empty()
        && config.overrides.is_empty()
        && request.rule_files.is_empty()
        && request.only.is_empty()
        && request.without.is_empty();
    if is_as_built {
        return Ok(counted(listed.len(), listed.len()));
    }
    // A detector also lists built-in rules that do not run.
    let (mut known, origins): (Vec<_>, Vec<_>) = rules::gathered(settings)?.into_iter().unzip();
    let switched_off = rules::adjust(&mut known, settings)?;
    let running = rules::choose(known.clone(), settings, &switched_off)?;
    let mut off: HashMap<String, String> = HashMap::new();
    let mut say = |at: &At<String>| -> Result<(), Stop> {
        for id in matching(at, &known)? {
            off.entry(id).or_insert_with(|| file(&at.place));
        }
        Ok(())
    };
    config.rules.disable.iter().try_for_each(&mut say)?;
    for at in &config.overrides {
        let entry = &at.value;
        if entry.disabled == Some(true) {
            off.entry(entry.rule.clone())
                .or_insert_with(|| file(&at.place));
        }
        if entry.severity.is_some() || entry.confidence.is_some() {
            told.add(file(&at.place), Narrow::RulesChanged);
        }
    }
    let only = config.rules.only.first().map(|at| file(&at.place));
    let runs = ids(&running);
    for (rule, origin) in known.iter().zip(&origins) {
        let id = rule.id.as_ref();
        if !runs.contains(id) {
            let by = match () {
                () if !request.only.is_empty() => None,
                () => off.get(id).cloned().or_else(|| only.clone()),
            };
            let option = || match request.only.is_empty() {
                true => "--disable-rule",
                false => "--rule",
            };
            let by = by.unwrap_or_else(|| option().to_owned());
            told.add(by, Narrow::RulesOff);
        }
        if let Some(origin) = origin
            && builtin::rules().iter().any(|rule| rule.id == id)
        {
            let by = config.custom.iter().find(|at| at.value.id == id);
            let by = by.filter(|at| at.place.to_string() == *origin);
            told.add(
                by.map_or_else(|| origin.clone(), |at| file(&at.place)),
                Narrow::RulesReplaced,
            );
        }
    }
    Ok(counted(running.len(), known.len()))
}

fn ids(running: &Ruleset) -> HashSet<&str> {
    running.iter().map(|(_, rule)| rule.id.as_ref()).collect()
}

/// Like [`own`], for a gitleaks configuration in place of ours.
fn gitleaks(settings: &Settings, running: &Ruleset, told: &mut Told) -> Result<RuleCount, Stop> {
    let request = &settings.request;
    let Some(config) = &settings.gitleaks else {
        return Ok(counted(running.len(), running.len()));
    };
    let by = settings.found.as_ref();
    let by = by.map_or_else(
        || super::gitleaks::TEXT_VARIABLE.to_owned(),
        |(name, _)| name.clone(),
    );
    let off_by = match (request.only.is_empty(), request.without.is_empty()) {
        (false, _) => "--rule".to_owned(),
        (true, false) if config.disabled.is_empty() => "--disable-rule".to_owned(),
        _ => by.clone(),
    };
    let known = rules::gathered(settings)?;
    let mut count = config.rules.len();
    let runs = ids(running);
    for (rule, _) in &known {
        let id = rule.id.as_ref();
        if config.rules.iter().any(|own| own.id == id) {
            told.add(by.clone(), Narrow::RulesReplaced);
            continue;
        }
        count += 1;
        if !runs.contains(id) {
            told.add(off_by.clone(), Narrow::RulesOff);
        }
    }
    let lists = config.rules.iter().map(|rule| rule.allowlists.len());
    for _ in 0..config.allowlists.len() + lists.sum::<usize>() {
        told.add(by.clone(), Narrow::Allow);
    }
    for _ in &config.overrides {
        told.add(by.clone(), Narrow::RulesChanged);
    }
    Ok(counted(running.len(), count))
}

/// Returns what narrows the report, in words: one line for each who says so.
pub(super) fn lines(rules: RuleCount, narrowed: &[Narrowing]) -> Vec<String> {
    let mut lines = Vec::new();
    for group in narrowed.chunk_by(|a, b| a.by == b.by) {
        let all: Vec<String> = group.iter().map(Narrowing::describe).collect();
        lines.push(format!("{}: {}", group[0].by, all.join(", ")));
    }
    if rules.run < rules.known {
        lines.push(format!("{} of {} rules ran", rules.run, rules.known));
    }
    lines
}

//! `stopleak baseline`: findings that are there already, so that only new ones stop.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};

use super::args::{BaselineArgs, BaselineCommand};
use super::settings::Settings;
use super::site::Home;
use super::{FAILED, accepted, plan, warn};
use crate::finding::{Event, Summary};
use crate::history::HistoryOptions;
use crate::report::escape::escape;
use crate::scan::{self, Engine};
use crate::source::walk::{WalkOptions, WalkSource};
use crate::stop::Stop;
use crate::suppress::baseline::{Baseline, Entry, Scope};

/// Runs the command and returns its exit code.
pub(super) fn run(command: &BaselineCommand) -> Result<u8, Stop> {
    match command {
        BaselineCommand::Create {
            args,
            history,
            force,
        } => create(args, *history, *force),
        BaselineCommand::Update { args, ratchet } => update(args, *ratchet),
        BaselineCommand::Check { args } => check(args),
        BaselineCommand::Prune { args } => prune(args),
    }
}

fn create(args: &BaselineArgs, history: bool, force: bool) -> Result<u8, Stop> {
    let home = Home::here()?;
    let file = file(args, &home.top);
    if file.exists() && !force {
        return Err(
            Stop::new(format!("{}: there is one already", file.display()))
                .help("`stopleak baseline update` takes over what is new; --force starts anew"),
        );
    }
    let scope = if history {
        Scope::History
    } else {
        Scope::Files
    };
    let empty = Baseline::new(salt(), scope, []);
    let Some(found) = found(args, &home, &empty)? else {
        return Ok(FAILED);
    };
    let count = found.len();
    let all = Baseline::new(empty.salt().to_vec(), scope, found);
    accepted::replace(&file, &all.to_text())?;
    say(&format!(
        "{}: {count} finding(s) accepted. Commit it; what is new from now on stops.",
        file.display()
    ));
    Ok(0)
}

fn update(args: &BaselineArgs, ratchet: bool) -> Result<u8, Stop> {
    let home = Home::here()?;
    let (file, old) = load(args, &home.top)?;
    let Some(found) = found(args, &home, &old)? else {
        return Ok(FAILED);
    };
    let known: BTreeSet<&Entry> = old.entries().iter().collect();
    let new: Vec<&Entry> = found.iter().filter(|e| !known.contains(e)).collect();
    if ratchet && !new.is_empty() {
        list("new", new.into_iter());
        say(&format!(
            "{}: not written: it would grow, and --ratchet lets it only shrink",
            file.display()
        ));
        return Ok(1);
    }
    let (new, gone) = (
        new.len(),
        known.iter().filter(|e| !found.contains(*e)).count(),
    );
    let all = Baseline::new(old.salt().to_vec(), old.scope(), found);
    accepted::replace(&file, &all.to_text())?;
    let total = all.entries().len();
    say(&format!(
        "{}: {new} new, {gone} gone, {total} in all",
        file.display()
    ));
    Ok(0)
}

fn check(args: &BaselineArgs) -> Result<u8, Stop> {
    let home = Home::here()?;
    let (file, old) = load(args, &home.top)?;
    let Some(found) = found(args, &home, &old)? else {
        return Ok(FAILED);
    };
    let known: BTreeSet<Entry> = old.entries().iter().cloned().collect();
    let (new, gone): (Vec<_>, Vec<_>) = (
        found.difference(&known).collect(),
        known.difference(&found).collect(),
    );
    say(&format!(
        "{}: {} entries, {} new finding(s), {} entries match nothing",
        file.display(),
        known.len(),
        new.len(),
        gone.len()
    ));
    let same = new.is_empty() && gone.is_empty();
    list("new", new.into_iter());
    list("gone", gone.into_iter());
    Ok(u8::from(!same))
}

fn prune(args: &BaselineArgs) -> Result<u8, Stop> {
    let home = Home::here()?;
    let (file, old) = load(args, &home.top)?;
    let Some(found) = found(args, &home, &old)? else {
        return Ok(FAILED);
    };
    let kept: Vec<Entry> = old
        .entries()
        .iter()
        .filter(|e| found.contains(e))
        .cloned()
        .collect();
    let (before, after) = (old.entries().len(), kept.len());
    if after < before {
        let all = Baseline::new(old.salt().to_vec(), old.scope(), kept);
        accepted::replace(&file, &all.to_text())?;
    }
    say(&format!(
        "{}: {} removed, {after} left",
        file.display(),
        before - after
    ));
    Ok(0)
}

/// The findings that count, as entries of `baseline`; None, and told, when not
/// everything could be scanned: what is not seen must not pass for gone.
fn found(
    args: &BaselineArgs,
    home: &Home,
    baseline: &Baseline,
) -> Result<Option<BTreeSet<Entry>>, Stop> {
    let settings = Settings::load(&args.common.config, home.site())?;
    let mut engine = plan::engine(&args.common, &settings)?;
    engine.policy.baseline = None;
    engine.keep_dismissed = false;
    let mut entries = BTreeSet::new();
    let mut failures = 0;
    let rules = engine.detector.rules();
    let mut on_event = |event: Event| {
        match event {
            Event::Finding(finding) if finding.verdict.is_report() => {
                let path = engine.located(&finding.path);
                let rule = &rules.get(finding.rule).id;
                entries.insert(baseline.entry(rule, path.as_bytes(), finding.secret.expose()));
            }
            Event::Failed(error) => {
                failures += 1;
                let path = escape(error.path.as_bytes());
                warn(&format!(
                    "error: {path}: not scanned: {}",
                    escape(error.why.as_bytes())
                ));
            }
            _ => {}
        }
        true
    };
    scan_all(args, home, baseline.scope(), &engine, &mut on_event)?;
    if failures > 0 {
        warn("error: the scan is incomplete: nothing was written (exit 2)");
        return Ok(None);
    }
    Ok(Some(entries))
}

/// Scans the files below the top, or the history, with paths relative to it.
fn scan_all(
    args: &BaselineArgs,
    home: &Home,
    scope: Scope,
    engine: &Engine,
    on_event: &mut dyn FnMut(Event) -> bool,
) -> Result<Summary, Stop> {
    let options = plan::run_options(&args.common);
    if scope == Scope::History {
        let store = home.store().ok_or_else(|| {
            Stop::new("there is no repository here").help("run it inside a git repository")
        })?;
        let what = HistoryOptions::default();
        return crate::history::run(store, engine, &what, &options, on_event).map_err(Stop::from);
    }
    let roots = vec![home.top.clone()];
    let (tracked, unlisted) = plan::tracked(&roots);
    let walk = WalkSource::new(WalkOptions {
        roots,
        ignore_files: true,
        follow: false,
        max_bytes: 4 << 30,
        exclude: Vec::new(),
        include: Vec::new(),
        base: home.top.clone(),
        scope: engine.policy.scope.clone(),
        tracked,
        unlisted,
        outputs: Vec::new(),
    })
    .map_err(|e| Stop::new(e.to_string()))?;
    Ok(scan::run(&walk, engine, &options, on_event))
}

fn file(args: &BaselineArgs, top: &Path) -> PathBuf {
    let given = args.common.baseline.as_ref();
    given.map_or_else(|| top.join(accepted::BASELINE), Clone::clone)
}

fn load(args: &BaselineArgs, top: &Path) -> Result<(PathBuf, Baseline), Stop> {
    let file = file(args, top);
    let text = std::fs::read_to_string(&file).map_err(|e| {
        Stop::new(format!("{}: {e}", file.display()))
            .help("make it with `stopleak baseline create`")
    })?;
    let baseline = Baseline::parse(&text).map_err(|e| accepted::mistakes(&file, &e))?;
    Ok((file, baseline))
}

fn list<'e>(what: &str, entries: impl Iterator<Item = &'e Entry>) {
    for entry in entries {
        say(&format!("  {what}: {} {}", escape(&entry.path), entry.rule));
    }
}

fn say(line: &str) {
    super::tell(&format!("{line}\n"));
}

/// 16 random bytes: the seeds that the standard library takes from the system for
/// its hash tables.
fn salt() -> Vec<u8> {
    let mut out = Vec::new();
    for i in 0..2u64 {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(i);
        out.extend_from_slice(&hasher.finish().to_le_bytes());
    }
    out
}

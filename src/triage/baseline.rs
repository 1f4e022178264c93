//! The baseline: existing findings, so that only new ones fail.
//!
//! Nothing is written or compared unless the scan is complete: an unseen finding must not
//! count as gone.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::blob::{BlobPath, SourceError};
use crate::finding::{Event, Summary};
use crate::history::HistoryOptions;
use crate::named::Output;
use crate::report::escape::escape;
use crate::scan::{self, RunOptions};
use crate::setup::{BASELINE, Home, MAX_FILE, Setup, mistakes};
use crate::source::walk::{WalkOptions, WalkSource};
use crate::stop::Stop;
use crate::suppress::baseline::{Baseline, Entry, Scope};

/// How many pairs of entries are compared although their paths differ. Beyond it, an entry
/// whose path is masked in another way counts as new and gone.
const MOST_COMPARED: usize = 1_000_000;

/// The result of a scan.
pub enum Scanned<T> {
    /// Everything was scanned.
    Complete(T),
    /// These files failed; nothing was done.
    Incomplete(Vec<SourceError>),
}

impl<T> Scanned<T> {
    fn map<U>(self, change: impl FnOnce(T) -> Result<U, Stop>) -> Result<Scanned<U>, Stop> {
        Ok(match self {
            Scanned::Complete(found) => Scanned::Complete(change(found)?),
            Scanned::Incomplete(failures) => Scanned::Incomplete(failures),
        })
    }
}

/// How a baseline differs from the current findings.
pub struct Difference {
    /// The number of entries in the baseline.
    pub entries: usize,
    /// The findings that it lacks.
    pub new: Vec<Entry>,
    /// The entries that match nothing.
    pub gone: Vec<Entry>,
    /// The number of current findings.
    pub found: usize,
}

impl Difference {
    /// Lists what differs, one line each.
    pub fn text(&self) -> String {
        let new = self.new.iter().map(|entry| ("new", entry));
        let gone = self.gone.iter().map(|entry| ("gone", entry));
        let all = new.chain(gone);
        all.map(|(what, entry)| format!("  {what}: {} {}\n", escape(&entry.path), entry.rule))
            .collect()
    }

    /// Returns the same as a document, for the baseline in `file`. `code`: the exit code.
    pub fn json(&self, file: &str, code: u8) -> Value {
        let records = |all: &[Entry]| -> Vec<Value> {
            let record = |entry: &Entry| {
                let path = String::from_utf8_lossy(&entry.path);
                json!({"path": path, "rule_id": entry.rule})
            };
            all.iter().map(record).collect()
        };
        json!({
            "schema_version": "1",
            "file": file,
            "entries": self.entries,
            "findings": self.found,
            "new": records(&self.new),
            "gone": records(&self.gone),
            "exit_code": code,
        })
    }
}

/// The baseline of a site.
pub struct Baselines {
    home: Home,
    setup: Setup,
    options: RunOptions,
    /// The baseline's file.
    pub file: PathBuf,
}

impl Baselines {
    /// Opens the baseline in `file`, or at the top of `home`; `setup` judges the content.
    pub fn new(home: Home, mut setup: Setup, options: RunOptions, file: Option<PathBuf>) -> Self {
        setup.engine.policy.baseline = None;
        setup.engine.keep_dismissed = false;
        Self {
            file: file.unwrap_or_else(|| home.top.join(BASELINE)),
            home,
            setup,
            options,
        }
    }

    /// Writes a baseline of all findings, all of them new. Replaces an existing baseline only
    /// with `force`.
    ///
    /// # Errors
    /// Fails if there is one already, or it is unwritable.
    pub fn create(&self, scope: Scope, force: bool) -> Result<Scanned<Difference>, Stop> {
        let name = self.file.display();
        match Output::text(&self.file, MAX_FILE)? {
            Some(_) if !force => {
                return Err(Stop::new(format!("{name}: already exists")).help(
                    "use `stopleak baseline update` to add new findings, or --force to replace it",
                ));
            }
            // With a conflict, it is one still.
            Some(text) if !text.is_empty() && !Baseline::is_meant(&text) => {
                return Err(
                    Stop::new(format!("{name}: not replaced: it is not a baseline"))
                        .help("name another file, or remove this one"),
                );
            }
            _ => {}
        }
        let empty = Baseline::new(salt(), scope, []);
        self.found(&empty)?.map(|found| {
            let difference = Difference {
                entries: 0,
                new: found.iter().cloned().collect(),
                gone: Vec::new(),
                found: found.len(),
            };
            let all = Baseline::new(empty.salt().to_vec(), scope, found);
            Output::replace(&self.file, &all.to_text())?;
            Ok(difference)
        })
    }

    /// Adds new findings and removes those that are gone. With `ratchet`, writes nothing if
    /// there are new findings.
    ///
    /// # Errors
    /// Fails if there is no baseline, or it is unreadable or unwritable.
    pub fn update(&self, ratchet: bool) -> Result<Scanned<Difference>, Stop> {
        let old = self.load()?;
        self.found(&old)?.map(|found| {
            let difference = difference(&old, &found);
            if !ratchet || difference.new.is_empty() {
                let all = Baseline::new(old.salt().to_vec(), old.scope(), found);
                Output::replace(&self.file, &all.to_text())?;
            }
            Ok(difference)
        })
    }

    /// Compares the baseline to the current findings.
    ///
    /// # Errors
    /// Fails if there is no baseline, or it is unreadable.
    pub fn check(&self) -> Result<Scanned<Difference>, Stop> {
        let old = self.load()?;
        self.found(&old)?.map(|found| Ok(difference(&old, &found)))
    }

    /// Removes findings that are gone.
    ///
    /// # Errors
    /// Fails if there is no baseline, or it is unreadable or unwritable.
    pub fn prune(&self) -> Result<Scanned<Difference>, Stop> {
        let old = self.load()?;
        self.found(&old)?.map(|found| {
            let difference = difference(&old, &found);
            let gone: BTreeSet<&Entry> = difference.gone.iter().collect();
            if !gone.is_empty() {
                let kept = old.entries().iter().filter(|e| !gone.contains(e));
                let kept: Vec<Entry> = kept.cloned().collect();
                let all = Baseline::new(old.salt().to_vec(), old.scope(), kept);
                Output::replace(&self.file, &all.to_text())?;
            }
            Ok(difference)
        })
    }

    fn load(&self) -> Result<Baseline, Stop> {
        let text = Output::text(&self.file, MAX_FILE)?.ok_or_else(|| {
            Stop::new(format!("{}: no such file", self.file.display()))
                .help("create it with `stopleak baseline create`")
        })?;
        Baseline::parse(&text).map_err(|e| mistakes(&self.file, &e))
    }

    /// Returns the findings that count, as entries of `baseline`.
    fn found(&self, baseline: &Baseline) -> Result<Scanned<BTreeSet<Entry>>, Stop> {
        let engine = &self.setup.engine;
        let mut entries = Vec::new();
        let mut failures = Vec::new();
        let rules = engine.detector.rules();
        let mut on_event = |event: Event| {
            match event {
                Event::Finding(finding) if finding.verdict.is_report() => {
                    let path = engine.located(&finding.path);
                    let rule = &rules.get(finding.rule).id;
                    entries.push(baseline.entry(rule, path.as_bytes(), finding.secret.expose()));
                }
                Event::Failed(error) => failures.push(error),
                _ => {}
            }
            true
        };
        self.scan(baseline.scope(), &mut on_event)?;
        // Only now is it known what a path must not show.
        let known = self.options.known.needles();
        for entry in &mut entries {
            entry.path = known.mask_path(&entry.path);
        }
        for error in &mut failures {
            error.path = BlobPath::new(known.mask_path(error.path.as_bytes()));
            error.why = known.mask(&error.why);
        }
        Ok(match failures.is_empty() {
            true => Scanned::Complete(entries.into_iter().collect()),
            false => Scanned::Incomplete(failures),
        })
    }

    /// Scans the files below the top, or the history, with paths relative to the top.
    fn scan(&self, scope: Scope, on_event: &mut dyn FnMut(Event) -> bool) -> Result<Summary, Stop> {
        let engine = &self.setup.engine;
        if scope == Scope::History {
            let store = self.home.store().ok_or_else(|| {
                Stop::new("there is no repository here").help("run it inside a git repository")
            })?;
            let what = HistoryOptions::default();
            let summary = crate::history::run(store, engine, &what, &self.options, on_event)?;
            return Ok(summary);
        }
        let roots = vec![self.home.top.clone()];
        let options = WalkOptions {
            roots,
            base: self.home.top.clone(),
            scope: engine.policy.scope.clone(),
            environment: self.setup.settings.environment().clone(),
            ..WalkOptions::default()
        };
        let walk = WalkSource::new(options).map_err(|e| Stop::new(e.to_string()))?;
        Ok(scan::run(&walk, engine, &self.options, on_event))
    }
}

fn difference(old: &Baseline, found: &BTreeSet<Entry>) -> Difference {
    let known: BTreeSet<Entry> = old.entries().iter().cloned().collect();
    let mut new: Vec<Entry> = found.difference(&known).cloned().collect();
    let mut gone: Vec<Entry> = known.difference(found).cloned().collect();
    // What is masked in a path depends on all that the run finds. So an entry may differ
    // from its finding only in what is masked.
    let mut left = MOST_COMPARED;
    let mut like = |entry: &Entry, others: &[Entry]| {
        others.iter().any(|other| {
            left = left.saturating_sub(1);
            left > 0 && entry.is_like(other)
        })
    };
    let same: Vec<bool> = new.iter().map(|entry| like(entry, &gone)).collect();
    gone.retain(|entry| !like(entry, &new));
    let mut same = same.into_iter();
    new.retain(|_| same.next() != Some(true));
    Difference {
        entries: known.len(),
        new,
        gone,
        found: found.len(),
    }
}

/// Returns 16 random bytes, from the seeds that the standard library requests from the system
/// for its hash tables.
fn salt() -> Vec<u8> {
    let mut out = Vec::new();
    for i in 0..2u64 {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(i);
        out.extend_from_slice(&hasher.finish().to_le_bytes());
    }
    out
}

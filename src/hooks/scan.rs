//! Scans what a hook covers.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io::BufRead;
use std::sync::Arc;

use super::message;
use super::work::Part;
use crate::environment::Environment;
use crate::finding::{Event, Summary, Verdict};
use crate::git::protocol::{self, Dialect, Update};
use crate::git::push::{self, Known};
use crate::git::{ObjectId, Store, config, revision};
use crate::globs::Scope;
use crate::inside::Most;
use crate::scan::{Engine, RunOptions};
use crate::source::push::PushSource;
use crate::source::range::RangeOptions;
use crate::source::staged::StagedSource;
use crate::source::text::TextSource;
use crate::source::tracked::TrackedSource;
use crate::stop::Stop;

/// What git passes to a hook.
pub struct Call<'c> {
    /// The arguments.
    pub args: &'c [OsString],
    /// The environment.
    pub environment: &'c Environment,
    /// Standard input; None on a terminal, where git writes nothing.
    pub input: Option<&'c mut dyn BufRead>,
    /// The references that a push moves. [`Ready::open`] adds them.
    pub updates: Vec<Update>,
}

/// A part that is ready to scan.
pub enum Ready<'s> {
    /// The staged changes.
    Staged(StagedSource<'s>),
    /// A message.
    Message(TextSource<'s>),
    /// The tracked files.
    Tracked(Box<TrackedSource>),
    /// The commits of a push.
    Push(PushSource<'s>),
}

impl<'s> Ready<'s> {
    /// Opens the source of `part` in `store`. Skips files larger than `most` allows and files
    /// outside of `scope`.
    ///
    /// # Errors
    /// Fails if git's arguments or lines are missing or malformed, or name missing objects.
    pub fn open(
        part: &Part,
        store: &'s Store,
        call: &mut Call<'_>,
        most: Most,
        scope: &Arc<Scope>,
    ) -> Result<Self, Stop> {
        let (remote, url) = remote(part, call);
        let is_known = match &remote {
            Some(name) => config::is_fetched_from(store, name, url.as_deref())?,
            None => true,
        };
        let updates = match part {
            Part::Staged => {
                let merging = merging(store, call.environment);
                let source = StagedSource::open_merging(store, most, &merging)?;
                return Ok(Ready::Staged(source.within(Arc::clone(scope))));
            }
            Part::Message => {
                let source = message::open(call.args, store, call.environment, most.file)?;
                return Ok(Ready::Message(source));
            }
            Part::Tracked => {
                let source = TrackedSource::open(store, most, Arc::clone(scope))?;
                return Ok(Ready::Tracked(Box::new(source)));
            }
            Part::Push => {
                if call.args.is_empty() {
                    return Err(Stop::new("pre-push: the remote's name is missing")
                        .help("pass on git's arguments: `stopleak hook run pre-push -- \"$@\"`"));
                }
                read_lines(Dialect::PrePush, store, call)?
            }
            Part::Receive => read_lines(Dialect::PreReceive, store, call)?,
            Part::Update => vec![update(call.args, store)?],
            Part::Range { from, to, name, .. } => vec![Update {
                name: name.clone().into_bytes(),
                // A framework takes it from the references of the remote.
                old: is_known
                    .then(|| revision::parse_commit(store, from))
                    .transpose()?,
                new: Some(revision::parse_object(store, to)?),
            }],
            Part::Branch { local, name, .. } => vec![Update {
                name: name.clone().into_bytes(),
                old: None,
                new: Some(revision::parse_object(store, local)?),
            }],
        };
        call.updates.extend(updates.iter().cloned());
        let known = match (part, &remote) {
            (Part::Receive | Part::Update, _) => Known::References,
            (_, Some(name)) if !is_known && store.is_remote(name) => Known::Elsewhere(name),
            (_, Some(name)) if is_known => Known::Remote(name),
            _ => Known::Remote(b""),
        };
        let brought = push::brought(store, &updates, known)?;
        let options = RangeOptions {
            most,
            messages: true,
            allow_missing: false,
        };
        let source = PushSource::open(store, brought, options)?;
        Ok(Ready::Push(source.within(Arc::clone(scope))))
    }

    fn scan(
        &self,
        engine: &Engine,
        options: &RunOptions,
        on_event: &mut dyn FnMut(Event) -> bool,
    ) -> Summary {
        match self {
            Ready::Staged(source) => {
                let options = options.for_units(source.units());
                let mut summary = crate::scan::run(source, engine, &options, on_event);
                summary.notes.extend(source.notes());
                summary
            }
            Ready::Message(source) => {
                crate::scan::run(source, engine, &options.for_units(1), on_event)
            }
            Ready::Tracked(source) => crate::scan::run(&**source, engine, options, on_event),
            Ready::Push(source) => {
                let mut summary = crate::scan::run(source, engine, options, on_event);
                summary.commits = source.commits() as u64;
                summary.notes.extend(source.notes());
                summary
            }
        }
    }
}

/// Returns the name of the remote of a push, and its URL if that is known.
fn remote(part: &Part, call: &Call<'_>) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    let bytes = |text: &OsStr| text.as_encoded_bytes().to_vec();
    let told = call.environment.get("PRE_COMMIT_REMOTE_URL");
    let told = told.filter(|url| !url.is_empty()).map(bytes);
    match part {
        Part::Push => {
            let url = call.args.get(1).filter(|url| !url.is_empty());
            let name = call.args.first();
            (name.map(|name| bytes(name)), url.map(|url| bytes(url)))
        }
        Part::Range { remote, .. } => (remote.as_ref().map(|name| bytes(name)), told),
        Part::Branch { remote, .. } => (Some(bytes(remote)), told),
        _ => (None, None),
    }
}

/// Reads the lines that git writes to the hook.
fn read_lines(dialect: Dialect, store: &Store, call: &mut Call<'_>) -> Result<Vec<Update>, Stop> {
    let hook = match dialect {
        Dialect::PrePush => "pre-push",
        Dialect::PreReceive => "pre-receive",
    };
    let Some(input) = call.input.as_mut() else {
        return Err(
            Stop::new(format!("{hook}: expected git's lines on standard input"))
                .help("git runs this hook; to scan manually, use `stopleak history --range A..B`"),
        );
    };
    protocol::read(input, dialect, store.hash()).map_err(|error| {
        Stop::new(format!("{hook}: {error}"))
            .help("nothing was scanned; pass on git's standard input unchanged")
    })
}

/// Parses the arguments of an update hook: reference, old, new.
fn update(args: &[OsString], store: &Store) -> Result<Update, Stop> {
    let help = "pass on git's arguments: `stopleak hook run update -- \"$@\"`";
    let [name, old, new] = args else {
        return Err(Stop::new("update: expected REF OLD-OID NEW-OID").help(help));
    };
    let bytes = |arg: &OsString| arg.as_encoded_bytes().to_vec();
    protocol::update(&bytes(name), &bytes(old), &bytes(new), store.hash())
        .map_err(|why| Stop::new(format!("update: {why}")).help(help))
}

/// Returns the commits that `git merge` merges. git passes them to its hooks as variables
/// `GITHEAD_<oid>`, and writes MERGE_HEAD only after pre-merge-commit.
fn merging(store: &Store, environment: &Environment) -> Vec<ObjectId> {
    let names = environment.iter().filter_map(|(name, _)| name.to_str());
    let mut found: Vec<ObjectId> = names
        .filter_map(|name| {
            let hex = name.strip_prefix("GITHEAD_")?;
            ObjectId::from_hex(hex.as_bytes()).ok()?;
            revision::parse_commit(store, hex).ok()
        })
        .collect();
    found.sort_unstable();
    found
}

/// Scans all parts. A finding of two parts counts once.
pub fn scan(
    ready: &[Ready<'_>],
    engine: &Engine,
    options: &RunOptions,
    on_event: &mut dyn FnMut(Event) -> bool,
) -> Summary {
    let mut total = Summary::default();
    let mut seen = HashSet::new();
    let mut go_on = true;
    for part in ready {
        let mut again = Summary::default();
        let mut once = |event: Event| {
            if let (true, Event::Finding(finding)) = (ready.len() > 1, &event)
                && !seen.insert((finding.fingerprint, finding.verdict == Verdict::Report))
            {
                again.count(&event);
                return true;
            }
            go_on = on_event(event);
            go_on
        };
        let summary = part.scan(engine, options, &mut once);
        add(&mut total, summary, &again);
        if !go_on {
            break;
        }
    }
    total
}

/// Adds the counts of one part, without the findings `again` that another part had.
fn add(total: &mut Summary, part: Summary, again: &Summary) {
    total.files += part.files;
    total.bytes += part.bytes;
    total.binary += part.binary;
    total.commits += part.commits;
    total.failed += part.failed;
    total.elapsed += part.elapsed;
    total.notes.extend(part.notes);
    for (severity, n) in part.findings {
        let again = again.findings.get(&severity).copied().unwrap_or_default();
        if n > again {
            *total.findings.entry(severity).or_default() += n - again;
        }
    }
    for (by, n) in part.suppressed {
        let again = again.suppressed.get(&by).copied().unwrap_or_default();
        if n > again {
            *total.suppressed.entry(by).or_default() += n - again;
        }
    }
    for (why, n) in part.skipped {
        *total.skipped.entry(why).or_default() += n;
    }
}

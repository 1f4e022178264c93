//! `stopleak hook run`: scans what the hook is about and says how to go on.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::args::{CommonArgs, HookRunArgs};
use super::super::settings::Settings;
use super::super::{output, plan, running, warn};
use super::Stage;
use super::work::{self, Part};
use crate::blob::{BlobPath, SourceError};
use crate::finding::{Event, Summary, Verdict};
use crate::git::protocol::{self, Dialect, Update};
use crate::git::push::{self, Known};
use crate::git::{GitError, ObjectId, OpenOptions, Store, index, revision, worktree};
use crate::globs::Scope;
use crate::scan::{Engine, RunOptions};
use crate::source::push::PushSource;
use crate::source::range::RangeOptions;
use crate::source::staged::StagedSource;
use crate::source::walk::{WalkOptions, WalkSource};
use crate::stop::Stop;
use crate::stop::describe;

/// Up to this many changed files are scanned without starting threads.
const FEW: usize = 32;

/// A part that is ready to be scanned.
enum Ready<'s> {
    Staged(StagedSource<'s>),
    Tracked(Box<WalkSource>),
    Push(PushSource<'s>),
}

/// Runs the hook and returns its exit code.
pub(super) fn run(stage: Stage, args: &HookRunArgs) -> Result<u8, Stop> {
    let parts = work::parts(stage, !args.args.is_empty(), &|name| std::env::var_os(name))?;
    // Before the working directory changes: the arguments are relative to this one.
    let outputs = output::open(&args.common)?;
    let options = OpenOptions::from_environment(&super::super::environment());
    let mut store = Store::discover(Path::new("."), &options)?;
    if parts.contains(&Part::Tracked) {
        store = at_top(&store, &options)?;
    }
    let settings = Settings::of_store(&args.common, &store)?;
    let engine = plan::engine(&args.common, &settings)?;
    let size = settings.max_file_size(args.max_file_size)?.value;
    let mut ready = Vec::new();
    for part in &parts {
        ready.push(prepare(part, &store, args, (size, &engine.policy.scope))?);
    }
    let run = running::Run::new(&engine, &args.common, &settings);
    let code = running::report(run, outputs, |options, on_event| {
        Ok(scan_all(&ready, &engine, options, &args.common, on_event))
    })?;
    if !args.common.quiet {
        advise(stage, code);
    }
    Ok(code)
}

fn prepare<'s>(
    part: &Part,
    store: &'s Store,
    args: &HookRunArgs,
    (max_bytes, scope): (u64, &Arc<Scope>),
) -> Result<Ready<'s>, Stop> {
    let failed = |error: GitError| Stop::from(error);
    let updates = match part {
        Part::Staged => {
            let source = StagedSource::open_merging(store, max_bytes, &merging(store));
            return source
                .map(|source| Ready::Staged(source.within(Arc::clone(scope))))
                .map_err(failed);
        }
        Part::Tracked => {
            return tracked(store, max_bytes, Arc::clone(scope))
                .map(|walk| Ready::Tracked(Box::new(walk)));
        }
        Part::Push => {
            if args.args.is_empty() {
                return Err(Stop::new("pre-push: the remote's name is missing")
                    .help("hand on git's arguments: `stopleak hook run pre-push -- \"$@\"`"));
            }
            read_lines(Dialect::PrePush, store)?
        }
        Part::Receive => read_lines(Dialect::PreReceive, store)?,
        Part::Update => vec![update(&args.args, store)?],
        Part::Range { from, to, name, .. } => vec![Update {
            name: name.clone().into_bytes(),
            old: Some(revision::parse_commit(store, from).map_err(failed)?),
            new: Some(revision::parse_object(store, to).map_err(failed)?),
        }],
        Part::Branch { local, name, .. } => vec![Update {
            name: name.clone().into_bytes(),
            old: None,
            new: Some(revision::parse_object(store, local).map_err(failed)?),
        }],
    };
    let remote = match part {
        Part::Push => args.args.first(),
        Part::Range { remote, .. } => remote.as_ref(),
        Part::Branch { remote, .. } => Some(remote),
        _ => None,
    };
    let known = match part {
        Part::Receive | Part::Update => Known::References,
        _ => Known::Remote(remote.map_or(b"", |name| name.as_encoded_bytes())),
    };
    let brought = push::brought(store, &updates, known).map_err(failed)?;
    let options = RangeOptions {
        max_bytes,
        messages: true,
        allow_missing: false,
    };
    let source = PushSource::open(store, brought, options);
    source
        .map(|source| Ready::Push(source.within(Arc::clone(scope))))
        .map_err(failed)
}

/// The lines that git writes to the hook.
fn read_lines(dialect: Dialect, store: &Store) -> Result<Vec<Update>, Stop> {
    let input = std::io::stdin();
    let hook = match dialect {
        Dialect::PrePush => "pre-push",
        Dialect::PreReceive => "pre-receive",
    };
    if input.is_terminal() {
        return Err(Stop::new(format!(
            "{hook}: git's lines are expected on standard input"
        ))
        .help("git runs this; to scan by hand, use `stopleak history --range A..B`"));
    }
    protocol::read(input.lock(), dialect, store.hash()).map_err(|error| {
        Stop::new(format!("{hook}: {error}"))
            .help("nothing was scanned; hand on git's standard input to the hook as it is")
    })
}

/// The update that the arguments of an update hook tell: reference, old, new.
fn update(args: &[OsString], store: &Store) -> Result<Update, Stop> {
    let help = "hand on git's arguments: `stopleak hook run update -- \"$@\"`";
    let [name, old, new] = args else {
        return Err(Stop::new("update: expected REF OLD-OID NEW-OID").help(help));
    };
    let bytes = |arg: &OsString| arg.as_encoded_bytes().to_vec();
    protocol::update(&bytes(name), &bytes(old), &bytes(new), store.hash())
        .map_err(|why| Stop::new(format!("update: {why}")).help(help))
}

/// The commits that `git merge` merges: it names them to its hooks as variables
/// `GITHEAD_<oid>`, and writes MERGE_HEAD only after pre-merge-commit.
fn merging(store: &Store) -> Vec<ObjectId> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
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

/// The files that git tracks, as the working tree has them.
fn tracked(store: &Store, max_bytes: u64, scope: Arc<Scope>) -> Result<WalkSource, Stop> {
    let mut tracked = Vec::new();
    let mut unlisted = Vec::new();
    for path in index::tracked(store)? {
        match worktree::file_name(&path) {
            Some(path) => tracked.push(path),
            None => unlisted.push(SourceError {
                path: BlobPath::new(path),
                why: "this system cannot name it".to_owned(),
            }),
        }
    }
    WalkSource::new(WalkOptions {
        base: PathBuf::new(),
        scope,
        roots: Vec::new(),
        ignore_files: false,
        follow: false,
        max_bytes,
        exclude: Vec::new(),
        include: Vec::new(),
        tracked,
        unlisted,
        outputs: Vec::new(),
    })
    .map_err(|e| Stop::new(e.to_string()))
}

/// Goes to the top of the working tree, which paths are relative to, and opens the
/// repository from there.
fn at_top(store: &Store, options: &OpenOptions) -> Result<Store, Stop> {
    let Some(top) = store.work_dir() else {
        return Err(
            Stop::new("a bare repository has no files to scan").help("use `stopleak history`")
        );
    };
    let at = |path: &Path| {
        let found = std::fs::canonicalize(path);
        found.map_err(|e| Stop::new(format!("{}: {}", path.display(), describe(&e))))
    };
    let absolute = |path: &Option<PathBuf>| path.as_ref().map(std::path::absolute).transpose();
    let failed = |e: std::io::Error| Stop::new(describe(&e));
    let options = OpenOptions {
        git_dir: Some(at(store.git_dir())?),
        index_file: absolute(&options.index_file).map_err(failed)?,
        object_directory: absolute(&options.object_directory).map_err(failed)?,
        alternates: options.alternates.clone(),
        max_unpacked: options.max_unpacked,
    };
    let top = at(top)?;
    std::env::set_current_dir(&top)
        .map_err(|e| Stop::new(format!("{}: {}", top.display(), describe(&e))))?;
    Store::open(&top, &options).map_err(Stop::from)
}

/// Scans all parts; what two of them find is one finding.
fn scan_all(
    ready: &[Ready<'_>],
    engine: &Engine,
    options: &RunOptions,
    args: &CommonArgs,
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
        let summary = match part {
            Ready::Staged(source) => {
                let few = source.units() <= FEW && args.jobs.is_none();
                let options = RunOptions {
                    jobs: if few { 1 } else { options.jobs },
                    ..options.clone()
                };
                let mut summary = crate::scan::run(source, engine, &options, &mut once);
                summary.notes.extend(source.notes());
                summary
            }
            Ready::Tracked(source) => crate::scan::run(&**source, engine, options, &mut once),
            Ready::Push(source) => {
                let mut summary = crate::scan::run(source, engine, options, &mut once);
                summary.commits = source.commits() as u64;
                summary.notes.extend(source.notes());
                summary
            }
        };
        add(&mut total, summary, &again);
        if !go_on {
            break;
        }
    }
    total
}

/// Adds the counts of one part, without the findings that another had `again`.
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

/// Says on standard error what is stopped and how to go on.
fn advise(stage: Stage, code: u8) {
    let (what, skip) = match stage {
        Stage::PreCommit => (
            "the commit is stopped",
            "; `git commit --no-verify` skips all hooks",
        ),
        Stage::PreMergeCommit => (
            "the merge is stopped",
            "; `git merge --no-verify` skips all hooks",
        ),
        Stage::PrePush => (
            "the push is stopped",
            "; `git push --no-verify` skips all hooks",
        ),
        Stage::PreReceive | Stage::Update => ("the push is refused", ""),
        Stage::Auto => (
            "stopped",
            "; SKIP=stopleak (the hook's id, as the configuration has it) in the environment skips it",
        ),
        Stage::Manual => return,
    };
    match code {
        0 => {}
        1 => warn(&format!(
            "stopleak: {what}: remove what was found, or mark what is no secret with a \
             `stopleak:allow REASON` comment on its line{skip}"
        )),
        _ => warn(&format!(
            "stopleak: {what}: not everything could be scanned{skip}"
        )),
    }
}

//! What people accepted: the baseline and the ignore file, read from the working
//! tree or, with `--policy-from`, from a revision that is trusted.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::CommonArgs;
use super::settings::Settings;
use super::site::Site;
use super::{clock, gitleaks};
use crate::blob::{BlobPath, SourceError};
use crate::config::gitleaks::Config;
use crate::finding::Summary;
use crate::git::{Kind, ObjectId, OpenOptions, Reader, Store, object, revision};
use crate::scan::Engine;
use crate::secret::MASK;
use crate::stop::Stop;
use crate::stop::describe;
use crate::suppress::baseline::Baseline;
use crate::suppress::ignores::Ignores;
use crate::suppress::{Gone, Policy, Trusted};

/// The baseline's name at the top of a repository.
pub(super) const BASELINE: &str = ".stopleak-baseline";
/// The ignore file's name at the top of a repository.
pub(super) const IGNORES: &str = ".stopleakignore";
/// The largest such file that is read, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// Adds to the engine's policy what is accepted at the site of `settings`.
pub(super) fn apply(
    engine: &mut Engine,
    args: &CommonArgs,
    settings: &Settings,
) -> Result<(), Stop> {
    let top = settings.home.as_deref();
    let policy = &mut engine.policy;
    if args.no_suppressions {
        policy.inline = false;
        return Ok(());
    }
    policy.gone = top.map_or_else(Gone::default, gone);
    let Some(revision) = &args.policy_from else {
        return read(policy, args, settings.gitleaks.as_ref(), top, &Files::Disk);
    };
    let at = top.unwrap_or(Path::new("."));
    let store = Store::discover(at, &OpenOptions::from_environment(&super::environment()));
    let store = Arc::new(store?);
    let commit = revision::parse_commit(&store, revision)?;
    let root = root_of(&store, &commit)?;
    let mut asked = Policy {
        min_confidence: policy.min_confidence,
        inline: policy.inline,
        gone: policy.gone.clone(),
        ..Policy::default()
    };
    // What the change has may be broken: it counts for nothing but a hint.
    let here = Settings::load(&args.config, Site::of_store(&store));
    let here = here.ok().map(|here| Settings {
        map: settings.map.clone(),
        ..here
    });
    let theirs = here.as_ref().and_then(|here| here.gitleaks.as_ref());
    let _ = read(&mut asked, args, theirs, top, &Files::Disk);
    if let Some(here) = &here
        && let Ok(said) = super::policy::policy(args, here, engine.detector.rules())
    {
        (asked.allow, asked.paths) = (said.allow, said.paths);
    }
    policy.asked = Some(Box::new(asked));
    let files = Files::Tree(&store, root);
    read(policy, args, settings.gitleaks.as_ref(), top, &files)?;
    policy.trusted = Some(Trusted::new(move |path| file_in(&store, root, path)));
    Ok(())
}

/// Where files are read from.
enum Files<'s> {
    Disk,
    Tree(&'s Store, ObjectId),
}

impl Files<'_> {
    /// The text of a file; None when there is none and `must` does not ask for it.
    fn text(&self, top: Option<&Path>, name: &Path, must: bool) -> Result<Option<String>, Stop> {
        let bad = |why: &str| Stop::new(format!("{}: {why}", name.display()));
        let bytes = match self {
            Files::Disk => match std::fs::metadata(name) {
                Err(e) if e.kind() == ErrorKind::NotFound && !must => return Ok(None),
                Err(e) => return Err(bad(&describe(&e))),
                Ok(meta) if !meta.is_file() => return Err(bad("not a regular file")),
                Ok(meta) if meta.len() > MAX_FILE => return Err(bad("too large")),
                Ok(_) => std::fs::read(name).map_err(|e| bad(&describe(&e)))?,
            },
            Files::Tree(store, root) => {
                let inside = top.and_then(|top| name.strip_prefix(top).ok());
                let inside = inside.unwrap_or(name);
                match file_in(store, *root, BlobPath::shown(inside).as_bytes()) {
                    Some(bytes) => bytes,
                    None => return Ok(None),
                }
            }
        };
        String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| bad("not UTF-8"))
    }
}

fn read(
    policy: &mut Policy,
    args: &CommonArgs,
    gitleaks_config: Option<&Config>,
    top: Option<&Path>,
    files: &Files<'_>,
) -> Result<(), Stop> {
    let mut theirs = None;
    let named = |given: &Option<PathBuf>, usual: &str| match given {
        Some(path) => Some((path.clone(), true)),
        None => Some((top?.join(usual), false)),
    };
    if let Some((name, must)) = named(&args.baseline, BASELINE)
        && let Some(text) = files.text(top, &name, must)?
    {
        if text.trim_start().starts_with('[') {
            theirs = Some((name, text));
        } else {
            let baseline = Baseline::parse(&text).map_err(|e| mistakes(&name, &e))?;
            policy.baseline = Some(baseline);
        }
    }
    if let Some((name, must)) = named(&args.ignore_file, IGNORES)
        && let Some(text) = files.text(top, &name, must)?
    {
        let ignores = Ignores::parse(&text, clock::today()).map_err(|e| mistakes(&name, &e))?;
        policy.ignores = Some(ignores);
    }
    let mut ignored = Vec::new();
    for (name, must) in ignore_files(args, top, files) {
        if let Some(text) = files.text(top, &name, must)? {
            let shown = name.display().to_string();
            ignored.extend(gitleaks::ignore_entries(text.as_bytes(), &shown));
        }
    }
    let report = theirs.as_ref().map(|(_, text)| text.as_bytes());
    let suppressing = gitleaks::suppressing(gitleaks_config, ignored, report).map_err(|why| {
        let name = theirs.as_ref().map(|(name, _)| name.display().to_string());
        Stop::new(format!("{}: {why}", name.unwrap_or_default()))
            .help("give the JSON report of `gitleaks … --report-format json`")
    })?;
    policy.gitleaks = suppressing.map(Arc::new);
    Ok(())
}

/// The ignore files of gitleaks: the one that is asked for, or in the current
/// directory, and the one at the top; and whether each has to be there.
fn ignore_files(args: &CommonArgs, top: Option<&Path>, files: &Files<'_>) -> Vec<(PathBuf, bool)> {
    let usual = PathBuf::from(gitleaks::IGNORE);
    let (first, must) = match args.gitleaks_ignore.as_deref() {
        Some(path) if path.is_dir() => (path.join(&usual), false),
        Some(path) => (path.to_owned(), true),
        None => (usual, false),
    };
    let Some(second) = top.map(|top| top.join(gitleaks::IGNORE)) else {
        return vec![(first, must)];
    };
    let full = |path: &Path| std::path::absolute(path).ok();
    let same = full(&first) == full(&second);
    match files {
        // In a revision, paths are those below the top.
        Files::Tree(..) if !must => vec![(second, false)],
        _ if same => vec![(first, must)],
        _ => vec![(first, must), (second, false)],
    }
}

/// All mistakes of a file as one error.
pub(super) fn mistakes(name: &Path, errors: &[String]) -> Stop {
    let lines: Vec<String> = errors
        .iter()
        .map(|e| format!("{}:{e}", name.display()))
        .collect();
    Stop::new(lines.join("\n")).help("docs/suppression.md tells how such a file is written")
}

/// Tells paths at which nothing stands any more: in the working tree or, in a bare
/// repository, at HEAD.
fn gone(top: &Path) -> Gone {
    if top.join(".git").exists() || !top.join("HEAD").is_file() {
        let top = top.to_owned();
        return Gone::new(move |path| {
            if is_masked(path) {
                return false;
            }
            let Some(name) = crate::git::worktree::file_name(path) else {
                return false;
            };
            let found = std::fs::symlink_metadata(top.join(name));
            found.is_err_and(|e| e.kind() == ErrorKind::NotFound)
        });
    }
    let Ok(store) = Store::discover(top, &OpenOptions::default()) else {
        return Gone::default();
    };
    let head = crate::git::refs::head(&store).ok().flatten();
    let Some(root) = head.and_then(|id| root_of(&store, &id).ok()) else {
        return Gone::default();
    };
    // What cannot be looked up is not gone.
    Gone::new(move |path| {
        if is_masked(path) {
            return false;
        }
        let mut reader = Reader::new(&store, object::DEFAULT_LIMIT);
        matches!(reader.find_path(&root, path), Ok(None))
    })
}

/// Whether a path says only how some paths look: which of them are there is not known.
fn is_masked(path: &[u8]) -> bool {
    memchr::memmem::find(path, MASK.as_bytes()).is_some()
}

fn root_of(store: &Store, commit: &ObjectId) -> Result<ObjectId, Stop> {
    let mut differ = crate::git::diff::Differ::new(store, object::DEFAULT_LIMIT);
    differ.tree_of(commit).map_err(Stop::from)
}

/// The content of the file at `path` below the tree `root`.
fn file_in(store: &Store, root: ObjectId, path: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(store, object::DEFAULT_LIMIT);
    let (_, id) = reader.find_path(&root, path).ok()??;
    let mut raw = Vec::new();
    reader.expect(&id, Kind::Blob, &mut raw).ok()?;
    Some(raw)
}

/// What is to be said of the accepted files after a scan: entries that are expired
/// and, when everything was looked at, those that accept nothing. With
/// `--strict-ignores` each is a failure.
pub(super) fn remarks(
    engine: &Engine,
    args: &CommonArgs,
    summary: &mut Summary,
) -> Vec<SourceError> {
    let mut failures = Vec::new();
    let Policy {
        baseline, ignores, ..
    } = &engine.policy;
    let mut tell = |file: &str, what: &str, lines: Vec<usize>| {
        if lines.is_empty() {
            return;
        }
        if args.strict_ignores {
            failures.extend(lines.iter().map(|line| SourceError {
                path: file.into(),
                why: format!("line {line}: {what}"),
            }));
        } else {
            let count = lines.len();
            let shown: Vec<String> = lines.iter().take(5).map(usize::to_string).collect();
            let more = if count > 5 { ", …" } else { "" };
            let shown = shown.join(", ");
            summary
                .notes
                .push(format!("{file}: {count} {what} (line {shown}{more})"));
        }
    };
    if let Some(ignores) = ignores {
        let lines = |of: &mut dyn Iterator<Item = usize>| of.collect::<Vec<_>>();
        let expired = lines(&mut ignores.expired().map(|e| e.line));
        tell(IGNORES, "expired", expired);
        let shadowed = lines(&mut ignores.shadowed().map(|e| e.line));
        if summary.whole {
            let unused = ignores.unused().map(|e| e.line);
            let unused = lines(&mut unused.filter(|line| !shadowed.contains(line)));
            tell(IGNORES, "unused", unused);
        }
        tell(IGNORES, "needless, something else accepts it", shadowed);
    }
    if let (Some(baseline), true) = (baseline, summary.whole) {
        let stale = baseline.unused().count();
        if stale > 0 && args.strict_ignores {
            failures.push(SourceError {
                path: BASELINE.into(),
                why: format!("{stale} entries match nothing; `stopleak baseline prune`"),
            });
        } else if stale > 0 {
            summary.notes.push(format!(
                "{BASELINE}: {stale} entries match nothing; `stopleak baseline prune` removes them"
            ));
        }
    }
    failures
}

/// Replaces the file at `path` by `text` in one step, so that there is never half of it.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), Stop> {
    let failed = |e: &std::io::Error| {
        Stop::new(format!(
            "{}: cannot be written: {}",
            path.display(),
            describe(e)
        ))
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&aside)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&aside, path));
    written.map_err(|e| {
        let _ = std::fs::remove_file(&aside);
        failed(&e)
    })
}

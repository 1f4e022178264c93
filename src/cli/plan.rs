//! From what was said to what will be done: values checked, files read, defaults
//! filled in. The one place that knows everything.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{CommonArgs, ScanArgs};
use super::settings::Settings;
use super::term::ColorChoice;
use super::{accepted, named, policy, site};
use crate::blob::{BlobPath, SourceError};
use crate::git;
use crate::globs::Scope;
use crate::identity::IdentityKey;
use crate::scan::{Engine, Progress, RunOptions};
use crate::source::walk::WalkOptions;
use crate::stop::Stop;
use crate::stop::describe;

/// The environment variable that holds the key of identities.
const KEY_VARIABLE: &str = "STOPLEAK_ID_KEY";

/// The engine that the arguments ask for, with all that holds at the settings' site:
/// what the configuration says, and what people accepted there.
pub(super) fn engine(args: &CommonArgs, settings: &Settings) -> Result<Engine, Stop> {
    let detector = policy::detector(args, settings)?;
    let mut engine = Engine {
        policy: policy::policy(args, settings, detector.rules())?,
        detector,
        key: identity_key(),
        base: settings.base.clone(),
        keep_dismissed: args.show_suppressed || args.verbose,
    };
    accepted::apply(&mut engine, args, settings)?;
    Ok(engine)
}

/// The key of identities: the user's own, or the public one.
pub(super) fn identity_key() -> IdentityKey {
    match std::env::var_os(KEY_VARIABLE) {
        Some(key) if !key.is_empty() => IdentityKey::new(key.as_encoded_bytes()),
        _ => IdentityKey::default(),
    }
}

/// When to colour.
pub(super) fn color(args: &CommonArgs) -> Result<ColorChoice, Stop> {
    let all = [ColorChoice::Auto, ColorChoice::Always, ColorChoice::Never];
    named("--color", &args.color, &all, |c| match c {
        ColorChoice::Auto => "auto",
        ColorChoice::Always => "always",
        ColorChoice::Never => "never",
    })
}

/// How many threads, and where to count.
pub(super) fn run_options(args: &CommonArgs) -> RunOptions {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    RunOptions {
        jobs: args.jobs.map_or(processors, usize::from),
        progress: Arc::new(Progress::default()),
    }
}

/// What to walk.
pub(super) fn walk(
    args: &ScanArgs,
    settings: &Settings,
    scope: Arc<Scope>,
    outputs: Vec<PathBuf>,
) -> Result<WalkOptions, Stop> {
    let no_ignore = settings.no_ignore(args.no_ignore).value;
    let (tracked, unlisted) = if no_ignore {
        (Vec::new(), Vec::new())
    } else {
        self::tracked(&args.paths)
    };
    Ok(WalkOptions {
        roots: args.paths.clone(),
        ignore_files: !no_ignore,
        follow: settings.follow(args.follow).value,
        max_bytes: settings.max_file_size(args.max_file_size)?.value,
        exclude: args.exclude.clone(),
        include: args.include.clone(),
        scope,
        base: PathBuf::new(),
        tracked,
        unlisted,
        outputs,
    })
}

/// What to walk for untracked files: the working tree without what git ignores.
pub(super) fn walk_changed(
    store: &git::Store,
    args: &ScanArgs,
    max_bytes: u64,
    scope: Arc<Scope>,
    outputs: Vec<PathBuf>,
) -> WalkOptions {
    let top = store.work_dir().unwrap_or(store.git_dir()).to_owned();
    WalkOptions {
        roots: vec![top.clone()],
        ignore_files: true,
        follow: false,
        max_bytes,
        exclude: args.exclude.clone(),
        include: args.include.clone(),
        scope,
        base: top,
        tracked: Vec::new(),
        unlisted: Vec::new(),
        outputs,
    }
}

/// The paths, each of which must be in the working tree, relative to its top. One
/// that was deleted is taken as it stands.
pub(super) fn within(store: &git::Store, paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, Stop> {
    let Some(top) = store.work_dir() else {
        return Ok(Vec::new());
    };
    let stop = |path: &Path, why: &str| Stop::new(format!("{}: {why}", path.display()));
    let top = std::fs::canonicalize(top).map_err(|e| stop(top, &describe(&e)))?;
    let mut out = Vec::new();
    for path in paths {
        let full = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
        let full = full.map_err(|e| stop(path, &describe(&e)))?;
        let below = full.strip_prefix(&top).map_err(|_| {
            stop(path, "not in this repository's working tree")
                .help("`scan --changed` looks at the repository of the current directory")
        })?;
        out.push(BlobPath::shown(below).as_bytes().to_vec());
    }
    Ok(out)
}

/// What git tracks below the directories among `roots`, and where that is not known.
pub(super) fn tracked(roots: &[PathBuf]) -> (Vec<PathBuf>, Vec<SourceError>) {
    let (mut tracked, mut unlisted) = (Vec::new(), Vec::new());
    for root in roots.iter().filter(|p| p.is_dir()) {
        match tracked_below(root) {
            Ok(files) => tracked.extend(files),
            Err(why) => unlisted.push(SourceError {
                path: BlobPath::shown(root),
                why: format!("what git tracks here cannot be listed: {why}; --no-ignore scans all"),
            }),
        }
    }
    (tracked, unlisted)
}

/// The files below `root` that git tracks, in the way in which the walk names them.
/// Empty outside a repository. A repository that cannot be read is an error: what it
/// tracks in spite of its ignore rules would be missed unseen.
fn tracked_below(root: &Path) -> Result<Vec<PathBuf>, String> {
    let absolute = std::fs::canonicalize(root).map_err(|e| describe(&e))?;
    // Where the repository lies, whatever its configuration says of its work tree.
    let Some(top) = site::repository(&absolute) else {
        return Ok(Vec::new());
    };
    let store =
        git::Store::discover(&absolute, &git::OpenOptions::default()).map_err(|e| e.to_string())?;
    let Ok(prefix) = absolute.strip_prefix(&top) else {
        return Ok(Vec::new());
    };
    let paths = git::index::tracked(&store).map_err(|e| e.to_string())?;
    let below = paths.iter().filter_map(|path| {
        let path = git::worktree::file_name(path)?;
        path.strip_prefix(prefix).ok().map(|p| root.join(p))
    });
    Ok(below.collect())
}

/// The path of these bytes; None where the system has no such path.
pub(super) fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        Some(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
    }
    #[cfg(not(unix))]
    {
        std::str::from_utf8(bytes).ok().map(PathBuf::from)
    }
}

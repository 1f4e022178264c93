//! The files in a directory of hooks: installs, removes and shows stopleak's hooks.
//!
//! Install renames an existing hook, which keeps running; uninstall renames it back,
//! identical in every byte and mode bit. Nothing is written through a link, and no file is
//! ever half written.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Stage;
use super::place::Place;
use super::script::{self, ASIDE, Kind};
use crate::report::escape::escape;
use crate::stop::{Stop, describe};

/// The size limit of a hook of ours, in bytes.
const MAX_HOOK: u64 = 1 << 20;

/// What is at a hook's path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// Written by `install`; its bytes.
    Ours(Vec<u8>),
    Edited,
    Other,
}

/// A change to a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The hook's file.
    pub path: PathBuf,
    /// What changed.
    pub what: &'static str,
}

/// The state of a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The hook.
    pub stage: Stage,
    /// Whether it runs this program, and what else runs.
    pub text: String,
    /// The file: `none`, `installed`, `edited`, `other`, or `runs` for a hook of the project that
    /// runs this program.
    pub file: &'static str,
    /// The hook that runs first, if there is one.
    pub previous: Option<PathBuf>,
}

/// Returns the state of hooks at `place` as a document.
pub fn status_json(place: &Place, all: &[State]) -> Value {
    let hooks = all.iter().map(|hook| {
        json!({
            "stage": hook.stage.id(),
            "file": hook.file,
            "previous": hook.previous.as_ref().map(|path| path.display().to_string()),
            "state": hook.text,
        })
    });
    json!({
        "schema_version": "1",
        "directory": place.dir.display().to_string(),
        "why": place.why,
        "global": place.global,
        "missing_step": place.missing_step,
        "hooks": hooks.collect::<Vec<Value>>(),
    })
}

/// Returns changes of hooks at `place` as a document.
pub fn changes_json(place: &Place, all: &[Changed]) -> Value {
    let changes = all.iter().map(|change| {
        json!({
            "path": change.path.display().to_string(),
            "what": change.what,
        })
    });
    json!({
        "schema_version": "1",
        "directory": place.dir.display().to_string(),
        "missing_step": place.missing_step,
        "changed": changes.collect::<Vec<Value>>(),
    })
}

/// Installs hooks that run `program`; the default hook if `stages` is empty.
///
/// # Errors
/// Fails if a hook is unwritable or edited, or makes no sense in a bare repository.
pub fn install(place: &Place, stages: &[Stage], program: &Path) -> Result<Vec<Changed>, Stop> {
    let stages = match distinct(stages) {
        stages if !stages.is_empty() => stages,
        _ if place.bare => vec![Stage::PreReceive],
        _ => vec![Stage::PreCommit],
    };
    if place.bare && stages.iter().any(|stage| *stage != Stage::PreReceive) {
        return Err(
            Stop::new("a bare repository has no commits or pushes of its own")
                .help("use `stopleak hook install --stage pre-receive` to guard pushes to it"),
        );
    }
    fs::create_dir_all(&place.dir).map_err(|e| failed(&place.dir, &e))?;
    let mut done = Vec::new();
    for stage in stages {
        let text = script::text(stage, program, place.global);
        let path = place.dir.join(stage.id());
        let what = put(&path, &text)?;
        done.push(Changed { path, what });
    }
    Ok(done)
}

/// Removes our hooks, all of them if `stages` is empty, and restores the previous ones.
///
/// # Errors
/// Fails if a hook was edited or cannot be removed.
pub fn uninstall(place: &Place, stages: &[Stage]) -> Result<Vec<Changed>, Stop> {
    let stages = match distinct(stages) {
        stages if stages.is_empty() => Stage::FILES.to_vec(),
        stages => stages,
    };
    let mut done = Vec::new();
    for stage in stages {
        let path = place.dir.join(stage.id());
        if let Some(what) = take(&path)? {
            done.push(Changed { path, what });
        }
    }
    Ok(done)
}

/// Returns the state of each hook of a place.
///
/// # Errors
/// Fails if a file is unreadable.
pub fn status(place: &Place) -> Result<Vec<State>, Stop> {
    let mut all = Vec::new();
    for stage in Stage::FILES {
        let path = place.dir.join(stage.id());
        if place.managed.is_some() {
            all.push(of_project(place, stage));
            continue;
        }
        let aside = aside(&path);
        let (file, text) = match find(&path)? {
            Found::Nothing => ("none", "not installed"),
            Found::Ours(_) => ("installed", "installed"),
            Found::Edited => ("edited", "installed, but edited since"),
            Found::Other => ("other", "not installed; another hook is there"),
        };
        let mut text = text.to_owned();
        let legacy = path.with_extension("legacy");
        let previous = exists(&aside)?.then(|| aside.clone());
        if previous.is_some() {
            text.push_str(&format!("; {} runs first", shown(&aside)));
        }
        if let Found::Ours(_) | Found::Edited = find(&legacy)? {
            text.push_str(", which runs stopleak as its legacy hook (pre-commit, prek)");
        }
        all.push(State {
            stage,
            text,
            file,
            previous,
        });
    }
    Ok(all)
}

/// Returns the state of a hook that is a file of the project: husky runs the files beside its own
/// directory.
fn of_project(place: &Place, stage: Stage) -> State {
    let dirs = [Some(place.dir.as_path()), place.dir.parent()];
    let files: Vec<String> = dirs
        .into_iter()
        .flatten()
        .filter_map(|dir| {
            let file = fs::File::open(dir.join(stage.id())).ok()?;
            let mut text = Vec::new();
            file.take(MAX_HOOK).read_to_end(&mut text).ok()?;
            Some(String::from_utf8_lossy(&text).into_owned())
        })
        .collect();
    let runs = |text: &String| {
        let lines = text.lines().map(str::trim);
        let mut lines = lines.filter(|line| !line.starts_with('#'));
        lines.any(|line| line.contains("stopleak"))
    };
    let (file, text) = match (files.is_empty(), files.iter().any(runs)) {
        (true, _) => ("none", "no hook"),
        (false, true) => ("runs", "a hook of the project runs stopleak"),
        (false, false) => ("other", "a hook of the project does not run stopleak"),
    };
    State {
        stage,
        text: text.to_owned(),
        file,
        previous: None,
    }
}

/// Returns each stage once.
fn distinct(stages: &[Stage]) -> Vec<Stage> {
    let mut seen = Vec::new();
    for stage in stages {
        if !seen.contains(stage) {
            seen.push(*stage);
        }
    }
    seen
}

/// Installs the hook `text` at `path` and renames an existing hook. Returns what changed.
fn put(path: &Path, text: &[u8]) -> Result<&'static str, Stop> {
    let aside = aside(path);
    let found = find(path)?;
    let left = exists(&aside)?;
    match found {
        Found::Ours(bytes) if bytes == text => Ok("already installed"),
        Found::Ours(_) => {
            write(path, text, None)?;
            Ok("updated")
        }
        Found::Edited => Err(edited(path)),
        Found::Nothing if !left => {
            write(path, text, None)?;
            Ok("installed")
        }
        Found::Other if !left => {
            write(path, text, Some(&aside))?;
            Ok("installed; the previous hook runs first")
        }
        Found::Nothing | Found::Other => Err(Stop::new(format!(
            "{}: a renamed hook is still here, but the current hook is not stopleak's",
            shown(&aside)
        ))
        .help("rename it back or remove it, then install again")),
    }
}

/// Removes the hook at `path` and restores the previous one. Returns what changed, or None if
/// the hook is not ours.
fn take(path: &Path) -> Result<Option<&'static str>, Stop> {
    let aside = aside(path);
    match find(path)? {
        Found::Nothing | Found::Other => Ok(None),
        Found::Edited => Err(edited(path)),
        Found::Ours(_) if exists(&aside)? => {
            fs::rename(&aside, path).map_err(|e| failed(&aside, &e))?;
            Ok(Some("removed; the previous hook is restored"))
        }
        Found::Ours(_) => {
            fs::remove_file(path).map_err(|e| failed(path, &e))?;
            Ok(Some("removed"))
        }
    }
}

/// Writes an executable file atomically, after renaming an existing file to `aside` if given.
fn write(path: &Path, text: &[u8], aside: Option<&Path>) -> Result<(), Stop> {
    let new = with_suffix(path, &format!(".new-{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    // Fails if anything is there, links included.
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o777);
    }
    let written = options.open(&new).and_then(|mut file| {
        file.write_all(text)?;
        file.sync_all()
    });
    if let Err(e) = written {
        if e.kind() != ErrorKind::AlreadyExists {
            let _ = fs::remove_file(&new);
        }
        return Err(failed(&new, &e));
    }
    let moved = match aside {
        Some(aside) => fs::rename(path, aside),
        None => Ok(()),
    };
    let moved = moved.and_then(|()| {
        fs::rename(&new, path).inspect_err(|_| {
            if let Some(aside) = aside {
                let _ = fs::rename(aside, path);
            }
        })
    });
    moved.map_err(|e| {
        let _ = fs::remove_file(&new);
        failed(path, &e)
    })
}

/// Returns what is at `path`, without following a link.
fn find(path: &Path) -> Result<Found, Stop> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(e) => return Err(failed(path, &e)),
    };
    if meta.is_dir() {
        return Err(Stop::new(format!("{}: is a directory", shown(path)))
            .help("git cannot run a directory; remove it"));
    }
    if !meta.is_file() || meta.len() > MAX_HOOK {
        return Ok(Found::Other);
    }
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        // An executable but unreadable file is not ours.
        Err(e) if e.kind() == ErrorKind::PermissionDenied => return Ok(Found::Other),
        Err(e) => return Err(failed(path, &e)),
    };
    Ok(match script::kind(&bytes) {
        Kind::Ours => Found::Ours(bytes),
        Kind::Edited => Found::Edited,
        Kind::Other => Found::Other,
    })
}

fn exists(path: &Path) -> Result<bool, Stop> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) => Err(failed(path, &e)),
    }
}

fn aside(path: &Path) -> PathBuf {
    with_suffix(path, ASIDE)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn edited(path: &Path) -> Stop {
    Stop::new(format!(
        "{}: stopleak's hook was edited since it was installed",
        shown(path)
    ))
    .help("remove it by hand, or move your lines into a hook of your own")
}

fn failed(path: &Path, error: &io::Error) -> Stop {
    Stop::new(format!("{}: {}", path.display(), describe(error)))
        .help("check that the directory is writable")
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

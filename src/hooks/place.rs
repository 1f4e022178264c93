//! Finds where git looks for hooks, and decides whether this program may write there.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::git::config::{self, HooksPath, Scope};
use crate::git::{OpenOptions, Store};
use crate::stop::{Stop, describe};

/// A hook directory.
#[derive(Debug)]
pub struct Place {
    /// The directory.
    pub dir: PathBuf,
    /// Why this directory, in a few words.
    pub why: String,
    /// Whether it applies to all of the user's repositories.
    pub global: bool,
    /// The step that makes git look there, or None if git does.
    pub missing_step: Option<String>,
    /// Whether the repository is bare, so that nothing is committed in it.
    pub bare: bool,
    /// Why this program writes nothing there: the hooks are files of the project.
    pub managed: Option<Stop>,
}

impl Place {
    /// Finds the hook directory of the current repository or, with `global`, of all the
    /// user's repositories.
    ///
    /// # Errors
    /// Fails if there is none, or if another tool manages it.
    pub fn find(global: bool, environment: &Environment) -> Result<Self, Stop> {
        let place = Self::look(global, environment)?;
        place.managed.clone().map_or(Ok(place), Err)
    }

    /// Like [`find`](Self::find), also for a directory that another tool manages.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn look(global: bool, environment: &Environment) -> Result<Self, Stop> {
        if global {
            of_user(environment)
        } else {
            of_repository(environment)
        }
    }
}

/// Finds the current repository's hook directory.
fn of_repository(environment: &Environment) -> Result<Place, Stop> {
    let options = OpenOptions::from_environment(environment);
    let store = Store::discover(Path::new("."), &options)?;
    let real = |path: &Path| {
        let found = std::fs::canonicalize(path);
        found.map_err(|e| Stop::new(format!("{}: {}", path.display(), describe(&e))))
    };
    let common = real(&store.common_dir())?;
    let place = |dir: PathBuf, why: &str| Place {
        dir,
        why: why.to_owned(),
        global: false,
        missing_step: None,
        bare: store.facts().bare,
        managed: None,
    };
    let Some(path) = config::hooks_path(&store)? else {
        let dir = common.join("hooks");
        no_link(&dir)?;
        return Ok(place(dir, "the repository's own hooks"));
    };
    match path.scope {
        Scope::Repository => {}
        Scope::Run => {
            return Err(Stop::new(format!(
                "the environment sets core.hooksPath to {}",
                shown(&path)
            ))
            .help(
                "unset GIT_CONFIG_COUNT and related variables: the setting applies to this run only",
            ));
        }
        Scope::System | Scope::User => {
            return Err(Stop::new(format!(
                "core.hooksPath is {} in {}: git does not look at this repository's own hooks",
                shown(&path),
                path.scope.describe()
            ))
            .help("`stopleak hook install --global` installs there, for all repositories"));
        }
    }
    let top = match store.work_dir() {
        Some(top) => real(top)?,
        None => real(store.git_dir())?,
    };
    let dir = directory(&path, Some(&top), environment)?;
    if !dir.starts_with(&common) && store.work_dir().is_some() && dir.starts_with(&top) {
        return Ok(Place {
            managed: Some(managed(&path)),
            ..place(dir, "core.hooksPath of this repository")
        });
    }
    Ok(place(dir, "core.hooksPath of this repository"))
}

/// Finds the hook directory of all the user's repositories.
fn of_user(environment: &Environment) -> Result<Place, Stop> {
    let place = |dir: PathBuf, why: &str, missing_step| Place {
        dir,
        why: why.to_owned(),
        global: true,
        missing_step,
        bare: false,
        managed: None,
    };
    if let Some(path) = config::global_hooks_path(environment)? {
        let dir = directory(&path, None, environment)?;
        let why = format!("core.hooksPath of {}", path.scope.describe());
        return Ok(place(dir, &why, None));
    }
    let base = match (
        environment.get("XDG_CONFIG_HOME"),
        config::home(environment),
    ) {
        (Some(base), _) => PathBuf::from(base),
        (None, Some(home)) => home.join(".config"),
        (None, None) => {
            return Err(Stop::new("HOME is not set").help("set it to your home directory"));
        }
    };
    if !base.is_absolute() {
        return Err(
            Stop::new(format!("{}: not an absolute path", base.display()))
                .help("set XDG_CONFIG_HOME or HOME to an absolute path"),
        );
    }
    let dir = base.join("git").join("hooks");
    no_link(&dir)?;
    let word = super::script::quoted(dir.as_os_str().as_encoded_bytes());
    let step = format!(
        "git config --global core.hooksPath {}",
        String::from_utf8_lossy(&word)
    );
    Ok(place(
        dir,
        "git's directory in your configuration",
        Some(step),
    ))
}

/// Returns the existing directory that a setting names, links resolved.
fn directory(
    path: &HooksPath,
    top: Option<&Path>,
    environment: &Environment,
) -> Result<PathBuf, Stop> {
    let home = config::home(environment);
    let relative = Path::new("");
    let dir = config::resolve(&path.value, top.unwrap_or(relative), home.as_deref());
    let stop = |why: &str| {
        Stop::new(format!("core.hooksPath is {}: {why}", shown(path))).help(
            "change core.hooksPath, or add `stopleak hook run pre-commit` to your hook yourself",
        )
    };
    let dir = dir.ok_or_else(|| stop("cannot resolve it to a directory"))?;
    if !dir.is_absolute() {
        return Err(stop(
            "a relative path means a different directory in each repository",
        ));
    }
    match std::fs::canonicalize(&dir) {
        Ok(dir) if dir.is_dir() => Ok(dir),
        Ok(_) => Err(stop("not a directory, which disables hooks")),
        Err(e) => Err(stop(&describe(&e))),
    }
}

/// Refuses a hook directory that is a link: its target belongs to another program.
fn no_link(dir: &Path) -> Result<(), Stop> {
    match std::fs::symlink_metadata(dir) {
        Ok(meta) if meta.is_symlink() => Err(Stop::new(format!(
            "{}: is a symbolic link; stopleak does not write through links",
            dir.display()
        ))
        .help("set core.hooksPath to the directory itself, or add `stopleak hook run pre-commit` there yourself")),
        _ => Ok(()),
    }
}

fn shown(path: &HooksPath) -> String {
    format!("`{}`", path.value.escape_ascii())
}

/// Refuses hooks in the working tree: they are part of the project, and a tool manages them.
fn managed(path: &HooksPath) -> Stop {
    let parts = String::from_utf8_lossy(&path.value).into_owned();
    let husky = Path::new(&parts)
        .components()
        .any(|part| part.as_os_str() == OsStr::new(".husky"));
    let line = if husky {
        "husky: add the line `stopleak hook run pre-commit` to .husky/pre-commit"
    } else {
        "add the line `stopleak hook run pre-commit` to the file pre-commit there"
    };
    Stop::new(format!(
        "core.hooksPath is {}, inside the working tree: these hooks are files of the project",
        shown(path)
    ))
    .help(format!(
        "{line}; lefthook: `run: stopleak hook run pre-commit` in lefthook.yml; pre-commit and prek: \
         the hook id `stopleak` in .pre-commit-config.yaml"
    ))
}

//! Where git looks for hooks, and whether this program may write there.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::git::config::{self, HooksPath, Scope};
use crate::git::{OpenOptions, Store};
use crate::stop::{Stop, describe};

/// A directory of hooks.
#[derive(Debug)]
pub struct Place {
    /// Where it is.
    pub dir: PathBuf,
    /// Why there, in a few words.
    pub why: String,
    /// Whether it is for all repositories of the user.
    pub global: bool,
    /// Whether git looks there; if not, what has to be done for it.
    pub missing_step: Option<String>,
    /// Whether the repository has no working tree, so that nothing is committed in it.
    pub bare: bool,
}

impl Place {
    /// The place of hooks: the current repository's, or with `global` the place of hooks
    /// for all of the user's repositories.
    ///
    /// # Errors
    /// When there is none, or one that belongs to somebody else.
    pub fn find(global: bool, environment: &Environment) -> Result<Self, Stop> {
        if global {
            of_user(environment)
        } else {
            of_repository(environment)
        }
    }
}

/// The place of the current repository's hooks.
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
                "core.hooksPath is set to {} by the environment",
                shown(&path)
            ))
            .help(
                "unset it (GIT_CONFIG_COUNT and its kin) to install for more than this one run",
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
        return Err(managed(&path));
    }
    Ok(place(dir, "core.hooksPath of this repository"))
}

/// The place of hooks for all of the user's repositories.
fn of_user(environment: &Environment) -> Result<Place, Stop> {
    let place = |dir: PathBuf, why: &str, missing_step| Place {
        dir,
        why: why.to_owned(),
        global: true,
        missing_step,
        bare: false,
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

/// The existing directory that a setting names, links resolved.
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
    let dir = dir.ok_or_else(|| stop("it names no directory that can be told"))?;
    if !dir.is_absolute() {
        return Err(stop(
            "a relative path is another directory in each repository",
        ));
    }
    match std::fs::canonicalize(&dir) {
        Ok(dir) if dir.is_dir() => Ok(dir),
        Ok(_) => Err(stop("not a directory, which turns hooks off")),
        Err(e) => Err(stop(&describe(&e))),
    }
}

/// Refuses a directory of hooks that is a link: what is behind it belongs to somebody else.
fn no_link(dir: &Path) -> Result<(), Stop> {
    match std::fs::symlink_metadata(dir) {
        Ok(meta) if meta.is_symlink() => Err(Stop::new(format!(
            "{}: is a symbolic link, behind which nothing is written",
            dir.display()
        ))
        .help("set core.hooksPath to the directory itself, or add `stopleak hook run pre-commit` there yourself")),
        _ => Ok(()),
    }
}

fn shown(path: &HooksPath) -> String {
    format!("`{}`", path.value.escape_ascii())
}

/// Hooks in the working tree are part of the project, and a tool manages them.
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

//! Reads `core.hooksPath`, and how git cleans messages, from git's configuration.
//!
//! Scanning never reads git's configuration. Only hooks do: their installation, because a
//! hook in a directory that git ignores protects nothing, and commit-msg, because git has
//! not yet cleaned the message. gix parses the files without running a program, and
//! follows includes as git does.

use std::path::{Path, PathBuf};

use gix::ThreadSafeRepository;
use gix::bstr::ByteSlice;
use gix::config::{File, Source};
use gix::open::permissions;

use super::error::GitError;
use super::store::Store;
use crate::environment::Environment;

/// The value of `core.hooksPath`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HooksPath {
    /// The value as written.
    pub value: Vec<u8>,
    /// The configuration that sets it.
    pub scope: Scope,
}

/// The configuration that a value is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The system configuration: all users.
    System,
    /// The user's configuration: all repositories of one user.
    User,
    /// The configuration of the repository or worktree.
    Repository,
    /// The environment or command line of this one run.
    Run,
}

impl Scope {
    /// Returns the name of the scope for messages.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Scope::System => "the system's configuration",
            Scope::User => "your configuration",
            Scope::Repository => "this repository's configuration",
            Scope::Run => "the environment",
        }
    }

    fn of(source: Source) -> Self {
        match source {
            Source::GitInstallation | Source::System => Scope::System,
            Source::Git | Source::User => Scope::User,
            Source::Local | Source::Worktree => Scope::Repository,
            _ => Scope::Run,
        }
    }
}

/// Reads `core.hooksPath` as git does in the repository. Returns None if it is not set.
///
/// # Errors
/// Fails if a configuration file that git would read cannot be read.
pub fn hooks_path(store: &Store) -> Result<Option<HooksPath>, GitError> {
    read(store, last)
}

/// How git turns the text that somebody edited into a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaning {
    /// The start of lines that are comments: `core.commentString` or `core.commentChar`.
    pub comment: Option<Vec<u8>>,
    /// `commit.cleanup`.
    pub mode: Option<Vec<u8>>,
}

/// Reads how git cleans messages in the repository.
///
/// # Errors
/// Fails if a configuration file that git would read cannot be read.
pub fn cleaning(store: &Store) -> Result<Cleaning, GitError> {
    read(store, |file| {
        let value = |name| file.raw_value(name).ok().map(|value| value.to_vec());
        Cleaning {
            comment: value("core.commentString").or_else(|| value("core.commentChar")),
            mode: value("commit.cleanup"),
        }
    })
}

/// Passes the configuration that git uses in the repository to `take`.
fn read<T>(store: &Store, take: impl FnOnce(&File) -> T) -> Result<T, GitError> {
    let failed = |why: String| GitError::Open {
        path: store.git_dir().to_owned(),
        why,
    };
    let options = gix::open::Options::default()
        .permissions(gix::open::Permissions {
            config: permissions::Config {
                git_binary: false,
                // gix would run git to find the system's file on Windows.
                system: !cfg!(windows),
                ..permissions::Config::all()
            },
            ..gix::open::Permissions::all()
        })
        .strict_config(false)
        .with(gix::sec::Trust::Full);
    let repo = ThreadSafeRepository::open_opts(store.git_dir(), options);
    let repo = repo.map_err(|error| failed(error.to_string()))?;
    let local = repo.to_thread_local();
    let snapshot = local.config_snapshot();
    Ok(take(snapshot.plumbing()))
}

/// Reads `core.hooksPath` of the system and the user, outside of any repository. Returns
/// None if it is not set. Ignores conditional includes.
///
/// # Errors
/// Fails if a configuration file that git would read cannot be read.
pub(crate) fn global_hooks_path(environment: &Environment) -> Result<Option<HooksPath>, GitError> {
    let failed = |path: &Path, why: String| GitError::Open {
        path: path.to_owned(),
        why,
    };
    let home = home(environment);
    let mut found = None;
    for source in [Source::System, Source::Git, Source::User] {
        if source == Source::System && cfg!(windows) {
            continue;
        }
        let Some(path) = source.storage_location(&mut |name| environment.var(name).map(Into::into))
        else {
            continue;
        };
        if !path.is_file() {
            continue;
        }
        let meta = gix::config::file::Metadata {
            path: Some(path.clone()),
            source,
            level: 0,
            trust: gix::sec::Trust::Full,
        };
        let options = gix::config::file::init::Options {
            includes: gix::config::file::includes::Options::follow_without_conditional(
                home.as_deref(),
            ),
            ..Default::default()
        };
        let file = File::from_paths_metadata([meta], options);
        let file = file.map_err(|error| failed(&path, error.to_string()))?;
        found = file.as_ref().and_then(last).or(found);
    }
    Ok(found)
}

/// Returns the last value; in git's configuration the last value wins.
fn last(file: &File) -> Option<HooksPath> {
    let (value, section) = file.raw_value_with_section("core.hooksPath").ok()?;
    Some(HooksPath {
        value: value.to_vec(),
        scope: Scope::of(section.meta().source),
    })
}

/// Returns the user's home directory as git determines it: `HOME`.
pub(crate) fn home(environment: &Environment) -> Option<PathBuf> {
    match environment.get("HOME") {
        Some(home) => Some(home.into()),
        None if cfg!(windows) => std::env::home_dir(),
        None => None,
    }
}

/// Resolves a value of `core.hooksPath` to a directory. Replaces `~/` with `home`; a
/// relative path starts at `base`: the top of the working tree or, in a bare repository,
/// the git directory.
///
/// Returns None if the directory is unknown: the value is empty, or begins with another
/// user's home (`~name`) or with `%(prefix)`.
pub(crate) fn resolve(value: &[u8], base: &Path, home: Option<&Path>) -> Option<PathBuf> {
    if value.is_empty() || value.contains(&0) || value.starts_with(b"%(prefix)") {
        return None;
    }
    if let Some(rest) = value.strip_prefix(b"~") {
        let rest = match rest {
            b"" => rest,
            _ => rest.strip_prefix(b"/")?,
        };
        return Some(home?.join(rest.to_path().ok()?));
    }
    Some(base.join(value.to_path().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_directories() {
        let (base, home) = (Path::new("/w/top"), Path::new("/home/u"));
        let at = |value: &str| resolve(value.as_bytes(), base, Some(home));
        assert_eq!(at("hooks"), Some("/w/top/hooks".into()));
        assert_eq!(at("/etc/hooks"), Some("/etc/hooks".into()));
        assert_eq!(at("~/hooks"), Some("/home/u/hooks".into()));
        assert_eq!(at("~"), Some("/home/u".into()));
        assert_eq!(at("a/~/b"), Some("/w/top/a/~/b".into()));
        for none in ["", "~other/hooks", "%(prefix)/hooks", "a\0b"] {
            assert_eq!(at(none), None, "{none:?}");
        }
        assert_eq!(resolve(b"~/hooks", base, None), None);
    }

    #[test]
    fn the_last_value_counts_and_any_bytes_are_parsed_or_refused() {
        let read = |text: &[u8]| {
            let meta = gix::config::file::Metadata::from(Source::Local);
            let file = File::from_bytes_no_includes(text, meta, Default::default());
            file.ok().as_ref().and_then(last)
        };
        let value = read(b"[core]\n hooksPath = a\n[CORE]\n HooksPath = \"b c\" # d\n").unwrap();
        assert_eq!(
            (value.value.as_slice(), value.scope),
            (&b"b c"[..], Scope::Repository)
        );
        assert_eq!(read(b"[core]\n\thooks = a\n"), None);
        let mut rng = crate::git::testing::Rng::new(3);
        let text = b"[core]\n hooksPath = \"a\\\"b\" \\\n c ; d\n[x \"y\"]\n z\n";
        for _ in 0..3_000 {
            let mut text = text.to_vec();
            for _ in 0..1 + rng.below(3) {
                let at = rng.below(text.len());
                text[at] = rng.next() as u8;
            }
            let _ = read(&text);
        }
    }
}

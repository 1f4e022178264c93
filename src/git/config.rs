//! Reads a few values of git's configuration, and nothing else.
//!
//! - `core.hooksPath`, for the installation of hooks: a hook in a directory that git
//!   ignores protects nothing.
//! - `core.excludesFile` and `core.ignoreCase`, for scans of a working tree: with the wrong
//!   list of patterns, a scan would leave out what git adds.
//! - The URLs of remotes, for a push: the references of a remote show what is at the URL that
//!   they were fetched from, and git may push elsewhere.
//!
//! gix parses the files without running a program. It follows the includes of the user's
//! own files as git does, but in a scan none of the repository's.

use std::path::{Path, PathBuf};

use gix::ThreadSafeRepository;
use gix::bstr::{BStr, ByteSlice};
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
    let repo = configured(store)?;
    let local = repo.to_thread_local();
    let snapshot = local.config_snapshot();
    Ok(last(snapshot.plumbing()))
}

/// Opens the repository with all configuration that git would read.
fn configured(store: &Store) -> Result<ThreadSafeRepository, GitError> {
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
    repo.map_err(|error| GitError::Open {
        path: store.git_dir().to_owned(),
        why: error.to_string(),
    })
}

/// Whether git fetches `remote` from the URL that it pushes to, so that `refs/remotes/REMOTE/*`
/// shows what is there. `url`: the URL of the push, as git passes it to the hook; None if it is
/// unknown, then every URL of the remote must be the same.
///
/// # Errors
/// Fails if a configuration file that git would read cannot be read.
pub fn is_fetched_from(store: &Store, remote: &[u8], url: Option<&[u8]>) -> Result<bool, GitError> {
    let repo = configured(store)?;
    let local = repo.to_thread_local();
    let snapshot = local.config_snapshot();
    Ok(is_same(snapshot.plumbing(), remote, url))
}

/// Returns the URL that git fetches from, as its configuration has it: of `origin`, or of the only
/// remote. It may contain credentials.
///
/// # Errors
/// Fails if a configuration file that git would read cannot be read.
pub fn remote_url(store: &Store) -> Result<Option<String>, GitError> {
    let repo = configured(store)?;
    let local = repo.to_thread_local();
    let snapshot = local.config_snapshot();
    Ok(url_of(snapshot.plumbing()))
}

fn url_of(file: &File) -> Option<String> {
    let sections = file.sections_by_name("remote").into_iter().flatten();
    let names = sections.filter_map(|at| at.header().subsection_name().map(ToOwned::to_owned));
    let mut names: Vec<_> = names.collect();
    names.sort();
    names.dedup();
    let name = match names.iter().find(|name| *name == "origin") {
        Some(origin) => origin,
        None => match names.as_slice() {
            [only] => only,
            _ => return None,
        },
    };
    let urls = values(file, name.as_bstr(), "url");
    let url = urls.first()?;
    let url = rewritten(file, url, "insteadOf").unwrap_or_else(|| url.clone());
    String::from_utf8(url).ok()
}

fn is_same(file: &File, remote: &[u8], url: Option<&[u8]>) -> bool {
    let remote = remote.as_bstr();
    let urls = values(file, remote, "url");
    let Some(first) = urls.first() else {
        return false;
    };
    let fetched = rewritten(file, first, "insteadOf");
    let fetched = fetched.as_deref().unwrap_or(first);
    // Another remote may write to the same references.
    let below = [b"refs/remotes/", remote.as_bytes(), b"/"].concat();
    let others = file.sections_by_name("remote").into_iter().flatten();
    let mut others = others.filter(|at| at.header().subsection_name() != Some(remote));
    if others.any(|at| {
        at.values("fetch")
            .iter()
            .any(|spec| writes_to(spec, &below))
    }) {
        return false;
    }
    if let Some(url) = url {
        return url == fetched;
    }
    let pushed = values(file, remote, "pushurl");
    let (pushed, rewrites) = match pushed.is_empty() {
        true => (urls.clone(), ["pushInsteadOf", "insteadOf"].as_slice()),
        false => (pushed, ["insteadOf"].as_slice()),
    };
    pushed.iter().all(|url| {
        let mut to = rewrites.iter().filter_map(|key| rewritten(file, url, key));
        to.next().as_deref().unwrap_or(url) == fetched
    })
}

/// Returns all values of a remote. An empty value takes back those before it.
fn values(file: &File, remote: &BStr, key: &str) -> Vec<Vec<u8>> {
    let all = file.raw_values_by("remote", Some(remote), key);
    let mut kept = Vec::new();
    for value in all.unwrap_or_default() {
        match value.is_empty() {
            true => kept.clear(),
            false => kept.push(value.to_vec()),
        }
    }
    kept
}

/// Returns a URL whose beginning a `[url "BASE"]` section replaces; the longest one counts.
fn rewritten(file: &File, url: &[u8], key: &str) -> Option<Vec<u8>> {
    let mut longest: Option<(usize, Vec<u8>)> = None;
    for section in file.sections_by_name("url").into_iter().flatten() {
        let Some(base) = section.header().subsection_name() else {
            continue;
        };
        for beginning in section.values(key) {
            let Some(rest) = url.strip_prefix(beginning.as_bytes()) else {
                continue;
            };
            if longest
                .as_ref()
                .is_none_or(|(len, _)| beginning.len() > *len)
            {
                longest = Some((beginning.len(), [base.as_bytes(), rest].concat()));
            }
        }
    }
    longest.map(|(_, url)| url)
}

/// Whether a fetch writes below a directory of references.
fn writes_to(spec: &[u8], below: &[u8]) -> bool {
    let target = spec
        .iter()
        .position(|b| *b == b':')
        .map(|at| &spec[at + 1..]);
    target.is_some_and(|target| {
        let fixed = target.split(|b| *b == b'*').next().unwrap_or(target);
        !target.is_empty() && (fixed.starts_with(below) || below.starts_with(fixed))
    })
}

/// Reads `core.hooksPath` of the system and the user, outside of any repository. Returns
/// None if it is not set. Ignores conditional includes.
///
/// # Errors
/// Fails if a configuration file that git would read cannot be read.
pub(crate) fn global_hooks_path(environment: &Environment) -> Result<Option<HooksPath>, GitError> {
    let home = home(environment);
    let includes =
        gix::config::file::includes::Options::follow_without_conditional(home.as_deref());
    let mut found = None;
    for source in [Source::System, Source::Git, Source::User] {
        if source == Source::System && cfg!(windows) {
            continue;
        }
        let file = of_source(source, environment, includes)?;
        found = file.as_ref().and_then(last).or(found);
    }
    Ok(found)
}

/// How git's configuration says that files are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ignoring {
    /// The file of `core.excludesFile`, or its default. None if it is unknown.
    pub excludes_file: Option<PathBuf>,
    /// `core.ignoreCase`: the file system ignores the case of names.
    pub fold: bool,
}

/// Reads `core.excludesFile` and `core.ignoreCase` as git does in the repository, whose
/// working tree is at `top`. If a value cannot be told for sure, less is ignored.
pub(crate) fn ignoring(store: &Store, top: &Path, environment: &Environment) -> Ignoring {
    let home = home(environment);
    let repo = store.gix();
    let (mut file, mut fold) = (None, false);
    let branch = repo.head_name().ok().flatten();
    let includes = gix::config::file::includes::Options::follow(
        gix::config::path::interpolate::Context {
            git_install_dir: None,
            home_dir: home.as_deref(),
            home_for_user: None,
        },
        gix::config::file::includes::conditional::Context {
            git_dir: Some(store.git_dir()),
            branch_name: branch.as_ref().map(AsRef::as_ref),
        },
    );
    let mut known = true;
    for source in [Source::System, Source::Git, Source::User] {
        if source == Source::System && cfg!(windows) {
            continue;
        }
        match of_source(source, environment, includes) {
            Ok(Some(config)) => {
                file = excludes_file(&config).or(file);
                fold = boolean(&config).unwrap_or(fold);
            }
            Ok(None) => {}
            Err(_) => known = false,
        }
    }
    let snapshot = repo.config_snapshot();
    let own = snapshot.plumbing();
    // Files that a repository includes are not read: they could be anywhere.
    let included = ["include", "includeIf"].into_iter().any(|name| {
        own.sections_by_name(name)
            .is_some_and(|mut s| s.next().is_some())
    });
    file = excludes_file(own).or(file);
    fold = boolean(own).unwrap_or(fold);
    match of_run(environment) {
        Some(Some(value)) => file = Some(value),
        Some(None) => known = false,
        None => {}
    }
    let excludes_file = match file {
        _ if !known || included => None,
        Some(value) => resolve(&value, top, home.as_deref()),
        None => match environment.get("XDG_CONFIG_HOME") {
            Some(base) => Some(Path::new(base).join("git/ignore")),
            None => home.map(|home| home.join(".config/git/ignore")),
        },
    };
    Ignoring {
        excludes_file,
        fold,
    }
}

fn excludes_file(file: &File) -> Option<Vec<u8>> {
    let value = file.raw_value("core.excludesFile").ok()?;
    Some(value.to_vec())
}

fn boolean(file: &File) -> Option<bool> {
    file.boolean("core.ignoreCase").ok().flatten()
}

/// Returns the value of `core.excludesFile` that the environment sets for one run; a None
/// inside if it is not clear.
fn of_run(environment: &Environment) -> Option<Option<Vec<u8>>> {
    if let Some(all) = environment.text("GIT_CONFIG_PARAMETERS")
        && all.to_ascii_lowercase().contains("excludesfile")
    {
        return Some(None);
    }
    let count: u32 = environment.text("GIT_CONFIG_COUNT")?.parse().ok()?;
    let is_key = |n: &u32| {
        let key = environment.text(&format!("GIT_CONFIG_KEY_{n}"));
        key.is_some_and(|key| key.eq_ignore_ascii_case("core.excludesFile"))
    };
    let last = (0..count.min(1000)).rev().find(is_key)?;
    let value = environment.var(&format!("GIT_CONFIG_VALUE_{last}"));
    Some(value.map(|value| value.as_encoded_bytes().to_vec()))
}

/// Reads the configuration file of `source`, with its includes. None if there is none.
fn of_source(
    source: Source,
    environment: &Environment,
    includes: gix::config::file::includes::Options<'_>,
) -> Result<Option<File>, GitError> {
    let path = source.storage_location(&mut |name| environment.var(name).map(Into::into));
    let Some(path) = path.filter(|path| path.is_file()) else {
        return Ok(None);
    };
    let meta = gix::config::file::Metadata {
        path: Some(path.clone()),
        source,
        level: 0,
        trust: gix::sec::Trust::Full,
    };
    let options = gix::config::file::init::Options {
        includes,
        ..Default::default()
    };
    let file = File::from_paths_metadata([meta], options);
    file.map_err(|error| GitError::Open {
        path,
        why: error.to_string(),
    })
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
    fn references_of_a_remote_show_the_url_that_they_are_fetched_from() {
        let same = |text: &str, url: Option<&str>| {
            let meta = gix::config::file::Metadata::from(Source::Local);
            let file = File::from_bytes_no_includes(text.as_bytes(), meta, Default::default());
            is_same(&file.unwrap(), b"o", url.map(str::as_bytes))
        };
        let one = "[remote \"o\"]\n url = /a\n fetch = +refs/heads/*:refs/remotes/o/*\n";
        assert!(same(one, Some("/a")) && same(one, None));
        assert!(!same(one, Some("/b")) && !same("", Some("/a")));
        let two = format!("{one} url = /b\n");
        assert!(same(&two, Some("/a")) && !same(&two, Some("/b")) && !same(&two, None));
        let push = format!("{one} pushurl = /b\n");
        assert!(!same(&push, Some("/b")) && !same(&push, None));
        // An empty value takes back those before it.
        let anew = format!("{one} url =\n url = /b\n");
        assert!(same(&anew, Some("/b")) && !same(&anew, Some("/a")));
        // Rewritten as git does it: the longest beginning counts.
        let short = "[remote \"o\"]\n url = h:x\n[url \"s://\"]\n insteadOf = h\n";
        let long = "[url \"t://\"]\n insteadOf = h:\n";
        assert!(same(short, Some("s://:x")) && same(short, None));
        assert!(same(&format!("{short}{long}"), Some("t://x")));
        let push = format!("{one}[url \"/b\"]\n pushInsteadOf = /a\n");
        assert!(!same(&push, Some("/b")) && !same(&push, None));
        // Another remote writes to the same references.
        for (spec, expected) in [
            ("+refs/heads/*:refs/remotes/o/*", false),
            ("+refs/*:refs/*", false),
            ("+refs/heads/x:refs/remotes/o/x", false),
            ("+refs/heads/*:refs/remotes/p/*", true),
            ("refs/heads/main", true),
        ] {
            let other = format!("{one}[remote \"p\"]\n url = /b\n fetch = {spec}\n");
            assert_eq!(same(&other, Some("/a")), expected, "{spec}");
        }
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

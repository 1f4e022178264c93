//! Where a command works: the top of the scan, the location of the configuration and of the
//! accepted findings, and how printed paths map to paths below that top.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::trust::{PolicyFrom, Revision, Trust};
use crate::blob::{Base, BlobPath};
use crate::config::{Disk, Files};
use crate::environment::Environment;
use crate::git::worktree::top_of;
use crate::git::{GitError, OpenOptions, Store};
use crate::globs::PathMap;
use crate::stop::Stop;

/// The top of a scan.
#[derive(Clone, Default)]
pub struct Site {
    /// The directory, canonical; None if there is none, or more than one.
    pub(super) top: Option<PathBuf>,
    /// The repository, if the command reads one. HEAD of a bare repository serves as the top.
    store: Option<Arc<Store>>,
    /// How printed paths map to paths below the top.
    pub(super) map: PathMap,
    /// The directory that printed paths are relative to, canonical.
    current: Option<PathBuf>,
    /// Whether the paths cover everything below the top.
    pub(super) whole: bool,
    /// The source of the policy.
    pub(super) trust: Trust,
    /// Whether nothing outside of the tree is read for a path in it: the checkout is not
    /// trusted, and only shows what a change asks for.
    pub(super) confined: bool,
}

impl Site {
    /// Returns the site of files and directories: the repository that contains all of them.
    /// Outside of repositories, the site is the directory if there is only one path, else the
    /// current directory.
    pub fn of_paths(paths: &[PathBuf]) -> Self {
        let full: Vec<(Vec<u8>, PathBuf)> = paths
            .iter()
            .filter_map(|path| Some((key(path), std::fs::canonicalize(path).ok()?)))
            .collect();
        let own: Vec<Option<PathBuf>> = full.iter().map(|(_, path)| top_of(path)).collect();
        let mut tops = own.clone();
        tops.dedup();
        let top = match (&tops[..], &full[..]) {
            ([Some(top)], _) => Some(top.clone()),
            ([None], [(_, only)]) if only.is_dir() => Some(only.clone()),
            ([None] | [], _) => current(),
            _ => None,
        };
        // With several repositories, each path is below the top of its own.
        let roots = full.iter().zip(&own).filter_map(|((key, path), own)| {
            let rest = path.strip_prefix(top.as_ref().or(own.as_ref())?).ok()?;
            Some((key.clone(), BlobPath::shown(rest).as_bytes().to_vec()))
        });
        Self {
            map: PathMap::new(roots.collect()),
            whole: matches!((&top, &full[..]), (Some(top), [(_, only)]) if only == top),
            top,
            current: current(),
            ..Self::default()
        }
    }

    /// Returns the site of the current directory.
    pub fn here() -> Self {
        let here = current();
        let top = here.as_deref().and_then(top_of).or(here.clone());
        let map = match (&here, &top) {
            (Some(here), Some(top)) => {
                let rest = here.strip_prefix(top).map(BlobPath::shown);
                let rest = rest.map_or_else(|_| Vec::new(), |rest| rest.as_bytes().to_vec());
                PathMap::new(vec![(Vec::new(), rest), (key(top), Vec::new())])
            }
            _ => PathMap::default(),
        };
        Self {
            top,
            map,
            current: here,
            ..Self::default()
        }
    }

    /// Returns the site of a repository, where sources name paths from its top.
    pub fn of_store(store: &Arc<Store>) -> Self {
        let mut roots = vec![(Vec::new(), Vec::new())];
        roots.extend(store.work_dir().map(|top| (key(top), Vec::new())));
        let top = store.work_dir();
        let current = top.unwrap_or(store.git_dir());
        Self {
            store: Some(Arc::clone(store)),
            top: top.and_then(|top| std::fs::canonicalize(top).ok()),
            map: PathMap::new(roots),
            current: std::fs::canonicalize(current).ok(),
            ..Self::default()
        }
    }

    /// Returns the top of the tree; None if there is none, or more than one.
    pub fn top(&self) -> Option<&Path> {
        self.top.as_deref()
    }

    /// Returns this site for a partial scan.
    #[must_use]
    pub fn in_part(self) -> Self {
        Self {
            whole: false,
            ..self
        }
    }

    /// Returns the repository, if the command reads one.
    pub fn store(&self) -> Option<&Arc<Store>> {
        self.store.as_ref()
    }

    /// Returns the bare repository, if the site is one.
    pub(super) fn bare(&self) -> Option<&Arc<Store>> {
        self.store
            .as_ref()
            .filter(|store| store.work_dir().is_none())
    }

    /// Returns this site with the requested policy source.
    ///
    /// # Errors
    /// Fails if the request names no commit of this repository, or if there is no single
    /// repository.
    pub(super) fn trusting(&self, policy: &PolicyFrom) -> Result<Self, Stop> {
        if *policy == PolicyFrom::Checkout {
            return Ok(self.as_checked_out());
        }
        let store = match (&self.store, &self.top) {
            (Some(store), _) => Arc::clone(store),
            (None, Some(top)) => Arc::new(Store::discover(top, &OpenOptions::default())?),
            (None, None) => {
                return Err(Stop::new(
                    "--policy-from names a revision, but the paths are in several repositories",
                )
                .help("scan each repository separately"));
            }
        };
        Ok(Self {
            trust: Trust::of(policy, &store)?,
            ..self.clone()
        })
    }

    /// Whether the site has a single place for a configuration and accepted findings.
    pub(super) fn is_one(&self) -> bool {
        self.top.is_some() || self.bare().is_some()
    }

    /// Returns this site with the checkout's files, whatever is trusted.
    pub(super) fn as_checked_out(&self) -> Self {
        Self {
            trust: Trust::Checkout,
            confined: self.confined || self.trust.revision().is_some(),
            ..self.clone()
        }
    }

    /// Returns the site of a directory outside of repositories, where sources name paths from
    /// it.
    fn of_directory(top: &Path) -> Self {
        Self {
            top: Some(top.to_owned()),
            map: PathMap::new(vec![(Vec::new(), Vec::new()), (key(top), Vec::new())]),
            current: Some(top.to_owned()),
            ..Self::default()
        }
    }

    /// Returns the directory of the baseline and the ignore files: the top of the working
    /// tree, or a bare repository itself. None if there is none, or more than one.
    pub fn home(&self) -> Option<PathBuf> {
        let git_dir = || Some(self.bare()?.git_dir().to_owned());
        self.top.clone().or_else(git_dir)
    }

    /// Returns the directories that printed paths are relative to, and that identities and
    /// policies are relative to.
    pub(super) fn base(&self) -> Option<Base> {
        let current = self.current.as_ref()?;
        let root = self.home().unwrap_or_else(|| current.clone());
        let root = std::fs::canonicalize(&root).unwrap_or(root);
        let bytes = |path: &Path| path.as_os_str().as_encoded_bytes().to_vec();
        Some(Base {
            current: bytes(current),
            root: bytes(&root),
        })
    }

    /// Returns the files at the top, to read a configuration from.
    ///
    /// # Errors
    /// Fails if HEAD of a bare repository is unreadable.
    pub(super) fn files(&self) -> Result<Option<Arc<dyn Files>>, GitError> {
        if let Some(revision) = self.trust.revision() {
            return Ok(Some(revision.clone()));
        }
        if let Some(top) = &self.top {
            return Ok(Some(Arc::new(disk(top.clone()))));
        }
        match self.bare() {
            None => Ok(None),
            Some(store) => Ok(Revision::at_head(store)?.map(|files| Arc::new(files) as _)),
        }
    }
}

/// The repository of the current directory, or that directory.
pub struct Home {
    store: Option<Arc<Store>>,
    /// The top of its working tree, or a bare repository itself; canonical.
    pub top: PathBuf,
}

impl Home {
    /// Finds the repository of the current directory.
    ///
    /// # Errors
    /// Fails if there is a repository that is unreadable, or that names another directory
    /// as its working tree.
    pub fn here(environment: &Environment) -> Result<Self, Stop> {
        let here = current().ok_or_else(|| Stop::new("cannot read the current directory"))?;
        let store = match Store::discover(&here, &OpenOptions::from_environment(environment)) {
            Ok(store) => Some(Arc::new(store)),
            Err(error) if top_of(&here).is_some() => return Err(error.into()),
            Err(_) => None,
        };
        let top = match &store {
            Some(store) => match store.work_tree() {
                Err(GitError::NoWorkTree { .. }) => store.git_dir().to_owned(),
                top => top?.to_owned(),
            },
            None => here,
        };
        let top = std::fs::canonicalize(&top).unwrap_or(top);
        Ok(Self { store, top })
    }

    /// Returns its site, where paths are named from the top.
    pub fn site(&self) -> Site {
        match &self.store {
            Some(store) => Site::of_store(store),
            None => Site::of_directory(&self.top),
        }
    }

    /// Returns the repository, if there is one.
    pub fn store(&self) -> Option<&Arc<Store>> {
        self.store.as_ref()
    }
}

/// Returns a root in the form in which the paths below it start.
fn key(path: &Path) -> Vec<u8> {
    let shown = BlobPath::shown(path);
    match shown.as_bytes() {
        b"." | b"./" => Vec::new(),
        b"/" => b"/".to_vec(),
        bytes => bytes.strip_suffix(b"/").unwrap_or(bytes).to_vec(),
    }
}

fn current() -> Option<PathBuf> {
    std::fs::canonicalize(".").ok()
}

/// Returns the files below `root`, named relative to the current directory.
pub(super) fn disk(root: PathBuf) -> Disk {
    let shown = match current() {
        Some(here) if root.starts_with(&here) => {
            let rest = root.strip_prefix(&here).unwrap_or(Path::new(""));
            rest.join("").display().to_string()
        }
        Some(here) if here.starts_with(&root) => {
            let depth = here.components().count() - root.components().count();
            "../".repeat(depth)
        }
        _ => root.join("").display().to_string(),
    };
    Disk::new(root, shown)
}

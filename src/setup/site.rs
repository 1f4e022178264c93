//! Where a command looks: the top of what it scans, where the configuration and what
//! people accepted are, and how the paths that it shows lie below that top.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::trust::{PolicyFrom, Revision, Trust, disk};
use crate::blob::{Base, BlobPath};
use crate::config::Files;
use crate::git::worktree::top_of;
use crate::git::{GitError, OpenOptions, Store};
use crate::globs::PathMap;
use crate::stop::Stop;

/// The top of what a command scans.
#[derive(Clone)]
pub struct Site {
    /// The directory, canonical; None where there is none, or more than one.
    pub(super) top: Option<PathBuf>,
    /// The repository, where a command reads one. A bare one's HEAD stands for the top.
    store: Option<Arc<Store>>,
    /// How shown paths lie below the top.
    pub(super) map: PathMap,
    /// The directory that shown paths are relative to, canonical.
    current: Option<PathBuf>,
    /// Whether all that lies below the top is scanned, as far as paths tell.
    pub(super) whole: bool,
    /// Whose files are believed here.
    pub(super) trust: Trust,
}

impl Site {
    /// The site of files and directories: the repository that all of them lie in.
    /// Outside of repositories the directory, if there is one path, else the current
    /// one.
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
        // In several repositories, each path lies below the top of its own.
        let roots = full.iter().zip(&own).filter_map(|((key, path), own)| {
            let rest = path.strip_prefix(top.as_ref().or(own.as_ref())?).ok()?;
            Some((key.clone(), BlobPath::shown(rest).as_bytes().to_vec()))
        });
        Self {
            map: PathMap::new(roots.collect()),
            whole: matches!((&top, &full[..]), (Some(top), [(_, only)]) if only == top),
            top,
            store: None,
            current: current(),
            trust: Trust::Checkout,
        }
    }

    /// The site of the current directory.
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
            store: None,
            map,
            current: here,
            whole: false,
            trust: Trust::Checkout,
        }
    }

    /// The site of a repository, whose sources name paths from its top.
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
            whole: false,
            trust: Trust::Checkout,
        }
    }

    /// The same, of which not everything is scanned.
    #[must_use]
    pub fn in_part(self) -> Self {
        Self {
            whole: false,
            ..self
        }
    }

    /// The bare repository that stands for a directory.
    pub(super) fn bare(&self) -> Option<&Arc<Store>> {
        self.store
            .as_ref()
            .filter(|store| store.work_dir().is_none())
    }

    /// The same, with the policy that is asked for.
    ///
    /// # Errors
    /// When it names no commit of the repository here, or when there is not one repository.
    pub(super) fn trusting(&self, policy: &PolicyFrom) -> Result<Self, Stop> {
        if *policy == PolicyFrom::Checkout {
            return Ok(self.as_checked_out());
        }
        let store = match (&self.store, &self.top) {
            (Some(store), _) => Arc::clone(store),
            (None, Some(top)) => Arc::new(Store::discover(top, &OpenOptions::default())?),
            (None, None) => {
                return Err(Stop::new(
                    "--policy-from names a revision, and the paths lie in several repositories",
                )
                .help("scan each repository in a run of its own"));
            }
        };
        Ok(Self {
            trust: Trust::of(policy, &store)?,
            ..self.clone()
        })
    }

    /// Whether there is one place for a configuration and for what people accepted.
    pub(super) fn is_one(&self) -> bool {
        self.top.is_some() || self.bare().is_some()
    }

    /// The same, with the files of the checkout, whatever is trusted.
    pub(super) fn as_checked_out(&self) -> Self {
        Self {
            trust: Trust::Checkout,
            ..self.clone()
        }
    }

    /// The site of a directory outside of repositories, whose sources name paths from it.
    fn of_directory(top: &Path) -> Self {
        Self {
            top: Some(top.to_owned()),
            store: None,
            map: PathMap::new(vec![(Vec::new(), Vec::new()), (key(top), Vec::new())]),
            current: Some(top.to_owned()),
            whole: false,
            trust: Trust::Checkout,
        }
    }

    /// Where files that people accepted findings with are: the top of the working tree, or
    /// a bare repository itself. None where there is none, or more than one.
    pub(super) fn home(&self) -> Option<PathBuf> {
        let git_dir = || Some(self.bare()?.git_dir().to_owned());
        self.top.clone().or_else(git_dir)
    }

    /// What shown paths are relative to, and what identities and policies take them
    /// relative to.
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

    /// The files at the top, to read a configuration from.
    ///
    /// # Errors
    /// When HEAD of a bare repository cannot be read.
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

/// The repository that the current directory lies in, or that directory.
pub struct Home {
    store: Option<Arc<Store>>,
    /// The top of its working tree, or a bare repository itself; canonical.
    pub top: PathBuf,
}

impl Home {
    /// Looks for it.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub fn here() -> Result<Self, Stop> {
        let here = current().ok_or_else(|| Stop::new("the current directory cannot be read"))?;
        let store = match Store::discover(&here, &OpenOptions::default()) {
            Ok(store) => Some(Arc::new(store)),
            Err(error) if top_of(&here).is_some() => return Err(error.into()),
            Err(_) => None,
        };
        let top = match &store {
            Some(store) => store.work_dir().unwrap_or(store.git_dir()).to_owned(),
            None => here,
        };
        let top = std::fs::canonicalize(&top).unwrap_or(top);
        Ok(Self { store, top })
    }

    /// Its site: paths are named from the top.
    pub fn site(&self) -> Site {
        match &self.store {
            Some(store) => Site::of_store(store),
            None => Site::of_directory(&self.top),
        }
    }

    /// The repository, if it is one.
    pub fn store(&self) -> Option<&Arc<Store>> {
        self.store.as_ref()
    }
}

/// A root as the paths below it begin.
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

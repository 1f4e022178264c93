//! Where a command looks: the top of what it scans, at which the configuration and what
//! people accepted are looked for, and how the paths that it shows lie below that top.

use std::path::{Path, PathBuf};

use crate::blob::{Base, BlobPath};
use crate::config::{Disk, Files};
use crate::git::diff::Differ;
use crate::git::tree::{self, EntryKind};
use crate::git::{GitError, Kind, ObjectId, OpenOptions, Reader, Store, object, refs, revision};
use crate::globs::PathMap;
use crate::stop::Stop;

/// The top of what a command scans.
pub(super) struct Site<'s> {
    /// The directory, canonical; None where there is none, or more than one.
    pub(super) top: Option<PathBuf>,
    /// The repository whose HEAD stands for a directory.
    pub(super) bare: Option<&'s Store>,
    /// How shown paths lie below the top.
    pub(super) map: PathMap,
    /// The directory that shown paths are relative to, canonical.
    current: Option<PathBuf>,
    /// Whether all that lies below the top is scanned, as far as paths tell.
    pub(super) whole: bool,
    /// The revision that is trusted, in place of the files at the top.
    trusted: Option<(&'s Store, ObjectId, String)>,
}

impl<'s> Site<'s> {
    /// The site of files and directories: the repository that all of them lie in.
    /// Outside of repositories the directory, if there is one path, else the current
    /// one.
    pub(super) fn of_paths(paths: &[PathBuf]) -> Self {
        let full: Vec<(Vec<u8>, PathBuf)> = paths
            .iter()
            .filter_map(|path| Some((key(path), std::fs::canonicalize(path).ok()?)))
            .collect();
        let own: Vec<Option<PathBuf>> = full.iter().map(|(_, path)| repository(path)).collect();
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
            bare: None,
            current: current(),
            trusted: None,
        }
    }

    /// The site of the current directory.
    pub(super) fn here() -> Self {
        let here = current();
        let top = here.as_deref().and_then(repository).or(here.clone());
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
            bare: None,
            map,
            current: here,
            whole: false,
            trusted: None,
        }
    }

    /// The site of a repository, whose sources name paths from its top.
    pub(super) fn of_store(store: &'s Store) -> Self {
        let mut roots = vec![(Vec::new(), Vec::new())];
        roots.extend(store.work_dir().map(|top| (key(top), Vec::new())));
        let top = store.work_dir();
        let current = top.unwrap_or(store.git_dir());
        Self {
            bare: top.is_none().then_some(store),
            top: top.and_then(|top| std::fs::canonicalize(top).ok()),
            map: PathMap::new(roots),
            current: std::fs::canonicalize(current).ok(),
            whole: false,
            trusted: None,
        }
    }

    /// The same, with `revision` of `store` in place of the files at the top.
    ///
    /// # Errors
    /// When it names no commit here.
    pub(super) fn trusting(self, store: &'s Store, revision: &str) -> Result<Self, Stop> {
        let commit = revision::parse_commit(store, revision)?;
        let shown: String = commit.to_string().chars().take(12).collect();
        Ok(Self {
            trusted: Some((store, commit, shown)),
            ..self
        })
    }

    /// The site of a directory outside of repositories, whose sources name paths from it.
    fn of_directory(top: &Path) -> Self {
        Self {
            top: Some(top.to_owned()),
            bare: None,
            map: PathMap::new(vec![(Vec::new(), Vec::new()), (key(top), Vec::new())]),
            current: Some(top.to_owned()),
            whole: false,
            trusted: None,
        }
    }

    /// Where files that people accepted findings with are: the top of the working tree, or
    /// a bare repository itself. None where there is none, or more than one.
    pub(super) fn home(&self) -> Option<PathBuf> {
        let git_dir = || self.bare.map(|store| store.git_dir().to_owned());
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

    /// The files of the revision that is trusted, if there is one.
    pub(super) fn committed(&self) -> Result<Option<Committed<'s>>, GitError> {
        match &self.trusted {
            Some((store, commit, shown)) => Committed::new(store, commit, shown).map(Some),
            None => Ok(None),
        }
    }

    /// The files at the top, to read a configuration from.
    pub(super) fn files(&self) -> Result<Option<Box<dyn Files + '_>>, GitError> {
        if let Some(committed) = self.committed()? {
            return Ok(Some(Box::new(committed)));
        }
        if let Some(top) = &self.top {
            return Ok(Some(Box::new(disk(top.clone()))));
        }
        match self.bare {
            None => Ok(None),
            Some(store) => Ok(Committed::at_head(store)?.map(|files| Box::new(files) as _)),
        }
    }
}

/// The repository that the current directory lies in, or that directory.
pub(super) struct Home {
    store: Option<Store>,
    /// The top of its working tree, or a bare repository itself; canonical.
    pub(super) top: PathBuf,
}

impl Home {
    /// Looks for it.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub(super) fn here() -> Result<Self, Stop> {
        let here = current().ok_or_else(|| Stop::new("the current directory cannot be read"))?;
        let store = match Store::discover(&here, &OpenOptions::default()) {
            Ok(store) => Some(store),
            Err(error) if repository(&here).is_some() => return Err(error.into()),
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
    pub(super) fn site(&self) -> Site<'_> {
        match &self.store {
            Some(store) => Site::of_store(store),
            None => Site::of_directory(&self.top),
        }
    }

    /// The repository, if it is one.
    pub(super) fn store(&self) -> Option<&Store> {
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

/// The top of the working tree that `path` lies in.
pub(super) fn repository(path: &Path) -> Option<PathBuf> {
    let mut dirs = path.ancestors();
    dirs.find(|dir| dir.join(".git").exists())
        .map(Path::to_owned)
}

/// The files below `root`, named as seen from the current directory.
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

/// The files of a commit, read from the object database.
pub(super) struct Committed<'s> {
    store: &'s Store,
    tree: ObjectId,
    /// What stands for the commit in names.
    shown: String,
}

impl<'s> Committed<'s> {
    /// The files of HEAD; None before the first commit.
    ///
    /// # Errors
    /// When HEAD cannot be read.
    fn at_head(store: &'s Store) -> Result<Option<Self>, GitError> {
        match refs::head(store)? {
            Some(commit) => Self::new(store, &commit, "HEAD").map(Some),
            None => Ok(None),
        }
    }

    /// The files of `commit`, which is shown as `name`.
    ///
    /// # Errors
    /// When the commit cannot be read.
    pub(super) fn new(store: &'s Store, commit: &ObjectId, name: &str) -> Result<Self, GitError> {
        let mut differ = Differ::new(store, object::DEFAULT_LIMIT);
        Ok(Self {
            store,
            tree: differ.tree_of(commit)?,
            shown: name.to_owned(),
        })
    }

    /// What `path` is and where it is stored.
    fn find(&self, path: &str) -> Result<Option<(EntryKind, ObjectId)>, String> {
        let mut reader = Reader::new(self.store, object::DEFAULT_LIMIT);
        let found = reader.find_path(&self.tree, path.as_bytes());
        found.map_err(|e| e.to_string())
    }

    /// The names in a directory.
    fn names(&self, tree: &ObjectId) -> Result<Vec<Vec<u8>>, String> {
        let mut raw = Vec::new();
        let mut reader = Reader::new(self.store, object::DEFAULT_LIMIT);
        let read = reader.expect(tree, Kind::Tree, &mut raw);
        read.map_err(|e| e.to_string())?;
        let mut out = Vec::new();
        for entry in tree::entries(&raw, self.store.hash().len_in_bytes()) {
            let entry = entry.map_err(|_| format!("tree {tree} is damaged"))?;
            out.push(entry.name.to_vec());
        }
        Ok(out)
    }
}

impl Files for Committed<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let Some((kind, id)) = self.find(path)? else {
            return Ok(None);
        };
        if kind != EntryKind::File {
            return Err("not a regular file of that commit".to_owned());
        }
        let mut raw = Vec::new();
        let mut reader = Reader::new(self.store, object::DEFAULT_LIMIT);
        let read = reader.expect(&id, Kind::Blob, &mut raw);
        read.map_err(|e| e.to_string())?;
        Ok(Some(raw))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        match self.find(path)? {
            Some((EntryKind::Tree, id)) => {
                let names = self.names(&id)?.into_iter();
                let mut names: Vec<String> = names
                    .filter_map(|name| String::from_utf8(name).ok())
                    .collect();
                names.sort_unstable();
                Ok(names)
            }
            _ => Ok(Vec::new()),
        }
    }

    fn name(&self, path: &str) -> String {
        format!("{}:{path}", self.shown)
    }
}

//! Decides whose policy counts: which revision's configuration, baseline, ignore files and
//! markers apply. No other module decides this.
//!
//! A change must not accept its own leak. So the policy of a change comes from an earlier
//! revision, and the checkout's files only show what the change asks for.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use crate::config::Files;
use crate::git::diff::Differ;
use crate::git::tree::{self, EntryKind};
use crate::git::{GitError, Kind, ObjectId, Reader, Store, object, refs, revision};
use crate::stop::Stop;

/// The requested source of the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PolicyFrom {
    /// The files of the checkout; in a bare repository, of HEAD.
    #[default]
    Checkout,
    /// A revision that the user names.
    Named(String),
    /// A commit that outranks what is scanned.
    Base(ObjectId),
    /// No files at all: nothing in the repository accepts a finding.
    Nothing,
}

impl PolicyFrom {
    /// Returns the user's choice, else `usual`.
    #[must_use]
    pub fn or(self, usual: Self) -> Self {
        match self {
            PolicyFrom::Checkout => usual,
            asked => asked,
        }
    }

    /// Returns the policy source on the receiving side of a push: the branch that HEAD of the
    /// repository names, as it is before the push. Before its first commit, nothing.
    ///
    /// # Errors
    /// Fails if HEAD is unreadable.
    pub fn of_receiver(store: &Store) -> Result<Self, GitError> {
        Ok(match refs::head(store)? {
            Some(commit) => PolicyFrom::Base(commit),
            None => PolicyFrom::Nothing,
        })
    }
}

impl fmt::Display for PolicyFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PolicyFrom::Checkout | PolicyFrom::Nothing => f.write_str("none"),
            PolicyFrom::Named(name) => f.write_str(name),
            PolicyFrom::Base(commit) => commit.fmt(f),
        }
    }
}

/// The source of a site's policy.
#[derive(Clone, Default)]
pub(super) enum Trust {
    /// The checkout.
    #[default]
    Checkout,
    /// A revision.
    Revision(Arc<Revision>),
}

impl Trust {
    /// Looks up the requested source in `store`.
    ///
    /// # Errors
    /// Fails if it names no commit of this repository.
    pub(super) fn of(asked: &PolicyFrom, store: &Arc<Store>) -> Result<Self, Stop> {
        let commit = match asked {
            PolicyFrom::Checkout => return Ok(Trust::Checkout),
            PolicyFrom::Named(name) => revision::trusted(store, name)?.commit,
            PolicyFrom::Base(commit) => *commit,
            PolicyFrom::Nothing => return Ok(Trust::Revision(Arc::new(Revision::empty(store)))),
        };
        let shown: String = commit.to_string().chars().take(12).collect();
        let revision = Revision::new(store, &commit, &shown)?;
        Ok(Trust::Revision(Arc::new(revision)))
    }

    /// Returns the revision that replaces the checkout, if any.
    pub(super) fn revision(&self) -> Option<&Arc<Revision>> {
        match self {
            Trust::Checkout => None,
            Trust::Revision(revision) => Some(revision),
        }
    }
}

/// The most links that lead to one file, and the longest target of one in bytes.
const MAX_LINKS: usize = 40;
const MAX_TARGET: usize = 4096;

/// The files of a commit, read from the object database.
pub(super) struct Revision {
    store: Arc<Store>,
    /// None if there are no files.
    tree: Option<ObjectId>,
    /// How names show the commit.
    shown: String,
}

impl Revision {
    /// Opens the files of `commit`, which is shown as `name`.
    ///
    /// # Errors
    /// Fails if the commit is unreadable.
    fn new(store: &Arc<Store>, commit: &ObjectId, name: &str) -> Result<Self, GitError> {
        let mut differ = Differ::new(store, object::DEFAULT_LIMIT);
        Ok(Self {
            tree: Some(differ.tree_of(commit)?),
            store: Arc::clone(store),
            shown: name.to_owned(),
        })
    }

    /// Returns a revision without files.
    fn empty(store: &Arc<Store>) -> Self {
        Self {
            store: Arc::clone(store),
            tree: None,
            shown: "no trusted revision".to_owned(),
        }
    }

    /// Opens the files of HEAD, or returns None before the first commit.
    ///
    /// # Errors
    /// Fails if HEAD is unreadable.
    pub(super) fn at_head(store: &Arc<Store>) -> Result<Option<Self>, GitError> {
        match refs::head(store)? {
            Some(commit) => Self::new(store, &commit, "HEAD").map(Some),
            None => Ok(None),
        }
    }

    /// Returns the content of the file at `path`, or None if there is no readable file.
    pub(super) fn content(&self, path: &[u8]) -> Option<Vec<u8>> {
        let (_, id) = self.find(path).ok()??;
        self.object(&id, Kind::Blob).ok()
    }

    /// Whether it has no files because no revision is trusted.
    pub(super) fn is_empty(&self) -> bool {
        self.tree.is_none()
    }

    /// Returns how names show the commit.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Whether `path` is a directory of the commit.
    pub(super) fn is_directory(&self, path: &str) -> bool {
        matches!(self.real(path), Ok(Some((_, EntryKind::Tree, _))))
    }

    /// Returns where `path` leads after its links, what is there, and its object; None if
    /// nothing is there. Links lead to what the same commit has.
    ///
    /// # Errors
    /// Returns why the way ends: a link that leads out of the tree, or an unreadable
    /// object.
    pub(super) fn real(&self, path: &str) -> Result<Option<(String, EntryKind, ObjectId)>, String> {
        let parts = |path: &[u8]| -> VecDeque<Vec<u8>> {
            path.split(|b| *b == b'/').map(<[u8]>::to_vec).collect()
        };
        let out = || "a symbolic link that leads out of the repository; not read".to_owned();
        let (mut todo, mut done) = (parts(path.as_bytes()), Vec::new());
        let Some(tree) = self.tree else {
            return Ok(None);
        };
        let (mut at, mut links) = (Some((EntryKind::Tree, tree)), 0);
        while let Some(part) = todo.pop_front() {
            match part.as_slice() {
                b"" | b"." => continue,
                b".." => drop(done.pop().ok_or_else(out)?),
                _ => done.push(part),
            }
            at = self.find(&done.join(&b'/')).map_err(|e| e.to_string())?;
            match at {
                None => return Ok(None),
                Some((EntryKind::Link, id)) => {
                    let target = self.object(&id, Kind::Blob).map_err(|e| e.to_string())?;
                    links += 1;
                    if links > MAX_LINKS || target.len() > MAX_TARGET {
                        return Err("too many symbolic links, or too long ones".to_owned());
                    }
                    if target.starts_with(b"/") {
                        return Err(out());
                    }
                    done.pop();
                    for part in parts(&target).into_iter().rev() {
                        todo.push_front(part);
                    }
                    at = None;
                }
                Some(_) => {}
            }
        }
        let at = match at {
            Some(at) => Some(at),
            None => self.find(&done.join(&b'/')).map_err(|e| e.to_string())?,
        };
        let path = String::from_utf8(done.join(&b'/')).map_err(|_| "not UTF-8".to_owned())?;
        Ok(at.map(|(kind, id)| (path, kind, id)))
    }

    /// Whether `path` does not exist. An unreadable path counts as existing.
    pub(super) fn lacks(&self, path: &[u8]) -> bool {
        matches!(self.find(path), Ok(None))
    }

    /// Returns the kind of `path` and its object.
    fn find(&self, path: &[u8]) -> Result<Option<(EntryKind, ObjectId)>, GitError> {
        match &self.tree {
            Some(tree) => Reader::new(&self.store, object::DEFAULT_LIMIT).find_path(tree, path),
            None => Ok(None),
        }
    }

    /// Reads an object of this kind.
    fn object(&self, id: &ObjectId, kind: Kind) -> Result<Vec<u8>, GitError> {
        let mut raw = Vec::new();
        Reader::new(&self.store, object::DEFAULT_LIMIT).expect(id, kind, &mut raw)?;
        Ok(raw)
    }

    /// Returns the names in a directory.
    fn names(&self, tree: &ObjectId) -> Result<Vec<Vec<u8>>, String> {
        let raw = self.object(tree, Kind::Tree).map_err(|e| e.to_string())?;
        let mut out = Vec::new();
        for entry in tree::entries(&raw, self.store.hash().len_in_bytes()) {
            let entry = entry.map_err(|_| format!("tree {tree} is damaged"))?;
            out.push(entry.name.to_vec());
        }
        Ok(out)
    }
}

impl Files for Revision {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let Some((_, kind, id)) = self.real(path)? else {
            return Ok(None);
        };
        if kind != EntryKind::File {
            return Err("not a regular file of that commit".to_owned());
        }
        let content = self.object(&id, Kind::Blob).map_err(|e| e.to_string())?;
        Ok(Some(content))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        match self.find(path.as_bytes()).map_err(|e| e.to_string())? {
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

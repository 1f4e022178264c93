//! What names of references stand for.
//!
//! git looks for a short name in several places and takes the first hit: a tag before a
//! branch. Whoever may push may push a tag with any name. So this module looks up full names
//! only, and knows two ways to complete a short one: [`Names::trusted`] for names that decide
//! what counts as known or whose policy applies, and [`Names::meanings`] for all others.

use std::collections::{BTreeMap, BTreeSet};

use gix::ObjectId;

use super::error::GitError;
use super::refs::{self, TipSource};
use super::store::Store;

/// The most symbolic references in a row that are followed, as in git.
const MAX_SYMBOLIC: usize = 5;

/// The names of the directories below `refs/` that a name may start with.
const KINDS: [&str; 3] = ["heads/", "remotes/", "tags/"];

/// The references of a repository by their full names.
pub struct Names {
    direct: BTreeMap<Vec<u8>, ObjectId>,
    symbolic: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// A reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its full name: `refs/remotes/origin/main`.
    pub name: String,
    /// The object that it points to, which may be an annotated tag.
    pub id: ObjectId,
}

impl Named {
    /// Whether it shows the state of another repository.
    pub fn is_remote(&self) -> bool {
        self.name.starts_with("refs/remotes/")
    }
}

/// The default branch of a remote repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultBranch {
    /// The name of the remote: `origin`.
    pub remote: String,
    /// The name of the branch: `main`.
    pub name: String,
}

impl Names {
    /// Reads all references.
    ///
    /// # Errors
    /// Fails if references cannot be listed.
    pub fn read(store: &Store) -> Result<Self, GitError> {
        let tips = refs::tips(store, false)?;
        let direct = tips.tips.into_iter();
        let direct = direct.filter(|tip| tip.source == TipSource::Reference);
        Ok(Self {
            direct: direct.map(|tip| (tip.name, tip.id)).collect(),
            symbolic: tips.symbolic.into_iter().collect(),
        })
    }

    /// Returns the reference with this full name.
    pub fn get(&self, full: &str) -> Option<Named> {
        let mut at = full.as_bytes();
        for _ in 0..=MAX_SYMBOLIC {
            if let Some(id) = self.direct.get(at) {
                return Some(Named {
                    name: full.to_owned(),
                    id: *id,
                });
            }
            at = self.symbolic.get(at)?;
        }
        None
    }

    /// Returns the names of the remotes that references were fetched from. If such a name
    /// contains `/`, returns its first part.
    fn remotes(&self) -> BTreeSet<&[u8]> {
        let names = self.direct.keys().chain(self.symbolic.keys());
        names
            .filter_map(|name| {
                let rest = name.strip_prefix(b"refs/remotes/".as_slice())?;
                rest.split(|b| *b == b'/').next()
            })
            .collect()
    }

    /// Whether any reference was fetched from a remote.
    pub fn has_remotes(&self) -> bool {
        !self.remotes().is_empty()
    }

    /// Whether a reference was fetched from the repository that the clone is of: `origin`, or
    /// the only remote. Others may be forks, which a job adds to fetch a change.
    pub fn is_of_origin(&self, named: &Named) -> bool {
        let rest = named.name.strip_prefix("refs/remotes/");
        rest.and_then(|rest| rest.split('/').next())
            .is_some_and(|remote| self.origin() == Some(remote.as_bytes()))
    }

    /// Returns the name of the remote that the clone is of, if that is certain.
    fn origin(&self) -> Option<&[u8]> {
        let remotes = self.remotes();
        match remotes.contains(&b"origin"[..]) {
            true => Some(b"origin"),
            false => remotes.first().copied().filter(|_| remotes.len() == 1),
        }
    }

    /// Returns the default branch of `origin`, or of the only remote, as its symbolic
    /// reference HEAD shows it. If HEAD is not symbolic, it is a branch of that name, which
    /// anyone may have pushed.
    pub fn default_branch(&self) -> Option<DefaultBranch> {
        let told = self.symbolic.iter().filter_map(|(name, target)| {
            let name = std::str::from_utf8(name).ok()?;
            let remote = name.strip_prefix("refs/remotes/")?.strip_suffix("/HEAD")?;
            let target = std::str::from_utf8(target).ok()?;
            let branch = target.strip_prefix(&format!("refs/remotes/{remote}/"))?;
            Some(DefaultBranch {
                remote: remote.to_owned(),
                name: branch.to_owned(),
            })
        });
        let origin = self.origin()?;
        let mut told = told;
        told.find(|told| told.remote.as_bytes() == origin)
    }

    /// Returns the branch of this name: of `origin`, of another remote, or a local one (in a
    /// mirror).
    ///
    /// # Errors
    /// Fails with the full names if several other remotes disagree.
    pub fn branch(&self, name: &str) -> Result<Option<Named>, String> {
        if let Some(found) = self.get(&format!("refs/remotes/origin/{name}")) {
            return Ok(Some(found));
        }
        let remotes = self.remotes();
        let remotes = remotes.iter().filter_map(|r| std::str::from_utf8(r).ok());
        let others = remotes.filter_map(|r| self.get(&format!("refs/remotes/{r}/{name}")));
        if let Some(found) = only(others.collect())? {
            return Ok(Some(found));
        }
        Ok(self.get(&format!("refs/heads/{name}")))
    }

    /// Returns the reference that a name stands for where it decides what is trusted: a full
    /// name (with or without `refs/`), else a branch. The branch of a remote comes before a
    /// local one, and `REMOTE/NAME` is never anything but that remote's branch. Tags count
    /// only by their full name.
    ///
    /// # Errors
    /// Fails with the reason if there is no such branch, or if several remotes disagree.
    pub fn trusted(&self, name: &str) -> Result<Named, String> {
        if name.starts_with("refs/") {
            return self.get(name).ok_or_else(|| "no such reference".to_owned());
        }
        if KINDS.iter().any(|kind| name.starts_with(kind)) {
            let full = format!("refs/{name}");
            let found = self.get(&full);
            return found.ok_or_else(|| format!("there is no {full}"));
        }
        let remotes = self.remotes();
        let is_remote = |name: &str| name == "origin" || remotes.contains(name.as_bytes());
        let found = match name.split_once('/') {
            Some((remote, _)) if is_remote(remote) => self.get(&format!("refs/remotes/{name}")),
            None if is_remote(name) => self.get(&format!("refs/remotes/{name}/HEAD")),
            _ => self.branch(name)?,
        };
        found.ok_or_else(|| {
            let tag = format!("refs/tags/{name}");
            match self.get(&tag) {
                Some(_) => {
                    format!("no branch has this name, and a tag counts only as {tag}")
                }
                None => "no branch has this name".to_owned(),
            }
        })
    }

    /// Returns every reference that git would look up for a name, in git's order.
    pub fn meanings(&self, name: &str) -> Vec<Named> {
        let full = [
            name.to_owned(),
            format!("refs/{name}"),
            format!("refs/tags/{name}"),
            format!("refs/heads/{name}"),
            format!("refs/remotes/{name}"),
            format!("refs/remotes/{name}/HEAD"),
        ];
        full.iter().filter_map(|full| self.get(full)).collect()
    }
}

/// Returns the only reference, or the first one if all point to the same object.
fn only(found: Vec<Named>) -> Result<Option<Named>, String> {
    if found.windows(2).any(|pair| pair[0].id != pair[1].id) {
        return Err(several(&found));
    }
    Ok(found.into_iter().next())
}

/// Says that a name stands for several references.
pub(crate) fn several(found: &[Named]) -> String {
    let names: Vec<&str> = found.iter().map(|named| named.name.as_str()).collect();
    format!(
        "it may be {}; write the full name of the one that you mean",
        names.join(" or ")
    )
}

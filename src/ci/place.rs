//! The branches of this clone: finds the commits of bases, and the default branch.

use super::decision::{Base, Branches, is_commit};
use crate::git::names::{Named, Names};
use crate::git::object::DEFAULT_LIMIT;
use crate::git::{GitError, ObjectId, Reader, Store, range, revision};
use crate::stop::Stop;

/// The tip of a branch in this clone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tip {
    pub(super) id: ObjectId,
    /// Whether it shows the remote repository. A local branch may be the change itself.
    pub(super) is_remote: bool,
}

/// A base in this clone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) tip: Tip,
    /// Whether the user named a reference, and thereby vouches for it.
    pub(super) is_vouched: bool,
    /// Whether it was named by itself, not by steps from another commit and not by what is
    /// checked out.
    pub(super) is_direct: bool,
}

impl Found {
    /// A commit that CI names.
    pub(super) fn commit(id: ObjectId) -> Self {
        let is_remote = true;
        Self {
            tip: Tip { id, is_remote },
            is_vouched: false,
            is_direct: true,
        }
    }
}

/// A clone, as the branches of an event see it.
pub(super) struct Place<'s> {
    store: &'s Store,
    names: Names,
    /// The name of the default branch, if variables or the clone tell it.
    pub(super) default: Option<String>,
    /// The tip of the default branch, if it is here.
    pub(super) tip: Option<Tip>,
    /// The default branch as a base, if it is here.
    pub(super) base: Option<Base>,
    /// Whether the event is about the default branch itself.
    pub(super) is_default: bool,
}

impl<'s> Place<'s> {
    /// Looks up the default branch.
    ///
    /// # Errors
    /// Fails if references cannot be read, or if several remotes disagree about the branch.
    pub(super) fn new(store: &'s Store, branches: &Branches) -> Result<Self, Stop> {
        let names = Names::read(store)?;
        let (default, tip) = match (&branches.default, names.default_branch()) {
            (Some(name), _) => (Some(name.clone()), branch(&names, name)?),
            (None, Some(told)) => {
                let full = format!("refs/remotes/{}/{}", told.remote, told.name);
                (Some(told.name), names.get(&full))
            }
            (None, None) => (None, None),
        };
        let is_default = default.is_some() && branches.branch == default;
        let mut place = Self {
            store,
            names,
            default,
            tip: None,
            base: None,
            is_default,
        };
        place.tip = tip.map(|named| place.tip_of(&named)).transpose()?;
        place.base = match (&place.tip, &place.default) {
            (Some(_), Some(name)) => Some(Base::Branch(name.clone())),
            _ => None,
        };
        Ok(place)
    }

    /// Returns the commit of a base, or None if it is missing.
    ///
    /// # Errors
    /// Fails if its name has several meanings, or if an object cannot be read.
    pub(super) fn find(&self, base: &Base) -> Result<Option<Found>, Stop> {
        let found = |tip| Found {
            tip,
            is_vouched: false,
            is_direct: true,
        };
        match base {
            Base::Commit(id, _) => Ok(find(self.store, id)?.map(Found::commit)),
            Base::Branch(name) => Ok(self.branch(name)?.map(found)),
            Base::Abbreviated(digits, name, _) => {
                let tip = match name {
                    Some(name) => self.branch(name)?,
                    None => self.tip,
                };
                let Some(tip) = tip else {
                    return Ok(None);
                };
                let mut reader = Reader::new(self.store, DEFAULT_LIMIT);
                let id = range::abbreviated(&mut reader, self.store, &tip.id, digits)?;
                Ok(id.map(|id| found(Tip { id, ..tip })))
            }
            Base::Asked(id) if is_commit(id) => Ok(find(self.store, id)?.map(Found::commit)),
            Base::Asked(name) => {
                let named = revision::trusted(self.store, name).map_err(|e| asked(name, e))?;
                Ok(Some(Found {
                    is_vouched: named.reference.is_some() && named.is_direct,
                    is_direct: named.is_direct,
                    ..Found::commit(named.commit)
                }))
            }
        }
    }

    /// Returns the tip of a branch of the remote repository.
    fn branch(&self, name: &str) -> Result<Option<Tip>, Stop> {
        let named = branch(&self.names, name)?;
        Ok(named.map(|named| self.tip_of(&named)).transpose()?)
    }

    fn tip_of(&self, named: &Named) -> Result<Tip, GitError> {
        Ok(Tip {
            id: revision::parse_commit(self.store, &named.id.to_string())?,
            is_remote: named.is_remote(),
        })
    }

    /// Whether `target` is `tip` or one of the commits that it reaches.
    pub(super) fn reaches(&self, tip: &ObjectId, target: &ObjectId) -> Result<bool, GitError> {
        let mut reader = Reader::new(self.store, DEFAULT_LIMIT);
        range::reaches(&mut reader, self.store, tip, target)
    }

    /// Whether the commit with this id is missing.
    pub(super) fn lacks(&self, id: &str) -> Result<bool, GitError> {
        Ok(find(self.store, id)?.is_none())
    }

    /// Returns the commit that is checked out; None before the first commit.
    pub(super) fn head(&self) -> Result<Option<ObjectId>, GitError> {
        crate::git::refs::head(self.store)
    }
}

/// Says why the user's base names nothing.
fn asked(name: &str, error: GitError) -> Stop {
    let GitError::Revision { why, .. } = error else {
        return error.into();
    };
    Stop::new(format!("the base that was asked for ({name}): {why}")).help(
        "fetch it first, in a clone that is not shallow; or write a reference in full \
         (refs/remotes/origin/main) or all digits of a commit id",
    )
}

/// Returns a branch of the remote repository that the clone is of. A local branch is one only
/// in a mirror: beside references of a remote, it may be left from the build of another change.
fn branch(names: &Names, name: &str) -> Result<Option<Named>, Stop> {
    let found = names.branch(name).map_err(|why| {
        Stop::new(format!("branch {name}: {why}"))
            .help("name the base with `--base`, and whose policy counts with `--policy-from`")
    })?;
    Ok(found.filter(|named| names.is_of_origin(named) || !names.has_remotes()))
}

/// Returns the commit of an id or of HEAD, or None if it is missing.
///
/// # Errors
/// Fails if an object cannot be read, or is no commit.
pub(super) fn find(store: &Store, name: &str) -> Result<Option<ObjectId>, GitError> {
    if is_commit(name)
        && let Ok(id) = ObjectId::from_hex(name.as_bytes())
    {
        let mut raw = Vec::new();
        let found = Reader::new(store, DEFAULT_LIMIT).find(&id, &mut raw);
        let found = found.map_err(|reason| GitError::Object { id, reason })?;
        if found.is_none() {
            return Ok(None);
        }
    }
    match revision::parse_commit(store, name) {
        Ok(id) => Ok(Some(id)),
        Err(GitError::Revision { .. }) if !is_commit(name) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the first digits of a commit id.
pub(super) fn short(id: &ObjectId) -> String {
    id.to_string().chars().take(12).collect()
}

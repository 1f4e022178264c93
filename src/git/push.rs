//! What a push brings: the commits, annotated tags and other objects that one side
//! has and the other has not.
//!
//! What the other side has is known only in part. Every doubt is decided for
//! scanning more: a tip that is not here or cannot be read excludes nothing.

use std::collections::HashSet;

use gix::ObjectId;
use gix::object::Kind;

use super::error::GitError;
use super::object::{DEFAULT_LIMIT, Reader};
use super::protocol::Update;
use super::refs::{self, Peeled, TipSource};
use super::revision::Revisions;
use super::store::Store;

/// What the receiving side is known to have, besides the old values of its references.
#[derive(Clone, Copy, Debug)]
pub enum Known<'a> {
    /// What the remote of this name had when it was last heard of:
    /// `refs/remotes/NAME/*`.
    Remote(&'a [u8]),
    /// All references of this repository: it is the receiver.
    References,
}

/// What a push brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Tips whose commits are sent; peeled, sorted, each once.
    pub include: Vec<ObjectId>,
    /// Tips whose history the other side has; peeled, sorted, each once.
    pub exclude: Vec<ObjectId>,
    /// Annotated tags, each with the reference that leads to it.
    pub tags: Vec<(Vec<u8>, ObjectId)>,
    /// Trees and blobs that a reference names directly, with the reference.
    pub bare: Vec<(Vec<u8>, Kind, ObjectId)>,
    /// Names of references that are new to the other side.
    pub names: Vec<Vec<u8>>,
    /// References of the other side whose values are not here (others have pushed
    /// in the meantime).
    pub unknown: usize,
}

impl Brought {
    /// The commits as a set of revisions.
    pub fn revisions(&self) -> Revisions {
        Revisions::Reachable {
            include: self.include.clone(),
            exclude: self.exclude.clone(),
        }
    }
}

/// Works out what `updates` bring.
///
/// # Errors
/// When the new value of a reference is not here or cannot be read, and when
/// references cannot be listed.
pub fn brought(store: &Store, updates: &[Update], known: Known<'_>) -> Result<Brought, GitError> {
    let mut reader = Reader::new(store, DEFAULT_LIMIT);
    let mut brought = Brought::default();
    // Nothing is sent, as when references are only deleted: no need to look further.
    if updates.iter().all(|update| update.new.is_none()) {
        return Ok(brought);
    }
    // Tags and bare objects that the other side has or that are listed already.
    let mut met = HashSet::new();
    let mut tips = known_tips(store, known)?;
    tips.sort_unstable();
    tips.dedup();
    for tip in tips {
        // One that cannot be read only makes more seem new.
        if let Ok(peeled) = refs::peel(&mut reader, &tip) {
            exclude(&mut brought, &mut met, &peeled);
        }
    }
    for old in updates.iter().filter_map(|update| update.old) {
        match refs::peel(&mut reader, &old) {
            Ok(peeled) => exclude(&mut brought, &mut met, &peeled),
            Err(_) => brought.unknown += 1,
        }
    }
    for update in updates {
        if let Some(new) = &update.new {
            include(&mut brought, &mut reader, &mut met, update, new)?;
        }
    }
    brought.include.sort_unstable();
    brought.include.dedup();
    brought.exclude.sort_unstable();
    brought.exclude.dedup();
    brought.names.sort_unstable();
    brought.names.dedup();
    Ok(brought)
}

fn exclude(brought: &mut Brought, met: &mut HashSet<ObjectId>, peeled: &Peeled) {
    met.extend(&peeled.tags);
    match peeled.kind {
        Kind::Commit => brought.exclude.push(peeled.id),
        _ => {
            met.insert(peeled.id);
        }
    }
}

fn include(
    brought: &mut Brought,
    reader: &mut Reader<'_>,
    met: &mut HashSet<ObjectId>,
    update: &Update,
    new: &ObjectId,
) -> Result<(), GitError> {
    let peeled = refs::peel(reader, new);
    let peeled = peeled.map_err(|reason| GitError::Object { id: *new, reason })?;
    if update.old.is_none() {
        brought.names.push(update.name.clone());
    }
    for tag in &peeled.tags {
        if met.insert(*tag) {
            brought.tags.push((update.name.clone(), *tag));
        }
    }
    match peeled.kind {
        Kind::Commit => brought.include.push(peeled.id),
        kind => {
            if met.insert(peeled.id) {
                brought.bare.push((update.name.clone(), kind, peeled.id));
            }
        }
    }
    Ok(())
}

/// The tips that the receiver is known to have.
fn known_tips(store: &Store, known: Known<'_>) -> Result<Vec<ObjectId>, GitError> {
    let tips = refs::tips(store, false)?.tips;
    let Known::Remote(name) = known else {
        return Ok(tips.into_iter().map(|tip| tip.id).collect());
    };
    if name.is_empty() {
        return Ok(Vec::new());
    }
    let below = |name: &[u8]| [b"refs/remotes/", name, b"/"].concat();
    let prefix = below(name);
    // Of remotes `a` and `a/b`, the references of the second are not the first's.
    let others: Vec<Vec<u8>> = store
        .gix()
        .remote_names()
        .iter()
        .map(|other| below(other.as_ref()))
        .filter(|other| other.len() > prefix.len() && other.starts_with(&prefix))
        .collect();
    Ok(tips
        .into_iter()
        .filter(|tip| tip.source == TipSource::Reference && tip.name.starts_with(&prefix))
        .filter(|tip| !others.iter().any(|other| tip.name.starts_with(other)))
        .map(|tip| tip.id)
        .collect())
}

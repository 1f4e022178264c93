//! Computes what a push brings: the commits, annotated tags and other objects that the
//! sender has and the receiver does not.
//!
//! The receiver's objects are known only in part. In doubt more is scanned: a tip that is
//! missing here or unreadable excludes nothing.

use std::collections::HashSet;

use gix::ObjectId;
use gix::object::Kind;

use super::error::GitError;
use super::object::{DEFAULT_LIMIT, Reader};
use super::protocol::Update;
use super::refs::{self, Peeled, TipSource};
use super::revision::Revisions;
use super::store::Store;

/// What the receiver is known to have, in addition to the old values of its references.
#[derive(Clone, Copy, Debug)]
pub enum Known<'a> {
    /// The last known references of the remote of this name: `refs/remotes/NAME/*`.
    Remote(&'a [u8]),
    /// Nothing: the remote of this name is fetched from another URL than it is pushed to.
    Elsewhere(&'a [u8]),
    /// All references of this repository, which is the receiver.
    References,
}

/// The objects and names that a push brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Tips whose commits are sent: peeled, sorted, each once.
    pub include: Vec<ObjectId>,
    /// Tips whose history the receiver has: peeled, sorted, each once.
    pub exclude: Vec<ObjectId>,
    /// Annotated tags, each with the reference that points to it.
    pub tags: Vec<(Vec<u8>, ObjectId)>,
    /// Trees and blobs that a reference points to directly, with the reference.
    pub bare: Vec<(Vec<u8>, Kind, ObjectId)>,
    /// Names of references that are new to the receiver.
    pub names: Vec<Vec<u8>>,
    /// The number of the receiver's references whose values are missing here, because
    /// others pushed in the meantime.
    pub unknown: usize,
    /// The remote whose known references are those of another URL, raw.
    pub elsewhere: Option<Vec<u8>>,
}

impl Brought {
    /// Returns the commits as a set of revisions.
    pub fn revisions(&self) -> Revisions {
        Revisions::Reachable {
            include: self.include.clone(),
            exclude: self.exclude.clone(),
        }
    }
}

/// Computes what `updates` bring.
///
/// # Errors
/// Fails if the new value of a reference is missing or unreadable, or if references
/// cannot be listed.
pub fn brought(store: &Store, updates: &[Update], known: Known<'_>) -> Result<Brought, GitError> {
    let mut reader = Reader::new(store, DEFAULT_LIMIT);
    let mut brought = Brought::default();
    // Nothing is sent, e.g. because references are only deleted.
    if updates.iter().all(|update| update.new.is_none()) {
        return Ok(brought);
    }
    // Tags and bare objects that the receiver has or that are already listed.
    let mut met = HashSet::new();
    if let Known::Elsewhere(remote) = known {
        brought.elsewhere = Some(remote.to_vec());
    }
    let mut tips = known_tips(store, known, updates)?;
    tips.sort_unstable();
    tips.dedup();
    for tip in tips {
        // An unreadable tip only makes more objects seem new.
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

/// Returns the tips that the receiver is known to have. A reference that the receiver says it
/// lacks counts for nothing: it was deleted there, or was fetched from elsewhere.
fn known_tips(
    store: &Store,
    known: Known<'_>,
    updates: &[Update],
) -> Result<Vec<ObjectId>, GitError> {
    let name = match known {
        Known::References => {
            let tips = refs::tips(store, false)?.tips;
            return Ok(tips.into_iter().map(|tip| tip.id).collect());
        }
        Known::Remote(name) if !name.is_empty() => name,
        Known::Remote(_) | Known::Elsewhere(_) => return Ok(Vec::new()),
    };
    let tips = refs::tips(store, false)?.tips;
    let below = |name: &[u8]| [b"refs/remotes/", name, b"/"].concat();
    let prefix = below(name);
    // If there are remotes `a` and `a/b`, the references of `a/b` are not those of `a`.
    let others: Vec<Vec<u8>> = store
        .gix()
        .remote_names()
        .iter()
        .map(|other| below(other.as_ref()))
        .filter(|other| other.len() > prefix.len() && other.starts_with(&prefix))
        .collect();
    let new = updates.iter().filter(|update| update.old.is_none());
    let lacking: HashSet<&[u8]> = new
        .filter_map(|update| update.name.strip_prefix(b"refs/heads/".as_slice()))
        .collect();
    Ok(tips
        .into_iter()
        .filter(|tip| tip.source == TipSource::Reference && tip.name.starts_with(&prefix))
        .filter(|tip| !others.iter().any(|other| tip.name.starts_with(other)))
        .filter(|tip| !lacking.contains(&tip.name[prefix.len()..]))
        .map(|tip| tip.id)
        .collect())
}

//! The tree of HEAD, to look up paths.

use std::collections::HashMap;

use super::attribute::Scene;
use super::reason;
use crate::git::diff::Differ;
use crate::git::graph::Graph;
use crate::git::tree::{self, EntryKind};
use crate::git::{GitError, Kind, ObjectId, Reader, Reason, object};

/// The most entries of trees that are kept for the next path.
const MAX_KEPT: usize = 1 << 18;

/// The entries of a tree by their names.
type Entries = HashMap<Box<[u8]>, (EntryKind, ObjectId)>;

/// The tree of HEAD.
pub(super) struct Head<'s> {
    graph: &'s Graph<'s>,
    reader: Reader<'s>,
    hash_len: usize,
    tree: Option<ObjectId>,
    kept: HashMap<ObjectId, Entries>,
    /// The number of entries in all of `kept`.
    entries: usize,
}

impl<'s> Head<'s> {
    pub(super) fn new(scene: &Scene<'s>) -> Self {
        let store = scene.objects.store();
        let commit = crate::git::refs::head(store).ok().flatten();
        let mut differ = Differ::new(store, object::DEFAULT_LIMIT);
        let tree = commit.and_then(|id| {
            let unread = |error| scene.graph.note_unread(&id, Kind::Commit, reason(error));
            differ.tree_of(&id).map_err(unread).ok()
        });
        Self {
            graph: scene.graph,
            reader: Reader::new(store, object::DEFAULT_LIMIT),
            hash_len: store.hash().len_in_bytes(),
            tree,
            kept: HashMap::new(),
            entries: 0,
        }
    }

    /// Returns whether HEAD has `path`, and there `object` if that is given. An unreadable tree
    /// counts as no, and is recorded.
    pub(super) fn has(&mut self, path: &[u8], object: Option<&ObjectId>) -> bool {
        let Some(top) = self.tree else {
            return false;
        };
        let mut at = (EntryKind::Tree, top);
        for part in path.split(|b| *b == b'/').filter(|part| !part.is_empty()) {
            if at.0 != EntryKind::Tree {
                return false;
            }
            match self
                .entries(&at.1)
                .map(|entries| entries.get(part).copied())
            {
                Ok(Some(entry)) => at = entry,
                Ok(None) => return false,
                Err(error) => {
                    self.graph.note_unread(&at.1, Kind::Tree, reason(error));
                    return false;
                }
            }
        }
        object.is_none_or(|object| *object == at.1)
    }

    fn entries(&mut self, tree: &ObjectId) -> Result<&Entries, GitError> {
        if !self.kept.contains_key(tree) {
            let mut raw = Vec::new();
            self.reader.expect(tree, Kind::Tree, &mut raw)?;
            let mut entries = Entries::new();
            for entry in tree::entries(&raw, self.hash_len) {
                let entry = entry.map_err(|_| GitError::Object {
                    id: *tree,
                    reason: Reason::BadHeader,
                })?;
                let to = (tree::entry_kind(entry.mode), entry.id.to_owned());
                entries.entry(entry.name.into()).or_insert(to);
            }
            if self.entries + entries.len() > MAX_KEPT {
                self.kept.clear();
                self.entries = 0;
            }
            self.entries += entries.len();
            self.kept.insert(*tree, entries);
        }
        Ok(self.kept.entry(*tree).or_default())
    }
}

//! Finds secrets in the names of files and directories of any commit.
//!
//! Trees are read along their deltas, so each name is seen about once. A finding is
//! attributed to the first commit that leads to the tree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::attribute::{Infos, Order, Scene};
use super::reason;
use crate::blob::BlobPath;
use crate::detect::Scratch;
use crate::finding::{CommitInfo, Event, Summary};
use crate::git::diff::Differ;
use crate::git::graph::{Graph, Named};
use crate::git::tree::EntryKind;
use crate::git::{Kind, ObjectId, Reader, object};
use crate::scan::assemble::Assembler;
use crate::scan::verdict::SHORTEST_NAME;
use crate::scan::{Engine, Known};

/// Scans the names of entries while the graph reads all trees.
pub(super) struct Names<'e> {
    engine: &'e Engine,
    known: &'e Known,
    scratch: Mutex<Vec<Scratch>>,
    /// Names, and the ranks of the trees that have them.
    found: Mutex<BTreeSet<(Vec<u8>, u32)>>,
}

impl<'e> Names<'e> {
    pub(super) fn new(engine: &'e Engine, known: &'e Known) -> Self {
        Self {
            engine,
            known,
            scratch: Mutex::default(),
            found: Mutex::default(),
        }
    }

    /// Keeps `entry` if its name contains a secret.
    pub(super) fn entry(&self, entry: Named<'_>) {
        let name = entry.name;
        if name.len() < SHORTEST_NAME || entry.kind == EntryKind::Submodule {
            return;
        }
        let mut scratch = lock(&self.scratch).pop().unwrap_or_default();
        let candidates = self.engine.detector.in_name(name, &mut scratch);
        lock(&self.scratch).push(scratch);
        for candidate in &candidates {
            self.known.note_undecided(candidate, name);
        }
        let keep = self.engine.keep_dismissed;
        if !candidates.iter().any(|c| keep || c.dismissed.is_none()) {
            return;
        }
        lock(&self.found).insert((name.to_vec(), entry.tree));
    }

    /// Returns the findings: each secret once for each path that contains it.
    pub(super) fn events(&self, scene: &Scene<'_>) -> Vec<Event> {
        let mut places = std::mem::take(&mut *lock(&self.found));
        let all = scene.options.all_objects;
        places
            .retain(|(_, tree)| scene.graph.has_tree(*tree) && (all || scene.graph.reaches(*tree)));
        if places.is_empty() {
            return Vec::new();
        }
        let mut trees: Vec<u32> = places.iter().map(|(_, tree)| *tree).collect();
        trees.sort_unstable();
        trees.dedup();
        let met = scene.graph.first_trees(&trees);
        let order = Order::new(scene.graph);
        // For each path, the earliest commit that had it.
        let mut paths: BTreeMap<Vec<u8>, (u64, Option<ObjectId>)> = BTreeMap::new();
        for (name, tree) in places {
            let first = met.iter().find(|met| met.tree == tree);
            let commit = first.map(|met| met.commit);
            let path = match first {
                Some(met) if !met.path.is_empty() => [&met.path[..], b"/", &name].concat(),
                _ => name,
            };
            let now = (order.of(commit.as_ref()), commit);
            let known = paths.entry(path).or_insert(now);
            *known = now.min(*known);
        }
        let mut head = Head::new(scene);
        let mut infos = Infos::new(scene);
        let mut assembler = Assembler::new(self.engine, self.known);
        let mut made = BTreeMap::new();
        for (path, (_, commit)) in paths {
            let commit = commit.map(|id| CommitInfo {
                at_head: Some(head.has(&path)),
                ..infos.of(&id)
            });
            assembler.begin(&BlobPath::new(path), true);
            let mut events = Vec::new();
            assembler.finish(&mut events, &mut Summary::default());
            for event in events {
                if let Event::Finding(mut finding) = event {
                    finding.commit = commit.clone().map(Box::new);
                    made.entry(finding.fingerprint).or_insert(finding);
                }
            }
        }
        let mut made: Vec<_> = made.into_values().collect();
        made.sort_by(|a, b| {
            (&a.path, a.start.offset, a.rule, a.secret_id).cmp(&(
                &b.path,
                b.start.offset,
                b.rule,
                b.secret_id,
            ))
        });
        made.into_iter().map(Event::Finding).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The tree of HEAD, to look up paths.
struct Head<'s> {
    graph: &'s Graph<'s>,
    reader: Reader<'s>,
    tree: Option<ObjectId>,
}

impl<'s> Head<'s> {
    fn new(scene: &Scene<'s>) -> Self {
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
            tree,
        }
    }

    /// Returns whether HEAD has `path`. An unreadable tree counts as no, and is recorded.
    fn has(&mut self, path: &[u8]) -> bool {
        let Some(tree) = self.tree else {
            return false;
        };
        match self.reader.find_path(&tree, path) {
            Ok(found) => found.is_some(),
            Err(error) => {
                self.graph.note_unread(&tree, Kind::Tree, reason(error));
                false
            }
        }
    }
}

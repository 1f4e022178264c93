//! Finds secrets in the names of files and directories of any commit.
//!
//! Trees are read along their deltas, so each name is seen about once. A finding is
//! attributed to the first commit that leads to the tree. If it does not count at the path of
//! then, the other paths of the tree are judged.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::attribute::{Infos, Order, Scene};
use super::head::Head;
use super::quiet::marked;
use super::told::Told;
use crate::blob::BlobPath;
use crate::cache::Key;
use crate::detect::Scratch;
use crate::finding::{CommitInfo, Event, Finding, Fingerprint, Summary};
use crate::git::ObjectId;
use crate::git::graph::{Named, Stood};
use crate::git::tree::EntryKind;
use crate::scan::assemble::Assembler;
use crate::scan::verdict::SHORTEST_NAME;
use crate::scan::{Engine, Known};

/// The most paths that are judged of trees that stood elsewhere before.
const MAX_PATHS: usize = 1 << 16;

/// Scans the names of entries while the graph reads all trees.
pub(super) struct Names<'e> {
    engine: &'e Engine,
    known: &'e Known,
    /// Marks values, if results are kept for the next run.
    marker: Option<&'e Key>,
    /// For each mark, a tree that has such a name.
    marks: Mutex<HashMap<u64, u32>>,
    scratch: Mutex<Vec<Scratch>>,
    /// Names, and the ranks of the trees that have them.
    found: Mutex<BTreeSet<(Vec<u8>, u32)>>,
    /// Whether there were too many paths to judge all.
    cut: AtomicBool,
}

impl<'e> Names<'e> {
    pub(super) fn new(engine: &'e Engine, known: &'e Known, marker: Option<&'e Key>) -> Self {
        Self {
            engine,
            known,
            marker,
            marks: Mutex::default(),
            scratch: Mutex::default(),
            found: Mutex::default(),
            cut: AtomicBool::new(false),
        }
    }

    /// Returns whether there were too many paths to judge all.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }

    /// Returns whether no name is told at any path, and the trees whose names add to the values
    /// that a report masks. Call it before [`events`](Self::events).
    pub(super) fn heard(&self) -> (bool, Vec<u32>) {
        let mut trees: Vec<u32> = lock(&self.marks).values().copied().collect();
        trees.sort_unstable();
        trees.dedup();
        (lock(&self.found).is_empty(), trees)
    }

    /// Keeps `entry` if its name contains a secret. Returns whether a rule looked at anything.
    pub(super) fn entry(&self, entry: Named<'_>) -> bool {
        let name = entry.name;
        if name.len() < SHORTEST_NAME || entry.kind == EntryKind::Submodule {
            return false;
        }
        let mut scratch = lock(&self.scratch).pop().unwrap_or_default();
        let candidates = self.engine.detector.in_name(name, &mut scratch);
        lock(&self.scratch).push(scratch);
        self.known.note_undecided(&candidates, name);
        if let Some(mark) = marked(self.marker, &candidates, name) {
            lock(&self.marks).insert(mark, entry.tree);
        }
        let keep = self.engine.keep_dismissed;
        if candidates.iter().any(|c| keep || c.dismissed.is_none()) {
            lock(&self.found).insert((name.to_vec(), entry.tree));
        }
        !candidates.is_empty()
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
        let all = scene.graph.paths(&trees, all);
        self.cut.fetch_or(all.cut, Ordering::Relaxed);
        let order = Order::new(scene.graph);
        let stood = |tree: &u32| trees.binary_search(tree).ok().map(|at| &all.of[at]);
        // For each path, the earliest commit that had it.
        let mut paths: BTreeMap<Vec<u8>, (u64, Option<ObjectId>)> = BTreeMap::new();
        for (name, tree) in &places {
            let first = stood(tree).and_then(|all| all.first());
            let commit = first.and_then(|first| first.commit);
            let path = first.map_or_else(|| name.clone(), |first| path_of(first, name));
            let now = (order.of(commit.as_ref()), commit);
            let known = paths.entry(path).or_insert(now);
            *known = now.min(*known);
        }
        let mut judge = Judge {
            assembler: Assembler::new(self.engine, self.known),
            head: Head::new(scene),
            infos: Infos::new(scene),
        };
        let mut made = BTreeMap::new();
        let mut told: HashMap<Vec<u8>, bool> = HashMap::new();
        for (path, (_, commit)) in paths {
            let findings = judge.path(&path, commit);
            told.insert(path, is_told(&findings));
            for finding in findings {
                made.entry(finding.fingerprint).or_insert(finding);
            }
        }
        let mut later = Later {
            told,
            left: MAX_PATHS,
        };
        for (name, tree) in &places {
            let Some([first, rest @ ..]) = stood(tree).map(Vec::as_slice) else {
                continue;
            };
            if later.told.get(&path_of(first, name)) == Some(&true) {
                continue;
            }
            if !later.judge(&mut judge, name, rest, &mut made) {
                self.cut.store(true, Ordering::Relaxed);
                break;
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
        made.into_iter()
            .map(|f| Event::Finding(Box::new(f)))
            .collect()
    }
}

/// Judges paths.
struct Judge<'a> {
    assembler: Assembler<'a>,
    head: Head<'a>,
    infos: Infos<'a>,
}

impl Judge<'_> {
    /// Returns the findings in a path.
    fn path(&mut self, path: &[u8], commit: Option<ObjectId>) -> Vec<Finding> {
        let commit = commit.map(|id| CommitInfo {
            at_head: Some(self.head.has(path, None)),
            ..self.infos.of(&id)
        });
        self.assembler.begin(&BlobPath::new(path), true);
        let mut events = Vec::new();
        self.assembler.finish(&mut events, &mut Summary::default());
        let findings = events.into_iter().filter_map(|event| match event {
            Event::Finding(mut finding) => {
                finding.commit = commit.clone().map(Box::new);
                Some(*finding)
            }
            _ => None,
        });
        findings.collect()
    }
}

fn path_of(stood: &Stood, name: &[u8]) -> Vec<u8> {
    match &stood.path[..] {
        [] => name.to_vec(),
        path => [path, b"/", name].concat(),
    }
}

/// A tree that is not told where it first stood may be where it stood later.
struct Later {
    /// The paths that were judged, and whether they are told.
    told: HashMap<Vec<u8>, bool>,
    /// How many others may be judged.
    left: usize,
}

impl Later {
    /// Judges a name where its tree stood later, until it is told. Returns false at the limit.
    fn judge(
        &mut self,
        judge: &mut Judge<'_>,
        name: &[u8],
        rest: &[Stood],
        made: &mut BTreeMap<Fingerprint, Finding>,
    ) -> bool {
        for stood in rest {
            let path = path_of(stood, name);
            match self.told.get(&path) {
                Some(true) => return true,
                Some(false) => continue,
                None if self.left == 0 => return false,
                None => self.left -= 1,
            }
            let findings = judge.path(&path, stood.commit);
            let done = is_told(&findings);
            self.told.insert(path, done);
            let counts = |f: &Finding| Told::of(&f.verdict) != Told::No;
            for finding in findings.into_iter().filter(counts) {
                made.entry(finding.fingerprint).or_insert(finding);
            }
            if done {
                return true;
            }
        }
        true
    }
}

/// Whether a person sees all findings of a path, or has accepted them.
fn is_told(findings: &[Finding]) -> bool {
    !findings.is_empty() && findings.iter().all(|f| Told::of(&f.verdict) == Told::Yes)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

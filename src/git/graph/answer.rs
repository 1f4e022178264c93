//! Attributes single blobs: the commit that introduced each, its paths, and the tips that
//! have it.

use std::collections::HashMap;

use gix::ObjectId;
use gix::object::Kind;

use super::called::Call;
use super::classes::{Classes, To};
use super::history::NONE;
use super::{Graph, GraphTip};
use crate::git::error::Reason;
use crate::git::object::Reader;
use crate::git::tree;

/// How a blob is reachable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// From a tip: a reference, HEAD or, if requested, a reference log entry.
    Tip,
    /// Only from commits that no tip leads to.
    Dangling,
    /// From no commit at all.
    Unreferenced,
}

/// The attribution of one blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// The blob.
    pub blob: ObjectId,
    /// How it is reachable. All fields but `path` and `first` count tips only.
    pub reach: Reach,
    /// The commit that introduced it: the first commit whose tree has it, with parents
    /// before children and then by committer time. None if no commit has it; a tag of a
    /// tree or blob may still reach it.
    pub first: Option<ObjectId>,
    /// Its path in that commit, raw: the first in the order of the tree. Empty if it has
    /// none.
    pub path: Vec<u8>,
    /// The last commit, in the same order, whose tree has it.
    pub last: Option<ObjectId>,
    /// Number of commits whose tree has it.
    pub commits: u32,
    /// Its paths in HEAD's tree, at most [`MAX_PATHS`]; empty if HEAD does not have it.
    pub head_paths: Vec<Vec<u8>>,
    /// Number of tips whose history has it.
    pub tip_count: u32,
    /// The first [`MAX_TIPS`] of these tips, as positions in [`Graph::tips`].
    pub tips: Vec<u32>,
}

/// The maximum number of paths in HEAD that are listed for one blob.
pub(crate) const MAX_PATHS: usize = 8;
/// The maximum number of tips that are listed for one blob.
pub(crate) const MAX_TIPS: usize = 32;

/// The first place where the walk meets a blob of interest.
pub(super) struct Met {
    pub(super) blob: u32,
    pub(super) commit: Option<u32>,
    /// The trees from the root down to the tree that has it.
    pub(super) trees: Vec<u32>,
    pub(super) reachable: bool,
}

/// What leads to the requested blobs, by class of trees, those below first. Edges lead only to
/// earlier classes and to requested blobs.
struct HotGraph<'g> {
    classes: &'g Classes,
    starts: Vec<u32>,
    edges: Vec<u32>,
}

const ASKED: u32 = 1 << 31;

/// The number of blobs per batch: one bit each.
const BATCH: usize = 64;

impl Graph<'_> {
    /// Attributes each of `blobs` (ranks of blobs of interest), in their order.
    ///
    /// Takes a step per 64 blobs and class of trees or run of commits, see
    /// [`classes`](super::classes), plus the time to read the trees whose names are not known.
    pub fn attribute(&self, blobs: &[u32]) -> Vec<Attribution> {
        let hot = self.hot_graph(blobs);
        let targets = self.targets(&hot);
        let mut names = Names::new(self);
        let mut answers = Vec::with_capacity(blobs.len());
        for (batch, some) in blobs.chunks(BATCH).enumerate() {
            let masks = hot.masks(batch as u32);
            let sums = self.sums(&masks, some.len());
            let first = answers.len();
            for (bit, &blob) in some.iter().enumerate() {
                let mut answer = self.first_met(blob, &mut names);
                if answer.reach == Reach::Tip {
                    let last = self.order.get(sums.last[bit] as usize);
                    answer.last = last.map(|last| self.history.ids[*last as usize]);
                    answer.commits = sums.commits[bit];
                    if let Some(root) = self.head().map(|head| self.history.trees[head as usize]) {
                        let leads = |tree| hot.mask(&masks, tree) & (1 << bit) != 0;
                        answer.head_paths = names.paths(root, blob, leads);
                    }
                }
                answers.push(answer);
            }
            tips_having(&targets, &masks, &sums, some, &mut answers[first..]);
        }
        answers
    }

    /// Returns the target of each tip in terms of `hot`.
    fn targets(&self, hot: &HotGraph<'_>) -> Vec<Target> {
        let runs = self.runs();
        let target = |tip: &GraphTip| {
            let Ok(peeled) = &tip.peeled else {
                return Target::Nothing;
            };
            let rank = self.objects.rank_of(peeled.id.as_bytes());
            match (peeled.kind, rank) {
                (Kind::Commit, _) => self
                    .history
                    .find(&peeled.id)
                    .map_or(Target::Nothing, |commit| Target::Run(runs.of(commit))),
                (Kind::Tree, Some(rank)) => Target::Tree(hot.classes.of(rank)),
                (Kind::Blob, Some(rank)) => Target::Blob(rank),
                _ => Target::Nothing,
            }
        };
        self.tips.iter().map(target).collect()
    }

    fn first_met(&self, blob: u32, names: &mut Names<'_>) -> Attribution {
        let met = self.met.binary_search_by_key(&blob, |met| met.blob);
        let met = met.ok().map(|at| &self.met[at]);
        let first = met.and_then(|met| met.commit);
        Attribution {
            blob: self.objects.id(blob).to_owned(),
            reach: match met {
                Some(met) if met.reachable => Reach::Tip,
                Some(_) => Reach::Dangling,
                None => Reach::Unreferenced,
            },
            first: first.map(|commit| self.history.ids[commit as usize]),
            path: met
                .map(|met| names.path(&met.trees, blob))
                .unwrap_or_default(),
            last: None,
            commits: 0,
            head_paths: Vec::new(),
            tip_count: 0,
            tips: Vec::new(),
        }
    }

    fn hot_graph(&self, blobs: &[u32]) -> HotGraph<'_> {
        let asked: HashMap<u32, u32> = blobs
            .iter()
            .enumerate()
            .map(|(i, blob)| (*blob, i as u32))
            .collect();
        let classes = self.classes();
        let mut starts = vec![0];
        let mut edges = Vec::new();
        for class in 0..classes.len() as u32 {
            edges.extend(classes.edges(class).filter_map(|to| match to {
                To::Class(class) => Some(class),
                To::Blob(blob) => asked.get(&blob).map(|at| ASKED | at),
            }));
            starts.push(edges.len() as u32);
        }
        HotGraph {
            classes,
            starts,
            edges,
        }
    }

    /// Counts, for each blob of a batch, the commits that have it.
    fn sums(&self, masks: &[u64], count: usize) -> Sums {
        let runs = self.runs();
        let mut sums = Sums {
            last: vec![NONE; count],
            commits: vec![0; count],
            had: runs.had(masks),
        };
        for &(class, count, at) in &runs.uses {
            let mut left = masks[class as usize];
            while left != 0 {
                let bit = left.trailing_zeros() as usize;
                left &= left - 1;
                sums.commits[bit] += count;
                let last = &mut sums.last[bit];
                if *last == NONE || *last < at {
                    *last = at;
                }
            }
        }
        sums
    }
}

/// The target of a tip.
enum Target {
    /// A run of commits.
    Run(u32),
    /// A class of trees, or `NONE`.
    Tree(u32),
    /// Rank.
    Blob(u32),
    Nothing,
}

/// Records in each answer of a batch the tips that have its blob.
fn tips_having(
    targets: &[Target],
    masks: &[u64],
    sums: &Sums,
    blobs: &[u32],
    answers: &mut [Attribution],
) {
    for (i, target) in targets.iter().enumerate() {
        let mut left = match target {
            Target::Run(run) => sums.had.get(*run as usize).copied().unwrap_or(0),
            Target::Tree(class) => masks.get(*class as usize).copied().unwrap_or(0),
            Target::Blob(rank) => blobs
                .iter()
                .position(|blob| blob == rank)
                .map_or(0, |bit| 1 << bit),
            Target::Nothing => 0,
        };
        while left != 0 {
            let bit = left.trailing_zeros() as usize;
            left &= left - 1;
            let answer = &mut answers[bit];
            answer.tip_count += 1;
            if answer.tips.len() < MAX_TIPS {
                answer.tips.push(i as u32);
            }
        }
    }
}

struct Sums {
    /// Positions in the order of commits.
    last: Vec<u32>,
    commits: Vec<u32>,
    /// By run: the blobs that it or an ancestor has.
    had: Vec<u64>,
}

impl HotGraph<'_> {
    /// Returns, for every class, the blobs of this batch that it leads to.
    fn masks(&self, batch: u32) -> Vec<u64> {
        let mut masks = vec![0u64; self.starts.len() - 1];
        for class in 0..masks.len() {
            let of = self.starts[class] as usize..self.starts[class + 1] as usize;
            let mut mask = 0;
            for &code in &self.edges[of] {
                let at = code & !ASKED;
                if code & ASKED == 0 {
                    mask |= masks[at as usize];
                } else if at / BATCH as u32 == batch {
                    mask |= 1 << (at % BATCH as u32);
                }
            }
            masks[class] = mask;
        }
        masks
    }

    /// Returns the blobs of the batch that the tree with this rank leads to.
    fn mask(&self, masks: &[u64], tree: u32) -> u64 {
        let class = self.classes.of(tree);
        masks.get(class as usize).copied().unwrap_or(0)
    }
}

/// Bytes of trees that are cached for the next path.
const CACHE: usize = 32 << 20;

/// An entry of a tree that leads to a blob of interest, or is one.
struct Leading {
    name: Box<[u8]>,
    rank: u32,
    is_tree: bool,
}

/// Finds the path names that lead to a blob.
pub(super) struct Names<'g> {
    graph: &'g Graph<'g>,
    reader: Reader<'g>,
    cache: HashMap<u32, Vec<u8>>,
    cached: usize,
    /// The entries of trees of HEAD that lead on.
    leading: HashMap<u32, Vec<Leading>>,
}

impl<'g> Names<'g> {
    pub(super) fn new(graph: &'g Graph<'g>) -> Self {
        let reader = Reader::new(graph.objects.store(), graph.options.limit);
        Self {
            graph,
            reader,
            cache: HashMap::new(),
            cached: 0,
            leading: HashMap::new(),
        }
    }

    /// Returns the content of a tree, or nothing if it cannot be read again.
    pub(super) fn tree(&mut self, rank: u32) -> &[u8] {
        if !self.cache.contains_key(&rank) {
            if self.cached > CACHE {
                self.cache.clear();
                self.cached = 0;
            }
            let mut bytes = Vec::new();
            let id = self.graph.objects.id(rank);
            // The graph has read it before. If it is gone now, its names are unknown.
            let unread = match self.reader.find(id, &mut bytes) {
                Ok(Some(_)) => None,
                Ok(None) => Some(Reason::Missing),
                Err(reason) => Some(reason),
            };
            if let Some(reason) = unread {
                self.graph.note_unread(id, Kind::Tree, reason);
                bytes.clear();
            }
            self.cached += bytes.len();
            self.cache.insert(rank, bytes);
        }
        self.cache.get(&rank).map_or(&[], Vec::as_slice)
    }

    /// Returns the path that leads through `trees`, root first, to `blob`.
    fn path(&mut self, trees: &[u32], blob: u32) -> Vec<u8> {
        let graph = self.graph;
        let hash_len = graph.objects.store().hash().len_in_bytes();
        let mut path = Vec::new();
        for (i, &tree) in trees.iter().enumerate() {
            let next = trees.get(i + 1).copied().unwrap_or(blob);
            if i > 0 {
                path.push(b'/');
            }
            // Nearly everything has one name, and the graph knows it.
            if let Call::Always(name) = graph.trees.called.call(next) {
                path.extend_from_slice(graph.trees.called.names().name(name));
                continue;
            }
            let next = graph.objects.id(next);
            let mut found = tree::entries(self.tree(tree), hash_len)
                .flatten()
                .filter(|entry| entry.id == next);
            let Some(entry) = found.next() else {
                path.pop();
                return path;
            };
            path.extend_from_slice(entry.name);
        }
        path
    }

    /// Returns the entries of a tree that lead to a blob of interest, or are one, in order.
    fn leading(&mut self, tree: u32) -> &[Leading] {
        if !self.leading.contains_key(&tree) {
            let graph = self.graph;
            let hash_len = graph.objects.store().hash().len_in_bytes();
            let entries = tree::entries(self.tree(tree), hash_len).flatten();
            let leading = entries.filter_map(|entry| {
                let is_tree = tree::entry_kind(entry.mode) == tree::EntryKind::Tree;
                let rank = graph.objects.rank_of(entry.id.as_bytes())?;
                let leads = graph.is_hot.contains(rank)
                    || graph
                        .met
                        .binary_search_by_key(&rank, |met| met.blob)
                        .is_ok();
                leads.then(|| Leading {
                    name: entry.name.into(),
                    rank,
                    is_tree,
                })
            });
            let leading = leading.collect();
            self.leading.insert(tree, leading);
        }
        self.leading.get(&tree).map_or(&[], Vec::as_slice)
    }

    /// Returns the paths below `root` that lead to `blob`, in tree order. `leads` selects
    /// the trees to enter.
    fn paths(&mut self, root: u32, blob: u32, leads: impl Fn(u32) -> bool) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        let mut todo = vec![(root, Vec::new())];
        while let Some((tree, prefix)) = todo.pop() {
            if !leads(tree) {
                continue;
            }
            let mut below = Vec::new();
            for entry in self.leading(tree) {
                let is_wanted = entry.rank == blob;
                if !(is_wanted || entry.is_tree && leads(entry.rank)) {
                    continue;
                }
                let mut path = [&prefix[..], &entry.name[..]].concat();
                if is_wanted {
                    found.push(path);
                } else {
                    path.push(b'/');
                    below.push((entry.rank, path));
                }
            }
            if found.len() >= MAX_PATHS {
                break;
            }
            todo.extend(below.into_iter().rev());
        }
        found.truncate(MAX_PATHS);
        found
    }
}

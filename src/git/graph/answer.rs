//! Attributes single blobs: the commit that introduced each, its paths, and the tips that
//! have it.

use std::collections::HashMap;

use gix::ObjectId;
use gix::object::Kind;

use super::history::NONE;
use super::trees::{Edge, edge};
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

/// The trees that lead to the requested blobs, children first. Edges lead only to earlier
/// trees and to requested blobs.
struct HotGraph {
    starts: Vec<u32>,
    edges: Vec<u32>,
    /// Position of each hot tree, by rank; `NONE` for all else.
    place: Vec<u32>,
    /// For each reachable commit in order, the place of its tree or `NONE`.
    roots: Vec<u32>,
}

const ASKED: u32 = 1 << 31;

/// The number of blobs per batch: one bit each.
const BATCH: usize = 64;

impl Graph<'_> {
    /// Attributes each of `blobs` (ranks of blobs of interest), in their order.
    ///
    /// Takes about a millisecond per 64 blobs and 100,000 trees that lead to any of them,
    /// plus the time to read the trees on the paths.
    pub fn attribute(&self, blobs: &[u32]) -> Vec<Attribution> {
        let hot = self.hot_graph(blobs);
        let targets = self.targets(&hot);
        let mut names = Names::new(self);
        let mut answers = Vec::with_capacity(blobs.len());
        for (batch, some) in blobs.chunks(BATCH).enumerate() {
            let masks = hot.masks(batch as u32);
            let sums = self.sums(&hot, &masks, some.len());
            let first = answers.len();
            for (bit, &blob) in some.iter().enumerate() {
                let mut answer = self.first_met(blob, &mut names);
                if answer.reach == Reach::Tip {
                    let last = sums.last[bit];
                    answer.last = (last != NONE).then(|| self.history.ids[last as usize]);
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
    fn targets(&self, hot: &HotGraph) -> Vec<Target> {
        let target = |tip: &GraphTip| {
            let Ok(peeled) = &tip.peeled else {
                return Target::Nothing;
            };
            let rank = self.objects.rank_of(peeled.id.as_bytes());
            match (peeled.kind, rank) {
                (Kind::Commit, _) => self
                    .history
                    .find(&peeled.id)
                    .map_or(Target::Nothing, Target::Commit),
                (Kind::Tree, Some(rank)) => {
                    hot.place_of(rank).map_or(Target::Nothing, Target::Tree)
                }
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

    fn hot_graph(&self, blobs: &[u32]) -> HotGraph {
        let asked: HashMap<u32, u32> = blobs
            .iter()
            .enumerate()
            .map(|(i, blob)| (*blob, i as u32))
            .collect();
        let mut place = vec![NONE; self.objects.len() as usize];
        for (at, tree) in (0u32..).zip(&self.hot) {
            place[*tree as usize] = at;
        }
        let place_of = |tree: u32| place.get(tree as usize).copied().unwrap_or(NONE);
        let mut starts = vec![0];
        let mut edges = Vec::new();
        for &tree in &self.hot {
            for &code in self.trees.edges(tree) {
                match edge(code) {
                    Edge::Blob(blob) => edges.extend(asked.get(&blob).map(|at| ASKED | at)),
                    Edge::Tree(child) => {
                        edges.extend(Some(place_of(child)).filter(|at| *at != NONE))
                    }
                    Edge::Missing(_) => {}
                }
            }
            starts.push(edges.len() as u32);
        }
        let root = |commit: &u32| place_of(self.history.trees[*commit as usize]);
        let roots = self.order.iter().map(root).collect();
        HotGraph {
            starts,
            edges,
            place,
            roots,
        }
    }

    /// Counts, for each blob of a batch, the commits that have it.
    fn sums(&self, hot: &HotGraph, masks: &[u64], count: usize) -> Sums {
        let mut sums = Sums {
            last: vec![NONE; count],
            commits: vec![0; count],
            had: vec![0; self.history.len() as usize],
        };
        let mut counts = Counts::default();
        let mut all = 0;
        for (&commit, &root) in self.order.iter().zip(&hot.roots) {
            let has = masks.get(root as usize).copied().unwrap_or(0);
            let before = self
                .history
                .parents(commit)
                .map(|parent| sums.had[parent as usize]);
            let had = before.fold(has, |all, more| all | more);
            sums.had[commit as usize] = had;
            counts.add(has);
            all |= has;
        }
        for (bit, commits) in sums.commits.iter_mut().enumerate() {
            *commits = counts.of(bit);
        }
        // Backwards, the first commit that has a blob is the last one in the order. For
        // most blobs that comes early.
        let mut left = all;
        for (&commit, &root) in self.order.iter().zip(&hot.roots).rev() {
            if left == 0 {
                break;
            }
            let has = masks.get(root as usize).copied().unwrap_or(0);
            let mut new = has & left;
            left &= !has;
            while new != 0 {
                sums.last[new.trailing_zeros() as usize] = commit;
                new &= new - 1;
            }
        }
        sums
    }
}

/// The target of a tip.
enum Target {
    Commit(u32),
    /// Place in the [`HotGraph`].
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
            Target::Commit(commit) => sums.had[*commit as usize],
            Target::Tree(place) => masks[*place as usize],
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
    last: Vec<u32>,
    commits: Vec<u32>,
    /// By commit: the blobs that it or an ancestor has.
    had: Vec<u64>,
}

/// Counts, for each bit of a word, the words that have it set. Bit k of all 64 counts is
/// in one plane, so adding a word to all counts takes about two steps.
#[derive(Default)]
struct Counts {
    planes: [u64; 32],
}

impl Counts {
    fn add(&mut self, word: u64) {
        let mut carry = word;
        for plane in &mut self.planes {
            if carry == 0 {
                return;
            }
            let both = *plane & carry;
            *plane ^= carry;
            carry = both;
        }
    }

    fn of(&self, bit: usize) -> u32 {
        let planes = self.planes.iter().rev();
        planes.fold(0, |count, plane| count << 1 | (plane >> bit & 1) as u32)
    }
}

impl HotGraph {
    /// Returns, for every hot tree, the blobs of this batch that it leads to.
    fn masks(&self, batch: u32) -> Vec<u64> {
        let mut masks = vec![0u64; self.starts.len() - 1];
        for tree in 0..masks.len() {
            let of = self.starts[tree] as usize..self.starts[tree + 1] as usize;
            let mut mask = 0;
            for &code in &self.edges[of] {
                let at = code & !ASKED;
                if code & ASKED == 0 {
                    mask |= masks[at as usize];
                } else if at / BATCH as u32 == batch {
                    mask |= 1 << (at % BATCH as u32);
                }
            }
            masks[tree] = mask;
        }
        masks
    }

    /// Returns the blobs of the batch that the tree with this rank leads to.
    fn mask(&self, masks: &[u64], tree: u32) -> u64 {
        self.place_of(tree).map_or(0, |at| masks[at as usize])
    }

    /// Returns the position of the tree with this rank, if it is hot.
    fn place_of(&self, tree: u32) -> Option<u32> {
        let place = self.place.get(tree as usize).copied();
        place.filter(|at| *at != NONE)
    }
}

/// Bytes of trees that are cached for the next path.
const CACHE: usize = 32 << 20;

/// Finds the path names that lead to a blob.
pub(super) struct Names<'g> {
    graph: &'g Graph<'g>,
    reader: Reader<'g>,
    cache: HashMap<u32, Vec<u8>>,
    cached: usize,
}

impl<'g> Names<'g> {
    pub(super) fn new(graph: &'g Graph<'g>) -> Self {
        let reader = Reader::new(graph.objects.store(), graph.options.limit);
        Self {
            graph,
            reader,
            cache: HashMap::new(),
            cached: 0,
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
            let next = graph.objects.id(trees.get(i + 1).copied().unwrap_or(blob));
            let mut found = tree::entries(self.tree(tree), hash_len)
                .flatten()
                .filter(|entry| entry.id == next);
            let Some(entry) = found.next() else {
                return path;
            };
            if i > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(entry.name);
        }
        path
    }

    /// Returns the paths below `root` that lead to `blob`, in tree order. `leads` selects
    /// the trees to enter.
    fn paths(&mut self, root: u32, blob: u32, leads: impl Fn(u32) -> bool) -> Vec<Vec<u8>> {
        let graph = self.graph;
        let hash_len = graph.objects.store().hash().len_in_bytes();
        let wanted = graph.objects.id(blob);
        let mut found = Vec::new();
        let mut todo = vec![(root, Vec::new())];
        while let Some((tree, prefix)) = todo.pop() {
            if !leads(tree) {
                continue;
            }
            let mut below = Vec::new();
            for entry in tree::entries(self.tree(tree), hash_len).flatten() {
                let mut path = prefix.clone();
                path.extend_from_slice(entry.name);
                if entry.id == wanted {
                    found.push(path);
                } else if tree::entry_kind(entry.mode) == tree::EntryKind::Tree
                    && let Some(child) = graph.objects.rank_of(entry.id.as_bytes())
                    && leads(child)
                {
                    path.push(b'/');
                    below.push((child, path));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_as_one_by_one() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let (mut counts, mut plain) = (Counts::default(), [0; 64]);
        for _ in 0..3_000 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let word = state & state.rotate_left(9) | 1;
            counts.add(word);
            (0..64).for_each(|bit| plain[bit] += (word >> bit & 1) as u32);
        }
        assert_eq!((0..64).map(|bit| counts.of(bit)).collect::<Vec<_>>(), plain);
        assert_eq!(counts.of(0), 3_000);
    }
}

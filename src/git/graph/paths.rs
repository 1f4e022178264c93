//! All paths at which blobs and trees ever stood.
//!
//! Commits are walked oldest first. A tree that is met again at the same path has nothing new
//! below it, so the walk takes time in proportion to the different trees at different paths
//! that lead to what is asked for, and not to commits. Names come from the graph; only where
//! an object has several names, the tree that has it is read.
//!
//! A few trees, each holding the next one twice, stand at more paths than anyone can list. So
//! the walk has limits, and tells when it ended at one.

use std::collections::{HashMap, HashSet};

use gix::ObjectId;
use gix::object::Kind;

use super::Graph;
use super::answer;
use super::called::{Call, Names};
use super::classes::{Classes, To};
use super::history::NONE;
use super::trees::{Edge, edge};
use crate::git::bits::Bits;
use crate::git::tree;

/// How many entries are looked at again, in trees that stand at several paths: for each entry
/// that is looked at at all, and in any case.
const STEPS_EACH: u64 = 8;
const STEPS_LEAST: u64 = 1 << 18;
/// The most bytes of paths.
const MAX_BYTES: usize = 64 << 20;

/// A path at which an object stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stood {
    /// Its path, raw, without a trailing slash; empty for the top, and for a blob that a
    /// reference or a tag names without a tree.
    pub path: Vec<u8>,
    /// The first commit whose tree has it there; None if only a reference or a tag has.
    pub commit: Option<ObjectId>,
}

/// All paths of some objects.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    /// In the order in which the objects were asked for. The paths of each are in the order of
    /// their commits, then in that of the tree.
    pub of: Vec<Vec<Stood>>,
    /// Whether some are missing because there are too many.
    pub cut: bool,
}

/// The top of a tree. Numbers of paths begin with it.
const TOP: u32 = 0;

/// One walk.
struct Walk<'g> {
    graph: &'g Graph<'g>,
    trees: answer::Names<'g>,
    /// By rank: what is asked for, and the trees that lead to it.
    targets: Bits,
    leads: Bits,
    /// Names that the graph does not have.
    more: Names,
    /// By number: the path above, and the name.
    paths: Vec<(u32, u32)>,
    numbers: HashMap<(u32, u32), u32>,
    /// Trees of one class lead to the same by the same names, so one of them at a path is enough.
    classes: Option<&'g Classes>,
    /// What was met, or the first tree of its class, and its path.
    seen: HashSet<(u32, u32)>,
    /// Trees that were met, and trees that were read.
    met: Bits,
    read: Bits,
    /// How many entries may be looked at again.
    steps: u64,
}

impl Graph<'_> {
    /// Returns all paths of `wanted` (ranks, sorted) in the commits that tips reach and, with
    /// `dangling`, in all others. Blobs have to be of interest. A blob that a tip names by
    /// itself stands at the empty path as well, after all others.
    pub(crate) fn paths(&self, wanted: &[u32], dangling: bool) -> Paths {
        let mut found = Paths {
            of: vec![Vec::new(); wanted.len()],
            cut: false,
        };
        if wanted.is_empty() {
            return found;
        }
        let roots = self.roots(dangling);
        let mut targets = Bits::new(self.objects.len());
        for rank in wanted {
            targets.insert(*rank);
        }
        // Most trees lead to nothing of interest, and the graph knows which.
        let is_known = !dangling && !wanted.iter().any(|rank| self.trees.is_read(*rank));
        let (leads, entries) = self.leading(&roots, &targets, is_known);
        let mut walk = Walk {
            graph: self,
            trees: answer::Names::new(self),
            targets,
            leads,
            more: Names::default(),
            paths: vec![(TOP, NONE)],
            numbers: HashMap::new(),
            classes: is_known.then(|| self.named()),
            seen: HashSet::new(),
            met: Bits::new(self.objects.len()),
            read: Bits::new(self.objects.len()),
            steps: STEPS_LEAST.saturating_add(entries.saturating_mul(STEPS_EACH)),
        };
        let mut stood: Vec<(usize, u32, Option<u32>)> = Vec::new();
        for (root, commit) in roots {
            let met = &mut |rank: u32, path: u32| {
                let at = wanted.binary_search(&rank);
                stood.extend(at.ok().map(|at| (at, path, commit)));
            };
            if !walk.below(root, met) {
                found.cut = true;
                break;
            }
        }
        for target in self.targets_of(Kind::Blob) {
            let at = wanted.binary_search(&target);
            stood.extend(at.ok().map(|at| (at, TOP, None)));
        }
        let mut left = MAX_BYTES;
        for (at, path, commit) in stood {
            let Some(path) = walk.bytes(path, &mut left) else {
                found.cut = true;
                break;
            };
            let commit = commit.map(|commit| self.history.ids[commit as usize]);
            found.of[at].push(Stood { path, commit });
        }
        found
    }

    /// Returns the trees of commits, oldest first, and those of tags.
    fn roots(&self, dangling: bool) -> Vec<(u32, Option<u32>)> {
        let mut commits = self.order.clone();
        if dangling {
            let all = 0..self.history.len();
            let rest = self.history.reachable(all, Some(&self.reachable));
            commits.extend(self.history.oldest_first(&rest));
        }
        let of = |commit: u32| (self.history.trees[commit as usize], Some(commit));
        let tagged = self.targets_of(Kind::Tree).map(|rank| (rank, None));
        let roots = commits.into_iter().map(of).chain(tagged);
        roots.filter(|(root, _)| *root != NONE).collect()
    }

    /// Returns the objects of a kind that tips name by themselves, by rank.
    fn targets_of(&self, kind: Kind) -> impl Iterator<Item = u32> + '_ {
        let peeled = self.tips.iter().filter_map(|tip| tip.peeled.as_ref().ok());
        let peeled = peeled.filter(move |peeled| peeled.kind == kind);
        peeled.filter_map(|peeled| self.objects.rank_of(peeled.id.as_bytes()))
    }

    /// Returns the trees that lead to `targets`, and how many entries they have in the graph.
    /// With `hot`, all targets are blobs of interest that tips reach.
    fn leading(&self, roots: &[(u32, Option<u32>)], targets: &Bits, hot: bool) -> (Bits, u64) {
        if hot {
            return self.leading_hot(targets);
        }
        let mut leads = Bits::new(self.objects.len());
        let mut seen = Bits::new(self.objects.len());
        let mut entries = 0;
        for &(root, _) in roots {
            if !seen.insert(root) {
                continue;
            }
            let mut stack = vec![(root, 0usize)];
            while let Some(top) = stack.last_mut() {
                let (tree, at) = *top;
                let edges = self.trees.edges(tree);
                let Some(&code) = edges.get(at) else {
                    stack.pop();
                    if leads.contains(tree) {
                        entries += edges.len() as u64;
                        if let Some(&(parent, _)) = stack.last() {
                            leads.insert(parent);
                        }
                    }
                    continue;
                };
                top.1 += 1;
                match edge(code) {
                    Edge::Blob(rank) if targets.contains(rank) => drop(leads.insert(tree)),
                    Edge::Tree(rank) => {
                        if targets.contains(rank) || leads.contains(rank) {
                            leads.insert(tree);
                        }
                        if seen.insert(rank) {
                            stack.push((rank, 0));
                        }
                    }
                    Edge::Blob(_) | Edge::Missing(_) => {}
                }
            }
        }
        (leads, entries)
    }

    /// [`leading`](Self::leading), of blobs of interest that tips reach.
    fn leading_hot(&self, targets: &Bits) -> (Bits, u64) {
        let classes = self.named();
        let mut is_leading: Vec<bool> = Vec::with_capacity(classes.len());
        for class in 0..classes.len() as u32 {
            let leads = classes.edges(class).any(|to| match to {
                To::Blob(blob) => targets.contains(blob),
                To::Class(class) => is_leading[class as usize],
            });
            is_leading.push(leads);
        }
        let mut leads = Bits::new(self.objects.len());
        let mut entries = 0;
        for &tree in &self.hot {
            if is_leading[classes.of(tree) as usize] {
                leads.insert(tree);
                entries += self.trees.edges(tree).len() as u64;
            }
        }
        (leads, entries)
    }
}

impl Walk<'_> {
    /// Tells `met` of everything asked for below `root` that was not met at its path before.
    /// Returns false at the limit.
    fn below(&mut self, root: u32, met: &mut dyn FnMut(u32, u32)) -> bool {
        if !self.seen.insert((self.first(root), TOP)) {
            return true;
        }
        let mut todo = vec![(root, TOP)];
        let mut next = Vec::new();
        while let Some((rank, path)) = todo.pop() {
            if self.targets.contains(rank) {
                met(rank, path);
            }
            if !self.leads.contains(rank) {
                continue;
            }
            next.clear();
            if !self.entries(rank, path, &mut next) {
                return false;
            }
            for (child, name) in next.drain(..).rev() {
                let path = self.number(path, name);
                if self.seen.insert((self.first(child), path)) {
                    todo.push((child, path));
                }
            }
        }
        true
    }

    /// Returns what stands for an object in `seen`.
    fn first(&self, rank: u32) -> u32 {
        self.classes.map_or(rank, |classes| classes.first(rank))
    }

    /// Appends the entries of a tree that lead on, with their names, in order. Returns false
    /// at the limit.
    fn entries(&mut self, tree: u32, path: u32, out: &mut Vec<(u32, u32)>) -> bool {
        let graph = self.graph;
        let edges = graph.trees.edges(tree);
        if !self.met.insert(tree) && !self.takes(edges.len() as u64 + 1) {
            return false;
        }
        for &code in edges {
            let (Edge::Tree(child) | Edge::Blob(child)) = edge(code) else {
                continue;
            };
            if !self.targets.contains(child) && !self.leads.contains(child) {
                continue;
            }
            let known = |name: u32| {
                let path = self.numbers.get(&(path, name));
                path.is_some_and(|path| self.seen.contains(&(self.first(child), *path)))
            };
            match graph.trees.called.call(child) {
                Call::Always(name) => out.push((child, name)),
                Call::Either(one, more) if known(one) && more.iter().all(|n| known(*n)) => {}
                _ => return self.read(tree, out),
            }
        }
        true
    }

    /// [`entries`](Self::entries), from the tree itself.
    fn read(&mut self, tree: u32, out: &mut Vec<(u32, u32)>) -> bool {
        let objects = self.graph.objects;
        let hash_len = objects.store().hash().len_in_bytes();
        let kept = self.graph.trees.called.names();
        out.clear();
        let (again, mut steps) = (!self.read.insert(tree), 0);
        for entry in tree::entries(self.trees.tree(tree), hash_len).flatten() {
            steps += 1;
            let is_file = match tree::entry_kind(entry.mode) {
                tree::EntryKind::Submodule => continue,
                tree::EntryKind::Tree => false,
                tree::EntryKind::File | tree::EntryKind::Link => true,
            };
            let Some(child) = objects.rank_of(entry.id.as_bytes()) else {
                continue;
            };
            if self.targets.contains(child) || (!is_file && self.leads.contains(child)) {
                let name = kept.find(entry.name);
                let name = name.unwrap_or_else(|| kept.len() + self.more.number(entry.name));
                out.push((child, name));
            }
        }
        if again {
            return self.takes(steps);
        }
        self.steps = self.steps.saturating_add(steps.saturating_mul(STEPS_EACH));
        true
    }

    /// Takes some of the entries that may be looked at again. Returns false if that are too many.
    fn takes(&mut self, steps: u64) -> bool {
        let left = self.steps.checked_sub(steps);
        self.steps = left.unwrap_or(0);
        left.is_some()
    }

    /// Returns the number of the path of `name` below another.
    fn number(&mut self, above: u32, name: u32) -> u32 {
        let next = self.paths.len() as u32;
        let number = *self.numbers.entry((above, name)).or_insert(next);
        if number == next {
            self.paths.push((above, name));
        }
        number
    }

    /// Returns a path, unless it is longer than `left`; takes its length from that.
    fn bytes(&self, path: u32, left: &mut usize) -> Option<Vec<u8>> {
        let kept = self.graph.trees.called.names();
        let name = |number: u32| match number.checked_sub(kept.len()) {
            None => kept.name(number),
            Some(more) => self.more.name(more),
        };
        let (mut at, mut names) = (path, Vec::new());
        while at != TOP {
            let (above, number) = self.paths[at as usize];
            names.push(name(number));
            *left = left.checked_sub(names.last()?.len() + 1)?;
            at = above;
        }
        names.reverse();
        Some(names.join(&b'/'))
    }
}

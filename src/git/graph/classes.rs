//! Trees that lead to the same blobs of interest, as one class, and commits that have the same, as
//! one run.
//!
//! Nearly every commit has another tree at its top, but hardly any changes what leads to a blob of
//! interest. So questions about all commits are asked of a few classes and runs instead.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::Graph;
use super::called::Call;
use super::history::NONE;
use super::trees::{Edge, edge};

/// Classes of the trees that lead to blobs of interest, those below before those above.
#[derive(Default)]
pub(super) struct Classes {
    /// By rank: the class of a tree; `NONE` for all else.
    of: Vec<u32>,
    /// By class: its first tree.
    first: Vec<u32>,
    /// Where the edges of each class begin, and where the last ones end.
    starts: Vec<u32>,
    /// Twice the number of a class, or twice the rank of a blob and one more.
    edges: Vec<u32>,
}

/// What an edge of a class leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// A class.
    Class(u32),
    /// The rank of a blob.
    Blob(u32),
}

impl Classes {
    /// Makes the classes of all trees of a graph that lead to a blob of interest. With `named`,
    /// trees of one class lead to the same blobs by the same names.
    pub(super) fn new(graph: &Graph<'_>, named: bool) -> Self {
        let mut all = Self {
            of: vec![NONE; graph.objects.len() as usize],
            starts: vec![0],
            ..Self::default()
        };
        let hasher = RandomState::new();
        let mut known: HashMap<u64, u32> = HashMap::new();
        let (mut row, mut names) = (Vec::new(), Vec::new());
        // By class, with `named`: where its names begin in `all_names`.
        let mut all_names: Vec<u32> = Vec::new();
        let mut of_group: HashMap<u32, u32> = HashMap::new();
        for &tree in &graph.hot {
            let group = graph.trees.group(tree);
            if let Some(class) = group.and_then(|group| of_group.get(&group)) {
                all.of[tree as usize] = *class;
                continue;
            }
            row.clear();
            names.clear();
            let mut is_alike = true;
            for &code in graph.trees.edges(tree) {
                let (child, to) = match edge(code) {
                    Edge::Blob(blob) => (blob, blob << 1 | 1),
                    Edge::Tree(child) => match all.of[child as usize] {
                        NONE => continue,
                        class => (child, class << 1),
                    },
                    Edge::Missing(_) => continue,
                };
                row.push(to);
                if named {
                    match graph.trees.called.call(child) {
                        Call::Always(name) => names.push(name),
                        // Only the tree says which name it is.
                        _ => is_alike = false,
                    }
                }
            }
            let hash = hasher.hash_one((&row, &names));
            let same = known.get(&hash).copied().filter(|_| is_alike);
            let same = same.filter(|class| {
                let of = all.span(*class);
                all.edges[of.clone()] == row[..] && (!named || all_names[of] == names[..])
            });
            let class = same.unwrap_or(all.first.len() as u32);
            if same.is_none() {
                all.edges.extend_from_slice(&row);
                if named {
                    all_names.extend_from_slice(&names);
                    all_names.resize(all.edges.len(), NONE);
                }
                all.starts.push(all.edges.len() as u32);
                all.first.push(tree);
                if is_alike {
                    known.insert(hash, class);
                }
            }
            all.of[tree as usize] = class;
            // What is not alike is so because a name is not known.
            if let Some(group) = group.filter(|_| is_alike) {
                of_group.insert(group, class);
            }
        }
        all
    }

    /// Returns the number of classes.
    pub(super) fn len(&self) -> usize {
        self.first.len()
    }

    /// Returns the class of the tree with this rank; `NONE` if it leads to nothing of interest.
    pub(super) fn of(&self, tree: u32) -> u32 {
        self.of.get(tree as usize).copied().unwrap_or(NONE)
    }

    /// Returns the first tree of the class of an object; the object itself if it is of none.
    pub(super) fn first(&self, rank: u32) -> u32 {
        let first = self.first.get(self.of(rank) as usize);
        first.copied().unwrap_or(rank)
    }

    fn span(&self, class: u32) -> std::ops::Range<usize> {
        self.starts[class as usize] as usize..self.starts[class as usize + 1] as usize
    }

    /// Returns what a class leads to.
    pub(super) fn edges(&self, class: u32) -> impl Iterator<Item = To> + '_ {
        let edges = self.edges[self.span(class)].iter();
        edges.map(|code| match code & 1 {
            0 => To::Class(code >> 1),
            _ => To::Blob(code >> 1),
        })
    }
}

/// The commits that tips reach: those of each class, and runs of commits that have the same.
#[derive(Default)]
pub(super) struct Runs {
    /// Classes of trees of commits, how many commits have them, and where in the order the last
    /// of these is.
    pub(super) uses: Vec<(u32, u32, u32)>,
    /// By commit: the run that it is in; `NONE` if no tip reaches it.
    of: Vec<u32>,
    /// By run: the class of its commits, and where its parents begin.
    starts: Vec<(u32, u32)>,
    /// Runs before it.
    parents: Vec<u32>,
}

impl Runs {
    pub(super) fn new(graph: &Graph<'_>, classes: &Classes) -> Self {
        let mut runs = Self {
            of: vec![NONE; graph.history.len() as usize],
            ..Self::default()
        };
        let mut used = vec![(0u32, 0u32); classes.len()];
        let mut before = Vec::new();
        for (at, &commit) in (0u32..).zip(&graph.order) {
            let class = classes.of(graph.history.trees[commit as usize]);
            if let Some(used) = used.get_mut(class as usize) {
                *used = (used.0 + 1, at);
            }
            before.clear();
            let parents = graph.history.parents(commit);
            before.extend(parents.map(|parent| runs.of[parent as usize]));
            before.sort_unstable();
            before.dedup();
            let run = match before[..] {
                [one] if runs.starts[one as usize].0 == class => one,
                _ => {
                    runs.starts.push((class, runs.parents.len() as u32));
                    runs.parents.extend_from_slice(&before);
                    runs.starts.len() as u32 - 1
                }
            };
            runs.of[commit as usize] = run;
        }
        let used = (0u32..).zip(used).filter(|(_, (count, _))| *count > 0);
        runs.uses = used
            .map(|(class, (count, at))| (class, count, at))
            .collect();
        runs
    }

    /// Returns the run of a commit; `NONE` if no tip reaches it.
    pub(super) fn of(&self, commit: u32) -> u32 {
        self.of[commit as usize]
    }

    /// Returns, for each run, the blobs that its commits or earlier ones have. `masks` has those of
    /// each class.
    pub(super) fn had(&self, masks: &[u64]) -> Vec<u64> {
        let mut had: Vec<u64> = Vec::with_capacity(self.starts.len());
        for (run, &(class, start)) in self.starts.iter().enumerate() {
            let end = self.starts.get(run + 1).map(|next| next.1 as usize);
            let parents = &self.parents[start as usize..end.unwrap_or(self.parents.len())];
            let own = masks.get(class as usize).copied().unwrap_or(0);
            had.push(
                parents
                    .iter()
                    .fold(own, |all, parent| all | had[*parent as usize]),
            );
        }
        had
    }
}

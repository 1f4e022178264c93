//! Values that count only where their blob stood in between.
//!
//! A place is judged for the first path of a blob and for those at HEAD. What decides there can
//! be the path: it is excluded or allowed, its rules or its grammar are others, it belongs to
//! tests. So for each value that is not told at any of these paths, the other paths of its blob
//! are judged in their order, one of each class of paths for which everything decides the same.
//! The first one at which the value counts is reported.
//!
//! A finding that a person accepted at one path is told: it does not come back at the next one.

use std::collections::{HashMap, HashSet};

use super::attribute::{
    Infos, Order, Places, Scene, Wanted, WantedBlob, paths_of, ref_names, secrets,
};
use super::blob_place;
use super::head::Head;
use super::told::Told;
use crate::blob::BlobPath;
use crate::finding::{CommitInfo, SecretId};
use crate::git::graph::{Attribution, Stood};
use crate::rules::RuleIndex;

/// The most candidates that are looked at again, over all blobs and classes of paths. Only
/// a repository made for it has more.
const MAX_LOOKS: usize = 4 << 20;

/// A value: its rule and its identity.
type Value = (RuleIndex, SecretId);

/// The places to judge for one value of one blob, in the order of the blob's paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) rank: u32,
    /// Whether it is a warning at a path that is judged anyway.
    pub(super) warned: bool,
    pub(super) places: Vec<usize>,
}

/// What else to judge.
pub(super) struct Between {
    pub(super) wanted: Vec<WantedBlob>,
    pub(super) chains: Vec<Chain>,
    /// Whether there are too many paths to judge all.
    pub(super) cut: bool,
}

/// Returns which findings to report, as numbers of places and ranks of blobs. `told` says what
/// became of one.
pub(super) fn chosen(
    chains: &[Chain],
    told: impl Fn(usize, u32) -> (Told, bool),
) -> HashSet<(usize, u32)> {
    let mut chosen = HashSet::new();
    for chain in chains {
        let mut warning = None;
        let mut done = false;
        for &place in &chain.places {
            match told(place, chain.rank) {
                (Told::Yes, is_new) => {
                    chosen.extend(is_new.then_some((place, chain.rank)));
                    done = true;
                    break;
                }
                (Told::Warned, _) => warning = warning.or(Some((place, chain.rank))),
                (Told::No, _) => {}
            }
        }
        if !done && !chain.warned {
            chosen.extend(warning);
        }
    }
    chosen
}

/// Returns what else to judge, after `told` became of the places.
pub(super) fn between(scene: &Scene<'_>, places: &Places, told: &[Told]) -> Between {
    let mut open = places.open(scene, told);
    open.retain(|blob| !blob.values.is_empty());
    let ranks: Vec<u32> = open.iter().map(|open| places.found[open.at].rank).collect();
    let paths = scene.graph.paths(&ranks, scene.options.all_objects);
    let mut finder = Finder {
        scene,
        places,
        infos: Infos::new(scene),
        order: Order::new(scene.graph),
        head: Head::new(scene),
        new: HashMap::new(),
        looks: MAX_LOOKS,
        between: Between {
            wanted: Vec::new(),
            chains: Vec::new(),
            cut: paths.cut,
        },
    };
    for (open, stood) in open.iter().zip(&paths.of) {
        finder.blob(open, stood);
    }
    finder.between
}

/// A blob with values that are not told at its first path, nor at HEAD.
pub(super) struct Open {
    /// Its position among all that was found.
    at: usize,
    /// The values, and whether they are warnings.
    values: HashMap<Value, bool>,
    /// All rules with candidates in it.
    rules: Vec<RuleIndex>,
    candidates: usize,
}

impl Places {
    /// Returns, for each blob, the values that could count at some path and are not told.
    fn open(&self, scene: &Scene<'_>, told: &[Told]) -> Vec<Open> {
        let mut at: HashMap<&BlobPath, HashMap<Value, Told>> = HashMap::new();
        for (number, ((path, rule, secret), _)) in self.all.iter().enumerate() {
            let told = told.get(number).copied().unwrap_or(Told::No);
            if told != Told::No {
                at.entry(path).or_default().insert((*rule, *secret), told);
            }
        }
        let least = scene.engine.policy.min_confidence;
        let blobs = self.found.iter().zip(&self.answers).enumerate();
        let open = blobs.map(|(number, (blob, answer))| {
            let files = paths_of(answer);
            let mut open = Open {
                at: number,
                values: HashMap::new(),
                rules: Vec::new(),
                candidates: 0,
            };
            let there = |member: &BlobPath| -> Vec<_> {
                let paths = files.iter().map(|file| member.with_file(file.as_bytes()));
                paths.filter_map(|path| at.get(&path)).collect()
            };
            let texts = blob.texts.iter().map(|text| (there(&text.member), text));
            let hits = texts.flat_map(|(there, text)| {
                let hits = text.hits.iter();
                hits.map(move |hit| (there.clone(), hit))
            });
            for (there, (offset, found)) in hits {
                for (candidate, ids) in found.moved(*offset) {
                    open.candidates += 1;
                    open.rules.push(candidate.rule);
                    // A path only makes less of a candidate.
                    if candidate.dismissed.is_some() || candidate.confidence < least {
                        continue;
                    }
                    for (_, id) in ids {
                        let value = (candidate.rule, id);
                        let told = there.iter().filter_map(|told| told.get(&value)).max();
                        if told != Some(&Told::Yes) {
                            open.values.insert(value, told.is_some());
                        }
                    }
                }
            }
            open.rules.sort_unstable();
            open.rules.dedup();
            open
        });
        open.collect()
    }
}

struct Finder<'a> {
    scene: &'a Scene<'a>,
    places: &'a Places,
    infos: Infos<'a>,
    order: Order<'a>,
    head: Head<'a>,
    /// The numbers of places that are not among the others.
    new: HashMap<(BlobPath, Value), usize>,
    looks: usize,
    between: Between,
}

impl Finder<'_> {
    /// Looks at the paths of one blob.
    fn blob(&mut self, open: &Open, stood: &[Stood]) {
        let answer = &self.places.answers[open.at];
        let judged = paths_of(answer);
        // A reference that names the blob itself gives it no path.
        let path_of = |stood: &Stood| match &stood.path[..] {
            [] => blob_place(&answer.blob),
            path => BlobPath::new(path),
        };
        let others: Vec<_> = stood
            .iter()
            .map(|stood| (path_of(stood), stood))
            .filter(|(path, _)| !judged.contains(path))
            .collect();
        if others.is_empty() {
            return;
        }
        let engine = self.scene.engine;
        let member = |path: &BlobPath| path.member().map(<[u8]>::to_vec);
        let class = |path: &BlobPath| {
            let own = engine.detector.class(path, &open.rules);
            (own, engine.policy.class(path))
        };
        let blob = &self.places.found[open.at];
        let judged = judged.iter().flat_map(|file| blob.paths(file));
        let mut classes: HashSet<_> = judged.map(|path| (class(&path), member(&path))).collect();
        let mut chains: HashMap<Value, Vec<usize>> = HashMap::new();
        let others = others.into_iter().flat_map(|(file, stood)| {
            let paths = blob.paths(&file).into_iter();
            paths.map(move |path| (path, stood))
        });
        for (path, stood) in others {
            if !classes.insert((class(&path), member(&path))) {
                continue;
            }
            let Some(left) = self.looks.checked_sub(open.candidates) else {
                self.between.cut = true;
                break;
            };
            self.looks = left;
            self.path(open, &path, stood, &mut chains);
        }
        let mut chains: Vec<_> = chains.into_iter().collect();
        chains.sort_unstable();
        self.between
            .chains
            .extend(chains.into_iter().map(|(value, places)| Chain {
                rank: self.places.found[open.at].rank,
                warned: open.values.get(&value).copied().unwrap_or(false),
                places,
            }));
    }

    /// Wants the values of a blob that could count at `path`.
    fn path(
        &mut self,
        open: &Open,
        path: &BlobPath,
        stood: &Stood,
        chains: &mut HashMap<Value, Vec<usize>>,
    ) {
        let (blob, answer) = (&self.places.found[open.at], &self.places.answers[open.at]);
        let commit = self.commit(path, stood, answer);
        let order = self.order.of(stood.commit.as_ref());
        let mut wanted = Vec::new();
        for (rule, secret, alive) in secrets(self.scene, blob, path) {
            if !alive || !open.values.contains_key(&(rule, secret)) {
                continue;
            }
            let place = self.number(path, (rule, secret));
            chains.entry((rule, secret)).or_default().push(place);
            wanted.push(Wanted {
                place,
                rule,
                secret,
                commit: commit.clone().map(Box::new),
                judged_by: None,
                order,
            });
        }
        if !wanted.is_empty() {
            self.between.wanted.push(WantedBlob {
                rank: blob.rank,
                path: path.clone(),
                wanted,
            });
        }
    }

    /// Returns the commit that brought a blob to a path.
    fn commit(
        &mut self,
        path: &BlobPath,
        stood: &Stood,
        answer: &Attribution,
    ) -> Option<CommitInfo> {
        let mut info = self.infos.of(stood.commit.as_ref()?);
        info.at_head = Some(self.head.has(path.file(), Some(&answer.blob)));
        info.blobs = 1;
        info.last = answer.last.map(|id| id.to_string()).unwrap_or_default();
        info.refs = ref_names(self.scene.graph, answer.tips.clone());
        Some(info)
    }

    /// Returns the number of a place. Other versions of the file may have it as well.
    fn number(&mut self, path: &BlobPath, value: Value) -> usize {
        let all = &self.places.all;
        let key = (path, value.0, value.1);
        let known =
            all.binary_search_by(|((path, rule, secret), _)| (path, *rule, *secret).cmp(&key));
        let next = all.len() + self.new.len();
        known.unwrap_or_else(|_| *self.new.entry((path.clone(), value)).or_insert(next))
    }
}

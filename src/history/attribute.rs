//! Turns hits in blobs into places in history: one per path, rule and secret, with the
//! commit that introduced it and its present state.

use std::collections::{BTreeMap, HashMap};

use super::Shut;
use super::found::{BlobHits, Hits};
use super::{HistoryOptions, blob_place, reason};
use crate::blob::BlobPath;
use crate::finding::{Candidate, CommitInfo, Event, Gap, SecretId};
use crate::git::graph::{Attribution, Graph, Reach};
use crate::git::{Kind, ObjectId, Objects, Reader, commit, object};
use crate::rules::RuleIndex;
use crate::scan::{Engine, Known};
use crate::source::Unopened;
use crate::source::range::commit_info;

/// The maximum number of references named with a finding.
const MAX_REFS: usize = 8;

/// The data that all steps after the walk share.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) objects: &'a Objects<'a>,
    pub(super) graph: &'a Graph<'a>,
    pub(super) engine: &'a Engine,
    /// Everything that the run finds, for masking.
    pub(super) known: &'a Known,
    pub(super) options: &'a HistoryOptions<'a>,
}

/// A finding to make: its place, and the blob to show for it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    /// The number of its place.
    pub(super) place: usize,
    pub(super) rule: RuleIndex,
    pub(super) secret: SecretId,
    pub(super) commit: Option<Box<CommitInfo>>,
    /// The id of another commit to judge it by.
    pub(super) judged_by: Option<String>,
    /// Position of the introducing commit in the order of history.
    pub(super) order: u64,
}

/// All findings to make from one blob at one path.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WantedBlob {
    pub(super) rank: u32,
    pub(super) path: BlobPath,
    pub(super) wanted: Vec<Wanted>,
}

/// Returns the paths at which every finding of a blob is shown: the first one in history, and
/// those at HEAD. A secret that is gone from one path but is still at another must not count
/// as gone. [`between`](super::between) judges the others.
pub(super) fn paths_of(answer: &Attribution) -> Vec<BlobPath> {
    let mut paths = vec![path_of(answer)];
    for path in &answer.head_paths {
        if path != paths[0].as_bytes() {
            paths.push(BlobPath::new(path.as_slice()));
        }
    }
    paths
}

/// Orders commits as the graph judged them. Commits that no tip reaches come last,
/// followed by blobs that no commit has.
pub(super) struct Order<'a>(&'a Graph<'a>);

impl<'a> Order<'a> {
    pub(super) fn new(graph: &'a Graph<'a>) -> Self {
        Self(graph)
    }

    pub(super) fn of(&self, id: Option<&ObjectId>) -> u64 {
        match id {
            Some(id) => self.0.position(id).map_or(u64::MAX - 1, u64::from),
            None => u64::MAX,
        }
    }
}

/// Whether the detector dismissed the value in a blob, the order of the blob's first
/// commit, and the blob's rank. The blob with the least preference represents its place.
type Preference = (bool, u64, u32);

/// The data collected so far for one place.
pub(super) struct Place {
    /// The blob to show.
    first: (Preference, usize),
    /// The blobs in which the detector does not dismiss the value; only these can count.
    alive: Vec<u32>,
    blobs: u64,
    last: (u64, Option<ObjectId>),
    at_head: bool,
    refs: Vec<u32>,
}

/// All places of findings, and the blobs that have them.
pub(super) struct Places {
    pub(super) found: Vec<BlobHits>,
    pub(super) answers: Vec<Attribution>,
    /// Sorted.
    pub(super) all: Vec<((BlobPath, RuleIndex, SecretId), Place)>,
}

impl Places {
    /// Returns the blob to show for each place: the one that its introducing commit
    /// brought, or the first one in which the detector did not dismiss the value.
    pub(super) fn first(&self, scene: &Scene<'_>) -> Vec<WantedBlob> {
        let places = self.all.iter().map(|(_, place)| place).enumerate();
        self.wanted(scene, places.map(|(at, place)| (at, place.first.1, None)))
    }

    /// Returns all other blobs of some places; the value's surroundings may differ there.
    /// With true, they are judged by the commit that brought the first blob.
    pub(super) fn others(&self, scene: &Scene<'_>, of: &[(usize, bool)]) -> Vec<WantedBlob> {
        let others = of.iter().flat_map(|&(at, by_first)| {
            let place = &self.all[at].1;
            let (_, first) = place.first;
            let by = self.answers[first].first.filter(|_| by_first);
            let alive = place.alive.iter().map(|blob| *blob as usize);
            let others = alive.filter(move |blob| *blob != first);
            others.map(move |blob| (at, blob, by))
        });
        self.wanted(scene, others)
    }

    /// Groups findings to make by blob and path. `pairs` contains numbers of places,
    /// indexes of blobs, and commits to judge by.
    fn wanted(
        &self,
        scene: &Scene<'_>,
        pairs: impl Iterator<Item = (usize, usize, Option<ObjectId>)>,
    ) -> Vec<WantedBlob> {
        let mut infos = Infos::new(scene);
        let order = Order::new(scene.graph);
        let mut blobs: BTreeMap<(usize, &BlobPath), Vec<Wanted>> = BTreeMap::new();
        for (at, blob, judged_by) in pairs {
            let ((path, rule, secret), place) = &self.all[at];
            let first = self.answers[blob].first;
            let commit = first.map(|id| {
                let mut info = infos.of(&id);
                info.at_head = Some(place.at_head);
                info.blobs = place.blobs;
                if let Some(last) = place.last.1 {
                    info.last = last.to_string();
                    info.last_date = infos.date_of(&last);
                }
                info.refs = ref_names(scene.graph, place.refs.clone());
                Box::new(info)
            });
            blobs.entry((blob, path)).or_default().push(Wanted {
                place: at,
                rule: *rule,
                secret: *secret,
                commit,
                judged_by: judged_by.map(|id| id.to_string()),
                order: order.of(first.as_ref()),
            });
        }
        let wanted = blobs.into_iter();
        wanted
            .map(|((i, path), wanted)| WantedBlob {
                rank: self.found[i].rank,
                path: path.clone(),
                wanted,
            })
            .collect()
    }
}

/// Returns the blobs that hold more than was read, at the paths where findings of them are shown.
/// What is accepted at all of these is told at another path where it is not, if there is one. The
/// flag says whether there were too many paths to look at all.
pub(super) fn unopened(
    graph: &Graph<'_>,
    engine: &Engine,
    shut: &[Shut],
    options: &HistoryOptions<'_>,
) -> (Vec<Event>, bool) {
    let counts = |rank: u32| options.all_objects || graph.reaches(rank);
    let shut: Vec<_> = shut.iter().filter(|shut| counts(shut.rank)).collect();
    let mut ranks: Vec<u32> = shut.iter().map(|shut| shut.rank).collect();
    ranks.dedup();
    let answers = graph.attribute(&ranks);
    let files: HashMap<u32, Vec<BlobPath>> = ranks
        .into_iter()
        .zip(answers.iter().map(paths_of))
        .collect();
    let told = |shut: &Shut, file: &BlobPath| told(engine, shut, file);
    let files_of = |shut: &Shut| files.get(&shut.rank).map_or(&[][..], Vec::as_slice);
    let is_accepted = |shut: &&&Shut| {
        let mut files = files_of(shut).iter();
        files.all(|file| told(shut, file).0 == Gap::Accepted)
    };
    // All paths are looked at only where it matters.
    let accepted: Vec<&Shut> = match engine.policy.opaque.accepted.is_empty() {
        true => Vec::new(),
        false => shut.iter().filter(is_accepted).copied().collect(),
    };
    let mut ranks: Vec<u32> = accepted.iter().map(|shut| shut.rank).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let stood = graph.paths(&ranks, options.all_objects);
    let elsewhere = accepted.into_iter().filter_map(|shut| {
        let at = ranks.binary_search(&shut.rank).ok()?;
        let paths = stood.of[at].iter().filter(|stood| !stood.path.is_empty());
        let mut told = paths.map(|stood| told(shut, &BlobPath::new(stood.path.as_slice())));
        told.find(|(gap, _)| *gap != Gap::Accepted)
            .map(|(gap, path)| (path, shut.what, gap))
    });
    let mut all: Vec<_> = elsewhere.collect();
    for shut in shut {
        let places = files_of(shut).iter().map(|file| told(shut, file));
        all.extend(places.map(|(gap, path)| (path, shut.what, gap)));
    }
    (shut_events(all), stood.cut)
}

/// Returns what a run says about content that stays shut, if its file is at `file`.
fn told(engine: &Engine, shut: &Shut, file: &BlobPath) -> (Gap, BlobPath) {
    let path = shut.member.with_file(file.as_bytes());
    (engine.policy.opaque.gap(shut.what.reason, &path), path)
}

/// Returns the blobs of `shut` that count, and the paths at which they are told.
pub(super) fn closed(graph: &Graph<'_>, shut: &[Shut], all: bool) -> Vec<(u32, Vec<BlobPath>)> {
    let ranks = shut.iter().map(|shut| shut.rank);
    let mut ranks: Vec<u32> = ranks.filter(|rank| all || graph.reaches(*rank)).collect();
    ranks.dedup();
    let answers = graph.attribute(&ranks);
    let paths: Vec<_> = answers.iter().map(paths_of).collect();
    ranks.into_iter().zip(paths).collect()
}

/// Returns the events of content that stays shut, in files at the paths that `files_of` says.
pub(super) fn told_shut<'s>(
    engine: &Engine,
    shut: impl Iterator<Item = &'s Shut>,
    files_of: impl Fn(u32) -> &'s [BlobPath],
) -> Vec<Event> {
    let all = shut.flat_map(|shut| {
        let places = files_of(shut.rank).iter();
        let places: Vec<_> = places.map(|file| told(engine, shut, file)).collect();
        let told = places.into_iter();
        told.map(|(gap, path)| (path, shut.what, gap))
    });
    shut_events(all.collect())
}

fn shut_events(mut all: Vec<(BlobPath, Unopened, Gap)>) -> Vec<Event> {
    all.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let events = all.into_iter().map(|(path, what, gap)| Event::Skipped {
        gap,
        path,
        why: what.reason,
        bytes: what.bytes,
        detail: what.why.into(),
    });
    events.collect()
}

/// Attributes hits in blobs to places.
pub(super) fn places(scene: &Scene<'_>, found: Vec<BlobHits>) -> Places {
    let found: Vec<BlobHits> = found
        .into_iter()
        .filter(|blob| scene.options.all_objects || scene.graph.reaches(blob.rank))
        .collect();
    let ranks: Vec<u32> = found.iter().map(|blob| blob.rank).collect();
    let answers = scene.graph.attribute(&ranks);
    let order = Order::new(scene.graph);
    let blobs = found.iter().zip(&answers);
    let paths: Vec<Vec<BlobPath>> = blobs
        .map(|(blob, answer)| {
            let files = paths_of(answer);
            files.iter().flat_map(|file| blob.paths(file)).collect()
        })
        .collect();
    let mut places: BTreeMap<(&BlobPath, u16, SecretId), Place> = BTreeMap::new();
    for (i, blob) in found.iter().enumerate() {
        let answer = &answers[i];
        let there = paths[i].iter().flat_map(|path| {
            let secrets = secrets(scene, blob, path).into_iter();
            secrets.map(move |(rule, secret, alive)| (path, rule, secret, alive))
        });
        for (path, rule, secret, alive) in there {
            let first = ((!alive, order.of(answer.first.as_ref()), blob.rank), i);
            let last = (order.of(answer.last.as_ref()), answer.last);
            let at_head = answer.head_paths.iter().any(|p| p == path.file());
            let place = places
                .entry((path, rule.0, secret))
                .or_insert_with(|| Place {
                    first,
                    alive: Vec::new(),
                    blobs: 0,
                    last: (0, None),
                    at_head: false,
                    refs: Vec::new(),
                });
            place.first = place.first.min(first);
            place.alive.extend(alive.then_some(i as u32));
            place.blobs += 1;
            place.at_head |= at_head;
            place.refs.extend_from_slice(&answer.tips);
            if last.1.is_some() && (place.last.1.is_none() || last.0 > place.last.0) {
                place.last = last;
            }
        }
    }
    let all = places.into_iter();
    let all = all
        .map(|((path, rule, secret), place)| ((path.clone(), RuleIndex(rule), secret), place))
        .collect();
    Places {
        found,
        answers,
        all,
    }
}

fn path_of(answer: &Attribution) -> BlobPath {
    match (&answer.path[..], answer.reach) {
        (b"", _) | (_, Reach::Unreferenced) => blob_place(&answer.blob),
        (path, _) => BlobPath::new(path),
    }
}

/// Returns the rules and secrets of a blob at a known path. The last value is false if
/// the detector dismisses or doubts the candidate.
pub(super) fn secrets(
    scene: &Scene<'_>,
    blob: &BlobHits,
    path: &BlobPath,
) -> Vec<(RuleIndex, SecretId, bool)> {
    let texts = blob.texts.iter();
    let mut secrets: Vec<_> = texts
        .filter(|text| text.member.member() == path.member())
        .flat_map(|text| secrets_in(scene, &text.hits, path))
        .collect();
    // A live candidate takes precedence over the same one, dismissed.
    secrets.sort_unstable_by_key(|&(rule, secret, alive)| (rule, secret, !alive));
    secrets.dedup_by_key(|&mut (rule, secret, _)| (rule, secret));
    secrets
}

fn secrets_in(scene: &Scene<'_>, hits: &Hits, path: &BlobPath) -> Vec<(RuleIndex, SecretId, bool)> {
    let key = |c: &Candidate| (c.rule, c.secret.start, c.secret.end);
    let mut ids = HashMap::new();
    let mut candidates = Vec::new();
    for (at, found) in hits {
        for (candidate, ends) in found.moved(*at) {
            // Two rules can read one place differently: as written, and decoded.
            let (rule, start, _) = key(&candidate);
            ids.extend(ends.map(|(end, id)| ((rule, start, end), id)));
            candidates.push(candidate);
        }
    }
    scene.engine.detector.resolve(path, &[], &mut candidates);
    let least = scene.engine.policy.min_confidence;
    let secret = |c: &Candidate| {
        let alive = c.dismissed.is_none() && c.confidence >= least;
        Some((c.rule, *ids.get(&key(c))?, alive))
    };
    candidates.iter().filter_map(secret).collect()
}

/// Returns the names of tips, each once, without repetitions from reference logs.
pub(super) fn ref_names(graph: &Graph<'_>, mut tips: Vec<u32>) -> Vec<String> {
    tips.sort_unstable();
    tips.dedup();
    let mut names: Vec<String> = Vec::new();
    for tip in tips {
        let Some(tip) = graph.tips().get(tip as usize) else {
            continue;
        };
        let name = String::from_utf8_lossy(&tip.tip.name).into_owned();
        if names.len() < MAX_REFS && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Reads commits for reports, and caches them.
pub(super) struct Infos<'a> {
    graph: &'a Graph<'a>,
    reader: Reader<'a>,
    known: HashMap<ObjectId, CommitInfo>,
}

impl<'a> Infos<'a> {
    pub(super) fn new(scene: &Scene<'a>) -> Self {
        Self {
            graph: scene.graph,
            reader: Reader::new(scene.objects.store(), object::DEFAULT_LIMIT),
            known: HashMap::new(),
        }
    }

    /// Returns the date of a commit.
    pub(super) fn date_of(&mut self, id: &ObjectId) -> String {
        match self.known.get(id) {
            Some(known) => known.date.clone(),
            None => self.of(id).date,
        }
    }

    pub(super) fn of(&mut self, id: &ObjectId) -> CommitInfo {
        if let Some(known) = self.known.get(id) {
            return known.clone();
        }
        // The graph has read it before. If it is gone now, only its name is left.
        let info = match commit::read_info(&mut self.reader, id) {
            Ok(info) => commit_info(&info),
            Err(error) => {
                self.graph.note_unread(id, Kind::Commit, reason(error));
                CommitInfo {
                    id: id.to_string(),
                    ..CommitInfo::default()
                }
            }
        };
        self.known.insert(*id, info.clone());
        info
    }
}

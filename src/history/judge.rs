//! Makes findings from places: visits a blob of each place again and judges it with the
//! same code as files.
//!
//! Whether a finding is accepted can depend on the version: a marker may be removed while
//! the secret stays. So if the first blob of a place is accepted because of its own
//! content, all other blobs of the place are judged as well. The first one that counts is
//! reported.

use std::collections::HashMap;
use std::io::Read;

use super::attribute::{Places, Scene, Wanted, WantedBlob};
use super::between::{Chain, between, chosen};
use super::told::Told;
use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::finding::{CommitInfo, Event, SecretId, Summary, SuppressedBy, Verdict};
use crate::git::walk::{Derived, Failure, Item, Visitor, WalkOptions, Want, walk};
use crate::git::{Bits, Kind, oid};
use crate::inside::Most;
use crate::rules::RuleIndex;
use crate::scan::assemble::Assembler;
use crate::scan::{Engine, Known};
use crate::source::content::{ContentReader, Limits};
use crate::source::lfs::Objects as LfsObjects;
use crate::source::{Piece, Sink, Unopened};
use crate::suppress::Policy;

/// A finding and its position in the report.
pub(super) struct Made {
    /// The place of the finding; None for something unreadable.
    place: Option<usize>,
    /// Order of the blob's first commit, and the blob's rank.
    order: (u64, u32),
    event: Event,
}

impl Made {
    /// Returns the sort key within a place: the least finding is reported.
    fn preference(&self) -> (u8, u64, u32) {
        (weight(&self.event), self.order.0, self.order.1)
    }

    fn told(&self) -> Told {
        match &self.event {
            Event::Finding(finding) => Told::of(&finding.verdict),
            _ => Told::No,
        }
    }

    /// Returns the place if the same value could count in another version there. The
    /// second value says whether entries about commits use the first commit: they do
    /// unless a marker suppressed the finding.
    fn open(&self, policy: &Policy) -> Option<(usize, bool)> {
        let Event::Finding(finding) = &self.event else {
            return None;
        };
        match &finding.verdict {
            Verdict::Suppressed { by, .. } if policy.looks_around(*by) => {
                Some((self.place?, *by != SuppressedBy::Inline))
            }
            _ => None,
        }
    }
}

/// Ranks an event: findings that count come first, then warnings, then accepted ones.
fn weight(event: &Event) -> u8 {
    match event {
        Event::Finding(finding) => match &finding.verdict {
            Verdict::Report => 0,
            Verdict::Warn { .. } => 1,
            Verdict::Suppressed { by, .. } if by.by_user() || by.by_filter() => 2,
            Verdict::Suppressed { .. } => 3,
        },
        _ => 0,
    }
}

/// The findings of a history.
pub(super) struct Findings {
    /// By path, then oldest first, then by place.
    pub(super) events: Vec<Event>,
    /// Whether files stood at too many paths to judge them at all.
    pub(super) cut: bool,
    /// What was judged, if it was asked for.
    pub(super) rounds: Option<Box<Judged>>,
}

/// What was judged for a report, round by round.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Judged {
    /// The number of places.
    pub(super) places: usize,
    pub(super) first: Vec<WantedBlob>,
    /// The places whose other versions were judged, see [`Made::open`].
    pub(super) open: Vec<(usize, bool)>,
    pub(super) others: Vec<WantedBlob>,
    /// What became of the places until then.
    pub(super) told: Vec<Told>,
    pub(super) between: Vec<WantedBlob>,
    pub(super) chains: Vec<Chain>,
}

/// Judges what the rounds of a report need. None ends it.
pub(super) trait Rounds {
    /// Judges the first blob of each place.
    fn first(&mut self) -> Option<Vec<Made>>;

    /// Judges the other blobs of places.
    fn others(&mut self, open: &[(usize, bool)]) -> Option<Vec<Made>>;

    /// Judges blobs where they stood in between, after `told` became of the places.
    fn between(&mut self, told: &[Told]) -> Option<(Vec<Made>, Vec<Chain>)>;
}

/// Rounds that read a history.
struct Live<'a> {
    scene: &'a Scene<'a>,
    places: &'a Places,
    walking: &'a WalkOptions<'a>,
    cut: bool,
    kept: Option<Box<Judged>>,
}

impl Rounds for Live<'_> {
    fn first(&mut self) -> Option<Vec<Made>> {
        let wanted = self.places.first(self.scene);
        if let Some(kept) = &mut self.kept {
            kept.places = self.places.all.len();
            kept.first.clone_from(&wanted);
        }
        Some(judged(self.scene, wanted, self.walking))
    }

    fn others(&mut self, open: &[(usize, bool)]) -> Option<Vec<Made>> {
        let wanted = self.places.others(self.scene, open);
        if let Some(kept) = &mut self.kept {
            kept.open = open.to_vec();
            kept.others.clone_from(&wanted);
        }
        Some(judged(self.scene, wanted, self.walking))
    }

    fn between(&mut self, told: &[Told]) -> Option<(Vec<Made>, Vec<Chain>)> {
        let between = between(self.scene, self.places, told);
        self.cut = between.cut;
        if let Some(kept) = &mut self.kept {
            kept.told = told.to_vec();
            kept.between.clone_from(&between.wanted);
            kept.chains.clone_from(&between.chains);
        }
        let made = judged(self.scene, between.wanted, self.walking);
        Some((made, between.chains))
    }
}

/// Returns the findings of all places, and those of values that count only where their blob
/// stood in between.
pub(super) fn findings(
    scene: &Scene<'_>,
    places: &Places,
    walking: &WalkOptions<'_>,
    keep: bool,
) -> Findings {
    let mut live = Live {
        scene,
        places,
        walking,
        cut: false,
        kept: keep.then(Box::default),
    };
    let events = settle(&mut live, &scene.engine.policy, places.all.len());
    Findings {
        events: events.unwrap_or_default(),
        cut: live.cut,
        rounds: live.kept,
    }
}

/// Returns the findings of all rounds, in the order of the report.
pub(super) fn settle(
    rounds: &mut dyn Rounds,
    policy: &Policy,
    places: usize,
) -> Option<Vec<Event>> {
    let mut made = rounds.first()?;
    let open: Vec<(usize, bool)> = made.iter().filter_map(|made| made.open(policy)).collect();
    made.extend(rounds.others(&open)?);
    let best = |made: &mut Vec<Made>| {
        made.sort_by_key(|made| (made.place, made.preference()));
        made.dedup_by(|next, kept| next.place.is_some() && next.place == kept.place);
    };
    best(&mut made);
    let mut told = vec![Told::No; places];
    for made in &made {
        if let Some(told) = made.place.and_then(|place| told.get_mut(place)) {
            *told = made.told();
        }
    }
    let (mut more, chains) = rounds.between(&told)?;
    let mut now: HashMap<(usize, u32), Told> = HashMap::new();
    for made in &more {
        now.extend(made.place.map(|place| ((place, made.order.1), made.told())));
    }
    let chosen = chosen(&chains, |place, rank| {
        let known = told.get(place).copied().unwrap_or(Told::No);
        let now = now.get(&(place, rank)).copied().unwrap_or(Told::No);
        (known.max(now), now > known)
    });
    more.retain(|made| {
        made.place
            .is_none_or(|place| chosen.contains(&(place, made.order.1)))
    });
    made.extend(more);
    best(&mut made);
    made.sort_by(|a, b| key(a).cmp(&key(b)));
    Some(made.into_iter().map(|made| made.event).collect())
}

/// Judges the wanted blobs; returns the findings in no particular order.
fn judged(scene: &Scene<'_>, wanted: Vec<WantedBlob>, walking: &WalkOptions<'_>) -> Vec<Made> {
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut ranks = Bits::new(scene.objects.len());
    let mut blobs: HashMap<u32, Vec<WantedBlob>> = HashMap::new();
    for blob in wanted {
        ranks.insert(blob.rank);
        blobs.entry(blob.rank).or_default().push(blob);
    }
    let visitor = Judge {
        engine: scene.engine,
        known: scene.known,
        most: scene.options.most,
        lfs: LfsObjects::of_store(scene.objects.store()),
        blobs,
    };
    let (locals, _) = walk(
        scene.objects,
        Kind::Blob,
        Want::Only(&ranks),
        walking,
        &visitor,
    );
    locals.into_iter().flat_map(|local| local.made).collect()
}

fn key(made: &Made) -> (Option<&BlobPath>, u64, u64, u64, u16) {
    match &made.event {
        Event::Finding(f) => (
            Some(&f.path),
            made.order.0,
            f.start.offset,
            f.end.offset,
            f.rule.0,
        ),
        Event::Failed(error) => (Some(&error.path), made.order.0, 0, 0, 0),
        Event::Skipped { path, .. } => (Some(path), made.order.0, 0, 0, 0),
    }
}

/// The size in bytes above which blobs are judged in pieces.
const LARGE: usize = 8 << 20;

/// Judges blobs again without a walk, one by one.
pub(super) struct Single<'e> {
    judge: Judge<'e>,
    local: Local<'e>,
}

impl<'e> Single<'e> {
    pub(super) fn new(engine: &'e Engine, known: &'e Known, most: Most) -> Self {
        let judge = Judge {
            engine,
            known,
            most,
            lfs: LfsObjects::default(),
            blobs: HashMap::new(),
        };
        let local = judge.local();
        Self { judge, local }
    }

    /// Judges the findings that are wanted of a blob with these bytes.
    pub(super) fn blob(&mut self, id: &oid, wanted: Vec<WantedBlob>, bytes: &[u8]) {
        let Some(rank) = wanted.first().map(|blob| blob.rank) else {
            return;
        };
        self.judge.blobs.insert(rank, wanted);
        let item = Item {
            id,
            rank,
            wanted: true,
        };
        self.judge.whole(&mut self.local, item, bytes);
        self.judge.blobs.clear();
    }

    /// Takes the findings.
    pub(super) fn take(&mut self) -> Vec<Made> {
        std::mem::take(&mut self.local.made)
    }
}

struct Judge<'e> {
    engine: &'e Engine,
    known: &'e Known,
    most: Most,
    lfs: LfsObjects,
    blobs: HashMap<u32, Vec<WantedBlob>>,
}

struct Local<'e> {
    assembler: Assembler<'e>,
    content: ContentReader,
    made: Vec<Made>,
}

/// Returns the commits by which the secrets of a blob are judged.
fn commits(blob: &WantedBlob) -> Vec<((RuleIndex, SecretId), CommitInfo)> {
    let wanted = blob.wanted.iter();
    wanted
        .filter_map(|w| {
            let mut info = (**w.commit.as_ref()?).clone();
            if let Some(id) = &w.judged_by {
                info.id.clone_from(id);
            }
            Some(((w.rule, w.secret), info))
        })
        .collect()
}

impl<'e> Judge<'e> {
    /// Reads a stream once, and judges it at all paths meanwhile.
    fn stream(&self, local: &mut Local<'e>, rank: u32, size: u64, input: &mut dyn Read) {
        let blobs = self.blobs.get(&rank).map_or(&[][..], Vec::as_slice);
        let judges = blobs.iter().map(|blob| (blob, self.begun(blob)));
        let mut all = AtOnce(judges.collect());
        if let Some(blob) = blobs.first() {
            let limits = Limits {
                size_hint: size,
                most: Most {
                    file: u64::MAX,
                    ..self.most
                },
            };
            let file = BlobPath::new(blob.path.file());
            local.content.read(input, &file, limits, &mut all);
        }
        for (blob, mut assembler) in all.0 {
            take(&mut assembler, &mut local.made, blob);
        }
    }

    /// Returns an assembler that has begun with a blob.
    fn begun(&self, blob: &WantedBlob) -> Assembler<'e> {
        let mut assembler = Assembler::new(self.engine, self.known);
        begin(&mut assembler, blob);
        assembler
    }
}

fn begin(assembler: &mut Assembler<'_>, blob: &WantedBlob) {
    assembler.begin(&blob.path, false);
    assembler.attribute(commits(blob));
}

fn limits(size: u64) -> Limits {
    Limits {
        size_hint: size,
        most: Most::shut(u64::MAX),
    }
}

/// Keeps the assembler's events that are wanted of this blob, each once. If a value
/// occurs several times, keeps the first occurrence that counts.
fn take(assembler: &mut Assembler<'_>, kept: &mut Vec<Made>, blob: &WantedBlob) {
    let mut events = Vec::new();
    assembler.finish(&mut events, &mut Summary::default());
    let mut left: Vec<&Wanted> = blob.wanted.iter().collect();
    events.sort_by_key(weight);
    for event in events {
        match event {
            Event::Finding(mut finding) => {
                let fits = |w: &&Wanted| w.rule == finding.rule && w.secret == finding.secret_id;
                let Some(at) = left.iter().position(fits) else {
                    continue;
                };
                let wanted = left.swap_remove(at);
                if wanted.judged_by.is_some() {
                    finding.commit.clone_from(&wanted.commit);
                }
                kept.push(Made {
                    place: Some(wanted.place),
                    order: (wanted.order, blob.rank),
                    event: Event::Finding(finding),
                });
            }
            // The walk over all blobs told it.
            Event::Skipped { why, .. } if why.opaque().is_some() => {}
            other => kept.push(Made {
                place: None,
                order: (u64::MAX, blob.rank),
                event: other,
            }),
        }
    }
}

/// Judges the pieces of one blob at several paths.
struct AtOnce<'b, 'e>(Vec<(&'b WantedBlob, Assembler<'e>)>);

impl Sink for AtOnce<'_, '_> {
    fn piece(&mut self, piece: Piece<'_>) {
        for (blob, assembler) in &mut self.0 {
            if blob.path.member() != piece.path.member() {
                continue;
            }
            assembler.piece(Piece {
                path: &blob.path,
                ..piece.clone()
            });
        }
    }

    // The walk over all blobs told it.
    fn unopened(&mut self, _: &BlobPath, _: Unopened) {}

    fn skipped(&mut self, _: &BlobPath, why: SkipReason) {
        for (blob, assembler) in &mut self.0 {
            assembler.skipped(&blob.path, why);
        }
    }

    fn failed(&mut self, error: SourceError) {
        for (blob, assembler) in &mut self.0 {
            assembler.failed(SourceError {
                path: blob.path.clone(),
                why: error.why.clone(),
            });
        }
    }
}

impl<'e> Visitor for Judge<'e> {
    type Local = Local<'e>;
    type State = ();

    fn local(&self) -> Local<'e> {
        Local {
            assembler: Assembler::new(self.engine, self.known),
            content: ContentReader::with_objects(self.lfs.clone()),
            made: Vec::new(),
        }
    }

    fn whole(&self, local: &mut Local<'e>, item: Item<'_>, bytes: &[u8]) {
        if !item.wanted {
            return;
        }
        if local.content.is_more(bytes, self.most) {
            self.stream(local, item.rank, bytes.len() as u64, &mut &*bytes);
            return;
        }
        for blob in self.blobs.get(&item.rank).into_iter().flatten() {
            begin(&mut local.assembler, blob);
            let (content, sink) = (&mut local.content, &mut local.assembler);
            if bytes.len() > LARGE && !self.engine.detector.is_whole() {
                // The content may consist of candidates.
                content.read(&mut &*bytes, &blob.path, limits(bytes.len() as u64), sink);
            } else {
                content.read_bytes(bytes, &blob.path, sink);
            }
            take(&mut local.assembler, &mut local.made, blob);
        }
    }

    fn delta(&self, local: &mut Local<'e>, item: Item<'_>, bytes: &[u8], _: Derived<'_, ()>) {
        self.whole(local, item, bytes);
    }

    fn large(
        &self,
        local: &mut Local<'e>,
        item: Item<'_>,
        size: u64,
        input: &mut dyn Read,
    ) -> std::io::Result<bool> {
        self.stream(local, item.rank, size, input);
        Ok(true)
    }

    fn failed(&self, local: &mut Local<'e>, failure: Failure<'_>) {
        // It was scanned a moment ago but is not readable now.
        for blob in self.blobs.get(&failure.rank).into_iter().flatten() {
            local.made.push(Made {
                place: None,
                order: (u64::MAX, blob.rank),
                event: Event::Failed(SourceError {
                    path: blob.path.clone(),
                    why: format!("object {}: {}", failure.id, failure.reason),
                }),
            });
        }
    }
}

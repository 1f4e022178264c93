//! Scans a whole history: every blob once, then commit and tag messages.
//!
//! Blobs are visited in the order of their delta trees. Hits in a base are carried over
//! to its deltas, so the work depends on the bytes that deltas insert, not on the bytes
//! that blobs repeat (`visitor`). Only blobs with hits are attributed to commits, paths
//! and references (`attribute`). The same code as for files then makes the findings, from
//! the first blob of each place in which they count (`scan::assemble`, `judge`). A blob whose
//! values do not count at its first path, nor at HEAD, is judged where it stood in between
//! (`between`).
//!
//! The report is the same for any number of threads and any packing.

mod again;
mod attribute;
mod between;
mod edges;
mod entry;
mod found;
mod head;
mod judge;
mod kept;
mod marks;
mod messages;
mod names;
mod quiet;
mod reading;
mod record;
mod ref_globs;
mod replay;
mod streamed;
mod told;
mod visitor;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::cache::{Judge, Kind as Held};
use crate::finding::{Event, Summary};
pub use crate::git::graph::RefFilter;
use crate::git::graph::{Graph, GraphOptions, Hole, Matched};
use crate::git::walk::{WalkOptions, WalkStats, Want, walk};
use crate::git::{Bits, GitError, Kind, ObjectId, Objects, Problem, Reason, Store};
use crate::inside::Most;
use crate::scan::{Engine, RunOptions};
use crate::source::Unopened;
use crate::source::lfs::Objects as LfsObjects;
use crate::stop::counted;
use found::BlobHits;
use marks::MarkPlace;
use messages::Messages;
use names::Names;
pub use quiet::Memory;
use quiet::Recalled;
use record::Record;
pub use ref_globs::RefGlobs;
use replay::Again;
use visitor::{BlobVisitor, Mode};

/// Which parts of a history to scan, and how.
#[derive(Clone, Copy)]
pub struct HistoryOptions<'a> {
    /// Which references count, by full name; None for all.
    pub refs: Option<RefFilter<'a>>,
    /// Whether to include objects that only reference logs, or nothing, lead to.
    pub all_objects: bool,
    /// Whether missing objects are skipped instead of reported as failures.
    pub allow_missing: bool,
    /// Whether to scan commit messages, tag messages and reference names.
    pub messages: bool,
    /// Whether hits in a delta's base are carried over. The findings are the same either
    /// way.
    pub delta: bool,
    /// How much is read of a blob, and of what stands inside of it.
    pub most: Most,
    /// The maximum memory for hits, in bytes. Hits beyond it are dropped, and a failure
    /// is reported.
    pub memory: u64,
    /// What earlier runs found out, if there is a cache. The report is the same without.
    pub cache: Option<Memory<'a>>,
}

impl Default for HistoryOptions<'_> {
    fn default() -> Self {
        Self {
            refs: None,
            all_objects: false,
            allow_missing: false,
            messages: true,
            delta: true,
            most: Most::of(u64::MAX),
            memory: 1 << 30,
            cache: None,
        }
    }
}

/// Content of a blob that was not looked into.
struct Shut {
    rank: u32,
    /// The path of a member, in a file without a name; empty for the blob itself.
    member: BlobPath,
    what: Unopened,
}

impl Shut {
    /// Content that is scanned as it is stored.
    fn of(rank: u32, member: BlobPath, reason: SkipReason) -> Self {
        let (bytes, why) = (0, "");
        let what = Unopened { reason, bytes, why };
        Self { rank, member, what }
    }
}

/// A blob that could not be scanned.
struct Lost {
    rank: u32,
    id: ObjectId,
    why: LostWhy,
}

enum LostWhy {
    Skipped(SkipReason),
    Failed(String),
}

/// Scans the history of `store`. Passes events to `on_event` in a stable order: first
/// failures and skipped objects, then findings by path. Stops if `on_event` returns
/// false.
///
/// # Errors
/// Fails if references cannot be read, or if there are more objects than can be counted.
/// Errors of single objects become [`Event::Failed`].
pub fn run(
    store: &Store,
    engine: &Engine,
    options: &HistoryOptions<'_>,
    run: &RunOptions,
    on_event: &mut dyn FnMut(Event) -> bool,
) -> Result<Summary, GitError> {
    let started = Instant::now();
    // Fails early for unreadable references, before hours of work.
    crate::git::refs::head(store)?;
    let key = options
        .cache
        .and_then(|memory| Some((memory, replay::key(store, options, &memory)?)));
    let known = key.and_then(|(memory, key)| {
        let (record, _) = memory.cache.newest(Held::History, &key, Record::read)?;
        again(store, engine, options, run, &record)
    });
    let (mut summary, events) = match known {
        Some(known) => known,
        None => survey(store, engine, options, run, key)?,
    };
    for event in events {
        summary.count(&event);
        if !on_event(event) {
            break;
        }
    }
    summary.elapsed = started.elapsed();
    Ok(summary)
}

/// Reads and judges a history. With `key`, keeps what it gave under it. Returns the summary
/// without what events count.
fn survey(
    store: &Store,
    engine: &Engine,
    options: &HistoryOptions<'_>,
    run: &RunOptions,
    key: Option<(Memory<'_>, Judge)>,
) -> Result<(Summary, Vec<Event>), GitError> {
    let threads = run.workers();
    let objects = Objects::load(store, threads)?;
    let walking = WalkOptions {
        threads,
        ..WalkOptions::default()
    };
    let memory = options.cache;
    let known = memory.and_then(|memory| edges::load(&memory, &objects));
    let known = known.as_ref();
    let matched = known.and_then(|known| Matched::new(&objects, &known.kept));
    let mut scanned = scan_blobs(&objects, engine, options, run, &walking);
    let interest = scanned.interest(&objects);
    let pays = |memory: &Memory<'_>| {
        memory.cache.writes() && scanned.stats.bytes >= memory.pays && !scanned.full
    };
    let learns = memory.filter(pays);
    let keep = key.filter(|(memory, _)| pays(memory));
    let marker = keep.map(|(memory, _)| memory.cache.key());
    let messages = Messages::new(engine, &run.known, marker);
    let names = Names::new(engine, &run.known, marker);
    let on_commit = |id: &crate::git::oid, raw: &[u8]| messages.commit(id, raw);
    let on_name = |entry: crate::git::graph::Named<'_>| names.entry(entry);
    let build = GraphOptions {
        walk: walking,
        refs: options.refs,
        reflogs: options.all_objects,
        check_missing: true,
        on_commit: options.messages.then_some(&on_commit),
        on_name: Some(&on_name),
        kept: matched.as_ref(),
        learn: learns.is_some(),
    };
    let graph = Graph::build(&objects, &interest, &build)?;
    if let Some(memory) = learns {
        edges::keep(&memory, &objects, &graph, matched.as_ref(), known);
    }
    let summary = Summary {
        files: scanned.stats.visited,
        members: scanned.members,
        bytes: scanned.stats.bytes,
        binary: scanned.binary,
        commits: u64::from(graph.commits()),
        notes: notes(store, graph.cut_off()),
        ..Summary::default()
    };
    let mut events = problems(&objects, &graph);
    let is_unled = graph.tips().is_empty() && !objects.is_empty();
    events.extend(gaps(store, graph.cut_off(), is_unled, options));
    events.extend(losses(&scanned.lost, &graph, options));
    let (shut, is_cut) = attribute::unopened(&graph, engine, &scanned.shut, options);
    events.extend(shut);
    events.extend(holes(&graph, &scanned.lost, options));
    let scene = attribute::Scene {
        objects: &objects,
        graph: &graph,
        engine,
        known: &run.known,
        options,
    };
    let places = attribute::places(&scene, std::mem::take(&mut scanned.found));
    let found = judge::findings(&scene, &places, &walking, keep.is_some());
    events.extend(found.events);
    let (no_names, trees) = names.heard();
    events.extend(names.events(&scene));
    let mut texts = Vec::new();
    if options.messages {
        let said = messages.events(messages.texts(&scene, &walking));
        events.extend(said.0);
        texts = said.1;
    }
    let cut = found.cut || names.is_cut() || is_cut;
    if let (Some((memory, key)), Some(judged)) = (keep, found.rounds)
        && no_names
        && !cut
    {
        let ended = replay::Ended {
            objects: &objects,
            graph: &graph,
            engine,
            judged: *judged,
            trees,
            messages: messages.heard(),
            texts,
            is_unled,
        };
        ended.keep(&memory, &key, &scanned, options.all_objects);
    }
    // Only now are all objects known that could not be read for the findings.
    let mut first = limits(store, scanned.full, cut);
    first.extend(unread(&graph, &scanned.lost));
    first.extend(events);
    Ok((summary, first))
}

/// Makes the report of a history that is as it was. None if it is not.
fn again(
    store: &Store,
    engine: &Engine,
    options: &HistoryOptions<'_>,
    run: &RunOptions,
    record: &Record,
) -> Option<(Summary, Vec<Event>)> {
    let (shut, rest) = Again::new(store, engine, options, run, record).events()?;
    let cut_off = usize::try_from(record.cut_off).ok()?;
    let mut events = gaps(store, cut_off, record.is_unled, options);
    events.extend(shut);
    let missing = Reason::Missing.to_string();
    events.extend(record.holes.iter().map(|(id, kind)| {
        let hole = Hole {
            id: *id,
            kind: *kind,
            why: missing.clone(),
        };
        hole_event(&hole, options)
    }));
    events.extend(rest);
    let summary = Summary {
        files: record.files,
        members: record.members,
        bytes: record.bytes,
        binary: record.binary,
        commits: record.commits,
        notes: notes(store, cut_off),
        ..Summary::default()
    };
    Some((summary, events))
}

/// The combined results of the walk over all blobs, sorted by rank.
struct Scanned {
    found: Vec<BlobHits>,
    lost: Vec<Lost>,
    shut: Vec<Shut>,
    stats: WalkStats,
    members: u64,
    binary: u64,
    /// Whether hits were dropped because memory was full.
    full: bool,
    /// The blobs that have all marks between them, see [`quiet`], and the hits that have them; none
    /// if the blob has to be read as a whole. Only with a cache.
    marked: BTreeMap<u32, Option<Vec<(u64, MarkPlace)>>>,
}

impl Scanned {
    /// Returns the blobs of which something is told, by rank.
    fn interest(&self, objects: &Objects<'_>) -> Bits {
        let mut interest = Bits::new(objects.len());
        let found = self.found.iter().map(|blob| blob.rank);
        let lost = self.lost.iter().map(|lost| lost.rank);
        let shut = self.shut.iter().map(|shut| shut.rank);
        for rank in found.chain(lost).chain(shut) {
            interest.insert(rank);
        }
        interest
    }
}

fn scan_blobs<'e>(
    objects: &Objects<'_>,
    engine: &'e Engine,
    options: &HistoryOptions<'e>,
    run: &'e RunOptions,
    walking: &WalkOptions<'_>,
) -> Scanned {
    let mode = if options.delta && !engine.detector.is_whole() {
        Mode::Inherit
    } else {
        Mode::Whole
    };
    let lfs = LfsObjects::of_store(objects.store());
    let visitor = BlobVisitor::new(engine, mode, options, run, lfs);
    let recalled = options.cache.map(|memory| Recalled::of(objects, memory));
    if run.progress.shown.load(Ordering::Relaxed) {
        let known = recalled.as_ref().map_or(0, |known| known.stats.visited);
        let total = objects.packed(Kind::Blob).saturating_sub(known);
        run.progress.total.store(total, Ordering::Relaxed);
    }
    let want = recalled
        .as_ref()
        .map_or(Want::All, |recalled| Want::Only(&recalled.want));
    let (mut locals, stats) = walk(objects, Kind::Blob, want, walking, &visitor);
    let mut scanned = Scanned {
        found: Vec::new(),
        lost: Vec::new(),
        shut: Vec::new(),
        stats,
        members: 0,
        binary: 0,
        full: visitor.kept_to().is_some(),
        marked: BTreeMap::new(),
    };
    if let Some(recalled) = recalled {
        scanned.members = recalled.members;
        scanned.binary = recalled.binary;
        scanned.stats += recalled.stats;
        // A limit of this run is not a fact about a blob.
        if !scanned.full && objects.store().over_allowance().is_none() {
            let quiet = locals.iter_mut().flat_map(|local| local.quiet.drain(..));
            recalled.learn(objects, quiet, &stats);
        }
    }
    let mut marked = HashMap::new();
    for (mark, first) in locals.iter_mut().flat_map(|local| local.marked.drain()) {
        marks::first_of(&mut marked, mark, first);
    }
    for (mark, (rank, place)) in marked {
        let marks = scanned
            .marked
            .entry(rank)
            .or_insert_with(|| Some(Vec::new()));
        match (marks.as_mut(), place) {
            (Some(marks), Some(place)) => marks.push((mark, place)),
            _ => *marks = None,
        }
    }
    for local in locals {
        run.progress.files.fetch_add(local.files, Ordering::Relaxed);
        run.progress.bytes.fetch_add(local.bytes, Ordering::Relaxed);
        scanned.found.extend(local.found);
        scanned.lost.extend(local.lost);
        scanned.shut.extend(local.shut);
        scanned.members += local.members;
        scanned.binary += local.binary;
    }
    if let Some(end) = visitor.kept_to() {
        scanned.found.retain(|blob| u64::from(blob.rank) < end);
    }
    scanned.found.sort_unstable_by_key(|blob| blob.rank);
    scanned.lost.sort_unstable_by_key(|lost| lost.rank);
    scanned
        .shut
        .sort_by(|a, b| (a.rank, &a.member, a.what).cmp(&(b.rank, &b.member, b.what)));
    scanned
}

/// Returns notes about the repository as a whole for the summary.
fn notes(store: &Store, cut_off: usize) -> Vec<String> {
    let facts = store.facts();
    let mut notes = Vec::new();
    notes.extend(shallow(cut_off));
    if facts.partial {
        notes.push("partial clone: some objects may not be here".to_owned());
    }
    if facts.foreign_owner {
        notes.push("the repository belongs to another user".to_owned());
    }
    notes
}

/// Returns what a shallow clone lacks, if it lacks something.
fn shallow(count: usize) -> Option<String> {
    (count > 0).then(|| {
        let commits = counted(count, "commit");
        format!("shallow clone: history before {commits} is not here")
    })
}

/// Returns parts of the history that are not here, or to which nothing leads: a result
/// without them is not complete.
fn gaps(store: &Store, cut_off: usize, is_unled: bool, options: &HistoryOptions<'_>) -> Vec<Event> {
    if options.allow_missing {
        return Vec::new();
    }
    let failed = |path: &Path, why: String| {
        Event::Failed(SourceError {
            path: place(path),
            why,
        })
    };
    let mut gaps = Vec::new();
    if let Some(what) = shallow(cut_off) {
        let why =
            format!("{what}; `git fetch --unshallow` brings it, `--allow-missing` does without");
        gaps.push(failed(&store.common_dir().join("shallow"), why));
    }
    if is_unled && !options.all_objects {
        let what = match options.refs {
            Some(_) => "no reference has a name that was asked for",
            None => "no reference leads to any of its objects",
        };
        let why = format!("{what}, so nothing was judged; `--all-objects` judges all of them");
        gaps.push(failed(&store.common_dir().join("refs"), why));
    }
    gaps
}

fn place(path: &Path) -> BlobPath {
    BlobPath::new(path.as_os_str().as_encoded_bytes())
}

/// Returns packs, directories and references that could not be read.
fn problems(objects: &Objects<'_>, graph: &Graph<'_>) -> Vec<Event> {
    let all = objects.problems().iter().chain(graph.problems());
    let mut all: Vec<&Problem> = all.collect();
    all.sort_by(|a, b| (&a.path, &a.what).cmp(&(&b.path, &b.what)));
    all.dedup();
    all.into_iter()
        .map(|problem| {
            Event::Failed(SourceError {
                path: place(&problem.path),
                why: problem.what.clone(),
            })
        })
        .collect()
}

/// Returns the limits because of which objects were not read, hits not kept, or files not
/// judged at all their paths.
fn limits(store: &Store, full: bool, cut: bool) -> Vec<Event> {
    let memory = full.then(|| {
        "more was found in all versions than fits into memory; the rest is not told, scan ranges \
         of commits"
            .to_owned()
    });
    let unpacked = store.over_allowance().map(|limit| {
        let why = Reason::Allowance(limit);
        format!("{why}; `--max-unpacked SIZE` allows more")
    });
    let paths = cut.then(|| {
        "files stood at more paths than can be told apart; they were not judged at all of them, \
         scan ranges of commits"
            .to_owned()
    });
    let told = memory.into_iter().chain(unpacked).chain(paths);
    told.map(|why| {
        Event::Failed(SourceError {
            path: place(&store.common_dir().join("objects")),
            why,
        })
    })
    .collect()
}

/// Returns blobs that are stored here but could not be scanned, as far as they count.
fn losses(lost: &[Lost], graph: &Graph<'_>, options: &HistoryOptions<'_>) -> Vec<Event> {
    lost.iter()
        .filter(|lost| is_told(lost, graph, options))
        .map(|lost| {
            let path = blob_place(&lost.id);
            match &lost.why {
                LostWhy::Skipped(why) => Event::skipped(path, *why),
                LostWhy::Failed(why) => Event::Failed(SourceError {
                    path,
                    why: why.clone(),
                }),
            }
        })
        .collect()
}

/// Returns whether a lost blob counts and is therefore reported.
fn is_told(lost: &Lost, graph: &Graph<'_>, options: &HistoryOptions<'_>) -> bool {
    options.all_objects || graph.reaches(lost.rank)
}

/// Returns the path to show for a blob without a known path.
fn blob_place(id: &ObjectId) -> BlobPath {
    BlobPath::new(format!("objects/{id}").into_bytes())
}

/// Returns objects that history needs and that are missing or damaged, except those in
/// `lost`, which are already reported.
fn holes(graph: &Graph<'_>, lost: &[Lost], options: &HistoryOptions<'_>) -> Vec<Event> {
    // A lost object of unknown kind may be a commit. It does not count as a blob and is
    // reported here.
    let told = lost.iter().filter(|lost| is_told(lost, graph, options));
    let told: HashSet<&ObjectId> = told.map(|lost| &lost.id).collect();
    let holes = graph.holes().iter();
    holes
        .filter(|hole| !told.contains(&hole.id))
        .map(|hole| hole_event(hole, options))
        .collect()
}

fn hole_event(hole: &Hole, options: &HistoryOptions<'_>) -> Event {
    if options.allow_missing && hole.why == Reason::Missing.to_string() {
        return Event::skipped(blob_place(&hole.id), SkipReason::Missing);
    }
    failed(hole, "")
}

/// Returns objects that were scanned but could not be read again for their findings.
fn unread(graph: &Graph<'_>, lost: &[Lost]) -> Vec<Event> {
    let holes = graph.holes().iter().map(|hole| &hole.id);
    let told: HashSet<&ObjectId> = holes.chain(lost.iter().map(|lost| &lost.id)).collect();
    let unread = graph.unread();
    let new = unread.iter().filter(|hole| !told.contains(&hole.id));
    new.map(|hole| failed(hole, ", when it was read again"))
        .collect()
}

fn failed(hole: &Hole, when: &str) -> Event {
    let kind = hole.kind.map_or("object", |kind| match kind {
        Kind::Blob => "blob",
        Kind::Tree => "tree",
        Kind::Commit => "commit",
        Kind::Tag => "tag",
    });
    Event::Failed(SourceError {
        path: blob_place(&hole.id),
        why: format!("{kind} {}{when}", hole.why),
    })
}

/// Returns why an object could not be read, without its name.
fn reason(error: GitError) -> String {
    match error {
        GitError::Object { reason, .. } => reason.to_string(),
        other => other.to_string(),
    }
}

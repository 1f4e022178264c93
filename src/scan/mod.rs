//! The engine: reads and judges the units of a source on several threads, and returns the
//! results in listing order. The only module with threads or channels.
//!
//! One producer lists, `jobs` workers read, detect and judge, and the calling thread puts
//! results back in order by sequence number. So the output is the same for any number of
//! jobs. Only findings wait behind a slow unit, never content, and not more than
//! `Ahead` allows.

mod ahead;
pub(crate) mod assemble;
mod news;
pub(crate) mod tokens;
pub(crate) mod verdict;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, TryLockError};
use std::time::{Duration, Instant};

use crate::blob::{Base, BlobPath, SkipReason, SourceError};
use crate::detect::Detector;
use crate::finding::{Event, Fingerprint, Summary};
use crate::identity::IdentityKey;
pub use crate::report::Known;
use crate::source::{Item, Parts, Sink, Source, UnitReader};
use crate::suppress::Policy;
use ahead::{Ahead, Closing, weight};
use assemble::Assembler;

/// The number of units per batch: enough to make channels cheap, few enough to keep all
/// workers busy.
const BATCH: usize = 16;

/// The most batches, and the most results of batches without events, that are passed on together.
/// To wake a thread for each takes longer than to read a small file.
const TOGETHER: usize = 16;

/// The rules, policy and key that judge content. Shared by all threads.
pub struct Engine {
    /// The compiled rules.
    pub detector: Detector,
    /// What to suppress.
    pub policy: Policy,
    /// The key of fingerprints and secret identities.
    pub key: IdentityKey,
    /// Converts the sources' paths to the paths that identities and policies use; None if
    /// they are the same.
    pub base: Option<Base>,
    /// Whether matches that the detector dismissed become events instead of only being
    /// counted.
    pub keep_dismissed: bool,
}

impl Engine {
    /// Returns the path that identities and policies use.
    pub(crate) fn located(&self, path: &BlobPath) -> BlobPath {
        match &self.base {
            Some(base) => path.with_file(&base.locate(path.file())),
            None => path.clone(),
        }
    }
}

/// The progress of a run, for a progress display.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files or blobs scanned.
    pub files: AtomicU64,
    /// Bytes scanned.
    pub bytes: AtomicU64,
    /// Files or blobs in all; 0 if nobody knows. Counted only if somebody looks.
    pub total: AtomicU64,
    /// What the source consists of, if it knows.
    pub parts: OnceLock<Arc<Parts>>,
    /// Whether somebody looks at the progress.
    pub shown: AtomicBool,
}

/// How long a run lasts before its files are counted for a display.
const PATIENCE: Duration = Duration::from_millis(700);

/// Counts what `source` lists while a long run goes on, so that a display can tell how much is
/// left. Ends with the run.
fn count_all<S: Source>(source: &S, progress: &Progress, ended: &AtomicBool) {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if ended.load(Ordering::Relaxed) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut total = 0;
    source.list(&mut |item| {
        total += u64::from(matches!(item, Item::Unit(_)));
        !ended.load(Ordering::Relaxed)
    });
    if !ended.load(Ordering::Relaxed) {
        progress.total.store(total, Ordering::Relaxed);
    }
}

/// How to run a scan.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Number of workers; 0 for one per processor. With 1, everything runs on the calling
    /// thread.
    pub jobs: usize,
    /// The counters of a progress display.
    pub progress: Arc<Progress>,
    /// Collects what the run finds, so that a report can mask it everywhere. Complete when
    /// the run ends.
    pub known: Arc<Known>,
}

/// Up to this many units are scanned without threads, because starting threads takes
/// longer.
const FEW: usize = 32;

impl RunOptions {
    /// Returns the number of workers, at least 1.
    pub(crate) fn workers(&self) -> usize {
        match self.jobs {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            jobs => jobs,
        }
    }

    /// Returns the options for a source with a known number of units.
    #[must_use]
    pub(crate) fn for_units(&self, units: usize) -> Self {
        let few = self.jobs == 0 && units <= FEW;
        Self {
            jobs: if few { 1 } else { self.jobs },
            ..self.clone()
        }
    }
}

struct Batch<U> {
    sequence: u64,
    items: Vec<Item<U>>,
}

/// A worker's results for a batch, or for a part of it.
struct Done {
    sequence: u64,
    events: Vec<Event>,
    partial: Summary,
    /// The [`weight`] of the events.
    bytes: u64,
    /// Whether the rest of the batch follows.
    more: bool,
}

/// A worker passes on the results of a part of a batch when they reach this many bytes.
const PART: u64 = 1 << 20;

/// Scans everything that `source` lists. Passes events to `on_event` in listing order, on
/// the calling thread. Stops early if `on_event` returns false.
pub fn run<S: Source>(
    source: &S,
    engine: &Engine,
    options: &RunOptions,
    on_event: &mut dyn FnMut(Event) -> bool,
) -> Summary {
    let progress = &options.progress;
    if let Some(parts) = source.parts() {
        let _ = progress.parts.set(parts);
    }
    if !progress.shown.load(Ordering::Relaxed) || !source.lists_again() {
        return scan(source, engine, options, on_event);
    }
    let ended = AtomicBool::new(false);
    std::thread::scope(|threads| {
        // If the thread does not start, the display goes without a total.
        let counter = std::thread::Builder::new();
        let _ = counter.spawn_scoped(threads, || count_all(source, progress, &ended));
        let _end = Ended(&ended);
        scan(source, engine, options, on_event)
    })
}

/// Ends the counting however the run ends.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn scan<S: Source>(
    source: &S,
    engine: &Engine,
    options: &RunOptions,
    on_event: &mut dyn FnMut(Event) -> bool,
) -> Summary {
    let started = Instant::now();
    let jobs = options.workers();
    let stop = AtomicBool::new(false);
    let mut summary = Summary::default();
    if jobs == 1 {
        alone(source, engine, options, &mut summary, on_event);
        summary.elapsed = started.elapsed();
        return summary;
    }
    // One thread more than workers, for the lister.
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs + 1)
        .thread_name(|n| format!("scan-{n}"))
        .build();
    let Ok(pool) = pool else {
        // The system gives no more threads: continue on this one.
        alone(source, engine, options, &mut summary, on_event);
        summary.elapsed = started.elapsed();
        return summary;
    };
    let (to_workers, coming) = sync_channel(4 * jobs);
    let (to_caller, done) = sync_channel(64);
    // Only the workers own it: when the last one ends, the lister's send fails.
    let batches = Arc::new(Mutex::new(Batches {
        coming,
        here: VecDeque::new(),
    }));
    let ahead = Ahead::default();
    let (stop, counted, ahead) = (&stop, &mut summary, &ahead);
    pool.in_place_scope(move |scope| {
        scope.spawn(move |_| list(source, to_workers, stop));
        for _ in 0..jobs {
            let (to_caller, batches) = (to_caller.clone(), Arc::clone(&batches));
            let of_all = Shared {
                source,
                engine,
                ahead,
                stop,
                options,
            };
            scope.spawn(move |_| work(&of_all, &batches, to_caller));
        }
        drop((to_caller, batches));
        // Takes the receiver, so that however this ends, no sender blocks.
        collect(done, counted, ahead, stop, on_event);
    });
    summary.elapsed = started.elapsed();
    summary
}

/// How much travels together: `many`, or one by one if units are large.
fn at_most<S: Source>(source: &S, many: usize) -> usize {
    if source.has_large_units() { 1 } else { many }
}

/// Passes on what `source` lists. While no worker waits, batches are passed on together.
fn list<S: Source>(source: &S, to_workers: Sender<S>, stop: &AtomicBool) {
    let (most, together) = (at_most(source, BATCH), at_most(source, TOGETHER));
    let mut batch = Batch {
        sequence: 0,
        items: Vec::with_capacity(most),
    };
    let mut full = VecDeque::new();
    source.list(&mut |item| {
        batch.items.push(item);
        if batch.items.len() < most {
            return true;
        }
        let next = Batch {
            sequence: batch.sequence + 1,
            items: Vec::with_capacity(most),
        };
        full.push_back(std::mem::replace(&mut batch, next));
        let sent = match to_workers.try_send(std::mem::take(&mut full)) {
            Ok(()) => true,
            Err(TrySendError::Full(kept)) if kept.len() < together => {
                full = kept;
                true
            }
            Err(TrySendError::Full(all)) => to_workers.send(all).is_ok(),
            Err(TrySendError::Disconnected(_)) => false,
        };
        sent && !stop.load(Ordering::Relaxed)
    });
    if !batch.items.is_empty() {
        full.push_back(batch);
    }
    // A failed send means that all workers have ended because the run was stopped.
    let _ = to_workers.send(full);
}

/// Passes batches from the lister to the workers.
type Sender<S> = SyncSender<VecDeque<Batch<<S as Source>::Unit>>>;

/// Batches for the workers.
struct Batches<U> {
    coming: Receiver<VecDeque<Batch<U>>>,
    /// Those that have come.
    here: VecDeque<Batch<U>>,
}

impl<U> Batches<U> {
    /// The next one. Calls `idle` before it waits. Returns `None` after the last one.
    fn next(&mut self, idle: impl FnOnce() -> bool) -> Option<Batch<U>> {
        while self.here.is_empty() {
            match self.coming.try_recv() {
                Ok(batches) => self.here = batches,
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => break,
            }
        }
        if self.here.is_empty() && !idle() {
            return None;
        }
        while self.here.is_empty() {
            self.here = self.coming.recv().ok()?;
        }
        self.here.pop_front()
    }
}

/// What all workers of a run share.
struct Shared<'a, S> {
    source: &'a S,
    engine: &'a Engine,
    ahead: &'a Ahead,
    stop: &'a AtomicBool,
    options: &'a RunOptions,
}

fn work<S: Source>(
    shared: &Shared<'_, S>,
    batches: &Mutex<Batches<S::Unit>>,
    to_caller: SyncSender<Vec<Done>>,
) {
    let Shared { ahead, stop, .. } = *shared;
    let mut worker = Worker::new(shared.source, shared.engine, &shared.options.known);
    let mut results = Results {
        to_caller,
        progress: &shared.options.progress,
        kept: Vec::new(),
        together: at_most(shared.source, TOGETHER),
    };
    loop {
        let locked = match batches.try_lock() {
            // Another one may have it while it waits for the lister.
            Err(TryLockError::WouldBlock) if results.send() => batches.lock().ok(),
            locked => locked.ok(),
        };
        let Some(mut locked) = locked else { return };
        let next = locked.next(|| results.send());
        drop(locked);
        let Some(batch) = next else { break };
        // If this thread ends within a batch, nobody waits for it.
        let closing = Closing(ahead);
        let mut done = Done::of(batch.sequence);
        for item in batch.items {
            // Nobody's turn comes before all earlier results are there.
            if !ahead.may_go_on(batch.sequence) && !results.send() {
                return;
            }
            ahead.wait(batch.sequence);
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let known = done.events.len();
            worker.item(item, &mut done.events, &mut done.partial);
            let bytes = done.events[known..].iter().map(weight).sum();
            ahead.hold(bytes);
            done.bytes += bytes;
            if done.bytes >= PART {
                done.more = true;
                let part = std::mem::replace(&mut done, Done::of(batch.sequence));
                if !results.add(part) {
                    return;
                }
            }
        }
        if !results.add(done) {
            return;
        }
        std::mem::forget(closing);
    }
    results.send();
}

/// Results on their way to the caller.
struct Results<'a> {
    to_caller: SyncSender<Vec<Done>>,
    progress: &'a Progress,
    /// Those without events, which nobody waits for.
    kept: Vec<Done>,
    /// How many of them are passed on together.
    together: usize,
}

impl Results<'_> {
    /// Adds results, and passes all on that were kept if there are events. Returns false if nobody
    /// takes them.
    fn add(&mut self, done: Done) -> bool {
        let (files, bytes) = (done.partial.files, done.partial.bytes);
        self.progress.files.fetch_add(files, Ordering::Relaxed);
        self.progress.bytes.fetch_add(bytes, Ordering::Relaxed);
        let is_empty = done.events.is_empty();
        self.kept.push(done);
        is_empty && self.kept.len() < self.together || self.send()
    }

    /// Passes on what was kept. Returns false if nobody takes it.
    fn send(&mut self) -> bool {
        let kept = std::mem::take(&mut self.kept);
        kept.is_empty() || self.to_caller.send(kept).is_ok()
    }
}

impl Done {
    fn of(sequence: u64) -> Self {
        Self {
            sequence,
            events: Vec::new(),
            partial: Summary::default(),
            bytes: 0,
            more: false,
        }
    }
}

/// Reads and judges on one thread.
struct Worker<'a, S: Source> {
    source: &'a S,
    engine: &'a Engine,
    known: &'a Known,
    reader: S::Reader,
    assembler: Assembler<'a>,
}

impl<'a, S: Source> Worker<'a, S> {
    fn new(source: &'a S, engine: &'a Engine, known: &'a Known) -> Self {
        Self {
            source,
            engine,
            known,
            reader: source.reader(),
            assembler: Assembler::new(engine, known),
        }
    }

    fn item(&mut self, item: Item<S::Unit>, events: &mut Vec<Event>, partial: &mut Summary) {
        let unit = match item {
            Item::Skipped { path, why } => {
                // The names of ignored files stay where they are, as their content does.
                self.assembler.begin(&path, why != SkipReason::Ignored);
                self.assembler.skipped(&path, why);
                return self.assembler.finish(events, partial);
            }
            Item::Failed(error) => {
                self.assembler.begin(&error.path, true);
                self.assembler.failed(error);
                return self.assembler.finish(events, partial);
            }
            Item::Unit(unit) => unit,
        };
        let path = self.reader.path_of(&unit);
        self.assembler.begin(&path, self.reader.path_is_new(&unit));
        let (reader, assembler) = (&mut self.reader, &mut self.assembler);
        // A bug that one file triggers must not lose the other files.
        if catch_unwind(AssertUnwindSafe(|| reader.read(&unit, assembler))).is_err() {
            let why = "internal error while scanning; please report it".to_owned();
            events.push(Event::Failed(SourceError {
                path: self.assembler.shown(&path),
                why,
            }));
            self.reader = self.source.reader();
            self.assembler = Assembler::new(self.engine, self.known);
        }
        self.assembler.finish(events, partial);
    }
}

/// Lists, reads and reports on the calling thread. For a few units, starting threads
/// takes longer.
fn alone<S: Source>(
    source: &S,
    engine: &Engine,
    options: &RunOptions,
    summary: &mut Summary,
    on_event: &mut dyn FnMut(Event) -> bool,
) {
    let mut worker = Worker::new(source, engine, &options.known);
    let progress = &options.progress;
    let mut events = Vec::new();
    let mut names = Names::default();
    source.list(&mut |item| {
        let mut partial = Summary::default();
        worker.item(item, &mut events, &mut partial);
        progress.files.fetch_add(partial.files, Ordering::Relaxed);
        progress.bytes.fetch_add(partial.bytes, Ordering::Relaxed);
        add(summary, partial);
        events.drain(..).all(|event| {
            if names.is_told(&event) {
                return true;
            }
            summary.count(&event);
            on_event(event)
        })
    });
}

/// The secrets in paths that were already reported: all files below a directory share
/// those in its name.
#[derive(Default)]
struct Names(HashSet<Fingerprint>);

impl Names {
    fn is_told(&mut self, event: &Event) -> bool {
        match event {
            Event::Finding(finding) if finding.in_name => !self.0.insert(finding.fingerprint),
            _ => false,
        }
    }
}

/// Adds the workers' counts. Events are counted when they are passed on.
fn add(summary: &mut Summary, partial: Summary) {
    summary.files += partial.files;
    summary.members += partial.members;
    summary.bytes += partial.bytes;
    summary.binary += partial.binary;
    for (by, n) in partial.suppressed {
        *summary.suppressed.entry(by).or_default() += n;
    }
}

/// Puts results back in order and passes their events on.
fn collect(
    done: Receiver<Vec<Done>>,
    summary: &mut Summary,
    ahead: &Ahead,
    stop: &AtomicBool,
    on_event: &mut dyn FnMut(Event) -> bool,
) {
    let _closing = Closing(ahead);
    let mut waiting: BTreeMap<u64, VecDeque<Done>> = BTreeMap::new();
    let mut next = 0;
    let mut names = Names::default();
    for result in done.iter().flatten() {
        waiting
            .entry(result.sequence)
            .or_default()
            .push_back(result);
        while let Some(ready) = waiting.get_mut(&next).and_then(VecDeque::pop_front) {
            if !ready.more {
                waiting.remove(&next);
                next += 1;
                ahead.turn(next);
            }
            add(summary, ready.partial);
            for event in ready.events {
                if names.is_told(&event) {
                    continue;
                }
                summary.count(&event);
                if !on_event(event) {
                    stop.store(true, Ordering::Relaxed);
                    return;
                }
            }
            if ready.bytes > 0 {
                ahead.release(ready.bytes);
            }
        }
    }
}

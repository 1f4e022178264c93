//! Visits one blob: finds hits and verifies them, or inherits both from the delta's base
//! where none of the bytes that they depend on has changed.
//!
//! A hit depends on the literal and [`BESIDE`] bytes on either side of it. Its verdict
//! depends on the bytes within [`Detector::reach`]. Both are carried over if all of these
//! bytes lie in one copied run, or extend to the same end of both blobs. Whether content is
//! binary is a property of a whole blob: if base and result differ in it, or some content
//! must be transcoded, the blob is scanned whole.

use std::collections::HashMap;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::entry::{Entry, Scanned, State};
use super::found::{BlobHits, Found, Hits, Identified, TextHits, weight};
use super::kept::Kept;
use super::marks::{MarkPlace, first_of};
use super::quiet::{Quiet, marked};
use super::reading::{self, Reading};
use super::{HistoryOptions, Lost, LostWhy};
use crate::blob::{BlobPath, SkipReason};
use crate::cache::Key;
use crate::detect::{BESIDE, Content, Detector, Hit, Scratch};
use crate::finding::Candidate;
use crate::git::Kind;
use crate::git::delta::Run;
use crate::git::walk::{Derived, Failure, Item, Visitor};
use crate::inside::{self, Most};
use crate::scan::assemble::{MAX_FINDINGS, encoded_beyond, too_many};
use crate::scan::verdict::content_of;
use crate::scan::{Engine, RunOptions};
use crate::source::content::{ContentReader, decode};
use crate::source::lfs::Objects as LfsObjects;

/// Windows closer than this are merged, because starting a search costs as much.
const GAP: u32 = 48;

/// Whether results for a base are reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Deltas inherit from their base.
    Inherit,
    /// Every blob is scanned whole.
    Whole,
}

/// The maximum number of entries kept for the deltas on one blob: 32 MiB. Content with
/// more entries consists of hits; its deltas are scanned whole.
const MAX_ENTRIES: usize = 1 << 20;

/// The most marks that a thread keeps of blobs: 32 MiB. Blobs with further ones are judged again
/// in the next run.
const MOST_MARKS: usize = 4 << 20;

/// One thread's scratch memory and results.
#[derive(Default)]
pub(super) struct Local {
    /// Blobs with hits, as far as they were known to fit into memory when the last one was
    /// kept.
    pub(super) found: Vec<BlobHits>,
    pub(super) lost: Vec<Lost>,
    /// What was not looked into.
    pub(super) shut: Vec<super::Shut>,
    /// Members of containers that were scanned.
    pub(super) members: u64,
    pub(super) binary: u64,
    /// Blobs and bytes not yet added to the progress display.
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) scratch: Scratch,
    windows: Vec<Range<u32>>,
    hits: Vec<Hit>,
    candidates: Vec<Candidate>,
    text: Vec<u8>,
    pub(super) reader: ContentReader,
    pool: Vec<Vec<Entry>>,
    /// What the blob adds to the values that a report masks, and at which hits; only with a cache.
    pub(super) marks: Vec<(u64, Option<MarkPlace>)>,
    /// For each mark, the first blob that has it, and where.
    pub(super) marked: HashMap<u64, (u32, Option<MarkPlace>)>,
    /// How many marks `quiet` has.
    kept_marks: usize,
    /// Whether something of the blob is told, so that it must be judged again.
    pub(super) loud: bool,
    /// What a cache may keep.
    pub(super) quiet: Vec<Quiet>,
    /// No blob from this rank on is in `found`.
    kept_to: u64,
}

impl Local {
    pub(super) fn lose(&mut self, lost: Lost) {
        self.loud = true;
        self.lost.push(lost);
    }

    pub(super) fn leave_shut(&mut self, shut: super::Shut) {
        self.loud = true;
        self.shut.push(shut);
    }
}

/// Scans blobs; shared by all threads.
pub(super) struct BlobVisitor<'e> {
    engine: &'e Engine,
    /// Marks values, if results are kept for the next run.
    pub(super) marker: Option<&'e Key>,
    mode: Mode,
    pub(super) most: Most,
    pub(super) lfs: LfsObjects,
    /// Which hits fit into memory.
    kept: Kept,
    run: &'e RunOptions,
    /// The maximum distance in bytes from the start of a hit to a change that it touches.
    before: u32,
    pub(super) reach: Vec<u32>,
}

impl<'e> BlobVisitor<'e> {
    pub(super) fn new(
        engine: &'e Engine,
        mode: Mode,
        options: &HistoryOptions<'e>,
        run: &'e RunOptions,
        lfs: LfsObjects,
    ) -> Self {
        let detector = &engine.detector;
        Self {
            engine,
            marker: options.cache.map(|memory| memory.cache.key()),
            mode,
            most: options.most,
            lfs,
            kept: Kept::new(options.memory),
            run,
            before: (detector.longest_literal() + BESIDE) as u32,
            reach: (0..detector.literals())
                .map(|literal| detector.span_of(literal) as u32)
                .collect(),
        }
    }

    pub(super) fn detector(&self) -> &'e Detector {
        &self.engine.detector
    }

    /// Verifies a hit. Returns None if it has no candidates, and how far it looked because
    /// something is encoded there.
    pub(super) fn verify(
        &self,
        local: &mut Local,
        bytes: &[u8],
        hit: Hit,
        content: Content,
    ) -> (Option<Arc<Found>>, u32) {
        local.candidates.clear();
        self.detector().heads(
            bytes,
            hit,
            content,
            &mut local.scratch,
            &mut local.candidates,
        );
        let (looked, beyond) = local.scratch.take_looked();
        let mark = self.mark(local, bytes);
        let candidates = self.identified(local, bytes);
        let found = (!candidates.is_empty() || beyond || mark != 0).then(|| {
            Arc::new(Found {
                at: hit.at as u32,
                candidates,
                beyond,
                mark,
            })
        });
        (found, u32::try_from(looked).unwrap_or(u32::MAX))
    }

    /// Returns what the thread's candidates add to the values that a report masks, as a mark; 0
    /// for nothing.
    fn mark(&self, local: &Local, bytes: &[u8]) -> u64 {
        marked(self.marker, &local.candidates, bytes).unwrap_or(0)
    }

    /// Returns the thread's candidates that a report may mention, with their secrets'
    /// ids.
    fn identified(&self, local: &mut Local, bytes: &[u8]) -> Vec<Identified> {
        self.run.known.note_undecided(&local.candidates, bytes);
        let detector = self.detector();
        detector.believe_samples(&mut local.candidates);
        if !self.engine.keep_dismissed {
            // No report mentions these; callers that need them set `keep_dismissed`.
            let least = self.engine.policy.min_confidence;
            local
                .candidates
                .retain(|c| c.dismissed.is_none() && c.confidence >= least);
        }
        let key = &self.engine.key;
        let identify = |mut c: Candidate| {
            self.detector().read_ends(bytes, &mut c);
            let lengths = c.tails.lengths().into_iter();
            let ids = lengths.map(|more| {
                let id = match &c.decoded {
                    Some(secret) => key.secret_id(secret.expose()),
                    None => key.secret_id(&bytes[c.secret.start..c.secret.end + more]),
                };
                (more, id)
            });
            let ids = ids.collect();
            (c, ids)
        };
        local.candidates.drain(..).map(identify).collect()
    }

    fn entry(&self, local: &mut Local, bytes: &[u8], hit: Hit, content: Content) -> Entry {
        let (found, looked) = self.verify(local, bytes, hit, content);
        Entry {
            at: hit.at as u32,
            literal: hit.literal,
            looked,
            found,
        }
    }

    /// Finds and verifies all hits of a blob.
    fn all(&self, local: &mut Local, bytes: &[u8], content: Content) -> Scanned {
        self.part(local, bytes, 0..bytes.len(), content)
    }

    /// Finds and verifies all hits in a part of a blob.
    pub(super) fn part(
        &self,
        local: &mut Local,
        bytes: &[u8],
        part: Range<usize>,
        content: Content,
    ) -> Scanned {
        let mut hits = std::mem::take(&mut local.hits);
        self.detector().begin(&mut local.scratch);
        let mut entries = local.pool.pop().unwrap_or_default();
        let (mut partial, mut found) = (false, 0);
        for block in Detector::blocks(part.len()) {
            hits.clear();
            let block = part.start + block.start..part.start + block.end;
            self.detector().hits(bytes, block, &mut hits);
            entries.reserve(hits.len());
            for &hit in &hits {
                let entry = self.entry(local, bytes, hit, content);
                found += usize::from(entry.counts());
                if !partial || entry.found.is_some() {
                    entries.push(entry);
                }
            }
            if found > MAX_FINDINGS {
                break;
            }
            if !partial && entries.len() > MAX_ENTRIES {
                partial = true;
                entries.retain(|entry| entry.found.is_some());
            }
        }
        local.hits = hits;
        if self.detector().is_whole() {
            self.whole_rules(local, bytes, content, &mut entries);
        }
        let cut = found > MAX_FINDINGS;
        Scanned {
            entries,
            partial: partial || cut,
            cut,
        }
    }

    /// Runs the rules that scan content as a whole. They produce entries without a
    /// literal, which deltas do not inherit.
    fn whole_rules(
        &self,
        local: &mut Local,
        bytes: &[u8],
        content: Content,
        entries: &mut Vec<Entry>,
    ) {
        local.candidates.clear();
        self.detector().whole(bytes, content, &mut local.candidates);
        let mark = self.mark(local, bytes);
        local.marks.extend((mark != 0).then_some((mark, None)));
        for candidate in self.identified(local, bytes) {
            let at = candidate.0.whole.start as u32;
            entries.push(Entry {
                at,
                literal: 0,
                looked: 0,
                found: Some(Arc::new(Found {
                    at,
                    candidates: vec![candidate],
                    beyond: false,
                    mark: 0,
                })),
            });
        }
    }

    /// Finds the hits of a delta's result: searches near changes, and takes all others
    /// from the base.
    fn inherited(
        &self,
        local: &mut Local,
        bytes: &[u8],
        content: Content,
        from: &Derived<'_, State>,
        base: &[Entry],
    ) -> Scanned {
        let mut windows = std::mem::take(&mut local.windows);
        let after = BESIDE as u32 + 1;
        let total = from.runs.windows(self.before, after, GAP, &mut windows);
        if total * 5 > bytes.len() as u64 * 4 {
            local.windows = windows;
            return self.all(local, bytes, content);
        }
        let mut hits = std::mem::take(&mut local.hits);
        hits.clear();
        for window in &windows {
            let start = window.start as usize;
            for block in Detector::blocks(window.len()) {
                let block = start + block.start..start + block.end;
                self.detector().hits(bytes, block, &mut hits);
            }
            if hits.len() > MAX_ENTRIES {
                break;
            }
        }
        if hits.len() + base.len() > MAX_ENTRIES {
            local.hits = hits;
            local.windows = windows;
            return self.all(local, bytes, content);
        }
        self.detector().begin(&mut local.scratch);
        let mut entries = local.pool.pop().unwrap_or_default();
        entries.reserve(base.len() + hits.len());
        let mut fresh = hits.iter().peekable();
        let mut window = 0;
        for run in from.runs.copies() {
            if base.is_empty() {
                break;
            }
            let first = base.partition_point(|entry| entry.at < run.src);
            for entry in base[first..].iter().take_while(|e| e.at < run.src_end()) {
                let at = entry.at - run.src + run.dst;
                while windows.get(window).is_some_and(|w| w.end <= at) {
                    window += 1;
                }
                if windows.get(window).is_some_and(|w| w.start <= at) {
                    continue;
                }
                while let Some(hit) = fresh.next_if(|hit| hit.at < at as usize) {
                    let entry = self.entry(local, bytes, *hit, content);
                    entries.push(entry);
                }
                if self.stays(entry, run, from) {
                    entries.push(Entry {
                        at,
                        ..entry.clone()
                    });
                } else {
                    let hit = Hit {
                        at: at as usize,
                        literal: entry.literal,
                    };
                    let entry = self.entry(local, bytes, hit, content);
                    entries.push(entry);
                }
            }
        }
        for hit in fresh {
            let entry = self.entry(local, bytes, *hit, content);
            entries.push(entry);
        }
        local.hits = hits;
        local.windows = windows;
        let found = entries.iter().filter(|entry| entry.counts());
        let cut = found.count() > MAX_FINDINGS;
        Scanned {
            entries,
            partial: false,
            cut,
        }
    }

    /// Returns whether `run` contains all bytes that the verdict on a base's hit depends
    /// on.
    fn stays(&self, entry: &Entry, run: &Run, from: &Derived<'_, State>) -> bool {
        let reach = self.reach[entry.literal as usize].max(entry.looked);
        let left = entry.at - run.src >= reach || (run.src == 0 && run.dst == 0);
        let right = run.src_end() - entry.at >= reach
            || (run.src_end() == from.runs.base_len() && run.dst_end() == from.runs.len());
        left && right
    }

    /// Records the hits of a wanted blob. `plain`: whether it was scanned as it is stored.
    fn note(&self, local: &mut Local, item: &Item<'_>, scanned: &Scanned, plain: bool) {
        if !item.wanted {
            return;
        }
        if scanned.cut {
            local.lose(Lost {
                rank: item.rank,
                id: item.id.to_owned(),
                why: LostWhy::Failed(too_many()),
            });
        }
        if scanned.is_beyond() {
            local.leave_shut(super::Shut {
                rank: item.rank,
                member: BlobPath::new([]),
                what: encoded_beyond(),
            });
        }
        self.take_marks(local, &scanned.entries, plain);
        let hits: Hits = scanned
            .entries
            .iter()
            .filter_map(|entry| Some((entry.at, entry.found.as_ref()?)))
            .filter(|(_, found)| !found.candidates.is_empty())
            .map(|(at, found)| (at, Arc::clone(found)))
            .collect();
        if hits.is_empty() {
            return;
        }
        let member = BlobPath::new([]);
        self.keep(local, item.rank, vec![TextHits { member, hits }]);
    }

    /// Keeps the hits of a blob if they fit into memory.
    pub(super) fn keep(&self, local: &mut Local, rank: u32, texts: Vec<TextHits>) {
        local.loud = true;
        let hits = texts.iter().flat_map(|text| &text.hits);
        let bytes = hits.map(|(_, found)| weight(found)).sum();
        if self.kept.takes(rank, bytes) {
            local.found.push(BlobHits { rank, texts });
        }
        let end = self.kept.end();
        if end < local.kept_to {
            local.kept_to = end;
            local.found.retain(|blob| u64::from(blob.rank) < end);
        }
    }

    /// Returns the rank from which on hits were dropped, because memory was full.
    pub(super) fn kept_to(&self) -> Option<u64> {
        Some(self.kept.end()).filter(|end| *end < u64::MAX)
    }

    fn count(&self, local: &mut Local, item: &Item<'_>, bytes: &[u8], binary: bool) {
        if !item.wanted {
            return;
        }
        if let Some(reason) = inside::shut(bytes, binary) {
            let shut = super::Shut::of(item.rank, BlobPath::new([]), reason);
            local.leave_shut(shut);
        }
        self.progress(local, bytes.len() as u64, binary);
    }

    /// Counts a blob that was scanned.
    pub(super) fn progress(&self, local: &mut Local, bytes: u64, binary: bool) {
        local.binary += u64::from(binary);
        local.files += 1;
        local.bytes += bytes;
        if local.files >= 256 {
            let (files, bytes) = (&self.run.progress.files, &self.run.progress.bytes);
            files.fetch_add(std::mem::take(&mut local.files), Ordering::Relaxed);
            bytes.fetch_add(std::mem::take(&mut local.bytes), Ordering::Relaxed);
        }
    }

    fn too_large(&self, local: &mut Local, item: &Item<'_>, size: u64) -> bool {
        if size > self.most.file && item.wanted {
            local.lose(Lost {
                rank: item.rank,
                id: item.id.to_owned(),
                why: LostWhy::Skipped(SkipReason::TooLarge),
            });
        }
        size > self.most.file
    }

    fn finish(
        &self,
        local: &mut Local,
        item: &Item<'_>,
        scanned: Scanned,
        reading: Reading,
    ) -> State {
        self.note(local, item, &scanned, true);
        let entries = scanned.entries;
        if self.mode == Mode::Inherit && !scanned.partial {
            State::Known(reading, entries)
        } else {
            self.give_back(local, entries);
            State::Opaque
        }
    }

    pub(super) fn give_back(&self, local: &mut Local, mut entries: Vec<Entry>) {
        entries.clear();
        // A large buffer is not kept for small blobs.
        if local.pool.len() < 32 && entries.capacity() <= 1 << 14 {
            local.pool.push(entries);
        }
    }
}

impl BlobVisitor<'_> {
    fn judge_whole(&self, local: &mut Local, item: Item<'_>, bytes: &[u8]) -> State {
        if self.too_large(local, &item, bytes.len() as u64) {
            return State::Opaque;
        }
        if local.reader.is_more(bytes, self.most) {
            if item.wanted
                && let Err(why) = self.stream(local, item.rank, bytes.len() as u64, &mut &*bytes)
            {
                local.lose(Lost {
                    rank: item.rank,
                    id: item.id.to_owned(),
                    why: LostWhy::Failed(why),
                });
            }
            return State::Opaque;
        }
        let Some(reading) = reading::of(bytes) else {
            let mut text = std::mem::take(&mut local.text);
            let decoded = decode(bytes, &mut text);
            let scanned = self.all(local, decoded.bytes, content_of(decoded.binary));
            self.note(local, &item, &scanned, false);
            self.give_back(local, scanned.entries);
            self.count(local, &item, bytes, decoded.binary);
            local.text = text;
            return State::Opaque;
        };
        let entries = self.all(local, bytes, reading.content);
        self.count(local, &item, bytes, reading.content == Content::Binary);
        self.finish(local, &item, entries, reading)
    }

    fn judge_delta(
        &self,
        local: &mut Local,
        item: Item<'_>,
        bytes: &[u8],
        from: Derived<'_, State>,
    ) -> State {
        let base = match from.base {
            State::Known(base, _) => Some(*base),
            State::Opaque => None,
        };
        match (from.base, reading::of_delta(bytes, base, &from)) {
            (State::Known(base, entries), Some(reading))
                if base.content == reading.content
                    && bytes.len() as u64 <= self.most.file
                    && !self.detector().is_one_value(bytes)
                    && !local.reader.is_more(bytes, self.most) =>
            {
                let entries = self.inherited(local, bytes, reading.content, &from, entries);
                self.count(local, &item, bytes, reading.content == Content::Binary);
                self.finish(local, &item, entries, reading)
            }
            _ => self.judge_whole(local, item, bytes),
        }
    }

    /// Judges a blob, and notes it for the next run if nothing of it is told.
    fn remembering<T>(
        &self,
        local: &mut Local,
        item: Item<'_>,
        size: u64,
        judge: impl FnOnce(&mut Local) -> T,
    ) -> T {
        if self.marker.is_none() {
            return judge(local);
        }
        local.marks.clear();
        local.loud = false;
        let before = (local.members, local.binary);
        let judged = judge(local);
        if !item.wanted {
            return judged;
        }
        local
            .marks
            .sort_unstable_by_key(|(mark, place)| (*mark, place.is_none(), *place));
        local.marks.dedup_by_key(|(mark, _)| *mark);
        for &(mark, place) in &local.marks {
            first_of(&mut local.marked, mark, (item.rank, place));
        }
        if !local.loud && local.kept_marks + local.marks.len() <= MOST_MARKS {
            local.kept_marks += local.marks.len();
            local.quiet.push(Quiet {
                rank: item.rank,
                size,
                members: local.members - before.0,
                binary: local.binary > before.1,
                marks: local.marks.iter().map(|(mark, _)| *mark).collect(),
            });
        }
        judged
    }
}

impl Visitor for BlobVisitor<'_> {
    type Local = Local;
    type State = State;

    fn local(&self) -> Local {
        Local {
            kept_to: u64::MAX,
            reader: ContentReader::with_objects(self.lfs.clone()),
            ..Local::default()
        }
    }

    fn restart(&self) {
        self.kept.clear();
        self.run.progress.files.store(0, Ordering::Relaxed);
        self.run.progress.bytes.store(0, Ordering::Relaxed);
    }

    fn whole(&self, local: &mut Local, item: Item<'_>, bytes: &[u8]) -> State {
        self.remembering(local, item, bytes.len() as u64, |local| {
            self.judge_whole(local, item, bytes)
        })
    }

    fn delta(
        &self,
        local: &mut Local,
        item: Item<'_>,
        bytes: &[u8],
        from: Derived<'_, State>,
    ) -> State {
        self.remembering(local, item, bytes.len() as u64, |local| {
            self.judge_delta(local, item, bytes, from)
        })
    }

    fn large(
        &self,
        local: &mut Local,
        item: Item<'_>,
        size: u64,
        input: &mut dyn Read,
    ) -> std::io::Result<bool> {
        if self.too_large(local, &item, size) {
            return Ok(true);
        }
        if size > u64::from(u32::MAX) {
            return Ok(false);
        }
        self.remembering(local, item, size, |local| {
            let streamed = self.stream(local, item.rank, size, input);
            // It is told, by the walk.
            local.loud |= streamed.is_err();
            streamed
        })
        .map_err(std::io::Error::other)?;
        Ok(true)
    }

    fn failed(&self, local: &mut Local, failure: Failure<'_>) {
        // If the object is known to be of another kind, other code reports it.
        if failure.kind.is_some_and(|kind| kind != Kind::Blob) {
            return;
        }
        local.lose(Lost {
            rank: failure.rank,
            id: failure.id.to_owned(),
            why: LostWhy::Failed(failure.reason.to_string()),
        });
    }

    fn recycle(&self, local: &mut Local, state: State) {
        if let State::Known(_, entries) = state {
            self.give_back(local, entries);
        }
    }
}

//! A history that was judged before, and in which nothing has changed since.
//!
//! The state of a repository (the names of all objects and references, see `git::state`) and what
//! judges are the key. Then the same blobs are judged as before, at the same paths and for the same
//! commits: [`Record`] says which, and they are read again, because the cache has no values. What
//! people accepted meanwhile counts: if that changes which other versions would be looked at, the
//! history is scanned as a whole.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::attribute::{self, WantedBlob};
use super::between::Chain;
use super::judge::{self, Judged, Made, Rounds, Single};
use super::messages::{Class, Messages, Text};
use super::names::Names;
use super::quiet::Memory;
use super::record::{Closed, Record};
use super::told::Told;
use super::visitor::{BlobVisitor, Mode};
use super::{HistoryOptions, Scanned};
use crate::cache::{Judge, Kind as Held};
use crate::finding::{CommitInfo, Event};
use crate::git::graph::{Graph, Named};
use crate::git::object::DEFAULT_LIMIT;
use crate::git::walk::{Item, Visitor};
use crate::git::{Kind, ObjectId, Objects, Reader, Reason, Store, commit, oid, state, tree};
use crate::scan::{Engine, RunOptions};
use crate::source::lfs::Objects as LfsObjects;
use crate::source::range::commit_info;

/// The most objects that are read one by one. For more, the walk over all is faster.
const MOST: usize = 16 << 10;

/// Returns the key under which this history is kept; None if it cannot be.
pub(super) fn key(
    store: &Store,
    options: &HistoryOptions<'_>,
    memory: &Memory<'_>,
) -> Option<Judge> {
    // What an object of LFS holds is none of git's objects.
    if !LfsObjects::of_store(store).is_empty() {
        return None;
    }
    let chosen = format!(
        "{} {} {} {} {}",
        options.all_objects, options.allow_missing, options.messages, options.delta, options.memory
    );
    let state = state::digest(store, options.all_objects)?;
    Some(memory.whole.and(chosen.as_bytes()).and(&state))
}

/// What a run knows at its end that may be kept.
pub(super) struct Ended<'a> {
    pub(super) objects: &'a Objects<'a>,
    pub(super) graph: &'a Graph<'a>,
    pub(super) engine: &'a Engine,
    pub(super) judged: Judged,
    /// Trees whose names add to what is masked.
    pub(super) trees: Vec<u32>,
    /// Commits whose texts do.
    pub(super) messages: Vec<ObjectId>,
    pub(super) texts: Vec<super::messages::Heard>,
    /// The number of tips is zero, and that of objects is not.
    pub(super) is_unled: bool,
}

impl Ended<'_> {
    /// Keeps the record of the run, if it can be made again.
    pub(super) fn keep(self, memory: &Memory<'_>, key: &Judge, scanned: &Scanned, all: bool) {
        if let Some(record) = self.record(scanned, all) {
            let cache = memory.cache;
            cache.replace(Held::History, key, &record.body(), Vec::new());
        }
    }

    /// Returns the record of the run; None if it cannot be made again from single objects.
    fn record(self, scanned: &Scanned, all: bool) -> Option<Record> {
        let graph = self.graph;
        let missing = Reason::Missing.to_string();
        let is_steady = scanned.lost.is_empty()
            && !scanned.full
            && scanned.marked.len() <= MOST
            && self.objects.problems().is_empty()
            && graph.problems().is_empty()
            && graph.unread().is_empty()
            && self.objects.store().over_allowance().is_none()
            && graph.holes().iter().all(|hole| hole.why == missing)
            && (scanned.shut.is_empty() || self.engine.policy.opaque.accepted.is_empty())
            && self.texts.iter().all(|text| text.class != Class::Name);
        if !is_steady {
            return None;
        }
        let name = |rank: u32| self.objects.id(rank).to_owned();
        let judged = self.judged;
        let wanted = [&judged.first, &judged.others, &judged.between];
        let ranks = wanted.into_iter().flatten().map(|blob| blob.rank);
        let mut ids: Vec<(u32, ObjectId)> = ranks.map(|rank| (rank, name(rank))).collect();
        ids.sort_unstable();
        ids.dedup();
        let closed = attribute::closed(graph, &scanned.shut, all);
        let closed = closed.into_iter().map(|(rank, paths)| Closed {
            id: name(rank),
            rank,
            paths,
        });
        let record = Record {
            files: scanned.stats.visited,
            members: scanned.members,
            bytes: scanned.stats.bytes,
            binary: scanned.binary,
            commits: graph.commits().into(),
            cut_off: graph.cut_off() as u64,
            is_unled: self.is_unled,
            holes: graph
                .holes()
                .iter()
                .map(|hole| (hole.id, hole.kind))
                .collect(),
            closed: closed.collect(),
            ids,
            blobs: scanned
                .marked
                .iter()
                .map(|(rank, marks)| (name(*rank), marks.clone().unwrap_or_default()))
                .collect(),
            trees: self.trees.iter().map(|rank| name(*rank)).collect(),
            messages: self.messages,
            texts: self.texts,
            judged,
        };
        let read = record.ids.len() + record.closed.len() + record.messages.len();
        (read + record.trees.len() <= MOST).then_some(record)
    }
}

/// Judges what a record names.
pub(super) struct Again<'a> {
    engine: &'a Engine,
    options: &'a HistoryOptions<'a>,
    run: &'a RunOptions,
    record: &'a Record,
    reader: Reader<'a>,
    bytes: Vec<u8>,
    commits: HashMap<String, CommitInfo>,
}

impl<'a> Again<'a> {
    pub(super) fn new(
        store: &'a Store,
        engine: &'a Engine,
        options: &'a HistoryOptions<'a>,
        run: &'a RunOptions,
        record: &'a Record,
    ) -> Self {
        Self {
            engine,
            options,
            run,
            record,
            reader: Reader::new(store, DEFAULT_LIMIT),
            bytes: Vec::new(),
            commits: HashMap::new(),
        }
    }

    /// Returns the events of content that stays shut, and those of findings and messages. None
    /// if something is not as it was.
    pub(super) fn events(&mut self) -> Option<(Vec<Event>, Vec<Event>)> {
        // A panic is a bug, and the walk says in which object.
        catch_unwind(AssertUnwindSafe(|| self.all_events())).ok()?
    }

    fn all_events(&mut self) -> Option<(Vec<Event>, Vec<Event>)> {
        let shut = self.blobs()?;
        self.names()?;
        let (engine, places) = (self.engine, self.record.judged.places);
        let mut events = judge::settle(self, &engine.policy, places)?;
        events.extend(self.messages()?);
        Some((shut, events))
    }

    fn read(&mut self, id: &oid, kind: Kind) -> Option<()> {
        let found = self.reader.find(id, &mut self.bytes).ok()?;
        (found == Some(kind)).then_some(())
    }

    /// Notes what blobs add to what is masked. Returns what stays shut in them.
    fn blobs(&mut self) -> Option<Vec<Event>> {
        let (engine, record) = (self.engine, self.record);
        let visitor = BlobVisitor::new(
            engine,
            Mode::Whole,
            self.options,
            self.run,
            LfsObjects::default(),
        );
        let mut local = visitor.local();
        let mut visit = |again: &mut Self, id: &ObjectId, rank: u32| {
            again.read(id, Kind::Blob)?;
            let item = Item {
                id,
                rank,
                wanted: true,
            };
            visitor.whole(&mut local, item, &again.bytes);
            Some(())
        };
        for (id, _) in record.blobs.iter().filter(|(_, marks)| marks.is_empty()) {
            visit(self, id, u32::MAX)?;
        }
        for closed in &record.closed {
            visit(self, &closed.id, closed.rank)?;
        }
        for (id, marks) in record.blobs.iter().filter(|(_, marks)| !marks.is_empty()) {
            self.read(id, Kind::Blob)?;
            visitor.verify_marks(&mut local, &self.bytes, marks)?;
        }
        let paths = |rank: u32| {
            let closed = record.closed.iter().find(|closed| closed.rank == rank);
            closed.map_or(&[][..], |closed| &closed.paths[..])
        };
        local.shut.retain(|shut| shut.rank != u32::MAX);
        let is_here = |closed: &Closed| local.shut.iter().any(|shut| shut.rank == closed.rank);
        if !local.lost.is_empty() || !record.closed.iter().all(is_here) {
            return None;
        }
        local
            .shut
            .sort_by(|a, b| (a.rank, &a.member, a.what).cmp(&(b.rank, &b.member, b.what)));
        Some(attribute::told_shut(engine, local.shut.iter(), paths))
    }

    /// Notes what names of files add to what is masked.
    fn names(&mut self) -> Option<()> {
        let names = Names::new(self.engine, &self.run.known, None);
        for id in &self.record.trees {
            self.read(id, Kind::Tree)?;
            for entry in tree::entries(&self.bytes, id.as_bytes().len()) {
                let entry = entry.ok()?;
                names.entry(Named {
                    tree: 0,
                    name: entry.name,
                    id: entry.id,
                    kind: tree::entry_kind(entry.mode),
                });
            }
        }
        names.heard().0.then_some(())
    }

    fn messages(&mut self) -> Option<Vec<Event>> {
        if !self.options.messages {
            return Some(Vec::new());
        }
        let (engine, record) = (self.engine, self.record);
        let messages = Messages::new(engine, &self.run.known, None);
        for id in &record.messages {
            self.read(id, Kind::Commit)?;
            messages.commit(id, &self.bytes);
        }
        messages.forget();
        let mut texts = Vec::new();
        for heard in &record.texts {
            let id = heard.id.as_ref()?;
            texts.push(match heard.class {
                Class::Commit => {
                    let info = self.commit(&id.to_string())?;
                    self.read(id, Kind::Commit)?;
                    messages.commit_text(id, &self.bytes, info)?
                }
                Class::Tag => {
                    self.read(id, Kind::Tag)?;
                    Text::of_tag(*id, heard.path.clone(), &self.bytes)
                }
                Class::Name => return None,
            });
        }
        Some(messages.events(texts).0)
    }

    fn commit(&mut self, id: &str) -> Option<CommitInfo> {
        if let Some(known) = self.commits.get(id) {
            return Some(known.clone());
        }
        let name = ObjectId::from_hex(id.as_bytes()).ok()?;
        let info = commit_info(&commit::read_info(&mut self.reader, &name).ok()?);
        self.commits.insert(id.to_owned(), info.clone());
        Some(info)
    }

    fn judged(&mut self, blobs: &[WantedBlob]) -> Option<Vec<Made>> {
        let (engine, known, most) = (self.engine, &*self.run.known, self.options.most);
        let mut single: Single<'_> = Single::new(engine, known, most);
        let mut by_rank: BTreeMap<u32, Vec<WantedBlob>> = BTreeMap::new();
        for blob in blobs {
            let mut blob = blob.clone();
            for wanted in &mut blob.wanted {
                if let Some(kept) = wanted.commit.take() {
                    let read = self.commit(&kept.id)?;
                    wanted.commit = Some(Box::new(CommitInfo {
                        author: read.author,
                        email: read.email,
                        date: read.date,
                        subject: read.subject,
                        ..*kept
                    }));
                }
            }
            by_rank.entry(blob.rank).or_default().push(blob);
        }
        for (rank, wanted) in by_rank {
            let id = self.record.id_of(rank)?;
            self.read(id, Kind::Blob)?;
            single.blob(id, wanted, &self.bytes);
        }
        Some(single.take())
    }
}

impl Rounds for Again<'_> {
    fn first(&mut self) -> Option<Vec<Made>> {
        let record = self.record;
        self.judged(&record.judged.first)
    }

    fn others(&mut self, open: &[(usize, bool)]) -> Option<Vec<Made>> {
        let record = self.record;
        if open != record.judged.open {
            return None;
        }
        self.judged(&record.judged.others)
    }

    fn between(&mut self, told: &[Told]) -> Option<(Vec<Made>, Vec<Chain>)> {
        let record = self.record;
        if told != record.judged.told {
            return None;
        }
        let made = self.judged(&record.judged.between)?;
        Some((made, record.judged.chains.clone()))
    }
}

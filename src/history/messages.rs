//! Scans text outside of blobs: messages and headers of commits and annotated tags, and
//! names of references.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use super::attribute::{Infos, Order, Scene};
use super::quiet::marked;
use crate::blob::{Blob, BlobPath, Fresh};
use crate::cache::Key;
use crate::detect::Scratch;
use crate::finding::{CommitInfo, Event, Summary};
use crate::git::graph::{Graph, GraphTip};
use crate::git::refs::TipSource;
use crate::git::walk::{Derived, Failure, Item, Visitor, WalkOptions, Want, walk};
use crate::git::{Kind, ObjectId, commit, oid};
use crate::scan::assemble::Assembler;
use crate::scan::verdict::content_of;
use crate::scan::{Engine, Known};
use crate::source::content::{ContentReader, decode};
use crate::source::metadata;

/// Scans messages and headers while the graph reads all commits on several threads.
pub(super) struct Messages<'e> {
    engine: &'e Engine,
    known: &'e Known,
    /// Marks values, if results are kept for the next run.
    marker: Option<&'e Key>,
    /// For each mark, a commit that has such a value.
    marks: Mutex<HashMap<u64, ObjectId>>,
    scratch: Mutex<Vec<Scratch>>,
    /// Commits, and their headers and messages as far as there may be a secret in them.
    found: Mutex<Vec<(ObjectId, Written)>>,
}

/// What people wrote into a commit or tag.
#[derive(Default)]
struct Written {
    header: Vec<u8>,
    message: Vec<u8>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'e> Messages<'e> {
    pub(super) fn new(engine: &'e Engine, known: &'e Known, marker: Option<&'e Key>) -> Self {
        Self {
            engine,
            known,
            marker,
            marks: Mutex::default(),
            scratch: Mutex::new(Vec::new()),
            found: Mutex::new(Vec::new()),
        }
    }

    /// Keeps a commit's headers and message if they may contain a secret. Whether the
    /// commit counts is not known yet. Returns whether a rule looked at anything.
    pub(super) fn commit(&self, id: &oid, raw: &[u8]) -> bool {
        let (header, message) = commit::split(raw);
        let mut scratch = lock(&self.scratch).pop().unwrap_or_default();
        let mut text = Vec::new();
        let mut is_loud = false;
        let mut keep = |bytes: &[u8], is_text: bool| {
            // As a file is read: what it is encoded in shows in its first bytes.
            let decoded = decode(bytes, &mut text);
            let path = BlobPath::from("");
            let blob = Blob {
                path: &path,
                bytes: decoded.bytes,
                fresh: Fresh::All,
            };
            let content = content_of(decoded.binary && !is_text);
            let found = self.engine.detector.detect(&blob, content, &mut scratch);
            self.known.note_undecided(&found, decoded.bytes);
            is_loud |= !found.is_empty();
            if let Some(mark) = marked(self.marker, &found, decoded.bytes) {
                lock(&self.marks).insert(mark, id.to_owned());
            }
            let all = self.engine.keep_dismissed;
            let counts = found.iter().any(|c| all || c.dismissed.is_none());
            text.clear();
            counts
        };
        let in_header = keep(&header, true);
        let in_message = !message.is_empty() && keep(message, false);
        lock(&self.scratch).push(scratch);
        if in_header || in_message {
            let written = Written {
                header: if in_header { header } else { Vec::new() },
                message: if in_message {
                    message.to_vec()
                } else {
                    Vec::new()
                },
            };
            lock(&self.found).push((id.to_owned(), written));
        }
        is_loud
    }

    /// Returns the texts to judge: commits oldest first, then tags and names by name.
    pub(super) fn texts(&self, scene: &Scene<'_>, walking: &WalkOptions<'_>) -> Vec<Text> {
        let mut texts = self.commit_texts(scene);
        texts.extend(tag_texts(scene, walking));
        texts.extend(name_texts(scene));
        texts
    }

    /// Returns the commits whose texts add to the values that a report masks.
    pub(super) fn heard(&self) -> Vec<ObjectId> {
        let mut commits: Vec<ObjectId> = lock(&self.marks).values().copied().collect();
        commits.sort_unstable();
        commits.dedup();
        commits
    }

    /// Forgets the commits that were read so far.
    pub(super) fn forget(&self) {
        lock(&self.found).clear();
    }

    /// Returns the text of a commit that has something to judge; None if it has nothing.
    pub(super) fn commit_text(&self, id: &ObjectId, raw: &[u8], info: CommitInfo) -> Option<Text> {
        self.commit(id, raw);
        let mut found = lock(&self.found);
        let at = found.iter().position(|(known, _)| known == id)?;
        let (id, written) = found.swap_remove(at);
        Some(Text::of_commit(id, written, info))
    }

    /// Returns the findings, and which of the texts have anything that a rule looked at.
    pub(super) fn events(&self, texts: Vec<Text>) -> (Vec<Event>, Vec<Heard>) {
        let mut heard = Vec::new();
        let mut assembler = Assembler::new(self.engine, self.known);
        let mut content = ContentReader::default();
        let mut events = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for text in texts {
            assembler.begin(&text.path, text.class == Class::Name);
            if let Some(commit) = &text.commit {
                assembler.in_commit(commit.clone());
            }
            metadata::pass_on(&text.path, &text.written.header, None, &mut assembler);
            content.read_bytes(&text.written.message, &text.path, &mut assembler);
            let mut made = Vec::new();
            assembler.finish(&mut made, &mut Summary::default());
            if assembler.take_seen() || !made.is_empty() {
                heard.push(Heard {
                    class: text.class,
                    path: text.path.clone(),
                    id: text.id,
                });
            }
            for event in made {
                let is_new = match &event {
                    Event::Finding(finding) => {
                        let in_header = finding.path.as_bytes().ends_with(b"/header");
                        seen.insert((text.class, in_header, finding.rule, finding.secret_id))
                    }
                    Event::Failed(_) | Event::Skipped { .. } => true,
                };
                if is_new {
                    events.push(event);
                }
            }
        }
        (events, heard)
    }

    fn commit_texts(&self, scene: &Scene<'_>) -> Vec<Text> {
        let mut found = std::mem::take(&mut *lock(&self.found));
        let all = scene.options.all_objects;
        found.retain(|(id, _)| match all {
            true => scene.graph.has_commit(id),
            false => scene.graph.reaches_commit(id),
        });
        if found.is_empty() {
            return Vec::new();
        }
        let order = Order::new(scene.graph);
        found.sort_by_cached_key(|(id, _)| (order.of(Some(id)), *id));
        found.dedup_by_key(|(id, _)| *id);
        let mut infos = Infos::new(scene);
        found
            .into_iter()
            .map(|(id, written)| Text::of_commit(id, written, infos.of(&id)))
            .collect()
    }
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Class {
    Commit,
    Tag,
    Name,
}

/// A text in which a rule looked at something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) class: Class,
    /// What it is shown as.
    pub(super) path: BlobPath,
    /// The commit or tag.
    pub(super) id: Option<ObjectId>,
}

/// A text to judge.
pub(super) struct Text {
    class: Class,
    id: Option<ObjectId>,
    path: BlobPath,
    written: Written,
    commit: Option<CommitInfo>,
}

impl Text {
    fn of_commit(id: ObjectId, written: Written, info: CommitInfo) -> Self {
        Self {
            class: Class::Commit,
            id: Some(id),
            path: BlobPath::new(format!("commit/{id}").into_bytes()),
            written,
            commit: Some(info),
        }
    }

    /// The text of an annotated tag.
    pub(super) fn of_tag(id: ObjectId, path: BlobPath, raw: &[u8]) -> Self {
        let (header, message) = commit::split(raw);
        let message = message.to_vec();
        Self {
            class: Class::Tag,
            id: Some(id),
            path,
            written: Written { header, message },
            commit: None,
        }
    }
}

/// Returns the annotated tags: all of them if all objects count, otherwise
/// those that tips lead through.
fn tag_texts(scene: &Scene<'_>, walking: &WalkOptions<'_>) -> Vec<Text> {
    let mut wanted: BTreeMap<ObjectId, Vec<u8>> = BTreeMap::new();
    for tip in scene.graph.tips() {
        if let Ok(peeled) = &tip.peeled {
            for tag in &peeled.tags {
                wanted.entry(*tag).or_insert_with(|| tip.tip.name.clone());
            }
        }
    }
    if wanted.is_empty() && !scene.options.all_objects {
        return Vec::new();
    }
    let tags = Tags {
        graph: scene.graph,
        wanted: (!scene.options.all_objects).then_some(&wanted),
    };
    let (locals, _) = walk(scene.objects, Kind::Tag, Want::All, walking, &tags);
    let mut texts: Vec<Text> = locals
        .into_iter()
        .flatten()
        .filter_map(|(id, raw)| {
            let path = match wanted.get(&id) {
                Some(name) => name.clone(),
                None if scene.options.all_objects => format!("tag/{id}").into_bytes(),
                None => return None,
            };
            Some(Text::of_tag(id, BlobPath::new(path), &raw))
        })
        .collect();
    let key = |text: &Text| (text.path.clone(), text.written.message.clone());
    texts.sort_by_cached_key(key);
    texts
}

/// Collects all annotated tags.
struct Tags<'a> {
    graph: &'a Graph<'a>,
    /// The tags that count; None for all.
    wanted: Option<&'a BTreeMap<ObjectId, Vec<u8>>>,
}

impl Visitor for Tags<'_> {
    type Local = Vec<(ObjectId, Vec<u8>)>;
    type State = ();

    fn local(&self) -> Self::Local {
        Vec::new()
    }

    fn whole(&self, local: &mut Self::Local, item: Item<'_>, bytes: &[u8]) {
        if item.wanted {
            local.push((item.id.to_owned(), bytes.to_vec()));
        }
    }

    fn delta(&self, local: &mut Self::Local, item: Item<'_>, bytes: &[u8], _: Derived<'_, ()>) {
        self.whole(local, item, bytes);
    }

    fn failed(&self, _: &mut Self::Local, failure: Failure<'_>) {
        let tip = self
            .wanted
            .is_some_and(|wanted| wanted.contains_key(failure.id));
        if self.wanted.is_none() || tip {
            self.graph
                .note_unread(failure.id, Kind::Tag, failure.reason);
        }
    }
}

/// Returns the names of references, each as a separate text.
fn name_texts(scene: &Scene<'_>) -> Vec<Text> {
    let named = |tip: &&GraphTip| tip.tip.source == TipSource::Reference;
    let mut names: Vec<Vec<u8>> = scene
        .graph
        .tips()
        .iter()
        .filter(named)
        .map(|tip| tip.tip.name.clone())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|name| Text {
            class: Class::Name,
            id: None,
            path: BlobPath::new(name),
            // Only the path is judged.
            written: Written::default(),
            commit: None,
        })
        .collect()
}

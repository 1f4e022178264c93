//! Scans text outside of blobs: commit messages, messages of annotated tags, and names of
//! references.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::attribute::{Infos, Order, Scene};
use crate::blob::{Blob, BlobPath, Fresh};
use crate::detect::{Content, Scratch};
use crate::finding::{CommitInfo, Event, Summary};
use crate::git::graph::{Graph, GraphTip};
use crate::git::refs::TipSource;
use crate::git::walk::{Derived, Failure, Item, Visitor, WalkOptions, Want, walk};
use crate::git::{Kind, ObjectId, commit, oid};
use crate::scan::assemble::Assembler;
use crate::scan::{Engine, Known};
use crate::source::content::ContentReader;

/// Scans messages while the graph reads all commits on several threads.
pub(super) struct Messages<'e> {
    engine: &'e Engine,
    known: &'e Known,
    scratch: Mutex<Vec<Scratch>>,
    found: Mutex<Vec<(ObjectId, Vec<u8>)>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'e> Messages<'e> {
    pub(super) fn new(engine: &'e Engine, known: &'e Known) -> Self {
        Self {
            engine,
            known,
            scratch: Mutex::new(Vec::new()),
            found: Mutex::new(Vec::new()),
        }
    }

    /// Keeps a commit's message if it may contain a secret. Whether the commit counts is
    /// not known yet.
    pub(super) fn commit(&self, id: &oid, raw: &[u8]) {
        let message = raw.get(commit::message_start(raw)..).unwrap_or_default();
        if message.is_empty() {
            return;
        }
        let mut scratch = lock(&self.scratch).pop().unwrap_or_default();
        let path = BlobPath::from("");
        let blob = Blob {
            path: &path,
            bytes: message,
            fresh: Fresh::All,
        };
        let candidates = self
            .engine
            .detector
            .detect(&blob, Content::Text, &mut scratch);
        lock(&self.scratch).push(scratch);
        for candidate in &candidates {
            self.known.note_undecided(candidate, message);
        }
        let keep = self.engine.keep_dismissed;
        if candidates.iter().any(|c| keep || c.dismissed.is_none()) {
            lock(&self.found).push((id.to_owned(), message.to_vec()));
        }
    }

    /// Returns the findings: commits oldest first, then tags and names by name.
    pub(super) fn events(&self, scene: &Scene<'_>, walking: &WalkOptions<'_>) -> Vec<Event> {
        let mut texts = self.commit_texts(scene);
        texts.extend(tag_texts(scene, walking));
        texts.extend(name_texts(scene));
        let mut assembler = Assembler::new(self.engine, self.known);
        let mut content = ContentReader::default();
        let mut events = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for text in texts {
            assembler.begin(&text.path, text.class == Class::Name);
            if let Some(commit) = &text.commit {
                assembler.in_commit(commit.clone());
            }
            content.read_bytes(&text.bytes, &text.path, Fresh::All, &mut assembler);
            let mut made = Vec::new();
            assembler.finish(&mut made, &mut Summary::default());
            for event in made {
                let is_new = match &event {
                    Event::Finding(finding) => {
                        seen.insert((text.class, finding.rule, finding.secret_id))
                    }
                    Event::Failed(_) | Event::Skipped { .. } => true,
                };
                if is_new {
                    events.push(event);
                }
            }
        }
        events
    }

    fn commit_texts(&self, scene: &Scene<'_>) -> Vec<Text> {
        let mut found = std::mem::take(&mut *lock(&self.found));
        found.retain(|(id, _)| scene.options.all_objects || scene.graph.reaches_commit(id));
        if found.is_empty() {
            return Vec::new();
        }
        let order = Order::new(scene.graph);
        found.sort_by_cached_key(|(id, _)| (order.of(Some(id)), *id));
        found.dedup_by_key(|(id, _)| *id);
        let mut infos = Infos::new(scene);
        found
            .into_iter()
            .map(|(id, bytes)| Text {
                class: Class::Commit,
                path: BlobPath::new(format!("commit/{id}").into_bytes()),
                bytes,
                commit: Some(infos.of(&id)),
            })
            .collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Class {
    Commit,
    Tag,
    Name,
}

struct Text {
    class: Class,
    path: BlobPath,
    bytes: Vec<u8>,
    commit: Option<CommitInfo>,
}

/// Returns the messages of annotated tags: all of them if all objects count, otherwise
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
            Some(Text {
                class: Class::Tag,
                path: BlobPath::new(path),
                bytes: raw.get(commit::message_start(&raw)..)?.to_vec(),
                commit: None,
            })
        })
        .collect();
    texts.sort_by(|a, b| a.path.cmp(&b.path).then_with(|| a.bytes.cmp(&b.bytes)));
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
            path: BlobPath::new(name),
            // Only the path is judged.
            bytes: Vec::new(),
            commit: None,
        })
        .collect()
}

//! The trees of a repository as a graph, read along their deltas.
//!
//! Most of a tree's entries are copied from its delta base. Entries that lie entirely in
//! a copied run are not parsed again: their places and edges are copied from the base. On
//! git's own history this leaves 3 % of the entries to parse.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;
use gix::hash::oid;
use gix::object::Kind;

use super::GraphOptions;
use super::called::{Called, Calls, Seen};
use super::fresh::Learned;
use super::kept::{Matched, NONE};
use crate::git::bits::Bits;
use crate::git::delta::Runs;
use crate::git::error::{GitError, Reason};
use crate::git::objects::Objects;
use crate::git::tree::{self, EntryKind, TreeEntry};
use crate::git::walk::{Derived, Failure, Item, Visitor, Want, walk};

/// The offsets of a tree's entries, and the entries that have an edge.
#[derive(Default)]
pub(super) struct Layout {
    pub(super) starts: Vec<u32>,
    /// (number of the entry, edge)
    edges: Vec<(u32, u32)>,
    /// The tree ends in the middle of an entry, or has a malformed entry.
    pub(super) damaged: bool,
    /// Runs of entries that are the same as in its base.
    copied: Vec<Same>,
    /// For the next run, if that was asked for: by entry, the rank of a blob without an edge, or
    /// `NONE`; the entries whose names say something; the rank of the tree.
    blobs: Vec<u32>,
    loud: Vec<u32>,
    rank: u32,
}

/// A run of entries that a tree has in common with its base.
#[derive(Clone, Copy)]
struct Same {
    base: u32,
    here: u32,
    len: u32,
}

/// An edge of the graph: the target of a tree entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// A subtree's rank.
    Tree(u32),
    /// The rank of a blob of interest.
    Blob(u32),
    /// Number in [`Trees::missing`].
    Missing(u32),
}

const KIND: u32 = 3 << 30;
const BLOB: u32 = 1 << 30;
const MISSING: u32 = 2 << 30;

pub(super) fn edge(code: u32) -> Edge {
    match code & KIND {
        BLOB => Edge::Blob(code & !KIND),
        MISSING => Edge::Missing(code & !KIND),
        _ => Edge::Tree(code & !KIND),
    }
}

/// An entry of a tree.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// The tree's rank.
    pub tree: u32,
    /// Its name in the tree.
    pub name: &'a [u8],
    /// The object that it names.
    pub id: &'a gix::hash::oid,
    /// The kind of that object, from the entry's mode.
    pub kind: EntryKind,
}

/// Receives entries, from several threads. Returns whether the name says something, so that the
/// tree has to be read in the next run as well.
pub(crate) type OnName<'a> = &'a (dyn Fn(Named<'_>) -> bool + Sync);

/// The blobs to which edges are recorded.
#[derive(Clone, Copy)]
pub(super) struct Interest<'a> {
    pub(super) blobs: &'a Bits,
    /// Whether to look up every blob, to detect missing ones.
    pub(super) missing: bool,
}

const UNREAD: (u32, u32) = (u32::MAX, u32::MAX);

/// Trees and the edges of interest between them.
pub(super) struct Trees {
    /// Start and end in `edges`, by rank; [`UNREAD`] for what is no tree or was not read.
    spans: Vec<(u32, u32)>,
    edges: Vec<u32>,
    /// Objects that trees name and that are missing or stored as another kind.
    pub(super) missing: Vec<(ObjectId, Kind, Reason)>,
    pub(super) failed: Vec<(ObjectId, Option<Kind>, Reason)>,
    /// The names of what edges lead to.
    pub(super) called: Called,
    /// For the next run, if that was asked for.
    pub(super) learned: Option<Learned>,
    /// Whether what was kept of trees counts.
    pub(super) is_kept: bool,
}

#[derive(Default)]
struct Local {
    learned: Learned,
    spans: Vec<(u32, u32, u32)>,
    edges: Vec<u32>,
    overflow: bool,
    failed: Vec<(ObjectId, Option<Kind>, Reason)>,
    spare: Vec<Layout>,
    names: Seen,
}

struct Collect<'a> {
    objects: &'a Objects<'a>,
    interest: Interest<'a>,
    /// First three bytes of the names of blobs of interest.
    hint: Bits,
    hash_len: usize,
    missing: Mutex<HashMap<ObjectId, (u32, Kind, Reason)>>,
    /// By rank, see [`Objects::kinds`].
    kinds: &'a [Option<Kind>],
    on_name: Option<OnName<'a>>,
    learn: bool,
    calls: Calls,
}

fn three_bytes(name: &[u8]) -> u32 {
    u32::from(name[0]) << 16 | u32::from(name[1]) << 8 | u32::from(name[2])
}

impl Collect<'_> {
    /// Returns the edge that an entry makes; if it makes none, the rank of the blob that it names.
    fn edge(&self, entry: &TreeEntry<'_>) -> Result<u32, Option<u32>> {
        let name = entry.id.as_bytes();
        let kind = match tree::entry_kind(entry.mode) {
            EntryKind::Submodule => return Err(None),
            EntryKind::Tree => Kind::Tree,
            EntryKind::File | EntryKind::Link => {
                if !self.interest.missing && !self.hint.contains(three_bytes(name)) {
                    return Err(None);
                }
                Kind::Blob
            }
        };
        self.edge_to(entry.id, self.objects.rank_of(name), kind)
    }

    /// Returns the edge to an object of this name, rank and kind.
    fn edge_to(&self, id: &oid, rank: Option<u32>, kind: Kind) -> Result<u32, Option<u32>> {
        let reason = match (rank, kind) {
            // An object stored as another kind was scanned as that kind, or not at all.
            (Some(rank), _) if self.is_other(rank, kind) => Reason::WrongKind,
            (Some(rank), Kind::Tree) => return Ok(rank),
            (Some(rank), _) => {
                let wanted = self.interest.blobs.contains(rank);
                return wanted.then_some(BLOB | rank).ok_or(Some(rank));
            }
            (None, Kind::Tree) if id.is_empty_tree() => return Err(None),
            (None, _) => Reason::Missing,
        };
        let mut known = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        let number = known.len() as u32;
        let known = known.entry(id.to_owned());
        let number = known.or_insert((number, kind, reason)).0;
        Ok(MISSING | number & !KIND)
    }

    /// Returns whether the object with this rank is known to be of another kind than
    /// `kind`.
    fn is_other(&self, rank: u32, kind: Kind) -> bool {
        let known = self.kinds.get(rank as usize).copied().flatten();
        known.is_some_and(|known| known != kind)
    }

    /// Makes the edges of trees that were read before and are here, and returns the ranks of all
    /// other objects. None if all trees have to be read.
    fn kept(
        &self,
        matched: &Matched<'_>,
        spans: &mut [(u32, u32)],
        edges: &mut Vec<u32>,
    ) -> Option<Bits> {
        let kept = matched.kept;
        let whole = matched.whole(self.kinds, |rank| self.interest.blobs.contains(rank))?;
        let mut seen = Seen::default();
        let mut is_called = vec![false; kept.len()];
        for (number, names) in &kept.called {
            is_called[*number as usize] = true;
            if let Some(&rank) = matched.ranks.get(*number as usize) {
                let names = kept.list(names).iter();
                let names: Vec<&[u8]> = names.map(|n| &kept.names[*n as usize][..]).collect();
                self.calls.note_kept(&mut seen, rank, &names);
            }
        }
        let mut want = Bits::full(self.objects.len());
        // By row: where its edges are.
        let mut done = vec![UNREAD; kept.trees.len()];
        for ((at, row), is_whole) in kept.trees.iter().enumerate().zip(whole) {
            let rank = matched.rank(row.id, Kind::Tree, self.kinds);
            let Some(rank) = rank.filter(|_| is_whole && !row.loud) else {
                continue;
            };
            let base = done.get(row.base as usize).copied().unwrap_or(UNREAD);
            if base != UNREAD && kept.is_like_base(row) {
                (done[at], spans[rank as usize]) = (base, base);
                want.remove(rank);
                continue;
            }
            let start = u32::try_from(edges.len()).ok()?;
            for &target in kept.list(&row.edges) {
                let (number, kind) = match target & 1 {
                    0 => (target >> 1, Kind::Tree),
                    _ => (target >> 1, Kind::Blob),
                };
                let known = matched.ranks[number as usize];
                let id = oid::from_bytes_unchecked(kept.id(number));
                let Ok(code) = self.edge_to(id, (known != NONE).then_some(known), kind) else {
                    continue;
                };
                edges.push(code);
                // It was missing, and nobody noted what it is called.
                if code & MISSING == 0 && !is_called[number as usize] {
                    self.calls.note_kept(&mut seen, known, &[]);
                }
            }
            done[at] = (start, u32::try_from(edges.len()).ok()?);
            spans[rank as usize] = done[at];
            want.remove(rank);
        }
        Some(want)
    }

    /// Parses the entry at offset `at` of a tree, records it in `layout` and returns its
    /// end.
    fn parse(
        &self,
        tree: u32,
        bytes: &[u8],
        at: usize,
        layout: &mut Layout,
        names: &mut Seen,
    ) -> Option<usize> {
        let (entry, len) = tree::entry(bytes.get(at..)?, self.hash_len)?;
        let number = layout.starts.len() as u32;
        let loud = self.on_name.is_some_and(|see| {
            see(Named {
                tree,
                name: entry.name,
                id: entry.id,
                kind: tree::entry_kind(entry.mode),
            })
        });
        if loud && self.learn {
            layout.loud.push(number);
        }
        let edge_or_blob = self.edge(&entry);
        if let Ok(code) = edge_or_blob {
            layout.edges.push((number, code));
            if let Edge::Tree(rank) | Edge::Blob(rank) = edge(code) {
                // A name that may be a secret is not kept.
                match loud && self.learn {
                    true => self.calls.note_kept(names, rank, &[]),
                    false => self.calls.note(names, rank, entry.name),
                }
            }
        }
        if self.learn {
            let blob = edge_or_blob.err().flatten().unwrap_or(NONE);
            layout.blobs.push(blob);
        }
        layout.starts.push(at as u32);
        Some(at + len)
    }

    fn finish(
        &self,
        local: &mut Local,
        item: Item<'_>,
        layout: &mut Layout,
        base: Option<&Layout>,
    ) {
        layout.rank = item.rank;
        if !item.wanted {
            return;
        }
        if self.learn && !layout.damaged {
            layout.learn(self.objects, &mut local.learned, base);
        }
        if layout.damaged {
            local
                .failed
                .push((item.id.to_owned(), Some(Kind::Tree), Reason::BadHeader));
        }
        let start = local.edges.len();
        local
            .edges
            .extend(layout.edges.iter().map(|(_, edge)| *edge));
        match (u32::try_from(start), u32::try_from(local.edges.len())) {
            (Ok(start), Ok(end)) => local.spans.push((item.rank, start, end)),
            _ => local.overflow = true,
        }
    }
}

/// Calls `parse` for every entry. `parse` takes an offset, records the entry there and
/// returns the next offset.
pub(super) fn parse_all(
    bytes: &[u8],
    layout: &mut Layout,
    mut parse: impl FnMut(usize, &mut Layout) -> Option<usize>,
) {
    let mut at = 0;
    while at < bytes.len() {
        match parse(at, layout) {
            Some(next) => at = next,
            None => {
                layout.damaged = true;
                return;
            }
        }
    }
}

/// Copies from `base` all entries that lie entirely in one copied run, and calls `parse`
/// for the others like [`parse_all`].
pub(super) fn inherit(
    bytes_len: usize,
    base: &Layout,
    runs: &Runs,
    layout: &mut Layout,
    mut parse: impl FnMut(usize, &mut Layout) -> Option<usize>,
) {
    let mut at = 0usize;
    let mut run = 0;
    let base_end = runs.base_len();
    while at < bytes_len {
        while runs
            .copies()
            .get(run)
            .is_some_and(|r| r.dst_end() as usize <= at)
        {
            run += 1;
        }
        if let Some(copy) = runs.copies().get(run).filter(|r| r.dst as usize <= at) {
            let src = at as u32 - copy.dst + copy.src;
            let first = base.starts.partition_point(|start| *start < src);
            if base.starts.get(first) == Some(&src) {
                // Entries that end inside the run: those before the last start inside it,
                // or all if the run reaches the base's end.
                let limit = copy.src_end();
                let mut end = base.starts.partition_point(|start| *start <= limit);
                let next = if limit == base_end {
                    limit
                } else {
                    end = end.saturating_sub(1).max(first);
                    base.starts[end]
                };
                if end > first {
                    let shift = (at as u32).wrapping_sub(src);
                    let number = layout.starts.len() as u32;
                    layout.copied.push(Same {
                        base: first as u32,
                        here: number,
                        len: (end - first) as u32,
                    });
                    if let Some(blobs) = base.blobs.get(first..end) {
                        layout.blobs.extend_from_slice(blobs);
                    }
                    let loud = base
                        .loud
                        .iter()
                        .filter(|n| (first..end).contains(&(**n as usize)));
                    layout.loud.extend(loud.map(|n| n - first as u32 + number));
                    let copied = base.starts[first..end].iter();
                    layout
                        .starts
                        .extend(copied.map(|start| start.wrapping_add(shift)));
                    let from = base
                        .edges
                        .partition_point(|(entry, _)| (*entry as usize) < first);
                    let kept = base.edges[from..].iter();
                    layout.edges.extend(
                        kept.take_while(|(entry, _)| (*entry as usize) < end)
                            .map(|(entry, edge)| (entry - first as u32 + number, *edge)),
                    );
                    at = next.wrapping_add(shift) as usize;
                    continue;
                }
            }
        }
        match parse(at, layout) {
            Some(next) => at = next,
            None => {
                layout.damaged = true;
                return;
            }
        }
    }
}

impl Visitor for Collect<'_> {
    type Local = Local;
    type State = Layout;

    fn local(&self) -> Local {
        Local::default()
    }

    fn whole(&self, local: &mut Local, item: Item<'_>, bytes: &[u8]) -> Layout {
        let mut layout = local.spare.pop().unwrap_or_default();
        let names = &mut local.names;
        parse_all(bytes, &mut layout, |at, layout| {
            self.parse(item.rank, bytes, at, layout, names)
        });
        self.finish(local, item, &mut layout, None);
        layout
    }

    fn delta(
        &self,
        local: &mut Local,
        item: Item<'_>,
        bytes: &[u8],
        from: Derived<'_, Layout>,
    ) -> Layout {
        if from.base.damaged {
            return self.whole(local, item, bytes);
        }
        let mut layout = local.spare.pop().unwrap_or_default();
        let names = &mut local.names;
        let parse =
            |at: usize, layout: &mut Layout| self.parse(item.rank, bytes, at, layout, names);
        inherit(bytes.len(), from.base, from.runs, &mut layout, parse);
        self.finish(local, item, &mut layout, Some(from.base));
        layout
    }

    fn failed(&self, local: &mut Local, failure: Failure<'_>) {
        local
            .failed
            .push((failure.id.to_owned(), failure.kind, failure.reason));
    }

    fn recycle(&self, local: &mut Local, mut state: Layout) {
        if local.spare.len() < 16 {
            state.clear();
            local.spare.push(state);
        }
    }
}

impl Layout {
    fn clear(&mut self) {
        self.starts.clear();
        self.edges.clear();
        self.copied.clear();
        self.blobs.clear();
        self.loud.clear();
        self.damaged = false;
    }

    /// Adds what the next run needs to know of this tree.
    fn learn(&self, objects: &Objects<'_>, learned: &mut Learned, base: Option<&Layout>) {
        let in_order = |two: &[Same]| two[0].base + two[0].len <= two[1].base;
        let base = base.filter(|_| self.copied.windows(2).all(in_order));
        let loud = !self.loud.is_empty();
        let Some(base) = base else {
            let added = self.blobs.iter().copied();
            learned.add((self.rank, NONE, loud), added, [].into_iter());
            return;
        };
        // Of several copies of an object, the first one counts.
        let rank = objects.rank_of(objects.id(base.rank).as_bytes());
        let ours = self.copied.iter().map(|same| (same.here, same.len));
        let theirs = self.copied.iter().map(|same| (same.base, same.len));
        learned.add(
            (self.rank, rank.unwrap_or(NONE), loud),
            between(&self.blobs, ours),
            between(&base.blobs, theirs),
        );
    }
}

/// Returns the items that are in none of `parts`, which are in order.
fn between<'a>(
    items: &'a [u32],
    parts: impl Iterator<Item = (u32, u32)> + 'a,
) -> impl Iterator<Item = u32> + 'a {
    let mut at = 0;
    let parts = parts.chain([(items.len() as u32, 0)]);
    let gaps = parts.map(move |(start, len)| {
        let gap = at..start as usize;
        at = (start + len) as usize;
        items.get(gap).unwrap_or_default()
    });
    gaps.flatten().copied()
}

impl Trees {
    pub(super) fn read(
        objects: &Objects<'_>,
        kinds: &[Option<Kind>],
        interest: Interest<'_>,
        options: &GraphOptions<'_>,
    ) -> Result<Self, GitError> {
        let mut hint = Bits::new(1 << 24);
        for rank in interest.blobs.iter() {
            hint.insert(three_bytes(objects.id(rank).as_bytes()));
        }
        let collect = Collect {
            objects,
            interest,
            hint,
            hash_len: objects.store().hash().len_in_bytes(),
            missing: Mutex::default(),
            kinds,
            on_name: options.on_name,
            learn: options.learn,
            calls: Calls::new(objects.len()),
        };
        let mut spans = vec![UNREAD; objects.len() as usize];
        let mut edges: Vec<u32> = Vec::new();
        let kept = options.kept.filter(|_| interest.missing);
        let want = kept.and_then(|kept| collect.kept(kept, &mut spans, &mut edges));
        let is_kept = want.is_some();
        let want = want.as_ref().map_or(Want::All, Want::Only);
        let (locals, _) = walk(objects, Kind::Tree, want, &options.walk, &collect);
        let mut learned = Learned::default();
        let mut failed = Vec::new();
        for local in locals {
            let first = u32::try_from(edges.len()).ok();
            let fits =
                first.and_then(|first| first.checked_add(u32::try_from(local.edges.len()).ok()?));
            let (Some(first), Some(_), false) = (first, fits, local.overflow) else {
                return Err(GitError::TooMany {
                    what: "tree entries",
                });
            };
            for (rank, start, end) in local.spans {
                spans[rank as usize] = (first + start, first + end);
            }
            if edges.is_empty() {
                edges = local.edges;
            } else {
                edges.extend_from_slice(&local.edges);
            }
            failed.extend(local.failed);
            learned.join(local.learned);
        }
        let known = collect
            .missing
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let mut missing: Vec<_> = known
            .into_iter()
            .map(|(id, (number, kind, reason))| (number, id, kind, reason))
            .collect();
        missing.sort_unstable_by_key(|(number, ..)| *number);
        let missing = missing
            .into_iter()
            .map(|(_, id, kind, reason)| (id, kind, reason))
            .collect();
        Ok(Self {
            spans,
            edges,
            missing,
            failed,
            called: collect.calls.done(),
            learned: options.learn.then_some(learned),
            is_kept,
        })
    }

    /// Returns the encoded edges of the tree with this rank, see [`edge`].
    pub(super) fn edges(&self, rank: u32) -> &[u32] {
        let (start, end) = self.spans.get(rank as usize).copied().unwrap_or(UNREAD);
        self.edges
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// Returns a number that trees share only if they have the same edges; None if none has.
    pub(super) fn group(&self, rank: u32) -> Option<u32> {
        let (start, end) = self.spans.get(rank as usize).copied()?;
        (self.is_kept && start < end).then_some(start)
    }

    /// Returns the number of edges, and so an end of all numbers of groups.
    pub(super) fn len(&self) -> u32 {
        self.edges.len() as u32
    }

    /// Returns whether the object with this rank is a tree that was read.
    pub(super) fn is_read(&self, rank: u32) -> bool {
        self.spans
            .get(rank as usize)
            .is_some_and(|span| *span != UNREAD)
    }
}

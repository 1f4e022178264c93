//! The trees of a repository as a graph, read along their deltas.
//!
//! Most of a tree's entries are copied from its delta base. Entries that lie entirely in
//! a copied run are not parsed again: their places and edges are copied from the base. On
//! git's own history this leaves 3 % of the entries to parse.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;
use gix::object::Kind;

use super::called::{Called, Calls, Seen};
use crate::git::bits::Bits;
use crate::git::delta::Runs;
use crate::git::error::{GitError, Reason};
use crate::git::objects::Objects;
use crate::git::tree::{self, EntryKind, TreeEntry};
use crate::git::walk::{Derived, Failure, Item, Visitor, WalkOptions, Want, walk};

/// The offsets of a tree's entries, and the entries that have an edge.
#[derive(Default)]
pub(super) struct Layout {
    starts: Vec<u32>,
    /// (number of the entry, edge)
    edges: Vec<(u32, u32)>,
    /// The tree ends in the middle of an entry, or has a malformed entry.
    damaged: bool,
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

/// Receives entries, from several threads.
pub(crate) type OnName<'a> = &'a (dyn Fn(Named<'_>) + Sync);

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
}

#[derive(Default)]
struct Local {
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
    calls: Calls,
}

fn three_bytes(name: &[u8]) -> u32 {
    u32::from(name[0]) << 16 | u32::from(name[1]) << 8 | u32::from(name[2])
}

impl Collect<'_> {
    fn edge(&self, entry: &TreeEntry<'_>) -> Option<u32> {
        let name = entry.id.as_bytes();
        let kind = match tree::entry_kind(entry.mode) {
            EntryKind::Submodule => return None,
            EntryKind::Tree => Kind::Tree,
            EntryKind::File | EntryKind::Link => {
                if !self.interest.missing && !self.hint.contains(three_bytes(name)) {
                    return None;
                }
                Kind::Blob
            }
        };
        let reason = match (self.objects.rank_of(name), kind) {
            // An object stored as another kind was scanned as that kind, or not at all.
            (Some(rank), _) if self.is_other(rank, kind) => Reason::WrongKind,
            (Some(rank), Kind::Tree) => return Some(rank),
            (Some(rank), _) => return self.interest.blobs.contains(rank).then_some(BLOB | rank),
            (None, Kind::Tree) if entry.id.is_empty_tree() => return None,
            (None, _) => Reason::Missing,
        };
        let mut known = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        let number = known.len() as u32;
        let known = known.entry(entry.id.to_owned());
        let number = known.or_insert((number, kind, reason)).0;
        Some(MISSING | number & !KIND)
    }

    /// Returns whether the object with this rank is known to be of another kind than
    /// `kind`.
    fn is_other(&self, rank: u32, kind: Kind) -> bool {
        let known = self.kinds.get(rank as usize).copied().flatten();
        known.is_some_and(|known| known != kind)
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
        if let Some(see) = self.on_name {
            see(Named {
                tree,
                name: entry.name,
                id: entry.id,
                kind: tree::entry_kind(entry.mode),
            });
        }
        if let Some(code) = self.edge(&entry) {
            layout.edges.push((layout.starts.len() as u32, code));
            if let Edge::Tree(rank) | Edge::Blob(rank) = edge(code) {
                self.calls.note(names, rank, entry.name);
            }
        }
        layout.starts.push(at as u32);
        Some(at + len)
    }

    fn finish(&self, local: &mut Local, item: Item<'_>, layout: &Layout) {
        if !item.wanted {
            return;
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
fn parse_all(
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
fn inherit(
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
        self.finish(local, item, &layout);
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
        self.finish(local, item, &layout);
        layout
    }

    fn failed(&self, local: &mut Local, failure: Failure<'_>) {
        local
            .failed
            .push((failure.id.to_owned(), failure.kind, failure.reason));
    }

    fn recycle(&self, local: &mut Local, mut state: Layout) {
        if local.spare.len() < 16 {
            state.starts.clear();
            state.edges.clear();
            state.damaged = false;
            local.spare.push(state);
        }
    }
}

impl Trees {
    pub(super) fn read(
        objects: &Objects<'_>,
        kinds: &[Option<Kind>],
        interest: Interest<'_>,
        options: &WalkOptions<'_>,
        on_name: Option<OnName<'_>>,
    ) -> Result<Self, GitError> {
        let mut hint = Bits::new(1 << 24);
        for rank in interest.blobs.iter() {
            hint.insert(three_bytes(objects.id(rank).as_bytes()));
        }
        let hash_len = objects.store().hash().len_in_bytes();
        let missing = Mutex::default();
        let collect = Collect {
            objects,
            interest,
            hint,
            hash_len,
            missing,
            kinds,
            on_name,
            calls: Calls::new(objects.len()),
        };
        let (locals, _) = walk(objects, Kind::Tree, Want::All, options, &collect);
        let mut spans = vec![UNREAD; objects.len() as usize];
        let mut edges: Vec<u32> = Vec::new();
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
        })
    }

    /// Returns the encoded edges of the tree with this rank, see [`edge`].
    pub(super) fn edges(&self, rank: u32) -> &[u32] {
        let (start, end) = self.spans.get(rank as usize).copied().unwrap_or(UNREAD);
        self.edges
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// Returns whether the object with this rank is a tree that was read.
    pub(super) fn is_read(&self, rank: u32) -> bool {
        self.spans
            .get(rank as usize)
            .is_some_and(|span| *span != UNREAD)
    }
}

/// Marks the blobs of all trees in `trees`, for callers that need every reachable blob. A
/// second pass that stores only one bit per object.
pub(super) fn blobs_of(objects: &Objects<'_>, trees: &Bits, options: &WalkOptions<'_>) -> Bits {
    let hash_len = objects.store().hash().len_in_bytes();
    let (locals, _) = walk(
        objects,
        Kind::Tree,
        Want::Only(trees),
        options,
        &Mark { objects, hash_len },
    );
    let mut all = Bits::new(objects.len());
    for local in locals {
        all.union(&local);
    }
    all
}

struct Mark<'a> {
    objects: &'a Objects<'a>,
    hash_len: usize,
}

impl Mark<'_> {
    fn parse(
        &self,
        bytes: &[u8],
        at: usize,
        layout: &mut Layout,
        found: &mut Bits,
    ) -> Option<usize> {
        let (entry, len) = tree::entry(bytes.get(at..)?, self.hash_len)?;
        let kind = tree::entry_kind(entry.mode);
        if matches!(kind, EntryKind::File | EntryKind::Link)
            && let Some(rank) = self.objects.rank_of(entry.id.as_bytes())
        {
            found.insert(rank);
        }
        layout.starts.push(at as u32);
        Some(at + len)
    }
}

impl Visitor for Mark<'_> {
    type Local = Bits;
    /// None for a tree that is not wanted; its blobs were not marked.
    type State = Option<Layout>;

    fn local(&self) -> Bits {
        Bits::new(self.objects.len())
    }

    fn whole(&self, found: &mut Bits, item: Item<'_>, bytes: &[u8]) -> Option<Layout> {
        if !item.wanted {
            return None;
        }
        let mut layout = Layout::default();
        parse_all(bytes, &mut layout, |at, layout| {
            self.parse(bytes, at, layout, found)
        });
        Some(layout).filter(|layout| !layout.damaged)
    }

    fn delta(
        &self,
        found: &mut Bits,
        item: Item<'_>,
        bytes: &[u8],
        from: Derived<'_, Option<Layout>>,
    ) -> Option<Layout> {
        let Some(base) = from.base.as_ref().filter(|_| item.wanted) else {
            return self.whole(found, item, bytes);
        };
        let mut layout = Layout::default();
        let parse = |at: usize, layout: &mut Layout| self.parse(bytes, at, layout, found);
        inherit(bytes.len(), base, from.runs, &mut layout, parse);
        Some(layout).filter(|layout| !layout.damaged)
    }

    fn failed(&self, _: &mut Bits, _: Failure<'_>) {
        // The first pass over the same trees has reported it.
    }
}

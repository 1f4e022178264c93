//! Which blobs trees name, whether of interest or not.

use gix::object::Kind;

use super::trees::{Layout, inherit, parse_all};
use crate::git::bits::Bits;
use crate::git::objects::Objects;
use crate::git::tree::{self, EntryKind};
use crate::git::walk::{Derived, Failure, Item, Visitor, WalkOptions, Want, walk};

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

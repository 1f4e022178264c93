//! Plans a walk before its threads start: the entries that are needed, and the order in
//! which delta trees are handed out.

use gix::object::Kind;

use super::Want;
use crate::git::allowance::{Allowance, Sizes};
use crate::git::bits::Bits;
use crate::git::error::Reason;
use crate::git::objects::{LoadedPack, Objects};

/// Delta trees to walk.
pub(super) struct Plan {
    pub(super) kind: Kind,
    /// Per pack: the wanted entries and those above a wanted one. None if that is every
    /// entry of the kind.
    needed: Vec<Option<Bits>>,
    /// Roots as (pack, entry): heavy trees first, then in pack order.
    pub(super) roots: Vec<(u32, u32)>,
    /// Wanted entries that have no root in their pack, by rank.
    pub(super) broken: Vec<(u32, Reason)>,
    /// Whether what the needed entries unpack to was counted, and is within the allowance.
    pub(super) is_counted: bool,
}

impl Plan {
    pub(super) fn new(objects: &Objects<'_>, kind: Kind, want: Want<'_>, threads: usize) -> Self {
        let mut plan = Self {
            kind,
            needed: Vec::new(),
            roots: Vec::new(),
            broken: Vec::new(),
            is_counted: false,
        };
        let mut total = 0u64;
        for (i, pack) in objects.packs().iter().enumerate() {
            let needed = needed(objects, pack, kind, want);
            let forest = &pack.forest;
            for &p in forest.order() {
                if forest.base(p).is_some() {
                    break;
                }
                let wanted = needed.as_ref().is_none_or(|set| set.contains(p));
                if forest.kind(p) == Some(kind) && wanted {
                    plan.roots.push((i as u32, p));
                    total += forest.weight(p);
                }
            }
            for (p, reason) in forest.broken() {
                let rank = pack.first + forest.rank(*p);
                if objects.owned(rank) && want.has(rank) {
                    plan.broken.push((rank, reason.clone()));
                }
            }
            plan.needed.push(needed);
        }
        let heavy = total / (64 * threads as u64) + 1;
        let weight = |root: &(u32, u32)| objects.packs()[root.0 as usize].forest.weight(root.1);
        // The sort is stable: light trees keep the order on disk.
        plan.roots.sort_by_cached_key(|root| {
            let weight = weight(root);
            std::cmp::Reverse(if weight > heavy { weight } else { 0 })
        });
        plan
    }

    /// Leaves out the deltas that exceed the repository's allowance: it counts what each
    /// one says that it unpacks to, pack by pack, bases first.
    pub(super) fn cut(&mut self, objects: &Objects<'_>, limit: u64) {
        let allowance = Allowance::new(objects.store());
        let mut sizes = Sizes::default();
        for (i, pack) in objects.packs().iter().enumerate() {
            let forest = &pack.forest;
            let mut kept = Bits::new(forest.len());
            for &p in forest.order() {
                if forest.kind(p) != Some(self.kind) || !self.needs(i, p) {
                    continue;
                }
                let fits = match forest.base(p) {
                    None => true,
                    Some(base) => {
                        // A delta that has no size unpacks to nothing, but is reported.
                        let mut size = || {
                            let declared = sizes.of_delta(pack.number, pack.pack, forest.data(p));
                            declared.unwrap_or(0).min(limit)
                        };
                        kept.contains(base) && allowance.take(size()).is_ok()
                    }
                };
                if fits {
                    kept.insert(p);
                }
            }
            self.needed[i] = Some(kept);
        }
        self.is_counted = true;
    }

    /// Returns whether entry `p` of pack `i` must be unpacked.
    #[inline]
    pub(super) fn needs(&self, i: usize, p: u32) -> bool {
        self.needed[i].as_ref().is_none_or(|set| set.contains(p))
    }
}

fn needed(
    objects: &Objects<'_>,
    pack: &LoadedPack<'_>,
    kind: Kind,
    want: Want<'_>,
) -> Option<Bits> {
    let forest = &pack.forest;
    let first = pack.first == 0;
    if first && matches!(want, Want::All) {
        return None;
    }
    let mut set = Bits::new(forest.len());
    for &p in forest.order().iter().rev() {
        let rank = pack.first + forest.rank(p);
        let wanted = forest.kind(p) == Some(kind) && want.has(rank) && objects.owned(rank);
        if wanted || set.contains(p) {
            set.insert(p);
            if let Some(base) = forest.base(p) {
                set.insert(base);
            }
        }
    }
    Some(set)
}

//! A whole repository from one hostile pack: entries of any kind, deltas on anything (themselves
//! included), false sizes, damaged streams. Every wanted object is either visited or failed. Then
//! history is walked over the rest.
use std::sync::atomic::{AtomicU64, Ordering};

use super::repository::Repository;
use stopleak::git::graph::{Graph, GraphOptions};
use stopleak::git::walk::{Derived, Failure, Item, Visitor, WalkOptions, Want, walk};
use stopleak::git::{Bits, Kind, Objects, OpenOptions, Store};

const LIMIT: u64 = 1 << 20;

#[derive(Default)]
struct Count {
    visited: AtomicU64,
    failed: AtomicU64,
}

impl Visitor for Count {
    type Local = ();
    type State = usize;

    fn local(&self) {}

    fn whole(&self, (): &mut (), item: Item<'_>, bytes: &[u8]) -> usize {
        self.visited
            .fetch_add(u64::from(item.wanted), Ordering::Relaxed);
        bytes.len()
    }

    fn delta(&self, (): &mut (), item: Item<'_>, bytes: &[u8], from: Derived<'_, usize>) -> usize {
        self.visited
            .fetch_add(u64::from(item.wanted), Ordering::Relaxed);
        assert_eq!(*from.base, from.base_bytes.len());
        assert_eq!(from.runs.len() as usize, bytes.len());
        bytes.len()
    }

    fn failed(&self, (): &mut (), _: Failure<'_>) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }
}

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let repository = Repository::of("git_pack");
    repository.write_pack(bytes);
    let store = Store::open(repository.path(), &OpenOptions::default()).expect("a repository");
    let Ok(objects) = Objects::load(&store, 1) else {
        return;
    };
    let options = WalkOptions {
        threads: 1,
        limit: LIMIT,
        cancel: None,
    };
    for kind in [Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag] {
        let count = Count::default();
        let (_, stats) = walk(&objects, kind, Want::All, &options, &count);
        assert_eq!(stats.visited, count.visited.into_inner());
        assert_eq!(stats.failed, count.failed.into_inner());
    }
    let mut interest = Bits::new(objects.len());
    for rank in 0..objects.len() {
        interest.insert(rank);
    }
    let graph = Graph::build(
        &objects,
        &interest,
        &GraphOptions {
            walk: options,
            reflogs: true,
            check_missing: true,
            ..GraphOptions::default()
        },
    );
    if let Ok(graph) = graph {
        let blobs: Vec<u32> = graph.reachable_blobs().iter().collect();
        assert_eq!(graph.attribute(&blobs).len(), blobs.len());
    }
}

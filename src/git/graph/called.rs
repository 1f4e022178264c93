//! The names by which trees call their entries.
//!
//! Nearly every tree and blob has one name in all trees that have it. So one number for each
//! is enough, where a name for each edge would double the memory of the graph. Who needs the
//! names of the others looks into the trees.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::kept::NONE;
use crate::git::bits::Bits;

/// Something has more names than are kept, or one that is not kept.
const MANY: u32 = u32::MAX - 1;
/// The most names of one object that are kept.
const MAX_EACH: usize = 8;
/// The most bytes of different names that are kept, with what keeping one takes.
const MAX_BYTES: usize = 128 << 20;
const EACH: usize = 100;

/// Different names, by number.
#[derive(Default)]
pub(super) struct Names {
    numbers: HashMap<Arc<[u8]>, u32>,
    names: Vec<Arc<[u8]>>,
    bytes: usize,
}

impl Names {
    /// Returns the number of `name`.
    pub(super) fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let name: Arc<[u8]> = name.into();
        let number = self.names.len() as u32;
        self.bytes += name.len() + EACH;
        self.names.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }

    /// Returns the number of `name`, if it has one.
    pub(super) fn find(&self, name: &[u8]) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    pub(super) fn len(&self) -> u32 {
        self.names.len() as u32
    }

    pub(super) fn name(&self, number: u32) -> &[u8] {
        self.names.get(number as usize).map_or(&[], |name| name)
    }
}

/// What one thread has seen, to ask the others less often.
#[derive(Default)]
pub(super) struct Seen(HashMap<Arc<[u8]>, u32>);

/// Collects names, from several threads.
pub(super) struct Calls {
    /// By rank: the number of its name, `NONE` or `MANY`.
    first: Vec<AtomicU32>,
    more: Mutex<HashMap<u32, Vec<u32>>>,
    names: Mutex<Names>,
}

impl Calls {
    pub(super) fn new(objects: u32) -> Self {
        Self {
            first: (0..objects).map(|_| AtomicU32::new(NONE)).collect(),
            more: Mutex::default(),
            names: Mutex::default(),
        }
    }

    /// Notes that a tree calls the object with this rank `name`.
    pub(super) fn note(&self, seen: &mut Seen, rank: u32, name: &[u8]) {
        let Some(first) = self.first.get(rank as usize) else {
            return;
        };
        let number = self.number(seen, name);
        let set = first.compare_exchange(NONE, number, Ordering::Relaxed, Ordering::Relaxed);
        let Err(known) = set else {
            return;
        };
        if known == number || known == MANY {
            return;
        }
        if number == MANY {
            first.store(MANY, Ordering::Relaxed);
            return;
        }
        let mut more = self.more.lock().unwrap_or_else(PoisonError::into_inner);
        let more = more.entry(rank).or_default();
        if more.contains(&number) {
            return;
        }
        more.push(number);
        if more.len() >= MAX_EACH {
            first.store(MANY, Ordering::Relaxed);
        }
    }

    /// Notes what was kept of an earlier run: an object has these names; none if they are too many.
    pub(super) fn note_kept(&self, seen: &mut Seen, rank: u32, names: &[&[u8]]) {
        if names.is_empty()
            && let Some(first) = self.first.get(rank as usize)
        {
            first.store(MANY, Ordering::Relaxed);
        }
        for name in names {
            self.note(seen, rank, name);
        }
    }

    fn number(&self, seen: &mut Seen, name: &[u8]) -> u32 {
        if let Some(number) = seen.0.get(name) {
            return *number;
        }
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.bytes > MAX_BYTES && !names.numbers.contains_key(name) {
            return MANY;
        }
        let number = names.number(name);
        let name = Arc::clone(&names.names[number as usize]);
        drop(names);
        seen.0.insert(name, number);
        number
    }

    pub(super) fn done(self) -> Called {
        let open = |poison: PoisonError<_>| poison.into_inner();
        let more = self.more.into_inner();
        let more = more.unwrap_or_else(PoisonError::into_inner);
        let mut has_more = Bits::new(self.first.len() as u32);
        for rank in more.keys() {
            has_more.insert(*rank);
        }
        Called {
            first: self.first.into_iter().map(AtomicU32::into_inner).collect(),
            more,
            has_more,
            names: self.names.into_inner().unwrap_or_else(open),
        }
    }
}

/// The names of trees and of blobs of interest.
#[derive(Default)]
pub(super) struct Called {
    first: Vec<u32>,
    more: HashMap<u32, Vec<u32>>,
    /// The ranks that are in `more`.
    has_more: Bits,
    names: Names,
}

/// What an object is called in all trees together.
pub(super) enum Call<'a> {
    /// One name.
    Always(u32),
    /// One of these names in each tree that has it, or several.
    Either(u32, &'a [u32]),
    /// Too many to tell.
    Unknown,
}

impl Called {
    pub(super) fn call(&self, rank: u32) -> Call<'_> {
        match self.first.get(rank as usize) {
            None | Some(&(NONE | MANY)) => Call::Unknown,
            Some(first) if !self.has_more.contains(rank) => Call::Always(*first),
            Some(first) => {
                let more = self.more.get(&rank).map_or(&[][..], Vec::as_slice);
                Call::Either(*first, more)
            }
        }
    }

    /// Whether any tree calls this object something.
    pub(super) fn is_called(&self, rank: u32) -> bool {
        self.first.get(rank as usize).is_some_and(|n| *n != NONE)
    }

    /// The names that are kept.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(called: &Called, rank: u32) -> Option<Vec<&[u8]>> {
        let mut numbers = match called.call(rank) {
            Call::Always(one) => vec![one],
            Call::Either(one, more) => [&[one], more].concat(),
            Call::Unknown => return None,
        };
        numbers.sort_unstable();
        let names = numbers.iter().map(|n| called.names().name(*n));
        Some(names.collect())
    }

    #[test]
    fn one_name_or_a_few_are_known() {
        let calls = Calls::new(4);
        let (mut a, mut b) = (Seen::default(), Seen::default());
        for name in [&b"x"[..], b"y", b"x"] {
            calls.note(&mut a, 1, b"x");
            calls.note(&mut b, 2, name);
        }
        for n in 0..20u8 {
            calls.note(&mut a, 3, &[n]);
        }
        let called = calls.done();
        assert_eq!(all(&called, 0), None);
        assert_eq!(all(&called, 1), Some(vec![&b"x"[..]]));
        assert_eq!(all(&called, 2), Some(vec![&b"x"[..], b"y"]));
        assert_eq!((all(&called, 3), all(&called, 9)), (None, None));
    }
}

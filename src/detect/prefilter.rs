//! One table filter for all literals that lead to rules.
//!
//! Of every literal two neighbouring four-byte windows are entered into a hashed
//! bitmap, so that looking at every second position of the content finds every
//! occurrence exactly once. Letters are folded while hashing; a hit in the bitmap
//! is confirmed by an exact table of windows and then by the literal itself.
//! What remains are true occurrences: [`Hit`]s.

use std::borrow::Cow;
use std::ops::Range;

use super::rarity::{Model, Symbols};
use crate::rules::class::ByteSet;

/// log2 of the number of bits in the bitmap: 64 KiB, which leaves room in L1 and L2.
const BITS: u32 = 19;

/// Words of the bitmap.
const WORDS: usize = 1 << (BITS - 6);

/// Clears the bit that tells the case of ASCII letters.
const FOLD: u32 = 0xdfdf_dfdf;

/// Multiplier of the hash: odd, with well spread bits (2^32 / golden ratio).
const SPREAD: u32 = 0x9e37_79b1;

/// Windows of a literal lie between this many bytes before its start …
const MIN_DELTA: isize = -3;
/// … and this many bytes after it.
const MAX_DELTA: isize = 12;

/// The most four-byte keys that one window may expand into.
const MAX_EXPANSION: u64 = 70_000;

/// A literal to look for, with what its rule knows of the bytes around it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Literal {
    /// The literal, lower-cased when `fold` is set. Never empty.
    pub(super) bytes: Cow<'static, [u8]>,
    /// Whether ASCII case is ignored.
    pub(super) fold: bool,
    /// Classes of the bytes before it, nearest last; up to three.
    pub(super) before: Vec<ByteSet>,
    /// Classes of the bytes after it, nearest first; up to three.
    pub(super) after: Vec<ByteSet>,
}

/// An occurrence of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Offset of the literal's first byte.
    pub at: usize,
    /// Which literal, by its place in the list given to [`Prefilter::new`].
    pub literal: u32,
}

#[derive(Clone, Copy)]
struct Entry {
    literal: u32,
    /// The window starts this many bytes after the literal's start.
    delta: i8,
}

/// The filter. Built once per run from all literals of all rules.
pub(super) struct Prefilter {
    bitmap: Box<[u64; WORDS]>,
    /// Open addressing by hash: folded window and its range in `entries`.
    slots: Box<[Slot]>,
    slot_mask: usize,
    entries: Box<[Entry]>,
    literals: Vec<Literal>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    key: u32,
    first: u32,
    count: u32,
}

impl Prefilter {
    /// Builds the filter.
    pub(super) fn new(literals: Vec<Literal>) -> Self {
        let model = Model::new();
        let mut pairs: Vec<(u32, Entry)> = Vec::new();
        for (index, literal) in literals.iter().enumerate() {
            let classes = classes_around(literal);
            let offset = best_window(&model, &classes, literal.before.len());
            for window in [offset, offset + 1] {
                let delta = (window as isize - literal_start(literal) as isize) as i8;
                let entry = Entry {
                    literal: index as u32,
                    delta,
                };
                expand(&classes[window..window + 4], |key| pairs.push((key, entry)));
            }
        }
        pairs.sort_by_key(|(key, entry)| (*key, entry.literal, entry.delta));
        let slots_len = (pairs.len() * 2).next_power_of_two().max(16);
        let mut filter = Self {
            bitmap: Box::new([0; WORDS]),
            slots: vec![Slot::default(); slots_len].into(),
            slot_mask: slots_len - 1,
            entries: pairs.iter().map(|(_, entry)| *entry).collect(),
            literals,
        };
        let mut first = 0;
        for group in pairs.chunk_by(|a, b| a.0 == b.0) {
            filter.insert(Slot {
                key: group[0].0,
                first,
                count: group.len() as u32,
            });
            first += group.len() as u32;
        }
        filter
    }

    fn insert(&mut self, slot: Slot) {
        let hash = hash(slot.key);
        self.bitmap[(hash >> 6) as usize] |= 1 << (hash & 63);
        let mut at = slot.key.wrapping_mul(SPREAD) as usize >> 8 & self.slot_mask;
        while self.slots[at].count > 0 {
            at = (at + 1) & self.slot_mask;
        }
        self.slots[at] = slot;
    }

    /// The literals, in the order of their numbers.
    pub(super) fn literals(&self) -> &[Literal] {
        &self.literals
    }

    /// Appends every occurrence of a literal that starts in `range` of `bytes`,
    /// in ascending order of window, nearly that of position. Looks at most a few
    /// bytes past the range; occurrences may reach beyond it.
    pub(super) fn hits(&self, bytes: &[u8], range: Range<usize>, out: &mut Vec<Hit>) {
        let range = range.start.min(bytes.len())..range.end.min(bytes.len());
        if range.is_empty() {
            return;
        }
        let from = range.start.saturating_sub(MIN_DELTA.unsigned_abs());
        if from == 0 {
            self.head(bytes, &range, out);
        }
        // Windows that lie wholly inside the content; the last ones need padding.
        let to = (range.end + MAX_DELTA as usize + 1).min(bytes.len().saturating_sub(3));
        let mut at = from;
        const STEP: usize = 16;
        while at + STEP <= to {
            let Some(block) = bytes[at..].first_chunk::<{ STEP + 2 }>() else {
                break;
            };
            let mut hits = 0u32;
            for lane in 0..8 {
                let w = u32::from_le_bytes([
                    block[2 * lane],
                    block[2 * lane + 1],
                    block[2 * lane + 2],
                    block[2 * lane + 3],
                ]);
                hits |= (self.bit(w) as u32) << lane;
            }
            while hits != 0 {
                let lane = hits.trailing_zeros() as usize;
                hits &= hits - 1;
                self.confirm(
                    bytes,
                    at + 2 * lane,
                    window(bytes, at + 2 * lane),
                    &range,
                    out,
                );
            }
            at += STEP;
        }
        while at < to {
            let w = window(bytes, at);
            if self.bit(w) != 0 {
                self.confirm(bytes, at, w, &range, out);
            }
            at += 2;
        }
        if to + 3 >= bytes.len() {
            self.tail(bytes, at, &range, out);
        }
    }

    /// Windows that begin before the content, as if NULs stood there.
    fn head(&self, bytes: &[u8], range: &Range<usize>, out: &mut Vec<Hit>) {
        // Positions are looked at in steps of two from 0, so -2 is the only one.
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
        let w = u32::from_le_bytes([0, 0, byte(0), byte(1)]);
        if self.bit(w) != 0 {
            self.confirm_at(bytes, -2, w, range, out);
        }
    }

    /// Windows that reach past the end, as if NULs stood there.
    fn tail(&self, bytes: &[u8], from: usize, range: &Range<usize>, out: &mut Vec<Hit>) {
        let mut at = from;
        while at < bytes.len() {
            let mut padded = [0u8; 4];
            let rest = &bytes[at..bytes.len().min(at + 4)];
            padded[..rest.len()].copy_from_slice(rest);
            let w = u32::from_le_bytes(padded);
            if self.bit(w) != 0 {
                self.confirm(bytes, at, w, range, out);
            }
            at += 2;
        }
    }

    #[inline(always)]
    fn bit(&self, window: u32) -> u64 {
        let hash = hash(window & FOLD);
        self.bitmap[(hash >> 6) as usize] >> (hash & 63) & 1
    }

    #[inline(never)]
    fn confirm(
        &self,
        bytes: &[u8],
        at: usize,
        window: u32,
        range: &Range<usize>,
        out: &mut Vec<Hit>,
    ) {
        self.confirm_at(bytes, at as isize, window, range, out);
    }

    fn confirm_at(
        &self,
        bytes: &[u8],
        at: isize,
        window: u32,
        range: &Range<usize>,
        out: &mut Vec<Hit>,
    ) {
        let key = window & FOLD;
        let mut slot = key.wrapping_mul(SPREAD) as usize >> 8 & self.slot_mask;
        let found = loop {
            let candidate = self.slots[slot];
            if candidate.count == 0 {
                return;
            }
            if candidate.key == key {
                break candidate;
            }
            slot = (slot + 1) & self.slot_mask;
        };
        let entries = &self.entries[found.first as usize..(found.first + found.count) as usize];
        for entry in entries {
            let start = at - isize::from(entry.delta);
            let Ok(start) = usize::try_from(start) else {
                continue;
            };
            if range.contains(&start)
                && stands_at(&self.literals[entry.literal as usize], bytes, start)
            {
                out.push(Hit {
                    at: start,
                    literal: entry.literal,
                });
            }
        }
    }
}

#[inline(always)]
fn hash(key: u32) -> u32 {
    key.wrapping_mul(SPREAD) >> (32 - BITS)
}

#[inline(always)]
fn window(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn stands_at(literal: &Literal, bytes: &[u8], at: usize) -> bool {
    let Some(there) = bytes.get(at..at + literal.bytes.len()) else {
        return false;
    };
    if literal.fold {
        there.eq_ignore_ascii_case(&literal.bytes)
    } else {
        there == &*literal.bytes
    }
}

const ANY: ByteSet = ByteSet([u64::MAX; 4]);

/// The index of the literal's first byte in what [`classes_around`] returns.
fn literal_start(literal: &Literal) -> usize {
    literal
        .before
        .len()
        .max(usize::from(literal.bytes.len() < 4))
}

/// One class per byte: up to three before the literal, the literal, up to three
/// after it; at least five in all, so that two windows fit.
fn classes_around(literal: &Literal) -> Vec<ByteSet> {
    let mut classes = literal.before.clone();
    if classes.is_empty() && literal.bytes.len() < 4 {
        classes.push(ANY);
    }
    for &byte in literal.bytes.iter() {
        classes.push(if literal.fold {
            ByteSet::of(&[byte.to_ascii_lowercase(), byte.to_ascii_uppercase()])
        } else {
            ByteSet::of(&[byte])
        });
    }
    classes.extend_from_slice(&literal.after);
    while classes.len() < 5 {
        classes.push(ANY);
    }
    classes
}

/// Where the rarest pair of neighbouring windows starts.
fn best_window(model: &Model, classes: &[ByteSet], before: usize) -> usize {
    let last = (classes.len() - 5).min(before + MAX_DELTA as usize - 1);
    let symbols: Vec<Symbols> = classes[..last + 5].iter().map(Symbols::of).collect();
    let cost = |at: usize| {
        let keys = expansion(&classes[at..at + 4]);
        let load = if keys > MAX_EXPANSION {
            1.0
        } else {
            keys as f32 * 1e-8
        };
        model.expected(&std::array::from_fn(|i| symbols[at + i])) + load
    };
    let costs: Vec<f32> = (0..=last + 1).map(cost).collect();
    (0..=last)
        .min_by(|a, b| (costs[*a] + costs[a + 1]).total_cmp(&(costs[*b] + costs[b + 1])))
        .unwrap_or(0)
}

/// The folded values of a class.
fn folded(set: &ByteSet) -> Vec<u8> {
    let mut values: Vec<u8> = set.iter().map(|b| b & 0xdf).collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// How many folded windows the classes allow, at most: folding may join some.
fn expansion(window: &[ByteSet]) -> u64 {
    window
        .iter()
        .map(|set| u64::from(set.len().min(128)))
        .product()
}

/// Calls `emit` with every folded window that the four classes allow.
fn expand(window: &[ByteSet], mut emit: impl FnMut(u32)) {
    let values: Vec<Vec<u8>> = window.iter().map(folded).collect();
    for &a in &values[0] {
        for &b in &values[1] {
            for &c in &values[2] {
                for &d in &values[3] {
                    emit(u32::from_le_bytes([a, b, c, d]));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str, fold: bool) -> Literal {
        Literal {
            bytes: text.as_bytes().to_vec().into(),
            fold,
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    /// A small generator of reproducible noise (xorshift).
    struct Noise(u64);

    impl Noise {
        fn next(&mut self) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        }
    }

    fn plain(literals: &[Literal], bytes: &[u8], range: Range<usize>) -> Vec<Hit> {
        let mut out = Vec::new();
        for at in range {
            for (n, l) in literals.iter().enumerate() {
                if stands_at(l, bytes, at) {
                    out.push(Hit {
                        at,
                        literal: n as u32,
                    });
                }
            }
        }
        out.sort();
        out
    }

    #[test]
    fn finds_exactly_what_a_plain_search_finds() {
        let literals = vec![
            literal("abc", false),
            literal("aba", true),
            literal("abca", false),
            literal("cabbac", true),
            literal("aaaaa", false),
            literal("bcbcbcbcbcbcbcb", true),
        ];
        let filter = Prefilter::new(literals.clone());
        let mut noise = Noise(0x1234_5678_9abc_def1);
        for round in 0..2000 {
            let len = (noise.next() % 70) as usize;
            let bytes: Vec<u8> = (0..len)
                .map(|_| b"abcABC"[(noise.next() % if round % 2 == 0 { 3 } else { 6 }) as usize])
                .collect();
            let a = (noise.next() % 70) as usize;
            let b = a + (noise.next() % 70) as usize;
            for range in [0..len, a.min(len)..b.min(len)] {
                let mut found = Vec::new();
                filter.hits(&bytes, range.clone(), &mut found);
                found.sort();
                assert_eq!(
                    found,
                    plain(&literals, &bytes, range.clone()),
                    "{:?} in {range:?}",
                    bytes.escape_ascii().to_string()
                );
            }
        }
    }

    #[test]
    fn neighbouring_classes_narrow_a_short_literal() {
        let alpha = crate::rules::class::ALPHA;
        let mut short = literal("hf_", false);
        short.after = vec![alpha; 3];
        let filter = Prefilter::new(vec![short]);
        let mut found = Vec::new();
        filter.hits(b"hf_abcd xhf_abcdef", 0..18, &mut found);
        assert_eq!(found.iter().map(|h| h.at).collect::<Vec<_>>(), [0, 9]);
    }
}

//! One table filter for all literals that lead to rules.
//!
//! The content is looked at in windows of four bytes, at every second position.
//! Each window's hash selects a byte of flags in one table:
//!
//! - `SOLE`: the window alone is worth a closer look. For literals of four bytes or
//!   fewer.
//! - `FIRST`, then `SECOND` two bytes later: together they cover six bytes of a
//!   literal, which ordinary words rarely have in common with it. A second, smaller
//!   table says whether it is these two windows that belong together.
//!
//! Every literal is entered for both parities of its position, so that every
//! occurrence is seen exactly once. Letters are folded while hashing; what the flags
//! let through is confirmed by an exact table of windows and then by the literal
//! itself. What remains are true occurrences: [`Hit`]s.

use std::borrow::Cow;
use std::ops::Range;

use super::rarity::{Model, Symbols};
use crate::rules::class::ByteSet;

/// log2 of the number of flag bytes: 1 MiB.
const BITS: u32 = 20;

/// Number of flag bytes.
const TABLE: usize = 1 << BITS;

const SOLE: u8 = 1;
const FIRST: u8 = 2;
const SECOND: u8 = 4;
/// A `FIRST` window of a pair too wide for the table of pairs.
const WIDE: u8 = 8;

/// log2 of the number of bits in the table of pairs: 32 KiB.
const PAIR_BITS: u32 = 18;

/// Clears the bit that tells the case of ASCII letters.
const FOLD: u32 = 0xdfdf_dfdf;

/// Multiplier of the hash: odd, with well spread bits (2^32 / golden ratio).
const SPREAD: u32 = 0x9e37_79b1;

/// Windows of a literal begin up to this many bytes before its start …
const BEFORE: usize = 3;
/// … and up to this many bytes after it.
const AFTER: usize = 12;

/// The most pairs of windows that one literal may put into the table of pairs.
const MAX_PAIRS: u64 = 512;

/// The most four-byte keys that one window may expand into.
const MAX_EXPANSION: u64 = 20_000;

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

/// What remains of a literal when the tables are built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lead {
    /// The literal, lower-cased when `fold` is set.
    pub(super) bytes: Cow<'static, [u8]>,
    /// Whether ASCII case is ignored.
    pub(super) fold: bool,
}

/// An occurrence of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Offset of the literal's first byte.
    pub at: usize,
    /// Which literal, by its place in the list given to the prefilter.
    pub literal: u32,
}

/// The finished tables: plain numbers, so that the build script can embed those of
/// the built-in rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tables {
    /// `TABLE` bytes of flags.
    pub(super) flags: Cow<'static, [u8]>,
    /// Bitmap of pairs of windows that belong together.
    pub(super) pairs: Cow<'static, [u64]>,
    /// Open addressing by hash: folded window, and first entry (upper 24 bits) with
    /// number of entries (lower 8 bits; 0 for a free slot).
    pub(super) slots: Cow<'static, [(u32, u32)]>,
    /// What a window may be part of.
    pub(super) entries: Cow<'static, [Entry]>,
}

/// A literal that a window may be part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// The literal's number.
    pub(super) literal: u32,
    /// The window starts this many bytes after the literal.
    pub(super) delta: i8,
    /// Whether the window counts alone.
    pub(super) sole: bool,
    /// Length of the literal.
    pub(super) len: u16,
    /// Its first eight bytes, folded where it is folded …
    pub(super) head: u64,
    /// … and which bits of them count.
    pub(super) mask: u64,
}

/// Bytes of an entry in embedded form.
const ENTRY_SIZE: usize = 24;

impl Entry {
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk::<8>()?));
        let place = word(0)?;
        Some(Self {
            literal: place as u32,
            len: (place >> 32) as u16,
            delta: (place >> 48) as u8 as i8,
            sole: place >> 56 != 0,
            head: word(8)?,
            mask: word(16)?,
        })
    }

    #[allow(dead_code, reason = "called by the build script")]
    fn to_bytes(self) -> [u8; ENTRY_SIZE] {
        let place = u64::from(self.literal)
            | u64::from(self.len) << 32
            | u64::from(self.delta as u8) << 48
            | u64::from(self.sole) << 56;
        let mut out = [0; ENTRY_SIZE];
        for (chunk, word) in out.chunks_exact_mut(8).zip([place, self.head, self.mask]) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        out
    }

    fn of(literal: &Literal, number: usize, place: Place) -> Self {
        let (mut head, mut mask) = ([0u8; 8], [0u8; 8]);
        for (i, &byte) in literal.bytes.iter().take(8).enumerate() {
            mask[i] = if literal.fold && byte.is_ascii_alphabetic() {
                0xdf
            } else {
                0xff
            };
            head[i] = byte & mask[i];
        }
        Self {
            literal: number as u32,
            delta: (place.at as isize - BEFORE as isize) as i8,
            sole: place.sole,
            len: literal.bytes.len() as u16,
            head: u64::from_le_bytes(head),
            mask: u64::from_le_bytes(mask),
        }
    }
}

/// The filter. Built once per run from all literals of all rules.
pub(super) struct Prefilter {
    tables: Tables,
    leads: Cow<'static, [Lead]>,
}

impl Tables {
    /// The tables as they are embedded: everything but the flags, which are used as
    /// they are.
    #[allow(dead_code, reason = "called by the build script")]
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend((self.pairs.len() as u64).to_le_bytes());
        out.extend((self.slots.len() as u64).to_le_bytes());
        out.extend(self.pairs.iter().flat_map(|w| w.to_le_bytes()));
        out.extend(
            self.slots
                .iter()
                .flat_map(|(key, group)| (u64::from(*key) | u64::from(*group) << 32).to_le_bytes()),
        );
        out.extend(self.entries.iter().flat_map(|e| e.to_bytes()));
        out
    }

    /// The tables from their embedded form.
    pub(super) fn from_bytes(flags: &'static [u8], rest: &[u8]) -> Option<Self> {
        let words = |bytes: &[u8]| {
            bytes
                .as_chunks::<8>()
                .0
                .iter()
                .map(|w| u64::from_le_bytes(*w))
                .collect::<Vec<u64>>()
        };
        let (sizes, rest) = rest.split_at_checked(16)?;
        let sizes = words(sizes);
        let (pairs, rest) = rest.split_at_checked(8 * sizes[0] as usize)?;
        let (slots, entries) = rest.split_at_checked(8 * sizes[1] as usize)?;
        Some(Self {
            flags: flags.into(),
            pairs: words(pairs).into(),
            slots: words(slots)
                .into_iter()
                .map(|w| (w as u32, (w >> 32) as u32))
                .collect(),
            entries: entries
                .chunks_exact(ENTRY_SIZE)
                .filter_map(Entry::from_bytes)
                .collect(),
        })
    }

    /// Computes the tables for `literals`.
    pub(super) fn build(literals: &[Literal]) -> Self {
        let nothing = Self {
            flags: vec![0u8; TABLE].into(),
            pairs: vec![0u64; 1 << (PAIR_BITS - 6)].into(),
            slots: Vec::new().into(),
            entries: Vec::new().into(),
        };
        nothing.extended(literals, 0)
    }

    /// These tables with `literals` as well, the first of which has the number `from`:
    /// what building them from all literals gives, for the work that the new ones make.
    pub(super) fn extended(&self, literals: &[Literal], from: usize) -> Self {
        let model = Model::new();
        let mut flags = self.flags.to_vec();
        let mut joined = self.pairs.to_vec();
        let mut pairs: Vec<(u32, Entry)> = Vec::with_capacity(self.entries.len());
        for &(key, group) in self.slots.iter() {
            let (first, len) = ((group >> 8) as usize, (group & 0xff) as usize);
            let entries = self.entries.get(first..first + len).unwrap_or_default();
            pairs.extend(entries.iter().map(|entry| (key, *entry)));
        }
        for (index, literal) in (from..).zip(literals) {
            let classes = classes_around(literal);
            for place in best_places(&model, &classes) {
                let Place { at, sole } = place;
                let entry = Entry::of(literal, index, place);
                let wide = !sole && expansion(&classes[at..at + 6]) > MAX_PAIRS;
                let first = if sole {
                    SOLE
                } else if wide {
                    FIRST | WIDE
                } else {
                    FIRST
                };
                expand(&classes[at..at + 4], |key| {
                    flags[hash(key)] |= first;
                    pairs.push((key, entry));
                });
                if !sole {
                    expand(&classes[at + 2..at + 6], |key| flags[hash(key)] |= SECOND);
                }
                if !sole && !wide {
                    expand(&classes[at..at + 4], |first| {
                        expand(
                            &[ANY_ONE, ANY_ONE, classes[at + 4], classes[at + 5]],
                            |rest| {
                                let bit = pair_hash(u64::from(first) | u64::from(rest >> 16) << 32);
                                joined[bit >> 6] |= 1 << (bit & 63);
                            },
                        );
                    });
                }
            }
        }
        pairs.sort_unstable();
        let groups: Vec<&[(u32, Entry)]> = pairs.chunk_by(|a, b| a.0 == b.0).collect();
        let slots_len = (groups.len() * 2).next_power_of_two().max(16);
        let mut slots = vec![(0u32, 0u32); slots_len];
        let mut first = 0u32;
        for group in groups {
            // More than 255 literals on one window: the rest go into slots of their own.
            for part in group.chunks(255) {
                let mut at = slot_of(part[0].0) & (slots_len - 1);
                while slots[at].1 & 0xff > 0 {
                    at = (at + 1) & (slots_len - 1);
                }
                slots[at] = (part[0].0, first << 8 | part.len() as u32);
                first += part.len() as u32;
            }
        }
        Self {
            flags: flags.into(),
            pairs: joined.into(),
            slots: slots.into(),
            entries: pairs.into_iter().map(|(_, entry)| entry).collect(),
        }
    }
}

impl Prefilter {
    /// A filter for `literals`.
    pub(super) fn new(literals: Vec<Literal>) -> Self {
        let tables = Tables::build(&literals);
        let leads = literals
            .into_iter()
            .map(|l| Lead {
                bytes: l.bytes,
                fold: l.fold,
            })
            .collect();
        Self { tables, leads }
    }

    /// This filter for further literals as well, numbered after those it has.
    pub(super) fn extended(&self, literals: Vec<Literal>) -> Self {
        let tables = self.tables.extended(&literals, self.leads.len());
        let mut leads = self.leads.to_vec();
        leads.extend(literals.into_iter().map(|l| Lead {
            bytes: l.bytes,
            fold: l.fold,
        }));
        Self {
            tables,
            leads: leads.into(),
        }
    }

    /// A filter whose tables were built before, from just these literals.
    pub(super) fn prebuilt(leads: Cow<'static, [Lead]>, tables: Tables) -> Self {
        Self { tables, leads }
    }

    /// The literals, in the order of their numbers.
    pub(super) fn leads(&self) -> &[Lead] {
        &self.leads
    }

    /// Appends every occurrence of a literal that starts in `range` of `bytes`,
    /// nearly in order. Looks at most a few bytes past the range; occurrences may
    /// reach beyond it.
    pub(super) fn hits(&self, bytes: &[u8], range: Range<usize>, out: &mut Vec<Hit>) {
        let range = range.start.min(bytes.len())..range.end.min(bytes.len());
        let Some(flags) = self.tables.flags.first_chunk::<TABLE>() else {
            return;
        };
        if range.is_empty() {
            return;
        }
        let mut scan = Scan {
            filter: self,
            flags,
            bytes,
            range: &range,
            out,
            carried: 0,
        };
        // Windows may begin before the content, as if NULs stood there; the parity of
        // the first one is that of all.
        let mut at = range.start as isize - BEFORE as isize;
        if at < 0 {
            at = -2;
            scan.one(at);
            at = 0;
        }
        let mut at = at as usize;
        let to = (range.end + AFTER + 4).min(bytes.len());
        while at < to {
            match bytes[at..].first_chunk::<{ STEP + 2 }>() {
                Some(block) => {
                    scan.block(block, at);
                    at += STEP;
                }
                None => {
                    scan.one(at as isize);
                    at += 2;
                }
            }
        }
    }
}

/// Bytes that one step of the main loop moves on: eight windows.
const STEP: usize = 16;

struct Scan<'a> {
    filter: &'a Prefilter,
    flags: &'a [u8; TABLE],
    bytes: &'a [u8],
    range: &'a Range<usize>,
    out: &'a mut Vec<Hit>,
    /// The flags of the window two bytes before the next one.
    carried: u8,
}

impl Scan<'_> {
    /// Looks at the eight windows that begin at even places of `block`.
    #[inline(always)]
    fn block(&mut self, block: &[u8; STEP + 2], at: usize) {
        let mut flags = 0u64;
        for lane in 0..8 {
            let w = u32::from_le_bytes([
                block[2 * lane],
                block[2 * lane + 1],
                block[2 * lane + 2],
                block[2 * lane + 3],
            ]);
            flags |= u64::from(self.flags[hash(w & FOLD)]) << (8 * lane);
        }
        const LANES: u64 = 0x0101_0101_0101_0101;
        let before = flags << 8 | u64::from(self.carried);
        self.carried = (flags >> 56) as u8;
        let sole = flags & (LANES * SOLE as u64);
        // SECOND is the bit above FIRST.
        let pair = before & (flags >> 1) & (LANES * FIRST as u64);
        if sole | pair != 0 {
            self.look(sole, pair, at);
        }
    }

    #[inline(never)]
    fn look(&mut self, sole: u64, pair: u64, at: usize) {
        let mut lanes = sole | pair;
        while lanes != 0 {
            let lane = lanes.trailing_zeros() / 8;
            lanes &= !(0xff << (8 * lane));
            let here = at as isize + 2 * lane as isize;
            if pair >> (8 * lane) & 0xff != 0 {
                self.pair(here - 2);
            }
            if sole >> (8 * lane) & 0xff != 0 {
                self.confirm(here, true);
            }
        }
    }

    /// Looks at one window, which may reach beyond the content on either side.
    fn one(&mut self, at: isize) {
        let flags = self.flags[hash(self.window(at))];
        if flags & SECOND != 0 && self.carried & FIRST != 0 {
            self.pair(at - 2);
        }
        if flags & SOLE != 0 {
            self.confirm(at, true);
        }
        self.carried = flags;
    }

    /// The folded window at `at`; NULs stand beyond the content.
    fn window(&self, at: isize) -> u32 {
        let byte = |i: isize| {
            usize::try_from(at + i)
                .ok()
                .and_then(|i| self.bytes.get(i))
                .copied()
                .unwrap_or(0)
        };
        u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)]) & FOLD
    }

    /// Confirms a pair whose first window is at `at`, if the two belong together.
    fn pair(&mut self, at: isize) {
        let first = self.window(at);
        let both = u64::from(first) | u64::from(self.window(at + 2) >> 16) << 32;
        let bit = pair_hash(both);
        let known = self
            .filter
            .tables
            .pairs
            .get(bit >> 6)
            .is_some_and(|w| w >> (bit & 63) & 1 != 0);
        if known || self.flags[hash(first)] & WIDE != 0 {
            self.confirm(at, false);
        }
    }

    /// Emits the literals that really stand where the window at `at` says.
    fn confirm(&mut self, at: isize, sole: bool) {
        let key = self.window(at);
        let tables = &self.filter.tables;
        let mask = tables.slots.len() - 1;
        let mut slot = slot_of(key) & mask;
        loop {
            let (known, group) = tables.slots[slot];
            let (first, count) = ((group >> 8) as usize, (group & 0xff) as usize);
            if count == 0 {
                return;
            }
            if known == key {
                for entry in &tables.entries[first..first + count] {
                    if entry.sole == sole {
                        self.compare(at - isize::from(entry.delta), entry);
                    }
                }
                if count < 255 {
                    return;
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    #[inline(always)]
    fn compare(&mut self, start: isize, entry: &Entry) {
        let Ok(start) = usize::try_from(start) else {
            return;
        };
        let rest = self.bytes.get(start..).unwrap_or(&[]);
        let head = match rest.first_chunk::<8>() {
            Some(head) => u64::from_le_bytes(*head),
            None if rest.len() >= usize::from(entry.len) => rest
                .iter()
                .rev()
                .fold(0, |acc, byte| acc << 8 | u64::from(*byte)),
            None => return,
        };
        if head & entry.mask != entry.head || !self.range.contains(&start) {
            return;
        }
        let whole = entry.len <= 8
            || stands_at(
                &self.filter.leads[entry.literal as usize],
                self.bytes,
                start,
            );
        if whole {
            self.out.push(Hit {
                at: start,
                literal: entry.literal,
            });
        }
    }
}

#[inline(always)]
fn hash(key: u32) -> usize {
    (key.wrapping_mul(SPREAD) >> (32 - BITS)) as usize
}

/// Where six folded bytes stand in the table of pairs.
fn pair_hash(both: u64) -> usize {
    (both.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - PAIR_BITS)) as usize
}

fn slot_of(key: u32) -> usize {
    (key.wrapping_mul(SPREAD) >> 8) as usize
}

fn stands_at(literal: &Lead, bytes: &[u8], at: usize) -> bool {
    let Some(there) = bytes.get(at..at + literal.bytes.len()) else {
        return false;
    };
    if literal.fold {
        there.eq_ignore_ascii_case(&literal.bytes)
    } else {
        there == &*literal.bytes
    }
}

/// Stands where any single byte would do.
const ANY_ONE: ByteSet = ByteSet([1, 0, 0, 0]);

const ANY: ByteSet = ByteSet([u64::MAX; 4]);

/// One class per byte: three before the literal, the literal, three after it.
fn classes_around(literal: &Literal) -> Vec<ByteSet> {
    let mut classes = vec![ANY; BEFORE - literal.before.len().min(BEFORE)];
    classes.extend(literal.before.iter().rev().take(BEFORE).rev());
    for &byte in literal.bytes.iter() {
        classes.push(if literal.fold {
            ByteSet::of(&[byte.to_ascii_lowercase(), byte.to_ascii_uppercase()])
        } else {
            ByteSet::of(&[byte])
        });
    }
    classes.extend(literal.after.iter().take(3));
    classes.extend(std::iter::repeat_n(ANY, 3 - literal.after.len().min(3)));
    classes
}

/// Where a literal's window, or pair of windows, is for one parity of its position.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    /// Index of the window in the literal's classes.
    at: usize,
    /// Whether the window alone counts.
    sole: bool,
}

/// For either parity the place whose windows let the least through.
fn best_places(model: &Model, classes: &[ByteSet]) -> [Place; 2] {
    let symbols: Vec<Symbols> = classes.iter().map(Symbols::of).collect();
    let keys = |at: usize| expansion(&classes[at..at + 4]);
    let last = (classes.len() - 4).min(BEFORE + AFTER - 1);
    [0, 1].map(|parity| {
        let mut best = (
            f32::INFINITY,
            Place {
                at: parity,
                sole: true,
            },
        );
        for at in (parity..=last).step_by(2) {
            let mut consider = |sole: bool, width: usize, keys: u64, each: f32| {
                // What a key costs by colliding: a sole one with any window, a paired
                // one only beside another.
                let load = keys as f32 * each;
                if keys > MAX_EXPANSION || load >= best.0 {
                    return;
                }
                // Words are commoner than pairs of letters tell, which hits sole windows most.
                let weight = if sole { 20.0 } else { 1.0 };
                let cost = model.expected(&symbols[at..at + width]) * weight + load;
                if cost < best.0 {
                    best = (cost, Place { at, sole });
                }
            };
            consider(true, 4, keys(at), 4e-6);
            if at + 6 <= classes.len() {
                consider(false, 6, keys(at).saturating_add(keys(at + 2)), 6e-7);
            }
        }
        best.1
    })
}

/// The folded values of a class.
fn folded(set: &ByteSet) -> Vec<u8> {
    let mut values: Vec<u8> = set.iter().map(|b| b & 0xdf).collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// How many folded windows the classes allow.
fn expansion(window: &[ByteSet]) -> u64 {
    let folded = |w: &u64| u64::from(((w | w >> 32) as u32).count_ones());
    window
        .iter()
        .map(|set| set.0.iter().map(folded).sum::<u64>())
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

    fn filter_of(literals: Vec<Literal>) -> Prefilter {
        Prefilter::new(literals)
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
                if stands_at(
                    &Lead {
                        bytes: l.bytes.clone(),
                        fold: l.fold,
                    },
                    bytes,
                    at,
                ) {
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
        let filter = filter_of(literals.clone());
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
        let filter = filter_of(vec![short]);
        let mut found = Vec::new();
        filter.hits(b"hf_abcd xhf_abcdef", 0..18, &mut found);
        assert_eq!(found.iter().map(|h| h.at).collect::<Vec<_>>(), [0, 9]);
    }
}

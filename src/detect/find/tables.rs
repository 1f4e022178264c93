//! Builds the prefilter's tables out of literals, and reads and writes their embedded form.
//! `prefilter` searches content with them.
//!
//! The build script compiles this file as well
//! and embeds the tables of the built-in rules.

use std::borrow::Cow;

use super::codes::{TABLE, flag_index};
use super::literal::Literal;
use super::rarity::Model;
use super::windows::{BEFORE, Place, best_places, classes_around, expand, is_wide};
use crate::rules::class::ByteSet;

/// Flag of a window that deserves a look by itself.
pub(super) const SOLE: u8 = 1;
/// Flag of a first window whose pair is too wide for the table of pairs, which has its middle.
pub(super) const WIDE: u8 = 2;
/// Flag of the first window of a pair of group 0. Each further group is two bits higher.
pub(super) const FIRST: u8 = 4;
/// Flag of the second window of a pair of group 0, two bytes later; the bit above that of the
/// first one.
pub(super) const SECOND: u8 = 8;
/// Flags of the first windows of all groups.
pub(super) const FIRSTS: u8 = FIRST | FIRST << 2 | FIRST << 4;

/// log2 of the number of bits in the table of pairs: 32 KiB.
const PAIR_BITS: u32 = 18;

/// log2 of the number of bits in the table of keys: 64 KiB.
const KEY_BITS: u32 = 19;

/// The finished tables. All are arrays of little-endian bytes, so that a program uses the embedded
/// ones where they are: no start pays for decoding two megabytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tables {
    /// `TABLE` bytes of flags.
    pub(super) flags: Cow<'static, [u8]>,
    /// Bitmap of pairs of windows that belong together.
    pairs: Cow<'static, [Word]>,
    /// Bitmap of the windows that have a slot: most of those that share a flag have none, and the
    /// slots are too many for a small cache.
    keys: Cow<'static, [Word]>,
    /// Open addressing by hash: folded window (lower half), and first entry (upper 24 bits) with
    /// number of entries (8 bits; 0 for a free slot).
    slots: Cow<'static, [Word]>,
    /// The literals that a window may be part of.
    entries: Cow<'static, [EntryBytes]>,
}

/// A number in embedded form.
type Word = [u8; 8];

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
    /// Its first eight bytes, folded if the literal ignores case …
    pub(super) head: u64,
    /// … and which bits of them count.
    pub(super) mask: u64,
}

/// An entry in embedded form: place, head and mask.
type EntryBytes = [Word; 3];

impl Entry {
    #[inline(always)]
    fn from_bytes([place, head, mask]: &EntryBytes) -> Self {
        let place = u64::from_le_bytes(*place);
        Self {
            literal: place as u32,
            len: (place >> 32) as u16,
            delta: (place >> 48) as u8 as i8,
            sole: place >> 56 != 0,
            head: u64::from_le_bytes(*head),
            mask: u64::from_le_bytes(*mask),
        }
    }

    fn to_bytes(self) -> EntryBytes {
        let place = u64::from(self.literal)
            | u64::from(self.len) << 32
            | u64::from(self.delta as u8) << 48
            | u64::from(self.sole) << 56;
        [place, self.head, self.mask].map(u64::to_le_bytes)
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

/// Stands where any single byte would do.
const ANY_ONE: ByteSet = ByteSet([1, 0, 0, 0]);

impl Tables {
    /// The embedded form of everything but the flags, which are embedded as they are.
    #[allow(dead_code, reason = "called by the build script")]
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend((self.pairs.len() as u64).to_le_bytes());
        out.extend((self.keys.len() as u64).to_le_bytes());
        out.extend((self.slots.len() as u64).to_le_bytes());
        out.extend(self.pairs.as_flattened());
        out.extend(self.keys.as_flattened());
        out.extend(self.slots.as_flattened());
        out.extend(self.entries.as_flattened().as_flattened());
        out
    }

    /// Uses the embedded form where it is.
    #[allow(dead_code, reason = "the build script does not call it")]
    pub(super) fn from_bytes(flags: &'static [u8], rest: &'static [u8]) -> Option<Self> {
        let (sizes, rest) = rest.split_at_checked(24)?;
        let size = |of: usize| Some(u64::from_le_bytes(*sizes.as_chunks().0.get(of)?) as usize);
        let (pairs, rest) = rest.split_at_checked(8 * size(0)?)?;
        let (keys, rest) = rest.split_at_checked(8 * size(1)?)?;
        let (slots, entries) = rest.split_at_checked(8 * size(2)?)?;
        Some(Self {
            flags: flags.into(),
            pairs: pairs.as_chunks().0.into(),
            keys: keys.as_chunks().0.into(),
            slots: slots.as_chunks().0.into(),
            entries: entries.as_chunks().0.as_chunks().0.into(),
        })
    }

    /// The bitmaps; None if there are no literals.
    pub(super) fn bitmaps(&self) -> Option<Bitmaps<'_>> {
        Some(Bitmaps {
            pairs: self.pairs.first_chunk()?,
            keys: self.keys.first_chunk()?,
        })
    }

    /// The number of slots, a power of two.
    #[inline(always)]
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// The window of a slot, and its entries (no entry: the slot is free).
    #[inline(always)]
    pub(super) fn slot(&self, slot: usize) -> (u32, std::ops::Range<usize>) {
        let word = u64::from_le_bytes(self.slots[slot]);
        let (first, len) = ((word >> 40) as usize, (word >> 32 & 0xff) as usize);
        (word as u32, first..first + len)
    }

    /// The entry `number`, or any if there are not so many.
    #[inline(always)]
    pub(super) fn entry(&self, number: usize) -> Entry {
        const NONE: &EntryBytes = &[[0; 8]; 3];
        Entry::from_bytes(self.entries.get(number).unwrap_or(NONE))
    }

    /// The entries of a slot.
    #[inline(always)]
    pub(super) fn entries(&self, of: std::ops::Range<usize>) -> impl Iterator<Item = Entry> {
        self.entries[of].iter().map(Entry::from_bytes)
    }

    /// Computes the tables for `literals`.
    pub(super) fn build(literals: &[Literal]) -> Self {
        let nothing = Self {
            flags: vec![0u8; TABLE].into(),
            pairs: vec![[0; 8]; 1 << (PAIR_BITS - 6)].into(),
            keys: vec![[0; 8]; 1 << (KEY_BITS - 6)].into(),
            slots: Vec::new().into(),
            entries: Vec::new().into(),
        };
        nothing.extended(literals, 0)
    }

    /// These tables and `literals`, the first of which gets the number `from`. The result
    /// is that of building all literals at once; the work is that of the new ones.
    pub(super) fn extended(&self, literals: &[Literal], from: usize) -> Self {
        let model = Model::new();
        let mut flags = self.flags.to_vec();
        let mut joined: Vec<u64> = self.pairs.iter().map(|w| u64::from_le_bytes(*w)).collect();
        let mut pairs: Vec<(u32, Entry)> = Vec::with_capacity(self.entries.len());
        for (key, entries) in (0..self.slots()).map(|slot| self.slot(slot)) {
            pairs.extend(self.entries(entries).map(|entry| (key, entry)));
        }
        for (index, literal) in (from..).zip(literals) {
            let classes = classes_around(literal);
            for place in best_places(&model, &classes) {
                let Place { at, sole, group } = place;
                let entry = Entry::of(literal, index, place);
                let wide = !sole && is_wide(&classes[at..at + 6]);
                let first = if sole {
                    SOLE
                } else if wide {
                    FIRST << (2 * group) | WIDE
                } else {
                    FIRST << (2 * group)
                };
                expand(&classes[at..at + 4], |key| {
                    flags[flag_index(key)] |= first;
                    pairs.push((key, entry));
                });
                if !sole {
                    let second = SECOND << (2 * group);
                    expand(&classes[at + 2..at + 6], |key| {
                        flags[flag_index(key)] |= second
                    });
                }
                if wide {
                    expand(&classes[at + 1..at + 5], |middle| {
                        let bit = middle_hash(u64::from(middle) << 8);
                        joined[bit >> 6] |= 1 << (bit & 63);
                    });
                } else if !sole {
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
        let mut keys: Vec<u64> = self.keys.iter().map(|w| u64::from_le_bytes(*w)).collect();
        for (key, entry) in &pairs {
            let bit = key_hash(*key, entry.sole);
            keys[bit >> 6] |= 1 << (bit & 63);
        }
        let groups: Vec<&[(u32, Entry)]> = pairs.chunk_by(|a, b| a.0 == b.0).collect();
        let slots_len = (groups.len() * 3 / 2).next_power_of_two().max(16);
        let mut slots = vec![(0u32, 0u32); slots_len];
        let mut first = 0u32;
        for group in groups {
            // A slot counts up to 255 literals; further ones get slots of their own.
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
            pairs: joined.into_iter().map(u64::to_le_bytes).collect(),
            keys: keys.into_iter().map(u64::to_le_bytes).collect(),
            slots: slots
                .into_iter()
                .map(|(key, group)| (u64::from(key) | u64::from(group) << 32).to_le_bytes())
                .collect(),
            entries: pairs.into_iter().map(|(_, e)| e.to_bytes()).collect(),
        }
    }
}

/// What tells most of the windows whose flags are set from those of a literal.
#[derive(Clone, Copy)]
pub(super) struct Bitmaps<'a> {
    pairs: &'a [Word; 1 << (PAIR_BITS - 6)],
    keys: &'a [Word; 1 << (KEY_BITS - 6)],
}

impl Bitmaps<'_> {
    /// Whether two windows, six bytes together, may belong together. No pair that is too wide does.
    #[inline(always)]
    pub(super) fn may_be_pair(self, both: u64) -> bool {
        has_bit(self.pairs, pair_hash(both))
    }

    /// Whether the middle of two windows may be that of a pair that is too wide for the other test.
    #[inline(always)]
    pub(super) fn may_be_wide_pair(self, both: u64) -> bool {
        has_bit(self.pairs, middle_hash(both))
    }

    /// Whether a window may have a slot: by itself, or as the first one of a pair.
    #[inline(always)]
    pub(super) fn may_have_slot(self, key: u32, sole: bool) -> bool {
        has_bit(self.keys, key_hash(key, sole))
    }
}

#[inline(always)]
fn has_bit<const N: usize>(words: &[Word; N], bit: usize) -> bool {
    u64::from_le_bytes(words[(bit >> 6) % N]) >> (bit & 63) & 1 != 0
}

/// Where six folded bytes stand in the table of pairs.
fn pair_hash(both: u64) -> usize {
    (both.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - PAIR_BITS)) as usize
}

/// Where the middle four of six folded bytes stand in the table of pairs.
fn middle_hash(both: u64) -> usize {
    const MIDDLE: u64 = 0x00ff_ffff_ff00;
    ((both & MIDDLE).wrapping_mul(0xff51_afd7_ed55_8ccd) >> (64 - PAIR_BITS)) as usize
}

/// Where a window stands in the table of keys: another product than that of its slot. Windows that
/// count alone stand elsewhere than the first ones of pairs.
fn key_hash(key: u32, sole: bool) -> usize {
    let key = u64::from(key) | u64::from(sole) << 32;
    (key.wrapping_mul(0xff51_afd7_ed55_8ccd) >> (64 - KEY_BITS)) as usize
}

/// Where a window stands in the table of slots, as many bits as that has. Windows of one literal
/// may differ in their last byte only, which a product of 32 bits would not spread.
pub(super) fn slot_of(key: u32) -> usize {
    (u64::from(key).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize
}

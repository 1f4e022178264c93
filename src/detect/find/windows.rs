//! Chooses the windows of a literal that the prefilter looks for: one window of four bytes,
//! or two that overlap and cover six, for each parity of the literal's position. The best
//! choice lets the least of ordinary code through, which `rarity` estimates.
//!
//! The build script compiles this file as well.

use super::literal::Literal;
use super::rarity::{Model, Symbols};
use crate::rules::class::ByteSet;

/// Clears the bit that tells the case of ASCII letters.
pub(super) const FOLD: u32 = 0xdfdf_dfdf;

/// Windows of a literal begin up to this many bytes before its start …
pub(super) const BEFORE: usize = 3;
/// … and up to this many bytes after it.
pub(super) const AFTER: usize = 12;

/// The most four-byte keys that one window may expand into.
const MAX_EXPANSION: u64 = 20_000;

/// The class of a byte of which nothing is known.
const ANY: ByteSet = ByteSet([u64::MAX; 4]);

/// One class for each byte of the literal and of the three bytes on either side of it.
pub(super) fn classes_around(literal: &Literal) -> Vec<ByteSet> {
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

/// The window, or pair of windows, that stands for a literal at one parity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// Index of the window in the literal's classes.
    pub(super) at: usize,
    /// Whether one window is enough.
    pub(super) sole: bool,
    /// The group of a pair, from 0 to 2. Two windows of one group count as a pair, even those of
    /// two literals. So a group has few pairs in text if the first windows in it are rare, or the
    /// second ones.
    pub(super) group: u8,
}

/// By how much the first window of a pair has to be commoner than the second one, for a group
/// beyond the first one, and beyond the second. Each group then lets about the same through.
const SHARES: [f32; 2] = [0.1, 2.0];

/// What a window costs that only shares flags with one of a literal, as a part of what one costs that
/// looks like the literal.
const ALIAS: f32 = 0.2;

/// How much of ordinary text a key adds to what a flag lets through, as one of 2^20 flags.
const KEY: f32 = 1e-6;

/// For each parity the place whose windows let the least through.
pub(super) fn best_places(model: &Model, classes: &[ByteSet]) -> [Place; 2] {
    let symbols: Vec<Symbols> = classes.iter().map(Symbols::of).collect();
    let aliases: Vec<Symbols> = symbols.iter().map(|class| class.with_aliases()).collect();
    let keys = |at: usize| expansion(&classes[at..at + 4]);
    let last = (classes.len() - 4).min(BEFORE + AFTER - 1);
    [0, 1].map(|parity| {
        let mut best = (
            f32::INFINITY,
            Place {
                at: parity,
                sole: true,
                group: 0,
            },
        );
        for at in (parity..=last).step_by(2) {
            let mut consider = |sole: bool, width: usize, keys: u64, each: f32| {
                // What a key costs when it collides: a sole key collides with any window, a
                // key of a pair only next to another one.
                let load = keys as f32 * each;
                if keys > MAX_EXPANSION || load >= best.0 {
                    return;
                }
                // Words are commoner than the model of letter pairs knows. That hits sole
                // windows most.
                let weight = if sole { 10.0 } else { 1.0 };
                let alike = model.expected(&symbols[at..at + width]);
                let shared = model.expected(&aliases[at..at + width]);
                let cost = (alike + shared * ALIAS) * weight + load;
                if cost < best.0 {
                    let group = 0;
                    best = (cost, Place { at, sole, group });
                }
            };
            consider(true, 4, keys(at), 4.0 * KEY);
            if at + 6 <= classes.len() {
                consider(false, 6, keys(at).saturating_add(keys(at + 2)), 0.3 * KEY);
            }
        }
        let mut place = best.1;
        if !place.sole {
            let common = |at: usize| model.expected(&symbols[at..at + 4]) + keys(at) as f32 * KEY;
            let share = common(place.at) / common(place.at + 2);
            place.group = SHARES.iter().filter(|from| share >= **from).count() as u8;
        }
        place
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
pub(super) fn expansion(window: &[ByteSet]) -> u64 {
    let folded = |w: &u64| u64::from(((w | w >> 32) as u32).count_ones());
    window
        .iter()
        .map(|set| set.0.iter().map(folded).sum::<u64>())
        .product()
}

/// Calls `emit` with every folded window that the four classes allow.
pub(super) fn expand(window: &[ByteSet], mut emit: impl FnMut(u32)) {
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

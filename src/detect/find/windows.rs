//! Chooses the windows of a literal that the prefilter looks for: one window of four bytes,
//! or two that overlap and cover six, for each parity of the literal's position. The best
//! choice lets the least of ordinary code through, which `rarity` estimates.
//!
//! The build script compiles this file as well.

use super::literal::Literal;
use super::rarity::Model;
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
const SHARES: [f32; 2] = [0.2, 3.0];

/// What a sole window costs, as a multiple of a pair: more of them belong to no literal.
const SOLE: f32 = 2.0;

/// How much of ordinary text a key of a sole window or of a pair costs, for the place that it takes.
const KEYS: [f32; 2] = [1.2e-6, 0.1e-6];

/// The most pairs of windows that one literal may put into the table of pairs.
const MAX_PAIRS: u64 = 512;

/// The same for the middles of wide pairs.
const MAX_MIDDLES: u64 = 2_048;

/// Whether the classes of a pair allow too much for the table of pairs.
pub(super) fn is_wide(pair: &[ByteSet]) -> bool {
    expansion(pair) > MAX_PAIRS
}

/// For each parity the place whose windows let the least through.
pub(super) fn best_places(model: &Model, classes: &[ByteSet]) -> [Place; 2] {
    let keys = |at: usize| expansion(&classes[at..at + 4]);
    let last = (classes.len() - 4).min(BEFORE + AFTER - 1);
    let window = |at: usize| model.window(classes[at..].first_chunk()?);
    let pair = |at: usize| {
        let six: &[ByteSet; 6] = classes[at..].first_chunk()?;
        let fits = !is_wide(six) || expansion(&six[1..5]) <= MAX_MIDDLES;
        fits.then(|| model.pair(six))?
    };
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
            let mut consider =
                |sole: bool, keys: u64, each: f32, common: &dyn Fn() -> Option<f32>| {
                    let load = keys as f32 * each;
                    if keys > MAX_EXPANSION || load >= best.0 {
                        return;
                    }
                    if let Some(common) = common()
                        && common + load < best.0
                    {
                        let group = 0;
                        best = (common + load, Place { at, sole, group });
                    }
                };
            let [of_sole, of_pair] = KEYS;
            consider(true, keys(at), of_sole, &|| Some(window(at)? * SOLE));
            if at + 6 <= classes.len() {
                let keys = keys(at).saturating_add(keys(at + 2));
                consider(false, keys, of_pair, &|| pair(at));
            }
        }
        let mut place = best.1;
        if !place.sole {
            let common = |at: usize| window(at).unwrap_or(1.0);
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

//! The windows of many values, and how to find them in a text.
//!
//! A window is six bytes in a row. Up to some millions are kept exactly. More are kept as
//! a Bloom filter of fixed size, which finds every one of them, and by chance others: what
//! does not fit is masked too often, never too rarely.

use std::sync::Arc;

use super::Level;

/// No run of this many bytes of a secret may appear.
pub(super) const WINDOW: usize = 6;

/// The bits of a Bloom filter: 32 MiB.
const BLOOM: u64 = 1 << 28;

/// Multipliers that spread a window over a table: the golden ratio, and one of MurmurHash.
const SPREAD: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xc2b2_ae3d_27d4_eb4f];

/// A window as a number. [`next`] has the one behind it.
#[inline]
pub(super) fn packed(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, b| sum << 8 | u64::from(*b))
}

/// The window that ends with `byte`, behind the `last` one.
#[inline]
pub(super) fn next(last: u64, byte: u8) -> u64 {
    const MASK: u64 = (1 << BITS) - 1;
    (last << 8 | u64::from(byte)) & MASK
}

/// Bits at hashed positions; their number is a power of two.
#[derive(Clone)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    fn new(bits: u64) -> Self {
        Bits(vec![0; (bits.max(64) / 64) as usize])
    }

    #[inline]
    fn place(&self, key: u64, spread: u64) -> (usize, u64) {
        let bits = self.0.len() as u64 * 64;
        let at = (key.wrapping_mul(spread) >> 20) & (bits - 1);
        ((at / 64) as usize, 1 << (at % 64))
    }

    fn set(&mut self, key: u64, spread: u64) {
        let (word, bit) = self.place(key, spread);
        self.0[word] |= bit;
    }

    #[inline]
    fn has(&self, key: u64, spread: u64) -> bool {
        let (word, bit) = self.place(key, spread);
        self.0[word] & bit != 0
    }
}

/// Windows of any number in constant memory.
#[derive(Clone)]
pub(super) struct Bloom(Bits);

impl Bloom {
    pub(super) fn new() -> Self {
        Bloom(Bits::new(BLOOM))
    }

    pub(super) fn add(&mut self, key: u64) {
        SPREAD.iter().for_each(|spread| self.0.set(key, *spread));
    }

    #[inline]
    pub(super) fn has(&self, key: u64) -> bool {
        SPREAD.iter().all(|spread| self.0.has(key, *spread))
    }
}

/// A set of windows, each with its level.
pub(super) enum Windows {
    Exact(Set),
    /// All of them count as [`Level::Sure`].
    Bloom(Arc<Bloom>),
}

/// Windows, sorted by hash. Most questions are for windows that are not in it.
pub(super) struct Set {
    /// Answers most questions: three bits for each window, all in one word.
    filter: Vec<u64>,
    keys: Vec<Key>,
    /// Where the keys of each range of hashes start; one more at the end.
    starts: Vec<u32>,
}

/// The hash of a window and its level as one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u64);

impl Key {
    #[inline]
    pub(super) fn new(window: u64, level: Level) -> Self {
        Key(hash(window) << 2 | level as u64)
    }

    #[inline]
    fn hash(self) -> u64 {
        self.0 >> 2
    }

    fn level(self) -> Level {
        Level::of(self.0 & 3)
    }
}

/// The bits of a window.
const BITS: u32 = 8 * WINDOW as u32;

impl Set {
    /// How many keys a word of the filter, and a range of hashes, has on average, at most.
    const PER_WORD: usize = 8;

    /// Collects windows. If one occurs twice, its highest level counts.
    fn new(mut keys: Vec<Key>) -> Self {
        sort(&mut keys);
        keys.dedup_by(|next, kept| {
            let same = next.hash() == kept.hash();
            if same {
                *kept = *next;
            }
            same
        });
        let words = keys.len().div_ceil(Self::PER_WORD).next_power_of_two();
        let mut set = Set {
            filter: vec![0; words],
            starts: vec![0; words + 1],
            keys,
        };
        for at in 0..set.keys.len() {
            let hash = set.keys[at].hash();
            let word = set.word(hash);
            set.filter[word] |= bits(hash);
            set.starts[word + 1] = at as u32 + 1;
        }
        for word in 1..=words {
            set.starts[word] = set.starts[word].max(set.starts[word - 1]);
        }
        set
    }

    /// Returns the word of the filter for a hash, which is the number of its range, too.
    #[inline]
    fn word(&self, hash: u64) -> usize {
        (hash >> (BITS - self.filter.len().trailing_zeros())) as usize
    }

    #[inline]
    fn level(&self, key: u64) -> Option<Level> {
        let hash = hash(key);
        let word = self.word(hash);
        let bits = bits(hash);
        if self.filter[word] & bits != bits {
            return None;
        }
        let range = self.starts[word] as usize..self.starts[word + 1] as usize;
        let known = self.keys[range].iter().find(|known| known.hash() == hash)?;
        Some(known.level())
    }
}

/// Sorts hashes with levels. Hashes are spread evenly, so that those with the same first bits are
/// few.
fn sort(keys: &mut Vec<Key>) {
    /// As many as take 8 MiB. More are sorted where they stand.
    const MOST: usize = 1 << 20;
    const LEAST: usize = 64;
    if !(LEAST..=MOST).contains(&keys.len()) {
        return keys.sort_unstable();
    }
    let ranges = keys.len().div_ceil(Set::PER_WORD).next_power_of_two();
    let range = |key: Key| (key.hash() >> (BITS - ranges.trailing_zeros())) as usize;
    // Where each range ends, and later where it starts.
    let mut places = vec![0u32; ranges];
    keys.iter().for_each(|key| places[range(*key)] += 1);
    let mut sum = 0;
    for place in &mut places {
        sum += *place;
        *place = sum;
    }
    let mut sorted = vec![Key(0); keys.len()];
    for key in keys.iter() {
        let place = &mut places[range(*key)];
        *place -= 1;
        sorted[*place as usize] = *key;
    }
    let ends = places.iter().skip(1).copied().chain([sum]);
    for (start, end) in places.iter().zip(ends) {
        sorted[*start as usize..end as usize].sort_unstable();
    }
    *keys = sorted;
}

/// Spreads windows over all numbers of as many bits. Different windows stay different.
#[inline]
fn hash(key: u64) -> u64 {
    const MASK: u64 = (1 << BITS) - 1;
    let half = (key ^ key >> (BITS / 2)).wrapping_mul(SPREAD[0]) & MASK;
    (half ^ half >> (BITS / 2)).wrapping_mul(SPREAD[1]) & MASK
}

/// Returns three bits of a word for a hash.
#[inline]
fn bits(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63)
}

impl Windows {
    /// Creates the set of `keys`. If a window occurs twice, its highest level counts.
    pub(super) fn new(keys: Vec<Key>) -> Self {
        Windows::Exact(Set::new(keys))
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Windows::Exact(set) if set.keys.is_empty())
    }

    /// Returns the level of a window, or None if it is not in the set.
    #[inline]
    pub(super) fn level(&self, key: u64) -> Option<Level> {
        match self {
            Windows::Exact(set) => set.level(key),
            Windows::Bloom(bloom) => bloom.has(key).then_some(Level::Sure),
        }
    }
}

impl Default for Windows {
    fn default() -> Self {
        Windows::new(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_its_highest_level() {
        let of = |text: &[u8]| packed(text);
        let all = [
            (of(b"secret"), Level::Word),
            (of(b"abcdef"), Level::Sure),
            (of(b"abcdef"), Level::Word),
            (of(b"ghijkl"), Level::Doubt),
        ];
        let keys = all.map(|(window, level)| Key::new(window, level));
        let windows = Windows::new(keys.to_vec());
        assert_eq!(windows.level(of(b"abcdef")), Some(Level::Sure));
        assert_eq!(windows.level(of(b"ghijkl")), Some(Level::Doubt));
        assert_eq!(windows.level(of(b"secret")), Some(Level::Word));
        assert_eq!(windows.level(of(b"bcdefg")), None);
    }

    #[test]
    fn hashes_are_sorted() {
        for count in [0, 1, 63, 64, 65, 5_000] {
            let key = |n: u64| Key::new(n % 700, Level::of(n % 3));
            let mut keys: Vec<Key> = (0..count).map(key).collect();
            let mut wanted = keys.clone();
            wanted.sort_unstable();
            sort(&mut keys);
            assert_eq!(keys, wanted);
        }
    }

    #[test]
    fn a_bloom_filter_forgets_nothing() {
        let mut bloom = Bloom::new();
        for key in 0..20_000u64 {
            bloom.add(key * 7919);
        }
        assert!((0..20_000u64).all(|key| bloom.has(key * 7919)));
        let wrong = (0..20_000u64).filter(|key| bloom.has(key * 7919 + 1));
        assert!(wrong.count() < 20);
    }
}

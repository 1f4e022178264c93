//! The windows of many values, and how to find them in a text.
//!
//! A window is six bytes in a row. Up to some millions are kept exactly. More are kept as
//! a Bloom filter of fixed size, which finds every one of them, and by chance others: what
//! does not fit is masked too often, never too rarely.

use super::Level;

/// No run of this many bytes of a secret may appear.
pub(super) const WINDOW: usize = 6;

/// The bits of a Bloom filter: 32 MiB.
const BLOOM: u64 = 1 << 28;

/// Multipliers that spread a window over a table: the golden ratio, and one of MurmurHash.
const SPREAD: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xc2b2_ae3d_27d4_eb4f];

/// A window as a number.
pub(super) fn packed(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, b| sum << 8 | u64::from(*b))
}

/// Bits at hashed positions; their number is a power of two.
#[derive(Clone)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    fn new(bits: u64) -> Self {
        Bits(vec![0; (bits.max(64) / 64) as usize])
    }

    fn place(&self, key: u64, spread: u64) -> (usize, u64) {
        let bits = self.0.len() as u64 * 64;
        let at = (key.wrapping_mul(spread) >> 20) & (bits - 1);
        ((at / 64) as usize, 1 << (at % 64))
    }

    fn set(&mut self, key: u64, spread: u64) {
        let (word, bit) = self.place(key, spread);
        self.0[word] |= bit;
    }

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

    pub(super) fn has(&self, key: u64) -> bool {
        SPREAD.iter().all(|spread| self.0.has(key, *spread))
    }
}

/// A set of windows, each with its level.
pub(super) enum Windows {
    /// Window and level as one number, sorted; and a filter that answers most questions.
    Exact { filter: Bits, keys: Vec<u64> },
    /// All of them count as [`Level::Sure`].
    Bloom(Box<Bloom>),
}

impl Windows {
    /// Creates the set of `windows`. If a window occurs twice, its highest level counts.
    pub(super) fn new(windows: impl Iterator<Item = (u64, Level)>) -> Self {
        let mut keys: Vec<u64> = windows
            .map(|(key, level)| key << 2 | level as u64)
            .collect();
        keys.sort_unstable();
        keys.dedup_by(|next, kept| {
            let same = *next >> 2 == *kept >> 2;
            if same {
                *kept = *next;
            }
            same
        });
        let mut filter = Bits::new((keys.len() as u64 * 8).next_power_of_two());
        for key in &keys {
            filter.set(key >> 2, SPREAD[0]);
        }
        Windows::Exact { filter, keys }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Windows::Exact { keys, .. } if keys.is_empty())
    }

    /// Returns the level of a window, or None if it is not in the set.
    pub(super) fn level(&self, key: u64) -> Option<Level> {
        match self {
            Windows::Exact { filter, keys } => {
                if !filter.has(key, SPREAD[0]) {
                    return None;
                }
                let at = keys.partition_point(|known| *known >> 2 < key);
                let known = keys.get(at).filter(|known| **known >> 2 == key)?;
                Some(Level::of(known & 3))
            }
            Windows::Bloom(bloom) => bloom.has(key).then_some(Level::Sure),
        }
    }
}

impl Default for Windows {
    fn default() -> Self {
        Windows::new(std::iter::empty())
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
        let windows = Windows::new(all.into_iter());
        assert_eq!(windows.level(of(b"abcdef")), Some(Level::Sure));
        assert_eq!(windows.level(of(b"ghijkl")), Some(Level::Doubt));
        assert_eq!(windows.level(of(b"secret")), Some(Level::Word));
        assert_eq!(windows.level(of(b"bcdefg")), None);
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

//! A set of small numbers, one bit each.

/// A fixed-size set of numbers below a bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// Returns an empty set for numbers below `bound`.
    pub fn new(bound: u32) -> Self {
        Self(vec![0; bound.div_ceil(64) as usize])
    }

    /// Returns the set of all numbers below `bound`.
    pub(crate) fn full(bound: u32) -> Self {
        let mut all = Self(vec![u64::MAX; bound.div_ceil(64) as usize]);
        if let Some(last) = all.0.last_mut() {
            *last >>= (64 - bound % 64) % 64;
        }
        all
    }

    /// Removes `n`.
    pub(crate) fn remove(&mut self, n: u32) {
        if let Some(word) = self.0.get_mut((n / 64) as usize) {
            *word &= !(1 << (n % 64));
        }
    }

    /// Adds `n` and returns whether it was new. Numbers beyond the bound are ignored.
    #[inline]
    pub fn insert(&mut self, n: u32) -> bool {
        let bit = 1 << (n % 64);
        match self.0.get_mut((n / 64) as usize) {
            Some(word) => {
                let new = *word & bit == 0;
                *word |= bit;
                new
            }
            None => false,
        }
    }

    /// Returns whether `n` is in the set.
    #[inline]
    pub(crate) fn contains(&self, n: u32) -> bool {
        self.0
            .get((n / 64) as usize)
            .is_some_and(|word| word & (1 << (n % 64)) != 0)
    }

    /// Adds all numbers of `other`, which has the same bound.
    pub(crate) fn union(&mut self, other: &Bits) {
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    /// Returns the numbers in the set, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().enumerate().flat_map(|(i, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                if left == 0 {
                    return None;
                }
                let bit = left.trailing_zeros();
                left &= left - 1;
                Some(i as u32 * 64 + bit)
            })
        })
    }
}

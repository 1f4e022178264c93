//! Searches for several short words at once, by bits. Each letter of each word is a bit of
//! one number, which moves on by one at every byte (Shift-And; R. Baeza-Yates and
//! G. Gonnet, *A new approach to text searching*, 1992). It allocates nothing and does not
//! branch.

macro_rules! words {
    ($name:ident, $bits:ty, $letters:literal) => {
        #[doc = $letters]
        pub(in crate::detect) struct $name {
            /// The letters of the words that each byte is.
            masks: [$bits; 256],
            first: $bits,
            last: $bits,
        }

        impl $name {
            /// The words of `list`, lower case.
            pub(in crate::detect) const fn new(list: &[&[u8]]) -> Self {
                let mut words = Self {
                    masks: [0; 256],
                    first: 0,
                    last: 0,
                };
                let (mut bit, mut i) = (0, 0);
                while i < list.len() {
                    let word = list[i];
                    words.first |= 1 << bit;
                    let mut j = 0;
                    while j < word.len() {
                        words.masks[word[j] as usize] |= 1 << bit;
                        words.masks[word[j].to_ascii_uppercase() as usize] |= 1 << bit;
                        bit += 1;
                        j += 1;
                    }
                    words.last |= 1 << (bit - 1);
                    i += 1;
                }
                words
            }

            /// The bits of the last letters of the words `from..to`.
            pub(in crate::detect) const fn ends(&self, from: usize, to: usize) -> $bits {
                let (mut bits, mut left, mut i) = (0, self.last, 0);
                while i < to && left != 0 {
                    let lowest = left & left.wrapping_neg();
                    if i >= from {
                        bits |= lowest;
                    }
                    left ^= lowest;
                    i += 1;
                }
                bits
            }
        }
    };
}

words!(
    Words,
    u128,
    "Words to look for in any case. Together they have at most 128 letters."
);
words!(
    FewWords,
    u64,
    "Words to look for in any case. Together they have at most 64 letters."
);

impl Words {
    /// The words that stand in `text`: the bits of their last letters.
    pub(in crate::detect) fn found_in(&self, text: &[u8]) -> u128 {
        let (mut state, mut seen) = (0u128, 0u128);
        for &byte in text {
            state = (state << 1 | self.first) & self.masks[usize::from(byte)];
            seen |= state;
        }
        seen & self.last
    }
}

impl FewWords {
    /// The words that stand in either text: the bits of their last letters. The two texts do
    /// not wait for each other.
    pub(in crate::detect) fn found_in_either(&self, a: &[u8], b: &[u8]) -> u64 {
        let both = a.len().min(b.len());
        let (mut one, mut two, mut seen) = (0u64, 0u64, 0u64);
        for (&x, &y) in a.iter().zip(b) {
            one = (one << 1 | self.first) & self.masks[usize::from(x)];
            two = (two << 1 | self.first) & self.masks[usize::from(y)];
            seen |= one | two;
        }
        let (mut state, rest) = match a.len() > both {
            true => (one, &a[both..]),
            false => (two, &b[both..]),
        };
        for &byte in rest {
            state = (state << 1 | self.first) & self.masks[usize::from(byte)];
            seen |= state;
        }
        seen & self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &[&[u8]] = &[b"pass", b"ab", b"1234", b"bass"];
    static WORDS: Words = Words::new(LIST);
    static FEW: FewWords = FewWords::new(LIST);

    #[test]
    fn words_are_found_where_they_stand() {
        let found = |text: &str| -> Vec<usize> {
            let found = WORDS.found_in(text.as_bytes());
            (0..LIST.len())
                .filter(|&i| found & WORDS.ends(i, i + 1) != 0)
                .collect()
        };
        assert_eq!(found("PASSword"), [0]);
        assert_eq!(found("a pas s1234"), [2]);
        assert_eq!(found("xABASS"), [1, 3]);
        assert_eq!(found(""), [0; 0]);
        assert_eq!(found("papas bas 123 a b"), [0; 0]);
    }

    #[test]
    fn what_is_found_is_what_a_plain_search_finds() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..5_000 {
            let text: Vec<u8> = (0..20)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    b"abps1234AB"[(state % 10) as usize]
                })
                .collect();
            let lower = text.to_ascii_lowercase();
            for (i, word) in LIST.iter().enumerate() {
                let plain = memchr::memmem::find(&lower, word).is_some();
                let ours = WORDS.found_in(&text) & WORDS.ends(i, i + 1) != 0;
                assert_eq!(plain, ours, "{text:?}");
            }
            let (a, b) = text.split_at(text.len() / 3);
            let either = WORDS.found_in(a) | WORDS.found_in(b);
            assert_eq!(u128::from(FEW.found_in_either(a, b)), either);
            assert_eq!(u128::from(FEW.found_in_either(b, a)), either);
        }
    }
}

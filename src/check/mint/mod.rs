//! Generates values that a check accepts, from a seed, so that tests of rules
//! need no stored samples. No issuer ever issued these values.

pub(crate) mod keys;
mod structured;
mod tokens;

/// A small deterministic random number generator (xorshift64*). Not for
/// secrets.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// Creates a generator whose sequence depends on the seed alone.
    pub fn new(seed: u64) -> Self {
        // The multiplier spreads neighbouring seeds; zero would be a fixed point.
        let state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut rng = Self(state | 1);
        rng.next_u64();
        rng
    }

    /// Returns the next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Returns a number below `bound`, or 0 if the bound is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let high = self.next_u64() >> 33;
        (high % (bound.max(1) as u64)) as usize
    }

    /// Returns one of the choices, or the type's default if there are none.
    pub fn pick<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        choices
            .get(self.below(choices.len()))
            .copied()
            .unwrap_or_default()
    }

    /// Returns random bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next_u64() >> 40) as u8).collect()
    }

    /// Returns random characters of an ASCII alphabet.
    pub fn text(&mut self, alphabet: &[u8], count: usize) -> String {
        (0..count)
            .map(|_| char::from(self.pick(alphabet)))
            .collect()
    }
}

/// Makes one value out of random numbers. If the prefix is not empty, the value
/// starts with it if the maker can do that.
type Maker = fn(&mut Rng, &str) -> Vec<u8>;

/// How many values [`mint_with_prefix`] tries with makers that ignore the
/// prefix.
const TRIES: u64 = 512;

/// Makes a value that the check of this name accepts. For forms without a
/// proof, the check returns `Unknown`. Returns `None` for an unknown name.
pub fn mint(check: &str, seed: u64) -> Option<Vec<u8>> {
    maker(check).map(|make| make(&mut Rng::new(seed), ""))
}

/// Makes a value like [`mint`] that starts with `prefix` (`ghp_`, `AKIA`,
/// `-----BEGIN RSA`). Returns `None` if the check has no such values. The mark
/// of `azure-cask` is inside: there, the prefix ends at character 80 (`AZDO`,
/// `AAABACOG`).
pub fn mint_with_prefix(check: &str, prefix: &str, seed: u64) -> Option<Vec<u8>> {
    let make = maker(check)?;
    (0..TRIES)
        .map(|round| make(&mut Rng::new(seed.wrapping_add(round << 32)), prefix))
        .find(|value| {
            let inside = check == "azure-cask"
                && value
                    .get(..80)
                    .is_some_and(|head| head.ends_with(prefix.as_bytes()));
            inside || value.starts_with(prefix.as_bytes())
        })
}

/// Returns the maker for a check.
fn maker(check: &str) -> Option<Maker> {
    tokens::MAKERS
        .iter()
        .chain(structured::MAKERS)
        .chain(keys::MAKERS)
        .find(|(name, _)| *name == check)
        .map(|(_, make)| *make)
}

/// Returns the requested prefix, or one of the usual ones.
fn prefix_or<'a>(rng: &mut Rng, asked: &'a str, usual: &[&'a str]) -> &'a str {
    if asked.is_empty() {
        rng.pick(usual)
    } else {
        asked
    }
}

//! Makes values that a check accepts, from a seed, so that tests of rules need
//! no stored samples. Nothing minted here was ever issued by anyone.

pub(crate) mod keys;
mod structured;
mod tokens;

/// A small deterministic generator (xorshift64*); not for secrets.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator whose sequence depends on the seed alone.
    pub fn new(seed: u64) -> Self {
        // The multiplier spreads neighbouring seeds; zero would be a fixed point.
        let state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut rng = Self(state | 1);
        rng.next_u64();
        rng
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `bound`; 0 when the bound is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let high = self.next_u64() >> 33;
        (high % (bound.max(1) as u64)) as usize
    }

    /// One of the choices; the default of the type when there are none.
    pub fn pick<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        choices
            .get(self.below(choices.len()))
            .copied()
            .unwrap_or_default()
    }

    /// Random bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next_u64() >> 40) as u8).collect()
    }

    /// Random signs of an alphabet of ASCII.
    pub fn text(&mut self, alphabet: &[u8], count: usize) -> String {
        (0..count)
            .map(|_| char::from(self.pick(alphabet)))
            .collect()
    }
}

/// Makes one value out of random numbers; with a prefix that is not empty, one
/// that begins with it if the maker can.
type Maker = fn(&mut Rng, &str) -> Vec<u8>;

/// How often [`mint_with_prefix`] tries for makers that ignore the prefix.
const TRIES: u64 = 512;

/// A value that the check of this name accepts (or answers `Unknown`, for forms
/// that carry no proof); `None` for an unknown name.
pub fn mint(check: &str, seed: u64) -> Option<Vec<u8>> {
    maker(check).map(|make| make(&mut Rng::new(seed), ""))
}

/// Like [`mint`], beginning with `prefix` (`ghp_`, `AKIA`, `-----BEGIN RSA`);
/// `None` when the check has no such values. For `azure-cask`, whose mark stands
/// inside, the prefix is what ends at character 80 (`AZDO`, `AAABACOG`).
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

/// The maker for a check.
fn maker(check: &str) -> Option<Maker> {
    tokens::MAKERS
        .iter()
        .chain(structured::MAKERS)
        .chain(keys::MAKERS)
        .find(|(name, _)| *name == check)
        .map(|(_, make)| *make)
}

/// The prefix that was asked for, or one of the usual ones.
fn prefix_or<'a>(rng: &mut Rng, asked: &'a str, usual: &[&'a str]) -> &'a str {
    if asked.is_empty() {
        rng.pick(usual)
    } else {
        asked
    }
}

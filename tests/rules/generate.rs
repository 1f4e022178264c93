//! Generates values of a rule's shape from a seed. Runs are filled uniformly from their class. A
//! minted secret replaces one that the rule's check would refuse. The entropy is above the rule's
//! minimum.

use std::ops::Range;

use stopleak::check::mint::{Rng, mint_with_prefix};
use stopleak::check::{self, Outcome};
use stopleak::rules::class::{ALNUM, ByteSet};
use stopleak::rules::{Sequence, Step};

/// A value of a shape, step by step.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    /// The match of each step.
    pub(crate) pieces: Vec<Vec<u8>>,
    /// The steps of the secret.
    pub(crate) secret_steps: Range<usize>,
}

impl Value {
    /// Returns all bytes of the value.
    pub(crate) fn whole(&self) -> Vec<u8> {
        self.pieces.concat()
    }

    /// Returns the bytes of the secret.
    pub(crate) fn secret(&self) -> Vec<u8> {
        self.pieces[self.secret_steps.clone()].concat()
    }

    /// Returns the range of the secret in the whole.
    pub(crate) fn secret_range(&self) -> Range<usize> {
        let start = self.pieces[..self.secret_steps.start].concat().len();
        start..start + self.secret().len()
    }
}

/// Requirements of a sample in addition to its shape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// The least entropy of the secret, in bits per byte.
    pub(crate) entropy: f32,
    /// The name of the check that must not refuse the secret; empty for none.
    pub(crate) check: &'a str,
}

/// Returns the bytes of a class for samples: letters and digits if it has some, so that nothing
/// closes a quote or looks like a template by chance.
fn palette(set: &ByteSet) -> Vec<u8> {
    let wide = set.len() > 66;
    let all: Vec<u8> = set.iter().filter(|b| !wide || ALNUM.has(*b)).collect();
    if all.is_empty() {
        set.iter().collect()
    } else {
        all
    }
}

fn random(sequence: &Sequence, rng: &mut Rng) -> Value {
    let pieces = sequence
        .steps
        .iter()
        .map(|step| match step {
            Step::Lit { bytes, .. } => bytes.to_vec(),
            Step::Run { set, min, max } => {
                let spread = usize::from(max - min).min(24);
                let len = usize::from(*min) + rng.below(spread + 1);
                rng.text(&palette(set), len).into_bytes()
            }
        })
        .collect();
    Value {
        pieces,
        secret_steps: usize::from(sequence.secret.0)..usize::from(sequence.secret.1),
    }
}

/// Returns a value of one of `sequences` that satisfies `wanted`, or `None` if none was found.
pub(crate) fn value(sequences: &[Sequence], wanted: Wanted<'_>, seed: u64) -> Option<Value> {
    let check = check::lookup(wanted.check);
    let mut rng = Rng::new(seed);
    let first = (seed as usize) % sequences.len();
    for round in 0..240 {
        let sequence = &sequences[(first + round) % sequences.len()];
        let mut value = random(sequence, &mut rng);
        let refused =
            |v: &Value| check.is_some_and(|c| matches!(c(&v.secret()), Outcome::Invalid(_)));
        if refused(&value) {
            let Some(minted) = minted(sequence, wanted.check, &value, rng.next_u64()) else {
                continue;
            };
            value = minted;
        }
        let secret = value.secret();
        if !refused(&value) && entropy(&secret) >= wanted.entropy && !unlucky(&secret) {
            return Some(value);
        }
    }
    None
}

/// Returns `value` with a minted secret that still has the sequence's shape.
fn minted(sequence: &Sequence, check: &str, value: &Value, seed: u64) -> Option<Value> {
    let steps = &sequence.steps[value.secret_steps.clone()];
    let fixed = match steps.first() {
        Some(Step::Lit { bytes, .. }) => String::from_utf8(bytes.to_vec()).ok()?,
        _ => String::new(),
    };
    // The mark of a CASK key is inside it; `mint_with_prefix` asks for what ends there.
    let inner = steps.iter().find_map(|s| match s {
        Step::Lit { bytes, .. } => String::from_utf8(bytes.to_vec()).ok(),
        Step::Run { .. } => None,
    });
    let asked = if check == "azure-cask" {
        inner.unwrap_or_default()
    } else {
        fixed
    };
    (0..64).find_map(|n| {
        // Generators expect a prefix, but some values start with it by themselves.
        let asked = if n % 2 == 0 { asked.as_str() } else { "" };
        let secret = mint_with_prefix(check, asked, seed.wrapping_add(n))?;
        let pieces = split(steps, &secret)?;
        let mut made = value.clone();
        made.pieces.splice(value.secret_steps.clone(), pieces);
        Some(made)
    })
}

/// Divides `bytes` among `steps` if they match all of it.
pub(crate) fn split(steps: &[Step], bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let Some((step, rest)) = steps.split_first() else {
        return bytes.is_empty().then(Vec::new);
    };
    let with = |len: usize| {
        let mut pieces = split(rest, &bytes[len..])?;
        pieces.insert(0, bytes[..len].to_vec());
        Some(pieces)
    };
    match step {
        Step::Lit {
            bytes: literal,
            fold,
        } => {
            let head = bytes.get(..literal.len())?;
            let same = if *fold {
                head.eq_ignore_ascii_case(literal)
            } else {
                head == &literal[..]
            };
            if same { with(literal.len()) } else { None }
        }
        Step::Run { set, min, max } => {
            let most = bytes
                .iter()
                .take(usize::from(*max))
                .take_while(|b| set.has(**b))
                .count();
            (usize::from(*min)..=most).rev().find_map(with)
        }
    }
}

/// Returns whether any of `sequences` matches all of `bytes`.
pub(crate) fn matches(sequences: &[Sequence], bytes: &[u8]) -> bool {
    sequences.iter().any(|s| split(&s.steps, bytes).is_some())
}

/// Returns whether the secret contains a placeholder word by chance, or only lower-case letters,
/// which the detector takes for words. True for one of 14 keys of 8 characters, and for one of 130
/// keys of 15.
fn unlucky(secret: &[u8]) -> bool {
    if secret.iter().all(u8::is_ascii_lowercase) {
        return true;
    }
    let lower = secret.to_ascii_lowercase();
    [
        "fake", "xxxx", "----", "____", "_here", "-here", "todo", "your", "dummy", "fixme",
    ]
    .iter()
    .any(|w| lower.windows(w.len()).any(|x| x == w.as_bytes()))
}

/// Returns the Shannon entropy in bits per byte. A second implementation, so that the detector's
/// own does not prove itself.
pub(crate) fn entropy(bytes: &[u8]) -> f32 {
    let n = bytes.len() as f32;
    (0..=255u8)
        .map(|b| bytes.iter().filter(|x| **x == b).count() as f32 / n)
        .filter(|p| *p > 0.0)
        .map(|p| -p * p.log2())
        .sum()
}

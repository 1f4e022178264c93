//! Replaces `{{mint:rule-id:seed}}` by a value in the provider's form, so that the repository
//! contains no such value.

use std::collections::HashMap;

use stopleak::check::mint::Rng;
use stopleak::rules::{Matcher, Rule, builtin};

use crate::rules::{patterns, sample, seed_of};

const OPEN: &[u8] = b"{{mint:";
const CLOSE: &[u8] = b"}}";

/// A file with its values filled in.
#[derive(Debug)]
pub(crate) struct Filled {
    pub(crate) bytes: Vec<u8>,
    /// For each line of `bytes`, from 0, its line in the stored file, from 1. They differ below a
    /// value of several lines.
    pub(crate) lines: Vec<usize>,
}

/// The values of one case.
#[derive(Default)]
pub(crate) struct Minted {
    /// Seeds by rule and value: two seeds must not give the same value.
    seeds: HashMap<(String, Vec<u8>), String>,
}

impl Minted {
    /// Fills in a file, which errors call `name`.
    pub(crate) fn fill(&mut self, name: &str, text: &[u8]) -> Result<Filled, String> {
        let mut bytes = Vec::new();
        let mut lines = Vec::new();
        for (n, line) in text.split_inclusive(|b| *b == b'\n').enumerate() {
            let filled = self.line(line);
            let filled = filled.map_err(|error| format!("{name}:{}: {error}", n + 1))?;
            let count = filled.split_inclusive(|b| *b == b'\n').count();
            lines.extend(std::iter::repeat_n(n + 1, count));
            bytes.extend(filled);
        }
        Ok(Filled { bytes, lines })
    }

    fn line(&mut self, mut rest: &[u8]) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        while let Some(at) = find(rest, OPEN) {
            out.extend_from_slice(&rest[..at]);
            let inner = &rest[at + OPEN.len()..];
            let end = find(inner, CLOSE).ok_or("`{{mint:` without `}}` on its line")?;
            let text = String::from_utf8_lossy(&inner[..end]);
            let form = || format!("`{{{{mint:{text}}}}}` is not `{{{{mint:rule-id:seed}}}}`");
            let (id, seed) = text.split_once(':').ok_or_else(form)?;
            // `:2/3` asks for the second of three pieces.
            let (seed, piece) = match seed.split_once(':') {
                Some((seed, piece)) => (seed, Some(parse(piece).ok_or_else(form)?)),
                None => (seed, None),
            };
            if seed.is_empty() || !seed.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                return Err(form());
            }
            let value = self.value(id, seed)?;
            let (number, of) = piece.unwrap_or((1, 1));
            let cut = |n: usize| value.len() * n / of;
            out.extend_from_slice(&value[cut(number - 1)..cut(number)]);
            rest = &inner[end + CLOSE.len()..];
        }
        out.extend_from_slice(rest);
        Ok(out)
    }

    fn value(&mut self, id: &str, seed: &str) -> Result<Vec<u8>, String> {
        let rule = builtin::rules().iter().find(|rule| *rule.id == *id);
        let rule = rule.ok_or_else(|| format!("no rule is called `{id}`"))?;
        let value = made(rule, number(seed))
            .ok_or_else(|| format!("no value of `{id}` was found for the seed `{seed}`"))?;
        let key = (id.to_owned(), value.clone());
        let first = self.seeds.entry(key).or_insert_with(|| seed.to_owned());
        if first != seed {
            return Err(format!(
                "the seeds `{first}` and `{seed}` make the same value of `{id}`"
            ));
        }
        Ok(value)
    }
}

/// Reads which of how many pieces is meant.
fn parse(piece: &str) -> Option<(usize, usize)> {
    let (number, of) = piece.split_once('/')?;
    let (number, of) = (number.parse().ok()?, of.parse().ok()?);
    (1..=of).contains(&number).then_some((number, of))
}

/// Returns what the rule matches: for a shape its value, for a pattern also the text around the
/// value, for the rules that read names a password.
fn made(rule: &Rule, seed: u64) -> Option<Vec<u8>> {
    match &rule.matcher {
        Matcher::Shape(sequences) => sample(rule, sequences, seed).map(|value| value.whole()),
        Matcher::Pattern { .. } => patterns::sample(rule, seed_of(rule, seed)).map(|made| made.0),
        Matcher::Assignment | Matcher::Manifest => Some(password(seed_of(rule, seed))),
        Matcher::Fragment => None,
    }
}

/// Returns a password as generators make it, without characters that have a meaning in a syntax.
fn password(seed: u64) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    let parts = [
        rng.text(b"abcdefghijkmnpqrstuvwxyz", 3),
        rng.text(b"ABCDEFGHJKLMNPQRSTUVWXYZ", 3),
        rng.text(b"23456789", 2),
    ];
    let rest = rng.text(
        b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789",
        8,
    );
    (parts.concat() + &rest).into_bytes()
}

/// Returns a seed as a number (FNV-1a).
fn number(seed: &str) -> u64 {
    seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).position(|part| part == needle)
}

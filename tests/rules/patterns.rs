//! Generates texts that a regular expression matches, from a seed.

use std::ops::Range;

use super::handmade;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};
use stopleak::check::mint::{Rng, mint_with_prefix};
use stopleak::check::{self, Outcome};
use stopleak::detect::compile_pattern;
use stopleak::rules::{Matcher, Rule};

/// Returns a text that the rule's pattern matches, and the range of its secret. The secret is
/// minted if the rule's check would refuse a random one. Returns `None` if none was found.
pub(crate) fn sample(rule: &Rule, seed: u64) -> Option<(Vec<u8>, Range<usize>)> {
    let Matcher::Pattern { regex, .. } = &rule.matcher else {
        return None;
    };
    let hir = ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(regex)
        .ok()?;
    let check = check::lookup(&rule.check);
    let mut rng = Rng::new(seed);
    for _ in 0..60 {
        let mut text = Vec::new();
        walk(&hir, &mut rng, &mut text);
        let Some(mut secret) = secret_in(regex, &text) else {
            continue;
        };
        // A container is made as a whole.
        if check::reads_container(&rule.check) {
            text = mint_with_prefix(&rule.check, "", rng.next_u64())?;
            secret = secret_in(regex, &text)?;
        } else if check.is_some_and(|c| matches!(c(&text[secret.clone()]), Outcome::Invalid(_))) {
            let prefix = dashes(&text[secret.clone()]);
            let made = handmade::secret(&rule.id, &mut rng)
                .or_else(|| mint_with_prefix(&rule.check, &prefix, rng.next_u64()));
            let Some(minted) = made else { continue };
            text.splice(secret.clone(), minted);
            let Some(again) = secret_in(regex, &text) else {
                continue;
            };
            secret = again;
        }
        let anchored = rule.anchors.iter().any(|a| {
            text.windows(a.bytes.len())
                .any(|w| w == &a.bytes[..] || (a.fold && w.eq_ignore_ascii_case(&a.bytes)))
        });
        if anchored {
            return Some((text, secret));
        }
    }
    None
}

/// Returns `-----BEGIN X-----` if the value starts with it: the mark decides what is minted.
fn dashes(secret: &[u8]) -> String {
    let end = secret
        .starts_with(b"-----BEGIN")
        .then(|| secret[5..].windows(5).position(|w| w == b"-----"))
        .flatten();
    end.map_or(String::new(), |end| {
        String::from_utf8_lossy(&secret[..end + 10]).into_owned()
    })
}

/// Returns the secret of the pattern's first match in `text`, as the detector does.
pub(crate) fn secret_in(pattern: &str, text: &[u8]) -> Option<Range<usize>> {
    let groups = compile_pattern(pattern).ok()?.captures(text)?;
    let group = groups
        .name("secret")
        .or_else(|| groups.get(1))
        .or_else(|| groups.get(0))?;
    Some(group.range())
}

/// Appends one of the texts that `hir` matches.
fn walk(hir: &Hir, rng: &mut Rng, out: &mut Vec<u8>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.extend_from_slice(&literal.0),
        HirKind::Class(class) => out.push(one_of(class, rng)),
        HirKind::Capture(group) => walk(&group.sub, rng, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| walk(part, rng, out)),
        HirKind::Alternation(parts) => walk(&parts[rng.below(parts.len())], rng, out),
        HirKind::Repetition(repetition) => {
            let (min, max) = (repetition.min, repetition.max.unwrap_or(u32::MAX));
            // A lazy optional part is the text between two words, not one more word.
            if min == 0 && !repetition.greedy {
                if matches!(repetition.sub.kind(), HirKind::Class(c) if members(c).contains(&b' '))
                {
                    out.push(b' ');
                }
                return;
            }
            let least = match repetition.sub.kind() {
                HirKind::Class(class) if letters(class).len() >= 6 => min.max(14.min(max)),
                _ => min,
            };
            let spread = (max - least).min(if least > 4 { 9 } else { 1 });
            for _ in 0..least + rng.below(spread as usize + 1) as u32 {
                walk(&repetition.sub, rng, out);
            }
        }
    }
}

fn members(class: &Class) -> Vec<u8> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Bytes(set) => set
            .iter()
            .map(|r| (u32::from(r.start()), u32::from(r.end())))
            .collect(),
        Class::Unicode(set) => set
            .iter()
            .map(|r| (u32::from(r.start()), u32::from(r.end())))
            .collect(),
    };
    (0..128u8)
        .filter(|b| {
            ranges
                .iter()
                .any(|(a, z)| (*a..=*z).contains(&u32::from(*b)))
        })
        .collect()
}

fn letters(class: &Class) -> Vec<u8> {
    let mut all = members(class);
    all.retain(u8::is_ascii_alphanumeric);
    all
}

/// Returns a letter or digit if the class has one, else a blank, else any character.
fn one_of(class: &Class, rng: &mut Rng) -> u8 {
    let letters = letters(class);
    if !letters.is_empty() {
        return rng.pick(&letters);
    }
    let all = members(class);
    if all.contains(&b' ') {
        return b' ';
    }
    rng.pick(&all)
}

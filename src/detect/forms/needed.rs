//! What stands in every match of a regular expression.
//!
//! To compile an expression costs more than to scan a small file. Its anchor is not rare enough to
//! pay for that: `machine ` is in prose as well. So a look at the window for another literal that
//! every match has comes first, until the expression is compiled.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex_syntax::hir::{Class, Hir, HirKind};

use super::parsed::parsed;

/// The most literals of which one must stand in a match.
const MOST: usize = 16;

/// The longest literal that is worth looking for.
pub(super) const LONGEST: usize = 24;

/// Literals in lower case. Each match has one of them, in any case.
type AnyOf = Vec<Vec<u8>>;

/// Looks for what every match has.
#[derive(Debug)]
pub(super) struct Needed(Option<AhoCorasick>);

impl Needed {
    /// What every match of `pattern` has beside one of `anchors`.
    pub(super) fn of<'a>(pattern: &str, anchors: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        // What holds the anchor tells as little as a part of it.
        let in_anchor = |literal: &[u8]| {
            anchors.clone().any(|anchor| {
                let (short, long) = match literal.len() < anchor.len() {
                    true => (literal, anchor),
                    false => (anchor, literal),
                };
                let mut windows = long.windows(short.len().max(1));
                windows.any(|window| window.eq_ignore_ascii_case(short))
            })
        };
        let telling = |any_of: &AnyOf| !any_of.iter().any(|literal| in_anchor(literal));
        let best = parsed(pattern).and_then(|hir| needed(&hir, &telling));
        Self(best.and_then(|any_of| {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .kind(Some(AhoCorasickKind::NoncontiguousNFA))
                .build(any_of)
                .ok()
        }))
    }

    /// Whether a match may be in `window`.
    pub(super) fn is_in(&self, window: &[u8]) -> bool {
        let Self(automaton) = self;
        automaton.as_ref().is_none_or(|a| a.is_match(window))
    }
}

/// The literals of which one stands in every match of `hir`; those that tell most, of those that
/// are `telling`. The parser limits how deep an expression is nested.
fn needed(hir: &Hir, telling: &impl Fn(&AnyOf) -> bool) -> Option<AnyOf> {
    // A part of what is needed is needed.
    let one = |mut literal: Vec<u8>| {
        literal.truncate(LONGEST);
        let some = (!literal.is_empty()).then(|| vec![literal]);
        some.filter(telling)
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => None,
        HirKind::Literal(_) | HirKind::Class(_) => one(letters(hir)?),
        HirKind::Repetition(repetition) if repetition.min == 0 => None,
        HirKind::Repetition(repetition) => needed(&repetition.sub, telling),
        HirKind::Capture(capture) => needed(&capture.sub, telling),
        HirKind::Alternation(parts) => {
            let mut all = AnyOf::new();
            for part in parts {
                all.extend(needed(part, telling)?);
            }
            (all.len() <= MOST).then_some(all)
        }
        HirKind::Concat(parts) => {
            let mut best = None;
            let mut run = Vec::new();
            for part in parts {
                if let Some(letters) = letters(part)
                    && run.len() + letters.len() <= LONGEST
                {
                    run.extend(letters);
                    continue;
                }
                best = better(best, one(std::mem::take(&mut run)));
                best = better(best, needed(part, telling));
            }
            better(best, one(run))
        }
    }
}

/// The one whose shortest literal is longer; if both are as long, the one with fewer literals.
fn better(a: Option<AnyOf>, b: Option<AnyOf>) -> Option<AnyOf> {
    let worth = |any_of: &Option<AnyOf>| {
        let any_of = any_of.as_ref()?;
        let shortest = any_of.iter().map(Vec::len).min()?;
        (shortest > 1).then_some((shortest, MOST - any_of.len().min(MOST)))
    };
    let (first, second) = (worth(&a), worth(&b));
    if second > first {
        b
    } else {
        a.filter(|_| first.is_some())
    }
}

/// The bytes that `hir` stands for in lower case, if they are always the same but for their case.
fn letters(hir: &Hir) -> Option<Vec<u8>> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(literal.0.to_ascii_lowercase()),
        HirKind::Class(Class::Bytes(class)) => {
            let ranges = class.ranges();
            let bytes: Vec<u8> = match ranges {
                [a] if a.start() == a.end() => vec![a.start()],
                [a, b] if a.start() == a.end() && b.start() == b.end() => {
                    vec![a.start(), b.start()]
                }
                _ => return None,
            };
            let low = bytes.first()?.to_ascii_lowercase();
            let same = bytes.iter().all(|byte| byte.to_ascii_lowercase() == low);
            same.then(|| vec![low])
        }
        HirKind::Capture(capture) => letters(&capture.sub),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_match_has_beside_the_anchor_is_needed() {
        for (pattern, anchor, has, lacks) in [
            (
                r"machine\s+\S+\s+password\s+(\S+)",
                "machine ",
                "PASSWORD",
                "pass",
            ),
            (
                r"(?i)net use .{0,9}/user:(\S+)",
                "net use",
                "/User:",
                "net use x",
            ),
            (r"acme_[a-z]{4}(?:\.live|\.test)", "acme_", ".test", ".tes"),
            (r"acme_(?:live){2}", "acme_", "live", "acme_liv"),
            (
                r"(?i)acme_.*(?P<secret>zzz-x)",
                "acme_",
                "zZz-x",
                "acme_zzz",
            ),
        ] {
            let needed = Needed::of(pattern, [anchor.as_bytes()].into_iter());
            assert!(needed.is_in(has.as_bytes()), "{pattern}");
            assert!(!needed.is_in(lacks.as_bytes()), "{pattern}");
        }
        // No literal is longer than the longest.
        let long = "0123456789".repeat(4);
        let needed = Needed::of(&format!("acme_.*{long}"), [&b"acme_"[..]].into_iter());
        assert!(needed.is_in(&long.as_bytes()[..LONGEST]));
        for pattern in [
            r"acme_(?:live)?[a-z]{9}",
            r"acme_(?:live|[a-z]{9})",
            r"acme_[0-9]+=",
        ] {
            let needed = Needed::of(pattern, [&b"acme_"[..]].into_iter());
            assert!(needed.is_in(b""), "{pattern}");
        }
    }

    #[test]
    fn what_matches_has_what_is_needed() {
        for (pattern, anchors, text) in [
            (
                r"(?i)machine\s+(\S+)\s+pass\s+(\S+)",
                ["machine "],
                &b"MACHINE a\nPaSS b"[..],
            ),
            (r"key[=:](?:ab|cd)+", ["key"], b"key=cdcd"),
            (r"k-\x41[Bb]c\d", ["k-a"], b"k-ABc1"),
        ] {
            let anchors = anchors.iter().map(|anchor| anchor.as_bytes());
            assert!(Needed::of(pattern, anchors).is_in(text), "{pattern}");
            assert!(
                crate::detect::forms::patterns::compile(pattern)
                    .unwrap()
                    .is_match(text)
            );
        }
        let netrc = Needed::of(
            r"machine\s+\S+\s+password\s",
            [&b"machine "[..]].into_iter(),
        );
        assert!(!netrc.is_in(b"the machine is a state of the art one"));
    }
}

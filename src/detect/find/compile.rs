//! Finds the literals that lead to each rule, and says what each literal means to its
//! rule.
//!
//! The build script compiles this file as well and embeds the plan of the built-in rules.

use std::borrow::Cow;
use std::collections::HashMap;

use super::coded;
use super::literal::Literal;
use super::names;
use crate::rules::class::ByteSet;
use crate::rules::{Matcher, Rule, RuleIndex, Ruleset, Sequence, Step};

/// A rule to which a literal leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) struct Target {
    /// The rule.
    pub(in crate::detect) rule: RuleIndex,
    /// What the literal is in it.
    pub(in crate::detect) role: Role,
}

/// What a literal is in its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Role {
    /// Step `step` of linear alternative `sequence`.
    Shape { sequence: u8, step: u8 },
    /// An anchor of a pattern.
    Anchor,
    /// A context word: the value stands somewhere near it.
    Word,
    /// Part of the name to which a credential is assigned.
    Name,
    /// The line or pair by which a Kubernetes manifest says that it is a Secret.
    Kind,
    /// The base64 image of a step's literal. `skip` bytes of the literal's first group of
    /// three stand before it.
    CodedShape { skip: u8, sequence: u8, step: u8 },
    /// The base64 image of an anchor of `len` bytes.
    CodedAnchor { skip: u8, len: u8 },
    /// The beginning of a sign in a text that is encoded, whatever the rule: one of
    /// [`coded::Lead::ALL`].
    Coded { lead: u8 },
}

/// All literals and, for each, its targets.
pub(super) struct Plan {
    pub(super) literals: Vec<Literal>,
    pub(super) targets: Vec<Cow<'static, [Target]>>,
}

/// Finds the literals that lead to each rule, and those that lead to what is encoded.
pub(super) fn plan(rules: &Ruleset) -> Plan {
    let mut plan = plan_of_rules(rules);
    for (literal, lead) in coded::leads() {
        plan.literals.push(literal);
        plan.targets.push(Cow::Owned(vec![Target {
            rule: RuleIndex(0),
            role: Role::Coded { lead },
        }]));
    }
    plan
}

/// Finds the literals that lead to each rule.
pub(super) fn plan_of_rules(rules: &Ruleset) -> Plan {
    let mut plan = Plan {
        literals: Vec::new(),
        targets: Vec::new(),
    };
    let mut known: HashMap<Literal, usize> = HashMap::new();
    for (index, rule) in rules.iter() {
        for (literal, role) in leads(rule).into_iter().chain(coded_leads(rule)) {
            let slot = *known.entry(literal.clone()).or_insert_with(|| {
                plan.literals.push(literal);
                plan.targets.push(Cow::Owned(Vec::new()));
                plan.targets.len() - 1
            });
            let target = Target { rule: index, role };
            if !plan.targets[slot].contains(&target) {
                plan.targets[slot].to_mut().push(target);
            }
        }
    }
    plan
}

/// From this length on a literal leads to a shape even if the rule has context words.
/// Shorter literals stand everywhere, and the context words are the rarer lead.
const STRONG_LITERAL: usize = 4;

/// How a manifest says that its object is a Secret.
const KINDS: &[&str] = &[
    "kind: Secret",
    "kind: \"Secret\"",
    "kind: 'Secret'",
    "\"kind\": \"Secret\"",
    "\"kind\":\"Secret\"",
];

fn leads(rule: &Rule) -> Vec<(Literal, Role)> {
    if rule.whole_file {
        return Vec::new();
    }
    match (&rule.matcher, &rule.context) {
        (Matcher::Manifest, _) => KINDS
            .iter()
            .map(|kind| (bare(kind.as_bytes(), false), Role::Kind))
            .collect(),
        (Matcher::Assignment, _) => names::NAMES
            .iter()
            .map(|name| (bare(name.as_bytes(), true), Role::Name))
            .collect(),
        (Matcher::Shape(sequences), None) => shape_leads(sequences),
        (Matcher::Shape(sequences), Some(context)) => {
            let strong = sequences
                .iter()
                .all(|s| crate::rules::spec::longest_literal(s) >= STRONG_LITERAL);
            if strong {
                return shape_leads(sequences);
            }
            context
                .words
                .iter()
                .map(|w| (bare(w.as_bytes(), true), Role::Word))
                .collect()
        }
        (Matcher::Pattern { .. }, _) if !rule.anchors.is_empty() => {
            let anchors = rule.anchors.iter();
            anchors
                .map(|a| {
                    let literal = Literal {
                        bytes: a.bytes.clone(),
                        fold: a.fold,
                        before: Vec::new(),
                        after: Vec::new(),
                    };
                    (literal, Role::Anchor)
                })
                .collect()
        }
        (Matcher::Pattern { .. }, Some(context)) => context
            .words
            .iter()
            .map(|w| (bare(w.as_bytes(), true), Role::Word))
            .collect(),
        (Matcher::Pattern { .. }, None) | (Matcher::Fragment, _) => Vec::new(),
    }
}

/// The base64 images of the literals that lead to a rule. Each literal has three: it can
/// begin at each of the three places in a group of three bytes.
fn coded_leads(rule: &Rule) -> Vec<(Literal, Role)> {
    if !rule.base64 {
        return Vec::new();
    }
    let mut coded = Vec::new();
    for (literal, role) in leads(rule) {
        for skip in 0..3 {
            let role = match role {
                Role::Shape { sequence, step } => Role::CodedShape {
                    skip,
                    sequence,
                    step,
                },
                // The parser of rules refuses longer anchors.
                Role::Anchor => Role::CodedAnchor {
                    skip,
                    len: u8::try_from(literal.bytes.len()).unwrap_or(u8::MAX),
                },
                _ => continue,
            };
            for url in [false, true] {
                let image = base64_image(&literal.bytes, usize::from(skip), url);
                let lead = (image_literal(&image), role);
                if !coded.contains(&lead) {
                    coded.push(lead);
                }
            }
        }
    }
    coded
}

/// The characters of base64 that stay the same whatever stands before and after `literal`,
/// when `skip` bytes of its first group of three stand before it.
fn base64_image(literal: &[u8], skip: usize, url: bool) -> Vec<u8> {
    const DIGITS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let bit = |n: usize| literal[n / 8] >> (7 - n % 8) & 1;
    // Here begins the first character that holds no bit of what stands before.
    let first = (6 - skip * 8 % 6) % 6;
    let bits = literal.len() * 8;
    let signs = (bits - first) / 6;
    let values =
        (0..signs).map(|s| (0..6).fold(0u8, |value, k| value << 1 | bit(first + s * 6 + k)));
    values
        .map(|value| match (value, url) {
            (62, false) => b'+',
            (63, false) => b'/',
            (62, true) => b'-',
            (63, true) => b'_',
            _ => DIGITS.get(usize::from(value)).copied().unwrap_or(b'A'),
        })
        .collect()
}

fn image_literal(image: &[u8]) -> Literal {
    const SIGNS: ByteSet = crate::rules::class::ALNUM.or(ByteSet::of(b"+/-_"));
    let short = image.len() < 6;
    Literal {
        after: if short { vec![SIGNS; 3] } else { Vec::new() },
        ..bare(image, false)
    }
}

fn bare(bytes: &[u8], fold: bool) -> Literal {
    Literal {
        bytes: bytes.to_vec().into(),
        fold,
        before: Vec::new(),
        after: Vec::new(),
    }
}

/// How many bytes of a literal tell it from others. The scheme of a web address stands everywhere.
fn distinct(literal: &[u8]) -> usize {
    let schemes = [&b"https://"[..], b"http://", b"://"];
    let scheme = schemes.iter().find(|scheme| literal.starts_with(scheme));
    literal.len() - scheme.map_or(0, |scheme| scheme.len() - 1)
}

fn shape_leads(sequences: &[Sequence]) -> Vec<(Literal, Role)> {
    let indexed = sequences.iter().enumerate();
    indexed
        .filter_map(|(n, sequence)| {
            let (step, _) = sequence
                .steps
                .iter()
                .enumerate()
                .filter_map(|(i, s)| match s {
                    Step::Lit { bytes, .. } => Some((i, distinct(bytes))),
                    Step::Run { .. } => None,
                })
                .max_by_key(|(i, len)| (*len, usize::MAX - i))?;
            let literal = literal_of(sequence, step)?;
            Some((
                literal,
                Role::Shape {
                    sequence: n as u8,
                    step: step as u8,
                },
            ))
        })
        .collect()
}

/// The literal step, and the classes around it if it is so short that it needs them.
fn literal_of(sequence: &Sequence, step: usize) -> Option<Literal> {
    const LONG_ENOUGH: usize = 6;
    let Step::Lit { bytes, fold } = &sequence.steps[step] else {
        return None;
    };
    let mut literal = Literal {
        bytes: bytes.clone(),
        fold: *fold,
        before: Vec::new(),
        after: Vec::new(),
    };
    if bytes.len() < LONG_ENOUGH {
        let sure = |s: Option<&Step>| match s {
            Some(Step::Run { set, min, .. }) => vec![*set; usize::from(*min).min(3)],
            _ => Vec::<ByteSet>::new(),
        };
        literal.after = sure(sequence.steps.get(step + 1));
        literal.before = sure(step.checked_sub(1).and_then(|i| sequence.steps.get(i)));
    }
    Some(literal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::spec;

    fn rules(body: &str) -> Ruleset {
        let head = "[provider]\nname=\"A\"\n[[rule]]\nid=\"a\"\ntitle=\"A\"\nsecret_type=\"api-key\"\nseverity=\"high\"\n";
        let rules = spec::parse(&format!("{head}{body}")).unwrap();
        Ruleset::new(rules.into_iter().map(std::borrow::Cow::Owned).collect())
    }

    #[test]
    fn a_shape_is_led_to_by_its_longest_literal() {
        let plan = plan_of_rules(&rules(r#"shape = '"a-" base62{3} "acme_" hex{8}'"#));
        assert_eq!(&*plan.literals[0].bytes, b"acme_");
        assert_eq!(plan.literals[0].before.len(), 3);
        assert_eq!(
            plan.targets[0][0].role,
            Role::Shape {
                sequence: 0,
                step: 2
            }
        );
    }

    #[test]
    fn a_value_without_a_strong_literal_is_led_to_by_its_words() {
        let plan = plan_of_rules(&rules(
            "shape = 'hex{32}'\ncontext = { words = [\"acme\", \"acmekey\"], within = \"assignment\" }",
        ));
        assert_eq!(plan.literals.len(), 2);
        assert!(plan.literals[0].fold);
        assert_eq!(plan.targets[0][0].role, Role::Word);
    }
}

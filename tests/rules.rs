//! Tests every built-in rule through the real detector with generated samples.
//!
//! Values are made from the rules' own shapes (`rules/generate.rs`) and written in six syntaxes
//! (`rules/syntax.rs`). Exactly their rule must report them. Spoiled values must not be reported.
//! No sample is stored: nothing here looks like a live credential until the test runs.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]
#![expect(clippy::print_stdout, reason = "a failing table is read line by line")]

mod catalogue;
mod coverage;
mod encoded;
mod exceptions;
mod families;
pub(crate) mod generate;
mod handmade;
mod identifiers;
pub(crate) mod patterns;
mod syntax;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

use generate::{Value, Wanted};
use stopleak::blob::{Blob, BlobPath, Fresh};
use stopleak::check::mint::Rng;
use stopleak::check::{self, Outcome};
use stopleak::detect::{Content, Detector, Scratch};
use stopleak::rules::{Confidence, Matcher, OnInvalid, Rule, Sequence, Step, builtin};
use syntax::{Syntax, Written};

/// The number of values per rule and syntax.
const SEEDS: u64 = 8;

static DETECTOR: LazyLock<Detector> = LazyLock::new(|| Detector::new(builtin::ruleset()));

/// What the detector reports for a text, as (rule, secret, confidence).
struct Reported {
    rule: String,
    secret: Range<usize>,
    confidence: Confidence,
    parts: Vec<Range<usize>>,
}

/// Returns the findings of `text` that are not dismissed.
fn live(text: &[u8], path: &BlobPath) -> Vec<Reported> {
    let blob = Blob {
        path,
        bytes: text,
        fresh: Fresh::All,
    };
    DETECTOR
        .detect(&blob, Content::Text, &mut Scratch::default())
        .into_iter()
        .filter(|c| c.dismissed.is_none())
        .map(|c| Reported {
            rule: DETECTOR.rules().get(c.rule).id.to_string(),
            secret: c.secret,
            confidence: c.confidence,
            parts: c.parts.into_iter().map(|p| p.span).collect(),
        })
        .collect()
}

fn shapes() -> impl Iterator<Item = (&'static Rule, &'static [Sequence])> {
    DETECTOR
        .rules()
        .iter()
        .filter_map(|(_, rule)| match &rule.matcher {
            Matcher::Shape(sequences) if !rule.whole_file => Some((rule, &**sequences)),
            _ => None,
        })
}

fn patterns() -> impl Iterator<Item = &'static Rule> {
    let rules = DETECTOR.rules().iter().map(|(_, rule)| rule);
    rules.filter(|rule| matches!(rule.matcher, Matcher::Pattern { .. }))
}

/// Returns a path that the rule reads: its first glob with the stars replaced.
fn path_of(rule: &Rule) -> BlobPath {
    let text = match rule.paths.first() {
        None => "config/settings.txt".to_owned(),
        Some(glob) => glob.replace("**/", "app/").replace('*', "x"),
    };
    BlobPath::from(text.as_str())
}

fn wanted(rule: &Rule) -> Wanted<'_> {
    Wanted {
        entropy: rule.min_entropy + 0.02,
        check: &rule.check,
    }
}

/// Returns a seed that differs from rule to rule and does not depend on their order.
pub(crate) fn seed_of(rule: &Rule, n: u64) -> u64 {
    rule.id.bytes().fold(n.wrapping_mul(0x9e37_79b9), |h, b| {
        h.wrapping_mul(31).wrapping_add(u64::from(b))
    })
}

pub(crate) fn sample(rule: &Rule, sequences: &[Sequence], n: u64) -> Option<Value> {
    let made = handmade::secret(&rule.id, &mut Rng::new(seed_of(rule, n)));
    if let Some(secret) = made {
        return sequences.iter().find_map(|sequence| {
            Some(Value {
                pieces: generate::split(&sequence.steps, &secret)?,
                secret_steps: 0..sequence.steps.len(),
            })
        });
    }
    generate::value(sequences, wanted(rule), seed_of(rule, n))
}

/// Returns the text of `value` with the companions that the rule needs.
fn written(rule: &Rule, value: &[u8], syntax: Syntax, n: usize, companions: bool) -> Written {
    let mut rng = Rng::new(seed_of(rule, n as u64) ^ 0x5eed);
    let mut written = syntax::write(rule, value, syntax, n, &mut rng);
    for companion in rule.companions.iter().filter(|c| companions || c.required) {
        let wanted = Wanted {
            entropy: 3.0_f32.min(entropy_possible(&companion.shape)),
            check: &companion.check,
        };
        let part = generate::value(&companion.shape, wanted, seed_of(rule, 77 + n as u64))
            .unwrap_or_else(|| panic!("{}: no sample of its {}", rule.id, companion.name));
        written.text.extend_from_slice(b"other: ");
        written.text.extend_from_slice(&part.whole());
        written.text.extend_from_slice(b"\n");
    }
    written
}

/// Returns an entropy that most values of a shape reach.
fn entropy_possible(sequences: &[Sequence]) -> f32 {
    let shortest = sequences
        .iter()
        .map(|s| s.len_bounds().0)
        .min()
        .unwrap_or(0);
    if shortest < 16 { 1.0 } else { 2.5 }
}

#[test]
fn every_value_of_a_shape_is_reported_by_exactly_its_rule() {
    let mut wrong: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let mut used = BTreeSet::new();
    let mut proved = 0;
    for (rule, sequences) in shapes() {
        let path = path_of(rule);
        let before = wrong.len();
        let words = rule.context.as_ref().map_or(1, |c| c.words.len());
        for n in 0..SEEDS.max((words as u64).div_ceil(6)) {
            let Some(value) = sample(rule, sequences, n) else {
                let key = (rule.id.to_string(), "no sample".to_owned());
                wrong.entry(key).or_default().push(String::new());
                continue;
            };
            for (k, syntax) in Syntax::ALL.into_iter().enumerate() {
                let written = written(rule, &value.whole(), syntax, n as usize * 6 + k, false);
                let range = value.secret_range();
                let secret = written.at + range.start..written.at + range.end;
                let found = live(&written.text, &path);
                let others: BTreeSet<&str> = found
                    .iter()
                    .filter(|f| f.rule != *rule.id)
                    .map(|f| f.rule.as_str())
                    .collect();
                let own = found
                    .iter()
                    .any(|f| f.rule == *rule.id && f.secret == secret);
                let text = || String::from_utf8_lossy(&written.text).into_owned();
                if !own && others.is_empty() {
                    let key = (rule.id.to_string(), "nothing".to_owned());
                    wrong.entry(key).or_default().push(text());
                }
                for other in others {
                    match exceptions::explained(&rule.id, other) {
                        Some(pair) => {
                            used.insert(pair);
                        }
                        None => {
                            let key = (rule.id.to_string(), other.to_owned());
                            wrong.entry(key).or_default().push(text());
                        }
                    }
                }
            }
        }
        proved += usize::from(wrong.len() == before);
    }
    for ((rule, other), texts) in &wrong {
        println!("{rule} -> {other} ({} times)", texts.len());
        if std::env::var_os("VERBOSE").is_some() {
            println!("{}", texts[0]);
        }
    }
    println!("{proved} shape rules proved");
    assert!(wrong.is_empty(), "{} cells are unexplained", wrong.len());
    exceptions::assert_used(&used, |id| shapes().any(|(rule, _)| rule.id == id));
}

/// How a value is spoiled, so that its rule must not report it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Spoiled {
    WrongChecksum,
    OneShorter,
    OneLonger,
    WrongAlphabet,
    GluedLeft,
    GluedRight,
    Placeholder,
    OutOfContext,
}

/// Returns the ways to spoil `value` that its rule can notice, each with the text.
fn spoiled(
    rule: &Rule,
    sequences: &[Sequence],
    value: &Value,
    seed: u64,
) -> Vec<(Spoiled, Vec<u8>)> {
    let mut rng = Rng::new(seed);
    let mut out = Vec::new();
    let whole = value.whole();
    if let Some(text) = wrong_checksum(rule, sequences, value, &mut rng) {
        out.push((Spoiled::WrongChecksum, text));
    }
    let ends_in_run = sequences
        .iter()
        .filter(|s| generate::split(&s.steps, &whole).is_some())
        .any(|s| matches!(s.steps.last(), Some(Step::Run { .. })));
    if ends_in_run && rule.boundary.right() {
        let (last, head) = whole.split_last().unwrap();
        out.push((Spoiled::OneShorter, head.to_vec()));
        out.push((Spoiled::OneLonger, [&whole[..], &[*last]].concat()));
    }
    if rule.boundary.left() {
        out.push((Spoiled::GluedLeft, [b"Q7", &whole[..]].concat()));
    }
    // Padding ends a value, whatever follows.
    if rule.boundary.right() && !whole.ends_with(b"=") {
        out.push((Spoiled::GluedRight, [&whole[..], b"Q7"].concat()));
    }
    if let Some((alphabet, placeholder)) = refilled(sequences, value) {
        out.push((Spoiled::WrongAlphabet, alphabet));
        out.push((Spoiled::Placeholder, placeholder));
    }
    // A text that still contains a value of the rule is not spoiled.
    out.retain(|(how, text)| {
        matches!(how, Spoiled::WrongChecksum | Spoiled::Placeholder)
            || !generate::matches(sequences, text)
    });
    out
}

/// Returns the value with a character in its longest run that is not in the run's class, and the
/// value with all its runs made of one letter.
fn refilled(sequences: &[Sequence], value: &Value) -> Option<(Vec<u8>, Vec<u8>)> {
    let whole = value.whole();
    let sequence = sequences
        .iter()
        .find(|s| generate::split(&s.steps, &whole).is_some())?;
    let pieces = generate::split(&sequence.steps, &whole)?;
    let (longest, _) = sequence
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| matches!(step, Step::Run { min, max, .. } if min == max))
        .max_by_key(|(_, step)| step.len_bounds().0)?;
    let Step::Run { set, .. } = &sequence.steps[longest] else {
        return None;
    };
    let mut wrong = pieces.clone();
    let middle = wrong[longest].len() / 2;
    wrong[longest][middle] = *b"~!*:".iter().find(|b| !set.has(**b))?;
    let filled = sequence
        .steps
        .iter()
        .zip(&pieces)
        .map(|(step, piece)| match step {
            Step::Lit { bytes, .. } => bytes.to_vec(),
            Step::Run { set, .. } => {
                let fill = *b"xXa0A2".iter().find(|b| set.has(**b)).unwrap_or(&b'-');
                vec![fill; piece.len()]
            }
        });
    Some((wrong.concat(), filled.collect::<Vec<_>>().concat()))
}

/// Returns the value with one character of its secret changed so that the check fails.
fn wrong_checksum(
    rule: &Rule,
    sequences: &[Sequence],
    value: &Value,
    rng: &mut Rng,
) -> Option<Vec<u8>> {
    let check = check::lookup(&rule.check)?;
    let (whole, secret) = (value.whole(), value.secret_range());
    (0..400).find_map(|_| {
        let mut text = whole.clone();
        let at = secret.start + rng.below(secret.len());
        text[at] = rng.pick(b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789");
        let refused = matches!(check(&text[secret.clone()]), Outcome::Invalid(_));
        (refused && generate::matches(sequences, &text)).then_some(text)
    })
}

#[test]
fn what_is_no_value_of_a_shape_is_not_reported_by_its_rule() {
    let mut wrong: BTreeMap<(Spoiled, String), String> = BTreeMap::new();
    let mut counts: BTreeMap<Spoiled, usize> = BTreeMap::new();
    let mut refuted = BTreeSet::new();
    for (rule, sequences) in shapes() {
        let path = path_of(rule);
        for n in 0..3 {
            let Some(value) = sample(rule, sequences, n) else {
                continue;
            };
            let mut texts = spoiled(rule, sequences, &value, seed_of(rule, 1000 + n));
            if rule.context.is_some() && !rule.bare {
                texts.push((Spoiled::OutOfContext, value.whole()));
            }
            for (how, text) in texts {
                let written = match how {
                    Spoiled::OutOfContext => {
                        syntax::wrap("", "setting", &text, Syntax::Python, false)
                    }
                    _ => written(rule, &text, Syntax::Json, n as usize, true),
                };
                *counts.entry(how).or_default() += 1;
                if how == Spoiled::WrongChecksum {
                    refuted.insert(&rule.check);
                }
                let bad = live(&written.text, &path).into_iter().any(|f| {
                    // A rule that only lowers the confidence of a failed check may keep the value.
                    f.rule == *rule.id
                        && !(how == Spoiled::WrongChecksum
                            && rule.on_invalid == OnInvalid::Downgrade
                            && f.confidence == Confidence::Low)
                });
                if bad && !exceptions::tolerated(&rule.id, &format!("{how:?}")) {
                    let text = String::from_utf8_lossy(&written.text).into_owned();
                    wrong.insert((how, rule.id.to_string()), text);
                }
            }
        }
    }
    for ((how, rule), text) in &wrong {
        println!("{rule}: {how:?} is reported");
        if std::env::var_os("VERBOSE").is_some() {
            println!("{text}");
        }
    }
    println!("{counts:?}");
    assert!(
        wrong.is_empty(),
        "{} kinds of misses are reported",
        wrong.len()
    );
    assert!(
        counts.values().all(|n| *n > 20),
        "{counts:?}: too few to prove anything"
    );
    let unproved: BTreeSet<&str> = shapes()
        .map(|(rule, _)| &rule.check)
        .filter(|c| !c.is_empty() && !refuted.contains(c))
        .map(AsRef::as_ref)
        .collect();
    let lenient: BTreeSet<&str> = exceptions::LENIENT_CHECKS.iter().copied().collect();
    assert_eq!(
        unproved, lenient,
        "checks that refuse no change of one sign"
    );
}

#[test]
fn companions_are_found_and_make_the_finding_sure() {
    let mut wrong = Vec::new();
    for (rule, sequences) in shapes().filter(|(rule, _)| !rule.companions.is_empty()) {
        for n in 0..3 {
            let Some(value) = sample(rule, sequences, n) else {
                continue;
            };
            let written = written(rule, &value.whole(), Syntax::Yaml, n as usize, true);
            let found = live(&written.text, &path_of(rule));
            // The rule of the other half may report it.
            let at = written.at + value.secret_range().start;
            let complete = found.iter().any(|f| {
                let own = f.rule == *rule.id && f.parts.len() == rule.companions.len();
                (own || f.parts.iter().any(|p| p.start == at)) && f.confidence == Confidence::High
            });
            if !complete && !exceptions::tolerated(&rule.id, "Companion") {
                let names: Vec<_> = found.iter().map(|f| (&f.rule, f.parts.len())).collect();
                wrong.push(format!(
                    "{}: {names:?}\n{}",
                    rule.id,
                    String::from_utf8_lossy(&written.text)
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_text_of_a_pattern_is_reported_by_exactly_its_rule() {
    let mut wrong = BTreeMap::new();
    let mut used = BTreeSet::new();
    let mut proved = 0;
    for rule in patterns() {
        let path = path_of(rule);
        let mut good = 0;
        for n in 0..SEEDS {
            let Some((text, secret)) = patterns::sample(rule, seed_of(rule, n)) else {
                wrong.insert((rule.id.to_string(), "no sample".to_owned()), String::new());
                continue;
            };
            let head: &[u8] = if n % 2 == 0 {
                b""
            } else {
                b"# written by hand\nregion=eu-1\n"
            };
            let words = rule
                .context
                .as_ref()
                .map_or(String::new(), |c| format!("# {}\n", c.words[0]));
            let before = [head, words.as_bytes()].concat();
            let all = [&before[..], &text[..], b"\nzone=b\n"].concat();
            let secret = before.len() + secret.start..before.len() + secret.end;
            let found = live(&all, &path);
            let own = found
                .iter()
                .any(|f| f.rule == *rule.id && f.secret == secret);
            let mut names: BTreeSet<&str> = found.iter().map(|f| f.rule.as_str()).collect();
            names.remove(rule.id.as_ref());
            names.retain(|other| {
                let row = exceptions::explained(&rule.id, other);
                used.extend(row);
                row.is_none()
            });
            if own && names.is_empty() {
                good += 1;
            } else {
                let key = (rule.id.to_string(), format!("{own} {names:?}"));
                wrong.insert(key, String::from_utf8_lossy(&all).into_owned());
            }
        }
        proved += usize::from(good == SEEDS);
    }
    for ((rule, other), text) in &wrong {
        println!(
            "{rule} -> {other}\n{}",
            text.chars().take(600).collect::<String>()
        );
    }
    println!("{proved} pattern rules proved");
    assert!(wrong.is_empty(), "{} patterns are not proved", wrong.len());
    exceptions::assert_used(&used, |id| patterns().any(|rule| rule.id == id));
}

#[test]
fn the_table_in_the_docs_is_that_of_the_rules() {
    let text = catalogue::markdown(&builtin::ruleset());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    let stale = written.lines().zip(text.lines()).find(|(a, b)| a != b);
    assert!(
        written == text,
        "docs/rules.md is not of these rules ({stale:?}); UPDATE_DOCS=1 cargo test --test all rules::"
    );
}

//! Credentials of no known shape: the value of an assignment whose name says that
//! it is a secret.
//!
//! ```text
//! word of a name -> syntax: where the value stands -> name: what it names
//!   -> ladder: what is no value, a reference, a placeholder, something else
//!   -> features -> score, weighed with the path in `decide`
//! ```
//!
//! [`judge`] looks at bytes and not at the path; [`decide`] at the path and not at
//! bytes, so that verdicts can be inherited between versions and paths.

mod features;
mod kind;
mod ladder;
mod letters;
mod name;
mod phrase;
mod value;
mod vocabulary;
mod weights;

use std::ops::Range;

use crate::blob::BlobPath;
use crate::detect::forms::assignments::{self, Quote};
use crate::finding::{Candidate, Dismissal, Traits};
use crate::rules::{Confidence, Severity};
use kind::Place;
pub(super) use kind::place;
pub(super) use ladder::look_alike;
use value::Tally;

/// A credential by its name.
pub(super) struct Generic {
    /// The value.
    pub(super) value: Range<usize>,
    /// The name, or the part of it that is on this line.
    pub(super) name: Range<usize>,
    /// The most that the score may say.
    pub(super) confidence: Confidence,
    /// Set when the value turns out to be none.
    pub(super) dismissed: Option<Dismissal>,
    /// What the score is made of.
    pub(super) traits: Traits,
}

/// Judges the value that is given to the name in which a word of `names::NAMES`
/// stands at `word`. A function of the bytes within [`assignments::REACH`] of it.
pub(super) fn judge(bytes: &[u8], word: Range<usize>) -> Option<Generic> {
    let site = assignments::site(bytes, &word)?;
    let text = &bytes[site.value.clone()];
    if !ladder::LENGTHS.contains(&text.len()) {
        return None;
    }
    let tally = Tally::of(text);
    let one_word = tally.only(&ladder::GRAPHIC);
    if one_word && !ladder::may_be_any(text, &tally) {
        return None;
    }
    if !one_word && site.quote == Quote::Bare {
        return None;
    }
    let name = name::read(&bytes[site.name.clone()])?;
    let may_be = if one_word {
        ladder::may_be_value
    } else {
        phrase::may_be_value
    };
    if !may_be(bytes, &site, &name, &tally) {
        return None;
    }
    let stock = ladder::is_stock(text);
    let mut traits = features::of(bytes, &site, &name, &tally);
    if stock {
        features::mark_stock(&mut traits);
    }
    Some(Generic {
        confidence: if stock {
            Confidence::Low
        } else {
            most_anywhere(&traits)
        },
        dismissed: ladder::dismissal(text, &tally, &name, stock),
        traits,
        value: site.value,
        name: site.name,
    })
}

/// How much further below the bar a stock word is dismissed: the score doubts words, and
/// a stock word is doubted already.
const STOCK_MARGIN: i32 = 4000;

/// The weights alone, so that they lie close together.
const WEIGHTS: [i32; features::COUNT] = {
    let mut weights = [0; features::COUNT];
    let mut i = 0;
    while i < weights.len() {
        weights[i] = weights::WEIGHTS[i].1;
        i += 1;
    }
    weights
};

/// The sum of the weights of all features that are there, in thousandths.
fn score(traits: &Traits) -> i32 {
    features::indices(traits).fold(weights::BIAS, |sum, i| {
        sum + WEIGHTS.get(i).copied().unwrap_or(0)
    })
}

/// How sure a candidate can be at the path that speaks most for it: what is less than
/// that at all paths need not be looked at again.
fn most_anywhere(traits: &Traits) -> Confidence {
    let bonus = |flag: usize| WEIGHTS[flag].max(0);
    let bonus: i32 = features::place_flags().into_iter().map(bonus).sum();
    let plain = score(traits);
    let most = kind::Kind::ALL.into_iter().filter_map(|kind| {
        let place = kind::Place::of(kind);
        if features::is_identifier_at(traits, place) {
            return None;
        }
        // A shell reads some values in another way.
        Some(if kind == kind::Kind::Shell {
            score(&features::at_place(traits, place))
        } else {
            plain + WEIGHTS[features::kind_feature(traits, kind, false)]
        })
    });
    most.max()
        .map_or(Confidence::Low, |most| sureness(most + bonus))
}

fn sureness(score: i32) -> Confidence {
    match score {
        s if s >= weights::HIGH => Confidence::High,
        s if s >= weights::MEDIUM => Confidence::Medium,
        _ => Confidence::Low,
    }
}

/// Weighs a candidate of the generic rule with its path: sets how sure it is, dismisses
/// what the path explains, and lowers the severity in tests and examples.
pub(super) fn decide(candidate: &mut Candidate, place: Place) {
    let Some(traits) = &candidate.traits else {
        return;
    };
    let score = score(&features::at_place(traits, place));
    let confidence = sureness(score);
    let least = weights::LOW
        - if features::is_stock(traits) {
            STOCK_MARGIN
        } else {
            0
        };
    candidate.confidence = candidate.confidence.min(confidence);
    if candidate.dismissed.is_none() {
        if place.translation && (features::is_wordy(traits) || score < weights::HIGH) {
            candidate.dismissed = Some(Dismissal::LookAlike("words of a translation"));
        } else if features::is_identifier_at(traits, place) {
            candidate.dismissed = Some(Dismissal::LookAlike("an identifier of a program"));
        } else if score < least {
            candidate.dismissed = Some(Dismissal::LookAlike(
                "name, syntax and value together do not look like a credential",
            ));
        }
    }
    if place.test || place.example {
        candidate.severity = candidate.severity.min(Severity::Medium);
    }
}

/// The names of all features of the generic rule, in the order of their weights.
pub fn generic_features() -> Vec<String> {
    (0..features::COUNT).map(features::name).collect()
}

/// The features of a candidate of the generic rule at `path` with their weights, the
/// largest first, and last the score that they add up to; empty for other rules. The
/// ladder's step that dismissed it, if one did, is in [`Candidate::dismissed`].
pub fn generic_reasons(candidate: &Candidate, path: &BlobPath) -> Vec<(String, f32)> {
    let Some(traits) = &candidate.traits else {
        return Vec::new();
    };
    let all = features::at_place(traits, kind::place(path));
    let unit = |thousandths: i32| thousandths as f32 / 1000.0;
    let mut reasons: Vec<(String, f32)> = features::indices(&all)
        .map(|i| {
            (
                features::name(i),
                unit(weights::WEIGHTS.get(i).map_or(0, |w| w.1)),
            )
        })
        .collect();
    reasons.push(("bias".to_owned(), unit(weights::BIAS)));
    reasons.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    reasons.push(("score".to_owned(), unit(score(&all))));
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use assignments::REACH;

    #[test]
    fn weights_belong_to_these_features() {
        let names: Vec<&str> = weights::WEIGHTS.iter().map(|w| w.0).collect();
        assert_eq!(generic_features(), names);
    }

    #[test]
    fn the_score_is_what_the_training_script_says() {
        for (bits, want) in weights::FIXTURE {
            let mut traits = Traits::default();
            for bit in bits {
                traits.bits[usize::from(bit / 64)] |= 1 << (bit % 64);
            }
            assert_eq!(score(&traits), want, "{bits:?}");
        }
    }

    /// Text made of what the reader of syntax looks for, in any order.
    fn noise(state: &mut u64, pieces: usize) -> Vec<u8> {
        const PIECES: &[&str] = &[
            "password",
            "token",
            "key = \"",
            "\"",
            "'",
            "`",
            "\\\"",
            "&quot;",
            "&#34;",
            "=",
            ":",
            ": ",
            " => ",
            ", ",
            "(",
            ")",
            "{",
            "}",
            "[",
            "]",
            ".",
            "-",
            "\n",
            " ",
            "<",
            ">",
            "Some(",
            "new X(",
            "os.getenv(",
            " or ",
            " || ",
            "with: ",
            "value=",
            "Basic ",
            "$",
            "%",
            "\\n",
            "abc",
            "Zq9",
            "0x",
            "user",
            "https://",
            "?",
            "&",
            "#",
            "\u{fc}",
            "*",
            "/",
            "identified by ",
        ];
        (0..pieces)
            .flat_map(|_| {
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                PIECES[(*state % PIECES.len() as u64) as usize].bytes()
            })
            .collect()
    }

    fn words_in(text: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
        ["password", "token", "key = ", "identified by"]
            .into_iter()
            .flat_map(|w| {
                memchr::memmem::find_iter(text, w.as_bytes())
                    .map(move |at| at..at + w.len())
                    .collect::<Vec<_>>()
            })
    }

    #[test]
    fn nothing_panics_on_any_bytes() {
        let mut state = 88_172_645_463_325_252;
        let mut judged = 0;
        for _ in 0..6_000 {
            let text = noise(&mut state, 24);
            for word in words_in(&text) {
                judged += usize::from(judge(&text, word).is_some());
            }
            for at in 0..text.len() {
                let _ = judge(&text, at..(at + 3).min(text.len()));
            }
        }
        assert!(judged > 100, "{judged}");
    }

    #[test]
    fn a_verdict_depends_on_the_bytes_within_reach_only() {
        let mut state = 0x9e37_79b9_7f4a_7c15;
        let mut judged = 0;
        for _ in 0..60 {
            let text = noise(&mut state, 4_000);
            for word in words_in(&text) {
                let from = word.start.saturating_sub(REACH);
                let to = text.len().min(word.end + REACH);
                let whole = judge(&text, word.clone());
                let cut = judge(&text[from..to], word.start - from..word.end - from);
                let shape = |g: Option<Generic>, by: usize| {
                    g.map(|g| (g.value.start + by, g.value.end + by, g.traits, g.dismissed))
                };
                judged += usize::from(whole.is_some());
                assert_eq!(shape(whole, 0), shape(cut, from));
            }
        }
        assert!(judged > 100, "{judged}");
    }
}

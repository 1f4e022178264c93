//! Adds the weights of a candidate's features up to a score, together with what its path
//! says, and decides by it.

use super::features;
use super::marks;
use super::place::{self, Place, place};
use super::weights;
use crate::blob::BlobPath;
use crate::finding::{Candidate, Dismissal, Traits};
use crate::rules::{Confidence, Severity};

/// How much further below the bar a stock word must be to be dismissed. The score doubts
/// words, and a stock word has low confidence already.
const STOCK_MARGIN: i32 = 4000;

/// The weights without names, so that they lie close together.
const WEIGHTS: [i32; features::COUNT] = {
    let mut weights = [0; features::COUNT];
    let mut i = 0;
    while i < weights.len() {
        weights[i] = weights::WEIGHTS[i].1;
        i += 1;
    }
    weights
};

/// The sum of the weights of all features of `traits`, in thousandths.
fn score(traits: &Traits) -> i32 {
    let mut sum = weights::BIAS;
    for (word, from) in traits.bits.iter().zip((0..).step_by(64)) {
        let mut rest = *word;
        while rest != 0 {
            let index = from + rest.trailing_zeros() as usize;
            sum += WEIGHTS.get(index).copied().unwrap_or(0);
            rest &= rest - 1;
        }
    }
    sum
}

/// The confidence of a candidate at the path that speaks most for it. A candidate that is
/// not sure enough at that path is not sure enough at any.
pub(super) fn most_anywhere(traits: &Traits) -> Confidence {
    let bonus = |flag: usize| WEIGHTS[flag].max(0);
    let bonus: i32 = features::place_flags().into_iter().map(bonus).sum();
    let plain = score(traits);
    let most = place::Kind::ALL.into_iter().filter_map(|kind| {
        let place = place::Place::of(kind);
        if features::is_identifier_at(traits, place) {
            return None;
        }
        // Features of some bare values differ in a shell.
        Some(if kind == place::Kind::Shell {
            score(&features::at_place(traits, place))
        } else {
            plain + WEIGHTS[features::kind_feature(traits, kind, false)]
        })
    });
    let score = most
        .max()
        .map_or(Confidence::Low, |most| sureness(most + bonus));
    let places = place::Kind::ALL.into_iter().map(Place::of);
    let floors = places.filter_map(|place| floor(traits, place));
    floors.fold(score, Confidence::max)
}

/// How sure a value is at this place, whatever its score is.
fn floor(traits: &Traits, place: Place) -> Option<Confidence> {
    marks::floor(traits, place, features::is_bare(traits))
}

fn sureness(score: i32) -> Confidence {
    match score {
        s if s >= weights::HIGH => Confidence::High,
        s if s >= weights::MEDIUM => Confidence::Medium,
        _ => Confidence::Low,
    }
}

/// Whether the value of a candidate is one in the file at this place: only some kinds of files
/// are read line by line.
pub(in crate::detect) fn stands_at(candidate: &Candidate, place: Place) -> bool {
    let traits = candidate.traits.as_ref();
    traits.is_none_or(|traits| marks::stands_at(traits, place))
}

/// Decides on a candidate of the generic rule with its path: sets the confidence, dismisses
/// what the path explains, and lowers the severity in tests and examples.
pub(in crate::detect) fn decide(candidate: &mut Candidate, place: Place) {
    let Some(traits) = &candidate.traits else {
        return;
    };
    let score = score(&features::at_place(traits, place));
    let floor = floor(traits, place);
    let confidence = match marks::is_default(traits.marks) {
        true => Confidence::Low,
        false => sureness(score),
    };
    let confidence = confidence.max(floor.unwrap_or(Confidence::Low));
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
        } else if marks::is_number_at(traits, place, features::is_bare(traits)) {
            candidate.dismissed = Some(Dismissal::LookAlike("a number of a program"));
        } else if score < least && floor.is_none() {
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
    let all = features::at_place(traits, place(path));
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
}

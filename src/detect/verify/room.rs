//! Room for a value: no value stands where too few of its bytes stand in a row.
//!
//! The words of a rule stand near each other in lists of names, and around each of them the rule
//! looks for values. So most places have to be ruled out at a glance.

use crate::rules::class::ByteSet;
use crate::rules::{Sequence, Step};

/// What each value of some sequences needs: this many bytes in a row, all of a class.
pub(super) struct Room {
    class: ByteSet,
    len: usize,
    /// All bytes between the last place that was asked for and this one are of the class.
    known: usize,
}

impl Room {
    /// The room that the shortest value of any of `sequences` needs.
    pub(super) fn of(sequences: &[Sequence]) -> Self {
        let mut class = ByteSet::EMPTY;
        for step in sequences.iter().flat_map(|sequence| sequence.steps.iter()) {
            class = class.or(match step {
                Step::Run { set, .. } => *set,
                Step::Lit { bytes, fold: false } => ByteSet::of(bytes),
                Step::Lit { bytes, fold: true } => ByteSet::of(&bytes.to_ascii_lowercase())
                    .or(ByteSet::of(&bytes.to_ascii_uppercase())),
            });
        }
        let shortest = sequences.iter().map(|sequence| sequence.len_bounds().0);
        let len = shortest.min().unwrap_or(0);
        Self {
            class,
            len,
            known: 0,
        }
    }

    /// The first place from `at` on, and before `end`, that has room. Ask for places in order.
    pub(super) fn next(&mut self, bytes: &[u8], mut at: usize, end: usize) -> Option<usize> {
        while at < end {
            let to = at + self.len;
            let from = self.known.clamp(at, to);
            let unknown = bytes.get(from..to)?;
            self.known = self.known.max(to);
            // No place before the last byte that is not of the class has room.
            match unknown.iter().rposition(|byte| !self.class.has(*byte)) {
                Some(other) => at = from + other + 1,
                None => return Some(at),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::Rng;
    use crate::rules::shape;

    #[test]
    fn places_with_room_are_those_with_enough_bytes_in_a_row() {
        let mut rng = Rng::new(4);
        let mut found = 0;
        for notation in ["hex{5}", r#""ab" low{3..9}"#, r#"i"k" dig{2} "-" dig{1}"#] {
            let sequences = shape::parse(notation).unwrap();
            let class: &[u8] = match notation {
                "hex{5}" => b"0123456789abcdefABCDEF",
                r#"i"k" dig{2} "-" dig{1}"# => b"kK0123456789-",
                _ => b"abcdefghijklmnopqrstuvwxyz",
            };
            for _ in 0..2_000 {
                let len = rng.below(60);
                let text = rng.text(b"ab0k-K1x fc", len).into_bytes();
                let start = rng.below(len + 1);
                let end = start + rng.below(len + 1 - start);
                let has_room = |at: &usize| {
                    let there = text.get(*at..at + 5);
                    there.is_some_and(|there| there.iter().all(|byte| class.contains(byte)))
                };
                let expected: Vec<usize> = (start..end).filter(has_room).collect();
                let mut room = Room::of(&sequences);
                let mut places = Vec::new();
                let mut at = start;
                while let Some(place) = room.next(&text, at, end) {
                    places.push(place);
                    at = place + 1;
                }
                assert_eq!(places, expected, "{notation} {}", text.escape_ascii());
                found += places.len();
            }
        }
        assert!(found > 500, "{found}");
    }
}

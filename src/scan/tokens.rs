//! Finds what looks like a token in a text, whichever rule knows it.

use std::ops::Range;

use crate::rules::class::{ALNUM, ByteSet};

/// The fewest bytes of a token.
const SHORTEST: usize = 20;
/// What a token consists of.
const PART: ByteSet = ALNUM.or(ByteSet::of(b"+/_=-"));

/// Returns long runs of token characters that mix letters and digits: they may be secrets
/// that no rule knows.
pub(crate) fn token_like(text: &[u8]) -> Vec<Range<usize>> {
    let all = 0..text.len();
    Tokens::default().within(text, &all).collect()
}

/// What is known of the runs of token characters of one content. Windows around findings
/// overlap, so each byte is read once and not once per finding.
#[derive(Default)]
pub(super) struct Tokens {
    /// What was read. No run goes on behind its end.
    read: Range<usize>,
    /// The long runs in it, ascending.
    runs: Vec<Range<usize>>,
}

impl Tokens {
    /// How many runs before a window are kept at most.
    const PASSED: usize = 64;

    /// Returns what [`token_like`] finds in `window` of `bytes`, by its place in `bytes`.
    pub(super) fn within<'a>(
        &'a mut self,
        bytes: &'a [u8],
        window: &Range<usize>,
    ) -> impl Iterator<Item = Range<usize>> + use<'a> {
        if window.start < self.read.start || window.start > self.read.end {
            self.read = window.start..window.start;
            self.runs.clear();
        }
        self.read_to(bytes, window.end);
        let passed = self.runs.partition_point(|run| run.end <= window.start);
        let passed = match passed > Self::PASSED {
            true => {
                self.runs.drain(..passed);
                self.read.start = window.start;
                0
            }
            false => passed,
        };
        let (start, end) = (window.start, window.end);
        let runs = self.runs[passed..].iter();
        let inside = runs.map(move |run| run.start.max(start)..run.end.min(end));
        let inside = inside.take_while(move |run| run.start < end);
        inside.filter(|run| {
            let text = &bytes[run.clone()];
            text.len() >= SHORTEST
                && text.iter().any(u8::is_ascii_digit)
                && text.iter().any(u8::is_ascii_alphabetic)
        })
    }

    /// Reads on to `end`, and to the end of the run there.
    fn read_to(&mut self, bytes: &[u8], end: usize) {
        let other = |b: &u8| !PART.has(*b);
        let mut at = self.read.end;
        while at < end {
            let Some(next) = bytes.get(at..at + SHORTEST) else {
                at = bytes.len();
                break;
            };
            // From the right, so that most of a text of short words is not read.
            if let Some(last) = next.iter().rposition(other) {
                at += last + 1;
                continue;
            }
            let more = bytes[at + SHORTEST..].iter().position(other);
            let to = more.map_or(bytes.len(), |more| at + SHORTEST + more);
            self.runs.push(at..to);
            at = to;
        }
        self.read.end = at.max(self.read.end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_that_look_like_tokens_are_hidden() {
        let text = b"a=abcdefghijklmnopqrst1 b=word";
        assert_eq!(token_like(text), vec![0..23]);
        assert!(token_like(b"an ordinary line of words").is_empty());
        let run = |len: usize| [&b"a1"[..], &b"x".repeat(len - 2)].concat();
        for (before, len, after) in [(0, 20, 0), (1, 20, 1), (19, 21, 19), (3, 60, 40)] {
            let words = |len: usize| b"ab c".iter().copied().cycle().take(len);
            let text = |len| {
                let before = words(before).chain(*b" ");
                before
                    .chain(run(len))
                    .chain(*b" ")
                    .chain(words(after))
                    .collect::<Vec<u8>>()
            };
            assert_eq!(token_like(&text(len)), vec![before + 1..before + 1 + len]);
            assert!(token_like(&text(19)).is_empty());
        }
    }

    /// A window has the tokens of its text alone, whatever was read before.
    #[test]
    fn windows_of_one_content_are_read_as_texts_of_their_own() {
        const PIECES: &[&str] = &[
            "a",
            "1",
            "Xy7",
            " ",
            "\n",
            "abcdefghijk",
            "0123456789",
            "=+",
        ];
        let mut rng = crate::check::mint::Rng::new(11);
        let mut found = 0;
        for _ in 0..60 {
            let bytes: Vec<u8> = (0..400)
                .flat_map(|_| PIECES[rng.below(PIECES.len())].bytes())
                .collect();
            let mut tokens = Tokens::default();
            let mut start = 0;
            for _ in 0..200 {
                // Nearly in order.
                start = (start + rng.below(40)).saturating_sub(rng.below(12));
                let start = start.min(bytes.len());
                let window = start..bytes.len().min(start + rng.below(300));
                let alone: Vec<_> = token_like(&bytes[window.clone()])
                    .into_iter()
                    .map(|run| run.start + start..run.end + start)
                    .collect();
                found += alone.len();
                let within: Vec<_> = tokens.within(&bytes, &window).collect();
                assert_eq!(within, alone, "{window:?}");
            }
        }
        assert!(found > 1000, "{found}");
    }
}

//! What masking remembers from text to text. The lines of findings that stand side by side are
//! nearly the same text, again and again. It changes no result: each entry is a function of the
//! needles and of the bytes that it is asked for.

use super::Level;
use super::windows::{WINDOW, next, packed};

/// The memory of one set of needles.
#[derive(Default)]
pub(super) struct Memory {
    lines: Line,
    pub(super) words: Words,
}

/// The last text, and the level of each of its windows.
#[derive(Default)]
struct Line {
    text: Vec<u8>,
    levels: Vec<Option<Level>>,
}

impl Memory {
    /// The shortest text that is remembered.
    const LEAST: usize = 64;
    /// The longest one.
    const MOST: usize = 4096;
    /// So many bytes say where in the last text this one begins.
    const BEGIN: usize = 32;

    /// The level of each window of `text`, of which `level` is asked if it is not known; `None`
    /// for texts that are not remembered.
    pub(super) fn levels(
        &mut self,
        text: &[u8],
        level: impl Fn(u64) -> Option<Level>,
    ) -> Option<&[Option<Level>]> {
        if !(Self::LEAST..=Self::MOST).contains(&text.len()) {
            return None;
        }
        let Line { text: last, levels } = &mut self.lines;
        let from = memchr::memmem::find(last, &text[..Self::BEGIN]);
        let shared = from.map_or(0, |from| equal(&last[from..], text));
        levels.drain(..from.unwrap_or(0));
        levels.truncate((shared + 1).saturating_sub(WINDOW));
        let (known, new) = text[levels.len()..].split_at(WINDOW - 1);
        let mut window = packed(known);
        levels.extend(new.iter().map(|byte| {
            window = next(window, *byte);
            level(window)
        }));
        last.clear();
        last.extend_from_slice(text);
        Some(levels)
    }
}

/// How many bytes both begin with.
fn equal(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// Words, and what they may hide.
#[derive(Default)]
pub(super) struct Words(Vec<Word>);

/// What a word may hide if it is decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hidden {
    /// Whether it may be something that is known.
    pub(super) known: bool,
    /// For each sign after which its first byte may start, as bits: whether it is text in which
    /// something may be encoded again. Asked only if nothing is known.
    pub(super) again: u8,
}

#[derive(Clone, Default)]
struct Word {
    bytes: Vec<u8>,
    /// How it is encoded.
    system: u8,
    hidden: Hidden,
}

impl Words {
    /// How many are kept.
    const COUNT: usize = 512;
    /// The longest one.
    const MOST: usize = 256;

    /// What `word` may hide if it is encoded as `system` says, which `hidden` is asked for if it
    /// was not asked before.
    pub(super) fn hidden(
        &mut self,
        word: &[u8],
        system: u8,
        hidden: impl FnOnce() -> Hidden,
    ) -> Hidden {
        if word.len() > Self::MOST {
            return hidden();
        }
        if self.0.is_empty() {
            self.0.resize(Self::COUNT, Word::default());
        }
        let (eights, rest) = word.as_chunks::<8>();
        let mix = |sum: u64, eight: u64| (sum.rotate_left(5) ^ eight).wrapping_mul(SPREAD);
        let sum = eights
            .iter()
            .fold(u64::from(system), |sum, e| mix(sum, u64::from_le_bytes(*e)));
        let sum = rest.iter().fold(sum, |sum, b| mix(sum, u64::from(*b)));
        let known = &mut self.0[(sum >> 40) as usize % Self::COUNT];
        if known.system == system && known.bytes == word {
            return known.hidden;
        }
        let hidden = hidden();
        known.bytes.clear();
        known.bytes.extend_from_slice(word);
        (known.system, known.hidden) = (system, hidden);
        hidden
    }
}

/// Spreads numbers: the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_what_is_asked() {
        let mut rng = crate::check::mint::Rng::new(17);
        let content: Vec<u8> = (0..4_000).map(|_| b"abc1 "[rng.below(5)]).collect();
        let level = |window: u64| match (window >> 40 ^ window) & 0xff {
            0 => Some(Level::Sure),
            3 => Some(Level::Doubt),
            _ => None,
        };
        let (mut memory, mut at) = (Memory::default(), 0);
        let mut asked = 0;
        for _ in 0..2_000 {
            // Nearly in order, of different lengths, and sometimes a text that repeats itself.
            at = (at + rng.below(30)) % 3_000;
            let text = &content[at..at + 40 + rng.below(300)];
            let text = match rng.below(10) {
                0 => text[..8].repeat(20),
                _ => text.to_vec(),
            };
            let wanted: Vec<_> = text.windows(WINDOW).map(|w| level(packed(w))).collect();
            if let Some(levels) = memory.levels(&text, level) {
                assert_eq!(levels, wanted);
                asked += 1;
            }
            let word = &content[at..at + 8 + rng.below(20)];
            let system = rng.below(2) as u8;
            let hidden = || Hidden {
                known: word[0] == b'a' && system == 1,
                again: word[1],
            };
            assert_eq!(memory.words.hidden(word, system, hidden), hidden());
            assert_eq!(memory.words.hidden(word, system, Hidden::default), hidden());
        }
        assert!(asked > 1_000);
    }
}

//! Estimates how often short byte strings stand in text, which decides what part of a literal the
//! prefilter looks for. It steers speed only; no verdict depends on it.
//!
//! Words are what text is made of, and pairs of letters do not tell them: `MEMO` is a hundred times as
//! common as its pairs of letters are. So the table has the frequency of windows of four bytes
//! themselves. Windows that share their [flags](super::codes::flag_index) are one.
//!
//! The build script compiles this file as well.

use std::ops::Range;

use super::codes::{TABLE, flag_index};
use crate::rules::class::ByteSet;

/// The windows that are commoner than four in a million, in order: how many places of flags are
/// skipped before each of them (255 and another byte if that is too many), and -8·log2 of its
/// frequency. They were counted in 207 MB of 170 public repositories in all common languages, at
/// most 1.5 MB of each, and in a fortieth of Linux' C, five times.
static WINDOWS: &[u8] = include_bytes!("windows.bin");

/// How common each other window is.
const OTHER: f32 = 1.848e-7;

/// The most places of flags that are summed up for one window: no window that may be entered has more.
const MOST: usize = 20_000;

/// How often windows stand in text.
pub(super) struct Model {
    windows: Vec<f32>,
    /// The same for two bytes.
    pairs: Vec<f32>,
}

impl Model {
    /// Expands the table.
    pub(super) fn new() -> Self {
        let mut windows = vec![OTHER; TABLE];
        let (mut place, mut bytes) = (0, WINDOWS.iter());
        while let Some(skip) = bytes.next() {
            place += usize::from(*skip);
            if *skip == u8::MAX {
                continue;
            }
            if let (Some(windows), Some(log)) = (windows.get_mut(place), bytes.next()) {
                *windows = (-f32::from(*log) / 8.0).exp2();
            }
            place += 1;
        }
        let mut pairs = vec![0.0; 1 << 10];
        for (place, frequency) in windows.iter().enumerate() {
            pairs[place & 0x3ff] += frequency;
        }
        Self { windows, pairs }
    }

    /// How many windows of text have flags where one of these four classes has its own, as a part of all.
    /// `None` if the classes allow too much to say.
    pub(super) fn window(&self, classes: &[ByteSet; 4]) -> Option<f32> {
        let codes = classes.map(|class| Codes::of(&class));
        let most = codes.iter().map(Codes::len).product::<usize>();
        let [a, b, c, d] = codes;
        let each = |ab: usize| c.with(d).map(move |cd| self.windows[ab << 10 | cd]);
        (most <= MOST).then(|| a.with(b).flat_map(each).sum())
    }

    /// The same for two windows that overlap, six bytes together.
    pub(super) fn pair(&self, classes: &[ByteSet; 6]) -> Option<f32> {
        let codes = classes.map(|class| Codes::of(&class));
        let most = |of: Range<usize>| codes[of].iter().map(Codes::len).product::<usize>();
        if most(0..4) > MOST || most(2..6) > MOST {
            return None;
        }
        let [a, b, c, d, e, f] = codes;
        let both = |cd: usize| {
            let first: f32 = a.with(b).map(|ab| self.windows[ab << 10 | cd]).sum();
            let second: f32 = e.with(f).map(|ef| self.windows[cd << 10 | ef]).sum();
            first * second / self.pairs[cd]
        };
        Some(c.with(d).map(both).sum())
    }
}

/// What stands for the bytes of a class in the index of flags, as a bitmap.
#[derive(Clone, Copy)]
struct Codes(u32);

impl Codes {
    fn of(class: &ByteSet) -> Self {
        let code = |byte: u8| flag_index(u32::from(byte) << 24) & 0x1f;
        Self(class.iter().fold(0, |all, byte| all | 1 << code(byte)))
    }

    fn len(&self) -> usize {
        self.0.count_ones() as usize
    }

    fn iter(self) -> impl Iterator<Item = usize> {
        (0..32).filter(move |code| self.0 >> code & 1 != 0)
    }

    /// Two bytes, of this class and of `next`.
    fn with(self, next: Self) -> impl Iterator<Item = usize> {
        let pair = move |code| next.iter().map(move |next| code << 5 | next);
        self.iter().flat_map(pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &[u8; 4]) -> f32 {
        Model::new()
            .window(&text.map(|byte| ByteSet::of(&[byte])))
            .unwrap()
    }

    #[test]
    fn words_of_code_are_common_and_prefixes_of_tokens_are_rare() {
        assert!(of(b"retu") > 100.0 * of(b"xoxb"));
        assert!(of(b"pass") > of(b"AKIA"));
        assert!(of(b"memo") > 20.0 * of(b"rmem"));
    }

    #[test]
    fn all_windows_are_one_in_one() {
        let model = Model::new();
        let sum = |of: &[f32]| of.iter().map(|part| f64::from(*part)).sum::<f64>();
        assert!((0.9..1.1).contains(&sum(&model.windows)));
        assert!((0.9..1.1).contains(&sum(&model.pairs)));
    }

    #[test]
    fn a_class_is_as_common_as_its_members_together() {
        let model = Model::new();
        let key = |class| {
            [
                ByteSet::of(b"k"),
                ByteSet::of(b"e"),
                ByteSet::of(b"y"),
                class,
            ]
        };
        let one = |byte: u8| model.window(&key(ByteSet::of(&[byte]))).unwrap();
        let all = model.window(&key(ByteSet::of(b"=s."))).unwrap();
        let sum = one(b'=') + one(b's') + one(b'.');
        assert!((all - sum).abs() < sum / 1_000.0);
        let any = ByteSet([u64::MAX; 4]);
        assert_eq!(model.window(&[any; 4]), None);
        // A pair is no commoner than its windows.
        let six = b"memory".map(|byte| ByteSet::of(&[byte]));
        let pair = model.pair(&six).unwrap();
        assert!(pair <= of(b"memo").min(of(b"mory")) * 1.01 && pair > of(b"memo") / 100.0);
    }
}

//! The first stage of the prefilter: marks the windows whose flags deserve a closer look.
//!
//! Most of the time of a scan is spent here. On processors with AVX2 the places of
//! eight windows are computed at once; their flags are loaded one by one in any case. What each window shows is a mark, and not a
//! branch: which windows deserve a look is hard to foresee for a processor.

use std::ops::Range;

use super::tables::{FIRSTS, SOLE, TABLE, flag_index};
use super::windows::FOLD;

/// How far one step moves: eight windows.
pub(super) const STEP: usize = 16;

/// How many bytes a step reads: the last window of a step goes on in the next one.
const SPAN: usize = STEP + 2;

/// The most marks at a time.
pub(super) const MARKS: usize = 64;

/// A step with windows that deserve a closer look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Where the first window begins.
    pub(super) at: usize,
    /// One byte of flags for each window: [`SOLE`] for the window alone, one of [`FIRSTS`] for the
    /// pair that ends with it.
    pub(super) windows: u64,
}

/// The flags, and the way to look at them.
#[derive(Clone, Copy)]
pub(super) struct Sieve<'a> {
    flags: &'a [u8; TABLE],
    #[cfg(target_arch = "x86_64")]
    avx2: bool,
}

impl<'a> Sieve<'a> {
    /// The fastest way that this processor has.
    pub(super) fn new(flags: &'a [u8; TABLE]) -> Self {
        Self {
            flags,
            #[cfg(target_arch = "x86_64")]
            avx2: std::arch::is_x86_feature_detected!("avx2"),
        }
    }

    /// Takes steps from the start of `range` on while one begins in it and ends in `bytes`, for at
    /// most [`MARKS`] steps. Returns where the next one begins, and how many marks there are.
    /// `carried` has the flags of the window before.
    #[inline]
    pub(super) fn marks(
        self,
        bytes: &[u8],
        range: Range<usize>,
        carried: &mut u8,
        marks: &mut [Mark; MARKS],
    ) -> (usize, usize) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 {
            return wide::marks(self.flags, bytes, range, carried, marks);
        }
        steps(bytes, range, carried, marks, |span| {
            let mut flags = 0u64;
            for lane in 0..8 {
                let window = [
                    span[2 * lane],
                    span[2 * lane + 1],
                    span[2 * lane + 2],
                    span[2 * lane + 3],
                ];
                let window = u32::from_le_bytes(window) & FOLD;
                flags |= u64::from(self.flags[flag_index(window)]) << (8 * lane);
            }
            flags
        })
    }
}

/// Takes the steps, whatever way `flags_of` has to find the flags of eight windows.
#[inline(always)]
fn steps(
    bytes: &[u8],
    range: Range<usize>,
    carried: &mut u8,
    marks: &mut [Mark; MARKS],
    mut flags_of: impl FnMut(&[u8; SPAN]) -> u64,
) -> (usize, usize) {
    const LANES: u64 = u64::MAX / 255;
    let (mut at, mut marked) = (range.start, 0);
    let end = range.end.min(at + MARKS * STEP);
    let mut last = u64::from(*carried);
    while at < end
        && let Some(span) = bytes[at..].first_chunk()
    {
        let flags = flags_of(span);
        let before = flags << 8 | last;
        last = flags >> 56;
        // The flag of a second window is the bit above that of its first one.
        let pairs = before & flags >> 1 & (LANES * FIRSTS as u64);
        let windows = pairs | flags & (LANES * SOLE as u64);
        // The next mark takes the place of one that has no windows.
        marks[marked & (MARKS - 1)] = Mark { at, windows };
        marked += usize::from(windows != 0);
        at += STEP;
    }
    *carried = last as u8;
    (at, marked)
}

/// Eight windows at once, with AVX2.
#[cfg(target_arch = "x86_64")]
#[allow(
    unsafe_code,
    reason = "one call, of a function for processors that have AVX2"
)]
mod wide {
    use std::arch::x86_64::{
        _mm_cvtsi32_si128, _mm_cvtsi128_si64, _mm_extract_epi64, _mm_insert_epi8, _mm256_and_si256,
        _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
        _mm256_set_epi64x, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32,
        _mm256_setr_epi8, _mm256_shuffle_epi8,
    };
    use std::ops::Range;

    use super::super::tables::TABLE;
    use super::{MARKS, Mark, steps};

    /// As the plain way. Call it only if the processor has AVX2.
    #[inline(always)]
    pub(super) fn marks(
        flags: &[u8; TABLE],
        bytes: &[u8],
        range: Range<usize>,
        carried: &mut u8,
        marks: &mut [Mark; MARKS],
    ) -> (usize, usize) {
        // SAFETY: `Sieve::marks`, the only caller, has asked the processor whether it has AVX2.
        // Nothing else is unsafe about that function: it has no pointers, and each access to
        // memory is checked.
        unsafe { marks_of(flags, bytes, range, carried, marks) }
    }

    #[target_feature(enable = "avx2")]
    fn marks_of(
        flags: &[u8; TABLE],
        bytes: &[u8],
        range: Range<usize>,
        carried: &mut u8,
        marks: &mut [Mark; MARKS],
    ) -> (usize, usize) {
        // Each half has the bytes of four windows: the lower one from the first byte of the step
        // on, the upper one from the third, so that it has the last two bytes as well.
        let order = _mm256_setr_epi8(
            0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9, //
            6, 7, 8, 9, 8, 9, 10, 11, 10, 11, 12, 13, 12, 13, 14, 15,
        );
        let five = _mm256_set1_epi8(0x1f);
        // Pairs of bytes, and then pairs of those: the first one is the higher one.
        let bytes_of_pair = _mm256_set1_epi16(0x0120);
        let pairs_of_window = _mm256_set1_epi32(0x0001_0400);
        let below_table = _mm256_set1_epi32(TABLE as i32 - 1);
        // A place is below `TABLE` already. The mask takes the lower half of two places.
        let flag = |place: i64| i32::from(flags[place as usize & (TABLE - 1)]);
        steps(bytes, range, carried, marks, |span| {
            let word = |at: usize| {
                let word = span[at..].first_chunk();
                i64::from_le_bytes(word.copied().unwrap_or_default())
            };
            let halves = _mm256_set_epi64x(word(10), word(2), word(8), word(0));
            let windows = _mm256_shuffle_epi8(halves, order);
            let pairs = _mm256_maddubs_epi16(_mm256_and_si256(windows, five), bytes_of_pair);
            let places = _mm256_and_si256(_mm256_madd_epi16(pairs, pairs_of_window), below_table);
            let lower = _mm256_castsi256_si128(places);
            let upper = _mm256_extracti128_si256::<1>(places);
            let of_lower = [_mm_cvtsi128_si64(lower), _mm_extract_epi64::<1>(lower)];
            let of_upper = [_mm_cvtsi128_si64(upper), _mm_extract_epi64::<1>(upper)];
            let mut all = _mm_cvtsi32_si128(flag(of_lower[0]));
            all = _mm_insert_epi8::<1>(all, flag(of_lower[0] >> 32));
            all = _mm_insert_epi8::<2>(all, flag(of_lower[1]));
            all = _mm_insert_epi8::<3>(all, flag(of_lower[1] >> 32));
            all = _mm_insert_epi8::<4>(all, flag(of_upper[0]));
            all = _mm_insert_epi8::<5>(all, flag(of_upper[0] >> 32));
            all = _mm_insert_epi8::<6>(all, flag(of_upper[1]));
            all = _mm_insert_epi8::<7>(all, flag(of_upper[1] >> 32));
            _mm_cvtsi128_si64(all) as u64
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::Rng;

    /// Looks at one window after the other.
    fn plain(flags: &[u8; TABLE], bytes: &[u8], steps: usize, mut last: u8) -> (Vec<Mark>, u8) {
        let mut marks = Vec::new();
        for at in (0..steps).map(|step| step * STEP) {
            let mut windows = 0u64;
            for lane in 0..8 {
                let window = bytes[at + 2 * lane..].first_chunk().unwrap();
                let now = flags[flag_index(u32::from_le_bytes(*window) & FOLD)];
                let shown = now & SOLE | last & now >> 1 & FIRSTS;
                windows |= u64::from(shown) << (8 * lane);
                last = now;
            }
            if windows != 0 {
                marks.push(Mark { at, windows });
            }
        }
        (marks, last)
    }

    #[test]
    fn each_way_marks_what_a_look_at_each_window_shows() {
        let mut rng = Rng::new(20);
        let mut table = vec![0u8; TABLE];
        for flag in &mut table {
            *flag = match rng.below(8) {
                0 => rng.below(256) as u8,
                _ => 0,
            };
        }
        let flags: &[u8; TABLE] = table.first_chunk().unwrap();
        let fastest = Sieve::new(flags);
        let mut ways = vec![fastest];
        #[cfg(target_arch = "x86_64")]
        ways.push(Sieve {
            avx2: false,
            ..fastest
        });
        for _ in 0..400 {
            let bytes: Vec<u8> = (0..rng.below(2_000))
                .map(|_| rng.below(256) as u8)
                .collect();
            let start = rng.below(40).min(bytes.len());
            let end = start + rng.below(bytes.len() + 1 - start);
            let first = rng.below(256) as u8;
            for way in &ways {
                let mut marks = [Mark::default(); MARKS];
                let mut carried = first;
                let (next, marked) = way.marks(&bytes, start..end, &mut carried, &mut marks);
                let steps = (next - start) / STEP;
                let (expected, last) = plain(flags, &bytes[start..], steps, first);
                let found = marks[..marked].iter().map(|mark| Mark {
                    at: mark.at - start,
                    ..*mark
                });
                assert_eq!(found.collect::<Vec<_>>(), expected);
                assert_eq!(carried, last);
                // It ends where the range, the content or the place for marks does.
                assert!(steps == MARKS || next >= end || bytes.len() - next < STEP + 2);
            }
        }
    }
}

//! The first stage of the prefilter: marks the windows whose flags deserve a closer look.
//!
//! Most of the time of a scan is spent here. On processors with AVX2 the places of
//! eight windows are computed at once; their flags are loaded one by one in any case. What the windows
//! of a step show is a mark, and not a branch: which of them deserve a look is hard to foresee for a
//! processor.

use std::ops::Range;

use super::codes::{TABLE, flag_index};
use super::tables::{FIRSTS, SOLE, WIDE};
use super::windows::FOLD;
use crate::rules::class::ByteSet;

/// How many windows one step looks at.
pub(super) const WINDOWS: usize = 32;

/// How far one step moves: a window begins at every second byte.
pub(super) const STEP: usize = 2 * WINDOWS;

/// How many bytes a step reads: the last window of a step goes on in the next one.
const SPAN: usize = STEP + 2;

/// The most marks at a time.
pub(super) const MARKS: usize = 32;

/// A step with windows that deserve a closer look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Where the first window begins.
    pub(super) at: usize,
    /// A bit for each of the windows, the first one lowest.
    pub(super) windows: u32,
    /// What each window shows: [`SOLE`] for the window alone, one of [`FIRSTS`] for the pair that
    /// ends with it, and [`WIDE`] if the window before it has that.
    shown: Shown,
}

/// One byte for each window of a step.
type Shown = [u8; WINDOWS];

/// The flags, and the way to look at them.
#[derive(Clone, Copy)]
pub(super) struct Sieve<'a> {
    flags: &'a [u8; TABLE],
    #[cfg(target_arch = "x86_64")]
    avx2: bool,
}

impl Mark {
    /// What the window `lane` shows.
    #[inline(always)]
    pub(super) fn shown(&self, lane: usize) -> u8 {
        self.shown[lane % WINDOWS]
    }
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

    /// Takes steps from the start of `range` on while one begins in it, for at most [`MARKS`]
    /// steps. NULs stand beyond the content. Returns where the next step begins, and how many
    /// marks there are. `carried` has the flags of the window before.
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
        steps(bytes, range, carried, marks, |span, last| {
            let (mut windows, mut shown) = (0, Shown::default());
            for lane in 0..WINDOWS {
                let window = span[2 * lane..].first_chunk().copied();
                let window = u32::from_le_bytes(window.unwrap_or_default()) & FOLD;
                let flags = self.flags[flag_index(window)];
                // The flag of a second window is the bit above that of its first one.
                let here = *last & flags >> 1 & FIRSTS | flags & SOLE;
                shown[lane] = here | *last & WIDE;
                windows |= u32::from(here != 0) << lane;
                *last = flags;
            }
            (windows, shown)
        })
    }
}

/// Work that is compiled twice: for all processors, and for those that have AVX2.
pub(super) trait Work {
    /// Does it. To be compiled twice, all of it has to be inlined here.
    fn run(self, width: impl Width);
}

/// How many bytes a processor looks at together.
pub(super) trait Width: Copy {
    /// For each of `sets` a bit for each byte that is one of it, the first one lowest. `None` if this
    /// processor is faster with other means.
    fn members<const N: usize>(self, bytes: &[u8; 64], sets: &[AsciiSet; N]) -> Option<[u64; N]>;
}

/// Any processor.
#[derive(Clone, Copy)]
struct Any;

impl Width for Any {
    #[inline(always)]
    fn members<const N: usize>(self, _: &[u8; 64], _: &[AsciiSet; N]) -> Option<[u64; N]> {
        None
    }
}

/// Bytes of ASCII. There is a number for each lower half of a byte, with a bit for each upper half.
#[derive(Clone, Copy, Debug)]
pub(super) struct AsciiSet([u8; 16]);

impl AsciiSet {
    /// The bytes of `set` that are ASCII.
    pub(super) const fn of(set: ByteSet) -> Self {
        let mut lower = [0; 16];
        let mut byte = 0;
        while byte < 0x80 {
            lower[byte as usize & 0xf] |= (set.has(byte) as u8) << (byte >> 4);
            byte += 1;
        }
        Self(lower)
    }
}

/// Does `work` in the fastest way that this processor has. Loops over bytes without a branch look at
/// twice as many at once with AVX2.
#[inline(always)]
pub(super) fn at_full_width(work: impl Work) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        if has!("avx2") && has!("bmi1") && has!("bmi2") && has!("lzcnt") && has!("popcnt") {
            return wide::run(work);
        }
    }
    work.run(Any);
}

/// Takes the steps, whatever way `look` has to see what the windows show. It gets the flags of the
/// window before, and leaves those of the last one.
#[inline(always)]
fn steps(
    bytes: &[u8],
    range: Range<usize>,
    carried: &mut u8,
    marks: &mut [Mark; MARKS],
    mut look: impl FnMut(&[u8; SPAN], &mut u8) -> (u32, Shown),
) -> (usize, usize) {
    let (mut at, mut marked) = (range.start, 0);
    let end = range.end.min(at + MARKS * STEP);
    let mut last = *carried;
    while at < end {
        let padded;
        let span = match bytes[at..].first_chunk() {
            Some(span) => span,
            None => {
                padded = last_span(&bytes[at..]);
                &padded
            }
        };
        let (windows, shown) = look(span, &mut last);
        // The next mark takes the place of one that has no windows.
        marks[marked & (MARKS - 1)] = Mark { at, windows, shown };
        marked += usize::from(windows != 0);
        at += STEP;
    }
    *carried = last;
    (at, marked)
}

/// What the last step reads: the rest of the content, and NULs.
#[cold]
fn last_span(rest: &[u8]) -> [u8; SPAN] {
    let mut span = [0; SPAN];
    span.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    span
}

/// Eight windows at once, with AVX2.
#[cfg(target_arch = "x86_64")]
#[allow(
    unsafe_code,
    reason = "calls of functions for processors that have AVX2, the bits of a vector, and a table \
              whose places are known to be in it"
)]
mod wide {
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_cvtsi128_si64, _mm_extract_epi64, _mm_insert_epi8, _mm_set_epi64x,
        _mm_setzero_si128, _mm_unpacklo_epi64, _mm256_alignr_epi8, _mm256_and_si256,
        _mm256_broadcastsi128_si256, _mm256_castsi256_si128, _mm256_cmpeq_epi8,
        _mm256_extract_epi8, _mm256_extracti128_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
        _mm256_movemask_epi8, _mm256_or_si256, _mm256_permute2x128_si256, _mm256_set_epi64x,
        _mm256_set_m128i, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setr_epi8,
        _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16, _mm256_xor_si256,
    };
    use std::ops::Range;

    use super::super::codes::{ROWS, TABLE};
    use super::super::tables::{FIRSTS, SOLE, WIDE};
    use super::{AsciiSet, MARKS, Mark, SPAN, STEP, Shown, Width, Work, steps};

    /// What makes a code out of a byte with the upper four bits that are its place, as
    /// [`flag_index`](super::flag_index) does: it clears the upper three bits and changes the lower five.
    const CODES: u128 = {
        let mut codes = ROWS;
        let mut row = 0;
        while row < codes.len() {
            codes[row] ^= (row as u8) << 4 & 0xe0;
            row += 1;
        }
        u128::from_le_bytes(codes)
    };
    const _: () = {
        let mut byte = 0;
        while byte <= 0xff {
            assert!(byte as u8 ^ CODES.to_le_bytes()[byte >> 4] < 32);
            byte += 1;
        }
        assert!(TABLE == 1 << 20);
    };

    /// Does `work`. Call it only if the processor has what is enabled below.
    #[inline(always)]
    pub(super) fn run(work: impl Work) {
        // SAFETY: `at_full_width`, the only caller, has asked the processor for all of it. Nothing
        // else is unsafe about that function.
        unsafe { run_wide(work) }
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn run_wide(work: impl Work) {
        work.run(Avx2(()));
    }

    /// A processor that has AVX2. Only `run_wide` makes one.
    #[derive(Clone, Copy)]
    struct Avx2(());

    impl Width for Avx2 {
        #[inline(always)]
        fn members<const N: usize>(
            self,
            bytes: &[u8; 64],
            sets: &[AsciiSet; N],
        ) -> Option<[u64; N]> {
            // SAFETY: `run_wide`, where this value comes from, runs only if the processor has AVX2.
            // Nothing else is unsafe about that function.
            Some(unsafe { members(bytes, sets) })
        }
    }

    /// Sixteen bytes as a vector, the lowest one first.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn vector(bytes: u128) -> __m128i {
        _mm_set_epi64x((bytes >> 64) as i64, bytes as i64)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn members<const N: usize>(bytes: &[u8; 64], sets: &[AsciiSet; N]) -> [u64; N] {
        /// For each upper half of a byte its bit in the numbers of a set. None is for bytes beyond ASCII.
        const UPPER: i64 = i64::from_le_bytes([1, 2, 4, 8, 16, 32, 64, 128]);
        let upper = _mm256_broadcastsi128_si256(_mm_set_epi64x(0, UPPER));
        let quarter = |at: usize| {
            let quarter = bytes[at..].first_chunk();
            vector(u128::from_le_bytes(quarter.copied().unwrap_or_default()))
        };
        let halves = [
            _mm256_set_m128i(quarter(16), quarter(0)),
            _mm256_set_m128i(quarter(48), quarter(32)),
        ];
        let mut all = [0; N];
        // No adapters of iterators: they are not compiled for AVX2, nor part of this function.
        let mut half = 0;
        while half < halves.len() {
            let bytes = halves[half];
            let rows = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(0xf));
            let of_row = _mm256_shuffle_epi8(upper, rows);
            let mut set = 0;
            while set < N {
                let lower = vector(u128::from_le_bytes(sets[set].0));
                // This gives nothing for bytes beyond ASCII.
                let of_set = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(lower), bytes);
                let both = _mm256_and_si256(of_row, of_set);
                let others = _mm256_cmpeq_epi8(both, _mm256_setzero_si256());
                let members = !_mm256_movemask_epi8(others).cast_unsigned();
                all[set] |= u64::from(members) << (32 * half);
                set += 1;
            }
            half += 1;
        }
        all
    }

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
        let mut before = _mm256_set1_epi8(carried.cast_signed());
        steps(bytes, range, carried, marks, |span, last| {
            let lower = sixteen(flags, span, 0);
            let upper = sixteen(flags, span, STEP / 2);
            let all = _mm256_set_m128i(upper, lower);
            // One byte further on, across both halves: the last flag of the step before is first.
            let ends = _mm256_permute2x128_si256::<0x21>(before, all);
            let earlier = _mm256_alignr_epi8::<15>(all, ends);
            before = all;
            *last = _mm256_extract_epi8::<31>(all) as u8;
            // The flag of a second window is the bit above that of its first one.
            let firsts = _mm256_set1_epi8(FIRSTS.cast_signed());
            let second = _mm256_and_si256(_mm256_srli_epi16::<1>(all), firsts);
            let sole = _mm256_and_si256(all, _mm256_set1_epi8(SOLE.cast_signed()));
            let shown = _mm256_or_si256(_mm256_and_si256(earlier, second), sole);
            let none = _mm256_cmpeq_epi8(shown, _mm256_setzero_si256());
            let windows = !_mm256_movemask_epi8(none).cast_unsigned();
            let wide = _mm256_and_si256(earlier, _mm256_set1_epi8(WIDE.cast_signed()));
            let shown = _mm256_or_si256(shown, wide);
            // SAFETY: both have 32 bytes, and any bits are numbers.
            let shown = unsafe { std::mem::transmute::<__m256i, Shown>(shown) };
            (windows, shown)
        })
    }

    /// The flags of the sixteen windows from byte `from` on.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn sixteen(flags: &[u8; TABLE], span: &[u8; SPAN], from: usize) -> __m128i {
        _mm_unpacklo_epi64(eight(flags, span, from), eight(flags, span, from + 16))
    }

    /// The flags of the eight windows from byte `from` on, in the lower half.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn eight(flags: &[u8; TABLE], span: &[u8; SPAN], from: usize) -> __m128i {
        let flag = |place: i64| {
            let place = place.cast_unsigned() as usize;
            debug_assert!(place < TABLE);
            // SAFETY: each code is below 32, whatever its byte is, as is asserted above. So two of them
            // make a number below 2^10, and two of those one below 2^20, which is `TABLE`. A check of
            // each place would be a sixth of all instructions of this loop.
            i32::from(unsafe { *flags.get_unchecked(place) })
        };
        let lower = |places: i64| places & i64::from(u32::MAX);
        let upper = |places: i64| (places.cast_unsigned() >> 32).cast_signed();
        let [a, b, c, d] = places(span, from);
        let mut all = _mm_setzero_si128();
        all = _mm_insert_epi8::<0>(all, flag(lower(a)));
        all = _mm_insert_epi8::<1>(all, flag(upper(a)));
        all = _mm_insert_epi8::<2>(all, flag(lower(b)));
        all = _mm_insert_epi8::<3>(all, flag(upper(b)));
        all = _mm_insert_epi8::<4>(all, flag(lower(c)));
        all = _mm_insert_epi8::<5>(all, flag(upper(c)));
        all = _mm_insert_epi8::<6>(all, flag(lower(d)));
        _mm_insert_epi8::<7>(all, flag(upper(d)))
    }

    /// The places of the flags of the eight windows from byte `from` on, two in each number.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn places(span: &[u8; SPAN], from: usize) -> [i64; 4] {
        // Each half has the bytes of four windows: the lower one from the first byte of the eight
        // on, the upper one from the third, so that it has the last two bytes as well.
        let order = _mm256_setr_epi8(
            0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9, //
            6, 7, 8, 9, 8, 9, 10, 11, 10, 11, 12, 13, 12, 13, 14, 15,
        );
        let rows = _mm256_broadcastsi128_si256(vector(CODES));
        // Pairs of bytes, and then pairs of those: the first one is the higher one.
        let bytes_of_pair = _mm256_set1_epi16(0x0120);
        let pairs_of_window = _mm256_set1_epi32(0x0001_0400);
        let word = |at: usize| {
            let word = span[from + at..].first_chunk();
            i64::from_le_bytes(word.copied().unwrap_or_default())
        };
        let halves = _mm256_set_epi64x(word(10), word(2), word(8), word(0));
        let windows = _mm256_shuffle_epi8(halves, order);
        let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(windows), _mm256_set1_epi8(0xf));
        let codes = _mm256_xor_si256(windows, _mm256_shuffle_epi8(rows, upper));
        let pairs = _mm256_maddubs_epi16(codes, bytes_of_pair);
        let places = _mm256_madd_epi16(pairs, pairs_of_window);
        let lower = _mm256_castsi256_si128(places);
        let upper = _mm256_extracti128_si256::<1>(places);
        [
            _mm_cvtsi128_si64(lower),
            _mm_extract_epi64::<1>(lower),
            _mm_cvtsi128_si64(upper),
            _mm_extract_epi64::<1>(upper),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::Rng;

    struct Members<'a>(&'a [u8; 64], &'a [AsciiSet; 2], &'a mut Option<[u64; 2]>);

    impl Work for Members<'_> {
        fn run(self, width: impl Width) {
            *self.2 = width.members(self.0, self.1);
        }
    }

    #[test]
    fn members_are_the_bytes_of_a_set() {
        let mut rng = Rng::new(64);
        for _ in 0..2_000 {
            let bytes: [u8; 64] = std::array::from_fn(|_| rng.below(256) as u8);
            let sets = [(); 2].map(|()| {
                let [a, b] = [(); 2].map(|()| rng.below(1 << 30) as u64 * 0x1_0000_0007);
                ByteSet([a, b.rotate_left(9), 0, 0])
            });
            let mut found = None;
            at_full_width(Members(&bytes, &sets.map(AsciiSet::of), &mut found));
            let expected = sets.map(|set| {
                let bits = bytes.iter().rev();
                bits.fold(0, |all, byte| all << 1 | u64::from(set.has(*byte)))
            });
            assert!(found.is_none_or(|found| found == expected));
        }
    }

    /// Looks at one window after the other.
    fn plain(flags: &[u8; TABLE], bytes: &[u8], steps: usize, mut last: u8) -> (Vec<Mark>, u8) {
        let mut marks = Vec::new();
        for at in (0..steps).map(|step| step * STEP) {
            let mut mark = Mark {
                at,
                ..Mark::default()
            };
            for lane in 0..WINDOWS {
                let place = |i: usize| bytes.get(at + 2 * lane + i).copied().unwrap_or(0);
                let window = u32::from_le_bytes(std::array::from_fn(place));
                let now = flags[flag_index(window & FOLD)];
                let shown = now & SOLE | last & now >> 1 & FIRSTS;
                mark.shown[lane] = shown | last & WIDE;
                mark.windows |= u32::from(shown != 0) << lane;
                last = now;
            }
            if mark.windows != 0 {
                marks.push(mark);
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
            let bytes: Vec<u8> = (0..rng.below(4_000))
                .map(|_| rng.below(256) as u8)
                .collect();
            let start = rng.below(200).min(bytes.len());
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
                // It ends where the range or the place for marks does.
                assert!(steps == MARKS || (end..end + STEP).contains(&next));
            }
        }
    }
}

//! Searches content for all literals that lead to rules, with one table.
//!
//! The search looks at windows of four bytes, at every second position. Five bits of each byte
//! select one byte of flags:
//!
//! - `SOLE`: the window deserves a closer look by itself. Literals of four bytes or fewer
//!   have such windows.
//! - `FIRST`, and `SECOND` two bytes later: together they cover six bytes of a literal,
//!   which ordinary words rarely share with it. There are three groups of such pairs, with flags
//!   of their own. A smaller table of pairs says whether two windows of a group belong together.
//!
//! [`Sieve`] marks the windows whose flags tell of something. Each literal is entered for both
//! parities of its position, so the search sees each occurrence exactly once. Letters lose
//! their case. What the flags let through is confirmed by an exact table of windows and then by the
//! literal itself, so the result is true occurrences only: [`Hit`]s.

use std::borrow::Cow;
use std::ops::Range;

use super::codes::{TABLE, flag_index};
use super::edges::literal_at;
use super::literal::Literal;
use super::sieve::{MARKS, Mark, Sieve, WINDOWS, Width, Work, at_full_width};
use super::tables::{Bitmaps, Entry, FIRSTS, SOLE, Tables, WIDE, slot_of};
use super::windows::{AFTER, BEFORE, FOLD};

/// What remains of a literal once the tables are built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lead {
    /// The bytes, in lower case if `fold` is set.
    pub(super) bytes: Cow<'static, [u8]>,
    /// Whether ASCII case is ignored.
    pub(super) fold: bool,
}

impl From<Literal> for Lead {
    fn from(literal: Literal) -> Self {
        Self {
            bytes: literal.bytes,
            fold: literal.fold,
        }
    }
}

impl Lead {
    /// Whether the rest of the literal stands behind its first eight bytes, which are at `at`.
    fn goes_on_at(&self, bytes: &[u8], at: usize) -> bool {
        let rest = self.bytes.get(8..).unwrap_or_default();
        literal_at(bytes, at + 8, rest, self.fold)
    }
}

/// An occurrence of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Offset of the literal's first byte.
    pub at: usize,
    /// The number of the literal.
    pub literal: u32,
}

/// The tables and the literals that they were built from.
pub(super) struct Prefilter {
    tables: Tables,
    leads: Cow<'static, [Lead]>,
}

impl Prefilter {
    /// A filter for `literals`.
    pub(super) fn new(literals: Vec<Literal>) -> Self {
        let tables = Tables::build(&literals);
        let leads = literals.into_iter().map(Lead::from).collect();
        Self { tables, leads }
    }

    /// This filter with further literals, numbered after those that it has.
    pub(super) fn extended(&self, literals: Vec<Literal>) -> Self {
        let tables = self.tables.extended(&literals, self.leads.len());
        let mut leads = self.leads.to_vec();
        leads.extend(literals.into_iter().map(Lead::from));
        Self {
            tables,
            leads: leads.into(),
        }
    }

    /// The filter of `leads`, whose tables the build script built.
    pub(super) fn prebuilt(leads: Cow<'static, [Lead]>, tables: Tables) -> Self {
        Self { tables, leads }
    }

    /// The literals, in the order of their numbers.
    pub(super) fn leads(&self) -> &[Lead] {
        &self.leads
    }

    /// Appends every occurrence of a literal that starts in `range` of `bytes`,
    /// nearly in order. Reads at most a few bytes beyond the range; an occurrence may
    /// reach beyond it.
    pub(super) fn hits(&self, bytes: &[u8], range: Range<usize>, out: &mut Vec<Hit>) {
        let range = range.start.min(bytes.len())..range.end.min(bytes.len());
        let flags = self.tables.flags.first_chunk::<TABLE>();
        let (Some(flags), Some(bitmaps)) = (flags, self.tables.bitmaps()) else {
            return;
        };
        if range.is_empty() {
            return;
        }
        let mut scan = Scan {
            filter: self,
            flags,
            bitmaps,
            bytes,
            range: &range,
            out,
            carried: 0,
        };
        // The first windows may begin before the content, as if NULs stood there. All
        // windows have the parity of the first.
        let mut at = range.start as isize - BEFORE as isize;
        if at < 0 {
            at = -2;
            scan.one(at);
            at = 0;
        }
        let at = at as usize;
        let to = (range.end + AFTER + 4).min(bytes.len());
        at_full_width(Search {
            windows: at..to,
            sieve: Sieve::new(flags),
            scan,
        });
    }
}

/// A search in the windows that begin in a range.
struct Search<'a> {
    windows: Range<usize>,
    sieve: Sieve<'a>,
    scan: Scan<'a>,
}

impl Work for Search<'_> {
    #[inline(always)]
    fn run(mut self, _: impl Width) {
        let Range { start: mut at, end } = self.windows;
        let scan = &mut self.scan;
        let mut marks = [Mark::default(); MARKS];
        let (mut looks, mut kept) = ([0u64; LOOKS], [0u64; LOOKS]);
        while at < end {
            let marked;
            (at, marked) = self
                .sieve
                .marks(scan.bytes, at..end, &mut scan.carried, &mut marks);
            let mut rest = &marks[..marked];
            while !rest.is_empty() {
                let count;
                (rest, count) = windows_of(rest, &mut looks);
                let count = scan.confirmed(&looks[..count], &mut kept);
                let count = scan.begun(&kept[..count], &mut looks);
                for look in &looks[..count] {
                    // The first window may begin before the content.
                    let at = (look.cast_signed() >> 1) as isize;
                    scan.compare_all(at, scan.window(at as usize), look & 1 != 0);
                }
            }
        }
    }
}

/// How many windows are looked at together.
const LOOKS: usize = 128;

/// Puts the windows of the first of `marks` in a row, as many as there is room for: what each shows
/// is in the lowest eight bits, where it begins above them. Returns the marks that are left, and how
/// many windows there are.
///
/// How many windows a mark has is as hard to foresee for a processor as whether there is one. So
/// each has a few places, and the next mark overwrites those that it does not need.
#[inline(always)]
fn windows_of<'a>(marks: &'a [Mark], looks: &mut [u64; LOOKS]) -> (&'a [Mark], usize) {
    /// Most marks have at most as many windows.
    const FEW: usize = 2;
    /// Above the bits of all windows.
    const NONE: u64 = 1 << WINDOWS;
    let mut count = 0;
    for (number, mark) in marks.iter().enumerate() {
        // Each window may be kept twice.
        if count > LOOKS / 2 - WINDOWS {
            return (&marks[number..], count);
        }
        let mut windows = u64::from(mark.windows);
        while windows != 0 {
            for _ in 0..FEW {
                let lane = (windows | NONE).trailing_zeros() as usize;
                let at = (mark.at + 2 * lane) as u64;
                looks[count % LOOKS] = at << 8 | u64::from(mark.shown(lane));
                count += usize::from(windows != 0);
                windows &= windows.wrapping_sub(1);
            }
        }
    }
    (&[], count)
}

struct Scan<'a> {
    filter: &'a Prefilter,
    flags: &'a [u8; TABLE],
    bitmaps: Bitmaps<'a>,
    bytes: &'a [u8],
    range: &'a Range<usize>,
    out: &'a mut Vec<Hit>,
    /// The flags of the window two bytes before the next one.
    carried: u8,
}

impl Scan<'_> {
    /// Puts those of the windows in a row that may belong to a literal: whether each does by itself
    /// is in the lowest bit, where it or the first one of its pair begins above it. Returns how
    /// many these are.
    ///
    /// About every second one does, so there is no branch for each here either.
    #[inline(always)]
    fn confirmed(&self, looks: &[u64], kept: &mut [u64; LOOKS]) -> usize {
        let mut count = 0;
        for look in looks {
            let (at, shown) = (look >> 8, *look as u8);
            let first = at.wrapping_sub(2);
            let both = self.six(first as usize);
            let (is_pair, is_sole) = (shown & FIRSTS != 0, shown & SOLE != 0);
            // No `&&` here: each test is a load and a few steps, a branch costs more.
            let is_wide = shown & WIDE != 0;
            let fits =
                self.bitmaps.may_be_pair(both) | (is_wide & self.bitmaps.may_be_wide_pair(both));
            let is_first = self.bitmaps.may_have_slot(both as u32, false);
            let is_alone = self.bitmaps.may_have_slot((both >> 16) as u32, true);
            kept[count % LOOKS] = first << 1;
            count += usize::from(is_pair & is_first & fits);
            kept[count % LOOKS] = at << 1 | 1;
            count += usize::from(is_sole & is_alone);
        }
        count
    }

    /// Puts those of the windows in a row that are left if nearly all of those are out that belong to
    /// one literal, which does not stand here. Returns how many these are.
    ///
    /// The tables of slots and entries are too large for small caches. Without a branch a processor
    /// loads from them for many windows at once.
    #[inline(always)]
    fn begun(&self, kept: &[u64], left: &mut [u64; LOOKS]) -> usize {
        let tables = &self.filter.tables;
        let mask = tables.slots() - 1;
        let mut count = 0;
        for look in kept {
            let at = (look.cast_signed() >> 1) as isize;
            let key = self.window(at as usize);
            let (known, entries) = tables.slot(slot_of(key) & mask);
            let entry = tables.entry(entries.start);
            let start = at.wrapping_sub(isize::from(entry.delta)) as usize;
            // What begins near an end is left.
            let head = self.bytes.get(start..start.wrapping_add(8));
            let head = head.and_then(<[u8]>::first_chunk);
            let head = head.map_or(entry.head, |head| u64::from_le_bytes(*head));
            let is_sole = look & 1 != 0;
            let fits = (head & entry.mask == entry.head) & (entry.sole == is_sole);
            left[count % LOOKS] = *look;
            count += usize::from((known != key) | (entries.len() > 1) | fits);
        }
        count
    }

    /// Looks at one window, which may reach beyond either end of the content.
    fn one(&mut self, at: isize) {
        let window = self.window(at as usize);
        let flags = self.flags[flag_index(window)];
        if flags & SOLE != 0 {
            self.compare_all(at, window, true);
        }
        self.carried = flags;
    }

    /// The folded window at `at`; NULs stand beyond the content.
    #[inline(always)]
    fn window(&self, at: usize) -> u32 {
        self.six(at) as u32
    }

    /// The six folded bytes at `at`; NULs stand beyond the content. A place before the content is
    /// far behind it, as a number without a sign.
    #[inline(always)]
    fn six(&self, at: usize) -> u64 {
        const FOLDED: u64 = (FOLD as u64) << 32 | FOLD as u64;
        const SIX: u64 = FOLDED >> 16;
        match self.bytes.get(at..at.wrapping_add(8)) {
            Some(eight) => u64::from_le_bytes(eight.try_into().unwrap_or_default()) & SIX,
            None => self.six_at_an_end(at as isize) & SIX,
        }
    }

    #[cold]
    fn six_at_an_end(&self, at: isize) -> u64 {
        let byte = |i: isize| {
            let place = usize::try_from(at + i).ok();
            place.and_then(|i| self.bytes.get(i)).copied().unwrap_or(0)
        };
        (0..6).fold(0, |all, i| all | u64::from(byte(i)) << (8 * i))
    }

    /// Appends the literals that the window at `at`, which is `key`, belongs to and that really
    /// stand here.
    #[inline(never)]
    fn compare_all(&mut self, at: isize, key: u32, sole: bool) {
        let tables = &self.filter.tables;
        let mask = tables.slots() - 1;
        let mut slot = slot_of(key) & mask;
        loop {
            let (known, entries) = tables.slot(slot);
            let count = entries.len();
            if count == 0 {
                return;
            }
            if known == key {
                for entry in tables.entries(entries) {
                    if entry.sole == sole {
                        self.compare(at - isize::from(entry.delta), &entry);
                    }
                }
                if count < 255 {
                    return;
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    #[inline(always)]
    fn compare(&mut self, start: isize, entry: &Entry) {
        let Ok(start) = usize::try_from(start) else {
            return;
        };
        let rest = self.bytes.get(start..).unwrap_or(&[]);
        let head = match rest.first_chunk::<8>() {
            Some(head) => u64::from_le_bytes(*head),
            None if rest.len() >= usize::from(entry.len) => rest
                .iter()
                .rev()
                .fold(0, |acc, byte| acc << 8 | u64::from(*byte)),
            None => return,
        };
        if head & entry.mask != entry.head || !self.range.contains(&start) {
            return;
        }
        let whole = entry.len <= 8
            || self.filter.leads[entry.literal as usize].goes_on_at(self.bytes, start);
        if whole {
            self.out.push(Hit {
                at: start,
                literal: entry.literal,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str, fold: bool) -> Literal {
        Literal {
            bytes: text.as_bytes().to_vec().into(),
            fold,
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    fn filter_of(literals: Vec<Literal>) -> Prefilter {
        Prefilter::new(literals)
    }

    /// A small generator of reproducible noise (xorshift).
    struct Noise(u64);

    impl Noise {
        fn next(&mut self) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        }
    }

    fn plain(literals: &[Literal], bytes: &[u8], range: Range<usize>) -> Vec<Hit> {
        let mut out = Vec::new();
        for at in range {
            for (n, l) in literals.iter().enumerate() {
                if literal_at(bytes, at, &l.bytes, l.fold) {
                    out.push(Hit {
                        at,
                        literal: n as u32,
                    });
                }
            }
        }
        out.sort();
        out
    }

    #[test]
    fn finds_exactly_what_a_plain_search_finds() {
        let literals = vec![
            literal("abc", false),
            literal("aba", true),
            literal("abca", false),
            literal("cabbac", true),
            literal("aaaaa", false),
            literal("bcbcbcbcbcbcbcb", true),
        ];
        let filter = filter_of(literals.clone());
        let mut noise = Noise(0x1234_5678_9abc_def1);
        for round in 0..2000 {
            let len = (noise.next() % 70) as usize;
            let bytes: Vec<u8> = (0..len)
                .map(|_| b"abcABC"[(noise.next() % if round % 2 == 0 { 3 } else { 6 }) as usize])
                .collect();
            let a = (noise.next() % 70) as usize;
            let b = a + (noise.next() % 70) as usize;
            for range in [0..len, a.min(len)..b.min(len)] {
                let mut found = Vec::new();
                filter.hits(&bytes, range.clone(), &mut found);
                found.sort();
                assert_eq!(
                    found,
                    plain(&literals, &bytes, range.clone()),
                    "{:?} in {range:?}",
                    bytes.escape_ascii().to_string()
                );
            }
        }
    }

    #[test]
    fn neighbouring_classes_narrow_a_short_literal() {
        let alpha = crate::rules::class::ALPHA;
        let mut short = literal("hf_", false);
        short.after = vec![alpha; 3];
        let filter = filter_of(vec![short]);
        let mut found = Vec::new();
        filter.hits(b"hf_abcd xhf_abcdef", 0..18, &mut found);
        assert_eq!(found.iter().map(|h| h.at).collect::<Vec<_>>(), [0, 9]);
    }
}

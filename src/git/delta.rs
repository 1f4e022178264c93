//! Git's delta format: instructions that build an object from another one.
//!
//! Parses and applies deltas, and records in [`Runs`] which parts of the result are
//! copies of the base. Git's `gitformat-pack` documents the format. The bytes are
//! untrusted: every offset is checked, and memory is allocated only after the size is
//! checked against the caller's limit. This module knows nothing about packs.

use std::ops::Range;

use super::error::Reason;

/// A range of the result that is a copy of a range of the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Start in the base.
    pub src: u32,
    /// Start in the result.
    pub dst: u32,
    /// Its length in bytes, at least 1.
    pub len: u32,
}

impl Run {
    /// Returns the first offset of the result after this run.
    pub fn dst_end(&self) -> u32 {
        self.dst + self.len
    }

    /// Returns the first offset of the base after this run.
    pub fn src_end(&self) -> u32 {
        self.src + self.len
    }
}

/// The structure of a delta's result: maximal copied runs in the order of the result. The
/// bytes between them were inserted.
///
/// Maximal means that no two neighbouring runs are contiguous both in the base and in the
/// result. Each place where two runs meet is therefore a new join.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    base_len: u32,
    len: u32,
    copies: Vec<Run>,
}

impl Runs {
    /// Returns the copied runs. They are ordered by their place in the result and do not
    /// overlap there.
    pub fn copies(&self) -> &[Run] {
        &self.copies
    }

    /// Returns the length of the result in bytes.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Returns whether the result has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the length of the base in bytes.
    pub fn base_len(&self) -> u32 {
        self.base_len
    }

    fn reset(&mut self, base_len: u32, len: u32) {
        self.base_len = base_len;
        self.len = len;
        self.copies.clear();
    }

    fn push(&mut self, src: u32, dst: u32, len: u32) {
        if let Some(last) = self.copies.last_mut()
            && last.src_end() == src
            && last.dst_end() == dst
        {
            last.len += len;
            return;
        }
        self.copies.push(Run { src, dst, len });
    }

    /// Calls `place` for every place in the result that has something new. These are each
    /// inserted range and, as an empty range: each join of two runs, a start that is not
    /// the base's start, and an end that is not the base's end.
    pub fn changes(&self, mut place: impl FnMut(Range<u32>)) {
        let mut at = 0;
        for run in &self.copies {
            if run.dst > at || at > 0 || run.src > 0 {
                place(at..run.dst);
            }
            at = run.dst_end();
        }
        let base_end = self.copies.last().map_or(0, Run::src_end);
        if at < self.len || base_end != self.base_len {
            place(at..self.len);
        }
    }

    /// Collects into `out` the parts of the result that lie within `before` and `after`
    /// bytes of a change. They are sorted and disjoint; parts less than `gap` bytes apart
    /// are merged. Returns their total size in bytes.
    ///
    /// Every string of at most `before + 1` (and `after + 1`) bytes lies wholly inside
    /// one copied run or wholly inside one of these windows.
    pub fn windows(&self, before: u32, after: u32, gap: u32, out: &mut Vec<Range<u32>>) -> u64 {
        out.clear();
        let len = self.len;
        let mut total = 0u64;
        self.changes(|change| {
            let start = change.start.saturating_sub(before);
            let end = change.end.saturating_add(after).min(len);
            match out.last_mut() {
                Some(last) if start <= last.end.saturating_add(gap) => {
                    total += u64::from(end.saturating_sub(last.end));
                    last.end = last.end.max(end);
                }
                _ if start < end => {
                    total += u64::from(end - start);
                    out.push(start..end);
                }
                _ => {}
            }
        });
        total
    }
}

/// Reads the two sizes at the start of a delta. Returns the base's size, the result's
/// size (both in bytes) and the length of these headers.
pub(crate) fn sizes(delta: &[u8]) -> Result<(u64, u64, usize), Reason> {
    let (base, first) = size(delta).ok_or(Reason::BadDelta)?;
    let (result, second) = delta.get(first..).and_then(size).ok_or(Reason::BadDelta)?;
    Ok((base, result, first + second))
}

fn size(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (i, byte) in bytes.iter().enumerate().take(10) {
        let bits = u64::from(byte & 0x7f);
        let shift = 7 * i as u32;
        if shift == 63 && bits > 1 {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Some((value, i + 1));
        }
    }
    None
}

/// Builds a delta's result in `out`, replacing its contents, and records the copied runs
/// in `runs`.
///
/// Fails with [`Reason::TooLarge`], before it allocates anything, if the result would
/// have more than `limit` bytes. Fails with [`Reason::BadDelta`] if an instruction is
/// invalid or the sizes do not match.
pub fn apply(
    delta: &[u8],
    base: &[u8],
    limit: u64,
    out: &mut Vec<u8>,
    runs: &mut Runs,
) -> Result<(), Reason> {
    let (base_len, len, mut at) = sizes(delta)?;
    out.clear();
    if base_len != base.len() as u64 {
        return Err(Reason::BadDelta);
    }
    if len > limit.min(u64::from(u32::MAX)) || base_len > u64::from(u32::MAX) {
        return Err(Reason::TooLarge(len));
    }
    let len = len as usize;
    out.reserve(len);
    runs.reset(base_len as u32, len as u32);
    while let Some(&op) = delta.get(at) {
        at += 1;
        if op & 0x80 != 0 {
            let (offset, size) = copy_arguments(delta, &mut at, op)?;
            let end = offset + size;
            let piece = base.get(offset..end).ok_or(Reason::BadDelta)?;
            if size > len - out.len() {
                return Err(Reason::BadDelta);
            }
            runs.push(offset as u32, out.len() as u32, size as u32);
            out.extend_from_slice(piece);
        } else {
            let size = usize::from(op);
            let piece = delta.get(at..at + size).ok_or(Reason::BadDelta)?;
            if size == 0 || size > len - out.len() {
                return Err(Reason::BadDelta);
            }
            out.extend_from_slice(piece);
            at += size;
        }
    }
    if out.len() == len {
        Ok(())
    } else {
        Err(Reason::BadDelta)
    }
}

/// Reads the offset and size of a copy instruction. The bits of `op` say which of their
/// bytes are present; a size of 0 means 64 KiB.
#[inline]
fn copy_arguments(delta: &[u8], at: &mut usize, op: u8) -> Result<(usize, usize), Reason> {
    let mut offset = 0usize;
    let mut size = 0usize;
    let mut next = |shift: u32| -> Result<usize, Reason> {
        let byte = *delta.get(*at).ok_or(Reason::BadDelta)?;
        *at += 1;
        Ok(usize::from(byte) << shift)
    };
    for bit in 0..4 {
        if op & (1 << bit) != 0 {
            offset |= next(8 * bit)?;
        }
    }
    for bit in 0..3 {
        if op & (0x10 << bit) != 0 {
            size |= next(8 * bit)?;
        }
    }
    Ok((offset, if size == 0 { 0x10000 } else { size }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Rng;

    fn put_size(out: &mut Vec<u8>, mut value: usize) {
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    }

    fn put_copy(out: &mut Vec<u8>, offset: usize, size: usize) {
        let at = out.len();
        out.push(0x80);
        for bit in 0..4 {
            let byte = (offset >> (8 * bit)) as u8;
            if byte != 0 {
                out[at] |= 1 << bit;
                out.push(byte);
            }
        }
        for bit in 0..3 {
            let byte = (size >> (8 * bit)) as u8;
            if byte != 0 && size != 0x10000 {
                out[at] |= 0x10 << bit;
                out.push(byte);
            }
        }
    }

    /// Returns a random delta and its result.
    fn generate(rng: &mut Rng, base: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let mut ops = Vec::new();
        let mut result = Vec::new();
        let mut follow = 0;
        for _ in 0..rng.below(12) {
            if rng.below(3) > 0 && !base.is_empty() {
                // Every other copy continues where the last one ended, so that the two
                // are merged.
                let offset = if rng.below(2) == 0 && follow < base.len() {
                    follow
                } else {
                    rng.below(base.len())
                };
                let size = 1 + rng.below(base.len() - offset);
                put_copy(&mut ops, offset, size);
                result.extend_from_slice(&base[offset..offset + size]);
                follow = offset + size;
            } else {
                let len = 1 + rng.below(127);
                let bytes = rng.bytes_of(len);
                ops.push(bytes.len() as u8);
                ops.extend_from_slice(&bytes);
                result.extend_from_slice(&bytes);
            }
        }
        let mut delta = Vec::new();
        put_size(&mut delta, base.len());
        put_size(&mut delta, result.len());
        delta.extend_from_slice(&ops);
        (delta, result)
    }

    #[test]
    fn applies_generated_deltas_and_notes_maximal_runs() {
        let mut rng = Rng::new(7);
        for _ in 0..3000 {
            let base_len = rng.below(70_000) >> rng.below(12);
            let base = rng.bytes_of(base_len);
            let (delta, expected) = generate(&mut rng, &base);
            let (mut out, mut runs) = (Vec::new(), Runs::default());
            apply(&delta, &base, 1 << 30, &mut out, &mut runs).unwrap();
            assert_eq!(out, expected);
            assert_eq!(runs.len() as usize, expected.len());
            let mut end = 0;
            for run in runs.copies() {
                assert!(run.len > 0 && run.dst >= end);
                end = run.dst_end();
                assert_eq!(
                    base[run.src as usize..run.src_end() as usize],
                    expected[run.dst as usize..end as usize]
                );
            }
            for pair in runs.copies().windows(2) {
                assert!(pair[0].dst_end() < pair[1].dst || pair[0].src_end() != pair[1].src);
            }
        }
    }

    #[test]
    fn a_string_outside_every_run_is_inside_a_window() {
        let mut rng = Rng::new(11);
        let mut windows = Vec::new();
        for _ in 0..400 {
            let base_len = rng.below(300);
            let base = rng.bytes_of(base_len);
            let (delta, _) = generate(&mut rng, &base);
            let (mut out, mut runs) = (Vec::new(), Runs::default());
            apply(&delta, &base, 1 << 20, &mut out, &mut runs).unwrap();
            let longest = 1 + rng.below(20) as u32;
            let total = runs.windows(longest - 1, longest - 1, 5, &mut windows);
            assert_eq!(
                total,
                windows
                    .iter()
                    .map(|w| u64::from(w.end - w.start))
                    .sum::<u64>()
            );
            for pair in windows.windows(2) {
                assert!(pair[0].end + 5 < pair[1].start);
            }
            for start in 0..runs.len() {
                let end = (start + longest).min(runs.len());
                let in_run = |run: &Run| run.dst <= start && end <= run.dst_end();
                let in_window = |w: &Range<u32>| w.start <= start && end <= w.end;
                let copied = runs.copies().iter().any(in_run);
                assert!(
                    copied || windows.iter().any(in_window),
                    "{start}..{end} {runs:?}"
                );
            }
        }
    }

    #[test]
    fn the_edges_of_the_base_are_noticed() {
        let base = b"0123456789";
        let check = |copies: &[(usize, usize)], expected: &[(u32, u32)]| {
            let mut delta = vec![10, copies.iter().map(|c| c.1 as u8).sum()];
            for &(offset, size) in copies {
                put_copy(&mut delta, offset, size);
            }
            let (mut out, mut runs) = (Vec::new(), Runs::default());
            apply(&delta, base, 100, &mut out, &mut runs).unwrap();
            let mut changes = Vec::new();
            runs.changes(|change| changes.push((change.start, change.end)));
            assert_eq!(changes, expected);
        };
        check(&[(0, 10)], &[]);
        check(&[(1, 9)], &[(0, 0)]);
        check(&[(0, 9)], &[(9, 9)]);
        check(&[(5, 5), (0, 5)], &[(0, 0), (5, 5), (10, 10)]);
    }

    #[test]
    fn hostile_bytes_are_refused_without_panic() {
        let mut rng = Rng::new(3);
        let base = rng.bytes_of(1000);
        let (mut out, mut runs) = (Vec::new(), Runs::default());
        let mut refused = 0;
        for round in 0..20_000 {
            let delta = if round % 2 == 0 {
                let n = rng.below(40);
                rng.any_bytes(n)
            } else {
                let (mut delta, _) = generate(&mut rng, &base);
                for _ in 0..1 + rng.below(3) {
                    let at = rng.below(delta.len());
                    delta[at] = rng.next() as u8;
                }
                delta.truncate(1 + rng.below(delta.len()));
                delta
            };
            refused += usize::from(apply(&delta, &base, 1 << 20, &mut out, &mut runs).is_err());
            assert!(out.capacity() <= 4 << 20);
        }
        assert!(refused > 10_000);
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_allocated() {
        let base = vec![0u8; 1 << 24];
        let mut delta = Vec::new();
        put_size(&mut delta, base.len());
        put_size(&mut delta, 100 << 24);
        for _ in 0..100 {
            put_copy(&mut delta, 0, 0xff_ffff);
        }
        let (mut out, mut runs) = (Vec::new(), Runs::default());
        let refused = apply(&delta, &base, 256 << 20, &mut out, &mut runs);
        assert_eq!(refused, Err(Reason::TooLarge(100 << 24)));
        assert_eq!(out.capacity(), 0);
    }
}

//! A text in which something is decoded, and where each of its bytes comes from.

use std::ops::Range;

use crate::finding::{Candidate, Encoding, Layers, Open};
use crate::secret::Secret;

/// A stretch of content with a part of it decoded. What stands beside that part is as it is in
/// the content, so that rules see the name that a value is given.
pub(in crate::detect) struct View {
    /// The bytes.
    pub(in crate::detect) bytes: Vec<u8>,
    /// Where they come from, in order.
    origins: Vec<Origin>,
    /// What is decoded in `bytes`: sorted, disjoint.
    decoded: Vec<Range<usize>>,
    /// Whether a value must be decoded, at least in part, to count. Otherwise it counts if
    /// anything that it was found by is.
    values_only: bool,
    /// Where two pieces touch that a program joins.
    joints: Vec<usize>,
    /// Which bytes of the view stand elsewhere in the content than `origins` say: a name stands
    /// for them there.
    homes: Vec<(Range<usize>, usize)>,
    /// Whether a value counts that only its name tells of.
    pub(in crate::detect) counts_named: bool,
    encoding: Encoding,
    /// How far into the content it was looked, in bytes.
    seen: Range<usize>,
    /// Whether more is encoded than was looked at.
    pub(in crate::detect) is_cut: bool,
}

/// Where a stretch of a view comes from.
#[derive(Clone, Debug)]
struct Origin {
    /// The first byte in the view.
    at: usize,
    from: Range<usize>,
    unit: Unit,
}

/// How a stretch of a view relates to the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// Byte by byte.
    Same,
    /// Each byte of the content holds this many bits of the view, which begins behind this many
    /// bits.
    Bits(usize, usize),
    /// The bytes of the view come from all of the content, as one.
    Whole,
    /// Byte by byte, the last one first.
    Back,
}

impl View {
    /// Whether it shows what a program puts together.
    pub(in crate::detect) fn is_joined(&self) -> bool {
        matches!(self.encoding, Encoding::Joined(_))
    }

    /// Returns an empty view of content.
    pub(super) fn new(encoding: Encoding) -> Self {
        Self {
            bytes: Vec::new(),
            origins: Vec::new(),
            decoded: Vec::new(),
            values_only: true,
            joints: Vec::new(),
            homes: Vec::new(),
            counts_named: true,
            encoding,
            seen: Range {
                start: usize::MAX,
                end: 0,
            },
            is_cut: false,
        }
    }

    /// Says that a value counts if anything is decoded that it was found by.
    pub(super) fn counting_names(mut self) -> Self {
        self.values_only = false;
        self
    }

    /// Says how far into the content it was looked.
    pub(super) fn saw(&mut self, range: Range<usize>) {
        self.seen.start = self.seen.start.min(range.start);
        self.seen.end = self.seen.end.max(range.end);
    }

    /// Appends bytes of `content` as they are.
    pub(super) fn copy(&mut self, content: &[u8], range: Range<usize>) {
        self.saw(range.clone());
        if range.start >= range.end {
            return;
        }
        self.push(range.clone(), Unit::Same);
        self.bytes.extend_from_slice(&content[range]);
    }

    /// Appends what all of `range` stands for.
    pub(super) fn whole(&mut self, bytes: &[u8], range: Range<usize>) {
        self.saw(range.clone());
        self.push(range, Unit::Whole);
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.note_decoded(from);
    }

    /// Appends `text` of `content`, for which a name stands at `place`.
    pub(super) fn named(&mut self, content: &[u8], text: Range<usize>, place: Range<usize>) {
        let at = self.bytes.len();
        self.homes.push((at..at + text.len(), text.start));
        self.whole(&content[text], place);
    }

    /// Where the secret at `inner` begins and how far it goes on there, if a name stands for its
    /// first bytes.
    fn home(&self, inner: &Range<usize>) -> Option<Range<usize>> {
        let home = self
            .homes
            .iter()
            .find(|(own, _)| own.contains(&inner.start))?;
        let (own, start) = home;
        let from = start + (inner.start - own.start);
        Some(from..from + inner.end.min(own.end) - inner.start)
    }

    /// Leaves out `range`, which says only that what follows is joined with what stands before it
    /// in the view; or, if it `opens`, what stands before the first piece.
    pub(super) fn joint(&mut self, range: Range<usize>, opens: bool) {
        if !opens {
            self.joints.push(self.bytes.len());
        }
        self.whole(b"", range);
    }

    /// Appends bytes of which each byte in `range` holds `bits` bits, behind the first `phase`
    /// bits.
    pub(super) fn bits(
        &mut self,
        bytes: impl IntoIterator<Item = u8>,
        range: Range<usize>,
        (bits, phase): (usize, usize),
    ) {
        self.add(bytes, range, Unit::Bits(bits, phase));
    }

    /// Appends the bytes in `range`, the last one first.
    pub(super) fn backwards(&mut self, bytes: &[u8], range: Range<usize>) {
        self.add(bytes.iter().rev().copied(), range, Unit::Back);
    }

    fn add(&mut self, bytes: impl IntoIterator<Item = u8>, range: Range<usize>, unit: Unit) {
        self.saw(range.clone());
        self.push(range, unit);
        let from = self.bytes.len();
        self.bytes.extend(bytes);
        self.note_decoded(from);
    }

    /// Says that the bytes from `from` on are decoded.
    fn note_decoded(&mut self, from: usize) {
        let range = from..self.bytes.len();
        match self.decoded.last_mut() {
            Some(last) if last.end == from && last.start < from && range.end > from => {
                last.end = range.end;
            }
            _ => self.decoded.push(range),
        }
    }

    fn push(&mut self, from: Range<usize>, unit: Unit) {
        let at = self.bytes.len();
        self.origins.push(Origin { at, from, unit });
    }

    /// Whether nothing is decoded.
    pub(super) fn is_plain(&self) -> bool {
        self.decoded.is_empty()
    }

    /// How far its making and what stands in it looked into the content, to either side of `at`.
    pub(in crate::detect) fn reach(&self, at: usize) -> usize {
        let before = at.saturating_sub(self.seen.start);
        before.max(self.seen.end.saturating_sub(at))
    }

    /// What is decoded.
    pub(in crate::detect) fn decoded(&self) -> &[Range<usize>] {
        &self.decoded
    }

    /// The place in the view of the byte at `at` in the content, if it stands there as it is.
    pub(in crate::detect) fn find(&self, at: usize) -> Option<usize> {
        let after = self.origins.partition_point(|o| o.from.start <= at);
        let origin = self.origins.get(after.checked_sub(1)?)?;
        let same = origin.unit == Unit::Same && at < origin.from.end;
        same.then(|| origin.at + (at - origin.from.start))
    }

    /// Whether a candidate of the view owes anything to what is decoded.
    pub(in crate::detect) fn counts(&self, candidate: &Candidate) -> bool {
        self.touches(&candidate.secret)
            || !self.values_only && self.touches(&candidate.whole)
            || candidate.parts.iter().any(|part| self.touches(&part.span))
    }

    /// Whether something decoded stands in `range`.
    fn touches(&self, range: &Range<usize>) -> bool {
        let after = self.decoded.partition_point(|d| d.end <= range.start);
        self.decoded[after..]
            .iter()
            .take_while(|d| d.start < range.end)
            .any(|d| d.start < d.end || d.start > range.start)
    }

    /// Whether something that is decoded comes from one of `ranges` of the content, which are
    /// sorted and disjoint.
    pub(in crate::detect) fn comes_from(&self, ranges: &[Range<usize>]) -> bool {
        self.decoded.iter().any(|decoded| {
            let place = self.origin(decoded.start).start..self.origin(decoded.end.max(1) - 1).end;
            let place = place.start.min(place.end)..place.end.max(place.start + 1);
            let after = ranges.partition_point(|range| range.end <= place.start);
            ranges
                .get(after)
                .is_some_and(|range| range.start < place.end)
        })
    }

    /// Where the bytes of `range` come from.
    fn place(&self, range: &Range<usize>) -> Range<usize> {
        let first = self.origin(range.start);
        if range.end <= range.start {
            return first.start..first.start;
        }
        let last = self.origin(range.end - 1);
        // What is written backwards ends where it begins in the view.
        first.start.min(last.start)..first.end.max(last.end)
    }

    /// Where the byte at `at` comes from.
    fn origin(&self, at: usize) -> Range<usize> {
        let after = self.origins.partition_point(|o| o.at <= at);
        let Some(Origin {
            at: first,
            from,
            unit,
        }) = after.checked_sub(1).and_then(|last| self.origins.get(last))
        else {
            return 0..0;
        };
        let n = at - first;
        match unit {
            Unit::Same => from.start + n..from.start + n + 1,
            Unit::Whole => from.clone(),
            Unit::Back => {
                let end = from.end.saturating_sub(n).max(from.start);
                end.saturating_sub(1).max(from.start)..end
            }
            Unit::Bits(bits, phase) => {
                let start = from.start + (phase + n * 8) / bits;
                let end = from.start + (phase + (n + 1) * 8).div_ceil(*bits);
                start.min(from.end)..end.min(from.end)
            }
        }
    }

    /// Turns a candidate of the view into one of the content.
    pub(in crate::detect) fn lift(&self, mut candidate: Candidate) -> Candidate {
        let inner = candidate.secret.clone();
        let is_decoded = self.touches(&inner);
        if is_decoded && candidate.decoded.is_none() {
            candidate.decoded = Some(Secret::with_public_prefix(
                &self.bytes[inner.clone()],
                usize::from(candidate.public_prefix),
            ));
            candidate.public_prefix = 0;
        }
        candidate.open = Open::No;
        let home = self.home(&inner);
        candidate.secret = home.clone().unwrap_or_else(|| self.place(&inner));
        let whole = self.place(&candidate.whole);
        let whole = home.unwrap_or(whole);
        candidate.whole =
            whole.start.min(candidate.secret.start)..whole.end.max(candidate.secret.end);
        for part in &mut candidate.parts {
            part.span = self.place(&part.span);
        }
        let place = self.decoded.first().map_or(0, |d| self.place(d).start) as u64;
        let encoding = match self.encoding {
            Encoding::Joined(_) => {
                let inside = |at: &&usize| inner.start < **at && **at < inner.end;
                let joints = self.joints.iter().filter(inside).count();
                // The name of a value may stand in another piece.
                Encoding::Joined(u16::try_from(joints + 1).unwrap_or(u16::MAX).max(2))
            }
            other => other,
        };
        let mix = |text: u64| {
            (text ^ place)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .rotate_left(29)
        };
        candidate.layers = Some(Box::new(match candidate.layers.take() {
            Some(mut layers) => {
                layers.through.insert(0, encoding);
                layers.text = mix(layers.text);
                *layers
            }
            None => Layers {
                through: vec![encoding],
                text: mix(1),
                lead: candidate.whole.start,
                inner,
            },
        }));
        candidate
    }
}

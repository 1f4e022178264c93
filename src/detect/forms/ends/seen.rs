//! What was read for earlier heads of one content, so that a line of many heads, and lines that
//! go on in the next one, are read once and not once per head. It changes no result: each entry
//! is a function of the bytes alone.

use std::ops::Range;

use crate::rules::class::ByteSet;

/// The memory of one content. Places in it are those of the content; readers are given a part
/// of it that begins at `base`.
#[derive(Default)]
pub(in crate::detect) struct Seen {
    base: usize,
    /// No line ends in here.
    line: Range<usize>,
    pub(super) signs: Signs,
    /// Lines that go on behind a backslash: with comments of `#`, of `#` and `;`, without.
    pub(super) escaped: [Chain; 3],
    /// The same in Java's properties.
    pub(super) properties: Chain,
}

impl Seen {
    /// Begins with another head; the bytes that are given now begin at `base` of the content.
    pub(super) fn begin(&mut self, base: usize) {
        self.base = base;
        self.signs.base = base;
        self.properties.base = base;
        self.escaped.iter_mut().for_each(|chain| chain.base = base);
    }

    /// Where the line at `at` ends.
    pub(super) fn line_end(&mut self, bytes: &[u8], at: usize) -> usize {
        let place = self.base + at;
        if place < self.line.start || place > self.line.end {
            self.line = place..place;
        }
        let known = (self.line.end - self.base).min(bytes.len());
        let rest = &bytes[known..];
        let end = known + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        self.line.end = self.line.end.max(self.base + end);
        end
    }
}

/// Lines that follow each other: from each of them on, how it goes on.
#[derive(Default)]
pub(super) struct Chain {
    base: usize,
    links: Vec<Link>,
}

/// The way over one line.
#[derive(Clone, Copy)]
pub(super) struct Link {
    /// Where the reader stood.
    pub(super) from: usize,
    /// Where it stands now.
    pub(super) to: usize,
    /// Where the value ends by now.
    pub(super) end: usize,
    /// The last byte that it looked at.
    pub(super) looked: usize,
}

impl Chain {
    /// How many links are kept, at most twice as many.
    const KEPT: usize = 4096;

    /// Adds the way over a line behind the first one of a value, by the places in `bytes`.
    pub(super) fn add(&mut self, link: Link) {
        let by = |at: usize| self.base + at;
        let link = Link {
            from: by(link.from),
            to: by(link.to),
            end: by(link.end),
            looked: by(link.looked),
        };
        if self.links.last().is_some_and(|last| last.to != link.from) {
            self.links.clear();
        }
        if self.links.len() >= 2 * Self::KEPT {
            self.links.drain(..Self::KEPT);
        }
        self.links.push(link);
    }

    /// How many lines, `most` at most, are known from `at` on in bytes of which there are `len`,
    /// and the way over the last of them.
    pub(super) fn skip(&self, at: usize, most: usize, len: usize) -> Option<(usize, Link)> {
        let (place, limit) = (self.base + at, self.base + len);
        let first = self.links.partition_point(|link| link.from < place);
        let links = self.links.get(first..)?;
        if links.first()?.from != place {
            return None;
        }
        let count = links.partition_point(|link| link.looked < limit).min(most);
        let last = links[count.checked_sub(1)?];
        let by = |at: usize| at - self.base;
        let link = Link {
            from: by(last.from),
            to: by(last.to),
            end: by(last.end),
            looked: by(last.looked),
        };
        Some((count, link))
    }
}

/// Where bytes stand that open, close or escape something.
#[derive(Default)]
pub(super) struct Signs {
    base: usize,
    read: Range<usize>,
    places: Vec<usize>,
}

impl Signs {
    /// How many places before a range are kept at most.
    const PASSED: usize = 4096;

    /// The places of signs in `range` of `bytes`, from the beginning of the content on, and how
    /// far from there `bytes` begin.
    pub(super) fn within(&mut self, bytes: &[u8], range: &Range<usize>) -> (usize, &[usize]) {
        let (start, end) = (self.base + range.start, self.base + range.end);
        if start < self.read.start || start > self.read.end {
            self.read = start..start;
            self.places.clear();
        }
        let mut from = self.read.end;
        while from < end {
            let rest = &bytes[from - self.base..range.end];
            let Some(next) = next_sign(rest) else { break };
            self.places.push(from + next);
            from += next + 1;
        }
        self.read.end = self.read.end.max(end);
        let first = self.places.partition_point(|place| *place < start);
        if first > Self::PASSED {
            self.places.drain(..first);
            self.read.start = start;
        }
        let first = self.places.partition_point(|place| *place < start);
        let last = self.places.partition_point(|place| *place < end);
        (self.base, &self.places[first..last])
    }
}

/// The first byte that opens, closes or escapes something. Most bytes do not, so it looks at
/// many at a time.
fn next_sign(text: &[u8]) -> Option<usize> {
    /// So many bytes are looked at one by one: signs often stand together.
    const NEAR: usize = 24;
    static SIGNS: [bool; 256] = {
        let (mut signs, mut byte) = ([false; 256], 0);
        while byte < 256 {
            signs[byte] = ByteSet::of(b"\"'`\\()[]{}<>").has(byte as u8);
            byte += 1;
        }
        signs
    };
    let is_sign = |b: &u8| SIGNS[usize::from(*b)];
    let near = &text[..text.len().min(NEAR)];
    if let Some(found) = near.iter().position(is_sign) {
        return Some(found);
    }
    // The same, in a form that compilers turn into vectors.
    let may = |b: u8| {
        u8::from(b == b'"')
            | u8::from(b.wrapping_sub(b'\'') < 3)
            | u8::from(b | 2 == b'>')
            | u8::from((b & 0xdf).wrapping_sub(b'[') < 3)
            | u8::from(b == b'`')
    };
    let mut at = near.len();
    for chunk in text[at..].chunks_exact(32) {
        if chunk.iter().fold(0, |any, b| any | may(*b)) != 0
            && let Some(found) = chunk.iter().position(is_sign)
        {
            return Some(at + found);
        }
        at += chunk.len();
    }
    text[at..].iter().position(is_sign).map(|found| at + found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_found_among_all_bytes() {
        for len in [0, 1, 31, 32, 33, 64, 100] {
            for byte in 0..=255 {
                let is_sign = b"\"'`\\()[]{}<>".contains(&byte);
                for at in [0, 5, 31, 32, 40, 99] {
                    let mut text = vec![b'a'; len];
                    let there = text.get_mut(at).map(|place| *place = byte).is_some();
                    let wanted = (there && is_sign).then_some(at);
                    assert_eq!(next_sign(&text), wanted, "{byte} at {at} of {len}");
                }
            }
        }
    }
}

//! Decodes the base64 around the image of a literal, so that the literal's rule can judge
//! the decoded bytes as if they stood there.
//!
//! It decodes nothing unless a literal's image led here, and only as far as the rule may
//! look. The verdict thus stays a function of the bytes within the rule's reach.

use std::collections::HashMap;
use std::ops::Range;

use crate::check::encoding;
use crate::detect::find::runs::SHORT_LINE;
use crate::detect::find::wrapped;
use crate::detect::forms::patterns::Barren;
use crate::finding::{Candidate, Encoding, Layers, Open};
use crate::rules::class::{ALNUM, ByteSet};
use crate::secret::Secret;

/// Bytes before a match that are decoded as well, since boundaries look at them.
pub(in crate::detect) const BESIDE: usize = 24;

/// The most bytes of base64 that are read from a literal on. Pieces of large files bring
/// along no more than this; a key of 16,384 bits takes 17,500.
const ENCODED_MAX: usize = 30_000;

/// How many bytes of base64 stand for `decoded` bytes, line ends included, up to the most
/// that are read.
pub(in crate::detect) fn encoded_len(decoded: usize) -> usize {
    (decoded / 3 * 8 + 64).min(ENCODED_MAX)
}

/// A decoded stretch, and where its groups stand in the content.
pub(in crate::detect) struct Layer {
    /// The decoded bytes.
    pub(in crate::detect) bytes: Vec<u8>,
    /// Where the literal begins in the decoded bytes.
    pub(in crate::detect) literal: usize,
    signs: Signs,
    /// The end of the padding after the last character.
    end: usize,
}

/// Where the decoding around a literal's image begins.
struct Start {
    /// The group of the literal's first byte.
    group: usize,
    /// The first group that is decoded.
    first: usize,
}

impl Start {
    fn of(bytes: &[u8], at: usize, skip: usize, before: usize) -> Option<Self> {
        let group = Self::group(at, skip)?;
        Self::around(bytes, group, before, group)
    }

    /// The group of a literal whose image stands at `at`.
    fn group(at: usize, skip: usize) -> Option<usize> {
        at.checked_sub([0, 2, 3].get(skip).copied()?)
    }

    /// Where the decoding around `group` begins, if all is signs from `known` up to it.
    fn around(bytes: &[u8], group: usize, before: usize, known: usize) -> Option<Self> {
        let floor = group.saturating_sub(before.div_ceil(3) * 4);
        let known = known.max(floor);
        let rest = bytes.get(floor..known)?.iter().rev();
        let run = group - known + rest.take_while(|b| is_sign(**b)).count();
        let first = group - run / 4 * 4;
        Some(Self { group, first })
    }

    /// Where a literal begins in the decoded bytes whose first group begins `skip` bytes before it.
    fn literal(&self, skip: usize) -> usize {
        (self.group - self.first) / 4 * 3 + skip
    }
}

/// Decodes around a literal's image at `at`: `before` bytes up to the literal, on its line,
/// and `after` bytes from it on. `skip` bytes of its first group stand before the literal.
pub(in crate::detect) fn decode(
    bytes: &[u8],
    at: usize,
    skip: usize,
    before: usize,
    after: usize,
) -> Option<Layer> {
    let start = Start::of(bytes, at, skip, before)?;
    let signs = Signs::read(bytes, start.first, start.group + encoded_len(after));
    let ahead = start.group - start.first;
    if signs.len < ahead + 4 || signs.place(ahead) != Some(start.group) {
        return None;
    }
    let whole = signs.len - usize::from(signs.len % 4 == 1);
    let text = signs.text(bytes, whole);
    let last = signs.place(whole.checked_sub(1)?)? + 1;
    let rest = bytes.get(last..).unwrap_or(&[]);
    let padding = rest.iter().take(2).take_while(|b| **b == b'=').count();
    Some(Layer {
        bytes: encoding::base64(&text)?,
        literal: start.literal(skip),
        signs,
        end: last + padding,
    })
}

/// What was decoded last around images in long lines, which may be full of them. Groups of four
/// signs may begin at four places, and each has a stretch of its own.
#[derive(Default)]
pub(in crate::detect) struct Stretches([Stretch; 4]);

/// A stretch of one line, decoded.
#[derive(Default)]
pub(in crate::detect) struct Stretch {
    /// Where it stands in the content.
    place: Range<usize>,
    /// Whether no sign follows it.
    ended: bool,
    /// Whether it goes on in the next line.
    wrapped: bool,
    pub(in crate::detect) bytes: Vec<u8>,
    /// By rule.
    pub(in crate::detect) barren: HashMap<u16, Barren>,
}

impl Stretches {
    /// Forgets everything, before the next content.
    pub(in crate::detect) fn clear(&mut self) {
        self.0.iter_mut().for_each(|stretch| {
            (stretch.place, stretch.bytes) = (0..0, Vec::new());
        });
    }

    /// What [`decode`] decodes around the image at `at`, but of one line, with at least `least`
    /// bytes from the literal on or all that there are.
    pub(in crate::detect) fn around(
        &mut self,
        bytes: &[u8],
        (at, skip): (usize, usize),
        before: usize,
        least: usize,
    ) -> Option<Beginning<'_>> {
        let group = Start::group(at, skip)?;
        let stretch = &mut self.0[group % 4];
        let known = match stretch.place.contains(&group) {
            true => stretch.place.start,
            false => group,
        };
        let start = Start::around(bytes, group, before, known)?;
        let to = group + least.div_ceil(3) * 4 + 4;
        if !stretch.holds(start.first, to) {
            stretch.read(bytes, start.first, to)?;
        }
        if !stretch.holds(start.first, to) || stretch.wrapped {
            return None;
        }
        let decoded = |place: usize| (place - stretch.place.start) / 4 * 3;
        let end = match to <= stretch.place.end {
            true => decoded(to),
            false => stretch.bytes.len(),
        };
        Some(Beginning {
            own: decoded(start.first)..end,
            literal: decoded(group) + skip,
            stretch,
        })
    }
}

/// What [`decode`] decodes around an image, or what that begins with.
pub(in crate::detect) struct Beginning<'s> {
    /// The stretch in which it stands, with all that was decoded there.
    pub(in crate::detect) stretch: &'s mut Stretch,
    /// Where it stands in the bytes of the stretch.
    pub(in crate::detect) own: Range<usize>,
    /// Where the literal begins in these bytes.
    pub(in crate::detect) literal: usize,
}

impl Stretch {
    fn holds(&self, first: usize, to: usize) -> bool {
        self.place.contains(&first) && (to <= self.place.end || self.ended)
    }

    /// Decodes the signs from `first` to `to`, and more if such stretches follow each other.
    fn read(&mut self, bytes: &[u8], first: usize, to: usize) -> Option<()> {
        const MOST: usize = 64 << 10;
        let goes_on = self.place.contains(&first);
        let more = if goes_on {
            self.place.len().min(MOST)
        } else {
            0
        };
        self.place = 0..0;
        self.barren.clear();
        let ceiling = bytes.len().min(to + more);
        let run = bytes.get(first..ceiling)?;
        let len = run.iter().position(|b| !is_sign(*b)).unwrap_or(run.len());
        let end = first + len;
        self.ended = end < ceiling || ceiling == bytes.len();
        self.wrapped = self.ended && len >= SHORT_LINE && next_line(bytes, end).is_some();
        let whole = match self.ended {
            true => len - usize::from(len % 4 == 1),
            false => len / 4 * 4,
        };
        self.bytes = encoding::base64(&run[..whole])?;
        self.place = first..if self.ended { end } else { first + whole };
        Some(())
    }
}

impl Layer {
    /// The place in the content of `span` of the decoded bytes.
    fn place(&self, span: &Range<usize>) -> Range<usize> {
        let sign = |n: usize| self.signs.place(n);
        let start = sign(span.start / 3 * 4).unwrap_or(self.end);
        let last = (span.end.div_ceil(3) * 4).saturating_sub(1);
        // Padding takes what the last group leaves over.
        let end = match sign(last + 1) {
            Some(_) => sign(last).map_or(self.end, |i| i + 1),
            None => self.end,
        };
        start..end.max(start)
    }

    /// Turns a candidate of the decoded bytes into one of the content.
    pub(in crate::detect) fn lift(&self, mut candidate: Candidate) -> Candidate {
        candidate.decoded = Some(Secret::with_public_prefix(
            &self.bytes[candidate.secret.clone()],
            usize::from(candidate.public_prefix),
        ));
        candidate.public_prefix = 0;
        candidate.layers = Some(Box::new(Layers {
            through: vec![Encoding::Base64],
            text: 0,
            lead: 0,
            inner: candidate.secret.clone(),
        }));
        candidate.open = Open::No;
        candidate.secret = self.place(&candidate.secret);
        let whole = self.place(&candidate.whole);
        candidate.whole =
            whole.start.min(candidate.secret.start)..whole.end.max(candidate.secret.end);
        for part in &mut candidate.parts {
            part.span = self.place(&part.span);
        }
        candidate
    }
}

fn is_sign(byte: u8) -> bool {
    const SIGNS: [bool; 256] = ALNUM.or(ByteSet::of(b"+/-_")).table();
    SIGNS[usize::from(byte)]
}

/// How many characters of base64 `text` begins with.
fn run(text: &[u8]) -> usize {
    let end = text.iter().position(|b| !is_sign(*b));
    end.unwrap_or(text.len())
}

/// The characters of base64 in a stretch of content.
#[derive(Default)]
struct Signs {
    /// The part of each line, and how many characters stand before it.
    lines: Vec<(usize, Range<usize>)>,
    /// How many there are.
    len: usize,
}

impl Signs {
    /// The characters from `at` on, up to `ceiling`. They go on over the ends of lines as long
    /// as encoders make them.
    fn read(bytes: &[u8], at: usize, ceiling: usize) -> Self {
        let bytes = &bytes[..bytes.len().min(ceiling)];
        let mut signs = Self::default();
        let mut line = at..at + run(bytes.get(at..).unwrap_or_default());
        loop {
            let (len, end) = (line.len(), line.end);
            signs.lines.push((signs.len, line));
            signs.len += len;
            let next = next_line(bytes, end).filter(|_| len >= SHORT_LINE);
            let Some(next) = next else { return signs };
            line = next;
        }
    }

    /// The place of a character.
    fn place(&self, n: usize) -> Option<usize> {
        let line = self.lines.partition_point(|(before, _)| *before <= n);
        let (before, line) = self.lines.get(line.checked_sub(1)?)?;
        let place = line.start + (n - before);
        (place < line.end).then_some(place)
    }

    /// The first `count` characters.
    fn text(&self, bytes: &[u8], count: usize) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.len);
        for (_, line) in &self.lines {
            text.extend_from_slice(&bytes[line.clone()]);
        }
        text.truncate(count);
        text
    }
}

/// The line with which the text goes on behind the one that ends at `at`, if it is all base64.
fn next_line(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let next = wrapped::next(bytes, at)?;
    let line = bytes.get(next..)?;
    let run = run(line);
    let ended = line.get(run).is_none_or(|b| b"=\r\n\\\"'`".contains(b));
    (run > 0 && ended).then(|| next..next + run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::encoding::{Alphabet, base64_encode};

    #[test]
    fn the_literal_is_found_at_each_place_in_a_group() {
        for skip in 0..3 {
            let text = format!("{}ghp_{}", &"ab:"[..skip], "Qx7".repeat(12));
            let coded = base64_encode(text.as_bytes(), Alphabet::Standard, true);
            let all = format!("x = \"{coded}\"");
            let at = 5 + [0, 2, 3][skip];
            let layer = decode(all.as_bytes(), at, skip, BESIDE, 100).unwrap();
            assert_eq!(layer.bytes, text.as_bytes());
            assert_eq!(layer.literal, skip);
            assert_eq!(layer.place(&(0..text.len())), 5..5 + coded.len());
        }
    }

    #[test]
    fn wrapped_lines_are_read_and_other_text_is_not() {
        let text = "0123456789".repeat(20);
        let coded = base64_encode(text.as_bytes(), Alphabet::Standard, true);
        let (head, tail) = coded.split_at(76);
        let wrapped = format!("{head}\n    {tail}\nname: value\n");
        let layer = decode(wrapped.as_bytes(), 0, 0, BESIDE, 1000).unwrap();
        assert_eq!(layer.bytes, text.as_bytes());
        for joint in ["\n", "\n# ", "\n // ", "\" +\n  \"", "\\n", "\\\n"] {
            for width in [16, 20, 28, 64] {
                let lines = coded.as_bytes().chunks(width);
                let lines = lines.map(|line| std::str::from_utf8(line).unwrap());
                let wrapped = lines.collect::<Vec<_>>().join(joint);
                let layer = decode(wrapped.as_bytes(), 0, 0, BESIDE, 1000).unwrap();
                assert_eq!(layer.bytes, text.as_bytes(), "{joint:?} {width}");
            }
        }
        let other = format!("{head}\nname: value\n");
        assert_eq!(
            decode(other.as_bytes(), 0, 0, BESIDE, 1000)
                .unwrap()
                .bytes
                .len(),
            57
        );
    }

    #[test]
    fn a_line_full_of_images_is_decoded_once_and_not_once_per_image() {
        const LEAST: usize = 12_000;
        let text = b"NAQwKAQ".repeat(20_000);
        for ended in [false, true] {
            let bytes = match ended {
                true => [&text[..], b" and more"].concat(),
                false => text.clone(),
            };
            let mut stretches = Stretches::default();
            let (mut decoded, mut last) = (0, [0..0, 0..0, 0..0, 0..0]);
            for at in (0..text.len()).step_by(7) {
                let around = stretches.around(&bytes, (at, 1), BESIDE, LEAST);
                let Some(found) = around else {
                    assert!(at < 2 || text.len() - at < 8);
                    continue;
                };
                if at % 31 == 0
                    && let Some(layer) = decode(&bytes, at, 1, BESIDE, LEAST)
                {
                    let most = layer.bytes.len().min(found.own.len());
                    let own = &found.stretch.bytes[found.own.clone()];
                    assert_eq!(own[..most], layer.bytes[..most], "{at}");
                    assert_eq!(found.literal - found.own.start, layer.literal);
                }
                if last[at % 4] != found.stretch.place {
                    last[at % 4] = found.stretch.place.clone();
                    decoded += found.stretch.bytes.len();
                }
            }
            assert!(decoded < 6 * text.len(), "{decoded}");
        }
    }

    #[test]
    fn nothing_panics_on_any_bytes() {
        let mut state = 88172645463325252u64;
        for _ in 0..20_000 {
            let text: Vec<u8> = (0..90)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    b"abcdXYZ019+/-_=\n \\n\"\xff"[(state % 20) as usize]
                })
                .collect();
            let mut stretches = Stretches::default();
            for at in 0..=text.len() {
                let layer = decode(&text, at, at % 3, BESIDE, 40);
                let found = stretches.around(&text, (at, at % 3), BESIDE, 9);
                if let (Some(found), Some(layer)) = (found, &layer) {
                    let own = &found.stretch.bytes[found.own.clone()];
                    assert!(layer.bytes.starts_with(own));
                    assert_eq!(layer.literal, found.literal - found.own.start);
                }
                if let Some(layer) = layer {
                    for end in 0..=layer.bytes.len() {
                        let place = layer.place(&(end / 2..end));
                        assert!(place.end <= text.len());
                    }
                }
            }
        }
    }
}

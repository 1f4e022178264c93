//! Content that repeats itself, again and again. What is found out at a place is a function
//! of the bytes within some reach of it. So where these are the bytes around an earlier
//! place, one period before, the answer is that of the earlier place. Content made of one
//! text that leads to rules then costs little more than to find out that it repeats.
//!
//! It changes no result. Nothing here grows with the content: hits are remembered for
//! [`LONGEST`] bytes.

use std::collections::VecDeque;
use std::ops::Range;

use super::find::Hit;

/// The longest period.
const LONGEST: usize = 16 << 10;
/// How many bytes on either side of a hit must be those of an earlier one before its
/// distance is taken for a period.
const SIDE: usize = 24;
/// The most hits that are remembered.
const HITS: usize = 1 << 14;
/// How many surroundings of hits are remembered.
const SEEN: usize = 1 << 10;

/// What is known of the repetition in one content, in which hits come in order. `T` is what
/// was found out at a hit.
pub(super) struct Repeats<T> {
    /// 0 for none.
    period: usize,
    /// Each byte in here is the one that stands a period before it.
    same: Range<usize>,
    /// The hits of the last bytes, with what was found out, and how far that depends on bytes.
    known: VecDeque<(Hit, usize, T)>,
    /// The last hit with some surroundings, by their hash.
    seen: Vec<usize>,
}

/// An earlier hit with the same bytes around it.
pub(super) struct Earlier<T> {
    /// The distance to it.
    pub(super) period: usize,
    /// How far what was found out there depends on bytes.
    pub(super) far: usize,
    /// What that was.
    pub(super) found: T,
}

impl<T> Default for Repeats<T> {
    fn default() -> Self {
        Self {
            period: 0,
            same: 0..0,
            known: VecDeque::new(),
            seen: Vec::new(),
        }
    }
}

impl<T: Clone> Repeats<T> {
    /// Forgets everything, before the next content.
    pub(super) fn clear(&mut self) {
        self.period = 0;
        self.same = 0..0;
        self.known.clear();
        self.seen.clear();
    }

    /// The earlier hit with the same bytes around it, as far as what was found out there depends
    /// on them. That are at least `span` bytes on either side of its beginning.
    pub(super) fn earlier(&mut self, bytes: &[u8], hit: Hit, span: usize) -> Option<Earlier<T>> {
        if hit.at >= self.same.end {
            self.begin(bytes, hit.at);
        }
        let to = hit.at.checked_add(span)?;
        if self.period == 0 {
            return None;
        }
        // Also if the repetition began too near: it goes on until it is long enough.
        self.extend(bytes, to.min(bytes.len()));
        let from = hit.at.checked_sub(span)?;
        if from < self.same.start || to > self.same.end {
            return None;
        }
        let wanted = Hit {
            at: hit.at - self.period,
            ..hit
        };
        let place = self
            .known
            .binary_search_by(|(known, ..)| known.cmp(&wanted));
        let (_, far, found) = self.known.get(place.ok()?)?;
        let (far, found) = ((*far).max(span), found.clone());
        let (from, to) = (hit.at.checked_sub(far)?, hit.at.checked_add(far)?);
        self.extend(bytes, to.min(bytes.len()));
        let same = from >= self.same.start && to <= self.same.end;
        let period = self.period;
        same.then_some(Earlier { period, far, found })
    }

    /// Remembers what was found out at a hit, from the bytes within `far` of its beginning.
    pub(super) fn note(&mut self, hit: Hit, far: usize, found: T) {
        let old = |(known, ..): &(Hit, usize, T)| known.at + LONGEST < hit.at;
        while self.known.front().is_some_and(old) || self.known.len() >= HITS {
            self.known.pop_front();
        }
        self.known.push_back((hit, far, found));
    }

    /// Takes the distance to the last hit with the same surroundings for the period.
    fn begin(&mut self, bytes: &[u8], at: usize) {
        let around = at.saturating_sub(SIDE)..bytes.len().min(at + SIDE);
        let (words, _) = bytes[around].as_chunks::<8>();
        let mix = |sum: u64, word: &[u8; 8]| {
            (sum.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(0x517c_c1b7_2722_0a95)
        };
        let place = (words.iter().fold(0, mix) >> 40) as usize % SEEN;
        if self.seen.is_empty() {
            self.seen.resize(SEEN, usize::MAX);
        }
        let last = std::mem::replace(&mut self.seen[place], at);
        let period = at.saturating_sub(last);
        self.period = if period <= LONGEST { period } else { 0 };
        self.same = at..at;
        if self.period > 0 {
            self.extend(bytes, at + 1);
        }
    }

    /// Extends `same` to `to` and a little more, as far as the content repeats.
    fn extend(&mut self, bytes: &[u8], to: usize) {
        const STEP: usize = 256;
        while self.same.end < to {
            let from = self.same.end;
            // Most content does not repeat itself.
            if bytes.get(from) != bytes.get(from - self.period) {
                return;
            }
            let end = bytes.len().min(from + STEP);
            let (now, before) = (
                &bytes[from..end],
                &bytes[from - self.period..end - self.period],
            );
            if now == before && end > from {
                self.same.end = end;
                continue;
            }
            let equal = now.iter().zip(before).take_while(|(a, b)| a == b);
            self.same.end += equal.count();
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Repeats;
    use crate::check::mint::Rng;
    use crate::detect::{Content, Detector, Scratch};
    use crate::finding::Candidate;

    // stopleak:allow-start made-up content
    const PARTS: &[&str] = &[
        "password=",
        "db_password = \"q8Zr7kQm2xW\"\n",
        "https://a:b7Qx9z@",
        "sshpass -p ",
        "machine x login y password z9Qk2 ",
        "mnemonic ",
        "token: ",
        "kind: Secret\ndata:\n  a: b\n",
        "AKIA",
        "eyJhbGci.",
        "\"",
        "\n",
        " ",
        "a",
        "curl -u a:bQ7xZ ",
        "\").concat(\"a",
        "\".join(\"\")\": ",
        "x = \"AK\" + \"IA\"\n",
        "a%5Fb=",
        "NAQwKAQ",
    ];
    // stopleak:allow-end

    /// Returns the candidates of all hits, each once, one by one or as [`Detector::detect`]
    /// finds them, and how many hits there are.
    fn heads(detector: &Detector, bytes: &[u8], again: bool) -> (Vec<Candidate>, usize) {
        let (mut scratch, mut hits, mut out) = (Scratch::default(), Vec::new(), Vec::new());
        detector.begin(&mut scratch);
        detector.hits(bytes, 0..bytes.len(), &mut hits);
        for &hit in &hits {
            match again {
                true => detector.heads_again(bytes, hit, Content::Text, &mut scratch, &mut out),
                false => detector.heads(bytes, hit, Content::Text, &mut scratch, &mut out),
            }
        }
        crate::detect::sort(&mut out);
        out.dedup();
        (out, hits.len())
    }

    #[test]
    fn content_that_repeats_itself_is_judged_as_any_other() {
        let detector = Detector::builtin();
        let mut rng = Rng::new(23);
        for _ in 0..24 {
            let mut content = Vec::new();
            // Stretches with different periods, and a change here and there.
            for _ in 0..3 {
                let part: Vec<u8> = (0..1 + rng.below(4))
                    .flat_map(|_| PARTS[rng.below(PARTS.len())].bytes())
                    .collect();
                let len = 1 + rng.below(6_000);
                content.extend(part.iter().cycle().take(len));
                let change = content.len() - 1 - rng.below(len);
                if rng.below(3) == 0 {
                    content[change] = b'#';
                }
            }
            let plain = heads(&detector, &content, false);
            assert_eq!(plain, heads(&detector, &content, true));
        }
    }

    #[test]
    fn nearly_all_hits_in_content_that_repeats_itself_have_an_earlier_one() {
        let detector = Detector::builtin();
        let told = |part: &&&str| part.len() > 8 && !part.contains('%');
        for part in PARTS.iter().filter(told) {
            let content: Vec<u8> = part.bytes().cycle().take(200_000).collect();
            let (mut repeats, mut hits) = (Repeats::default(), Vec::new());
            let mut scratch = Scratch::default();
            detector.hits(&content, 0..content.len(), &mut hits);
            let mut earlier = 0;
            for &hit in &hits {
                let span = detector.span_of(hit.literal);
                let mut far = span;
                assert!(detector.tells_how_far(hit), "{part}");
                match repeats.earlier(&content, hit, span) {
                    Some(known) => {
                        far = known.far;
                        earlier += 1;
                    }
                    None => {
                        let out = &mut Vec::new();
                        detector.heads(&content, hit, Content::Text, &mut scratch, out);
                        far = far.max(scratch.take_looked().0);
                    }
                }
                repeats.note(hit, far, ());
            }
            assert!(
                10 * earlier >= 8 * hits.len(),
                "{part}: {earlier} of {}",
                hits.len()
            );
        }
    }
}

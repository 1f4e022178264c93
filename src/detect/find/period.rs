//! Content that repeats itself: padding, empty blocks of images, a word over and over.
//!
//! Whether an occurrence of a literal is a hit depends on the bytes near it only. So where content
//! repeats itself, one period tells of all others.

/// The longest period that is looked for.
pub(in crate::detect) const LONGEST: usize = 32;

/// How many bytes show which periods are possible.
const HEAD: usize = 16;

/// The number of bytes after which all of `bytes` repeat themselves, if it is [`LONGEST`] or less.
pub(in crate::detect) fn period(bytes: &[u8]) -> Option<usize> {
    let head: &[u8; HEAD] = bytes.first_chunk()?;
    (1..=LONGEST.min(bytes.len() - HEAD)).find(|&period| {
        let next = bytes[period..].first_chunk();
        next == Some(head) && bytes[period..] == bytes[..bytes.len() - period]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::Rng;
    use crate::detect::{BESIDE, Detector};

    /// Blocks that repeat themselves have the hits that each of their bytes has.
    #[test]
    fn one_period_tells_of_all_others() {
        let detector = Detector::new(crate::rules::builtin::ruleset());
        let parts: Vec<&[u8]> = detector.leads().filter(|lead| lead.len() < 14).collect();
        let between: [&[u8]; 8] = [b"", b" ", b"=", b"\\n", b"A", b"0x1f,", b"\"", b"\\u0041"];
        let mut rng = Rng::new(29);
        let (mut all, mut repeated) = (0, 0);
        for _ in 0..120 {
            let mut part = parts[rng.below(parts.len())].to_vec();
            part.extend_from_slice(between[rng.below(between.len())]);
            if rng.below(4) == 0 {
                part.extend_from_slice(parts[rng.below(parts.len())]);
            }
            let ends = [rng.below(40), rng.below(40)];
            let [before, after] = ends.map(|len| rng.text(b"ab _\\n=", len).into_bytes());
            let mut bytes = before;
            let len = 2 * BESIDE + 300 + rng.below(600);
            bytes.extend(part.iter().copied().cycle().take(len));
            bytes.extend(after);
            let start = rng.below(BESIDE + 80);
            let range = start..(start + rng.below(500)).min(bytes.len());
            let (mut fast, mut plain) = (Vec::new(), Vec::new());
            detector.hits(&bytes, range.clone(), &mut fast);
            detector.hits_of_each(&bytes, range.clone(), &mut plain);
            assert_eq!(fast, plain, "{} {range:?}", part.escape_ascii());
            all += plain.len();
            repeated += usize::from(detector.period_around(&bytes, &range).is_some());
        }
        assert!(all > 1_000 && repeated > 10, "{all} {repeated}");
    }

    #[test]
    fn the_shortest_period_is_found() {
        for (part, expected) in [
            ("a", Some(1)),
            ("ab", Some(2)),
            ("aab", Some(3)),
            ("password=", Some(9)),
            ("0123456789abcdef0123456789abcdef", Some(16)),
            ("0123456789abcdefghijklmnopqrstuv", Some(32)),
            ("0123456789abcdefghijklmnopqrstuvw", None),
        ] {
            let mut bytes = part.repeat(40).into_bytes();
            assert_eq!(period(&bytes), expected, "{part}");
            bytes.truncate(bytes.len() - part.len() / 2);
            assert_eq!(period(&bytes), expected, "{part}");
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            assert_eq!(period(&bytes), None, "{part}");
        }
        assert_eq!(period(b""), None);
        assert_eq!(period(&[0; HEAD]), None);
    }
}

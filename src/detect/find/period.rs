//! Content that repeats itself: padding, empty blocks of images, a word over and over.
//!
//! Whether an occurrence of a literal is a hit depends on the bytes near it only. So where content
//! repeats itself, one period tells of all others.

/// The longest period that is looked for.
const LONGEST: usize = 64;

/// How many bytes tell the period of all that follow, if those have one that is short enough.
///
/// Let the shortest period of these bytes be `p`, and that of all bytes `q`. Both are periods of
/// these bytes, which are as many as `p` and `q` together, or more. So their greatest common divisor
/// is a period of these bytes, too (Fine and Wilf, 1965): `p` divides `q`, and is a period of all.
pub(in crate::detect) const HEAD: usize = 2 * LONGEST;

/// The number of bytes after which all of `head` repeats itself.
pub(in crate::detect) fn of_head(head: &[u8; HEAD]) -> Option<usize> {
    let first: Option<&[u8; 8]> = head.first_chunk();
    (1..=LONGEST).find(|&period| {
        let next = head[period..].first_chunk();
        next == first && is_period(head, period)
    })
}

/// Whether all of `bytes` repeats itself after `period` bytes.
pub(in crate::detect) fn is_period(bytes: &[u8], period: usize) -> bool {
    bytes[period..] == bytes[..bytes.len() - period]
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
        let period = |bytes: &[u8]| {
            let period = of_head(bytes.first_chunk()?)?;
            is_period(bytes, period).then_some(period)
        };
        for (part, expected) in [
            ("a", Some(1)),
            ("ab", Some(2)),
            ("aab", Some(3)),
            ("password=", Some(9)),
            ("0123456789abcdef0123456789abcdef", Some(16)),
            ("0123456789abcdefghijklmnopqrstuv", Some(32)),
            (&"0123456789abcdef".repeat(4), Some(16)),
            (&format!("{:064}", 7), Some(64)),
            (&format!("{:065}", 7), None),
        ] {
            let mut bytes = part.repeat(200).into_bytes();
            assert_eq!(period(&bytes), expected, "{part}");
            bytes.truncate(bytes.len() - part.len() / 2);
            assert_eq!(period(&bytes), expected, "{part}");
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            assert_eq!(period(&bytes), None, "{part}");
        }
    }

    /// The first bytes tell of all that follow.
    #[test]
    fn no_longer_period_holds_where_that_of_the_head_does_not() {
        let mut rng = Rng::new(65);
        let mut repeated = 0;
        for _ in 0..20_000 {
            let len = 1 + rng.below(LONGEST);
            let part = rng.text(b"aaab", len);
            let mut bytes = part.repeat(5 * LONGEST / len + 1).into_bytes();
            bytes.truncate(HEAD + rng.below(LONGEST));
            let place = rng.below(bytes.len());
            bytes[place] = b"ab"[rng.below(2)];
            let any = (1..=LONGEST).find(|period| is_period(&bytes, *period));
            let period = bytes.first_chunk().and_then(of_head);
            assert_eq!(period.filter(|period| is_period(&bytes, *period)), any);
            repeated += usize::from(any.is_some());
        }
        assert!(repeated > 5_000, "{repeated}");
    }
}

//! Encodings inside of encodings. The input says in which encodings the rest of it is written, one
//! around the other, and how deep the detector looks. What is found stands inside the content, and
//! was seen through no more encodings than that. What one hit leads to depends only on the bytes
//! that its verdict says it looked at.
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::OnceLock;

use super::input::Input;
use stopleak::check::encoding::{Alphabet, base64_encode, hex_encode};
use stopleak::detect::{Content, Detector, Hit, Scratch};

/// The most bytes that are looked at: encodings make an input longer.
const LONGEST: usize = 64 << 10;
/// The greatest depth of the detectors.
const DEPTH: usize = 6;

fn detector(depth: usize) -> &'static Detector {
    static DETECTORS: [OnceLock<Detector>; DEPTH + 1] = [const { OnceLock::new() }; DEPTH + 1];
    DETECTORS[depth].get_or_init(|| Detector::builtin().with_decode_depth(depth as u8))
}

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let depth = usize::from(input.byte()) % (DEPTH + 1);
    let ways = input.line();
    let mut content = input.rest().to_vec();
    for way in ways.iter().take(DEPTH) {
        if content.len() < LONGEST / 4 {
            content = encode(*way, &content);
        }
    }
    content.truncate(LONGEST);
    let detector = detector(depth);
    let mut hits = Vec::new();
    detector.hits(&content, 0..content.len(), &mut hits);
    let mut scratch = Scratch::default();
    for hit in hits.into_iter().take(200) {
        let (whole, looked) = verify(detector, &content, (hit, 0), &mut scratch);
        for found in &whole {
            assert!(content.get(found.secret.clone()).is_some());
            // The image of a literal in base64 counts as one.
            assert!(found.through <= depth.max(1));
        }
        let reach = detector.reach(hit).max(looked) + detector.longest_literal();
        let start = hit.at.saturating_sub(reach);
        let near = &content[start..content.len().min(hit.at + reach)];
        let moved = Hit {
            at: hit.at - start,
            ..hit
        };
        let (cut, _) = verify(detector, near, (moved, start), &mut scratch);
        assert!(cut == whole, "the hit at {} looks beyond {reach}", hit.at);
    }
}

/// What is compared of a candidate.
#[derive(PartialEq)]
struct Found {
    secret: Range<usize>,
    rule: u16,
    decoded: Option<Vec<u8>>,
    through: usize,
}

fn verify(
    detector: &Detector,
    bytes: &[u8],
    (hit, moved): (Hit, usize),
    scratch: &mut Scratch,
) -> (Vec<Found>, usize) {
    let mut out = Vec::new();
    detector.begin(scratch);
    detector.verify(bytes, hit, Content::Text, scratch, &mut out);
    let found = out.into_iter().map(|c| Found {
        secret: c.secret.start + moved..c.secret.end + moved,
        rule: c.rule.0,
        decoded: c.decoded.map(|secret| secret.expose().to_vec()),
        through: c.layers.map_or(0, |layers| layers.through.len()),
    });
    (found.collect(), scratch.take_looked().0)
}

fn encode(way: u8, bytes: &[u8]) -> Vec<u8> {
    let each = |write: &dyn Fn(&mut String, u8)| {
        let mut out = String::new();
        bytes.iter().for_each(|byte| write(&mut out, *byte));
        out.into_bytes()
    };
    match way % 8 {
        0 => base64_encode(bytes, Alphabet::Standard, true).into_bytes(),
        1 => base64_encode(bytes, Alphabet::Url, false).into_bytes(),
        2 => hex_encode(bytes).into_bytes(),
        3 => each(&|out, b| _ = write!(out, "0x{b:02x}, ")),
        4 => each(&|out, b| _ = write!(out, "\\x{b:02x}")),
        5 => each(&|out, b| _ = write!(out, "%{b:02x}")),
        6 => each(&|out, b| _ = write!(out, "&#{b};")),
        _ => each(&|out, b| _ = write!(out, "={b:02X}")),
    }
}

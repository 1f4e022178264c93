//! Properties of the whole pipeline on generated input: the findings do not depend on how content
//! is cut, encoded or shared among threads.
//!
//! A seeded generator makes the input. Tokens are minted, so no sample is stored.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::token;
use stopleak::blob::{Blob, BlobPath, Fresh, SkipReason, SourceError};
use stopleak::check::encoding::{Alphabet, base64_encode};
use stopleak::detect::{Content, Detector, Hit, Scratch};
use stopleak::finding::{Candidate, Event, Finding};
use stopleak::rules::{Confidence, Matcher, Step, builtin};
use stopleak::scan::{Engine, RunOptions, run};
use stopleak::source::content::{ContentReader, Limits};
use stopleak::source::walk::{WalkOptions, WalkSource};
use stopleak::source::{MARGIN, Piece, Sink, Unopened};
use stopleak::suppress::Policy;

/// A xorshift generator. The same seed gives the same test.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// Writes a line of a program or a configuration file. One in five contains a credential.
fn line(noise: &mut Noise, out: &mut String) {
    const WORDS: &[&str] = &[
        "return", "token", "value", "password", "import", "static", "client", "secret", "naïve",
        "größe", "api_key", "index", "buffer", "connect", "日本",
    ];
    for _ in 0..noise.below(8) {
        out.push_str(WORDS[noise.below(WORDS.len())]);
        out.push_str(["(", " = ", ", ", ": ", " ", "\t"][noise.below(6)]);
    }
    match noise.below(20) {
        0 | 1 => out.push_str(&token(noise.next())),
        2 => {
            out.push_str("github_token = \"");
            out.push_str(&token(noise.next()));
            out.push('"');
        }
        3 => {
            // The generic rule: a name, an assignment and a value of no known form.
            out.push_str("db_password = \"");
            for _ in 0..18 {
                let alphabet = b"abcdefghkmnpqrstuvwxyzABCDEFGHKLMNPQRSTUVWXYZ23456789#%+";
                out.push(char::from(alphabet[noise.below(alphabet.len())]));
            }
            out.push('"');
        }
        4 => {
            // The same token inside base64, alone and in a manifest.
            let text = format!(
                "{}token: {}\n",
                &"xyz"[..noise.below(3)],
                token(noise.next())
            );
            let coded = base64_encode(text.as_bytes(), Alphabet::Standard, true);
            out.push_str("blob: ");
            out.push_str(&coded);
        }
        5 => {
            let password = format!("Qx7{}vW2k", noise.below(1 << 30));
            let coded = base64_encode(password.as_bytes(), Alphabet::Standard, true);
            out.push_str("\n---\nkind: Secret\ndata:\n  password: ");
            out.push_str(&coded);
            out.push_str("\nmetadata:");
        }
        _ => {}
    }
    out.push('\n');
}

fn text_of(noise: &mut Noise, at_least: usize) -> String {
    let mut text = String::new();
    while text.len() < at_least {
        line(noise, &mut text);
    }
    text
}

fn detector() -> Detector {
    Detector::builtin()
}

fn engine() -> Engine {
    Engine {
        detector: detector(),
        policy: Policy {
            min_confidence: Confidence::Low,
            inline: true,
            ..Policy::default()
        },
        base: None,
        key: Default::default(),
        keep_dismissed: true,
    }
}

fn candidates(detector: &Detector, bytes: &[u8], fresh: Fresh<'_>) -> Vec<Candidate> {
    let path = BlobPath::from("src/settings.py");
    let blob = Blob {
        path: &path,
        bytes,
        fresh,
    };
    detector.detect(&blob, Content::Text, &mut Scratch::default())
}

/// A directory that is removed when the test ends.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("stopleak-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn scan(engine: &Engine, root: &Path, jobs: usize) -> Vec<Event> {
    let source = WalkSource::new(WalkOptions {
        within: None,
        scope: Default::default(),
        base: PathBuf::new(),
        roots: vec![root.to_owned()],
        ignore_files: false,
        follow: false,
        most: stopleak::inside::Most::shut(u64::MAX),
        exclude: Vec::new(),
        include: Vec::new(),
        files: Vec::new(),
        environment: stopleak::environment::Environment::default(),
        unlisted: Vec::new(),
        outputs: Vec::new(),
    });
    let options = RunOptions {
        jobs,
        ..RunOptions::default()
    };
    let mut events = Vec::new();
    run(&source.unwrap(), engine, &options, &mut |event| {
        events.push(event);
        true
    });
    events
}

fn findings(events: &[Event]) -> Vec<&Finding> {
    events
        .iter()
        .map(|event| match event {
            Event::Finding(finding) => &**finding,
            other => panic!("only findings are expected: {other:?}"),
        })
        .collect()
}

#[test]
fn fresh_ranges_that_cover_everything_find_everything() {
    let detector = detector();
    let mut noise = Noise(0x5eed_0001);
    let mut total = 0;
    for _ in 0..60 {
        let text = text_of(&mut noise, 2000);
        let whole = candidates(&detector, text.as_bytes(), Fresh::All);
        total += whole.len();
        // Cuts at any byte, between lines and within tokens. Each part is judged alone.
        let mut cuts: Vec<usize> = (0..noise.below(12))
            .map(|_| noise.below(text.len()))
            .collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let mut union: Vec<Candidate> = Vec::new();
        for pair in cuts.windows(2) {
            let range = pair[0]..pair[1];
            let fresh = Fresh::Ranges(std::slice::from_ref(&range));
            for candidate in candidates(&detector, text.as_bytes(), fresh) {
                assert!(candidate.extent().start < range.end);
                assert!(candidate.extent().end > range.start);
                if !union.contains(&candidate) {
                    union.push(candidate);
                }
            }
        }
        union.sort_by_key(|c| (c.secret.start, c.secret.end));
        assert_eq!(union, whole);
    }
    assert!(
        total > 200,
        "the generator makes too few credentials: {total}"
    );
}

#[test]
fn events_are_the_same_for_any_number_of_jobs() {
    let dir = Dir::new("jobs");
    let mut noise = Noise(0x5eed_0002);
    for n in 0..150 {
        let folder = dir.0.join(format!("{}", noise.below(7)));
        fs::create_dir_all(&folder).unwrap();
        // Sizes differ widely, so that units end in another order than they start.
        let size = [0, 100, 3_000, 200_000][noise.below(4)];
        fs::write(folder.join(format!("{n}.txt")), text_of(&mut noise, size)).unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", dir.0.join("3-link")).unwrap();
    let engine = engine();
    let one = scan(&engine, &dir.0, 1);
    assert!(one.len() > 500, "{} events", one.len());
    for jobs in [2, 8] {
        assert!(scan(&engine, &dir.0, jobs) == one, "{jobs} jobs differ");
    }
}

/// The ends of the pieces of a stream, by their cores.
#[derive(Default)]
struct Ends {
    at: usize,
    ends: Vec<usize>,
}

impl Sink for Ends {
    fn unopened(&mut self, _: &BlobPath, what: Unopened) {
        panic!("{what:?}");
    }

    fn piece(&mut self, piece: Piece<'_>) {
        self.at += piece.core.len();
        self.ends.push(self.at);
    }

    fn skipped(&mut self, _: &BlobPath, why: SkipReason) {
        panic!("skipped: {why:?}");
    }

    fn failed(&mut self, error: SourceError) {
        panic!("{error}");
    }
}

fn piece_ends(text: &[u8]) -> Vec<usize> {
    let mut ends = Ends::default();
    let limits = Limits {
        size_hint: text.len() as u64,
        most: stopleak::inside::Most::shut(u64::MAX),
    };
    ContentReader::default().read(&mut { text }, &"f".into(), limits, &mut ends);
    ends.ends
}

#[test]
fn a_file_read_in_pieces_gives_what_the_whole_gives() {
    let mut noise = Noise(0x5eed_0003);
    // Filler, then credentials at and around every end of a piece.
    let mut text = "an ordinary line of words and nothing else\n"
        .repeat(310_000)
        .into_bytes();
    let ends = piece_ends(&text);
    assert!(ends.len() >= 3, "pieces end at {ends:?}");
    let mut planted = 0;
    for end in &ends[..ends.len() - 1] {
        for near in [0, MARGIN, 2 * MARGIN] {
            let mut at = (end - near).saturating_sub(700);
            while at < (end - near + 700).min(text.len() - 100) {
                let secret = format!("\n{}\n", token(noise.next()));
                text[at..at + secret.len()].copy_from_slice(secret.as_bytes());
                at += secret.len() + noise.below(30);
                planted += 1;
            }
        }
    }
    let engine = engine();
    let whole = candidates(&engine.detector, &text, Fresh::All);
    assert_eq!(whole.len(), planted);

    let dir = Dir::new("pieces");
    fs::write(dir.0.join("large.txt"), &text).unwrap();
    let events = scan(&engine, &dir.0, 2);
    let found: Vec<_> = findings(&events)
        .iter()
        .map(|f| (f.rule, f.start.offset, f.end.offset, f.start.line))
        .collect();
    let mut line = 1;
    let mut counted = 0;
    let expected: Vec<_> = whole
        .iter()
        .map(|c| {
            let newlines = text[counted..c.secret.start]
                .iter()
                .filter(|b| **b == b'\n');
            line += newlines.count() as u64;
            counted = c.secret.start;
            (c.rule, c.secret.start as u64, c.secret.end as u64, line)
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn wide_encodings_give_the_same_places_and_identities() {
    let mut noise = Noise(0x5eed_0004);
    let text = text_of(&mut noise, 30_000);
    let encoded: [(&str, Vec<u8>); 4] = [
        ("utf-8", text.as_bytes().to_vec()),
        (
            "utf-16le",
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        (
            "utf-16be with mark",
            [0xfe, 0xff]
                .into_iter()
                .chain(text.encode_utf16().flat_map(u16::to_be_bytes))
                .collect(),
        ),
        (
            "utf-32le with mark",
            [0xff, 0xfe, 0, 0]
                .into_iter()
                .chain(text.chars().flat_map(|c| u32::from(c).to_le_bytes()))
                .collect(),
        ),
    ];
    let engine = engine();
    let mut first: Option<Vec<_>> = None;
    for (name, bytes) in encoded {
        let dir = Dir::new("encodings");
        fs::write(dir.0.join("f.txt"), bytes).unwrap();
        let events = scan(&engine, &dir.0, 1);
        let places: Vec<_> = findings(&events)
            .iter()
            .map(|f| (f.rule, f.start, f.end, f.secret_id, f.fingerprint))
            .collect();
        let expected = first.get_or_insert_with(|| places.clone());
        assert!(places.len() > 50, "{name}: {} findings", places.len());
        assert_eq!(&places, expected, "{name}");
    }
}

/// A way of writing text: UTF-8, or units of two or four bytes in either order.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Written {
    Bytes,
    Two { big: bool },
    Four { big: bool },
}

impl Written {
    pub(crate) const ALL: [Written; 5] = [
        Written::Bytes,
        Written::Two { big: false },
        Written::Two { big: true },
        Written::Four { big: false },
        Written::Four { big: true },
    ];

    pub(crate) fn bytes(self, text: &str) -> Vec<u8> {
        let units = text.encode_utf16();
        let chars = text.chars().map(u32::from);
        match self {
            Written::Bytes => text.as_bytes().to_vec(),
            Written::Two { big: false } => units.flat_map(u16::to_le_bytes).collect(),
            Written::Two { big: true } => units.flat_map(u16::to_be_bytes).collect(),
            Written::Four { big: false } => chars.flat_map(u32::to_le_bytes).collect(),
            Written::Four { big: true } => chars.flat_map(u32::to_be_bytes).collect(),
        }
    }
}

/// Content in several encodings is judged as the same text in one of them.
#[test]
fn stretches_in_any_encodings_give_what_each_of_them_gives() {
    let engine = engine();
    let dir = Dir::new("stretches");
    let mut noise = Noise(0x5eed_0006);
    let mut total = 0;
    for _ in 0..40 {
        let (mut mixed, mut text) = (Vec::new(), String::new());
        for _ in 0..1 + noise.below(7) {
            let size = [0, 100, 2_000][noise.below(3)];
            // A few words show which encoding it is, and where it ends.
            let number = noise.below(99);
            let lines = text_of(&mut noise, size);
            let part = format!("# part {number} of it\n{lines}# end\n");
            mixed.extend(Written::ALL[noise.below(5)].bytes(&part));
            text.push_str(&part);
        }
        let places = |bytes: &[u8]| -> Vec<_> {
            fs::write(dir.0.join("f.txt"), bytes).unwrap();
            let events = scan(&engine, &dir.0, 1);
            findings(&events)
                .iter()
                .map(|f| (f.rule, f.start, f.end, f.secret_id, f.fingerprint))
                .collect()
        };
        let expected = places(text.as_bytes());
        assert_eq!(places(&mixed), expected);
        total += expected.len();
        // However short the reads are, the joined pieces are the same text.
        let mut decoder = stopleak::text::Decoder::default();
        let mut out = Vec::new();
        let mut rest = mixed.as_slice();
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(rest.len().min(1 + noise.below(3_000)));
            decoder.push(piece, &mut out);
            rest = more;
        }
        decoder.finish(&mut out);
        assert!(out == text.as_bytes());
    }
    assert!(total > 300, "{total} findings");
}

/// Switches of the encoding at and around the ends of the pieces of a large file.
#[test]
fn switches_at_the_ends_of_pieces_are_noticed() {
    let mut noise = Noise(0x5eed_0007);
    let filler = "an ordinary line of words and nothing else\n";
    let (mut mixed, mut text) = (Vec::new(), String::new());
    let mut planted = 0;
    while mixed.len() < 14 << 20 {
        for _ in 0..noise.below(40) {
            let part = format!("NUMBER_{}={}\n", noise.below(99), token(noise.next()));
            planted += 1;
            mixed.extend(Written::ALL[noise.below(5)].bytes(&part));
            text.push_str(&part);
        }
        let part = filler.repeat(noise.below(8_000));
        mixed.extend(Written::ALL[noise.below(5)].bytes(&part));
        text.push_str(&part);
    }
    assert!(piece_ends(&mixed).len() >= 2);
    let engine = engine();
    let dir = Dir::new("switches");
    let places = |bytes: &[u8]| -> Vec<_> {
        fs::write(dir.0.join("large.txt"), bytes).unwrap();
        let events = scan(&engine, &dir.0, 2);
        let found = findings(&events);
        found.iter().map(|f| (f.rule, f.start, f.end)).collect()
    };
    let expected = places(text.as_bytes());
    assert_eq!(expected.len(), planted);
    assert_eq!(places(&mixed), expected);
}

#[test]
fn a_piece_brings_along_twice_what_any_rule_looks_at() {
    let detector = detector();
    let farthest = detector.max_reach() + detector.longest_literal();
    assert!(
        2 * farthest <= MARGIN,
        "rules look {farthest} bytes far, pieces bring {MARGIN} along"
    );
}

/// Returns text that nearly matches everything: literals and words of all rules between runs of
/// characters that occur in values.
fn near_misses(noise: &mut Noise, len: usize) -> Vec<u8> {
    let rules = builtin::rules();
    let mut out = Vec::new();
    while out.len() < len {
        let rule = &rules[noise.below(rules.len())];
        match (noise.below(3), &rule.matcher, &rule.context) {
            (0, _, Some(context)) => {
                let words = &context.words;
                out.extend_from_slice(words[noise.below(words.len())].as_bytes());
            }
            (1, Matcher::Shape(sequences), _) => {
                // A value that fits, sometimes without one of its steps.
                for step in sequences[noise.below(sequences.len())].steps.iter() {
                    match step {
                        _ if noise.below(40) == 0 => {}
                        Step::Lit { bytes, .. } => out.extend_from_slice(bytes),
                        Step::Run { set, min, max } => {
                            let signs: Vec<u8> = set.iter().collect();
                            let more = noise.below(usize::from(max - min).min(40) + 1);
                            let count = usize::from(*min) + more;
                            out.extend((0..count).map(|_| signs[noise.below(signs.len())]));
                        }
                    }
                }
            }
            (_, Matcher::Pattern { .. }, _) if !rule.anchors.is_empty() => {
                out.extend_from_slice(&rule.anchors[noise.below(rule.anchors.len())].bytes);
            }
            _ if noise.below(6) == 0 => {
                let parts: [&[u8]; 4] = [
                    b"\nkind: Secret\n",
                    b"\ndata:\n  password: UXg3dlcya1o5bVR0\n", // stopleak:allow noise
                    b"\n---\n",
                    b"{\"kind\":\"Secret\",\"data\":{\"password\":\"UXg3dlcya1o5bVR0\"}}", // stopleak:allow noise
                ];
                out.extend_from_slice(parts[noise.below(4)]);
            }
            _ => {
                let run = [4, 20, 32, 40, 64][noise.below(5)];
                out.extend((0..run).map(|_| b"abcdef0123456789XYZ_-"[noise.below(21)]));
            }
        }
        if rule.base64 && noise.below(2) == 0 {
            let tail = out.len().saturating_sub(30 + noise.below(60));
            let coded = base64_encode(&out[tail..], Alphabet::Standard, noise.below(2) == 0);
            out.extend_from_slice(coded.as_bytes());
        }
        let joints: [&[u8]; 8] = [b" = ", b"\n", b"", b"\"", b": ", b" ", b"=", b"\n\n"];
        out.extend_from_slice(joints[noise.below(8)]);
    }
    out
}

/// The basis of chunked reading, fresh ranges and inheritance along deltas.
#[test]
fn a_verdict_depends_on_nothing_beyond_its_reach() {
    let detector = detector();
    let mut scratch = Scratch::default();
    let mut noise = Noise(0x5eed_0005);
    let (mut judged, mut found) = (0, 0);
    for _ in 0..12 {
        let text = near_misses(&mut noise, 60_000);
        let mut hits = Vec::new();
        detector.hits(&text, 0..text.len(), &mut hits);
        let mut verify = |bytes: &[u8], hit| {
            let mut out = Vec::new();
            detector.begin(&mut scratch);
            detector.verify(bytes, hit, Content::Text, &mut scratch, &mut out);
            (out, scratch.take_looked().0)
        };
        for hit in hits {
            let (mut whole, looked) = verify(&text, hit);
            let reach = detector.reach(hit).max(looked);
            let start = hit.at.saturating_sub(reach);
            let end = text.len().min(hit.at + detector.longest_literal() + reach);
            let near = Hit {
                at: hit.at - start,
                ..hit
            };
            let (mut cut, _) = verify(&text[start..end], near);
            // Numbers of decoded texts say where they stand.
            for candidate in cut.iter_mut().chain(&mut whole) {
                candidate.layers = None;
            }
            for candidate in &mut cut {
                let spans = [&mut candidate.whole, &mut candidate.secret];
                for span in spans
                    .into_iter()
                    .chain(candidate.parts.iter_mut().map(|p| &mut p.span))
                {
                    *span = span.start + start..span.end + start;
                }
            }
            assert_eq!(cut, whole, "reach {reach}");
            judged += 1;
            found += whole.len();
        }
    }
    assert!(
        judged > 10_000 && found > 2_000,
        "{judged} hits, {found} candidates"
    );
}

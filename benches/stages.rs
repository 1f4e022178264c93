//! Measures the stages of the pipeline on generated content: `cargo bench`, or
//! `cargo bench -- adversarial` for the rows whose name contains that word.
//!
//! One thread; the median of several runs after one warm-up run. No benchmark framework: its
//! dependencies would outweigh the few rows here. The figures depend on the content, so compare
//! only the same row of two builds. `benches/whole.sh` measures whole runs on real trees.

#![expect(clippy::print_stdout, reason = "this is what a benchmark is for")]
#![expect(clippy::unwrap_used, reason = "a benchmark may panic as tests do")]

#[path = "../tests/support/engine.rs"]
mod engine;

use std::fs;
use std::hint::black_box;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use stopleak::blob::{Blob, BlobPath, Fresh, SkipReason, SourceError};
use stopleak::check::mint::mint_with_prefix;
use stopleak::detect::{Content, Detector, Hit, Scratch};
use stopleak::rules::{Confidence, Matcher, Step, builtin};
use stopleak::scan::{Engine, RunOptions, run};
use stopleak::source::content::{ContentReader, Limits};
use stopleak::source::walk::{WalkOptions, WalkSource};
use stopleak::source::{Piece, Sink, Unopened};

const MB: usize = 1_000_000;
/// Runs per row. The row shows their median; slow rows have three runs.
const RUNS: usize = 7;

/// A xorshift generator. Every run measures the same bytes.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// The selected rows.
struct Rows {
    wanted: Vec<String>,
}

impl Rows {
    fn wants(&self, name: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|w| name.contains(w.as_str()))
    }

    /// Measures `work` and prints its time, and its rate if `bytes` is not 0.
    fn row(&self, name: &str, bytes: usize, mut work: impl FnMut() -> u64) {
        if !self.wants(name) {
            return;
        }
        let mut times = Vec::new();
        let started = Instant::now();
        let mut result = work();
        // Times of some seconds vary little.
        let slow = started.elapsed() > Duration::from_secs(1);
        let runs = if slow { 3 } else { RUNS };
        for _ in 0..runs {
            let started = Instant::now();
            result = black_box(work());
            times.push(started.elapsed());
        }
        times.sort();
        let median: Duration = times[runs / 2];
        let rate = match bytes {
            0 => String::new(),
            _ => format!("{:8.3} GB/s", bytes as f64 / median.as_secs_f64() / 1e9),
        };
        let spread = 100.0 * (times[runs - 1] - times[0]).as_secs_f64() / median.as_secs_f64();
        println!("{name:<44} {median:>12.3?} {rate:>14}  spread {spread:3.0} %  ({result})");
    }
}

/// Generates lines like those of programs: indented, with words that repeat, numbers, strings,
/// punctuation and some comments.
fn code(noise: &mut Noise, len: usize) -> Vec<u8> {
    const PARTS: &[&str] = &[
        "st", "ring", "buf", "fer", "ind", "ex", "val", "ue", "con", "nect", "read", "er", "write",
        "page", "node", "lock", "list", "size", "max", "get", "set", "init", "free", "alloc",
        "dev", "ice", "name", "key", "token", "user", "auth", "map", "table", "entry", "next",
        "prev",
    ];
    const JOINTS: &[&str] = &[
        " = ", "(", ");\n", ", ", "->", ".", " + ", " == ", ";\n", " {\n", "}\n", "\n\n", ": ",
        "[", "] ", " /* ", " */\n", " \"", "\"", "::", " & ", "_", "_", "_",
    ];
    let vocabulary: Vec<String> = (0..4000)
        .map(|_| {
            (0..1 + noise.below(3))
                .map(|_| PARTS[noise.below(PARTS.len())])
                .collect()
        })
        .collect();
    let mut out = Vec::with_capacity(len + 64);
    while out.len() < len {
        match noise.below(12) {
            0 => write!(out, "{}", noise.next() % 100_000).unwrap(),
            1 => write!(out, "0x{:x}", noise.next() % 0xffff_ffff).unwrap(),
            // Some words are more common than others, as in any language.
            _ => {
                let skewed = noise.below(vocabulary.len()) * noise.below(1000) / 1000;
                out.extend_from_slice(vocabulary[skewed].as_bytes());
            }
        }
        let joint = JOINTS[noise.below(JOINTS.len())];
        out.extend_from_slice(joint.as_bytes());
        if joint.ends_with('\n') {
            out.resize(out.len() + 4 * noise.below(4), b' ');
        }
    }
    out.truncate(len);
    out
}

/// Returns the literals of all shapes and patterns, or the context words of all rules.
fn leads(words: bool) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for rule in builtin::rules() {
        if words {
            let context = rule.context.iter().flat_map(|c| c.words.iter());
            found.extend(context.map(|w| w.as_bytes().to_vec()));
            continue;
        }
        found.extend(rule.anchors.iter().map(|a| a.bytes.to_vec()));
        if let Matcher::Shape(sequences) = &rule.matcher {
            for step in sequences.iter().flat_map(|s| s.steps.iter()) {
                if let Step::Lit { bytes, .. } = step {
                    found.push(bytes.to_vec());
                }
            }
        }
    }
    found
}

/// Returns `len` bytes of random picks from `texts`, each followed by `between`.
fn picks(noise: &mut Noise, texts: &[Vec<u8>], between: &[u8], len: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(len + 64);
    while out.len() < len {
        out.extend_from_slice(&texts[noise.below(texts.len())]);
        out.extend_from_slice(between);
    }
    out.truncate(len);
    out
}

fn tokens(noise: &mut Noise, count: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..count {
        out.extend(mint_with_prefix("crc32-base62", "ghp_", noise.next()).unwrap());
        out.push(b'\n');
    }
    out
}

/// Counts bytes: the cost of a reader alone.
struct Count(u64);

impl Sink for Count {
    fn unopened(&mut self, _: &BlobPath, what: Unopened) {
        panic!("{what:?}");
    }

    fn piece(&mut self, piece: Piece<'_>) {
        self.0 += piece.core.len() as u64;
    }

    fn skipped(&mut self, _: &BlobPath, why: SkipReason) {
        panic!("skipped: {why:?}");
    }

    fn failed(&mut self, error: SourceError) {
        panic!("{error}");
    }
}

fn read(reader: &mut ContentReader, bytes: &[u8]) -> u64 {
    let limits = Limits {
        size_hint: bytes.len() as u64,
        most: stopleak::inside::Most::of(u64::MAX),
    };
    let mut count = Count(0);
    reader.read(&mut { bytes }, &"f".into(), limits, &mut count);
    count.0
}

fn stages(rows: &Rows, engine: &Engine, noise: &mut Noise) {
    let detector = &engine.detector;
    rows.row("detector: build from built-in rules", 0, || {
        Detector::builtin().rules().len() as u64
    });
    let text = code(noise, 64 * MB);
    let mut hits: Vec<Hit> = Vec::new();
    rows.row("prefilter: hits in code", text.len(), || {
        hits.clear();
        detector.hits(&text, 0..text.len(), &mut hits);
        hits.len() as u64
    });
    let path = BlobPath::from("src/main.c");
    let mut scratch = Scratch::default();
    let mut detect = |bytes: &[u8], content| {
        let blob = Blob {
            path: &path,
            bytes,
            fresh: Fresh::All,
        };
        detector.detect(&blob, content, &mut scratch).len() as u64
    };
    rows.row("detect: code as text", text.len(), || {
        detect(&text, Content::Text)
    });
    let random: Vec<u8> = (0..16 * MB).map(|_| noise.next() as u8).collect();
    rows.row("detect: random bytes as binary", random.len(), || {
        detect(&random, Content::Binary)
    });
    let many = tokens(noise, 20_000);
    rows.row("detect: 20,000 tokens with checksums", many.len(), || {
        detect(&many, Content::Text)
    });
    hits.clear();
    detector.hits(&many, 0..many.len(), &mut hits);
    let mut scratch = Scratch::default();
    let mut found = Vec::new();
    rows.row("verify: the hits of these tokens", 0, || {
        found.clear();
        detector.begin(&mut scratch);
        for &hit in &hits {
            detector.verify(&many, hit, Content::Text, &mut scratch, &mut found);
        }
        hits.len() as u64
    });
    let mut reader = ContentReader::default();
    rows.row("reader: 64 MB in pieces", text.len(), || {
        read(&mut reader, &text)
    });
    let small = &text[..20_000];
    rows.row("reader: 1,000 files of 20 kB", 1000 * small.len(), || {
        (0..1000).map(|_| read(&mut reader, small)).sum()
    });
    let wide: Vec<u8> = text[..16 * MB].iter().flat_map(|b| [*b, 0]).collect();
    rows.row("reader: 32 MB of UTF-16", wide.len(), || {
        read(&mut reader, &wide)
    });
}

/// Measures whole scans of one file on one worker, as the program runs them.
fn adversarial(rows: &Rows, engine: &Engine, noise: &mut Noise) {
    let anchors = leads(false);
    let words = leads(true);
    let line = |noise: &mut Noise| {
        let mut text = code(noise, 64 * MB);
        text.iter_mut()
            .filter(|b| **b == b'\n')
            .for_each(|b| *b = b';');
        text
    };
    let short: Vec<u8> = {
        let mut out = Vec::new();
        for n in 0..200_000 {
            writeln!(out, "a{}", n % 1000).unwrap();
        }
        out
    };
    type Made<'a> = (&'a str, Box<dyn FnOnce(&mut Noise) -> Vec<u8> + 'a>);
    let inputs: Vec<Made<'_>> = vec![
        ("code, 64 MB", Box::new(|n| code(n, 64 * MB))),
        ("one line of 64 MB", Box::new(line)),
        ("200,000 short lines", Box::new(|_| short)),
        ("one byte, 64 MB", Box::new(|_| vec![b'a'; 64 * MB])),
        (
            "anchors only, 8 MB, glued",
            Box::new(|n| picks(n, &anchors, b"", 8 * MB)),
        ),
        (
            "anchors only, 16 MB, glued",
            Box::new(|n| picks(n, &anchors, b"", 16 * MB)),
        ),
        (
            "anchors only, 8 MB, in lines",
            Box::new(|n| picks(n, &anchors, b"\n", 8 * MB)),
        ),
        (
            "context words, 8 MB, in lines",
            Box::new(|n| picks(n, &words, b"\n", 8 * MB)),
        ),
        (
            "context words, 16 MB, in lines",
            Box::new(|n| picks(n, &words, b"\n", 16 * MB)),
        ),
        (
            "context words, 8 MB, assigned",
            Box::new(|n| picks(n, &words, b" = ", 8 * MB)),
        ),
        ("tokens only, 8 MB", Box::new(|n| tokens(n, 200_000))),
    ];
    let dir = Dir::new();
    for (name, make) in inputs {
        let name = format!("adversarial: {name}");
        if !rows.wants(&name) {
            continue;
        }
        let bytes = make(noise);
        let file = dir.0.join("input.txt");
        fs::write(&file, &bytes).unwrap();
        rows.row(&name, bytes.len(), || scan(engine, file.clone()));
    }
}

/// Returns how many events one worker produces for `file`.
fn scan(engine: &Engine, file: PathBuf) -> u64 {
    let source = WalkSource::new(WalkOptions {
        within: None,
        scope: Default::default(),
        base: std::path::PathBuf::new(),
        roots: vec![file],
        ignore_files: false,
        follow: false,
        most: stopleak::inside::Most::of(u64::MAX),
        exclude: Vec::new(),
        include: Vec::new(),
        files: Vec::new(),
        environment: stopleak::environment::Environment::default(),
        unlisted: Vec::new(),
        outputs: Vec::new(),
    });
    let options = RunOptions {
        jobs: 1,
        ..RunOptions::default()
    };
    let mut events = 0;
    run(&source.unwrap(), engine, &options, &mut |_| {
        events += 1;
        true
    });
    events
}

/// A directory that is removed when dropped.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("stopleak-bench-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` also runs this. Then there is nothing to measure.
    if !arguments.iter().any(|a| a == "--bench") {
        return;
    }
    let rows = Rows {
        wanted: arguments
            .into_iter()
            .filter(|a| !a.starts_with("--"))
            .collect(),
    };
    let engine = engine::engine(Confidence::Medium);
    let mut noise = Noise(0x5eed_bec4);
    stages(&rows, &engine, &mut noise);
    adversarial(&rows, &engine, &mut noise);
}

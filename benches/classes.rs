//! Measures what each class of content costs on one core, and prints the slow ones:
//! `cargo bench --bench classes`, or `cargo bench --bench classes -- 20 password` for the
//! classes below 20 MB/s whose name contains `password`.
//!
//! Each class is a text that is repeated: every literal of every rule in ten forms, and what
//! opens, escapes and encodes, the latter also with a number behind each, so that no place is
//! like another; and these texts in any order. Each as ASCII and as UTF-16
//! (`tests/support/classes.rs`). A scan of each takes the same way as that of a file. What is measured is the processor time
//! of this thread, which other load hardly changes.
//!
//! The last column makes figures of different machines comparable. It is the time per byte,
//! as a multiple of the time in which the same machine hashes a byte with FNV-1a: one `xor`
//! and one multiplication, each of which waits for the one before. The exit code is 1 if a
//! class is below the threshold.

#![expect(clippy::print_stdout, reason = "this is what a benchmark is for")]
#![expect(clippy::unwrap_used, reason = "a benchmark may panic as tests do")]
#![allow(clippy::exit, reason = "the exit code is the answer")]

#[path = "../tests/support/classes.rs"]
mod classes;

use std::hint::black_box;
use std::io::Cursor;
use std::time::Instant;

use classes::Class;
use stopleak::blob::BlobPath;
use stopleak::detect::Detector;
use stopleak::rules::Confidence;
use stopleak::scan::{Engine, RunOptions, run};
use stopleak::source::content::{ContentReader, Limits};
use stopleak::source::{Item, Sink, Source, UnitReader};
use stopleak::suppress::Policy;

/// Bytes of a first look, which most classes pass.
const SHORT: usize = 64 << 10;
/// Bytes of a measurement.
const LONG: usize = 1 << 20;
/// The threshold in MB/s, if no other is given.
const LEAST: f64 = 10.0;

/// A single text as a source.
struct One(Vec<u8>, BlobPath);
struct OneReader<'a>(&'a One, ContentReader);

impl<'a> Source for &'a One {
    type Unit = ();
    type Reader = OneReader<'a>;
    fn list(&self, emit: &mut dyn FnMut(Item<()>) -> bool) {
        emit(Item::Unit(()));
    }
    fn reader(&self) -> OneReader<'a> {
        OneReader(self, ContentReader::default())
    }
}

impl UnitReader for OneReader<'_> {
    type Unit = ();
    fn read(&mut self, (): &(), sink: &mut dyn Sink) {
        let limits = Limits {
            size_hint: self.0.0.len() as u64,
            max_bytes: u64::MAX,
        };
        let mut bytes = Cursor::new(&self.0.0);
        self.1.read(&mut bytes, &self.0.1, limits, sink);
    }
    fn path_of(&self, (): &()) -> BlobPath {
        self.0.1.clone()
    }
}

/// Returns the nanoseconds that this thread has run, or those that have passed if the system
/// does not say.
fn now(started: Instant) -> u64 {
    // The system updates the count when the scheduler is called.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text.split(' ').next().and_then(|n| n.parse().ok());
    first.unwrap_or_else(|| started.elapsed().as_nanos() as u64)
}

/// Returns the nanoseconds that `work` takes.
fn timed(work: impl FnOnce()) -> u64 {
    let started = Instant::now();
    let before = now(started);
    work();
    now(started).saturating_sub(before).max(1)
}

/// Returns the MB/s of the fastest of `times` scans of `len` bytes.
fn rate(engine: &Engine, class: &Class, len: usize, times: usize) -> f64 {
    let one = One(class.content(len), BlobPath::from("a.txt"));
    let options = RunOptions {
        jobs: 1,
        ..RunOptions::default()
    };
    let scan = |_| {
        timed(|| {
            run(&&one, engine, &options, &mut |event| {
                black_box(event);
                true
            });
        })
    };
    let least = (0..times).map(scan).min().unwrap();
    len as f64 * 1e3 / least as f64
}

/// Returns the MB/s of FNV-1a.
fn floor() -> f64 {
    let bytes = vec![b'x'; 4 << 20];
    let hash = |_| {
        timed(|| {
            let mix = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
            black_box(black_box(&bytes).iter().fold(0xcbf2_9ce4_8422_2325, mix));
        })
    };
    let least = (0..9).map(hash).min().unwrap();
    bytes.len() as f64 * 1e3 / least as f64
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` also runs this. Then there is nothing to measure.
    if !arguments.iter().any(|a| a == "--bench") {
        return;
    }
    let given = || arguments.iter().filter(|a| !a.starts_with("--"));
    let least = given().find_map(|a| a.parse().ok()).unwrap_or(LEAST);
    let wanted: Vec<&String> = given().filter(|a| a.parse::<f64>().is_err()).collect();
    let engine = Engine {
        detector: Detector::builtin(),
        policy: Policy {
            min_confidence: Confidence::Medium,
            inline: true,
            ..Policy::default()
        },
        base: None,
        key: Default::default(),
        keep_dismissed: false,
    };
    let mut all = classes::others();
    let leads = classes::leads(&engine.detector);
    all.extend(classes::shuffled(&leads));
    all.extend(classes::of_leads(&leads));
    let wide: Vec<Class> = all.iter().map(Class::wide).collect();
    all.extend(wide);
    all.retain(|class| wanted.is_empty() || wanted.iter().any(|w| class.name.contains(*w)));
    let mut slow = Vec::new();
    for class in &all {
        // The first look also compiles patterns, so a slow one is repeated.
        let at_most = 2.0 * least;
        if rate(&engine, class, SHORT, 1) < at_most && rate(&engine, class, SHORT, 2) < at_most {
            let rate = rate(&engine, class, LONG, 2);
            if rate < least {
                slow.push((rate, class));
            }
        }
    }
    slow.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let floor = floor();
    for (rate, class) in &slow {
        let Class { name, .. } = class;
        println!("{rate:8.2} MB/s  {:8.0} x FNV-1a  {name}", floor / rate);
    }
    let (of, few) = (all.len(), slow.len());
    println!("{few} of {of} classes below {least} MB/s; FNV-1a: {floor:.0} MB/s");
    std::process::exit(i32::from(few > 0));
}
